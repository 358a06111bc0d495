"""requirements.txt deploys alone: the product imports nothing else, and the package holds nothing else."""

import ast
import importlib.util
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
OWN = {"strategy_core", "exchange", "shared", "entities", "orchestrators", "triggers", "function_app"}
LEFT_TO_OTHERS = {"pyarrow", "rich"}
"""What only the command lines read: candle files as parquet, a progress bar. What is not in this list must be deployed."""


def package():
    spec = importlib.util.spec_from_file_location("package_script", ROOT / "scripts/package.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def imports():
    """(file, module) of every import statement of the product, also of those inside functions."""
    files = [ROOT / "function_app.py", *(path for name in OWN for path in (ROOT / name).rglob("*.py"))]
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((path, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                yield path, node.module


def test_the_product_imports_only_what_requirements_txt_brings():
    script = package()
    deployed = set(script.needed())
    owners = {top: {script.name_of(name) for name in names} for top, names in packages_distributions().items()}
    strangers = set()
    for path, module in imports():
        top = module.partition(".")[0]
        if top in OWN or top in sys.stdlib_module_names or module.startswith("azure.") or top in LEFT_TO_OTHERS:
            continue
        if not owners.get(top, set()) & deployed:
            strangers.add(f"{path.relative_to(ROOT)}: {module}")
    assert strangers == set()


def test_every_azure_module_of_the_product_is_deployed():
    script = package()
    deployed = {f.as_posix() for dist in script.needed().values() for f in dist.files or ()}
    asked = {module for _, module in imports() if module.startswith("azure.") and module not in LEFT_TO_OTHERS}
    missing = [m for m in asked if not any(f.startswith(m.replace(".", "/") + end) for f in deployed for end in ("/", ".py"))]
    assert asked and missing == []


def test_no_tool_of_the_tests_or_the_local_host_is_in_the_package():
    deployed = set(package().needed())
    assert deployed.isdisjoint(
        {"pytest", "hypothesis", "ruff", "mypy", "sqlglot", "argon2-cffi", "azure-functions-runtime", "rich", "schemathesis"}
    )
    assert {"azure-cosmos", "azure-servicebus", "ccxt", "fastapi"} <= deployed


def test_funcignore_leaves_the_app_and_its_host_json():
    files = {path.as_posix() for path in package().app_files()}
    assert {"function_app.py", "host.json", "requirements.txt"} <= files
    assert {name.split("/")[0] for name in files if "/" in name} == OWN - {"function_app"}
