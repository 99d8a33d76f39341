"""A bank's statement as plain values: its lines, what must fit in it, and what a line is known by.

Whichever format a bank sends, its lines become the same values here. Money that leaves the account
is below zero.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from enum import StrEnum
from itertools import pairwise

from portal.id_numbers import bare_digits
from portal.money import Money
from portal.money import total
from portal.payments.statement_flaws import ClosingDoesNotFitError
from portal.payments.statement_flaws import LineDoesNotFitError
from portal.payments.statement_flaws import PagesDoNotFollowError
from portal.payments.statement_flaws import WrongAccountError
from portal.thai import tidy


class Nature(StrEnum):
    """What the bank itself says a line is."""

    PLAIN = "plain"
    FEE = "fee"
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a statement, put right; `read_line` makes one of what a bank wrote.

    `counter_account` has the digits of the other side, with an `x` for each one that the bank
    hides. The balance after a line is not what the line is: other formats tell it without one.
    """

    booked_on: date
    value_on: date
    amount: Money
    description: str
    bank_reference: str = ""
    end_to_end_id: str = ""
    counter_account: str = ""
    nature: Nature = Nature.PLAIN
    balance: Money | None = field(default=None, compare=False)

    @property
    def is_out(self) -> bool:
        """Say whether money left the account."""
        return self.amount < Money(0)


@dataclass(frozen=True, slots=True)
class Statement:
    """The lines of one account, oldest first, between two balances where the format tells them."""

    account: str
    opening: Money | None
    closing: Money | None
    lines: tuple[Line, ...]


# Our own papers: the foundation's code, the fiscal year, a letter and six digits; a bank may drop
# the hyphens or write blanks for them.
_OURS = re.compile(
    r"(?<![A-Z0-9])(?P<code>[A-Z][A-Z0-9-]{0,11}?)[- ]?(?P<year>2[5-9][0-9]{2})"
    r"[- ]?(?P<letter>[A-Z]?)(?P<number>[0-9]{6})(?![0-9])"
)
_NOTHING = frozenset({"", "NONREF", "NOTPROVIDED", "NOT PROVIDED", "-"})
_ACCOUNT = re.compile(r"(?<![0-9A-Zx-])[0-9x][0-9x-]{2,18}[0-9x](?![0-9A-Zx-])")
_KNOWN_DIGITS_MIN = 4
_ACCOUNT_LENGTHS = range(10, 16)
_FEE = re.compile(r"ค่าธรรมเนียม(?!การ)|ค่าบริการ|\b(?:FEE|FEES|CHARGE|CHARGES|COMMISSION)\b")
_RETURN = re.compile(
    r"คืนเงิน|เงินคืน|โอนคืน|ไม่สำเร็จ|ปฏิเสธ|ยกเลิกรายการ|\b(?:RETURN|RETURNED|REVERSAL|REJECT|REJECTED)\b"
)


@dataclass(frozen=True, slots=True)
class Written:
    """A line as a bank wrote it; what its format does not tell apart stands in the description."""

    booked_on: date
    amount: Money
    description: str
    value_on: date | None = None
    bank_reference: str = ""
    end_to_end_id: str = ""
    counter_account: str = ""
    nature: Nature = Nature.PLAIN
    balance: Money | None = None


def read_line(written: Written) -> Line:
    """Make a line of what a bank wrote."""
    description = tidy(written.description)
    is_plain = written.nature is Nature.PLAIN
    return Line(
        booked_on=written.booked_on,
        value_on=written.value_on or written.booked_on,
        amount=written.amount,
        description=description,
        bank_reference=_told(written.bank_reference),
        end_to_end_id=_end_to_end_id(written.end_to_end_id, written.bank_reference, description),
        counter_account=account_digits(written.counter_account) or _account_in(description),
        nature=_nature_of(description) if is_plain else written.nature,
        balance=written.balance,
    )


def _told(written: str) -> str:
    text = tidy(written)
    return "" if text.upper() in _NOTHING else text


def _end_to_end_id(written: str, *elsewhere: str) -> str:
    """Return the id as we write ours; a text that names several is no id."""
    if told := _told(written):
        return next(iter(references_in(told)), told)
    found = {reference for text in elsewhere for reference in references_in(text)}
    return found.pop() if len(found) == 1 else ""


