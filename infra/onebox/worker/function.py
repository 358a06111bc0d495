"""What the host knows of one function, and what one invocation gave."""

from dataclasses import dataclass, field
from typing import Any

DURABLE_TRIGGERS = frozenset({"orchestrationTrigger", "activityTrigger", "entityTrigger"})


@dataclass(frozen=True, slots=True)
class Function:
    """One indexed function; `bindings` are the function.json objects, the trigger among them."""

    name: str
    id: str
    trigger: dict[str, Any]
    bindings: tuple[dict[str, Any], ...]
    is_async: bool
    retry: Any = None

    @property
    def trigger_type(self) -> str:
        return self.trigger["type"]

    def outputs(self) -> list[dict[str, Any]]:
        """Bindings whose value leaves the function."""
        return [b for b in self.bindings if str(b.get("direction", "")).upper() == "OUT"]

    def bound(self, kind: str) -> list[dict[str, Any]]:
        return [b for b in self.bindings if b["type"] == kind]


@dataclass(frozen=True, slots=True)
class Result:
    """A successful invocation: the return value and the named outputs, JSON still as text."""

    value: Any = None
    outputs: dict[str, Any] = field(default_factory=dict)


class FunctionFailed(Exception):
    """The function raised; `message` is "Type: text", `trace` its stack trace. As text it is the type alone: what a function says of
    its failure may hold keys or signed addresses, and an exception's text ends in logs."""

    def __init__(self, message: str, trace: str) -> None:
        super().__init__(message.split(":", 1)[0])
        self.message, self.trace = message, trace

    def where(self) -> str:
        """The stack without the exceptions' own text."""
        return "\n".join(line for line in self.trace.splitlines() if line.startswith(("  File", "    ")))


class AppBroken(Exception):
    """The app could not be imported or indexed."""
