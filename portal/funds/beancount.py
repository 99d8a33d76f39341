"""The books as beancount reads them: accounts, one transaction for each journal entry, balances.

Nothing here tells of a person: a journal entry has its day, kind, amounts and references.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import timedelta

from portal.funds.ledger import Account
from portal.funds.ledger import EntryKind
from portal.funds.ledger import Place
from portal.funds.ledger import Posting
from portal.labels import TABLES
from portal.money import Money

# Each place below one of beancount's five roots. A code has no small letters, a place has some:
# no subcommittee is ever taken for a place of its fund.
ACCOUNTS: Mapping[Place, tuple[str, str]] = {
    Place.SOURCE: ("Income", "Donated"),
    Place.AVAILABLE: ("Assets", "Available"),
    Place.COMMITTED: ("Assets", "Committed"),
    Place.IN_TRANSIT: ("Assets", "InTransit"),
    Place.RETURNED: ("Assets", "Returned"),
    Place.DISBURSED: ("Expenses", "Disbursed"),
    Place.RECEIVED: ("Expenses", "Received"),
    Place.FEES: ("Expenses", "Fees"),
}


@dataclass(frozen=True, slots=True)
class Booked:
    """A journal entry: its number, day, kind, postings, log entry, and what it is about if told."""

    number: int
    day: date
    kind: EntryKind
    eid: str
    reference: str
    postings: Sequence[Posting]


@dataclass(frozen=True, slots=True)
class Books:
    """Whose books they are, since when, and what every account holds now."""

    title: str
    first_day: date | None
    balances: Sequence[tuple[Account, Money]]


def written(books: Books, entries: Iterable[Booked]) -> Iterator[str]:
    """Give the text piece by piece; the balances stand at the end and are compared there."""
    yield from _head(books)
    last_day = books.first_day
    for entry in entries:
        last_day = max(last_day or entry.day, entry.day)
        yield _entry(entry)
    if last_day is not None:
        # Beancount compares in the morning: the day after the last entry.
        yield from _balances(books, last_day + timedelta(days=1))


def _head(books: Books) -> Iterator[str]:
    yield f'option "title" {_quoted(books.title)}\noption "operating_currency" "THB"\n\n'
    for account, _ in books.balances:
        yield f"{books.first_day} open {account_name(account)} THB\n"


def account_name(account: Account) -> str:
    """Write `Assets:GEN:SC5:Available`; a fund's own money stands right below the fund."""
    root, place = ACCOUNTS[account.place]
    return ":".join(part for part in (root, account.fund, account.subcommittee, place) if part)


def _entry(entry: Booked) -> str:
    link = f" ^{entry.reference}" if entry.reference else ""
    narration = _quoted(TABLES["entry_kind"][entry.kind])
    lines = [
        f"\n{entry.day} * {narration}{link}",
        f"  journal-entry: {entry.number}",
        f'  log-entry: "{entry.eid}"',
        *(f"  {account_name(each.account)}  {_baht(each.amount)} THB" for each in entry.postings),
    ]
    return "\n".join(lines) + "\n"


def _balances(books: Books, day: date) -> Iterator[str]:
    yield "\n"
    for account, amount in books.balances:
        # Without a tolerance of its own, beancount would forgive a satang.
        yield f"{day} balance {account_name(account)}  {_baht(amount)} ~ 0.00 THB\n"


def _baht(amount: Money) -> str:
    baht, satang = divmod(abs(amount.satang), 100)
    return f"{'-' * (amount.satang < 0)}{baht}.{satang:02}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
