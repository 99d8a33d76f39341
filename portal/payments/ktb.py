"""Krungthai's text file, as KTB iPay takes it: 498 characters a record, cp874, CR LF.

The layout is the one that is told in public; a foundation checks it with its bank before use.
The header holds the totals, a detail stands for each payment, and there is no trailer.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from portal.money import Money
from portal.payments.bankfile import NO_BRANCH
from portal.payments.bankfile import Batch
from portal.payments.bankfile import Format
from portal.payments.bankfile import Order
from portal.payments.bankfile import short_account

ENCODING = "cp874"
RECORD_LENGTH = 498
KRUNGTHAI = "006"


class Kind(StrEnum):
    """How a field is filled up: digits with zeros from the left, text with blanks to the right."""

    DIGITS = "digits"
    TEXT = "text"


Record: TypeAlias = dict[str, str]  # a record's fields in its layout's order, as they are written


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record; `start` counts from 1, as banks do."""

    name: str
    start: int
    length: int
    kind: Kind


HEADER = (
    Field("file_type", 1, 2, Kind.DIGITS),
    Field("record_type", 3, 1, Kind.DIGITS),
    Field("batch_number", 4, 6, Kind.DIGITS),
    Field("sending_bank", 10, 3, Kind.DIGITS),
    Field("order_count", 13, 7, Kind.DIGITS),
    Field("total_satang", 20, 19, Kind.DIGITS),
    Field("value_on", 39, 8, Kind.DIGITS),
    Field("direction", 47, 1, Kind.TEXT),
    Field("receiver_number", 48, 8, Kind.DIGITS),
    Field("company_id", 56, 16, Kind.TEXT),
    Field("user_id", 72, 20, Kind.TEXT),
    Field("filler", 92, 407, Kind.TEXT),
)
DETAIL = (
    Field("file_type", 1, 2, Kind.DIGITS),
    Field("record_type", 3, 1, Kind.DIGITS),
    Field("batch_number", 4, 6, Kind.DIGITS),
    Field("receiving_bank", 10, 3, Kind.DIGITS),
    Field("receiving_branch", 13, 4, Kind.DIGITS),
    Field("receiving_account", 17, 11, Kind.DIGITS),
    Field("sending_bank", 28, 3, Kind.DIGITS),
    Field("sending_branch", 31, 4, Kind.DIGITS),
    Field("sending_account", 35, 11, Kind.DIGITS),
    Field("value_on", 46, 8, Kind.DIGITS),
    Field("service_type", 54, 2, Kind.DIGITS),
    Field("clearing_house", 56, 2, Kind.DIGITS),
    Field("satang", 58, 17, Kind.DIGITS),
    Field("receiver_information", 75, 8, Kind.TEXT),
    Field("receiver_id", 83, 10, Kind.DIGITS),
    Field("receiver_name", 93, 100, Kind.TEXT),
    Field("sender_name", 193, 100, Kind.TEXT),
    Field("other_information_1", 293, 40, Kind.TEXT),
    Field("debit_reference", 333, 18, Kind.TEXT),
    Field("reserve_1", 351, 2, Kind.TEXT),
    Field("reference", 353, 18, Kind.TEXT),
    Field("reserve_2", 371, 2, Kind.TEXT),
    Field("other_information_2", 373, 20, Kind.TEXT),
    Field("running_number", 393, 6, Kind.DIGITS),
    Field("status", 399, 2, Kind.DIGITS),
    Field("mail_address", 401, 40, Kind.TEXT),
    Field("mobile", 441, 20, Kind.TEXT),
    Field("receiving_sub_branch", 461, 4, Kind.DIGITS),
    Field("filler", 465, 34, Kind.TEXT),
)

_HEADER_LENGTHS = {field.name: field.length for field in HEADER}
_DETAIL_LENGTHS = {field.name: field.length for field in DETAIL}
FORMAT = Format(
    encoding=ENCODING,
    name_length_max=_DETAIL_LENGTHS["receiver_name"],
    reference_length_max=_DETAIL_LENGTHS["reference"],
    company_id_length_max=_HEADER_LENGTHS["company_id"],
    account_digits_max=_DETAIL_LENGTHS["receiving_account"],
    amount_max=Money(10 ** _DETAIL_LENGTHS["satang"] - 1),
    total_max=Money(10 ** _HEADER_LENGTHS["total_satang"] - 1),
    count_max=10 ** _DETAIL_LENGTHS["running_number"] - 1,
    payer_bank=KRUNGTHAI,
)

_FILE = {"file_type": "10", "batch_number": "1"}  # a file is one batch
_HEADER = _FILE | {"record_type": "1", "direction": "C"}  # money goes to others' credit
_DETAIL = _FILE | {
    "record_type": "2",
    "service_type": "59",  # "other" of the services that reach every bank
    "status": "09",
}
# Of an account at the Government Savings Bank, the branch is 999 and the leading digit, a 0.
_BRANCHES = {"030": "9990"}


def write(batch: Batch) -> bytes:
    """Return the file; `flaws` has looked at the batch before, or this may raise `ValueError`."""
    return b"".join(
        f"{''.join(record.values())}\r\n".encode(ENCODING) for record in _records(batch)
    )


def _records(batch: Batch) -> Iterator[Record]:
    same = {"sending_bank": batch.debtor.bank_code, "value_on": f"{batch.value_on:%d%m%Y}"}
    header = {
        "order_count": str(len(batch.orders)),
        "total_satang": str(batch.total.satang),
        "company_id": batch.debtor.company_id,
    }
    yield _EMPTY_HEADER | _filled(HEADER, _HEADER | same | header)
    same |= _DETAIL | {
        "sending_branch": batch.debtor.branch or NO_BRANCH,
        "sending_account": _account(batch.debtor.account),
        "sender_name": batch.debtor.name,
    }
    detail = _EMPTY_DETAIL | _filled(DETAIL, same)
    for number, order in enumerate(batch.orders, 1):
        yield detail | _filled(DETAIL, _detail(order, number))


def _detail(order: Order, number: int) -> dict[str, str]:
    return {
        "receiving_bank": order.bank_code,
        "receiving_branch": order.branch or _BRANCHES.get(order.bank_code, NO_BRANCH),
        "receiving_account": _account(order.account),
        "satang": str(order.amount.satang),
        "receiver_name": order.payee,
        "reference": order.reference,
        "running_number": str(number),
    }


def _account(digits: str) -> str:
    return short_account(digits, FORMAT.account_digits_max)


def _filled(layout: Sequence[Field], values: Mapping[str, str]) -> Record:
    """Return the named fields at their full lengths, in the layout's order."""
    return {
        field.name: _at_length(field, values[field.name])
        for field in layout
        if field.name in values
    }


def _at_length(field: Field, value: str) -> str:
    """Return a value at its field's length; nothing is ever cut."""
    is_digits = field.kind is Kind.DIGITS
    if len(value) > field.length or not _is_plain(value, is_digits=is_digits):
        message = f"the field {field.name} cannot hold {value!r}"
        raise ValueError(message)
    return value.rjust(field.length, "0") if is_digits else value.ljust(field.length)


def _is_plain(value: str, *, is_digits: bool) -> bool:
    if is_digits:
        return value == "" or (value.isascii() and value.isdecimal())
    return value.isprintable()


# A field that nobody fills stays so: zeros or blanks.
_EMPTY_HEADER = _filled(HEADER, {field.name: "" for field in HEADER})
_EMPTY_DETAIL = _filled(DETAIL, {field.name: "" for field in DETAIL})
