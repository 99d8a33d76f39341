"""The page on which what is left of a request is set free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import PortalError
from portal.funds.lookups import duties
from portal.funds.lookups import is_erased
from portal.funds.models import FundRequest
from portal.funds.queries import RequestRow
from portal.funds.queries import request_row
from portal.funds.rules import RequestNotFoundError
from portal.money import Money
from portal.payments import rules
from portal.payments.models import Payment
from portal.people.queries import holders
from portal.roles import Actor
from portal.roles import Role


@dataclass(frozen=True, slots=True)
class RestPage:
    """What is left of a request, where it comes from, and why this person may not set it free."""

    row: RequestRow
    awarded: Money
    paying: Money
    rest: Money
    came_back: Money
    fees: Money
    is_erased: bool
    refusal: PortalError | None
    who_can: Sequence[str]


def rest_page(session: Session, request_id: int, by: Actor) -> RestPage:
    """Return the page, or raise `RequestNotFoundError`."""
    row = request_row(session, request_id, by)
    if row is None:
        raise RequestNotFoundError
    fund_request = session.get_one(FundRequest, request_id)
    came_back, fees = session.execute(
        select(
            func.coalesce(func.sum(Payment.returned_satang), 0),
            func.coalesce(func.sum(Payment.fee_satang), 0),
        ).where(Payment.fund_request_id == request_id)
    ).one()
    return RestPage(
        row=row,
        awarded=fund_request.awarded,
        paying=Money(fund_request.paying_satang),
        rest=fund_request.payable,
        came_back=Money(int(came_back)),
        fees=Money(int(fees)),
        is_erased=is_erased(session, fund_request),
        refusal=_refusal(session, fund_request, by),
        who_can=[name for name in holders(session, Role.TREASURER) if name != by.name],
    )


def _refusal(session: Session, fund_request: FundRequest, by: Actor) -> PortalError | None:
    held = duties(session, fund_request.id)
    try:
        rules.check_rest(fund_request.state, fund_request.payable, by, duties=held)
    except PortalError as refusal:
        return refusal
    return None
