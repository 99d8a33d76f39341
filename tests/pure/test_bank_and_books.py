"""The bank of `tests/bank.py` and the portal's reading, matching and reconciling agree."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from random import Random

import pytest

from portal.money import Money
from portal.payments.matching import Matching
from portal.payments.matching import MatchKind
from portal.payments.matching import Sent
from portal.payments.matching import suggestions
from portal.payments.reconciliation import Books
from portal.payments.reconciliation import Cause
from portal.payments.reconciliation import Match
from portal.payments.reconciliation import Meaning
from portal.payments.reconciliation import Sheet
from portal.payments.reconciliation import reconcile
from portal.payments.statement import Line
from portal.payments.statement import Statement
from portal.payments.statement import fingerprints
from portal.payments.statement_files import read_statement
from tests.bank import Bank
from tests.bank import Booked
from tests.bank import Order
from tests.bank import Period
from tests.bank import camt
from tests.bank import christian_day
from tests.bank import csv_text
from tests.bank import mt940
from tests.bank import short_christian_day
from tests.bank import short_thai_day
from tests.bank import xlsx

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)
SENT_ON = date(2026, 11, 9)
ACCOUNT = "9876543210"
FORMATS: dict[str, tuple[str, Callable[[Period], bytes]]] = {
    "csv": ("a.csv", lambda period: csv_text(period).encode("utf-8-sig")),
    "csv-cp874": ("a.CSV", lambda period: csv_text(period).encode("cp874")),
    "csv-ค.ศ.": ("a.csv", lambda period: csv_text(period, christian_day, "\t").encode()),
    "csv-69": ("a.csv", lambda period: csv_text(period, short_thai_day, ";").encode("cp874")),
    "csv-26": ("a.csv", lambda period: csv_text(period, short_christian_day).encode()),
    "xlsx": ("a.xlsx", xlsx),
    "xlsx-newest-first": ("a.xlsx", lambda period: xlsx(period, newest_first=True)),
    "mt940": ("a.sta", lambda period: mt940(period).encode()),
    "mt940-cp874": ("a.txt", lambda period: mt940(period).encode("cp874")),
    "camt-02": ("a.xml", lambda period: camt(period, "02")),
    "camt-08": ("a.xml", lambda period: camt(period, "08")),
}
SEEDS = range(8)


def orders(seed: int, count: int = 60) -> list[Order]:
    """Payments of one file, to accounts that differ in what a bank shows of them."""
    random = Random(seed)  # noqa: S311 - the same orders again are the point
    shown = random.sample(range(10_000, 99_999), count)
    return [
        Order(
            reference=f"RYG-2570-P{seed * 1000 + number:06}",
            account=f"{random.randrange(1000, 9999)}{shown[number]:05}{random.randrange(10)}",
            satang=random.randrange(50_000, 1_000_000, random.choice((1, 25, 50_000))),
            batch=f"RYG-2570-B{number // 20:06}" if number < 40 and seed % 2 else "",
        )
        for number in range(count)
    ]


def bank_of(seed: int) -> tuple[Bank, list[Order]]:
    bank = Bank(seed)
    taken = orders(seed)
    bank.receive(FIRST, 10_000_000 + seed)
    bank.take(taken, SENT_ON)
    bank.receive(LAST, 99)
    return bank, taken


def sent_of(taken: list[Order]) -> list[Sent]:
    totals: dict[str, int] = {}
    for order in taken:
        totals[order.batch] = totals.get(order.batch, 0) + order.satang
    return [
        Sent(
            reference=order.reference,
            amount=Money(order.satang),
            sent_on=SENT_ON,
            account=order.account,
            batch=order.batch,
            batch_total=Money(totals[order.batch]) if order.batch else None,
        )
        for order in taken
    ]


def read(bank: Bank, kind: str, first: date = FIRST, last: date = LAST) -> Statement:
    name, write = FORMATS[kind]
    return read_statement(write(bank.period(first, last)), name=name, account="987-6-54321-0")


def keyed(statement: Statement) -> dict[str, Line]:
    return dict(zip(fingerprints(statement.lines, account=ACCOUNT), statement.lines, strict=True))


@pytest.mark.parametrize("seed", SEEDS)
def test_every_format_tells_the_same_lines(seed: int) -> None:
    bank, _ = bank_of(seed)
    period = bank.period(FIRST, LAST)
    first = read(bank, "csv")
    assert [line.amount.satang for line in first.lines] == [line.satang for line in period.lines]
    assert [line.booked_on for line in first.lines] == [line.day for line in period.lines]
    assert [line.bank_reference for line in first.lines] == [
        line.bank_reference for line in period.lines
    ]
    for kind in FORMATS:
        statement = read(bank, kind)
        assert statement == first, kind
        assert statement.opening == Money(period.opening)
        assert statement.closing == Money(period.closing)


@pytest.mark.parametrize("seed", SEEDS)
def test_overlapping_files_of_different_formats_add_each_line_once(seed: int) -> None:
    bank, _ = bank_of(seed)
    whole = keyed(read(bank, "mt940"))
    middle = date(2026, 11, 11)
    kept: dict[str, Line] = {}
    for kind, first, last in (
        ("xlsx", FIRST, date(2026, 11, 12)),
        ("xlsx", FIRST, date(2026, 11, 12)),
        ("camt-02", middle, LAST),
        ("csv-cp874", FIRST, LAST),
    ):
        kept |= keyed(read(bank, kind, first, last))
    assert kept == whole


def check_explained(matching: Matching, lines: dict[str, Line], booked: dict[str, Booked]) -> None:
    """Every suggestion is what the bank knows, and only the donations are nobody's."""
    kinds = {
        "payment": {MatchKind.END_TO_END, MatchKind.ACCOUNT},
        "split": {MatchKind.SPLIT},
        "batch": {MatchKind.BATCH},
        "return": {MatchKind.RETURN},
        "fee": {MatchKind.FEE},
    }
    found = {key: suggestion for suggestion in matching.suggestions for key in suggestion.lines}
    for key, line in lines.items():
        truth = booked[line.bank_reference]
        if truth.what == "donation":
            assert key in matching.unmatched
            continue
        assert found[key].kind in kinds[truth.what], (truth, str(found[key].why))
        assert sorted(found[key].payments) == sorted(truth.orders)


