"""Money: whole satang, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_BAHT = re.compile(r"(?P<baht>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,13})(?:\.(?P<satang>[0-9]{1,2}))?")


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount of baht, held as whole satang; it may be negative."""

    satang: int

    def __post_init__(self) -> None:
        if type(self.satang) is not int:
            message = f"Money is whole satang, not {self.satang!r}"
            raise TypeError(message)

    @classmethod
    def baht(cls, baht: int) -> Money:
        """Return this many whole baht."""
        return cls(baht * 100)

    @classmethod
    def parse(cls, text: str) -> Money:
        """Read `1,234.50` or `1234`; raise `ValueError` for anything else."""
        match = _BAHT.fullmatch(text.strip())
        if match is None:
            message = f"not an amount: {text!r}"
            raise ValueError(message)
        satang = (match["satang"] or "").ljust(2, "0")
        return cls(int(match["baht"].replace(",", "")) * 100 + int(satang))

    def __add__(self, other: Money) -> Money:
        return Money(self.satang + other.satang)

    def __sub__(self, other: Money) -> Money:
        return Money(self.satang - other.satang)

    def __neg__(self) -> Money:
        return Money(-self.satang)

    def __bool__(self) -> bool:
        return self.satang != 0

    def __str__(self) -> str:
        """Write `1,234.50`, or `1,234` when there are no satang."""
        baht, satang = divmod(abs(self.satang), 100)
        sign = "-" if self.satang < 0 else ""
        return f"{sign}{baht:,}.{satang:02}" if satang else f"{sign}{baht:,}"


def total(amounts: Iterable[Money]) -> Money:
    """Return the sum; nothing adds up to nothing."""
    return Money(sum(amount.satang for amount in amounts))
