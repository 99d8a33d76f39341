from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.funds import drafting
from portal.funds import service
from portal.funds.books import held
from portal.funds.drafting import RequestAnswer
from portal.funds.ledger import Account
from portal.funds.ledger import InsufficientFundsError
from portal.funds.ledger import Place
from portal.funds.models import FundRequest
from portal.funds.models import RequestAct
from portal.funds.models import RequestDuty
from portal.funds.rule_checks import UnknownCodeError
from portal.funds.rules import ASKERS
from portal.funds.rules import ActionNotAllowedError
from portal.funds.rules import AlreadySignedError
from portal.funds.rules import CategoryNotHereError
from portal.funds.rules import ConsentMissingError
from portal.funds.rules import Duty
from portal.funds.rules import NotPositiveError
from portal.funds.rules import OverCeilingError
from portal.funds.rules import Reason
from portal.funds.rules import RequestNotFoundError
from portal.funds.rules import RoleNeededError
from portal.funds.rules import SamePersonError
from portal.funds.rules import StaleRequestError
from portal.funds.rules import State
from portal.money import Money
from portal.roles import Actor
from portal.roles import Role
from portal.youths.models import Project
from portal.youths.models import Youth
from tests.world import ANSWER
from tests.world import NOON
from tests.world import YOUTH
from tests.world import World

AVAILABLE = Account("GEN", "SC5", Place.AVAILABLE)
COMMITTED = Account("GEN", "SC5", Place.COMMITTED)


def send_back(session: Session, fund_request: FundRequest, *, by: Actor) -> None:
    World(session).declare(fund_request, by)
    grounds = service.Grounds(Reason.AMOUNT, "แก้จำนวนเงิน")
    seen_version = fund_request.version
    service.return_request(
        session, fund_request.id, grounds, seen_version=seen_version, by=by, at=NOON
    )


def approve(session: Session, fund_request: FundRequest, *, by: Actor) -> None:
    seen_version = fund_request.version
    service.approve_request(
        session, fund_request.id, note="", seen_version=seen_version, by=by, at=NOON
    )


def amend(session: Session, fund_request: FundRequest, answer: RequestAnswer, *, by: Actor) -> None:
    seen_version = fund_request.version
    drafting.amend_request(
        session, fund_request.id, answer, seen_version=seen_version, by=by, at=NOON
    )


def test_an_approval_commits_the_money(session: Session, world: World) -> None:
    before = held(session, AVAILABLE)
    fund_request = world.approved()
    assert fund_request.state is State.APPROVED
    assert fund_request.awarded == Money.baht(1500)
    assert held(session, AVAILABLE) == before - Money.baht(1500)
    assert held(session, COMMITTED) == Money.baht(1500)
    assert fund_request.waits_for is Role.TREASURER


def test_numbers_have_no_gaps(world: World) -> None:
    assert [world.submitted().reference for _ in range(3)] == [
        "RYG-2570-000001",
        "RYG-2570-000002",
        "RYG-2570-000003",
    ]


def test_the_same_id_number_is_the_same_person(world: World) -> None:
    assert world.draft().youth_id == world.draft().youth_id


def test_a_chair_cannot_approve_what_they_submitted(world: World) -> None:
    everything = world.everything()
    fund_request = world.submitted(by=everything)
    with pytest.raises(SamePersonError) as caught:
        world.approve(fund_request, everything)
    assert caught.value.earlier is Duty.ASK
    assert fund_request.state is State.SUBMITTED


def test_the_database_too_refuses_a_second_duty(session: Session, world: World) -> None:
    fund_request = world.submitted()
    session.flush()
    nested = session.begin_nested()
    session.add(
        RequestDuty(
            fund_request_id=fund_request.id, person_id=world.malee.person_id, duty=Duty.DECIDE
        )
    )
    with pytest.raises(IntegrityError):
        session.flush()
    nested.rollback()


def test_only_the_chair_of_the_subcommittee_approves(world: World) -> None:
    fund_request = world.submitted()
    for by in (world.driving, world.board, world.wipa):
        with pytest.raises(RoleNeededError):
            world.approve(fund_request, by)
    for by in (world.other_chair, world.anong, world.krit, world.finder):
        with pytest.raises(RequestNotFoundError):
            world.approve(fund_request, by)


