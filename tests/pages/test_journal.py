"""What is written into the journal of what concerns the portal's safety, and what never is."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.clock import now
from portal.db import db
from portal.journal import Event
from portal.journal import note
from portal.journal_lines import ForEyes
from portal.journal_lines import JsonLine
from portal.people.models import Person
from portal.people.models import WebSession
from tests.conftest import PASSWORD
from tests.conftest import Maker
from tests.conftest import Portal
from tests.conftest import Told
from tests.conftest import Visitor
from tests.factors import app_of
from tests.factors import named
from tests.factors import set_up_passkey
from tests.factors import type_password
from tests.world import NOON

ELSEWHERE = {"REMOTE_ADDR": "192.0.2.7"}


def number(username: str) -> int:
    with Session(db.engine) as session:
        return session.scalars(select(Person.id).where(Person.username == username)).one()


def version(person_id: int) -> int:
    with Session(db.engine) as session:
        return session.get_one(Person, person_id).version


def events(lines: list[dict[str, object]]) -> list[tuple[object, object, object]]:
    return [(line["message"], line["view"], line.get("person_id")) for line in lines]


def test_signing_in_and_out_is_told(client: Visitor, told: Told) -> None:
    malee = number("malee")
    client.post("/sign-in", data={"username": "malee", "password": "หนูจำไม่ได้"})
    client.sign_in("malee")
    client.post("/sign-out")
    client.post("/sign-out")
    lines = told()
    assert events(lines) == [
        ("sign_in_failed", "gate.people.check_sign_in", None),
        ("signed_in", "gate.people.check_sign_in", malee),
        ("signed_out", "gate.people.sign_out", malee),
    ]
    assert [line["level"] for line in lines] == ["warning", "info", "info"]
    assert len({line["request_id"] for line in lines}) == 3
    for line in lines:
        assert str(line["at"]).endswith("Z")
        assert not {"malee", "127.0.0.1"} & {str(value) for value in line.values()}


def test_another_password_is_told(client: Visitor, told: Told) -> None:
    client.sign_in("malee")
    told()
    form = {"old": "wrong", "new": "quite another one", "again": "quite another one"}
    client.post("/password", data=form)
    client.post("/password", data=form | {"old": PASSWORD})
    found = events(told())
    view, malee = "gate.people.change_password", number("malee")
    happened = ["password_failed", "password_changed", "signed_in"]
    assert found == [(event, view, malee) for event in happened]


def test_a_password_that_is_reset_is_told_without_a_page(portal: Portal, told: Told) -> None:
    words = ("user", "reset", "malee")
    portal.app.test_cli_runner().invoke(args=words)
    [line] = told()
    assert (line["message"], line["person_id"]) == ("password_changed", number("malee"))
    assert "view" not in line


def test_where_the_password_is_asked_for_again_a_wrong_one_is_told(
    client: Visitor, made: Maker, told: Told
) -> None:
    payment_id = made(lambda world: world.prepared().id)
    client.sign_in("prasit")
    told()
    form = {"password": "x", "seen_version": "1"}
    client.post(f"/treasury/payments/{payment_id}/release", data=form)
    [line] = told()
    assert (line["message"], line["person_id"]) == ("password_failed", number("prasit"))


def test_the_second_factor_is_told(
    portal: Portal, client: Visitor, made: Maker, told: Told
) -> None:
    named(portal)
    app, anong, admin = app_of(made, "anong"), number("anong"), number("admin")
    type_password(client, "anong")
    for code in ("000000", app.code()):
        client.post("/sign-in/second", data={"code": code})
    client.post("/factor/app/remove")
    set_up_passkey(client)
    client.sign_in("admin")
    version = made(lambda world: world.person(world.anong).version)
    client.post(f"/office/users/{anong}/factor", data={"seen_version": version})
    client.post("/sign-in/passkey", data={"credential": "{}"})
    lines = told()
    assert events(lines) == [
        ("factor_failed", "gate.second.check_second", anong),
        ("signed_in", "gate.second.check_second", anong),
        ("factor_removed", "gate.factor.remove_app", anong),
        ("factor_added", "gate.factor.add_passkey", anong),
        ("signed_in", "gate.people.check_sign_in", admin),
        ("factor_reset", "office.users.reset_factor", admin),
        ("factor_failed", "gate.second.sign_in_by_passkey", None),
    ]
    assert lines[-2]["whose"] == anong


def test_who_is_refused_is_told(client: Visitor, told: Told) -> None:
    client.sign_in("malee")
    told()
    assert client.get("/treasury/").status_code == 403
    [line] = told()
    assert line["message"] == "refused"
    assert (line["cause"], line["person_id"]) == ("NotForYouError", number("malee"))


def test_what_no_browser_sends_is_told(portal: Portal, client: Visitor, told: Told) -> None:
    portal.app.config["WTF_CSRF_ENABLED"] = True
    client.post("/sign-out")
    portal.app.config["WTF_CSRF_ENABLED"] = False
    client.get("/log?before=%00")
    client.post("/sign-in", data=b"x" * (17 * 1024 * 1024))
    client.get("/nowhere")
    assert [(line["message"], line["cause"]) for line in told()] == [
        ("token_missing", "CSRFError"),
        ("malformed", "UnreadableError"),
        ("malformed", "RequestEntityTooLarge"),
    ]


@pytest.mark.usefixtures("limited")
def test_a_limit_that_is_reached_is_told(client: Visitor, told: Told) -> None:
    tries = [client.post("/sign-in", environ_overrides=ELSEWHERE) for _ in range(61)]
    assert tries[-1].status_code == 429
    [line] = told()
    assert (line["message"], line["view"]) == ("limit_reached", "gate.people.check_sign_in")


def test_a_file_that_is_refused_is_told(client: Visitor, told: Told) -> None:
    client.sign_in("malee")
    told()
    client.post("/office/import", data={"workbook": (BytesIO(b"no workbook"), "ชื่อเด็ก.xlsx")})
    [line] = told()
    assert (line["message"], line["person_id"]) == ("upload_refused", number("malee"))
    assert "ชื่อเด็ก" not in json.dumps(line, ensure_ascii=False)


def test_a_list_that_is_taken_along_is_told(client: Visitor, told: Told) -> None:
    with client.get("/requests.csv") as answer:
        assert answer.status_code == 200
    client.sign_in("malee")
    told()
    with client.get("/office/requests.csv?text=ด.ช.") as answer:
        assert answer.status_code == 200
    [line] = told()
    assert (line["message"], line["table"], line["ending"]) == ("export_made", "requests", "csv")


def test_one_place_has_one_word_for_a_day(
    client: Visitor, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {"username": "malee", "password": "x"}

    def source(address: str) -> object:
        client.post("/sign-in", data=wrong, environ_overrides={"REMOTE_ADDR": address})
        [line] = told()
        return line["source"]

    first = source("192.0.2.7")
    assert source("192.0.2.7") == first
    assert source("192.0.2.8") != first
    monkeypatch.setattr("portal.journal.now", lambda: NOON)
    assert source("192.0.2.7") != first


@pytest.mark.parametrize("fact", ["two words", "a\nb", "ชื่อ", "x" * 65])
def test_nothing_typed_comes_into_a_line(fact: str) -> None:
    with pytest.raises(ValueError, match="name is no code"):
        note(Event.KEY_REUSED, name=fact)


def test_no_line_ends_in_the_middle() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "a\nb\x1b[2J\u2028%s", ("c",), None)
    record.facts = {"view": "a\nb"}
    line = JsonLine().format(record)
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["view"] == "a\nb"
    assert r"a\nb" in ForEyes().format(record)


def test_what_administrators_do_and_what_has_to_wait_is_told(client: Visitor, told: Told) -> None:
    malee = number("malee")
    client.sign_in("admin")
    for what in ("sign-out", "password"):
        client.post(f"/office/users/{malee}/{what}", data={"seen_version": version(malee)})
    wrong = {"username": "nobody", "password": "wrong"}
    for _ in range(6):
        client.post("/sign-in", data=wrong)
    lines = told()
    assert [line["message"] for line in lines] == [
        "signed_in",
        "session_ended",
        "password_changed",
        *["sign_in_failed"] * 5,
        "sign_in_throttled",
    ]
    assert [line.get("whose") for line in lines[:3]] == [None, malee, malee]
    assert lines[1]["cause"] == "by_administrator"
    assert "nobody" not in str(lines)


def test_a_session_that_is_over_by_itself_or_by_its_owner_is_told(
    client: Visitor, told: Told
) -> None:
    client.sign_in("malee")
    told()
    client.post("/office/sessions/end-others")
    with Session(db.engine) as session, session.begin():
        session.execute(update(WebSession).values(seen_at=now() - timedelta(hours=1)))
    client.get("/office/")
    client.get("/office/")
    found = [(line["message"], line["cause"], line["person_id"]) for line in told()]
    malee = number("malee")
    assert found == [("session_ended", "by_owner", malee), ("session_ended", "idle", malee)]
