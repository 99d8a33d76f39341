"""Random acts at the treasury, by random people, through the services alone.

Who may not, an old page, and what is not possible now are refused, and leave everything as it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Sequence
from contextlib import AbstractContextManager
from contextlib import ExitStack
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from datetime import datetime
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine
from hypothesis.stateful import invariant
from hypothesis.stateful import precondition
from hypothesis.stateful import rule
from sqlalchemy import Row
from sqlalchemy.orm import Session

from portal.db import db
from portal.db import writing
from portal.errors import PortalError
from portal.funds import answering
from portal.funds import service
from portal.funds.answering import Revision
from portal.funds.drafting import PayeeAnswer
from portal.funds.drafting import draft_request
from portal.funds.rules import Reason
from portal.money import Money
from portal.payments.accounts import open_account
from portal.people.queries import actor
from portal.roles import Actor
from tests.any_order_checks import ONE_SIGNS
from tests.any_order_checks import Deeds
from tests.any_order_checks import Seen
from tests.any_order_checks import check_all
from tests.any_order_checks import check_public
from tests.any_order_checks import seen
from tests.any_order_checks import told_since
from tests.conftest import Portal
from tests.world import ACCOUNT
from tests.world import ANSWER
from tests.world import NOON
from tests.world import YOUTH
from tests.world import World

# Two who hold every role of the work: only the separation of people stops them.
BOTH = ("all1", "all2")
EVERYBODY = ("malee", "finder1", "chair5", "chair2", "driving", "board", "anong", "prasit")
EVERYBODY += ("phailin", "wipa", "admin", "krit", *BOTH)
# Some below and above the amount for one signature, and one above the ceiling.
AMOUNTS = st.sampled_from((150_000, 99, 500_000, 500_001, 900_000, 123_457, 900_001))
REQUESTS_MAX = 6
PICK = st.integers(0, 41)
# How much older the page is than what it shows.
OLD = st.sampled_from((*[0] * 9, 1))


def people(*right: str) -> st.SearchStrategy[str]:
    """Draw mostly those who may, and sometimes anybody."""
    return st.sampled_from((*right * 4, *BOTH * 2, *EVERYBODY))


ASKERS, TREASURERS = people("malee", "finder1"), people("anong", "prasit", "phailin")
CHAIRS = people("chair5", "chair5", "driving")


@dataclass(slots=True)
class Tally:
    """How often each act was carried out, and how often it was refused."""

    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        names = sorted(self.done.keys() | self.refused.keys())
        told = ", ".join(f"{name} {self.done[name]}/{self.refused[name]}" for name in names)
        return f"{self.done.total()} acts done, {self.refused.total()} refused: {told}"


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody tries: `tells` is the type of the entry that the log then has."""

    name: str
    tells: str
    who: str
    is_old: bool = False


