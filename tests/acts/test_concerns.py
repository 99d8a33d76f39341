from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.audit.entry import Entry
from portal.audit.entry import parse
from portal.audit.models import LogEntry
from portal.audit.models import PrivateField
from portal.concerns.codes import ConcernAction
from portal.concerns.codes import ConcernState
from portal.concerns.codes import ConcernTopic
from portal.concerns.codes import Desk
from portal.concerns.codes import Outcome
from portal.concerns.docket import Reply
from portal.concerns.models import Concern
from portal.concerns.models import ConcernAct
from portal.concerns.queries import concern_page
from portal.concerns.queries import concerns
from portal.concerns.queries import followed_concern
from portal.concerns.rules import ConcernNotFoundError
from portal.concerns.rules import StaleCaseError
from portal.concerns.rules import UnknownCodeError
from portal.concerns.service import ConcernAnswer
from portal.concerns.service import add_words
from portal.concerns.service import answer_concern
from portal.concerns.service import close_concern
from portal.concerns.service import close_silent
from portal.concerns.service import followed
from portal.concerns.service import pass_concern
from portal.concerns.service import receive_concern
from portal.concerns.service import take_up_concern
from portal.db import db
from portal.funds.rules import ActionNotAllowedError
from portal.funds.rules import RoleNeededError
from portal.roles import Actor
from tests.conftest import Maker
from tests.world import NOON
from tests.world import World

LATER = NOON + timedelta(days=3)
WORDS, CONTACT = "เงินไม่ถึงมือเด็กคนนั้น", "โทร 08-LEAK"
TOLD = ConcernAnswer(ConcernTopic.MONEY, False, "RYG-2570-000001", WORDS, CONTACT, "sheet-1")  # noqa: FBT003 - a value
STAFF = replace(TOLD, topic=ConcernTopic.STAFF, sheet="sheet-2")
FOUND = Reply(Outcome.PUT_RIGHT, "โอนใหม่แล้ว")
NOTHING = Reply(None, "")
MINE = Reply(None, "เป็นญาติของฉัน")


def received(world: World, answer: ConcernAnswer = TOLD) -> Concern:
    receipt = receive_concern(world.session, answer, at=NOON)
    return world.session.get_one(Concern, followed(world.session, receipt.code))


def looking(world: World, answer: ConcernAnswer = TOLD, by: Actor | None = None) -> Concern:
    concern = received(world, answer)
    return take_up_concern(
        world.session, concern.id, NOTHING, seen_version=1, by=by or world.malee, at=NOON
    )


def answered(world: World) -> Concern:
    concern = looking(world)
    return answer_concern(
        world.session, concern.id, FOUND, seen_version=concern.version, by=world.malee, at=LATER
    )


def entry(session: Session, eid: str) -> Entry:
    return parse(session.scalars(select(LogEntry.body).where(LogEntry.eid == eid)).one())


def test_anybody_tells_and_an_officer_answers(session: Session, world: World) -> None:
    receipt = receive_concern(session, TOLD, at=NOON)
    assert receipt.number == "RYG-2570-C000001"
    concern = session.get_one(Concern, followed(session, receipt.code))
    assert (concern.state, concern.desk) == (ConcernState.RECEIVED, Desk.OFFICERS)
    take_up_concern(session, concern.id, NOTHING, seen_version=1, by=world.malee, at=NOON)
    assert (concern.state, concern.taken_by_id) == (ConcernState.LOOKING, world.malee.person_id)
    seen = concern.version
    answer_concern(session, concern.id, FOUND, seen_version=seen, by=world.malee, at=LATER)
    assert (concern.state, concern.outcome) == (ConcernState.ANSWERED, Outcome.PUT_RIGHT)
    close_concern(session, concern.id, at=LATER)
    assert (concern.state, concern.closed_at) == (ConcernState.CLOSED, LATER)
    acts = session.scalars(select(ConcernAct).order_by(ConcernAct.id)).all()
    assert [(act.act, act.role, act.by_person_id, act.words) for act in acts] == [
        ("concern.received", None, None, WORDS),
        ("concern.taken_up", "officer", world.malee.person_id, ""),
        ("concern.answered", "officer", world.malee.person_id, FOUND.words),
        ("concern.closed", None, None, ""),
    ]


