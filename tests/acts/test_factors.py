from __future__ import annotations

import json
from datetime import datetime
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import one_time
from portal.audit.entry import parse
from portal.audit.models import LogEntry
from portal.passkeys import Challenge
from portal.passkeys import Passkey
from portal.passkeys import PasskeyRefusedError
from portal.passkeys import Site
from portal.passkeys import asking
from portal.passkeys import read_new
from portal.people import trying
from portal.people.enrolling import add_app
from portal.people.enrolling import add_passkey
from portal.people.enrolling import offer_app
from portal.people.enrolling import remove_app
from portal.people.enrolling import remove_passkey
from portal.people.enrolling import rename_passkey
from portal.people.enrolling import renew_recovery_codes
from portal.people.enrolling import reset_factor
from portal.people.factor_models import AuthenticatorApp
from portal.people.factor_models import KeptRecoveryCode
from portal.people.factor_models import PersonPasskey
from portal.people.factor_page import credential_ids
from portal.people.factor_page import factors
from portal.people.factor_page import plan_of_passkey
from portal.people.factor_rules import AppThereError
from portal.people.factor_rules import CodesWaitError
from portal.people.factor_rules import FactorNotFoundError
from portal.people.factor_rules import LastFactorError
from portal.people.factor_rules import NoFactorError
from portal.people.factor_rules import PasskeyThereError
from portal.people.factor_rules import TooManyPasskeysError
from portal.people.factor_rules import WrongFirstCodeError
from portal.people.models import WebSession
from portal.people.rules import OnlyAdministratorError
from portal.people.rules import OwnRecordError
from portal.people.session_rules import Device
from portal.people.session_rules import Ending
from portal.people.sessions import begin_session
from portal.people.staffing import deactivate_person
from portal.people.trying import hasher
from portal.people.trying import try_code
from portal.people.trying import use_passkey
from portal.roles import Actor
from tests.authenticator import Authenticator
from tests.world import NOON
from tests.world import World

LATER = NOON + timedelta(minutes=1)
# Where an install is if nothing else is set.
SITE = Site.at("http://127.0.0.1:8000")


def app_of(world: World, by: Actor, *, at: datetime = NOON) -> str:
    """Set up an app; return its secret."""
    offered = offer_app(world.session.info["vault"], by.person_id, "")
    code = one_time.code_at(offered.secret, one_time.step_at(at))
    add_app(world.session, offered.token, code, here=0, by=by, at=at)
    return offered.secret


def code_of(secret: str, at: datetime) -> str:
    return one_time.code_at(secret, one_time.step_at(at))


def passkey_of(world: World, by: Actor, name: str = "โทรศัพท์") -> Authenticator:
    """Add a passkey; return the device that keeps it."""
    session, challenge = world.session, Challenge.new(NOON)
    device = Authenticator(SITE)
    answer = device.make(plan_of_passkey(session, SITE, challenge, key=b"key", by=by))
    made = read_new(device.site, answer, challenge=challenge)
    add_passkey(session, made, name, here=0, by=by, at=NOON)
    return device


def newest(session: Session, count: int = 1) -> list[str]:
    bodies = session.scalars(select(LogEntry.body).order_by(LogEntry.seqno.desc()).limit(count))
    return [parse(body).type for body in bodies]


def test_an_app_is_set_up_by_its_first_code(session: Session, world: World) -> None:
    secret = app_of(world, world.anong)
    kept = session.get_one(AuthenticatorApp, world.anong.person_id)
    assert secret.encode() not in kept.wrapped_secret
    assert world.person(world.anong).has_factor
    assert factors(session, world.anong.person_id).app_added_at == NOON
    assert newest(session) == ["person.factor_added"]
    body = session.scalars(select(LogEntry.body).order_by(LogEntry.seqno.desc())).first()
    assert body is not None
    entry = parse(body)
    assert (entry.role, dict(entry.public)) == ("system", {})


