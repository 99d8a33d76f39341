"""Acts that set up the foundation: its parts, its rules, its donations and allocations."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from dataclasses import dataclass
from datetime import date
from datetime import datetime

from sqlalchemy.orm import Session

from portal.audit.entry import Json
from portal.audit.entry import Secret
from portal.audit.entry import loggable
from portal.audit.service import record
from portal.funds import acts
from portal.funds import ledger
from portal.funds.books import post
from portal.funds.ledger import EntryKind
from portal.funds.models import Allocation
from portal.funds.models import Category
from portal.funds.models import CategorySubcommittee
from portal.funds.models import ClosedDay
from portal.funds.models import Donation
from portal.funds.models import Foundation
from portal.funds.models import Fund
from portal.funds.models import Purpose
from portal.funds.models import SignatureRule
from portal.funds.models import Subcommittee
from portal.funds.models import Target
from portal.funds.models import UrgentRule
from portal.funds.rules import Threshold
from portal.funds.urgency import Lane
from portal.money import Money
from portal.roles import Actor


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


def create_subcommittee(
    session: Session, named: Named, *, short_th: str, by: Actor, at: datetime
) -> None:
    """Add a subcommittee."""
    public: dict[str, Json] = {**asdict(named), "short_th": short_th}
    record(session, acts.created(acts.SUBCOMMITTEE_CREATED, public, by=by, at=at))
    session.add(Subcommittee(**public))
    session.flush()


def create_purpose(session: Session, named: Named, *, by: Actor, at: datetime) -> None:
    """Add a purpose that may be told in public."""
    record(session, acts.created(acts.PURPOSE_CREATED, asdict(named), by=by, at=at))
    session.add(Purpose(**asdict(named)))
    session.flush()


def create_category(
    session: Session, category: Category, *, subcommittees: Collection[str], by: Actor, at: datetime
) -> None:
    """Add a category of help and say which subcommittees look after it."""
    public: dict[str, Json] = {
        "code": category.code,
        "name_th": category.name_th,
        "name_en": category.name_en,
        "ceiling_satang": category.ceiling_satang,
        "serves": category.serves,
        "urgent": category.is_urgent,
        "subcommittees": sorted(subcommittees),
    }
    record(session, acts.created(acts.CATEGORY_CREATED, public, by=by, at=at))
    category.subcommittees = [
        CategorySubcommittee(subcommittee_code=code) for code in sorted(subcommittees)
    ]
    session.add(category)
    session.flush()


def create_fund(
    session: Session, named: Named, *, is_restricted: bool, by: Actor, at: datetime
) -> None:
    """Add a fund."""
    public: dict[str, Json] = {**asdict(named), "restricted": is_restricted}
    record(session, acts.created(acts.FUND_CREATED, public, by=by, at=at))
    session.add(Fund(**asdict(named), is_restricted=is_restricted))
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
    """Say what the urgent lane takes from a day on."""
    rule = UrgentRule(
        valid_from=lane.valid_from,
        ceiling_satang=lane.ceiling.satang,
        ratify_within_days=lane.ratify_within_days,
        log_eid=record(session, acts.urgent_lane_set(lane, by=by, at=at)),
    )
    session.add(rule)
    session.flush()
    return rule


def set_target(
    session: Session, step: str, working_days: int, *, valid_from: date, by: Actor, at: datetime
) -> None:
    """Say how many working days a step may take, from a day on."""
    public: dict[str, Json] = {"step": step, "working_days": working_days}
    eid = record(session, acts.created(acts.TARGET_SET, public, by=by, at=at))
    session.add(Target(valid_from=valid_from, log_eid=eid, **public))


def close_day(
    session: Session, day: date, *, name_th: str, name_en: str, by: Actor, at: datetime
) -> None:
    """Name a day on which the office does not work."""
    public: dict[str, Json] = {"day": day.isoformat(), "name_th": name_th, "name_en": name_en}
    eid = record(session, acts.created(acts.DAY_CLOSED, public, by=by, at=at))
    session.add(ClosedDay(on=day, name_th=name_th, name_en=name_en, log_eid=eid))


@dataclass(frozen=True, slots=True)
class DonationAnswer:
    """A donation as it came in; the donor's name is private."""

    reference: str
    fund: str
    amount: Money
    received_on: date
    donor: str


def receive_donation(session: Session, answer: DonationAnswer, *, by: Actor, at: datetime) -> None:
    """Book a donation into its fund."""
    donor = Secret(f"donation:{answer.reference}", loggable(answer.donor))
    public: dict[str, Json] = {
        "reference": answer.reference,
        "fund": answer.fund,
        "satang": answer.amount.satang,
        "received_on": answer.received_on.isoformat(),
    }
    eid = record(session, acts.donation_received(public, donor=donor, by=by, at=at))
    session.add(
        Donation(
            reference=answer.reference,
            fund_code=answer.fund,
            amount_satang=answer.amount.satang,
            received_on=answer.received_on,
            donor=answer.donor,
            log_eid=eid,
        )
    )
    postings = ledger.donation(answer.fund, answer.amount)
    post(session, postings, kind=EntryKind.DONATION, log_eid=eid, by=by, at=at)


def allocate(
    session: Session,
    fund: str,
    subcommittee: str,
    amount: Money,
    *,
    fiscal_year: int,
    by: Actor,
    at: datetime,
) -> None:
    """Give a subcommittee money of a fund to decide on."""
    public: dict[str, Json] = {
        "fund": fund,
        "subcommittee": subcommittee,
        "satang": amount.satang,
        "fiscal_year": fiscal_year,
    }
    eid = record(session, acts.created(acts.ALLOCATION_MADE, public, by=by, at=at))
    session.add(
        Allocation(
            fund_code=fund,
            subcommittee_code=subcommittee,
            fiscal_year=fiscal_year,
            amount_satang=amount.satang,
            log_eid=eid,
        )
    )
    postings = ledger.allocation(fund, subcommittee, amount)
    post(session, postings, kind=EntryKind.ALLOCATION, log_eid=eid, by=by, at=at)
