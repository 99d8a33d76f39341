"""Where a baht went: money stands in line, and what came in first goes out first.

A fund's donations stand in one line, in the order of the log, and its allocations take from the
front of it, as do the bank's own fees: to the line they are an allocation to nobody. What a
subcommittee was allocated stands in a line of its own, from which its payments take. A place in a
line is counted in satang from its beginning: nothing is divided or rounded.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Leg(StrEnum):
    """A leg of the way of money: into a fund, to a subcommittee or the bank, to who is helped."""

    DONATION = "donation"
    ALLOCATION = "allocation"
    FEE = "fee"
    PAYMENT = "payment"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of a line: where it begins, and how long it is."""

    start: int
    satang: int

    @property
    def end(self) -> int:
        """Return where the next piece begins."""
        return self.start + self.satang

    def shared(self, other: Stretch) -> int:
        """Return how much two pieces of one line have in common."""
        return max(0, min(self.end, other.end) - max(self.start, other.start))


@dataclass(frozen=True, slots=True)
class Allocated:
    """An allocation: what it took of the fund's line, and what it became in the subcommittee's."""

    index: int
    subcommittee: str
    taken: Stretch
    given: Stretch

    def part(self, gift: Stretch) -> Stretch:
        """Return what a piece of the fund's line became in the subcommittee's."""
        skipped = max(0, gift.start - self.taken.start)
        return Stretch(self.given.start + skipped, self.taken.shared(gift))


def reach(gift: Stretch, allocated: Sequence[Allocated]) -> Mapping[str, Stretch]:
    """Return by subcommittee what became of a donation, one piece of each line.

    Allocations follow each other in both lines, so that the pieces of one subcommittee do, too.
    """
    found: dict[str, Stretch] = {}
    for allocation in allocated:
        part = allocation.part(gift)
        if part.satang:
            begun = found.get(allocation.subcommittee, Stretch(part.start, 0))
            longer = Stretch(begun.start, begun.satang + part.satang)
            found[allocation.subcommittee] = longer
    return found