def test_the_secret_that_was_offered_is_shown_again(session: Session, world: World) -> None:
    vault, who = session.info["vault"], world.anong.person_id
    offered = offer_app(vault, who, "")
    assert offer_app(vault, who, offered.token) == offered
    for token in ("", "x", "ก", offered.token[:-4], offered.token[4:]):
        assert offer_app(vault, who, token).secret != offered.secret
    assert offer_app(vault, world.prasit.person_id, offered.token).secret != offered.secret


@pytest.mark.parametrize("code", ["", "000000", "abcdef"])
def test_an_app_without_the_right_code_is_none(session: Session, world: World, code: str) -> None:
    offered = offer_app(session.info["vault"], world.anong.person_id, "")
    with pytest.raises(WrongFirstCodeError):
        add_app(session, offered.token, code, here=0, by=world.anong, at=NOON)
    with pytest.raises(WrongFirstCodeError):
        add_app(session, "token", code, here=0, by=world.anong, at=NOON)
    assert not world.person(world.anong).has_factor


def test_there_is_one_app(world: World) -> None:
    app_of(world, world.anong)
    with pytest.raises(AppThereError):
        app_of(world, world.anong)


def test_a_code_is_taken_once_and_in_its_time(session: Session, world: World) -> None:
    secret, who = app_of(world, world.anong), world.anong.person_id
    code = code_of(secret, LATER)
    assert not try_code(session, who, code_of(secret, NOON), at=NOON)
    assert try_code(session, who, f"{code[:3]} {code[3:]}", at=LATER)
    assert not try_code(session, who, code, at=LATER)
    assert not try_code(session, who, code, at=LATER + timedelta(minutes=2))
    # The next step's code is good already; after it, none of before.
    ahead = LATER + timedelta(seconds=30)
    assert try_code(session, who, code_of(secret, ahead), at=LATER)
    assert not try_code(session, who, code_of(secret, LATER), at=ahead)


def test_the_code_of_somebody_else_is_none(session: Session, world: World) -> None:
    secret = app_of(world, world.anong)
    app_of(world, world.prasit)
    assert not try_code(session, world.prasit.person_id, code_of(secret, LATER), at=LATER)
    assert not try_code(session, world.malee.person_id, code_of(secret, LATER), at=LATER)


def test_after_five_wrong_codes_even_the_right_one_waits(session: Session, world: World) -> None:
    secret, who = app_of(world, world.anong), world.anong.person_id
    for _ in range(4):
        assert not try_code(session, who, "000000", at=LATER)
    assert try_code(session, who, code_of(secret, LATER), at=LATER)
    for _ in range(5):
        assert not try_code(session, who, "01-ACDE-FGHJ-KMNP", at=LATER)
    for minutes in (0, 4):
        at = LATER + timedelta(minutes=minutes)
        with pytest.raises(CodesWaitError):
            try_code(session, who, code_of(secret, at), at=at)
    at = LATER + timedelta(minutes=5)
    assert not try_code(session, who, "000000", at=at)
    with pytest.raises(CodesWaitError) as refused:
        try_code(session, who, code_of(secret, at), at=at)
    assert refused.value.facts == {"minutes": 10}
    at += timedelta(minutes=10)
    assert try_code(session, who, code_of(secret, at), at=at)
    assert world.person(world.anong).wrong_codes == 0


def test_recovery_codes_open_once_each(session: Session, world: World) -> None:
    app_of(world, world.anong)
    who = world.anong.person_id
    first, second, *_ = renew_recovery_codes(session, by=world.anong)
    kept = session.scalars(select(KeptRecoveryCode.code_hash)).all()
    assert {one.split("$")[1] for one in kept} == {"argon2id"}
    assert try_code(session, who, str(first), at=NOON)
    assert not try_code(session, who, str(first), at=NOON)
    assert not try_code(session, who, f"02-{first.letters}", at=NOON)
    assert not try_code(session, world.prasit.person_id, str(second), at=NOON)
    assert factors(session, who).codes_left == 9
    assert try_code(session, who, str(second).lower().replace("-", ""), at=NOON)


