from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.audit.models import LogEntry
from portal.audit.models import PrivateField
from portal.db import db
from portal.funds.acting import ActingAnswer
from portal.funds.acting import appoint_acting_chair
from portal.funds.rule_checks import UnknownCodeError
from portal.funds.staff import RoleAnswer
from portal.funds.staff import give_role
from portal.funds.staff import hand_over
from portal.labels import Name
from portal.people.models import Person
from portal.people.models import RoleGrant
from portal.people.password_rules import HouseWordsError
from portal.people.password_rules import KnownPasswordError
from portal.people.password_rules import ShortPasswordError
from portal.people.passwords import EndedPasswordError
from portal.people.passwords import WrongPasswordError
from portal.people.passwords import change_password
from portal.people.passwords import check_password
from portal.people.passwords import set_one_time_password
from portal.people.queries import SYSTEM
from portal.people.queries import NoSuchPersonError
from portal.people.queries import as_actor
from portal.people.rules import ActiveAlreadyError
from portal.people.rules import ExcludedRoleError
from portal.people.rules import LastAdministratorError
from portal.people.rules import NotActiveError
from portal.people.rules import OnlyAdministratorError
from portal.people.rules import OwnRecordError
from portal.people.rules import RoleReason
from portal.people.rules import SamePasswordError
from portal.people.service import OrganisationNotFoundError
from portal.people.service import OrganisationTakenError
from portal.people.service import StalePersonError
from portal.people.service import grant_role
from portal.people.service import load_person
from portal.people.staffing import NewEmail
from portal.people.staffing import NewOrganisation
from portal.people.staffing import NewPerson
from portal.people.staffing import Renaming
from portal.people.staffing import SameAsBeforeError
from portal.people.staffing import StaleOrganisationError
from portal.people.staffing import add_organisation
from portal.people.staffing import add_person
from portal.people.staffing import change_email
from portal.people.staffing import deactivate_person
from portal.people.staffing import end_role
from portal.people.staffing import end_sessions
from portal.people.staffing import reactivate_person
from portal.people.staffing import rename_organisation
from portal.people.user_page import PeopleFilters
from portal.people.user_page import organisation_rows
from portal.people.user_page import people
from portal.people.user_page import person_page
from portal.roles import Role
from tests.conftest import PASSWORD
from tests.conftest import Maker
from tests.world import NOON
from tests.world import World

LATER = NOON + timedelta(hours=1)
OWN = "a new good one of mine"


def newest(session: Session) -> tuple[str, str]:
    """The type and the public part of the newest entry."""
    body = session.scalars(select(LogEntry.body).order_by(LogEntry.seqno.desc()).limit(1)).one()
    entry = json.loads(body)
    return entry["t"], json.dumps(entry["pub"], sort_keys=True)


def second_administrator(world: World) -> Person:
    person = world.person(world.krit)
    grant_role(world.session, person, Role.ADMINISTRATOR, by=world.admin, at=NOON)
    return person


def test_somebody_is_added_and_the_log_tells_nothing_of_them(
    session: Session, world: World
) -> None:
    new = NewPerson("new", "คนใหม่ ลับ", "VHV", None)
    person = add_person(session, new, by=world.admin, at=NOON)
    assert newest(session) == ("person.added", "{}")
    body = session.scalars(select(LogEntry.body).order_by(LogEntry.seqno.desc()).limit(1)).one()
    assert "คนใหม่".encode() not in body
    subjects = session.scalars(
        select(PrivateField.subject).where(PrivateField.subject == f"person:{person.id}")
    ).all()
    assert len(subjects) == 1
    with pytest.raises(OrganisationNotFoundError):
        add_person(session, NewPerson("x1", "x", "NONE", None), by=world.admin, at=NOON)


