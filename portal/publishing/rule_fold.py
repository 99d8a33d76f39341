"""The fold of rules: names, limits, the urgent lane, acting chairs; and what holds on a day."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from typing import Literal

from portal.audit.entry import Entry
from portal.audit.entry import Json
from portal.errors import N_
from portal.funds.rulebook import RuleKind
from portal.funds.rulebook import before
from portal.funds.rules import SIGNERS
from portal.funds.rules import NoThresholdError
from portal.funds.rules import Threshold
from portal.funds.rules import signatures_needed
from portal.funds.urgency import SIGNATURES
from portal.money import Money
from portal.publishing.folding import FoldError
from portal.publishing.folding import day
from portal.publishing.folding import held
from portal.publishing.naming import change
from portal.publishing.naming import create
from portal.publishing.naming import retire
from portal.publishing.shelf import Case
from portal.publishing.shelf import Limit
from portal.publishing.shelf import Name
from portal.publishing.shelf import Shelf
from portal.roles import Role


def _named(
    act: Callable[..., None], kind: RuleKind | Literal["foundation"]
) -> Callable[[Shelf, int, Entry], None]:
    def tell(shelf: Shelf, _index: int, entry: Entry) -> None:
        act(shelf.names, kind, entry, today=day(entry.at))

    return tell


def _limit(shelf: Shelf, index: int, entry: Entry) -> None:
    signatures, fund = entry.public["signatures"], entry.public["fund"]
    subcommittee = entry.public["subcommittee"]
    if not isinstance(signatures, list) or not set(signatures) <= set(SIGNERS):
        raise FoldError(index, N_("somebody signs who may not"))
    threshold = Threshold(
        above=Money(entry.number("above_satang")),
        signatures=tuple(Role(str(role)) for role in signatures),
        subcommittee=None if subcommittee is None else str(subcommittee),
        fund=None if fund is None else str(fund),
    )
    shelf.limits[index] = Limit(entry.text("valid_from"), threshold)


# The urgent lane, and who acts for a chair, have days and facts, and no name of their own.
_LANE = ("urgent_lane", "")


def _facts(entry: Entry) -> Name:
    return Name("", "", dict(entry.public))


def lane(shelf: Shelf, index: int, on: str) -> Mapping[str, Json]:
    """Return the rules of the urgent lane on a day."""
    said = shelf.names.get(_LANE, {})
    begun = max((day for day in said if day <= on), default=None)
    if begun is None:
        raise FoldError(index, N_("there is no urgent lane"))
    return said[begun].more


def check_urgent(shelf: Shelf, index: int, on: str, satang: int) -> None:
    """Refuse an amount that is beyond the urgent lane of that day."""
    ceiling = lane(shelf, index, on)["ceiling_satang"]
    if not (isinstance(ceiling, int) and satang <= ceiling):
        raise FoldError(index, N_("the amount is beyond the ceiling of the urgent lane"))


def _urgent_lane(shelf: Shelf, _index: int, entry: Entry) -> None:
    # The newest of a day counts.
    lane = {entry.text("valid_from"): _facts(entry)}
    shelf.names[_LANE] = {**shelf.names.get(_LANE, {}), **lane}


def _lane_changed(shelf: Shelf, index: int, entry: Entry) -> None:
    """Let the urgent lane take something else from a day on; what it took must be told rightly."""
    said = shelf.names.get(_LANE, {})
    if not said:
        raise FoldError(index, N_("there is no urgent lane"))
    valid_from, newest = entry.text("valid_from"), max(said)
    if valid_from < max(newest, day(entry.at)):
        raise FoldError(index, N_("the urgent lane cannot change from {day} on"), day=valid_from)
    names = said[newest].more.keys() - {"valid_from"}
    if any(entry.public[before(name)] != said[newest].more[name] for name in names):
        raise FoldError(index, N_("the urgent lane was another before"))
    more = {name: entry.public[name] for name in said[newest].more}
    shelf.names[_LANE] = {**said, valid_from: Name("", "", more)}


def _term(shelf: Shelf, index: int, entry: Entry) -> None:
    key = ("acting_chair", entry.text("number"))
    held(shelf, entry, RuleKind.SUBCOMMITTEE)
    if key in shelf.names or entry.text("from_on") > entry.text("to_on"):
        raise FoldError(index, N_("{code} stands in the log already"), code=key[1])
    shelf.names[key] = {entry.text("from_on"): _facts(entry)}


def _term_ended(shelf: Shelf, index: int, entry: Entry) -> None:
    kind, number = "acting_chair", entry.text("number")
    if (kind, number) not in shelf.names:
        raise FoldError(index, N_("the log knows no {kind} {code}"), kind=kind, code=number)
    shelf.names["acting_end", number] = {day(entry.at): Name("", "", {"at": entry.at})}


def check_acting(shelf: Shelf, index: int, case: Case, entry: Entry) -> None:
    """Refuse who acts for the chair of a subcommittee without an appointment for that day."""
    if not entry.public["acting"]:
        return
    on = day(entry.at)
    for (kind, number), days in shelf.names.items():
        if kind == "acting_chair":
            ends = shelf.names.get(("acting_end", number), {})
            is_open = all(str(end.more["at"]) >= entry.at for end in ends.values())
            if is_open and any(_covers(term, case.subcommittee, on) for term in days.values()):
                return
    raise FoldError(index, N_("nobody is appointed to act for this chair on that day"))


def _covers(term: Name, subcommittee: str, on: str) -> bool:
    is_here = term.more["subcommittee"] == subcommittee
    return is_here and str(term.more["from_on"]) <= on <= str(term.more["to_on"])


def signing_roles(shelf: Shelf, index: int, case: Case) -> tuple[str, ...]:
    """Return who signs for a request by the limits of the day on which it is sent."""
    if case.is_urgent:
        return SIGNATURES
    sent_on = day(case.sent_at)
    begun = [limit.valid_from for limit in shelf.limits.values() if limit.valid_from <= sent_on]
    newest = max(begun, default="")
    valid = [limit.threshold for limit in shelf.limits.values() if limit.valid_from == newest]
    try:
        return signatures_needed(
            valid,
            subcommittee=case.subcommittee,
            fund=case.fund,
            amount=Money(case.satang),
        )
    except NoThresholdError as error:
        raise FoldError(index, N_("no limit says who signs for this amount")) from error


TELLS: Mapping[str, Callable[[Shelf, int, Entry], None]] = {
    "foundation.created": _named(create, "foundation"),
    **{f"{kind}.created": _named(create, kind) for kind in RuleKind},
    **{f"{kind}.changed": _named(change, kind) for kind in RuleKind},
    **{f"{kind}.retired": _named(retire, kind) for kind in RuleKind},
    "threshold.set": _limit,
    "urgent_lane.set": _urgent_lane,
    "urgent_lane.changed": _lane_changed,
    "acting_chair.appointed": _term,
    "acting_chair.ended": _term_ended,
}
