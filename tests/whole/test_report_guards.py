# ruff: noqa: S608 - every word of these statements is our own
"""What the database itself refuses of reports, and what the check finds in their public table."""

from __future__ import annotations

import pytest

from portal.audit.check import LogError
from tests.conftest import Portal
from tests.conftest import Publish
from tests.reporting import IN_JANUARY
from tests.reporting import gift
from tests.reporting import reports_in_every_state
from tests.whole.test_case_guards import said
from tests.whole.test_checks import damaged

ANSWERED = "answered_by_id = 99, answered_at = prepared_at, opinion = 'agrees'"


@pytest.fixture
def reports(portal: Portal, publish: Publish) -> None:
    publish(lambda world: gift(world, IN_JANUARY))
    publish(lambda world: reports_in_every_state(world, portal.install))


@pytest.mark.usefixtures("reports")
@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("DELETE FROM report", "append-only"),
        ("UPDATE report SET th_pdf = ''", "append-only"),
        ("UPDATE report SET log_size = 1", "append-only"),
        ("UPDATE report SET prepared_by_id = 99", "append-only"),
        ("UPDATE report SET party_salt = ''", "append-only"),
        (f"UPDATE report SET state = 'answered', {ANSWERED}", "a log entry of its own"),
        ("UPDATE report SET words = 'x'", "a log entry of its own"),
        ("UPDATE report SET opinion = 'disagrees' WHERE id = 2", "a log entry of its own"),
        (
            "UPDATE report SET log_eid = (SELECT eid FROM log_entry LIMIT 1)",
            "a log entry of its own",
        ),
    ],
)
def test_the_database_lets_nothing_of_a_report_change_by_itself(statement: str, why: str) -> None:
    assert why in said(statement)


COLUMNS = (
    "reference, period, edition, log_size, log_root, th_pdf, en_pdf, pack, party_salt, state,"
    " prepared_by_id, prepared_at, answered_by_id, answered_at, opinion, words, published_by_id,"
    " published_at, version, log_eid"
)


@pytest.mark.usefixtures("reports")
@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"answered_by_id": "prepared_by_id"}, "answered_by_another"),
        ({"published_by_id": "prepared_by_id"}, "published_by_another"),
        ({"published_by_id": "answered_by_id"}, "published_by_another"),
        ({"answered_at": "NULL"}, "answered_whole"),
        ({"opinion": "NULL"}, "answered_whole"),
        ({"published_at": "NULL"}, "published_whole"),
        ({"state": "'answered'"}, "published_whole"),
        ({"opinion": "'likes'"}, "opinion"),
        ({"edition": "0"}, "numbers_are_positive"),
        ({"reference": "reference"}, "reference"),
        ({"edition": "edition"}, "edition"),
    ],
)
def test_the_database_knows_the_rules_of_a_report(changed: dict[str, str], why: str) -> None:
    free = {"reference": "'R-1'", "edition": "2"}
    cells = [(free | changed).get(name.strip(), name.strip()) for name in COLUMNS.split(",")]
    told = said(
        f"INSERT INTO report ({COLUMNS}) SELECT {', '.join(cells)} FROM report"
        " WHERE state = 'published'"
    )
    assert why in told


@pytest.mark.usefixtures("reports")
def test_a_changed_public_report_is_found(portal: Portal) -> None:
    for statement in (
        "UPDATE published_report SET opinion = 'disagrees' WHERE reference = 'R-FY2570-Q1-1'",
        "UPDATE published_report SET pack = '' WHERE reference = 'R-FY2570-Q1-1'",
        "DELETE FROM published_report WHERE reference = 'R-FY2570-Q1-1'",
    ):
        with (
            damaged("published_report", statement) as session,
            pytest.raises(LogError, match="published_report: R-FY2570-Q1-1 is not what the log"),
        ):
            portal.install.check_log(session)
