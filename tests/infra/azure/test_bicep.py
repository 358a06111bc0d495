"""The offline gate over the Bicep: what can be known without a compiler. Compilation itself happens in the deploy workflow."""

import json
import re
from pathlib import Path

import pytest
from tree_sitter_language_pack import get_parser

ROOT = Path(__file__).parents[3]
AZURE = ROOT / "infra/azure"
FILES = sorted(AZURE.rglob("*.bicep"))
PARSER = get_parser("bicep")
ROLE_IDS = {  # Azure built-in roles (learn.microsoft.com, built-in-roles), read November 2026
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": "Storage Queue Data Contributor",
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Storage Table Data Contributor",
    "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39": "Azure Service Bus Data Sender",
    "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0": "Azure Service Bus Data Receiver",
    "12cf5a90-567b-43ae-8102-96cf46c7d9b4": "Web PubSub Service Owner",
    "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": "Key Vault Secrets Officer",
    "516239f1-63e1-4d78-a4de-a74fb236a071": "App Configuration Data Reader",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
    "0ad04412-c4d5-4796-b79c-f76d14c8d402": "Durable Task Data Contributor",
    "00000000-0000-0000-0000-000000000002": "Cosmos DB Built-in Data Contributor",
}
GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def text_of(node) -> str:
    return node.text.decode()


def statements(path: Path, kind: str) -> list:
    return [node for node in PARSER.parse(path.read_bytes()).root_node.children if node.type == kind]


def names(path: Path, kind: str, keyword: str) -> dict[str, str]:
    """Declared name -> its whole text, for `param` and `output` declarations."""
    found = {}
    for node in statements(path, kind):
        match = re.search(rf"^{keyword} (\w+)", text_of(node), re.MULTILINE)
        if match:
            found[match.group(1)] = text_of(node)
    return found


def modules(path: Path) -> list[tuple[str, Path, str]]:
    found = []
    for node in statements(path, "module_declaration"):
        match = re.match(r"module (\w+) '([^']+)'", text_of(node))
        assert match, text_of(node)[:80]
        found.append((match.group(1), (path.parent / match.group(2)).resolve(), text_of(node)))
    return found


def given_params(call: str) -> set[str]:
    body = call[call.index("params:") :]
    depth, start, level = 0, 0, []
    for index, char in enumerate(body):
        if char in "{[(":
            depth += 1
        elif char in "}])":
            depth -= 1
            if depth == 0:
                break
        elif depth == 1 and (match := re.match(r"[{,\n ]\s*(\w+):", body[index - 1 : index + 60])) and index > start:
            level.append(match.group(1))
            start = index + len(match.group(0)) - 2
    return set(level)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_parses(path: Path) -> None:
    assert not PARSER.parse(path.read_bytes()).root_node.has_error


def test_a_broken_file_would_be_noticed() -> None:
    assert PARSER.parse(b"param name string = {").root_node.has_error


def test_every_module_gets_the_parameters_it_declares_and_no_other() -> None:
    seen = 0
    for name, target, call in modules(AZURE / "main.bicep"):
        assert target.exists(), f"{name}: {target} is missing"
        declared = names(target, "parameter_declaration", "param")
        required = {
            param
            for param, text in declared.items()
            if " = " not in text.splitlines()[-1] and "=" not in text.split("param", 1)[1].split("\n")[0]
        }
        given = given_params(call)
        assert given <= declared.keys(), f"{name}: unknown {given - declared.keys()}"
        assert required <= given, f"{name}: missing {required - given}"
        seen += 1
    assert seen >= 14


def test_every_output_that_is_used_exists() -> None:
    main = (AZURE / "main.bicep").read_text(encoding="utf-8")
    targets = {name: target for name, target, _ in modules(AZURE / "main.bicep")}
    used = re.findall(r"\b(\w+)\.\??outputs\.(\w+)", main)
    assert used
    for module, output in used:
        assert output in names(targets[module], "output_declaration", "output"), f"{module}.outputs.{output}"


