from __future__ import annotations

from datetime import timedelta

import pytest

from portal.errors import N_
from portal.errors import RuleError
from portal.jobs import rules
from portal.jobs.rules import AdministratorNeededError
from portal.jobs.rules import Asking
from portal.jobs.rules import JobAction
from portal.jobs.rules import JobNotAllowedError
from portal.jobs.rules import JobState
from portal.roles import Actor
from portal.roles import Role

ANONG = Actor(5, frozenset({Role.TREASURER}), name="อนงค์", username="anong")
PRASIT = Actor(6, frozenset({Role.TREASURER}), name="ประสิทธิ์", username="prasit")


class TroubleError(RuleError):
    def __init__(self, *, held: int) -> None:
        super().__init__(N_("There are {held}."), held=held)


@pytest.mark.parametrize("action", JobAction)
@pytest.mark.parametrize("state", JobState)
def test_a_job_goes_one_way_only(state: JobState, action: JobAction) -> None:
    leads_to = {
        ("waiting", "claim"): "working",
        ("working", "claim"): "working",
        ("working", "finish"): "done",
        ("working", "fail"): "waiting",
        ("working", "put_back"): "waiting",
        ("working", "bury"): "dead",
        ("dead", "retry"): "waiting",
    }.get((state, action))
    if leads_to is None:
        with pytest.raises(JobNotAllowedError):
            rules.next_state(state, action)
    else:
        assert rules.next_state(state, action) == leads_to


def test_what_fails_waits_longer_each_time_until_nobody_tries_it_again() -> None:
    told = [rules.after_failure(attempts) for attempts in range(1, 6)]
    assert told == [*[JobAction.FAIL] * 4, JobAction.BURY]
    assert [rules.waits(attempts) for attempts in range(1, 5)] == [
        timedelta(seconds=seconds) for seconds in (30, 60, 120, 240)
    ]
    # Several beats may be missed before a job is another's.
    assert timedelta(seconds=3 * rules.BEAT_SECONDS) < rules.LEASE


def test_the_same_asked_by_the_same_person_is_one_job() -> None:
    asking = Asking("paper", {"paper": "voucher", "about": "1"}, "a hash")
    same = Asking("paper", {"about": "1", "paper": "voucher"}, "a hash")
    others = (
        Asking("other", dict(asking.asked), "a hash"),
        Asking("paper", {"paper": "voucher", "about": "2"}, "a hash"),
        Asking("paper", dict(asking.asked), "another hash"),
    )
    assert asking.digest(ANONG) == same.digest(ANONG)
    digests = {asking.digest(PRASIT), *(other.digest(ANONG) for other in others)}
    assert len(digests | {asking.digest(ANONG)}) == 5


def test_a_trouble_is_kept_as_a_sentence_with_its_facts() -> None:
    trouble = rules.read_trouble(rules.write_trouble(TroubleError(held=3)))
    assert trouble is not None
    assert (trouble.sentence, trouble.facts) == ("There are {held}.", {"held": "3"})
    assert rules.read_trouble("") is None


@pytest.mark.parametrize("role", Role)
def test_failed_jobs_are_the_administrators(role: Role) -> None:
    by = Actor(7, frozenset({role}), name="", username="")
    if role is Role.ADMINISTRATOR:
        rules.check_administrator(by)
    else:
        with pytest.raises(AdministratorNeededError):
            rules.check_administrator(by)
