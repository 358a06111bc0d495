"""Route templates of HTTP functions: `api/bots/{id}`, `api/v1/bots/{*rest}`, `x/{n:int}`, `x/{id?}`.

More literal segments win over fewer, a catch-all comes last; literal text is matched without regard to case, as in ASP.NET.
"""

import re
from typing import NamedTuple

CONSTRAINTS = {"int": r"-?\d+", "long": r"-?\d+", "guid": r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", "alpha": "[A-Za-z]+",
               "bool": "true|false|True|False"}  # fmt: skip
PARAMETER = re.compile(r"\{(\*{0,2})([A-Za-z_]\w*)(?::([a-z]+)[^}]*)?(\?)?\}")


class Template(NamedTuple):
    """A compiled route: `pattern` matches a path without its leading slash, `weight` sorts the more specific first."""

    pattern: re.Pattern[str]
    names: tuple[str, ...]
    weight: tuple[int, ...]

    def match(self, path: str) -> dict[str, str] | None:
        """Route values of the path (already decoded), or None."""
        found = self.pattern.fullmatch(path)
        return {name: value for name, value in found.groupdict().items() if value is not None} if found else None


def compile_route(route: str) -> Template:
    """The template of a route, prefix included."""
    pattern, names, weight = "", [], []
    for segment in route.strip("/").split("/"):
        text, optional, rank = _segment(segment, names)
        slash = "/" if pattern else ""
        pattern += f"(?:{slash}{text})?" if optional else slash + text
        weight.append(rank)
    return Template(re.compile(pattern, re.IGNORECASE), tuple(names), tuple(weight))


def _segment(segment: str, names: list[str]) -> tuple[str, bool, int]:
    parts, last, optional, rank = [], 0, False, 0
    for match in PARAMETER.finditer(segment):
        stars, name, constraint, question = match.groups()
        names.append(name)
        parts.append(re.escape(segment[last : match.start()]))
        parts.append(f"(?P<{name}>{'.*' if stars else CONSTRAINTS.get(constraint or '', '[^/]+')})")
        optional = optional or bool(stars or question)
        rank = 3 if stars else max(rank, 1 if constraint else 2)
        last = match.end()
    return "".join(parts) + re.escape(segment[last:]), optional, rank
