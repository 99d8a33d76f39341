"""Hiding small numbers: a count of a few people could point at one of them.

A total beside the cells gives a hidden cell away when it is the only one, or when all hidden ones
together are as small, or as large, as they can be. Then the next smallest cell is hidden as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias
from typing import TypeVar

FEWEST_SHOWN = 5
Key = TypeVar("Key")


class Hidden(StrEnum):
    """Why a count is not shown: it is small, or it would give a small one away."""

    FEW = "few"
    BESIDE = "beside"


Cell: TypeAlias = int | Hidden


def suppressed(counts: Mapping[Key, int], *, fewest: int = FEWEST_SHOWN) -> dict[Key, Cell]:
    """Return the counts of one breakdown as they may stand beside their total.

    The cells must add up to the total that is shown. Of two cells that are as small, the one that
    comes first is hidden, so the same counts are always hidden in the same way.
    """
    few = [count for count in counts.values() if count < fewest]
    shown = sorted((key for key in counts if counts[key] >= fewest), key=lambda key: counts[key])
    beside: list[Key] = []
    while shown and _tells(few, [counts[key] for key in beside], fewest):
        beside.append(shown.pop(0))
    return {
        key: Hidden.FEW if count < fewest else Hidden.BESIDE if key in beside else count
        for key, count in counts.items()
    }


def _tells(few: list[int], beside: list[int], fewest: int) -> bool:
    """Say whether the sum of what is hidden, which the total gives, gives one of them away.

    A reader knows of each small cell that it lies between 0 and the last count that is hidden, and
    of each one beside it that it does not.
    """
    if not few:
        return False
    hidden_sum, lowest = sum(few) + sum(beside), fewest * len(beside)
    highest = (fewest - 1) * len(few)
    is_alone = len(few) + len(beside) == 1
    return is_alone or hidden_sum == lowest or (not beside and hidden_sum == highest)
