"""Writing down what is asked for: starting a draft, and changing it before it is sent again."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from portal.funds import lookups
from portal.funds import rules
from portal.funds import rules_in_force
from portal.funds.books import funds_left
from portal.funds.docket import load_request
from portal.funds.docket import next_state
from portal.funds.line_rules import Line
from portal.funds.line_rules import check_lines
from portal.funds.models import FundRequest
from portal.funds.models import PayeeAccount
from portal.funds.models import RequestLine
from portal.funds.rule_checks import UnknownCodeError
from portal.funds.rulebook import CategoryFacts
from portal.funds.rules import Action
from portal.funds.rules import Kind
from portal.funds.rules import State
from portal.money import Money
from portal.roles import Actor
from portal.roles import Role
from portal.thai import bangkok_day
from portal.youths import consenting
from portal.youths.models import Area
from portal.youths.models import Project
from portal.youths.models import Youth
from portal.youths.queries import has_consent
from portal.youths.service import YouthAnswer
from portal.youths.service import correct_youth
from portal.youths.service import register_youth
from portal.youths.service import start_project


@dataclass(frozen=True, slots=True)
class PayeeAnswer:
    """Where the money is to go; `kind` is self, guardian, school, shop or other."""

    kind: str
    holder: str
    bank_code: str
    account_number: str


@dataclass(frozen=True, slots=True)
class RequestAnswer:
    """What somebody asks for: for a youth, or for a project by name.

    Whoever names no fund lets the system choose one. Without lines it is asked for as a whole.
    """

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
    is_urgent: bool = False
    urgent_reason: str = ""
    form_key: str | None = None
    lines: tuple[Line, ...] = ()


def draft_request(
    session: Session, answer: RequestAnswer, *, by: Actor, at: datetime
) -> FundRequest:
    """Start a request as a draft that its requester can still change."""
    category = _check_answer(session, answer, day=bangkok_day(at))
    if not rules.ASKERS & by.roles:
        raise rules.RoleNeededError(rules.ASKERS)
    fund_request = FundRequest(
        kind=Kind.YOUTH if answer.youth else Kind.PROJECT,
        state=State.DRAFT,
        fiscal_year=0,
        requester_id=by.person_id,
        youth_id=_youth_id(session, answer, None, started_at=at, by=by, at=at),
        project_id=_project_id(session, answer, None),
        waits_for=Role.FINDER,
        waits_since=at,
        created_at=at,
        party_salt=secrets.token_bytes(32),
        import_fingerprint=answer.fingerprint,
        form_key=answer.form_key,
    )
    _write_answer(session, fund_request, answer, category)
    session.add(fund_request)
    session.flush()
    fund_request.lines_version = add_lines(session, fund_request, answer.lines)
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
    # Who may send it may change it.
    next_state(session, fund_request, Action.SUBMIT, by, at=at)
    category = _check_answer(session, answer, day=bangkok_day(at))
    lines_version = add_lines(session, fund_request, answer.lines)
    fund_request.kind = Kind.YOUTH if answer.youth else Kind.PROJECT
    fund_request.youth_id = _youth_id(
        session,
        answer,
        fund_request.youth_id,
        started_at=fund_request.created_at,
        by=by,
        at=at,
    )
    fund_request.project_id = _project_id(session, answer, fund_request.project_id)
    # Nothing may be read before the account is written: lines and amount change in one statement.
    with session.no_autoflush:
        fund_request.lines_version = lines_version
        _write_answer(session, fund_request, answer, category)
    session.flush()
    return fund_request


def _check_answer(session: Session, answer: RequestAnswer, *, day: date) -> CategoryFacts:
    if session.get(Area, answer.area_code) is None:
        raise UnknownCodeError(answer.area_code)
    check_lines(answer.lines, answer.amount)
    return rules_in_force.category_for(
        session,
        category=answer.category,
        subcommittee=answer.subcommittee,
        fund=answer.fund,
        amount=answer.amount,
        day=day,
    )


def _youth_id(
    session: Session,
    answer: RequestAnswer,
    before: int | None,
    *,
    started_at: datetime,
    by: Actor,
    at: datetime,
) -> int | None:
    if answer.youth is None:
        return None
    youth = session.get_one(Youth, before) if before else None
    if youth is not None and youth.national_id == answer.youth.national_id:
        correct_youth(session, youth, answer.youth, area_code=answer.area_code, by=by, at=at)
    else:
        youth = register_youth(session, answer.youth, area_code=answer.area_code, by=by, at=at)
    if answer.has_consent:
        _note_consent(session, youth, started_at=started_at, by=by, at=at)
    return youth.id


def note_consent(session: Session, fund_request: FundRequest, *, by: Actor, at: datetime) -> None:
    """Note that the person a request is for has agreed; a project asks nobody."""
    if fund_request.youth_id is not None:
        youth = session.get_one(Youth, fund_request.youth_id)
        _note_consent(session, youth, started_at=fund_request.created_at, by=by, at=at)


def _note_consent(
    session: Session, youth: Youth, *, started_at: datetime, by: Actor, at: datetime
) -> None:
    started_on = bangkok_day(started_at)
    if not has_consent(session, youth.id, on=started_on):
        consenting.note_consent(session, youth, on=started_on, by=by, at=at)


def _project_id(session: Session, answer: RequestAnswer, before: int | None) -> int | None:
    if answer.youth is not None or answer.project_name is None:
        return None
    project = session.get_one(Project, before) if before else None
    told = (answer.project_name, answer.area_code)
    if project is not None and (project.name, project.area_code) == told:
        return project.id
    return start_project(session, answer.project_name, area_code=answer.area_code).id


def _write_answer(
    session: Session, fund_request: FundRequest, answer: RequestAnswer, category: CategoryFacts
) -> None:
    fund_request.requested_on = answer.requested_on
    fund_request.finder = answer.finder
    fund_request.organisation = answer.organisation
    fund_request.fund_code = answer.fund or _fund(session, fund_request, answer)
    fund_request.subcommittee_code = answer.subcommittee
    fund_request.category_code = answer.category
    fund_request.purpose_code = category.purpose_code
    fund_request.area_code = answer.area_code
    fund_request.amount_satang = answer.amount.satang
    fund_request.reason = answer.reason
    fund_request.is_urgent = answer.is_urgent
    fund_request.urgent_reason = answer.urgent_reason
    write_payee(fund_request, answer.payee)


def _fund(session: Session, fund_request: FundRequest, answer: RequestAnswer) -> str:
    """Return the fund the request has, or the one to begin with; an officer may change it."""
    if fund_request.fund_code and fund_request.subcommittee_code == answer.subcommittee:
        return fund_request.fund_code
    return rules.choose_fund(funds_left(session, answer.subcommittee))


def add_lines(session: Session, fund_request: FundRequest, lines: tuple[Line, ...]) -> int:
    """Write lines down as a new version, if they are not those that hold; return their version.

    They hold from when the request names this version, in one statement with their amount.
    """
    if lines == lookups.lines(session, fund_request):
        return fund_request.lines_version
    version = fund_request.lines_version + 1
    rows = [
        {
            "fund_request_id": fund_request.id,
            "version": version,
            "number": number,
            "item": line.item,
            "quantity": line.quantity,
            "unit": line.unit,
            "amount_satang": line.amount.satang,
        }
        for number, line in enumerate(lines, 1)
    ]
    if rows:
        session.execute(insert(RequestLine), rows)
    return version


def write_payee(fund_request: FundRequest, payee: PayeeAnswer) -> PayeeAccount:
    """Return the account the money is to go to: a new version where anything of it changed."""
    newest = fund_request.payees[-1] if fund_request.payees else None
    told = (payee.kind, payee.holder, payee.bank_code, payee.account_number)
    if newest is not None and told == newest.told:
        return newest
    account = PayeeAccount(
        version=len(fund_request.payees) + 1,
        kind=payee.kind,
        holder=payee.holder,
        bank_code=payee.bank_code,
        account_number=payee.account_number,
    )
    fund_request.payees.append(account)
    return account
