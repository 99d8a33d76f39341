"""The fold of money: what came in, what was given to whom, and every step of a payment."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import replace

from portal.audit.entry import Entry
from portal.errors import N_
from portal.funds.rulebook import RuleKind
from portal.payments.advance_rules import AdvanceKind
from portal.payments.rules import Channel
from portal.payments.rules import ReceiptKind
from portal.publishing.folding import GRANTED
from portal.publishing.folding import FoldError
from portal.publishing.folding import apart
from portal.publishing.folding import case_at
from portal.publishing.folding import count
from portal.publishing.folding import held
from portal.publishing.folding import month
from portal.publishing.folding import take
from portal.publishing.shelf import Case
from portal.publishing.shelf import Cell
from portal.publishing.shelf import Flow
from portal.publishing.shelf import Measure
from portal.publishing.shelf import Paying
from portal.publishing.shelf import Shelf
from portal.publishing.shelf import Status
from portal.publishing.tracing import Leg
from portal.roles import Role


def _donation(shelf: Shelf, index: int, entry: Entry) -> None:
    fund, satang = held(shelf, entry, RuleKind.FUND), entry.number("satang")
    if satang <= 0:
        raise FoldError(index, N_("a donation of {satang} satang"), satang=satang)
    shelf.left[fund, ""] += satang
    shelf.flows[index] = Flow(Leg.DONATION, fund, satang, reference=entry.text("reference"))
    shelf.add(Cell(entry.text("received_on")[:7], fund, "", "", Measure.RECEIVED), satang)


def _allocation(shelf: Shelf, index: int, entry: Entry) -> None:
    fund, subcommittee = (
        held(shelf, entry, kind) for kind in (RuleKind.FUND, RuleKind.SUBCOMMITTEE)
    )
    satang = entry.number("satang")
    take(shelf, index, (fund, ""), satang)
    shelf.left[fund, subcommittee] += satang
    shelf.flows[index] = Flow(Leg.ALLOCATION, fund, satang, subcommittee)
    shelf.add(Cell(month(entry.at), fund, subcommittee, "", Measure.ALLOCATED), satang)


def _fee(shelf: Shelf, index: int, entry: Entry) -> None:
    fund, satang = held(shelf, entry, RuleKind.FUND), entry.number("satang")
    take(shelf, index, (fund, ""), satang)
    shelf.flows[index] = Flow(Leg.FEE, fund, satang)
    shelf.add(Cell(month(entry.at), fund, "", "", Measure.BANK_FEES), satang)


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
    in_payments = sum(payment.stayed for payment in case.payments.values())
    if satang <= 0 or number in case.payments or in_payments + satang > case.approved_satang:
        raise FoldError(index, N_("payment {number} is more than was approved"), number=number)
    payment = Paying(
        "prepared",
        satang,
        prepared_by=party,
        channel=entry.text("channel"),
        advance=_advance(index, entry),
    )
    payments = {**case.payments, number: payment}
    shelf.cases[case.reference] = replace(case, payments=payments, payers=case.payers | {party})


def _advance(index: int, entry: Entry) -> str:
    """Return what a payment is lent for, or nothing."""
    kind = entry.public["advance"] or ""
    if kind and kind not in set(AdvanceKind):
        raise FoldError(index, N_("{kind} is no advance"), kind=kind)
    return str(kind)


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
        if payment.channel == Channel.CASH and not payment.has_receipt:
            raise FoldError(index, N_("nobody signed for payment {number}"), number=number)
        case = _confirmed(shelf, case, entry)
        payment = replace(payment, index=index)
        _keep_flow(shelf, case, number, payment)
    payments = {**case.payments, number: replace(payment, state=after)}
    shelf.cases[case.reference] = replace(case, payments=payments, payers=case.payers | {party})


def _confirmed(shelf: Shelf, case: Case, entry: Entry) -> Case:
    satang = entry.number("satang")
    count(shelf, case, entry, Measure.DISBURSED, satang)
    return _standing(replace(case, disbursed_satang=case.disbursed_satang + satang), entry.at)


def _keep_flow(shelf: Shelf, case: Case, number: str, payment: Paying) -> None:
    """Keep how much of a payment's money went for good, where any did."""
    if payment.index is not None:
        shelf.flows[payment.index] = Flow(
            Leg.PAYMENT,
            case.fund,
            payment.stayed + payment.fee,
            case.subcommittee,
            case.category,
            number,
            case.reference,
        )


