"""The owner's mistakes. Wording belongs to the frontend: an error carries a stable code, the field and the figures.

Rules
1. `AppError` is always the caller's doing (4xx). Anything else that rises is a bug and is answered with a bare 500.
2. What belongs to another tenant is not found: there is no "forbidden" for objects.
3. The rejected value is never echoed: it may be a key.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from strategy_core.trade import Finding


class AppError(Exception):
    """`code` is stable, `field` a dotted path into the request, `params` the figures as strings."""

    def __init__(
        self, status: int, code: str, field: str | None = None, params: dict[str, str] | None = None, findings: Sequence[Finding] = ()
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.field = field
        self.params = params or {}
        self.findings = tuple(findings)


def not_found(what: str, field: str | None = None) -> AppError:
    """`field` is where the request names it, if it is not the address itself."""
    return AppError(404, "not_found", field, {"what": what})


def conflict(code: str, field: str | None = None, **params: str) -> AppError:
    return AppError(409, code, field, params)


def invalid(code: str, field: str | None = None, **params: str) -> AppError:
    return AppError(422, code, field, params)


def findings_error(findings: Sequence[Finding], prefix: str = "") -> AppError:
    """All findings at once; the first one gives the code and the field."""
    from strategy_core.trade import Finding

    placed = [Finding(field=_join(prefix, f.field), code=f.code, params=f.params) for f in findings]
    return AppError(422, placed[0].code, placed[0].field, placed[0].params, placed)


def _join(prefix: str, field: str) -> str:
    return f"{prefix}.{field}" if prefix and field else prefix or field
