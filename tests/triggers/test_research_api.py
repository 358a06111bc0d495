"""Backtests and searches over HTTP: what is refused at once, what is started, cancelled, read and deleted."""

from types import SimpleNamespace

import pytest

from shared.clock import iso
from shared.job import CONTAINER, instance_of, part
from tests.builders import MINUTE, T0, grid
from tests.triggers.test_bot_files_api import METRICS
from triggers.api.durable import durable


class Durable:
    """The durable client's part that is used."""

    def __init__(self):
        self.started: dict[str, tuple[str, dict]] = {}
        self.raised: list[tuple[str, str]] = []

    async def get_status(self, instance):
        return SimpleNamespace(runtime_status="Running" if instance in self.started else None)

    async def start_new(self, name, instance, given):
        self.started[instance] = (name, given)

    async def raise_event(self, instance, name, data):
        self.raised.append((instance, name))


@pytest.fixture
def flows():
    made = Durable()
    token = durable.set(made)
    yield made
    durable.reset(token)


DAY = {"first": iso(T0 - 1440 * MINUTE), "last": iso(T0)}


def body(**changes):
    made = {"strategy": "GRID", "symbol": "BTC/USDT", "source": {"kind": "simulated"}, "config": grid(), "ranges": [DAY]}
    return {**made, **changes}


async def created(client, **changes):
    answer = await client.post("/api/v1/backtests", json=body(**changes))
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


async def test_a_backtest_is_written_down_and_started(client, plat, flows):
    answer = await client.post("/api/v1/backtests", json=body(variants=[{"cells": 5}, {"cells": 6}]))
    assert (answer.status_code, answer.json()["status"], answer.json()["runs"]) == (202, "queued", 2)
    job = answer.json()["id"]
    assert answer.headers["location"] == f"/api/v1/backtests/{job}"
    assert flows.started == {instance_of("ada", job): ("research", {"userId": "ada", "id": job})}
    assert (await client.get(f"/api/v1/backtests/{job}")).json() == answer.json()
    assert (await client.get("/api/v1/backtests")).json()["items"] == [answer.json()]


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"config": grid(cells=1)}, "out_of_range", "config.cells"),
        ({"variants": [{"cells": 4}, {"cells": "x"}]}, None, "variants.1.cells"),
        ({"variants": [{"nothing": 4}]}, "unknown_field", "variants.0.nothing"),
        ({"symbol": "NO/SUCH"}, "unknown_symbol", "symbol"),
        ({"ranges": []}, "required", "ranges"),
        ({"ranges": [{"first": iso(T0), "last": iso(T0 + 1440 * MINUTE)}]}, "out_of_range", "ranges.0.last"),
        ({"ranges": [{"first": DAY["last"], "last": DAY["first"]}]}, "out_of_range", "ranges.0.last"),
        ({"ranges": [{"first": "yesterday", "last": iso(T0)}]}, "bad_format", "ranges.0.first"),
        ({"ranges": [{"first": iso(T0), "last": "2024-01-01T00:00:00"}]}, "bad_format", "ranges.0.last"),
        ({"variants": [{}] * 501, "ranges": [DAY, DAY]}, "too_many_runs", "variants"),
        ({"source": {"kind": "replay"}}, "required", "source.account_id"),
        ({"source": {"kind": "exchange"}}, "required", "source.exchange"),
        ({"source": {"kind": "exchange", "exchange": "nowhere"}}, "unknown_market", "source.exchange"),
    ],
)
async def test_what_can_never_run_is_refused_by_field(client, flows, changes, code, field):
    answer = await client.post("/api/v1/backtests", json=body(**changes))
    assert answer.status_code == 422, answer.text
    assert answer.json()["field"] == field and (code is None or answer.json()["code"] == code)
    assert flows.started == {}


async def test_a_repeat_with_its_key_starts_nothing_new(client, flows):
    headers = {"idempotency-key": "k1"}
    first = await client.post("/api/v1/backtests", json=body(), headers=headers)
    again = await client.post("/api/v1/backtests", json=body(), headers=headers)
    other = await client.post("/api/v1/backtests", json=body(name="other"), headers=headers)
    assert first.json()["id"] == again.json()["id"] and len(flows.started) == 1
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


async def test_open_jobs_are_few(client, flows):
    for _ in range(2):
        await created(client)
    answer = await client.post("/api/v1/backtests", json=body())
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_open_jobs")


