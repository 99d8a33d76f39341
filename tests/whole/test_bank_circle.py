"""The whole circle: a bank eats the portal's own files, and its statement agrees with the books.

The bank shares no code with the portal, neither where it reads nor where it writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from datetime import datetime
from itertools import cycle

import pytest
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.funds.ledger import Place
from portal.funds.models import Balance
from portal.funds.models import FundRequest
from portal.funds.money_in import DonationAnswer
from portal.funds.money_in import receive_donation
from portal.money import Money
from portal.payments.accounts import open_account
from portal.payments.matching_page import open_lines
from portal.payments.models import Payment
from portal.payments.payment_files import FileKind
from portal.payments.reconciliation import Cause
from portal.payments.reconciling import month_sheet
from portal.payments.rules import PaymentState
from portal.payments.statement_lines import Imported
from tests.bank import Bank
from tests.bank import Order
from tests.bank_circle import DAY
from tests.bank_circle import Circle
from tests.world import ACCOUNT
from tests.world import NOON
from tests.world import World

NOVEMBER = date(2026, 11, 1)
OPENING, GIFT = 20_000_000, 123_450
# What a bank keeps of money that it gives back, and takes for itself.
KEPT, CHARGE = 1500, 1000
# Every kind of file and every kind of statement, in turns.
STATEMENTS = ("csv", "csv-cp874", "xlsx", "mt940", "camt-02", "camt-08")
PAIRS = list(zip(cycle(FileKind), STATEMENTS, strict=False))


@pytest.fixture(params=PAIRS, ids="-".join)
def circle(request: pytest.FixtureRequest, session: Session, world: World) -> Circle:
    kind, told = request.param
    open_account(session, ACCOUNT, by=world.admin, at=NOON)
    bank = Bank(PAIRS.index(request.param), ACCOUNT.account_number, OPENING)
    return Circle(session, world, bank, kind, told)


def given(circle: Circle, *, at: datetime) -> None:
    """A gift reaches the bank, and an officer books it."""
    circle.bank.receive(at.date(), GIFT)
    answer = DonationAnswer("", "GEN", Money(GIFT), at.date(), "ผู้ให้ ตัวอย่าง")
    receive_donation(circle.session, answer, by=circle.world.malee, at=at)


def booked_with_habits(circle: Circle, orders: Sequence[Order], *, on: date) -> None:
    """The bank books one file with all its habits, one payment twice."""
    bank = circle.bank
    plain, split, back, less, part, charged, twice = orders
    for order in (plain, back, less, part, charged, twice):
        bank.pay(order, on)
    bank.split(split, on)
    bank.give_back(back, on + 2 * DAY, back.satang)
    bank.give_back(less, on + 2 * DAY, less.satang - KEPT)
    bank.give_back(part, on + 3 * DAY, part.satang // 3 - KEPT)
    circle.kept |= {less.reference: KEPT, part.reference: KEPT}
    bank.charge(on, charged.reference, CHARGE)
    bank.charge(on + DAY, satang=CHARGE)
    bank.pay(twice, on + 3 * DAY)
    circle.twice = twice.reference


def check_payments(circle: Circle) -> None:
    """What the books say of each payment is what the bank did."""
    lines = [line for line in circle.bank.booked if line != circle.second()]
    for payment in circle.session.scalars(select(Payment)):
        named = [line for line in lines if payment.reference in line.orders]
        alone = [line.satang for line in named if line.what in {"payment", "split"}]
        together = [line for line in named if line.what == "batch"]
        assert -sum(alone) == (0 if together else payment.amount_satang)
        back = sum(line.satang for line in named if line.what == "return")
        assert payment.fee_satang == circle.kept.get(payment.reference, 0)
        assert payment.returned_satang == back + payment.fee_satang
        is_back = payment.returned_satang == payment.amount_satang
        assert payment.state == (PaymentState.RETURNED if is_back else PaymentState.CONFIRMED)


def on_hand(session: Session) -> int:
    """What the books say that is in the house still, wherever it stands."""
    gone = (Place.SOURCE, Place.DISBURSED, Place.RECEIVED, Place.FEES)
    held = select(func.sum(Balance.satang)).where(Balance.place.not_in(gone))
    return int(session.scalar(held) or 0)


def check_sheet(circle: Circle) -> None:
    """The month's difference is what the bank did wrong, and nothing else."""
    sheet = month_sheet(circle.session, ACCOUNT.code, NOVEMBER).sheet
    lines = circle.bank.booked
    returns = sum(line.satang for line in lines if line.what == "return")
    fees = -sum(line.satang for line in lines if line.what == "fee")
    assert (sheet.opening, sheet.closing) == (Money(OPENING), Money(lines[-1].balance))
    assert (sheet.fees, sheet.returns, sheet.missing) == (Money(fees), Money(returns), Money(0))
    assert sheet.money_in == Money(2 * GIFT)
    assert sheet.difference == Money(-circle.second().satang)
    (explanation,) = sheet.explanations
    assert (explanation.cause, explanation.amount) == (Cause.UNMATCHED_OUT, sheet.difference)


def first_round(circle: Circle) -> list[FundRequest]:
    """A gift, a file that is booked with all habits, one that is booked whole, the statement."""
    given(circle, at=NOON - 2 * DAY)
    requests = [circle.asked(number) for number in range(7)]
    booked_with_habits(circle, circle.ordered(requests, at=NOON), on=NOON.date() + DAY)
    whole = circle.ordered([circle.asked(number) for number in range(7, 10)], at=NOON)
    circle.bank.take([replace(order, batch="FILE-2") for order in whole], NOON.date() + 2 * DAY)
    later = NOON + 5 * DAY
    assert circle.imported(NOVEMBER, later.date(), at=later).known == 0
    circle.confirmed(at=later)
    return requests[2:5]


def second_round(circle: Circle, requests: Sequence[FundRequest]) -> None:
    """What came back is paid again, from another file; the next statement overlaps the first."""
    sent_at, at = NOON + 6 * DAY, NOON + 8 * DAY
    for order in circle.ordered(requests, at=sent_at):
        circle.bank.pay(order, sent_at.date() + DAY)
    given(circle, at=at)
    first, last = NOON.date() + 2 * DAY, at.date()
    brought = circle.imported(first, last, at=at)
    assert (brought.new, brought.known > 0) == (4, True)
    circle.confirmed(at=at)
    assert circle.imported(first, last, at=at) == Imported(0, brought.new + brought.known)


def test_the_books_agree_with_a_bank_that_ate_our_files(circle: Circle) -> None:
    session, before = circle.session, on_hand(circle.session)
    came_back = first_round(circle)
    check_payments(circle)
    assert len(open_lines(session, ACCOUNT.code)) == 1
    second_round(circle, came_back)
    check_payments(circle)
    check_sheet(circle)
    # What the bank did twice stays for people to see, and is all that differs.
    (line,) = open_lines(session, ACCOUNT.code).values()
    assert circle.truth()[line.bank_reference].orders == (circle.twice,)
    gone = -circle.second().satang
    assert circle.bank.booked[-1].balance == OPENING + on_hand(session) - before - gone
