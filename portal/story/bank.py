"""The bank of the story: it books what leaves and comes in, and writes it down as banks here do."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from io import StringIO

from portal.money import Money
from portal.thai import BUDDHIST_ERA

_HEADERS = ("วันที่", "รายการ", "ถอนเงิน", "ฝากเงิน", "ยอดคงเหลือ", "เลขที่อ้างอิง", "เลขอ้างอิงลูกค้า")
# What internet banks of Thailand still write their tables in.
_ENCODING = "cp874"
_SHOWN = 4


@dataclass
class Bank:
    """One account, empty at first: what it holds, and the lines that no statement has told yet."""

    balance: Money = field(default_factory=lambda: Money(0))
    count: int = 0
    unread: list[Sequence[str]] = field(default_factory=list)

    def book(self, on: date, amount: Money, text: str, *, told: str = "") -> None:
        """Book money that comes in, or, below zero, that leaves; `told` is our own reference."""
        self.balance += amount
        self.count += 1
        out, into = ("", f"{amount}") if amount.satang > 0 else (f"{-amount}", "")
        day = f"{on.day:02}/{on.month:02}/{on.year + BUDDHIST_ERA}"
        number = f"TX{self.count:06}"
        self.unread.append((day, text, out, into, f"{self.balance}", number, told))

    def statement(self, account: str) -> bytes:
        """Return a statement of the lines since the last one."""
        file = StringIO(newline="")
        rows = csv.writer(file)
        rows.writerows([("รายการเดินบัญชี",), ("เลขที่บัญชี", account), _HEADERS, *self.unread])
        self.unread = []
        return file.getvalue().encode(_ENCODING)


def hidden(account: str) -> str:
    """Return an account number as a bank shows it to others."""
    return account[-_SHOWN:].rjust(len(account), "x")
