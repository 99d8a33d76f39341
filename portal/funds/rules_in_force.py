"""What the rules of the foundation say on a day, and what holds of a request by them."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from datetime import date

from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy import tuple_
from sqlalchemy.orm import Session

from portal.db import Today
from portal.funds import rules
from portal.funds.models import FundRequest
from portal.funds.rule_checks import RetiredError
from portal.funds.rule_checks import UnknownCodeError
from portal.funds.rule_models import RuleVersion
from portal.funds.rulebook import CategoryFacts
from portal.funds.rulebook import Rule
from portal.funds.rulebook import RuleKind
from portal.funds.rulebook import read_facts
from portal.money import Money

RULES_LOCK = 0x72756C6573  # any number, the same in every process: "rules"


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


def in_force(
    session: Session, day: date, named: Collection[tuple[RuleKind, str]]
) -> Mapping[tuple[RuleKind, str], Rule]:
    """Return what these rules say on a day, or refuse what is unknown or has ended by then."""
    found = rules_on(session, day, named)
    for kind, code in named:
        if (kind, code) not in found:
            raise UnknownCodeError(code)
        if found[kind, code].is_retired:
            raise RetiredError(code)
    return found


def category_of(
    session: Session, fund_request: FundRequest, *, amount: Money, day: date
) -> CategoryFacts:
    """Return what the category of a request says on a day, or raise the rule that it breaks."""
    return category_for(
        session,
        category=fund_request.category_code,
        subcommittee=fund_request.subcommittee_code,
        fund=fund_request.fund_code,
        amount=amount,
        day=day,
    )


def category_for(
    session: Session, *, category: str, subcommittee: str, fund: str, amount: Money, day: date
) -> CategoryFacts:
    """Return what the category says on a day, or raise the rule of it that the request breaks.

    Without a fund none is looked at.
    """
    named = [(RuleKind.CATEGORY, category), (RuleKind.SUBCOMMITTEE, subcommittee)]
    if fund:
        named.append((RuleKind.FUND, fund))
    found = in_force(session, day, named)
    facts = found[RuleKind.CATEGORY, category].facts
    if not isinstance(facts, CategoryFacts) or subcommittee not in facts.subcommittees:
        raise rules.CategoryNotHereError
    rules.check_amount(amount, ceiling=facts.ceiling)
    return facts
