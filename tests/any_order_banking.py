"""Random acts with batches and with the bank's lines."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition
from hypothesis.stateful import rule
from sqlalchemy import Row
from sqlalchemy.orm import Session

from portal.db import db
from portal.money import Money
from portal.payments import batching
from portal.payments import confirming
from portal.payments.batching import Terms
from portal.payments.confirming import Pairing
from portal.payments.matching_page import open_lines
from portal.payments.payment_files import FileKind
from portal.payments.returning import Back
from portal.payments.statement_lines import import_statement
from portal.roles import Actor
from tests.any_order_cast import OLD
from tests.any_order_cast import PICK
from tests.any_order_cast import TREASURERS
from tests.any_order_cast import Act
from tests.any_order_cast import Tally
from tests.any_order_cast import where
from tests.any_order_checks import LINES
from tests.any_order_checks import MATCHED
from tests.any_order_paying import NOTE
from tests.any_order_paying import Paying
from tests.bank import Bank
from tests.bank import Booked
from tests.bank import Order
from tests.bank import csv_text
from tests.conftest import Portal
from tests.world import ACCOUNT
from tests.world import NOON

DAY = timedelta(days=1)
# So little that not every batch is covered.
OPENING = 200_000


class Banking(Paying):
    """Whoever pays in batches, and whoever reads what the bank tells."""

    def __init__(self, lend: Callable[[], AbstractContextManager[Portal]], tally: Tally) -> None:
        super().__init__(lend, tally)
        self.bank = Bank(0, ACCOUNT.account_number, OPENING)
        self.ordered: set[str] = set()
        self.given_back: set[str] = set()
        # What the newest statement says that the account holds, and until which day it tells.
        self.told, self.told_on = 0, NOON.date()
        # What batches take that are released, and that no statement has told of.
        self.promised: dict[int, int] = {}

    @where("payments", "prepared")
    @rule(who=TREASURERS, pick=PICK, kind=st.sampled_from(FileKind))
    def make_batch(self, who: str, pick: int, kind: FileKind) -> None:
        free = [
            row
            for row in self.now.payments
            if row.state == "prepared" and row.batch_id is None and row.channel == "transfer"
        ]
        among = free if free and pick % 7 != 6 else self.now.payments
        ids = [row.id for row in among[: 1 + pick % 4]]
        terms = Terms(ACCOUNT.code, self.at.date(), kind)

        def do(session: Session, by: Actor) -> None:
            batching.make_batch(session, ids, terms=terms, by=by, at=self.at)

        if self.tried(Act("make batch", "batch.made", who), do):
            batch = self.now.batches[-1]
            self.deeds.step("batch", batch.id, "make", self.people[who].person_id)

    @where("batches", "open")
    @rule(who=TREASURERS, pick=PICK, old=OLD)
    def release_batch(self, who: str, pick: int, old: int) -> None:
        row = self.chosen(self.now.batches, pick, "open")
        if self._batch_step("release", row, who, old=old, act=batching.release_batch):
            self.promised[row.id] = row.amount_satang
            assert sum(self.promised.values()) <= self.told, "the account does not hold as much"

    @where("batches", "released")
    @rule(who=TREASURERS, pick=PICK, old=OLD)
    def send_batch(self, who: str, pick: int, old: int) -> None:
        row = self.chosen(self.now.batches, pick, "released")
        self._batch_step("send", row, who, old=old, act=batching.send_batch)

    @where("batches", "open", "released")
    @rule(who=TREASURERS, pick=PICK, old=OLD)
    def dissolve_batch(self, who: str, pick: int, old: int) -> None:
        row = self.chosen(self.now.batches, pick, "open", "released")
        if self._batch_step("dissolve", row, who, old=old, act=batching.dissolve_batch):
            self.promised.pop(row.id, None)

    def _batch_step(
        self, action: str, row: Row[Any], who: str, *, old: int, act: Callable[..., object]
    ) -> bool:
        members = [payment for payment in self.now.payments if payment.batch_id == row.id]

        def do(session: Session, by: Actor) -> None:
            act(session, row.id, seen_version=row.version - old, by=by, at=self.at)

        tells = "batch.sent" if action == "send" else f"batch.{action}d"
        if not self.tried(Act(f"{action} batch", tells, who, bool(old)), do):
            return False
        self.deeds.step("batch", row.id, action, self.people[who].person_id)
        for payment in members if action != "dissolve" else ():
            self.paid(payment, action, who)
        return True

    # The bank's lines

    @precondition(lambda self: self.now.payments)
    @rule(who=TREASURERS, pick=PICK)
    def read_statement(self, who: str, pick: int) -> None:
        """The bank books what lies with it; what it tells of the day is read on the next one."""
        today = self.at.date()
        self._book(pick)
        # A file that brings nothing new is taken, and not told.
        if len(self.bank.booked) == self.now.counts[LINES]:
            return
        sent = [row.id for row in self.now.batches if row.state == "sent"]
        content = csv_text(self.bank.period(self.told_on - DAY * (pick % 2), today)).encode()
        self.days += 1

        def do(session: Session, by: Actor) -> None:
            import_statement(session, ACCOUNT.code, content, name="a.csv", by=by, at=self.at)

        if self.tried(Act("read statement", "statement.imported", who), do):
            self.told, self.told_on = self.bank.booked[-1].balance, today
            for batch_id in sent:
                self.promised.pop(batch_id, None)

    def _book(self, pick: int) -> None:
        """Pay what lies with the bank; at times in two lines, with a fee, or with one back."""
        today = self.at.date()
        for row in self.now.payments:
            order = Order(row.reference, "9990300000", row.amount_satang)
            if row.state == "sent" and row.channel != "cash" and row.reference not in self.ordered:
                self.ordered.add(row.reference)
                (self.bank.split if pick % 5 == 4 else self.bank.pay)(order, today)
            elif pick % 5 == 2 and row.reference in self.ordered - self.given_back:
                self.given_back.add(row.reference)
                self.bank.give_back(order, today, row.amount_satang)
        if pick % 5 == 3 or not self.bank.booked:
            self.bank.charge(today)

    @precondition(lambda self: self._open_lines("payment", "split"))
    @rule(who=TREASURERS, count=st.integers(1, 3))
    def confirm_lines(self, who: str, count: int) -> None:
        """Up to so many payments are confirmed by the bank's lines, by who knows whose they are."""
        lines = self._open_lines("payment", "split")
        of_payment: dict[str, list[str]] = {}
        # First those that wait; what was confirmed by hand is refused.
        for key, line in sorted(lines.items(), key=lambda each: self._is_known(each[1], "sent")):
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

    @precondition(lambda self: self._open_lines("return"))
    @rule(who=TREASURERS, old=OLD)
    def take_back_lines(self, who: str, old: int) -> None:
        lines = self._open_lines("return").items()
        key, line = min(lines, key=lambda each: self._is_known(each[1], "sent", "confirmed"))
        (row,) = (row for row in self.now.payments if row.reference == line.orders[0])
        back = Back(Money(line.satang), NOTE)
        version = row.version - old

        def do(session: Session, by: Actor) -> None:
            confirming.confirm_return(
                session, [key], row.id, back, seen_version=version, by=by, at=self.at
            )

        if self.tried(Act("take back lines", "lines.matched", who, bool(old)), do):
            self.paid(row, "return", who)

    def _is_known(self, line: Booked, *states: str) -> bool:
        """Say whether the payment of a line is past the states in which the line tells news."""
        (row,) = (row for row in self.now.payments if row.reference == line.orders[0])
        return row.state not in states

    def _open_lines(self, *whats: str) -> dict[str, Booked]:
        """Return the imported lines that nobody has confirmed, as the bank knows them."""
        if self.now.counts[LINES] == self.now.counts[MATCHED]:
            return {}
        truth = {line.bank_reference: line for line in self.bank.booked}
        with Session(db.engine) as session:
            lines = open_lines(session, ACCOUNT.code)
        known = {key: truth[line.bank_reference] for key, line in lines.items()}
        return {key: line for key, line in known.items() if line.what in whats}
