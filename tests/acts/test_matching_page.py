from __future__ import annotations

from datetime import date
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from portal.funds.rules import SamePersonError
from portal.money import Money
from portal.payments import batching
from portal.payments import confirming
from portal.payments.accounts import AccountAnswer
from portal.payments.accounts import open_account
from portal.payments.batch_rules import AccountNotFoundError
from portal.payments.confirming import Pairing
from portal.payments.known_payments import REMEMBERED
from portal.payments.known_payments import known_payments
from portal.payments.known_payments import named_payments
from portal.payments.match_values import MatchKind
from portal.payments.matching_page import account_row
from portal.payments.matching_page import accounts
from portal.payments.matching_page import lines_of
from portal.payments.matching_page import matching_page
from portal.payments.models import Payment
from portal.payments.models import PaymentBatch
from portal.payments.rules import PaymentAction
from portal.payments.rules import SameTreasurerError
from tests.acts.test_statement_lines import imported
from tests.statements import statements
from tests.world import ACCOUNT
from tests.world import NOON
from tests.world import World

OTHER = AccountAnswer("OTHER", "บัญชีรอง", "Second account", "006", "9870123457", "")


@pytest.fixture(autouse=True)
def account(world: World) -> None:
    open_account(world.session, ACCOUNT, by=world.admin, at=NOON)


def sent_batch(world: World, count: int) -> tuple[PaymentBatch, list[Payment]]:
    payments = [world.prepared() for _ in range(count)]
    batch = world.batched(*payments)
    batching.send_batch(
        world.session, batch.id, seen_version=batch.version, by=world.prasit, at=NOON
    )
    return batch, payments


def test_the_page_of_an_account(session: Session, world: World) -> None:
    batch, (one, two) = sent_batch(world, 2)
    alone = world.sent()
    keys = imported(
        world,
        (f"โอน {batch.reference}", "3000", ""),
        (f"โอน {alone.reference}", "1400", ""),
        ("ค่าธรรมเนียม", "30", ""),
        ("ดอกเบี้ย", "", "12"),
    )
    page = matching_page(session, ACCOUNT.code, world.phailin, at=NOON)
    (sure,) = page.mine
    assert (sure.kind, sure.names) == (MatchKind.BATCH, (one.reference, two.reference))
    assert [row.key for row in sure.lines] == [keys[0]]
    assert [payment.id for payment in sure.payments] == [one.id, two.id]
    assert [str(row.why) for row in page.to_look_at] == [
        f"The line names {alone.reference}, but tells 1,400 baht instead of 1,500 baht."
    ]
    assert [row.lines[0].key for row in page.fees] == [keys[2]]
    assert [row.key for row in page.unmatched] == [keys[3]]
    assert (page.others, page.returns) == ([], [])
    (row,) = lines_of(session, ACCOUNT.code, [keys[3], "f" * 64])
    assert row.line.amount == Money.baht(12)


def test_who_released_does_not_confirm(session: Session, world: World) -> None:
    batch, _ = sent_batch(world, 1)
    imported(world, (f"โอน {batch.reference}", "1500", ""))
    page = matching_page(session, ACCOUNT.code, world.prasit, at=NOON)
    assert page.mine == []
    assert isinstance(page.others[0].refusal, SameTreasurerError)


def test_who_had_another_duty_does_not_confirm(session: Session, world: World) -> None:
    everything = world.everything()
    payment = world.sent(world.approve(world.submitted(by=everything), world.somchai))
    known = known_payments(session, ACCOUNT.code, everything, at=NOON)[payment.reference]
    assert isinstance(known.refusal(PaymentAction.CONFIRM, everything), SamePersonError)
    assert known.refusal(PaymentAction.CONFIRM, world.phailin) is None


def test_money_that_came_back(session: Session, world: World) -> None:
    (payment,) = sent_batch(world, 1)[1]
    out, into = imported(
        world,
        (f"โอน {payment.reference}", "1500", ""),
        (f"คืนเงิน {payment.reference}", "", "1500"),
    )
    pairing = Pairing((out,), (payment.reference,))
    confirming.confirm_pairings(session, [pairing], by=world.phailin, at=NOON)
    page = matching_page(session, ACCOUNT.code, world.phailin, at=NOON)
    (back,) = page.returns
    assert ([row.key for row in back.lines], back.names) == ([into], (payment.reference,))
    assert back.payments[0].is_confirmed


def test_which_payments_a_line_may_be(session: Session, world: World) -> None:
    open_account(session, OTHER, by=world.admin, at=NOON)
    batch, (in_batch,) = sent_batch(world, 1)
    alone, confirmed = world.sent(), world.confirmed()
    world.prepared()

    def known(account: str, *, later: timedelta = timedelta(0)) -> set[str]:
        return {*known_payments(session, account, world.phailin, at=NOON + later)}

    assert known(ACCOUNT.code) == {in_batch.reference, alone.reference, confirmed.reference}
    assert known(OTHER.code) == {alone.reference, confirmed.reference}
    long_ago = REMEMBERED + timedelta(days=1)
    assert known(ACCOUNT.code, later=long_ago) == {in_batch.reference, alone.reference}
    found = named_payments(session, [batch.reference, confirmed.reference], world.phailin)
    assert [payment.reference for payment in found] == [in_batch.reference, confirmed.reference]


def test_the_list_of_accounts(session: Session, world: World) -> None:
    open_account(session, OTHER, by=world.admin, at=NOON)
    imported(world, ("ดอกเบี้ย", "", "12"), ("ดอกเบี้ย", "", "13"))
    first, second = (row for row in accounts(session) if row.code in {ACCOUNT.code, OTHER.code})
    assert (first.code, first.open_count, first.newest_on) == (ACCOUNT.code, 2, date(2026, 11, 23))
    assert (second.code, second.open_count, second.newest_on) == (OTHER.code, 0, None)
    assert account_row(session, OTHER.code) == second
    with pytest.raises(AccountNotFoundError):
        account_row(session, "NONE")


def test_the_number_of_questions_does_not_grow(session: Session, world: World) -> None:
    counts, by = [], world.phailin
    for number in (1, 4):
        batch, _ = sent_batch(world, number)
        imported(world, (f"โอน {batch.reference}", str(1500 * number), ""))
        session.expire_all()
        with statements() as asked:
            matching_page(session, ACCOUNT.code, by, at=NOON)
            accounts(session)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 6
