"""Closing a request: all its money was received, or set free."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.funds import docket
from portal.funds.docket import Effect
from portal.funds.models import FundRequest
from portal.funds.rules import State
from portal.payments import acts
from portal.payments.queries import lacks_receipts
from portal.roles import Actor
from portal.roles import Role


def close_if_done(session: Session, fund_request: FundRequest, *, by: Actor, at: datetime) -> None:
    """Close a request of which nothing is left to pay and every payment has its receipt.

    Nobody decides this: it follows from the act of the one who acted last.
    """
    if fund_request.confirmed_satang != fund_request.awarded_satang:
        return
    if lacks_receipts(session, fund_request.id):
        return
    told = docket.told_of(fund_request, role=Role.SYSTEM, by=by, at=at)
    draft = told.draft(acts.REQUEST_CLOSED, {"satang": fund_request.confirmed_satang})
    effect = Effect(None, State.CLOSED, waits_for=None)
    docket.enter(session, fund_request, draft, effect, by=by)
