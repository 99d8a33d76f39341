"""Reads of reports for the pages of those who take the steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import PortalError
from portal.funds.models import Foundation
from portal.jobs.queries import JobRow
from portal.jobs.queries import open_jobs
from portal.people.models import Person
from portal.people.queries import holders
from portal.publishing.periods import Period
from portal.publishing.periods import read_period
from portal.publishing.report_codes import Opinion
from portal.publishing.report_codes import ReportAction
from portal.publishing.report_codes import ReportFile
from portal.publishing.report_codes import ReportState
from portal.reports import rules
from portal.reports.models import Report
from portal.roles import Actor
from portal.roles import Role

LIST_LENGTH = 200


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report in a list; `is_newest` says that no other edition of its period came after it.

    `since` is when the step was taken after which it stands as it does.
    """

    id: int
    reference: str
    period: Period
    edition: int
    state: ReportState
    log_size: int
    prepared_at: datetime
    since: datetime
    is_newest: bool
    is_mine: bool


@dataclass(frozen=True, slots=True)
class ReportList:
    """The reports, those that wait for this person first, and those that are being made."""

    rows: Sequence[ReportRow]
    jobs: Sequence[JobRow]


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was taken, when and by whom."""

    action: ReportAction
    role: Role
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReportPage:
    """The one page of a report; `refusal` says why this person does not take the next step."""

    row: ReportRow
    version: int
    root: str
    files: Sequence[tuple[ReportFile, str]]
    done: Sequence[Done]
    opinion: Opinion | None
    words: str
    next: ReportAction | None
    refusal: PortalError | None
    who: Sequence[str]
    newest: str
    former: str | None


def reports(session: Session, by: Actor) -> ReportList:
    """Return the reports to those who take the steps; to others there are none."""
    rules.check_reader(by)
    found = session.scalars(select(Report).order_by(Report.id.desc()).limit(LIST_LENGTH)).all()
    first_month = _first_month(session)
    newest = {report.period: report.edition for report in reversed(found)}
    rows = [
        _row(report, by, first_month, is_newest=report.edition == newest[report.period])
        for report in found
    ]
    is_officer = by.holds(Role.OFFICER)
    jobs = open_jobs(session, rules.REPORT_JOB, by) if is_officer else []
    return ReportList(sorted(rows, key=lambda row: not row.is_mine), jobs)


def report_page(session: Session, report_id: int, by: Actor) -> ReportPage:
    """Return one report to those who take the steps."""
    report = report_file_of(session, report_id, by)
    others = session.scalars(_of_period(report.period)).all()
    newest = others[-1]
    former = [each for each in others if each.state is ReportState.PUBLISHED]
    action = rules.NEXT.get(report.state)
    refusal = _refusal(report, newest, action, by) if action else None
    return ReportPage(
        row=_row(report, by, _first_month(session), is_newest=newest is report),
        version=report.version,
        root=report.log_root,
        files=[(file, report.digest(file)) for file in ReportFile],
        done=_done(session, report),
        opinion=report.opinion,
        words=report.words,
        next=action,
        refusal=refusal,
        who=holders(session, rules.role_of(action)) if action else [],
        newest=newest.reference,
        former=former[-1].reference if former else None,
    )


def page_to_publish(session: Session, report_id: int, by: Actor) -> ReportPage:
    """Return the page of a report that this person may publish now, or raise why not."""
    report = report_file_of(session, report_id, by)
    rules.next_state(report.state, ReportAction.PUBLISH, by, done_by=report.done_by)
    page = report_page(session, report_id, by)
    rules.check_newest(report.reference, page.newest)
    return page


def report_file_of(session: Session, report_id: int, by: Actor) -> Report:
    """Return a report, or raise `ReportNotFoundError`: also where it is not theirs to see."""
    rules.check_reader(by)
    report = session.get(Report, report_id)
    if report is None:
        raise rules.ReportNotFoundError
    return report


def _of_period(period: str) -> Select[Report]:
    return select(Report).where(Report.period == period).order_by(Report.edition)


def _first_month(session: Session) -> int:
    return session.scalars(select(Foundation.first_month)).one()


def _row(report: Report, by: Actor, first_month: int, *, is_newest: bool) -> ReportRow:
    action = rules.NEXT.get(report.state)
    is_mine = action is not None and is_newest and _may(report, action, by)
    return ReportRow(
        id=report.id,
        reference=report.reference,
        period=read_period(report.period, first_month=first_month),
        edition=report.edition,
        state=report.state,
        log_size=report.log_size,
        prepared_at=report.prepared_at,
        since=report.published_at or report.answered_at or report.prepared_at,
        is_newest=is_newest,
        is_mine=is_mine,
    )


def _may(report: Report, action: ReportAction, by: Actor) -> bool:
    return _refusal(report, report, action, by) is None


def _refusal(report: Report, newest: Report, action: ReportAction, by: Actor) -> PortalError | None:
    """Return the rule that keeps this person from the next step."""
    try:
        rules.next_state(report.state, action, by, done_by=report.done_by)
        rules.check_newest(report.reference, newest.reference)
    except PortalError as refusal:
        return refusal
    return None


def _done(session: Session, report: Report) -> list[Done]:
    steps = (
        (ReportAction.PREPARE, report.prepared_by_id, report.prepared_at),
        (ReportAction.ANSWER, report.answered_by_id, report.answered_at),
        (ReportAction.PUBLISH, report.published_by_id, report.published_at),
    )
    return [
        Done(action, rules.role_of(action), session.get_one(Person, person_id).name, at)
        for action, person_id, at in steps
        if person_id is not None and at is not None
    ]
