from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from datetime import datetime
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.funds import acting
from portal.funds import answering
from portal.funds import lookups
from portal.funds import ratifying
from portal.funds import service
from portal.funds import setup
from portal.funds.acting import ActingAnswer
from portal.funds.acting_rules import CannotActError
from portal.funds.acting_rules import NoOrderError
from portal.funds.acting_rules import TermNotFoundError
from portal.funds.acting_rules import WrongDaysError
from portal.funds.answering import NoteMissingError
from portal.funds.answering import Revision
from portal.funds.books import held
from portal.funds.check_rules import CheckCode
from portal.funds.check_rules import ChecksStopError
from portal.funds.check_rules import Level
from portal.funds.check_rules import NothingToOverrideError
from portal.funds.check_rules import OwnOverrideError
from portal.funds.checking import panel
from portal.funds.drafting import PayeeAnswer
from portal.funds.drafting import RequestAnswer
from portal.funds.ledger import Account
from portal.funds.ledger import Place
from portal.funds.models import FundRequest
from portal.funds.models import RequestAct
from portal.funds.rules import ActionNotAllowedError
from portal.funds.rules import InterestNotDeclaredError
from portal.funds.rules import OverCeilingError
from portal.funds.rules import PaymentUnderWayError
from portal.funds.rules import Reason
from portal.funds.rules import RelatedError
from portal.funds.rules import RequestNotFoundError
from portal.funds.rules import RoleNeededError
from portal.funds.rules import SamePersonError
from portal.funds.rules import StaleRequestError
from portal.funds.rules import State
from portal.funds.urgency import Lane
from portal.funds.urgency import NothingToRatifyError
from portal.funds.urgency import OverUrgentCeilingError
from portal.funds.urgency import RatificationOverdueError
from portal.funds.urgency import RatifierSignedError
from portal.funds.urgency import UrgentReasonMissingError
from portal.funds.urgency import Verdict
from portal.money import Money
from portal.payments import service as payments
from portal.payments.queries import queue
from portal.people.models import ActingChair
from portal.people.queries import SYSTEM
from portal.people.queries import holders
from portal.roles import Actor
from portal.roles import Role
from portal.youths.models import Consent
from tests.world import ANSWER
from tests.world import NOON
from tests.world import SECRETS
from tests.world import YOUTH
from tests.world import World

TODAY = date(2026, 11, 20)
AVAILABLE = Account("GEN", "SC5", Place.AVAILABLE)
COMMITTED = Account("GEN", "SC5", Place.COMMITTED)
OTHER_YOUTH = replace(YOUTH, first_name="อีกคน", national_id="1101700230708")
URGENT = replace(ANSWER, is_urgent=True, urgent_reason="บ้านไฟไหม้เมื่อคืน")


def approve(
    session: Session, fund_request: FundRequest, by: Actor, *, at: datetime = NOON
) -> FundRequest:
    return service.approve_request(
        session, fund_request.id, note="", seen_version=fund_request.version, by=by, at=at
    )


def appoint(
    session: Session,
    *,
    by: Actor,
    username: str = "finder1",
    from_on: date = TODAY,
    to_on: date = TODAY,
    order: str = "12/2570",
) -> ActingChair:
    answer = ActingAnswer(username, "SC5", order, from_on, to_on)
    return acting.appoint_acting_chair(session, answer, by=by, at=NOON)


def fresh(session: Session, by: Actor) -> Actor:
    session.expire_all()
    return World(session)._actor(by.username)  # noqa: SLF001 - the cast as it is now


