"""The OpenAPI document is the routes, and the routes are the document."""

import json
from pathlib import Path

from tests.functions import functions
from triggers.api.app import ROUTERS, make_api
from triggers.api.openapi import document

ROOT = Path(__file__).parents[2]


def test_the_committed_document_is_what_the_routes_say():
    committed = json.loads((ROOT / "frontend" / "openapi.json").read_text())
    assert json.loads(json.dumps(document(make_api()))) == committed


def test_every_route_is_in_the_document():
    hidden = {"/api/v1/openapi.json", "/api/v1/docs"}
    routes = {route.path for module in ROUTERS for route in module.router.routes}
    native = {"/api/health", "/api/ready", "/api/v1/realtime/negotiate", "/api/hooks/{opaque}"}
    assert routes - hidden == set(document(make_api())["paths"]) - native


def test_every_route_is_reached_by_an_area_function():
    bindings = [one.get_dict_repr() for function in functions() for one in function.get_bindings()]
    mounted = ["/" + binding["route"].removesuffix("/{*rest}") for binding in bindings if "route" in binding]
    for module in ROUTERS:
        for route in module.router.routes:
            assert any(route.path == area or route.path.startswith(area + "/") for area in mounted), route.path


def test_money_is_a_string_everywhere():
    def numbers(schema, path=""):
        if isinstance(schema, dict):
            if schema.get("type") == "number":
                yield path
            for name, part in schema.items():
                yield from numbers(part, f"{path}/{name}")
        elif isinstance(schema, list):
            for i, part in enumerate(schema):
                yield from numbers(part, f"{path}/{i}")

    assert list(numbers(document(make_api()))) == []


def test_operations_have_stable_names_and_problems():
    spec = document(make_api())
    names = [operation["operationId"] for methods in spec["paths"].values() for operation in methods.values()]
    assert len(names) == len(set(names))
    assert {"Problem", "LiveMessage", "LiveBot", "LiveFill", "LiveEvent"} <= set(spec["components"]["schemas"])
    assert "HTTPValidationError" not in spec["components"]["schemas"]
    for methods in spec["paths"].values():
        for operation in methods.values():
            assert "application/problem+json" in operation["responses"]["default"]["content"]


async def test_the_document_and_its_page_need_no_token_and_nothing_from_elsewhere(client):
    del client.headers["authorization"]
    assert (await client.get("/api/v1/openapi.json")).json()["openapi"] == "3.1.0"
    page = await client.get("/api/v1/docs")
    assert page.status_code == 200
    assert "create_bot" in page.text or "/api/v1/bots" in page.text
    assert "http://" not in page.text.replace("http://www.w3.org", "") and "src=" not in page.text


async def test_an_unknown_path_and_method_are_problems(client):
    assert (await client.get("/api/v1/nothing")).json()["code"] == "not_found"
    assert (await client.put("/api/v1/bots")).json()["code"] == "method_not_allowed"


def test_every_post_that_does_something_takes_an_idempotency_key():
    harmless = {"preview_bot", "try_webhook", "try_channel", "negotiate", "receive_alert"}
    for path, methods in document(make_api())["paths"].items():
        operation = methods.get("post")
        if operation and operation["operationId"] not in harmless:
            assert "idempotency-key" in {parameter["name"] for parameter in operation.get("parameters", [])}, path
