"""Every route, and what each of the cast gets there: the table is in `tests/doors.py`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from werkzeug.wrappers import Response

from tests.conftest import Portal
from tests.conftest import Visitor
from tests.doors import CAST
from tests.doors import DOORS
from tests.doors import Door
from tests.doors import House
from tests.doors import house
from tests.doors import missing_lines

STATUSES = {200: "ok", 303: "ok", 403: "refused", 409: "refused", 404: "hidden"}


@pytest.fixture(scope="module")
def doors(shared_portal: Portal) -> Iterator[House]:
    with house(shared_portal) as doors:
        yield doors


@pytest.fixture(scope="module")
def visitors(doors: House) -> dict[str, Visitor]:
    return {name: doors.visitor(name) for name in CAST}


def told(answer: Response) -> str:
    """Say in the table's words how somebody was answered."""
    if answer.status_code in {302, 303} and "/sign-in" in str(answer.location):
        return "sign in"
    return STATUSES.get(answer.status_code, str(answer.status_code))


def test_every_route_has_a_line(shared_portal: Portal) -> None:
    lines = missing_lines(shared_portal)
    assert not lines, "DOORS in tests/doors.py lacks or has too much:\n    " + "\n    ".join(lines)


@pytest.mark.parametrize("line", DOORS, ids=lambda line: f"{line.method} {line.path}")
def test_each_of_the_cast_gets_what_the_table_says(
    doors: House, visitors: dict[str, Visitor], line: Door
) -> None:
    found = {}
    for place, name in enumerate(CAST, 1):
        visitor = doors.visitor(name) if "sign" in line.path else visitors[name]
        before = doors.edition()
        with visitor.open(
            doors.address(line),
            method=line.method,
            data=doors.body(line),
            # Each from a place of their own: how often one place may sign in is limited.
            environ_overrides={"REMOTE_ADDR": f"127.0.0.{place}"},
        ) as answer:
            found[name] = told(answer)
        has_changed = doors.edition() != before
        if found[name] == "ok" and line.answers[name] == "idle" and not has_changed:
            found[name] = "idle"
        if found[name] != "ok":
            assert not has_changed, f"{name} was answered {found[name]}, and yet something changed"
        if has_changed:
            doors.undo()
    assert found == line.answers
