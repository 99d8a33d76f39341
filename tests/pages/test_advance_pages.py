from __future__ import annotations

from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import db
from portal.funds.drafting import PayeeAnswer
from portal.funds.models import FundRequest
from portal.payments.advance_rules import Advance
from portal.payments.advance_rules import AdvanceKind
from portal.payments.models import Payment
from portal.payments.rules import Channel
from tests.acts.test_advances import ITEM
from tests.acts.test_advances import WORK
from tests.acts.test_advances import voucher
from tests.conftest import Maker
from tests.conftest import Visitor
from tests.hostile import png
from tests.world import ANSWER
from tests.world import SECRETS
from tests.world import World

BY_PHONE = replace(ANSWER, payee=PayeeAnswer("guardian", f"แม่ของ{SECRETS[0]}", "PPY", "0812345678"))
VOUCHER = {
    "kind": "shop_receipt",
    "item": ITEM,
    "spent_on": "20/11/2569",
    "amount": "1,500",
}


def kept(payment_id: int) -> Payment:
    with Session(db.engine, expire_on_commit=False) as session:
        return session.get_one(Payment, payment_id)


def newest() -> Payment:
    with Session(db.engine, expire_on_commit=False) as session:
        return session.scalars(select(Payment).order_by(Payment.id.desc()).limit(1)).one()


def lent(world: World) -> int:
    return world.lent(WORK).id


def seen(fund_request: FundRequest) -> tuple[str, dict[str, str]]:
    version = str(fund_request.version)
    url = f"/en/treasury/requests/{fund_request.id}/prepare"
    return url, {"seen_version": version, "channel": "transfer"}


def test_money_is_given_or_lent(client: Visitor, made: Maker) -> None:
    url, form = made(lambda world: seen(world.approved()))
    client.sign_in("anong")
    page = client.get(url).text
    assert "Bank transfer" in page
    assert "PromptPay" not in page
    journey = form | {"terms": "travel"}
    refused = client.post(url, data=journey)
    assert (refused.status_code, "Write the last day" in refused.text) == (422, True)
    refused = client.post(url, data=journey | {"ends_on": "31/2/2569"})
    assert (refused.status_code, "Write the date like" in refused.text) == (422, True)
    assert client.post(url, data=journey | {"ends_on": "28/11/2569"}).status_code == 303
    assert (newest().advance, str(newest().advance_ends_on)) == (AdvanceKind.TRAVEL, "2026-11-28")


def test_money_is_given_unless_somebody_says_otherwise(client: Visitor, made: Maker) -> None:
    url, form = made(lambda world: seen(world.approved()))
    client.sign_in("anong")
    for unheard in ({"channel": "promptpay"}, {"terms": "for ever"}):
        assert client.post(url, data=form | {"terms": "given"} | unheard).status_code == 422
    assert client.post(url, data=form | {"terms": "given"}).status_code == 303
    assert newest().advance is None
    again = client.get(url).text
    assert "There is nothing left to pay" in again
    assert "Prepare payment</button>" not in again


def test_who_is_late_is_told_and_lent_nothing(client: Visitor, made: Maker) -> None:
    def late(world: World) -> tuple[str, dict[str, str]]:
        world.lent(Advance(AdvanceKind.TRAVEL, date(2026, 6, 1)))
        return seen(world.approved())

    url, form = made(late)
    client.sign_in("anong")
    page = client.get(url).text
    assert "has not cleared the advance" in page
    refused = client.post(url, data=form | {"terms": "work"})
    assert (refused.status_code, "still holds the advance" in refused.text) == (422, True)
    assert client.post(url, data=form | {"terms": "given"}).status_code == 303
    assert "Late" in client.get("/en/treasury/advances").text


def test_who_asked_files_what_was_spent(client: Visitor, made: Maker) -> None:
    payment_id = made(lent)
    request_id = kept(payment_id).fund_request_id
    client.sign_in("malee")
    assert "What was bought" in client.get(f"/en/office/requests/{request_id}/receipts").text
    url = f"/en/office/payments/{payment_id}/vouchers"

    def filed(**wrong: str) -> int:
        paper = {"file": (BytesIO(png()), "a.png")}
        return client.post(url, data=VOUCHER | paper | wrong).status_code

    assert {filed(amount=wrong) for wrong in ("0", "", "a lot")} == {422}
    assert {filed(item=""), filed(spent_on="")} == {422}
    assert filed() == 303
    assert ITEM in client.get(f"/en/office/requests/{request_id}/receipts").text


def test_an_advance_is_cleared_by_the_vouchers_that_are_ticked(
    client: Visitor, made: Maker
) -> None:
    def spent(world: World) -> tuple[int, int, int]:
        payment = world.lent(WORK)
        pick = voucher(world, payment, payment.amount)
        return payment.id, payment.fund_request_id, pick

    payment_id, request_id, pick = made(spent)
    client.sign_in("phailin")
    assert "1,500" in client.get("/en/treasury/advances").text
    url = f"/en/treasury/payments/{payment_id}/advance"
    assert ITEM in client.get(url).text
    form = {"seen_version": str(kept(payment_id).version)}
    for picks in ([], ["0"], ["x"]):
        refused = client.post(url, data=form | {"pick": picks})
        assert (refused.status_code, kept(payment_id).cleared_at) == (422, None)
    assert client.post(url, data=form | {"pick": str(pick)}).status_code == 303
    assert "Cleared" in client.get(url).text
    assert "No advance waits" in client.get("/en/treasury/advances").text
    public = client.get(f"/en/requests/{reference(request_id)}").text
    assert ITEM not in public


def reference(request_id: int) -> str:
    with Session(db.engine) as session:
        return session.get_one(FundRequest, request_id).reference or ""


def test_the_pages_of_an_advance_say_who_can(client: Visitor, made: Maker) -> None:
    payment_id = made(lent)
    client.sign_in("prasit")
    page = client.get(f"/en/treasury/payments/{payment_id}/advance").text
    assert "needs another treasurer" in page
    assert "No voucher is filed yet" in page


def test_the_pay_sheet_has_a_code_for_each_promptpay_payment(client: Visitor, made: Maker) -> None:
    def released(world: World) -> None:
        world.released(payment=world.prepared(world.approved(answer=BY_PHONE)))
        world.released(payment=world.prepared(channel=Channel.CASH))

    client.sign_in("anong")
    assert "Nothing waits to be paid in cash" in client.get("/en/treasury/pay-sheet").text
    made(released)
    page = client.get("/en/treasury/pay-sheet").text
    assert "PromptPay code of payment RYG-2570-P000001" in page
    assert "0812345678" in page
    assert "Hand it over against a signed receipt" in page


@pytest.mark.parametrize("name", ["chair5", "malee", "wipa"])
def test_none_but_treasurers_see_where_money_goes(client: Visitor, made: Maker, name: str) -> None:
    payment_id = made(lent)
    client.sign_in(name)
    for path in ("advances", "pay-sheet", f"payments/{payment_id}/advance"):
        assert client.get(f"/treasury/{path}").status_code == 403
