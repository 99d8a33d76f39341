from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from datetime import date
from datetime import datetime
from datetime import timedelta

import pytest

from portal.demo import BOOK
from portal.demo import PROVINCE
from portal.funds.attachments import PaperKind
from portal.funds.workbook import RowAnswer
from portal.id_numbers import valid_national_id
from portal.pdf_cleaning import clean
from portal.province import load_province
from portal.story.book import Case
from portal.story.book import Step
from portal.story.book import read_book
from portal.story.book import read_steps
from portal.story.days import YEAR
from portal.story.days import Days
from portal.story.filing import FROM_WORKBOOK
from portal.story.papers import draw_paper
from portal.story.requests import DEEDS
from portal.story.requests import dated
from portal.thai import bangkok_day
from portal.thai import fiscal_year
from portal.working_days import is_working_day

NOW = datetime(2026, 11, 26, 2, 30, tzinfo=UTC)
CLOSED = frozenset({date(2026, 11, 24)})
DAYS = Days(NOW, CLOSED)
BOOK_READ = read_book(BOOK)
PROVINCE_READ = load_province(PROVINCE)


def test_steps_are_read_with_their_codes_and_days() -> None:
    assert read_steps("return:papers+2 amend approve+0") == (
        Step("return", "papers", 2),
        Step("amend", "", 1),
        Step("approve", "", 0),
    )
    assert read_steps("") == ()


def test_paying_is_three_steps_and_a_receipt() -> None:
    found = [(step.verb, step.days) for step in read_steps("pay+2")]
    assert found == [("prepare", 2), ("release", 0), ("transfer", 0), ("receipt", 7)]


def test_what_is_no_step_is_a_mistake_of_the_book() -> None:
    with pytest.raises(ValueError, match="not a step: 'Pay!'"):
        read_steps("send Pay!")


def test_a_request_is_sent_unless_it_stays_a_draft() -> None:
    case = Case(day=1, whom="P01", what="SC5/LIVING", baht=1, by="malee", then="sign")
    assert [step.verb for step in case.steps] == ["send", "sign"]
    assert [step.verb for step in replace(case, is_draft=True).steps] == ["sign"]


@pytest.mark.parametrize("back", range(0, 400, 13))
def test_a_day_of_the_story_is_a_working_day_within_it(back: int) -> None:
    days = Days(NOW - timedelta(days=back), CLOSED)
    for day in range(YEAR):
        found = days.on(day, pace=day)
        assert is_working_day(bangkok_day(found), CLOSED)
        assert bangkok_day(found) <= days.begins_on + timedelta(days=day)


def test_a_day_that_is_closed_is_the_working_day_before() -> None:
    assert bangkok_day(DAYS.on(363)) == date(2026, 11, 23)


def test_a_week_begins_on_its_monday() -> None:
    for day in range(7, 21):
        monday = DAYS.begins_on + timedelta(days=DAYS.monday(day))
        assert monday.weekday() == 0
        assert 0 <= day - DAYS.monday(day) < 7


def test_the_next_step_is_a_little_or_some_working_days_later() -> None:
    moment = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
    assert DAYS.after(moment, 0) == moment + timedelta(minutes=25)
    assert bangkok_day(DAYS.after(moment, 2)) == date(2026, 11, 25)
    assert DAYS.after(moment, 2, pace=1) != DAYS.after(moment, 2, pace=2)


def test_a_year_falls_in_at_most_two_fiscal_years() -> None:
    for back in range(400):
        days = Days(NOW - timedelta(days=back), CLOSED)
        years = fiscal_year(bangkok_day(days.ends_at)) - fiscal_year(days.begins_on)
        assert years <= 1


def test_whoever_is_helped_has_a_number_of_nobody_and_the_age_that_is_told() -> None:
    begins_on = date(2025, 11, 26)
    answers = {key: one.answer(begins_on) for key, one in BOOK_READ.helped.items()}
    numbers = [answer.national_id for answer in answers.values() if answer.national_id]
    assert len(set(numbers)) == len(numbers) == len(answers) - 1
    assert all(valid_national_id(number) and number[1:5] == "9999" for number in numbers)
    for key, one in BOOK_READ.helped.items():
        assert 0 <= (begins_on - answers[key].birth_on).days - one.age * 365 < 380
        assert bool(one.kin) is not one.is_adult


def test_the_book_names_only_what_the_province_has() -> None:
    known = {
        f"{code}/{category.code}"
        for category in PROVINCE_READ.categories
        for code in category.subcommittees
    }
    staff = {person.username for person in PROVINCE_READ.people}
    staff |= {row.username for row in BOOK_READ.joining}
    people = {*BOOK_READ.helped}
    for case in BOOK_READ.cases:
        assert case.what in known
        assert case.by in staff
        assert case.whom in people or case.whom.startswith(FROM_WORKBOOK) or case.place
        assert {step.verb for step in case.steps} <= DEEDS.keys()
        assert 0 < case.day < YEAR
    assert {row.whom for row in BOOK_READ.referrals} <= people
    assert {row.whom for row in BOOK_READ.notes} <= people
    assert len(BOOK_READ.donated_on) == len(PROVINCE_READ.donations)


def test_a_drawn_paper_is_a_pdf_and_another_for_another_label() -> None:
    one, other = (draw_paper(PaperKind.QUOTATION, label) for label in ("1", "ร้าน"))
    assert clean(one.content).startswith(b"%PDF-")
    assert one.digest != other.digest
    assert draw_paper(PaperKind.QUOTATION, "1").digest == one.digest


def test_the_rows_of_the_workbook_end_the_day_before_it_comes() -> None:
    refused = RowAnswer(1, (), (), {}, None, None, "f")
    assert dated([refused], until=date(2026, 4, 3)) == [refused]
