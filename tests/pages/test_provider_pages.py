"""Signing in by who vouches for people: bound, there and back, refused, undone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.clock import now
from portal.db import db
from portal.people.models import Person
from portal.security import POLICY
from tests.conftest import Maker
from tests.conftest import Portal
from tests.conftest import Told
from tests.conftest import Visitor
from tests.factors import app_of
from tests.factors import carried
from tests.factors import later
from tests.factors import type_password
from tests.pages.test_journal import events
from tests.pages.test_journal import number
from tests.provider import Voucher
from tests.provider import provider_for
from tests.provider import vouching

BACK = "/sign-in/provider/back"
SECOND = "/sign-in/second"
LINK = re.compile(r'<a class="btn btn-primary" href="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Gate:
    """Somebody's browser, and the provider that vouches for them."""

    client: Visitor
    voucher: Voucher

    def go(self, path: str = "/sign-in/provider", wanted: str = "") -> dict[str, str]:
        """Press the button, sign in there; return what is brought back."""
        answer = self.client.post(path, data={"next": wanted})
        assert answer.status_code == HTTPStatus.OK, answer.text
        return self.voucher.approve(unescape(LINK.findall(answer.text)[0]))

    def back(self, brought: dict[str, str], root: str = "") -> TestResponse:
        return self.client.get(f"{root}{BACK}?{urlencode(brought)}")

    def sign_in(self, wanted: str = "") -> TestResponse:
        return self.back(self.go(wanted=wanted))

    def bind(self, username: str) -> None:
        """Sign in by password, bind, and sign out."""
        self.client.sign_in(username)
        answer = self.back(self.go("/factor/identity"))
        assert answer.location == "/factor/identity", answer.text
        self.client.post("/sign-out")

    @property
    def is_in(self) -> bool:
        return self.client.get("/office/").status_code == HTTPStatus.OK


@pytest.fixture
def gate(portal: Portal, client: Visitor, tmp_path: Path) -> Iterator[Gate]:
    with vouching() as voucher:
        base_url = portal.install.settings.base_url
        known = provider_for(voucher, tmp_path, at=base_url, strong="mfa")
        portal.app.extensions["provider"] = known
        yield Gate(client, voucher)


def test_without_a_provider_there_is_no_such_way(client: Visitor) -> None:
    assert "/sign-in/provider" not in client.get("/en/sign-in").text
    assert client.post("/sign-in/provider").status_code == HTTPStatus.NOT_FOUND
    assert client.get(BACK).status_code == HTTPStatus.NOT_FOUND
    client.sign_in("malee")
    assert "/factor/identity" not in client.get("/en/factor").text
    for answer in (
        client.get("/factor/identity"),
        client.post("/factor/identity"),
        client.post("/factor/identity/remove"),
    ):
        assert answer.status_code == HTTPStatus.NOT_FOUND


def test_somebody_binds_themselves_and_signs_in(gate: Gate) -> None:
    gate.client.sign_in("malee")
    assert "Sign in with ThaiD" in gate.client.get("/en/factor").text
    assert "once, now, as yourself" in gate.client.get("/en/factor/identity").text
    assert gate.back(gate.go("/factor/identity")).location == "/factor/identity"
    page = gate.client.get("/en/factor/identity").text
    assert ("Remove it" in page, "You sign out here only." in page) == (True, True)
    gate.client.post("/sign-out")
    assert "Sign in with ThaiD" in gate.client.get("/en/sign-in").text
    answer = gate.sign_in("/office/requests")
    assert (answer.status_code, answer.location) == (303, "/office/requests")
    assert gate.is_in


def test_the_page_on_the_way_says_where_it_leads(gate: Gate) -> None:
    answer = gate.client.post("/en/sign-in/provider")
    address = unescape(LINK.findall(answer.text)[0])
    host = gate.voucher.issuer.removeprefix("http://")
    assert address.startswith(f"http://{host}/authorize?")
    assert f"You leave the portal for {host}" in answer.text
    assert answer.headers["Refresh"] == f"0; url={address}"
    # Nothing more than elsewhere is let in, and nobody keeps the page.
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert answer.headers["Cache-Control"] == "no-store"


def test_who_set_out_in_english_comes_back_in_english(gate: Gate) -> None:
    gate.bind("malee")
    brought = gate.go("/en/sign-in/provider")
    answer = gate.back(brought)
    assert answer.location == f"/en{BACK}?{urlencode(brought)}"
    assert gate.client.get(answer.location).location == "/en/office/"
    assert gate.is_in


