from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.money import Money
from portal.money import total


@pytest.mark.parametrize(
    ("text", "satang"),
    [
        ("0", 0),
        ("1", 100),
        ("1.5", 150),
        ("1,234.05", 123405),
        (" 12 ", 1200),
        ("1234567", 123456700),
    ],
)
def test_amounts_are_read(text: str, satang: int) -> None:
    assert Money.parse(text) == Money(satang)


@pytest.mark.parametrize("text", ["", "-1", "1.234", "1,23", ",1", "1e3", "๑", "1.", "12,34.5"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        Money.parse(text)


@given(st.integers(min_value=0, max_value=10**14))
def test_what_is_written_is_read_again(satang: int) -> None:
    assert Money.parse(str(Money(satang))) == Money(satang)


def test_satang_are_written_only_where_there_are_some() -> None:
    assert [str(Money(satang)) for satang in (100, 105, -123456, 0)] == [
        "1",
        "1.05",
        "-1,234.56",
        "0",
    ]


def test_money_is_whole_satang() -> None:
    for wrong in (1.0, True, "1"):
        with pytest.raises(TypeError):
            Money(wrong)  # type: ignore[arg-type]  # that is the point


def test_sums_and_differences() -> None:
    assert total([]) == Money(0)
    assert total([Money(1), Money(2)]) == Money(3)
    assert Money.baht(1) - Money(1) == Money(99)
    assert Money(1) + Money(2) == Money(3)
    assert not Money(0)
    assert -Money(5) == Money(-5)
