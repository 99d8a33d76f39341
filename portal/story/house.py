"""The house of the story: money comes in, people join and leave, rules change, letters are made."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from datetime import datetime
from datetime import time
from datetime import timedelta

from sqlalchemy import func
from sqlalchemy import select

from portal.funds.acting import ActingAnswer
from portal.funds.acting import appoint_acting_chair
from portal.funds.acting import end_acting_chair
from portal.funds.lookups import year_of
from portal.funds.models import SignatureRule
from portal.funds.money_in import AllocationAnswer
from portal.funds.money_in import DonationAnswer
from portal.funds.money_in import allocate
from portal.funds.money_in import receive_donation
from portal.funds.reminding import remind
from portal.funds.rules import Threshold
from portal.funds.ruling_tables import LimitTable
from portal.funds.ruling_tables import set_limits
from portal.money import Money
from portal.people.models import Person
from portal.people.rules import RoleReason
from portal.people.service import add_person
from portal.people.service import grant_role
from portal.people.staffing import deactivate_person
from portal.province import Province
from portal.province_file import Donation
from portal.roles import Role
from portal.story.book import Joins
from portal.story.book import TermRow
from portal.story.days import YEAR
from portal.story.teller import Life
from portal.story.teller import Teller
from portal.thai import BANGKOK
from portal.thai import bangkok_day

# From the middle of the year on the board signs for less than it did.
_LIMITS = (
    Threshold(Money.baht(0), (Role.CHAIR,)),
    Threshold(Money.baht(5_000), (Role.CHAIR, Role.DRIVING_CHAIR)),
    Threshold(Money.baht(30_000), (Role.CHAIR, Role.DRIVING_CHAIR, Role.BOARD)),
)
# The letters of the last days are enough to show what they are.
_MORNINGS = 5
_MORNING = time(7, 5)


def house_lives(teller: Teller, province: Province) -> Iterator[Life]:
    """Return the lives of the house."""
    coming = zip(province.donations, teller.book.donated_on, strict=True)
    yield from (_donated(teller, province, donation, day) for donation, day in coming)
    yield from (_joined(teller, row) for row in teller.book.joining)
    yield from (_appointed(teller, row) for row in teller.book.terms)
    yield _limited(teller)
    yield _reminded(teller)


def _donated(teller: Teller, province: Province, donation: Donation, day: int) -> Life:
    """Let a donation come in, and share it out as the province file shares out its fund."""
    yield teller.days.on(day)
    by, today = teller.holders(Role.OFFICER)[0], bangkok_day(teller.at)
    answer = DonationAnswer(
        reference="",
        fund=donation.fund,
        amount=donation.amount,
        received_on=today,
        donor=donation.donor_th,
    )
    receive_donation(teller.session, answer, by=by, at=teller.tick())
    teller.bank.book(today, donation.amount, f"รับโอนเงิน {donation.donor_th}")
    whole = sum(each.amount.satang for each in province.donations if each.fund == donation.fund)
    for each in province.allocations:
        if each.fund == donation.fund:
            part = each.amount.satang * donation.amount.satang // whole
            year = year_of(teller.session, today)
            given = AllocationAnswer(each.fund, each.subcommittee, Money(part), year)
            allocate(teller.session, given, by=by, at=teller.tick())


def _joined(teller: Teller, row: Joins) -> Life:
    """Let the administrator add somebody, who may leave again."""
    yield teller.days.on(row.day)
    by = teller.holders(Role.ADMINISTRATOR)[0]
    person = add_person(
        teller.session,
        row.username,
        name=row.name,
        organisation_code=row.organisation,
        by=by,
        at=teller.tick(),
    )
    reason, at = RoleReason.APPOINTED, teller.tick()
    grant_role(teller.session, person, Role(row.role), reason=reason, by=by, at=at)
    person_id = person.id
    if row.leaves_on:
        yield teller.days.on(row.leaves_on)
        by, leaving = teller.actor_of(by.person_id), teller.session.get_one(Person, person_id)
        deactivate_person(teller.session, leaving, by=by, at=teller.tick())


def _appointed(teller: Teller, row: TermRow) -> Life:
    """Appoint somebody to act for a chair, by an order."""
    yield teller.days.on(row.day)
    today = bangkok_day(teller.at)
    last = today + timedelta(days=row.days)
    answer = ActingAnswer(row.who, row.subcommittee, row.order, today, last)
    by = teller.actor(row.by)
    term_id = appoint_acting_chair(teller.session, answer, by=by, at=teller.tick()).id
    if row.ends_after:
        yield teller.days.after(teller.at, row.ends_after)
        end_acting_chair(teller.session, term_id, by=teller.actor(row.by), at=teller.tick())


def _limited(teller: Teller) -> Life:
    """Let the administrator say anew who signs above which amount."""
    yield teller.days.on(teller.book.limits_on)
    newest = teller.session.scalar(select(func.max(SignatureRule.id))) or 0
    table = LimitTable(_LIMITS, bangkok_day(teller.at) + timedelta(days=1), newest)
    set_limits(teller.session, table, by=teller.holders(Role.ADMINISTRATOR)[0], at=teller.tick())


def _reminded(teller: Teller) -> Life:
    """Let the last mornings bring their letters."""
    for day in range(YEAR - _MORNINGS, YEAR + 1):
        on = teller.days.begins_on + timedelta(days=day)
        yield datetime.combine(on, _MORNING, BANGKOK).astimezone(UTC)
        remind(teller.session, at=teller.at)