class TestInterests:
    def test_a_decision_needs_a_declaration(self, session: Session, world: World) -> None:
        fund_request = world.submitted()
        with pytest.raises(InterestNotDeclaredError):
            approve(session, fund_request, world.somchai)
        world.declare(fund_request, world.somchai)
        assert approve(session, fund_request, world.somchai).state is State.APPROVED

    def test_who_is_related_decides_nothing_and_cannot_take_it_back(
        self, session: Session, world: World
    ) -> None:
        fund_request = world.declare(world.submitted(), world.somchai, is_related=True)
        waits_since = fund_request.waits_since
        with pytest.raises(RelatedError):
            approve(session, fund_request, world.somchai)
        with pytest.raises(RelatedError):
            world.declare(fund_request, world.somchai)
        assert (fund_request.state, fund_request.waits_for) == (State.SUBMITTED, Role.CHAIR)
        assert fund_request.waits_since == waits_since

    def test_a_relation_found_later_counts(self, session: Session, world: World) -> None:
        fund_request = world.to_decide()
        world.declare(fund_request, world.somchai, is_related=True)
        with pytest.raises(RelatedError):
            approve(session, fund_request, world.somchai)

    def test_saying_the_same_twice_is_one_act(self, world: World) -> None:
        fund_request = world.to_decide()
        version = fund_request.version
        assert world.declare(fund_request, world.somchai).version == version

    def test_only_those_who_sign_declare(self, world: World) -> None:
        fund_request = world.submitted()
        for by in (world.malee, world.wipa):
            with pytest.raises(RoleNeededError):
                world.declare(fund_request, by)
        for by in (world.other_chair, world.krit):
            with pytest.raises(RequestNotFoundError):
                world.declare(fund_request, by)

    def test_a_stale_page_declares_nothing(self, session: Session, world: World) -> None:
        fund_request = world.submitted()
        with pytest.raises(StaleRequestError):
            service.declare_interest(
                session,
                fund_request.id,
                is_related=False,
                how="",
                seen_version=fund_request.version - 1,
                by=world.somchai,
                at=NOON,
            )


class TestActingChairs:
    def test_who_acts_decides_and_both_names_stand_on_it(
        self, session: Session, world: World
    ) -> None:
        appoint(session, by=world.somchai)
        deputy = fresh(session, world.finder)
        fund_request = world.submitted()
        world.declare(fund_request, deputy)
        approve(session, fund_request, deputy)
        act = session.scalars(select(RequestAct).order_by(RequestAct.id.desc()).limit(1)).one()
        assert json.loads(act.evidence)["acting_for"] == [world.somchai.name]
        assert act.by_person_id == deputy.person_id
        assert fund_request.state is State.APPROVED

    def test_a_related_chair_is_replaced(self, session: Session, world: World) -> None:
        appoint(session, by=world.driving)
        fund_request = world.declare(world.submitted(), world.somchai, is_related=True)
        deputy = fresh(session, world.finder)
        world.declare(fund_request, deputy)
        service.return_request(
            session,
            fund_request.id,
            service.Grounds(Reason.PAPERS, ""),
            seen_version=fund_request.version,
            by=deputy,
            at=NOON,
        )
        assert fund_request.state is State.RETURNED

    @pytest.mark.parametrize("days", [-1, 2])
    def test_nobody_acts_outside_the_dates(self, session: Session, world: World, days: int) -> None:
        appoint(session, by=world.somchai, from_on=TODAY, to_on=TODAY + timedelta(days=1))
        deputy = fresh(session, world.finder)
        fund_request = world.submitted()
        with pytest.raises(RoleNeededError):
            service.declare_interest(
                session,
                fund_request.id,
                is_related=False,
                how="",
                seen_version=fund_request.version,
                by=deputy,
                at=NOON + timedelta(days=days),
            )

    def test_an_ended_term_is_over(self, session: Session, world: World) -> None:
        row = appoint(session, by=world.somchai)
        on = {"on": TODAY}
        assert holders(session, Role.CHAIR, "SC5", **on)[-1] == world.finder.name
        acting.end_acting_chair(session, row.id, by=world.driving, at=NOON)
        assert fresh(session, world.finder).acting == frozenset()
        assert world.finder.name not in holders(session, Role.CHAIR, "SC5", **on)
        with pytest.raises(TermNotFoundError):
            acting.end_acting_chair(session, row.id, by=world.driving, at=NOON)

    def test_the_requester_never_acts_on_their_own(self, session: Session, world: World) -> None:
        appoint(session, by=world.somchai)
        deputy = fresh(session, world.finder)
        fund_request = world.submitted(by=deputy)
        with pytest.raises(SamePersonError):
            world.declare(fund_request, deputy)

    def test_there_are_no_chains(self, session: Session, world: World) -> None:
        appoint(session, by=world.somchai)
        deputy = fresh(session, world.finder)
        for by in (deputy, world.malee, world.other_chair):
            with pytest.raises(RoleNeededError):
                appoint(session, by=by, username="malee")

    def test_an_appointment_has_an_order_and_days_to_come(
        self, session: Session, world: World
    ) -> None:
        yesterday = TODAY - timedelta(days=1)
        with pytest.raises(NoOrderError):
            appoint(session, by=world.somchai, order=" ")
        for from_on, to_on in ((yesterday, TODAY), (TODAY, yesterday)):
            with pytest.raises(WrongDaysError):
                appoint(session, by=world.somchai, from_on=from_on, to_on=to_on)

    def test_some_people_cannot_act(self, session: Session, world: World) -> None:
        for by, username in (
            (world.somchai, world.somchai.username),
            (world.driving, world.somchai.username),
            (world.somchai, world.wipa.username),
        ):
            with pytest.raises(CannotActError):
                appoint(session, by=by, username=username)

    def test_the_list_says_who_may_end_what(self, session: Session, world: World) -> None:
        appoint(session, by=world.somchai)
        assert [
            row.is_mine_to_end for row in acting.terms(session, world.somchai, today=TODAY)
        ] == [True]
        (row,) = acting.terms(session, world.malee, today=TODAY)
        assert (row.is_mine_to_end, row.person) == (False, world.finder.name)
        assert acting.appointable(session, world.malee) == []
        assert [code for code, _ in acting.appointable(session, world.somchai)] == ["SC5"]
        usernames = {username for username, _ in acting.candidates(session, world.somchai)}
        assert world.malee.username in usernames
        assert not usernames & {world.somchai.username, world.wipa.username}


