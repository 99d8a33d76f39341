from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.audit.models import LogEntry
from portal.cases.models import FollowUp
from portal.funds.books import held
from portal.funds.ledger import Account
from portal.funds.ledger import Place
from portal.funds.models import FundRequest
from portal.funds.rules import ActionNotAllowedError
from portal.funds.rules import RequestNotFoundError
from portal.funds.rules import RoleNeededError
from portal.funds.rules import SamePersonError
from portal.funds.rules import StaleRequestError
from portal.funds.rules import State
from portal.money import Money
from portal.payments import service
from portal.payments.models import Payment
from portal.payments.rules import BankReferenceMissingError
from portal.payments.rules import BankReferenceUsedError
from portal.payments.rules import Channel
from portal.payments.rules import NothingToPayError
from portal.payments.rules import PaymentAction
from portal.payments.rules import PaymentNotFoundError
from portal.payments.rules import PaymentState
from portal.payments.rules import SameTreasurerError
from portal.payments.rules import StalePaymentError
from portal.people.queries import actor
from portal.roles import Actor
from portal.roles import Role
from portal.youths.models import YouthPair
from portal.youths.pairing import settle_pair
from portal.youths.rules import Verdict
from tests.world import ANSWER
from tests.world import NOON
from tests.world import YOUTH
from tests.world import World


def place(name: Place) -> Account:
    return Account("GEN", "SC5", name)


def step(session: Session, payment: Payment, action: PaymentAction, by: Actor) -> Payment:
    """Take a step as a page would, with the version it shows."""
    if action is PaymentAction.CONFIRM:
        return service.confirm_payment(
            session,
            payment.id,
            bank_reference="KTB9",
            seen_version=payment.version,
            by=by,
            at=NOON,
        )
    if action is PaymentAction.VOID:
        return service.void_payment(
            session, payment.id, note="ผิดบัญชี", seen_version=payment.version, by=by, at=NOON
        )
    take = {
        PaymentAction.RELEASE: service.release_payment,
        PaymentAction.SEND: service.send_payment,
    }[action]
    return take(session, payment.id, seen_version=payment.version, by=by, at=NOON)


def test_money_travels_to_the_payee_step_by_step(session: Session, world: World) -> None:
    payment = world.prepared()
    assert payment.reference == "RYG-2570-P000001"
    assert held(session, place(Place.COMMITTED)) == Money.baht(1500)
    step(session, payment, PaymentAction.RELEASE, world.prasit)
    assert held(session, place(Place.COMMITTED)) == Money.baht(1500)
    step(session, payment, PaymentAction.SEND, world.anong)
    assert held(session, place(Place.IN_TRANSIT)) == Money.baht(1500)
    step(session, payment, PaymentAction.CONFIRM, world.anong)
    assert held(session, place(Place.IN_TRANSIT)) == Money(0)
    assert held(session, place(Place.DISBURSED)) == Money.baht(1500)
    fund_request = session.get_one(FundRequest, payment.fund_request_id)
    assert fund_request.confirmed_satang == fund_request.awarded_satang
    assert fund_request.waits_for is None


def days_planned(session: Session) -> list[tuple[int | None, int, int | None]]:
    """Whom somebody asks after, how many days from now, and who planned it."""
    found = session.scalars(select(FollowUp).order_by(FollowUp.id))
    return [(one.youth_id, (one.due_on - NOON.date()).days, one.planned_by_id) for one in found]


def paid(world: World, fund_request: FundRequest, reference: str) -> None:
    payment = world.prepared(fund_request)
    step(world.session, payment, PaymentAction.RELEASE, world.prasit)
    step(world.session, payment, PaymentAction.SEND, world.prasit)
    service.confirm_payment(
        world.session,
        payment.id,
        bank_reference=reference,
        seen_version=payment.version,
        by=world.phailin,
        at=NOON,
    )


def test_who_was_paid_for_the_first_time_is_asked_after(session: Session, world: World) -> None:
    fund_request = world.approved()
    paid(world, fund_request, "KTB1")
    youth_id = fund_request.youth_id
    planned = [(youth_id, days, None) for days in (30, 90, 180)]
    assert days_planned(session) == planned
    world.confirmed("KTB2")
    assert days_planned(session) == planned


def test_nobody_is_asked_after_for_a_project(session: Session, world: World) -> None:
    fund_request = world.submitted_project()
    for signer in (actor(session, "chair1"), world.driving, world.board):
        if fund_request.state is State.SUBMITTED:
            world.approve(fund_request, signer)
    paid(world, fund_request, "KTB1")
    assert days_planned(session) == []


def test_who_is_kept_under_two_records_is_asked_after_once(session: Session, world: World) -> None:
    alike = (
        replace(YOUTH, first_name=name, national_id=None, birth_on=date(2009, 3, day))
        for name, day in (("ศิริพร", 13), ("สิริพร", 18))
    )
    first, second = (world.approved(answer=replace(ANSWER, youth=youth)) for youth in alike)
    pair = session.scalars(select(YouthPair)).one()
    settle_pair(session, pair.id, Verdict.SAME, seen_version=pair.version, by=world.malee, at=NOON)
    paid(world, second, "KTB1")
    assert {youth_id for youth_id, _days, _by in days_planned(session)} == {first.youth_id}
    assert first.youth_id != second.youth_id
    paid(world, first, "KTB2")
    assert len(days_planned(session)) == 3


