"""The columns of a bank's table: recognised from its header, and kept as a mapping for each bank.

A mapping names columns by their headers: a bank that moves a column changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from portal.errors import N_
from portal.errors import InputError
from portal.payments.statement_cells import DecimalMark
from portal.payments.statement_cells import Years
from portal.payments.statement_cells import read_signed
from portal.payments.statement_cells import text_of
from portal.payments.statement_headers import StatementColumn
from portal.payments.statement_headers import column_called
from portal.payments.statement_headers import header_key

HEADER_ROWS_MAX = 100  # a bank's own head is shorter
Rows = Sequence[Sequence[object]]
Choice = TypeVar("Choice", bound=StrEnum)


class NoStatementTableError(InputError):
    """No row looks like the header of a statement."""

    def __init__(self) -> None:
        super().__init__(
            N_(
                "No row names the columns of a statement: the date, and either withdrawals and"
                " deposits or one amount. Say which column is which."
            )
        )


class StatementColumnMissingError(InputError):
    """A column that the mapping names is not in the file."""

    def __init__(self, header: str) -> None:
        super().__init__(
            N_("The file has no column “{header}”: the bank may have changed its form."),
            header=header,
        )


class StatementColumnTwiceError(InputError):
    """Two columns could be the same field, and we do not guess which one counts."""

    def __init__(self, header: str) -> None:
        super().__init__(
            N_("More than one column could be “{header}”: say which one it is."), header=header
        )


class NoDirectionError(InputError):
    """Amounts without a sign, and nothing to tell which way they went."""

    def __init__(self, header: str) -> None:
        super().__init__(
            N_("Nothing says which amounts in “{header}” came in and which went out."),
            header=header,
        )


class UnreadableMappingError(InputError):
    """A mapping that was kept is not one."""

    def __init__(self, found: object) -> None:
        super().__init__(
            N_("“{found}” does not say which column is which."), found=str(found)[:100]
        )


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Which header names which field of a bank's table, and how the bank writes.

    Where a bank writes withdrawals below zero, a withdrawal above zero is money put back.
    """

    headers: Mapping[StatementColumn, str]
    years: Years = Years.AS_SEEN
    decimal_mark: DecimalMark = DecimalMark.POINT
    withdrawals_below_zero: bool = False


def recognised(rows: Rows) -> ColumnMapping:
    """Return the mapping of a table from the header and the cells it has."""
    named = [len(_named(row)) for row in rows[:HEADER_ROWS_MAX]]
    place = named.index(max(named, default=0)) if named else 0
    headers = _named(rows[place]) if rows else {}
    _check_headers(headers)
    for column, header in headers.items():
        if sum(column_called(cell) is column for cell in rows[place]) > 1:
            raise StatementColumnTwiceError(header)
    below = rows[place + 1 :]
    places = find_columns(rows[place], headers)
    mark = _decimal_mark(below, places)
    withdrawals = _amounts(below, places.get(StatementColumn.WITHDRAWAL), mark)
    _check_direction(headers, _amounts(below, places.get(StatementColumn.AMOUNT), mark))
    return ColumnMapping(
        headers=headers,
        decimal_mark=mark,
        withdrawals_below_zero=min(withdrawals, default=0) < 0 >= max(withdrawals),
    )


def header_place(rows: Rows, mapping: ColumnMapping) -> int:
    """Return the row that has every header of the mapping, or say which one is missing."""
    wanted = {header_key(header) for header in mapping.headers.values()}
    above = rows[:HEADER_ROWS_MAX]
    lacking = [wanted - {header_key(text_of(cell)) for cell in row} for row in above]
    if not lacking:
        raise NoStatementTableError
    least = min(lacking, key=len)
    for header in mapping.headers.values():
        if header_key(header) in least:
            raise StatementColumnMissingError(header)
    return lacking.index(least)


