from __future__ import annotations

from dataclasses import replace
from datetime import date
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import parse
from portal.audit.models import LogEntry
from portal.funds.books import held
from portal.funds.ledger import Account
from portal.funds.ledger import Place
from portal.funds.models import FundRequest
from portal.funds.models import RequestAct
from portal.funds.rules import ActionNotAllowedError
from portal.funds.rules import RoleNeededError
from portal.money import Money
from portal.payments import batching
from portal.payments import service
from portal.payments.accounts import open_account
from portal.payments.batch_rules import AccountNotFoundError
from portal.payments.batch_rules import BatchFlawedError
from portal.payments.batch_rules import BatchNotFoundError
from portal.payments.batch_rules import BatchState
from portal.payments.batch_rules import InBatchError
from portal.payments.batch_rules import NotCoveredError
from portal.payments.batch_rules import NotForBatchError
from portal.payments.batch_rules import NothingPickedError
from portal.payments.batch_rules import OwnBatchError
from portal.payments.batch_rules import OwnPaymentError
from portal.payments.batch_rules import StaleBatchError
from portal.payments.batching import Terms
from portal.payments.models import BankFile
from portal.payments.models import Payment
from portal.payments.models import PaymentBatch
from portal.payments.payment_files import FileKind
from portal.payments.queries import bank_left
from portal.payments.rules import PaymentNotFoundError
from portal.payments.rules import PaymentState
from portal.payments.statement_lines import import_statement
from portal.roles import Actor
from tests.world import ACCOUNT
from tests.world import ANSWER
from tests.world import NOON
from tests.world import World

DAY = date(2026, 11, 23)


@pytest.fixture
def account(session: Session, world: World) -> str:
    return open_account(session, ACCOUNT, by=world.admin, at=NOON).code


def made(
    world: World,
    account: str,
    *payments: Payment,
    by: Actor | None = None,
    kind: FileKind = FileKind.KTB,
) -> PaymentBatch:
    picked = payments or (world.prepared(), world.prepared())
    return batching.make_batch(
        world.session,
        [payment.id for payment in picked],
        terms=Terms(account, DAY, kind),
        by=by or world.anong,
        at=NOON,
    )


def released(world: World, batch: PaymentBatch, *, by: Actor | None = None) -> PaymentBatch:
    return batching.release_batch(
        world.session, batch.id, seen_version=batch.version, by=by or world.prasit, at=NOON
    )


def sent(world: World, batch: PaymentBatch) -> PaymentBatch:
    return batching.send_batch(
        world.session, batch.id, seen_version=batch.version, by=world.prasit, at=NOON
    )


def dissolved(world: World, batch: PaymentBatch) -> PaymentBatch:
    return batching.dissolve_batch(
        world.session, batch.id, seen_version=batch.version, by=world.anong, at=NOON
    )


def payments_of(session: Session, batch: PaymentBatch) -> list[Payment]:
    return list(session.scalars(select(Payment).where(Payment.batch_id == batch.id)))


def test_a_batch_goes_from_one_treasurer_to_another_and_to_the_bank(
    session: Session, world: World, account: str
) -> None:
    batch = made(world, account)
    assert (batch.state, batch.count, batch.amount) == (BatchState.OPEN, 2, Money(300_000))
    assert released(world, batch).state is BatchState.RELEASED
    assert {payment.state for payment in payments_of(session, batch)} == {PaymentState.RELEASED}
    assert sent(world, batch).state is BatchState.SENT
    in_transit = Account("GEN", "SC5", Place.IN_TRANSIT)
    assert held(session, in_transit) == Money(300_000)
    for payment in payments_of(session, batch):
        assert (payment.state, payment.sent_by_id) == (PaymentState.SENT, world.prasit.person_id)
        fund_request = session.get_one(FundRequest, payment.fund_request_id)
        assert fund_request.sent_satang == payment.amount_satang
        acts = session.scalars(
            select(RequestAct.act).where(RequestAct.fund_request_id == fund_request.id)
        ).all()
        assert acts[-2:] == ["payment.released", "payment.sent"]
        service.confirm_payment(
            session,
            payment.id,
            bank_reference=f"KTB{payment.id}",
            seen_version=payment.version,
            by=world.phailin,
            at=NOON,
        )


def test_the_log_tells_the_batch_with_each_payment(
    session: Session, world: World, account: str
) -> None:
    batch = sent(world, released(world, made(world, account)))
    bodies = session.scalars(select(LogEntry.body).order_by(LogEntry.seqno)).all()
    told = [parse(body) for body in bodies]
    of_batch = [entry.type for entry in told if entry.public.get("batch") == batch.reference]
    assert of_batch == [
        "batch.made",
        "payment.released",
        "payment.released",
        "batch.released",
        "payment.sent",
        "payment.sent",
        "batch.sent",
    ]


@pytest.mark.parametrize("kind", FileKind)
def test_the_files_of_a_batch_are_kept_as_they_were_made(
    session: Session, world: World, account: str, kind: FileKind
) -> None:
    batch = released(world, made(world, account, kind=kind))
    files = session.scalars(select(BankFile).where(BankFile.batch_id == batch.id)).all()
    assert {file.kind for file in files} == {kind, FileKind.TABLE}
    archive = session.info["bank_files"]
    for file in files:
        assert len(archive.read(file.digest)) == file.size_bytes
    reference = payments_of(session, batch)[0].reference
    (told,) = [file for file in files if file.kind is kind]
    if kind is not FileKind.TABLE:
        assert reference.encode() in archive.read(told.digest)


