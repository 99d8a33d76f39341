"""What makes requests alike for a search, and the keys they are ordered by."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from portal.publishing.searching import POSITIONS
from portal.publishing.searching import band
from portal.publishing.searching import number_of
from portal.publishing.searching import sent_key
from portal.publishing.shelf import Case

_SATANG_MAX = 9 * 10**10


@dataclass(frozen=True, slots=True)
class Group:
    """What requests of one group have in common."""

    fiscal_year: int
    fund: str
    subcommittee: str
    category: str
    purpose: str
    kind: str
    band: str
    status: str
    place: str
    is_paid: bool

    @property
    def ident(self) -> int:
        """Return a number of the group that is the same wherever the log is folded."""
        told = "|".join(str(getattr(self, name)) for name in self.__slots__)
        return int.from_bytes(sha256(told.encode()).digest()[:8]) >> 1


def group_of(case: Case) -> Group:
    """Return the group of a request."""
    return Group(
        case.fiscal_year,
        case.fund,
        case.subcommittee,
        case.category,
        case.purpose,
        case.kind,
        band(case.satang).value,
        case.status.value,
        case.place or "",
        bool(case.paid_at),
    )


@dataclass(frozen=True, slots=True)
class Keys:
    """Where a request stands in each order: no two have the same key."""

    act: int
    sent: int
    amount: int


def keys_of(case: Case) -> Keys:
    """Return the keys of a request; of equal amounts, the one that moved last is larger."""
    return Keys(
        act=case.last_index,
        sent=sent_key(case.fiscal_year, number_of(case.reference)),
        amount=min(case.satang, _SATANG_MAX) * POSITIONS + case.last_index % POSITIONS,
    )
