"""What the acts on a person's case need to know: of the person, the partners, and who may look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.cases.follow_ups import FollowUpNotFoundError
from portal.cases.models import FollowUp
from portal.cases.models import Referral
from portal.cases.rules import OPEN
from portal.cases.rules import WORKERS
from portal.cases.rules import Ends
from portal.cases.rules import ReferralNotFoundError
from portal.cases.rules import View
from portal.cases.rules import YouthNotFoundError
from portal.cases.rules import view
from portal.labels import Name
from portal.people.models import Person
from portal.people.models import RoleGrant
from portal.people.queries import organisations
from portal.roles import Actor
from portal.youths.models import Youth
from portal.youths.queries import has_consent_for
from portal.youths.queries import may_see
from portal.youths.queries import place_name
from portal.youths.rules import Purpose
from portal.youths.rules import age


def may_share(session: Session, youth_id: int, *, on: date) -> bool:
    """Say whether the person agreed, as their age on a day needs, that a partner is told."""
    return has_consent_for(session, youth_id, Purpose.SHARE, on=on)


def known_youth(session: Session, youth_id: int, by: Actor, *, is_locked: bool = False) -> Youth:
    """Return somebody whom this person may see; whoever was erased is not found any more.

    Locked, nobody else sends or plans anything for them until the act ends.
    """
    youth = session.get(Youth, youth_id, with_for_update=is_locked or None)
    if youth is None or youth.erased_at is not None or not may_see(youth, by):
        raise YouthNotFoundError
    return youth


def own_organisation(session: Session, by: Actor) -> str | None:
    """Return the code of the organisation that somebody belongs to."""
    return session.scalar(select(Person.organisation_code).where(Person.id == by.person_id))


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody, as a partner may know them. Private."""

    name: str
    age: int
    place: Name


def subject(session: Session, youth: Youth, *, today: date) -> Subject:
    """Return what a partner may know of somebody."""
    return Subject(youth.name, age(youth.birth_on, today), place_name(session, youth.area_code))


@dataclass(frozen=True, slots=True)
class Seen:
    """A referral with its person, and how much of both somebody sees."""

    referral: Referral
    youth: Youth
    view: View
    ends: Ends


def seen(session: Session, referral_id: int, by: Actor, *, is_locked: bool = False) -> Seen:
    """Return a referral as somebody sees it, or raise `ReferralNotFoundError`."""
    referral = session.get(
        Referral, referral_id, with_for_update=is_locked or None, populate_existing=is_locked
    )
    if referral is None:
        raise ReferralNotFoundError
    youth = session.get_one(Youth, referral.youth_id)
    between = Ends(referral.sent_by_id, referral.receiver_code, own_organisation(session, by))
    found = view(referral.state, by, ends=between, may_see=may_see(youth, by))
    if found is None or youth.erased_at is not None:
        raise ReferralNotFoundError
    return Seen(referral, youth, found, between)


def workers() -> Select[str, str | None, int]:
    """Return the search for the active people who work with people: name, organisation, id."""
    return (
        select(Person.name, Person.organisation_code, Person.id)
        .where(
            Person.is_active,
            Person.grants.any(RoleGrant.role.in_(WORKERS) & RoleGrant.ended_at.is_(None)),
        )
        .order_by(Person.name)
    )


def answerers(session: Session, receiver: str, *, sent_by_id: int) -> Sequence[str]:
    """Return the names of those of an organisation who may answer a referral."""
    theirs = workers().where(Person.organisation_code == receiver, Person.id != sent_by_id)
    return [row.name for row in session.execute(theirs)]


def partners(session: Session, *, besides: str | None) -> dict[str, Name]:
    """Return the other organisations in which somebody could answer, by their codes."""
    theirs = {row.organisation_code for row in session.execute(workers())} - {besides}
    return {code: name for code, name in organisations(session).items() if code in theirs}


def has_open(session: Session, youth_id: int, receiver: str) -> bool:
    """Say whether an organisation is asked for somebody already."""
    found = select(Referral.id).where(
        Referral.youth_id == youth_id,
        Referral.receiver_code == receiver,
        Referral.state.in_(OPEN),
    )
    return session.scalar(found) is not None


def days_planned(session: Session, youth_id: int) -> Sequence[date]:
    """Return the days of somebody's follow-ups that are still to be done."""
    return session.scalars(
        select(FollowUp.due_on).where(FollowUp.youth_id == youth_id, FollowUp.done_at.is_(None))
    ).all()


def follows(session: Session, referral_id: int) -> bool:
    """Say whether a referral was sent again already."""
    found = select(Referral.id).where(Referral.earlier_id == referral_id)
    return session.scalar(found) is not None


def known_follow_up(
    session: Session, follow_up_id: int, by: Actor, *, is_locked: bool = False
) -> tuple[FollowUp, Youth]:
    """Return a follow-up with its person, whom this person may see."""
    follow_up = session.get(
        FollowUp, follow_up_id, with_for_update=is_locked or None, populate_existing=is_locked
    )
    if follow_up is None:
        raise FollowUpNotFoundError
    youth = session.get_one(Youth, follow_up.youth_id)
    if youth.erased_at is not None or not may_see(youth, by):
        raise FollowUpNotFoundError
    return follow_up, youth