def test_what_the_file_cannot_hold_is_found_before_release(world: World, account: str) -> None:
    payee = replace(ANSWER.payee, holder="บริษัท € จำกัด 😀")
    asked = world.submitted(answer=replace(ANSWER, payee=payee))
    payment = world.prepared(world.approve(asked, world.somchai))
    batch = made(world, account, payment)
    with pytest.raises(BatchFlawedError, match=payment.reference):
        released(world, batch)
    assert (batch.state, payment.state) == (BatchState.OPEN, PaymentState.PREPARED)


@pytest.mark.parametrize("is_released", [False, True])
def test_a_batch_is_taken_apart(
    session: Session, world: World, account: str, *, is_released: bool
) -> None:
    payment = world.prepared()
    batch = made(world, account, payment)
    if is_released:
        released(world, batch)
    assert dissolved(world, batch).state is BatchState.DISSOLVED
    assert payment.batch_id is None
    service.void_payment(
        session, payment.id, note="ผิด", seen_version=payment.version, by=world.anong, at=NOON
    )


def test_a_payment_in_a_batch_goes_with_it_or_not_at_all(world: World, account: str) -> None:
    payment = world.prepared()
    made(world, account, payment)
    for act in (
        service.release_payment,
        service.send_payment,
        partial(service.void_payment, note="ผิด"),
    ):
        with pytest.raises(InBatchError):
            act(
                world.session,
                payment.id,
                seen_version=payment.version,
                by=world.prasit,
                at=NOON,
            )


def test_what_no_batch_takes(world: World, account: str) -> None:
    payment, gone = world.prepared(), world.released()
    with pytest.raises(NotForBatchError, match=gone.reference):
        made(world, account, payment, gone)
    made(world, account, payment)
    with pytest.raises(NotForBatchError, match=payment.reference):
        made(world, account, payment)
    terms = Terms(account, DAY, FileKind.KTB)
    with pytest.raises(NothingPickedError):
        batching.make_batch(world.session, [], terms=terms, by=world.anong, at=NOON)
    with pytest.raises(PaymentNotFoundError):
        batching.make_batch(world.session, [999], terms=terms, by=world.anong, at=NOON)
    with pytest.raises(AccountNotFoundError):
        made(world, "NONE", world.prepared())
    with pytest.raises(RoleNeededError):
        made(world, account, world.prepared(), by=world.malee)


def test_who_prepared_or_made_it_does_not_release_it(world: World, account: str) -> None:
    batch = made(world, account, world.prepared(by=world.prasit), by=world.anong)
    with pytest.raises(OwnBatchError, match=r"batch: you made it\.$"):
        released(world, batch, by=world.anong)
    with pytest.raises(OwnPaymentError, match=r"you prepared payments in it: RYG-\S+\.$"):
        released(world, batch, by=world.prasit)
    assert released(world, batch, by=world.phailin).state is BatchState.RELEASED


def test_no_more_is_released_than_the_account_holds(world: World, account: str) -> None:
    told = "วันที่,รายการ,ถอนเงิน,ฝากเงิน,คงเหลือ\n20/11/2569,ยอดยกมา,,3500,3500.00\n"
    import_statement(world.session, account, told.encode(), name="a.csv", by=world.anong, at=NOON)
    later = NOON + timedelta(days=3)

    def release(batch: PaymentBatch) -> PaymentBatch:
        return batching.release_batch(
            world.session, batch.id, seen_version=batch.version, by=world.prasit, at=later
        )

    assert release(made(world, account)).state is BatchState.RELEASED
    short = made(world, account)
    with pytest.raises(NotCoveredError, match=r"MAIN holds 500 baht"):
        release(short)
    assert short.state is BatchState.OPEN


def told(world: World, account: str, day: str, satang: str) -> None:
    lines = f"วันที่,รายการ,ถอนเงิน,ฝากเงิน,คงเหลือ\n{day},ยอดยกมา,,{satang},{satang}\n"
    import_statement(world.session, account, lines.encode(), name="a.csv", by=world.anong, at=NOON)


def test_what_a_statement_cannot_tell_of_yet_is_not_there_twice(world: World, account: str) -> None:
    """Released before the statement's day was over; sent, and booked by the bank, after it."""
    terms = Terms(account, NOON.date(), FileKind.KTB)
    picked = [world.prepared().id for _ in range(2)]
    first = batching.make_batch(world.session, picked, terms=terms, by=world.anong, at=NOON)
    batching.release_batch(
        world.session, first.id, seen_version=first.version, by=world.prasit, at=NOON
    )
    told(world, account, "20/11/2569", "3500.00")
    assert bank_left(world.session, account) == Money.baht(500)
    batching.send_batch(
        world.session,
        first.id,
        seen_version=first.version,
        by=world.prasit,
        at=NOON + timedelta(days=1),
    )
    assert bank_left(world.session, account) == Money.baht(500)
    told(world, account, "21/11/2569", "500.00")
    assert bank_left(world.session, account) == Money.baht(500)


def test_an_old_page_and_an_unknown_batch(world: World, account: str) -> None:
    batch = made(world, account)
    seen = batch.version
    released(world, batch)
    with pytest.raises(StaleBatchError):
        batching.send_batch(world.session, batch.id, seen_version=seen, by=world.prasit, at=NOON)
    with pytest.raises(BatchNotFoundError):
        batching.send_batch(world.session, 999, seen_version=1, by=world.prasit, at=NOON)
    with pytest.raises(ActionNotAllowedError):
        released(world, batch)
