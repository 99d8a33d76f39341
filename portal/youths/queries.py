"""Reads about young people."""

from __future__ import annotations

from datetime import date
from datetime import datetime

from sqlalchemy import exists
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.labels import Name
from portal.roles import Actor
from portal.roles import Role
from portal.youths.models import Area
from portal.youths.models import Consent
from portal.youths.models import Youth


def has_consent(session: Session, youth_id: int) -> bool:
    """Say whether a consent stands that was not withdrawn."""
    return bool(
        session.scalar(
            select(exists().where(Consent.youth_id == youth_id, Consent.withdrawn_at.is_(None)))
        )
    )


def age(birth_on: date, day: date) -> int:
    """Return the age in whole years on a day."""
    had_birthday = (day.month, day.day) >= (birth_on.month, birth_on.day)
    return day.year - birth_on.year - (not had_birthday)


def capacity(birth_on: date, at: datetime) -> str:
    """Return who consents: the guardian to 10, both to 20, then the person (PDPA s. 20)."""
    years = age(birth_on, at.date())
    if years <= 10:  # noqa: PLR2004 - the law's number
        return "guardian"
    return "guardian_and_youth" if years < 20 else "self"  # noqa: PLR2004 - the law's number


def may_see(youth: Youth, by: Actor) -> bool:  # noqa: ARG001 - who registered them may, later
    """Say whether this person may open somebody's record."""
    return bool({Role.OFFICER, Role.AUDITOR} & by.roles)


def place(session: Session, area_code: str) -> Name:
    """Return a tambon with its amphoe."""
    area = session.get_one(Area, area_code)
    if area.parent_code is None:
        # All that is left of the place where somebody was erased.
        return Name(f"อ.{area.name_th}", area.name_en)
    parent = session.get_one(Area, area.parent_code)
    return Name(f"ต.{area.name_th} อ.{parent.name_th}", f"{area.name_en}, {parent.name_en}")