def references_in(text: str) -> list[str]:
    """Return the references of ours in a text, each as we write it."""
    return [
        f"{match['code'].rstrip('-')}-{match['year']}-{match['letter']}{match['number']}"
        for match in _OURS.finditer(tidy(text).upper())
    ]


def account_digits(written: str) -> str:
    """Return an account number without hyphens and blanks; what a bank hides stays an `x`."""
    text = re.sub("[xX*\u2022]", "x", bare_digits(tidy(written)))
    return text if re.fullmatch("[0-9x]+", text) else ""


def _account_in(description: str) -> str:
    """Return the one account that a text names, if it is one."""
    text = re.sub("[X*\u2022]", "x", description)
    found = {account_digits(match[0]) for match in _ACCOUNT.finditer(text)}
    accounts = {digits for digits in found if _is_account(digits)}
    return accounts.pop() if len(accounts) == 1 else ""


def _is_account(digits: str) -> bool:
    known = len(digits) - digits.count("x")
    return known >= _KNOWN_DIGITS_MIN and (known < len(digits) or len(digits) in _ACCOUNT_LENGTHS)


def same_account(one: str, other: str) -> bool:
    """Say whether two numbers can be the same account: hidden in part, or with a bank before it."""
    if "x" not in one + other:
        shorter, longer = sorted((one, other), key=len)
        return longer.endswith(shorter) and (one == other or len(shorter) in _ACCOUNT_LENGTHS)
    seen = [
        (a, b) for a, b in zip(reversed(one), reversed(other), strict=False) if "x" not in {a, b}
    ]
    return len(seen) >= _KNOWN_DIGITS_MIN and all(a == b for a, b in seen)


def _nature_of(description: str) -> Nature:
    text = description.upper()
    if _RETURN.search(text):
        return Nature.RETURN
    return Nature.FEE if _FEE.search(text) else Nature.PLAIN


def check_statement(statement: Statement, *, account: str) -> None:
    """Refuse a statement of another account, or one that does not add up."""
    if not same_account(statement.account, account):
        raise WrongAccountError(found=statement.account, wanted=account)
    _check_balances(statement)
    if statement.opening is None or statement.closing is None:
        return
    moved = total(line.amount for line in statement.lines)
    if statement.opening + moved != statement.closing:
        raise ClosingDoesNotFitError(
            opening=statement.opening, moved=moved, closing=statement.closing
        )


def _check_balances(statement: Statement) -> None:
    """Name the first line whose balance is not what was there before it, and the line."""
    before = statement.opening
    for number, line in enumerate(statement.lines, 1):
        if before is not None and line.balance is not None and before + line.amount != line.balance:
            raise LineDoesNotFitError(
                number, line.booked_on, line.amount, before=before, after=line.balance
            )
        before = line.balance if before is None else before + line.amount


def joined(pages: Sequence[Statement]) -> Statement:
    """Return one statement of the pages of one account, which must follow upon one another."""
    for before, after in pairwise(pages):
        if not same_account(before.account, after.account):
            raise WrongAccountError(found=after.account, wanted=before.account)
        if before.closing is None or after.opening is None:
            continue
        if before.closing != after.opening:
            raise PagesDoNotFollowError(closing=before.closing, opening=after.opening)
    lines = tuple(line for page in pages for line in page.lines)
    return Statement(pages[0].account, pages[0].opening, pages[-1].closing, lines)


def fingerprints(lines: Sequence[Line], *, account: str) -> list[str]:
    """Return what each line is known by, in order.

    Equal lines of one day are told apart by which of them they are: the same file again, or one
    that overlaps it by whole days, has the same fingerprints, and two payments that look the same
    are two all the same.
    """
    earlier: Counter[str] = Counter()
    answers = []
    for line in lines:
        first = fingerprint(line, account=account, ordinal=0)
        ordinal = earlier[first]
        answers.append(fingerprint(line, account=account, ordinal=ordinal) if ordinal else first)
        earlier[first] += 1
    return answers


def fingerprint(line: Line, *, account: str, ordinal: int) -> str:
    """Return what the line is known by; `ordinal` counts the equal lines before it that day.

    The value date, the nature and the balance are left out: not every format tells them.
    """
    canonical = [
        account,
        line.booked_on.isoformat(),
        line.amount.satang,
        line.description,
        line.bank_reference,
        line.end_to_end_id,
        line.counter_account,
        ordinal,
    ]
    text = json.dumps(canonical, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
