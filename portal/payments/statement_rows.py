"""A bank's table read by its mapping: every row below the header is a line, refused or left out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from portal.errors import N_
from portal.errors import InputError
from portal.money import Money
from portal.payments.statement import Line
from portal.payments.statement import Statement
from portal.payments.statement import Written
from portal.payments.statement import account_digits
from portal.payments.statement import read_line
from portal.payments.statement_cells import read_signed
from portal.payments.statement_cells import read_statement_day
from portal.payments.statement_cells import text_of
from portal.payments.statement_columns import ColumnMapping
from portal.payments.statement_columns import Rows
from portal.payments.statement_columns import find_columns
from portal.payments.statement_columns import header_place
from portal.payments.statement_headers import StatementColumn
from portal.thai import arabic_digits


class RowError(InputError):
    """A row of a bank's table that cannot be read; `row` is its number in the file."""

    template = ""

    def __init__(self, row: int) -> None:
        super().__init__(self.template, row=row)
        self.row = row


class RowDayError(RowError):
    """A row with money and no day."""

    template = N_("Row {row}: the date cannot be read.")


class RowAmountError(RowError):
    """An amount that is none."""

    template = N_("Row {row}: the amount cannot be read.")


class RowWithoutAmountError(RowError):
    """A row with a day and no money."""

    template = N_("Row {row}: there is a date, but no amount.")


class RowTwoAmountsError(RowError):
    """Money came in and went out in one row."""

    template = N_("Row {row}: both a withdrawal and a deposit.")


class RowDirectionError(RowError):
    """An amount whose direction is written in a way nobody knows."""

    template = N_("Row {row}: it does not say whether the money came in or went out.")


class RowBalanceError(RowError):
    """A balance that is none."""

    template = N_("Row {row}: the balance cannot be read.")


class UnreadableRowsError(InputError):
    """A statement with rows that cannot be read is not taken in at all; `refused` has them all."""

    def __init__(self, refused: Sequence[RowError]) -> None:
        super().__init__(refused[0].sentence, **refused[0].facts)
        self.refused = tuple(refused)


@dataclass(frozen=True, slots=True)
class TableReading:
    """What became of the rows of a table: lines oldest first, and the numbers of all other rows.

    Left out are blank rows, sums, notes, a header again, and a balance brought forward.
    """

    statement: Statement
    refused: tuple[RowError, ...]
    left_out: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    """The mapping, with the place of each column, and the header to know it again by."""

    mapping: ColumnMapping
    places: Mapping[StatementColumn, int]


Cells = Mapping[StatementColumn, object]


def read_rows(rows: Rows, mapping: ColumnMapping) -> TableReading:
    """Read a bank's table; no row of it is lost, and nothing is guessed."""
    place = header_place(rows, mapping)
    table = _Table(mapping, find_columns(rows[place], mapping.headers))
    lines: list[Line] = []
    refused: list[RowError] = []
    left_out: dict[int, Cells] = {}
    for number, row in enumerate(rows[place + 1 :], place + 2):
        cells = _cells(table, row)
        try:
            line = _read_row(table, cells, number)
        except RowError as error:
            refused.append(error)
            continue
        if line is None:
            left_out[number] = cells
        else:
            lines.append(line)
    brought = (_brought_forward(table, cells) for cells in left_out.values())
    opening = next((balance for balance in brought if balance is not None), None)
    statement = _statement(_account_above(rows[:place]), lines, opening)
    return TableReading(statement, tuple(refused), tuple(left_out))


def check_readable(reading: TableReading) -> Statement:
    """Return the statement of a table of which every row could be read."""
    if reading.refused:
        raise UnreadableRowsError(reading.refused)
    return reading.statement


_AMOUNTS = (StatementColumn.WITHDRAWAL, StatementColumn.DEPOSIT, StatementColumn.AMOUNT)
_TEXTS = (StatementColumn.DESCRIPTION, StatementColumn.DETAILS, StatementColumn.NOTE)
_BLANKS = frozenset({"", "-", "\u2013"})
_BROUGHT = re.compile(r"ยอดยกมา|ยอดยกไป|(?:brought|carried) forward|opening balance", re.IGNORECASE)
_CARRIED = re.compile(r"ยอดยกไป|carried forward", re.IGNORECASE)
_SUM = re.compile(r"รวม|ยอดรวม|total|grand total", re.IGNORECASE)
_OUT = frozenset({"d", "dr", "debit", "withdrawal", "เดบิต", "ถอน", "ถอนเงิน", "ออก", "เงินออก", "-"})
_IN = frozenset({"c", "cr", "credit", "deposit", "เครดิต", "ฝาก", "ฝากเงิน", "เข้า", "เงินเข้า", "+"})


def _cells(table: _Table, row: Sequence[object]) -> Cells:
    return {
        column: row[place] if place < len(row) else None for column, place in table.places.items()
    }