def test_above_the_threshold_two_people_sign(session: Session, world: World) -> None:
    fund_request = world.submitted(amount=Money.baht(5001))
    world.approve(fund_request, world.somchai)
    assert fund_request.state is State.SUBMITTED
    assert fund_request.waits_for is Role.DRIVING_CHAIR
    assert held(session, COMMITTED) == Money(0)
    with pytest.raises(RoleNeededError):
        world.approve(fund_request, world.somchai)
    assert world.approve(fund_request, world.driving).state is State.APPROVED
    assert held(session, COMMITTED) == Money.baht(5001)


def test_at_the_threshold_the_chair_signs_alone(world: World) -> None:
    fund_request = world.submitted(amount=Money.baht(5000))
    assert world.approve(fund_request, world.somchai).state is State.APPROVED


def test_nobody_signs_twice(world: World) -> None:
    everything = world.everything()
    fund_request = world.submitted(amount=Money.baht(5001))
    world.approve(fund_request, everything)
    with pytest.raises(AlreadySignedError):
        world.approve(fund_request, everything)


def test_signatures_begin_anew_after_a_correction(session: Session, world: World) -> None:
    fund_request = world.submitted(amount=Money.baht(5001))
    world.approve(fund_request, world.somchai)
    send_back(session, fund_request, by=world.somchai)
    service.submit_request(
        session, fund_request.id, seen_version=fund_request.version, by=world.malee, at=NOON
    )
    assert fund_request.waits_for is Role.CHAIR
    world.approve(fund_request, world.somchai)
    assert fund_request.state is State.SUBMITTED


def test_a_stale_page_decides_nothing(session: Session, world: World) -> None:
    fund_request = world.submitted()
    with pytest.raises(StaleRequestError) as caught:
        service.approve_request(
            session,
            fund_request.id,
            note="",
            seen_version=fund_request.version - 1,
            by=world.somchai,
            at=NOON,
        )
    assert caught.value.facts["current"] == fund_request.version


def test_a_returned_request_is_amended_and_sent_again(session: Session, world: World) -> None:
    fund_request = world.submitted()
    send_back(session, fund_request, by=world.somchai)
    assert fund_request.state is State.RETURNED
    assert fund_request.waits_for is Role.FINDER
    payee = replace(ANSWER.payee, account_number="9990000009")
    answer = replace(ANSWER, amount=Money.baht(900), payee=payee)
    for _ in range(2):
        # What stays as it was makes no second version of the account.
        amend(session, fund_request, answer, by=world.malee)
    service.submit_request(
        session, fund_request.id, seen_version=fund_request.version, by=world.malee, at=NOON
    )
    assert world.approve(fund_request, world.somchai).awarded == Money.baht(900)
    assert [payee.version for payee in fund_request.payees] == [1, 2]


def test_a_sent_request_cannot_be_amended(session: Session, world: World) -> None:
    fund_request = world.submitted()
    with pytest.raises(ActionNotAllowedError):
        amend(session, fund_request, ANSWER, by=world.malee)


def test_only_askers_amend(session: Session, world: World) -> None:
    everything = world.everything()
    fund_request = world.draft(by=everything)
    asker = replace(everything, roles=everything.roles - ASKERS)
    with pytest.raises(RoleNeededError):
        amend(session, fund_request, ANSWER, by=asker)


def test_who_returned_a_request_does_not_amend_it(session: Session, world: World) -> None:
    everything = world.everything()
    fund_request = world.submitted()
    send_back(session, fund_request, by=everything)
    with pytest.raises(SamePersonError):
        amend(session, fund_request, replace(ANSWER, amount=Money.baht(900)), by=everything)


def test_amending_corrects_the_person_and_keeps_what_was_not_asked(
    session: Session, world: World
) -> None:
    fund_request = world.draft()
    before = fund_request.youth_id
    youth = replace(YOUTH, first_name="ชื่อที่แก้แล้ว", schooling="")
    amend(session, fund_request, replace(ANSWER, youth=youth), by=world.malee)
    found = session.get_one(Youth, before)
    assert fund_request.youth_id == before
    assert (found.first_name, found.schooling) == ("ชื่อที่แก้แล้ว", YOUTH.schooling)


@pytest.mark.parametrize(("name", "projects"), [("ลงพื้นที่", 1), ("ลงพื้นที่ รุ่นที่ 2", 2)])
def test_amending_starts_a_project_only_when_it_is_another(
    session: Session, world: World, name: str, projects: int
) -> None:
    answer = replace(ANSWER, youth=None, subcommittee="SC1", category="SURVEY")
    fund_request = world.draft(answer=replace(answer, project_name="ลงพื้นที่"))
    amend(
        session,
        fund_request,
        replace(answer, project_name=name, amount=Money.baht(900)),
        by=world.malee,
    )
    found = session.scalars(select(Project).order_by(Project.id)).all()
    assert (len(found), found[-1].name) == (projects, name)
    assert fund_request.project_id == found[-1].id


