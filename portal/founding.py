"""Setting up a foundation from its province file, through the same acts as the pages use."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit import acts as log_acts
from portal.audit.service import record
from portal.errors import N_
from portal.errors import RuleError
from portal.funds import models
from portal.funds import money_in
from portal.funds import setup
from portal.funds.money_in import AllocationAnswer
from portal.funds.money_in import DonationAnswer
from portal.funds.rulebook import CategoryFacts
from portal.funds.rulebook import FundFacts
from portal.funds.rulebook import Paper
from portal.funds.rulebook import PurposeFacts
from portal.funds.rulebook import RuleKind
from portal.funds.rulebook import SubcommitteeFacts
from portal.funds.rulebook import TargetStep
from portal.funds.rules import Threshold
from portal.funds.setup import Named
from portal.funds.urgency import Lane
from portal.payments.accounts import AccountAnswer
from portal.payments.accounts import open_account
from portal.people import service as people
from portal.people.queries import SYSTEM
from portal.province import Category
from portal.province import Province
from portal.province import areas
from portal.publishing.vocabulary import TYPES
from portal.roles import Role
from portal.thai import bangkok_day
from portal.youths.service import add_area


class OtherFoundationError(RuleError):
    """This install belongs to another foundation."""

    def __init__(self, *, here: str, file: str) -> None:
        super().__init__(
            N_("This install is of foundation {here}; {file} needs an install of its own."),
            here=here,
            file=file,
        )


def is_founded(session: Session, province: Province) -> bool:
    """Say whether this foundation is set up here; refuse when another one is."""
    code = session.scalar(select(models.Foundation.code))
    if code is not None and code != province.foundation.code:
        raise OtherFoundationError(here=code, file=province.foundation.code)
    return code is not None


def found(session: Session, province: Province, *, vkey: str, at: datetime) -> None:
    """Set up a foundation: log, names, rules, people, money; one transaction."""
    origin = province.foundation.log_origin
    record(session, log_acts.genesis(origin=origin, vkey=vkey, at=at))
    record(session, log_acts.schema_published(TYPES.values(), at=at))
    _found_offices(session, province, at=at)
    _found_rules(session, province, at=at)
    _found_people(session, province, at=at)
    _found_money(session, province, at=at)
    _found_accounts(session, province, at=at)


def _found_offices(session: Session, province: Province, *, at: datetime) -> None:
    foundation = province.foundation
    setup.create_foundation(
        session,
        Named(foundation.code, foundation.name_th, foundation.name_en),
        province=foundation.province,
        first_month=foundation.first_month,
        by=SYSTEM,
        at=at,
    )
    for area in areas(foundation.province):
        parent = area.parent if area.parent != foundation.province else None
        add_area(session, area.code, name_th=area.th, name_en=area.en, parent_code=parent)
        session.flush()
    for one in province.subcommittees:
        facts = SubcommitteeFacts(one.name_th, one.name_en, one.short_th)
        setup.create_rule(session, RuleKind.SUBCOMMITTEE, one.code, facts, by=SYSTEM, at=at)


def _found_rules(session: Session, province: Province, *, at: datetime) -> None:
    for one in province.purposes:
        purpose = PurposeFacts(one.th, one.en)
        setup.create_rule(session, RuleKind.PURPOSE, one.code, purpose, by=SYSTEM, at=at)
    for category in province.categories:
        facts = _category(category)
        setup.create_rule(session, RuleKind.CATEGORY, category.code, facts, by=SYSTEM, at=at)
    for source in province.funds:
        fund = FundFacts(source.name_th, source.name_en, source.is_restricted)
        setup.create_rule(session, RuleKind.FUND, source.code, fund, by=SYSTEM, at=at)
    today = bangkok_day(at)
    for rule in province.thresholds:
        threshold = Threshold(rule.above, rule.signatures, rule.subcommittee, rule.fund)
        setup.set_threshold(session, threshold, valid_from=today, by=SYSTEM, at=at)
    if province.urgent is not None:
        lane = Lane(today, province.urgent.ceiling, province.urgent.ratify_within_days)
        setup.set_urgent_lane(session, lane, by=SYSTEM, at=at)
    for step in TargetStep:
        days: int = getattr(province.targets, step)
        setup.set_target(session, step, days, valid_from=today, by=SYSTEM, at=at)
    for day in province.calendar.closed:
        setup.close_day(session, day.on, name_th=day.th, name_en=day.en, by=SYSTEM, at=at)


def _category(category: Category) -> CategoryFacts:
    return CategoryFacts(
        name_th=category.name_th,
        name_en=category.name_en,
        unit_th=category.unit_th,
        unit_en=category.unit_en,
        ceiling_satang=category.ceiling.satang,
        usual_satang=tuple(amount.satang for amount in category.usual),
        serves=category.serves.value,
        papers=tuple(Paper(paper.th, paper.en) for paper in category.papers),
        is_urgent=category.is_urgent,
        purpose_code=category.purpose,
        subcommittees=tuple(sorted(category.subcommittees)),
    )


def _found_people(session: Session, province: Province, *, at: datetime) -> None:
    for organisation in province.organisations:
        people.add_organisation(
            session,
            organisation.code,
            name_th=organisation.name_th,
            name_en=organisation.name_en,
            kind=organisation.kind.value,
            by=SYSTEM,
            at=at,
        )
    for somebody in province.people:
        person = people.add_person(
            session,
            somebody.username,
            name=somebody.name,
            organisation_code=somebody.organisation,
            email=somebody.email or None,
            by=SYSTEM,
            at=at,
        )
        for role in sorted(somebody.roles - {Role.CHAIR}):
            people.grant_role(session, person, role, by=SYSTEM, at=at)
        for code in sorted(somebody.chairs):
            people.grant_role(session, person, Role.CHAIR, subcommittee_code=code, by=SYSTEM, at=at)


def _found_money(session: Session, province: Province, *, at: datetime) -> None:
    for donation in province.donations:
        answer = DonationAnswer(
            reference=donation.reference,
            fund=donation.fund,
            amount=donation.amount,
            received_on=donation.received_on,
            donor=donation.donor_th,
        )
        money_in.receive_donation(session, answer, by=SYSTEM, at=at)
    for allocation in province.allocations:
        given = AllocationAnswer(
            fund=allocation.fund,
            subcommittee=allocation.subcommittee,
            amount=allocation.amount,
            fiscal_year=province.foundation.fiscal_year,
        )
        money_in.allocate(session, given, by=SYSTEM, at=at)


def _found_accounts(session: Session, province: Province, *, at: datetime) -> None:
    for one in province.accounts:
        answer = AccountAnswer(
            one.code, one.name_th, one.name_en, one.bank, one.number, one.company_id
        )
        open_account(session, answer, by=SYSTEM, at=at)
