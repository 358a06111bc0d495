"""Every alert listens to something the product says, with the figure it asks for, and has its runbook."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
ALERTS = (ROOT / "infra/azure/app/alerts.bicep").read_text(encoding="utf-8")
PRODUCT = "\n".join(
    path.read_text(encoding="utf-8")
    for folder in ("orchestrators", "triggers", "shared", "exchange")
    for path in (ROOT / folder).rglob("*.py")
)


def test_every_alert_on_the_log_is_said_somewhere_with_its_figure():
    queries = re.findall(r"query: '([^']+)'", ALERTS)
    assert len(queries) >= 4
    for query in queries:
        [event] = re.findall(r'line\.event == "([\w.]+)"', query)
        calls = re.findall(rf'log\(\s*"{re.escape(event)}"[^\n]*', PRODUCT)
        assert calls, f"{event} is never logged"
        for figure in set(re.findall(r"line\.(\w+)", query)) - {"event"}:
            assert all(f"{figure}=" in call for call in calls), f"{event} is logged without {figure}"


def test_every_alert_has_a_runbook():
    runbooks = (ROOT / "docs/runbooks.md").read_text(encoding="utf-8")
    names = re.findall(r"^ +name: '([a-z-]+)'", ALERTS, re.MULTILINE)
    assert len(names) >= 6
    assert [name for name in names if f"`{name}`" not in runbooks] == []
