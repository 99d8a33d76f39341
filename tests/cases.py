"""Builders of referrals and follow-ups that walk through the services."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from datetime import datetime
from datetime import timedelta

from portal.cases import following
from portal.cases import service
from portal.cases.follow_ups import Outcome
from portal.cases.follow_ups import Pathway
from portal.cases.following import Finding
from portal.cases.models import CaseNote
from portal.cases.models import FollowUp
from portal.cases.models import Referral
from portal.cases.rules import Reason
from portal.cases.service import ReferralAnswer
from portal.funds.drafting import RequestAnswer
from portal.people.models import Person
from portal.people.queries import SYSTEM
from portal.people.queries import actor
from portal.people.service import add_person
from portal.people.service import grant_role
from portal.roles import Actor
from portal.roles import Role
from portal.youths.consenting import ConsentAnswer
from portal.youths.consenting import record_consent
from portal.youths.models import Youth
from portal.youths.rules import Purpose
from portal.youths.rules import Relation
from portal.youths.rules import Signers
from tests.world import ANSWER
from tests.world import FOUNDED
from tests.world import NOON
from tests.world import SECRETS
from tests.world import YOUTH
from tests.world import World

LATER = NOON + timedelta(hours=2)
ASKED = ReferralAnswer("DOLE", SECRETS[4])
TODAY = date(2026, 11, 20)


def finder2(world: World) -> Actor:
    """The finder of the partner whom Malee asks."""
    return actor(world.session, "finder2")


def worker(world: World, username: str, organisation: str | None, *roles: Role) -> Actor:
    person = add_person(
        world.session,
        username,
        name=username,
        organisation_code=organisation,
        by=SYSTEM,
        at=FOUNDED,
    )
    for role in roles:
        grant_role(world.session, person, role, by=SYSTEM, at=FOUNDED)
    return actor(world.session, username)


def moved(world: World, who: Actor, organisation: str | None) -> Actor:
    """Somebody who works for another organisation now."""
    world.session.get_one(Person, who.person_id).organisation_code = organisation
    world.session.flush()
    return who


def youth(world: World, answer: RequestAnswer = ANSWER) -> int:
    """Somebody with a request, who agreed to be referred."""
    youth_id = world.submitted(answer=answer).youth_id
    assert youth_id is not None
    return agreed(world, youth_id)


def agreed(world: World, youth_id: int) -> int:
    """The same person, who has agreed to be referred now."""
    record = world.session.get_one(Youth, youth_id)
    signers = Signers(person_signed=True, guardian="แม่", relation=Relation.MOTHER)
    record_consent(
        world.session,
        youth_id,
        ConsentAnswer({Purpose.SHARE}, signers, paper="แบบยินยอม"),
        seen_version=record.version,
        by=world.malee,
        at=NOON,
    )
    return youth_id


def sent(
    world: World,
    youth_id: int | None = None,
    answer: ReferralAnswer = ASKED,
    *,
    by: Actor | None = None,
    at: datetime = NOON,
) -> Referral:
    youth_id = youth_id or youth(world)
    return service.send_referral(world.session, youth_id, answer, by=by or world.malee, at=at)


def accepted(world: World, referral: Referral | None = None) -> Referral:
    referral = referral or sent(world)
    return service.accept_referral(
        world.session, referral.id, seen_version=referral.version, by=finder2(world), at=LATER
    )


def declined(world: World, referral: Referral | None = None) -> Referral:
    referral = referral or sent(world)
    grounds = service.Grounds(Reason.NO_CAPACITY, f"ไม่ว่างดูแล{SECRETS[0]}")
    return service.decline_referral(
        world.session,
        referral.id,
        grounds,
        seen_version=referral.version,
        by=finder2(world),
        at=LATER,
    )


def done(world: World, referral: Referral | None = None) -> Referral:
    referral = referral or accepted(world)
    return service.finish_referral(
        world.session,
        referral.id,
        note=f"พา{SECRETS[0]}ไปสมัครเรียนแล้ว",
        seen_version=referral.version,
        by=finder2(world),
        at=LATER,
    )


def planned(world: World, youth_id: int | None = None, *, day: date = TODAY) -> FollowUp:
    youth_id = youth_id or youth(world)
    (follow_up,) = following.plan_follow_ups(
        world.session, youth_id, (day,), by=world.malee, at=NOON
    )
    return follow_up


SOMEBODY_ELSE = replace(ANSWER, youth=replace(YOUTH, first_name="อีกคน", national_id=None))
FOUND = Finding(Outcome.IN_TRAINING, Pathway.DOLE, TODAY, f"พบ{SECRETS[0]}ที่ศูนย์")


def followed_up(
    world: World, follow_up: FollowUp | None = None, finding: Finding = FOUND
) -> FollowUp:
    follow_up = follow_up or planned(world)
    return following.finish_follow_up(
        world.session,
        follow_up.id,
        finding,
        seen_version=follow_up.version,
        by=world.malee,
        at=LATER,
    )


def noted(world: World, youth_id: int | None = None) -> CaseNote:
    youth_id = youth_id or youth(world)
    return service.add_note(world.session, youth_id, f"บันทึกถึง{SECRETS[0]}", by=world.malee, at=NOON)


def youth_without_consent(world: World) -> int:
    youth_id = world.draft(answer=replace(ANSWER, has_consent=False)).youth_id
    assert youth_id is not None
    return youth_id
