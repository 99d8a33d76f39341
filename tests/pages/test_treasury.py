from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import db
from portal.funds.models import FundRequest
from portal.payments.models import Payment
from portal.payments.rules import PaymentState
from tests.conftest import PASSWORD
from tests.conftest import Maker
from tests.conftest import Visitor
from tests.world import SECRETS


def newest() -> Payment:
    with Session(db.engine, expire_on_commit=False) as session:
        return session.scalars(select(Payment).order_by(Payment.id.desc()).limit(1)).one()


def seen() -> dict[str, str]:
    """What each step sends; the password only where money is let go."""
    return {"seen_version": str(newest().version), "password": PASSWORD}


def test_money_is_paid_by_two_treasurers_step_by_step(client: Visitor, made: Maker) -> None:
    request_id, version = made(lambda world: pick(world.approved()))
    client.sign_in("anong")
    queue = client.get("/en/treasury/")
    assert (queue.status_code, SECRETS[0] in queue.text) == (200, True)
    answer = client.post("/treasury/prepare", data={"pick": f"{request_id}-{version}"})
    assert answer.status_code == 200
    payment = newest()
    assert payment.state is PaymentState.PREPARED
    page = client.get(f"/en/treasury/payments/{payment.id}")
    assert "another treasurer" in page.text
    refused = client.post(f"/treasury/payments/{payment.id}/release", data=seen())
    assert (refused.status_code, newest().state) == (409, PaymentState.PREPARED)
    client.sign_in("prasit")
    for step, state in (("release", PaymentState.RELEASED), ("send", PaymentState.SENT)):
        answer = client.post(f"/treasury/payments/{payment.id}/{step}", data=seen())
        assert (answer.status_code, newest().state) == (303, state)
    client.sign_in("phailin")
    url = f"/treasury/payments/{payment.id}/confirm"
    assert client.post(url, data=seen()).status_code == 422
    answer = client.post(url, data=seen() | {"bank_reference": "KTB-1"})
    assert (answer.status_code, newest().state) == (303, PaymentState.CONFIRMED)
    assert "KTB-1" in client.get(answer.location).text


def pick(fund_request: FundRequest) -> tuple[int, int]:
    return fund_request.id, fund_request.version


def test_a_second_click_does_nothing_twice(client: Visitor, made: Maker) -> None:
    made(lambda world: world.released())
    client.sign_in("prasit")
    form = seen()
    url = f"/treasury/payments/{newest().id}/send"
    assert client.post(url, data=form).status_code == 303
    assert client.post(url, data=form).status_code == 409
    assert newest().state is PaymentState.SENT


def test_preparing_tells_each_outcome(client: Visitor, made: Maker) -> None:
    request_id, version = made(lambda world: pick(world.approved()))
    client.sign_in("anong")
    data = {"pick": [f"{request_id}-{version}", f"{request_id}-{version}", "999-1"]}
    page = client.post("/en/treasury/prepare", data=data)
    assert "RYG-2570-P000001" in page.text
    assert "There is no such request" in page.text
    assert client.post("/treasury/prepare", data={}).status_code == 422


@pytest.mark.parametrize(
    ("terms", "ends_on", "status"),
    [
        ("given", "", 303),
        ("work", "", 303),
        ("travel", "30/11/2569", 303),
        ("travel", "", 422),
        ("travel", "someday", 422),
    ],
)
def test_only_a_journey_needs_its_last_day(
    client: Visitor, made: Maker, terms: str, ends_on: str, status: int
) -> None:
    request_id, version = made(lambda world: pick(world.approved()))
    client.sign_in("anong")
    form = {"seen_version": version, "channel": "transfer", "terms": terms, "ends_on": ends_on}
    answer = client.post(f"/en/treasury/requests/{request_id}/prepare", data=form)
    assert answer.status_code == status
    told = ("Write the date like 22/11/2569.", "Write the last day of the journey.")
    assert sum(each in answer.text for each in told) == (status == 422)


def test_a_step_without_the_version_it_saw_moves_nothing(client: Visitor, made: Maker) -> None:
    made(lambda world: world.prepared())
    client.sign_in("prasit")
    for step, status in (("release", 422), ("send", 303)):
        answer = client.post(f"/treasury/payments/{newest().id}/{step}", data={})
        assert (answer.status_code, newest().state) == (status, PaymentState.PREPARED)


@pytest.mark.parametrize("password", ["", "another password"])
def test_money_is_let_go_with_the_password_once_more(
    client: Visitor, made: Maker, password: str
) -> None:
    made(lambda world: world.prepared())
    client.sign_in("prasit")
    url = f"/en/treasury/payments/{newest().id}/release"
    answer = client.post(url, data=seen() | {"password": password})
    assert (answer.status_code, newest().state) == (422, PaymentState.PREPARED)
    assert ("This is not your password." if password else "Write your password.") in answer.text
    assert client.post(url, data=seen()).status_code == 303


def test_a_payment_is_cancelled_with_its_reason(client: Visitor, made: Maker) -> None:
    made(lambda world: world.prepared())
    client.sign_in("anong")
    url = f"/treasury/payments/{newest().id}/void"
    assert client.post(url, data=seen()).status_code == 422
    assert client.post(url, data=seen() | {"note": "ผิดบัญชี"}).status_code == 303
    assert newest().state is PaymentState.VOIDED


def test_a_bank_reference_is_used_once(client: Visitor, made: Maker) -> None:
    made(lambda world: world.confirmed("KTB-1"))
    made(lambda world: world.sent())
    client.sign_in("phailin")
    answer = client.post(
        f"/en/treasury/payments/{newest().id}/confirm",
        data=seen() | {"bank_reference": "KTB-1"},
    )
    assert (answer.status_code, newest().state) == (422, PaymentState.SENT)


@pytest.mark.parametrize("username", ["malee", "chair5", "driving", "wipa", "finder1", "admin"])
def test_only_treasurers_enter_the_treasury(client: Visitor, made: Maker, username: str) -> None:
    made(lambda world: world.prepared())
    client.sign_in(username)
    assert client.get("/treasury/").status_code == 403
    url = f"/treasury/payments/{newest().id}/release"
    assert client.post(url, data=seen()).status_code == 403
    assert newest().state is PaymentState.PREPARED


def test_nobody_enters_unknown(client: Visitor) -> None:
    assert client.get("/treasury/").status_code == 302
    client.sign_in("anong")
    assert client.get("/treasury/payments/999").status_code == 404
    assert client.post("/treasury/payments/999/send", data={"seen_version": 1}).status_code == 404
