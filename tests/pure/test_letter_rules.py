from __future__ import annotations

from datetime import UTC
from datetime import date
from datetime import datetime
from datetime import timedelta

import pytest

from portal.letters.rules import ATTEMPTS_MAX
from portal.letters.rules import OF_ACTS
from portal.letters.rules import SENT_WITHIN
from portal.letters.rules import About
from portal.letters.rules import Kind
from portal.letters.rules import NewLetter
from portal.letters.rules import NotFailedError
from portal.letters.rules import NotThePostmasterError
from portal.letters.rules import Stage
from portal.letters.rules import check_may_retry
from portal.letters.rules import first_try
from portal.letters.rules import next_try
from portal.letters.rules import read_abouts
from portal.letters.rules import stage
from portal.letters.rules import write_abouts
from portal.roles import Actor
from portal.roles import Role

NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
ABOUT = About(7, "RYG-2570-000007", "01a20d8b-74e1-7690-93f3-2a3d25543fa0")


def test_letters_of_acts_wait_for_others_and_those_of_the_clock_do_not() -> None:
    assert {kind for kind in Kind if first_try(kind, NOON) > NOON} == OF_ACTS
    assert {kind for kind in Kind if first_try(kind, NOON) == NOON} == {
        Kind.DUE,
        Kind.LATE,
        Kind.ESCALATED,
        Kind.DIGEST,
        Kind.RECEIPT_DUE,
        Kind.RECEIPT_LATE,
        Kind.RECEIPT_ESCALATED,
    }


def test_trying_again_takes_longer_each_time_and_ends() -> None:
    tries = [next_try(attempts, NOON) for attempts in range(1, ATTEMPTS_MAX + 1)]
    assert tries[-1] is None
    minutes = [(moment - NOON) // timedelta(minutes=1) for moment in tries if moment]
    assert minutes == [1, 3, 9, 27, 81, 243, 729]
    # The last attempt lies well before a letter is too old to be sent.
    assert timedelta(minutes=sum(minutes)) < SENT_WITHIN / 2


@pytest.mark.parametrize(
    ("sent", "failed", "age", "goes_out", "expected"),
    [
        (True, False, 0, True, Stage.MAILED),
        (True, False, 9, False, Stage.MAILED),
        (False, True, 0, True, Stage.FAILED),
        (False, False, 0, True, Stage.WAITING),
        (False, False, 3, True, Stage.KEPT),
        (False, False, 0, False, Stage.KEPT),
    ],
)
def test_how_far_a_letter_came(
    *, sent: bool, failed: bool, age: int, goes_out: bool, expected: Stage
) -> None:
    found = stage(
        sent_at=NOON if sent else None,
        failed_at=NOON if failed else None,
        due_at=NOON - timedelta(days=age),
        goes_out=goes_out,
        at=NOON,
    )
    assert found is expected


def test_what_a_letter_is_about_is_kept_as_it_was() -> None:
    abouts = [
        ABOUT,
        About(8, "RYG-2570-000008", due="2026-11-25", kind=Kind.TO_PAY),
        About(9, "RYG-2570-000009"),
    ]
    kept = write_abouts(abouts)
    assert read_abouts(kept) == abouts
    assert "null" not in kept
    assert [about.due_on for about in abouts] == [None, date(2026, 11, 25), None]
    assert [about.entry for about in abouts] == [ABOUT.eid, "", ""]


def test_the_same_letter_has_the_same_key_and_no_other_has() -> None:
    one = NewLetter(3, Kind.DUE, "2026-11-25", [ABOUT])
    assert one.key == NewLetter(3, Kind.DUE, "2026-11-25", []).key
    others = (
        NewLetter(4, Kind.DUE, "2026-11-25", [ABOUT]),
        NewLetter(3, Kind.LATE, "2026-11-25", [ABOUT]),
        NewLetter(3, Kind.DUE, "2026-11-26", [ABOUT]),
    )
    assert len({one.key, *(other.key for other in others)}) == 4
    assert one.reference == "RYG-2570-000007"
    assert NewLetter(3, Kind.DUE, "2026-11-25", [ABOUT, ABOUT]).reference is None


def test_only_an_administrator_retries_and_only_what_failed() -> None:
    administrator = Actor(1, frozenset({Role.ADMINISTRATOR}))
    check_may_retry(administrator, is_failed=True)
    with pytest.raises(NotFailedError):
        check_may_retry(administrator, is_failed=False)
    for role in set(Role) - {Role.ADMINISTRATOR}:
        with pytest.raises(NotThePostmasterError):
            check_may_retry(Actor(1, frozenset({role})), is_failed=True)
