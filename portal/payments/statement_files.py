"""A bank's file of whatever kind, read into one statement of the account it was sent in for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from portal.errors import InputError
from portal.payments.camt_file import read_camt
from portal.payments.mt940_file import read_mt940
from portal.payments.statement import Statement
from portal.payments.statement import account_digits
from portal.payments.statement import check_statement
from portal.payments.statement import joined
from portal.payments.statement_columns import ColumnMapping
from portal.payments.statement_columns import NoStatementTableError
from portal.payments.statement_columns import Rows
from portal.payments.statement_columns import StatementColumnMissingError
from portal.payments.statement_columns import recognised
from portal.payments.statement_flaws import BrokenStatementError
from portal.payments.statement_flaws import TooLargeStatementError
from portal.payments.statement_rows import check_readable
from portal.payments.statement_rows import read_rows
from portal.sheets import UnreadableTextError
from portal.sheets import decoded_text
from portal.sheets import read_tables

FILE_BYTES_MAX = 32 * 1024 * 1024
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MT940 = (b":20:", b"{1:")


def read_statement(
    content: bytes, *, name: str, account: str, mapping: ColumnMapping | None = None
) -> Statement:
    """Read CSV, XLSX, MT940 or camt.053, and refuse what does not add up.

    The mapping is the one that is kept for the bank; without one, the header must speak for itself.
    """
    if len(content) > FILE_BYTES_MAX:
        raise TooLargeStatementError(name)
    account = account_digits(account)
    statement = _read(content, name, account, mapping)
    check_statement(statement, account=account)
    return statement


def _read(content: bytes, name: str, account: str, mapping: ColumnMapping | None) -> Statement:
    start = content.removeprefix(_BYTE_ORDER_MARK).lstrip()
    if start.startswith(b"<"):
        return read_camt(start, name=name)
    if start.startswith(_MT940):
        return read_mt940(_decoded(start, name), name=name)
    return joined(_read_tables(read_tables(content, name=name).values(), mapping, account))


def _decoded(content: bytes, name: str) -> str:
    try:
        return decoded_text(content, name=name)
    except UnreadableTextError as error:
        raise BrokenStatementError(name, 1) from error


def _read_tables(
    sheets: Iterable[Rows], mapping: ColumnMapping | None, account: str
) -> list[Statement]:
    """Read each sheet that is a statement; a workbook may explain itself on another one."""
    pages = []
    refused: list[InputError] = []
    for rows in sheets:
        try:
            page = check_readable(read_rows(rows, mapping or recognised(rows)))
        except (NoStatementTableError, StatementColumnMissingError) as error:
            refused.append(error)
        else:
            pages.append(replace(page, account=page.account or account))
    if not pages:
        raise next(iter(refused), NoStatementTableError())
    return pages
