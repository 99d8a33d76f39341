"""The public figures as other people's programs read them: one form, for the API and the verifier.

The API makes it from the published tables, the verifier from its own fold of the log; whoever
compares the two compares the foundation's word with the log's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from portal.audit.entry import Json
from portal.audit.note import Checkpoint
from portal.money import Money

# What is counted of each cell; each only grows.
MEASURES = (
    "received",
    "allocated",
    "approved",
    "disbursed",
    "released",
    "came_back",
    "fees",
    "bank_fees",
)


@dataclass(frozen=True, slots=True)
class Amounts:
    """What the counts come to, in satang: what was taken back is taken off.

    Of what came back the bank kept `kept`; it took `taken` out of funds for itself.
    """

    received: int
    allocated: int
    approved: int
    disbursed: int
    kept: int
    taken: int

    @classmethod
    def of(cls, sums: Mapping[str, int]) -> Amounts:
        """Work the amounts out of what was counted by measure."""
        return cls(
            received=sums.get("received", 0),
            allocated=sums.get("allocated", 0),
            approved=sums.get("approved", 0) - sums.get("released", 0),
            disbursed=sums.get("disbursed", 0) - sums.get("came_back", 0),
            kept=sums.get("fees", 0),
            taken=sums.get("bank_fees", 0),
        )

    @property
    def fees(self) -> int:
        """Return what banks kept of what came back, and took for themselves."""
        return self.kept + self.taken

    @property
    def committed(self) -> int:
        """Return what is approved and neither paid nor kept by the bank."""
        return self.approved - self.disbursed - self.kept

    @property
    def left(self) -> int:
        """Return what came in and is neither approved for anything nor taken by the bank."""
        return self.received - self.approved - self.taken


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of the whole foundation, or of one part of it."""

    received: Money
    allocated: Money
    requested: Money
    approved: Money
    committed: Money
    disbursed: Money
    came_back: Money
    fees: Money
    left: Money
    requests: int
    paid_for_youths: int
    paid_for_projects: int

    @property
    def requests_paid(self) -> int:
        """Return how many requests have all their money."""
        return self.paid_for_youths + self.paid_for_projects

    @property
    def paid_percent(self) -> int:
        """Return how much of what was asked for has been paid, in whole percent, rounded down."""
        return 100 * self.disbursed.satang // self.requested.satang if self.requested else 0

    @property
    def allocated_left(self) -> Money:
        """Return what the subcommittees were given and have not approved for anything."""
        return self.allocated - self.approved

    @property
    def not_allocated(self) -> Money:
        """Return what is left and was given to no subcommittee."""
        return self.left - self.allocated_left


class Counted(NamedTuple):
    """What was counted of one measure in one cell; an empty code is none."""

    month: str
    fund: str
    subcommittee: str
    category: str
    measure: str
    satang: int


def open_figures(checkpoint: Checkpoint, counted: Iterable[Counted]) -> dict[str, Json]:
    """Return the figures that the log gives at a checkpoint, as plain JSON."""
    sums: dict[str, int] = defaultdict(int)
    cells: dict[tuple[str, ...], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for one in counted:
        if one.measure in MEASURES:
            sums[one.measure] += one.satang
            cells[one[:4]][one.measure] += one.satang
    return {
        "log": {
            "origin": checkpoint.origin,
            "size": checkpoint.size,
            "root": checkpoint.root.hex(),
        },
        "total": _amounts(sums),
        "figures": [_figure(key, cells[key]) for key in sorted(cells)],
    }


def _figure(key: tuple[str, ...], sums: dict[str, int]) -> Json:
    month, fund, subcommittee, category = key
    where = {
        "month": month,
        "fund": fund,
        "subcommittee": subcommittee or None,
        "category": category or None,
    }
    return {**where, **_amounts(sums)}


def _amounts(sums: Mapping[str, int]) -> dict[str, Json]:
    amounts = Amounts.of(sums)
    return {
        "received_satang": amounts.received,
        "allocated_satang": amounts.allocated,
        "approved_satang": amounts.approved,
        "committed_satang": amounts.committed,
        "disbursed_satang": amounts.disbursed,
        "fees_satang": amounts.fees,
    }
