"""One cell of a field workbook: what was typed there, and what is meant by it.

A reader raises `ValueError` where nothing it knows can be meant.
"""

from __future__ import annotations

import re
from enum import StrEnum

from portal.banks import Bank
from portal.banks import account_fits
from portal.banks import find_bank
from portal.id_numbers import bare_digits
from portal.id_numbers import read_id_number
from portal.money import Money
from portal.thai import arabic_digits
from portal.thai import read_baht
from portal.thai import split_name
from portal.thai import tidy


class PayeeKind(StrEnum):
    """Who receives the money."""

    SELF = "self"
    GUARDIAN = "guardian"
    SCHOOL = "school"
    SHOP = "shop"
    OTHER = "other"


_BLANKS = frozenset({"", "-", "\u2013", "\u2014"})  # a dash says "nothing" on a form
_NO_ID = frozenset({"ไม่มี", "ไม่มีเลข", "ไม่มีบัตร"})
_CONSENT_GIVEN = frozenset(
    {"มี", "มีแล้ว", "ยินยอม", "ยินยอมแล้ว", "ให้ความยินยอม", "ใช่", "yes", "true"}
    | {"ได้รับแล้ว", "ได้รับความยินยอม", "ได้รับความยินยอมแล้ว"}
    | {"✓", "✔", "☑", "✅", "√", "/"}
)
_PREFIX = re.compile(r"^(?:ตำบล|ต\.|อำเภอ|อ\.) ?")
_NUMBER = re.compile("[0-9]{1,9}")
_PAYEES = {
    PayeeKind.SELF: re.compile("(?:ตนเอง|ตัวเอง|เจ้าตัว|ผู้ขอ).*"),
    PayeeKind.GUARDIAN: re.compile("(?:ผู้ปกครอง|ผู้ดูแล|บิดา|มารดา).*|พ่อ|แม่|ปู่|ย่า|ตา|ยาย|ญาติ"),
    PayeeKind.SCHOOL: re.compile("(?:สถานศึกษา|โรงเรียน|วิทยาลัย|มหาวิทยาลัย|ศูนย์|สถานพัฒนา).*"),
    PayeeKind.SHOP: re.compile("(?:ร้าน|บริษัท|ห้าง).*"),
}

# What a row of ours says of each; a reader finds the same kind again.
PAYEE_WORDS = {
    PayeeKind.SELF: "ตนเอง",
    PayeeKind.GUARDIAN: "ผู้ปกครอง",
    PayeeKind.SCHOOL: "สถานศึกษา",
    PayeeKind.SHOP: "ร้านค้า",
    PayeeKind.OTHER: "อื่น ๆ",
}


def as_typed(cell: object) -> str:
    """Return a cell as text, with nothing put right."""
    return "" if cell is None else str(cell)


def is_blank(cell: object) -> bool:
    """Say whether nothing is told here."""
    return read_text(cell) in _BLANKS


def read_text(cell: object) -> str:
    """Return a cell as tidy text; a number cell shows its whole digits."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return tidy(as_typed(cell))


def read_digits(cell: object) -> str:
    """Return a cell as 0-9, without the spaces and dashes that group them."""
    return bare_digits(read_text(cell))


def read_number(cell: object) -> int | None:
    """Return the number in ลำดับ, if one is there."""
    text = arabic_digits(read_text(cell)).removesuffix(".")
    return int(text) if _NUMBER.fullmatch(text) else None


def read_place(cell: object) -> str:
    """Return the name of a tambon or an amphoe without its prefix."""
    return _PREFIX.sub("", read_text(cell))


def read_amount(cell: object) -> Money:
    """Read an amount that somebody can ask for."""
    amount = read_baht(cell)
    if amount.satang <= 0:
        message = f"nobody can ask for {amount}"
        raise ValueError(message)
    return amount


def read_bank(cell: object) -> Bank:
    """Read a bank that can be paid into."""
    bank = find_bank(read_text(cell))
    if bank is None or not bank.is_open:
        message = f"no such bank: {cell}"
        raise ValueError(message)
    return bank


def read_account(bank: object, cell: object) -> str:
    """Read an account number that the bank, told in a cell of its own, can have."""
    digits = read_digits(cell)
    if not account_fits(read_bank(bank), digits):
        message = "not an account of that bank"
        raise ValueError(message)
    return digits


def read_id(cell: object) -> str | None:
    """Read a national id or a G code; None where the cell says that there is none."""
    if read_text(cell) in _NO_ID:
        return None
    return read_id_number(read_text(cell))


def read_consent(cell: object) -> bool:
    """Say whether consent was given; a word we do not know gives none."""
    return read_text(cell).casefold().removesuffix("\ufe0f") in _CONSENT_GIVEN


def payee_of(holder: str, person: str) -> PayeeKind:
    """Return who is meant by the name of an account, in a request for this person, if for one."""
    _, first, last = split_name(holder)
    _, *own = split_name(person)
    if [first, last] == own:
        return PayeeKind.SELF
    kind = read_payee_kind(holder)
    # Of a family name alone nobody knows whether it is the guardian's; an officer can say so.
    return kind if kind in {PayeeKind.SCHOOL, PayeeKind.SHOP} else PayeeKind.OTHER


def read_payee_kind(cell: object) -> PayeeKind:
    """Return who is meant; words we do not know mean somebody else."""
    text = read_text(cell)
    kinds = (kind for kind, words in _PAYEES.items() if words.fullmatch(text))
    return next(kinds, PayeeKind.OTHER)
