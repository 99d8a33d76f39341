"""What the acts on a request need to know of it."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.funds import acts
from portal.funds import rules
from portal.funds.models import FundRequest
from portal.funds.models import RequestAct
from portal.funds.models import RequestDuty
from portal.funds.models import SignatureRule
from portal.funds.rules import Duty
from portal.funds.rules import Signatures
from portal.funds.rules import State
from portal.roles import Actor
from portal.roles import Role

# Sees every request that was sent: the desk, the second signatures, the auditor.
SEE_ALL = frozenset({Role.OFFICER, Role.DRIVING_CHAIR, Role.BOARD, Role.AUDITOR})
PAID = frozenset({State.APPROVED, State.CLOSED})
# What people call an approved request that nobody waits for any more: its money arrived.
SHOWN_PAID = "paid"


def shown_state(state: State, waits_for: Role | None) -> str:
    """Return a state as people say it: an approved request that was paid is paid."""
    is_paid = state is State.APPROVED and waits_for is None
    return SHOWN_PAID if is_paid else state.value


def may_see(fund_request: FundRequest, by: Actor) -> bool:
    """Say whether this person may open this request."""
    if by.person_id == fund_request.requester_id or Role.OFFICER in by.roles:
        return True
    if fund_request.reference is None:
        return False
    return (
        bool(SEE_ALL & by.roles)
        or by.holds(Role.CHAIR, fund_request.subcommittee_code)
        or (Role.TREASURER in by.roles and fund_request.state in PAID)
    )


def duties(session: Session, request_id: int) -> dict[int, Duty]:
    """Return each person's duty in a request."""
    rows = session.execute(
        select(RequestDuty.person_id, RequestDuty.duty).where(
            RequestDuty.fund_request_id == request_id
        )
    )
    return {row.person_id: row.duty for row in rows}


def signatures_needed(
    session: Session, fund_request: FundRequest, *, day: date
) -> tuple[Role, ...]:
    """Return the roles that sign for this request by the rules of a day."""
    newest = select(func.max(SignatureRule.valid_from)).where(SignatureRule.valid_from <= day)
    valid = session.scalars(
        select(SignatureRule).where(SignatureRule.valid_from == newest.scalar_subquery())
    )
    return rules.signatures_needed(
        [rule.threshold for rule in valid],
        subcommittee=fund_request.subcommittee_code,
        fund=fund_request.fund_code,
        amount=fund_request.amount,
    )


def signatures(session: Session, fund_request: FundRequest) -> Signatures:
    """Return the signatures a sent request needs, and who gave theirs since it was sent."""
    sent = (
        select(func.max(RequestAct.id))
        .where(
            RequestAct.fund_request_id == fund_request.id,
            RequestAct.act == acts.REQUEST_SUBMITTED.name,
        )
        .scalar_subquery()
    )
    given_by = session.scalars(
        select(RequestAct.by_person_id)
        .where(
            RequestAct.fund_request_id == fund_request.id,
            RequestAct.act == acts.REQUEST_SIGNED.name,
            RequestAct.id > sent,
        )
        .order_by(RequestAct.id)
    ).all()
    needed = tuple(Role(role) for role in fund_request.signatures_needed.split(",") if role)
    return Signatures(needed or (Role.CHAIR,), tuple(given_by))
