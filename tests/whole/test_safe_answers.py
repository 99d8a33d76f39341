"""What every answer carries, and what every form needs: asked at each of the doors."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from portal.app import create_app
from portal.db import db
from portal.security import HTTPS_ALONE
from tests.conftest import PASSWORD
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.doors import CAST
from tests.doors import DOORS
from tests.doors import Door
from tests.doors import House
from tests.doors import house

HTTPS = "https://fund.example"
# Drawings stand in other people's pages, which is what they are for.
FRAMED = re.compile(r"/charts/.+\.svg")


@pytest.fixture(scope="module")
def doors(shared_portal: Portal) -> Iterator[House]:
    with house(shared_portal) as doors:
        yield doors


@pytest.fixture
def secure(portal: Portal) -> Iterator[Visitor]:
    """Somebody who asks the same portal at an address of its own, by HTTPS."""
    app = create_app(replace(portal.install.settings, base_url=HTTPS))
    app.test_client_class = Visitor
    with app.app_context():
        client = app.test_client()
        assert isinstance(client, Visitor)
        yield client
        db.session.remove()
        db.engine.dispose()
        app.extensions["install"].vault.close()


def first_of(line: Door) -> str:
    """Return the first of the cast who gets something there."""
    return next((name for name in CAST if line.answers[name] == "ok"), "nobody")


@pytest.mark.parametrize(
    "line", [line for line in DOORS if line.method == "GET"], ids=lambda line: line.path
)
def test_every_answer_says_what_it_is_and_what_it_may(doors: House, line: Door) -> None:
    with doors.visitor(first_of(line)).get(doors.address(line)) as answer:
        headers = answer.headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors" in policy or FRAMED.fullmatch(doors.address(line))
        if answer.data and answer.status_code == 200:
            assert headers["Content-Type"]
        if (answer.mimetype or "").startswith("text/"):
            charset = answer.mimetype_params["charset"].lower()
            assert charset == ("windows-874" if line.path.endswith("/ktb") else "utf-8")
        if line.path.startswith(("/office", "/treasury")) and answer.status_code == 200:
            is_a_script = answer.mimetype == "text/javascript"
            assert "no-store" in headers["Cache-Control"] or is_a_script
        assert "Set-Cookie" not in headers or headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "line", [line for line in DOORS if line.method == "POST"], ids=lambda line: line.path
)
def test_no_form_does_anything_without_its_token(doors: House, line: Door) -> None:
    config, visitor = doors.portal.app.config, doors.visitor(first_of(line))
    before = doors.edition()
    config["WTF_CSRF_ENABLED"] = True
    try:
        answer = visitor.post(doors.address(line), data=doors.body(line))
    finally:
        config["WTF_CSRF_ENABLED"] = False
    assert answer.status_code in {400, 422}
    assert doors.edition() == before


def test_browsers_keep_to_https_for_a_year_at_least() -> None:
    assert HTTPS_ALONE == "max-age=31536000; includeSubDomains"


def test_no_method_repeats_what_was_sent(client: Visitor) -> None:
    for method in ("TRACE", "TRACK", "PUT", "DELETE", "PATCH"):
        answer = client.open("/", method=method, headers={"X-Mine": "zq"})
        assert answer.status_code == 405
        assert "zq" not in answer.text


def cookies_of(answer: TestResponse) -> dict[str, set[str]]:
    """Return what the cookies are called, and how each is set, but for how long."""
    told = [cookie.split("; ") for cookie in answer.headers.getlist("Set-Cookie")]
    return {
        pair.partition("=")[0]: {flag for flag in flags if not flag.startswith(("Max", "Expires"))}
        for pair, *flags in told
    }


def test_behind_https_the_cookie_stays_on_its_host_and_browsers_keep_to_https(
    secure: Visitor,
) -> None:
    flags = {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"}
    who = {"username": "malee", "password": PASSWORD}
    page = secure.get("/en/sign-in", base_url=HTTPS)
    assert cookies_of(page) == {"__Host-session": flags}
    secure.application.config["WTF_CSRF_ENABLED"] = False
    answer = secure.post("/sign-in", data=who, base_url=HTTPS)
    assert cookies_of(answer) == {"__Host-session": flags, "__Host-known": flags}
    for path in ("/", "/static/portal.css", "/nowhere", "/office/"):
        with secure.get(path, base_url=HTTPS) as given:
            assert given.headers["Strict-Transport-Security"] == HTTPS_ALONE


def test_without_https_nothing_claims_it(client: Visitor) -> None:
    answer = client.post("/sign-in", data={"username": "malee", "password": PASSWORD})
    assert "Strict-Transport-Security" not in answer.headers
    flags = {"HttpOnly", "SameSite=Lax", "Path=/"}
    assert cookies_of(answer) == {"session": flags, "known": flags}


def test_a_file_that_the_browser_has_already_is_closed_again(client: Visitor) -> None:
    font = "/static/fonts/sarabun-bold.woff2"
    with client.get(font) as answer:
        edition = answer.headers["ETag"]
    gc.disable()
    try:
        before = set(Path("/proc/self/fd").iterdir())
        again = client.get(font, headers={"If-None-Match": edition})
        assert again.status_code == 304
        assert set(Path("/proc/self/fd").iterdir()) == before
    finally:
        gc.enable()
