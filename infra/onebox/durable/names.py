"""Which function serves an orchestration, an activity or an entity; names are matched without regard to case, as the host does."""

from collections.abc import Iterable

from infra.onebox.worker.function import Function

OWN_NAME = {"orchestrationTrigger": "orchestration", "activityTrigger": "activity", "entityTrigger": "entityName"}


class Names:
    """Durable names to functions, from the indexed app."""

    def __init__(self, functions: Iterable[Function]) -> None:
        self._names: dict[tuple[str, str], str] = {}
        for function in functions:
            kind = function.trigger_type
            if kind in OWN_NAME:
                own = function.trigger.get(OWN_NAME[kind]) or function.trigger.get("entity_name") or function.name
                self._names[kind, own.lower()] = function.name

    def orchestrator(self, name: str) -> str | None:
        return self._names.get(("orchestrationTrigger", name.lower()))

    def activity(self, name: str) -> str | None:
        return self._names.get(("activityTrigger", name.lower()))

    def entity(self, name: str) -> str | None:
        return self._names.get(("entityTrigger", name.lower()))
