from __future__ import annotations

import pytest
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.funds.books import held
from portal.funds.ledger import Account
from portal.funds.ledger import InsufficientFundsError
from portal.funds.ledger import Place
from portal.funds.models import FundRequest
from portal.funds.rules import RoleNeededError
from portal.money import Money
from portal.payments import batching
from portal.payments import confirming
from portal.payments import match_rules
from portal.payments.accounts import open_account
from portal.payments.batch_rules import AccountNotFoundError
from portal.payments.confirming import Pairing
from portal.payments.models import BankLine
from portal.payments.models import BankStatement
from portal.payments.models import LineMatch
from portal.payments.models import MatchedLine
from portal.payments.models import Payment
from portal.payments.reconciliation import Meaning
from portal.payments.returning import Back
from portal.payments.rules import PaymentState
from portal.payments.rules import SameTreasurerError
from portal.payments.statement_flaws import LineDoesNotFitError
from portal.payments.statement_lines import Imported
from portal.payments.statement_lines import import_statement
from portal.roles import Actor
from tests.world import ACCOUNT
from tests.world import NOON
from tests.world import World

HEADER = "วันที่,รายการ,ถอนเงิน,ฝากเงิน,คงเหลือ\n"


def rows(*lines: tuple[str, str, str], opening: int = 1_000_000) -> bytes:
    """A bank's table: (words, money out, money in), all on one day."""
    balance, told = opening, ""
    for words, out, into in lines:
        balance += int(into or 0) - int(out or 0)
        told += f"23/11/2569,{words},{out},{into},{balance}.00\n"
    return (HEADER + told).encode()


def imported(world: World, *lines: tuple[str, str, str], by: Actor | None = None) -> list[str]:
    """Import lines and return their fingerprints, in their order."""
    content = rows(*lines)
    import_statement(
        world.session, ACCOUNT.code, content, name="a.csv", by=by or world.anong, at=NOON
    )
    found = select(BankLine.fingerprint).order_by(BankLine.id)
    return list(world.session.scalars(found))


@pytest.fixture(autouse=True)
def account(world: World) -> None:
    open_account(world.session, ACCOUNT, by=world.admin, at=NOON)


def sent(world: World, count: int = 2) -> list[Payment]:
    payments = [world.prepared() for _ in range(count)]
    batch = world.batched(*payments)
    batching.send_batch(
        world.session, batch.id, seen_version=batch.version, by=world.prasit, at=NOON
    )
    return payments


def count(session: Session, table: type) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_the_same_file_twice_adds_nothing(session: Session, world: World) -> None:
    content = rows(("โอน RYG", "1500", ""), ("โอน RYG", "1500", ""), ("ดอกเบี้ย", "", "12"))

    def again() -> Imported:
        return import_statement(
            session, ACCOUNT.code, content, name="a.csv", by=world.anong, at=NOON
        )

    assert again() == Imported(3, 0)
    assert again() == Imported(0, 3)
    assert (count(session, BankLine), count(session, BankStatement)) == (3, 1)
    amounts = session.scalars(select(BankLine.amount_satang).order_by(BankLine.id)).all()
    assert amounts == [-150_000, -150_000, 1_200]


def test_what_cannot_be_imported(session: Session, world: World) -> None:
    content = rows(("โอน", "1500", ""))
    with pytest.raises(RoleNeededError):
        import_statement(session, ACCOUNT.code, content, name="a", by=world.malee, at=NOON)
    with pytest.raises(AccountNotFoundError):
        import_statement(session, "NONE", content, name="a", by=world.anong, at=NOON)
    broken = rows(("โอน", "1500", "")) + "23/11/2569,โอน,1,,5.00\n".encode()
    with pytest.raises(LineDoesNotFitError):
        import_statement(session, ACCOUNT.code, broken, name="a.csv", by=world.anong, at=NOON)
    assert count(session, BankLine) == 0


def test_lines_confirm_payments(session: Session, world: World) -> None:
    one, two, three = sent(world, 3)
    keys = imported(
        world,
        (f"โอน {one.reference}", "1500", ""),
        ("โอนสองรายการ", "3000", ""),
    )
    pairings = [
        Pairing((keys[0],), (one.reference,)),
        Pairing((keys[1],), (two.reference, three.reference)),
    ]
    confirming.confirm_pairings(session, pairings, by=world.phailin, at=NOON)
    for payment in (one, two, three):
        assert payment.state is PaymentState.CONFIRMED
        assert payment.bank_reference is not None
        assert payment.bank_reference.endswith(payment.reference)
        fund_request = session.get_one(FundRequest, payment.fund_request_id)
        assert (fund_request.waits_for, fund_request.confirmed_satang) == (None, 150_000)
    assert held(session, Account("GEN", "SC5", Place.DISBURSED)) == Money(450_000)
    assert (count(session, LineMatch), count(session, MatchedLine)) == (2, 2)
    with pytest.raises(match_rules.LineNotOpenError):
        confirming.set_aside(session, [keys[0]], note="อื่น", by=world.phailin, at=NOON)


