"""Acts about who acts for a chair: appointing somebody for some days, and ending it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm import aliased

from portal.audit.entry import Secret
from portal.audit.entry import loggable
from portal.audit.service import record
from portal.funds import rules_in_force
from portal.funds.acting_rules import TermNotFoundError
from portal.funds.acting_rules import appointing_role
from portal.funds.acting_rules import check_appointment
from portal.funds.acting_rules import may_act
from portal.funds.acting_rules import may_appoint
from portal.funds.docket import next_reference
from portal.funds.rule_models import Subcommittee
from portal.funds.rulebook import RuleKind
from portal.labels import Name
from portal.people import acts
from portal.people.models import ActingChair
from portal.people.models import Person
from portal.people.queries import actor
from portal.people.queries import as_actor
from portal.roles import Actor
from portal.roles import Term
from portal.thai import bangkok_day

LENGTH = 100


@dataclass(frozen=True, slots=True)
class ActingAnswer:
    """Who is to act for the chair of which subcommittee, by which order, on which days."""

    username: str
    subcommittee: str
    order: str
    from_on: date
    to_on: date


def appoint_acting_chair(
    session: Session, answer: ActingAnswer, *, by: Actor, at: datetime
) -> ActingChair:
    """Let somebody act for a chair on these days; every decision of theirs says so."""
    role = appointing_role(by, answer.subcommittee)
    somebody = actor(session, answer.username)
    term = Term(answer.subcommittee, answer.from_on, answer.to_on)
    today = bangkok_day(at)
    check_appointment(by, somebody, term, order=answer.order, today=today)
    rules_in_force.keep_rules(session)
    rules_in_force.in_force(session, today, [(RuleKind.SUBCOMMITTEE, answer.subcommittee)])
    _year, number = next_reference(session, "acting", letter="A", at=at)
    whose = f"person:{somebody.person_id}"
    draft = acts.acting_chair_appointed(
        number,
        term,
        person=Secret(whose, {"id": somebody.person_id, "name": somebody.name}),
        order=Secret(whose, loggable(answer.order)),
        role=role,
        by=by,
        at=at,
    )
    row = ActingChair(
        number=number,
        subcommittee_code=answer.subcommittee,
        person_id=somebody.person_id,
        order_number=answer.order.strip(),
        from_on=answer.from_on,
        to_on=answer.to_on,
        appointed_by_id=by.person_id,
        appointed_at=at,
        log_eid=record(session, draft),
    )
    session.add(row)
    session.flush()
    session.expire(session.get_one(Person, somebody.person_id), ["terms"])
    return row


def end_acting_chair(session: Session, term_id: int, *, by: Actor, at: datetime) -> ActingChair:
    """End an appointment before its last day."""
    row = session.get(ActingChair, term_id, with_for_update=True)
    if row is None or row.ended_at is not None:
        raise TermNotFoundError
    role = appointing_role(by, row.subcommittee_code)
    draft = acts.acting_chair_ended(row.number, role=role, by=by, at=at, ref=row.log_eid)
    row.log_eid, row.ended_at = record(session, draft), at
    session.flush()
    session.expire(session.get_one(Person, row.person_id), ["terms"])
    return row


@dataclass(frozen=True, slots=True)
class TermRow:
    """An appointment, as the list shows it."""

    id: int
    number: str
    subcommittee: Name
    person: str
    order: str
    from_on: date
    to_on: date
    appointed_by: str
    ended_at: datetime | None
    is_mine_to_end: bool


def terms(session: Session, by: Actor, *, today: date) -> Sequence[TermRow]:
    """Return the newest appointments; everybody who signs in may know who acts for whom."""
    appointer = aliased(Person)
    found = session.execute(
        select(ActingChair, Subcommittee, Person.name, appointer.name)
        .join(Subcommittee, Subcommittee.code == ActingChair.subcommittee_code)
        .join(Person, Person.id == ActingChair.person_id)
        .join(appointer, appointer.id == ActingChair.appointed_by_id)
        .order_by(ActingChair.to_on.desc(), ActingChair.id.desc())
        .limit(LENGTH)
    )
    return [
        TermRow(
            id=row.id,
            number=row.number,
            subcommittee=Name(subcommittee.short_th, subcommittee.name_en),
            person=name,
            order=row.order_number,
            from_on=row.from_on,
            to_on=row.to_on,
            appointed_by=appointed_by,
            ended_at=row.ended_at,
            is_mine_to_end=row.ended_at is None
            and row.to_on >= today
            and may_appoint(by, row.subcommittee_code),
        )
        for row, subcommittee, name, appointed_by in found
    ]


def appointable(session: Session, by: Actor) -> Sequence[tuple[str, Name]]:
    """Return the subcommittees for whose chair this person may appoint somebody."""
    going_on = select(Subcommittee).where(~Subcommittee.is_retired)
    rows = session.scalars(going_on.order_by(Subcommittee.code))
    return [
        (row.code, Name(row.short_th, row.name_en)) for row in rows if may_appoint(by, row.code)
    ]


def candidates(session: Session, by: Actor) -> Sequence[tuple[str, str]]:
    """Return the usernames and names of those who may act for a chair."""
    people = session.scalars(select(Person).where(Person.is_active).order_by(Person.name))
    return [
        (person.username, person.name)
        for person in people
        if person.id != by.person_id and may_act(as_actor(person).roles)
    ]
