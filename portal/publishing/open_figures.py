"""The public figures as other people's programs read them: one form, for the API and the verifier.

The API makes it from the published tables, the verifier from its own fold of the log; whoever
compares the two compares the foundation's word with the log's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from portal.audit.entry import Json
from portal.audit.note import Checkpoint

# What is counted of each cell; what stands committed follows from two of them.
MEASURES = ("received", "allocated", "approved", "disbursed", "released")


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


def _amounts(sums: dict[str, int]) -> dict[str, Json]:
    # What was set free again is approved no longer.
    approved = sums["approved"] - sums["released"]
    return {
        "received_satang": sums["received"],
        "allocated_satang": sums["allocated"],
        "approved_satang": approved,
        "committed_satang": approved - sums["disbursed"],
        "disbursed_satang": sums["disbursed"],
    }
