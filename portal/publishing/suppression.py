"""Hiding small numbers: a count of a few people could point at one of them.

The cells of a breakdown stand in pairs, in the order of their codes; the last three go together
where their number is odd. A pair in which any count is small is hidden whole. So the reader never
learns which of the two is small: exchange their counts, and everything that is published stays the
same, the sum of what is hidden with it. This holds also for readers who know this rule.

What was hidden once stays hidden. Counts of a time that is over only grow, so a cell was small in
some version if it was small in the first one: the log itself is the memory of what was hidden.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic
from typing import TypeAlias
from typing import TypeVar

FEWEST_SHOWN = 5
# Of what the law protects most, and of what children went through.
FEWEST_SENSITIVE = 10
Key = TypeVar("Key")
# A count, or None where it is hidden.
Cell: TypeAlias = "int | None"


@dataclass(frozen=True, slots=True)
class Breakdown(Generic[Key]):
    """A total and its parts as they may be published."""

    total: Cell
    cells: Mapping[Key, Cell]


def suppressed(
    first: Mapping[Key, int], counts: Mapping[Key, int], *, fewest: int = FEWEST_SHOWN
) -> Breakdown[Key]:
    """Return the counts of one breakdown as they may stand beside their total.

    `first` is what was counted when the time was over and the breakdown first published. Nought is
    told where the total tells it anyway: it points at nobody.
    """
    total = sum(counts.values())
    if total and sum(first.values()) < fewest:
        return Breakdown(None, dict.fromkeys(counts))
    hidden = {
        key
        for pair in pairs(list(counts))
        if any(first[key] < fewest for key in pair)
        for key in pair
    }
    if not any(counts[key] for key in hidden):
        hidden = set()
    return Breakdown(total, {key: None if key in hidden else counts[key] for key in counts})


def pairs(keys: Sequence[Key]) -> list[Sequence[Key]]:
    """Return the cells that are hidden together: by two, the last three together if one is over."""
    starts = list(range(0, len(keys) - 1, 2)) or [0]
    ends = [*starts[1:], len(keys)]
    return [keys[start:end] for start, end in zip(starts, ends, strict=True)]
