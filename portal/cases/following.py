"""One function for each act of following up: planning the days, and telling how it went."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.service import record
from portal.audit.service import record_all
from portal.cases import acts
from portal.cases import follow_ups
from portal.cases import lookups
from portal.cases import rules
from portal.cases.acts import Told
from portal.cases.follow_ups import Outcome
from portal.cases.follow_ups import Pathway
from portal.cases.models import FollowUp
from portal.people.queries import SYSTEM
from portal.roles import Actor
from portal.roles import Role
from portal.thai import bangkok_day
from portal.youths.models import Youth
from portal.youths.queries import everybody


@dataclass(frozen=True, slots=True)
class Finding:
    """How somebody was found on a day."""

    outcome: Outcome
    pathway: Pathway | None
    done_on: date
    note: str


def plan_follow_ups(
    session: Session, youth_id: int, days: tuple[date, ...], *, by: Actor, at: datetime
) -> Sequence[FollowUp]:
    """Plan to ask after somebody on the days that have not passed."""
    youth = lookups.known_youth(session, youth_id, by, is_locked=True)
    if not by.holds(Role.OFFICER):
        raise rules.OfficerNeededError
    to_come = follow_ups.days_to_come(days, today=bangkok_day(at))
    if set(to_come) & set(lookups.days_planned(session, youth_id)):
        raise follow_ups.PlannedAlreadyError
    return _plan(session, [youth], to_come, by=by, at=at)


def plan_after_support(
    session: Session, youth_ids: Collection[int], *, supported_on: date, at: datetime
) -> Sequence[FollowUp]:
    """Plan the usual follow-ups of those who were helped for the first time.

    Called by the act that pays, so nobody in person plans them. Joined records are one person.
    """
    records = everybody(session, youth_ids)
    locked = select(Youth).where(Youth.id.in_(records)).order_by(Youth.id).with_for_update()
    youths = session.scalars(locked).all()
    known = [one for same in records.values() for one in same]
    followed = set(session.scalars(select(FollowUp.youth_id).where(FollowUp.youth_id.in_(known))))
    new = [youth for youth in youths if followed.isdisjoint(records[youth.id])]
    return _plan(session, new, follow_ups.usual_days(supported_on), by=SYSTEM, at=at)


def _plan(
    session: Session, youths: Iterable[Youth], days: Sequence[date], *, by: Actor, at: datetime
) -> Sequence[FollowUp]:
    planned = [(youth, day) for youth in youths for day in days]
    drafts = [
        acts.follow_up_planned(Told(youth.id, youth.name, by, at), due_on=day.isoformat())
        for youth, day in planned
    ]
    planner = None if by is SYSTEM else by.person_id
    follow_ups_planned = [
        FollowUp(youth_id=youth.id, due_on=day, planned_by_id=planner, planned_at=at, log_eid=eid)
        for (youth, day), eid in zip(planned, record_all(session, drafts), strict=True)
    ]
    session.add_all(follow_ups_planned)
    session.flush()
    return follow_ups_planned


def finish_follow_up(
    session: Session,
    follow_up_id: int,
    finding: Finding,
    *,
    seen_version: int,
    by: Actor,
    at: datetime,
) -> FollowUp:
    """Say how somebody was found."""
    follow_up, youth = lookups.known_follow_up(session, follow_up_id, by, is_locked=True)
    if not rules.WORKERS & by.roles:
        raise rules.WorkerNeededError
    if follow_up.version != seen_version:
        raise rules.StaleCaseError(seen=seen_version, current=follow_up.version)
    if follow_up.done_at is not None:
        raise follow_ups.FollowedUpAlreadyError
    follow_ups.check_finding(
        finding.outcome, finding.pathway, done_on=finding.done_on, today=bangkok_day(at)
    )
    draft = acts.follow_up_done(
        Told(youth.id, youth.name, by, at),
        follow_up.log_eid,
        finding.outcome,
        done_on=finding.done_on.isoformat(),
        pathway=finding.pathway,
        note=finding.note,
    )
    follow_up.done_on, follow_up.done_by_id, follow_up.done_at = finding.done_on, by.person_id, at
    follow_up.outcome, follow_up.pathway = finding.outcome, finding.pathway
    follow_up.note, follow_up.log_eid = finding.note, record(session, draft)
    session.flush()
    return follow_up
