"""The filters of a listing.

Names apart by commas, `*` at the end for a prefix, `\\` before a character that means itself, `\\0` for no label.
"""

from collections.abc import Callable

NO_LABEL = "\0"
MOST = 5  # names in one filter


class BadFilter(Exception):
    """The filter is none of the service's."""


def matcher(text: str | None) -> Callable[[str], bool]:
    """Whether a name fits; without a filter all do. Errors: BadFilter."""
    names = [_name(part) for part in _parts(text)] if text not in (None, "", "*") else [("", True)]
    if len(names) > MOST:
        raise BadFilter(f"at most {MOST} names")
    return lambda value: any(value.startswith(name) if is_prefix else value == name for name, is_prefix in names)


def _parts(text: str) -> list[str]:
    parts, now, i = [], "", 0
    while i < len(text):
        if text[i] == "\\" and i + 1 < len(text):
            now, i = now + text[i : i + 2], i + 2
        elif text[i] == ",":
            parts, now, i = [*parts, now], "", i + 1
        else:
            now, i = now + text[i], i + 1
    return [*parts, now]


def _name(part: str) -> tuple[str, bool]:
    out, i, is_prefix = "", 0, False
    while i < len(part):
        if part[i] == "\\" and i + 1 < len(part):
            out, i = out + part[i + 1], i + 2
        elif part[i] == "*":
            if i != len(part) - 1:
                raise BadFilter("* stands only at the end")
            is_prefix, i = True, i + 1
        else:
            out, i = out + part[i], i + 1
    return ("" if out in (NO_LABEL, "0") and part.startswith(("\0", "\\0")) else out), is_prefix