def test_role_ids_are_known_and_every_grant_is_in_one_file() -> None:
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        if path.name == "rbac.bicep":
            assert set(GUID.findall(text)) <= ROLE_IDS.keys()
        else:
            assert "roleAssignments@" not in text.replace("sqlRoleAssignments", "")
            assert "sqlRoleAssignments@" not in text


def test_no_key_is_listed_and_local_authentication_is_off() -> None:
    everything = "\n".join(path.read_text(encoding="utf-8") for path in FILES)
    assert "listKeys" not in everything and "allowSharedKeyAccess: true" not in everything and "AccountKey" not in everything
    for leaf in ("cosmos", "servicebus", "webpubsub", "appconfig"):
        assert "disableLocalAuth: true" in (AZURE / f"app/{leaf}.bicep").read_text(encoding="utf-8"), leaf
    vault = (AZURE / "app/keyvault.bicep").read_text(encoding="utf-8")
    assert "enablePurgeProtection: true" in vault and "enableRbacAuthorization: true" in vault


def test_every_container_is_partitioned_by_the_user() -> None:
    resources = json.loads((ROOT / "infra/resources.json").read_text(encoding="utf-8"))
    assert {container["partitionKey"] for container in resources["cosmos"]["containers"]} == {"/userId"}
    queue = next(queue for queue in resources["serviceBus"]["queues"] if queue["name"] == "bot-events")
    assert queue["requiresSession"] and queue["requiresDuplicateDetection"] and queue["maxDeliveryCount"] == 10


def test_what_the_embedded_host_sets_azure_sets_too() -> None:
    local = json.loads((ROOT / "infra/onebox.settings.json").read_text(encoding="utf-8"))
    main = (AZURE / "main.bicep").read_text(encoding="utf-8")
    local_only = {
        "KEY_VAULT_CA",
        "KEY_VAULT_VERIFY_CHALLENGE",
        "KEY_VAULT_AUTHORITY",
        "KEY_VAULT_TENANT_ID",
        "KEY_VAULT_CLIENT_ID",
        "KEY_VAULT_CLIENT_SECRET",
    }
    for setting in local.keys() - local_only:
        assert re.search(rf"\b{setting}(__\w+)?:", main), f"{setting} is not set in main.bicep"


def test_what_is_asked_for_is_indexed_and_the_rest_of_a_document_is_not() -> None:
    from shared import stores, watch

    containers = {
        one["name"]: one for one in json.loads((ROOT / "infra/resources.json").read_text(encoding="utf-8"))["cosmos"]["containers"]
    }
    statements = {
        "bots": [watch.CROSSED, watch.TIMED, watch.QUIET, watch.BEATING, watch.PUBLISHED],
        "settings": [watch.GUARDED],
        "webhooks": [watch.SILENT],
        "post": [watch.WAITING],
    }
    for name, container in containers.items():
        assert container["excludedPaths"] == ["/*"], name
        if name == "paper":  # read by id alone
            continue
        where = " ".join(text.partition("WHERE")[2] for text in statements.get(name, []))
        listed = () if name == "post" else ("sort", *stores._FIELDS, *stores._MORE.get(name, ()))  # the post is never listed
        asked = {"userId", *listed, *re.findall(r"c\.(\w+)", where)} - {"_ts"}  # which Cosmos always indexes
        assert {f"/{field}/?" for field in asked} <= set(container["includedPaths"]), name


def test_no_query_orders_by_two_keys_so_no_composite_index_is_paid_for() -> None:
    for path in (ROOT / "shared").rglob("*.py"):
        for order in re.findall(r"ORDER BY ([^\"]+?)(?: OFFSET|\")", path.read_text(encoding="utf-8")):
            assert "," not in order, f"{path.name}: {order} needs a composite index in infra/resources.json"