def test_new_recovery_codes_void_the_old_ones(session: Session, world: World) -> None:
    app_of(world, world.anong)
    old, *_ = renew_recovery_codes(session, by=world.anong)
    new, *_ = renew_recovery_codes(session, by=world.anong)
    assert factors(session, world.anong.person_id).codes_left == 10
    assert not try_code(session, world.anong.person_id, str(old), at=NOON)
    assert try_code(session, world.anong.person_id, str(new), at=NOON)


def test_without_a_factor_there_are_no_recovery_codes(session: Session, world: World) -> None:
    with pytest.raises(NoFactorError):
        renew_recovery_codes(session, by=world.anong)


def used(
    world: World,
    device: Authenticator,
    *,
    person_id: int | None = None,
    asked_at: datetime = LATER,
    at: datetime = LATER,
) -> int:
    challenge = Challenge.new(asked_at)
    known = () if person_id is None else credential_ids(world.session, person_id)
    answer = device.use(asking(SITE, challenge=challenge, known=known))
    return use_passkey(world.session, answer, challenge, person_id=person_id, at=at).id


def test_a_passkey_says_whose_it_is(session: Session, world: World) -> None:
    device = passkey_of(world, world.anong)
    passkey_of(world, world.prasit)
    assert used(world, device) == world.anong.person_id
    later = LATER + timedelta(minutes=1)
    assert used(world, device, person_id=world.anong.person_id, asked_at=later, at=later)
    row = session.scalars(select(PersonPasskey).order_by(PersonPasskey.id)).first()
    assert row is not None
    assert (row.sign_count, row.used_at) == (2, later)
    with pytest.raises(PasskeyRefusedError):
        used(world, device, person_id=world.prasit.person_id, asked_at=later, at=later)


def test_an_answer_is_taken_once(session: Session, world: World) -> None:
    """Also of a device that counts nothing, and would say the same again."""
    device, challenge = passkey_of(world, world.anong), Challenge.new(LATER)
    device.count = -1
    answer = device.use(asking(SITE, challenge=challenge))
    person = use_passkey(session, answer, challenge, person_id=None, at=LATER)
    assert person.id == world.anong.person_id
    with pytest.raises(PasskeyRefusedError):
        use_passkey(session, answer, challenge, person_id=None, at=LATER)


def test_to_refuse_a_code_that_nobody_has_takes_as_long_as_a_wrong_one() -> None:
    # A hash of less work would be answered sooner, and tell which codes were used.
    assert not hasher.check_needs_rehash(trying._NONE)  # noqa: SLF001 - it is nowhere else to be seen


def test_a_copied_passkey_is_refused(world: World) -> None:
    device = passkey_of(world, world.anong)
    device.count = 5
    assert used(world, device)
    device.count = 2
    later = LATER + timedelta(minutes=1)
    with pytest.raises(PasskeyRefusedError):
        used(world, device, asked_at=later, at=later)


def test_an_unknown_passkey_and_one_of_nobody_active_are_refused(world: World) -> None:
    with pytest.raises(PasskeyRefusedError):
        used(world, Authenticator(SITE))
    device = passkey_of(world, world.malee)
    deactivate_person(world.session, world.person(world.malee), by=world.admin, at=NOON)
    with pytest.raises(PasskeyRefusedError):
        used(world, device)


def test_a_device_makes_one_passkey_and_a_person_has_ten_at_most(
    session: Session, world: World
) -> None:
    by = world.anong
    device = passkey_of(world, by)
    kept = Passkey(device.credential_id, b"key", 0)
    for who in (by, world.prasit):
        with pytest.raises(PasskeyThereError):
            add_passkey(session, kept, "x", here=0, by=who, at=NOON)
    for _ in range(9):
        passkey_of(world, by)
    with pytest.raises(TooManyPasskeysError):
        passkey_of(world, by)
    assert factors(session, by.person_id).count == 10
    plan = json.loads(plan_of_passkey(session, SITE, Challenge.new(NOON), key=b"key", by=by))
    assert len(plan["excludeCredentials"]) == 10


