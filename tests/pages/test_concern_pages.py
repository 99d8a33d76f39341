from __future__ import annotations

import re
from http import HTTPStatus

import pytest
from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.concerns import gate
from portal.concerns.codes import ConcernTopic
from portal.concerns.models import Concern
from portal.concerns.models import Finding
from portal.concerns.service import close_concern
from portal.db import db
from portal.db import writing
from portal.publishing.models import PublishedPosition
from portal.publishing.service import TABLES
from tests.conftest import Maker
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.conftest import another
from tests.world import NOON
from tests.world import World

WORDS = "เงินไม่ถึง <b>ครอบครัว</b>"
TYPED = {
    "topic": "money",
    "words": WORDS,
    "about": "ryg-2570-000001",
    "contact": "โทร 1",
    "website": "",
    "sheet": "one",
}
CODE = re.compile("[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}")


def told(client: Visitor, **more: str) -> str:
    """Raise a concern and return the code that the next page shows."""
    answer = client.post("/concerns", data=TYPED | more)
    assert (answer.status_code, answer.location) == (303, "/concerns/received")
    (code,) = CODE.findall(client.get("/concerns/received").text)
    return str(code)


def count() -> int:
    with Session(db.engine) as session:
        return session.scalar(select(func.count()).select_from(Concern)) or 0


def state(table: type[Concern | Finding]) -> str:
    with Session(db.engine) as session:
        return str(session.scalars(select(table.state)).one())


def test_anybody_raises_a_concern_and_sees_the_code_once(client: Visitor) -> None:
    assert client.get("/concerns").status_code == 200
    code = told(client)
    again = client.get("/en/concerns/received").text
    assert code not in again
    assert "shown already" in again
    assert count() == 1


def test_what_was_typed_comes_back_when_something_is_wrong(client: Visitor) -> None:
    for wrong in (
        {"topic": ""},
        {"topic": "fun"},
        {"words": " "},
        {"about": "x" * 41},
        {"contact": "x" * 201},
        {"website": "http://machine.example"},
    ):
        answer = client.post("/concerns", data=TYPED | wrong)
        assert answer.status_code == 422
        if "words" not in wrong:
            assert "เงินไม่ถึง &lt;b&gt;ครอบครัว" in answer.text
    long = "ก" * 4001
    assert long in client.post("/concerns", data=TYPED | {"words": long}).text
    assert count() == 0


def test_a_second_click_makes_no_second_concern(client: Visitor) -> None:
    assert told(client) == told(client)
    assert count() == 1


def test_a_page_that_was_open_too_long_comes_back_filled(portal: Portal, client: Visitor) -> None:
    portal.app.config["WTF_CSRF_ENABLED"] = True
    answer = client.post("/en/concerns", data=TYPED)
    assert answer.status_code == 422
    assert "Please send it once more" in answer.text
    assert "เงินไม่ถึง" in answer.text
    (token,) = re.findall(r'name="csrf_token" type="hidden" value="([^"]+)"', answer.text)
    assert client.post("/concerns", data=TYPED | {"csrf_token": token}).status_code == 303


@pytest.mark.usefixtures("limited")
def test_too_much_from_one_address_comes_back_filled(client: Visitor) -> None:
    answers = [client.post("/en/concerns", data=TYPED | {"topic": ""}) for _ in range(11)]
    assert answers[-1].status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert "Send it in a minute" in answers[-1].text
    assert "เงินไม่ถึง" in answers[-1].text


