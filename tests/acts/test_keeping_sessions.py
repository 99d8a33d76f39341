from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import db
from portal.db import writing
from portal.people.models import SignInTry
from portal.people.models import WebSession
from portal.people.passwords import change_password
from portal.people.passwords import set_one_time_password
from portal.people.passwords import set_password
from portal.people.session_rules import KEPT_FOR
from portal.people.session_rules import Device
from portal.people.session_rules import Ending
from portal.people.session_rules import Limits
from portal.people.sessions import NoSuchSessionError
from portal.people.sessions import begin_session
from portal.people.sessions import end_own_session
from portal.people.sessions import end_session
from portal.people.sessions import end_sessions
from portal.people.sessions import find_session
from portal.people.sessions import forget_sessions
from portal.people.sessions import open_sessions
from portal.people.sessions import see_session
from portal.people.staffing import deactivate_person
from portal.people.staffing import end_sessions as sign_out
from portal.people.tries import count_try
from portal.people.try_rules import tracks
from portal.roles import Actor
from portal.worker import TIDY_EVERY
from portal.worker import Worker
from tests.conftest import PASSWORD
from tests.conftest import Portal
from tests.world import NOON
from tests.world import World

LIMITS = Limits(idle=timedelta(minutes=30), whole=timedelta(hours=12))
PHONE = Device("Chrome", "Android")
LATER = NOON + timedelta(minutes=5)


def begun(session: Session, by: Actor) -> WebSession:
    token = begin_session(session, by.person_id, PHONE, at=NOON)
    kept = find_session(session, token)
    assert kept is not None
    return kept


def going_on(session: Session, by: Actor) -> set[int]:
    kept = open_sessions(session, by.person_id, limits=LIMITS, at=LATER)
    return {one.id for one in kept}


def test_a_session_is_found_by_its_token_alone(session: Session, world: World) -> None:
    kept = begun(session, world.malee)
    assert (kept.person_id, kept.began_at, kept.seen_at) == (world.malee.person_id, NOON, NOON)
    assert (kept.browser, kept.system, kept.ended_at) == ("Chrome", "Android", None)
    assert find_session(session, kept.digest) is None
    assert find_session(session, "") is None


def test_who_was_seen_later_already_is_not_seen_before(session: Session, world: World) -> None:
    kept = begun(session, world.malee)
    for at, seen_at in ((LATER, LATER), (NOON, LATER)):
        see_session(session, kept.id, at=at)
        session.refresh(kept)
        assert kept.seen_at == seen_at


def test_a_session_ends_once_and_for_good(session: Session, world: World) -> None:
    kept, malee = begun(session, world.malee), world.malee.person_id
    assert end_session(session, kept.id, Ending.SIGNED_OUT, person_id=malee, at=NOON)
    assert not end_session(session, kept.id, Ending.IDLE, person_id=malee, at=LATER)
    see_session(session, kept.id, at=LATER)
    session.refresh(kept)
    assert (kept.ended_at, kept.ended_for, kept.seen_at) == (NOON, Ending.SIGNED_OUT, NOON)


def test_one_ends_ones_own_sessions_and_nobody_elses(session: Session, world: World) -> None:
    kept = begun(session, world.malee)
    with pytest.raises(NoSuchSessionError):
        end_own_session(session, kept.id, by=world.anong, at=NOON)
    end_own_session(session, kept.id, by=world.malee, at=NOON)
    with pytest.raises(NoSuchSessionError):
        end_own_session(session, kept.id, by=world.malee, at=NOON)
    session.refresh(kept)
    assert kept.ended_for is Ending.BY_OWNER


