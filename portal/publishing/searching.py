"""A search over published requests: what is asked, what its words mean, what stands in which order.

No free text is published, so every word to search is the name of a code, a year, or a number of a
request. Requests that are alike in everything a search narrows by are one group: the search looks
through the groups, of which there are few, however many requests there are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from enum import StrEnum
from typing import TypeAlias

TERMS_MAX = 8
TEXT_MAX = 100
_THAI_DIGITS = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")


class Facet(StrEnum):
    """What a search narrows by; the value is its name in an address."""

    YEAR = "year"
    FUND = "fund"
    SUBCOMMITTEE = "subcommittee"
    CATEGORY = "category"
    KIND = "kind"
    AMOUNT = "amount"
    STATUS = "status"


class Order(StrEnum):
    """In which order requests stand."""

    NEWEST_ACT = "act"
    NEWEST = "newest"
    OLDEST = "oldest"
    LARGEST = "largest"
    SMALLEST = "smallest"

    @property
    def goes_up(self) -> bool:
        """Say whether the smallest key stands first."""
        return self in {Order.OLDEST, Order.SMALLEST}

    @property
    def key(self) -> str:
        """Return which key orders: of the newest act, of the first sending, or of the amount."""
        return _KEYS[self]


_KEYS = {
    Order.NEWEST_ACT: "act",
    Order.NEWEST: "sent",
    Order.OLDEST: "sent",
    Order.LARGEST: "amount",
    Order.SMALLEST: "amount",
}


class Band(StrEnum):
    """How large an amount is."""

    TO_1000 = "to-1000"
    TO_5000 = "to-5000"
    TO_20000 = "to-20000"
    TO_100000 = "to-100000"
    ABOVE = "above-100000"


# The last amount of each band, in satang.
_BANDS = (
    (100_000, Band.TO_1000),
    (500_000, Band.TO_5000),
    (2_000_000, Band.TO_20000),
    (10_000_000, Band.TO_100000),
)


def band(satang: int) -> Band:
    """Return the band of an amount."""
    return next((band for most, band in _BANDS if satang <= most), Band.ABOVE)


Words: TypeAlias = Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class Search:
    """What somebody asks for; `before` and `after` are keys in the order that is asked for."""

    text: str = ""
    narrowed: Mapping[Facet, str] = field(default_factory=dict)
    order: Order = Order.NEWEST_ACT
    before: int | None = None
    after: int | None = None

    @property
    def address(self) -> dict[str, str]:
        """Return what stands in the address of the first page."""
        order = {} if self.order is Order.NEWEST_ACT else {"sort": self.order.value}
        text = {"q": self.text} if self.text else {}
        return {**text, **{facet.value: code for facet, code in self.narrowed.items()}, **order}

    @property
    def without_text(self) -> dict[str, str]:
        """Return what stands in the address besides the words."""
        return replace(self, text="").address

    def without(self, facet: Facet) -> Search:
        """Return the first page of the search that does not narrow by this."""
        rest = {key: code for key, code in self.narrowed.items() if key is not facet}
        return replace(self, narrowed=rest, before=None, after=None)

    def narrow(self, facet: Facet, code: str) -> Search:
        """Return the first page of the search that narrows by this."""
        return replace(self.without(facet), narrowed={**self.narrowed, facet: code})

    @property
    def terms(self) -> Sequence[str]:
        """Return the words to look for; each must be found."""
        written = self.text.translate(_THAI_DIGITS).casefold()
        return tuple(dict.fromkeys(written.split()))[:TERMS_MAX]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one word may mean: codes of what a group has, or the number of a request."""

    codes: Mapping[str, frozenset[str]]
    number: int | None = None
    year: int | None = None


_REFERENCE = re.compile(r"(?:[a-z]+-)?(\d{4})-(\d{1,8})")
_NUMBER = re.compile(r"\d{1,8}")


def meaning(term: str, words: Words) -> Meaning:
    """Return what a word may mean, by the names of codes; `words` holds them in lower case."""
    if found := _REFERENCE.fullmatch(term):
        return Meaning({}, int(found[2]), int(found[1]))
    is_number = _NUMBER.fullmatch(term) is not None
    codes: dict[str, set[str]] = {}
    for (kind, code), named in words.items():
        # A number is a word of its own: 70 is not the year 2570.
        if term in (named.split() if is_number else named):
            codes.setdefault(kind, set()).add(code)
    number = int(term) if is_number and not codes else None
    return Meaning({kind: frozenset(found) for kind, found in codes.items()}, number)


POSITIONS = 10**8
_DIGITS = re.compile(r"\d+$")


def number_of(reference: str) -> int:
    """Return the running number of a reference."""
    found = _DIGITS.search(reference)
    return int(found[0]) % POSITIONS if found else 0


def sent_key(fiscal_year: int, number: int) -> int:
    """Return the key of a request in the order of sending."""
    return fiscal_year * POSITIONS + number


def amount_of(amount_key: int) -> int:
    """Return the satang that a key of an amount holds."""
    return amount_key // POSITIONS
