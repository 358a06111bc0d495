"""azure.yaml and the workflows, as far as they can be known offline: what they name exists, what they need is given, nothing is secret."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
MAIN = (ROOT / "infra/azure/main.bicep").read_text(encoding="utf-8")
GIVEN_BY_AZD = {"AZURE_ENV_NAME", "AZURE_LOCATION"}


def read(path: Path) -> dict[Any, Any]:
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in read(path)["jobs"].values() for step in job["steps"]]


def deployment() -> dict[str, Any]:
    return read(ROOT / ".github/workflows/deploy.yml")["jobs"]["deploy"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_workflow_is_whole(path: Path) -> None:
    workflow = read(path)
    assert workflow["name"] and workflow[True], "YAML reads `on` as true"
    assert workflow["permissions"].keys() <= {"contents", "id-token"}, "least privilege"
    for job in workflow["jobs"].values():
        assert job["runs-on"] and job["timeout-minutes"] <= 60 and job["steps"]
        for step in job["steps"]:
            assert ("uses" in step) != ("run" in step)
            assert re.fullmatch(r"[\w./-]+@v\d+", step.get("uses", "actions/checkout@v4"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_workflow_needs_a_secret(path: Path) -> None:
    assert "secrets." not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_what_a_step_runs_exists(path: Path) -> None:
    for step in steps(path):
        said = step.get("run", "")
        for target in re.findall(r"\bmake ([\w-]+)", said):
            assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), target
        for script in re.findall(r"(?:bash|sh|python3) ([\w.][\w./-]*)", said):
            assert (ROOT / script).exists(), script
        for bicep in re.findall(r"--file ([\w./-]+)", said):
            assert (ROOT / bicep).exists(), bicep


def test_a_deployment_by_push_is_told_everything_one_by_hand_is() -> None:
    """A switch that only the hand's environment knows would fall back to its default at the next push."""
    parameters = (ROOT / "infra/azure/main.parameters.json").read_text(encoding="utf-8")
    asked = set(re.findall(r"\$\{(\w+)", parameters))
    assert asked <= deployment()["env"].keys()
    json.loads(parameters)


def test_a_deployment_by_push_falls_back_to_the_same_defaults() -> None:
    parameters = dict(re.findall(r"\$\{(\w+)=([^}]*)\}", (ROOT / "infra/azure/main.parameters.json").read_text(encoding="utf-8")))
    for name, value in deployment()["env"].items():
        fallback = re.search(r"\|\| '([^']*)'", value)
        assert (fallback.group(1) if fallback else "") == parameters.get(name, ""), name


def test_what_a_deployment_asks_of_its_environment_is_an_output() -> None:
    asked = set(
        re.findall(r"azd env get-value (\w+)", " ".join(step.get("run", "") for step in steps(ROOT / ".github/workflows/deploy.yml")))
    )
    guide = set(re.findall(r"azd env get-value (\w+)", (ROOT / "docs/deploy.md").read_text(encoding="utf-8")))
    assert asked and guide and asked | guide <= set(re.findall(r"^output (\w+)", MAIN, re.MULTILINE))


def test_a_deployment_signs_in_without_a_secret_and_only_after_the_tests() -> None:
    workflow = read(ROOT / ".github/workflows/deploy.yml")
    assert workflow["permissions"]["id-token"] == "write"
    assert workflow[True]["workflow_run"]["workflows"] == ["ci"] and "conclusion == 'success'" in workflow["jobs"]["deploy"]["if"]
    said = " ".join(step.get("run", "") for step in deployment()["steps"])
    assert "--federated-credential-provider github" in said


def test_every_service_of_azd_is_there_and_has_its_resource() -> None:
    azure = read(ROOT / "azure.yaml")
    assert (ROOT / azure["infra"]["path"] / f"{azure['infra']['module']}.bicep").exists()
    for name, service in azure["services"].items():
        assert (ROOT / service["project"]).is_dir()
        assert f"'azd-service-name': '{name}'" in MAIN, name
    assert azure["services"]["api"]["host"] == "function" and azure["services"]["web"]["host"] == "staticwebapp"


def test_every_switch_of_the_guide_is_one_of_the_deployment() -> None:
    guide = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
    switches = set(re.findall(r"^\| `([A-Z_]+)` \|", guide, re.MULTILINE))
    asked = set(re.findall(r"\$\{(\w+)", (ROOT / "infra/azure/main.parameters.json").read_text(encoding="utf-8")))
    in_words = {"AUTH_ISSUER", "AUTH_AUDIENCE", "AUTH_JWKS_URL", "ALERT_EMAIL"}
    assert switches == asked - in_words - GIVEN_BY_AZD
    assert all(f"azd env set {name}" in guide for name in in_words)
