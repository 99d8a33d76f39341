"""Reads of findings and concerns for the pages of those who act on them."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from datetime import datetime

from sqlalchemy import and_
from sqlalchemy import case
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import Json
from portal.audit.entry import parse
from portal.audit.models import LogEntry
from portal.audit.queries import position
from portal.concerns import rules
from portal.concerns.acts import CONCERN_PASSED
from portal.concerns.codes import ConcernAction
from portal.concerns.codes import ConcernState
from portal.concerns.codes import FindingAction
from portal.concerns.codes import FindingState
from portal.concerns.lookups import concerns_seen
from portal.concerns.lookups import findings_seen
from portal.concerns.models import Concern
from portal.concerns.models import ConcernAct
from portal.concerns.models import Finding
from portal.concerns.models import FindingAct
from portal.concerns.rules import HANDLERS
from portal.concerns.rules import NEXT_DESK
from portal.concerns.rules import Offer
from portal.funds.models import FundRequest
from portal.funds.queries import visible
from portal.people.models import Person
from portal.people.queries import holders
from portal.roles import Actor
from portal.roles import Role

LIST_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Said:
    """One act and what was said in it; nobody is named where the reporter or the system acts."""

    act: str
    role: Role | None
    name: str | None
    at: datetime
    code: str | None
    words: str


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A finding in a list."""

    id: int
    number: str
    severity: str
    topic: str
    state: FindingState
    since: datetime
    raised_at: datetime


@dataclass(frozen=True, slots=True)
class FindingPage:
    """The one page of a finding: the entry it was found at, what was said, what can be done."""

    row: FindingRow
    version: int
    eid: str
    index: int | None
    type: str
    public: Mapping[str, Json]
    request_id: int | None
    reference: str | None
    said: Sequence[Said]
    offers: Sequence[Offer]
    who: Sequence[str]
    is_erased: bool


@dataclass(frozen=True, slots=True)
class ConcernRow:
    """A concern in a list, as the desk sees it."""

    id: int
    number: str
    topic: str
    desk: str
    state: ConcernState
    since: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True)
class ConcernPage:
    """The one page of a concern, for its desk; `request_id` is the request that it names."""

    row: ConcernRow
    version: int
    is_about_house: bool
    about: str
    request_id: int | None
    contact: str
    taken_by: str | None
    next_desk: str
    said: Sequence[Said]
    offers: Sequence[Offer]
    who: Sequence[str]
    is_erased: bool


@dataclass(frozen=True, slots=True)
class FollowedConcern:
    """A concern as its reporter follows it: no name of anybody, and nothing between the desks."""

    number: str
    state: ConcernState
    since: datetime
    said: Sequence[Said]
    may_write: bool
    may_close: bool
    is_erased: bool


def findings(session: Session, by: Actor) -> tuple[Sequence[FindingRow], int]:
    """Return the findings this person may see, and how many there are.

    Those that wait come first, the longest waiting on top; then the others, the newest on top.
    """
    rules.check_reads_findings(by)
    is_closed = Finding.state == FindingState.CLOSED
    rows = session.scalars(
        select(Finding)
        .where(findings_seen(by))
        .order_by(is_closed, case((~is_closed, Finding.since)), Finding.since.desc(), Finding.id)
        .limit(LIST_LENGTH)
    )
    count = session.scalar(select(func.count()).select_from(Finding).where(findings_seen(by)))
    return [_finding_row(row) for row in rows], count or 0


def _finding_row(row: Finding) -> FindingRow:
    return FindingRow(
        row.id, row.number, row.severity, row.topic, row.state, row.since, row.raised_at
    )


