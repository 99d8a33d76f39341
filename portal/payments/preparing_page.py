"""The page on which one request is prepared for payment: what, to whom, and by which ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.banks import PAYABLE
from portal.errors import PortalError
from portal.funds.check_rules import check_stops
from portal.funds.checking import overriders
from portal.funds.checking import panel
from portal.funds.models import FundRequest
from portal.funds.queries import RequestRow
from portal.funds.queries import request_row
from portal.funds.rules import RequestNotFoundError
from portal.labels import Name
from portal.money import Money
from portal.payments.advance_rules import OpenAdvance
from portal.payments.channel_rules import usual_channel
from portal.payments.queries import held_advances
from portal.payments.queries import to_prepare
from portal.payments.rules import Channel
from portal.people.models import Person
from portal.people.queries import holders
from portal.roles import Actor
from portal.roles import Role
from portal.thai import bangkok_day


@dataclass(frozen=True, slots=True)
class PreparingPage:
    """What can be paid of a request.

    `overdue` are advances that the borrower is late with; `stop` is the check that somebody else
    has to see to first.
    """

    row: RequestRow
    amount: Money
    payee: str
    bank: Name
    account: str
    channels: Sequence[Channel]
    borrower: str
    overdue: Sequence[OpenAdvance]
    refusal: PortalError | None
    stop: PortalError | None
    who_can: Sequence[str]


def preparing_page(session: Session, request_id: int, by: Actor, *, at: datetime) -> PreparingPage:
    """Return what can be paid of a request, or raise `RequestNotFoundError`."""
    row = request_row(session, request_id, by)
    fund_request = session.get(FundRequest, request_id)
    if row is None or fund_request is None or not fund_request.payees:
        raise RequestNotFoundError
    payee = fund_request.payees[-1]
    bank = PAYABLE[payee.bank_code]
    today = bangkok_day(at)
    held = held_advances(session, fund_request.requester_id)
    return PreparingPage(
        row=row,
        amount=fund_request.payable,
        payee=payee.holder,
        bank=Name(bank.name_th, bank.name_en),
        account=payee.account_number,
        channels=[usual_channel(payee.bank_code), Channel.CASH],
        borrower=session.get_one(Person, fund_request.requester_id).name,
        overdue=[advance for advance in held if advance.due_on < today],
        refusal=_refusal(session, fund_request, by),
        stop=_stop(session, fund_request, by),
        who_can=[name for name in holders(session, Role.TREASURER) if name != by.name],
    )


def _refusal(session: Session, fund_request: FundRequest, by: Actor) -> PortalError | None:
    """Return why this person may not prepare a payment now, before the checks are looked at."""
    try:
        to_prepare(session, fund_request, by)
    except PortalError as refusal:
        return refusal
    return None


def _stop(session: Session, fund_request: FundRequest, by: Actor) -> PortalError | None:
    """Return which check stops this."""
    try:
        check_stops(panel(session, fund_request), by, overriders(session, fund_request))
    except PortalError as refusal:
        return refusal
    return None
