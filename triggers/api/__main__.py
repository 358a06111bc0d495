"""`python -m triggers.api`: the OpenAPI document on standard output, which the dashboard is typed from."""

import json
import sys

from triggers.api.app import make_api
from triggers.api.openapi import document

json.dump(document(make_api()), sys.stdout, indent=1, sort_keys=True, ensure_ascii=True)
sys.stdout.write("\n")