def test_an_address_is_changed_and_the_log_tells_only_that(session: Session, world: World) -> None:
    person = add_person(
        session, NewPerson("new", "คนใหม่ ลับ", None, "one@a.example"), by=world.admin, at=NOON
    )
    assert newest(session) == ("person.email_changed", "{}")
    for email in ("two@a.example", None):
        change = NewEmail(email, person.version)
        change_email(session, change, person_id=person.id, by=world.admin, at=NOON)
        assert (person.email, newest(session)) == (email, ("person.email_changed", "{}"))
    told = session.execute(
        select(LogEntry.body, PrivateField.field)
        .join(PrivateField, PrivateField.eid == LogEntry.eid)
        .where(PrivateField.subject == f"person:{person.id}", PrivateField.field == "email")
    ).all()
    # An address that is taken away leaves nothing to be opened.
    assert len(told) == 2
    assert all(b"a.example" not in row.body for row in told)


def test_an_address_is_not_changed_by_an_old_page_nor_to_what_it_is(
    session: Session, world: World
) -> None:
    person = world.person(world.malee)
    for change, error in (
        (NewEmail("new@a.example", person.version - 1), StalePersonError),
        (NewEmail(person.email, person.version), SameAsBeforeError),
    ):
        with pytest.raises(error):
            change_email(session, change, person_id=person.id, by=world.admin, at=NOON)
    assert person_page(session, person.id, world.admin).email == person.email
    assert person_page(session, person.id, world.wipa).email is None
    with pytest.raises(NoSuchPersonError):
        change_email(session, NewEmail(None, 1), person_id=999, by=world.admin, at=NOON)


def test_an_administrator_may_change_their_own_address(session: Session, world: World) -> None:
    person = world.person(world.admin)
    change = NewEmail(None, person.version)
    change_email(session, change, person_id=person.id, by=world.admin, at=NOON)
    assert person.email is None


def test_a_role_is_given_with_a_reason_and_ended_with_one(session: Session, world: World) -> None:
    person = world.person(world.krit)
    seen = person.version
    answer = RoleAnswer(Role.CHAIR, "SC5", RoleReason.ELECTED, seen)
    grant = give_role(session, answer, person_id=person.id, by=world.admin, at=NOON)
    public = '{"role": "chair", "subcommittee": "SC5"}'
    assert newest(session) == ("role.granted", public)
    assert (grant.granted_for, grant.granted_by_id) == ("elected", world.admin.person_id)
    assert as_actor(person).holds(Role.CHAIR, "SC5")
    end_role(session, person, grant.id, reason=RoleReason.TERM_OVER, by=world.admin, at=LATER)
    assert newest(session) == ("role.ended", public)
    assert as_actor(person).roles == frozenset()
    page = person_page(session, person.id, world.admin)
    assert [held.ended_for for held in page.earlier_roles] == ["term_over"]
    assert page.version == seen + 2
    with pytest.raises(NoSuchPersonError):
        end_role(session, person, grant.id, reason=RoleReason.MISTAKE, by=world.admin, at=LATER)


def test_a_chair_is_given_for_a_subcommittee_that_goes_on(session: Session, world: World) -> None:
    person = world.person(world.krit)
    answer = RoleAnswer(Role.CHAIR, "SC9", RoleReason.ELECTED, person.version)
    with pytest.raises(UnknownCodeError):
        give_role(session, answer, person_id=person.id, by=world.admin, at=NOON)


def test_an_old_page_gives_no_role(session: Session, world: World) -> None:
    person = world.person(world.krit)
    answer = RoleAnswer(Role.OFFICER, None, RoleReason.APPOINTED, person.version)
    end_sessions(session, person, by=world.admin, at=NOON)
    with pytest.raises(StalePersonError):
        give_role(session, answer, person_id=person.id, by=world.admin, at=NOON)
    with pytest.raises(NoSuchPersonError):
        load_person(session, 999, seen_version=1, by=world.admin)


def test_roles_that_exclude_each_other_are_not_given(session: Session, world: World) -> None:
    officer, auditor = world.person(world.malee), world.person(world.wipa)
    for person, role in (
        (officer, Role.ADMINISTRATOR),
        (officer, Role.AUDITOR),
        (auditor, Role.FINDER),
    ):
        with pytest.raises(ExcludedRoleError):
            grant_role(session, person, role, by=world.admin, at=NOON)