def find_columns(
    header: Sequence[object], headers: Mapping[StatementColumn, str]
) -> dict[StatementColumn, int]:
    """Return where each column stands."""
    keys = [header_key(text_of(cell)) for cell in header]
    for text in headers.values():
        if keys.count(header_key(text)) > 1:
            raise StatementColumnTwiceError(text)
    return {column: keys.index(header_key(text)) for column, text in headers.items()}


def as_kept(mapping: ColumnMapping) -> dict[str, object]:
    """Return the mapping as plain values, to be kept as JSON."""
    return {
        "headers": {column.value: header for column, header in mapping.headers.items()},
        "years": mapping.years.value,
        "decimal_mark": mapping.decimal_mark.value,
        "withdrawals_below_zero": mapping.withdrawals_below_zero,
    }


def from_kept(kept: object) -> ColumnMapping:
    """Return the mapping that was kept, or refuse what is none."""
    if not isinstance(kept, dict) or not isinstance(kept.get("headers"), dict):
        raise UnreadableMappingError(kept)
    headers = {
        _choice(StatementColumn, column): header for column, header in kept["headers"].items()
    }
    for header in headers.values():
        if not isinstance(header, str) or not header_key(header):
            raise UnreadableMappingError(header)
    below_zero = kept.get("withdrawals_below_zero")
    if not isinstance(below_zero, bool):
        raise UnreadableMappingError(below_zero)
    _check_headers(headers)
    return ColumnMapping(
        headers=headers,
        years=_choice(Years, kept.get("years")),
        decimal_mark=_choice(DecimalMark, kept.get("decimal_mark")),
        withdrawals_below_zero=below_zero,
    )


def _choice(choices: type[Choice], kept: object) -> Choice:
    try:
        return choices(str(kept))
    except ValueError as error:
        raise UnreadableMappingError(kept) from error


def _check_headers(headers: Mapping[StatementColumn, str]) -> None:
    """A table needs a day, and one amount or both a withdrawal and a deposit."""
    both = {StatementColumn.WITHDRAWAL, StatementColumn.DEPOSIT}
    has_amount = (StatementColumn.AMOUNT in headers) != (both <= set(headers))
    if StatementColumn.DAY not in headers or not has_amount:
        raise NoStatementTableError


def _check_direction(headers: Mapping[StatementColumn, str], satang: Sequence[int]) -> None:
    """Amounts of one column need a sign, a direction, or balances that prove them."""
    proving = {StatementColumn.DIRECTION, StatementColumn.BALANCE}
    if satang and min(satang) > 0 and proving.isdisjoint(headers):
        raise NoDirectionError(headers[StatementColumn.AMOUNT])


_COMMA = re.compile(r"[^,]*[0-9],[0-9]{2}[^0-9,.]*")
_MONEY = (
    StatementColumn.WITHDRAWAL,
    StatementColumn.DEPOSIT,
    StatementColumn.AMOUNT,
    StatementColumn.BALANCE,
)


def _decimal_mark(rows: Rows, places: Mapping[StatementColumn, int]) -> DecimalMark:
    cells = (
        text_of(row[places[column]])
        for row in rows
        for column in _MONEY
        if column in places and places[column] < len(row)
    )
    has_comma = any(_COMMA.fullmatch(cell) for cell in cells)
    return DecimalMark.COMMA if has_comma else DecimalMark.POINT


def _amounts(rows: Rows, place: int | None, mark: DecimalMark) -> list[int]:
    """Return the amounts in satang that stand in a column and can be read."""
    cells = (row[place] for row in rows if place is not None and place < len(row))
    found = []
    for cell in cells:
        try:
            found.append(read_signed(cell, mark).satang)
        except ValueError:
            continue  # a total's word, or what `statement_rows` refuses by its row
    return found


def _named(row: Sequence[object]) -> dict[StatementColumn, str]:
    """Return the columns that the cells of a row name, in our order."""
    called = {column_called(cell): text_of(cell) for cell in reversed(row)}
    return {column: called[column] for column in StatementColumn if column in called}
