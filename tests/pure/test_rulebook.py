from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import replace
from datetime import date
from datetime import timedelta

import pytest

from portal.funds.rule_acts import CHANGED
from portal.funds.rule_checks import DayPastError
from portal.funds.rule_checks import InUseError
from portal.funds.rule_checks import LastOneError
from portal.funds.rule_checks import LaterChangeError
from portal.funds.rule_checks import NobodyLooksAfterError
from portal.funds.rule_checks import NoSignerError
from portal.funds.rule_checks import NoWorkingDaysError
from portal.funds.rule_checks import RetiredError
from portal.funds.rule_checks import SameLimitError
from portal.funds.rule_checks import SignaturesError
from portal.funds.rule_checks import StaleRuleError
from portal.funds.rule_checks import UnknownCodeError
from portal.funds.rule_checks import UsualOverCeilingError
from portal.funds.rule_checks import check_facts
from portal.funds.rule_checks import check_follows
from portal.funds.rule_checks import check_limits
from portal.funds.rule_checks import check_not_needed
from portal.funds.rule_checks import check_working_days
from portal.funds.rulebook import CategoryFacts
from portal.funds.rulebook import Facts
from portal.funds.rulebook import FundFacts
from portal.funds.rulebook import Paper
from portal.funds.rulebook import PurposeFacts
from portal.funds.rulebook import Rule
from portal.funds.rulebook import RuleKind
from portal.funds.rulebook import SubcommitteeFacts
from portal.funds.rulebook import before
from portal.funds.rulebook import fact_changes
from portal.funds.rulebook import facts_digest
from portal.funds.rulebook import public_facts
from portal.funds.rulebook import read_facts
from portal.funds.rules import NotPositiveError
from portal.funds.rules import Threshold
from portal.money import Money
from portal.roles import Role

TODAY = date(2026, 11, 20)
DAY = timedelta(days=1)
LIVING = CategoryFacts(
    name_th="ค่าครองชีพ",
    name_en="Living",
    unit_th="เดือน",
    unit_en="month",
    ceiling_satang=600_000,
    usual_satang=(150_000, 300_000),
    serves="youth",
    papers=(Paper("สำเนาบัตร", "Copy of the card"),),
    is_urgent=False,
    purpose_code="STAY",
    subcommittees=("SC1", "SC5"),
)
EVERY: dict[RuleKind, Facts] = {
    RuleKind.SUBCOMMITTEE: SubcommitteeFacts("คณะ ๑", "One", "๑"),
    RuleKind.CATEGORY: LIVING,
    RuleKind.PURPOSE: PurposeFacts("อยู่ต่อ", "Stay"),
    RuleKind.FUND: FundFacts("ทั่วไป", "General", is_restricted=False),
}
KNOWN = [
    (RuleKind.SUBCOMMITTEE, "SC1"),
    (RuleKind.SUBCOMMITTEE, "SC5"),
    (RuleKind.PURPOSE, "STAY"),
]


def rule(
    kind: RuleKind, code: str, *, since: date = TODAY, is_retired: bool = False, version: int = 7
) -> Rule:
    return Rule(kind, code, EVERY[kind], since, is_retired, version)


@pytest.mark.parametrize("kind", RuleKind)
def test_facts_come_back_from_what_is_kept(kind: RuleKind) -> None:
    kept = json.loads(json.dumps(asdict(EVERY[kind])))
    assert read_facts(kind, kept) == EVERY[kind]


@pytest.mark.parametrize("kind", RuleKind)
def test_the_log_tells_each_public_fact_before_and_after(kind: RuleKind) -> None:
    told = public_facts(EVERY[kind])
    extra = {"digest"} if kind is RuleKind.CATEGORY else set()
    expected = {"code", "valid_from", *told, *map(before, told), *extra}
    assert CHANGED[kind].public.keys() == expected


def test_the_unit_of_an_amount_stands_last() -> None:
    assert before("ceiling_satang") == "ceiling_before_satang"
    assert before("urgent") == "urgent_before"


def test_the_digest_holds_what_the_log_does_not_spell_out() -> None:
    for other in (
        replace(LIVING, usual_satang=()),
        replace(LIVING, papers=()),
        replace(LIVING, purpose_code="GO"),
    ):
        assert public_facts(other) == public_facts(LIVING)
        assert facts_digest(other) != facts_digest(LIVING)


def test_what_changes_is_told_by_name() -> None:
    (change,) = fact_changes(LIVING, replace(LIVING, ceiling_satang=700_000))
    assert (change.name, change.before, change.after) == ("ceiling_satang", 600_000, 700_000)
    assert fact_changes(LIVING, LIVING) == []
    assert [one.before for one in fact_changes(None, EVERY[RuleKind.FUND])] == [None] * 3


