"""Receipts: filing them, seeing them, and chasing those that are missing."""

from __future__ import annotations

import re
from io import BytesIO

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.db import db
from portal.erasure import erase
from portal.funds.models import FundRequest
from portal.funds.queries import HOME_LENGTH
from portal.funds.rules import State
from portal.payments.models import Payment
from portal.payments.models import Receipt
from tests import hostile
from tests.conftest import Maker
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.world import NOON
from tests.world import SECRETS
from tests.world import World

LINK = re.compile(r'<a class="paper-link" href="([^"]+)"')


def by_the_finder(world: World) -> tuple[int, int]:
    """A payment that arrived, of what a finder asked for; its request and itself."""
    asked = world.approve(world.submitted(by=world.finder), world.somchai)
    payment = world.confirmed(fund_request=asked)
    return asked.id, payment.id


def file(
    client: Visitor, payment_id: int, content: bytes, *, kind: str = "slip", language: str = "/en"
) -> TestResponse:
    data = {"kind": kind, "file": (BytesIO(content), "ใบเสร็จ.jpg")}
    return client.post(f"{language}/office/payments/{payment_id}/receipts", data=data)


def state_of(request_id: int) -> State:
    with Session(db.engine) as session:
        return session.get_one(FundRequest, request_id).state


def receipts() -> int:
    with Session(db.engine) as session:
        return len(session.scalars(select(Receipt)).all())


def test_a_finder_files_a_photo_and_the_request_is_closed(client: Visitor, made: Maker) -> None:
    request_id, payment_id = made(by_the_finder)
    client.sign_in("finder1")
    home = client.get("/en/office/").text
    assert f"/en/office/requests/{request_id}/receipts" in home
    assert "Receipts missing" in home
    page = client.get(f"/en/office/requests/{request_id}").text
    assert "File the receipts" in page
    url = f"/en/office/requests/{request_id}/receipts"
    page = client.get(url).text
    assert "The receipt is missing" in page
    answer = file(client, payment_id, hostile.phone_jpeg())
    assert (answer.status_code, answer.location) == (303, url)
    assert state_of(request_id) is State.CLOSED
    page = client.get(url).text
    assert "The receipt is filed." in page
    assert "The receipt is missing" not in page
    assert "File another receipt" in page
    assert "Receipts missing" not in client.get("/en/office/").text


def test_a_photo_of_a_receipt_is_cleaned_and_given_out_apart(client: Visitor, made: Maker) -> None:
    request_id, payment_id = made(by_the_finder)
    client.sign_in("finder1")
    file(client, payment_id, hostile.phone_jpeg())
    found = LINK.search(client.get(f"/en/office/requests/{request_id}/receipts").text)
    assert found is not None
    picture = client.get(found[1])
    assert (picture.status_code, picture.mimetype) == (200, "image/jpeg")
    assert hostile.TELLTALE not in picture.data
    assert picture.headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
    assert picture.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    name = "RYG-2570-P000001-slip-1.jpg"
    assert picture.headers["Content-Disposition"] == f"inline; filename={name}"


def test_what_cannot_be_filed_says_why_at_its_payment(client: Visitor, made: Maker) -> None:
    request_id, payment_id = made(by_the_finder)
    client.sign_in("finder1")
    for answer, words in (
        (file(client, payment_id, hostile.png(), kind=""), "#kind-1"),
        (file(client, payment_id, hostile.png(), kind="poem"), "#kind-1"),
        (file(client, payment_id, b"PK\x03\x04 a workbook"), "#file-1"),
        (client.post(f"/en/office/payments/{payment_id}/receipts"), "Choose a file first."),
    ):
        assert answer.status_code == 422
        assert words in answer.text
        assert "Please mend this first" in answer.text
    assert (receipts(), state_of(request_id)) == (0, State.APPROVED)
    assert file(client, payment_id, hostile.png()).status_code == 303
    again = file(client, payment_id, hostile.png())
    assert (again.status_code, "is filed as a receipt" in again.text) == (422, True)
    assert receipts() == 1


def test_who_decided_does_not_file_and_strangers_see_nothing(client: Visitor, made: Maker) -> None:
    request_id, payment_id = made(by_the_finder)
    client.sign_in("chair5")
    page = client.get(f"/en/office/requests/{request_id}/receipts").text
    assert ('name="file"' in page, "not-yours" in page) == (False, True)
    assert file(client, payment_id, hostile.png()).status_code == 409
    client.sign_in("wipa")
    assert file(client, payment_id, hostile.png()).status_code == 403
    client.sign_in("finder2")
    assert client.get(f"/office/requests/{request_id}/receipts").status_code == 404
    assert file(client, payment_id, hostile.png()).status_code == 404
    assert file(client, 999, hostile.png()).status_code == 404
    assert receipts() == 0


