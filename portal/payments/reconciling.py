"""The month's sheet of an account: the bank's lines, what they were confirmed to be, the books.

What has a line counts on the bank's day; what somebody confirmed by hand, on the day they did.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime
from datetime import time

from sqlalchemy import ColumnElement
from sqlalchemy import and_
from sqlalchemy import func
from sqlalchemy import or_
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import N_
from portal.exporting import Column
from portal.exporting import Table
from portal.funds.ledger import EntryKind
from portal.funds.ledger import Place
from portal.funds.models import Balance
from portal.funds.models import JournalEntry
from portal.funds.models import PostingRow
from portal.money import Money
from portal.money import total
from portal.payments.match_rules import MonthNotFoundError
from portal.payments.models import BankLine
from portal.payments.models import BankStatement
from portal.payments.models import LineMatch
from portal.payments.models import MatchedLine
from portal.payments.models import MatchedPayment
from portal.payments.models import Payment
from portal.payments.models import PaymentBatch
from portal.payments.reconciliation import Books
from portal.payments.reconciliation import Match
from portal.payments.reconciliation import Meaning
from portal.payments.reconciliation import Sheet
from portal.payments.reconciliation import reconcile
from portal.payments.rules import Channel
from portal.payments.statement import Line
from portal.thai import BANGKOK


def read_month(written: str) -> date:
    """Return the first day of a month written `2026-11`, or raise `MonthNotFoundError`."""
    try:
        first = date.fromisoformat(f"{written}-01")
    except ValueError as error:
        raise MonthNotFoundError from error
    if f"{first:%Y-%m}" != written or first.year == date.max.year:
        raise MonthNotFoundError
    return first


def months(session: Session, account: str) -> list[date]:
    """Return the first days of the months of which there are lines, the newest first."""
    of_account = BankLine.account_code == account
    first = session.scalar(select(func.min(BankLine.booked_on)).where(of_account))
    last = session.scalar(select(func.max(BankLine.booked_on)).where(of_account))
    if first is None or last is None:
        return []
    found = [first.replace(day=1)]
    while (month := _next(found[-1])) <= last:
        found.append(month)
    return found[::-1]


def _next(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


@dataclass(frozen=True, slots=True)
class MonthSheet:
    """The sheet of a month, with the lines that it names."""

    sheet: Sheet
    lines: Mapping[str, Line]


@dataclass(frozen=True, slots=True)
class _Matched:
    """A match with a line in the month, and the bank's day of its first line."""

    id: int
    match: Match
    first_on: date
    paid: Mapping[str, Money]


def month_sheet(session: Session, account: str, first: date) -> MonthSheet:
    """Return what left the account in a month, what the books say left, and all in between."""
    after = _next(first)
    in_month = and_(
        BankLine.account_code == account, BankLine.booked_on >= first, BankLine.booked_on < after
    )
    order = (BankLine.booked_on, BankLine.id)
    rows = session.scalars(select(BankLine).where(in_month).order_by(*order)).all()
    lines = {row.fingerprint: row.line for row in rows}
    matched = _matched(session, in_month)
    begun = [one for one in matched if one.first_on >= first]
    opening, closing = _ends(session, account, rows, first=first, after=after)
    sheet = reconcile(
        lines,
        [one.match for one in matched],
        _books(session, account, begun, first=first, after=after),
        opening=opening,
        closing=closing,
    )
    return MonthSheet(sheet, lines)


def _matched(session: Session, in_month: ColumnElement[bool]) -> list[_Matched]:
    here = select(MatchedLine.line_match_id).join(BankLine).where(in_month)
    found = (
        select(LineMatch.id, LineMatch.meaning, BankLine.fingerprint, BankLine.booked_on)
        .join(MatchedLine, MatchedLine.line_match_id == LineMatch.id)
        .join(BankLine, BankLine.id == MatchedLine.bank_line_id)
        .where(LineMatch.id.in_(here))
        .order_by(LineMatch.id, BankLine.id)
    )
    of_match: dict[int, list[tuple[Meaning, str, date]]] = {}
    for match_id, meaning, key, day in session.execute(found):
        of_match.setdefault(match_id, []).append((meaning, key, day))
    paid: dict[int, dict[str, Money]] = {}
    payments = (
        select(MatchedPayment.line_match_id, Payment.reference, Payment.amount_satang)
        .join(Payment, Payment.id == MatchedPayment.payment_id)
        .where(MatchedPayment.line_match_id.in_(here))
    )
    for match_id, reference, satang in session.execute(payments):
        paid.setdefault(match_id, {})[reference] = Money(satang)
    return [
        _Matched(
            match_id,
            Match(told[0][0], tuple(key for _, key, _ in told), tuple(paid.get(match_id, {}))),
            min(day for _, _, day in told),
            paid.get(match_id, {}),
        )
        for match_id, told in of_match.items()
    ]


def _books(
    session: Session, account: str, begun: Sequence[_Matched], *, first: date, after: date
) -> Books:
    start, end = (datetime.combine(day, time(), BANGKOK) for day in (first, after))
    confirmed = _by_hand(session, account, start, end)
    for one in begun:
        if one.match.meaning is Meaning.PAYMENT:
            confirmed |= one.paid

    def ids(meaning: Meaning) -> list[int]:
        return [one.id for one in begun if one.match.meaning is meaning]

    return Books(
        confirmed,
        fees=_fees(session, ids(Meaning.FEE)),
        returns=_returns(session, ids(Meaning.RETURN), start, end),
    )


