from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from datetime import timedelta
from time import monotonic
from time import sleep

import pytest
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.db import db
from portal.db import writing
from portal.people.models import SignInTry
from portal.people.tries import TooManyTriesError
from portal.people.tries import count_try
from portal.people.tries import forget_tries
from portal.people.tries import forgive_tries
from portal.people.try_rules import ACCOUNT
from portal.people.try_rules import ADDRESS
from portal.people.try_rules import DEVICE
from portal.people.try_rules import Track
from portal.people.try_rules import tracks
from tests.conftest import Portal
from tests.world import NOON

HERE = "192.0.2.1"
THERE = "198.51.100.7"


def on(username: str, address: str = HERE, device: str | None = None) -> tuple[Track, ...]:
    return tracks(b"a key of the tests", username, address=address, device=device)


def fail(session: Session, its_tracks: tuple[Track, ...], times: int, at: datetime = NOON) -> None:
    for _ in range(times):
        count_try(session, its_tracks, at=at)


def test_an_account_is_guessed_at_slowly_from_wherever(session: Session) -> None:
    for number in range(ACCOUNT.free):
        fail(session, on("malee", f"192.0.2.{number}"), 1)
    with pytest.raises(TooManyTriesError) as raised:
        fail(session, on("malee", THERE), 1)
    assert raised.value.seconds == 15 * 60
    assert "in 15 min." in str(raised.value)
    fail(session, on("anong", THERE), 1)
    later = NOON + ACCOUNT.forgets_one_in
    with pytest.raises(TooManyTriesError) as raised:
        fail(session, on("malee", THERE), 1, at=later - timedelta(seconds=1))
    assert "in 1 min." in str(raised.value)
    fail(session, on("malee", THERE), 1, at=later)
    with pytest.raises(TooManyTriesError):
        fail(session, on("malee", THERE), 1, at=later)


def test_what_has_to_wait_is_not_counted_once_more(session: Session) -> None:
    fail(session, on("malee"), ACCOUNT.free)
    for _ in range(20):
        with pytest.raises(TooManyTriesError):
            fail(session, on("malee"), 1)
    fail(session, on("malee"), 1, at=NOON + ACCOUNT.forgets_one_in)


def test_strangers_do_not_hold_up_a_device_that_is_known(session: Session) -> None:
    fail(session, on("malee"), ACCOUNT.free)
    fail(session, on("malee", device="hers"), DEVICE.free)
    with pytest.raises(TooManyTriesError):
        fail(session, on("malee", device="hers"), 1)
    fail(session, on("malee", device="her phone"), 1)


def test_an_address_tries_many_accounts_and_then_waits(session: Session) -> None:
    for number in range(ADDRESS.free):
        fail(session, on(f"somebody{number}"), 1)
    with pytest.raises(TooManyTriesError) as raised:
        fail(session, on("malee"), 1)
    assert raised.value.seconds == 20
    fail(session, on("malee", THERE), 1)


def test_a_right_password_takes_back_what_was_counted(session: Session) -> None:
    # A whole school signs in from one address.
    for number in range(3 * ADDRESS.free):
        fail(session, on(f"teacher{number}"), 1)
        forgive_tries(session, on(f"teacher{number}"))
    for number in range(ACCOUNT.free):
        fail(session, on("malee", f"198.51.100.{number}"), ACCOUNT.free - 1)
        forgive_tries(session, on("malee", f"198.51.100.{number}"))


def test_a_right_password_leaves_the_failures_of_others_at_the_address(session: Session) -> None:
    fail(session, on("anong"), 3)
    fail(session, on("malee"), 1)
    forgive_tries(session, on("malee"))
    address = on("malee")[1].key
    kept = {row.track: row.forgotten_at for row in session.scalars(select(SignInTry))}
    assert kept == {
        on("anong")[0].key: NOON + 3 * ACCOUNT.forgets_one_in,
        address: NOON + 3 * ADDRESS.forgets_one_in,
    }
    # Somebody cleared it away meanwhile.
    forgive_tries(session, on("malee"))
    forget_tries(session, at=NOON + timedelta(days=1))
    forgive_tries(session, on("malee"))
    assert session.scalars(select(SignInTry)).all() == []


def test_what_is_over_is_deleted(session: Session) -> None:
    fail(session, on("malee"), 2)
    last = NOON + 2 * ACCOUNT.forgets_one_in
    forget_tries(session, at=NOON + timedelta(minutes=1))
    assert [row.forgotten_at for row in session.scalars(select(SignInTry))] == [last]
    forget_tries(session, at=last)
    assert len(session.scalars(select(SignInTry)).all()) == 1
    forget_tries(session, at=last + timedelta(seconds=1))
    assert session.scalars(select(SignInTry)).all() == []


@pytest.mark.parametrize("portal", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("meanwhile", "left"),
    [
        # What anong failed stays counted at the address; malee's try comes on top.
        (lambda session: forgive_tries(session, on("malee")), (1, 3)),
        (lambda session: forget_tries(session, at=NOON + timedelta(days=1)), (1, 1)),
    ],
    ids=["forgiven", "forgotten"],
)
def test_a_try_is_counted_while_earlier_ones_go(
    portal: Portal, meanwhile: Callable[[Session], None], left: tuple[int, int]
) -> None:
    assert portal.install.has_log
    engine = db.engine

    def counts() -> None:
        with writing(engine, {}) as session:
            count_try(session, on("malee"), at=NOON)

    with writing(engine, {}) as session:
        fail(session, on("anong"), 2)
        fail(session, on("malee"), 1)
    with ThreadPoolExecutor(1) as threads:
        with writing(engine, {}) as session:
            meanwhile(session)
            counted = threads.submit(counts)
            _wait_until_one_waits(session)
        counted.result()
    with Session(engine) as session:
        kept = {row.track: row.forgotten_at for row in session.scalars(select(SignInTry))}
    account, address = on("malee")
    assert kept[account.key] == NOON + left[0] * ACCOUNT.forgets_one_in
    assert kept[address.key] == NOON + left[1] * ADDRESS.forgets_one_in


def _wait_until_one_waits(session: Session) -> None:
    blocked = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    end = monotonic() + 30
    while not session.scalar(blocked):
        assert monotonic() < end, "nobody waits for the rows"
        sleep(0.01)
