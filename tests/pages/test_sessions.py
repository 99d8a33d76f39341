"""Signing in on a server that keeps sessions and counts failed tries; the page of one's own."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import delete
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.orm import Session

from config import WrongSettingError
from config import read_settings
from portal.app import create_app
from portal.clock import now
from portal.db import db
from portal.people.known import PEOPLE_MAX
from portal.people.models import Person
from portal.people.models import SignInTry
from portal.people.models import WebSession
from portal.people.session_rules import Ending
from portal.people.try_rules import ACCOUNT
from portal.people.try_rules import DEVICE
from portal.security import visitor_address
from tests.conftest import PASSWORD
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.conftest import another

ANDROID = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile Safari/537.36"
PAGE = "/en/office/sessions"


def rows(session: Session) -> list[WebSession]:
    return list(session.scalars(select(WebSession).order_by(WebSession.id)))


def turn_back(**ago: timedelta) -> None:
    """Let the newest session have begun, or been seen, so long ago."""
    with Session(db.engine) as session, session.begin():
        newest = rows(session)[-1]
        for name, length in ago.items():
            setattr(newest, name, now() - length)


def newest() -> WebSession:
    with Session(db.engine) as session:
        return rows(session)[-1]


def try_in(client: Visitor, password: str = "wrong", *, address: str = "127.0.0.1") -> int:  # noqa: S107
    return client.post(
        "/sign-in",
        data={"username": "malee", "password": password},
        environ_overrides={"REMOTE_ADDR": address},
    ).status_code


@pytest.mark.parametrize(
    ("ago", "why", "sentence"),
    [
        ({"seen_at": timedelta(minutes=30)}, Ending.IDLE, "Nobody worked here for 30 minutes."),
        ({"began_at": timedelta(hours=12)}, Ending.LASTED, "A session lasts 12 hours."),
    ],
)
def test_a_session_ends_by_itself_and_the_page_says_why(
    client: Visitor, ago: dict[str, timedelta], why: Ending, sentence: str
) -> None:
    client.sign_in("malee")
    turn_back(**ago)
    answer = client.get("/en/office/requests?text=x")
    assert answer.status_code == HTTPStatus.FOUND
    page = client.get(answer.location).text
    assert sentence in page
    assert "still on this device" in page
    assert newest().ended_for is why
    # It is over for good, whatever the clock says.
    turn_back(began_at=timedelta(), seen_at=timedelta())
    assert client.get("/office/").status_code == HTTPStatus.FOUND
    # The field that the page brought leads back.
    [wanted] = re.findall(r'name="next"[^>]*value="([^"]+)"', page)
    data = {"username": "malee", "password": PASSWORD, "next": wanted}
    again = client.post("/en/sign-in", data=data)
    assert again.location == "/en/office/requests?text=x"
    assert "Your session ended" not in client.get("/en/sign-in").text


@pytest.mark.parametrize(
    ("sent_from", "wanted"),
    [
        ("http://localhost/en/office/requests/new?x=1", "/en/office/requests/new?x=1"),
        ("http://evil.example/office/", None),
        ("http://[", None),
        ("", None),
    ],
)
def test_after_a_form_one_comes_back_to_its_page(
    client: Visitor, sent_from: str, wanted: str | None
) -> None:
    client.sign_in("malee")
    turn_back(seen_at=timedelta(hours=1))
    answer = client.post("/en/office/requests/new", headers={"Referer": sent_from})
    assert answer.status_code == HTTPStatus.FOUND
    page = client.get(answer.location).text
    assert re.findall(r'name="next"[^>]*value="([^"]+)"', page) == ([wanted] if wanted else [])


def test_who_works_stays_signed_in_and_is_written_down_once_a_minute(client: Visitor) -> None:
    client.sign_in("malee")
    for minutes, is_written in ((29, True), (1, True), (0.5, False)):
        turn_back(seen_at=timedelta(minutes=minutes))
        before = newest().seen_at
        assert client.get("/office/").status_code == HTTPStatus.OK
        assert (newest().seen_at > before) is is_written


def test_signing_in_begins_another_session(client: Visitor) -> None:
    client.get("/en/concerns")
    client.sign_in("malee")
    first = client.get_cookie("session")
    with client.session_transaction() as carried:
        carried["concern_followed"] = [1, 2**40]
    client.sign_in("malee")
    second = client.get_cookie("session")
    assert first
    assert second
    assert first.value != second.value
    with client.session_transaction() as carried:
        assert carried.keys() == {"_user_id", "proved_at"}
    with Session(db.engine) as session:
        assert len({row.digest for row in rows(session)}) == 2


def test_a_copied_cookie_is_of_no_use_after_signing_out(portal: Portal, client: Visitor) -> None:
    client.sign_in("malee")
    copied = client.get_cookie("session")
    assert copied
    client.post("/sign-out")
    thief = another(portal)
    for visitor in (client, thief):
        visitor.set_cookie("session", copied.value)
        assert visitor.get("/office/").status_code == HTTPStatus.FOUND
    assert newest().ended_for is Ending.SIGNED_OUT
    # There is nothing left to sign out of.
    assert thief.post("/sign-out").status_code == HTTPStatus.SEE_OTHER
    # Who signed out knows why.
    assert "Your session ended" not in thief.get("/en/sign-in").text


def test_of_a_session_nothing_is_kept_but_two_words(client: Visitor) -> None:
    who = {"username": "malee", "password": PASSWORD}
    client.post(
        "/sign-in",
        data=who,
        headers={"User-Agent": ANDROID},
        environ_overrides={"REMOTE_ADDR": "203.0.113.77"},
    )
    kept = newest()
    assert (kept.browser, kept.system) == ("Chrome", "Android")
    assert "203.0.113.77" not in str(vars(kept))


def test_people_see_where_they_are_signed_in_and_end_it(portal: Portal, client: Visitor) -> None:
    phone, third = another(portal), another(portal)
    phone.post(
        "/sign-in",
        data={"username": "malee", "password": PASSWORD},
        headers={"User-Agent": ANDROID},
    )
    with Session(db.engine) as session:
        [on_phone] = [row.id for row in rows(session)]
    client.sign_in("malee")
    foreign = another(portal).sign_in("anong")
    page = client.get(PAGE).text
    assert ("Chrome, Android" in page, "Another browser" in page) == (True, True)
    assert page.count("This device") == page.count("End this session") == 1
    assert "End all other sessions" in page
    assert foreign.post(f"{PAGE}/{on_phone}/end").status_code == HTTPStatus.NOT_FOUND
    assert phone.get("/office/").status_code == HTTPStatus.OK
    assert client.post(f"{PAGE}/{on_phone}/end").location == PAGE
    assert "The session is ended." in client.get(PAGE).text
    assert "Chrome, Android" not in client.get(PAGE).text
    assert client.post(f"{PAGE}/{on_phone}/end").status_code == HTTPStatus.NOT_FOUND
    sent_away = phone.get("/en/office/")
    assert "from another device of yours" in phone.get(sent_away.location).text
    third.sign_in("malee")
    assert client.post(f"{PAGE}/end-others").location == PAGE
    page = client.get(PAGE).text
    assert "All other sessions are ended." in page
    assert "End all other sessions" not in page
    assert third.get("/office/").status_code == HTTPStatus.FOUND
    assert foreign.get("/office/").status_code == HTTPStatus.OK


def test_ones_own_new_password_signs_out_everywhere_else(portal: Portal, client: Visitor) -> None:
    phone = another(portal).sign_in("malee")
    client.sign_in("malee")
    data = {"old": PASSWORD, "new": "only known to me alone", "again": "only known to me alone"}
    assert client.post("/password", data=data).status_code == HTTPStatus.SEE_OTHER
    assert client.get("/office/").status_code == HTTPStatus.OK
    sent_away = phone.get("/en/office/")
    assert sent_away.status_code == HTTPStatus.FOUND
    assert "The password was changed." in phone.get(sent_away.location).text


def test_a_one_time_password_that_is_over_says_so(client: Visitor) -> None:
    client.sign_in("malee")
    with Session(db.engine) as session, session.begin():
        ended = {"must_change_password": True, "password_until": now()}
        session.execute(update(Person).where(Person.username == "malee").values(ended))
    new = {"old": PASSWORD, "new": "only known to me alone", "again": "only known to me alone"}
    for path, data, status in (
        ("/en/sign-in", {"username": "malee", "password": PASSWORD}, HTTPStatus.FORBIDDEN),
        ("/en/password", new, HTTPStatus.UNPROCESSABLE_ENTITY),
    ):
        answer = client.post(path, data=data)
        assert (answer.status_code, "one-time password is over" in answer.text) == (status, True)


def test_guessing_has_to_wait_whoever_asks_from_wherever(client: Visitor) -> None:
    tried = [try_in(client, address=f"192.0.2.{number}") for number in range(ACCOUNT.free)]
    assert set(tried) == {HTTPStatus.FORBIDDEN}
    right = {"username": "malee", "password": PASSWORD}
    answer = client.post("/en/sign-in", data=right)
    assert answer.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert 0 < int(answer.headers["Retry-After"]) <= 15 * 60
    assert "Try again in 15 min." in answer.text
    assert client.get("/office/").status_code == HTTPStatus.FOUND
    assert client.sign_in("anong").get("/office/").status_code == HTTPStatus.OK


def test_nobody_is_locked_out_on_purpose(portal: Portal, client: Visitor) -> None:
    client.sign_in("malee").post("/sign-out")
    stranger = another(portal)
    while try_in(stranger, address="192.0.2.9") != HTTPStatus.TOO_MANY_REQUESTS:
        pass
    # She signed in on this device before; the mark of another's phone does not help the stranger.
    stranger.sign_in("anong")
    assert try_in(stranger, PASSWORD, address="192.0.2.9") == HTTPStatus.TOO_MANY_REQUESTS
    assert try_in(client, PASSWORD, address="192.0.2.9") == HTTPStatus.SEE_OTHER
    # Her own device has a pace of its own.
    tried = [try_in(client) for _ in range(DEVICE.free + 1)]
    assert tried[-2:] == [HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS]


def test_a_school_signs_in_from_one_address(portal: Portal) -> None:
    for _ in range(ACCOUNT.free + 1):
        assert try_in(another(portal), PASSWORD) == HTTPStatus.SEE_OTHER
    with Session(db.engine) as session:
        [address] = session.scalars(select(SignInTry))
    assert address.forgotten_at <= now()


def test_of_a_failed_try_no_name_and_no_address_is_kept(client: Visitor) -> None:
    try_in(client, address="203.0.113.77")
    with Session(db.engine) as session:
        kept = [vars(row) for row in session.scalars(select(SignInTry))]
    assert len(kept) == 2
    assert all(re.fullmatch("[0-9a-f]{64}", row["track"]) for row in kept)
    assert not re.search(r"malee|203\.0", str(kept))


def test_a_browser_remembers_a_few_people_and_names_none(client: Visitor) -> None:
    for username in ("malee", "anong", "wipa", "admin", "chair5", "driving"):
        client.sign_in(username).post("/sign-out")
    cookie = client.get_cookie("known")
    assert cookie
    assert "malee" not in cookie.value
    assert PEOPLE_MAX == 5
    # The one who signed in first is a stranger again.
    for username, free in (("malee", ACCOUNT.free), ("driving", DEVICE.free)):
        wrong = {"username": username, "password": "wrong"}
        tried = [client.post("/sign-in", data=wrong).status_code for _ in range(free + 1)]
        assert tried == [403] * free + [429], username


def test_a_mark_that_we_did_not_write_is_none(portal: Portal, client: Visitor) -> None:
    client.sign_in("malee").post("/sign-out")
    cookie = client.get_cookie("known")
    assert cookie
    stranger = another(portal)
    while try_in(stranger) != HTTPStatus.TOO_MANY_REQUESTS:
        pass
    for forged in (cookie.value[:-1], "", "e30.x.y"):
        stranger.set_cookie("known", forged)
        assert try_in(stranger, PASSWORD) == HTTPStatus.TOO_MANY_REQUESTS
    stranger.set_cookie("known", cookie.value)
    assert try_in(stranger, PASSWORD) == HTTPStatus.SEE_OTHER


@pytest.fixture
def behind(portal: Portal) -> Iterator[Flask]:
    """The same portal, with one proxy of ours before it."""
    app = create_app(replace(portal.install.settings, proxies=1))
    app.config["WTF_CSRF_ENABLED"] = False
    app.test_client_class = Visitor
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
        app.extensions["install"].vault.close()


def addresses_that_failed(client: Visitor, forwarded: str) -> int:
    """Guess at three accounts; return from how many addresses that seems to be."""
    with Session(db.engine) as session, session.begin():
        session.execute(delete(SignInTry))
    for number in range(3):
        answer = client.post(
            "/sign-in",
            data={"username": f"somebody{number}", "password": "wrong"},
            headers={"X-Forwarded-For": forwarded.format(number)},
        )
        assert answer.status_code == HTTPStatus.FORBIDDEN
    with Session(db.engine) as session:
        return len(session.scalars(select(SignInTry)).all()) - 3


def test_without_a_proxy_nobody_says_from_where_they_come(client: Visitor) -> None:
    assert addresses_that_failed(client, "198.51.100.{}") == 1


def test_behind_a_proxy_of_ours_its_word_counts_and_nobody_elses(behind: Flask) -> None:
    client = behind.test_client()
    assert isinstance(client, Visitor)
    # What the visitor claims stands before what the proxy saw.
    assert addresses_that_failed(client, "198.51.100.{}, 203.0.113.5") == 1
    assert addresses_that_failed(client, "203.0.113.5, 198.51.100.{}") == 3


@pytest.mark.parametrize(
    ("address", "taken_as"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("unix:", "unix:"),
        ("", ""),
    ],
)
def test_a_household_of_ipv6_is_one_address(portal: Portal, address: str, taken_as: str) -> None:
    environ = {"REMOTE_ADDR": address}
    with portal.app.test_request_context("/", environ_base=environ):
        assert visitor_address() == taken_as


@pytest.mark.parametrize(
    ("path", "most"),
    [("/charts/nothing.svg", 600), ("/open-data/nothing.json", 30), ("/requests.csv", 30)],
)
@pytest.mark.usefixtures("limited")
def test_what_costs_most_has_a_limit_for_one_address(
    client: Visitor, monkeypatch: pytest.MonkeyPatch, path: str, most: int
) -> None:
    # The minute stands still, however slow the machine is.
    began = time.time()
    monkeypatch.setattr("limits.storage.memory.time", SimpleNamespace(time=lambda: began))

    def ask(address: str) -> int:
        with client.get(path, environ_overrides={"REMOTE_ADDR": address}) as answer:
            return answer.status_code

    for _ in range(most):
        assert ask("203.0.113.5") != HTTPStatus.TOO_MANY_REQUESTS
    assert ask("203.0.113.5") == HTTPStatus.TOO_MANY_REQUESTS
    assert ask("203.0.113.6") != HTTPStatus.TOO_MANY_REQUESTS
    # The machine itself: whoever runs it, or a proxy of which the settings know nothing.
    assert {ask("127.0.0.1") for _ in range(31)} <= {HTTPStatus.OK, HTTPStatus.NOT_FOUND}


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("PORTAL_IDLE_MINUTES", "0"),
        ("PORTAL_SESSION_HOURS", "half a day"),
        ("PORTAL_PROXIES", "-1"),
    ],
)
def test_a_setting_that_is_no_number_is_named(name: str, written: str) -> None:
    with pytest.raises(WrongSettingError, match=name):
        read_settings({name: written})