class Asking(RuleBasedStateMachine):
    """A province in which anybody tries anything; what holds is checked after every act."""

    def __init__(self, lend: Callable[[], AbstractContextManager[Portal]], tally: Tally) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.portal = self.stack.enter_context(lend())
        self.tally, self.deeds, self.acts = tally, Deeds(), 0
        self.related: set[tuple[int, str]] = set()
        with self._writing() as session:
            world = World(session)
            open_account(session, ACCOUNT, by=world.admin, at=NOON)
            for name in BOTH:
                world.everything(name)
            _ = world.krit
            self.people = {name: actor(session, name) for name in EVERYBODY}
        self.now = self._seen()

    def _writing(self) -> AbstractContextManager[Session]:
        return writing(db.engine, self.portal.install.session_info())

    def _seen(self) -> Seen:
        with Session(db.engine) as session:
            return seen(session)

    @property
    def at(self) -> datetime:
        """Every act has a moment of its own."""
        return NOON + timedelta(seconds=self.acts)

    def tried(self, act: Act, do: Callable[[Session, Actor], object]) -> bool:
        """Let somebody try; say whether it was done, and check that the log tells it."""
        self.acts += 1
        before = self.now.counts[0]
        try:
            with self._writing() as session:
                do(session, self.people[act.who])
        except PortalError:
            self.tally.refused[act.name] += 1
            assert self._seen() == self.now
            return False
        assert not act.is_old, "an old page was taken"
        self.tally.done[act.name] += 1
        self.now = self._seen()
        with Session(db.engine) as session:
            assert act.tells in {entry.type for entry in told_since(session, before)}
        return True

    def chosen(self, rows: Sequence[Row[Any]], pick: int, *states: str) -> Row[Any]:
        """Choose a row that is mostly in one of these states."""
        fitting = [row for row in rows if row.state in states]
        among = rows if pick % 7 == 6 or not fitting else fitting
        return among[pick % len(among)]

    def did(self, duties: dict[int, set[int]], request_id: int, who: str) -> None:
        duties.setdefault(request_id, set()).add(self.people[who].person_id)

    def paid(self, payment: Row[Any], action: str, who: str) -> None:
        self.did(self.deeds.paid, payment.fund_request_id, who)
        self.deeds.step("payment", payment.id, action, self.people[who].person_id)

    @invariant()
    def everything_holds(self) -> None:
        check_all(self.now, self.deeds)

    def teardown(self) -> None:
        """Publish, verify, and compare the public's telling with the books."""
        with self.stack:
            self.portal.install.publish(db.engine)
            with Session(db.engine) as session:
                check_public(session, self.now)

    # Asking and deciding

    @precondition(lambda self: len(self.now.requests) < REQUESTS_MAX)
    @rule(who=ASKERS, satang=AMOUNTS, fund=st.sampled_from(("TENBAHT", "TENBAHT", "GEN")))
    def ask(self, who: str, satang: int, fund: str) -> None:
        number = self.acts
        payee = PayeeAnswer("guardian", f"แม่คนที่ {number}", "006", f"99903{number:05}")
        youth = replace(YOUTH, first_name=f"คนที่ {number}", national_id=None)
        answer = replace(ANSWER, youth=youth, payee=payee, amount=Money(satang), fund=fund)

        def do(session: Session, by: Actor) -> None:
            draft = draft_request(session, replace(answer, category="FEE"), by=by, at=self.at)
            version = draft.version
            service.submit_request(session, draft.id, seen_version=version, by=by, at=self.at)

        if self.tried(Act("ask", "fund_request.submitted", who), do):
            self._sent(self.now.requests[-1].id, who)

    def _sent(self, request_id: int, who: str) -> None:
        self.did(self.deeds.asked, request_id, who)
        self.deeds.signed[request_id] = []

    @precondition(lambda self: self.now.requests)
    @rule(who=ASKERS, pick=PICK, old=OLD)
    def ask_again(self, who: str, pick: int, old: int) -> None:
        row = self.chosen(self.now.requests, pick, "returned")

        def do(session: Session, by: Actor) -> None:
            version = row.version - old
            service.submit_request(session, row.id, seen_version=version, by=by, at=self.at)

        if self.tried(Act("ask again", "fund_request.submitted", who, bool(old)), do):
            self._sent(row.id, who)

    @precondition(lambda self: self.now.requests)
    @rule(who=ASKERS, pick=PICK, old=OLD)
    def withdraw(self, who: str, pick: int, old: int) -> None:
        row = self.chosen(self.now.requests, pick, "returned")

        def do(session: Session, by: Actor) -> None:
            version = row.version - old
            service.withdraw_request(session, row.id, seen_version=version, by=by, at=self.at)

        if self.tried(Act("withdraw", "fund_request.withdrawn", who, bool(old)), do):
            self.did(self.deeds.asked, row.id, who)

    @precondition(lambda self: self.now.requests)
    @rule(who=CHAIRS, pick=PICK, old=OLD)
    def declare_related(self, who: str, pick: int, old: int) -> None:
        # Mostly where it decides nothing any more: otherwise little would be approved.
        row = self.chosen(self.now.requests, pick, "approved", "closed", "rejected")
        if (row.id, who) in self.related:
            return  # said once, it is said

        def do(session: Session, by: Actor) -> None:
            self._declare(session, row, by, old, is_related=True)

        if self.tried(Act("declare related", "interest.declared", who, bool(old)), do):
            self.did(self.deeds.decided, row.id, who)
            self.related.add((row.id, who))

    def _declare(
        self, session: Session, row: Row[Any], by: Actor, old: int, *, is_related: bool = False
    ) -> int:
        """Declare, and return the version that is to be decided on."""
        declared = service.declare_interest(
            session,
            row.id,
            is_related=is_related,
            how="ญาติ",
            seen_version=row.version - old,
            by=by,
            at=self.at,
        )
        return declared.version

    @precondition(lambda self: self.now.requests)
    @rule(who=CHAIRS, pick=PICK, old=OLD)
    def approve(self, who: str, pick: int, old: int) -> None:
        row = self.chosen(self.now.requests, pick, "submitted")

        def do(session: Session, by: Actor) -> None:
            version = self._declare(session, row, by, 0) - old
            service.approve_request(
                session, row.id, note="", seen_version=version, by=by, at=self.at
            )

        given = len(self.deeds.signed[row.id])
        is_last = given + 1 == (1 if row.amount_satang <= ONE_SIGNS else 2)
        tells = "fund_request.approved" if is_last else "fund_request.signed"
        if self.tried(Act("approve", tells, who, bool(old)), do):
            self.did(self.deeds.decided, row.id, who)
            self.deeds.signed[row.id].append(self.people[who].person_id)

    @precondition(lambda self: self.now.requests)
    @rule(who=CHAIRS, pick=PICK, old=OLD, is_final=st.booleans())
    def decline(self, who: str, pick: int, old: int, *, is_final: bool) -> None:
        row = self.chosen(self.now.requests, pick, "submitted")
        act = service.reject_request if is_final else service.return_request
        grounds = service.Grounds(Reason.PAPERS, "")

        def do(session: Session, by: Actor) -> None:
            version = self._declare(session, row, by, 0) - old
            act(session, row.id, grounds, seen_version=version, by=by, at=self.at)

        tells = "fund_request.rejected" if is_final else "fund_request.returned"
        if self.tried(Act("decline", tells, who, bool(old)), do):
            self.did(self.deeds.decided, row.id, who)

    @precondition(lambda self: self.now.requests)
    @rule(who=ASKERS, pick=PICK, old=OLD, satang=AMOUNTS)
    def revise(self, who: str, pick: int, old: int, satang: int) -> None:
        row = self.chosen(self.now.requests, pick, "approved")
        revision = Revision(Money(satang), ANSWER.payee, "เปลี่ยนจำนวน")

        def do(session: Session, by: Actor) -> None:
            version = row.version - old
            answering.revise_request(
                session, row.id, revision, seen_version=version, by=by, at=self.at
            )

        if self.tried(Act("revise", "fund_request.revised", who, bool(old)), do):
            self._sent(row.id, who)
