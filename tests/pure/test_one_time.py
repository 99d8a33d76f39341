from __future__ import annotations

from datetime import UTC
from datetime import datetime
from datetime import timedelta

import pytest

from portal.one_time import address
from portal.one_time import code_at
from portal.one_time import matching_step
from portal.one_time import new_secret
from portal.one_time import step_at

NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
# RFC 6238, appendix B: the secret "12345678901234567890", the last six of its eight digits.
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # noqa: S105 - the standard's own


@pytest.mark.parametrize(
    ("second", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_the_codes_are_those_of_the_standard(second: int, code: str) -> None:
    assert code_at(SECRET, second // 30) == code
    at = datetime.fromtimestamp(second, UTC)
    assert matching_step(SECRET, code, at=at) == second // 30


@pytest.mark.parametrize(("steps", "is_taken"), [(-2, 0), (-1, 1), (0, 1), (1, 1), (2, 0)])
def test_a_clock_may_be_one_step_off(steps: int, is_taken: int) -> None:
    step = step_at(NOON) + steps
    assert matching_step(SECRET, code_at(SECRET, step), at=NOON) == step * is_taken


@pytest.mark.parametrize("typed", ["", "000000", "28708", "๑๒๓๔๕๖", "287082 "])
def test_another_code_is_none(typed: str) -> None:
    assert matching_step(SECRET, typed, at=NOON) == 0


def test_secrets_are_long_and_never_the_same() -> None:
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert {len(secret) for secret in made} == {32}


def test_an_app_reads_whose_it_is() -> None:
    told = address(SECRET, username="anong", issuer="portal.example.org")
    assert told == (
        f"otpauth://totp/portal.example.org:anong?secret={SECRET}&issuer=portal.example.org"
    )


def test_a_step_is_half_a_minute() -> None:
    assert step_at(NOON + timedelta(seconds=30)) == step_at(NOON) + 1
