"""No page asks the database more often because there is more to show."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from portal.db import db
from portal.db import writing
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.doors import CAST
from tests.doors import DOORS
from tests.doors import Door
from tests.doors import build
from tests.grown import grow
from tests.statements import statements
from tests.world import World

READS = [line for line in DOORS if line.method == "GET"]
LIST = "/office/requests"
SEE_MOST = ("officer", "chair", "treasurer", "auditor")


def counted(visitor: Visitor, address: str) -> int:
    with statements() as heard, visitor.get(address) as answer:
        assert answer.status_code in {200, 302, 303}, address
        # A file is written while it is read.
        assert answer.data is not None
    return len(heard)


def who(line: Door) -> list[str]:
    """Who looks: what nobody may see, everybody sees alike; of many, those who see most."""
    names = [name for name in CAST if line.answers[name] == "ok"]
    if "nobody" in names:
        return ["nobody"]
    return [name for name in names if name in SEE_MOST] or names


@pytest.mark.parametrize(
    "portal", ["sqlite", pytest.param("postgresql", marks=pytest.mark.thorough)], indirect=True
)
def test_every_page_asks_as_often_with_three_times_as_many_rows(portal: Portal) -> None:
    world = build(portal)
    places, cast = world.places, {name: world.visitor(name) for name in CAST}

    def visit(name: str, line: Door) -> int:
        # The first time, that somebody's record was read is noted, or something is remembered.
        address = line.path.format_map(places)
        return min(counted(cast[name], address) for _ in range(2))

    doors = [(name, line) for line in READS for name in who(line)]
    few = [visit(*door) for door in doors]
    places = grow(portal, places)
    more = [visit(*door) for door in doors]
    grown = {
        (name, line.path): (before, after)
        for (name, line), before, after in zip(doors, few, more, strict=True)
        if after > before
    }
    assert grown == {}


@pytest.mark.parametrize("portal", ["sqlite"], indirect=True)
def test_a_page_that_asks_again_for_each_row_would_be_found(
    portal: Portal, client: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def careless(amount: object) -> str:
        db.session.execute(text("SELECT 1"))
        return str(amount)

    officer, found = client.sign_in("malee"), []
    for filters in (
        portal.app.jinja_env.filters,
        portal.app.jinja_env.filters | {"baht": careless},
    ):
        monkeypatch.setattr(portal.app.jinja_env, "filters", filters)
        monkeypatch.setattr(portal.app.jinja_env, "cache", {})
        for _ in range(2):
            with writing(db.engine, portal.install.session_info()) as session:
                World(session).submitted()
            found.append(min(counted(officer, LIST) for _ in range(2)))
    one, two, three, four = found
    assert (two - one, four - three) == (0, 1)