def test_a_receipt_is_given_to_those_who_may_see_its_request(client: Visitor, made: Maker) -> None:
    def filed(world: World) -> int:
        world.receipted(world.confirmed())
        return world.session.scalars(select(Receipt.id)).one()

    receipt_id = made(filed)
    expected = {"malee": 200, "anong": 200, "chair5": 200, "wipa": 200, "chair2": 404}
    for username, status in (expected | {"finder1": 404, "admin": 404}).items():
        client.sign_in(username)
        answer = client.get(f"/office/receipts/{receipt_id}")
        assert (username, answer.status_code) == (username, status)
    client.sign_in("malee")
    assert client.get("/office/receipts/999").status_code == 404
    paper = client.get(f"/office/receipts/{receipt_id}")
    assert paper.data == b"%PDF signed"
    assert paper.headers["Content-Disposition"].startswith("attachment; filename=RYG-2570-P")


def test_a_request_without_a_confirmed_payment_has_no_receipts(
    client: Visitor, made: Maker
) -> None:
    request_id = made(lambda world: world.sent().fund_request_id)
    client.sign_in("malee")
    page = client.get(f"/en/office/requests/{request_id}/receipts").text
    assert "There is nothing to show by a receipt yet." in page


def test_an_erased_persons_receipt_is_erased(client: Visitor, made: Maker, portal: Portal) -> None:
    def filed(world: World) -> tuple[int, str]:
        payment = world.receipted(world.confirmed())
        fund_request = world.session.get_one(FundRequest, payment.fund_request_id)
        return fund_request.id, str(fund_request.reference)

    request_id, reference = made(filed)
    with portal.app.app_context():
        erase(portal.install, reference, ticket="PDPA-1", at=NOON)
    client.sign_in("malee")
    page = client.get(f"/en/office/requests/{request_id}/receipts").text
    assert ("Erased" in page, LINK.search(page)) == (True, None)
    assert client.get("/office/receipts/1").status_code == 404


def test_missing_receipts_are_listed_where_each_may_see_them(client: Visitor, made: Maker) -> None:
    def paid(world: World) -> None:
        by_the_finder(world)
        world.confirmed("KTB0002")
        world.receipted(world.confirmed("KTB0003"))

    made(paid)
    lists = {"malee": 2, "anong": 2, "wipa": 2, "finder1": 1, "finder2": 0, "chair2": 0}
    for username, count in lists.items():
        client.sign_in(username)
        page = client.get("/en/office/receipts").text
        found = len(set(re.findall(r"RYG-2570-P0[0-9]+", page)))
        assert (username, found, "No receipt is missing." in page) == (username, count, not count)
        csv = client.get("/office/receipts.csv").text
        assert (username, csv.count("RYG-2570-P")) == (username, count)
    client.sign_in("anong")
    queue = client.get("/en/treasury/").text
    assert "Receipts missing" in queue
    assert queue.count('/receipts"') >= 2
    csv = client.get("/treasury/payments.csv").text
    assert "came_back_baht" in csv


def test_the_treasury_shows_the_first_receipts_missing(client: Visitor, made: Maker) -> None:
    def paid(world: World) -> None:
        for number in range(HOME_LENGTH + 1):
            world.confirmed(f"KTB{number}")

    made(paid)
    client.sign_in("anong")
    queue = client.get("/en/treasury/").text
    assert len(re.findall(r"/requests/[0-9]+/receipts", queue)) == HOME_LENGTH
    assert "All missing receipts" in queue
    assert client.get("/office/receipts.csv").text.count("RYG-2570-P") == HOME_LENGTH + 1


def test_the_public_reads_how_many_receipts_are_missing(
    client: Visitor, made: Maker, portal: Portal
) -> None:
    payment_id = made(lambda world: world.confirmed().id)
    portal.install.publish(db.engine)
    page = client.get("/en/").text
    assert re.search(r"Receipts missing</dt>\s*<dd><span class=\"amount\">1<", page)
    assert "the oldest was paid on" in page
    page = client.get("/en/requests/RYG-2570-000001").text
    assert "File the receipts" in page

    def receipted(world: World) -> None:
        world.receipted(world.session.get_one(Payment, payment_id))

    made(receipted)
    portal.install.publish(db.engine)
    page = client.get("/en/").text
    assert re.search(r"Receipts missing</dt>\s*<dd><span class=\"amount\">0<", page)
    page = client.get("/en/requests/RYG-2570-000001").text
    assert ("File the receipts" in page, "Receipt filed" in page) == (False, True)
    assert not [secret for secret in SECRETS if secret in page]
