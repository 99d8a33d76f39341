"""Acts on an urgent approval: waiting for the driving committee, and its verdict."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.audit.entry import Secret
from portal.audit.entry import loggable
from portal.funds import acts
from portal.funds import lookups
from portal.funds import urgency
from portal.funds.docket import enter_beside
from portal.funds.docket import load_request
from portal.funds.docket import subject
from portal.funds.docket import told_of
from portal.funds.models import FundRequest
from portal.funds.models import Ratification
from portal.funds.rules import Duty
from portal.funds.urgency import Verdict
from portal.roles import Actor
from portal.roles import Role
from portal.thai import bangkok_day


def await_ratification(
    session: Session, fund_request: FundRequest, *, log_eid: str, by: Actor, at: datetime
) -> None:
    """Note that the driving committee has to look at an urgent approval, and by when."""
    today = bangkok_day(at)
    lane = lookups.urgent_lane(session, today)
    if lane is None:
        raise urgency.NoUrgentLaneError
    row = lookups.ratification(session, fund_request)
    if row is None:
        row = Ratification(
            fund_request_id=fund_request.id, subcommittee_code=fund_request.subcommittee_code
        )
        session.add(row)
    # After a revision it is another approval, which is looked at anew.
    row.approved_by_id, row.due_on, row.log_eid = by.person_id, lane.due_on(today), log_eid
    row.verdict = row.decided_by_id = row.decided_at = None
    session.flush()


def ratify_request(
    session: Session,
    request_id: int,
    verdict: Verdict,
    *,
    note: str,
    seen_version: int,
    by: Actor,
    at: datetime,
) -> FundRequest:
    """Say for the driving committee whether it stands by an urgent approval."""
    fund_request = load_request(session, request_id, seen_version=seen_version, by=by)
    row = lookups.ratification(session, fund_request)
    standing = lookups.standing(session, fund_request, day=bangkok_day(at))
    if row is None or fund_request.state not in lookups.PAID:
        raise urgency.NothingToRatifyError
    is_due, approved_by = row.verdict is None, row.approved_by_id
    urgency.check_may_ratify(by, standing, is_due=is_due, approved_by=approved_by)
    told = told_of(fund_request, role=Role.DRIVING_CHAIR, by=by, at=at)
    secret = Secret(subject(fund_request), loggable(note))
    draft = acts.request_ratified(told, verdict, note=secret)
    row.log_eid = enter_beside(session, fund_request, draft, Duty.DECIDE, note=note, by=by)
    row.verdict, row.decided_by_id, row.decided_at = verdict, by.person_id, at
    session.flush()
    return fund_request