def confirmed(matching: Matching) -> list[Match]:
    meanings = {MatchKind.RETURN: Meaning.RETURN, MatchKind.FEE: Meaning.FEE}
    return [
        Match(meanings.get(suggestion.kind, Meaning.PAYMENT), suggestion.lines, suggestion.payments)
        for suggestion in matching.suggestions
        if suggestion.can_be_confirmed
    ]


def books_of(bank: Bank, taken: list[Order]) -> Books:
    """What the books must say, told by the orders and by what the bank took and gave."""
    fees = [-line.satang for line in bank.booked if line.what == "fee"]
    returns = [line.satang for line in bank.booked if line.what == "return"]
    return Books(
        confirmed={order.reference: Money(order.satang) for order in taken},
        fees=Money(sum(fees)),
        returns=Money(sum(returns)),
    )


def sheet_of(bank: Bank, taken: list[Order]) -> Sheet:
    statement = read(bank, "camt-08")
    lines = keyed(statement)
    matches = confirmed(suggestions(lines, sent_of(taken)))
    assert statement.opening is not None
    assert statement.closing is not None
    return reconcile(
        lines,
        matches,
        books_of(bank, taken),
        opening=statement.opening,
        closing=statement.closing,
    )


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", ["csv-cp874", "xlsx", "mt940", "camt-02"])
def test_matching_explains_every_line(seed: int, kind: str) -> None:
    bank, taken = bank_of(seed)
    lines = keyed(read(bank, kind))
    booked = {line.bank_reference: line for line in bank.booked}
    check_explained(suggestions(lines, sent_of(taken)), lines, booked)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_books_agree_with_the_bank_to_the_satang(seed: int) -> None:
    bank, taken = bank_of(seed)
    sheet = sheet_of(bank, taken)
    assert sheet.difference == Money(0)
    assert sheet.missing == Money(0)
    assert sheet.explanations == ()
    assert sheet.opening + sheet.money_in - sheet.outflow == sheet.closing
    paid, back = sum(order.satang for order in taken), books_of(bank, taken).returns
    fees = books_of(bank, taken).fees
    assert sheet.outflow == Money(paid) + fees - back


@pytest.mark.parametrize("seed", SEEDS)
def test_a_payment_that_the_bank_makes_twice_is_seen(seed: int) -> None:
    bank, taken = bank_of(seed)
    alone = next(order for order in taken if not order.batch)
    bank.pay(alone, date(2026, 11, 20))
    lines = keyed(read(bank, "mt940"))
    matching = suggestions(lines, sent_of(taken))
    booked = {line.bank_reference: line for line in bank.booked}
    again = [key for key, line in lines.items() if booked[line.bank_reference].day.day == 20]
    shown = {key for suggestion in matching.suggestions for key in suggestion.lines}
    assert again
    # Named, it is a duplicate or tells too much; by its account alone nobody asked for it.
    sheet = sheet_of(bank, taken)
    assert sheet.difference == Money(alone.satang)
    assert all(explanation.cause is Cause.UNMATCHED_OUT for explanation in sheet.explanations)
    assert shown | set(matching.unmatched) == set(lines)


def test_the_same_seed_is_the_same_bank() -> None:
    assert bank_of(3)[0].booked == bank_of(3)[0].booked
    assert bank_of(3)[0].booked != bank_of(4)[0].booked