async def test_a_cancellation_reaches_the_orchestration_once(client, flows):
    job = await created(client)
    assert (await client.post(f"/api/v1/backtests/{job}/cancel")).json()["status"] == "cancelling"
    assert (await client.post(f"/api/v1/backtests/{job}/cancel")).json()["status"] == "cancelling"
    assert flows.raised == [(instance_of("ada", job), "cancel")]


async def test_runs_fills_and_curve_are_read_in_pages_and_go_with_the_job(client, plat, flows):
    job = await created(client, variants=[{"cells": n} for n in (4, 5, 6)])
    assert (await client.delete(f"/api/v1/backtests/{job}")).json()["code"] == "job_is_open"
    fill = {
        "n": 0,
        "at": iso(T0),
        "candle": 1,
        "point": 2,
        "side": "buy",
        "price": "1",
        "amount": "2",
        "fee": "0",
        "fee_currency": "X",
        "role": "grid",
    }
    row = plat.store.rows[CONTAINER, "ada", job]
    plat.store._put(CONTAINER, "ada", {**row, "status": "done", "batchSize": 2, "perRange": 3, "chunks": {"1": 2}})
    plat.store._put(CONTAINER, "ada", part(job, "runs", {"items": [{"run": 0}, {"run": 1, "overrides": {"cells": 5}}]}, 0))
    plat.store._put(CONTAINER, "ada", part(job, "runs", {"items": [{"run": 2}]}, 2))
    for k in range(2):
        plat.store._put(CONTAINER, "ada", part(job, "fills", {"items": [{**fill, "n": k}]}, 1, k))
    curve = [{"at": iso(T0 + k * MINUTE), "price": "1", "total": total} for k, total in enumerate(("2", "3", "2.5", "4"))]
    plat.store._put(CONTAINER, "ada", part(job, "equity", {"items": curve}, 1))
    base = f"/api/v1/backtests/{job}"
    page = (await client.get(f"{base}/runs", params={"limit": 2})).json()
    assert ([run["run"] for run in page["items"]], page["next"]) == ([0, 1], "2")
    rest = (await client.get(f"{base}/runs", params={"limit": 2, "cursor": "2"})).json()
    assert ([run["run"] for run in rest["items"]], rest["next"]) == ([2], None)
    first = (await client.get(f"{base}/fills", params={"run": 1})).json()
    second = (await client.get(f"{base}/fills", params={"run": 1, "cursor": first["next"]})).json()
    assert [first["items"][0]["n"], second["items"][0]["n"], second["next"]] == [0, 1, None]
    assert (await client.get(f"{base}/equity", params={"run": 1})).json()["items"][0]["total"] == "2"
    band = (await client.get(f"{base}/band", params={"run": 1})).json()
    assert ([dot["at"] for dot in band["items"]], band["items"][0]["median"]) == ([dot["at"] for dot in curve], "2")
    assert (await client.get(f"{base}/fills", params={"run": 0})).status_code == 404
    assert (await client.get(f"{base}/bot", params={"run": 1})).json()["config"]["cells"] == 5
    assert (await client.delete(base)).status_code == 204
    assert [key for key in plat.store.rows if key[0] == CONTAINER] == []


async def test_a_search_is_checked_against_the_schema_and_started(client, flows):
    range_ = {"range": DAY, "ranges": None}
    made = {key: value for key, value in body(**range_).items() if key != "ranges"}
    answer = await client.post("/api/v1/optimisations", json=made)
    assert answer.status_code == 202, answer.text
    assert {one["field"] for one in answer.json()["space"]} >= {"low", "high", "cells"}
    wrong = await client.post("/api/v1/optimisations", json={**made, "space": [{"field": "cells", "low": "1", "high": "5"}]})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "space.cells")
    unlike = {"range": {"first": DAY["first"], "last": iso(T0 + 1440 * MINUTE)}}
    for changes, code, field in (
        ({"space": [{"field": "spacing", "choices": ["geometric", "wide"]}]}, "not_a_choice", "space.spacing"),
        ({"space": [{"field": "spacing", "low": "1", "high": "5"}]}, "not_a_choice", "space.spacing"),
        ({"space": [{"field": "cells", "low": "4", "high": "9"}] * 2}, "twice", "space.cells"),
        ({"range": None}, "required", "range"), (unlike, "out_of_range", "range.last"),
        ({"source": {"kind": "exchange", "exchange": "nowhere"}}, "unknown_market", "source.exchange"),
    ):  # fmt: skip
        answered = (await client.post("/api/v1/optimisations", json={**made, **changes})).json()
        assert (answered["code"], answered["field"]) == (code, field), changes
    heat = await client.get(f"/api/v1/optimisations/{answer.json()['id']}/heatmap", params={"x": "cells", "y": "investment"})
    assert (heat.status_code, heat.json()["code"]) == (422, "not_searched")


