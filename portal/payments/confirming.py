"""Confirming what the bank's lines are: payments, money that came back, fees, or something else."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import Json
from portal.audit.entry import Secret
from portal.audit.entry import loggable
from portal.cases.following import plan_after_support
from portal.db import add_all
from portal.db import among
from portal.funds import ledger
from portal.funds.books import post
from portal.funds.books import post_all
from portal.funds.ledger import EntryKind
from portal.funds.ledger import Posting
from portal.funds.models import FundRequest
from portal.money import Money
from portal.money import total
from portal.payments import acts
from portal.payments import match_rules
from portal.payments.bank_docket import check_treasurer
from portal.payments.bank_docket import lines_secret
from portal.payments.bank_docket import record_of_bank
from portal.payments.bulk import Effect
from portal.payments.bulk import locked
from portal.payments.bulk import take_all
from portal.payments.closing import settle
from portal.payments.models import BankLine
from portal.payments.models import LineMatch
from portal.payments.models import MatchedLine
from portal.payments.models import MatchedPayment
from portal.payments.models import Payment
from portal.payments.queries import is_settled
from portal.payments.queries import receipt_digests
from portal.payments.reconciliation import Meaning
from portal.payments.returning import Back
from portal.payments.returning import return_payment
from portal.payments.rules import Channel
from portal.payments.rules import PaymentAction
from portal.payments.rules import PaymentState
from portal.payments.rules import check_cash
from portal.roles import Actor
from portal.thai import bangkok_day

AT_ONCE = 1_000
REFERENCE_LENGTH_MAX = 60


@dataclass(frozen=True, slots=True)
class Pairing:
    """Lines, by their fingerprints, that are these payments, by their references."""

    lines: tuple[str, ...]
    payments: tuple[str, ...]


def confirm_pairings(
    session: Session, pairings: Sequence[Pairing], *, by: Actor, at: datetime
) -> None:
    """Confirm payments by the bank's lines, whose sums agree to the satang: all of them, or none.

    By a treasurer who released none of these payments.
    """
    check_treasurer(by)
    lines = _open_lines(session, [key for each in pairings for key in each.lines])
    account = _account(lines.values())
    paid = locked(
        session,
        among(session, Payment.reference, [name for each in pairings for name in each.payments]),
    )
    known = {payment.reference: payment for payment, _ in paid}
    line_of: dict[str, BankLine] = {}
    for pairing in pairings:
        _check_pairing(session, pairing, lines, known)
        line_of |= dict.fromkeys(pairing.payments, lines[pairing.lines[0]])
    ids = {payment.reference: payment.id for payment, _ in paid}
    bookings = [(each.id, _confirmation(each, payment.amount)) for payment, each in paid]
    cash = [payment.id for payment in _in_cash(payment for payment, _ in paid)]
    fully_paid = [each.youth_id for payment, each in paid if _is_last(payment, each)]

    def confirmed(payment: Payment, each: FundRequest) -> Effect:
        return _confirmed(payment, each, line_of[payment.reference], by=by, at=at)

    eids = take_all(session, paid, PaymentAction.CONFIRM, confirmed, by=by, at=at)
    entries = [(eid, *booking) for eid, booking in zip(eids, bookings, strict=True)]
    post_all(session, entries, kind=EntryKind.CONFIRMATION, by=by, at=at)
    eid = _record_match(session, Meaning.PAYMENT, account, lines.values(), by=by, at=at)
    matched = [
        Matched(
            _match(Meaning.PAYMENT, eid, by=by, at=at),
            [lines[key] for key in pairing.lines],
            [ids[reference] for reference in pairing.payments],
        )
        for pairing in pairings
    ]
    _keep(session, matched)
    _settle(session, cash, by=by, at=at)
    helped = {youth_id for youth_id in fully_paid if youth_id is not None}
    plan_after_support(session, helped, supported_on=bangkok_day(at), at=at)


def _check_pairing(
    session: Session, pairing: Pairing, lines: Mapping[str, BankLine], known: Mapping[str, Payment]
) -> None:
    unfit = [
        reference
        for reference in pairing.payments
        if reference not in known or known[reference].state is not PaymentState.SENT
    ]
    if unfit:
        raise match_rules.PaymentNotSentError(unfit)
    left = -total(Money(lines[key].amount_satang) for key in pairing.lines)
    match_rules.check_sums(left, total(known[name].amount for name in pairing.payments))
    for payment in _in_cash(known[name] for name in pairing.payments):
        check_cash(payment.channel, has_receipt=bool(receipt_digests(session, payment.id)))


def _in_cash(payments: Iterable[Payment]) -> list[Payment]:
    return [payment for payment in payments if payment.channel is Channel.CASH]


def _settle(session: Session, payment_ids: Iterable[int], *, by: Actor, at: datetime) -> None:
    """Settle the payments whose receipt was there before the bank's line."""
    for payment_id in payment_ids:
        payment = session.get_one(Payment, payment_id, populate_existing=True)
        if is_settled(session, payment):
            fund_request = session.get_one(
                FundRequest, payment.fund_request_id, populate_existing=True
            )
            settle(session, payment, fund_request, by=by, at=at)


def _is_last(payment: Payment, fund_request: FundRequest) -> bool:
    confirmed = fund_request.confirmed_satang + payment.amount_satang
    return confirmed == fund_request.awarded_satang


