from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.audit.entry import parse
from portal.audit.models import LogEntry
from portal.audit.opening import OpeningFile
from portal.audit.policy import Policy
from portal.audit.queries import EntryNotFoundError
from portal.db import db
from portal.people.models import Opening
from portal.people.openings import OpeningAnswer
from portal.people.openings import OpeningNotFoundError
from portal.people.openings import ask_opening
from portal.people.openings import grant_opening
from portal.people.openings import opening_file
from portal.people.openings import openings
from portal.people.openings import refuse_opening
from portal.people.openings import sealed
from portal.people.rules import DecidedAlreadyError
from portal.people.rules import NotAGranterError
from portal.people.rules import NotAnAuditorError
from portal.people.rules import NotGrantedError
from portal.people.rules import NothingSealedError
from portal.people.rules import OwnQuestionError
from portal.people.rules import Purpose
from portal.roles import Actor
from portal.roles import Role
from tests.conftest import Maker
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.world import NOON
from tests.world import SECRETS
from tests.world import World

LATER = NOON + timedelta(hours=1)


def asked(world: World, *fields: str, by: Actor | None = None) -> Opening:
    eid = world.submitted().log_eid
    assert eid is not None
    answer = OpeningAnswer(eid, fields or ("payee", "reason"), Purpose.AUDIT, "ตส 12/2570")
    return ask_opening(world.session, answer, by=by or world.wipa, at=NOON)


def test_what_is_sealed_is_named_and_not_shown(session: Session, world: World) -> None:
    eid = world.submitted().log_eid
    assert eid is not None
    found = sealed(session, eid, world.wipa)
    assert found.type == "fund_request.submitted"
    assert found.fields == ("act", "payee", "person", "reason")


def test_one_asks_another_grants_and_the_file_opens_what_was_asked(
    portal: Portal, made: Maker
) -> None:
    opening_id = made(lambda world: asked(world).id)
    made(lambda world: grant_opening(world.session, opening_id, by=world.malee, at=LATER))
    portal.install.publish(db.engine)

    def take(world: World) -> OpeningFile:
        return opening_file(
            world.session, portal.install.folder, portal.install.vault, opening_id, by=world.wipa
        )

    written = str(made(take)).encode()
    opened = OpeningFile.parse(written).verify(Policy.parse(portal.install.policy_text))
    assert opened.entry.type == "fund_request.submitted"
    assert opened.fields["reason"] == SECRETS[4]
    assert opened.fields.keys() == {"payee", "reason"}
    assert SECRETS[3] in json.dumps(opened.fields["payee"], ensure_ascii=False)
    # The name stays sealed.
    assert SECRETS[1].encode() not in written


def test_the_log_tells_what_for_and_how_many(session: Session, world: World) -> None:
    opening = grant_opening(session, asked(world).id, by=world.malee, at=LATER)
    body = session.scalars(select(LogEntry.body).where(LogEntry.eid == opening.log_eid)).one()
    entry = parse(body)
    assert (entry.type, entry.role, entry.refs) == ("privacy.opened", "officer", ())
    assert entry.public == {"purpose": "audit", "count": 2}
    assert opening.eid.encode() not in body


def test_only_an_auditor_asks(session: Session, world: World) -> None:
    for by in (world.malee, world.somchai, world.anong, world.krit):
        with pytest.raises(NotAnAuditorError):
            asked(world, by=by)
    assert session.scalars(select(Opening)).all() == []


def test_only_what_is_sealed_there_is_asked_for(session: Session, world: World) -> None:
    eid = world.submitted().log_eid
    assert eid is not None
    for fields in ((), ("donor",), ("reason", "donor")):
        answer = OpeningAnswer(eid, fields, Purpose.AUDIT, "1")
        with pytest.raises(NothingSealedError):
            ask_opening(session, answer, by=world.wipa, at=NOON)
    for unknown in ("", "x", "01a20d8b-74e1-7690-93f3-2a3d25543fa0"):
        with pytest.raises(EntryNotFoundError):
            sealed(session, unknown, world.wipa)


def test_nobody_grants_what_they_asked_for(session: Session, world: World) -> None:
    # Nobody holds these together; if somebody did, this would still be refused.
    everybody = replace(world.wipa, roles=frozenset(Role))
    opening = asked(world, by=everybody)
    for decide in (grant_opening, refuse_opening):
        with pytest.raises(OwnQuestionError):
            decide(session, opening.id, by=everybody, at=LATER)
        with pytest.raises(NotAGranterError):
            decide(session, opening.id, by=world.wipa, at=LATER)
        for by in (world.somchai, world.anong, world.finder):
            with pytest.raises(OpeningNotFoundError):
                decide(session, opening.id, by=by, at=LATER)
    assert opening.is_granted is None


