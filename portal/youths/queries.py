"""Reads about people, their consents, and the places they live in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from functools import cache

from sqlalchemy import Integer
from sqlalchemy import Select
from sqlalchemy import bindparam
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm import aliased

from portal.labels import Name
from portal.roles import Actor
from portal.youths.models import Area
from portal.youths.models import Consent
from portal.youths.models import Youth
from portal.youths.rules import NEEDED
from portal.youths.rules import SUFFICES
from portal.youths.rules import Purpose
from portal.youths.rules import capacity
from portal.youths.rules import may_read


def kept_id(session: Session, youth_id: int) -> int:
    """Return the record that this person is kept under: the oldest that it was joined to."""
    while True:
        older = session.scalar(select(Youth.same_as_id).where(Youth.id == youth_id))
        if older is None:
            return youth_id
        youth_id = older


def same_ids(session: Session, youth_id: int) -> Collection[int]:
    """Return every record of this person, the kept one first."""
    return session.scalars(_same(), {"kept": kept_id(session, youth_id)}).all()


def everybody(session: Session, youth_ids: Collection[int]) -> Mapping[int, Collection[int]]:
    """Return every record of each of these people, by the kept one; however many there are."""
    kept = set(youth_ids)
    joined = select(Youth.id, Youth.same_as_id)
    while older := dict(_pairs(session, joined.where(Youth.id.in_(kept)))):
        kept = kept - older.keys() | set(older.values())
    found = {one: [one] for one in kept}
    of = {one: one for one in kept}
    newest = kept
    while younger := dict(_pairs(session, joined.where(Youth.same_as_id.in_(newest)))):
        newest = set(younger)
        for one, other in younger.items():
            of[one] = of[other]
            found[of[one]].append(one)
    return found


def _pairs(session: Session, joined: Select[int, int | None]) -> Iterator[tuple[int, int]]:
    for one, other in session.execute(joined):
        if other is not None:
            yield one, other


@cache
def _same() -> Select[int]:
    # Built once: every check of a consent asks it twice, and building takes longer than asking.
    start = select(Youth.id).where(Youth.id == bindparam("kept", type_=Integer()))
    found = start.cte("same", recursive=True)
    joined = aliased(Youth)
    found = found.union_all(select(joined.id).join(found, joined.same_as_id == found.c.id))
    return select(found.c.id).order_by(found.c.id)


def record_id(session: Session, youth_id: int, by: Actor) -> int | None:
    """Return the record to open for somebody, or None: erased, or not this person's to see."""
    kept = kept_id(session, youth_id)
    for one in (kept, youth_id):
        youth = session.get_one(Youth, one)
        if youth.erased_at is None and may_read(youth.registered_by_id, by):
            return one
    return None


def may_see(youth: Youth, by: Actor) -> bool:
    """Say whether somebody's record is this person's to see."""
    return may_read(youth.registered_by_id, by)


def has_consent(session: Session, youth_id: int, *, on: date) -> bool:
    """Say whether the right people for the age on a day agreed to keeping and to paying.

    The right people: to 10 years the guardian, from 11 to 19 guardian and young person, from 20 the
    person alone. A request is judged by the day it was started, so whoever turned 11 or 20 since
    needs the new right person for new requests only: an older request keeps the consent that was
    right for it, for as long as that is not withdrawn.
    """
    return all(has_consent_for(session, youth_id, purpose, on=on) for purpose in NEEDED)


def has_consent_for(session: Session, youth_id: int, purpose: Purpose, *, on: date) -> bool:
    """Say whether the right people for the age on a day agreed to one purpose.

    A withdrawn consent counts no more, on whatever day is asked for; nor does one that was given by
    the guardian alone count from 11 years on, or one of minor and guardian from 20 on.
    """
    youth = session.get_one(Youth, kept_id(session, youth_id))
    if youth.erased_at is not None:
        return False
    given = session.scalars(
        select(Consent.capacity).where(
            Consent.youth_id.in_(same_ids(session, youth_id)),
            Consent.purpose == purpose,
            Consent.withdrawn_at.is_(None),
        )
    )
    return not SUFFICES[capacity(youth.birth_on, on)].isdisjoint(given)


def places(session: Session) -> Sequence[tuple[Name, Sequence[tuple[str, Name]]]]:
    """Return every tambon, grouped by its amphoe, as a form offers them."""
    areas = session.scalars(select(Area).order_by(Area.code)).all()
    below: dict[str, list[tuple[str, Name]]] = defaultdict(list)
    for area in areas:
        if area.parent_code is not None:
            below[area.parent_code].append((area.code, Name(area.name_th, area.name_en)))
    return [
        (Name(area.name_th, area.name_en), below[area.code])
        for area in areas
        if area.parent_code is None
    ]


def place_name(session: Session, area_code: str) -> Name:
    """Return the name of a tambon with its amphoe, or of an amphoe."""
    area = session.get_one(Area, area_code)
    return whole_name(area, session.get_one(Area, area.parent_code) if area.parent_code else None)


def whole_name(area: Area, parent: Area | None) -> Name:
    """Return the name of a tambon with its amphoe, or of an amphoe, which has nothing above it."""
    if parent is None:
        # All that is left of the place where somebody was erased.
        return Name(f"อ.{area.name_th}", area.name_en)
    return Name(f"ต.{area.name_th} อ.{parent.name_th}", f"{area.name_en}, {parent.name_en}")
