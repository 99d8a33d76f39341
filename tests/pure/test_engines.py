from __future__ import annotations

import pytest

from tests.engines import on_the_other_engine

PAGES = [f"tests/pages/test_a.py::test_{number}" for number in range(100)]


def on(engine: str, names: list[str]) -> list[str]:
    return [f"{name}[{engine}-{place}]" for place, name in enumerate(names)]


def test_each_test_keeps_one_engine_and_both_have_their_half() -> None:
    names = on("sqlite", PAGES) + on("postgresql", PAGES)
    kept = set(names) - set(on_the_other_engine(names))
    assert len(kept) == 100
    assert len({name.replace("postgresql", "sqlite") for name in kept}) == 100
    assert 30 < sum("sqlite" in name for name in kept) < 70


def test_what_runs_on_one_engine_alone_or_shows_their_difference_stays() -> None:
    alone = [*on("sqlite", PAGES), "tests/pure/test_a.py::test_b"]
    assert list(on_the_other_engine(alone)) == []
    whole = [name.replace("pages", "whole") for name in PAGES]
    assert list(on_the_other_engine(on("sqlite", whole) + on("postgresql", whole))) == []


@pytest.mark.xdist_group("together")
def test_tests_of_one_group_stay_together(request: pytest.FixtureRequest) -> None:
    is_grouped = bool(request.config.getoption("loadgroup", default=False))
    assert request.node.nodeid.endswith("@together") == is_grouped
