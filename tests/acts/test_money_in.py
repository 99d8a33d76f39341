from __future__ import annotations

from dataclasses import replace
from datetime import date
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import parse
from portal.audit.models import LogEntry
from portal.funds.books import held
from portal.funds.ledger import Account
from portal.funds.ledger import InsufficientFundsError
from portal.funds.ledger import Place
from portal.funds.money_in import AllocationAnswer
from portal.funds.money_in import DonationAnswer
from portal.funds.money_in import ReceivedLaterError
from portal.funds.money_in import ReferenceTakenError
from portal.funds.money_in import allocate
from portal.funds.money_in import receive_donation
from portal.funds.money_page import money_page
from portal.funds.rule_checks import EndsError
from portal.funds.rule_checks import UnknownCodeError
from portal.funds.rulebook import FundFacts
from portal.funds.rulebook import RuleKind
from portal.funds.rules import NotPositiveError
from portal.funds.rules import RoleNeededError
from portal.funds.rules_in_force import rules_on
from portal.funds.ruling import Ending
from portal.funds.ruling import NewRule
from portal.funds.ruling import add_rule
from portal.funds.ruling import retire_rule
from portal.money import Money
from tests.world import NOON
from tests.world import World

GIFT = DonationAnswer("", "GEN", Money.baht(5_000), date(2026, 11, 19), "ผู้ให้ ลับมาก")
SHARE = AllocationAnswer("GEN", "SC5", Money.baht(3_000), 2570)


def available(session: Session, subcommittee: str = "") -> Money:
    return held(session, Account("GEN", subcommittee, Place.AVAILABLE))


def test_a_donation_is_booked_with_the_next_number(session: Session, world: World) -> None:
    before = available(session)
    first = receive_donation(session, GIFT, by=world.malee, at=NOON)
    second = receive_donation(session, GIFT, by=world.malee, at=NOON)
    assert (first.reference, second.reference) == ("RYG-2570-D000001", "RYG-2570-D000002")
    assert available(session) == before + Money.baht(10_000)
    body = session.scalars(select(LogEntry.body).where(LogEntry.eid == first.log_eid)).one()
    entry = parse(body)
    assert (entry.type, entry.role, entry.number("satang")) == (
        "donation.received",
        "officer",
        500_000,
    )
    assert "ลับมาก".encode() not in body


def test_a_donation_keeps_the_number_it_has(session: Session, world: World) -> None:
    given = replace(GIFT, reference="BANK-77")
    assert receive_donation(session, given, by=world.malee, at=NOON).reference == "BANK-77"
    with pytest.raises(ReferenceTakenError):
        receive_donation(session, given, by=world.malee, at=NOON)


def test_money_is_allocated_when_it_is_there(session: Session, world: World) -> None:
    receive_donation(session, GIFT, by=world.malee, at=NOON)
    fund, subcommittee = available(session), available(session, "SC5")
    allocation = allocate(session, SHARE, by=world.malee, at=NOON)
    assert available(session) == fund - SHARE.amount
    assert available(session, "SC5") == subcommittee + SHARE.amount
    body = session.scalars(select(LogEntry.body).where(LogEntry.eid == allocation.log_eid)).one()
    assert parse(body).role == "officer"
    more = replace(SHARE, amount=available(session) + Money(1))
    with pytest.raises(InsufficientFundsError):
        allocate(session, more, by=world.malee, at=NOON)


def test_nonsense_is_not_booked(session: Session, world: World) -> None:
    for answer, error in (
        (replace(GIFT, amount=Money(0)), NotPositiveError),
        (replace(GIFT, fund="NONE"), UnknownCodeError),
        (replace(GIFT, received_on=date(2026, 11, 21)), ReceivedLaterError),
    ):
        with pytest.raises(error):
            receive_donation(session, answer, by=world.malee, at=NOON)
    for given, error in (
        (replace(SHARE, amount=Money(-1)), NotPositiveError),
        (replace(SHARE, subcommittee="SC9"), UnknownCodeError),
        (replace(SHARE, fund="NONE"), UnknownCodeError),
    ):
        with pytest.raises(error):
            allocate(session, given, by=world.malee, at=NOON)


def test_what_is_to_end_takes_no_money(session: Session, world: World) -> None:
    facts = FundFacts("กองทุนว่าง", "Empty fund", is_restricted=False)
    add_rule(session, NewRule(RuleKind.FUND, "EMPTY", facts), by=world.admin, at=NOON)
    version = rules_on(session, None)[RuleKind.FUND, "EMPTY"].version
    ending = Ending(RuleKind.FUND, "EMPTY", NOON.date() + timedelta(days=30), version)
    retire_rule(session, ending, by=world.admin, at=NOON)
    with pytest.raises(EndsError, match="EMPTY ends on 2026-12-20"):
        receive_donation(session, replace(GIFT, fund="EMPTY"), by=world.malee, at=NOON)
    page = money_page(session, day=NOON.date(), by=world.malee)
    assert [fund.ends for fund in page.funds if fund.code == "EMPTY"] == [True]
    assert page.fund("EMPTY").received == page.left("EMPTY", "SC5") == Money(0)


def test_only_officers_book_money(session: Session, world: World) -> None:
    for by in (world.admin, world.anong, world.somchai, world.wipa, world.krit):
        with pytest.raises(RoleNeededError):
            receive_donation(session, GIFT, by=by, at=NOON)
        with pytest.raises(RoleNeededError):
            allocate(session, SHARE, by=by, at=NOON)
        with pytest.raises(RoleNeededError):
            money_page(session, day=NOON.date(), by=by)
