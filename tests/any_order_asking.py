"""Random acts of those who ask and those who decide."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition
from hypothesis.stateful import rule
from sqlalchemy import Row
from sqlalchemy.orm import Session

from portal.funds import answering
from portal.funds import service
from portal.funds.answering import Revision
from portal.funds.drafting import PayeeAnswer
from portal.funds.drafting import draft_request
from portal.funds.rules import Reason
from portal.money import Money
from portal.roles import Actor
from tests.any_order import House
from tests.any_order_cast import AMOUNTS
from tests.any_order_cast import ASKERS
from tests.any_order_cast import CHAIRS
from tests.any_order_cast import OLD
from tests.any_order_cast import PICK
from tests.any_order_cast import Act
from tests.any_order_cast import Tally
from tests.any_order_cast import where
from tests.any_order_checks import ONE_SIGNS
from tests.conftest import Portal
from tests.world import ANSWER
from tests.world import YOUTH

REQUESTS_MAX = 6


class Asking(House):
    """Whoever asks, and whoever decides."""

    def __init__(self, lend: Callable[[], AbstractContextManager[Portal]], tally: Tally) -> None:
        super().__init__(lend, tally)
        self.related: set[tuple[int, str]] = set()

    @precondition(lambda self: len(self.now.requests) < REQUESTS_MAX)
    @rule(who=ASKERS, satang=AMOUNTS, fund=st.sampled_from(("TENBAHT", "TENBAHT", "GEN")))
    def ask(self, who: str, satang: int, fund: str) -> None:
        number = self.acts
        bank, account = ("006", "99903{:05}") if number % 4 else ("PPY", "08123{:05}")
        payee = PayeeAnswer("guardian", f"แม่คนที่ {number}", bank, account.format(number))
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

    @where("requests", "returned")
    @rule(who=ASKERS, pick=PICK, old=OLD)
    def ask_again(self, who: str, pick: int, old: int) -> None:
        row = self.chosen(self.now.requests, pick, "returned")

        def do(session: Session, by: Actor) -> None:
            version = row.version - old
            service.submit_request(session, row.id, seen_version=version, by=by, at=self.at)

        if self.tried(Act("ask again", "fund_request.submitted", who, bool(old)), do):
            self._sent(row.id, who)

    @where("requests", "returned", "submitted")
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

    @where("requests", "submitted")
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

    @where("requests", "submitted")
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

    @where("requests", "approved")
    @rule(who=ASKERS, pick=PICK, old=OLD, satang=AMOUNTS)
    def revise(self, who: str, pick: int, old: int, satang: int) -> None:
        unpaid = [row for row in self.now.requests if not row.paying_satang]
        row = self.chosen(unpaid or self.now.requests, pick, "approved")
        revision = Revision(Money(satang), ANSWER.payee, "เปลี่ยนจำนวน")

        def do(session: Session, by: Actor) -> None:
            version = row.version - old
            answering.revise_request(
                session, row.id, revision, seen_version=version, by=by, at=self.at
            )

        if self.tried(Act("revise", "fund_request.revised", who, bool(old)), do):
            self._sent(row.id, who)
