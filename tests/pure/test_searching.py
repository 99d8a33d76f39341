from __future__ import annotations

from dataclasses import replace

import pytest

from portal.publishing.grouping import group_of
from portal.publishing.grouping import keys_of
from portal.publishing.searching import TERMS_MAX
from portal.publishing.searching import Band
from portal.publishing.searching import Facet
from portal.publishing.searching import Meaning
from portal.publishing.searching import Order
from portal.publishing.searching import Search
from portal.publishing.searching import amount_of
from portal.publishing.searching import band
from portal.publishing.searching import meaning
from portal.publishing.searching import number_of
from portal.publishing.shelf import Case
from portal.publishing.shelf import Status
from portal.publishing.waits import Wait
from portal.publishing.waits import waits_of

NOON = "2026-11-20T05:00:00Z"
CASE = Case(
    "RYG-2570-000012",
    "youth",
    "GEN",
    "SC5",
    "LIVING",
    "STAY",
    2570,
    None,
    Status.SUBMITTED,
    150_000,
    NOON,
    NOON,
    last_index=77,
)
WORDS = {
    ("category", "LIVING"): "living ค่าครองชีพ living support",
    ("fund", "TENBAHT"): "tenbaht 10 บาท",
    ("year", "2570"): "2570",
}


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("ครองชีพ", Meaning({"category": frozenset({"LIVING"})})),
        ("10", Meaning({"fund": frozenset({"TENBAHT"})})),
        ("บาท", Meaning({"fund": frozenset({"TENBAHT"})})),
        ("2570", Meaning({"year": frozenset({"2570"})})),
        ("70", Meaning({}, 70)),
        ("000012", Meaning({}, 12)),
        ("ryg-2570-000012", Meaning({}, 12, 2570)),
        ("2570-12", Meaning({}, 12, 2570)),
        ("x", Meaning({})),
        ("999999999", Meaning({})),
    ],
)
def test_a_word_means_what_has_it_in_its_name(term: str, expected: Meaning) -> None:
    assert meaning(term, WORDS) == expected


def test_words_are_told_apart_by_blanks_and_written_small() -> None:
    assert Search("  Living  ๑๒ living ").terms == ("living", "12")
    assert len(Search(" ".join(map(str, range(50)))).terms) == TERMS_MAX


@pytest.mark.parametrize(
    ("satang", "expected"),
    [
        (1, Band.TO_1000),
        (100_000, Band.TO_1000),
        (100_001, Band.TO_5000),
        (2_000_000, Band.TO_20000),
        (10_000_000, Band.TO_100000),
        (10_000_001, Band.ABOVE),
    ],
)
def test_an_amount_has_a_band(satang: int, expected: Band) -> None:
    assert band(satang) is expected


def test_the_address_holds_the_whole_search() -> None:
    search = Search("x", {Facet.FUND: "GEN"}, Order.LARGEST, before=5)
    assert search.address == {"q": "x", "fund": "GEN", "sort": "largest"}
    assert search.without_text == {"fund": "GEN", "sort": "largest"}
    assert search.narrow(Facet.YEAR, "2570").address["year"] == "2570"
    assert search.narrow(Facet.FUND, "PAO").narrowed == {Facet.FUND: "PAO"}
    assert search.without(Facet.FUND) == Search("x", {}, Order.LARGEST)
    assert Search().address == {}


def test_a_group_has_the_same_number_everywhere() -> None:
    group = group_of(CASE)
    assert group.ident == group_of(replace(CASE, reference="RYG-2570-000013")).ident
    assert 0 <= group.ident < 2**63
    others = (
        replace(CASE, status=Status.PAID),
        replace(CASE, paid_at=NOON),
        replace(CASE, satang=1),
        replace(CASE, place="210101", kind="project"),
    )
    assert len({group.ident, *(group_of(other).ident for other in others)}) == 5


def test_keys_order_by_act_number_and_amount() -> None:
    keys = keys_of(CASE)
    assert keys.act == 77
    assert keys.sent < keys_of(replace(CASE, reference="RYG-2570-000013")).sent
    assert keys.sent < keys_of(replace(CASE, reference="RYG-2571-000001", fiscal_year=2571)).sent
    assert amount_of(keys.amount) == 150_000
    assert keys.amount < keys_of(replace(CASE, last_index=78)).amount
    assert keys_of(replace(CASE, satang=10**15)).amount < 2**63
    assert (number_of("RYG-2570-000012"), number_of("NONE")) == (12, 0)


def test_each_step_behind_a_request_took_its_time() -> None:
    assert waits_of(CASE) == []
    decided = replace(CASE, decided_at="2026-11-21T05:00:30Z")
    assert waits_of(decided) == [Wait("SC5", "decide", 1440)]
    paid = replace(decided, paid_at="2026-11-21T06:00:30Z")
    assert [(wait.step, wait.minutes) for wait in waits_of(paid)] == [
        ("decide", 1440),
        ("pay", 60),
        ("whole", 1500),
    ]
    later = replace(decided, decided_at="2026-11-21T05:07:31Z")
    assert [wait.minutes for wait in waits_of(later)] == [1455]
