"""Random acts of treasurers: payments alone and in batches, what comes back, the bank's lines."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition
from hypothesis.stateful import rule
from sqlalchemy import Row
from sqlalchemy.orm import Session

from portal.db import db
from portal.funds.money_in import AllocationAnswer
from portal.funds.money_in import DonationAnswer
from portal.funds.money_in import allocate
from portal.funds.money_in import receive_donation
from portal.money import Money
from portal.payments import batching
from portal.payments import confirming
from portal.payments import receipting
from portal.payments import returning
from portal.payments import service as payments
from portal.payments.batching import Terms
from portal.payments.confirming import Pairing
from portal.payments.matching_page import open_lines
from portal.payments.payment_files import FileKind
from portal.payments.returning import Back
from portal.payments.rules import Channel
from portal.payments.rules import ReceiptKind
from portal.payments.statement_lines import import_statement
from portal.roles import Actor
from portal.uploads import Upload
from portal.uploads import UploadKind
from tests.any_order import ASKERS
from tests.any_order import BOTH
from tests.any_order import OLD
from tests.any_order import PICK
from tests.any_order import TREASURERS
from tests.any_order import Act
from tests.any_order import Asking
from tests.any_order import Tally
from tests.any_order_checks import LINES
from tests.any_order_checks import MATCHED
from tests.bank import Bank
from tests.bank import Booked
from tests.bank import Order
from tests.bank import csv_text
from tests.conftest import Portal
from tests.world import ACCOUNT
from tests.world import NOON

ON = NOON.date()
NOTE = "เขียนไว้ให้ผู้อื่นเข้าใจ"
FIFTHS = st.sampled_from((5, 5, 1, 2, 3, 0, 6))
TELLS = {
    "release": "payment.released",
    "send": "payment.sent",
    "confirm": "payment.confirmed",
    "void": "payment.voided",
    "return": "payment.returned",
    "refund": "payment.refunded",
}


class AnyOrder(Asking):
    """The whole house: whoever asks and decides, and whoever pays.

    A new act of the treasury gets one more rule here.
    """

    def __init__(self, lend: Callable[[], AbstractContextManager[Portal]], tally: Tally) -> None:
        super().__init__(lend, tally)
        self.bank = Bank(0, ACCOUNT.account_number)
        self.ordered: set[str] = set()

    # One payment

    @precondition(lambda self: self.now.requests)
    @rule(who=TREASURERS, pick=PICK, old=OLD, channel=st.sampled_from((*["transfer"] * 4, "cash")))
    def prepare(self, who: str, pick: int, old: int, channel: str) -> None:
        payable = [row for row in self.now.requests if row.awarded_satang > row.paying_satang]
        row = self.chosen(payable or self.now.requests, pick, "approved")

        def do(session: Session, by: Actor) -> None:
            payments.prepare_payment(
                session,
                row.id,
                channel=Channel(channel),
                seen_version=row.version - old,
                by=by,
                at=self.at,
            )

        if self.tried(Act("prepare", "payment.prepared", who, bool(old)), do):
            payment = self.now.payments[-1]
            assert payment.amount_satang == row.awarded_satang - row.paying_satang
            self.paid(payment, "prepare", who)

    @precondition(lambda self: self.now.payments)
    @rule(who=TREASURERS, pick=PICK, old=OLD)
    def release(self, who: str, pick: int, old: int) -> None:
        row = self.chosen(self.now.payments, pick, "prepared")
        self._step("release", row, who, old=old, act=payments.release_payment)

    @precondition(lambda self: self.now.payments)
    @rule(who=TREASURERS, pick=PICK, old=OLD)
    def send(self, who: str, pick: int, old: int) -> None:
        row = self.chosen(self.now.payments, pick, "released")
        self._step("send", row, who, old=old, act=payments.send_payment)

    @precondition(lambda self: self.now.payments)
    @rule(who=TREASURERS, pick=PICK, old=OLD)
    def confirm(self, who: str, pick: int, old: int) -> None:
        row = self.chosen(self.now.payments, pick, "sent")
        # Now and then a reference of the bank that is nothing, or another payment's.
        told = ("", "KTB0")[pick % 2] if pick % 7 == 5 else f"KTB{self.acts}"
        act = partial(payments.confirm_payment, bank_reference=told)
        self._step("confirm", row, who, old=old, act=act)

    @precondition(lambda self: self.now.payments)
    @rule(who=TREASURERS, pick=PICK, old=OLD)
    def void(self, who: str, pick: int, old: int) -> None:
        # Mostly what cannot be cancelled any more: otherwise little would get that far.
        row = self.chosen(self.now.payments, pick, "sent", "confirmed", "released")
        act = partial(payments.void_payment, note=NOTE)
        self._step("void", row, who, old=old, act=act)

    @precondition(lambda self: self.now.payments)
    @rule(who=TREASURERS, pick=PICK, old=OLD, fifths=FIFTHS, fee=st.sampled_from((0, 700, 10**8)))
    def give_back(self, who: str, pick: int, old: int, fifths: int, fee: int) -> None:
        """The bank gives money back, and may keep a part or all of it."""
        row = self.chosen(self.now.payments, pick, "sent", "confirmed")
        satang = _part(row, fifths)
        back = Back(Money(satang), NOTE, Money(min(fee, satang)))
        act = partial(_back, returning.return_payment, back)
        self._step("return", row, who, old=old, act=act)

    @precondition(lambda self: self.now.payments)
    @rule(who=TREASURERS, pick=PICK, old=OLD, fifths=FIFTHS)
    def refund(self, who: str, pick: int, old: int, fifths: int) -> None:
        row = self.chosen(self.now.payments, pick, "confirmed")
        act = partial(_back, returning.refund_payment, Back(Money(_part(row, fifths)), NOTE))
        self._step("refund", row, who, old=old, act=act)

    def _step(
        self, action: str, row: Row[Any], who: str, *, old: int, act: Callable[..., object]
    ) -> None:
        def do(session: Session, by: Actor) -> None:
            act(session, row.id, seen_version=row.version - old, by=by, at=self.at)

        if self.tried(Act(action, TELLS[action], who, bool(old)), do):
            self.paid(row, action, who)

    @precondition(lambda self: self.now.payments)
    @rule(who=st.one_of(ASKERS, TREASURERS), pick=PICK)
    def receipt(self, who: str, pick: int) -> None:
        row = self.chosen(self.now.payments, pick, "confirmed")
        upload = Upload(UploadKind.PDF, f"%PDF {pick % 5}".encode())
        kind = ReceiptKind.SLIP

        def do(session: Session, by: Actor) -> None:
            receipting.file_receipt(session, row.id, upload, kind, by=by, at=self.at)

        if self.tried(Act("receipt", "payment.receipted", who), do):
            pays = who in {"anong", "prasit", "phailin"}
            # Who holds both roles files as what they are in this request.
            if who not in BOTH:
                duties = self.deeds.paid if pays else self.deeds.asked
                self.did(duties, row.fund_request_id, who)

    @precondition(lambda self: self.now.requests)
    @rule(who=TREASURERS, pick=PICK, old=OLD)
    def release_rest(self, who: str, pick: int, old: int) -> None:
        # Mostly where something came back: otherwise little would be paid.
        back = [row for row in self.now.requests if row.returned_satang]
        row = self.chosen(back or self.now.requests, pick, "approved" if back else "submitted")

        def do(session: Session, by: Actor) -> None:
            version = row.version - old
            returning.release_rest(
                session, row.id, note=NOTE, seen_version=version, by=by, at=self.at
            )

        if self.tried(Act("release the rest", "fund_request.rest_released", who, bool(old)), do):
            self.did(self.deeds.paid, row.id, who)

    # Batches

    @precondition(lambda self: self.now.payments)
    @rule(who=TREASURERS, pick=PICK, kind=st.sampled_from(FileKind))
    def make_batch(self, who: str, pick: int, kind: FileKind) -> None:
        free = [p for p in self.now.payments if p.state == "prepared" and p.batch_id is None]
        among = free if free and pick % 7 != 6 else self.now.payments
        ids = [row.id for row in among[: 1 + pick % 4]]
        terms = Terms(ACCOUNT.code, ON, kind)

        def do(session: Session, by: Actor) -> None:
            batching.make_batch(session, ids, terms=terms, by=by, at=self.at)

        if self.tried(Act("make batch", "batch.made", who), do):
            batch = self.now.batches[-1]
            self.deeds.step("batch", batch.id, "make", self.people[who].person_id)

    @precondition(lambda self: self.now.batches)
    @rule(who=TREASURERS, pick=PICK, old=OLD)
    def release_batch(self, who: str, pick: int, old: int) -> None:
        row = self.chosen(self.now.batches, pick, "open")
        self._batch_step("release", row, who, old=old, act=batching.release_batch)

    @precondition(lambda self: self.now.batches)
    @rule(who=TREASURERS, pick=PICK, old=OLD)
    def send_batch(self, who: str, pick: int, old: int) -> None:
        row = self.chosen(self.now.batches, pick, "released")
        self._batch_step("send", row, who, old=old, act=batching.send_batch)

    @precondition(lambda self: self.now.batches)
    @rule(who=TREASURERS, pick=PICK, old=OLD)
    def dissolve_batch(self, who: str, pick: int, old: int) -> None:
        row = self.chosen(self.now.batches, pick, "sent", "released")
        self._batch_step("dissolve", row, who, old=old, act=batching.dissolve_batch)

    def _batch_step(
        self, action: str, row: Row[Any], who: str, *, old: int, act: Callable[..., object]
    ) -> None:
        members = [payment for payment in self.now.payments if payment.batch_id == row.id]

        def do(session: Session, by: Actor) -> None:
            act(session, row.id, seen_version=row.version - old, by=by, at=self.at)

        tells = "batch.sent" if action == "send" else f"batch.{action}d"
        if not self.tried(Act(f"{action} batch", tells, who, bool(old)), do):
            return
        self.deeds.step("batch", row.id, action, self.people[who].person_id)
        for payment in members if action != "dissolve" else ():
            self.paid(payment, action, who)

    # The bank's lines

    @precondition(lambda self: self.now.payments)
    @rule(who=TREASURERS, pick=PICK)
    def read_statement(self, who: str, pick: int) -> None:
        """The bank books what lies with it, takes a fee at times, and tells all of it."""
        for payment in self.now.payments:
            if payment.state == "sent" and payment.reference not in self.ordered:
                self.ordered.add(payment.reference)
                order = Order(payment.reference, "9990300000", payment.amount_satang)
                (self.bank.split if pick % 5 == 4 else self.bank.pay)(order, ON)
        if pick % 5 == 3 or not self.bank.booked:
            self.bank.charge(ON)
        content = csv_text(self.bank.period(ON, ON)).encode()

        def do(session: Session, by: Actor) -> None:
            import_statement(session, ACCOUNT.code, content, name="a.csv", by=by, at=self.at)

        # A file that brings nothing new is taken, and not told.
        if len(self.bank.booked) > self.now.counts[LINES]:
            self.tried(Act("read statement", "statement.imported", who), do)

    @precondition(lambda self: self._open_lines("payment", "split"))
    @rule(who=TREASURERS, count=st.integers(1, 3))
    def confirm_lines(self, who: str, count: int) -> None:
        """Up to so many payments are confirmed by the bank's lines, by who knows whose they are."""
        of_payment: dict[str, list[str]] = {}
        for key, line in self._open_lines("payment", "split").items():
            of_payment.setdefault(line.orders[0], []).append(key)
        chosen = dict([*of_payment.items()][:count])
        pairings = [Pairing(tuple(keys), (name,)) for name, keys in chosen.items()]

        def do(session: Session, by: Actor) -> None:
            confirming.confirm_pairings(session, pairings, by=by, at=self.at)

        if self.tried(Act("confirm lines", "lines.matched", who), do):
            for payment in self.now.payments:
                if payment.reference in chosen:
                    self.paid(payment, "confirm", who)

    @precondition(lambda self: self._open_lines("fee"))
    @rule(who=TREASURERS)
    def bear_fee(self, who: str) -> None:
        keys = [*self._open_lines("fee")][:1]

        def do(session: Session, by: Actor) -> None:
            confirming.confirm_fee(session, keys, "GEN", by=by, at=self.at)

        self.tried(Act("bear fee", "fee.charged", who), do)

    def _open_lines(self, *whats: str) -> dict[str, Booked]:
        """Return the imported lines that nobody has confirmed, as the bank knows them."""
        if self.now.counts[LINES] == self.now.counts[MATCHED]:
            return {}
        truth = {line.bank_reference: line for line in self.bank.booked}
        with Session(db.engine) as session:
            lines = open_lines(session, ACCOUNT.code)
        known = {key: truth[line.bank_reference] for key, line in lines.items()}
        return {key: line for key, line in known.items() if line.what in whats}

    # Money comes in

    @rule(who=ASKERS, satang=st.sampled_from((50_000, 1, 0)))
    def give(self, who: str, satang: int) -> None:
        """A gift, and all of it for the subcommittee to decide on."""
        gift = DonationAnswer("", "TENBAHT", Money(satang), ON, "ผู้ให้")
        share = AllocationAnswer("TENBAHT", "SC5", Money(satang), 2570)

        def do(session: Session, by: Actor) -> None:
            receive_donation(session, gift, by=by, at=self.at)
            allocate(session, share, by=by, at=self.at)

        self.tried(Act("give", "donation.received", who), do)


def _part(row: Row[Any], fifths: int) -> int:
    """Return some fifths of what has not come back; all of it, more, and nothing among them."""
    return int(row.amount_satang - row.returned_satang) * fifths // 5


def _back(
    act: Callable[..., object], back: Back, session: Session, payment_id: int, **more: object
) -> None:
    act(session, payment_id, back, **more)
