"""What all files for banks have in common: the orders, and what a format cannot hold of them.

Everything that would be refused, changed or cut is found here, before anybody releases.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime
from enum import StrEnum

from portal.banks import BANKS
from portal.banks import account_fits
from portal.errors import InputError
from portal.money import Money
from portal.money import total
from portal.payments import refusals
from portal.payments.rules import Channel

NO_BRANCH = "0000"  # where nobody knows the branch; the account number is enough for the bank

# What banks give back unchanged: of ISO 20022's own set, without what our numbers never have.
_REFERENCE = re.compile("[0-9A-Za-z][0-9A-Za-z.-]*")
_BRANCH = re.compile("[0-9]{4}")


@dataclass(frozen=True, slots=True)
class Order:
    """One payment that a bank shall make; the reference is what its statement will tell."""

    reference: str
    payee: str
    bank_code: str
    account: str
    amount: Money
    channel: Channel = Channel.TRANSFER
    branch: str | None = None


@dataclass(frozen=True, slots=True)
class Debtor:
    """Who pays, from which account; the bank knows the payer by the company id."""

    name: str
    company_id: str
    bank_code: str
    account: str
    branch: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Everything a file is made of: the same batch gives the same bytes."""

    reference: str
    debtor: Debtor
    orders: Sequence[Order]
    value_on: date
    made_at: datetime

    @property
    def total(self) -> Money:
        """Return what is paid in all."""
        return total(order.amount for order in self.orders)


@dataclass(frozen=True, slots=True)
class Format:
    """What one kind of file can hold; a file of one bank names it as `payer_bank`."""

    encoding: str
    name_length_max: int
    reference_length_max: int
    company_id_length_max: int
    account_digits_max: int
    amount_max: Money
    total_max: Money
    count_max: int
    payer_bank: str | None = None


class Place(StrEnum):
    """Where in an order or a batch a flaw is."""

    REFERENCE = "reference"
    CHANNEL = "channel"
    PAYEE = "payee"
    BANK = "bank"
    ACCOUNT = "account"
    BRANCH = "branch"
    AMOUNT = "amount"
    ORDERS = "orders"
    TOTAL = "total"
    PAYER = "payer"
    PAYER_BANK = "payer_bank"
    PAYER_ACCOUNT = "payer_account"
    PAYER_BRANCH = "payer_branch"
    COMPANY_ID = "company_id"


@dataclass(frozen=True, slots=True)
class Flaw:
    """What a file cannot hold: of which payment or batch, where in it, and why."""

    reference: str
    place: Place
    why: InputError


def batch_flaws(batch: Batch, file_format: Format) -> tuple[Flaw, ...]:
    """Return everything that a format cannot hold of a batch, its payments included."""
    found = [*_batch_flaws(batch, file_format), *_debtor_flaws(batch.debtor, file_format)]
    of_batch = (Flaw(batch.reference, place, why) for place, why in found)
    return (*of_batch, *flaws(batch.orders, file_format))


def flaws(orders: Sequence[Order], file_format: Format) -> tuple[Flaw, ...]:
    """Return everything that a format cannot hold of these payments."""
    times = Counter(order.reference for order in orders)
    return tuple(
        Flaw(order.reference, place, why)
        for order in orders
        for place, why in _order_flaws(order, file_format, times[order.reference])
    )


def short_account(digits: str, length: int) -> str:
    """Return an account number as a field of fixed length has it: one leading 0 may go.

    Such a field is filled with zeros from the left, so that the number stays the same.
    """
    return digits[1:] if len(digits) == length + 1 and digits[0] == "0" else digits


def _order_flaws(
    order: Order, file_format: Format, times: int
) -> Iterator[tuple[Place, InputError]]:
    for why in _reference_flaws(order.reference, file_format.reference_length_max):
        yield Place.REFERENCE, why
    if times > 1:
        yield Place.REFERENCE, refusals.ReferenceTwiceError(order.reference)
    if order.channel is not Channel.TRANSFER:
        yield Place.CHANNEL, refusals.NotTransferError()
    for why in _name_flaws(order.payee, file_format):
        yield Place.PAYEE, why
    for place, why in _account_flaws(order, file_format):
        yield place, why
    if order.amount <= Money(0):
        yield Place.AMOUNT, refusals.NoAmountError()
    if order.amount > file_format.amount_max:
        yield Place.AMOUNT, refusals.AmountTooLargeError(most=file_format.amount_max)


def _batch_flaws(batch: Batch, file_format: Format) -> Iterator[tuple[Place, InputError]]:
    for why in _reference_flaws(batch.reference, file_format.reference_length_max):
        yield Place.REFERENCE, why
    if not batch.orders:
        yield Place.ORDERS, refusals.NoOrdersError()
    if len(batch.orders) > file_format.count_max:
        yield Place.ORDERS, refusals.TooManyOrdersError(count_max=file_format.count_max)
    if batch.total > file_format.total_max:
        yield Place.TOTAL, refusals.AmountTooLargeError(most=file_format.total_max)


_PAYER_PLACES = {
    Place.BANK: Place.PAYER_BANK,
    Place.ACCOUNT: Place.PAYER_ACCOUNT,
    Place.BRANCH: Place.PAYER_BRANCH,
}


def _debtor_flaws(debtor: Debtor, file_format: Format) -> Iterator[tuple[Place, InputError]]:
    for why in _name_flaws(debtor.name, file_format):
        yield Place.PAYER, why
    for why in _reference_flaws(debtor.company_id, file_format.company_id_length_max):
        yield Place.COMPANY_ID, why
    for place, why in _account_flaws(debtor, file_format):
        yield _PAYER_PLACES[place], why
    if file_format.payer_bank not in {None, debtor.bank_code}:
        yield Place.PAYER_BANK, refusals.PayerBankError(BANKS[file_format.payer_bank])


def _reference_flaws(text: str, length_max: int) -> Iterator[InputError]:
    if _REFERENCE.fullmatch(text) is None or len(text) > length_max:
        yield refusals.ReferenceUnfitError(length_max=length_max)


def _name_flaws(name: str, file_format: Format) -> Iterator[InputError]:
    if not name.strip():
        yield refusals.NameMissingError()
    elif name != name.strip():
        yield refusals.NameBlanksError()
    if strange := _unheld(name, file_format.encoding):
        yield refusals.NameCharactersError(strange)
    if len(name) > file_format.name_length_max:
        yield refusals.NameTooLongError(length=len(name), length_max=file_format.name_length_max)


def _unheld(text: str, encoding: str) -> tuple[str, ...]:
    """Return each character that the encoding lacks, or that nobody sees, such as a line's end."""
    held = text.encode(encoding, "ignore").decode(encoding)
    return tuple(
        character
        for character in dict.fromkeys(text)
        if character not in held or not character.isprintable()
    )


def _account_flaws(
    holder: Order | Debtor, file_format: Format
) -> Iterator[tuple[Place, InputError]]:
    bank = BANKS.get(holder.bank_code)
    digits_max = file_format.account_digits_max
    if bank is None or not bank.is_open:
        yield Place.BANK, refusals.BankUnknownError(holder.bank_code)
    elif not account_fits(bank, holder.account):
        yield Place.ACCOUNT, refusals.AccountDigitsError(bank)
    elif len(short_account(holder.account, digits_max)) > digits_max:
        yield Place.ACCOUNT, refusals.AccountTooLongError(digits_max=digits_max)
    if holder.branch is not None and _BRANCH.fullmatch(holder.branch) is None:
        yield Place.BRANCH, refusals.BranchDigitsError()
