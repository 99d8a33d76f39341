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
from portal.audit.queries import EntryNotFoundError
from portal.concerns.codes import Doubt
from portal.concerns.codes import FindingAction
from portal.concerns.codes import FindingState
from portal.concerns.codes import FindingTopic
from portal.concerns.codes import Remedy
from portal.concerns.codes import Severity
from portal.concerns.docket import Reply
from portal.concerns.findings import FindingAnswer
from portal.concerns.findings import answer_finding
from portal.concerns.findings import close_finding
from portal.concerns.findings import found_entry
from portal.concerns.findings import raise_finding
from portal.concerns.findings import reopen_finding
from portal.concerns.models import Finding
from portal.concerns.models import FindingAct
from portal.concerns.queries import finding_page
from portal.concerns.queries import findings
from portal.concerns.rules import AuditorsDoNotAnswerError
from portal.concerns.rules import FindingNotFoundError
from portal.concerns.rules import OwnAnswerError
from portal.concerns.rules import OwnFindingError
from portal.concerns.rules import StaleCaseError
from portal.db import db
from portal.funds.rules import ActionNotAllowedError
from portal.funds.rules import RoleNeededError
from portal.people.queries import SYSTEM
from portal.people.service import add_person
from portal.people.service import grant_role
from portal.roles import Actor
from portal.roles import Role
from tests.conftest import Maker
from tests.world import FOUNDED
from tests.world import NOON
from tests.world import World

LATER = NOON + timedelta(days=2)
WORDS = "คำที่เป็นความลับของผู้ตรวจ"
DONE = Reply(Remedy.CORRECTED, "แก้ไขแล้ว")
FINE = Reply(None, "")


def raised(world: World, *, by: Actor | None = None, eid: str | None = None) -> Finding:
    eid = eid or world.submitted().log_eid
    assert eid is not None
    answer = FindingAnswer(eid, Severity.WEAKNESS, FindingTopic.PAPERS, WORDS)
    return raise_finding(world.session, answer, by=by or world.wipa, at=NOON)


def answered(world: World, *, by: Actor | None = None) -> Finding:
    finding = raised(world)
    return answer_finding(
        world.session,
        finding.id,
        DONE,
        seen_version=finding.version,
        by=by or world.malee,
        at=LATER,
    )


def other_auditor(world: World) -> Actor:
    person = add_person(
        world.session,
        "second",
        name="ผู้ตรวจอีกคน",
        organisation_code=None,
        by=SYSTEM,
        at=FOUNDED,
    )
    grant_role(world.session, person, Role.AUDITOR, by=SYSTEM, at=FOUNDED)
    return world._actor("second")  # noqa: SLF001 - the world's own way to look somebody up


def entry(session: Session, eid: str) -> Entry:
    return parse(session.scalars(select(LogEntry.body).where(LogEntry.eid == eid)).one())


def test_an_auditor_raises_an_officer_answers_an_auditor_closes(
    session: Session, world: World
) -> None:
    finding = answered(world)
    assert (finding.state, finding.remedy) == (FindingState.ANSWERED, Remedy.CORRECTED)
    close_finding(session, finding.id, FINE, seen_version=finding.version, by=world.wipa, at=LATER)
    assert finding.state is FindingState.CLOSED
    assert (finding.raised_by_id, finding.closed_by_id) == (world.wipa.person_id,) * 2
    acts = session.scalars(select(FindingAct).order_by(FindingAct.id)).all()
    assert [(act.act, act.role, act.code, act.words) for act in acts] == [
        ("finding.raised", Role.AUDITOR, None, WORDS),
        ("finding.answered", Role.OFFICER, "corrected", DONE.words),
        ("finding.closed", Role.AUDITOR, None, ""),
    ]


def test_the_log_tells_codes_and_where_it_was_found(session: Session, world: World) -> None:
    finding = raised(world)
    told = entry(session, finding.log_eid)
    assert told.refs == (finding.eid,)
    assert told.public == {"number": "RYG-2570-F000001", "severity": "weakness", "topic": "papers"}
    body = session.scalars(select(LogEntry.body).where(LogEntry.eid == finding.log_eid)).one()
    assert WORDS.encode() not in body
    assert raised(world).number == "RYG-2570-F000002"


