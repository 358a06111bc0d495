"""What the host reads: host.json of the app, resources.json and the settings template of the installation."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PERCENT = re.compile(r"%([A-Za-z0-9_:.\-]+)%")
BRACES = re.compile(r"\{([A-Za-z]+\.[A-Za-z]+)\}")
SPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})(?:\.(\d+))?")


class BadConfig(Exception):
    """A file or setting the host cannot work with."""


@dataclass(frozen=True, slots=True)
class HostJson:
    """The parts of host.json that onebox obeys."""

    raw: dict[str, Any] = field(default_factory=dict)

    @property
    def extensions(self) -> dict[str, Any]:
        return self.raw.get("extensions", {})

    @property
    def durable(self) -> dict[str, Any]:
        return self.extensions.get("durableTask", {})

    @property
    def route_prefix(self) -> str:
        return self.extensions.get("http", {}).get("routePrefix", "api").strip("/")

    @property
    def function_timeout_s(self) -> float | None:
        text = self.raw.get("functionTimeout", "00:30:00")
        return None if text == "-1" else span_s(text)


def read_host_json(directory: Path) -> HostJson:
    return HostJson(read_json(directory / "host.json") or {})


def read_json(path: Path) -> Any:
    """The file's JSON, None if there is no file; raises BadConfig."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise BadConfig(f"{path}: {error}") from error


def span_s(text: str) -> float:
    """A .NET time span, or an ISO 8601 duration of days to seconds, as seconds."""
    if match := SPAN.fullmatch(text):
        days, hours, minutes, seconds, fraction = match.groups()
        return int(days or 0) * 86400 + int(hours) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction or 0}")
    raise BadConfig(f"not a time span: {text}")


def expand(text: str, settings: Mapping[str, str] = os.environ) -> str:
    """`%NAME%` replaced by the setting of that name; raises BadConfig if there is none."""

    def value(match: re.Match) -> str:
        if match[1] not in settings:
            raise BadConfig(f"the app setting {match[1]} of '%{match[1]}%' does not exist")
        return settings[match[1]]

    return PERCENT.sub(value, text)


def fill(template: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """The settings template with `{service.value}` filled in; a setting whose service does not run is left out."""
    filled = {}
    for name, text in template.items():
        if all(key in values for key in BRACES.findall(text)):
            filled[name] = BRACES.sub(lambda match: values[match[1]], text)
    return filled
