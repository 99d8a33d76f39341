from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.models import LogEntry
from portal.cases import follow_ups
from portal.cases import following
from portal.cases import queries
from portal.cases import rules
from portal.cases import service
from portal.cases.case_page import follow_up_page
from portal.cases.follow_ups import Outcome
from portal.errors import PortalError
from portal.roles import Actor
from portal.youths.models import Youth
from portal.youths.queries import everybody
from tests import cases
from tests.cases import LATER
from tests.cases import TODAY
from tests.world import ANSWER
from tests.world import NOON
from tests.world import YOUTH
from tests.world import World

DAY = timedelta(days=1)


def told(session: Session, eid: str) -> dict[str, Any]:
    body = session.scalars(select(LogEntry.body).where(LogEntry.eid == eid)).one()
    entry: dict[str, Any] = json.loads(body)
    return entry


def test_follow_ups_are_planned_by_an_officer(session: Session, world: World) -> None:
    youth_id = cases.youth(world)
    refused: tuple[tuple[Actor, type[PortalError]], ...] = (
        (world.wipa, rules.OfficerNeededError),
        # Not somebody whom this finder registered.
        (world.finder, rules.YouthNotFoundError),
        (world.somchai, rules.YouthNotFoundError),
    )
    for by, error in refused:
        with pytest.raises(error):
            following.plan_follow_ups(session, youth_id, (TODAY,), by=by, at=NOON)
        with pytest.raises(error):
            service.add_note(session, youth_id, "x", by=by, at=NOON)
    cases.planned(world, youth_id)
    for days, error in (
        ((TODAY,), follow_ups.PlannedAlreadyError),
        ((TODAY - DAY,), follow_ups.NoDayError),
    ):
        with pytest.raises(error):
            following.plan_follow_ups(session, youth_id, days, by=world.malee, at=NOON)
    usual = follow_ups.usual_days(TODAY - 60 * DAY)
    planned = following.plan_follow_ups(session, youth_id, usual, by=world.malee, at=NOON)
    assert [one.due_on for one in planned] == [TODAY + 30 * DAY, TODAY + 120 * DAY]


def test_the_first_support_plans_the_usual_days_once(session: Session, world: World) -> None:
    youth_id = cases.youth(world)
    planned = following.plan_after_support(session, [youth_id], supported_on=TODAY, at=NOON)
    assert [(one.due_on - TODAY).days for one in planned] == [30, 90, 180]
    assert {one.planned_by_id for one in planned} == {None}
    assert told(session, planned[0].log_eid)["act"]["r"] == "system"
    assert not following.plan_after_support(session, [youth_id], supported_on=TODAY, at=NOON)


def test_many_are_helped_at_once_and_joined_records_are_one_person(
    session: Session, world: World
) -> None:
    one, two, three, four = (
        cases.youth(world, replace(ANSWER, youth=replace(YOUTH, national_id=national_id)))
        for national_id in ("1999900000021", "1999900000030", "1999900000048", "1999900000056")
    )
    session.get_one(Youth, two).same_as_id = one
    session.get_one(Youth, three).same_as_id = two
    session.flush()
    assert everybody(session, [three, four]) == {one: [one, two, three], four: [four]}
    cases.planned(world, one)
    planned = following.plan_after_support(session, [three, four], supported_on=TODAY, at=NOON)
    assert {follow_up.youth_id for follow_up in planned} == {four}


def test_a_follow_up_is_done_once_by_who_knows_the_person(session: Session, world: World) -> None:
    follow_up = cases.planned(world)
    seen: dict[str, Any] = {"seen_version": follow_up.version, "at": LATER}
    refused: tuple[tuple[Actor, type[PortalError]], ...] = (
        (world.wipa, rules.WorkerNeededError),
        (world.somchai, follow_ups.FollowUpNotFoundError),
        (world.finder, follow_ups.FollowUpNotFoundError),
    )
    for by, error in refused:
        with pytest.raises(error):
            following.finish_follow_up(session, follow_up.id, cases.FOUND, by=by, **seen)
        with pytest.raises(error):
            follow_up_page(session, follow_up.id, by, today=TODAY)
    with pytest.raises(follow_ups.FollowUpNotFoundError):
        following.finish_follow_up(session, 99, cases.FOUND, by=world.malee, **seen)
    with pytest.raises(follow_ups.NotYetError):
        cases.followed_up(world, follow_up, replace(cases.FOUND, done_on=TODAY + DAY))
    cases.followed_up(world, follow_up)
    with pytest.raises(rules.StaleCaseError):
        following.finish_follow_up(session, follow_up.id, cases.FOUND, by=world.malee, **seen)
    with pytest.raises(follow_ups.FollowedUpAlreadyError):
        cases.followed_up(world, follow_up)


def test_the_newest_outcome_is_the_persons(session: Session, world: World) -> None:
    youth_id = cases.youth(world)
    assert queries.outcome(session, youth_id) is None
    for number, (outcome, done_on) in enumerate(
        (
            (Outcome.LOOKING, TODAY - 2 * DAY),
            (Outcome.IN_SCHOOL, TODAY),
            (Outcome.LOST_CONTACT, TODAY - DAY),
        )
    ):
        follow_up = cases.planned(world, youth_id, day=TODAY + number * DAY)
        found = following.Finding(outcome, None, done_on, "")
        cases.followed_up(world, follow_up, found)
    assert queries.outcome(session, youth_id) is Outcome.IN_SCHOOL
    lists = queries.follow_up_lists(session, world.malee, today=TODAY)
    assert lists.outcomes == [(Outcome.IN_SCHOOL, 1)]


def test_the_list_tells_overdue_from_due(session: Session, world: World) -> None:
    for day in (TODAY, TODAY + DAY, TODAY + 100 * DAY):
        cases.planned(world, day=day)
    lists = queries.follow_up_lists(session, world.wipa, today=TODAY + DAY)
    assert ([row.days_over for row in lists.overdue.rows], lists.overdue.count) == ([1], 1)
    assert ([row.days_over for row in lists.due.rows], lists.due.count) == ([0], 1)
    assert not lists.works
    nothing = queries.follow_up_lists(session, world.finder, today=TODAY + DAY)
    assert (nothing.overdue.count, nothing.due.count, nothing.outcomes) == (0, 0, ())
    with pytest.raises(rules.ReaderNeededError):
        queries.follow_up_lists(session, world.somchai, today=TODAY)
