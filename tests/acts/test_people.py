from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from portal.funds.models import FundRequest
from portal.people import passwords
from portal.people.passwords import WrongPasswordError
from portal.people.passwords import check_password
from portal.people.queries import SYSTEM
from portal.people.service import UsernameTakenError
from portal.people.service import add_person
from portal.youths.models import Youth
from portal.youths.service import register_youth
from tests.world import ANSWER
from tests.world import FOUNDED
from tests.world import NOON
from tests.world import YOUTH
from tests.world import World


def test_a_username_is_given_once(session: Session) -> None:
    with pytest.raises(UsernameTakenError):
        add_person(session, "malee", name="อีกคน", organisation_code=None, by=SYSTEM, at=FOUNDED)


def test_without_a_password_nobody_signs_in(session: Session, world: World) -> None:
    assert world.krit.name
    for password in ("", "anything at all"):
        with pytest.raises(WrongPasswordError):
            check_password(session, "krit", password, at=NOON)


def test_to_refuse_somebody_unknown_takes_as_long_as_a_wrong_password() -> None:
    # A hash of less work would be answered sooner, and tell which usernames there are.
    assert not PasswordHasher().check_needs_rehash(passwords._NOBODY)  # noqa: SLF001 - it is nowhere else to be seen


def test_a_mistyped_id_number_mixes_up_nobody(session: Session, world: World) -> None:
    first = session.get_one(Youth, world.draft().youth_id)
    stranger = replace(YOUTH, first_name="คนอื่น", birth_on=YOUTH.birth_on.replace(year=2001))
    other = register_youth(session, stranger, area_code=ANSWER.area_code, by=world.malee, at=NOON)
    assert other.id != first.id
    assert (first.first_name, other.national_id_hash) == (YOUTH.first_name, None)
    again = register_youth(
        session,
        replace(YOUTH, first_name="สะกดใหม่"),
        area_code=ANSWER.area_code,
        by=world.malee,
        at=NOON,
    )
    assert again.id == first.id


def test_a_record_that_breaks_the_table_is_not_taken_for_a_known_one(
    session: Session, world: World
) -> None:
    nested = session.begin_nested()
    nameless = replace(YOUTH, first_name=None)  # type: ignore[arg-type]  # no name at all
    with pytest.raises(IntegrityError):
        register_youth(session, nameless, area_code=ANSWER.area_code, by=world.malee, at=NOON)
    nested.rollback()


def test_a_moment_without_a_zone_is_our_own_mistake(session: Session) -> None:
    naive = datetime(2026, 11, 22)  # noqa: DTZ001 - that is the point
    with pytest.raises(StatementError, match="needs a time zone"):
        session.scalar(select(FundRequest).where(FundRequest.created_at == naive))
