"""What the pages of the books show: a year of every account and fund, and a ledger line by line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime
from datetime import time

from sqlalchemy import Select
from sqlalchemy import case
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import union_all
from sqlalchemy.orm import Session

from portal.errors import N_
from portal.errors import NotFoundError
from portal.funds.ledger import Account
from portal.funds.ledger import EntryKind
from portal.funds.ledger import Place
from portal.funds.models import Balance
from portal.funds.models import Foundation
from portal.funds.models import JournalEntry
from portal.funds.models import PostingRow
from portal.funds.rule_models import Fund
from portal.funds.rule_models import Subcommittee
from portal.funds.rules import RoleNeededError
from portal.funds.statements import AccountYear
from portal.funds.statements import Moved
from portal.labels import Name
from portal.money import Money
from portal.roles import Actor
from portal.roles import Role
from portal.thai import BANGKOK
from portal.thai import bangkok_day
from portal.thai import fiscal_year
from portal.thai import fiscal_year_begins

READERS = frozenset({Role.OFFICER, Role.TREASURER, Role.AUDITOR, Role.DRIVING_CHAIR, Role.BOARD})


class YearNotFoundError(NotFoundError):
    """Nothing was booked in a year so early, or it has not begun."""

    def __init__(self, year: int) -> None:
        super().__init__(N_("The books have no fiscal year {year}."), year=year)


@dataclass(frozen=True, slots=True)
class Year:
    """A fiscal year of the books, the moments at which it begins and is over, and all there are."""

    number: int
    begins: datetime
    ends: datetime
    choices: Sequence[int]

    @property
    def has_next(self) -> bool:
        """Say whether a later year has begun."""
        return self.number < self.choices[0]


def year_of_books(session: Session, number: int | None, *, today: date, by: Actor) -> Year:
    """Return a fiscal year, or the newest one, to those who work with the whole books."""
    if not READERS & by.roles:
        raise RoleNeededError(READERS)
    first_month = session.get_one(Foundation, 1).first_month
    outermost: list[datetime | None] = list(
        session.scalars(
            union_all(select(func.max(JournalEntry.at)), select(func.min(JournalEntry.at)))
        )
    )
    days = [today, *(bangkok_day(moment) for moment in outermost if moment is not None)]
    known = [fiscal_year(day, first_month=first_month) for day in days]
    choices = range(max(known), min(known) - 1, -1)
    number = max(known) if number is None else number
    if number not in choices:
        raise YearNotFoundError(number)
    begins, ends = (
        datetime.combine(fiscal_year_begins(year, first_month=first_month), time(), tzinfo=BANGKOK)
        for year in (number, number + 1)
    )
    return Year(number, begins, ends, choices)


@dataclass(frozen=True, slots=True)
class BookNames:
    """The names of the funds and subcommittees that the books speak of."""

    funds: Mapping[str, Name]
    subcommittees: Mapping[str, Name]


def book_names(session: Session) -> BookNames:
    """Return what funds and subcommittees are called today."""
    funds = session.execute(select(Fund.code, Fund.name_th, Fund.name_en).order_by(Fund.code))
    bodies = session.execute(
        select(Subcommittee.code, Subcommittee.short_th, Subcommittee.name_en).order_by(
            Subcommittee.code
        )
    )
    return BookNames(
        {code: Name(th, en) for code, th, en in funds},
        {code: Name(th, en) for code, th, en in bodies},
    )


def accounts_in(session: Session, year: Year) -> Sequence[AccountYear]:
    """Return every account in a year.

    What an account held when the year began is what it holds now less what was moved since: only
    the entries since then are read, however long the books are.
    """
    found: dict[Account, list[tuple[EntryKind | None, int, int, int]]] = defaultdict(list)
    held: dict[Account, int] = {}
    for row in session.execute(_moved_since(year)):
        account = Account(row.fund_code, row.subcommittee_code, Place(row.place))
        held[account] = row.satang
        kind = EntryKind(row.kind) if row.kind else None
        found[account].append(
            (kind, int(row.debit or 0), int(row.credit or 0), int(row.since or 0))
        )
    return [
        AccountYear(
            account,
            Money(held[account] - sum(since for *_, since in rows)),
            {
                kind: Moved(Money(debit), Money(credit))
                for kind, debit, credit, _ in rows
                if kind is not None and (debit or credit)
            },
        )
        for account, rows in sorted(found.items())
    ]


def _moved_since(year: Year) -> Select[str, str, Place, int, str, int, int, int]:
    """One statement, so that balances and postings are of one moment."""
    is_within = JournalEntry.at < year.ends
    amount = PostingRow.satang
    moved = (
        select(
            PostingRow.balance_id,
            JournalEntry.kind,
            func.sum(case((is_within & (amount > 0), amount), else_=0)).label("debit"),
            func.sum(case((is_within & (amount < 0), -amount), else_=0)).label("credit"),
            func.sum(amount).label("since"),
        )
        .join(JournalEntry, JournalEntry.id == PostingRow.journal_entry_id)
        .where(JournalEntry.at >= year.begins)
        .group_by(PostingRow.balance_id, JournalEntry.kind)
        .subquery()
    )
    return select(
        Balance.fund_code,
        Balance.subcommittee_code,
        Balance.place,
        Balance.satang,
        moved.c.kind,
        moved.c.debit,
        moved.c.credit,
        moved.c.since,
    ).outerjoin(moved, moved.c.balance_id == Balance.id)
