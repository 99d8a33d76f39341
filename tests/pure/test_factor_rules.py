from __future__ import annotations

import secrets
from datetime import UTC
from datetime import datetime
from datetime import timedelta

import pytest

from portal.people.factor_rules import ALPHABET
from portal.people.factor_rules import CodesWaitError
from portal.people.factor_rules import LastFactorError
from portal.people.factor_rules import RecoveryCode
from portal.people.factor_rules import check_may_remove
from portal.people.factor_rules import read_recovery_code
from portal.people.factor_rules import recovery_codes
from portal.people.factor_rules import wait_after
from portal.roles import GUARDED
from portal.roles import Actor
from portal.roles import Role

NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)


def test_a_list_has_ten_codes_that_nobody_guesses() -> None:
    codes = recovery_codes(secrets.choice)
    assert [code.number for code in codes] == list(range(1, 11))
    assert len({code.letters for code in codes}) == 10
    # 57 bits: with the wait after five wrong ones more than enough.
    assert len(ALPHABET) ** len(codes[0].letters) > 2**57
    assert [read_recovery_code(str(code)) for code in codes] == codes


@pytest.mark.parametrize(
    "typed", ["03-ACDE-FGHJ-KMNP", "03ACDEFGHJKMNP", " 03 acde fghj kmnp ", "03-acdefghjkmnp"]
)
def test_a_code_is_read_as_people_write_it(typed: str) -> None:
    assert read_recovery_code(typed) == RecoveryCode(3, "ACDEFGHJKMNP")


@pytest.mark.parametrize("typed", ["", "123456", "03-ACDE-FGHJ", "03-ACDE-FGHJ-KMNB", "x"])
def test_what_is_no_code_has_no_number(typed: str) -> None:
    assert read_recovery_code(typed).number == 0


def test_codes_wait_longer_each_time_and_an_hour_at_most() -> None:
    minutes = [wait_after(wrong) // timedelta(minutes=1) for wrong in range(12)]
    assert minutes == [0, 0, 0, 0, 0, 5, 10, 20, 40, 60, 60, 60]
    assert wait_after(10**9) == timedelta(hours=1)


@pytest.mark.parametrize(("seconds", "minutes"), [(1, 1), (60, 1), (61, 2), (300, 5)])
def test_the_wait_is_told_in_whole_minutes(seconds: int, minutes: int) -> None:
    error = CodesWaitError(NOON + timedelta(seconds=seconds), at=NOON)
    assert error.facts == {"minutes": minutes}


def test_the_last_factor_stays_where_one_is_needed() -> None:
    check_may_remove(left=1, must_keep_one=True)
    check_may_remove(left=0, must_keep_one=False)
    with pytest.raises(LastFactorError):
        check_may_remove(left=0, must_keep_one=True)


def test_who_decides_pays_or_gives_roles_is_guarded() -> None:
    free = {Role.FINDER, Role.OFFICER, Role.AUDITOR, Role.SYSTEM}
    assert set(Role) - GUARDED == free
    for role in Role:
        assert Actor(1, frozenset({role})).is_guarded == (role not in free)
    assert Actor(1, frozenset(free | {Role.CHAIR})).is_guarded