def test_an_acting_chair_is_a_chair_for_what_excludes_it(session: Session, world: World) -> None:
    on = NOON.date()
    answer = ActingAnswer("finder2", "SC5", "12/2570", on, on)
    term = appoint_acting_chair(session, answer, by=world.somchai, at=NOON)
    person = session.get_one(Person, term.person_id)
    end_role(
        session,
        person,
        person.grants[0].id,
        reason=RoleReason.OTHER_WORK,
        by=world.admin,
        at=NOON,
    )
    with pytest.raises(ExcludedRoleError):
        grant_role(session, person, Role.AUDITOR, by=world.admin, at=NOON)
    grant_role(session, person, Role.AUDITOR, by=world.admin, at=NOON + timedelta(days=1))


def test_nobody_gives_or_ends_their_own_role(session: Session, world: World) -> None:
    me = world.person(world.admin)
    second_administrator(world)
    with pytest.raises(OwnRecordError):
        grant_role(session, me, Role.AUDITOR, by=world.admin, at=NOON)
    for act in (
        lambda: end_role(
            session, me, me.grants[0].id, reason=RoleReason.MISTAKE, by=world.admin, at=NOON
        ),
        lambda: deactivate_person(session, me, by=world.admin, at=NOON),
        lambda: reactivate_person(session, me, by=world.admin, at=NOON),
        lambda: set_one_time_password(session, me, by=world.admin, at=NOON),
    ):
        with pytest.raises(OwnRecordError):
            act()


def test_the_last_administrator_stays(session: Session, world: World) -> None:
    admin = world.person(world.admin)
    grant = admin.grants[0].id
    for act in (
        lambda: end_role(session, admin, grant, reason=RoleReason.RESIGNED, by=SYSTEM, at=NOON),
        lambda: deactivate_person(session, admin, by=SYSTEM, at=NOON),
    ):
        with pytest.raises(LastAdministratorError):
            act()
    second = second_administrator(world)
    deactivate_person(session, second, by=world.admin, at=NOON)
    with pytest.raises(LastAdministratorError):
        deactivate_person(session, admin, by=SYSTEM, at=NOON)
    reactivate_person(session, second, by=world.admin, at=NOON)
    end_role(session, admin, grant, reason=RoleReason.RESIGNED, by=as_actor(second), at=LATER)
    assert not as_actor(admin).roles


def test_who_is_deactivated_signs_in_no_more_and_keeps_the_history(
    session: Session, world: World
) -> None:
    person = world.person(world.malee)
    roles = as_actor(person).roles
    deactivate_person(session, person, by=world.admin, at=NOON)
    assert newest(session) == ("person.deactivated", "{}")
    with pytest.raises(WrongPasswordError):
        check_password(session, "malee", PASSWORD, at=NOON)
    for act in (
        lambda: deactivate_person(session, person, by=world.admin, at=NOON),
        lambda: grant_role(session, person, Role.FINDER, by=world.admin, at=NOON),
        lambda: set_one_time_password(session, person, by=world.admin, at=NOON),
    ):
        with pytest.raises(NotActiveError):
            act()
    reactivate_person(session, person, by=world.admin, at=LATER)
    assert newest(session) == ("person.reactivated", "{}")
    assert as_actor(person).roles == roles
    assert check_password(session, "malee", PASSWORD, at=LATER) is person
    with pytest.raises(ActiveAlreadyError):
        reactivate_person(session, person, by=world.admin, at=LATER)