async def test_jobs_of_somebody_else_are_not_found(client, flows):
    job = await created(client)
    client.headers["authorization"] = "Bearer eve"
    for method, tail in (
        ("get", ""),
        ("get", "/runs"),
        ("get", "/fills"),
        ("get", "/equity"),
        ("get", "/bot"),
        ("post", "/cancel"),
        ("delete", ""),
    ):
        assert (await client.request(method, f"/api/v1/backtests/{job}{tail}")).status_code == 404
    assert flows.raised == [] and (await client.get("/api/v1/backtests")).json()["items"] == []


async def test_a_replay_of_somebody_elses_account_is_not_found(client, flows, account):
    fine = await client.post("/api/v1/backtests", json=body(source={"kind": "replay", "account_id": account}, ranges=[]))
    assert fine.status_code == 202, fine.text
    client.headers["authorization"] = "Bearer eve"
    answer = await client.post("/api/v1/backtests", json=body(source={"kind": "replay", "account_id": account}, ranges=[]))
    assert answer.status_code == 404


async def finished(client, plat, **changes):
    job = await created(client, variants=[{"cells": 5}, {"cells": 6}])
    row = plat.store.rows[CONTAINER, "ada", job]
    plat.store._put(CONTAINER, "ada", {**row, "status": "done", "batchSize": 2, "perRange": 2, **changes})
    runs = [{"run": n, "overrides": {"cells": 5 + n}, "metrics": METRICS} for n in range(2)]
    plat.store._put(CONTAINER, "ada", part(job, "runs", {"items": runs}, 0))
    return job


async def test_a_study_is_asked_once_listed_and_goes_with_its_backtest(client, plat, flows):
    job = await finished(client, plat)
    base = f"/api/v1/backtests/{job}/studies"
    missing = await client.post(base, json={"method": "monte_carlo", "run": 77})
    assert (missing.status_code, missing.json()["field"]) == (404, "run")
    answer = await client.post(base, json={"method": "monte_carlo", "run": 1, "paths": 20})
    assert (answer.status_code, answer.json()["status"], answer.json()["runs"]) == (202, "queued", 20), answer.text
    study = answer.json()["id"]
    assert (await client.post(base, json={"method": "monte_carlo", "run": 1, "paths": 20})).json() == answer.json()
    assert plat.store.rows[CONTAINER, "ada", study]["config"]["cells"] == 6
    assert plat.store.rows[CONTAINER, "ada", study]["block"] == 1440 // 4  # a block of the whole day would be the same day every time
    assert flows.started[instance_of("ada", study)] == ("research", {"userId": "ada", "id": study})
    assert (await client.get(base)).json()["items"] == [answer.json()] and (await client.get(f"{base}/{study}")).json() == answer.json()
    assert (await client.delete(f"/api/v1/backtests/{job}")).json()["code"] == "job_is_open"
    plat.store._put(CONTAINER, "ada", {**plat.store.rows[CONTAINER, "ada", study], "status": "done"})
    plat.store._put(CONTAINER, "ada", part(study, "study", {"rows": []}, 3))
    walk = (await client.post(base, json={"method": "walk_forward", "windows": 4})).json()["id"]
    assert plat.store.rows[CONTAINER, "ada", walk]["variants"] == [{"cells": 5}, {"cells": 6}]
    plat.store._put(CONTAINER, "ada", {**plat.store.rows[CONTAINER, "ada", walk], "status": "done"})
    assert (await client.delete(f"/api/v1/backtests/{job}")).status_code == 204
    assert [key for key in plat.store.rows if key[0] == CONTAINER] == []


@pytest.mark.parametrize(
    ("changes", "body", "status", "code"),
    [
        ({"status": "running"}, {}, 409, "job_is_open"),
        ({"status": "cancelled"}, {}, 409, "job_has_no_result"),
        ({}, {"run": 9}, 404, "not_found"),
        ({}, {"paths": 5}, 422, None),
        ({}, {"method": "luck"}, 422, None),
    ],
)
async def test_a_study_needs_a_finished_run(client, plat, flows, changes, body, status, code):
    job = await finished(client, plat, **changes)
    answer = await client.post(f"/api/v1/backtests/{job}/studies", json={"method": "monte_carlo", **body})
    assert answer.status_code == status and (code is None or answer.json()["code"] == code)