def test_a_reporter_follows_and_writes_more(portal: Portal, client: Visitor, made: Maker) -> None:
    code = told(client)
    assert "<textarea" not in client.get("/concerns/follow").text
    for wrong, status in (("", 422), ("ABCD-ABCD-ABCD-ABCD", 422), (code.lower(), 303)):
        assert client.post("/concerns/follow", data={"code": wrong}).status_code == status
    assert "เงินไม่ถึง &lt;b&gt;" in client.get("/en/concerns/follow").text
    assert client.post("/concerns/follow/words", data={"words": ""}).status_code == 422
    more = client.post("/concerns/follow/words", data={"words": "อีกข้อ"})
    assert (more.status_code, more.location) == (303, "/concerns/follow")
    assert "อีกข้อ" in client.get("/concerns/follow").text
    malee = another(portal).sign_in("malee")
    for data in (
        {"action": "take_up", "seen_version": "2"},
        {"action": "answer", "outcome": "put_right", "words": "โอนใหม่แล้ว", "seen_version": "3"},
    ):
        assert malee.post("/office/concerns/1", data=data).status_code == 303
    page = client.get("/en/concerns/follow").text
    assert "โอนใหม่แล้ว" in page
    assert "Founded, and put right" in page
    assert client.post("/concerns/follow/close").status_code == 303
    assert state(Concern) == "closed"
    assert client.post("/concerns/follow/leave").status_code == 303
    assert "เงินไม่ถึง" not in client.get("/concerns/follow").text
    assert client.post("/concerns/follow/close").status_code == 303
    assert made(lambda world: world.session.get_one(Concern, 1).outcome) == "put_right"


def test_words_that_come_without_a_code_are_kept(client: Visitor) -> None:
    code = told(client)
    answer = client.post("/concerns/follow/words", data={"words": "เขียนไว้นาน"})
    assert answer.status_code == 422
    assert "เขียนไว้นาน" in answer.text
    data = {"code": code, "words": "เขียนไว้นาน"}
    assert client.post("/concerns/follow", data=data).status_code == 303
    assert "เขียนไว้นาน" in client.get("/concerns/follow").text


def test_words_to_a_concern_that_was_closed_meanwhile_are_given_back(
    portal: Portal, client: Visitor, made: Maker
) -> None:
    code = told(client)
    client.post("/concerns/follow", data={"code": code})
    malee = another(portal).sign_in("malee")
    malee.post("/office/concerns/1", data={"action": "take_up", "seen_version": "1"})
    data = {"action": "answer", "outcome": "referred", "words": "x", "seen_version": "2"}
    malee.post("/office/concerns/1", data=data)
    made(lambda world: close_concern(world.session, 1, at=NOON).id)
    answer = client.post("/en/concerns/follow/words", data={"words": "สายเกินไป"})
    assert answer.status_code == 422
    assert "สายเกินไป" in answer.text
    assert "was not added" in answer.text


def test_a_code_opens_its_concern_for_half_an_hour(
    client: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "OPEN_SECONDS", -1)
    client.post("/concerns/follow", data={"code": told(client)})
    assert "เงินไม่ถึง" not in client.get("/concerns/follow").text


def test_the_desk_acts_on_one_page(client: Visitor, made: Maker) -> None:
    made(lambda world: world.received().id)
    client.sign_in("malee")
    assert "RYG-2570-C000001" in client.get("/office/concerns").text
    page = client.get("/en/office/concerns/1")
    assert page.status_code == 200
    for wrong in (
        {"action": "", "seen_version": "1"},
        {"action": "close", "seen_version": "1"},
        {"action": "answer", "seen_version": "1"},
        {"action": "pass", "seen_version": "1", "words": " "},
    ):
        assert client.post("/office/concerns/1", data=wrong).status_code == 422
    old = {"action": "take_up", "seen_version": "0"}
    assert client.post("/office/concerns/1", data=old).status_code == 409
    taken = {"action": "take_up", "seen_version": "1"}
    assert client.post("/office/concerns/1", data=taken).status_code == 303
    missing = {"action": "answer", "seen_version": "2", "words": "x"}
    assert client.post("/office/concerns/1", data=missing).status_code == 422
    mine = {"action": "pass", "seen_version": "2", "words": "ญาติของฉัน"}
    answer = client.post("/office/concerns/1", data=mine)
    assert (answer.status_code, answer.location) == (303, "/office/concerns")
    assert client.get("/office/concerns/1").status_code == 404
    client.sign_in("wipa")
    assert "ญาติของฉัน" in client.get("/office/concerns/1").text


@pytest.mark.parametrize("username", ["malee", "chair5", "anong", "admin", "board", "finder1"])
def test_a_sensitive_concern_is_not_found_by_others(
    client: Visitor, made: Maker, username: str
) -> None:
    made(lambda world: world.received(ConcernTopic.STAFF).id)
    client.sign_in(username)
    assert client.get("/office/concerns/1").status_code == 404
    answer = client.post("/office/concerns/1", data={"action": "take_up", "seen_version": "1"})
    assert answer.status_code == 404
    client.sign_in("wipa")
    assert client.get("/office/concerns/1").status_code == 200


