from __future__ import annotations

from itertools import product

import pytest

from portal.concerns import rules
from portal.concerns.codes import ConcernAction
from portal.concerns.codes import ConcernState
from portal.concerns.codes import ConcernTopic
from portal.concerns.codes import Desk
from portal.concerns.codes import FindingAction
from portal.concerns.codes import FindingState
from portal.concerns.rules import CONCERN_STEPS
from portal.concerns.rules import FINDING_STEPS
from portal.concerns.rules import UnknownCodeError
from portal.concerns.rules import read_code
from portal.concerns.rules import write_code
from portal.errors import PortalError
from portal.funds.rules import ActionNotAllowedError
from portal.funds.rules import RoleNeededError
from portal.roles import Actor
from portal.roles import Role

ANSWERS = {Role.OFFICER, Role.CHAIR, Role.TREASURER, Role.ADMINISTRATOR}
# Both tables written a second time on purpose: an arrow more or less in the code shows here.
FINDINGS = {
    (None, FindingAction.RAISE): ({Role.AUDITOR}, FindingState.OPEN),
    (FindingState.OPEN, FindingAction.ANSWER): (ANSWERS, FindingState.ANSWERED),
    (FindingState.ANSWERED, FindingAction.CLOSE): ({Role.AUDITOR}, FindingState.CLOSED),
    (FindingState.ANSWERED, FindingAction.REOPEN): ({Role.AUDITOR}, FindingState.OPEN),
    (FindingState.CLOSED, FindingAction.REOPEN): ({Role.AUDITOR}, FindingState.OPEN),
}
CONCERNS = {
    (ConcernState.RECEIVED, ConcernAction.TAKE_UP): ({"desk"}, ConcernState.LOOKING),
    (ConcernState.RECEIVED, ConcernAction.PASS): ({"desk"}, ConcernState.RECEIVED),
    (ConcernState.LOOKING, ConcernAction.PASS): ({"desk"}, ConcernState.RECEIVED),
    (ConcernState.LOOKING, ConcernAction.ANSWER): ({"desk"}, ConcernState.ANSWERED),
    (ConcernState.RECEIVED, ConcernAction.ADD): ({"reporter"}, ConcernState.RECEIVED),
    (ConcernState.LOOKING, ConcernAction.ADD): ({"reporter"}, ConcernState.LOOKING),
    (ConcernState.ANSWERED, ConcernAction.ADD): ({"reporter"}, ConcernState.LOOKING),
    (ConcernState.ANSWERED, ConcernAction.CLOSE): ({"reporter", "system"}, ConcernState.CLOSED),
}
HANDLERS = {Desk.OFFICERS: Role.OFFICER, Desk.AUDITORS: Role.AUDITOR, Desk.BOARD: Role.BOARD}


@pytest.mark.parametrize("state", [None, *FindingState])
@pytest.mark.parametrize("action", FindingAction)
def test_the_cube_of_findings(state: FindingState | None, action: FindingAction) -> None:
    for role in Role:
        by = Actor(1, frozenset({role}))
        arrow = FINDINGS.get((state, action))
        outcome: object
        try:
            outcome = rules.next_finding_state(state, action, by, raised_by=2, answered_by=3)
        except PortalError as error:
            outcome = type(error)
        if arrow is None:
            assert outcome is ActionNotAllowedError
        else:
            assert outcome == (arrow[1] if role in arrow[0] else RoleNeededError)


@pytest.mark.parametrize("state", ConcernState)
@pytest.mark.parametrize("action", ConcernAction)
def test_the_cube_of_concerns(state: ConcernState, action: ConcernAction) -> None:
    people = [None, *(Actor(1, frozenset({role})) for role in Role)]
    for by, desk in product(people, Desk):
        party = "reporter" if by is None else ""
        if by is not None and by.holds(Role.SYSTEM):
            party = "system"
        if by is not None and by.holds(HANDLERS[desk]):
            party = "desk"
        arrow = CONCERNS.get((state, action))
        outcome: object
        try:
            outcome = rules.next_concern_state(state, action, by, desk=desk)
        except PortalError as error:
            outcome = type(error)
        if arrow is None:
            assert outcome is ActionNotAllowedError
        elif not party:
            assert outcome is RoleNeededError
        else:
            assert outcome == (arrow[1] if party in arrow[0] else ActionNotAllowedError)


def test_the_tables_have_no_other_arrow() -> None:
    assert set(FINDING_STEPS) == set(FINDINGS)
    assert set(CONCERN_STEPS) == set(CONCERNS)


def test_what_may_be_about_an_officer_never_lies_with_one() -> None:
    for topic, is_about_house in product(ConcernTopic, (False, True)):
        is_apart = is_about_house or topic in {ConcernTopic.CHILD, ConcernTopic.STAFF}
        desk = rules.first_desk(topic, is_about_house=is_about_house)
        assert desk is (Desk.AUDITORS if is_apart else Desk.OFFICERS)
    assert Desk.OFFICERS not in rules.NEXT_DESK.values()
    assert all(rules.NEXT_DESK[desk] is not desk for desk in Desk)


def test_an_auditor_reads_both_desks_and_others_their_own() -> None:
    seen = {role: rules.desks_seen(Actor(1, frozenset({role}))) for role in Role}
    assert seen.pop(Role.AUDITOR) == {Desk.AUDITORS, Desk.OFFICERS}
    assert seen.pop(Role.OFFICER) == {Desk.OFFICERS}
    assert seen.pop(Role.BOARD) == {Desk.BOARD}
    assert set(seen.values()) == {frozenset()}


def test_a_code_carries_eighty_bits_and_is_read_as_it_was_written() -> None:
    assert write_code(b"\x00" * 10) == "0000-0000-0000-0000"
    assert write_code(b"\xff" * 10) == "ZZZZ-ZZZZ-ZZZZ-ZZZZ"
    one_bit = {write_code((1 << bit).to_bytes(10, "big")) for bit in range(80)}
    assert len(one_bit) == 80
    for code in one_bit:
        assert read_code(code) == read_code(f" {code.lower().replace('-', '')} ") == code
    assert read_code("ilo0-1234-5678-9abc") == "1100-1234-5678-9ABC"
    for wrong in ("", "1234", "1234-5678-9ABC-DEFU", "ก234-5678-9ABC-DEF0"):
        with pytest.raises(UnknownCodeError):
            read_code(wrong)
