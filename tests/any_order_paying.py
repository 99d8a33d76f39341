"""Random acts of treasurers with single payments: out, back, and shown to have arrived."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition
from hypothesis.stateful import rule
from sqlalchemy import Row
from sqlalchemy.orm import Session

from portal.money import Money
from portal.payments import advancing
from portal.payments import receipting
from portal.payments import returning
from portal.payments import service as payments
from portal.payments.advance_rules import Advance
from portal.payments.advance_rules import AdvanceKind
from portal.payments.advancing import Spent
from portal.payments.returning import Back
from portal.payments.rules import Channel
from portal.payments.rules import ReceiptKind
from portal.roles import Actor
from portal.uploads import Upload
from portal.uploads import UploadKind
from tests.any_order_asking import Asking
from tests.any_order_cast import ASKERS
from tests.any_order_cast import BOTH
from tests.any_order_cast import OLD
from tests.any_order_cast import PAYERS
from tests.any_order_cast import PICK
from tests.any_order_cast import TREASURERS
from tests.any_order_cast import Act
from tests.any_order_cast import Tally
from tests.any_order_cast import where
from tests.any_order_checks import check_may_borrow
from tests.conftest import Portal
from tests.world import NOON

NOTE = "เขียนไว้ให้ผู้อื่นเข้าใจ"
CHANNELS = st.sampled_from((*[None] * 6, Channel.CASH, Channel.CASH, Channel.TRANSFER))
WORK = Advance(AdvanceKind.WORK)
JOURNEY = Advance(AdvanceKind.TRAVEL, NOON.date() + timedelta(days=3))
TERMS = st.sampled_from((None, None, WORK, JOURNEY))
FIFTHS = st.sampled_from((5, 5, 1, 2, 3, 0, 6))
TELLS = {
    "release": "payment.released",
    "send": "payment.sent",
    "confirm": "payment.confirmed",
    "void": "payment.voided",
    "return": "payment.returned",
    "refund": "payment.refunded",
    "clear": "advance.cleared",
}


class Paying(Asking):
    """Whoever pays, payment by payment."""

    def __init__(self, lend: Callable[[], AbstractContextManager[Portal]], tally: Tally) -> None:
        super().__init__(lend, tally)
        # What vouchers come to, by payment and by receipt.
        self.vouchers: dict[int, dict[int, int]] = {}

    @where("requests", "approved")
    @rule(who=TREASURERS, pick=PICK, old=OLD, channel=CHANNELS, terms=TERMS)
    def prepare(
        self,
        who: str,
        pick: int,
        old: int,
        channel: Channel | None = None,
        terms: Advance | None = None,
    ) -> None:
        payable = [row for row in self.now.requests if row.awarded_satang > row.paying_satang]
        row = self.chosen(payable or self.now.requests, pick, "approved")

        def do(session: Session, by: Actor) -> None:
            payments.prepare_payment(
                session,
                row.id,
                channel=channel,
                seen_version=row.version - old,
                by=by,
                at=self.at,
                advance=terms,
            )

        before = self.now
        if self.tried(Act("lend" if terms else "prepare", "payment.prepared", who, bool(old)), do):
            payment = self.now.payments[-1]
            assert payment.amount_satang == row.awarded_satang - row.paying_satang
            if terms:
                check_may_borrow(before, row.requester_id, self.at.date())
            self.paid(payment, "prepare", who)

    @where("payments", "prepared")
    @rule(who=TREASURERS, pick=PICK, old=OLD)
    def release(self, who: str, pick: int, old: int) -> None:
        row = self.chosen(self.now.payments, pick, "prepared")
        self._step("release", row, who, old=old, act=payments.release_payment)

    @where("payments", "released")
    @rule(who=TREASURERS, pick=PICK, old=OLD)
    def send(self, who: str, pick: int, old: int) -> None:
        row = self.chosen(self.now.payments, pick, "released")
        self._step("send", row, who, old=old, act=payments.send_payment)

    @where("payments", "sent")
    @rule(who=TREASURERS, pick=PICK, old=OLD)
    def confirm(self, who: str, pick: int, old: int) -> None:
        row = self.chosen(self.now.payments, pick, "sent")
        # Now and then a reference of the bank that is nothing, or another payment's.
        told = ("", "KTB0")[pick % 2] if pick % 7 == 5 else f"KTB{self.acts}"
        act = partial(payments.confirm_payment, bank_reference=told)
        self._step("confirm", row, who, old=old, act=act)

    @where("payments", "prepared", "released")
    @rule(who=TREASURERS, pick=PICK, old=OLD)
    def void(self, who: str, pick: int, old: int) -> None:
        row = self.chosen(self.now.payments, pick, "prepared", "released")
        act = partial(payments.void_payment, note=NOTE)
        self._step("void", row, who, old=old, act=act)

    @where("payments", "sent", "confirmed")
    @rule(who=TREASURERS, pick=PICK, old=OLD, fifths=FIFTHS, fee=st.sampled_from((0, 700, 10**8)))
    def give_back(self, who: str, pick: int, old: int, fifths: int, fee: int) -> None:
        """The bank gives money back, and may keep a part or all of it."""
        row = self.chosen(self.now.payments, pick, "sent", "confirmed")
        satang = _part(row, fifths)
        back = Back(Money(satang), NOTE, Money(min(fee, satang)))
        act = partial(_with, returning.return_payment, back)
        self._step("return", row, who, old=old, act=act)

    @where("payments", "confirmed")
    @rule(who=TREASURERS, pick=PICK, old=OLD, fifths=FIFTHS)
    def refund(self, who: str, pick: int, old: int, fifths: int) -> None:
        row = self.chosen(self.now.payments, pick, "confirmed")
        act = partial(_with, returning.refund_payment, Back(Money(_part(row, fifths)), NOTE))
        self._step("refund", row, who, old=old, act=act)

    def _step(
        self, action: str, row: Row[Any], who: str, *, old: int, act: Callable[..., object]
    ) -> bool:
        def do(session: Session, by: Actor) -> None:
            act(session, row.id, seen_version=row.version - old, by=by, at=self.at)

        is_done = self.tried(Act(action, TELLS[action], who, bool(old)), do)
        if is_done:
            self.paid(row, action, who)
        return is_done

    @where("payments", "sent", "confirmed")
    @rule(who=st.one_of(ASKERS, TREASURERS), pick=PICK, is_signed=st.booleans())
    def receipt(self, who: str, pick: int, *, is_signed: bool = True) -> None:
        given = [row for row in self.now.payments if row.advance is None]
        in_hand = [
            row for row in self.now.payments if row.channel == "cash" and row.state == "sent"
        ]
        row = self.chosen(in_hand or given or self.now.payments, pick, "confirmed", "sent")
        upload = Upload(UploadKind.PDF, f"%PDF {pick % 5}".encode())
        kind = ReceiptKind.SIGNED_RECEIPT if is_signed else ReceiptKind.SLIP

        def do(session: Session, by: Actor) -> None:
            receipting.file_receipt(session, row.id, upload, kind, by=by, at=self.at)

        if self.tried(Act("receipt", "payment.receipted", who), do):
            self._filed(row.fund_request_id, who)

    def _filed(self, request_id: int, who: str) -> None:
        """Who holds both roles files as what they are in this request, else as a treasurer."""
        asks = self.people[who].person_id in self.deeds.asked.get(request_id, ())
        pays = who in PAYERS or (who in BOTH and not asks)
        self.did(self.deeds.paid if pays else self.deeds.asked, request_id, who)

    @precondition(lambda self: self._lent("confirmed"))
    @rule(who=st.one_of(ASKERS, TREASURERS), pick=PICK, fifths=FIFTHS)
    def voucher(self, who: str, pick: int, fifths: int = 5) -> None:
        among = self.now.payments if pick % 7 == 6 else self._lent("confirmed")
        row = among[pick % len(among)]
        missing = _stayed(row) - sum(self.vouchers.get(row.id, {}).values())
        satang = max(missing * fifths // 5, 1)
        upload = Upload(UploadKind.PDF, f"%PDF {self.acts}".encode())
        spent = Spent(ReceiptKind.SHOP_RECEIPT, NOON.date(), Money(satang), "ค่าวัสดุ")

        def do(session: Session, by: Actor) -> None:
            advancing.file_voucher(session, row.id, upload, spent, by=by, at=self.at)

        if self.tried(Act("voucher", "advance.voucher_filed", who), do):
            self._filed(row.fund_request_id, who)
            self.vouchers.setdefault(row.id, {})[self.now.receipts[-1].id] = satang

    @precondition(lambda self: self._lent("confirmed", "sent"))
    @rule(who=TREASURERS, pick=PICK, old=OLD, is_all=st.booleans())
    def clear(self, who: str, pick: int, old: int, *, is_all: bool = True) -> None:
        lent = self._lent("confirmed", "sent")
        filed = [row for row in lent if row.id in self.vouchers]
        row = (filed or lent)[pick % len(filed or lent)]
        mine = [*self.vouchers.get(row.id, {})]
        ticked = mine if is_all else mine[-1:]
        act = partial(_with, advancing.clear_advance, ticked)
        if self._step("clear", row, who, old=old, act=act):
            assert sum(self.vouchers[row.id][each] for each in ticked) == _stayed(row)
            assert row.cleared_at is None

    def _lent(self, *states: str) -> list[Row[Any]]:
        return [row for row in self.now.payments if row.advance and row.state in states]

    @where("requests", "approved")
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


def _stayed(row: Row[Any]) -> int:
    return int(row.amount_satang - row.returned_satang)


def _part(row: Row[Any], fifths: int) -> int:
    """Return some fifths of what has not come back; all of it, more, and nothing among them."""
    return _stayed(row) * fifths // 5


def _with(
    act: Callable[..., object], what: object, session: Session, payment_id: int, **more: object
) -> None:
    act(session, payment_id, what, **more)
