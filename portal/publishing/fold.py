"""The fold: from published entries, and nothing else, to every public figure.

Pure code. Anybody runs the same fold on a copy of the log and must get the same figures; an entry
that breaks a rule of the house stops it with a `FoldError` that names the entry.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from datetime import timedelta
from typing import Literal

from portal.audit.entry import Entry
from portal.audit.entry import Json
from portal.audit.entry import check_entry
from portal.errors import N_
from portal.errors import PortalError
from portal.funds.attachments import ATTACHERS
from portal.funds.attachments import PaperKind
from portal.funds.documents import TERMS
from portal.funds.documents import DocumentKind
from portal.funds.rulebook import RuleKind
from portal.funds.rulebook import before
from portal.funds.rules import SIGNERS
from portal.funds.rules import Kind
from portal.funds.rules import NoThresholdError
from portal.funds.rules import State
from portal.funds.rules import Threshold
from portal.funds.rules import signatures_needed
from portal.funds.urgency import SIGNATURES
from portal.money import Money
from portal.publishing import case_fold
from portal.publishing.naming import NamingError
from portal.publishing.naming import change
from portal.publishing.naming import create
from portal.publishing.naming import holding
from portal.publishing.naming import retire
from portal.publishing.shelf import Case
from portal.publishing.shelf import Cell
from portal.publishing.shelf import Limit
from portal.publishing.shelf import Measure
from portal.publishing.shelf import Name
from portal.publishing.shelf import Paying
from portal.publishing.shelf import Ratification
from portal.publishing.shelf import Shelf
from portal.publishing.shelf import Status
from portal.publishing.vocabulary import TYPES
from portal.roles import Role

# Raised whenever the fold would tell the same entries differently: the tables are then made anew.
VERSION = 3
_BANGKOK = timedelta(hours=7)


class FoldError(PortalError):
    """An entry that the rules of the house do not allow at its place."""

    def __init__(self, index: int, why: str, **facts: object) -> None:
        broken = PortalError(why, **facts)
        super().__init__(N_("Entry {index}: {why}"), index=index, why=broken)
        self.index = index


def step(shelf: Shelf, index: int, entry: Entry) -> None:
    """Let one entry change what is known, or raise `FoldError`."""
    try:
        check_entry(entry, TYPES)
    except PortalError as error:
        raise FoldError(index, error.sentence, **error.facts) from error
    if (index == 0) != (entry.type == "log.genesis"):
        raise FoldError(index, N_("the log begins with its genesis, and has one"))
    tell, tell_case = _TELLS.get(entry.type), case_fold.TELLS.get(entry.type)
    try:
        if tell is not None:
            tell(shelf, index, entry)
        elif tell_case is not None:
            tell_case(shelf, entry)
    except (NamingError, case_fold.CaseError) as error:
        raise FoldError(index, error.sentence, **error.facts) from error
    except (OverflowError, ValueError) as error:
        raise FoldError(index, N_("a time that the calendar does not have")) from error


def day(at: str) -> str:
    """Return the day in Bangkok of a UTC text: `2026-11-22`."""
    return (datetime.fromisoformat(at) + _BANGKOK).strftime("%Y-%m-%d")


def month(at: str) -> str:
    """Return the month in Bangkok of a UTC text: `2026-11`."""
    return day(at)[:7]


def _named(
    act: Callable[..., None], kind: RuleKind | Literal["foundation"]
) -> Callable[[Shelf, int, Entry], None]:
    def tell(shelf: Shelf, _index: int, entry: Entry) -> None:
        act(shelf.names, kind, entry, today=day(entry.at))

    return tell


def _held(shelf: Shelf, entry: Entry, kind: RuleKind) -> str:
    """Return the code that an entry has for a rule, if the rule holds on its day."""
    code = entry.text(kind)
    holding(shelf.names, kind, code, today=day(entry.at))
    return code


def _donation(shelf: Shelf, index: int, entry: Entry) -> None:
    fund, satang = _held(shelf, entry, RuleKind.FUND), entry.number("satang")
    if satang <= 0:
        raise FoldError(index, N_("a donation of {satang} satang"), satang=satang)
    shelf.left[fund, ""] += satang
    shelf.add(Cell(entry.text("received_on")[:7], fund, "", "", Measure.RECEIVED), satang)


def _allocation(shelf: Shelf, index: int, entry: Entry) -> None:
    fund, subcommittee = (
        _held(shelf, entry, kind) for kind in (RuleKind.FUND, RuleKind.SUBCOMMITTEE)
    )
    satang = entry.number("satang")
    _take(shelf, index, (fund, ""), satang)
    shelf.left[fund, subcommittee] += satang
    shelf.add(Cell(month(entry.at), fund, subcommittee, "", Measure.ALLOCATED), satang)


def _take(shelf: Shelf, index: int, account: tuple[str, str], satang: int) -> None:
    if satang <= 0 or shelf.left[account] < satang:
        raise FoldError(
            index,
            N_("{account} holds {held} satang, {satang} are taken"),
            account="/".join(account),
            held=shelf.left[account],
            satang=satang,
        )
    shelf.left[account] -= satang


def _submitted(shelf: Shelf, index: int, entry: Entry) -> None:
    reference, party = entry.text("reference"), entry.text("party")
    case = shelf.cases.get(reference)
    if case is not None and case.status is not Status.RETURNED:
        raise FoldError(index, N_("{reference} was sent already"), reference=reference)
    for kind in RuleKind:
        _held(shelf, entry, kind)
    category = entry.text("category")
    sent_on = day(entry.at)
    _check_request(index, entry, holding(shelf.names, "category", category, today=sent_on))
    place = entry.public["place"]
    known = case or _NOBODY
    _apart(index, party, known.deciders)
    if entry.public["urgent"]:
        _check_urgent(shelf, index, sent_on, entry.number("satang"))
    sent = Case(
        reference=reference,
        kind=entry.text("kind"),
        fund=entry.text("fund"),
        subcommittee=entry.text("subcommittee"),
        category=category,
        purpose=entry.text("purpose"),
        fiscal_year=entry.number("fiscal_year"),
        place=None if place is None else str(place),
        status=Status.SUBMITTED,
        satang=entry.number("satang"),
        submitted_at=known.submitted_at or entry.at,
        sent_at=entry.at,
        is_urgent=bool(entry.public["urgent"]),
        last_index=index,
        unrelated=known.unrelated,
        related=known.related,
        askers=known.askers | {party},
        deciders=known.deciders,
    )
    shelf.cases[reference] = replace(sent, signing=_signing_roles(shelf, index, sent))
    if case is None:
        _count(shelf, sent, entry, Measure.REQUESTED, sent.satang)


# What is known of a request before it is sent.
_NOBODY = Case("", "", "", "", "", "", 0, None, Status.SUBMITTED, 0, "", "")


# The urgent lane, and who acts for a chair, have days and facts, and no name of their own.
_LANE = ("urgent_lane", "")


def _facts(entry: Entry) -> Name:
    return Name("", "", dict(entry.public))


def _lane(shelf: Shelf, index: int, on: str) -> Mapping[str, Json]:
    """Return the rules of the urgent lane on a day."""
    said = shelf.names.get(_LANE, {})
    begun = max((day for day in said if day <= on), default=None)
    if begun is None:
        raise FoldError(index, N_("there is no urgent lane"))
    return said[begun].more


def _check_urgent(shelf: Shelf, index: int, on: str, satang: int) -> None:
    ceiling = _lane(shelf, index, on)["ceiling_satang"]
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
    _held(shelf, entry, RuleKind.SUBCOMMITTEE)
    if key in shelf.names or entry.text("from_on") > entry.text("to_on"):
        raise FoldError(index, N_("{code} stands in the log already"), code=key[1])
    shelf.names[key] = {entry.text("from_on"): _facts(entry)}


def _term_ended(shelf: Shelf, index: int, entry: Entry) -> None:
    kind, number = "acting_chair", entry.text("number")
    if (kind, number) not in shelf.names:
        raise FoldError(index, N_("the log knows no {kind} {code}"), kind=kind, code=number)
    shelf.names["acting_end", number] = {day(entry.at): Name("", "", {"at": entry.at})}


def _check_acting(shelf: Shelf, index: int, case: Case, entry: Entry) -> None:
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


def _declared(shelf: Shelf, index: int, entry: Entry) -> None:
    case = _case(shelf, index, entry, Status.SUBMITTED, Status.APPROVED, Status.PAID)
    party, is_related = entry.text("party"), bool(entry.public["related"])
    _apart(index, party, case.askers)
    if party in case.related and not is_related:
        raise FoldError(index, N_("a declared relation is taken back"))
    measure = Measure.RELATED if is_related else Measure.UNRELATED
    _count(shelf, case, entry, measure, 0)
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
    case, party = _case(shelf, index, entry, Status.APPROVED), entry.text("party")
    _apart(index, party, case.deciders, case.payers)
    if any(payment.state != "voided" for payment in case.payments.values()):
        raise FoldError(index, N_("a request is revised while it is being paid"))
    satang = entry.number("satang")
    category = holding(shelf.names, "category", case.category, today=day(entry.at))
    ceiling = category.more["ceiling_satang"]
    if not (isinstance(ceiling, int) and 0 < satang <= ceiling):
        raise FoldError(index, N_("the amount is beyond the ceiling of its category"))
    if case.is_urgent:
        _check_urgent(shelf, index, day(entry.at), satang)
    shelf.left[case.fund, case.subcommittee] += case.approved_satang
    _count(shelf, case, entry, Measure.RELEASED, case.approved_satang)
    revised = replace(
        case,
        status=Status.SUBMITTED,
        satang=satang,
        approved_satang=0,
        decided_at="",
        sent_at=entry.at,
        signers=(),
        askers=case.askers | {party},
        ratify_by="",
        ratification=Ratification.NONE,
    )
    signing = _signing_roles(shelf, index, revised)
    shelf.cases[case.reference] = replace(revised, signing=signing)


def _ratified(ratification: Ratification) -> Callable[[Shelf, int, Entry], None]:
    def tell(shelf: Shelf, index: int, entry: Entry) -> None:
        case, party = _case(shelf, index, entry, Status.APPROVED, Status.PAID), entry.text("party")
        if case.ratification is not Ratification.DUE:
            raise FoldError(index, N_("there is nothing to ratify"))
        _apart(index, party, case.askers, frozenset(case.signers))
        _check_unrelated(index, case, party)
        shelf.cases[case.reference] = replace(
            case, ratification=ratification, deciders=case.deciders | {party}
        )

    return tell


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


def _count(shelf: Shelf, case: Case, entry: Entry, measure: Measure, satang: int) -> None:
    cell = Cell(month(entry.at), case.fund, case.subcommittee, case.category, measure)
    shelf.add(cell, satang)


def _apart(index: int, party: str, *others: frozenset[str]) -> None:
    if any(party in group for group in others):
        raise FoldError(index, N_("one person has two duties in one request"))


def _case(shelf: Shelf, index: int, entry: Entry, *statuses: Status) -> Case:
    reference = entry.text("reference")
    case = shelf.cases.get(reference)
    if case is None:
        raise FoldError(index, N_("the log knows no request {reference}"), reference=reference)
    if case.status not in statuses:
        raise FoldError(
            index, N_("{reference} is {status}"), reference=reference, status=case.status.value
        )
    return replace(case, last_index=index)


def _signed(shelf: Shelf, index: int, entry: Entry) -> None:
    case, party = _case(shelf, index, entry, Status.SUBMITTED), entry.text("party")
    _apart(index, party, case.askers, frozenset(case.signers))
    _check_unrelated(index, case, party)
    _check_acting(shelf, index, case, entry)
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
        _take(shelf, index, (case.fund, case.subcommittee), case.satang)
        _count(shelf, case, entry, Measure.APPROVED, case.satang)
        case = replace(
            case, status=Status.APPROVED, approved_satang=case.satang, decided_at=entry.at
        )
        if case.is_urgent:
            case = _awaiting(shelf, index, case, entry)
    shelf.cases[case.reference] = case


def _awaiting(shelf: Shelf, index: int, case: Case, entry: Entry) -> Case:
    """Return an urgent case as it waits for the driving committee."""
    approved_on = datetime.fromisoformat(day(entry.at))
    within = _lane(shelf, index, day(entry.at))["ratify_within_days"]
    due = approved_on + timedelta(days=within if isinstance(within, int) else 0)
    return replace(case, ratify_by=due.strftime("%Y-%m-%d"), ratification=Ratification.DUE)


def _signing_roles(shelf: Shelf, index: int, case: Case) -> tuple[str, ...]:
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


def _decided(status: Status) -> Callable[[Shelf, int, Entry], None]:
    def tell(shelf: Shelf, index: int, entry: Entry) -> None:
        case, party = _case(shelf, index, entry, Status.SUBMITTED), entry.text("party")
        _apart(index, party, case.askers)
        _check_unrelated(index, case, party)
        _check_acting(shelf, index, case, entry)
        deciders = case.deciders | {party}
        decided_at = "" if status is Status.RETURNED else entry.at
        shelf.cases[case.reference] = replace(
            case, status=status, deciders=deciders, decided_at=decided_at
        )

    return tell


def _withdrawn(shelf: Shelf, index: int, entry: Entry) -> None:
    if entry.public["reference"] is None:
        return
    case = _case(shelf, index, entry, Status.SUBMITTED, Status.RETURNED)
    _apart(index, entry.text("party"), case.deciders)
    shelf.cases[case.reference] = replace(case, status=Status.WITHDRAWN, decided_at=entry.at)


# paper -> where a request stands when it is issued
_ISSUED_WHEN: Mapping[str, tuple[Status, ...]] = {
    DocumentKind.DECISION: (Status.APPROVED, Status.PAID, Status.REJECTED),
}


def _issued(shelf: Shelf, index: int, entry: Entry) -> None:
    kind = entry.text("document")
    if kind not in _ISSUED_WHEN or entry.number("number") == 0:
        raise FoldError(index, N_("{document} is no paper of this portal"), document=kind)
    if entry.role not in TERMS[DocumentKind(kind)].issuers:
        raise FoldError(index, N_("{role} issues no such paper"), role=entry.role)
    case = _case(shelf, index, entry, *_ISSUED_WHEN[kind])
    shelf.cases[case.reference] = case


# where a request stands when a paper is attached -> who attaches it
_ATTACHED_BY: Mapping[Status, frozenset[Role]] = {
    Status.SUBMITTED: ATTACHERS[State.SUBMITTED],
    Status.RETURNED: ATTACHERS[State.RETURNED],
}


def _attached(shelf: Shelf, index: int, entry: Entry) -> None:
    kind = entry.text("paper")
    if kind not in set(PaperKind):
        raise FoldError(index, N_("{document} is no paper of this portal"), document=kind)
    if entry.public["reference"] is None:
        _attaches(index, entry, ATTACHERS[State.DRAFT])
        return
    is_removal = entry.type == "paper.removed"
    case = _case(shelf, index, entry, *([Status.RETURNED] if is_removal else _ATTACHED_BY))
    _attaches(index, entry, _ATTACHED_BY[case.status])
    party = entry.text("party")
    _apart(index, party, case.deciders)
    shelf.cases[case.reference] = replace(case, askers=case.askers | {party})


def _attaches(index: int, entry: Entry, roles: frozenset[Role]) -> None:
    if entry.role not in roles:
        raise FoldError(index, N_("{role} attaches no paper now"), role=entry.role)


# payment entry -> the state a payment must be in before, and is in after
_PAYMENT_STEPS: Mapping[str, tuple[frozenset[str], str]] = {
    "payment.released": (frozenset({"prepared"}), "released"),
    "payment.sent": (frozenset({"released"}), "sent"),
    "payment.confirmed": (frozenset({"sent"}), "confirmed"),
    "payment.voided": (frozenset({"prepared", "released"}), "voided"),
}


def _prepared(shelf: Shelf, index: int, entry: Entry) -> None:
    case, party = _case(shelf, index, entry, Status.APPROVED), entry.text("party")
    _apart(index, party, case.askers, case.deciders)
    number, satang = entry.text("payment"), entry.number("satang")
    in_payments = sum(p.satang for p in case.payments.values() if p.state != "voided")
    if satang <= 0 or number in case.payments or in_payments + satang > case.approved_satang:
        raise FoldError(index, N_("payment {number} is more than was approved"), number=number)
    payments = {**case.payments, number: Paying("prepared", satang, prepared_by=party)}
    shelf.cases[case.reference] = replace(case, payments=payments, payers=case.payers | {party})


def _paid(shelf: Shelf, index: int, entry: Entry) -> None:
    case, party = _case(shelf, index, entry, Status.APPROVED), entry.text("party")
    _apart(index, party, case.askers, case.deciders)
    number, (before, after) = entry.text("payment"), _PAYMENT_STEPS[entry.type]
    payment = case.payments.get(number)
    if payment is None or payment.state not in before or payment.satang != entry.number("satang"):
        raise FoldError(index, N_("payment {number} cannot be {after}"), number=number, after=after)
    if after == "released":
        _apart(index, party, frozenset({payment.prepared_by}))
        payment = replace(payment, released_by=party)
    if after == "confirmed":
        _apart(index, party, frozenset({payment.released_by}))
        case = _confirmed(shelf, case, entry)
    payments = {**case.payments, number: replace(payment, state=after)}
    shelf.cases[case.reference] = replace(case, payments=payments, payers=case.payers | {party})


def _confirmed(shelf: Shelf, case: Case, entry: Entry) -> Case:
    satang = entry.number("satang")
    _count(shelf, case, entry, Measure.DISBURSED, satang)
    disbursed = case.disbursed_satang + satang
    is_paid = disbursed == case.approved_satang
    return replace(
        case,
        disbursed_satang=disbursed,
        status=Status.PAID if is_paid else case.status,
        paid_at=entry.at if is_paid else "",
    )


_TELLS: Mapping[str, Callable[[Shelf, int, Entry], None]] = {
    "foundation.created": _named(create, "foundation"),
    **{f"{kind}.created": _named(create, kind) for kind in RuleKind},
    **{f"{kind}.changed": _named(change, kind) for kind in RuleKind},
    **{f"{kind}.retired": _named(retire, kind) for kind in RuleKind},
    "threshold.set": _limit,
    "donation.received": _donation,
    "allocation.made": _allocation,
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
    "urgent_lane.set": _urgent_lane,
    "urgent_lane.changed": _lane_changed,
    "acting_chair.appointed": _term,
    "acting_chair.ended": _term_ended,
    "document.issued": _issued,
    "paper.attached": _attached,
    "paper.removed": _attached,
    "payment.prepared": _prepared,
    "payment.released": _paid,
    "payment.sent": _paid,
    "payment.confirmed": _paid,
    "payment.voided": _paid,
}
