"""Everything that happened with a person beside money, and the page of one follow-up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.cases import lookups
from portal.cases import queries
from portal.cases import rules
from portal.cases import timeline
from portal.cases.follow_ups import Outcome
from portal.cases.lookups import Subject
from portal.cases.models import FollowUp
from portal.cases.rules import WORKERS
from portal.cases.timeline import Told
from portal.roles import Actor
from portal.roles import Role


@dataclass(frozen=True, slots=True)
class ToDo:
    """A follow-up of somebody that is still to be done."""

    id: int
    due_on: date
    is_overdue: bool


@dataclass(frozen=True, slots=True)
class CasePage:
    """One timeline of referrals, follow-ups and notes of a person. Private throughout."""

    youth_id: int
    subject: Subject
    outcome: Outcome | None
    to_do: Sequence[ToDo]
    lines: Sequence[Told]
    works: bool
    plans: bool


def case_page(session: Session, youth_id: int, by: Actor, *, today: date) -> CasePage:
    """Return the page of somebody's case, or raise `YouthNotFoundError`."""
    youth = lookups.known_youth(session, youth_id, by)
    waiting = session.scalars(
        select(FollowUp)
        .where(FollowUp.youth_id == youth_id, FollowUp.done_at.is_(None))
        .order_by(FollowUp.due_on)
    )
    return CasePage(
        youth_id=youth_id,
        subject=lookups.subject(session, youth, today=today),
        outcome=queries.outcome(session, youth_id),
        to_do=[ToDo(one.id, one.due_on, one.due_on < today) for one in waiting],
        lines=timeline.of_person(session, youth_id),
        works=bool(WORKERS & by.roles),
        plans=by.holds(Role.OFFICER),
    )


@dataclass(frozen=True, slots=True)
class FollowUpPage:
    """One follow-up: of whom, for when, and whether this person may tell how it went."""

    id: int
    version: int
    youth_id: int
    name: str
    due_on: date
    is_overdue: bool
    is_done: bool


def follow_up_page(session: Session, follow_up_id: int, by: Actor, *, today: date) -> FollowUpPage:
    """Return the page on which a follow-up is told, or raise why this person does not."""
    follow_up, youth = lookups.known_follow_up(session, follow_up_id, by)
    if not WORKERS & by.roles:
        raise rules.WorkerNeededError
    return FollowUpPage(
        id=follow_up.id,
        version=follow_up.version,
        youth_id=youth.id,
        name=youth.name,
        due_on=follow_up.due_on,
        is_overdue=follow_up.due_on < today,
        is_done=follow_up.done_at is not None,
    )
