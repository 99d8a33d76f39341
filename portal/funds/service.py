"""One function for each act on a fund request."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import Secret
from portal.audit.entry import loggable
from portal.errors import N_
from portal.errors import InputError
from portal.funds import acts
from portal.funds import lookups
from portal.funds import rules
from portal.funds.books import held
from portal.funds.docket import Effect
from portal.funds.docket import enter
from portal.funds.docket import load_request
from portal.funds.docket import move_money
from portal.funds.docket import next_number
from portal.funds.docket import subject
from portal.funds.docket import told_of
from portal.funds.ledger import Account
from portal.funds.ledger import EntryKind
from portal.funds.ledger import Place
from portal.funds.models import Category
from portal.funds.models import Foundation
from portal.funds.models import Fund
from portal.funds.models import FundRequest
from portal.funds.models import PayeeAccount
from portal.funds.rules import Action
from portal.funds.rules import Duty
from portal.funds.rules import Kind
from portal.funds.rules import Reason
from portal.funds.rules import Signatures
from portal.funds.rules import State
from portal.money import Money
from portal.roles import Actor
from portal.roles import Role
from portal.thai import bangkok_day
from portal.thai import fiscal_year
from portal.youths.models import Area
from portal.youths.models import Youth
from portal.youths.queries import capacity
from portal.youths.queries import has_consent
from portal.youths.service import YouthAnswer
from portal.youths.service import record_consent
from portal.youths.service import register_youth
from portal.youths.service import start_project


class UnknownCodeError(InputError):
    """A code names nothing that the foundation has."""

    def __init__(self, code: str) -> None:
        super().__init__(N_("The foundation has no “{code}”."), code=code)


@dataclass(frozen=True, slots=True)
class PayeeAnswer:
    """Where the money is to go; `kind` is self, guardian, school, shop or other."""

    kind: str
    holder: str
    bank_code: str
    account_number: str


@dataclass(frozen=True, slots=True)
class RequestAnswer:
    """What somebody asks for: for a youth, or for a project by name."""

    requested_on: date
    finder: str
    organisation: str
    youth: YouthAnswer | None
    project_name: str | None
    has_consent: bool
    area_code: str
    subcommittee: str
    category: str
    fund: str
    amount: Money
    payee: PayeeAnswer
    reason: str
    fingerprint: str | None = None


def draft_request(
    session: Session, answer: RequestAnswer, *, by: Actor, at: datetime
) -> FundRequest:
    """Start a request as a draft that its requester can still change."""
    category = _check_answer(session, answer)
    if not rules.ASKERS & by.roles:
        raise rules.RoleNeededError(rules.ASKERS)
    fund_request = FundRequest(
        kind=Kind.YOUTH if answer.youth else Kind.PROJECT,
        state=State.DRAFT,
        fiscal_year=0,
        requester_id=by.person_id,
        youth_id=_youth_id(session, answer, by=by, at=at),
        project_id=_project_id(session, answer),
        waits_for=Role.FINDER,
        waits_since=at,
        created_at=at,
        party_salt=secrets.token_bytes(32),
        import_fingerprint=answer.fingerprint,
    )
    _write_answer(fund_request, answer, category)
    session.add(fund_request)
    session.flush()
    return fund_request


def amend_request(
    session: Session,
    request_id: int,
    answer: RequestAnswer,
    *,
    seen_version: int,
    by: Actor,
    at: datetime,
) -> FundRequest:
    """Change a draft or a returned request before it is sent again."""
    fund_request = load_request(session, request_id, seen_version=seen_version, by=by)
    if (fund_request.state, Action.SUBMIT) not in rules.STEPS:
        raise rules.ActionNotAllowedError(fund_request.state, Action.SUBMIT)
    if not rules.ASKERS & by.roles:
        raise rules.RoleNeededError(rules.ASKERS)
    category = _check_answer(session, answer)
    fund_request.kind = Kind.YOUTH if answer.youth else Kind.PROJECT
    fund_request.youth_id = _youth_id(session, answer, by=by, at=at)
    fund_request.project_id = _project_id(session, answer)
    _write_answer(fund_request, answer, category)
    session.flush()
    return fund_request


def _check_answer(session: Session, answer: RequestAnswer) -> Category:
    category = session.get(Category, answer.category)
    if category is None:
        raise UnknownCodeError(answer.category)
    for table, code in ((Fund, answer.fund), (Area, answer.area_code)):
        if session.get(table, code) is None:
            raise UnknownCodeError(code)
    if answer.subcommittee not in {row.subcommittee_code for row in category.subcommittees}:
        raise rules.CategoryNotHereError
    rules.check_amount(answer.amount, ceiling=category.ceiling)
    return category


def _youth_id(session: Session, answer: RequestAnswer, *, by: Actor, at: datetime) -> int | None:
    if answer.youth is None:
        return None
    youth = register_youth(session, answer.youth, area_code=answer.area_code)
    if answer.has_consent and not has_consent(session, youth.id):
        record_consent(
            session, youth, capacity=capacity(youth.birth_on, at), paper="", by=by, at=at
        )
    return youth.id


def _project_id(session: Session, answer: RequestAnswer) -> int | None:
    if answer.youth is not None or answer.project_name is None:
        return None
    return start_project(session, answer.project_name, area_code=answer.area_code).id


def _write_answer(fund_request: FundRequest, answer: RequestAnswer, category: Category) -> None:
    fund_request.requested_on = answer.requested_on
    fund_request.finder = answer.finder
    fund_request.organisation = answer.organisation
    fund_request.subcommittee_code = answer.subcommittee
    fund_request.category_code = answer.category
    fund_request.fund_code = answer.fund
    fund_request.purpose_code = category.purpose_code
    fund_request.area_code = answer.area_code
    fund_request.amount_satang = answer.amount.satang
    fund_request.reason = answer.reason
    fund_request.payees.append(
        PayeeAccount(
            version=len(fund_request.payees) + 1,
            kind=answer.payee.kind,
            holder=answer.payee.holder,
            bank_code=answer.payee.bank_code,
            account_number=answer.payee.account_number,
        )
    )


def submit_request(
    session: Session, request_id: int, *, seen_version: int, by: Actor, at: datetime
) -> FundRequest:
    """Send a draft or a returned request to its subcommittee; give it a number the first time."""
    fund_request = load_request(session, request_id, seen_version=seen_version, by=by)
    state = _next_state(session, fund_request, Action.SUBMIT, by)
    if fund_request.youth_id and not has_consent(session, fund_request.youth_id):
        raise rules.ConsentMissingError
    foundation = session.scalars(select(Foundation)).one()
    if fund_request.reference is None:
        year = fiscal_year(bangkok_day(at), first_month=foundation.first_month)
        number = next_number(session, "request", year)
        fund_request.fiscal_year = year
        fund_request.reference = f"{foundation.code}-{year}-{number:06}"
    needed = lookups.signatures_needed(session, fund_request, day=bangkok_day(at))
    fund_request.signatures_needed = ",".join(needed)
    told = told_of(fund_request, role=_asker_role(by), by=by, at=at)
    youth = fund_request.youth_id and session.get_one(Youth, fund_request.youth_id)
    payee = fund_request.payees[-1]
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
        payee=Secret(
            f"payee:{payee.id}",
            {"holder": payee.holder, "bank": payee.bank_code, "account": payee.account_number},
        ),
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
    state = _next_state(session, fund_request, Action.APPROVE, by, signatures=signatures)
    account = Account(fund_request.fund_code, fund_request.subcommittee_code, Place.AVAILABLE)
    available = held(session, account)
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
            "available_satang": available.satang,
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
    state = _next_state(session, fund_request, Action.RETURN, by)
    told = told_of(fund_request, role=Role.CHAIR, by=by, at=at)
    note = Secret(subject(fund_request), loggable(grounds.note))
    draft = acts.request_returned(told, grounds.reason, note=note)
    effect = Effect(
        Duty.DECIDE, state, waits_for=Role.FINDER, reason=grounds.reason, note=grounds.note
    )
    enter(session, fund_request, draft, effect, by=by)
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
    state = _next_state(session, fund_request, Action.REJECT, by)
    told = told_of(fund_request, role=Role.CHAIR, by=by, at=at)
    note = Secret(subject(fund_request), loggable(grounds.note))
    draft = acts.request_rejected(told, grounds.reason, note=note)
    effect = Effect(Duty.DECIDE, state, waits_for=None, reason=grounds.reason, note=grounds.note)
    enter(session, fund_request, draft, effect, by=by)
    return fund_request


def withdraw_request(
    session: Session, request_id: int, *, seen_version: int, by: Actor, at: datetime
) -> FundRequest:
    """Take a request back before it is decided."""
    fund_request = load_request(session, request_id, seen_version=seen_version, by=by)
    state = _next_state(session, fund_request, Action.WITHDRAW, by)
    told = told_of(fund_request, role=_asker_role(by), by=by, at=at)
    draft = acts.request_withdrawn(told)
    enter(session, fund_request, draft, Effect(Duty.ASK, state, waits_for=None), by=by)
    return fund_request


def _next_state(
    session: Session,
    fund_request: FundRequest,
    action: Action,
    by: Actor,
    *,
    signatures: Signatures = Signatures(),  # noqa: B008 - frozen
) -> State:
    return rules.next_state(
        fund_request.state,
        action,
        by,
        subcommittee=fund_request.subcommittee_code,
        duties=lookups.duties(session, fund_request.id),
        signatures=signatures,
    )


def _asker_role(by: Actor) -> Role:
    return Role.OFFICER if by.holds(Role.OFFICER) else Role.FINDER