def test_a_one_time_password_leads_to_another(session: Session, world: World) -> None:
    person = world.person(world.malee)
    one_time = set_one_time_password(session, person, by=world.admin, at=NOON)
    assert newest(session) == ("person.password_set", "{}")
    assert as_actor(check_password(session, "malee", one_time, at=NOON)).must_change_password
    for old, new, error in (
        (PASSWORD, OWN, WrongPasswordError),
        (one_time, one_time, SamePasswordError),
        (one_time, "short", ShortPasswordError),
        (one_time, "ilovethailand", KnownPasswordError),
        (one_time, "malee2569malee", HouseWordsError),
    ):
        with pytest.raises(error):
            change_password(session, person.id, old=old, new=new, at=NOON)
    changed = change_password(session, person.id, old=one_time, new=OWN, at=NOON)
    assert not as_actor(changed).must_change_password
    # One's own has no end.
    assert check_password(session, "malee", OWN, at=NOON + timedelta(days=999)) is person


def test_a_one_time_password_ends_after_three_days(session: Session, world: World) -> None:
    person = world.person(world.malee)
    one_time = set_one_time_password(session, person, by=world.admin, at=NOON)
    last = NOON + timedelta(hours=72)
    assert check_password(session, "malee", one_time, at=last - timedelta(seconds=1)) is person
    with pytest.raises(EndedPasswordError):
        check_password(session, "malee", one_time, at=last)
    with pytest.raises(EndedPasswordError):
        change_password(session, person.id, old=one_time, new=OWN, at=last)
    with pytest.raises(WrongPasswordError):
        check_password(session, "malee", OWN, at=last)


