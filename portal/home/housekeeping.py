"""What waits for who runs the house: failed jobs and mail, rules that begin, people without a role.

Each takes who asks and when, as its sisters in `queries.py` do.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.funds.models import SignatureRule
from portal.funds.models import Target
from portal.funds.models import UrgentRule
from portal.funds.rule_models import RuleVersion
from portal.home.matters import SOON
from portal.home.matters import Item
from portal.jobs.queries import dead_jobs
from portal.letters.models import Letter
from portal.people.models import ActingChair
from portal.people.models import Person
from portal.people.models import RoleGrant
from portal.roles import Actor
from portal.thai import bangkok_day

# The tables beside the rules, each of which begins on a day as a whole.
TABLES: Mapping[str, type[SignatureRule | Target | UrgentRule]] = {
    "limits": SignatureRule,
    "targets": Target,
    "lane": UrgentRule,
}


def jobs(session: Session, by: Actor, _at: datetime) -> Sequence[Item]:
    """Return the jobs that nobody tries any more."""
    rows = dead_jobs(session, by)
    return [Item(f"{row.id:,}", row.asked["paper"], row.tried_at or row.asked_at) for row in rows]


def letters(session: Session, _by: Actor, _at: datetime) -> Sequence[Item]:
    """Return the letters that could not be mailed."""
    rows = session.execute(
        select(Person.name, Letter.last_error, Letter.failed_at)
        .join(Person, Person.id == Letter.to_person_id)
        .where(Letter.failed_at.is_not(None), Letter.sent_with_id.is_(None))
        .order_by(Letter.failed_at, Letter.id)
    )
    return [Item(name, error or "", failed_at) for name, error, failed_at in rows]


def rules(session: Session, _by: Actor, at: datetime) -> Sequence[Item]:
    """Return what begins soon: rules by their codes, then the tables."""
    today = bangkok_day(at)

    versions = session.execute(
        select(RuleVersion.kind, RuleVersion.code, RuleVersion.valid_from)
        .where(RuleVersion.valid_from > today, RuleVersion.valid_from <= today + SOON)
        .distinct()
    )
    items = [
        Item(code, kind, begins, {"kind": kind, "code": code}) for kind, code, begins in versions
    ]
    for name, table in TABLES.items():
        days = session.scalars(
            select(table.valid_from)
            .where(table.valid_from > today, table.valid_from <= today + SOON)
            .distinct()
        )
        items += [Item("", name, day) for day in days]
    return sorted(items, key=lambda item: str(item.since))


def people(session: Session, _by: Actor, at: datetime) -> Sequence[Item]:
    """Return who may sign in and holds no role, or has no password yet."""
    today = bangkok_day(at)
    held = select(RoleGrant.person_id).where(RoleGrant.ended_at.is_(None))
    acts = select(ActingChair.person_id).where(
        ActingChair.ended_at.is_(None), ActingChair.to_on >= today
    )
    has_role = or_(Person.id.in_(held), Person.id.in_(acts))
    rows = session.execute(
        select(Person.id, Person.name, has_role)
        .where(Person.is_active, or_(~has_role, Person.password_hash.is_(None)))
        .order_by(Person.name, Person.id)
    )
    return [
        Item(name, "no_password" if is_of_use else "no_role", None, {"person_id": person_id})
        for person_id, name, is_of_use in rows
    ]
