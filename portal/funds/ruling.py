"""Acts of the administrator on the rules: adding, changing and ending them from a day on.

Each act is planned first: the plan asks every rule and says what would be. Carrying it out asks
again, so that nothing depends on what a page showed.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime

from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.service import record
from portal.funds import rule_acts as acts
from portal.funds import rule_checks
from portal.funds import setup
from portal.funds.ledger import Place
from portal.funds.models import Balance
from portal.funds.models import FundRequest
from portal.funds.rule_models import RuleVersion
from portal.funds.rulebook import Facts
from portal.funds.rulebook import Rule
from portal.funds.rulebook import RuleKind
from portal.funds.rules import RoleNeededError
from portal.funds.rules import State
from portal.funds.rules_in_force import keep_rules
from portal.funds.rules_in_force import rules_on
from portal.money import Money
from portal.roles import Actor
from portal.roles import Role
from portal.thai import bangkok_day

Known = Mapping[tuple[RuleKind, str], Rule]
# Where the money of a fund still is somebody's task.
_IN_HAND = (Place.AVAILABLE, Place.COMMITTED, Place.IN_TRANSIT)
_ON_THEIR_WAY = (State.SUBMITTED, State.RETURNED, State.APPROVED)


@dataclass(frozen=True, slots=True)
class NewRule:
    """A subcommittee, category, purpose or fund to be added."""

    kind: RuleKind
    code: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class Change:
    """What a rule is to say from a day on, upon the version that was seen."""

    kind: RuleKind
    code: str
    facts: Facts
    valid_from: date
    seen_version: int


@dataclass(frozen=True, slots=True)
class Ending:
    """The day from which a rule is not used any more, upon the version that was seen."""

    kind: RuleKind
    code: str
    valid_from: date
    seen_version: int


def plan_new_rule(session: Session, new: NewRule, *, by: Actor) -> None:
    """Refuse a rule that cannot be added."""
    known = known_rules(session, by)
    if (new.kind, new.code) in known:
        raise rule_checks.CodeTakenError(new.code)
    rule_checks.check_facts(new.facts, known=codes_going_on(known))


def add_rule(session: Session, new: NewRule, *, by: Actor, at: datetime) -> None:
    """Add a subcommittee, category, purpose or fund, from today on."""
    keep_rules(session, changes=True)
    plan_new_rule(session, new, by=by)
    setup.create_rule(session, new.kind, new.code, new.facts, by=by, at=at)


def plan_change(session: Session, change: Change, *, by: Actor, at: datetime) -> Rule:
    """Return what a rule said last, or raise what keeps it from being changed so."""
    known = known_rules(session, by)
    newest = _one_of(known, change.kind, change.code)
    rule_checks.check_follows(
        newest,
        valid_from=change.valid_from,
        seen_version=change.seen_version,
        today=bangkok_day(at),
    )
    if newest.facts == change.facts:
        raise rule_checks.NothingChangesError
    rule_checks.check_facts(change.facts, known=codes_going_on(known))
    return newest


def change_rule(session: Session, change: Change, *, by: Actor, at: datetime) -> None:
    """Let a rule say something else from a day on."""
    keep_rules(session, changes=True)
    newest = plan_change(session, change, by=by, at=at)
    draft = acts.rule_changed(
        newest,
        change.facts,
        valid_from=change.valid_from,
        by=by,
        at=at,
        ref=_entry(session, newest),
    )
    setup.write_version(
        session,
        change.kind,
        change.code,
        change.facts,
        valid_from=change.valid_from,
        eid=record(session, draft),
    )


def plan_ending(session: Session, ending: Ending, *, by: Actor, at: datetime) -> Rule:
    """Return what a rule said last, or raise what keeps it from ending."""
    known = known_rules(session, by)
    newest = _one_of(known, ending.kind, ending.code)
    rule_checks.check_follows(
        newest,
        valid_from=ending.valid_from,
        seen_version=ending.seen_version,
        today=bangkok_day(at),
    )
    if ending.kind is RuleKind.FUND and (held := _held(session, ending.code)):
        raise rule_checks.HoldsMoneyError(ending.code, held)
    if ending.kind is RuleKind.SUBCOMMITTEE and (count := _open(session, ending.code)):
        raise rule_checks.OpenRequestsError(ending.code, count)
    rule_checks.check_not_needed(newest, known.values())
    return newest


def retire_rule(session: Session, ending: Ending, *, by: Actor, at: datetime) -> None:
    """End a rule: from a day on no new request can name it."""
    keep_rules(session, changes=True)
    newest = plan_ending(session, ending, by=by, at=at)
    ref = _entry(session, newest)
    draft = acts.rule_retired(newest, valid_from=ending.valid_from, by=by, at=at, ref=ref)
    setup.write_version(
        session,
        ending.kind,
        ending.code,
        newest.facts,
        valid_from=ending.valid_from,
        is_retired=True,
        eid=record(session, draft),
    )


def known_rules(session: Session, by: Actor) -> Known:
    """Return what every rule is known to say last, for an administrator."""
    need_administrator(by)
    return rules_on(session, None)


def need_administrator(by: Actor) -> None:
    """Refuse everybody else."""
    if not by.holds(Role.ADMINISTRATOR):
        raise RoleNeededError({Role.ADMINISTRATOR})


def codes_going_on(known: Known) -> Sequence[tuple[RuleKind, str]]:
    """Return the kinds and codes of the rules that do not end."""
    return [key for key, rule in known.items() if not rule.is_retired]


def _one_of(known: Known, kind: RuleKind, code: str) -> Rule:
    if (kind, code) not in known:
        raise rule_checks.RuleNotFoundError
    return known[kind, code]


def _entry(session: Session, rule: Rule) -> str:
    return session.get_one(RuleVersion, rule.version).log_eid


def _held(session: Session, fund: str) -> Money:
    held = session.scalar(
        select(func.sum(Balance.satang)).where(
            Balance.fund_code == fund, Balance.place.in_(_IN_HAND)
        )
    )
    return Money(int(held or 0))


def _open(session: Session, subcommittee: str) -> int:
    """Return how many requests of a subcommittee are on their way, paid ones left out."""
    count = session.scalar(
        select(func.count())
        .select_from(FundRequest)
        .where(
            FundRequest.subcommittee_code == subcommittee,
            FundRequest.state.in_(_ON_THEIR_WAY),
            FundRequest.waits_for.is_not(None),
        )
    )
    return count or 0
