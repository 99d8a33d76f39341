from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from collections.abc import Iterator
from itertools import product

import pytest

from portal.publishing.suppression import Cell
from portal.publishing.suppression import pairs
from portal.publishing.suppression import suppressed

Counts = dict[int, int]
# What hides the counts of a later version, given those of the first one.
Gate = Callable[[Counts, Counts], dict[int, Cell]]
FEWEST = 2
TOTAL_MAX = 8


@pytest.mark.parametrize(
    ("counts", "cells"),
    [
        ((7, 5, 12), (7, 5, 12)),
        # Who stands beside a small one is hidden with it; the other pair is not.
        ((3, 12, 9, 8), (None, None, 9, 8)),
        ((9, 8, 0, 12), (9, 8, None, None)),
        # An odd one goes with the last pair.
        ((9, 8, 12, 12, 4), (9, 8, None, None, None)),
        ((1, 9, 2, 8), (None, None, None, None)),
        # Nothing that is hidden is more than nought, and the total says so.
        ((0, 0, 12, 20), (0, 0, 12, 20)),
        ((0, 0), (0, 0)),
        ((0, 0, 1, 20), (None, None, None, None)),
    ],
)
def test_what_is_hidden(counts: tuple[int, ...], cells: tuple[Cell, ...]) -> None:
    told = dict(enumerate(counts))
    assert tuple(suppressed(told, told).values()) == cells


def test_the_limit_can_be_another() -> None:
    counts = {"a": 7, "b": 12, "c": 30, "d": 10}
    assert suppressed(counts, counts, fewest=10) == {"a": None, "b": None, "c": 30, "d": 10}


def test_what_was_hidden_stays_hidden() -> None:
    assert suppressed({"a": 4, "b": 9}, {"a": 50, "b": 90}) == {"a": None, "b": None}


def test_parts_are_hidden_together_by_two_and_never_alone() -> None:
    assert [list(map(len, pairs(range(length)))) for length in range(2, 8)] == [
        [2],
        [3],
        [2, 2],
        [2, 3],
        [2, 2, 2],
        [2, 2, 3],
    ]
    with pytest.raises(ValueError, match="only part"):
        pairs(["a"])


def ours(first: Counts, counts: Counts) -> dict[int, Cell]:
    return suppressed(first, counts, fewest=FEWEST)


def histories(length: int) -> Iterator[tuple[Counts, Counts]]:
    """Every table up to a total, and every earlier version of it: counts only grow."""
    for cells in product(range(TOTAL_MAX + 1), repeat=length):
        if sum(cells) <= TOTAL_MAX:
            for firsts in product(*(range(later + 1) for later in cells)):
                yield dict(enumerate(firsts)), dict(enumerate(cells))


def worked_out(gate: Gate, length: int) -> set[tuple[object, ...]]:
    """Return what a reader works out who knows the rule itself and keeps both versions.

    All histories that give the same two published tables are the same to this reader: a hidden
    cell is given away when they agree on it.
    """
    alike = defaultdict(list)
    for first, later in histories(length):
        published = tuple(
            (sum(counts.values()), tuple(gate(first, counts).values())) for counts in (first, later)
        )
        alike[published].append((first, later))
    return {
        (published, version, place)
        for published, tables in alike.items()
        for version in (0, 1)
        for place, cell in enumerate(published[version][1])
        if cell is None and len({table[version][place] for table in tables}) == 1
    }


@pytest.mark.parametrize("length", [2, 3, 4])
def test_nobody_works_a_hidden_count_out(length: int) -> None:
    assert worked_out(ours, length) == set()


def without_partner(first: Counts, counts: Counts) -> dict[int, Cell]:
    return {place: None if first[place] < FEWEST else count for place, count in counts.items()}


def without_memory(_first: Counts, counts: Counts) -> dict[int, Cell]:
    return suppressed(counts, counts, fewest=FEWEST)


def smallest_beside(first: Counts, counts: Counts) -> dict[int, Cell]:
    """Hide the next smallest beside one that is alone, as is often done."""
    hidden = {place for place in counts if first[place] < FEWEST}
    if len(hidden) == 1:
        hidden.add(min(set(counts) - hidden, key=lambda place: first[place]))
    return {place: None if place in hidden else counts[place] for place in counts}


@pytest.mark.parametrize("planted", [without_partner, without_memory, smallest_beside])
def test_the_reader_would_find_a_worse_rule(planted: Gate) -> None:
    assert worked_out(planted, 3)
