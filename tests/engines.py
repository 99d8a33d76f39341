"""On which engine a test runs: on both, or, where time is short, on one of them.

With `--engines=one` half of the tests of acts and pages run on SQLite and half on PostgreSQL,
always the same; `tests/whole`, where the engines differ, runs on both all the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from zlib import crc32

import pytest

ENGINES = ("sqlite", "postgresql")
ON_BOTH = "tests/whole/"
THOROUGH = "thorough"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.addoption("--engines", choices=("both", "one"), default="both")
    parser.addoption("--thorough", action="store_true", help="also what takes minutes")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is thorough, unless asked for, and a test on the engine not its own."""
    if not config.getoption("thorough"):
        leave_out(
            config, items, {item.nodeid for item in items if item.get_closest_marker(THOROUGH)}
        )
    if config.getoption("engines") == "both":
        return
    leave_out(config, items, set(on_the_other_engine(item.nodeid for item in items)))


def leave_out(config: pytest.Config, items: list[pytest.Item], left_out: set[str]) -> None:
    """Take these tests off the list, and say so."""
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid in left_out])
    items[:] = [item for item in items if item.nodeid not in left_out]


def on_the_other_engine(names: Iterable[str]) -> Iterator[str]:
    """Return which of these tests have a twin on the engine that is theirs."""
    names = set(names)
    for name in names:
        own, other = ENGINES if crc32(_without_engine(name)) % 2 else ENGINES[::-1]
        is_twin = f"[{other}" in name and name.replace(f"[{other}", f"[{own}") in names
        if is_twin and not name.startswith(ON_BOTH):
            yield name


def _without_engine(name: str) -> bytes:
    for engine in ENGINES:
        name = name.replace(f"[{engine}", "[")
    return name.encode()
