"""Acts that write the rules of the foundation: its parts, limits, targets and closed days.

The founding takes them from the province file; afterwards `ruling.py` asks first whether an
administrator may take them now.
"""

from __future__ import annotations

from dataclasses import asdict
from dataclasses import dataclass
from datetime import date
from datetime import datetime

from sqlalchemy.orm import Session

from portal.audit.entry import Json
from portal.audit.service import record
from portal.funds import rule_acts as acts
from portal.funds.models import ClosedDay
from portal.funds.models import Foundation
from portal.funds.models import SignatureRule
from portal.funds.models import Target
from portal.funds.models import UrgentRule
from portal.funds.rule_models import Category
from portal.funds.rule_models import CategorySubcommittee
from portal.funds.rule_models import Fund
from portal.funds.rule_models import Purpose
from portal.funds.rule_models import RuleVersion
from portal.funds.rule_models import Subcommittee
from portal.funds.rule_models import as_set_up
from portal.funds.rulebook import CategoryFacts
from portal.funds.rulebook import Facts
from portal.funds.rulebook import RuleKind
from portal.funds.rulebook import public_facts
from portal.funds.rules import Threshold
from portal.funds.urgency import Lane
from portal.roles import Actor
from portal.thai import bangkok_day

TABLES = {
    RuleKind.SUBCOMMITTEE: Subcommittee,
    RuleKind.CATEGORY: Category,
    RuleKind.PURPOSE: Purpose,
    RuleKind.FUND: Fund,
}


@dataclass(frozen=True, slots=True)
class Named:
    """A code and the public names that go with it."""

    code: str
    name_th: str
    name_en: str


def create_foundation(
    session: Session,
    named: Named,
    *,
    province: str,
    first_month: int,
    by: Actor,
    at: datetime,
) -> Foundation:
    """Set up the one foundation of this install."""
    public: dict[str, Json] = {**asdict(named), "province": province, "first_month": first_month}
    eid = record(session, acts.created(acts.FOUNDATION_CREATED, public, by=by, at=at))
    foundation = Foundation(id=1, log_eid=eid, **public)
    session.add(foundation)
    session.flush()
    return foundation


def create_rule(
    session: Session, kind: RuleKind, code: str, facts: Facts, *, by: Actor, at: datetime
) -> None:
    """Add a subcommittee, category, purpose or fund; it holds from this day on."""
    public: dict[str, Json] = {"code": code, **public_facts(facts)}
    eid = record(session, acts.created(acts.CREATED[kind], public, by=by, at=at))
    session.add(TABLES[kind](code=code, **as_set_up(facts)))
    session.flush()
    if isinstance(facts, CategoryFacts):
        session.add_all(
            CategorySubcommittee(category_code=code, subcommittee_code=one)
            for one in facts.subcommittees
        )
    write_version(session, kind, code, facts, valid_from=bangkok_day(at), eid=eid)


def write_version(
    session: Session,
    kind: RuleKind,
    code: str,
    facts: Facts,
    *,
    valid_from: date,
    is_retired: bool = False,
    eid: str,
) -> None:
    """Write down what a rule says from a day on."""
    session.add(
        RuleVersion(
            kind=kind,
            code=code,
            valid_from=valid_from,
            facts=asdict(facts),
            is_retired=is_retired,
            log_eid=eid,
        )
    )
    session.flush()


def set_threshold(
    session: Session, threshold: Threshold, *, valid_from: date, by: Actor, at: datetime
) -> None:
    """Say who signs above an amount, from a day on."""
    eid = record(session, acts.threshold_set(threshold, valid_from=valid_from, by=by, at=at))
    session.add(
        SignatureRule(
            valid_from=valid_from,
            above_satang=threshold.above.satang,
            signatures=",".join(threshold.signatures),
            subcommittee_code=threshold.subcommittee,
            fund_code=threshold.fund,
            log_eid=eid,
        )
    )
    session.flush()


def set_urgent_lane(session: Session, lane: Lane, *, by: Actor, at: datetime) -> UrgentRule:
    """Say for the first time what the urgent lane takes, from a day on."""
    return write_lane(session, lane, eid=record(session, acts.urgent_lane_set(lane, by=by, at=at)))


def write_lane(session: Session, lane: Lane, *, eid: str) -> UrgentRule:
    """Write down what the urgent lane takes from a day on."""
    rule = UrgentRule(
        valid_from=lane.valid_from,
        ceiling_satang=lane.ceiling.satang,
        ratify_within_days=lane.ratify_within_days,
        log_eid=eid,
    )
    session.add(rule)
    session.flush()
    return rule


def set_target(
    session: Session, step: str, working_days: int, *, valid_from: date, by: Actor, at: datetime
) -> None:
    """Say how many working days a step may take, from a day on."""
    public: dict[str, Json] = {
        "step": step,
        "working_days": working_days,
        "valid_from": valid_from.isoformat(),
    }
    eid = record(session, acts.created(acts.TARGET_SET, public, by=by, at=at))
    session.add(Target(valid_from=valid_from, step=step, working_days=working_days, log_eid=eid))
    session.flush()


def close_day(
    session: Session, day: date, *, name_th: str, name_en: str, by: Actor, at: datetime
) -> None:
    """Name a day on which the office does not work."""
    public: dict[str, Json] = {"day": day.isoformat(), "name_th": name_th, "name_en": name_en}
    eid = record(session, acts.created(acts.DAY_CLOSED, public, by=by, at=at))
    session.add(ClosedDay(on=day, name_th=name_th, name_en=name_en, log_eid=eid))
    session.flush()