class TestUrgent:
    def urgent(self, world: World, answer: RequestAnswer = URGENT) -> FundRequest:
        fund_request = world.submitted(answer=answer)
        return world.approve(fund_request, world.somchai)

    def ratify(
        self,
        session: Session,
        fund_request: FundRequest,
        by: Actor,
        *,
        verdict: Verdict = Verdict.RATIFY,
        at: datetime = NOON,
    ) -> FundRequest:
        return ratifying.ratify_request(
            session,
            fund_request.id,
            verdict,
            note="",
            seen_version=fund_request.version,
            by=by,
            at=at,
        )

    @pytest.mark.parametrize("verdict", Verdict)
    def test_the_chair_alone_approves_and_the_driving_chair_looks_at_it(
        self, session: Session, world: World, verdict: Verdict
    ) -> None:
        answer = replace(URGENT, amount=Money.baht(5500))
        fund_request = self.urgent(world, answer)
        assert (fund_request.state, fund_request.signatures_needed) == (State.APPROVED, "chair")
        row = lookups.ratification(session, fund_request)
        assert row is not None
        assert row.due_on == TODAY + timedelta(days=15)
        world.declare(fund_request, world.driving)
        self.ratify(session, fund_request, world.driving, verdict=verdict)
        assert row.verdict is verdict
        with pytest.raises(NothingToRatifyError):
            self.ratify(session, fund_request, world.driving)

    def test_it_needs_a_reason_and_stays_below_its_ceiling(
        self, session: Session, world: World
    ) -> None:
        with pytest.raises(UrgentReasonMissingError):
            world.submitted(answer=replace(URGENT, urgent_reason=" "))
        for baht in (1000, 900):
            setup.set_urgent_lane(session, Lane(TODAY, Money.baht(baht), 7), by=SYSTEM, at=NOON)
        with pytest.raises(OverUrgentCeilingError):
            world.submitted(answer=replace(URGENT, amount=Money.baht(950)))
        assert self.urgent(world, replace(URGENT, amount=Money.baht(900))).is_urgent

    def test_only_the_unrelated_driving_chair_ratifies(
        self, session: Session, world: World
    ) -> None:
        fund_request = self.urgent(world)
        with pytest.raises(InterestNotDeclaredError):
            self.ratify(session, fund_request, world.driving)
        for by in (world.somchai, world.board, world.malee):
            with pytest.raises(RoleNeededError):
                self.ratify(session, fund_request, by)

    def test_who_approved_does_not_ratify(self, session: Session, world: World) -> None:
        everything = world.everything()
        fund_request = world.approve(world.submitted(answer=URGENT), everything)
        with pytest.raises(RatifierSignedError):
            self.ratify(session, fund_request, everything)

    def test_an_ordinary_request_has_nothing_to_ratify(
        self, session: Session, world: World
    ) -> None:
        with pytest.raises(NothingToRatifyError):
            self.ratify(session, world.approved(), world.driving)

    def test_an_overdue_ratification_stops_the_next_urgent_one(
        self, session: Session, world: World
    ) -> None:
        first = self.urgent(world)
        late = NOON + timedelta(days=16)
        second = world.to_decide(answer=replace(URGENT, youth=OTHER_YOUTH))
        with pytest.raises(RatificationOverdueError) as caught:
            approve(session, second, world.somchai, at=late)
        assert caught.value.facts["reference"] == first.reference
        world.declare(first, world.driving)
        self.ratify(session, first, world.driving, at=late)
        assert approve(session, second, world.somchai, at=late).state is State.APPROVED

    def test_what_is_urgent_is_paid_first(self, session: Session, world: World) -> None:
        ordinary = world.approved()
        fund_request = self.urgent(world, replace(URGENT, youth=OTHER_YOUTH))
        rows = queue(session, world.anong).to_prepare
        assert [row.id for row in rows] == [fund_request.id, ordinary.id]


