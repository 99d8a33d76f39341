"""What must hold after every act at the treasury, whoever did it and in whatever order.

Typed anew from the promises, on rows as the database has them; no rule of the portal is asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from datetime import timedelta
from typing import Any
from typing import TypeAlias

from sqlalchemy import Row
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import Entry
from portal.audit.entry import parse
from portal.audit.models import LogEntry
from portal.audit.models import LogSeq
from portal.db import Base
from portal.funds.models import Balance
from portal.funds.models import FundRequest
from portal.funds.models import JournalEntry
from portal.funds.models import RequestAct
from portal.payments.models import AdvanceVoucher
from portal.payments.models import BankLine
from portal.payments.models import MatchedLine
from portal.payments.models import Payment
from portal.payments.models import PaymentBatch
from portal.payments.models import Receipt
from portal.publishing import fold
from portal.publishing.shelf import Measure
from portal.publishing.shelf import Shelf

# Above this one signature is not enough.
ONE_SIGNS = 500_000
DAYS_TO_CLEAR = {"travel": 15, "work": 30}
ALIVE = ("prepared", "released", "sent", "confirmed")
LEFT = ("sent", "confirmed")
Rows: TypeAlias = Sequence[Row[Any]]  # the columns of one table or another
COUNTED = (
    *(LogEntry.seqno, JournalEntry.id, RequestAct.id, AdvanceVoucher.receipt_id),
    *(BankLine.id, MatchedLine.bank_line_id),
)
# Where in the counts the bank's lines stand, and those that somebody confirmed.
LINES, MATCHED = 4, 5


@dataclass(frozen=True, slots=True)
class Seen:
    """The rows that acts move, as they are now; equal before and after a refusal."""

    requests: Rows
    payments: Rows
    batches: Rows
    balances: Rows
    receipts: Rows
    counts: tuple[int, ...]


def seen(session: Session) -> Seen:
    def rows(table: type[Base]) -> Rows:
        columns = table.__table__.columns
        return session.execute(select(*columns).order_by(columns.id)).all()

    counts = tuple(session.scalar(select(func.count(column))) or 0 for column in COUNTED)
    return Seen(
        requests=rows(FundRequest),
        payments=rows(Payment),
        batches=rows(PaymentBatch),
        balances=rows(Balance),
        receipts=rows(Receipt),
        counts=counts,
    )


@dataclass(slots=True)
class Deeds:
    """Who did what, as far as it was acknowledged: kept by the test, not by the portal."""

    asked: dict[int, set[int]] = field(default_factory=dict)
    decided: dict[int, set[int]] = field(default_factory=dict)
    paid: dict[int, set[int]] = field(default_factory=dict)
    # Since the request was sent or revised last.
    signed: dict[int, list[int]] = field(default_factory=dict)
    # By payment or batch and by what was done; the same is done again where money comes back.
    steps: dict[tuple[str, int], dict[str, set[int]]] = field(default_factory=dict)

    def step(self, thing: str, number: int, action: str, who: int) -> None:
        self.steps.setdefault((thing, number), {}).setdefault(action, set()).add(who)


def check_people(deeds: Deeds) -> None:
    """Who asks, who decides and who pays are three, and so are the treasurers of a payment."""
    for request_id, askers in deeds.asked.items():
        deciders = deeds.decided.get(request_id, set())
        payers = deeds.paid.get(request_id, set())
        assert not askers & deciders
        assert not askers & payers
        assert not deciders & payers
    for signers in deeds.signed.values():
        assert len(signers) == len(set(signers))
    for steps in deeds.steps.values():
        releasers = steps.get("release", set())
        for other in ("make", "prepare", "confirm", "return", "refund", "clear"):
            assert not releasers & steps.get(other, set()), other


def check_signed(now: Seen, deeds: Deeds) -> None:
    """What is approved has its signatures."""
    for request in now.requests:
        if request.state in {"approved", "closed"}:
            needed = 1 if request.amount_satang <= ONE_SIGNS else 2
            assert len(deeds.signed[request.id]) >= needed


def check_payments(now: Seen) -> None:
    """Nothing is paid twice, nor more than was approved; the sums beside them are right."""
    of_request: dict[int, list[Row[Any]]] = {}
    for payment in now.payments:
        assert 0 <= payment.fee_satang <= payment.returned_satang <= payment.amount_satang
        is_back = payment.returned_satang == payment.amount_satang
        assert (payment.state == "returned") is is_back
        of_request.setdefault(payment.fund_request_id, []).append(payment)
    for request in now.requests:
        mine = of_request.get(request.id, [])
        alive = Counter(payment.instalment for payment in mine if payment.state in ALIVE)
        assert all(count == 1 for count in alive.values())
        stayed = {
            states: sum(p.amount_satang - p.returned_satang for p in mine if p.state in states)
            for states in (ALIVE, LEFT, ("confirmed",))
        }
        assert stayed[ALIVE] == request.paying_satang
        assert stayed[LEFT] == request.sent_satang
        assert stayed["confirmed",] == request.confirmed_satang
        assert stayed[ALIVE] <= request.awarded_satang <= request.amount_satang
        if request.state not in {"approved", "closed"}:
            assert request.awarded_satang == 0
        if request.state == "closed":
            assert request.confirmed_satang == request.awarded_satang
            assert all(is_settled(now, payment) for payment in mine if payment.state == "confirmed")


def is_settled(now: Seen, payment: Row[Any]) -> bool:
    """Say whether it is shown what became of it: cleared if it was lent, else with a paper."""
    papers = [paper for paper in now.receipts if paper.payment_id == payment.id]
    return payment.cleared_at is not None if payment.advance else bool(papers)


def check_cash(now: Seen) -> None:
    """Nobody believes that cash arrived before somebody signed for it."""
    signed = {paper.payment_id for paper in now.receipts if paper.kind == "signed_receipt"}
    for payment in now.payments:
        if payment.channel == "cash" and payment.state == "confirmed":
            assert payment.id in signed


def check_may_borrow(now: Seen, requester_id: int, today: date) -> None:
    """Who borrows holds nothing that was to be cleared before today."""
    mine = {request.id for request in now.requests if request.requester_id == requester_id}
    for payment in now.payments:
        is_held = payment.state == "confirmed" and payment.advance and payment.cleared_at is None
        if is_held and payment.fund_request_id in mine:
            begins = payment.advance_ends_on or payment.confirmed_at.date()
            assert today <= begins + timedelta(days=DAYS_TO_CLEAR[payment.advance])


def check_places(now: Seen) -> None:
    """Every satang is somewhere, nothing is below zero, and each place holds what it must."""
    held: Counter[str] = Counter()
    for balance in now.balances:
        assert balance.satang >= 0 or balance.place == "source"
        held[balance.place] += balance.satang
    assert sum(held.values()) == 0

    stayed: Counter[str] = Counter()
    for payment in now.payments:
        state = "received" if is_settled(now, payment) else "disbursed"
        place = state if payment.state == "confirmed" else payment.state
        stayed[place] += payment.amount_satang - payment.returned_satang
    assert held["in_transit"] == stayed["sent"]
    assert held["disbursed"] == stayed["disbursed"]
    assert held["received"] == stayed["received"]
    waiting = sum(request.awarded_satang - request.sent_satang for request in now.requests)
    assert held["committed"] + held["returned"] == waiting
    assert held["returned"] == sum(request.returned_satang for request in now.requests)


def check_all(now: Seen, deeds: Deeds) -> None:
    check_people(deeds)
    check_signed(now, deeds)
    check_payments(now)
    check_cash(now)
    check_places(now)


def told_since(session: Session, count: int) -> list[Entry]:
    """Return the entries that were recorded after so many."""
    bodies = session.scalars(select(LogEntry.body).order_by(LogEntry.seqno).offset(count))
    return [parse(body) for body in bodies]


def check_public(session: Session, now: Seen) -> None:
    """What anybody folds from the public log is what the books say, request by request."""
    shelf = Shelf()
    bodies = select(LogEntry.body).join(LogSeq, LogSeq.seqno == LogEntry.seqno)
    for index, body in enumerate(session.scalars(bodies.order_by(LogSeq.idx))):
        fold.step(shelf, index, parse(body))
    by_id = {request.id: request for request in now.requests}
    for request in now.requests:
        case = shelf.cases.get(request.reference)
        assert (case is None) == (request.reference is None)
        if case is not None:
            assert case.approved_satang == request.awarded_satang
            assert case.disbursed_satang == request.confirmed_satang
            assert len(case.payments) == sum(p.fund_request_id == request.id for p in now.payments)
    for payment in now.payments:
        told = shelf.cases[by_id[payment.fund_request_id].reference].payments[payment.reference]
        assert (told.state, told.satang) == (payment.state, payment.amount_satang)
        assert (told.returned, told.fee) == (payment.returned_satang, payment.fee_satang)
    paid = sum(shelf.sums(Measure.DISBURSED).values()) - sum(shelf.sums(Measure.RETURNED).values())
    assert paid == sum(b.satang for b in now.balances if b.place in {"disbursed", "received"})
    fees = sum(shelf.sums(Measure.FEES).values()) + sum(shelf.sums(Measure.BANK_FEES).values())
    assert fees == sum(b.satang for b in now.balances if b.place == "fees")
