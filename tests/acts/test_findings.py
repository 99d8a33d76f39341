from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import Entry
from portal.audit.entry import parse
from portal.audit.models import LogEntry
from portal.audit.models import LogSeq
from portal.audit.queries import EntryNotFoundError
from portal.concerns.codes import Doubt
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
from portal.concerns.rules import AuditorsDoNotAnswerError
from portal.concerns.rules import FindingNotFoundError
from portal.concerns.rules import OwnAnswerError
from portal.concerns.rules import OwnFindingError
from portal.concerns.rules import StaleCaseError
from portal.funds.rules import ActionNotAllowedError
from portal.funds.rules import RoleNeededError
from portal.people.queries import SYSTEM
from portal.people.service import add_person
from portal.people.service import grant_role
from portal.roles import Actor
from portal.roles import Role
from tests.world import FOUNDED
from tests.world import NOON
from tests.world import World

LATER = NOON + timedelta(days=2)
SECRET = "คำที่เป็นความลับของผู้ตรวจ"
DONE = Reply(Remedy.CORRECTED, "แก้ไขแล้ว")
FINE = Reply(None, "")


def raised(world: World, *, by: Actor | None = None, eid: str | None = None) -> Finding:
    eid = eid or world.submitted().log_eid
    assert eid is not None
    answer = FindingAnswer(eid, Severity.WEAKNESS, FindingTopic.PAPERS, SECRET)
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


def other_auditor(world: World, *more: Role) -> Actor:
    person = add_person(world.session, "second", name="ผู้ตรวจอีกคน", organisation_code=None)
    for role in (Role.AUDITOR, *more):
        grant_role(world.session, person, role, by=SYSTEM, at=FOUNDED)
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
        ("finding.raised", Role.AUDITOR, None, SECRET),
        ("finding.answered", Role.OFFICER, "corrected", DONE.words),
        ("finding.closed", Role.AUDITOR, None, ""),
    ]


def test_the_log_tells_codes_and_where_it_was_found(session: Session, world: World) -> None:
    finding = raised(world)
    told = entry(session, finding.log_eid)
    assert told.refs == (finding.eid,)
    assert told.public == {"number": "RYG-2570-F000001", "severity": "weakness", "topic": "papers"}
    body = session.scalars(select(LogEntry.body).where(LogEntry.eid == finding.log_eid)).one()
    assert SECRET.encode() not in body
    assert raised(world).number == "RYG-2570-F000002"
