from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.people.keys import KEPT_FOR
from portal.people.keys import FormKeyMissingError
from portal.people.keys import FormKeyUsedError
from portal.people.keys import Led
from portal.people.keys import Sent
from portal.people.keys import check_unchanged
from portal.people.keys import forget_keys
from portal.people.keys import keep_led
from portal.people.keys import led_before
from portal.people.keys import new_form_key
from portal.people.keys import read_form_key
from portal.people.keys import take_key
from portal.people.models import Once
from tests.world import NOON
from tests.world import World

LED = Led("/there", "It is done.", "More comes.", "P1")


def sent(world: World, key: str = "k" * 22, digest: str = "d") -> Sent:
    return Sent(world.anong.person_id, key, digest)


def test_a_key_tells_where_its_form_led(session: Session, world: World) -> None:
    form = sent(world)
    assert led_before(session, form, "") is None
    take_key(session, form, "", at=NOON)
    keep_led(session, form, "", LED)
    assert led_before(session, form, "") == LED
    assert led_before(session, form, "another part") is None
    assert led_before(session, Sent(world.prasit.person_id, form.key, form.digest), "") is None


def test_a_key_is_of_one_form(session: Session, world: World) -> None:
    take_key(session, sent(world), "7", at=NOON)
    check_unchanged(session, sent(world))
    other = sent(world, digest="another")
    with pytest.raises(FormKeyUsedError):
        led_before(session, other, "7")
    with pytest.raises(FormKeyUsedError):
        check_unchanged(session, other)


def test_keys_are_forgotten_when_nobody_sends_their_forms_again(
    session: Session, world: World
) -> None:
    take_key(session, sent(world, "a" * 22), "", at=NOON - KEPT_FOR - timedelta(seconds=1))
    take_key(session, sent(world, "b" * 22), "", at=NOON - KEPT_FOR)
    forget_keys(session, at=NOON)
    assert session.scalars(select(Once.key)).all() == ["b" * 22]


def test_a_key_is_long_and_another_each_time(session: Session) -> None:
    keys = {read_form_key(new_form_key()) for _ in range(100)}
    assert len(keys) == 100
    for typed in ("", "short", "k" * 23, "k" * 21 + "é"):
        with pytest.raises(FormKeyMissingError):
            read_form_key(typed)
    assert session.scalar(select(func.count()).select_from(Once)) == 0
