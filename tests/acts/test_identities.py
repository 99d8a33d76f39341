from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import parse
from portal.audit.models import LogEntry
from portal.id_token import Vouched
from portal.people.identities import IdentityNotFoundError
from portal.people.identities import IdentityTakenError
from portal.people.identities import IdentityThereError
from portal.people.identities import StrangerError
from portal.people.identities import bind_identity
from portal.people.identities import bound_at
from portal.people.identities import end_identity
from portal.people.identities import person_of
from portal.people.identities import unbind_identity
from portal.people.models import PersonIdentity
from portal.people.models import WebSession
from portal.people.rules import OnlyAdministratorError
from portal.people.rules import OwnRecordError
from portal.people.session_rules import Device
from portal.people.session_rules import Ending
from portal.people.sessions import begin_session
from portal.people.staffing import deactivate_person
from portal.people.staffing import reactivate_person
from portal.roles import Actor
from tests.acts.test_factors import newest
from tests.world import NOON
from tests.world import World

LATER = NOON + timedelta(minutes=1)
ISSUER = "https://id.example"
CITIZEN = "1100100000001"
MALEE = Vouched(ISSUER, CITIZEN, frozenset())


def bound(world: World, by: Actor, vouched: Vouched = MALEE, *, here: int = 0) -> None:
    bind_identity(world.session, vouched, here=here, by=by, at=NOON)


def endings(session: Session, person_id: int) -> list[Ending | None]:
    rows = select(WebSession).where(WebSession.person_id == person_id).order_by(WebSession.id)
    return [
        row.ended_for for row in session.scalars(rows.execution_options(populate_existing=True))
    ]


def test_who_is_bound_is_known_again(session: Session, world: World) -> None:
    bound(world, world.malee)
    assert person_of(session, MALEE).id == world.malee.person_id
    assert bound_at(session, world.malee.person_id) == NOON
    assert bound_at(session, world.anong.person_id) is None
    assert newest(session) == ["person.identity_bound"]
    body = session.scalars(select(LogEntry.body).order_by(LogEntry.seqno.desc())).first()
    assert body is not None
    entry = parse(body)
    assert (entry.role, dict(entry.public), CITIZEN.encode() in body) == ("system", {}, False)


def test_what_the_provider_calls_somebody_is_not_kept(session: Session, world: World) -> None:
    bound(world, world.malee)
    kept = session.get_one(PersonIdentity, world.malee.person_id)
    assert (kept.issuer, len(kept.subject_digest)) == (ISSUER, 64)
    assert CITIZEN not in kept.subject_digest
    first = kept.subject_digest
    unbind_identity(session, here=0, by=world.malee, at=NOON)
    session.info["hash_key"] = b"another install's"
    bound(world, world.malee)
    assert session.get_one(PersonIdentity, world.malee.person_id).subject_digest != first


@pytest.mark.parametrize(
    "other",
    [Vouched(ISSUER, "2", frozenset()), Vouched("https://other.example", CITIZEN, frozenset())],
)
def test_who_is_not_bound_is_nobody(session: Session, world: World, other: Vouched) -> None:
    bound(world, world.malee)
    with pytest.raises(StrangerError):
        person_of(session, other)


def test_who_was_deactivated_is_nobody_until_they_are_back(session: Session, world: World) -> None:
    bound(world, world.prasit)
    person = world.person(world.prasit)
    deactivate_person(session, person, by=world.admin, at=NOON)
    with pytest.raises(StrangerError):
        person_of(session, MALEE)
    reactivate_person(session, person, by=world.admin, at=NOON)
    assert person_of(session, MALEE).id == person.id


def test_nobody_is_bound_twice_and_no_identity_to_two(world: World) -> None:
    bound(world, world.malee)
    with pytest.raises(IdentityThereError):
        bound(world, world.malee, Vouched(ISSUER, "2", frozenset()))
    with pytest.raises(IdentityTakenError):
        bound(world, world.anong)


def test_what_is_undone_can_be_bound_anew(session: Session, world: World) -> None:
    bound(world, world.malee)
    unbind_identity(session, here=0, by=world.malee, at=LATER)
    assert newest(session) == ["person.identity_unbound"]
    with pytest.raises(StrangerError):
        person_of(session, MALEE)
    with pytest.raises(IdentityNotFoundError):
        unbind_identity(session, here=0, by=world.malee, at=LATER)
    bound(world, world.anong)
    assert person_of(session, MALEE).id == world.anong.person_id


def test_another_way_in_ends_the_other_sessions(session: Session, world: World) -> None:
    who = world.malee.person_id
    tokens = [begin_session(session, who, Device("", ""), at=NOON) for _ in range(2)]
    assert len(tokens) == 2
    here = session.scalars(select(WebSession.id).order_by(WebSession.id)).first()
    assert here is not None
    bound(world, world.malee, here=here)
    assert endings(session, who) == [None, Ending.BY_OWNER]
    begin_session(session, who, Device("", ""), at=NOON)
    unbind_identity(session, here=here, by=world.malee, at=LATER)
    assert endings(session, who) == [None, Ending.BY_OWNER, Ending.BY_OWNER]


def test_an_administrator_undoes_it(session: Session, world: World) -> None:
    bound(world, world.malee)
    person = world.person(world.malee)
    begin_session(session, person.id, Device("", ""), at=NOON)
    version = person.version
    end_identity(session, person, by=world.admin, at=LATER)
    assert (person.version, newest(session)) == (version + 1, ["person.identity_unbound"])
    assert endings(session, person.id) == [Ending.BY_ADMINISTRATOR]
    with pytest.raises(IdentityNotFoundError):
        end_identity(session, person, by=world.admin, at=LATER)


def test_nobody_else_undoes_it_and_no_administrator_their_own(
    session: Session, world: World
) -> None:
    bound(world, world.admin)
    with pytest.raises(OnlyAdministratorError):
        end_identity(session, world.person(world.admin), by=world.wipa, at=LATER)
    with pytest.raises(OwnRecordError):
        end_identity(session, world.person(world.admin), by=world.admin, at=LATER)
