from __future__ import annotations

from dataclasses import replace

import pytest

from portal.funds.line_rules import ITEM_LENGTH_MAX
from portal.funds.line_rules import LINES_MAX
from portal.funds.line_rules import QUANTITY_MAX
from portal.funds.line_rules import UNIT_LENGTH_MAX
from portal.funds.line_rules import Line
from portal.funds.line_rules import LineAmountError
from portal.funds.line_rules import LineNotNamedError
from portal.funds.line_rules import LineQuantityError
from portal.funds.line_rules import LinesDoNotAddUpError
from portal.funds.line_rules import LineTooLongError
from portal.funds.line_rules import TooManyLinesError
from portal.funds.line_rules import check_lines
from portal.funds.line_rules import sum_of
from portal.money import Money

UNIFORM = Line("เครื่องแบบนักเรียน", 2, "ชุด", Money.baht(900))
TRAVEL = Line("ค่าเดินทาง", 1, "", Money(60_050))


def test_lines_add_up_to_the_amount() -> None:
    asked = Money(150_050)
    assert sum_of((UNIFORM, TRAVEL)) == asked
    check_lines((UNIFORM, TRAVEL), asked)
    check_lines((UNIFORM,), UNIFORM.amount)


def test_a_request_without_lines_is_asked_for_as_a_whole() -> None:
    assert sum_of(()) == Money(0)
    check_lines((), Money.baht(1500))


@pytest.mark.parametrize("satang", [-1, 1])
def test_a_satang_too_few_or_too_many_is_told_with_both_amounts(satang: int) -> None:
    amount = Money(90_000 + satang)
    with pytest.raises(LinesDoNotAddUpError) as caught:
        check_lines((UNIFORM,), amount)
    assert caught.value.facts == {"lines": UNIFORM.amount, "amount": amount}


def test_twenty_lines_are_taken_and_no_more() -> None:
    one = replace(UNIFORM, amount=Money(1))
    check_lines([one] * LINES_MAX, Money(LINES_MAX))
    with pytest.raises(TooManyLinesError):
        check_lines([one] * (LINES_MAX + 1), Money(LINES_MAX + 1))


def test_the_longest_words_and_the_largest_quantity_are_taken() -> None:
    longest = replace(
        UNIFORM,
        item="ก" * ITEM_LENGTH_MAX,
        unit="ก" * UNIT_LENGTH_MAX,
        quantity=QUANTITY_MAX,
    )
    check_lines((longest,), longest.amount)


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (replace(UNIFORM, item=""), LineNotNamedError),
        (replace(UNIFORM, item="  "), LineNotNamedError),
        (replace(UNIFORM, item="ก" * (ITEM_LENGTH_MAX + 1)), LineTooLongError),
        (replace(UNIFORM, unit="ก" * (UNIT_LENGTH_MAX + 1)), LineTooLongError),
        (replace(UNIFORM, quantity=0), LineQuantityError),
        (replace(UNIFORM, quantity=-1), LineQuantityError),
        (replace(UNIFORM, quantity=QUANTITY_MAX + 1), LineQuantityError),
        (replace(UNIFORM, amount=Money(0)), LineAmountError),
        (replace(UNIFORM, amount=Money(-90_000)), LineAmountError),
    ],
)
def test_a_line_that_says_nothing_is_refused_with_its_number(
    line: Line, error: type[LineNotNamedError]
) -> None:
    with pytest.raises(error) as caught:
        check_lines((TRAVEL, line), TRAVEL.amount + line.amount)
    assert caught.value.facts["number"] == 2
