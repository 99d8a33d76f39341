"""The whole house: people do what comes next, and then anybody does anything."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import initialize
from hypothesis.stateful import precondition
from hypothesis.stateful import rule
from sqlalchemy.orm import Session

from portal.funds.money_in import AllocationAnswer
from portal.funds.money_in import DonationAnswer
from portal.funds.money_in import allocate
from portal.funds.money_in import receive_donation
from portal.money import Money
from portal.payments.payment_files import FileKind
from portal.payments.rules import Channel
from portal.roles import Actor
from tests.any_order_banking import Banking
from tests.any_order_cast import PICK
from tests.any_order_cast import Act
from tests.any_order_cast import people
from tests.any_order_paying import WORK

DAYS_MAX = 90
REQUESTS_FEW = 4
WARM_UP = 35
WAY = st.integers(0, 41)


class AnyOrder(Banking):
    """A new act of the treasury gets one more rule, in the class it belongs to."""

    @initialize(ways=st.lists(st.tuples(WAY, PICK), min_size=WARM_UP, max_size=WARM_UP + 10))
    def begin(self, ways: list[tuple[int, int]]) -> None:
        """First there must be something that can be muddled."""
        self.read_statement("anong", 3)
        for way, pick in ways:
            self.go_on(way, pick)
            self.everything_holds()

    @rule(way=WAY, pick=PICK)
    def go_on(self, way: int, pick: int) -> None:
        """Somebody who may does what comes next somewhere."""
        waiting = self._waiting()
        ways = [act for waits, act in WAYS if waits in waiting]
        if ways:
            ways[way % len(ways)](self, pick)

    def _waiting(self) -> set[str]:
        """Name what waits for somebody."""
        now = self.now
        waiting = {f"payment {row.state}" for row in now.payments if row.batch_id is None}
        waiting |= {f"batch {row.state}" for row in now.batches}
        if len(now.requests) < REQUESTS_FEW:
            waiting.add("house")
        for row in now.requests:
            is_payable = row.awarded_satang > row.paying_satang
            is_signed = bool(self.deeds.signed[row.id])
            waiting |= {f"request {row.state}", *["request payable"] * is_payable}
            waiting |= {"request signed"} if is_signed and row.state == "submitted" else set()
        if self._lent("confirmed"):
            waiting.add("advance")
        if self._open_lines("payment", "split"):
            waiting.add("lines")
        return waiting

    @rule(who=people("malee"), satang=st.sampled_from((400_000, 50_000, 1, 0)))
    def give(self, who: str, satang: int) -> None:
        """A gift, and all of it for the subcommittee to decide on; the bank has it too."""
        gift = DonationAnswer("", "TENBAHT", Money(satang), self.at.date(), "ผู้ให้")
        share = AllocationAnswer("TENBAHT", "SC5", Money(satang), 2570)

        def do(session: Session, by: Actor) -> None:
            receive_donation(session, gift, by=by, at=self.at)
            allocate(session, share, by=by, at=self.at)

        if self.tried(Act("give", "donation.received", who), do):
            self.bank.receive(self.at.date(), satang)

    @precondition(lambda self: self.days < DAYS_MAX)
    @rule(days=st.sampled_from((1, 16, 31)))
    def wait(self, days: int) -> None:
        """So that what was lent is late."""
        self.days += days


def mostly(right: str, pick: int, wrong: str = "all1") -> str:
    """Name who may; now and then one whom only the separation of people stops."""
    return right if pick % 4 else wrong


# What waits, and who does what with it.
WAYS: tuple[tuple[str, Callable[[AnyOrder, int], None]], ...] = (
    ("house", lambda it, pick: it.ask(mostly("malee", pick), 150_000 + pick, "GEN")),
    ("request submitted", lambda it, pick: it.approve("chair5", pick, 0)),
    ("request submitted", lambda it, pick: it.approve(mostly("chair5", pick), pick, 0)),
    ("request signed", lambda it, pick: it.approve("driving", pick, 0)),
    ("request payable", lambda it, pick: it.prepare(mostly("anong", pick), pick, 0)),
    ("request payable", lambda it, pick: it.prepare("anong", pick, 0, None, WORK)),
    ("request payable", lambda it, pick: it.prepare("anong", pick, 0, Channel.CASH)),
    ("payment prepared", lambda it, pick: it.make_batch("anong", pick, FileKind.KTB)),
    ("payment prepared", lambda it, pick: it.make_batch("anong", pick, FileKind.KTB)),
    ("payment prepared", lambda it, pick: it.release(mostly("prasit", pick, "anong"), pick, 0)),
    ("payment released", lambda it, pick: it.send(mostly("prasit", pick), pick, 0)),
    ("batch open", lambda it, pick: it.release_batch(mostly("prasit", pick, "anong"), pick, 0)),
    ("batch open", lambda it, _: it.give("malee", 400_000)),
    ("batch released", lambda it, pick: it.send_batch("prasit", pick, 0)),
    ("payment sent", lambda it, pick: it.confirm(mostly("phailin", pick, "prasit"), pick, 0)),
    ("payment sent", lambda it, pick: it.receipt("malee", pick)),
    ("payment sent", lambda it, pick: it.read_statement("anong", pick)),
    ("lines", lambda it, pick: it.confirm_lines(mostly("phailin", pick), 1 + pick % 3)),
    ("lines", lambda it, pick: it.confirm_lines("phailin", 1 + pick % 3)),
    ("payment confirmed", lambda it, pick: it.receipt("malee", pick)),
    ("payment confirmed", lambda it, pick: it.give_back("phailin", pick, 0, 1 + pick % 5, 0)),
    ("advance", lambda it, pick: it.voucher("malee", pick)),
    ("advance", lambda it, pick: it.clear("phailin", pick, 0)),
)
