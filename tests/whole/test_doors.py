"""Every route, and what each of the cast gets there: the table is in `tests/doors.py`."""

from __future__ import annotations

import re
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

# What comes back with a form that shows first what it would do.
MARK = re.compile(r'name="confirmed"[^>]*value="([0-9a-f]{16})"')
# Whoever goes there has another session afterwards: each time a browser of their own.
FRESH = ("/sign-", "/password", "/again", "/factor", "/concerns")
UNPROCESSABLE = 422
STATUSES = {
    200: "ok",
    303: "ok",
    403: "refused",
    409: "refused",
    404: "hidden",
    UNPROCESSABLE: "idle",
}


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


def went(doors: House, visitor: Visitor, line: Door, place: str) -> str:
    """Go through a door, past the page that shows first what would be done; say what is told."""

    def sent(more: dict[str, str]) -> tuple[str, str]:
        with visitor.open(
            doors.address(line),
            method=line.method,
            data=doors.body(line) | more,
            environ_overrides={"REMOTE_ADDR": place},
        ) as answer:
            is_shown = answer.status_code == UNPROCESSABLE
            return told(answer), answer.get_data(as_text=True) if is_shown else ""

    found, page = sent({})
    shown = MARK.search(page)
    return sent({"confirmed": shown[1]})[0] if shown else found


def test_every_route_has_a_line(shared_portal: Portal) -> None:
    lines = missing_lines(shared_portal)
    assert not lines, "DOORS in tests/doors.py lacks or has too much:\n    " + "\n    ".join(lines)


@pytest.mark.parametrize("line", DOORS, ids=lambda line: f"{line.method} {line.path}")
def test_each_of_the_cast_gets_what_the_table_says(
    doors: House, visitors: dict[str, Visitor], line: Door
) -> None:
    found = {}
    for place, name in enumerate(CAST, 1):
        visitor = doors.visitor(name) if line.path.startswith(FRESH) else visitors[name]
        before = doors.edition()
        # Each from a place of their own: how often one place may sign in is limited.
        found[name] = went(doors, visitor, line, f"127.0.0.{place}")
        has_changed = doors.has_changed(before)
        if found[name] == "ok" and line.answers[name] == "idle" and not has_changed:
            found[name] = "idle"
        if found[name] != "ok":
            assert not has_changed, f"{name} was answered {found[name]}, and yet something changed"
        if has_changed:
            doors.undo()
    assert found == line.answers


CODES = re.compile("GEN|LIVING|DOLE")
FIRST = re.compile(r"\{(\w+)\}")
# What is asked for by its number, code or day; the guard of the treasury asks only who comes.
NAMED = [
    line
    for line in DOORS
    if line.path.startswith("/office")
    and (FIRST.search(line.path) or CODES.search(line.path))
    and "eid=" not in line.path
]


@pytest.mark.parametrize("line", NAMED, ids=lambda line: f"{line.method} {line.path}")
def test_what_is_not_there_is_not_found_by_anybody(
    doors: House, visitors: dict[str, Visitor], line: Door
) -> None:
    nowhere = FIRST.sub(
        lambda found: "2031-01-01" if found[1] == "closed" else "99999",
        CODES.sub("NONE", line.path),
        count=1,
    ).format_map(doors.places)
    found = {}
    for name in CAST.keys() - {"nobody"}:
        with visitors[name].open(nowhere, method=line.method, data=doors.body(line)) as answer:
            found[name] = told(answer)
    assert set(found.values()) == {"hidden"}, f"{nowhere}: {found}"
