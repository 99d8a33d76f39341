from __future__ import annotations

from itertools import product

import pytest

from portal.funds.attachments import FILE_NAME_LENGTH_MAX
from portal.funds.attachments import PapersClosedError
from portal.funds.attachments import attaching_role
from portal.funds.attachments import removing_role
from portal.funds.attachments import tidy_name
from portal.funds.rules import Duty
from portal.funds.rules import RoleNeededError
from portal.funds.rules import SamePersonError
from portal.funds.rules import State
from portal.roles import Actor
from portal.roles import Role

ME, SOMEBODY = 1, 2
EARLY = {State.DRAFT, State.RETURNED}


def somebody(*roles: Role) -> Actor:
    return Actor(ME, frozenset(roles), frozenset({"SC5"}))


def attached_as(state: State, by: Actor, requester_id: int) -> Role:
    return attaching_role(state, by, requester_id=requester_id, duties={})


def removed_as(state: State, by: Actor, requester_id: int) -> Role:
    return removing_role(state, by, requester_id=requester_id, duties={})


@pytest.mark.parametrize(
    ("state", "role", "requester_id"), list(product(State, Role, (ME, SOMEBODY)))
)
def test_who_attaches_and_takes_off_and_until_when(
    state: State, role: Role, requester_id: int
) -> None:
    by = somebody(role)
    is_officer, is_own = role is Role.OFFICER, role is Role.FINDER and requester_id == ME
    if state in EARLY and (is_officer or is_own):
        assert attached_as(state, by, requester_id) is role
        assert removed_as(state, by, requester_id) is role
        return
    if state is State.SUBMITTED and is_officer:
        assert attached_as(state, by, requester_id) is role
    else:
        with pytest.raises(
            RoleNeededError if state in {*EARLY, State.SUBMITTED} else PapersClosedError
        ):
            attached_as(state, by, requester_id)
    with pytest.raises(RoleNeededError if state in EARLY else PapersClosedError):
        removed_as(state, by, requester_id)


@pytest.mark.parametrize("duty", [Duty.DECIDE, Duty.PAY])
def test_who_decided_or_paid_does_not_attach(duty: Duty) -> None:
    for rule in (attaching_role, removing_role):
        with pytest.raises(SamePersonError):
            rule(
                State.RETURNED,
                somebody(Role.OFFICER, Role.CHAIR),
                requester_id=ME,
                duties={ME: duty},
            )


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("x.jpg", "x.jpg"),
        ("../../etc/passwd.jpg", "passwd.jpg"),
        ("C:\\Users\\Malee\\id card.PDF", "id card.PDF"),
        ("..", "-"),
        ("", "-"),
        ("a/", "-"),
        (".htaccess", "htaccess"),
        ("\u202egpj.exe", "gpj.exe"),
        ("a\r\nSet-Cookie: x\0.jpg", "aSet-Cookie: x.jpg"),
        ("สมุดบัญชี หน้าแรก.jpg", "สมุดบัญชี หน้าแรก.jpg"),
        ("no ending", "no ending"),
    ],
)
def test_a_file_keeps_its_name_and_nothing_else(given: str, kept: str) -> None:
    assert tidy_name(given) == kept


@pytest.mark.parametrize(
    "given", ["ก" * 300 + ".jpg", "x" * 300, "." + "x" * 300, "x." + "y" * 300]
)
def test_a_long_name_is_cut_and_keeps_its_ending(given: str) -> None:
    kept = tidy_name(given)
    assert len(kept) <= FILE_NAME_LENGTH_MAX
    assert kept
    assert not given.endswith(".jpg") or kept.endswith("ก.jpg")
