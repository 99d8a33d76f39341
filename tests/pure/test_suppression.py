from __future__ import annotations

from itertools import product

import pytest

from portal.publishing.suppression import FEWEST_SHOWN
from portal.publishing.suppression import Cell
from portal.publishing.suppression import Hidden
from portal.publishing.suppression import suppressed

FEW, BESIDE = Hidden.FEW, Hidden.BESIDE


@pytest.mark.parametrize(
    ("counts", "cells"),
    [
        ((), ()),
        ((7, 5, 12), (7, 5, 12)),
        ((4,), (FEW,)),
        # Two small ones protect each other.
        ((1, 3, 12), (FEW, FEW, 12)),
        # One alone is the total less the others: the next smallest goes with it.
        ((3, 12, 9), (FEW, 12, BESIDE)),
        ((3, 9, 9), (FEW, BESIDE, 9)),
        # Two that are both nothing, or both as many as a hidden one can be, give each other away.
        ((0, 0, 12, 20), (FEW, FEW, BESIDE, 20)),
        ((4, 4, 12, 20), (FEW, FEW, BESIDE, 20)),
        # A sum that only nothing and five can give.
        ((0, 5, 9), (FEW, BESIDE, BESIDE)),
        # Nothing is left to hide.
        ((0, 0), (FEW, FEW)),
        ((3, 5), (FEW, BESIDE)),
    ],
)
def test_what_is_hidden(counts: tuple[int, ...], cells: tuple[Cell, ...]) -> None:
    assert tuple(suppressed(dict(enumerate(counts))).values()) == cells


def test_the_limit_can_be_another() -> None:
    assert suppressed({"a": 7, "b": 12, "c": 30}, fewest=10) == {"a": FEW, "b": BESIDE, "c": 30}


def test_nobody_works_a_hidden_count_out() -> None:
    """Every small table is tried: what a reader knows leaves each hidden cell two values."""
    for counts in product(range(9), repeat=3):
        cells = suppressed(dict(enumerate(counts)))
        hidden = [place for place, cell in cells.items() if isinstance(cell, Hidden)]
        is_all = len(hidden) == len(counts)
        if not hidden or is_all:
            continue
        left = sum(counts[place] for place in hidden)
        possible = [
            guess
            for guess in product(range(left + 1), repeat=len(hidden))
            if sum(guess) == left
            and all(
                (value < FEWEST_SHOWN) == (cells[place] is FEW)
                for place, value in zip(hidden, guess, strict=True)
            )
        ]
        for column in zip(*possible, strict=True):
            assert len(set(column)) > 1, (counts, cells)