class TestChecks:
    def levels(self, session: Session, fund_request: FundRequest) -> dict[CheckCode, Level]:
        return {check.code: check.level for check in panel(session, fund_request)}

    def override(
        self,
        session: Session,
        fund_request: FundRequest,
        by: Actor,
        *,
        code: CheckCode = CheckCode.SHARED_ACCOUNT,
        note: str = "ป้าดูแลเด็กทั้งสองคน",
    ) -> FundRequest:
        return answering.override_check(
            session,
            fund_request.id,
            code,
            note=note,
            seen_version=fund_request.version,
            by=by,
            at=NOON,
        )

    def shared(self, world: World) -> FundRequest:
        """The second of two requests that pay other people into one account."""
        world.submitted()
        payee = replace(ANSWER.payee, holder="คนอื่น")
        return world.to_decide(answer=replace(ANSWER, youth=OTHER_YOUTH, payee=payee))

    def test_nothing_stands_out(self, session: Session, world: World) -> None:
        assert set(self.levels(session, world.submitted()).values()) == {Level.PASS}

    def test_what_wants_a_look(self, session: Session, world: World) -> None:
        world.submitted()
        payee = PayeeAnswer("self", "ชื่ออื่น", "006", SECRETS[3])
        again = world.submitted(answer=replace(ANSWER, payee=payee, amount=Money.baht(6000)))
        levels = self.levels(session, again)
        assert levels[CheckCode.SAME_HELP] is Level.LOOK
        assert levels[CheckCode.ACCOUNT_HOLDER] is Level.LOOK
        assert levels[CheckCode.USUAL] is Level.LOOK
        sibling = world.submitted(answer=replace(ANSWER, youth=OTHER_YOUTH))
        assert self.levels(session, sibling)[CheckCode.SHARED_ACCOUNT] is Level.STOP
        payee = replace(payee, kind="guardian")
        sibling = world.submitted(answer=replace(ANSWER, youth=OTHER_YOUTH, payee=payee))
        assert self.levels(session, sibling)[CheckCode.SHARED_ACCOUNT] is Level.STOP

    def test_a_stop_waits_for_another_persons_answer(self, session: Session, world: World) -> None:
        fund_request = self.shared(world)
        with pytest.raises(ChecksStopError) as caught:
            approve(session, fund_request, world.somchai)
        assert caught.value.codes == (CheckCode.SHARED_ACCOUNT,)
        self.override(session, fund_request, world.driving)
        approve(session, fund_request, world.somchai)
        act = session.scalars(select(RequestAct).order_by(RequestAct.id.desc()).limit(1)).one()
        frozen = {line["code"]: line for line in json.loads(act.evidence)["checks"]}
        assert frozen["shared_account"]["overridden_by"] == world.driving.name
        assert fund_request.state is State.APPROVED

    def test_who_answered_does_not_sign(self, session: Session, world: World) -> None:
        everything = world.everything()
        fund_request = self.shared(world)
        self.override(session, fund_request, everything)
        world.declare(fund_request, everything)
        with pytest.raises(OwnOverrideError):
            approve(session, fund_request, everything)

    def test_who_asked_and_who_signed_do_not_answer(self, session: Session, world: World) -> None:
        fund_request = self.shared(world)
        with pytest.raises(SamePersonError):
            self.override(session, fund_request, world.malee)
        for by in (world.somchai, world.wipa):
            with pytest.raises(RoleNeededError):
                self.override(session, fund_request, by)

    def test_who_signed_does_not_answer(self, session: Session, world: World) -> None:
        everything = world.everything()
        fund_request = world.submitted(amount=Money.baht(5001))
        world.approve(fund_request, everything)
        with pytest.raises(SamePersonError):
            self.override(session, fund_request, everything)

    def test_an_answer_has_a_reason_and_something_to_answer_for(
        self, session: Session, world: World
    ) -> None:
        fund_request = self.shared(world)
        with pytest.raises(NoteMissingError):
            self.override(session, fund_request, world.driving, note=" ")
        for code in (CheckCode.CEILING, CheckCode.CONSENT):
            with pytest.raises(NothingToOverrideError):
                self.override(session, fund_request, world.driving, code=code)
        with pytest.raises(ActionNotAllowedError):
            self.override(session, world.draft(), world.malee)

    def test_an_answer_holds_for_this_sending_alone(self, session: Session, world: World) -> None:
        fund_request = self.shared(world)
        self.override(session, fund_request, world.driving)
        service.return_request(
            session,
            fund_request.id,
            service.Grounds(Reason.PAPERS, ""),
            seen_version=fund_request.version,
            by=world.somchai,
            at=NOON,
        )
        service.submit_request(
            session,
            fund_request.id,
            seen_version=fund_request.version,
            by=world.malee,
            at=NOON + timedelta(hours=1),
        )
        with pytest.raises(ChecksStopError):
            approve(session, fund_request, world.somchai, at=NOON + timedelta(hours=2))

    def test_a_withdrawn_consent_stops_deciding_and_paying(
        self, session: Session, world: World
    ) -> None:
        approved = world.approved()
        waiting = world.to_decide()
        for consent in session.scalars(select(Consent)):
            consent.withdrawn_at, consent.withdrawn_by_id = NOON, world.malee.person_id
        session.flush()
        with pytest.raises(ChecksStopError) as caught:
            approve(session, waiting, world.somchai)
        assert caught.value.codes == (CheckCode.CONSENT,)
        with pytest.raises(ChecksStopError):
            world.prepared(approved)


