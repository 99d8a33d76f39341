"""The faults of `make faults` stay honest: each bug still fits the code, and would still run."""

from __future__ import annotations

import pytest

from faults.planting import Plant
from faults.planting import PlantError
from faults.run import FAULTS

PLANTS = [pytest.param(plant, id=plant.name) for fault in FAULTS for plant in fault.plants]


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_bug_fits_the_code(plant: Plant) -> None:
    for file, written in plant.edited().items():
        compile(written, file, "exec")


def test_a_bug_that_fits_no_more_is_not_planted() -> None:
    gone = Plant("gone", (("portal/db.py", "no such text", ""),))
    with pytest.raises(PlantError, match=r"portal/db\.py has 0 times, not once: no such text"):
        gone.edited()


def test_every_fault_has_a_bug_to_find() -> None:
    for fault in FAULTS:
        for engine in fault.engines:
            assert any(engine in plant.engines for plant in fault.plants), (fault.name, engine)
