"""Reports: three different people, one after the other, and the newest edition alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import db
from portal.errors import PortalError
from portal.funds.rules import RoleNeededError
from portal.publishing.models import PublishedReport
from portal.publishing.periods import PeriodBeforeLogError
from portal.publishing.periods import PeriodNotOverError
from portal.publishing.report_codes import Opinion
from portal.publishing.report_codes import ReportAction
from portal.publishing.report_codes import ReportFile
from portal.publishing.report_codes import ReportState
from portal.reports import rules
from portal.reports.models import Report
from portal.reports.service import ReportAnswer
from portal.reports.service import answer_report
from portal.reports.service import prepare_report
from portal.reports.service import publish_report
from portal.roles import Actor
from portal.roles import Role
from tests.conftest import Maker
from tests.conftest import Portal
from tests.conftest import Publish
from tests.reporting import AGREES
from tests.reporting import FOURTH
from tests.reporting import NOVEMBER
from tests.reporting import REMARKS
from tests.reporting import SECOND
from tests.reporting import THIRD
from tests.reporting import answered
from tests.reporting import gift
from tests.reporting import prepared
from tests.reporting import published
from tests.reporting import some_files
from tests.reporting import told_now
from tests.world import NOON
from tests.world import World

NOBODY = Actor(7, frozenset())
FIRST = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)


@pytest.fixture
def december(publish: Publish) -> None:
    """An entry of December is published: November is over."""
    publish(lambda world: gift(world, FIRST))


def row(session: Session, reference: str) -> PublishedReport:
    return session.get_one(PublishedReport, reference)


@pytest.mark.usefixtures("december")
def test_a_report_is_prepared_answered_and_published(portal: Portal, publish: Publish) -> None:
    publish(lambda world: published(world, answered(world, prepared(world, portal.install))))
    with Session(db.engine) as session:
        found, report = row(session, "R-2026-11-1"), session.scalars(select(Report)).one()
        assert (found.state, found.opinion, found.remarks) == ("published", "agrees", 0)
        assert (found.size, found.root) == (report.log_size, report.log_root)
        assert (found.prepared_at, found.published_at) == (
            "2026-12-02T03:00:00Z",
            "2026-12-04T03:00:00Z",
        )
        assert (found.supersedes, found.superseded_by) == ("", "")
        for file in ReportFile:
            kept = portal.install.reports.read(report.digest(file))
            assert kept == some_files()[file]


@pytest.mark.usefixtures("december")
def test_a_newer_edition_supersedes_and_the_former_stays(portal: Portal, publish: Publish) -> None:
    publish(lambda world: published(world, answered(world, prepared(world, portal.install))))
    publish(lambda world: answered(world, prepared(world, portal.install, word="2"), REMARKS))
    with Session(db.engine) as session:
        assert row(session, "R-2026-11-1").superseded_by == ""
        second = session.scalars(select(Report).where(Report.edition == 2)).one()
        assert (second.state, second.words) == (ReportState.ANSWERED, REMARKS.words)
    publish(lambda world: published(world, world.session.get_one(Report, second.id)))
    with Session(db.engine) as session:
        assert row(session, "R-2026-11-1").superseded_by == "R-2026-11-2"
        newer = row(session, "R-2026-11-2")
        assert (newer.supersedes, newer.opinion, newer.remarks) == (
            "R-2026-11-1",
            "agrees_with_remarks",
            2,
        )


@pytest.mark.usefixtures("december")
def test_who_takes_which_step(portal: Portal, made: Maker) -> None:
    def each(world: World) -> None:
        told = told_now(portal.install)
        people = {
            Role.OFFICER: world.malee,
            Role.AUDITOR: world.wipa,
            Role.DRIVING_CHAIR: world.driving,
            Role.CHAIR: world.somchai,
            Role.TREASURER: world.anong,
            Role.ADMINISTRATOR: world.admin,
            Role.BOARD: world.board,
        }
        report = prepared(world, portal.install)
        for role, by in people.items():
            if role is not Role.OFFICER:
                with pytest.raises(RoleNeededError):
                    prepare_report(world.session, told, some_files(), by=by, at=SECOND)
            if role is not Role.AUDITOR:
                with pytest.raises((RoleNeededError, rules.ReportNotFoundError)):
                    answer_report(
                        world.session,
                        report.id,
                        AGREES,
                        seen_version=report.version,
                        by=by,
                        at=THIRD,
                    )
        answered(world, report)
        for role, by in people.items():
            if role is not Role.DRIVING_CHAIR:
                with pytest.raises((RoleNeededError, rules.ReportNotFoundError)):
                    publish_report(
                        world.session, report.id, seen_version=report.version, by=by, at=FOURTH
                    )

    made(each)


@pytest.mark.usefixtures("december")
def test_one_person_has_one_part_in_a_report(portal: Portal, made: Maker) -> None:
    def each(world: World) -> None:
        everything = world.everything()
        told = told_now(portal.install)
        report = prepare_report(world.session, told, some_files(), by=everything, at=SECOND)
        answered(world, report)
        with pytest.raises(rules.OwnReportError, match="prepared"):
            publish_report(
                world.session, report.id, seen_version=report.version, by=everything, at=FOURTH
            )

    made(each)


def test_who_answered_does_not_publish() -> None:
    auditor_and_chair = replace(NOBODY, roles=frozenset({Role.AUDITOR, Role.DRIVING_CHAIR}))
    with pytest.raises(rules.OwnReportError, match="answered"):
        rules.next_state(
            ReportState.ANSWERED,
            ReportAction.PUBLISH,
            auditor_and_chair,
            done_by={ReportAction.PREPARE: 1, ReportAction.ANSWER: auditor_and_chair.person_id},
        )


@pytest.mark.usefixtures("december")
def test_nothing_is_published_without_an_answer_or_answered_twice(
    portal: Portal, made: Maker
) -> None:
    def each(world: World) -> None:
        report = prepared(world, portal.install)
        with pytest.raises(rules.ReportStepError):
            published(world, report)
        answered(world, report)
        with pytest.raises(rules.ReportStepError):
            answered(world, report)
        published(world, report)
        with pytest.raises(rules.ReportStepError):
            published(world, report)

    made(each)


@pytest.mark.usefixtures("december")
def test_a_second_edition_waits_for_the_answer_to_the_first(
    portal: Portal, publish: Publish
) -> None:
    publish(lambda world: prepared(world, portal.install))

    def again(world: World) -> None:
        with pytest.raises(rules.ReportWaitsError, match="R-2026-11-1"):
            prepared(world, portal.install)

    publish(again)


@pytest.mark.usefixtures("december")
def test_only_the_newest_edition_is_published(portal: Portal, publish: Publish) -> None:
    publish(lambda world: answered(world, prepared(world, portal.install)))
    publish(lambda world: prepared(world, portal.install, word="2"))

    def older(world: World) -> None:
        with pytest.raises(rules.ReportPassedError, match="R-2026-11-2"):
            published(world, world.session.scalars(select(Report).where(Report.edition == 1)).one())

    publish(older)


@pytest.mark.usefixtures("december")
def test_what_was_told_before_another_edition_is_not_recorded(
    portal: Portal, publish: Publish
) -> None:
    told = told_now(portal.install)
    publish(lambda world: answered(world, prepared(world, portal.install)))

    def late(world: World) -> None:
        with pytest.raises(rules.ReportChangedError):
            prepare_report(world.session, told, some_files("late"), by=world.malee, at=FOURTH)

    publish(late)


@pytest.mark.usefixtures("december")
def test_a_clock_that_was_set_back_is_refused(portal: Portal, made: Maker) -> None:
    def each(world: World) -> None:
        with pytest.raises(PeriodNotOverError):
            prepared(world, portal.install, at=NOON)

    made(each)


@pytest.mark.usefixtures("december")
def test_an_old_page_is_refused(portal: Portal, made: Maker) -> None:
    def each(world: World) -> None:
        report = prepared(world, portal.install)
        with pytest.raises(rules.StaleReportError):
            answer_report(
                world.session, report.id, AGREES, seen_version=99, by=world.wipa, at=THIRD
            )
        with pytest.raises(rules.ReportNotFoundError):
            answer_report(world.session, 999, AGREES, seen_version=1, by=world.wipa, at=THIRD)

    made(each)


@pytest.mark.usefixtures("december")
@pytest.mark.parametrize("opinion", [Opinion.AGREES_WITH_REMARKS, Opinion.DISAGREES])
def test_remarks_are_written_down(portal: Portal, made: Maker, opinion: Opinion) -> None:
    def each(world: World) -> None:
        report = prepared(world, portal.install)
        with pytest.raises(rules.WordsNeededError):
            answered(world, report, ReportAnswer(opinion, " \n "))

    made(each)


@pytest.mark.parametrize(
    ("period", "refusal"),
    [
        ("2026-12", PeriodNotOverError),
        ("FY2570-Q1", PeriodNotOverError),
        ("FY2570", PeriodNotOverError),
        ("2026-10", PeriodBeforeLogError),
    ],
)
@pytest.mark.usefixtures("december")
def test_a_period_is_told_that_is_over_and_in_the_log(
    portal: Portal, period: str, refusal: type[PortalError]
) -> None:
    with pytest.raises(refusal):
        told_now(portal.install, period)


def test_a_month_is_over_with_the_first_entry_of_another(portal: Portal, publish: Publish) -> None:
    last_of_november = datetime(2026, 11, 30, 16, 59, 59, tzinfo=UTC)
    publish(lambda world: gift(world, last_of_november))
    with pytest.raises(PeriodNotOverError):
        told_now(portal.install, NOVEMBER)
    publish(lambda world: gift(world, datetime(2026, 11, 30, 17, 0, tzinfo=UTC)))
    assert told_now(portal.install, NOVEMBER).reference == "R-2026-11-1"
