"""A32 over a run of tests (`pytest --canaries`): the keys that tests connect are canaries, and nothing they touch may hold one in the clear.

Watched in every test, at DEBUG: each log line of each library (with its traceback), each answer of the API and of the native functions,
each document of the stores and each message of the bus in memory, each state and answer of an entity, each dead letter, what a history
of the tests' own host keeps; after the test every file it left (databases with histories, states and dead letters of the embedded host). What a test of a whole installation checks besides is in tests/security/test_canaries.py.

Rules
1. A test fails in which a canary was seen; what outlives a test fails the run.
2. A test whose subject is a leak (text before it is scrubbed, a venue's own books) says so: `@pytest.mark.shows_canaries("why")`.
3. New exchange keys of tests hold one of WORDS, or they are not watched.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

import pytest

WORDS = ("CANARYKEY", "CANARYSECRET", "CANARYPASSPHRASE", "CANARYNEXT", "Q0FOQVJZU0VDUkVU")
_BYTES = tuple(word.encode() for word in WORDS)
LONGEST = max(map(len, WORDS))
CHUNK = 1 << 22


class Sightings(logging.Handler):
    """Where a canary was seen since somebody last asked. Never what was seen."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.found: list[str] = []
        self._format = logging.Formatter("%(message)s")

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = self._format.format(record)
        except Exception:  # a broken line is not this watch's business
            text = f"{record.msg!r} {record.args!r}"
        self.look(f"a log line of {record.name}", text)

    def look(self, where: str, what: str | bytes) -> None:
        if any(word in what for word in WORDS) if isinstance(what, str) else holds(what):
            self.found.append(where)

    def taken(self) -> list[str]:
        found, self.found = self.found, []
        return sorted(set(found))


def holds(what: bytes) -> bool:
    return any(word in what for word in _BYTES)


def holds_one(path: Path) -> bool:
    """Whether a file holds a canary; one that is gone holds none."""
    try:
        with path.open("rb") as file:
            kept = b""
            while chunk := file.read(CHUNK):
                if holds(kept + chunk):
                    return True
                kept = chunk[-LONGEST:]
    except OSError:
        pass
    return False


def files_of(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if not path.is_symlink() and path.is_file())


class Watch:
    """The plugin: registered by tests/conftest.py in every process of a run with `--canaries`."""

    def __init__(self, config: pytest.Config) -> None:
        self._config, self._sightings, self._looked_at = config, Sightings(), set[Path]()
        self._late: list[str] = []

    def pytest_sessionstart(self) -> None:
        logging.getLogger().addHandler(self._sightings)
        logging.getLogger().setLevel(logging.DEBUG)
        self._watch_answers()
        self._watch_stores()
        self._watch_entities()
        self._watch_dead_letters()

    def _watch_answers(self) -> None:
        import azure.functions as func
        from starlette.responses import Response

        self._after(func.HttpResponse, "__init__", lambda answer: ("an answer of a function", answer.get_body()))
        self._after(Response, "__init__", lambda answer: ("an answer of the API", bytes(getattr(answer, "body", b""))))

    def _watch_stores(self) -> None:
        from tests import fakes

        put, send, look = fakes.MemoryStore._put, fakes.MemoryBus.send, self._sightings.look

        def watched_put(store: Any, container: str, user_id: str, document: Any) -> Any:
            look(f"a document of {container}", json.dumps(document, default=str))
            return put(store, container, user_id, document)

        async def watched_send(bus: Any, events: Any) -> None:
            look("a message", repr(events))
            await send(bus, events)

        fakes.MemoryStore._put = watched_put  # type: ignore[method-assign]
        fakes.MemoryBus.send = watched_send  # type: ignore[method-assign]

    def _watch_entities(self) -> None:
        from entities import account, bot
        from tests.orchestrators.host import Host

        look = self._sightings.look

        def watch(module: Any, name: str) -> None:
            own = module.perform

            @wraps(own)
            def watched(*how: Any) -> Any:
                outcome = own(*how)
                look(f"a state of an entity {name}", repr(outcome))
                return outcome

            module.perform = watched

        watch(account, "account")
        watch(bot, "bot")
        perform = Host._perform

        async def watched_perform(host: Any, call: Any) -> Any:
            result = await perform(host, call)
            look(f"a history with {call.name}", repr((call, result)))
            return result

        Host._perform = watched_perform  # type: ignore[method-assign]

    def _watch_dead_letters(self) -> None:
        from infra.onebox.servicebus.queue import Queue

        adopt, look = Queue.adopt, self._sightings.look

        def watched(queue: Any, message: Any) -> None:
            look("a dead letter", repr((message.payload, message.reason, message.description)))
            adopt(queue, message)

        Queue.adopt = watched  # type: ignore[method-assign]

    def _after(self, kind: Any, name: str, told: Callable[[Any], tuple[str, bytes]]) -> None:
        own, look = getattr(kind, name), self._sightings.look

        @wraps(own)  # FastAPI reads a response's status off its signature
        def watched(it: Any, *args: Any, **named: Any) -> None:
            own(it, *args, **named)
            look(*told(it))

        setattr(kind, name, watched)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Iterator[None]:
        folder = getattr(item, "funcargs", {}).get("tmp_path")
        result = yield
        found = self._sightings.taken()
        if folder is not None:
            self._looked_at.add(folder)
            found += [f"the file {path.name}" for path in files_of(folder) if holds_one(path)]
        if found and item.get_closest_marker("shows_canaries") is None:
            pytest.fail(f"a secret was seen: {', '.join(found)}", pytrace=False)
        return result

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """What no test owns: folders of modules and of the run."""
        if self._config.getoption("dist", "no") != "no" and not hasattr(self._config, "workeroutput"):
            return self._judge(session)  # its workers have looked
        base: Path = self._config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
        seen = [path for path in files_of(base) if not any(folder in path.parents for folder in self._looked_at) and holds_one(path)]
        self._late += [*self._sightings.taken(), *(f"the file {path.relative_to(base)}" for path in seen)]
        return self._judge(session)

    def _judge(self, session: pytest.Session) -> None:
        if hasattr(self._config, "workeroutput"):
            self._config.workeroutput["canaries"] = self._late
        elif self._late:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self._late += getattr(node, "workeroutput", {}).get("canaries", [])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for where in self._late:
            terminalreporter.write_line(f"a secret was seen after the tests: {where}", red=True)
