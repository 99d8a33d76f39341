from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.money import Money
from portal.payments.statement import Line
from portal.payments.statement import Nature
from portal.payments.statement import Statement
from portal.payments.statement import Written
from portal.payments.statement import check_statement
from portal.payments.statement import fingerprints
from portal.payments.statement import joined
from portal.payments.statement import read_line
from portal.payments.statement import references_in
from portal.payments.statement import same_account
from portal.payments.statement_flaws import ClosingDoesNotFitError
from portal.payments.statement_flaws import LineDoesNotFitError
from portal.payments.statement_flaws import PagesDoNotFollowError
from portal.payments.statement_flaws import WrongAccountError

DAY = date(2026, 11, 24)
OURS = "1234567890"


def line(
    satang: int,
    text: str = "โอนเงิน",
    *,
    bank_reference: str = "",
    end_to_end_id: str = "",
    counter_account: str = "",
) -> Line:
    written = Written(
        DAY,
        Money(satang),
        text,
        bank_reference=bank_reference,
        end_to_end_id=end_to_end_id,
        counter_account=counter_account,
    )
    return read_line(written)


def statement(*satang: int, opening: int | None = 1000, closing: int | None = None) -> Statement:
    lines = tuple(line(amount) for amount in satang)
    end = None if opening is None else Money(opening + sum(satang))
    return Statement(
        OURS,
        None if opening is None else Money(opening),
        end if closing is None else Money(closing),
        lines,
    )


# Lines


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("โอนเงิน RYG-2570-P000123 ให้โรงเรียน", "RYG-2570-P000123"),
        ("TRF/RYG2570P000123/KTB", "RYG-2570-P000123"),
        ("ryg 2570 p000123", "RYG-2570-P000123"),
        ("SRT-2-2570-P000007", "SRT-2-2570-P000007"),
        ("RYG-2570-000123", "RYG-2570-000123"),
        ("RYG-2570-P000123 RYG-2570-P000124", ""),
        ("RYG-2570-P0001234", ""),
        ("โทร 0812345678 รหัส 2570-000123", ""),
    ],
)
def test_our_reference_is_found_however_the_bank_writes_it(text: str, found: str) -> None:
    assert line(-100, text).end_to_end_id == found


def test_a_reference_in_its_own_field_counts_before_the_text() -> None:
    assert line(-1, "RYG-2570-P000001", end_to_end_id="RYG2570P000002").end_to_end_id == (
        "RYG-2570-P000002"
    )
    assert line(-1, "RYG-2570-P000001", end_to_end_id="INV 7").end_to_end_id == "INV 7"
    assert line(-1, "RYG-2570-P000001", end_to_end_id="NOTPROVIDED").end_to_end_id == (
        "RYG-2570-P000001"
    )
    assert line(-1, "x", bank_reference="RYG-2570-P000003").end_to_end_id == "RYG-2570-P000003"
    assert line(-1, "x", bank_reference="NONREF").bank_reference == ""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("โอนไป 123-4-56789-0", "1234567890"),
        ("โอนไป 006-123-4-56789-0 นาย ก", "0061234567890"),
        ("โอนไป xxx-x-x6789-0", "xxxxx67890"),
        ("โอนไป X6789", "x6789"),
        ("จาก 123-4-56789-0 ไป 123-4-56789-1", ""),
        ("โทร 191 ห้อง 12-34", ""),
        ("ref 12345678901234567890", ""),
    ],
)
def test_the_one_account_in_a_text_is_the_other_side(text: str, found: str) -> None:
    assert line(-100, text).counter_account == found


def test_an_account_in_its_own_field_counts_before_the_text() -> None:
    assert line(-1, "โอนไป 123-4-56789-0", counter_account="111-1-11111-1").counter_account == (
        "1111111111"
    )
    assert line(-1, "โอนไป 123-4-56789-0", counter_account="PromptPay").counter_account == (
        "1234567890"
    )


@pytest.mark.parametrize(
    ("text", "nature"),
    [
        ("ค่าธรรมเนียมโอนเงิน", Nature.FEE),
        ("TRANSFER FEE", Nature.FEE),
        ("ค่าธรรมเนียมการศึกษา ภาคเรียนที่ 2", Nature.PLAIN),
        ("COFFEE", Nature.PLAIN),
        ("คืนเงิน หักค่าธรรมเนียม", Nature.RETURN),
        ("โอนเงินไม่สำเร็จ", Nature.RETURN),
    ],
)
def test_what_a_line_is_stands_in_its_text(text: str, nature: Nature) -> None:
    assert line(-100, text).nature is nature


def test_what_the_bank_says_by_code_counts_before_the_text() -> None:
    written = Written(DAY, Money(1), "ค่าธรรมเนียม", nature=Nature.RETURN)
    assert read_line(written).nature is Nature.RETURN


