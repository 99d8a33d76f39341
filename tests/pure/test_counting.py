from __future__ import annotations

from portal.publishing.counting import SUBJECTS
from portal.publishing.counting import Counted
from portal.publishing.counting import YearCounts
from portal.publishing.counting import year_counts
from portal.publishing.counting import year_of

IN_2569, IN_2570 = "2026-09-30T16:59:59Z", "2026-09-30T17:00:00Z"


def told(acts: list[Counted]) -> list[YearCounts]:
    return list(year_counts("concerns_answered", acts, closings={2569: 100}, first_month=10))


def answers(code: str, count: int, *, at: str = IN_2569, since: int = 0) -> list[Counted]:
    return [Counted(since + number, at, code) for number in range(count)]


def test_a_fiscal_year_begins_at_midnight_in_thailand() -> None:
    assert [year_of(at, first_month=10) for at in (IN_2569, IN_2570)] == [2569, 2570]
    assert year_of(IN_2570, first_month=1) == 2569


def test_a_year_that_is_not_over_is_not_told() -> None:
    (year,) = told(answers("put_right", 8) + answers("not_founded", 9, at=IN_2570, since=100))
    assert (year.year, year.total) == (2569, 8)
    assert year.title.en == "Answers to concerns, by outcome"
    assert year.labels == "concern_outcome"


def test_small_numbers_are_hidden_with_their_neighbours() -> None:
    acts = answers("put_right", 8) + answers("being_put_right", 6) + answers("referred", 5)
    (year,) = told(acts)
    assert year.total == 19
    assert year.cells == {
        "put_right": 8,
        "being_put_right": 6,
        "not_founded": None,
        "referred": None,
        "cannot_check": None,
    }


def test_what_comes_late_does_not_bring_out_what_was_hidden() -> None:
    acts = answers("put_right", 4) + answers("being_put_right", 6)
    late = answers("put_right", 3, since=101) + answers("not_founded", 9, since=110)
    assert told(acts)[0].cells["put_right"] is None
    (year,) = told(acts + late)
    assert year.total == 22
    assert year.cells["put_right"] is None
    # It was nought when the year was over, and so was small.
    assert year.cells["not_founded"] is None


def test_what_is_about_children_needs_ten() -> None:
    fewest = {name: subject.fewest for name, subject in SUBJECTS.items()}
    assert {name for name, limit in fewest.items() if limit == 10} == {
        "referrals_declined",
        "follow_ups",
        "concerns_received",
    }
    assert set(fewest.values()) == {5, 10}
