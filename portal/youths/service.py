"""Acts about areas, people's records and projects."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.audit.entry import Json
from portal.audit.entry import loggable
from portal.roles import Actor
from portal.youths import acts
from portal.youths.docket import enter
from portal.youths.docket import load_record
from portal.youths.models import Area
from portal.youths.models import Project
from portal.youths.models import Youth
from portal.youths.pairing import find_pairs
from portal.youths.queries import kept_id
from portal.youths.queries import same_ids
from portal.youths.rules import Activity
from portal.youths.situations import in_order
from portal.youths.spelling import name_key


@dataclass(frozen=True, slots=True)
class YouthAnswer:
    """What is told about a person: `national_id` is 13 digits, G and 12 digits, or None."""

    title: str
    first_name: str
    last_name: str
    birth_on: date
    national_id: str | None
    schooling: str


@dataclass(frozen=True, slots=True)
class RecordAnswer:
    """All that a record holds of a person; codes of the lists in `situations`."""

    person: YouthAnswer
    area_code: str
    activity: Activity
    pathway: str | None
    disadvantages: tuple[str, ...]


def add_area(
    session: Session, code: str, *, name_th: str, name_en: str, parent_code: str | None
) -> None:
    """Add an amphoe, or a tambon below it."""
    session.add(Area(code=code, name_th=name_th, name_en=name_en, parent_code=parent_code))


def register_youth(
    session: Session, answer: YouthAnswer, *, area_code: str, by: Actor, at: datetime
) -> Youth:
    """Return the person with this id number, or a new record for them.

    Records that may be about the same person are kept as pairs, for an officer to settle.
    """
    hashed = _hashed(session, answer.national_id)
    known = _known(session, hashed)
    if known is not None and _is_same(known, answer):
        return session.get_one(Youth, kept_id(session, known.id))
    youth = Youth(
        version=0,
        title=answer.title,
        first_name=answer.first_name,
        last_name=answer.last_name,
        birth_on=answer.birth_on,
        national_id=answer.national_id,
        # Another name and another birth: the number is mistyped here or there. Nobody is mixed up;
        # the number stays on the record and the pair is settled by people.
        national_id_hash=hashed if known is None else None,
        area_code=area_code,
        schooling=answer.schooling,
        registered_by_id=by.person_id,
        confirmed_at=at,
        confirmed_by_id=by.person_id,
    )
    try:
        with session.begin_nested():
            session.add(youth)
    except IntegrityError:
        # Somebody registered the same number at the same moment: theirs is the record.
        known = _known(session, hashed)
        if known is None:
            raise
        return known
    enter(session, youth, acts.REGISTERED, _told(youth), by=by, at=at)
    find_pairs(session, youth, same_number=known, at=at)
    return youth


def correct_youth(
    session: Session, youth: Youth, answer: YouthAnswer, *, area_code: str, by: Actor, at: datetime
) -> None:
    """Write what a request tells now about its person; what is not asked again is kept."""
    facts = {
        "title": answer.title,
        "first_name": answer.first_name,
        "last_name": answer.last_name,
        "birth_on": answer.birth_on,
        "area_code": area_code,
        "schooling": answer.schooling or youth.schooling,
    }
    if _write(youth, facts):
        enter(session, youth, acts.CORRECTED, _told(youth), by=by, at=at)
        find_pairs(session, youth, same_number=None, at=at)


def correct_record(
    session: Session,
    youth_id: int,
    answer: RecordAnswer,
    *,
    seen_version: int,
    by: Actor,
    at: datetime,
) -> Youth:
    """Write down what is true of a person now; who writes it has looked at all of it."""
    youth = load_record(session, youth_id, seen_version=seen_version, by=by)
    person = answer.person
    holder = _holder(session, youth, person.national_id)
    facts = {
        "title": person.title,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "birth_on": person.birth_on,
        "national_id": person.national_id,
        "national_id_hash": None if holder else _hashed(session, person.national_id),
        "schooling": person.schooling,
        "area_code": answer.area_code,
        "activity": answer.activity,
        "pathway": answer.pathway,
        "disadvantages": ",".join(in_order(answer.disadvantages)),
        "confirmed_at": at,
        "confirmed_by_id": by.person_id,
    }
    _write(youth, facts)
    enter(session, youth, acts.CORRECTED, _told(youth), by=by, at=at)
    is_other = holder is not None and holder.id not in same_ids(session, youth.id)
    find_pairs(session, youth, same_number=holder if is_other else None, at=at)
    return youth


def confirm_record(
    session: Session, youth_id: int, *, seen_version: int, by: Actor, at: datetime
) -> Youth:
    """Note that everything the record says was found to be right, on this day, by this officer."""
    youth = load_record(session, youth_id, seen_version=seen_version, by=by)
    youth.confirmed_at, youth.confirmed_by_id = at, by.person_id
    enter(session, youth, acts.CONFIRMED, {}, by=by, at=at)
    return youth


def _write(youth: Youth, facts: Mapping[str, object]) -> bool:
    """Write the facts that differ; say whether any did."""
    changed = {name: value for name, value in facts.items() if getattr(youth, name) != value}
    for name, value in changed.items():
        setattr(youth, name, value)
    return bool(changed)


def _told(youth: Youth) -> dict[str, Json]:
    """Return what the record says now, to be sealed."""
    return {
        "name": loggable(youth.name),
        "birth_on": youth.birth_on.isoformat(),
        "national_id": youth.national_id,
        "place": youth.area_code,
        "schooling": loggable(youth.schooling),
        "activity": youth.activity,
        "pathway": youth.pathway,
        "disadvantages": [*filter(None, youth.disadvantages.split(","))],
    }


def _is_same(known: Youth, answer: YouthAnswer) -> bool:
    key = name_key(answer.first_name, answer.last_name)
    return name_key(known.first_name, known.last_name) == key or known.birth_on == answer.birth_on


def _known(session: Session, hashed: str | None) -> Youth | None:
    if hashed is None:
        return None
    return session.scalars(select(Youth).where(Youth.national_id_hash == hashed)).one_or_none()


def _holder(session: Session, youth: Youth, national_id: str | None) -> Youth | None:
    """Return another record that holds this id number."""
    known = _known(session, _hashed(session, national_id))
    return None if known is youth else known


def _hashed(session: Session, national_id: str | None) -> str | None:
    if not national_id:
        return None
    # Keyed: without the key, every id number of the country could be tried in an hour.
    key: bytes = session.info["hash_key"]
    return hmac.new(key, national_id.encode(), hashlib.sha256).hexdigest()


def start_project(session: Session, name: str, *, area_code: str) -> Project:
    """Add a project."""
    project = Project(name=name, area_code=area_code)
    session.add(project)
    session.flush()
    return project