def test_the_log_tells_codes_and_days_and_nobody(session: Session, world: World) -> None:
    concern = answered(world)
    number = concern.number
    bodies = session.scalars(select(LogEntry.body).order_by(LogEntry.seqno)).all()
    told = [parse(body) for body in bodies if b"concern." in body]
    assert [(one.type, one.role, one.public) for one in told] == [
        (
            "concern.received",
            "reporter",
            {"number": number, "topic": "money", "desk": "officers"},
        ),
        ("concern.taken_up", "officer", {"number": number}),
        ("concern.answered", "officer", {"number": number, "outcome": "put_right", "days": 3}),
    ]
    assert not any(secret.encode() in body for body in bodies for secret in (WORDS, CONTACT))
    fields = session.execute(select(PrivateField.field, PrivateField.subject)).all()
    mine = {field for field, subject in fields if subject == f"concern:{number}"}
    assert mine == {"words", "about", "contact"}
    # Not even a sealed name stands behind what the reporter did.
    eid = told[0].eid
    sealed = session.scalars(select(PrivateField.field).where(PrivateField.eid == eid)).all()
    assert sorted(sealed) == ["about", "contact", "words"]


def test_of_a_sensitive_one_the_topic_is_not_told(session: Session, world: World) -> None:
    for answer in (
        STAFF,
        replace(TOLD, topic=ConcernTopic.CHILD),
        replace(TOLD, is_about_house=True),
    ):
        concern = received(world, answer)
        assert concern.desk is Desk.AUDITORS
        told = entry(session, concern.log_eid).public
        assert (told["topic"], told["desk"]) == ("sensitive", "auditors")


def test_the_code_is_kept_nowhere_and_read_however_it_is_typed(session: Session) -> None:
    receipt = receive_concern(session, TOLD, at=NOON)
    assert len(receipt.code) == 19
    concern = session.get_one(Concern, followed(session, receipt.code))
    assert receipt.code not in repr(vars(concern))
    typed = receipt.code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert followed(session, typed) == concern.id
    thai = receipt.code.translate({48 + digit: 0xE50 + digit for digit in range(10)})
    assert followed(session, thai) == concern.id
    for wrong in ("", "x", "ABCD-ABCD-ABCD-ABCD", receipt.code[:-1], receipt.code + "A"):
        with pytest.raises(UnknownCodeError):
            followed(session, wrong)


def test_the_same_sheet_sent_twice_is_one_concern(session: Session) -> None:
    first = receive_concern(session, TOLD, at=NOON)
    assert receive_concern(session, TOLD, at=LATER) == first
    others = [
        receive_concern(session, answer, at=NOON)
        for answer in (
            replace(TOLD, words="อีกเรื่อง"),
            replace(TOLD, sheet="another"),
            replace(TOLD, sheet=""),
            replace(TOLD, sheet=""),
        )
    ]
    assert len({receipt.code for receipt in (first, *others)}) == 5
    assert [receipt.number[-1] for receipt in others] == ["2", "3", "4", "5"]


def test_more_words_open_an_answered_one_again(session: Session, world: World) -> None:
    concern = received(world)
    since = concern.since
    add_words(session, concern.id, "อีกอย่าง", at=LATER)
    assert (concern.state, concern.since) == (ConcernState.RECEIVED, since)
    seen = concern.version
    take_up_concern(session, concern.id, NOTHING, seen_version=seen, by=world.malee, at=NOON)
    add_words(session, concern.id, "อีกอย่าง", at=LATER)
    assert concern.state is ConcernState.LOOKING
    seen = concern.version
    answer_concern(session, concern.id, FOUND, seen_version=seen, by=world.malee, at=LATER)
    add_words(session, concern.id, "ยังไม่ได้", at=LATER)
    assert (concern.state, concern.outcome) == (ConcernState.LOOKING, None)
    assert entry(session, concern.log_eid).public == {"number": concern.number}


def test_nothing_is_added_to_a_closed_one(session: Session, world: World) -> None:
    concern = answered(world)
    close_concern(session, concern.id, at=LATER)
    with pytest.raises(ActionNotAllowedError):
        add_words(session, concern.id, "x", at=LATER)
    with pytest.raises(ActionNotAllowedError):
        close_concern(session, concern.id, at=LATER)
    with pytest.raises(ConcernNotFoundError):
        add_words(session, 999, "x", at=LATER)


def test_thirty_silent_days_close_an_answered_one(session: Session, world: World) -> None:
    concern = answered(world)
    looking(world, replace(TOLD, sheet="other"))
    month = timedelta(days=30)
    assert close_silent(session, at=LATER + month - timedelta(seconds=1)) == 0
    assert close_silent(session, at=LATER + month) == 1
    assert concern.state is ConcernState.CLOSED
    assert entry(session, concern.log_eid).role == "system"
    assert close_silent(session, at=LATER + 2 * month) == 0


