"""What the acts on a request need to know of it."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from datetime import date

from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy import tuple_
from sqlalchemy.orm import Session

from portal.db import Today
from portal.funds import acts
from portal.funds import rules
from portal.funds.models import FundRequest
from portal.funds.models import RequestAct
from portal.funds.models import RequestDuty
from portal.funds.models import SignatureRule
from portal.funds.rule_checks import RetiredError
from portal.funds.rule_checks import UnknownCodeError
from portal.funds.rule_models import RuleVersion
from portal.funds.rulebook import CategoryFacts
from portal.funds.rulebook import Rule
from portal.funds.rulebook import RuleKind
from portal.funds.rulebook import read_facts
from portal.funds.rules import Duty
from portal.funds.rules import Signatures
from portal.funds.rules import State
from portal.money import Money
from portal.roles import Actor
from portal.roles import Role

# Sees every request that was sent: the desk, the second signatures, the auditor.
SEE_ALL = frozenset({Role.OFFICER, Role.DRIVING_CHAIR, Role.BOARD, Role.AUDITOR})
PAID = frozenset({State.APPROVED, State.CLOSED})
RULES_LOCK = 0x72756C6573  # any number, the same in every process: "rules"


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


def keep_rules(session: Session, *, changes: bool = False) -> None:
    """Let no rule change until this transaction ends; who changes one waits for all others.

    The log is read in the order of its commits: whoever judges by a rule comes before its change.
    SQLite has one writer.
    """
    if session.get_bind().dialect.name == "postgresql":
        kept = "" if changes else "_shared"
        session.execute(text(f"SELECT pg_advisory_xact_lock{kept}({RULES_LOCK})"))


def rules_on(
    session: Session,
    day: date | Today | None,
    among: Collection[tuple[RuleKind, str]] | None = None,
) -> Mapping[tuple[RuleKind, str], Rule]:
    """Return what the rules say on a day, or without one what is known to come last."""
    found = select(RuleVersion).order_by(RuleVersion.valid_from, RuleVersion.id)
    if day is not None:
        found = found.where(RuleVersion.valid_from <= day)
    if among is not None:
        found = found.where(tuple_(RuleVersion.kind, RuleVersion.code).in_(among))
    # Of the versions of one rule, the last stays.
    return {(row.kind, row.code): as_rule(row) for row in session.scalars(found)}


def as_rule(row: RuleVersion) -> Rule:
    """Return a version as a plain value."""
    facts = read_facts(row.kind, row.facts)
    return Rule(row.kind, row.code, facts, row.valid_from, row.is_retired, row.id)


def category_for(
    session: Session, *, category: str, subcommittee: str, fund: str, amount: Money, day: date
) -> CategoryFacts:
    """Return what the category says on a day, or raise the rule of it that the request breaks."""
    named = [
        (RuleKind.CATEGORY, category),
        (RuleKind.SUBCOMMITTEE, subcommittee),
        (RuleKind.FUND, fund),
    ]
    found = rules_on(session, day, named)
    for kind, code in named:
        if (kind, code) not in found:
            raise UnknownCodeError(code)
        if found[kind, code].is_retired:
            raise RetiredError(code)
    facts = found[RuleKind.CATEGORY, category].facts
    if not isinstance(facts, CategoryFacts) or subcommittee not in facts.subcommittees:
        raise rules.CategoryNotHereError
    rules.check_amount(amount, ceiling=facts.ceiling)
    return facts


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