def test_a_payment_in_several_lines(session: Session, world: World) -> None:
    (payment,) = sent(world, 1)
    keys = imported(world, ("โอน ก", "1000", ""), ("โอน ข", "500", ""))
    pairing = Pairing(tuple(keys), (payment.reference,))
    confirming.confirm_pairings(session, [pairing], by=world.phailin, at=NOON)
    assert payment.state is PaymentState.CONFIRMED


def test_what_is_not_confirmed(session: Session, world: World) -> None:
    one, two = sent(world)
    prepared = world.prepared()
    keys = imported(world, ("โอน", "1500", ""), ("โอน", "1400", ""))

    def confirm(key: str, reference: str, by: Actor = world.phailin) -> None:
        confirming.confirm_pairings(session, [Pairing((key,), (reference,))], by=by, at=NOON)

    with pytest.raises(match_rules.SumsDifferError):
        confirm(keys[1], one.reference)
    with pytest.raises(match_rules.PaymentNotSentError, match=prepared.reference):
        confirm(keys[0], prepared.reference)
    with pytest.raises(match_rules.PaymentNotSentError):
        confirm(keys[0], "RYG-2570-P999999")
    with pytest.raises(match_rules.LineNotOpenError):
        confirm("f" * 64, one.reference)
    with pytest.raises(SameTreasurerError):
        confirm(keys[0], one.reference, world.prasit)
    with pytest.raises(RoleNeededError):
        confirm(keys[0], one.reference, world.malee)
    assert {one.state, two.state} == {PaymentState.SENT}
    assert count(session, LineMatch) == 0


def test_lines_that_bring_money_back(session: Session, world: World) -> None:
    (payment,) = sent(world, 1)
    out, into = imported(world, ("โอน", "1500", ""), ("คืนเงิน", "", "1480"))
    pairing = Pairing((out,), (payment.reference,))
    confirming.confirm_pairings(session, [pairing], by=world.phailin, at=NOON)

    def confirm(key: str, back: Back) -> None:
        confirming.confirm_return(
            session,
            [key],
            payment.id,
            back,
            seen_version=payment.version,
            by=world.phailin,
            at=NOON,
        )

    with pytest.raises(match_rules.SumsDifferError):
        confirm(into, Back(Money(150_000), "บัญชีปิด", Money(0)))
    confirm(into, Back(Money(150_000), "บัญชีปิด", Money(2_000)))
    assert payment.state == PaymentState.RETURNED
    assert held(session, Account("GEN", "SC5", Place.RETURNED)) == Money(148_000)
    assert held(session, Account("GEN", "SC5", Place.FEES)) == Money(2_000)
    assert session.scalars(select(LineMatch.meaning).order_by(LineMatch.id)).all() == [
        Meaning.PAYMENT,
        Meaning.RETURN,
    ]


def test_money_that_left_did_not_come_back(world: World) -> None:
    (payment,) = sent(world, 1)
    (out,) = imported(world, ("โอน", "1500", ""))
    with pytest.raises(match_rules.NotBackError):
        confirming.confirm_return(
            world.session,
            [out],
            payment.id,
            Back(Money(150_000), "คืน"),
            seen_version=payment.version,
            by=world.phailin,
            at=NOON,
        )


def test_a_fund_bears_what_the_bank_takes(session: Session, world: World) -> None:
    fee, more, into = imported(
        world, ("ค่าธรรมเนียม", "30", ""), ("ค่าธรรมเนียม", "999999", ""), ("รับโอน", "", "5")
    )
    before = held(session, Account("GEN", "", Place.AVAILABLE))
    confirming.confirm_fee(session, [fee], "GEN", by=world.anong, at=NOON)
    assert held(session, Account("GEN", "", Place.AVAILABLE)) == before - Money(3_000)
    assert held(session, Account("GEN", "", Place.FEES)) == Money(3_000)
    with pytest.raises(match_rules.NotTakenError):
        confirming.confirm_fee(session, [into], "GEN", by=world.anong, at=NOON)
    with pytest.raises(InsufficientFundsError), session.begin_nested():
        confirming.confirm_fee(session, [more], "GEN", by=world.anong, at=NOON)


def test_money_of_no_payment_is_explained(session: Session, world: World) -> None:
    (into,) = imported(world, ("ดอกเบี้ยรับ", "", "12"))
    with pytest.raises(match_rules.WhyMissingError):
        confirming.set_aside(session, [into], note=" ", by=world.anong, at=NOON)
    confirming.set_aside(session, [into], note="ดอกเบี้ยรับ", by=world.anong, at=NOON)
    (match,) = session.scalars(select(LineMatch))
    assert (match.meaning, match.note) == (Meaning.OTHER, "ดอกเบี้ยรับ")
