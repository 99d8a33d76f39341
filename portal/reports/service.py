"""One function for each act on a report: it is prepared, answered by the auditor, published."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.archive import Archive
from portal.audit.entry import Draft
from portal.audit.entry import Json
from portal.audit.entry import Secret
from portal.audit.entry import loggable
from portal.audit.service import record
from portal.db import take_lock
from portal.funds.rules import party
from portal.publishing import report_acts as acts
from portal.publishing.report_codes import Opinion
from portal.publishing.report_codes import ReportAction
from portal.publishing.report_codes import ReportFile
from portal.publishing.report_codes import ReportState
from portal.publishing.report_codes import remarks_in
from portal.reports import rules
from portal.reports.models import Report
from portal.reports.report_told import ReportTold
from portal.roles import Actor
from portal.thai import bangkok_day

REPORTS_LOCK = 0x7265706F7274  # any number, the same in every process: "report"


@dataclass(frozen=True, slots=True)
class ReportAnswer:
    """What the auditor says of a report: for everybody, and in words for those who take steps."""

    opinion: Opinion
    words: str


def check_preparing(session: Session, period: str, *, by: Actor) -> None:
    """Raise the rule that keeps this person from preparing a report of a period now."""
    rules.next_state(None, ReportAction.PREPARE, by, done_by={})
    newest = _newest(session, period)
    if newest is not None and newest.state is ReportState.PREPARED:
        raise rules.ReportWaitsError(newest.reference)


def prepare_report(
    session: Session,
    told: ReportTold,
    files: Mapping[ReportFile, bytes],
    *,
    by: Actor,
    at: datetime,
) -> Report:
    """Record a report that was made, and put its files away; it waits for the auditor."""
    # Editions are numbered one after the other.
    take_lock(session, REPORTS_LOCK)
    period = told.period.code
    check_preparing(session, period, by=by)
    # The fold looks at the moment of the entry itself, whatever the clock was before.
    opened_on = bangkok_day(told.opened_at)
    told.period.check_over(opened_on=opened_on, newest_on=bangkok_day(at))
    newest = _newest(session, period)
    if told.edition != (newest.edition + 1 if newest else 1):
        raise rules.ReportChangedError
    archive = cast("Archive", session.info["reports"])  # put there by the app; info is untyped
    digests = {file: archive.keep(content) for file, content in files.items()}
    report = Report(
        reference=told.reference,
        period=period,
        edition=told.edition,
        log_size=told.checkpoint.size,
        log_root=told.checkpoint.root.hex(),
        **{file.fact: digest for file, digest in digests.items()},
        party_salt=secrets.token_bytes(32),
        state=ReportState.PREPARED,
        prepared_by_id=by.person_id,
        prepared_at=at,
        words="",
    )
    public: dict[str, Json] = {
        "period": period,
        "size": report.log_size,
        "root": report.log_root,
    }
    public |= _told_of(report, by) | _digests(report)
    report.log_eid = record(session, acts.prepared(public, by=by, at=at))
    session.add(report)
    session.flush()
    return report


def answer_report(
    session: Session,
    report_id: int,
    answer: ReportAnswer,
    *,
    seen_version: int,
    by: Actor,
    at: datetime,
) -> Report:
    """Say as the auditor what to think of a report; the words stay with those who take steps."""
    report = load_report(session, report_id, seen_version=seen_version, by=by)
    state = _next(report, ReportAction.ANSWER, by)
    remarks = remarks_in(answer.words)
    rules.check_words(answer.opinion, remarks)
    draft = acts.answered(
        _told_of(report, by),
        answer.opinion,
        remarks=remarks,
        words=Secret(f"report:{report.reference}", loggable(answer.words) or None),
        by=by,
        at=at,
        ref=report.log_eid,
    )
    report.answered_by_id, report.answered_at = by.person_id, at
    report.opinion, report.words = answer.opinion, answer.words
    return _enter(session, report, state, draft)


def publish_report(
    session: Session, report_id: int, *, seen_version: int, by: Actor, at: datetime
) -> Report:
    """Publish a report that the auditor answered; it takes the place of the one before it."""
    take_lock(session, REPORTS_LOCK)
    report = load_report(session, report_id, seen_version=seen_version, by=by)
    state = _next(report, ReportAction.PUBLISH, by)
    newest = _newest(session, report.period)
    rules.check_newest(report.reference, newest.reference if newest else report.reference)
    former = session.scalar(
        select(Report.reference)
        .where(Report.period == report.period, Report.state == ReportState.PUBLISHED)
        .order_by(Report.edition.desc())
        .limit(1)
    )
    public: dict[str, Json] = _told_of(report, by) | {"supersedes": former} | _digests(report)
    draft = acts.published(public, by=by, at=at, ref=report.log_eid)
    report.published_by_id, report.published_at = by.person_id, at
    return _enter(session, report, state, draft)


def load_report(session: Session, report_id: int, *, seen_version: int, by: Actor) -> Report:
    """Lock a report for a step; refuse an old page, and hide what is not this person's to see."""
    rules.check_reader(by)
    report = session.scalars(
        select(Report)
        .where(Report.id == report_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if report is None:
        raise rules.ReportNotFoundError
    if report.version != seen_version:
        raise rules.StaleReportError
    return report


def _next(report: Report, action: ReportAction, by: Actor) -> ReportState:
    return rules.next_state(report.state, action, by, done_by=report.done_by)


def _newest(session: Session, period: str) -> Report | None:
    """Return the newest edition of a period, published or not."""
    return session.scalars(
        select(Report).where(Report.period == period).order_by(Report.edition.desc()).limit(1)
    ).one_or_none()


def _told_of(report: Report, by: Actor) -> dict[str, Json]:
    return {"reference": report.reference, "party": party(report.party_salt, by.person_id)}


def _digests(report: Report) -> dict[str, Json]:
    return {file.fact: report.digest(file) for file in ReportFile}


def _enter(session: Session, report: Report, state: ReportState, draft: Draft) -> Report:
    # Together with the new entry's id: the database refuses the change alone.
    report.log_eid = record(session, draft)
    report.state = state
    session.flush()
    return report
