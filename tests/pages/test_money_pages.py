from __future__ import annotations

import pytest
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import db
from portal.funds.models import Donation
from tests.conftest import Visitor
from tests.planned import confirmed
from tests.planned import shown

GIFT = {
    "fund": "GEN",
    "amount": "12,000 บาท",
    "received_on": "20/11/2569",
    "donor": "ผู้ให้ ใจดี",
    "reference": "",
}
SHARE = {"fund": "GEN", "subcommittee": "SC5", "amount": "1,000", "fiscal_year": "2570"}
DONATION, ALLOCATION = "/en/office/money-in/donations/new", "/en/office/money-in/allocations/new"


def test_a_donation_is_shown_and_then_booked(client: Visitor) -> None:
    client.sign_in("malee")
    assert client.get(DONATION).status_code == 200
    page = shown(client, DONATION, GIFT)
    assert ("12,000 baht" in page, "the next number" in page) == (True, True)
    assert confirmed(client, DONATION, GIFT).status_code == 303
    page = client.get("/en/office/money-in").text
    assert "-D000001" in page
    assert "ผู้ให้ ใจดี" in page
    given = {**GIFT, "reference": "BANK-77"}
    assert confirmed(client, DONATION, given).status_code == 303
    again = client.post(DONATION, data=given)
    assert (again.status_code, "BANK-77 already" in again.text) == (422, True)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"amount": "0"}, "more than zero"),
        ({"amount": "much"}, "Write the amount"),
        ({"received_on": "20/11/2599"}, "lies in the future"),
        ({"donor": ""}, "Write who gave it."),
        ({"fund": "NONE"}, "Choose one of the list."),
        ({"reference": "no. 7"}, "Capital letters"),
    ],
)
def test_a_donation_that_cannot_be_is_refused(
    client: Visitor, wrong: dict[str, str], sentence: str
) -> None:
    client.sign_in("malee")
    answer = client.post(DONATION, data={**GIFT, **wrong})
    assert (answer.status_code, sentence in answer.text) == (422, True)
    with Session(db.engine) as session:
        assert session.scalar(select(func.count()).where(Donation.reference == "no. 7")) == 0


def test_money_is_allocated_after_it_was_shown(client: Visitor) -> None:
    client.sign_in("malee")
    assert client.get(ALLOCATION).status_code == 200
    assert "The fund keeps" in shown(client, ALLOCATION, SHARE)
    assert confirmed(client, ALLOCATION, SHARE).status_code == 303
    too_much = client.post(ALLOCATION, data={**SHARE, "amount": "999,999,999"})
    assert (too_much.status_code, "GEN" in too_much.text) == (422, True)
    odd = client.post(ALLOCATION, data={**SHARE, "fiscal_year": "2026"})
    assert (odd.status_code, "Buddhist era" in odd.text) == (422, True)


def test_money_is_no_task_of_others(client: Visitor) -> None:
    for username in ("admin", "anong", "chair5", "wipa", "finder1"):
        client.sign_in(username)
        for path in ("/office/money-in", DONATION, ALLOCATION):
            assert client.get(path).status_code == 403
        client.post("/sign-out")