class TestRevising:
    def revise(
        self,
        session: Session,
        fund_request: FundRequest,
        by: Actor,
        *,
        amount: Money = Money.baht(1200),  # noqa: B008 - frozen
        note: str = "ยอดจริงต่ำกว่า",
        holder: str = "บัญชีใหม่",
    ) -> FundRequest:
        payee = replace(ANSWER.payee, holder=holder)
        return answering.revise_request(
            session,
            fund_request.id,
            Revision(amount, payee, note),
            seen_version=fund_request.version,
            by=by,
            at=NOON,
        )

    def test_a_revision_voids_the_signatures_and_frees_the_money(
        self, session: Session, world: World
    ) -> None:
        before = held(session, AVAILABLE)
        fund_request = world.approved()
        self.revise(session, fund_request, world.malee)
        assert (fund_request.state, fund_request.waits_for) == (State.SUBMITTED, Role.CHAIR)
        assert (fund_request.awarded, fund_request.amount) == (Money(0), Money.baht(1200))
        assert (held(session, AVAILABLE), held(session, COMMITTED)) == (before, Money(0))
        assert lookups.signatures(session, fund_request).given_by == ()
        world.approve(fund_request, world.somchai)
        assert held(session, COMMITTED) == Money.baht(1200)
        assert world.prepared(fund_request).amount == Money.baht(1200)

    @pytest.mark.parametrize(("holder", "versions"), [("บัญชีใหม่", 2), (ANSWER.payee.holder, 1)])
    def test_an_account_has_a_new_version_where_something_of_it_changed(
        self, session: Session, world: World, holder: str, versions: int
    ) -> None:
        fund_request = world.approved()
        self.revise(session, fund_request, world.malee, holder=holder)
        assert [payee.version for payee in fund_request.payees] == [*range(1, versions + 1)]
        assert fund_request.payees[-1].holder == holder
        # Whatever changed of it, nobody's signature stands any more.
        assert lookups.signatures(session, fund_request).given_by == ()
        assert fund_request.state is State.SUBMITTED

    def test_a_higher_amount_needs_the_signatures_of_its_threshold(
        self, session: Session, world: World
    ) -> None:
        fund_request = world.approved()
        self.revise(session, fund_request, world.malee, amount=Money.baht(5001))
        assert fund_request.signatures_needed == "chair,driving_chair"
        world.approve(fund_request, world.somchai)
        assert (fund_request.state, fund_request.waits_for) == (
            State.SUBMITTED,
            Role.DRIVING_CHAIR,
        )

    def test_an_urgent_one_is_ratified_anew(self, session: Session, world: World) -> None:
        fund_request = world.approve(world.submitted(answer=URGENT), world.somchai)
        self.revise(session, fund_request, world.malee)
        with pytest.raises(NothingToRatifyError):
            TestUrgent().ratify(session, fund_request, world.driving)
        world.approve(fund_request, world.somchai)
        world.declare(fund_request, world.driving)
        TestUrgent().ratify(session, fund_request, world.driving)

    def test_only_an_officer_revises_and_says_why(self, session: Session, world: World) -> None:
        fund_request = world.approved()
        for by in (world.somchai, world.anong, world.wipa):
            with pytest.raises(RoleNeededError):
                self.revise(session, fund_request, by)
        with pytest.raises(NoteMissingError):
            self.revise(session, fund_request, world.malee, note="")
        with pytest.raises(OverCeilingError):
            self.revise(session, fund_request, world.malee, amount=Money.baht(99_999))
        everything = world.everything()
        decided = world.approve(world.submitted(), everything)
        with pytest.raises(SamePersonError):
            self.revise(session, decided, everything)

    def test_nothing_is_revised_while_a_payment_is_made(
        self, session: Session, world: World
    ) -> None:
        payment = world.prepared()
        fund_request = session.get_one(FundRequest, payment.fund_request_id)
        with pytest.raises(PaymentUnderWayError):
            self.revise(session, fund_request, world.malee)
        payments.void_payment(
            session,
            payment.id,
            note="",
            seen_version=payment.version,
            by=world.anong,
            at=NOON,
        )
        assert self.revise(session, fund_request, world.malee).state is State.SUBMITTED
