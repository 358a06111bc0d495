"""Nothing that the app loads is left out of the package. `make package` does the same on the zip itself."""

import sysconfig
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from scripts.package import is_pruned, name_of, needed
from tests.deployment.proof import alone, faults

ROOT = Path(__file__).parents[2]
SITE = Path(sysconfig.get_paths()["purelib"])
TAKEN_WHEN_THERE = {"python_multipart"}  # by Starlette; forms are no part of our API


@pytest.mark.timeout(240)
async def test_what_the_app_loads_is_in_the_package():
    found = await alone(ROOT, SITE)
    assert faults(found) == []
    loaded = [Path(path).relative_to(SITE) for path in found["loaded"] if Path(path).is_relative_to(SITE)]
    assert len(loaded) > 1_000 and [path for path in loaded if is_pruned(path.as_posix())] == []
    owners, brought = packages_distributions(), set(needed())
    tops = {path.stem.partition(".")[0] if len(path.parts) == 1 else path.parts[0] for path in loaded} - TAKEN_WHEN_THERE
    assert {top for top in tops if not {name_of(name) for name in owners.get(top, ())} & brought} == set()