def test_an_auditor_raises_a_finding_from_the_log(client: Visitor, made: Maker) -> None:
    eid = made(lambda world: world.submitted().log_eid)
    client.sign_in("wipa")
    assert client.get("/office/findings").status_code == 200
    assert client.get(f"/office/findings/new?eid={eid}").status_code == 200
    assert client.get("/office/findings/new?eid=0").status_code == 200
    assert client.get("/office/findings/new").status_code == 404
    typed = {"eid": eid, "severity": "serious", "topic": "papers", "words": WORDS}
    for wrong in ({"severity": "x"}, {"topic": ""}, {"topic": "x"}, {"words": ""}):
        answer = client.post("/office/findings/new", data=typed | wrong)
        assert answer.status_code == 422
    answer = client.post("/office/findings/new", data=typed)
    assert (answer.status_code, answer.location) == (303, "/office/findings/1")
    page = client.get("/en/office/findings/1").text
    assert "Only" in page
    assert client.post("/office/findings/1", data={"action": "answer"}).status_code == 422


def test_a_finding_is_answered_and_closed_on_its_page(client: Visitor, made: Maker) -> None:
    made(lambda world: world.raised().id)
    client.sign_in("chair5")
    assert "RYG-2570-F000001" in client.get("/office/findings").text
    assert client.get("/office/findings/1").status_code == 200
    answer = {"action": "answer", "remedy": "corrected", "words": "แก้แล้ว", "seen_version": "1"}
    for wrong in ({"remedy": ""}, {"words": ""}, {"remedy": "x"}):
        assert client.post("/office/findings/1", data=answer | wrong).status_code == 422
    assert client.post("/office/findings/1", data=answer | {"seen_version": "9"}).status_code == 409
    assert client.post("/office/findings/1", data=answer).status_code == 303
    client.sign_in("wipa")
    doubt = {"action": "reopen", "doubt": "", "words": "ยังไม่ครบ", "seen_version": "2"}
    assert client.post("/office/findings/1", data=doubt).status_code == 422
    assert client.post("/office/findings/1", data=doubt | {"doubt": "not_done"}).status_code == 303
    assert "ยังไม่ครบ" in client.get("/office/findings/1").text
    client.sign_in("malee")
    client.post("/office/findings/1", data=answer | {"seen_version": "3"})
    client.sign_in("wipa")
    closing = {"action": "close", "seen_version": "4"}
    assert client.post("/office/findings/1", data=closing).status_code == 303
    assert state(Finding) == "closed"
    assert client.get("/office/findings/1").status_code == 200


def test_who_has_nothing_to_do_with_them_sees_no_list(client: Visitor) -> None:
    client.sign_in("finder1")
    assert client.get("/office/findings").status_code == 403
    assert client.get("/office/concerns").status_code == 403
    assert client.get("/office/findings/new?eid=0").status_code == 403
    assert client.get("/office/findings/1").status_code == 404


def figures(world: World) -> None:
    for topic in (ConcernTopic.MONEY, ConcernTopic.STAFF):
        world.received(topic)
    world.raised()


def test_the_public_reads_how_many_and_no_small_number(
    portal: Portal, client: Visitor, made: Maker
) -> None:
    made(figures)
    portal.install.publish(db.engine)
    page = client.get("/en/concerns/figures")
    assert page.headers["Cache-Control"] == "public, no-cache"
    assert "Treatment of a child" not in page.text
    assert "Conduct of staff" not in page.text
    assert "Set-Cookie" not in page.headers
    # The log shows the numbers of both.
    log = client.get("/log").text
    assert "RYG-2570-F000001" in log
    assert "RYG-2570-C000002" in log


def test_before_anything_is_published_there_are_no_figures(portal: Portal, client: Visitor) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        session.execute(delete(PublishedPosition))
    assert "Nothing is published yet" in client.get("/en/concerns/figures").text
    with writing(db.engine, portal.install.session_info()) as session:
        for table in TABLES:
            session.execute(delete(table))