def test_a_rejected_request_is_over(session: Session, world: World) -> None:
    fund_request = world.to_decide()
    service.reject_request(
        session,
        fund_request.id,
        service.Grounds(Reason.NOT_ELIGIBLE, "ซ้ำ"),
        seen_version=fund_request.version,
        by=world.somchai,
        at=NOON,
    )
    assert fund_request.state is State.REJECTED
    assert fund_request.waits_for is None
    with pytest.raises(ActionNotAllowedError):
        approve(session, fund_request, by=world.somchai)


@pytest.mark.parametrize("was_sent", [False, True])
def test_a_requester_withdraws_before_the_decision(
    session: Session, world: World, *, was_sent: bool
) -> None:
    fund_request = world.submitted(by=world.finder) if was_sent else world.draft(by=world.finder)
    service.withdraw_request(
        session, fund_request.id, seen_version=fund_request.version, by=world.finder, at=NOON
    )
    assert fund_request.state is State.WITHDRAWN


def test_an_approved_request_cannot_be_withdrawn(session: Session, world: World) -> None:
    fund_request = world.approved()
    with pytest.raises(ActionNotAllowedError):
        service.withdraw_request(
            session, fund_request.id, seen_version=fund_request.version, by=world.malee, at=NOON
        )


def test_somebody_elses_request_is_not_found(session: Session, world: World) -> None:
    fund_request = world.draft(by=world.malee)
    for by in (world.finder, world.somchai, world.wipa, world.krit):
        with pytest.raises(RequestNotFoundError):
            service.withdraw_request(
                session, fund_request.id, seen_version=fund_request.version, by=by, at=NOON
            )
    with pytest.raises(RequestNotFoundError):
        service.withdraw_request(session, 999_999, seen_version=1, by=world.malee, at=NOON)


def test_nothing_goes_out_without_consent(session: Session, world: World) -> None:
    fund_request = world.draft(answer=replace(ANSWER, has_consent=False))
    with pytest.raises(ConsentMissingError):
        service.submit_request(
            session, fund_request.id, seen_version=fund_request.version, by=world.malee, at=NOON
        )
    assert fund_request.reference is None


def test_who_may_not_ask_starts_no_draft(world: World) -> None:
    for by in (world.somchai, world.anong, world.wipa, world.krit):
        with pytest.raises(RoleNeededError):
            world.draft(by=by)


def test_amounts_and_codes_are_checked(world: World) -> None:
    with pytest.raises(OverCeilingError):
        world.draft(answer=replace(ANSWER, amount=Money.baht(6001)))
    with pytest.raises(NotPositiveError):
        world.draft(answer=replace(ANSWER, amount=Money(0)))
    with pytest.raises(CategoryNotHereError):
        world.draft(answer=replace(ANSWER, subcommittee="SC1"))
    for answer in (
        replace(ANSWER, category="NONE"),
        replace(ANSWER, fund="NONE"),
        replace(ANSWER, area_code="999999"),
    ):
        with pytest.raises(UnknownCodeError):
            world.draft(answer=answer)


def test_money_that_is_not_there_is_not_approved(session: Session, world: World) -> None:
    tight = replace(ANSWER, fund="TENBAHT", subcommittee="SC2", category="TOOLKIT")
    available = Account("TENBAHT", "SC2", Place.AVAILABLE)
    chair = world.other_chair
    amount = Money.baht(5000)
    while held(session, available) >= amount:
        world.approve(world.submitted(answer=tight, amount=amount), chair)
    fund_request = world.submitted(answer=tight, amount=amount)
    before = held(session, available)
    nested = session.begin_nested()
    with pytest.raises(InsufficientFundsError) as caught:
        world.approve(fund_request, chair)
    nested.rollback()
    assert (caught.value.held, caught.value.wanted) == (before, amount)
    assert fund_request.state is State.SUBMITTED
    assert held(session, available) == before


def test_what_the_chair_saw_is_kept_with_the_decision(session: Session, world: World) -> None:
    fund_request = world.approved()
    act = session.scalars(
        select(RequestAct).where(RequestAct.fund_request_id == fund_request.id)
    ).all()[-1]
    assert act.act == "fund_request.approved"
    assert '"available_satang"' in act.evidence