def test_a_decision_is_made_once(session: Session, world: World) -> None:
    first, second = asked(world), asked(world)
    grant_opening(session, first.id, by=world.malee, at=LATER)
    refuse_opening(session, second.id, by=world.malee, at=LATER)
    for opening in (first, second):
        for decide in (grant_opening, refuse_opening):
            with pytest.raises(DecidedAlreadyError):
                decide(session, opening.id, by=world.malee, at=LATER)
    with pytest.raises(OpeningNotFoundError):
        grant_opening(session, 999, by=world.malee, at=LATER)


def test_nothing_is_opened_before_it_is_granted_or_for_anybody_else(
    portal: Portal, session: Session, world: World
) -> None:
    waiting, refused, granted = asked(world), asked(world), asked(world)
    refuse_opening(session, refused.id, by=world.malee, at=LATER)
    grant_opening(session, granted.id, by=world.malee, at=LATER)
    folder, vault = portal.install.folder, portal.install.vault
    for opening in (waiting, refused):
        with pytest.raises(NotGrantedError):
            opening_file(session, folder, vault, opening.id, by=world.wipa)
    for by in (world.malee, world.somchai, world.everything()):
        with pytest.raises(OpeningNotFoundError):
            opening_file(session, folder, vault, granted.id, by=by)


def test_who_sees_which_openings(session: Session, world: World) -> None:
    opening = asked(world)
    (mine,) = openings(session, world.wipa)
    assert (mine.id, mine.fields, mine.is_mine) == (opening.id, ("payee", "reason"), True)
    (waiting,) = openings(session, world.malee)
    assert (waiting.is_mine, waiting.case) == (False, "ตส 12/2570")
    assert [row.id for row in openings(session, world.everything("other"))] == [opening.id]
    with pytest.raises(NotAGranterError):
        openings(session, world.somchai)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE opening SET is_granted = false, log_eid = NULL",
        "UPDATE opening SET fields = 'person'",
        "DELETE FROM opening",
    ],
)
def test_the_database_keeps_a_decision(made: Maker, statement: str) -> None:
    opening_id = made(lambda world: asked(world).id)
    made(lambda world: grant_opening(world.session, opening_id, by=world.malee, at=LATER))
    with (
        Session(db.engine) as session,
        pytest.raises(DBAPIError, match=r"append-only|not authorized"),
    ):
        session.execute(text(statement))


def test_the_database_knows_that_two_people_decide(made: Maker) -> None:
    opening_id = made(lambda world: asked(world).id)
    for change in (
        "decided_by_id = asked_by_id, decided_at = asked_at, is_granted = false",
        "decided_at = asked_at",
        "is_granted = true",
    ):
        with Session(db.engine) as session, pytest.raises(DBAPIError, match=r"(?i)check"):
            session.execute(text(f"UPDATE opening SET {change} WHERE id = {opening_id}"))  # noqa: S608 - our own words


def test_the_pages_lead_from_the_question_to_the_file(
    portal: Portal, made: Maker, client: Visitor
) -> None:
    eid = made(lambda world: world.submitted().log_eid)
    client.sign_in("wipa")
    assert "ปลายฟ้าลับ" not in client.get(f"/office/openings/new?eid={eid}").text
    told = {"eid": eid, "sealed_fields": ["reason"], "purpose": "audit", "case_number": "7"}
    mistakes: list[dict[str, object]] = [
        {"sealed_fields": []},
        {"purpose": "fun"},
        {"case_number": ""},
    ]
    for wrong in mistakes:
        assert client.post("/office/openings/new", data=told | wrong).status_code == 422
    assert client.post("/office/openings/new", data=told).status_code == 303
    assert client.get("/office/openings/1.json").status_code == 409
    assert client.post("/office/openings/1/decide", data={"verdict": "grant"}).status_code == 403
    client.post("/sign-out")
    client.sign_in("malee")
    assert 'value="grant"' in client.get("/office/openings").text
    client.post("/office/openings/1/decide", data={"verdict": "perhaps"})
    assert 'value="grant"' in client.get("/office/openings").text
    assert client.post("/office/openings/1/decide", data={"verdict": "grant"}).status_code == 303
    assert client.get("/office/openings/1.json").status_code == 404
    client.post("/sign-out")
    client.sign_in("wipa")
    portal.install.publish(db.engine)
    assert "/office/openings/1.json" in client.get("/office/openings").text
    answer = client.get("/office/openings/1.json")
    assert answer.headers["Cache-Control"] == "no-store"
    opened = OpeningFile.parse(answer.data).verify(Policy.parse(portal.install.policy_text))
    assert opened.fields == {"reason": SECRETS[4]}


def test_what_was_erased_is_not_opened(portal: Portal, client: Visitor, made: Maker) -> None:
    eid = made(lambda world: world.submitted().log_eid)
    client.sign_in("wipa")
    granted = made(lambda world: asked(world).id)
    made(lambda world: grant_opening(world.session, granted, by=world.malee, at=LATER))
    portal.install.publish(db.engine)
    made(lambda world: world.session.execute(text("DELETE FROM private_field")))
    assert client.get(f"/office/openings/{granted}.json").status_code == 422
    assert (
        '<form method="post" action="/office/openings/new"'
        not in client.get(f"/office/openings/new?eid={eid}").text
    )
