"""Edits that change nothing anyone could see, each with its reason: they are counted apart.

Rules
1. An edit is named by its module, the line as written and the edited code, so it is lost (and counted again) as soon as the line changes.
2. "Hard to test" is no reason. The only one is: no input gives another output.
"""

from __future__ import annotations

from bench.mutation.edits import Mutant

EQUIVALENT: dict[tuple[str, str, str], str] = {}


def reason_for(mutant: Mutant) -> str | None:
    return EQUIVALENT.get((mutant.path, mutant.was, mutant.now))
