from __future__ import annotations

from datetime import timedelta

import pytest

from portal.people.try_rules import ACCOUNT
from portal.people.try_rules import ADDRESS
from portal.people.try_rules import DEVICE
from portal.people.try_rules import Pace
from portal.people.try_rules import tracks
from tests.world import NOON

KEY = b"a key of the tests"
DAY = timedelta(days=1)


@pytest.mark.parametrize(("pace", "most"), [(ACCOUNT, 101), (DEVICE, 298), (ADDRESS, 4_370)])
def test_guessing_goes_at_its_pace_and_never_stops_for_good(pace: Pace, most: int) -> None:
    forgotten_at, tried, at = NOON, 0, NOON
    while at < NOON + DAY:
        forgotten_at = pace.after_failure(forgotten_at, at=at)
        tried += 1
        at = max(at, pace.waits_until(forgotten_at))
        assert at <= NOON + DAY + pace.forgets_one_in
    assert tried == pytest.approx(most, abs=1)


@pytest.mark.parametrize("pace", [ACCOUNT, DEVICE, ADDRESS])
def test_the_first_failures_cost_nothing_and_the_next_one_waits(pace: Pace) -> None:
    forgotten_at = NOON
    for _ in range(pace.free):
        assert pace.waits_until(forgotten_at) <= NOON
        forgotten_at = pace.after_failure(forgotten_at, at=NOON)
    assert pace.waits_until(forgotten_at) == NOON + pace.forgets_one_in


def test_what_is_forgotten_is_free_again() -> None:
    later = NOON + DAY
    assert ACCOUNT.after_failure(NOON, at=later) == later + ACCOUNT.forgets_one_in


def test_a_stranger_and_a_known_device_leave_different_tracks() -> None:
    strange = tracks(KEY, "malee", address="192.0.2.1", device=None)
    known = tracks(KEY, "malee", address="192.0.2.1", device="mark")
    assert [track.pace for track in strange] == [ACCOUNT, ADDRESS]
    assert [track.pace for track in known] == [DEVICE]
    assert not {track.key for track in strange} & {track.key for track in known}
    assert [track.is_shared for track in strange] == [False, True]


def test_tracks_differ_by_whose_they_are_and_tell_it_to_nobody() -> None:
    def keys(username: str, address: str, key: bytes = KEY) -> list[str]:
        return [track.key for track in tracks(key, username, address=address, device=None)]

    account, address = keys("malee", "192.0.2.1")
    assert keys("malee", "192.0.2.2")[0] == account
    assert keys("anong", "192.0.2.1")[1] == address
    assert keys("anong", "192.0.2.1")[0] != account
    assert keys("malee", "192.0.2.2")[1] != address
    assert not {account, address} & set(keys("malee", "192.0.2.1", b"another key"))
    assert len(account) == len(address) == 64
