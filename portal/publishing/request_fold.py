"""The fold of requests: sent, declared on, signed, decided, revised, ratified."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from datetime import timedelta

from portal.audit.entry import Entry
from portal.errors import N_
from portal.funds.rulebook import RuleKind
from portal.funds.rules import Kind
from portal.publishing.folding import GRANTED
from portal.publishing.folding import FoldError
from portal.publishing.folding import apart
from portal.publishing.folding import case_at
from portal.publishing.folding import count
from portal.publishing.folding import day
from portal.publishing.folding import held
from portal.publishing.folding import take
from portal.publishing.naming import holding
from portal.publishing.rule_fold import check_acting
from portal.publishing.rule_fold import check_urgent
from portal.publishing.rule_fold import lane
from portal.publishing.rule_fold import signing_roles
from portal.publishing.shelf import Case
from portal.publishing.shelf import Measure
from portal.publishing.shelf import Name
from portal.publishing.shelf import Ratification
from portal.publishing.shelf import Shelf
from portal.publishing.shelf import Status

# What is known of a request before it is sent.
_NOBODY = Case("", "", "", "", "", "", 0, None, Status.SUBMITTED, 0, "", "")


def _submitted(shelf: Shelf, index: int, entry: Entry) -> None:
    reference, party = entry.text("reference"), entry.text("party")
    case = shelf.cases.get(reference)
    if case is not None and case.status is not Status.RETURNED:
        raise FoldError(index, N_("{reference} was sent already"), reference=reference)
    for kind in RuleKind:
        held(shelf, entry, kind)
    category = entry.text("category")
    sent_on = day(entry.at)
    _check_request(index, entry, holding(shelf.names, "category", category, today=sent_on))
    place = entry.public["place"]
    known = case or _NOBODY
    apart(index, party, known.deciders)
    if entry.public["urgent"]:
        check_urgent(shelf, index, sent_on, entry.number("satang"))
    # What became of it before stays: who decided and paid, and payments that were cancelled.
    facts = replace(
        known,
        reference=reference,
        kind=entry.text("kind"),
        fund=entry.text("fund"),
        subcommittee=entry.text("subcommittee"),
        category=category,
        purpose=entry.text("purpose"),
        fiscal_year=entry.number("fiscal_year"),
        place=None if place is None else str(place),
        submitted_at=known.submitted_at or entry.at,
        is_urgent=bool(entry.public["urgent"]),
        last_index=index,
    )
    sent = shelf.cases[reference] = _to_decide(shelf, index, entry, facts)
    if case is None:
        count(shelf, sent, entry, Measure.REQUESTED, sent.satang)


def _check_request(index: int, entry: Entry, category: Name) -> None:
    ceiling, subcommittees = category.more["ceiling_satang"], category.more["subcommittees"]
    if not (isinstance(ceiling, int) and 0 < entry.number("satang") <= ceiling):
        raise FoldError(index, N_("the amount is beyond the ceiling of its category"))
    if not (isinstance(subcommittees, list) and entry.text("subcommittee") in subcommittees):
        raise FoldError(index, N_("the subcommittee does not look after this category"))
    if entry.public["kind"] not in set(Kind):
        raise FoldError(index, N_("a request is for a youth or for a project"))
    if entry.public["kind"] == Kind.YOUTH and entry.public["place"] is not None:
        raise FoldError(index, N_("a youth's request shows no place"))


def _declared(shelf: Shelf, index: int, entry: Entry) -> None:
    case = case_at(shelf, index, entry, Status.SUBMITTED, *GRANTED)
    party, is_related = entry.text("party"), bool(entry.public["related"])
    apart(index, party, case.askers)
    if party in case.related and not is_related:
        raise FoldError(index, N_("a declared relation is taken back"))
    measure = Measure.RELATED if is_related else Measure.UNRELATED
    count(shelf, case, entry, measure, 0)
    one = frozenset({party})
    shelf.cases[case.reference] = replace(
        case,
        related=case.related | one if is_related else case.related,
        unrelated=case.unrelated - one if is_related else case.unrelated | one,
    )


def _check_unrelated(index: int, case: Case, party: str) -> None:
    if party not in case.unrelated:
        raise FoldError(index, N_("somebody decides who did not declare to be unrelated"))


def _revised(shelf: Shelf, index: int, entry: Entry) -> None:
    case, party = case_at(shelf, index, entry, Status.APPROVED), entry.text("party")
    apart(index, party, case.deciders, case.payers)
    if any(payment.stayed for payment in case.payments.values()):
        raise FoldError(index, N_("a request is revised while it is being paid"))
    satang = entry.number("satang")
    category = holding(shelf.names, "category", case.category, today=day(entry.at))
    ceiling = category.more["ceiling_satang"]
    if not (isinstance(ceiling, int) and 0 < satang <= ceiling):
        raise FoldError(index, N_("the amount is beyond the ceiling of its category"))
    if case.is_urgent:
        check_urgent(shelf, index, day(entry.at), satang)
    shelf.left[case.fund, case.subcommittee] += case.approved_satang
    count(shelf, case, entry, Measure.RELEASED, case.approved_satang)
    shelf.cases[case.reference] = _to_decide(shelf, index, entry, replace(case, approved_satang=0))


def _to_decide(shelf: Shelf, index: int, entry: Entry, case: Case) -> Case:
    """Return a request that waits for its decision from this entry on, as for a first one."""
    sent = replace(
        case,
        status=Status.SUBMITTED,
        satang=entry.number("satang"),
        sent_at=entry.at,
        decided_at="",
        ratify_by="",
        ratification=Ratification.NONE,
        askers=case.askers | {entry.text("party")},
        signers=(),
    )
    return replace(sent, signing=signing_roles(shelf, index, sent))


def _signed(shelf: Shelf, index: int, entry: Entry) -> None:
    case, party = case_at(shelf, index, entry, Status.SUBMITTED), entry.text("party")
    apart(index, party, case.askers, frozenset(case.signers))
    _check_unrelated(index, case, party)
    check_acting(shelf, index, case, entry)
    signers = (*case.signers, party)
    number, needed = entry.number("signature"), entry.number("needed")
    is_approval = entry.type == "fund_request.approved"
    if number != len(signers) or (number == needed) != is_approval or number > needed:
        raise FoldError(index, N_("signature {number} of {needed}"), number=number, needed=needed)
    roles = case.signing
    if needed != len(roles) or entry.role != roles[number - 1]:
        raise FoldError(index, N_("{roles} sign for this amount"), roles=", ".join(roles))
    if entry.number("satang") != case.satang:
        raise FoldError(index, N_("another amount is signed than was asked for"))
    case = replace(case, signers=signers, deciders=case.deciders | {party})
    if is_approval:
        take(shelf, index, (case.fund, case.subcommittee), case.satang)
        count(shelf, case, entry, Measure.APPROVED, case.satang)
        case = replace(
            case, status=Status.APPROVED, approved_satang=case.satang, decided_at=entry.at
        )
        if case.is_urgent:
            case = _awaiting(shelf, index, case, entry)
    shelf.cases[case.reference] = case


def _awaiting(shelf: Shelf, index: int, case: Case, entry: Entry) -> Case:
    """Return an urgent case as it waits for the driving committee."""
    approved_on = datetime.fromisoformat(day(entry.at))
    within = lane(shelf, index, day(entry.at))["ratify_within_days"]
    due = approved_on + timedelta(days=within if isinstance(within, int) else 0)
    return replace(case, ratify_by=due.strftime("%Y-%m-%d"), ratification=Ratification.DUE)


def _decided(status: Status) -> Callable[[Shelf, int, Entry], None]:
    def tell(shelf: Shelf, index: int, entry: Entry) -> None:
        case, party = case_at(shelf, index, entry, Status.SUBMITTED), entry.text("party")
        apart(index, party, case.askers)
        _check_unrelated(index, case, party)
        check_acting(shelf, index, case, entry)
        deciders = case.deciders | {party}
        decided_at = "" if status is Status.RETURNED else entry.at
        shelf.cases[case.reference] = replace(
            case, status=status, deciders=deciders, decided_at=decided_at
        )

    return tell


def _ratified(ratification: Ratification) -> Callable[[Shelf, int, Entry], None]:
    def tell(shelf: Shelf, index: int, entry: Entry) -> None:
        case, party = (
            case_at(shelf, index, entry, *GRANTED),
            entry.text("party"),
        )
        if case.ratification is not Ratification.DUE:
            raise FoldError(index, N_("there is nothing to ratify"))
        apart(index, party, case.askers, frozenset(case.signers))
        _check_unrelated(index, case, party)
        shelf.cases[case.reference] = replace(
            case, ratification=ratification, deciders=case.deciders | {party}
        )

    return tell


def _withdrawn(shelf: Shelf, index: int, entry: Entry) -> None:
    if entry.public["reference"] is None:
        return
    case = case_at(shelf, index, entry, Status.SUBMITTED, Status.RETURNED)
    apart(index, entry.text("party"), case.deciders)
    shelf.cases[case.reference] = replace(case, status=Status.WITHDRAWN, decided_at=entry.at)


TELLS: Mapping[str, Callable[[Shelf, int, Entry], None]] = {
    "fund_request.submitted": _submitted,
    "fund_request.signed": _signed,
    "fund_request.approved": _signed,
    "fund_request.returned": _decided(Status.RETURNED),
    "fund_request.rejected": _decided(Status.REJECTED),
    "fund_request.withdrawn": _withdrawn,
    "fund_request.revised": _revised,
    "fund_request.ratified": _ratified(Ratification.RATIFIED),
    "fund_request.not_ratified": _ratified(Ratification.REFUSED),
    "interest.declared": _declared,
}
