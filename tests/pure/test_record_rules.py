"""Ages, who agrees, who reads, what is missing: each table whole."""

from __future__ import annotations

import json
from datetime import date

import pytest

from portal.roles import Actor
from portal.roles import Role
from portal.youths import acts
from portal.youths.refusals import OfficerNeededError
from portal.youths.refusals import PowerPaperNeededError
from portal.youths.refusals import WrongSignersError
from portal.youths.rules import SUFFICES
from portal.youths.rules import Activity
from portal.youths.rules import Capacity
from portal.youths.rules import Gap
from portal.youths.rules import Relation
from portal.youths.rules import Signers
from portal.youths.rules import age
from portal.youths.rules import age_band
from portal.youths.rules import capacity
from portal.youths.rules import check_may_change
from portal.youths.rules import check_signers
from portal.youths.rules import gaps
from portal.youths.rules import is_neet
from portal.youths.rules import may_read
from portal.youths.situations import DISADVANTAGES
from portal.youths.situations import PATHWAYS
from portal.youths.situations import in_order

BORN = date(2009, 3, 13)
MOTHER = Signers(person_signed=False, guardian="แม่", relation=Relation.MOTHER)


@pytest.mark.parametrize(
    ("day", "years"),
    [
        (date(2009, 3, 13), 0),
        (date(2020, 3, 12), 10),
        (date(2020, 3, 13), 11),
        (date(2029, 3, 12), 19),
        (date(2029, 3, 13), 20),
    ],
)
def test_an_age_is_in_whole_years(day: date, years: int) -> None:
    assert age(BORN, day) == years


def test_every_age_has_its_band() -> None:
    bands = [age_band(years).value for years in (0, 2, 3, 5, 6, 14, 15, 24, 25, 59, 60, 101)]
    assert bands == [
        *("0-2", "0-2", "3-5", "3-5", "6-14", "6-14", "15-24", "15-24", "25-59", "25-59"),
        *("60+", "60+"),
    ]


def test_neet_is_15_to_24_and_in_nothing() -> None:
    found = [(y, a) for y in range(12, 30) for a in Activity if is_neet(y, a)]
    assert found == [(years, Activity.NOTHING) for years in range(15, 25)]


def test_who_agrees_turns_at_11_and_at_20() -> None:
    on = {years: capacity(BORN, date(2009 + years, 3, 13)) for years in (0, 10, 11, 19, 20, 70)}
    assert list(on.values()) == [
        *(Capacity.GUARDIAN, Capacity.GUARDIAN, Capacity.BOTH, Capacity.BOTH),
        *(Capacity.SELF, Capacity.SELF),
    ]
    assert capacity(BORN, date(2020, 3, 12)) is Capacity.GUARDIAN
    assert capacity(BORN, date(2029, 3, 12)) is Capacity.BOTH


def test_a_consent_of_both_is_enough_for_a_child_and_nothing_else_for_another_age() -> None:
    enough = {(needed, given) for needed in Capacity for given in SUFFICES[needed]}
    assert enough == {(one, one) for one in Capacity} | {(Capacity.GUARDIAN, Capacity.BOTH)}


@pytest.mark.parametrize(
    ("years", "signers", "is_enough"),
    [
        (8, MOTHER, True),
        (8, Signers(person_signed=True), False),
        (8, Signers(person_signed=False, guardian="แม่"), False),
        (15, MOTHER, False),
        (15, Signers(person_signed=True), False),
        (15, Signers(person_signed=True, guardian="พ่อ", relation=Relation.FATHER), True),
        (20, MOTHER, False),
        (20, Signers(person_signed=True), True),
    ],
)
def test_the_right_people_sign(years: int, signers: Signers, *, is_enough: bool) -> None:
    day = date(2009 + years, 6, 1)
    if is_enough:
        assert check_signers(signers, BORN, day) is capacity(BORN, day)
        return
    with pytest.raises(WrongSignersError):
        check_signers(signers, BORN, day)


@pytest.mark.parametrize("relation", list(Relation))
def test_only_father_and_mother_need_no_paper(relation: Relation) -> None:
    day = date(2015, 6, 1)
    with_paper = Signers(
        person_signed=False, guardian="ยาย", relation=relation, power_paper="คำสั่งศาล 1/2570"
    )
    assert check_signers(with_paper, BORN, day) is Capacity.GUARDIAN
    without = Signers(person_signed=False, guardian="ยาย", relation=relation)
    if relation in {Relation.FATHER, Relation.MOTHER}:
        assert check_signers(without, BORN, day) is Capacity.GUARDIAN
        return
    with pytest.raises(PowerPaperNeededError):
        check_signers(without, BORN, day)


@pytest.mark.parametrize("role", list(Role))
def test_who_reads_and_who_changes(role: Role) -> None:
    by = Actor(7, frozenset({role}))
    reads_all = role in {Role.OFFICER, Role.AUDITOR}
    assert may_read(8, by) is reads_all
    assert may_read(None, by) is reads_all
    assert may_read(7, by) is (reads_all or role is Role.FINDER)
    if role is Role.OFFICER:
        check_may_change(by)
        return
    with pytest.raises(OfficerNeededError):
        check_may_change(by)


def test_what_is_missing_is_told_in_one_order() -> None:
    assert gaps(dict.fromkeys(Gap, True)) == []
    assert gaps(dict.fromkeys(Gap, False)) == list(Gap)
    assert gaps({Gap.PATHWAY: False}) == [Gap.PATHWAY]


def test_the_lists_are_whole() -> None:
    assert (len(DISADVANTAGES), len(PATHWAYS)) == (16, 10)
    sensitive = {code for code, situation in DISADVANTAGES.items() if situation.is_sensitive}
    assert sensitive == {
        *("DISABILITY", "LD", "HEALTH", "PREGNANT", "JUSTICE", "STATELESS", "ETHNIC", "ADDICTION"),
    }
    names = [*(one.name for one in DISADVANTAGES.values()), *PATHWAYS.values()]
    assert all(name.th and name.en for name in names)
    # They fit the columns.
    assert len(",".join(DISADVANTAGES)) <= 200
    assert max(map(len, PATHWAYS)) <= 12


def test_codes_are_kept_in_the_order_of_the_list_and_only_known_ones() -> None:
    assert in_order(["HEALTH", "POOR", "POOR"]) == ("POOR", "HEALTH")
    with pytest.raises(ValueError, match="no such category"):
        in_order(["POOR", "RICH"])


def test_no_entry_about_a_record_tells_anything_in_the_open() -> None:
    for entry_type in acts.ALL:
        assert (entry_type.public, len(entry_type.private)) == ({}, 1)
        assert json.dumps(entry_type.describe())