def test_who_prepared_a_payment_does_not_release_it(session: Session, world: World) -> None:
    payment = world.prepared()
    with pytest.raises(SameTreasurerError):
        step(session, payment, PaymentAction.RELEASE, world.anong)
    assert payment.state is PaymentState.PREPARED


def test_who_released_a_payment_does_not_confirm_it(session: Session, world: World) -> None:
    payment = world.sent()
    with pytest.raises(SameTreasurerError):
        step(session, payment, PaymentAction.CONFIRM, world.prasit)


def test_who_asked_or_decided_does_not_pay(world: World) -> None:
    everything, second = world.everything(), world.everything("second")
    fund_request = world.submitted(by=everything)
    with pytest.raises(SamePersonError):
        world.approve(fund_request, everything)
    world.approve(fund_request, second)
    for by in (everything, second):
        with pytest.raises(SamePersonError):
            world.prepared(fund_request, by=by)


def test_the_database_too_keeps_two_treasurers_apart(session: Session, world: World) -> None:
    payment = world.prepared()
    nested = session.begin_nested()
    eid, body = str(uuid4()), json.dumps({"pub": {"payment": payment.reference}}).encode()
    session.execute(insert(LogEntry), {"eid": eid, "body": body})
    payment.log_eid, payment.released_by_id = eid, payment.prepared_by_id
    with pytest.raises(IntegrityError, match="released_by_another"):
        session.flush()
    nested.rollback()


def test_only_a_treasurer_pays(session: Session, world: World) -> None:
    payment = world.prepared()
    for by in (world.malee, world.somchai, world.wipa, world.driving):
        with pytest.raises((RoleNeededError, SamePersonError)):
            step(session, payment, PaymentAction.RELEASE, by)
    with pytest.raises(RequestNotFoundError):
        step(session, payment, PaymentAction.RELEASE, world.krit)


def test_a_request_is_not_paid_twice(world: World) -> None:
    fund_request = world.approved()
    world.prepared(fund_request)
    with pytest.raises(NothingToPayError):
        world.prepared(fund_request)


def test_a_paid_request_is_not_paid_again(session: Session, world: World) -> None:
    payment = world.confirmed()
    fund_request = session.get_one(FundRequest, payment.fund_request_id)
    with pytest.raises(NothingToPayError):
        world.prepared(fund_request)


def test_what_is_not_approved_is_not_paid(session: Session, world: World) -> None:
    fund_request = world.submitted()
    with pytest.raises(RequestNotFoundError):
        world.prepared(fund_request)
    everything = world.everything()
    with pytest.raises(ActionNotAllowedError):
        service.prepare_payment(
            session,
            fund_request.id,
            channel=Channel.TRANSFER,
            seen_version=None,
            by=everything,
            at=NOON,
        )


def test_a_cancelled_payment_frees_the_money_and_keeps_its_number(
    session: Session, world: World
) -> None:
    payment = world.prepared()
    fund_request = session.get_one(FundRequest, payment.fund_request_id)
    step(session, payment, PaymentAction.VOID, world.anong)
    again = world.prepared(fund_request)
    assert (payment.reference, again.reference) == ("RYG-2570-P000001", "RYG-2570-P000002")
    assert again.instalment == payment.instalment


def test_a_released_payment_can_be_cancelled_and_a_sent_one_cannot(
    session: Session, world: World
) -> None:
    step(session, world.released(), PaymentAction.VOID, world.phailin)
    with pytest.raises(ActionNotAllowedError):
        step(session, world.sent(), PaymentAction.VOID, world.phailin)


def test_steps_are_taken_in_order(session: Session, world: World) -> None:
    payment = world.prepared()
    for action in (PaymentAction.SEND, PaymentAction.CONFIRM):
        with pytest.raises(ActionNotAllowedError):
            step(session, payment, action, world.prasit)


def test_the_bank_must_have_said_so(session: Session, world: World) -> None:
    world.confirmed("KTB0001")
    payment = world.sent()
    with pytest.raises(BankReferenceMissingError):
        service.confirm_payment(
            session,
            payment.id,
            bank_reference="  ",
            seen_version=payment.version,
            by=world.phailin,
            at=NOON,
        )
    with pytest.raises(BankReferenceUsedError):
        service.confirm_payment(
            session,
            payment.id,
            bank_reference="KTB0001",
            seen_version=payment.version,
            by=world.phailin,
            at=NOON,
        )


def test_an_old_page_moves_no_money(session: Session, world: World) -> None:
    payment = world.prepared()
    with pytest.raises(StalePaymentError):
        service.release_payment(
            session, payment.id, seen_version=payment.version - 1, by=world.prasit, at=NOON
        )
    fund_request = world.approved()
    with pytest.raises(StaleRequestError):
        service.prepare_payment(
            session,
            fund_request.id,
            channel=Channel.TRANSFER,
            seen_version=fund_request.version - 1,
            by=world.anong,
            at=NOON,
        )


def test_no_such_payment(session: Session, world: World) -> None:
    with pytest.raises(PaymentNotFoundError):
        service.release_payment(session, 999_999, seen_version=1, by=world.prasit, at=NOON)


def test_the_treasury_is_waited_for_until_all_is_paid(session: Session, world: World) -> None:
    payment = world.sent()
    fund_request = session.get_one(FundRequest, payment.fund_request_id)
    assert fund_request.waits_for is Role.TREASURER
