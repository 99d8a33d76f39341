"""Who tries what, how, and how often it was done or refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import precondition

Rule = TypeVar("Rule", bound=Callable[..., Any])

# Two who hold every role of the work: only the separation of people stops them.
BOTH = ("all1", "all2")
PAYERS = ("anong", "prasit", "phailin")
EVERYBODY = (
    *("malee", "finder1", "chair5", "chair2", "driving", "board"),
    *(*PAYERS, "wipa", "admin", "krit", *BOTH),
)
# Some below and above the amount for one signature, and one above the ceiling.
AMOUNTS = st.sampled_from((150_000, 99, 500_000, 500_001, 900_000, 123_457, 900_001))
PICK = st.integers(0, 41)
# How much older the page is than what it shows.
OLD = st.sampled_from((*[0] * 9, 1))


def people(*right: str) -> st.SearchStrategy[str]:
    """Draw mostly those who may, and sometimes anybody."""
    return st.sampled_from((*right * 4, *BOTH * 2, *EVERYBODY))


ASKERS, TREASURERS = people("malee", "finder1"), people(*PAYERS)
CHAIRS = people("chair5", "chair5", "driving")


@dataclass(slots=True)
class Tally:
    """How often each act was carried out, and how often it was refused."""

    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        names = sorted(self.done.keys() | self.refused.keys())
        told = ", ".join(f"{name} {self.done[name]}/{self.refused[name]}" for name in names)
        done, refused = self.done.total(), self.refused.total()
        return f"{done + refused} acts, {done} done and {refused} refused: {told}"


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody tries: `tells` is the type of the entry that the log then has."""

    name: str
    tells: str
    who: str
    is_old: bool = False


def where(rows: str, *states: str) -> Callable[[Rule], Rule]:
    """Let a rule run where something is in one of these states."""
    return precondition(lambda house: any(row.state in states for row in getattr(house.now, rows)))