def test_one_time_passwords_are_random(session: Session, world: World) -> None:
    person = world.person(world.malee)
    made = {set_one_time_password(session, person, by=world.admin, at=NOON) for _ in range(5)}
    assert len(made) == 5
    assert all(re.fullmatch(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}", one) for one in made)


def test_only_an_administrator_does_any_of_it(session: Session, world: World) -> None:
    somebody = world.person(world.somchai)
    for by in (world.malee, world.wipa, world.anong, world.krit, world.everything()):
        for act in (
            lambda by: add_person(session, NewPerson("x1", "x", None, None), by=by, at=NOON),
            lambda by: grant_role(session, somebody, Role.FINDER, by=by, at=NOON),
            lambda by: end_role(
                session,
                somebody,
                somebody.grants[0].id,
                reason=RoleReason.MISTAKE,
                by=by,
                at=NOON,
            ),
            lambda by: deactivate_person(session, somebody, by=by, at=NOON),
            lambda by: reactivate_person(session, somebody, by=by, at=NOON),
            lambda by: end_sessions(session, somebody, by=by, at=NOON),
            lambda by: set_one_time_password(session, somebody, by=by, at=NOON),
            lambda by: add_organisation(
                session, NewOrganisation("X", "x", "x", "STATE"), by=by, at=NOON
            ),
            lambda by: rename_organisation(
                session, Renaming(Name("x", "x"), Name("y", "y")), code="VHV", by=by, at=NOON
            ),
        ):
            with pytest.raises(OnlyAdministratorError):
                act(by)


def test_the_list_of_people_is_for_administrators_and_auditors(
    session: Session, world: World
) -> None:
    everybody = people(session, world.wipa, PeopleFilters())
    assert everybody.count == len(everybody.rows) == 16
    chairs = people(session, world.admin, PeopleFilters(role="chair", text="chair5"))
    assert [row.username for row in chairs.rows] == ["chair5"]
    assert people(session, world.admin, PeopleFilters(state="inactive")).count == 0
    assert people(session, world.admin, PeopleFilters(), page=9).rows == ()
    for by in (world.malee, world.krit):
        for act in (
            lambda by: people(session, by, PeopleFilters()),
            lambda by: organisation_rows(session, by),
        ):
            with pytest.raises(OnlyAdministratorError):
                act(by)
        with pytest.raises(NoSuchPersonError):
            person_page(session, 1, by)
    with pytest.raises(NoSuchPersonError):
        person_page(session, 999, world.admin)


def test_who_may_not_know_of_somebody_finds_nobody(session: Session, world: World) -> None:
    somebody = world.person(world.somchai)
    answer = RoleAnswer(Role.FINDER, None, RoleReason.APPOINTED, somebody.version)
    change = NewEmail(None, somebody.version)
    for by, error in (
        (world.wipa, OnlyAdministratorError),
        (world.malee, NoSuchPersonError),
        (world.somchai, NoSuchPersonError),
    ):
        with pytest.raises(error):
            load_person(session, somebody.id, seen_version=somebody.version, by=by)
        with pytest.raises(error):
            change_email(session, change, person_id=somebody.id, by=by, at=NOON)
        with pytest.raises(error):
            give_role(session, answer, person_id=somebody.id, by=by, at=NOON)


def test_what_somebody_hands_over(session: Session, world: World) -> None:
    fund_request = world.submitted()
    draft = world.draft(by=world.finder)
    chair = hand_over(session, world.somchai.person_id, by=world.admin)
    assert [row.id for row in chair.to_decide.rows] == [fund_request.id]
    assert [(held.role, held.subcommittee) for held in chair.alone] == [(Role.CHAIR, "SC5")]
    finder = hand_over(session, world.finder.person_id, by=world.admin)
    assert [row.id for row in finder.own.rows] == [draft.id]
    assert (finder.waiting, finder.alone) == (1, [])
    world.approve(fund_request, world.somchai)
    treasurer = hand_over(session, world.anong.person_id, by=world.admin)
    assert (treasurer.in_payment.count, treasurer.alone) == (1, [])


def test_an_organisation_has_official_names(session: Session, world: World) -> None:
    new = NewOrganisation("UNI", "มหาวิทยาลัย", "A university", "EDU")
    add_organisation(session, new, by=world.admin, at=NOON)
    with pytest.raises(OrganisationTakenError):
        add_organisation(session, new, by=world.admin, at=NOON)
    before, after = Name("มหาวิทยาลัย", "A university"), Name("มหาวิทยาลัยใหม่", "A new one")
    renaming = Renaming(after, before)
    rename_organisation(session, renaming, code="UNI", by=world.admin, at=NOON)
    what, public = newest(session)
    assert what == "organisation.renamed"
    assert json.loads(public) == {
        "code": "UNI",
        "name_th": after.th,
        "name_en": after.en,
        "name_th_before": before.th,
        "name_en_before": before.en,
    }
    for seen, error in ((before, StaleOrganisationError), (after, SameAsBeforeError)):
        renaming = Renaming(after, seen)
        with pytest.raises(error):
            rename_organisation(session, renaming, code="UNI", by=world.admin, at=NOON)
    with pytest.raises(OrganisationNotFoundError):
        rename_organisation(session, renaming, code="NONE", by=world.admin, at=NOON)


@pytest.mark.parametrize(
    ("username", "role"),
    [("malee", "auditor"), ("malee", "administrator"), ("wipa", "finder"), ("admin", "auditor")],
)
def test_the_database_knows_which_roles_exclude_each_other(
    made: Maker, username: str, role: str
) -> None:
    eid = made(lambda world: world.session.scalars(select(RoleGrant.log_eid).limit(1)).one())
    assert eid
    insert = (
        "INSERT INTO role_grant (person_id, role, granted_at, log_eid)"
        " SELECT person.id, :role, granted_at, log_eid FROM role_grant, person"
        " WHERE person.username = :username AND role_grant.id = 1"
    )
    with Session(db.engine) as session, pytest.raises(DBAPIError, match="exclude each other"):
        session.execute(text(insert), {"role": role, "username": username})


def test_the_database_knows_that_nobody_gives_their_own_role(made: Maker) -> None:
    made(lambda world: world.krit)
    for column in ("granted_by_id", "ended_by_id"):
        insert = (
            f"INSERT INTO role_grant (person_id, role, granted_at, log_eid, {column})"  # noqa: S608 - our own words
            " SELECT person.id, 'finder', granted_at, log_eid, person.id FROM role_grant, person"
            " WHERE person.username = 'krit' AND role_grant.id = 1"
        )
        with Session(db.engine) as session, pytest.raises(DBAPIError, match="another"):
            session.execute(text(insert))
