from __future__ import annotations

from datetime import UTC
from datetime import date
from datetime import datetime
from datetime import timedelta
from itertools import product

import pytest

from portal.cases import rules
from portal.cases.follow_ups import LEARNING
from portal.cases.follow_ups import NoDayError
from portal.cases.follow_ups import NoPathwayError
from portal.cases.follow_ups import NotYetError
from portal.cases.follow_ups import Outcome
from portal.cases.follow_ups import Pathway
from portal.cases.follow_ups import check_finding
from portal.cases.follow_ups import days_to_come
from portal.cases.follow_ups import usual_days
from portal.cases.rules import OPEN
from portal.cases.rules import STEPS
from portal.cases.rules import WORKERS
from portal.cases.rules import Action
from portal.cases.rules import Ends
from portal.cases.rules import NotTheReceiverError
from portal.cases.rules import NotTheSenderError
from portal.cases.rules import SentYourselfError
from portal.cases.rules import State
from portal.cases.rules import StepNotPossibleError
from portal.cases.rules import View
from portal.cases.rules import WorkerNeededError
from portal.errors import PortalError
from portal.roles import Actor
from portal.roles import Role

ME, OTHER = 1, 2
NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
# Written a second time on purpose: an arrow more or an arrow less in the code shows here.
TABLE = {
    (State.SENT, Action.ACCEPT): State.ACCEPTED,
    (State.SENT, Action.DECLINE): State.DECLINED,
    (State.ACCEPTED, Action.FINISH): State.DONE,
    (State.SENT, Action.CANCEL): State.CANCELLED,
}


def expected(state: State, action: Action, role: Role, ends: Ends) -> State | type[PortalError]:
    if (state, action) not in TABLE:
        return StepNotPossibleError
    if role not in {Role.FINDER, Role.OFFICER}:
        return WorkerNeededError
    is_mine = ends.sent_by_id == ME
    if action is Action.CANCEL:
        return TABLE[state, action] if is_mine else NotTheSenderError
    if ends.own != "DOLE":
        return NotTheReceiverError
    return SentYourselfError if is_mine else TABLE[state, action]


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("action", Action)
def test_the_cube_of_states_actions_roles_and_ends(state: State, action: Action) -> None:
    for role, sent_by, own in product(Role, (ME, OTHER), ("DOLE", "PEO", None)):
        ends, by = Ends(sent_by, "DOLE", own), Actor(ME, frozenset({role}))
        found: object
        try:
            found = rules.next_state(state, action, by, ends=ends)
        except PortalError as error:
            found = type(error)
        assert found == expected(state, action, role, ends)


def test_the_table_has_no_other_arrow() -> None:
    assert {arrow: step.to for arrow, step in STEPS.items()} == TABLE


def test_offers_say_what_is_allowed_and_why_not() -> None:
    by = Actor(ME, frozenset({Role.FINDER}))
    found = rules.offers(State.SENT, by, ends=Ends(OTHER, "DOLE", "DOLE"))
    assert [(offer.action, offer.is_allowed) for offer in found] == [
        (Action.ACCEPT, True),
        (Action.DECLINE, True),
        (Action.CANCEL, False),
    ]
    assert isinstance(found[2].refusal, NotTheSenderError)
    assert rules.offers(State.DONE, by, ends=Ends(OTHER, "DOLE", "DOLE")) == []


def test_who_sees_how_much() -> None:
    for state, role, sent_by, own, may_see in product(
        State, Role, (ME, OTHER), ("DOLE", "PEO", None), (True, False)
    ):
        ends = Ends(sent_by, "DOLE", own)
        found = rules.view(state, Actor(ME, frozenset({role})), ends=ends, may_see=may_see)
        if may_see or sent_by == ME:
            assert found is View.WHOLE
        elif own == "DOLE" and role in WORKERS:
            assert found is (View.TASK if state in OPEN else View.TRACE)
        else:
            assert found is None


def test_an_answer_is_late_after_a_day() -> None:
    day, second = timedelta(hours=24), timedelta(seconds=1)
    assert not rules.is_late(NOON, None, NOON + day)
    assert rules.is_late(NOON, None, NOON + day + second)
    assert not rules.is_late(NOON, NOON + day, NOON + 9 * day)
    assert rules.is_late(NOON, NOON + day + second, NOON + 9 * day)


def test_the_usual_days_follow_the_first_support() -> None:
    assert usual_days(date(2026, 11, 20)) == (
        date(2026, 12, 20),
        date(2027, 2, 18),
        date(2027, 5, 19),
    )


def test_only_days_to_come_are_planned() -> None:
    first, second, third = usual_days(date(2026, 11, 20))
    assert days_to_come((third, second, first, second), today=second) == (second, third)
    with pytest.raises(NoDayError):
        days_to_come((first, second), today=third)


def test_a_finding_is_of_today_or_before_and_a_pathway_of_learning() -> None:
    today = date(2026, 11, 20)
    for outcome, pathway in product(Outcome, (None, *Pathway)):
        if pathway is None or outcome in LEARNING:
            check_finding(outcome, pathway, done_on=today, today=today)
        else:
            with pytest.raises(NoPathwayError):
                check_finding(outcome, pathway, done_on=today, today=today)
    with pytest.raises(NotYetError):
        check_finding(Outcome.OTHER, None, done_on=today + timedelta(days=1), today=today)