def _read_row(table: _Table, cells: Cells, number: int) -> Line | None:
    """Return the line of a row; None where no money moved."""
    has_amount = any(not _is_blank(cells.get(column)) for column in _AMOUNTS)
    day = _day(table, cells[StatementColumn.DAY])
    if day is None:
        if not has_amount or _is_sum(cells) or _is_header(cells):
            return None
        raise RowDayError(number)
    if not has_amount:
        if _BROUGHT.search(_words(cells)):
            return None
        raise RowWithoutAmountError(number)
    written = Written(
        day,
        _amount(table, cells, number),
        " ".join(text_of(cells.get(column)) for column in _TEXTS),
        value_on=_day(table, cells.get(StatementColumn.VALUE_DAY)),
        bank_reference=text_of(cells.get(StatementColumn.BANK_REFERENCE)),
        end_to_end_id=text_of(cells.get(StatementColumn.END_TO_END_ID)),
        counter_account=text_of(cells.get(StatementColumn.COUNTER_ACCOUNT)),
        balance=_balance(table, cells, number),
    )
    return read_line(written)


def _is_blank(cell: object) -> bool:
    return text_of(cell) in _BLANKS


def _words(cells: Cells) -> str:
    return " ".join(text_of(cells.get(column)) for column in (StatementColumn.DAY, *_TEXTS))


def _is_sum(cells: Cells) -> bool:
    return any(_SUM.match(text_of(cells.get(column))) for column in (StatementColumn.DAY, *_TEXTS))


def _is_header(cells: Cells) -> bool:
    """Say whether the header stands there again, on another page: no money without a digit."""
    amounts = "".join(text_of(cells.get(column)) for column in _AMOUNTS)
    return not any(character.isdigit() for character in amounts)


def _day(table: _Table, cell: object) -> date | None:
    try:
        return read_statement_day(cell, table.mapping.years)
    except ValueError:
        return None


def _amount(table: _Table, cells: Cells, number: int) -> Money:
    """Return what a row moved; what a bank puts back it writes with the other sign."""
    out = _money(table, cells.get(StatementColumn.WITHDRAWAL), row=number)
    into = _money(table, cells.get(StatementColumn.DEPOSIT), row=number)
    if out and into:
        raise RowTwoAmountsError(number)
    signed = _money(table, cells.get(StatementColumn.AMOUNT), row=number)
    if StatementColumn.DIRECTION in cells:
        signed = _directed(signed, cells[StatementColumn.DIRECTION], number)
    moved = signed + into - (-out if table.mapping.withdrawals_below_zero else out)
    if not moved:
        raise RowWithoutAmountError(number)
    return moved


def _directed(amount: Money, direction: object, number: int) -> Money:
    word = text_of(direction).casefold().rstrip(".")
    if word in _OUT:
        return min(amount, -amount)
    if word in _IN and amount >= Money(0):
        return amount
    raise RowDirectionError(number)


def _money(
    table: _Table, cell: object, *, row: int, refusal: type[RowError] = RowAmountError
) -> Money:
    if _is_blank(cell):
        return Money(0)
    try:
        return read_signed(cell, table.mapping.decimal_mark)
    except ValueError as error:
        raise refusal(row) from error


def _balance(table: _Table, cells: Cells, number: int) -> Money | None:
    cell = cells.get(StatementColumn.BALANCE)
    return None if _is_blank(cell) else _money(table, cell, row=number, refusal=RowBalanceError)


def _brought_forward(table: _Table, cells: Cells) -> Money | None:
    """Return the balance that a row brings from the page or the month before."""
    words = _words(cells)
    if not _BROUGHT.search(words) or _CARRIED.search(words):
        return None
    try:
        return read_signed(cells.get(StatementColumn.BALANCE), table.mapping.decimal_mark)
    except ValueError:
        return None  # told in a column of its own; the lines' own balances prove themselves


def _statement(account: str, lines: Sequence[Line], opening: Money | None) -> Statement:
    ordered = tuple(_oldest_first(lines))
    first, last = (ordered[0], ordered[-1]) if ordered else (None, None)
    if opening is None and first is not None and first.balance is not None:
        opening = first.balance - first.amount
    return Statement(account, opening, last.balance if last else opening, ordered)


def _oldest_first(lines: Sequence[Line]) -> Sequence[Line]:
    """Turn a list round that begins with the newest; within one day the balances say so."""
    if not lines or lines[0].booked_on < lines[-1].booked_on:
        return lines
    newest_first = lines[0].booked_on > lines[-1].booked_on
    return lines[::-1] if newest_first or _follows(lines[::-1]) > _follows(lines) else lines


def _follows(lines: Sequence[Line]) -> int:
    """Count the lines whose balance is made of the one before."""
    return sum(
        before.balance is not None and before.balance + line.amount == line.balance
        for before, line in pairwise(lines)
    )


_LABEL = re.compile(r"(?:เลขที่|เลข|หมายเลข)บัญชี|บัญชีเลขที่|(?:account|a/c) ?(?:no|num)", re.IGNORECASE)
_NUMBER = re.compile("[0-9xX*][0-9xX* -]{2,24}[0-9xX*]")
_ACCOUNT_LENGTH = 10


def _account_above(rows: Rows) -> str:
    """Return the account that the lines above the header name; empty where they name none."""
    for row in rows:
        texts = [_with_zeros(cell) for cell in row]
        for place, text in enumerate(texts):
            if label := _LABEL.search(text):
                after = " ".join([text[label.end() :], *texts[place + 1 :]])
                if number := _NUMBER.search(arabic_digits(after)):
                    return account_digits(number[0])
    return ""


def _with_zeros(cell: object) -> str:
    """Return a cell's text; Excel takes the zeros before an account typed as a number."""
    is_number = isinstance(cell, int | float)
    return text_of(cell).zfill(_ACCOUNT_LENGTH) if is_number else text_of(cell)
