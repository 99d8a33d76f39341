"""What roles mean for requests: who chairs which subcommittee, and what waits for whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.funds import queries
from portal.funds.queries import RequestList
from portal.funds.rule_checks import UnknownCodeError
from portal.funds.rulebook import RuleKind
from portal.funds.rules_in_force import rules_on
from portal.people.models import Person
from portal.people.models import RoleGrant
from portal.people.queries import as_actor
from portal.people.queries import holders
from portal.people.rules import RoleReason
from portal.people.rules import check_administers
from portal.people.rules import check_grant
from portal.people.service import grant_role
from portal.people.service import load_person
from portal.people.user_page import HeldRole
from portal.people.user_page import PersonRow
from portal.people.user_page import person_page
from portal.roles import Actor
from portal.roles import Role

_OWN = frozenset({Role.FINDER})


@dataclass(frozen=True, slots=True)
class RoleAnswer:
    """A role for somebody, and why; a chair is one of a subcommittee."""

    role: Role
    subcommittee: str | None
    reason: RoleReason
    seen_version: int


@dataclass(frozen=True, slots=True)
class HandOver:
    """What a person holds now: requests that wait for them, and roles that nobody else holds."""

    person: PersonRow
    to_decide: RequestList
    in_payment: RequestList
    own: RequestList
    alone: Sequence[HeldRole]

    @property
    def waiting(self) -> int:
        """Return how many requests wait for this person."""
        return self.to_decide.count + self.in_payment.count + self.own.count


def hand_over(session: Session, person_id: int, *, by: Actor) -> HandOver:
    """Return what somebody has to hand over to another."""
    page = person_page(session, person_id, by)
    person = session.get_one(Person, person_id)
    actor, requester = as_actor(person), Actor(person.id, _OWN)
    length = queries.HOME_LENGTH
    return HandOver(
        person=page,
        to_decide=queries.to_decide(session, actor, length=length),
        in_payment=queries.in_payment(session, actor, length=length),
        own=queries.to_correct(session, requester, length=length),
        alone=[
            held for held in page.roles if len(holders(session, held.role, held.subcommittee)) <= 1
        ],
    )


def plan_role(session: Session, answer: RoleAnswer, *, person_id: int, by: Actor) -> None:
    """Refuse a role that this person cannot be given."""
    page = person_page(session, person_id, by)
    check_administers(by, person_id=person_id)
    held = [(role.role, role.subcommittee) for role in page.roles]
    check_grant(answer.role, answer.subcommittee, held=held)
    if answer.subcommittee is None:
        return
    key = (RuleKind.SUBCOMMITTEE, answer.subcommittee)
    found = rules_on(session, None, [key])
    if key not in found or found[key].is_retired:
        raise UnknownCodeError(answer.subcommittee)


def give_role(
    session: Session, answer: RoleAnswer, *, person_id: int, by: Actor, at: datetime
) -> RoleGrant:
    """Give somebody a role from now on."""
    plan_role(session, answer, person_id=person_id, by=by)
    person = load_person(session, person_id, seen_version=answer.seen_version, by=by)
    return grant_role(
        session,
        person,
        answer.role,
        subcommittee_code=answer.subcommittee,
        reason=answer.reason,
        by=by,
        at=at,
    )
