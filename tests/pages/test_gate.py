from __future__ import annotations

from http import HTTPStatus

import pytest
from sqlalchemy import text
from sqlalchemy import update

from portal.clock import now
from portal.db import db
from portal.db import writing
from portal.people.models import Person
from portal.people.passwords import set_password
from tests.conftest import PASSWORD
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.conftest import owners


def test_each_role_lands_where_its_work_waits(client: Visitor) -> None:
    for username, place in (("malee", "/office/"), ("anong", "/treasury/")):
        answer = client.post("/sign-in", data={"username": username, "password": PASSWORD})
        assert (answer.status_code, answer.location) == (303, place)


@pytest.mark.parametrize(
    ("username", "password", "status"),
    [
        ("malee", "wrong", 403),
        ("nobody", PASSWORD, 403),
        ("malee", "", 422),
        ("", "", 422),
    ],
)
def test_a_wrong_sign_in_is_refused_without_saying_what_is_wrong(
    client: Visitor, username: str, password: str, status: int
) -> None:
    answer = client.post("/en/sign-in", data={"username": username, "password": password})
    assert answer.status_code == status
    assert ("The username or the password is not right" in answer.text) == (status == 403)
    assert client.get("/office/").status_code == 302


def test_who_is_not_signed_in_is_led_to_the_gate_and_back(client: Visitor) -> None:
    answer = client.get("/en/office/requests?state=draft")
    assert answer.status_code == 302
    page = client.get(answer.location)
    assert page.status_code == 200
    answer = client.post(
        "/en/sign-in",
        data={
            "username": "malee",
            "password": PASSWORD,
            "next": "/office/requests?state=draft",
        },
    )
    assert answer.location == "/en/office/requests?state=draft"


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        # Browsers, and our own redirect, leave these characters out.
        "/\t/evil.example",
        "/\n/evil.example",
    ],
)
def test_the_gate_leads_nowhere_else(client: Visitor, wanted: str) -> None:
    data = {"username": "malee", "password": PASSWORD, "next": wanted}
    assert client.post("/sign-in", data=data).location == "/office/"


def test_signing_out_ends_the_session(client: Visitor) -> None:
    client.sign_in("malee")
    assert client.get("/office/").status_code == 200
    assert client.post("/sign-out").location == "/"
    assert client.get("/office/").status_code == 302


def test_a_new_password_ends_every_session(portal: Portal, client: Visitor) -> None:
    client.sign_in("malee")
    with writing(db.engine, portal.install.session_info()) as session:
        set_password(session, "malee", "quite another one", at=now())
    assert client.get("/office/").status_code == 302


def test_who_was_made_inactive_is_out_at_once(portal: Portal, client: Visitor) -> None:
    client.sign_in("malee")
    with writing(db.engine, portal.install.session_info()) as session:
        session.execute(update(Person).where(Person.username == "malee").values(is_active=False))
    assert client.get("/office/").status_code == 302
    answer = client.post("/sign-in", data={"username": "malee", "password": PASSWORD})
    assert answer.status_code == 403


def test_a_form_without_its_token_does_nothing(portal: Portal, client: Visitor) -> None:
    portal.app.config["WTF_CSRF_ENABLED"] = True
    answer = client.post("/sign-in", data={"username": "malee", "password": PASSWORD})
    assert answer.status_code in {400, 422}
    assert client.get("/office/").status_code == 302


def test_a_sign_that_no_database_keeps_is_refused_with_a_sentence(client: Visitor) -> None:
    asked = {"username": "malee\0", "password": "x"}
    answers = [
        client.post("/en/sign-in", data=asked),
        client.get("/en/requests/RYG%00"),
        client.get("/en/log?before=%00"),
    ]
    client.sign_in("malee")
    answers.append(client.get("/en/office/requests?text=%00"))
    for answer in answers:
        assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert "cannot be kept" in answer.text


def test_a_number_that_no_row_has_is_no_page(client: Visitor) -> None:
    client.sign_in("anong")
    for address in ("/office/requests", "/office/import", "/treasury/payments"):
        for number in (2**31, 10**30):
            assert client.get(f"{address}/{number}").status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    ("sent_from", "is_ours"),
    [
        ("http://localhost/requests?q=x", True),
        ("https://localhost/requests?q=x", True),
        ("https://evil.example/requests?q=x", False),
    ],
)
def test_an_error_leads_back_to_the_page_of_ours_before_it(
    client: Visitor, sent_from: str, *, is_ours: bool
) -> None:
    page = client.get("/en/nowhere", headers={"Referer": sent_from})
    assert (page.status_code, "Go back" in page.text) == (404, is_ours)
    assert ('href="/requests?q=x"' in page.text) is is_ours


def test_the_way_back_leads_to_no_other_host(client: Visitor) -> None:
    page = client.get("/en/nowhere", headers={"Referer": "https://localhost//evil.example/"})
    assert 'href="/evil.example/"' in page.text


def test_after_an_error_of_the_database_the_page_still_says_so(
    portal: Portal, client: Visitor
) -> None:
    # As an administrator would see it on a bad day: a table is gone while pages are asked for.
    with owners().begin() as connection:
        connection.execute(text("ALTER TABLE published_request RENAME TO elsewhere"))
    portal.app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = client.get("/en/requests")
    with owners().begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO published_request"))
    assert answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert "The portal" in answer.text or "Rayong" in answer.text
