"""The fold of money: what came in, what was given to whom, and every step of a payment."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import replace

from portal.audit.entry import Entry
from portal.errors import N_
from portal.funds.rulebook import RuleKind
from portal.publishing.folding import FoldError
from portal.publishing.folding import apart
from portal.publishing.folding import case_at
from portal.publishing.folding import count
from portal.publishing.folding import held
from portal.publishing.folding import month
from portal.publishing.folding import take
from portal.publishing.shelf import Case
from portal.publishing.shelf import Cell
from portal.publishing.shelf import Measure
from portal.publishing.shelf import Paying
from portal.publishing.shelf import Shelf
from portal.publishing.shelf import Status


def _donation(shelf: Shelf, index: int, entry: Entry) -> None:
    fund, satang = held(shelf, entry, RuleKind.FUND), entry.number("satang")
    if satang <= 0:
        raise FoldError(index, N_("a donation of {satang} satang"), satang=satang)
    shelf.left[fund, ""] += satang
    shelf.add(Cell(entry.text("received_on")[:7], fund, "", "", Measure.RECEIVED), satang)


def _allocation(shelf: Shelf, index: int, entry: Entry) -> None:
    fund, subcommittee = (
        held(shelf, entry, kind) for kind in (RuleKind.FUND, RuleKind.SUBCOMMITTEE)
    )
    satang = entry.number("satang")
    take(shelf, index, (fund, ""), satang)
    shelf.left[fund, subcommittee] += satang
    shelf.add(Cell(month(entry.at), fund, subcommittee, "", Measure.ALLOCATED), satang)


# payment entry -> the state a payment must be in before, and is in after
_PAYMENT_STEPS: Mapping[str, tuple[frozenset[str], str]] = {
    "payment.released": (frozenset({"prepared"}), "released"),
    "payment.sent": (frozenset({"released"}), "sent"),
    "payment.confirmed": (frozenset({"sent"}), "confirmed"),
    "payment.voided": (frozenset({"prepared", "released"}), "voided"),
}


def _prepared(shelf: Shelf, index: int, entry: Entry) -> None:
    case, party = case_at(shelf, index, entry, Status.APPROVED), entry.text("party")
    apart(index, party, case.askers, case.deciders)
    number, satang = entry.text("payment"), entry.number("satang")
    in_payments = sum(p.satang for p in case.payments.values() if p.state != "voided")
    if satang <= 0 or number in case.payments or in_payments + satang > case.approved_satang:
        raise FoldError(index, N_("payment {number} is more than was approved"), number=number)
    payments = {**case.payments, number: Paying("prepared", satang, prepared_by=party)}
    shelf.cases[case.reference] = replace(case, payments=payments, payers=case.payers | {party})


def _paid(shelf: Shelf, index: int, entry: Entry) -> None:
    case, party = case_at(shelf, index, entry, Status.APPROVED), entry.text("party")
    apart(index, party, case.askers, case.deciders)
    number, (before, after) = entry.text("payment"), _PAYMENT_STEPS[entry.type]
    payment = case.payments.get(number)
    if payment is None or payment.state not in before or payment.satang != entry.number("satang"):
        raise FoldError(index, N_("payment {number} cannot be {after}"), number=number, after=after)
    if after == "released":
        apart(index, party, frozenset({payment.prepared_by}))
        payment = replace(payment, released_by=party)
    if after == "confirmed":
        apart(index, party, frozenset({payment.released_by}))
        case = _confirmed(shelf, case, entry)
    payments = {**case.payments, number: replace(payment, state=after)}
    shelf.cases[case.reference] = replace(case, payments=payments, payers=case.payers | {party})


def _confirmed(shelf: Shelf, case: Case, entry: Entry) -> Case:
    satang = entry.number("satang")
    count(shelf, case, entry, Measure.DISBURSED, satang)
    disbursed = case.disbursed_satang + satang
    is_paid = disbursed == case.approved_satang
    return replace(
        case,
        disbursed_satang=disbursed,
        status=Status.PAID if is_paid else case.status,
        paid_at=entry.at if is_paid else "",
    )


TELLS: Mapping[str, Callable[[Shelf, int, Entry], None]] = {
    "donation.received": _donation,
    "allocation.made": _allocation,
    "payment.prepared": _prepared,
    "payment.released": _paid,
    "payment.sent": _paid,
    "payment.confirmed": _paid,
    "payment.voided": _paid,
}