def test_the_answer_does_not_do_and_is_asked_for_again(session: Session, world: World) -> None:
    finding = answered(world)
    doubt = Reply(Doubt.NOT_DONE, "ยังไม่ได้แก้")
    reopen_finding(
        session, finding.id, doubt, seen_version=finding.version, by=world.wipa, at=LATER
    )
    assert (finding.state, finding.answered_by_id) == (FindingState.OPEN, None)
    assert entry(session, finding.log_eid).public == {
        "number": finding.number,
        "reason": "not_done",
    }
    answer_finding(
        session, finding.id, DONE, seen_version=finding.version, by=world.malee, at=LATER
    )
    close_finding(session, finding.id, FINE, seen_version=finding.version, by=world.wipa, at=LATER)
    reopen_finding(
        session, finding.id, doubt, seen_version=finding.version, by=world.wipa, at=LATER
    )
    assert finding.state is FindingState.OPEN


def test_only_an_auditor_raises(session: Session, world: World) -> None:
    for by in (world.malee, world.somchai, world.anong, world.board, world.krit):
        with pytest.raises(RoleNeededError):
            raised(world, by=by)
    assert session.scalars(select(Finding)).all() == []


def test_an_entry_is_named_by_its_id_or_its_index(session: Session, world: World) -> None:
    first = found_entry(session, "0", by=world.wipa)
    assert first.type == "log.genesis"
    assert found_entry(session, first.eid, by=world.wipa) == first
    for unknown in ("", "x", "999999", "9" * 30, "-1", "01a20d8b-74e1-7690-93f3-2a3d25543fa0"):
        with pytest.raises(EntryNotFoundError):
            found_entry(session, unknown, by=world.wipa)


def test_every_role_of_the_house_answers(session: Session, world: World) -> None:
    fund_request = world.approved()
    assert fund_request.log_eid is not None
    for by, role in (
        (world.malee, "officer"),
        (world.somchai, "chair"),
        (world.anong, "treasurer"),
    ):
        finding = raised(world, eid=fund_request.log_eid)
        answer_finding(session, finding.id, DONE, seen_version=finding.version, by=by, at=LATER)
        assert entry(session, finding.log_eid).role == role
    finding = raised(world, eid=found_entry(session, "0", by=world.wipa).eid)
    admin = world._actor("admin")  # noqa: SLF001 - the world's own way to look somebody up
    answer_finding(session, finding.id, DONE, seen_version=finding.version, by=admin, at=LATER)
    assert entry(session, finding.log_eid).role == "administrator"


def test_auditors_do_not_answer(session: Session, world: World) -> None:
    finding = raised(world)
    seen = finding.version
    # Nobody is given both roles; the rule holds even for somebody who had them.
    second = other_auditor(world)
    second = replace(second, roles=second.roles | {Role.OFFICER})
    with pytest.raises(AuditorsDoNotAnswerError):
        answer_finding(session, finding.id, DONE, seen_version=seen, by=second, at=LATER)
    mine = raised(world, by=second)
    with pytest.raises(OwnFindingError):
        answer_finding(session, mine.id, DONE, seen_version=mine.version, by=second, at=LATER)
    with pytest.raises(RoleNeededError):
        answer_finding(session, finding.id, DONE, seen_version=seen, by=world.wipa, at=LATER)


def test_who_answered_does_not_close_even_as_an_auditor(session: Session, world: World) -> None:
    finding = answered(world)
    auditing = Actor(world.malee.person_id, frozenset({Role.AUDITOR}), name=world.malee.name)
    with pytest.raises(OwnAnswerError):
        close_finding(
            session, finding.id, FINE, seen_version=finding.version, by=auditing, at=LATER
        )
    second = other_auditor(world)
    close_finding(session, finding.id, FINE, seen_version=finding.version, by=second, at=LATER)
    assert finding.closed_by_id == second.person_id


