"""What the pages of the rules show: what holds, what is set for later, and how it came about."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime
from itertools import groupby
from typing import Any
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import parse
from portal.audit.models import LogEntry
from portal.funds.models import ClosedDay
from portal.funds.models import SignatureRule
from portal.funds.models import Target
from portal.funds.models import UrgentRule
from portal.funds.rule_checks import RuleNotFoundError
from portal.funds.rule_models import RuleVersion
from portal.funds.rulebook import CategoryFacts
from portal.funds.rulebook import FactChange
from portal.funds.rulebook import Rule
from portal.funds.rulebook import RuleKind
from portal.funds.rulebook import fact_changes
from portal.funds.rules import Threshold
from portal.funds.rules_in_force import as_rule
from portal.funds.urgency import Lane
from portal.labels import Name

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule as it holds on a day, and what is set for later."""

    holds: Rule
    later: Sequence[Rule]

    @property
    def ends(self) -> bool:
        """Say whether it ended, or is set to end."""
        return any(rule.is_retired for rule in (self.holds, *self.later))


@dataclass(frozen=True, slots=True)
class Table:
    """A whole table of limits or targets, or the urgent lane, from the day on which it begins."""

    valid_from: date
    rows: Sequence[Any]  # thresholds, targets, or one lane
    eid: str


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed day, and whether it can still be taken back."""

    day: date
    name: Name
    is_to_come: bool
    eid: str


@dataclass(frozen=True, slots=True)
class RulesPage:
    """Every rule, as it holds on a day, and the newest versions that forms build upon."""

    lines: Mapping[RuleKind, Sequence[RuleLine]]
    limits: Sequence[Table]
    targets: Sequence[Table]
    lanes: Sequence[Table]
    closed: Sequence[Closed]
    day: date

    @property
    def emergencies(self) -> Sequence[Rule]:
        """Return the categories that are urgent by themselves and have not ended."""
        held = [line.holds for line in self.lines[RuleKind.CATEGORY]]
        return [
            rule
            for rule in held
            if isinstance(rule.facts, CategoryFacts)
            and rule.facts.is_urgent
            and not rule.is_retired
        ]

    def names(self, kind: RuleKind) -> Mapping[str, Name]:
        """Return the names of one kind of rule, by code."""
        return {line.holds.code: line.holds.name for line in self.lines[kind]}


def rules_page(session: Session, *, day: date) -> RulesPage:
    """Return every rule as of a day; the first table of limits and of targets is in force."""
    versions = session.scalars(
        select(RuleVersion).order_by(
            RuleVersion.kind, RuleVersion.code, RuleVersion.valid_from, RuleVersion.id
        )
    )
    lines: dict[RuleKind, list[RuleLine]] = {kind: [] for kind in RuleKind}
    for (kind, _), rows in groupby(versions, lambda row: (row.kind, row.code)):
        lines[kind].append(_line([as_rule(row) for row in rows], day))
    limits = session.scalars(
        select(SignatureRule).order_by(
            SignatureRule.valid_from, SignatureRule.above_satang, SignatureRule.id
        )
    )
    targets = session.scalars(select(Target).order_by(Target.valid_from, Target.id))
    lanes = session.scalars(select(UrgentRule).order_by(UrgentRule.valid_from, UrgentRule.id))
    closed = session.scalars(select(ClosedDay).order_by(ClosedDay.on))
    return RulesPage(
        lines=lines,
        limits=_tables(limits, lambda row: row.threshold, day),
        targets=_tables(targets, lambda row: (row.step, row.working_days), day),
        # The newest of a day counts.
        lanes=_tables({row.valid_from: row for row in lanes}.values(), lambda row: row.lane, day),
        closed=[
            Closed(row.on, Name(row.name_th, row.name_en), row.on > day, row.log_eid)
            for row in closed
        ],
        day=day,
    )


def _line(versions: Sequence[Rule], day: date) -> RuleLine:
    begun = [rule for rule in versions if rule.valid_from <= day]
    later = [rule for rule in versions if rule.valid_from > day]
    # What is set up holds from its day on; a clock that runs ahead changes nothing in this.
    return RuleLine(begun[-1], later) if begun else RuleLine(later[0], later[1:])


def _tables(
    rows: Iterable[T], read: Callable[[T], Threshold | tuple[str, int] | Lane], day: date
) -> Sequence[Table]:
    found = []
    for valid_from, together in groupby(rows, lambda row: row.valid_from):  # type: ignore[attr-defined]  # all tables have it
        whole = list(together)
        eid = whole[-1].log_eid  # type: ignore[attr-defined]  # all tables have it
        found.append(Table(valid_from, [read(row) for row in whole], eid))
    begun = [table for table in found if table.valid_from <= day]
    return [*begun[-1:], *found[len(begun) :]]


@dataclass(frozen=True, slots=True)
class Told:
    """A version of a rule: from when, what it changed, by whom in which role, and its entry."""

    rule: Rule
    changes: Sequence[FactChange]
    role: str
    at: datetime
    eid: str


@dataclass(frozen=True, slots=True)
class RulePage:
    """One rule: what holds on a day, what is known last, and every version, newest first."""

    line: RuleLine
    newest: Rule
    history: Sequence[Told]
    day: date

    @property
    def facts(self) -> Sequence[FactChange]:
        """Return everything that holds."""
        return fact_changes(None, self.line.holds.facts)


def rule_page(session: Session, kind: RuleKind, code: str, *, day: date) -> RulePage:
    """Return one rule with its history, or raise `RuleNotFoundError`."""
    rows = session.execute(
        select(RuleVersion, LogEntry.body)
        .join(LogEntry, LogEntry.eid == RuleVersion.log_eid)
        .where(RuleVersion.kind == kind, RuleVersion.code == code)
        .order_by(RuleVersion.valid_from, RuleVersion.id)
    ).all()
    if not rows:
        raise RuleNotFoundError
    versions = [as_rule(row) for row, _ in rows]
    history = []
    for place, (row, body) in enumerate(rows):
        entry = parse(body)
        before = versions[place - 1].facts if place else None
        changes = fact_changes(before, versions[place].facts)
        at = datetime.fromisoformat(entry.at)
        history.append(Told(versions[place], changes, entry.role, at, row.log_eid))
    return RulePage(_line(versions, day), versions[-1], history[::-1], day)


def newest_limits(session: Session) -> tuple[int, Sequence[Threshold]]:
    """Return the newest table of limits, and what it is known by."""
    rows = session.scalars(select(SignatureRule).order_by(SignatureRule.id)).all()
    newest = max((row.valid_from for row in rows), default=None)
    last = max((row.id for row in rows), default=0)
    return last, [row.threshold for row in rows if row.valid_from == newest]


def newest_targets(session: Session) -> tuple[int, Mapping[str, int]]:
    """Return the newest targets by step, and what they are known by."""
    rows = session.scalars(select(Target).order_by(Target.valid_from, Target.id)).all()
    last = max((row.id for row in rows), default=0)
    return last, {row.step: row.working_days for row in rows}


def newest_lane(session: Session) -> UrgentRule | None:
    """Return what is known last of the urgent lane, if there is one."""
    newest = select(UrgentRule).order_by(UrgentRule.valid_from.desc(), UrgentRule.id.desc())
    return session.scalar(newest.limit(1))