def test_a_change_follows_what_was_seen_from_today_on() -> None:
    newest = rule(RuleKind.FUND, "GEN", since=TODAY)
    for valid_from in (TODAY, TODAY + DAY):
        check_follows(newest, valid_from=valid_from, seen_version=7, today=TODAY)
    with pytest.raises(StaleRuleError):
        check_follows(newest, valid_from=TODAY, seen_version=6, today=TODAY)
    with pytest.raises(DayPastError):
        check_follows(newest, valid_from=TODAY - DAY, seen_version=7, today=TODAY)
    later = rule(RuleKind.FUND, "GEN", since=TODAY + 2 * DAY)
    with pytest.raises(LaterChangeError):
        check_follows(later, valid_from=TODAY + DAY, seen_version=7, today=TODAY)
    ended = rule(RuleKind.FUND, "GEN", is_retired=True)
    with pytest.raises(RetiredError):
        check_follows(ended, valid_from=TODAY, seen_version=7, today=TODAY)


def test_facts_that_make_sense_are_taken() -> None:
    for facts in EVERY.values():
        check_facts(facts, known=KNOWN)


@pytest.mark.parametrize(
    ("facts", "error"),
    [
        (replace(LIVING, ceiling_satang=0), NotPositiveError),
        (replace(LIVING, ceiling_satang=-1), NotPositiveError),
        (replace(LIVING, usual_satang=(0,)), NotPositiveError),
        (replace(LIVING, usual_satang=(600_001,)), UsualOverCeilingError),
        (replace(LIVING, subcommittees=()), NobodyLooksAfterError),
        (replace(LIVING, subcommittees=("SC1", "SC9")), UnknownCodeError),
        (replace(LIVING, purpose_code="NONE"), UnknownCodeError),
    ],
)
def test_facts_that_make_none_are_refused(facts: CategoryFacts, error: type[Exception]) -> None:
    with pytest.raises(error):
        check_facts(facts, known=KNOWN)


def test_what_others_lean_on_does_not_end() -> None:
    funds = [rule(RuleKind.FUND, "GEN"), rule(RuleKind.FUND, "EEF")]
    check_not_needed(funds[0], funds)
    with pytest.raises(LastOneError):
        check_not_needed(funds[0], [funds[0], rule(RuleKind.FUND, "EEF", is_retired=True)])
    category = rule(RuleKind.CATEGORY, "LIVING")
    alone = replace(category, facts=replace(LIVING, subcommittees=("SC5",)))
    purposes = [rule(RuleKind.PURPOSE, "STAY"), rule(RuleKind.PURPOSE, "GO")]
    subcommittees = [rule(RuleKind.SUBCOMMITTEE, code) for code in ("SC5", "SC1")]
    with pytest.raises(InUseError, match="LIVING need STAY"):
        check_not_needed(purposes[0], [*purposes, category])
    check_not_needed(purposes[1], [*purposes, category])
    check_not_needed(subcommittees[0], [*subcommittees, category])
    with pytest.raises(InUseError, match="LIVING need SC5"):
        check_not_needed(subcommittees[0], [*subcommittees, alone])
    check_not_needed(subcommittees[0], [*subcommittees, replace(alone, is_retired=True)])


CHAIR = (Role.CHAIR,)
TWO = (Role.CHAIR, Role.BOARD)


@pytest.mark.parametrize(
    "limits",
    [
        [Threshold(Money(0), CHAIR)],
        [Threshold(Money(0), CHAIR), Threshold(Money(500), TWO)],
        [Threshold(Money(0), CHAIR, "SC1"), Threshold(Money(0), TWO, "SC5")],
        [Threshold(Money(0), CHAIR), Threshold(Money(0), TWO, None, "EEF")],
    ],
)
def test_limits_that_cover_every_amount_are_taken(limits: Sequence[Threshold]) -> None:
    check_limits(limits, subcommittees=["SC1", "SC5"], funds=["GEN", "EEF"])


@pytest.mark.parametrize(
    ("limits", "error"),
    [
        ([], NoSignerError),
        ([Threshold(Money(1), CHAIR)], NoSignerError),
        ([Threshold(Money(0), CHAIR, "SC1")], NoSignerError),
        ([Threshold(Money(0), CHAIR, None, "GEN")], NoSignerError),
        ([Threshold(Money(0), CHAIR), Threshold(Money(0), TWO)], SameLimitError),
        ([Threshold(Money(0), (Role.BOARD,))], SignaturesError),
        ([Threshold(Money(0), ())], SignaturesError),
        ([Threshold(Money(0), (Role.CHAIR, Role.BOARD, Role.BOARD))], SignaturesError),
    ],
)
def test_limits_that_leave_a_gap_are_refused(
    limits: Sequence[Threshold], error: type[Exception]
) -> None:
    with pytest.raises(error):
        check_limits(limits, subcommittees=["SC1", "SC5"], funds=["GEN", "EEF"])


def test_a_step_takes_a_day_and_not_for_ever() -> None:
    check_working_days([1, 60])
    for wrong in (0, -1, 61):
        with pytest.raises(NoWorkingDaysError):
            check_working_days([1, wrong])