def _by_hand(session: Session, account: str, start: datetime, end: datetime) -> dict[str, Money]:
    """Return what somebody confirmed without a line; what left alone may be of any account."""
    of_lines = (
        select(MatchedPayment.payment_id)
        .join(LineMatch, LineMatch.id == MatchedPayment.line_match_id)
        .where(LineMatch.meaning == Meaning.PAYMENT)
    )
    found = (
        select(Payment.reference, Payment.amount_satang)
        .outerjoin(PaymentBatch, PaymentBatch.id == Payment.batch_id)
        .where(
            Payment.confirmed_at >= start,
            Payment.confirmed_at < end,
            Payment.channel != Channel.CASH,
            Payment.id.not_in(of_lines),
            or_(Payment.batch_id.is_(None), PaymentBatch.account_code == account),
        )
        .order_by(Payment.id)
    )
    return {reference: Money(satang) for reference, satang in session.execute(found)}


def _fees(session: Session, match_ids: Collection[int]) -> Money:
    """Return what funds bear of the bank's own fees."""
    of_matches = select(LineMatch.log_eid).where(LineMatch.id.in_(match_ids))
    booked = (
        select(func.coalesce(func.sum(PostingRow.satang), 0))
        .join(JournalEntry, JournalEntry.id == PostingRow.journal_entry_id)
        .join(Balance, Balance.id == PostingRow.balance_id)
        .where(
            Balance.place == Place.FEES,
            JournalEntry.kind == EntryKind.FEE,
            JournalEntry.log_eid.in_(of_matches),
        )
    )
    return Money(int(session.scalar(booked) or 0))


def _returns(session: Session, match_ids: Collection[int], start: datetime, end: datetime) -> Money:
    """Return what came back, less what the bank kept: by these lines, or by hand in the month."""
    matched = (
        select(LineMatch.id.label("match_id"), LineMatch.at, Payment.fund_request_id)
        .join(MatchedPayment, MatchedPayment.line_match_id == LineMatch.id)
        .join(Payment, Payment.id == MatchedPayment.payment_id)
        .where(LineMatch.meaning == Meaning.RETURN)
        .subquery()
    )
    # A return and its match are one act: they bear one moment.
    is_same = and_(
        matched.c.fund_request_id == JournalEntry.fund_request_id, matched.c.at == JournalEntry.at
    )
    by_hand = and_(matched.c.match_id.is_(None), JournalEntry.at >= start, JournalEntry.at < end)
    booked = (
        select(func.coalesce(func.sum(PostingRow.satang), 0))
        .join(JournalEntry, JournalEntry.id == PostingRow.journal_entry_id)
        .join(Balance, Balance.id == PostingRow.balance_id)
        .outerjoin(matched, is_same)
        .where(
            Balance.place == Place.RETURNED,
            JournalEntry.kind == EntryKind.RETURN,
            or_(matched.c.match_id.in_(match_ids), by_hand),
        )
    )
    return Money(int(session.scalar(booked) or 0))


def _ends(
    session: Session, account: str, rows: Sequence[BankLine], *, first: date, after: date
) -> tuple[Money, Money]:
    """Return the balances before and after the month; what no file tells is reckoned."""
    moved = total(Money(row.amount_satang) for row in rows)
    opening = _before(session, account, first)
    closing = None
    if rows:
        head, tail = rows[0], rows[-1]
        if opening is None:
            opening = _head(session, head, first)
        closing = _tail(session, tail, after)
    if opening is None:
        opening = closing - moved if closing is not None else Money(0)
    return opening, opening + moved if closing is None else closing


def _before(session: Session, account: str, first: date) -> Money | None:
    found = (
        select(BankLine.balance_satang)
        .where(
            BankLine.account_code == account,
            BankLine.booked_on < first,
            BankLine.balance_satang.is_not(None),
        )
        .order_by(BankLine.booked_on.desc(), BankLine.id.desc())
        .limit(1)
    )
    return _money(session.scalar(found))


def _head(session: Session, line: BankLine, first: date) -> Money | None:
    if line.balance_satang is not None:
        return Money(line.balance_satang - line.amount_satang)
    statement = session.get_one(BankStatement, line.statement_id)
    return _money(statement.opening_satang) if statement.first_on >= first else None


def _tail(session: Session, line: BankLine, after: date) -> Money | None:
    if line.balance_satang is not None:
        return Money(line.balance_satang)
    statement = session.get_one(BankStatement, line.statement_id)
    return _money(statement.closing_satang) if statement.last_on < after else None


def _money(satang: int | None) -> Money | None:
    return None if satang is None else Money(satang)


COLUMNS = (
    Column("part", N_("What"), labels="sheet_part"),
    Column("amount_baht", N_("Amount (baht)")),
    Column("lines", N_("Lines")),
    Column("payments", N_("Payments")),
)


# The figures of a sheet, in the order in which people read them.
FIGURES = (
    "opening",
    "money_in",
    "outflow",
    "closing",
    "confirmed",
    "fees",
    "returns",
    "difference",
    "missing",
)


def sheet_table(month: MonthSheet, name: str) -> Table:
    """Return the sheet of a month as a list to export."""
    return Table(name, COLUMNS, _rows(month.sheet))


def _rows(sheet: Sheet) -> Iterator[Sequence[object]]:
    for part in FIGURES:
        yield part, getattr(sheet, part), None, ""
    for kind, tally in sheet.unmatched.items():
        yield f"line_{kind}", tally.amount, tally.count, ""
    for one in sheet.explanations:
        yield one.cause.value, one.amount, len(one.lines), ", ".join(one.payments)