def _confirmed(
    payment: Payment, fund_request: FundRequest, line: BankLine, *, by: Actor, at: datetime
) -> Effect:
    told = f"{line.bank_reference or line.fingerprint[:16]} {payment.reference}"
    # What tells it apart stands at its end.
    bank_reference = told[-REFERENCE_LENGTH_MAX:]
    changes: dict[str, object] = {
        "confirmed_satang": fund_request.confirmed_satang + payment.amount_satang
    }
    if _is_last(payment, fund_request):
        changes |= {"waits_for": None, "waits_since": at}
    return Effect(
        columns={
            "confirmed_by_id": by.person_id,
            "confirmed_at": at,
            "bank_reference": bank_reference,
        },
        changes=changes,
        private={"bank_reference": Secret(f"payment:{payment.id}", loggable(bank_reference))},
    )


def _confirmation(fund_request: FundRequest, amount: Money) -> Sequence[Posting]:
    fund, subcommittee = fund_request.fund_code, fund_request.subcommittee_code
    return ledger.onward(EntryKind.CONFIRMATION, fund, subcommittee, amount)


def confirm_return(
    session: Session,
    keys: Collection[str],
    payment_id: int,
    back: Back,
    *,
    seen_version: int,
    by: Actor,
    at: datetime,
) -> Payment:
    """Confirm that lines are what came back of a payment, less what the bank kept of it."""
    check_treasurer(by)
    lines = _open_lines(session, keys)
    came = total(Money(line.amount_satang) for line in lines.values())
    if came <= Money(0):
        raise match_rules.NotBackError
    match_rules.check_sums(came + back.fee, back.amount)
    account = _account(lines.values())
    payment = return_payment(session, payment_id, back, seen_version=seen_version, by=by, at=at)
    eid = _record_match(session, Meaning.RETURN, account, lines.values(), by=by, at=at)
    match = _match(Meaning.RETURN, eid, by=by, at=at)
    _keep(session, [Matched(match, lines.values(), [payment.id])])
    return payment


def confirm_fee(
    session: Session, keys: Collection[str], fund: str, *, by: Actor, at: datetime
) -> None:
    """Confirm that lines are what the bank took for itself; a fund bears it."""
    check_treasurer(by)
    lines = _open_lines(session, keys)
    taken = -total(Money(line.amount_satang) for line in lines.values())
    if taken <= Money(0):
        raise match_rules.NotTakenError
    account = _account(lines.values())
    public: dict[str, Json] = {"account": account, "fund": fund, "satang": taken.satang}
    private = {"lines": lines_secret(account, lines)}
    eid = record_of_bank(session, acts.FEE_CHARGED, public, private, by=by, at=at)
    post(session, ledger.fee(fund, taken), kind=EntryKind.FEE, log_eid=eid, by=by, at=at)
    _keep(session, [Matched(_match(Meaning.FEE, eid, by=by, at=at), lines.values())])


def set_aside(
    session: Session, keys: Collection[str], *, note: str, by: Actor, at: datetime
) -> None:
    """Confirm that lines are of no payment: a gift, interest, a mistake of the bank."""
    check_treasurer(by)
    if not note.strip():
        raise match_rules.WhyMissingError
    lines = _open_lines(session, keys)
    account = _account(lines.values())
    eid = _record_match(session, Meaning.OTHER, account, lines.values(), note=note, by=by, at=at)
    match = _match(Meaning.OTHER, eid, note=note, by=by, at=at)
    _keep(session, [Matched(match, lines.values())])


def _open_lines(session: Session, keys: Collection[str]) -> dict[str, BankLine]:
    """Lock lines that nobody has confirmed yet."""
    wanted = sorted(set(keys))
    found: dict[str, BankLine] = {}
    for first in range(0, len(wanted), AT_ONCE):
        some = select(BankLine).where(
            BankLine.fingerprint.in_(wanted[first : first + AT_ONCE]),
            BankLine.id.not_in(select(MatchedLine.bank_line_id)),
        )
        rows = session.scalars(some.order_by(BankLine.id).with_for_update())
        for row in rows:
            # Nothing changes a line: what was read of it stays, whatever is read anew.
            session.expunge(row)
            found[row.fingerprint] = row
    if not wanted or len(found) != len(wanted):
        raise match_rules.LineNotOpenError
    return found


def _account(lines: Iterable[BankLine]) -> str:
    accounts = {line.account_code for line in lines}
    if len(accounts) != 1:
        raise match_rules.OtherAccountsError
    return accounts.pop()


def _record_match(
    session: Session,
    meaning: Meaning,
    account: str,
    lines: Collection[BankLine],
    *,
    note: str = "",
    by: Actor,
    at: datetime,
) -> str:
    moved = sum(line.amount_satang for line in lines)
    public: dict[str, Json] = {
        "account": account,
        "meaning": meaning,
        "count": len(lines),
        "satang": abs(moved),
    }
    private = {"lines": lines_secret(account, [line.fingerprint for line in lines])}
    if note:
        private["note"] = Secret(f"account:{account}", loggable(note))
    return record_of_bank(session, acts.LINES_MATCHED, public, private, by=by, at=at)


@dataclass(frozen=True, slots=True)
class Matched:
    """A match with its lines, and with the payments that they are of."""

    match: LineMatch
    lines: Collection[BankLine]
    payment_ids: Sequence[int] = ()


def _keep(session: Session, matched: Sequence[Matched]) -> None:
    session.add_all(each.match for each in matched)
    session.flush()
    lines = [
        {"bank_line_id": line.id, "line_match_id": each.match.id}
        for each in matched
        for line in each.lines
    ]
    add_all(session, MatchedLine, lines)
    payments = [
        {"line_match_id": each.match.id, "payment_id": payment_id}
        for each in matched
        for payment_id in each.payment_ids
    ]
    add_all(session, MatchedPayment, payments)


def _match(meaning: Meaning, eid: str, *, note: str = "", by: Actor, at: datetime) -> LineMatch:
    return LineMatch(meaning=meaning, by_person_id=by.person_id, at=at, note=note, log_eid=eid)
