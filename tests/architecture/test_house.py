"""House rules that the linters cannot say: no floats in the core, no clock in entities, no local branches, pinned packages."""

import ast
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = ("strategy_core", "exchange", "shared", "entities", "orchestrators", "triggers")
FLOATS_ALLOWED = ("strategy_core/backtest/", "strategy_core/indicators")  # metrics and comparisons, never a size


def modules(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", modules("strategy_core"), ids=name_of)
def test_no_float_is_born_in_the_core(path: Path) -> None:
    if name_of(path).startswith(FLOATS_ALLOWED):
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    floats = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, float)]
    calls = [
        node.lineno for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float"
    ]
    assert not floats + calls, f"{name_of(path)}: floats on lines {floats + calls}"


@pytest.mark.parametrize("path", modules("entities"), ids=name_of)
def test_entities_are_plain_functions_without_clock_or_io(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not [node.lineno for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)], "an async entity silently does nothing"
    imported = {alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {(node.module or "").split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not imported & {"time", "random", "uuid", "os", "socket", "asyncio", "aiohttp", "requests", "secrets", "threading"}


@pytest.mark.parametrize("path", modules(*PRODUCT), ids=name_of)
def test_product_code_does_not_ask_where_it_runs(path: Path) -> None:
    text = path.read_text(encoding="utf-8").lower()
    assert "onebox" not in text
    assert not re.search(r"\b(if|elif)\s+(not\s+)?\w*\.?(is_)?(local|azure|emulator)\b", text)


def test_every_requirement_is_pinned_and_no_file_names_a_registry() -> None:
    for path in [*ROOT.glob("requirements*.txt"), ROOT / "constraints.txt"]:
        for line in path.read_text(encoding="utf-8").splitlines():
            if line and not line.startswith(("#", "-r ", "-c ")):
                assert "==" in line, f"{path.name}: {line}"
            assert "://" not in line, f"{path.name}: {line}"


def test_the_lockfile_names_no_registry_and_misses_no_optional_sibling() -> None:
    lock = json.loads((ROOT / "frontend/package-lock.json").read_text(encoding="utf-8"))
    assert not [name for name, entry in lock["packages"].items() if "resolved" in entry]
    held = {name.split("node_modules/")[-1] for name in lock["packages"]}
    wanted = {sibling for entry in lock["packages"].values() for sibling in entry.get("optionalDependencies", {})}
    assert not wanted - held, "npm ci would fail on another platform"


def test_no_package_marker_lies_in_infra() -> None:
    assert not (ROOT / "infra/__init__.py").exists(), "import-linter would check nothing"
