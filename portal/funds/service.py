"""One function for each act on a fund request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.audit.entry import Secret
from portal.audit.entry import loggable
from portal.funds import acts
from portal.funds import lookups
from portal.funds import rules
from portal.funds.books import available
from portal.funds.docket import Effect
from portal.funds.docket import enter
from portal.funds.docket import load_request
from portal.funds.docket import move_money
from portal.funds.docket import next_reference
from portal.funds.docket import next_state
from portal.funds.docket import payee_secret
from portal.funds.docket import subject
from portal.funds.docket import told_of
from portal.funds.ledger import EntryKind
from portal.funds.models import FundRequest
from portal.funds.rules import Action
from portal.funds.rules import Duty
from portal.funds.rules import Reason
from portal.funds.rules import State
from portal.roles import Actor
from portal.roles import Role
from portal.thai import bangkok_day
from portal.youths.models import Youth
from portal.youths.queries import has_consent


def submit_request(
    session: Session, request_id: int, *, seen_version: int, by: Actor, at: datetime
) -> FundRequest:
    """Send a draft or a returned request to its subcommittee; give it a number the first time."""
    fund_request = load_request(session, request_id, seen_version=seen_version, by=by)
    state = next_state(session, fund_request, Action.SUBMIT, by)
    if fund_request.youth_id and not has_consent(session, fund_request.youth_id):
        raise rules.ConsentMissingError
    day = bangkok_day(at)
    lookups.keep_rules(session)
    # What was written down under an older rule is judged anew when it is sent.
    category = lookups.category_for(
        session,
        category=fund_request.category_code,
        subcommittee=fund_request.subcommittee_code,
        fund=fund_request.fund_code,
        amount=fund_request.amount,
        day=day,
    )
    fund_request.purpose_code = category.purpose_code
    if fund_request.reference is None:
        numbered = next_reference(session, "request", at=at)
        fund_request.fiscal_year, fund_request.reference = numbered
    needed = lookups.signatures_needed(session, fund_request, day=day)
    fund_request.signatures_needed = ",".join(needed)
    told = told_of(fund_request, role=_asker_role(by), by=by, at=at)
    youth = fund_request.youth_id and session.get_one(Youth, fund_request.youth_id)
    draft = acts.request_submitted(
        told,
        {
            "kind": fund_request.kind,
            "fund": fund_request.fund_code,
            "subcommittee": fund_request.subcommittee_code,
            "category": fund_request.category_code,
            "purpose": fund_request.purpose_code,
            "satang": fund_request.amount_satang,
            "fiscal_year": fund_request.fiscal_year,
            "place": fund_request.area_code if fund_request.project_id else None,
        },
        person=Secret(subject(fund_request), youth.name if youth else None),
        payee=payee_secret(fund_request.payees[-1]),
        reason=Secret(subject(fund_request), loggable(fund_request.reason)),
    )
    enter(session, fund_request, draft, Effect(Duty.ASK, state, waits_for=Role.CHAIR), by=by)
    return fund_request


def approve_request(
    session: Session,
    request_id: int,
    *,
    note: str,
    seen_version: int,
    by: Actor,
    at: datetime,
) -> FundRequest:
    """Sign a submitted request; the last signature approves it and commits the money."""
    fund_request = load_request(session, request_id, seen_version=seen_version, by=by)
    signatures = lookups.signatures(session, fund_request)
    state = next_state(session, fund_request, Action.APPROVE, by, signatures=signatures)
    draft = acts.request_signed(
        told_of(fund_request, role=signatures.due, by=by, at=at),
        amount=fund_request.amount,
        signature=len(signatures.given_by) + 1,
        needed=len(signatures.needed),
        note=Secret(subject(fund_request), loggable(note)),
    )
    is_approved = state is State.APPROVED
    effect = Effect(
        Duty.DECIDE,
        state,
        waits_for=Role.TREASURER if is_approved else signatures.after_next,
        changes={"awarded_satang": fund_request.amount_satang} if is_approved else {},
        note=note,
        evidence={
            "amount_satang": fund_request.amount_satang,
            "available_satang": available(session, fund_request).satang,
            "signatures_needed": list(signatures.needed),
            "payee_version": fund_request.payees[-1].version,
        },
    )
    enter(session, fund_request, draft, effect, by=by)
    if is_approved:
        amount = fund_request.amount
        move_money(session, fund_request, EntryKind.COMMITMENT, amount, draft, by=by)
    return fund_request


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why a request goes back or ends: a public code and private words."""

    reason: Reason
    note: str


def return_request(
    session: Session,
    request_id: int,
    grounds: Grounds,
    *,
    seen_version: int,
    by: Actor,
    at: datetime,
) -> FundRequest:
    """Send a request back to its requester to be corrected."""
    fund_request = load_request(session, request_id, seen_version=seen_version, by=by)
    _decline(session, fund_request, Action.RETURN, grounds, by=by, at=at)
    return fund_request


def reject_request(
    session: Session,
    request_id: int,
    grounds: Grounds,
    *,
    seen_version: int,
    by: Actor,
    at: datetime,
) -> FundRequest:
    """Refuse a request for good, with a reason."""
    fund_request = load_request(session, request_id, seen_version=seen_version, by=by)
    _decline(session, fund_request, Action.REJECT, grounds, by=by, at=at)
    return fund_request


def _decline(
    session: Session,
    fund_request: FundRequest,
    action: Action,
    grounds: Grounds,
    *,
    by: Actor,
    at: datetime,
) -> None:
    state = next_state(session, fund_request, action, by)
    told = told_of(fund_request, role=Role.CHAIR, by=by, at=at)
    note = Secret(subject(fund_request), loggable(grounds.note))
    draft = acts.request_declined(told, action, grounds.reason, note=note)
    effect = Effect(
        Duty.DECIDE,
        state,
        waits_for=Role.FINDER if action is Action.RETURN else None,
        reason=grounds.reason,
        note=grounds.note,
    )
    enter(session, fund_request, draft, effect, by=by)


def withdraw_request(
    session: Session, request_id: int, *, seen_version: int, by: Actor, at: datetime
) -> FundRequest:
    """Take a request back before it is decided."""
    fund_request = load_request(session, request_id, seen_version=seen_version, by=by)
    state = next_state(session, fund_request, Action.WITHDRAW, by)
    told = told_of(fund_request, role=_asker_role(by), by=by, at=at)
    draft = acts.request_withdrawn(told)
    enter(session, fund_request, draft, Effect(Duty.ASK, state, waits_for=None), by=by)
    return fund_request


def _asker_role(by: Actor) -> Role:
    return Role.OFFICER if by.holds(Role.OFFICER) else Role.FINDER
