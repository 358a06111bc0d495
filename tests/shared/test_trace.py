"""Spans: nothing without an exporter, no secret with one, and W3C between processes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared import trace
from shared.log import HIDDEN
from shared.trace import KEY, here, span, traced

ROOT = Path(__file__).parents[2]
PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def spans():
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    token = trace._given.set(provider.get_tracer("test"))
    yield exporter
    trace._given.reset(token)


def test_a_span_hangs_below_the_traceparent_it_is_given(spans):
    with span("one", PARENT):
        carried = here()[KEY]
    [one] = spans.get_finished_spans()
    assert carried == f"00-{PARENT.split('-')[1]}-{one.context.span_id:016x}-01"
    assert f"{one.parent.span_id:016x}" == PARENT.split("-")[2]


@pytest.mark.parametrize("parent", ["", "garbage", "00-0-0-00", "\n" * 9, None])
def test_what_is_no_traceparent_starts_a_trace_of_its_own(spans, parent):
    with span("one", parent):
        pass
    assert spans.get_finished_spans()[0].parent is None


def test_no_secret_is_an_attribute_and_an_error_leaves_its_class_alone(spans):
    with pytest.raises(RuntimeError), span("one", api_key="canary-1", text="GET /?signature=canary-2") as mine:
        mine.say(token="canary-3", count=2, nothing=None)
        raise RuntimeError("https://venue/?apiKey=canary-4")
    [one] = spans.get_finished_spans()
    assert "canary" not in one.to_json() and one.status.description == "RuntimeError" and not one.events
    assert dict(one.attributes) == {"api_key": HIDDEN, "text": f"GET /?{HIDDEN}", "token": HIDDEN, "count": 2}


async def test_an_activity_hangs_below_what_its_input_carries(spans):
    @traced("work")
    async def work(given: dict) -> str:
        """Doc."""
        return given["x"]

    assert await work({"x": "y", KEY: PARENT}) == "y" and await work({"x": "z"}) == "z"
    first, second = spans.get_finished_spans()
    assert f"{first.parent.span_id:016x}" == PARENT.split("-")[2] and second.parent is None
    assert work.__doc__ == "Doc." and work.__annotations__["given"] is dict


def run(code, **environment):
    import os

    kept = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=110, env={**kept, **environment})
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_without_an_exporter_nothing_is_loaded():
    code = (
        "import sys; from shared.trace import here, span\nwith span('x'): print(here(), [m for m in sys.modules if 'opentelemetry' in m])"
    )
    assert run(code).strip() == "{} []"
    assert run(code, OTEL_TRACES_EXPORTER="none").strip() == "{} []"


def test_the_console_exporter_writes_one_line_a_span():
    code = "from shared.trace import own_tracer, span\nwith span('x', word='y'): pass"
    [line] = [json.loads(text) for text in run(code, OTEL_TRACES_EXPORTER="console", OTEL_SERVICE_NAME="tickwise").splitlines()]
    assert (line["name"], line["attributes"], line["resource"]["attributes"]["service.name"]) == ("x", {"word": "y"}, "tickwise")


@pytest.mark.parametrize("name", ["otlp", "azure_monitor"])
def test_every_exporter_can_be_made(name):
    code = "from shared.trace import own_tracer; print(own_tracer() is not None)"
    more = {
        "APPLICATIONINSIGHTS_CONNECTION_STRING": "InstrumentationKey=00000000-0000-0000-0000-000000000000",
        "OTEL_TRACES_SAMPLER": "always_off",
    }
    more |= {"APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true", "AZURE_MONITOR_DISABLE_OFFLINE_STORAGE": "true"}
    assert run(code, OTEL_TRACES_EXPORTER=name, **more).strip() == "True"


def test_an_unknown_exporter_is_said_and_stops_nothing():
    code = "import logging; logging.basicConfig(); from shared.trace import here, span\nwith span('x'): print(here())"
    assert run(code, OTEL_TRACES_EXPORTER="carrier-pigeon").strip() == "{}"
