"""What every part of the fold stands on: days, accounts, a request as it is now."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from datetime import timedelta

from portal.audit.entry import Entry
from portal.errors import N_
from portal.errors import PortalError
from portal.funds.rulebook import RuleKind
from portal.publishing.naming import holding
from portal.publishing.shelf import Case
from portal.publishing.shelf import Cell
from portal.publishing.shelf import Measure
from portal.publishing.shelf import Shelf
from portal.publishing.shelf import Status


class FoldError(PortalError):
    """An entry that the rules of the house do not allow at its place."""

    def __init__(self, index: int, why: str, **facts: object) -> None:
        broken = PortalError(why, **facts)
        super().__init__(N_("Entry {index}: {why}"), index=index, why=broken)
        self.index = index


# Where a request stands once it was approved.
GRANTED = (Status.APPROVED, Status.PAID, Status.CLOSED)
_BANGKOK = timedelta(hours=7)


def day(at: str) -> str:
    """Return the day in Bangkok of a UTC text: `2026-11-22`."""
    return (datetime.fromisoformat(at) + _BANGKOK).strftime("%Y-%m-%d")


def month(at: str) -> str:
    """Return the month in Bangkok of a UTC text: `2026-11`."""
    return day(at)[:7]


def held(shelf: Shelf, entry: Entry, kind: RuleKind) -> str:
    """Return the code that an entry has for a rule, if the rule holds on its day."""
    code = entry.text(kind)
    holding(shelf.names, kind, code, today=day(entry.at))
    return code


def case_at(shelf: Shelf, index: int, entry: Entry, *statuses: Status) -> Case:
    """Return the request that an entry tells of; refuse one that does not stand at one of these."""
    reference = entry.text("reference")
    case = shelf.cases.get(reference)
    if case is None:
        raise FoldError(index, N_("the log knows no request {reference}"), reference=reference)
    if case.status not in statuses:
        raise FoldError(
            index, N_("{reference} is {status}"), reference=reference, status=case.status.value
        )
    return replace(case, last_index=index)


def apart(index: int, party: str, *others: frozenset[str]) -> None:
    """Refuse somebody who is among those with another duty."""
    if any(party in group for group in others):
        raise FoldError(index, N_("one person has two duties in one request"))


def count(shelf: Shelf, case: Case, entry: Entry, measure: Measure, satang: int) -> None:
    """Count an act on a request in the month of its entry."""
    cell = Cell(month(entry.at), case.fund, case.subcommittee, case.category, measure)
    shelf.add(cell, satang)


def take(shelf: Shelf, index: int, account: tuple[str, str], satang: int) -> None:
    """Take money out of an account; refuse more than it holds."""
    if satang <= 0 or shelf.left[account] < satang:
        raise FoldError(
            index,
            N_("{account} holds {held} satang, {satang} are taken"),
            account="/".join(account),
            held=shelf.left[account],
            satang=satang,
        )
    shelf.left[account] -= satang
