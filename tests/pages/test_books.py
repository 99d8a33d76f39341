from __future__ import annotations

import csv
from datetime import UTC
from datetime import date
from datetime import datetime
from io import StringIO

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.funds import books_page
from portal.funds import ledger_page
from portal.funds import money_in
from portal.funds.books_page import READERS
from portal.funds.books_page import YearNotFoundError
from portal.funds.books_page import accounts_in
from portal.funds.books_page import year_of_books
from portal.funds.ledger import Account
from portal.funds.ledger import Place
from portal.funds.ledger_page import FUND_ITSELF
from portal.funds.ledger_page import PAGE_LENGTH
from portal.funds.ledger_page import Selection
from portal.funds.models import Balance
from portal.funds.money_in import DonationAnswer
from portal.funds.rules import RoleNeededError
from portal.funds.statements import TrialBalance
from portal.funds.statements import fund_statements
from portal.money import Money
from portal.money import total
from portal.people.queries import SYSTEM
from portal.roles import Actor
from tests.conftest import Maker
from tests.conftest import Visitor
from tests.moved import everything_that_moves_money
from tests.statements import statements
from tests.world import World

TODAY = date(2026, 11, 20)
# The last minute of a fiscal year in Thailand, and the first of the next one.
LAST, FIRST = datetime(2027, 9, 30, 16, 59, tzinfo=UTC), datetime(2027, 9, 30, 17, 0, tzinfo=UTC)
LATER = datetime(2028, 10, 5, 5, 0, tzinfo=UTC)
GIFT = Money(12_345)


def donated(world: World, *, at: datetime, reference: str) -> None:
    answer = DonationAnswer(reference, "CSR", GIFT, date(2026, 9, 30), "ผู้ให้ ตัวอย่าง")
    money_in.receive_donation(world.session, answer, by=SYSTEM, at=at)


def year(session: Session, number: int | None = None, *, by: Actor) -> books_page.Year:
    return year_of_books(session, number, today=TODAY, by=by)


def sums(session: Session, number: int, *, by: Actor) -> dict[str, tuple[Money, Money, Money]]:
    """Return by fund what was carried over, came in, and is left."""
    told = fund_statements(accounts_in(session, year(session, number, by=by)))
    return {each.fund: (each.carried_over, each.received, each.left) for each in told}


def test_a_year_ends_at_midnight_in_thailand(session: Session, world: World) -> None:
    before = sums(session, 2570, by=world.wipa)["CSR"]
    donated(world, at=LAST, reference="OLD")
    donated(world, at=FIRST, reference="NEW")
    donated(world, at=LATER, reference="LATER")
    assert list(year(session, 2570, by=world.wipa).choices) == [2572, 2571, 2570]
    carried, received, left = sums(session, 2570, by=world.wipa)["CSR"]
    assert (carried, received) == (before[0], before[1] + GIFT)
    assert sums(session, 2571, by=world.wipa)["CSR"] == (left, GIFT, left + GIFT)
    assert sums(session, 2572, by=world.wipa)["CSR"] == (left + GIFT, GIFT, left + GIFT + GIFT)
    assert not year(session, 2572, by=world.wipa).has_next
    assert year(session, by=world.wipa).number == 2572
    assert year(session, 2570, by=world.wipa).has_next


def test_the_books_of_every_year_balance_and_end_at_the_balances(
    session: Session, world: World
) -> None:
    everything_that_moves_money(world)
    donated(world, at=LAST, reference="OLD")
    donated(world, at=FIRST, reference="NEW")
    donated(world, at=LATER, reference="LATER")
    closings: dict[Account, Money] = {}
    for number in (2570, 2571, 2572):
        lines = accounts_in(session, year(session, number, by=world.wipa))
        assert TrialBalance(lines).is_balanced
        assert closings in ({}, {line.account: line.opening for line in lines})
        closings = {line.account: line.closing for line in lines}
        for told in fund_statements(lines):
            assert told.left == told.unallocated + told.available + told.set_aside
    held = {
        (row.fund_code, row.subcommittee_code, row.place): Money(row.satang)
        for row in session.scalars(select(Balance))
    }
    assert {(a.fund, a.subcommittee, a.place): money for a, money in closings.items()} == held


@pytest.mark.parametrize(
    "of",
    [
        Selection("GEN"),
        Selection("GEN", FUND_ITSELF),
        Selection("GEN", "SC5"),
        Selection("GEN", "SC5", Place.FEES),
        Selection("GEN", "", Place.DISBURSED),
        Selection("GEN", FUND_ITSELF, Place.SOURCE),
    ],
    ids=str,
)
def test_a_ledger_runs_from_the_opening_to_the_closing(
    session: Session, world: World, of: Selection
) -> None:
    everything_that_moves_money(world)
    now = year(session, by=world.wipa)
    page = ledger_page.ledger_page(session, of, now)
    chosen = [
        line
        for line in accounts_in(session, now)
        if line.account.fund == of.fund
        and line.account.place in of.places
        and of.subcommittee in {"", line.account.subcommittee or FUND_ITSELF}
    ]
    assert page.opening == total(line.opening for line in chosen)
    assert page.closing == total(line.closing for line in chosen)
    assert len(page.lines) == page.count > 0
    balance = page.opening
    for line in page.lines:
        assert line.amount
        assert (line.debit or Money(0)) - (line.credit or Money(0)) == line.amount
        balance += line.amount
        assert line.balance == balance
    assert balance == page.closing
    assert list(ledger_page.whole_ledger(session.connection(), of, now)) == list(page.lines)


