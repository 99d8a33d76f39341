"""What the standard asks of signing in and of sessions, and is there (`docs/asvs.md`)."""

from __future__ import annotations

import re
from hashlib import sha256
from http import HTTPStatus

from argon2 import Parameters
from argon2 import Type
from argon2 import extract_parameters
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.clock import now
from portal.db import db
from portal.db import writing
from portal.people.passwords import check_password
from portal.people.passwords import set_password
from portal.people.session_rules import Device
from portal.people.sessions import begin_session
from portal.security import TOKEN
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.world import NOON

# Long, with blanks at both ends, in two scripts, small and large: nothing of it may be lost.
LONG = "  Ångström ประตูบ้านสีเขียว 'ปิด' <b>&amp;</b> \t0123456789 abcdefghij KLMNOPQRST uvwxyz  "
INPUT = re.compile(r"<input[^>]*>")


def test_a_password_is_taken_as_it_is_typed(portal: Portal, client: Visitor) -> None:
    assert len(LONG) > 64
    with writing(db.engine, portal.install.session_info()) as session:
        set_password(session, "malee", LONG, at=now())
    tried = (LONG, LONG.strip(), LONG.lower(), LONG[:64], LONG[:72], f"{LONG}x")
    statuses = [
        client.post("/sign-in", data={"username": "malee", "password": one}).status_code
        for one in tried
    ]
    assert statuses == [303, 403, 403, 403, 403, 403]


def test_passwords_are_kept_as_argon2id(portal: Portal) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        stored = set_password(session, "malee", LONG, at=now()).password_hash
        assert check_password(session, "malee", LONG, at=now()).password_hash == stored
    assert stored is not None
    kept: Parameters = extract_parameters(stored)
    assert kept.type is Type.ID
    # What OWASP asks for at least: 19 MiB and two rounds, or more memory.
    assert kept.memory_cost >= 19 * 1024
    assert kept.time_cost >= 2
    assert kept.salt_len >= 16


def test_tokens_of_sessions_are_random_and_long_and_not_kept(session: Session) -> None:
    tokens = {begin_session(session, 1, Device("", ""), at=NOON) for _ in range(1_000)}
    assert len(tokens) == 1_000
    assert {len(token) for token in tokens} == {43}
    kept = {value for row in session.execute(text("SELECT * FROM web_session")) for value in row}
    assert not tokens & kept
    assert {sha256(token.encode()).hexdigest() for token in tokens} <= kept


def test_a_session_that_was_changed_is_none(client: Visitor) -> None:
    client.sign_in("malee")
    cookie = client.get_cookie("session")
    assert cookie is not None
    body, moment, signature = cookie.value.rsplit(".", 2)
    flipped = "A" if signature[0] != "A" else "B"
    for changed in (
        f"{body}x.{moment}.{signature}",
        f"{body}.{moment}.{flipped}{signature[1:]}",
        f"{body}.{moment}.",
        body,
        "",
    ):
        client.set_cookie("session", changed)
        assert client.get("/office/").status_code == HTTPStatus.FOUND
    client.set_cookie("session", cookie.value)
    assert client.get("/office/").status_code == HTTPStatus.OK


def test_a_token_that_was_never_given_is_none(portal: Portal, client: Visitor) -> None:
    """The signature is not all: the token in the cookie is kept here, or nobody is signed in."""
    serializer = SecureCookieSessionInterface().get_signing_serializer(portal.app)
    assert serializer is not None
    for token in ("x" * 43, "1", ""):
        client.set_cookie("session", str(serializer.dumps({TOKEN: token})))
        assert client.get("/office/").status_code == HTTPStatus.FOUND


def test_passwords_are_hidden_and_may_be_pasted(client: Visitor) -> None:
    pages = [client.get("/en/sign-in").text]
    client.sign_in("malee")
    pages.append(client.get("/en/password").text)
    inputs = [one for page in pages for one in INPUT.findall(page) if "password" in one]
    shown = [one for one in inputs if 'type="password"' not in one]
    assert shown == []
    assert len(inputs) == 4
    asked = [re.findall(r'autocomplete="([^"]*)"', one) for one in inputs]
    assert asked == [["current-password"], ["current-password"], ["new-password"], ["new-password"]]
    assert not re.search(r"onpaste|readonly|<script", "".join(pages))


def test_every_page_behind_the_doors_has_the_way_out(client: Visitor) -> None:
    client.sign_in("anong")
    for path in ("/en/office/", "/en/office/requests", "/en/treasury/", "/en/office/rules"):
        assert 'action="/en/sign-out"' in client.get(path).text, path
