"""Forgetting somebody for good: what their record holds."""

from __future__ import annotations

from datetime import date
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.youths.models import Consent
from portal.youths.models import Guardian
from portal.youths.models import Youth
from portal.youths.rules import Activity

NO_BIRTH = date(1, 1, 1)


def forget_youth(session: Session, youth_id: int, *, at: datetime) -> None:
    """Erase what is known of somebody; the record stays, because requests refer to it.

    Who read it stays too, and what was done with it when: both hold numbers only.
    """
    youth = session.get_one(Youth, youth_id)
    youth.title = youth.first_name = youth.last_name = youth.schooling = ""
    youth.birth_on = NO_BIRTH
    youth.national_id = youth.national_id_hash = None
    youth.area_code = amphoe(youth.area_code)
    youth.activity, youth.pathway, youth.disadvantages = Activity.UNKNOWN, None, ""
    youth.erased_at = at
    session.flush()
    session.execute(delete(Guardian).where(Guardian.youth_id == youth_id))
    blank = dict.fromkeys(("paper", "signer", "relation", "power_paper"), "")
    session.execute(update(Consent).where(Consent.youth_id == youth_id).values(blank))


def amphoe(area_code: str) -> str:
    """Return the amphoe of a place: small enough for statistics, too large to find somebody."""
    return area_code[:4]
