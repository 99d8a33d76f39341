"""The public figures, worked out again from the entries alone."""

from __future__ import annotations

import json
from collections.abc import Iterable
from collections.abc import Iterator

from portal.audit.entry import Entry
from portal.audit.note import Checkpoint
from portal.errors import N_
from portal.money import Money
from portal.publishing.fold import step
from portal.publishing.folding import FoldError
from portal.publishing.open_figures import Amounts
from portal.publishing.open_figures import Counted
from portal.publishing.open_figures import open_figures
from portal.publishing.shelf import Measure
from portal.publishing.shelf import Shelf
from portal.verifier.language import Voice


def tell_figures(
    voice: Voice, checkpoint: Checkpoint, told: Iterable[tuple[int, Entry]], *, as_json: bool
) -> None:
    """Fold the whole log, then print its figures: in words, or as `/api/v1/figures` has them."""
    shelf, known = Shelf(), set[int]()
    for index, entry in told:
        _check_ids(known, index, entry)
        step(shelf, index, entry)
    voice.say(N_("No entry breaks a rule of the house."))
    if as_json:
        figures = open_figures(checkpoint, _counted(shelf))
        print(json.dumps(figures, ensure_ascii=False), flush=True)  # noqa: T201 - the answer
    else:
        _show_totals(voice, shelf)


def _check_ids(known: set[int], index: int, entry: Entry) -> None:
    """Refuse an entry whose number is taken, or that refers to one that is not before it."""
    for eid in entry.refs:
        if _number(eid) not in known:
            raise FoldError(index, N_("it refers to {eid}, which is not before it"), eid=eid)
    number = _number(entry.eid)
    if number in known:
        raise FoldError(index, N_("the number {eid} stands in the log already"), eid=entry.eid)
    known.add(number)


def _number(eid: str) -> int:
    # Half the memory of the text, and there may be millions.
    return int(eid.replace("-", ""), 16)


def _counted(shelf: Shelf) -> Iterator[Counted]:
    for cell, satang in shelf.satang.items():
        yield Counted(
            cell.month, cell.fund, cell.subcommittee, cell.category, cell.measure.value, satang
        )


def _show_totals(voice: Voice, shelf: Shelf) -> None:
    amounts = Amounts.of({measure: sum(shelf.sums(measure).values()) for measure in Measure})
    for sentence, satang in (
        (N_("Received: {amount} baht"), amounts.received),
        (N_("Allocated to subcommittees: {amount} baht"), amounts.allocated),
        (N_("Approved: {amount} baht"), amounts.approved),
        (N_("Approved and not yet paid: {amount} baht"), amounts.committed),
        (N_("Paid out: {amount} baht"), amounts.disbursed),
        (N_("Kept by banks as fees: {amount} baht"), amounts.fees),
        (N_("Left, not approved for anything: {amount} baht"), amounts.left),
    ):
        voice.say(sentence, amount=Money(satang))
