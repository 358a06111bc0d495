"""What bindings name exists, and the host is told what the design relies on. The bindings themselves: tests/golden."""

import json
from pathlib import Path

from tests.functions import functions

ROOT = Path(__file__).parents[2]


def seen():
    found = {}
    for function in functions():
        bindings = [binding.get_dict_repr() for binding in function.get_bindings()]
        found[function.get_function_name()] = json.loads(json.dumps(bindings, default=str))
    return found


def test_what_bindings_name_exists():
    resources = json.loads((ROOT / "infra" / "resources.json").read_text())
    queues = {queue["name"] for queue in resources["serviceBus"]["queues"]}
    containers = {container["name"] for container in resources["cosmos"]["containers"]}
    for bindings in seen().values():
        for binding in bindings:
            assert binding.get("queueName", "bot-events").removesuffix("/$DeadLetterQueue") in queues
            assert binding.get("containerName", "bots") in containers
            assert binding.get("hub", "dash") in resources["webPubSub"]["hubs"]


def test_the_host_commits_one_entity_operation_at_a_time():
    host = json.loads((ROOT / "host.json").read_text())
    assert host["extensions"]["durableTask"]["maxEntityOperationBatchSize"] == 1
    assert host["extensions"]["http"]["routePrefix"] == ""
    assert host["functionTimeout"] == "00:02:00"