def test_a_long_ledger_is_paged_without_losing_a_satang(session: Session, world: World) -> None:
    for number in range(2 * PAGE_LENGTH + 3):
        donated(world, at=FIRST, reference=f"GIFT-{number}")
    of, now = Selection("CSR"), year(session, 2571, by=world.wipa)
    whole = list(ledger_page.whole_ledger(session.connection(), of, now))
    first = ledger_page.ledger_page(session, of, now)
    assert (first.above, first.previous_after, first.carried) == (0, None, first.opening)
    assert first.next_after is not None
    second = ledger_page.ledger_page(session, of, now, after=first.next_after)
    assert second.carried == first.lines[-1].balance
    assert (second.above, second.previous_after) == (PAGE_LENGTH, first.lines[0].number - 1)
    assert second.next_after is not None
    third = ledger_page.ledger_page(session, of, now, after=second.next_after)
    assert third.next_after is None
    assert [*first.lines, *second.lines, *third.lines] == whole
    assert third.previous_after is not None
    again = ledger_page.ledger_page(session, of, now, after=third.previous_after)
    assert again.lines == second.lines
    assert {page.closing for page in (first, second, third)} == {third.lines[-1].balance}


def test_only_those_who_work_with_the_whole_books_read_them(session: Session, world: World) -> None:
    for by in (world.malee, world.anong, world.wipa, world.driving, world.board):
        assert year(session, by=by).number == 2570
    for by in (world.somchai, world.finder, world.admin, world.krit):
        with pytest.raises(RoleNeededError) as refused:
            year(session, by=by)
        assert refused.value.roles == READERS


@pytest.mark.parametrize("number", [2569, 2571, 0, 10**12])
def test_a_year_that_the_books_do_not_have_is_not_there(
    session: Session, world: World, number: int
) -> None:
    with pytest.raises(YearNotFoundError):
        year(session, number, by=world.wipa)


def rows(client: Visitor, path: str) -> list[dict[str, str]]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    text = answer.data.decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text, newline="")))


def test_the_pages_and_files_tell_the_same(client: Visitor, made: Maker) -> None:
    made(everything_that_moves_money)
    client.sign_in("wipa")
    page = client.get("/en/office/books").text
    assert "The books balance" in page
    trial = rows(client, "/office/books/trial-balance.csv?year=2570")
    debit, credit = (
        sum(float(row[f"{side}_baht"]) for row in trial) for side in ("debit", "credit")
    )
    assert (debit > 0, f"{debit:.2f}") == (True, f"{credit:.2f}")
    page = client.get("/en/office/books/funds?year=2570").text
    (general,) = [row for row in rows(client, "/office/books/funds.csv") if row["fund"] == "GEN"]
    for column in ("received", "paid", "came_back", "fees", "left"):
        assert str(Money.parse(general[f"{column}_baht"])) in page, column
    lines = rows(client, "/office/books/ledger/GEN/lines.csv?subcommittee=SC5&place=fees")
    assert [(row["kind"], row["debit_baht"], row["balance_baht"]) for row in lines] == [
        ("return", "10.01", "10.01")
    ]
    assert lines[0]["reference"].startswith("RYG-2570-")
    page = client.get("/en/office/books/ledger/GEN?subcommittee=SC5&place=fees").text
    assert ("Returned by the bank" in page, "10.01" in page) == (True, True)
    assert "lines.csv?subcommittee=SC5&amp;place=fees&amp;year=2570" in page
    for path in ("books", "books/funds", "books/ledger/GEN"):
        assert client.get(f"/office/{path}").status_code == 200
    sheet = client.get("/en/office/books/trial-balance.xlsx")
    assert sheet.headers["Content-Disposition"] == "attachment; filename=trial-balance-2570.xlsx"


@pytest.mark.parametrize(
    "path",
    [
        "books?year=2400",
        "books/funds?year=2400",
        "books/ledger/NONE",
        "books/ledger/GEN?place=nowhere",
        "books/ledger/GEN?subcommittee=NONE",
        "books/ledger/GEN/lines.csv?place=nowhere",
        "books/ledger/GEN?year=2400",
    ],
)
def test_what_the_books_do_not_have_is_not_there(client: Visitor, path: str) -> None:
    assert client.sign_in("wipa").get(f"/office/{path}").status_code == 404


def test_an_account_in_which_nothing_moved_says_so(client: Visitor) -> None:
    client.sign_in("anong")
    page = client.get("/en/office/books/ledger/GEN?place=fees").text
    assert ("Nothing moved here" in page, "It held 0 baht." in page) == (True, True)
    assert client.get(f"/office/books/ledger/GEN?after={10**30}").status_code == 200
    assert client.get("/office/books/ledger/GEN?after=-5").status_code == 200


def test_longer_books_ask_no_more_of_the_database(client: Visitor, made: Maker) -> None:
    client.sign_in("anong")

    def asked() -> list[int]:
        counts = []
        for path in ("books", "books/funds", "books/ledger/GEN", "books/ledger/GEN/lines.csv"):
            with statements() as heard:
                assert client.get(f"/office/{path}").data
            counts.append(len(heard))
        return counts

    made(lambda world: world.confirmed().id)
    once = asked()
    made(lambda world: [world.confirmed(f"KTB{number}").id for number in range(3)])
    assert asked() == once