def _standing(case: Case, at: str) -> Case:
    """Return the case as paid when nothing is left to pay of what was approved."""
    is_paid = case.disbursed_satang == case.approved_satang
    status = Status.PAID if is_paid else Status.APPROVED
    paid_at = case.paid_at or at
    return replace(
        case, status=status, paid_at=paid_at if is_paid and case.disbursed_satang else ""
    )


# entry -> the states a payment may be in when money comes back
_CAME_BACK: Mapping[str, frozenset[str]] = {
    "payment.returned": frozenset({"sent", "confirmed"}),
    "payment.refunded": frozenset({"confirmed"}),
}


def _came_back(shelf: Shelf, index: int, entry: Entry) -> None:
    case = case_at(shelf, index, entry, *GRANTED)
    number, party, satang = entry.text("payment"), entry.text("party"), entry.number("satang")
    apart(index, party, case.askers, case.deciders)
    payment = case.payments.get(number)
    fee = entry.number("fee_satang") if entry.type == "payment.returned" else 0
    if payment is None or payment.state not in _CAME_BACK[entry.type]:
        raise FoldError(index, N_("payment {number} cannot come back"), number=number)
    is_whole = satang == payment.stayed
    is_possible = 0 < satang <= payment.stayed and 0 <= fee <= satang
    if not is_possible or (payment.state == "sent" and not is_whole):
        raise FoldError(index, N_("payment {number} cannot come back"), number=number)
    apart(index, party, frozenset({payment.released_by}))
    if payment.state == "confirmed":
        count(shelf, case, entry, Measure.RETURNED, satang)
        case = replace(case, disbursed_satang=case.disbursed_satang - satang)
    if fee:
        count(shelf, case, entry, Measure.FEES, fee)
        case = replace(case, approved_satang=case.approved_satang - fee)
    state = "returned" if is_whole else payment.state
    left = replace(
        payment,
        state=state,
        returned=payment.returned + satang,
        fee=payment.fee + fee,
        # Of what bounced, the fee is gone with this entry.
        index=index if payment.index is None and fee else payment.index,
    )
    _keep_flow(shelf, case, number, left)
    case = replace(case, payments={**case.payments, number: left}, payers=case.payers | {party})
    shelf.cases[case.reference] = _standing(case, entry.at)


def _rest_released(shelf: Shelf, index: int, entry: Entry) -> None:
    case, party = case_at(shelf, index, entry, Status.APPROVED), entry.text("party")
    apart(index, party, case.askers, case.deciders)
    rest = case.approved_satang - sum(payment.stayed for payment in case.payments.values())
    if rest <= 0 or entry.number("satang") != rest:
        raise FoldError(index, N_("{satang} satang are left to set free"), satang=rest)
    shelf.left[case.fund, case.subcommittee] += rest
    count(shelf, case, entry, Measure.RELEASED, rest)
    approved = case.approved_satang - rest
    case = replace(case, approved_satang=approved, payers=case.payers | {party})
    shelf.cases[case.reference] = _standing(case, entry.at)