def test_a_stranger_is_told_so_and_made_nobody(gate: Gate, told: Told) -> None:
    gate.bind("malee")
    gate.voucher.subject = "somebody else"
    told()
    answer = gate.back(gate.go("/en/sign-in/provider"), "/en")
    assert (answer.status_code, "opens no account here" in answer.text) == (403, True)
    assert not gate.is_in
    [line] = told()
    assert (line["message"], line["cause"]) == ("sign_in_failed", "StrangerError")


def test_who_was_deactivated_stays_out(gate: Gate) -> None:
    gate.bind("malee")
    with Session(db.engine) as session, session.begin():
        malee = update(Person).where(Person.username == "malee")
        session.execute(malee.values(is_active=False))
    assert gate.sign_in().status_code == HTTPStatus.FORBIDDEN
    assert not gate.is_in


def test_a_second_factor_is_asked_for_here(gate: Gate, made: Maker) -> None:
    gate.bind("anong")
    app = app_of(made, "anong")
    assert gate.sign_in("/treasury/batches").location == SECOND
    assert not gate.is_in
    answer = gate.client.post(SECOND, data={"code": app.code()})
    assert answer.location == "/treasury/batches"


@pytest.mark.parametrize("claims", [{"acr": "mfa"}, {"amr": ["pwd", "mfa"]}])
def test_one_that_was_shown_there_is_not_asked_for_again(
    gate: Gate, made: Maker, claims: dict[str, object]
) -> None:
    gate.bind("anong")
    app_of(made, "anong")
    gate.voucher.claims = claims
    assert gate.sign_in().location == "/treasury/"


def test_before_anything_weighty_it_is_shown_here(gate: Gate) -> None:
    gate.bind("malee")
    gate.sign_in()
    assert gate.is_in
    for path in ("/factor", "/password", "/factor/identity"):
        assert gate.client.get(path).location.startswith("/again?"), path
    answer = gate.client.post("/factor/identity")
    assert answer.location.startswith("/again")


def test_who_is_to_be_bound_shows_first_who_they_are(gate: Gate) -> None:
    for answer in (
        gate.client.get("/factor/identity"),
        gate.client.post("/factor/identity"),
        gate.client.post("/factor/identity/remove"),
    ):
        assert answer.location == "/sign-in"
    gate.client.sign_in("malee")
    later(gate.client, minutes=6)
    assert gate.client.post("/factor/identity").location.startswith("/again")
    assert gate.voucher.asked == []


def test_who_comes_back_as_another_binds_nobody(gate: Gate) -> None:
    gate.client.sign_in("malee")
    brought = gate.go("/factor/identity")
    with carried(gate.client) as kept:
        journey = kept["journey"]
    gate.client.post("/sign-out")
    for username in ("", "anong"):
        if username:
            gate.client.sign_in(username)
        with carried(gate.client) as kept:
            kept["journey"] = journey
        assert gate.back(brought).status_code == HTTPStatus.FORBIDDEN
    assert "once, now, as yourself" in gate.client.get("/en/factor/identity").text


def test_an_identity_of_somebody_else_is_not_taken(gate: Gate) -> None:
    gate.bind("malee")
    gate.client.sign_in("anong")
    answer = gate.back(gate.go("/en/factor/identity"), "/en")
    assert (answer.status_code, "opens another account" in answer.text) == (409, True)


def test_nobody_comes_back_who_did_not_set_out(gate: Gate, told: Told) -> None:
    gate.bind("malee")
    told()
    for answer in (
        gate.client.get(BACK),
        gate.back(gate.voucher.approve("?state=x&nonce=x")),
    ):
        assert answer.status_code == HTTPStatus.FORBIDDEN
    assert not gate.is_in
    assert {line["cause"] for line in told()} == {"NotVouchedError"}


@pytest.mark.parametrize(
    "wrong",
    [{"state": "another"}, {"iss": "https://evil.example"}, {"code": "another"}, {"code": ""}],
    ids=str,
)
def test_an_answer_to_another_question_signs_nobody_in(gate: Gate, wrong: dict[str, str]) -> None:
    gate.bind("malee")
    brought = gate.go()
    answer = gate.back(brought | wrong)
    assert (answer.status_code, gate.is_in) == (HTTPStatus.FORBIDDEN, False)
    # Nobody has a second try at it.
    assert gate.back(brought).status_code == HTTPStatus.FORBIDDEN