def test_a_passkey_is_named_and_removed_by_its_owner_alone(session: Session, world: World) -> None:
    passkey_of(world, world.anong)
    [row] = factors(session, world.anong.person_id).passkeys
    rename_passkey(session, row.id, "กุญแจ", by=world.anong)
    [row] = factors(session, world.anong.person_id).passkeys
    assert row.name == "กุญแจ"
    for number, by in ((row.id, world.prasit), (99999, world.anong)):
        with pytest.raises(FactorNotFoundError):
            rename_passkey(session, number, "x", by=by)
        with pytest.raises(FactorNotFoundError):
            remove_passkey(session, number, must_keep_one=False, here=0, by=by, at=NOON)
    with pytest.raises(FactorNotFoundError):
        factors(session, world.prasit.person_id).passkey(row.id)
    renew_recovery_codes(session, by=world.anong)
    remove_passkey(session, row.id, must_keep_one=False, here=0, by=world.anong, at=NOON)
    assert newest(session) == ["person.factor_removed"]
    assert not world.person(world.anong).has_factor
    assert factors(session, world.anong.person_id).codes_left == 0


def test_who_needs_a_factor_keeps_one(session: Session, world: World) -> None:
    app_of(world, world.anong)
    passkey_of(world, world.anong)
    remove_app(session, must_keep_one=True, here=0, by=world.anong, at=NOON)
    assert world.person(world.anong).has_factor
    with pytest.raises(FactorNotFoundError):
        remove_app(session, must_keep_one=True, here=0, by=world.anong, at=NOON)
    [row] = factors(session, world.anong.person_id).passkeys
    with pytest.raises(LastFactorError):
        remove_passkey(session, row.id, must_keep_one=True, here=0, by=world.anong, at=NOON)
    assert factors(session, world.anong.person_id).count == 1


def test_with_a_new_factor_the_other_sessions_end(session: Session, world: World) -> None:
    who = world.anong.person_id
    for _ in range(2):
        begin_session(session, who, Device("", ""), at=NOON)
    here, other = session.scalars(select(WebSession).order_by(WebSession.id.desc()).limit(2))
    offered = offer_app(session.info["vault"], who, "")
    code = code_of(offered.secret, NOON)
    add_app(session, offered.token, code, here=here.id, by=world.anong, at=NOON)
    session.expire_all()
    assert (here.ended_for, other.ended_for) == (None, Ending.BY_OWNER)


def test_an_administrator_resets_what_was_lost(session: Session, world: World) -> None:
    secret, person = app_of(world, world.anong), world.person(world.anong)
    passkey_of(world, world.anong)
    renew_recovery_codes(session, by=world.anong)
    begin_session(session, person.id, Device("", ""), at=NOON)
    for _ in range(5):
        try_code(session, person.id, "000000", at=NOON)
    reset_factor(session, person, by=world.admin, at=NOON)
    assert newest(session) == ["person.factor_reset"]
    assert (person.has_factor, person.wrong_codes, person.codes_wait_until) == (False, 0, None)
    for kept in (AuthenticatorApp, PersonPasskey, KeptRecoveryCode):
        assert session.scalars(select(kept)).all() == []
    ended = session.scalars(select(WebSession.ended_for).where(WebSession.person_id == person.id))
    assert set(ended) == {Ending.BY_ADMINISTRATOR}
    assert not try_code(session, person.id, code_of(secret, LATER), at=LATER)
    app_of(world, world.anong)


def test_nobody_else_resets_it_and_nobody_their_own(session: Session, world: World) -> None:
    app_of(world, world.anong)
    app_of(world, world.admin)
    for by in (world.anong, world.prasit, world.malee, world.wipa):
        with pytest.raises(OnlyAdministratorError):
            reset_factor(session, world.person(world.anong), by=by, at=NOON)
    with pytest.raises(OwnRecordError):
        reset_factor(session, world.person(world.admin), by=world.admin, at=NOON)
    with pytest.raises(NoFactorError):
        reset_factor(session, world.person(world.prasit), by=world.admin, at=NOON)
