"""Asking the worker for a report, made from what is published now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from datetime import datetime

from sqlalchemy.orm import Session

from portal.jobs.rules import Asking
from portal.jobs.service import ask_job
from portal.publishing.figures import NothingPublishedError
from portal.publishing.log_page import told_at
from portal.publishing.open_edition import Edition
from portal.publishing.open_edition import edition
from portal.publishing.periods import Period
from portal.publishing.periods import periods_over
from portal.publishing.periods import read_period
from portal.reports.rules import REPORT_JOB
from portal.reports.service import check_preparing
from portal.roles import Actor
from portal.thai import bangkok_day

# The files are made, then recorded.
REPORT_STEPS = 2


def ask_report(session: Session, written: str, *, by: Actor, at: datetime) -> int:
    """Ask for a report and return the job; refuse what could not be made now, or not by them."""
    opened_on, published = _published(session)
    period = read_period(written, first_month=published.first_month)
    check_preparing(session, period.code, by=by)
    period.check_over(opened_on=opened_on, newest_on=published.day)
    asked = {"paper": REPORT_JOB, "about": period.code, "size": str(published.size)}
    asking = Asking(REPORT_JOB, asked, published.root)
    return ask_job(session, asking, steps=REPORT_STEPS, by=by, at=at)


def periods_to_report(session: Session) -> Sequence[Period]:
    """Return the periods that the published log tells to their end, the newest first."""
    try:
        opened_on, published = _published(session)
    except NothingPublishedError:
        return []
    return list(periods_over(opened_on, published.day, first_month=published.first_month))


def _published(session: Session) -> tuple[date, Edition]:
    """Return since when the published log tells, and up to where."""
    published, opened_at = edition(session.connection()), told_at(session, 0)
    if published is None or opened_at is None:
        raise NothingPublishedError
    return bangkok_day(opened_at), published