def finding_page(session: Session, finding_id: int, by: Actor) -> FindingPage:
    """Return a finding with all that was said, or raise `FindingNotFoundError`."""
    seen = and_(Finding.id == finding_id, findings_seen(by))
    finding = session.scalars(select(Finding).where(seen)).one_or_none()
    if finding is None:
        raise rules.FindingNotFoundError
    body = session.scalars(select(LogEntry.body).where(LogEntry.eid == finding.eid)).one()
    entry = parse(body)
    request = finding.fund_request_id and session.get_one(FundRequest, finding.fund_request_id)
    said = select(FindingAct, Person.name).join(Person, Person.id == FindingAct.by_person_id)

    def take(action: FindingAction) -> None:
        raised_by, answered_by = finding.raised_by_id, finding.answered_by_id
        rules.next_finding_state(
            finding.state, action, by, raised_by=raised_by, answered_by=answered_by
        )

    return FindingPage(
        row=_finding_row(finding),
        version=finding.version,
        eid=finding.eid,
        index=position(session, finding.eid),
        type=entry.type,
        public=entry.public,
        request_id=request.id if request else None,
        reference=request.reference if request else None,
        said=[
            Said(act.act, act.role, name, act.at, act.code, act.words)
            for act, name in session.execute(
                said.where(FindingAct.finding_id == finding_id).order_by(FindingAct.id)
            )
        ],
        offers=[] if finding.erased_at else rules.offers(FindingAction, take),
        who=_who_acts(session, finding, request.subcommittee_code if request else None),
        is_erased=finding.erased_at is not None,
    )


def _who_acts(session: Session, finding: Finding, subcommittee: str | None) -> Sequence[str]:
    """Return whom a finding waits for, by name."""
    if finding.state is not FindingState.OPEN:
        return holders(session, Role.AUDITOR)
    chairs = holders(session, Role.CHAIR, subcommittee) if subcommittee else []
    return [*chairs, *holders(session, Role.OFFICER)]


def concerns(session: Session, by: Actor) -> tuple[Sequence[ConcernRow], int]:
    """Return the concerns of this person's desks in the findings' order, and how many there are."""
    rules.check_reads_concerns(by)
    waits = Concern.state.in_((ConcernState.RECEIVED, ConcernState.LOOKING))
    rows = session.scalars(
        select(Concern)
        .where(concerns_seen(by))
        .order_by(waits.desc(), case((waits, Concern.since)), Concern.since.desc(), Concern.id)
        .limit(LIST_LENGTH)
    )
    count = session.scalar(select(func.count()).select_from(Concern).where(concerns_seen(by)))
    return [_concern_row(row) for row in rows], count or 0


def _concern_row(row: Concern) -> ConcernRow:
    return ConcernRow(
        row.id, row.number, row.topic, row.desk, row.state, row.since, row.received_at
    )


def concern_page(session: Session, concern_id: int, by: Actor) -> ConcernPage:
    """Return a concern with all that was said, or raise `ConcernNotFoundError`."""
    seen = and_(Concern.id == concern_id, concerns_seen(by))
    concern = session.scalars(select(Concern).where(seen)).one_or_none()
    if concern is None:
        raise rules.ConcernNotFoundError
    named = and_(FundRequest.reference == concern.about, visible(by))

    def take(action: ConcernAction) -> None:
        rules.next_concern_state(concern.state, action, by, desk=concern.desk)

    return ConcernPage(
        row=_concern_row(concern),
        version=concern.version,
        is_about_house=concern.is_about_house,
        about=concern.about,
        request_id=session.scalar(select(FundRequest.id).where(named)),
        contact=concern.contact,
        taken_by=session.scalar(select(Person.name).where(Person.id == concern.taken_by_id)),
        next_desk=NEXT_DESK[concern.desk],
        said=_said(session, concern_id),
        offers=[] if concern.erased_at else rules.offers(rules.DESK_ACTIONS, take),
        who=holders(session, HANDLERS[concern.desk]),
        is_erased=concern.erased_at is not None,
    )


def followed_concern(session: Session, concern_id: int) -> FollowedConcern:
    """Return a concern for its reporter, who proved to know the code."""
    concern = session.get_one(Concern, concern_id)

    def may(action: ConcernAction) -> bool:
        return (concern.state, action) in rules.CONCERN_STEPS

    return FollowedConcern(
        number=concern.number,
        state=concern.state,
        since=concern.since,
        said=[
            replace(said, name=None, words="" if said.act == CONCERN_PASSED.name else said.words)
            for said in _said(session, concern_id)
        ],
        may_write=may(ConcernAction.ADD),
        may_close=may(ConcernAction.CLOSE),
        is_erased=concern.erased_at is not None,
    )


def _said(session: Session, concern_id: int) -> Sequence[Said]:
    rows = session.execute(
        select(ConcernAct, Person.name)
        .outerjoin(Person, Person.id == ConcernAct.by_person_id)
        .where(ConcernAct.concern_id == concern_id)
        .order_by(ConcernAct.id)
    )
    return [Said(act.act, act.role, name, act.at, act.code, act.words) for act, name in rows]
