"""Hiding small numbers: a count of a few people could point at one of them.

The parts of a total stand in pairs, in the order of their codes; the last three go together where
their number is odd. A pair in which any count is small is hidden whole. So the reader never learns
which of the two is small: exchange their counts, and everything that is published stays the same,
the sum of what is hidden with it. This holds for readers who know the rule, too.

What was hidden once stays hidden. Counts of a time that is over only grow, so a count was small in
some version if it was small in the first one: the log itself is the memory of what was hidden.

Three things must hold of what is published beside it: the total alone has these parts, nobody
publishes the same counts divided in another way, and none of them is a sum of rows of a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import TypeAlias
from typing import TypeVar

FEWEST_SHOWN = 5
# Of what the law protects most, and of what children went through.
FEWEST_SENSITIVE = 10
Key = TypeVar("Key")
# A count, or None where it is hidden.
Cell: TypeAlias = "int | None"


def suppressed(
    first: Mapping[Key, int], counts: Mapping[Key, int], *, fewest: int = FEWEST_SHOWN
) -> dict[Key, Cell]:
    """Return the parts of one total as they may stand beside it.

    `first` is what was counted when the time was over, before anything was published. Nothing is
    hidden where all of it is nought: the total says so, and it points at nobody.
    """
    hidden = {
        key
        for pair in pairs(list(counts))
        if any(first[key] < fewest for key in pair)
        for key in pair
    }
    if not any(counts[key] for key in hidden):
        hidden = set()
    return {key: None if key in hidden else counts[key] for key in counts}


def pairs(keys: Sequence[Key]) -> list[Sequence[Key]]:
    """Return the parts that are hidden together; there must be two at least."""
    if len(keys) == 1:
        message = "the only part of a total is the total: it cannot be hidden"
        raise ValueError(message)
    starts = list(range(0, len(keys) - 1, 2))
    ends = [*starts[1:], len(keys)]
    return [keys[start:end] for start, end in zip(starts, ends, strict=True)]
