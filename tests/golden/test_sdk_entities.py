"""What azure-functions-durable 1.7 does with entity operations, run through the SDK's own executor: an upgrade that changes it fails here.

Reliability notes DE6 to DE10, DE14, DE15 rest on these. The embedded host's own view of them is in tests/infra/onebox_host.
"""

import datetime
import json
from decimal import Decimal
from importlib.metadata import version

import azure.durable_functions as df
import pytest
from azure.durable_functions.entity import Entity

pytestmark = pytest.mark.filterwarnings("ignore:azure.functions df_loads was called without expected_type")


def sample(context):
    state, operation = context.get_state(lambda: {"n": 0}), context.operation_name
    if operation == "add":
        state["n"] += 1
        context.set_state(state)
        context.set_result("ok")
    elif operation == "set_then_raise":
        state["n"] += 100
        context.set_state(state)
        raise RuntimeError("after set_state")
    elif operation == "mutate_then_raise":
        state["n"] += 1000
        raise RuntimeError("after a mutation in place")
    elif operation in ("decimal", "datetime"):
        context.set_state({"x": Decimal("1.1") if operation == "decimal" else datetime.datetime(2026, 1, 1)})  # noqa: DTZ001


def batch(operations, state=None, entity=sample):
    """One batch as the host sends it; the executor's answer."""
    asked = {
        "self": {"name": "bot", "key": "u1|b1"},
        "exists": state is not None,
        "state": state and json.dumps(state),
        "batch": [{"name": name, "input": "1", "isSignal": True} for name in operations.split()],
    }
    return json.loads(Entity.create(entity)(json.dumps(asked)))


def results(answer):
    return [one["result"] for one in answer["results"]]


def test_the_version_is_the_one_these_pins_were_read_from():
    assert version("azure-functions-durable") == "1.7.0"


def test_de6_state_leaves_the_executor_once_for_the_whole_batch():
    seen = []

    def counting(context):
        seen.append(context.operation_name)
        sample(context)

    answer = batch("add add add", entity=counting)
    assert seen == ["add"] * 3 and answer["entityState"] == '{"n": 3}'


def test_de7_a_raise_rolls_nothing_back_and_the_batch_goes_on():
    answer = batch("add set_then_raise add")
    assert answer["entityState"] == '{"n": 102}'
    assert [one["isError"] for one in answer["results"]] == [False, True, False]


def test_de8_a_mutation_without_set_state_is_stored_unless_the_entity_is_new():
    assert batch("mutate_then_raise", {"n": 5})["entityState"] == '{"n": 1005}'
    assert batch("mutate_then_raise")["entityState"] == "null"


def test_de9_without_a_result_the_previous_operations_result_is_returned():
    assert results(batch("add nothing")) == ['"ok"', '"ok"']


@pytest.mark.parametrize("kind", ["decimal", "datetime"])
def test_de10_what_is_not_json_breaks_after_the_batch(kind):
    with pytest.raises(TypeError):
        batch(kind)


def test_de10_nan_is_written_bare():
    assert batch("add", {"n": float("nan")})["entityState"] == '{"n": NaN}'


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
def test_de14_an_async_entity_does_nothing_and_reports_success():
    async def sleeper(context):
        context.set_state(1)

    answer = batch("add", entity=sleeper)
    assert (answer["entityState"], answer["results"][0]["isError"]) == ("null", False)


def test_de15_an_entity_cannot_signal_another():
    assert not [name for name in dir(df.DurableEntityContext) if "signal" in name]


def test_our_entities_stay_on_the_safe_side_of_all_this():
    """Plain functions; what they refuse leaves the state as it was."""
    import inspect

    from entities.account import account
    from entities.bot import bot

    for entity in (account, bot):
        assert not inspect.iscoroutinefunction(entity)
    for state in ({"nonsense": 1}, None):
        answer = batch("advance", state, entity=bot)
        assert answer["results"][0]["isError"] and json.loads(answer["entityState"]) == state
