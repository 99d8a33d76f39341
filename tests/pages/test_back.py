"""Money that comes back, and the rest that is set free, on the treasury's pages and in public."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.charts import Tone
from portal.db import db
from portal.funds.models import FundRequest
from portal.funds.rules import State
from portal.money import Money
from portal.payments.models import Payment
from portal.payments.returning import Back
from portal.payments.returning import refund_payment
from portal.payments.returning import release_rest
from portal.payments.returning import return_payment
from portal.payments.rules import PaymentState
from tests.conftest import Maker
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.world import NOON
from tests.world import SECRETS
from tests.world import World

NOTE = SECRETS[4]


def newest() -> Payment:
    with Session(db.engine, expire_on_commit=False) as session:
        return session.scalars(select(Payment).order_by(Payment.id.desc()).limit(1)).one()


def request_now() -> FundRequest:
    with Session(db.engine, expire_on_commit=False) as session:
        return session.get_one(FundRequest, newest().fund_request_id)


def form(kind: str, **fields: str) -> dict[str, str]:
    filled = {"seen_version": str(newest().version), "note": NOTE} | fields
    return {f"{kind}-{name}": value for name, value in filled.items()}


def page_of(client: Visitor) -> str:
    return client.get(f"/en/treasury/payments/{newest().id}").text


def test_the_bank_sends_a_payment_back_and_it_is_paid_again(client: Visitor, made: Maker) -> None:
    made(lambda world: world.sent().id)
    client.sign_in("phailin")
    page = page_of(client)
    assert "The bank sent money back" in page
    assert "gave money back" not in page
    # It comes back whole: that is filled in.
    assert re.search(r'name="return-amount"[^>]*value="1,500"', page)
    url = f"/en/treasury/payments/{newest().id}/return"
    answer = client.post(url, data=form("return", amount="1500", fee="10"))
    assert (answer.status_code, newest().state) == (303, PaymentState.RETURNED)
    page = client.get(answer.location).text
    for words in (
        "It is noted what came back.",
        "Sent back",
        "Came back",
        "Kept by the bank",
        "1,500 baht; the bank kept 10 baht of it",
        NOTE,
        "1,490 baht of the request are in no payment.",
    ):
        assert words in page
    assert "Returned for correction" not in page
    seen = {"seen_version": str(newest().version), "bank_reference": "KTB-1"}
    refused = client.post(f"/en/treasury/payments/{newest().id}/confirm", data=seen)
    assert (refused.status_code, "it is Sent back now" in refused.text) == (409, True)
    pick = f"{newest().fund_request_id}-{request_now().version}"
    assert client.post("/treasury/prepare", data={"pick": pick}).status_code == 200
    assert (newest().instalment, newest().amount) == (2, Money(149_000))
    # Each payment tells its own story.
    assert "the bank kept" not in page_of(client)


def test_who_received_money_gives_a_part_of_it_back(client: Visitor, made: Maker) -> None:
    made(lambda world: world.confirmed().id)
    client.sign_in("phailin")
    assert "The receipt is missing" in page_of(client)
    url = f"/en/treasury/payments/{newest().id}/refund"
    answer = client.post(url, data=form("refund", amount="200"))
    assert (answer.status_code, newest().state) == (303, PaymentState.CONFIRMED)
    page = client.get(answer.location).text
    assert "Stayed with the payee" in page
    assert "Money was given back" in page
    assert "200 baht" in page


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        ("return", {"amount": ""}, "Write the amount"),
        ("return", {"amount": "much"}, "Write the amount"),
        ("return", {"amount": "100", "fee": "little"}, "Write the amount"),
        ("return", {"amount": "100", "note": ""}, "Say why it came back"),
        ("return", {"amount": "1501"}, "Between 0.01 and 1,500 baht"),
        ("return", {"amount": "100", "fee": "101"}, "at most 100 baht"),
        ("refund", {"amount": "1501"}, "Between 0.01 and 1,500 baht"),
        ("refund", {"amount": "100", "note": ""}, "Say why it came back"),
    ],
)
def test_a_form_about_what_came_back_says_what_to_mend(
    client: Visitor, made: Maker, kind: str, fields: dict[str, str], words: str
) -> None:
    made(lambda world: world.confirmed().id)
    client.sign_in("phailin")
    url = f"/en/treasury/payments/{newest().id}/{kind}"
    answer = client.post(url, data=form(kind, **fields))
    assert (answer.status_code, words in answer.text) == (422, True)
    assert "Please mend this first" in answer.text
    assert newest().returned == Money(0)


def test_what_the_bank_has_not_confirmed_does_not_come_back_in_part(
    client: Visitor, made: Maker
) -> None:
    made(lambda world: world.sent().id)
    client.sign_in("phailin")
    url = f"/en/treasury/payments/{newest().id}/return"
    answer = client.post(url, data=form("return", amount="100"))
    assert (answer.status_code, "it comes back whole" in answer.text) == (422, True)


def test_who_released_a_payment_sees_who_else_notes_what_came_back(
    client: Visitor, made: Maker
) -> None:
    made(lambda world: world.confirmed().id)
    client.sign_in("prasit")
    page = page_of(client)
    assert "return-amount" not in page
    refused = page[page.index("Note what the bank sent back") :]
    assert "needs another treasurer" in refused
    assert "Who can:" in refused
    url = f"/treasury/payments/{newest().id}/return"
    assert client.post(url, data=form("return", amount="100")).status_code == 409
    old = form("return", amount="100") | {"return-seen_version": "1"}
    client.sign_in("phailin")
    assert client.post(url, data=old).status_code == 409
    assert newest().returned == Money(0)


def test_what_was_cancelled_or_not_sent_cannot_come_back(client: Visitor, made: Maker) -> None:
    made(lambda world: world.released().id)
    client.sign_in("phailin")
    assert "sent money back" not in page_of(client)
    url = f"/treasury/payments/{newest().id}/return"
    answer = client.post(url, data=form("return", amount="1500"))
    assert (answer.status_code, newest().state) == (409, PaymentState.RELEASED)


def came_back(world: World) -> int:
    payment = world.sent()
    back = Back(payment.amount, NOTE, Money(1_000))
    return_payment(
        world.session, payment.id, back, seen_version=payment.version, by=world.phailin, at=NOON
    )
    return payment.fund_request_id


def test_the_rest_is_set_free_and_the_request_is_closed(client: Visitor, made: Maker) -> None:
    request_id = made(came_back)
    client.sign_in("anong")
    assert (
        f"/treasury/requests/{request_id}/rest" in client.get(f"/office/requests/{request_id}").text
    )
    url = f"/en/treasury/requests/{request_id}/rest"
    page = client.get(url).text
    for words in ("1,490 baht will not be paid.", "The bank kept 10 baht of it."):
        assert words in page
    seen = {"seen_version": str(request_now().version)}
    answer = client.post(url, data=seen)
    assert (answer.status_code, "Say why it is not paid" in answer.text) == (422, True)
    answer = client.post(url, data=seen | {"note": NOTE})
    assert (answer.status_code, request_now().state) == (303, State.CLOSED)
    page = client.get(answer.location).text
    for words in ("The rest is free again.", "The rest was set free", "Closed"):
        assert words in page
    assert client.post(url, data=seen | {"note": NOTE}).status_code == 409
    page = client.get(url).text
    assert ("will not be paid" in page, "is not possible: it is Closed now" in page) == (
        False,
        True,
    )


def test_where_nothing_is_left_nothing_is_set_free(client: Visitor, made: Maker) -> None:
    request_id = made(lambda world: world.confirmed().fund_request_id)
    client.sign_in("anong")
    page = client.get(f"/en/treasury/requests/{request_id}/rest").text
    assert "there is nothing to set free" in page
    assert (
        f"/treasury/requests/{request_id}/rest"
        not in client.get(f"/office/requests/{request_id}").text
    )
    assert client.get("/treasury/requests/999/rest").status_code == 404


def told_in_public(world: World) -> str:
    """A request of which a part came back, the rest was set free, and all is receipted."""
    session, payment, by = world.session, world.confirmed(), world.phailin
    world.receipted(payment)
    back = Back(Money(20_000), NOTE, Money(1_000))
    return_payment(session, payment.id, back, seen_version=payment.version, by=by, at=NOON)
    back = Back(Money(5_000), NOTE)
    refund_payment(session, payment.id, back, seen_version=payment.version, by=by, at=NOON)
    fund_request = session.get_one(FundRequest, payment.fund_request_id)
    version = fund_request.version
    release_rest(session, fund_request.id, note=NOTE, seen_version=version, by=by, at=NOON)
    assert fund_request.state is State.CLOSED
    return str(fund_request.reference)


def test_the_public_reads_what_came_back_and_nothing_private(
    client: Visitor, made: Maker, portal: Portal
) -> None:
    reference = made(told_in_public)
    portal.install.publish(db.engine)
    page = re.sub("<[^>]*>", "", client.get(f"/en/requests/{reference}").text)
    for words in (
        "Money came back from the bank",
        "200 baht of payment RYG-2570-P000001; the bank kept 10 baht of it",
        "Money was given back",
        "50 baht of payment RYG-2570-P000001",
        "Receipt signed by who received the money, for payment RYG-2570-P000001",
        "240 baht will not be paid, and are free again for the subcommittee.",
        "1,250 baht arrived, and every payment has its receipt.",
        "Came back",
        "Kept by the bank",
    ):
        assert words in page
    thai = client.get(f"/requests/{reference}").text
    for words in ("ได้รับเงินคืนจากธนาคาร", "คืนเงินที่เหลือเข้าวงเงินแล้ว", "ปิดเรื่องแล้ว"):
        assert words in thai
    assert not [secret for secret in SECRETS if secret in page + thai]


def test_the_shares_of_the_front_page_add_up_where_the_bank_kept_something(
    client: Visitor, made: Maker, portal: Portal
) -> None:
    made(told_in_public)
    made(lambda world: world.prepared().id)
    portal.install.publish(db.engine)
    page = client.get("/en/").text

    def figure(words: str) -> Money:
        found = re.search(rf"</span>{words}</dt>\s*<dd><span class=\"amount\">([0-9,.]+)<", page)
        assert found is not None, words
        return Money.parse(found[1])

    received = re.search(r"<dt>Received</dt>\s*<dd><span class=\"amount\">([0-9,.]+)<", page)
    assert received is not None
    assert figure("Kept by the bank") == Money(1_000)
    shares = [figure(words) for words in ("Paid out", "Committed", "Kept by the bank", "Left")]
    assert sum(share.satang for share in shares) == Money.parse(received[1]).satang
    assert "250 baht that had arrived came back" in page
    assert page.count(f"swatch-{Tone.LOST}") == 1


def test_a_request_of_which_nothing_was_paid_says_so_in_public(
    client: Visitor, made: Maker, portal: Portal
) -> None:
    def closed(world: World) -> str:
        fund_request = world.session.get_one(FundRequest, came_back(world))
        release_rest(
            world.session,
            fund_request.id,
            note=NOTE,
            seen_version=fund_request.version,
            by=world.anong,
            at=NOON,
        )
        return str(fund_request.reference)

    reference = made(closed)
    portal.install.publish(db.engine)
    page = client.get(f"/en/requests/{reference}").text
    assert ("Nothing was paid." in page, "nothing was paid" in page) == (True, True)
    client.sign_in("malee")
    page = client.get(f"/en/office/requests/{newest().fund_request_id}").text
    assert 'class="step-stopped"' in page
