from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from beancount import loader

from portal.funds import ledger
from portal.funds.beancount import Booked
from portal.funds.beancount import Books
from portal.funds.beancount import account_name
from portal.funds.beancount import written
from portal.funds.ledger import Account
from portal.funds.ledger import EntryKind
from portal.funds.ledger import Place
from portal.funds.ledger import Posting
from portal.money import Money

GIFT, SHARE = Money(1_234_567_01), Money(50)
DONATED = Booked(
    1, date(2026, 11, 3), EntryKind.DONATION, "an-entry", "BANK-77", ledger.donation("GEN", GIFT)
)
ALLOCATED = Booked(
    2,
    # Booked later, of an earlier day: beancount puts it first.
    date(2026, 11, 2),
    EntryKind.ALLOCATION,
    "another",
    "",
    ledger.allocation("GEN", "SC5", SHARE),
)
BOOKS = Books(
    'The "Rayong" \\ Foundation',
    ALLOCATED.day,
    [
        (Account("GEN", "", Place.AVAILABLE), GIFT - SHARE),
        (Account("GEN", "", Place.SOURCE), -GIFT),
        (Account("GEN", "SC5", Place.AVAILABLE), SHARE),
    ],
)
TEXT = """\
option "title" "The \\"Rayong\\" \\\\ Foundation"
option "operating_currency" "THB"

2026-11-02 open Assets:GEN:Available THB
2026-11-02 open Income:GEN:Donated THB
2026-11-02 open Assets:GEN:SC5:Available THB

2026-11-03 * "Donation" ^BANK-77
  journal-entry: 1
  log-entry: "an-entry"
  Income:GEN:Donated  -1234567.01 THB
  Assets:GEN:Available  1234567.01 THB

2026-11-02 * "Allocation to a subcommittee"
  journal-entry: 2
  log-entry: "another"
  Assets:GEN:Available  -0.50 THB
  Assets:GEN:SC5:Available  0.50 THB

2026-11-04 balance Assets:GEN:Available  1234566.51 ~ 0.00 THB
2026-11-04 balance Income:GEN:Donated  -1234567.01 ~ 0.00 THB
2026-11-04 balance Assets:GEN:SC5:Available  0.50 ~ 0.00 THB
"""


def complaints(books: Books, *entries: Booked) -> list[str]:
    _, errors, _ = loader.load_string("".join(written(books, entries)))
    return [error.message for error in errors]


def test_the_text_is_the_same_to_the_byte_and_beancount_agrees() -> None:
    assert "".join(written(BOOKS, [DONATED, ALLOCATED])) == TEXT
    assert complaints(BOOKS, DONATED, ALLOCATED) == []


def test_books_in_which_nothing_stands_yet_are_fine() -> None:
    assert complaints(Books("New", None, ())) == []


def test_an_entry_that_is_a_satang_off_is_found() -> None:
    source, available = DONATED.postings
    wrong = replace(available, amount=available.amount + Money(1))
    found = complaints(BOOKS, replace(DONATED, postings=[source, wrong]), ALLOCATED)
    assert any("does not balance" in message for message in found)


def test_a_balance_that_is_a_satang_off_is_found() -> None:
    first, *others = BOOKS.balances
    wrong = replace(BOOKS, balances=[(first[0], first[1] + Money(1)), *others])
    (message,) = complaints(wrong, DONATED, ALLOCATED)
    assert "Balance failed for 'Assets:GEN:Available'" in message


def test_an_account_that_was_never_opened_is_found() -> None:
    stray = Posting(Account("GEN", "SC1", Place.AVAILABLE), SHARE)
    found = complaints(BOOKS, replace(ALLOCATED, postings=[ALLOCATED.postings[0], stray]), DONATED)
    assert any("Assets:GEN:SC1:Available" in message for message in found)


@pytest.mark.parametrize("place", Place)
def test_every_place_has_an_account_of_its_own(place: Place) -> None:
    names = {account_name(Account("F-1", "SC5", other)) for other in Place}
    assert len(names) == len(Place)
    assert account_name(Account("F-1", "SC5", place)) in names


def test_the_text_is_given_while_the_entries_are_read() -> None:
    read: list[int] = []

    def entries() -> Iterator[Booked]:
        for entry in (DONATED, ALLOCATED):
            read.append(entry.number)
            yield entry

    pieces = written(BOOKS, entries())
    while not read:
        next(pieces)
    assert read == [1]
