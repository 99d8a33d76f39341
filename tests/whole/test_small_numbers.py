"""From everything that is published together nobody works out a count that is hidden."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from portal.db import db
from portal.publishing.concern_figures import ConcernPage
from portal.publishing.concern_figures import concern_page
from portal.publishing.counting import SUBJECTS
from portal.publishing.counting import TOTAL
from portal.publishing.open_page import told_counts
from portal.publishing.open_schema import TABLES
from portal.publishing.open_versions import Versions
from portal.publishing.request_sheet import COLUMNS
from portal.publishing.suppression import FEWEST_SHOWN
from tests import cases
from tests.attack import Knowledge
from tests.attack import Unknown
from tests.conftest import Maker
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.opened import beat
from tests.opened import concerns
from tests.opened import current
from tests.opened import opened
from tests.opened import table
from tests.world import World


def late(world: World) -> None:
    """More of everything, told of the year that is over: it was recorded afterwards."""
    concerns(world, "late")
    world.raised()


def people(world: World) -> None:
    cases.declined(world)
    for _ in range(2):
        cases.followed_up(world)
    world.raised()


@pytest.fixture
def versions(portal: Portal, made: Maker) -> list[Path]:
    """Two versions of the open data that tell of the same year."""
    first = opened(portal, made, concerns, people, beat)
    second = opened(portal, made, late, lambda world: world.approved())
    kept = Versions(portal.install.open_data)
    return [path for each in (first, second) if (path := kept.folder(each.name))]


def known(versions: Iterable[Path], page: ConcernPage) -> tuple[Knowledge, set[Unknown]]:
    """Take together what every version of the files and the page say; return what they hide, too.

    One unknown is a count of a subject and year in one version.
    """
    told, hidden = Knowledge(), set[Unknown]()
    for folder in versions:
        for row in table(folder, "counts"):
            one = (folder.name, row["fiscal_year"], row["subject"], row["code"])
            if row["is_hidden"] == "true":
                hidden.add(one)
            else:
                is_total = row["code"] == TOTAL
                told.add(parts(folder, *one[1:3]) if is_total else [one], int(row["count"]))
    first, second = versions
    for code in ALL_CODES:
        told.grown.append(((first.name, "2570", *code), (second.name, "2570", *code)))
    # The totals of today, which the year that runs now is part of.
    live = {"concerns_received": page.concerns.received, "findings_raised": page.findings.raised}
    for subject, total in live.items():
        told.add([*parts(second, "2570", subject), ("running", subject)], total)
    return told, hidden


ALL_CODES = [(name, code) for name, subject in SUBJECTS.items() for code in subject.codes]


def parts(folder: Path, year: str, subject: str) -> list[Unknown]:
    return [(folder.name, year, subject, code) for code in SUBJECTS[subject].codes]


def figures() -> ConcernPage:
    with Session(db.engine) as session:
        page = concern_page(session)
    assert page is not None
    return page


def test_no_hidden_count_is_worked_out(versions: list[Path]) -> None:
    told, hidden = known(versions, figures())
    assert len(hidden) > 40
    assert told.worked_out().keys() & hidden == set()


def test_the_page_tells_no_more_than_the_file(portal: Portal, versions: list[Path]) -> None:
    rows = {(row["subject"], row["code"]): row["count"] for row in table(versions[1], "counts")}
    for each in told_counts(portal.install.open_data, *SUBJECTS):
        assert str(each.total) == rows[each.subject, TOTAL]
        for code, count in each.cells.items():
            assert ("" if count is None else str(count)) == rows[each.subject, code]


def test_the_attack_finds_what_has_no_neighbour(versions: list[Path]) -> None:
    """The attack is tried: where only what is small is hidden, it finds the number."""
    for folder, count in zip(versions, ("10", "20"), strict=True):
        rows = table(folder, "counts")
        for row in rows:
            if (row["subject"], row["code"]) == ("concerns_received", "sensitive"):
                row.update(count=count, is_hidden="false")
        with (folder / "counts.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    told, hidden = known(versions, figures())
    found = {one: count for one, count in told.worked_out().items() if one in hidden}
    others = [(folder.name, "2570", "concerns_received", "other") for folder in versions]
    assert found == dict(zip(others, (3, 6), strict=True))


def test_the_same_cells_stay_hidden(versions: list[Path]) -> None:
    def hidden(folder: Path) -> set[tuple[str, str, str]]:
        return {
            (row["fiscal_year"], row["subject"], row["code"])
            for row in table(folder, "counts")
            if row["is_hidden"] == "true"
        }

    first, second = map(hidden, versions)
    assert first <= second
    # What was small in the first version has grown beyond the limit, and is hidden still.
    assert ("2570", "concerns_received", "sensitive") in second
    told = {row["code"]: row["count"] for row in table(versions[1], "counts")}
    assert told["money"] == "24"


def test_no_other_table_divides_what_is_counted() -> None:
    """A count of the same acts could be made from no other file: it lacks their codes."""
    counted = {"reason", "outcome", "topic"}
    assert counted == {subject.field for subject in SUBJECTS.values()}
    columns = {
        column.name for told in TABLES.values() if told.name != "counts" for column in told.columns
    }
    assert columns & counted == set()
    assert {column.key for column in COLUMNS} & counted == set()


def test_a_median_of_few_is_not_told(portal: Portal, made: Maker) -> None:
    def several(world: World) -> None:
        for _ in range(FEWEST_SHOWN):
            world.approved()

    opened(portal, made, World.approved)
    (row,) = table(current(portal), "service_times")
    assert (row["step"], row["median_days"], row["is_hidden"]) == ("decide", "", "true")
    opened(portal, made, several)
    (row,) = table(current(portal), "service_times")
    assert (row["median_days"], row["is_hidden"]) == ("0.0", "false")


def test_the_page_tells_a_year_once_it_is_over(
    portal: Portal, client: Visitor, made: Maker
) -> None:
    made(concerns)
    portal.install.publish(db.engine)
    before = client.get("/en/concerns/figures").text
    assert "fiscal year 2570" not in before
    opened(portal, made, beat)
    page = client.get("/en/concerns/figures").text
    assert "Concerns received, by topic, fiscal year 2570" in page
    cells = re.findall(r'data-label="How many">([^<]+)<', page)
    assert cells[:5] == ["12", "11", "hidden", "hidden", "36"]
