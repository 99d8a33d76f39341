"""Acts between deciding and paying: answering for a check that stops, and revising."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.audit.entry import Secret
from portal.audit.entry import loggable
from portal.errors import N_
from portal.errors import RuleError
from portal.funds import acts
from portal.funds import ledger
from portal.funds import lookups
from portal.funds import rules
from portal.funds import rules_in_force
from portal.funds.check_rules import CheckCode
from portal.funds.check_rules import NothingToOverrideError
from portal.funds.check_rules import check_may_override
from portal.funds.checking import check_lane
from portal.funds.checking import panel
from portal.funds.docket import Effect
from portal.funds.docket import book
from portal.funds.docket import enter
from portal.funds.docket import enter_beside
from portal.funds.docket import items_secret
from portal.funds.docket import load_request
from portal.funds.docket import payee_secret
from portal.funds.docket import subject
from portal.funds.docket import told_of
from portal.funds.drafting import PayeeAnswer
from portal.funds.drafting import add_lines
from portal.funds.drafting import write_payee
from portal.funds.ledger import EntryKind
from portal.funds.line_rules import Line
from portal.funds.line_rules import check_lines
from portal.funds.models import CheckOverride
from portal.funds.models import FundRequest
from portal.funds.rules import SIGNING
from portal.funds.rules import Action
from portal.funds.rules import Duty
from portal.funds.rules import State
from portal.money import Money
from portal.roles import Actor
from portal.roles import Role
from portal.thai import bangkok_day


class NoteMissingError(RuleError):
    """Who answers for something, or changes it after the decision, says why."""

    def __init__(self) -> None:
        super().__init__(N_("Write why: whoever looks at this later must understand it."))


def override_check(
    session: Session,
    request_id: int,
    code: CheckCode,
    *,
    note: str,
    seen_version: int,
    by: Actor,
    at: datetime,
) -> FundRequest:
    """Answer, with a reason, for a check that stops a request; others then sign and pay it."""
    fund_request = load_request(session, request_id, seen_version=seen_version, by=by)
    standing = lookups.standing(session, fund_request, day=bangkok_day(at))
    if fund_request.state not in {State.SUBMITTED, State.APPROVED}:
        raise rules.ActionNotAllowedError(fund_request.state, Action.OVERRIDE)
    check_may_override(by, standing, requester_id=fund_request.requester_id)
    stopping = {check.code for check in panel(session, fund_request) if check.may_be_overridden}
    if code not in stopping:
        raise NothingToOverrideError
    if not note.strip():
        raise NoteMissingError
    role = next(role for role in (Role.OFFICER, *SIGNING) if by.holds(role))
    told = told_of(fund_request, role=role, by=by, at=at)
    secret = Secret(subject(fund_request), loggable(note))
    draft = acts.check_overridden(told, code, note=secret)
    row = CheckOverride(
        fund_request_id=fund_request.id,
        code=code,
        by_person_id=by.person_id,
        at=at,
        log_eid=enter_beside(session, fund_request, draft, None, note=note, by=by),
    )
    session.add(row)
    session.flush()
    return fund_request


@dataclass(frozen=True, slots=True)
class Revision:
    """What is changed of an approved request: amount and lines, where the money goes, and why."""

    amount: Money
    payee: PayeeAnswer
    note: str
    lines: tuple[Line, ...] = ()


def revise_request(
    session: Session,
    request_id: int,
    revision: Revision,
    *,
    seen_version: int,
    by: Actor,
    at: datetime,
) -> FundRequest:
    """Change an approved request before anything is paid: signatures void, money set free."""
    fund_request = load_request(session, request_id, seen_version=seen_version, by=by)
    standing = lookups.standing(session, fund_request, day=bangkok_day(at))
    state = rules.next_state(fund_request.state, Action.REVISE, by, standing)
    day = bangkok_day(at)
    rules_in_force.keep_rules(session)
    category = rules_in_force.category_of(session, fund_request, amount=revision.amount, day=day)
    check_lane(session, fund_request, category, amount=revision.amount, day=day)
    if not revision.note.strip():
        raise NoteMissingError
    check_lines(revision.lines, revision.amount)
    lines_version = add_lines(session, fund_request, revision.lines)
    freed = ledger.release(
        fund_request.fund_code,
        fund_request.subcommittee_code,
        fund_request.awarded,
        returned=fund_request.returned,
    )
    payee = write_payee(fund_request, revision.payee)
    session.flush()
    secret = Secret(subject(fund_request), loggable(revision.note))
    told = told_of(fund_request, role=Role.OFFICER, by=by, at=at)
    items = items_secret(fund_request, revision.lines)
    secrets = {"payee": payee_secret(payee), "items": items, "note": secret}
    draft = acts.request_revised(told, revision.amount, secrets)
    needed = lookups.signatures_needed(session, fund_request, amount=revision.amount, day=day)
    effect = Effect(
        Duty.ASK,
        state,
        waits_for=Role.CHAIR,
        changes={
            "amount_satang": revision.amount.satang,
            "lines_version": lines_version,
            "awarded_satang": 0,
            "returned_satang": 0,
            "signatures_needed": ",".join(needed),
        },
        note=revision.note,
    )
    enter(session, fund_request, draft, effect, by=by)
    book(session, fund_request, EntryKind.RELEASE, freed, draft, by=by)
    return fund_request