def test_the_value_date_is_the_booking_date_where_none_is_told() -> None:
    assert line(-100).value_on == DAY
    later = Written(DAY, Money(1), "", value_on=date(2026, 11, 25))
    assert read_line(later).value_on == date(2026, 11, 25)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1234567890", "1234567890", True),
        ("0061234567890", "1234567890", True),
        ("1234567890", "1234567891", False),
        ("7890", "1234567890", False),
        ("", "1234567890", False),
        ("xxxxx6789x", "1234567890", True),
        ("xxxxx6788x", "1234567890", False),
        ("xxxxxxx89x", "1234567890", False),
        ("xxxxx6789x", "12345xxxxx", False),
    ],
)
def test_accounts_are_the_same_by_the_digits_that_are_told(
    one: str, other: str, *, same: bool
) -> None:
    assert same_account(one, other) is same
    assert same_account(other, one) is same


def test_references_are_written_as_we_write_them() -> None:
    assert references_in("ryg2570P000001, RYG-2570-B000002") == [
        "RYG-2570-P000001",
        "RYG-2570-B000002",
    ]


# What must fit


def test_a_statement_that_adds_up_is_accepted() -> None:
    check_statement(statement(-300, 500), account=OURS)
    check_statement(statement(opening=1000), account=OURS)
    check_statement(statement(-300, opening=None), account=OURS)


def test_a_statement_of_another_account_is_refused() -> None:
    with pytest.raises(WrongAccountError, match="1234567890, not of account 1234567891"):
        check_statement(statement(), account="1234567891")


def test_lines_that_do_not_make_the_closing_balance_are_refused() -> None:
    with pytest.raises(ClosingDoesNotFitError, match=r"10 baht at the start and -3 baht moved"):
        check_statement(statement(-300, closing=800), account=OURS)


def balanced(*pairs: tuple[int, int | None]) -> tuple[Line, ...]:
    return tuple(
        replace(line(amount), balance=None if balance is None else Money(balance))
        for amount, balance in pairs
    )


def test_the_line_that_does_not_fit_is_named() -> None:
    lines = balanced((-300, 700), (-100, None), (-50, 560))
    with pytest.raises(LineDoesNotFitError, match=r"Line 3 .*-0.50 baht.*: 6 baht were.*5.60"):
        check_statement(Statement(OURS, Money(1000), Money(560), lines), account=OURS)


def test_balances_are_checked_without_an_opening_balance_too() -> None:
    lines = balanced((-300, 700), (-100, 601))
    with pytest.raises(LineDoesNotFitError, match="Line 2"):
        check_statement(Statement(OURS, None, None, lines), account=OURS)
    fitting = balanced((-300, None), (-300, 700), (-100, 600))
    check_statement(Statement(OURS, None, Money(600), fitting), account=OURS)


@given(
    st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=20),
    st.integers(0, 19),
    st.integers(-1000, 1000).filter(bool),
)
def test_one_wrong_amount_never_fits(amounts: list[int], place: int, off: int) -> None:
    place %= len(amounts)
    good = statement(*amounts)
    check_statement(good, account=OURS)
    wrong = [*amounts]
    wrong[place] += off
    bad = replace(good, lines=tuple(line(amount) for amount in wrong))
    with pytest.raises(ClosingDoesNotFitError):
        check_statement(bad, account=OURS)


# Pages


def test_pages_that_follow_are_one_statement() -> None:
    one = joined([statement(-300), statement(-100, opening=700)])
    assert one == statement(-300, -100)
    assert joined([statement(-1, opening=None), statement(-2)]).opening is None


def test_a_missing_page_is_seen() -> None:
    with pytest.raises(PagesDoNotFollowError, match=r"ends with 7 baht, the next begins with 6.99"):
        joined([statement(-300), statement(-100, opening=699)])


def test_pages_of_two_accounts_are_refused() -> None:
    with pytest.raises(WrongAccountError):
        joined([statement(), replace(statement(), account="1111111111")])


# Fingerprints


def known(lines: Sequence[Line], account: str = OURS) -> list[str]:
    return fingerprints(lines, account=account)


def test_the_same_lines_are_known_again_and_equal_ones_counted() -> None:
    lines = [line(-100), line(-100), line(-200), line(-100)]
    first = known(lines)
    assert len(set(first)) == 4
    assert known(lines) == first
    assert known(lines[:2]) == first[:2]
    assert set(known(lines[:1])) < set(first)


def test_each_fact_that_every_format_tells_makes_another_line() -> None:
    same = line(-100)
    others = [
        replace(same, booked_on=date(2026, 11, 25)),
        replace(same, amount=Money(100)),
        replace(same, description="อื่น"),
        replace(same, bank_reference="1"),
        replace(same, end_to_end_id="1"),
        replace(same, counter_account="1"),
    ]
    assert len({known([one])[0] for one in [same, *others]}) == 7
    assert known([same]) != known([same], "1111111111")


def test_what_some_formats_leave_out_does_not_count() -> None:
    same = line(-100)
    later = replace(same, value_on=date(2026, 11, 25), nature=Nature.FEE, balance=Money(5))
    assert known([same]) == known([later])
    assert len(set(known([same, later]))) == 2


@given(st.lists(st.sampled_from([-100, -200, 300]), max_size=12))
def test_the_order_of_a_file_makes_no_difference(amounts: list[int]) -> None:
    lines = [line(amount) for amount in amounts]
    mixed = sorted(lines, key=lambda one: one.amount)
    assert sorted(known(lines)) == sorted(known(mixed))
    assert len(set(known(lines))) == len(lines)
