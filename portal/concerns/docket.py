"""The docket of findings and concerns: load one under a lock, write an act everywhere at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field

from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import Draft
from portal.audit.entry import Secret
from portal.audit.entry import loggable
from portal.audit.service import record
from portal.concerns.codes import ConcernState
from portal.concerns.codes import FindingState
from portal.concerns.lookups import concerns_seen
from portal.concerns.lookups import findings_seen
from portal.concerns.models import Concern
from portal.concerns.models import ConcernAct
from portal.concerns.models import Finding
from portal.concerns.models import FindingAct
from portal.concerns.rules import ConcernNotFoundError
from portal.concerns.rules import FindingNotFoundError
from portal.concerns.rules import StaleCaseError
from portal.roles import Actor
from portal.roles import Role


@dataclass(frozen=True, slots=True)
class Reply:
    """What somebody says in an act: a public code, where the act has one, and private words."""

    code: str | None
    words: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What an act does: the state it leads to, other columns, and what was said."""

    state: FindingState | ConcernState
    reply: Reply
    changes: Mapping[str, object] = field(default_factory=dict)


def load_finding(session: Session, finding_id: int, *, seen_version: int, by: Actor) -> Finding:
    """Lock a finding for an act; refuse an old page, and hide what is not this person's to see."""
    finding = session.scalars(
        select(Finding)
        .where(Finding.id == finding_id, findings_seen(by))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if finding is None:
        raise FindingNotFoundError
    if finding.version != seen_version:
        raise StaleCaseError
    return finding


def load_concern(session: Session, concern_id: int, *, seen_version: int, by: Actor) -> Concern:
    """Lock a concern for an act of a desk; the same for an old page, and for another desk's."""
    concern = session.scalars(
        select(Concern)
        .where(Concern.id == concern_id, concerns_seen(by))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if concern is None:
        raise ConcernNotFoundError
    if concern.version != seen_version:
        raise StaleCaseError
    return concern


def subject(case: Finding | Concern) -> str:
    """Return the name under which the key store keeps what was written in it."""
    return f"{case.__tablename__}:{case.number}"


def sealed(case: Finding | Concern, words: str) -> Secret:
    """Return what was written, to be committed; nothing when nothing was."""
    return Secret(subject(case), loggable(words) or None)


def enter(
    session: Session, case: Finding | Concern, draft: Draft, effect: Effect, *, by: Actor | None
) -> None:
    """Write an act down: log, finding or concern, and its own line with the words."""
    # Together with the new entry's id: the database refuses the change alone.
    case.log_eid = record(session, draft)
    moved = {} if case.state is effect.state else {"state": effect.state, "since": draft.at}
    for name, value in {**moved, **effect.changes}.items():
        setattr(case, name, value)
    session.add(case)
    session.flush()
    is_person = by is not None and not by.holds(Role.SYSTEM)
    act = {
        "act": draft.type.name,
        "role": Role(draft.role) if by is not None else None,
        "by_person_id": by.person_id if by is not None and is_person else None,
        "at": draft.at,
        "state": effect.state,
        "code": effect.reply.code,
        "words": effect.reply.words,
        "log_eid": case.log_eid,
    }
    if isinstance(case, Finding):
        session.execute(insert(FindingAct), act | {"finding_id": case.id})
    else:
        session.execute(insert(ConcernAct), act | {"concern_id": case.id})