def _receipted(shelf: Shelf, index: int, entry: Entry) -> None:
    case = case_at(shelf, index, entry, *GRANTED)
    number = entry.text("payment")
    payment = case.payments.get(number)
    is_there = payment is not None and _may_have_receipt(payment)
    if payment is None or not is_there or payment.stayed != entry.number("satang"):
        raise FoldError(index, N_("payment {number} is not confirmed"), number=number)
    if entry.text("receipt") not in set(ReceiptKind):
        raise FoldError(index, N_("{receipt} is no receipt"), receipt=entry.text("receipt"))
    case = _filed_by(case, index, entry)
    payments = {**case.payments, number: replace(payment, has_receipt=True)}
    shelf.cases[case.reference] = replace(case, payments=payments)


def _may_have_receipt(payment: Paying) -> bool:
    """Say whether it is time for a receipt: before the bank confirms it, for cash alone."""
    if payment.state == "sent":
        return payment.channel == Channel.CASH
    return payment.state == "confirmed" and not payment.advance


def _filed_by(case: Case, index: int, entry: Entry) -> Case:
    """Return the case with who shows what became of money: of those who asked, or who paid."""
    party = entry.text("party")
    apart(index, party, case.deciders)
    if entry.role == Role.TREASURER:
        apart(index, party, case.askers)
        return replace(case, payers=case.payers | {party})
    apart(index, party, case.payers)
    return replace(case, askers=case.askers | {party})


def _held(case: Case, index: int, entry: Entry) -> tuple[str, Paying]:
    """Return an advance that is not cleared, with its number."""
    number = entry.text("payment")
    payment = case.payments.get(number)
    is_held = payment is not None and payment.state == "confirmed" and not payment.is_cleared
    if payment is None or not is_held or not payment.advance:
        raise FoldError(index, N_("payment {number} is no advance to be cleared"), number=number)
    return number, payment


def _voucher_filed(shelf: Shelf, index: int, entry: Entry) -> None:
    case = case_at(shelf, index, entry, *GRANTED)
    number, payment = _held(case, index, entry)
    satang, receipt = entry.number("satang"), entry.text("receipt")
    if satang <= 0 or receipt not in set(ReceiptKind):
        raise FoldError(index, N_("{receipt} is no receipt"), receipt=receipt)
    case = _filed_by(case, index, entry)
    payments = {**case.payments, number: replace(payment, vouchers=payment.vouchers + satang)}
    shelf.cases[case.reference] = replace(case, payments=payments)


def _cleared(shelf: Shelf, index: int, entry: Entry) -> None:
    case, party = case_at(shelf, index, entry, *GRANTED), entry.text("party")
    number, payment = _held(case, index, entry)
    apart(index, party, case.askers, case.deciders, frozenset({payment.released_by}))
    if not payment.stayed == entry.number("satang") <= payment.vouchers:
        raise FoldError(index, N_("the vouchers of {number} are not what was lent"), number=number)
    payments = {**case.payments, number: replace(payment, is_cleared=True)}
    shelf.cases[case.reference] = replace(case, payments=payments, payers=case.payers | {party})


def _closed(shelf: Shelf, index: int, entry: Entry) -> None:
    case = case_at(shelf, index, entry, Status.PAID)
    confirmed = [p for p in case.payments.values() if p.state == "confirmed"]
    if not all(payment.is_settled for payment in confirmed):
        raise FoldError(index, N_("a receipt is missing"))
    if entry.number("satang") != case.disbursed_satang:
        raise FoldError(index, N_("another amount arrived than the log tells"))
    shelf.cases[case.reference] = replace(case, status=Status.CLOSED)


TELLS: Mapping[str, Callable[[Shelf, int, Entry], None]] = {
    "donation.received": _donation,
    "allocation.made": _allocation,
    "fee.charged": _fee,
    "payment.prepared": _prepared,
    "payment.released": _paid,
    "payment.sent": _paid,
    "payment.confirmed": _paid,
    "payment.voided": _paid,
    "payment.returned": _came_back,
    "payment.refunded": _came_back,
    "payment.receipted": _receipted,
    "advance.voucher_filed": _voucher_filed,
    "advance.cleared": _cleared,
    "fund_request.rest_released": _rest_released,
    "fund_request.closed": _closed,
}