def test_nothing_is_closed_without_an_answer_or_by_others(session: Session, world: World) -> None:
    finding = raised(world)
    seen = finding.version
    with pytest.raises(ActionNotAllowedError):
        close_finding(session, finding.id, FINE, seen_version=seen, by=world.wipa, at=LATER)
    finding = answered(world)
    with pytest.raises(RoleNeededError):
        close_finding(
            session, finding.id, FINE, seen_version=finding.version, by=world.malee, at=LATER
        )


def test_an_old_page_does_nothing(session: Session, world: World) -> None:
    finding = raised(world)
    with pytest.raises(StaleCaseError):
        answer_finding(session, finding.id, DONE, seen_version=0, by=world.malee, at=LATER)


def test_a_finding_at_a_request_is_for_those_who_may_see_the_request(
    session: Session, world: World
) -> None:
    finding = raised(world)
    for by in (world.other_chair, world.anong, world.krit, world.finder, world.board):
        with pytest.raises(FindingNotFoundError):
            answer_finding(session, finding.id, DONE, seen_version=1, by=by, at=LATER)
        with pytest.raises(FindingNotFoundError):
            finding_page(session, finding.id, by)
    assert [row.id for row in findings(session, world.somchai)[0]] == [finding.id]
    assert findings(session, world.other_chair) == ([], 0)
    with pytest.raises(RoleNeededError):
        findings(session, world.finder)


def test_the_page_says_who_can_do_what(session: Session, world: World) -> None:
    finding = raised(world)
    page = finding_page(session, finding.id, world.wipa)
    assert [offer.action for offer in page.offers] == [FindingAction.ANSWER]
    assert isinstance(page.offers[0].refusal, RoleNeededError)
    assert {world.somchai.name, world.malee.name} <= set(page.who)
    assert (page.type, page.request_id) == ("fund_request.submitted", finding.fund_request_id)
    assert page.said[0].words == WORDS
    assert finding_page(session, finding.id, world.malee).offers[0].refusal is None
    # An entry that tells of no request: nobody's chair is asked.
    finding = raised(world, eid=found_entry(session, "0", by=world.wipa).eid)
    page = finding_page(session, finding.id, world.wipa)
    assert (page.index, page.request_id, page.reference) == (0, None, None)
    assert world.somchai.name not in page.who
    finding = answered(world)
    page = finding_page(session, finding.id, world.wipa)
    assert page.who == [world.wipa.name]
    assert {offer.action for offer in page.offers} == {FindingAction.CLOSE, FindingAction.REOPEN}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            "state = 'closed', closed_at = since, closed_by_id = raised_by_id",
            "log entry of its own",
        ),
        ("severity = 'note'", "append-only"),
        ("number = 'RYG-2570-F000009'", "append-only"),
        ("log_eid = eid", "log entry of its own"),
    ],
)
def test_the_database_keeps_a_finding(made: Maker, change: str, says: str) -> None:
    made(lambda world: answered(world).id)
    statement = f"UPDATE finding SET {change}"  # noqa: S608 - our own words
    with Session(db.engine) as session, pytest.raises(DBAPIError, match=says):
        session.execute(text(statement))


def test_the_database_knows_that_others_answer_and_close(made: Maker) -> None:
    made(lambda world: answered(world).id)
    columns = (
        "number, eid, fund_request_id, severity, topic, since, raised_by_id, raised_at, version,"
        " log_eid"
    )
    for rule, values in {
        "answered_by_another": "'answered', 'corrected', raised_by_id, since, NULL, NULL",
        "closed_by_another": "'closed', 'corrected', answered_by_id, since, answered_by_id, since",
        "answered_whole": "'answered', NULL, answered_by_id, since, NULL, NULL",
        "closed_whole": "'closed', 'corrected', answered_by_id, since, NULL, NULL",
    }.items():
        told = columns.replace("number", "'X'")
        statement = (
            f"INSERT INTO finding (state, remedy, answered_by_id, answered_at, closed_by_id,"  # noqa: S608 - our own words
            f" closed_at, {columns}) SELECT {values}, {told} FROM finding"
        )
        with Session(db.engine) as session, pytest.raises(DBAPIError, match=rule):
            session.execute(text(statement))
