"""Acts about areas, young people, consent and projects."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import date
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.roles import Actor
from portal.youths.models import Area
from portal.youths.models import Consent
from portal.youths.models import Project
from portal.youths.models import Youth


@dataclass(frozen=True, slots=True)
class YouthAnswer:
    """What is told about a person: `national_id` is 13 digits, G and 12 digits, or None."""

    title: str
    first_name: str
    last_name: str
    birth_on: date
    national_id: str | None
    schooling: str


def add_area(
    session: Session, code: str, *, name_th: str, name_en: str, parent_code: str | None
) -> None:
    """Add an amphoe, or a tambon below it."""
    session.add(Area(code=code, name_th=name_th, name_en=name_en, parent_code=parent_code))


def register_youth(session: Session, answer: YouthAnswer, *, area_code: str) -> Youth:
    """Return the person with this id number, or a new record for them."""
    hashed = answer.national_id and _hashed(session, answer.national_id)
    known = _known(session, hashed)
    if known is not None and _is_same(known, answer):
        return known
    if known is not None:
        # Another name and another birth: the number is mistyped here or there. Nobody is mixed up;
        # the number stays on the record and the pair is settled by people.
        hashed = None
    youth = Youth(
        title=answer.title,
        first_name=answer.first_name,
        last_name=answer.last_name,
        birth_on=answer.birth_on,
        national_id=answer.national_id,
        national_id_hash=hashed,
        area_code=area_code,
        schooling=answer.schooling,
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
    return youth


def correct_youth(session: Session, youth: Youth, answer: YouthAnswer, *, area_code: str) -> None:
    """Write what is told now about the same person; what is not asked again is kept."""
    youth.title = answer.title
    youth.first_name = answer.first_name
    youth.last_name = answer.last_name
    youth.birth_on = answer.birth_on
    youth.area_code = area_code
    youth.schooling = answer.schooling or youth.schooling
    session.flush()


def _is_same(known: Youth, answer: YouthAnswer) -> bool:
    name = (known.first_name, known.last_name)
    return name == (answer.first_name, answer.last_name) or known.birth_on == answer.birth_on


def _known(session: Session, hashed: str | None) -> Youth | None:
    if hashed is None:
        return None
    return session.scalars(select(Youth).where(Youth.national_id_hash == hashed)).one_or_none()


def _hashed(session: Session, national_id: str) -> str:
    # Keyed: without the key, every id number of the country could be tried in an hour.
    key: bytes = session.info["hash_key"]
    return hmac.new(key, national_id.encode(), hashlib.sha256).hexdigest()


def record_consent(
    session: Session, youth: Youth, *, capacity: str, paper: str, by: Actor, at: datetime
) -> Consent:
    """Note who agreed, in what capacity, on which paper."""
    consent = Consent(
        youth_id=youth.id,
        capacity=capacity,
        paper=paper,
        recorded_at=at,
        recorded_by_id=by.person_id,
    )
    session.add(consent)
    return consent


def start_project(session: Session, name: str, *, area_code: str) -> Project:
    """Add a project."""
    project = Project(name=name, area_code=area_code)
    session.add(project)
    session.flush()
    return project


NO_BIRTH = date(1, 1, 1)


def forget_youth(session: Session, youth_id: int, *, at: datetime) -> None:
    """Erase what is known of somebody; the record stays, because requests refer to it."""
    youth = session.get_one(Youth, youth_id)
    youth.title = youth.first_name = youth.last_name = youth.schooling = ""
    youth.birth_on = NO_BIRTH
    youth.national_id = youth.national_id_hash = None
    youth.area_code = amphoe(youth.area_code)
    youth.erased_at = at
    for consent in session.scalars(select(Consent).where(Consent.youth_id == youth_id)):
        consent.paper = ""
    session.flush()


def amphoe(area_code: str) -> str:
    """Return the amphoe of a place: small enough for statistics, too large to find somebody."""
    return area_code[:4]