def test_all_end_but_the_one_that_is_named(session: Session, world: World) -> None:
    mine, other, third = (begun(session, world.malee) for _ in range(3))
    foreign = begun(session, world.anong)
    malee = world.malee.person_id
    assert end_sessions(session, malee, Ending.BY_OWNER, but=mine.id, at=LATER) == 2
    assert going_on(session, world.malee) == {mine.id}
    assert going_on(session, world.anong) == {foreign.id}
    session.refresh(other)
    session.refresh(third)
    assert other.ended_for is third.ended_for is Ending.BY_OWNER


def test_what_is_over_by_time_is_not_listed(session: Session, world: World) -> None:
    older, newer = begun(session, world.malee), begun(session, world.malee)
    see_session(session, older.id, at=LATER)
    listed = open_sessions(session, world.malee.person_id, limits=LIMITS, at=LATER)
    assert [one.id for one in listed] == [older.id, newer.id]
    assert (listed[0].device, listed[0].began_at, listed[0].seen_at) == (PHONE, NOON, LATER)
    at = NOON + LIMITS.idle
    listed = open_sessions(session, world.malee.person_id, limits=LIMITS, at=at)
    assert [one.id for one in listed] == [older.id]


def test_a_new_password_ends_every_session(session: Session, world: World) -> None:
    person = world.person(world.malee)
    own = "a new good one of mine"
    for act in (
        lambda: change_password(session, person.id, old=PASSWORD, new=own, at=LATER),
        lambda: set_one_time_password(session, person, by=world.admin, at=LATER),
        lambda: set_password(session, "malee", own, at=LATER),
    ):
        kept, foreign = begun(session, world.malee), begun(session, world.anong)
        act()
        session.refresh(kept)
        assert (kept.ended_at, kept.ended_for) == (LATER, Ending.PASSWORD)
        assert foreign.id in going_on(session, world.anong)


def test_an_administrator_ends_them_and_deactivating_does(session: Session, world: World) -> None:
    person = world.person(world.malee)
    for act, why in (
        (sign_out, Ending.BY_ADMINISTRATOR),
        (deactivate_person, Ending.DEACTIVATED),
    ):
        kept = begun(session, world.malee)
        act(session, person, by=world.admin, at=LATER)
        session.refresh(kept)
        assert kept.ended_for is why


def test_what_was_over_long_ago_is_forgotten(session: Session, world: World) -> None:
    ended, unseen, seen = (begun(session, world.malee) for _ in range(3))
    end_session(session, ended.id, Ending.IDLE, person_id=world.malee.person_id, at=LATER)
    see_session(session, seen.id, at=NOON + timedelta(days=1))
    kept = [one.id for one in (ended, unseen, seen)]
    for at, left in (
        (NOON + KEPT_FOR, kept),
        (LATER + KEPT_FOR, [ended.id, seen.id]),
        (LATER + KEPT_FOR + timedelta(seconds=1), [seen.id]),
    ):
        forget_sessions(session, at=at)
        assert session.scalars(select(WebSession.id).order_by(WebSession.id)).all() == left


def test_the_worker_clears_away_each_hour(portal: Portal) -> None:
    worker = Worker(portal.install)

    def left() -> tuple[int, int]:
        with Session(db.engine) as session:
            tables = (WebSession, SignInTry)
            found = [session.scalars(select(table)).all() for table in tables]
            return len(found[0]), len(found[1])

    def sign_in() -> None:
        with writing(db.engine, portal.install.session_info()) as session:
            begin_session(session, 1, PHONE, at=NOON)
            on = tracks(b"key", "malee", address="192.0.2.1", device=None)
            count_try(session, on, at=NOON)

    sign_in()
    worker.round(db.engine, at=NOON)
    assert left() == (1, 2)
    later = NOON + KEPT_FOR + timedelta(seconds=1)
    worker.round(db.engine, at=later)
    assert left() == (0, 0)
    sign_in()
    worker.round(db.engine, at=later + TIDY_EVERY - timedelta(seconds=1))
    assert left() == (1, 2)
    worker.round(db.engine, at=later + TIDY_EVERY)
    assert left() == (0, 0)
