"""One function for each act on a fund request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.audit.entry import Secret
from portal.audit.entry import loggable
from portal.funds import acts
from portal.funds import lookups
from portal.funds import rules
from portal.funds import rules_in_force
from portal.funds import urgency
from portal.funds.check_rules import check_stops
from portal.funds.checking import check_lane
from portal.funds.checking import evidence
from portal.funds.checking import overriders
from portal.funds.checking import panel
from portal.funds.docket import Effect
from portal.funds.docket import enter
from portal.funds.docket import enter_beside
from portal.funds.docket import items_secret
from portal.funds.docket import load_request
from portal.funds.docket import move_money
from portal.funds.docket import next_reference
from portal.funds.docket import next_state
from portal.funds.docket import payee_secret
from portal.funds.docket import subject
from portal.funds.docket import told_of
from portal.funds.ledger import EntryKind
from portal.funds.models import FundRequest
from portal.funds.models import Interest
from portal.funds.ratifying import await_ratification
from portal.funds.rules import SIGNING
from portal.funds.rules import Action
from portal.funds.rules import Duty
from portal.funds.rules import Reason
from portal.funds.rules import Standing
from portal.funds.rules import State
from portal.funds.urgency import Asked
from portal.roles import Actor
from portal.roles import Role
from portal.thai import bangkok_day
from portal.youths.models import Youth
from portal.youths.queries import has_consent


def submit_request(
    session: Session,
    request_id: int,
    *,
    seen_version: int,
    by: Actor,
    at: datetime,
    is_told: bool = True,
    asked: Asked | None = None,
) -> FundRequest:
    """Send a draft or a returned request to its subcommittee; give it a number the first time."""
    fund_request = load_request(session, request_id, seen_version=seen_version, by=by)
    state = next_state(session, fund_request, Action.SUBMIT, by, at=at)
    if asked is not None:
        fund_request.is_urgent = asked.is_urgent
        fund_request.urgent_reason = asked.reason if asked.is_urgent else ""
    youth_id, started_on = fund_request.youth_id, bangkok_day(fund_request.created_at)
    if youth_id and not has_consent(session, youth_id, on=started_on):
        raise rules.ConsentMissingError
    day = bangkok_day(at)
    rules_in_force.keep_rules(session)
    # What was written down under an older rule is judged anew when it is sent.
    amount = fund_request.amount
    category = rules_in_force.category_of(session, fund_request, amount=amount, day=day)
    fund_request.purpose_code = category.purpose_code
    check_lane(session, fund_request, category, amount=amount, day=day)
    if fund_request.reference is None:
        numbered = next_reference(session, "request", at=at)
        fund_request.fiscal_year, fund_request.reference = numbered
    needed = lookups.signatures_needed(session, fund_request, day=day)
    fund_request.signatures_needed = ",".join(needed)
    told = told_of(fund_request, role=_asker_role(by), by=by, at=at)
    facts = lookups.public_facts(fund_request, fiscal_year=fund_request.fiscal_year)
    draft = acts.request_submitted(told, facts, _secrets(session, fund_request))
    effect = Effect(Duty.ASK, state, waits_for=Role.CHAIR, is_told=is_told)
    enter(session, fund_request, draft, effect, by=by)
    return fund_request


def _secrets(session: Session, fund_request: FundRequest) -> Mapping[str, Secret]:
    """Return what is sealed of a request when it is sent."""
    whose = subject(fund_request)
    youth = fund_request.youth_id and session.get_one(Youth, fund_request.youth_id)
    return {
        "person": Secret(whose, youth.name if youth else None),
        "payee": payee_secret(fund_request.payees[-1]),
        "reason": Secret(whose, loggable(fund_request.reason)),
        "urgent_reason": Secret(whose, loggable(fund_request.urgent_reason) or None),
        "items": items_secret(fund_request, lookups.lines(session, fund_request)),
    }


def declare_interest(
    session: Session,
    request_id: int,
    *,
    is_related: bool,
    how: str,
    seen_version: int,
    by: Actor,
    at: datetime,
) -> FundRequest:
    """Say, before deciding, whether one is related to the request; once related, always related."""
    fund_request = load_request(session, request_id, seen_version=seen_version, by=by)
    standing = lookups.standing(session, fund_request, day=bangkok_day(at))
    rules.check_may_declare(fund_request.state, by, standing, is_related=is_related, how=how)
    if standing.related.get(by.person_id) is is_related:
        return fund_request
    role = next(role for role in SIGNING if by.holds(role, standing.subcommittee))
    told = told_of(fund_request, role=role, by=by, at=at)
    secret = Secret(subject(fund_request), loggable(how) or None)
    draft = acts.interest_declared(told, is_related=is_related, how=secret)
    row = Interest(
        fund_request_id=fund_request.id,
        person_id=by.person_id,
        is_related=is_related,
        at=at,
        log_eid=enter_beside(session, fund_request, draft, Duty.DECIDE, note=how, by=by),
    )
    session.add(row)
    session.flush()
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
    standing = lookups.standing(session, fund_request, day=bangkok_day(at))
    state = rules.next_state(fund_request.state, Action.APPROVE, by, standing)
    checks = panel(session, fund_request)
    check_stops(checks, by, overriders(session, fund_request))
    signatures, is_approved = standing.signatures, state is State.APPROVED
    if fund_request.is_urgent:
        _check_ratified(session, fund_request, at=at)
    signing = acts.Signing(
        fund_request.amount,
        number=len(signatures.given_by) + 1,
        needed=len(signatures.needed),
        is_acting=_is_acting(by, signatures.due, standing),
    )
    draft = acts.request_signed(
        told_of(fund_request, role=signatures.due, by=by, at=at),
        signing,
        note=Secret(subject(fund_request), loggable(note)),
    )
    effect = Effect(
        Duty.DECIDE,
        state,
        waits_for=Role.TREASURER if is_approved else signatures.after_next,
        changes={"awarded_satang": fund_request.amount_satang} if is_approved else {},
        note=note,
        evidence=evidence(session, fund_request, checks, standing, by=by),
    )
    eid = enter(session, fund_request, draft, effect, by=by)
    if is_approved:
        amount = fund_request.amount
        move_money(session, fund_request, EntryKind.COMMITMENT, amount, draft, by=by)
        if fund_request.is_urgent:
            await_ratification(session, fund_request, log_eid=eid, by=by, at=at)
    return fund_request


def _check_ratified(session: Session, fund_request: FundRequest, *, at: datetime) -> None:
    code = fund_request.subcommittee_code
    overdue = lookups.overdue_ratification(session, code, day=bangkok_day(at))
    if overdue is not None:
        raise urgency.RatificationOverdueError(*overdue)


def _is_acting(by: Actor, role: Role, standing: Standing) -> bool:
    return role is Role.CHAIR and by.acts_for(standing.subcommittee, on=standing.day)


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
    standing = lookups.standing(session, fund_request, day=bangkok_day(at))
    state = rules.next_state(fund_request.state, action, by, standing)
    told = told_of(fund_request, role=Role.CHAIR, by=by, at=at)
    note = Secret(subject(fund_request), loggable(grounds.note))
    is_acting = _is_acting(by, Role.CHAIR, standing)
    draft = acts.request_declined(told, action, grounds.reason, is_acting=is_acting, note=note)
    effect = Effect(
        Duty.DECIDE,
        state,
        waits_for=Role.FINDER if action is Action.RETURN else None,
        reason=grounds.reason,
        note=grounds.note,
        evidence=evidence(session, fund_request, panel(session, fund_request), standing, by=by),
    )
    enter(session, fund_request, draft, effect, by=by)


def withdraw_request(
    session: Session, request_id: int, *, seen_version: int, by: Actor, at: datetime
) -> FundRequest:
    """Take a request back before it is decided."""
    fund_request = load_request(session, request_id, seen_version=seen_version, by=by)
    state = next_state(session, fund_request, Action.WITHDRAW, by, at=at)
    told = told_of(fund_request, role=_asker_role(by), by=by, at=at)
    draft = acts.request_withdrawn(told)
    enter(session, fund_request, draft, Effect(Duty.ASK, state, waits_for=None), by=by)
    return fund_request


def _asker_role(by: Actor) -> Role:
    return Role.OFFICER if by.holds(Role.OFFICER) else Role.FINDER
