"""The ledger of a fund or of one account: each entry that moved it, and what was left after it."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy import Connection
from sqlalchemy import Select
from sqlalchemy import case
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import N_
from portal.errors import NotFoundError
from portal.funds.books_page import BookNames
from portal.funds.books_page import Year
from portal.funds.ledger import EntryKind
from portal.funds.ledger import Place
from portal.funds.models import Balance
from portal.funds.models import Donation
from portal.funds.models import FundRequest
from portal.funds.models import JournalEntry
from portal.funds.models import PostingRow
from portal.funds.statements import ON_HAND
from portal.money import Money

PAGE_LENGTH = 50
# In an address: the fund itself, without its subcommittees.
FUND_ITSELF = "-"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which accounts a ledger tells of: of a fund or one part of it, at a place or on hand."""

    fund: str
    subcommittee: str = ""
    place: Place | None = None

    @property
    def places(self) -> Sequence[Place]:
        """Return the places that are looked at together."""
        return ON_HAND if self.place is None else (self.place,)

    @property
    def condition(self) -> ColumnElement[bool]:
        """Return the condition for its accounts."""
        is_here = (Balance.fund_code == self.fund) & Balance.place.in_(self.places)
        if self.subcommittee:
            code = "" if self.subcommittee == FUND_ITSELF else self.subcommittee
            is_here &= Balance.subcommittee_code == code
        return is_here


class LedgerNotFoundError(NotFoundError):
    """The books have no such fund, subcommittee or account."""

    def __init__(self) -> None:
        super().__init__(N_("The books have no such account."))


def selection(names: BookNames, fund: str, subcommittee: str, place: str) -> Selection:
    """Return what a ledger is to tell of, or raise `LedgerNotFoundError`; empty is all of it."""
    is_known = fund in names.funds and subcommittee in {"", FUND_ITSELF, *names.subcommittees}
    if not is_known or place not in {"", *Place}:
        raise LedgerNotFoundError
    return Selection(fund, subcommittee, Place(place) if place else None)


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A journal entry: what it put in or took out, and what was left after it."""

    number: int
    at: datetime
    kind: EntryKind
    eid: str
    reference: str
    request_id: int | None
    amount: Money
    balance: Money

    @property
    def debit(self) -> Money | None:
        """Return what was put in."""
        return self.amount if self.amount.satang > 0 else None

    @property
    def credit(self) -> Money | None:
        """Return what was taken out."""
        return -self.amount if self.amount.satang < 0 else None


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """A page of a ledger in the order of the journal; before it come `above` entries of the year.

    `carried` is what was left before the first line; `next_after` and `previous_after` are the
    numbers of the entries after which the pages beside it begin.
    """

    lines: Sequence[LedgerLine]
    opening: Money
    debit: Money
    credit: Money
    carried: Money
    count: int
    above: int
    previous_after: int | None
    next_after: int | None

    @property
    def closing(self) -> Money:
        """Return what was left at the end of the year, or is left now."""
        return self.opening + self.debit - self.credit


def ledger_page(session: Session, of: Selection, year: Year, *, after: int = 0) -> LedgerPage:
    """Return a page of a ledger, from after a journal entry."""
    sums = session.execute(_sums(of, year, after)).one()
    rows = session.execute(_lines(of, year, after).limit(PAGE_LENGTH + 1)).all()
    above, opening = int(sums.above or 0), Money(int(sums.opening or 0))
    carried = opening + Money(int(sums.before or 0))
    return LedgerPage(
        lines=list(_told(rows[:PAGE_LENGTH], carried)),
        opening=opening,
        debit=Money(int(sums.debit or 0)),
        credit=Money(int(sums.credit or 0)),
        carried=carried,
        count=int(sums.lines or 0),
        above=above,
        previous_after=_previous(session, of, year, after) if above else None,
        next_after=rows[PAGE_LENGTH - 1].id if len(rows) > PAGE_LENGTH else None,
    )


def whole_ledger(connection: Connection, of: Selection, year: Year) -> Iterator[LedgerLine]:
    """Give every line of a ledger while it is read; the connection sees one moment throughout."""
    opening = connection.execute(_sums(of, year, 0)).one().opening
    yield from _told(connection.execute(_lines(of, year, 0)), Money(int(opening or 0)))


def _told(rows: Any, carried: Money) -> Iterator[LedgerLine]:  # rows of `_lines`
    balance = carried
    for row in rows:
        balance += Money(int(row.satang))
        yield LedgerLine(
            number=row.id,
            at=row.at,
            kind=EntryKind(row.kind),
            eid=row.log_eid,
            reference=row.reference,
            request_id=row.fund_request_id,
            amount=Money(int(row.satang)),
            balance=balance,
        )


def _moving(of: Selection, *conditions: ColumnElement[bool]) -> Select[int, datetime, int]:
    """Entries that moved the selection as a whole; what only changed places within it does not."""
    return (
        select(JournalEntry.id, JournalEntry.at, func.sum(PostingRow.satang).label("satang"))
        .join(PostingRow, PostingRow.journal_entry_id == JournalEntry.id)
        .where(PostingRow.balance_id.in_(select(Balance.id).where(of.condition)), *conditions)
        .group_by(JournalEntry.id, JournalEntry.at)
        .having(func.sum(PostingRow.satang) != 0)
    )


def _sums(of: Selection, year: Year, after: int) -> Select[int, int, int, int, int, int]:
    moving = _moving(of, JournalEntry.at < year.ends).subquery()
    amount = moving.c.satang
    is_now = moving.c.at >= year.begins
    is_above = is_now & (moving.c.id <= after)
    return select(
        func.sum(case((~is_now, amount), else_=0)).label("opening"),
        func.sum(case((is_above, amount), else_=0)).label("before"),
        func.sum(case((is_above, 1), else_=0)).label("above"),
        func.sum(case((is_now, 1), else_=0)).label("lines"),
        func.sum(case((is_now & (amount > 0), amount), else_=0)).label("debit"),
        func.sum(case((is_now & (amount < 0), -amount), else_=0)).label("credit"),
    )


def _lines(of: Selection, year: Year, after: int) -> Select[*tuple[Any, ...]]:
    within = (JournalEntry.at >= year.begins, JournalEntry.at < year.ends, JournalEntry.id > after)
    moving = _moving(of, *within).subquery()
    return (
        select(
            JournalEntry.id,
            JournalEntry.at,
            JournalEntry.kind,
            JournalEntry.log_eid,
            JournalEntry.fund_request_id,
            func.coalesce(FundRequest.reference, Donation.reference, "").label("reference"),
            moving.c.satang,
        )
        .join(moving, moving.c.id == JournalEntry.id)
        .outerjoin(FundRequest, FundRequest.id == JournalEntry.fund_request_id)
        .outerjoin(Donation, Donation.log_eid == JournalEntry.log_eid)
        .order_by(JournalEntry.id)
    )


def _previous(session: Session, of: Selection, year: Year, after: int) -> int:
    """Return after which entry the page above begins."""
    above = _moving(
        of,
        JournalEntry.at >= year.begins,
        JournalEntry.at < year.ends,
        JournalEntry.id <= after,
    )
    found = session.scalars(above.order_by(JournalEntry.id.desc()).limit(PAGE_LENGTH)).all()
    return int(found[-1]) - 1