def test_a_sensitive_one_is_there_for_auditors_alone(session: Session, world: World) -> None:
    concern = received(world, STAFF)
    admin = world._actor("admin")  # noqa: SLF001 - the world's own way to look somebody up
    for by in (world.malee, world.somchai, world.anong, world.board, admin, world.krit):
        with pytest.raises(ConcernNotFoundError):
            concern_page(session, concern.id, by)
        with pytest.raises(ConcernNotFoundError):
            take_up_concern(session, concern.id, NOTHING, seen_version=1, by=by, at=NOON)
    assert concerns(session, world.malee) == ([], 0)
    for by in (world.somchai, world.anong, admin, world.finder):
        with pytest.raises(RoleNeededError):
            concerns(session, by)
    assert [row.id for row in concerns(session, world.wipa)[0]] == [concern.id]
    take_up_concern(session, concern.id, NOTHING, seen_version=1, by=world.wipa, at=NOON)
    seen = concern.version
    answer_concern(session, concern.id, FOUND, seen_version=seen, by=world.wipa, at=LATER)
    assert entry(session, concern.log_eid).role == "auditor"


def test_an_auditor_reads_an_ordinary_one_and_leaves_it_to_the_officers(
    session: Session, world: World
) -> None:
    concern = received(world)
    page = concern_page(session, concern.id, world.wipa)
    assert {offer.action for offer in page.offers} == {ConcernAction.TAKE_UP, ConcernAction.PASS}
    assert all(isinstance(offer.refusal, RoleNeededError) for offer in page.offers)
    assert world.malee.name in page.who
    with pytest.raises(RoleNeededError):
        take_up_concern(session, concern.id, NOTHING, seen_version=1, by=world.wipa, at=NOON)


def test_who_is_concerned_passes_it_on_and_never_sees_it_again(
    session: Session, world: World
) -> None:
    concern = looking(world)
    steps = (
        (world.malee, Desk.AUDITORS),
        (world.wipa, Desk.BOARD),
        (world.board, Desk.AUDITORS),
    )
    for by, desk in steps:
        pass_concern(session, concern.id, MINE, seen_version=concern.version, by=by, at=LATER)
        assert (concern.state, concern.desk) == (ConcernState.RECEIVED, desk)
        assert concern.taken_by_id is None
        told = entry(session, concern.log_eid).public
        assert told == {"number": concern.number, "desk": desk.value}
        with pytest.raises(ConcernNotFoundError):
            concern_page(session, concern.id, by)
    # Back with the auditors, but not for the one who is concerned.
    with pytest.raises(ConcernNotFoundError):
        concern_page(session, concern.id, world.wipa)
    page = followed_concern(session, concern.id)
    assert MINE.words not in {said.words for said in page.said}
    assert {said.name for said in page.said} == {None}


def test_the_table_of_steps_holds_for_the_desk(session: Session, world: World) -> None:
    concern = received(world)
    with pytest.raises(ActionNotAllowedError):
        answer_concern(session, concern.id, FOUND, seen_version=1, by=world.malee, at=NOON)
    with pytest.raises(StaleCaseError):
        take_up_concern(session, concern.id, NOTHING, seen_version=0, by=world.malee, at=NOON)


def test_the_page_of_the_desk_leads_to_the_request(session: Session, world: World) -> None:
    reference = world.submitted().reference
    concern = received(world, replace(TOLD, about=reference or ""))
    page = concern_page(session, concern.id, world.malee)
    assert page.request_id is not None
    assert (page.contact, page.taken_by, page.next_desk) == (CONTACT, None, Desk.AUDITORS)
    assert concern_page(session, looking(world, STAFF, world.wipa).id, world.wipa).taken_by
    assert followed_concern(session, concern.id).may_write
    assert not followed_concern(session, concern.id).may_close


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("state = 'closed', closed_at = since", "log entry of its own"),
        ("desk = 'board'", "log entry of its own"),
        ("desk = 'board', log_eid = (SELECT min(eid) FROM log_entry)", "log entry of its own"),
        ("topic = 'other'", "append-only"),
        ("contact = ''", "append-only"),
        ("code_hash = 'x'", "append-only"),
    ],
)
def test_the_database_keeps_a_concern(made: Maker, change: str, says: str) -> None:
    made(lambda world: answered(world).id)
    change = change.replace("min(eid)", "eid").replace("log_entry)", "log_entry LIMIT 1)")
    statement = f"UPDATE concern SET {change}"  # noqa: S608 - our own words
    with Session(db.engine) as session, pytest.raises(DBAPIError, match=says):
        session.execute(text(statement))


def test_the_database_keeps_a_sensitive_one_from_the_officers(made: Maker) -> None:
    made(lambda world: received(world, STAFF).id)
    columns = "number, code_hash, topic, is_about_house, about, contact, state, since, received_at"
    told = columns.replace("number, code_hash", "'X', 'x'")
    statement = (
        f"INSERT INTO concern (desk, version, log_eid, {columns})"  # noqa: S608 - our own words
        f" SELECT 'officers', 1, log_eid, {told} FROM concern"
    )
    with Session(db.engine) as session, pytest.raises(DBAPIError, match="sensitive_is_apart"):
        session.execute(text(statement))
