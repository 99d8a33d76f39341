"""Pairs that fit in one way only, found by key and day without trying each with each."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

# Of an account without hidden digits the last ten count: a bank's code may stand before it.
_DIGITS = 10
SHOWN_MAX = 10  # of many candidates that fit, a person sees so many
# A bank hides digits in one way; a file of many ways would make the search slow, and is no file.
_SHAPES_MAX = 8

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A line or a target, by what it is found by."""

    key: Hashable
    day: date
    name: str


@dataclass(frozen=True, slots=True)
class Window:
    """How many days after it was sent, or before, a payment may be booked."""

    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Found:
    """How many entries there are, and the last few of them."""

    count: int
    names: tuple[str, ...]


class Index:
    """Entries by key, and by day within a key."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._days: dict[Hashable, list[tuple[int, str]]] = {}
        for entry in entries:
            self._days.setdefault(entry.key, []).append((entry.day.toordinal(), entry.name))
        for found in self._days.values():
            found.sort()

    def around(self, entry: Entry, *, before: int, after: int) -> Found:
        """Return the entries of the same key, from so many days before to so many after."""
        days = self._days.get(entry.key, [])
        day = entry.day.toordinal()
        start = bisect_left(days, (day - before, ""))
        stop = bisect_left(days, (day + after + 1, ""))
        names = tuple(name for _, name in days[max(start, stop - SHOWN_MAX) : stop])
        return Found(stop - start, names)


def fitting(lines: Sequence[Entry], targets: Sequence[Entry], window: Window) -> dict[str, Found]:
    """Return for each line the targets that may be it."""
    index = Index(targets)
    found = {
        line.name: index.around(line, before=window.after, after=window.before) for line in lines
    }
    return {name: targets for name, targets in found.items() if targets.count}


def only_pairs(lines: Sequence[Entry], targets: Sequence[Entry], window: Window) -> dict[str, str]:
    """Return the target of each line that has one only, which has that line only."""
    index = Index(lines)
    alone = {
        target.name
        for target in targets
        if index.around(target, before=window.before, after=window.after).count == 1
    }
    return {
        line: found.names[0]
        for line, found in fitting(lines, targets, window).items()
        if found.count == 1 and found.names[0] in alone
    }


def shape_of(account: str) -> Shape:
    """Return which digits of an account are told, counted from its end."""
    told = tuple(place for place, digit in enumerate(reversed(account)) if digit != "x")
    return told if "x" in account else told[:_DIGITS]


def seen_in(account: str, shape: Shape) -> str | None:
    """Return the digits of an account that the shape tells; None if it is too short for it."""
    if not shape or shape[-1] >= len(account):
        return None
    return "".join(account[-1 - place] for place in shape)


def shapes_of(accounts: Iterable[str]) -> list[Shape]:
    """Return the shapes of many accounts: those that tell most come first."""
    counted = Counter(shape_of(account) for account in accounts)
    usual = [shape for shape, _ in counted.most_common(_SHAPES_MAX)]
    return sorted(usual, key=len, reverse=True)
