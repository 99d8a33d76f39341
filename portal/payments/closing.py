"""Settling a payment, and closing its request: all its money was received, or set free."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.funds import docket
from portal.funds import ledger
from portal.funds.books import post
from portal.funds.docket import Effect
from portal.funds.ledger import EntryKind
from portal.funds.models import FundRequest
from portal.funds.rules import State
from portal.payments import acts
from portal.payments.models import Payment
from portal.payments.queries import has_unsettled
from portal.roles import Actor
from portal.roles import Role


def settle(
    session: Session, payment: Payment, fund_request: FundRequest, *, by: Actor, at: datetime
) -> None:
    """Book what stayed of a confirmed payment as received, by the entry that shows it."""
    fund, subcommittee = fund_request.fund_code, fund_request.subcommittee_code
    post(
        session,
        ledger.onward(EntryKind.RECEIPT, fund, subcommittee, payment.stayed),
        kind=EntryKind.RECEIPT,
        log_eid=payment.log_eid,
        by=by,
        at=at,
        fund_request_id=fund_request.id,
    )
    close_if_done(session, fund_request, by=by, at=at)


def close_if_done(session: Session, fund_request: FundRequest, *, by: Actor, at: datetime) -> None:
    """Close a request of which nothing is left to pay and every payment is settled.

    Nobody decides this: it follows from the act of the one who acted last.
    """
    if fund_request.confirmed_satang != fund_request.awarded_satang:
        return
    if has_unsettled(session, fund_request.id):
        return
    told = docket.told_of(fund_request, role=Role.SYSTEM, by=by, at=at)
    draft = told.draft(acts.REQUEST_CLOSED, {"satang": fund_request.confirmed_satang})
    effect = Effect(None, State.CLOSED, waits_for=None)
    docket.enter(session, fund_request, draft, effect, by=by)