PLATFORM = re.compile(
    r"AzureWebJobs|AzureFunctionsJobHost__|AZURE_|APPLICATIONINSIGHTS_|OTEL_|FUNCTIONS_|DURABLE_TASK_|TASKHUB_NAME|MARKET_WATCH_"
)
"""Settings that the function host, an SDK or a binding expression reads."""
LEFT_OUT = {
    "Cosmos", "WebPubSub", "AppConfiguration",  # connection strings: an identity opens them here
    "KEY_VAULT_CA", "KEY_VAULT_VERIFY_CHALLENGE", "KEY_VAULT_AUTHORITY", "KEY_VAULT_TENANT_ID", "KEY_VAULT_CLIENT_ID",
    "KEY_VAULT_CLIENT_SECRET", "REPLAY_DIR", "EXCHANGE_URLS",  # one machine only
    "AUTH_SCOPE", "REAUTH_S", "BOTS_PER_USER", "ACCOUNTS_PER_USER", "HEARTBEAT_S", "REQUESTS_PER_MINUTE", "WEBHOOK_IPS",
    "CLIENT_CERTIFICATE_CA",  # defaults hold; limits come from App Configuration
}  # fmt: skip


def set_in_bicep() -> set[str]:
    main = (AZURE / "main.bicep").read_text(encoding="utf-8")
    given = main[main.index("settings: union({") : main.index("module rbac")]
    own = re.findall(r"union\(settings, \{ (\w+):", (AZURE / "app/functions.bicep").read_text(encoding="utf-8"))
    return {*re.findall(r"^ {6}([A-Za-z_]\w+):", given, re.MULTILINE), *own}


def test_every_setting_the_app_reads_is_set_or_left_out_on_purpose() -> None:
    from shared.settings import _NAMES

    assert set(_NAMES.values()) - set_in_bicep() == LEFT_OUT


def test_every_setting_that_is_set_is_read_by_somebody() -> None:
    from shared.settings import _NAMES

    bindings = re.compile(r"(Cosmos|ServiceBus|WebPubSub)__(credential|clientId)$")
    strangers = {name for name in set_in_bicep() - set(_NAMES.values()) if not PLATFORM.match(name) and not bindings.match(name)}
    assert strangers == set()


def test_without_a_service_bus_nothing_refers_to_one() -> None:
    main = (AZURE / "main.bicep").read_text(encoding="utf-8")
    assert "module serviceBus 'app/servicebus.bicep' = if (hasServiceBus)" in main
    assert "serviceBus.outputs" not in main, "it may not be there"
    assert re.search(r"hasServiceBus \? \{[^}]*ServiceBus__fullyQualifiedNamespace[^}]*\} : \{\s*ServiceBus: 'none'\s*\}", main)
    grants = (AZURE / "rbac.bicep").read_text(encoding="utf-8")
    assert "roles.serviceBusDataReceiver]: if (!empty(serviceBusName))" in grants
    assert "'Microsoft.Insights/metricAlerts@2018-03-01' = if (!empty(serviceBusId))" in (AZURE / "app/alerts.bicep").read_text(
        encoding="utf-8"
    )


REFUSED_BY_FLEX = (
    "ftpsState",
    "linuxFxVersion",
    "alwaysOn",
    "FUNCTIONS_WORKER_RUNTIME",
    "WEBSITE_RUN_FROM_PACKAGE",
    "WEBSITE_CONTENTSHARE",
)
"""What a Flex Consumption deployment fails with: "for Flex Consumption sites is invalid"."""


def test_nothing_is_set_that_a_flex_consumption_app_refuses() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in (AZURE / "main.bicep", AZURE / "app/functions.bicep"))
    assert [name for name in REFUSED_BY_FLEX if re.search(rf"^\s*{name}:", text, re.MULTILINE)] == []


def test_the_instance_that_is_deployed_is_the_one_the_costs_are_counted_for() -> None:
    from bench.cost import MEMORY_GB

    assert re.search(rf"param instanceMemory string = '{MEMORY_GB * 1024:.0f}'", (AZURE / "main.bicep").read_text(encoding="utf-8"))


def test_documents_that_age_do_so_in_every_container() -> None:
    """A document's own `ttl` counts only where the container has a default; -1 ages nothing by itself."""
    assert "defaultTtl: item.?defaultTtl ?? -1" in (AZURE / "app/cosmos.bicep").read_text(encoding="utf-8")


def test_every_parameter_of_a_deployment_is_declared() -> None:
    given = json.loads((AZURE / "main.parameters.json").read_text(encoding="utf-8"))["parameters"]
    assert given.keys() <= names(AZURE / "main.bicep", "parameter_declaration", "param").keys()
