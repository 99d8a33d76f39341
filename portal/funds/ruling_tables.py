"""Acts of the administrator on whole tables: limits, time targets, the urgent lane, closed days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.service import record
from portal.funds import rule_acts as acts
from portal.funds import rule_checks
from portal.funds import setup
from portal.funds.models import ClosedDay
from portal.funds.models import SignatureRule
from portal.funds.models import Target
from portal.funds.models import UrgentRule
from portal.funds.rulebook import RuleKind
from portal.funds.rulebook import TargetStep
from portal.funds.rules import Threshold
from portal.funds.rules_in_force import keep_rules
from portal.funds.rules_page import newest_lane
from portal.funds.ruling import codes_going_on
from portal.funds.ruling import known_rules
from portal.funds.ruling import need_administrator
from portal.funds.urgency import Lane
from portal.roles import Actor
from portal.thai import bangkok_day


@dataclass(frozen=True, slots=True)
class LimitTable:
    """Who signs above which amount, from a day on, instead of all limits before."""

    limits: tuple[Threshold, ...]
    valid_from: date
    seen_version: int


@dataclass(frozen=True, slots=True)
class TargetTable:
    """How many working days the steps may take, from a day on."""

    working_days: tuple[tuple[TargetStep, int], ...]
    valid_from: date
    seen_version: int


@dataclass(frozen=True, slots=True)
class LaneRule:
    """What the urgent lane takes from a day on, upon the version that was seen."""

    lane: Lane
    seen_version: int


@dataclass(frozen=True, slots=True)
class DayToClose:
    """A day without work beyond the national holidays."""

    day: date
    name_th: str
    name_en: str


def plan_limits(session: Session, table: LimitTable, *, by: Actor, at: datetime) -> None:
    """Refuse a table of limits that is old, begins too early, or leaves an amount unsigned."""
    going_on = codes_going_on(known_rules(session, by))
    newest = session.execute(
        select(func.max(SignatureRule.id), func.max(SignatureRule.valid_from))
    ).one()
    _check_table(newest[0], newest[1], table, today=bangkok_day(at))
    for limit in table.limits:
        for kind, code in (
            (RuleKind.SUBCOMMITTEE, limit.subcommittee),
            (RuleKind.FUND, limit.fund),
        ):
            if code is not None and (kind, code) not in going_on:
                raise rule_checks.UnknownCodeError(code)
    rule_checks.check_limits(
        table.limits,
        subcommittees=[code for kind, code in going_on if kind is RuleKind.SUBCOMMITTEE],
        funds=[code for kind, code in going_on if kind is RuleKind.FUND],
    )


def set_limits(session: Session, table: LimitTable, *, by: Actor, at: datetime) -> None:
    """Say anew who signs above which amount; an entry for each limit."""
    keep_rules(session, changes=True)
    plan_limits(session, table, by=by, at=at)
    for limit in table.limits:
        setup.set_threshold(session, limit, valid_from=table.valid_from, by=by, at=at)


def plan_targets(session: Session, table: TargetTable, *, by: Actor, at: datetime) -> None:
    """Refuse targets that are old, begin too early, or make no sense."""
    need_administrator(by)
    newest = session.execute(select(func.max(Target.id), func.max(Target.valid_from))).one()
    _check_table(newest[0], newest[1], table, today=bangkok_day(at))
    rule_checks.check_working_days(days for _, days in table.working_days)


def set_targets(session: Session, table: TargetTable, *, by: Actor, at: datetime) -> None:
    """Say anew how long the steps may take; an entry for each step."""
    keep_rules(session, changes=True)
    plan_targets(session, table, by=by, at=at)
    for step, days in table.working_days:
        setup.set_target(session, step, days, valid_from=table.valid_from, by=by, at=at)


def plan_lane(session: Session, rule: LaneRule, *, by: Actor, at: datetime) -> UrgentRule | None:
    """Return what holds last of the urgent lane, or raise what keeps it from being set so."""
    need_administrator(by)
    newest = newest_lane(session)
    if (newest.id if newest else 0) != rule.seen_version:
        raise rule_checks.StaleRuleError
    before = newest.lane if newest else None
    rule_checks.check_lane(rule.lane, before, today=bangkok_day(at))
    return newest


def set_lane(session: Session, rule: LaneRule, *, by: Actor, at: datetime) -> None:
    """Say anew what the urgent lane takes, and within how many days it is ratified."""
    keep_rules(session, changes=True)
    newest = plan_lane(session, rule, by=by, at=at)
    if newest is None:
        setup.set_urgent_lane(session, rule.lane, by=by, at=at)
        return
    draft = acts.urgent_lane_changed(newest.lane, rule.lane, by=by, at=at, ref=newest.log_eid)
    setup.write_lane(session, rule.lane, eid=record(session, draft))


def plan_closed_day(session: Session, closed: DayToClose, *, by: Actor, at: datetime) -> None:
    """Refuse a day that has come, or that is closed already."""
    need_administrator(by)
    if closed.day <= bangkok_day(at):
        raise rule_checks.ClosedDayPastError
    if session.get(ClosedDay, closed.day) is not None:
        raise rule_checks.ClosedAlreadyError(closed.day)


def close_day(session: Session, closed: DayToClose, *, by: Actor, at: datetime) -> None:
    """Close a day before it comes."""
    keep_rules(session, changes=True)
    plan_closed_day(session, closed, by=by, at=at)
    setup.close_day(
        session, closed.day, name_th=closed.name_th, name_en=closed.name_en, by=by, at=at
    )


def plan_open_day(session: Session, day: date, *, by: Actor, at: datetime) -> ClosedDay:
    """Return the closed day that is to be taken back, or raise why it cannot be."""
    closed = session.get(ClosedDay, day)
    if closed is None:
        raise rule_checks.RuleNotFoundError
    need_administrator(by)
    if day <= bangkok_day(at):
        raise rule_checks.ClosedDayPastError
    return closed


def open_day(session: Session, day: date, *, by: Actor, at: datetime) -> None:
    """Take a closed day back before it comes."""
    keep_rules(session, changes=True)
    closed = plan_open_day(session, day, by=by, at=at)
    record(session, acts.day_opened(day, by=by, at=at, ref=closed.log_eid))
    session.execute(delete(ClosedDay).where(ClosedDay.on == day))


def _check_table(
    newest_id: int | None, newest_day: date | None, table: LimitTable | TargetTable, *, today: date
) -> None:
    if (newest_id or 0) != table.seen_version:
        raise rule_checks.StaleRuleError
    rule_checks.check_begins(table.valid_from, today=today)
    if newest_day is not None and table.valid_from <= newest_day:
        raise rule_checks.DayTakenError(newest_day)