def test_what_was_brought_once_opens_nothing_twice(gate: Gate) -> None:
    gate.bind("malee")
    brought = gate.go()
    with carried(gate.client) as kept:
        journey = kept["journey"]
    assert gate.back(brought).status_code == HTTPStatus.SEE_OTHER
    gate.client.post("/sign-out")
    # Even where a copy of the browser's cookies was kept.
    with carried(gate.client) as kept:
        kept["journey"] = journey
    assert gate.back(brought).status_code == HTTPStatus.FORBIDDEN
    assert not gate.is_in


def test_a_way_takes_no_longer_than_ten_minutes(gate: Gate) -> None:
    gate.bind("malee")
    brought = gate.go()
    with carried(gate.client) as kept:
        journey = list(kept["journey"])
        journey[3] = (now() - timedelta(minutes=11)).isoformat()
        kept["journey"] = journey
    assert gate.back(brought).status_code == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize("wanted", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_the_way_back_leads_nowhere_else(gate: Gate, wanted: str) -> None:
    gate.bind("malee")
    assert gate.sign_in(wanted).location == "/office/"


def test_a_provider_that_is_away_leaves_the_password(gate: Gate, told: Told) -> None:
    gate.bind("malee")
    brought = gate.go(wanted="/office/requests")
    gate.voucher.instead["/token"] = lambda request: request.send_error(503)
    told()
    answer = gate.back(brought)
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert 'value="/office/requests"' in answer.text
    [line] = told()
    assert (line["message"], line["cause"]) == ("provider_failed", "ProviderAwayError")
    assert type_password(gate.client, "malee") == "/office/"


def test_one_that_cannot_be_asked_is_not_led_to(portal: Portal, gate: Gate) -> None:
    gate.voucher.metadata["issuer"] = "https://evil.example"
    answer = gate.client.post("/en/sign-in/provider", data={"next": "/office/requests"})
    assert (answer.status_code, "does not answer now" in answer.text) == (503, True)
    assert 'value="/office/requests"' in answer.text
    gate.client.sign_in("malee")
    answer = gate.client.post("/factor/identity")
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert portal.app.extensions["provider"] is not None


def test_what_is_removed_opens_nothing(gate: Gate, told: Told) -> None:
    gate.bind("malee")
    gate.client.sign_in("malee")
    told()
    assert gate.client.post("/factor/identity/remove").location == "/factor/identity"
    assert gate.client.post("/factor/identity/remove").status_code == HTTPStatus.NOT_FOUND
    assert events(told()) == [
        ("identity_unbound", "gate.identity.unbind_identity", number("malee"))
    ]
    gate.client.post("/sign-out")
    assert gate.sign_in().status_code == HTTPStatus.FORBIDDEN


def test_an_administrator_takes_it_away(gate: Gate, made: Maker, told: Told) -> None:
    gate.bind("malee")
    malee = number("malee")
    gate.client.sign_in("admin")
    page = gate.client.get(f"/en/office/users/{malee}").text
    assert ("ThaiD" in page, "Take the other way in away" in page) == (True, True)
    path = f"/en/office/users/{malee}/identity"
    assert "signs in with their password again" in gate.client.get(path).text
    password = gate.client.get(f"/en/office/users/{malee}/password").text
    assert "The other way to sign in stays." in password
    version = made(lambda world: world.person(world.malee).version)
    told()
    assert gate.client.post(path, data={"seen_version": "0"}).status_code == HTTPStatus.CONFLICT
    assert gate.client.post(path).status_code == HTTPStatus.SEE_OTHER
    assert gate.client.post(path, data={"seen_version": version}).status_code == 303
    page = gate.client.get(f"/en/office/users/{malee}").text
    assert ("is taken away" in page, path in page) == (True, False)
    [line] = told()
    assert (line["message"], line["whose"]) == ("identity_unbound", malee)
    gate.client.post("/sign-out")
    assert gate.sign_in().status_code == HTTPStatus.FORBIDDEN


def test_who_lost_the_provider_keeps_what_was_bound_to_see_and_remove(
    portal: Portal, gate: Gate
) -> None:
    gate.bind("malee")
    malee = number("malee")
    portal.app.extensions["provider"] = None
    gate.client.sign_in("admin")
    assert "Another way to sign in" in gate.client.get(f"/en/office/users/{malee}").text
