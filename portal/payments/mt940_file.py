"""MT940, the bank statement of SWIFT, read through the package `mt-940`; nothing in it is lost."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from mt940 import Options
from mt940.models import Amount
from mt940.models import Balance
from mt940.models import Transactions

from portal.money import Money
from portal.payments.statement import Line
from portal.payments.statement import Nature
from portal.payments.statement import Statement
from portal.payments.statement import Written
from portal.payments.statement import account_digits
from portal.payments.statement import joined
from portal.payments.statement import read_line
from portal.payments.statement_flaws import BrokenStatementError
from portal.payments.statement_flaws import ForeignCurrencyError
from portal.payments.statement_flaws import NoStatementInFileError
from portal.payments.statement_flaws import TooLargeStatementError

# What the package cannot read it writes into the log, with names and accounts.
logging.getLogger("mt940").setLevel(logging.CRITICAL + 1)

_PAGE = re.compile("^(?=:20:)", re.MULTILINE)
_ENTRY = re.compile("^:61:", re.MULTILINE)
_DETAILS = re.compile("^:86:", re.MULTILINE)
_ENTRIES_MAX = 20_000
_DETAILS_MAX = 10
_WIDTH = 65  # of a line of :86:; only a text that fills it goes on without a blank
_TEXTS = ("posting_text", "purpose", "additional_purpose", "applicant_name")
_OPENING = ("final_opening_balance", "opening_balance", "intermediate_opening_balance")
_CLOSING = ("final_closing_balance", "closing_balance", "intermediate_closing_balance")
_FEES = frozenset({"CHG", "COM"})
_RETURNS = frozenset({"RTI", "RET"})
# What the package raises where a field is not what it should be.
_DAMAGE = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError)


def read_mt940(text: str, *, name: str) -> Statement:
    """Read a file of MT940 with one or more statements of one account."""
    if len(_ENTRY.findall(text)) > _ENTRIES_MAX:
        raise TooLargeStatementError(name)
    head, *pages = _PAGE.split(text.replace("\r\n", "\n"))
    if not pages:
        raise NoStatementInFileError(name)
    read = []
    where = 1 + head.count("\n")
    for page in pages:
        try:
            read.append(_read_page(page))
        except _DAMAGE as error:
            raise BrokenStatementError(name, where) from error
        where += page.count("\n")
    return joined(read)


def _read_page(page: str) -> Statement:
    entries = len(_ENTRY.findall(page))
    if len(_DETAILS.findall(page)) > _DETAILS_MAX * (entries + 1):
        message = "more texts than any entry has: the package would take hours to join them"
        raise ValueError(message)
    # `mt940.parse` would take a text for the name of a file, if there is one of that name.
    found = Transactions(options=Options.all())
    found.parse(page)
    if len(found.transactions) != entries:
        message = "an entry without its code is laid over the one before"
        raise ValueError(message)
    return Statement(
        account=account_digits(found.data["account_identification"]),
        opening=_balance(found.data, _OPENING),
        closing=_balance(found.data, _CLOSING),
        lines=tuple(_line(entry.data) for entry in found.transactions),
    )


def _balance(told: Mapping[str, Any], names: tuple[str, ...]) -> Money:  # Any: as mt940 says it
    """Return a balance; a page without one was cut off."""
    balance: Balance | None = next((told[name] for name in names if name in told), None)
    if balance is None or not isinstance(balance.amount, Amount):
        message = "a balance is missing, or is no amount"
        raise ValueError(message)
    if balance.amount.currency != "THB":
        raise ForeignCurrencyError(str(balance.amount.currency))
    return _money(balance.amount)


def _line(told: Mapping[str, Any]) -> Line:  # Any: as mt940 says it
    return read_line(
        Written(
            booked_on=_day(told.get("entry_date") or told["date"]),
            amount=_money(told["amount"]),
            description=_description(told),
            value_on=_day(told["date"]),
            bank_reference=told["bank_reference"] or "",
            end_to_end_id=_id_of(told),
            counter_account=told.get("applicant_iban") or "",
            nature=_nature(told["id"] or ""),
        )
    )


def _day(day: date) -> date:
    return date(day.year, day.month, day.day)


def _id_of(told: Mapping[str, Any]) -> str:  # Any: as mt940 says it
    """Return the id of the payment; :86: may add a second one to that of :61:."""
    written: str = told.get("end_to_end_reference") or told["customer_reference"] or ""
    return written.partition("\n")[0]


def _description(told: Mapping[str, Any]) -> str:  # Any: as mt940 says it
    lines = (told.get("transaction_details") or "").split("\n")
    whole = "".join(line if len(line) == _WIDTH else f"{line} " for line in lines)
    parts = (told.get("extra_details"), whole, *(told.get(part) for part in _TEXTS))
    return " ".join(part for part in parts if part)


def _nature(code: str) -> Nature:
    if code[1:] in _RETURNS:
        return Nature.RETURN
    return Nature.FEE if code[1:] in _FEES else Nature.PLAIN


def _money(amount: Amount) -> Money:
    satang: Decimal = amount.amount * 100
    if satang != int(satang):
        message = f"not an amount in satang: {amount}"
        raise ValueError(message)
    return Money(int(satang))
