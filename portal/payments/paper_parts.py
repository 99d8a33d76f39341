"""The parts papers are printed from: signatures, accounts, lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from datetime import datetime

from portal.money import Money
from portal.roles import Role


@dataclass(frozen=True, slots=True)
class Signed:
    """Who did a part of it in the portal, as what and when; the log entry, where one is named."""

    name: str
    role: Role
    at: datetime
    eid: str


@dataclass(frozen=True, slots=True)
class Account:
    """A bank account as papers show it: only the end of its number."""

    bank: str
    holder: str
    number_end: str


@dataclass(frozen=True, slots=True)
class Line:
    """One thing and what it costs."""

    text: str
    amount: Money


@dataclass(frozen=True, slots=True)
class AskedLine:
    """One thing that is asked for, how much of it, and what it costs."""

    text: str
    quantity: int
    unit: str
    amount: Money


@dataclass(frozen=True, slots=True)
class CodedLine:
    """One thing, what it costs, and the account of the books that it is charged to."""

    account_code: str
    text: str
    amount: Money


@dataclass(frozen=True, slots=True)
class RemittanceLine:
    """One payee of a batch, with the whole account number: the list is what the bank is given."""

    payment_reference: str
    request_reference: str
    payee: str
    bank: str
    account_number: str
    amount: Money


@dataclass(frozen=True, slots=True)
class SpentLine:
    """One receipt or voucher that an advance is cleared with."""

    on: date
    document: str
    text: str
    amount: Money


@dataclass(frozen=True, slots=True)
class OpenLine:
    """What stands on one side only, money in above zero and money out below."""

    on: date
    reference: str
    text: str
    amount: Money
