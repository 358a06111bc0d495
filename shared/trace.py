"""Spans: one trace from an alert, or a request, to the order it became.

Rules
1. Without OTEL_TRACES_EXPORTER nothing is loaded and a span costs a function call. With it (console, otlp, azure_monitor) the exporter and
   the sampler read OpenTelemetry's own variables (OTEL_SERVICE_NAME, OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_SAMPLER, ...).
2. The way between processes is W3C: `traceparent` among a message's properties and beside the event in an orchestration's input.
3. Attributes pass the log's redaction, an error leaves its class alone: no secret of an exception's text is ever exported.
4. Orchestrators make no spans: they run many times. Who starts one does, and its activities hang below that.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache, wraps
from typing import Any, Literal, TypeVar

from shared.log import log_error, redact
from shared.settings import Settings, settings

T = TypeVar("T")
Kind = Literal["internal", "server", "client", "producer", "consumer"]
Exporting = Callable[[Settings], Any]
KEY = "traceparent"

_given: ContextVar[Any] = ContextVar("tracer", default=None)
"""Set by a test around its spans; never set in the app."""


class Span:
    """What the work inside may say about itself."""

    def __init__(self, inner: Any = None) -> None:
        self._inner = inner

    def say(self, **figures: Any) -> None:
        if self._inner is not None:
            self._inner.set_attributes({name: value for name, value in plain(figures).items() if value is not None})


OFF = Span()


def plain(figures: dict[str, Any]) -> dict[str, Any]:
    """Attributes without secrets, as exporters take them."""
    shown: dict[str, Any] = redact(figures)
    return {name: value if value is None or isinstance(value, str | bool | int | float) else str(value) for name, value in shown.items()}


@contextmanager
def span(name: str, parent: str | None = None, kind: Kind = "internal", **figures: Any) -> Iterator[Span]:
    """A span around the work inside; below `parent` (a traceparent) if one is given, else below the current span."""
    tracer = _given.get() or own_tracer()
    if tracer is None:
        yield OFF
        return
    from opentelemetry.trace import SpanKind, Status, StatusCode

    above = context_of(parent) if parent else None
    with tracer.start_as_current_span(name, above, SpanKind[kind.upper()], record_exception=False, set_status_on_exception=False) as inner:
        mine = Span(inner)
        mine.say(**figures)
        try:
            yield mine
        except BaseException as error:
            inner.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def here() -> dict[str, str]:
    """{traceparent} of the current span, {} outside of any: what a message or an input carries."""
    if (_given.get() or own_tracer()) is None:
        return {}
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return {name: value for name, value in carrier.items() if name == KEY}


def context_of(parent: str) -> Any:
    """What a traceparent says; one that is no traceparent says nothing."""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({KEY: parent})


def of_invocation(context: Any) -> str | None:
    """The traceparent of the function host's own span, if it has one."""
    return getattr(getattr(context, "trace_context", None), "trace_parent", None) or None


def traced(name: str) -> Callable[[Callable[..., Coroutine[Any, Any, T]]], Callable[..., Coroutine[Any, Any, T]]]:
    """For an activity: a span below the `traceparent` that its input carries. The signature stays as it was, for the worker to read."""

    def decorate(work: Callable[..., Coroutine[Any, Any, T]]) -> Callable[..., Coroutine[Any, Any, T]]:
        @wraps(work)
        async def run(*args: Any, **named: Any) -> T:
            given = next(iter([*args, *named.values()]), None)
            parent = given.get(KEY) if isinstance(given, dict) else None
            with span(name, parent):
                return await work(*args, **named)

        return run

    return decorate


@lru_cache(maxsize=1)
def own_tracer() -> Any:
    """This process's tracer, None without an exporter. What cannot be set up is said once and does not stop the app."""
    wanted = settings().traces_exporter
    if wanted in ("", "none"):
        return None
    try:
        return tracer_for(EXPORTERS[wanted](settings()))
    except Exception as error:
        log_error("traces.off", error, exporter=wanted)
        return None


def tracer_for(exporter: Any) -> Any:
    """A tracer of a provider of our own: the sampler and the resource come from OTEL_* variables."""
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider.get_tracer("tickwise")


def console(config: Settings) -> Any:
    """One span a line, to standard output."""
    from opentelemetry.sdk.trace.export import ConsoleSpanExporter

    return ConsoleSpanExporter(formatter=lambda one: one.to_json(indent=None) + "\n")


def otlp(config: Settings) -> Any:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter()


def azure_monitor(config: Settings) -> Any:
    """Application Insights by its connection string, with the app's identity: local authentication is off."""
    from azure.identity import DefaultAzureCredential, ManagedIdentityCredential
    from azure.monitor.opentelemetry.exporter import AzureMonitorTraceExporter

    client_id = config.identity_client_id
    return AzureMonitorTraceExporter(credential=ManagedIdentityCredential(client_id=client_id) if client_id else DefaultAzureCredential())


EXPORTERS: dict[str, Exporting] = {"console": console, "otlp": otlp, "azure_monitor": azure_monitor}
