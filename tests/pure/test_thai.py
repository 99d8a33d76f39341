# ruff: noqa: RUF001 - foreign digits are what these tests are about
from __future__ import annotations

import unicodedata
from datetime import UTC
from datetime import date
from datetime import datetime
from datetime import time
from datetime import timedelta

import pytest
from hypothesis import example
from hypothesis import given
from hypothesis import strategies as st

from portal.id_numbers import grouped_id
from portal.id_numbers import valid_national_id
from portal.money import Money
from portal.thai import LONG_MONTHS
from portal.thai import SHORT_MONTHS
from portal.thai import arabic_digits
from portal.thai import baht_words
from portal.thai import bangkok_day
from portal.thai import bangkok_time
from portal.thai import fiscal_year
from portal.thai import fiscal_year_begins
from portal.thai import long_day
from portal.thai import long_month
from portal.thai import read_baht
from portal.thai import read_day
from portal.thai import short_day
from portal.thai import sort_key
from portal.thai import split_name
from portal.thai import tidy

THAI_DIGITS = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
DAYS = st.dates(date(1900, 1, 1), date(2200, 12, 31))


# Text


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("  ต.เนินพระ ", "ต.เนินพระ"),
        ("ต.ชากพง\u00a0", "ต.ชากพง"),
        ("อำเภอ\u00a0 \n\tแกลง", "อำเภอ แกลง"),
        ("น\u200bิคมพัฒนา", "นิคมพัฒนา"),
        ("\ufeffระ\u2060ย\u200dอง\u00ad", "ระยอง"),
        ("อ\u0e4d\u0e32เภอ", "อำเภอ"),
        ("ปากน\u0e4d\u0e49\u0e32", "ปากน้ำ"),
        ("ปากน\u0e49\u0e4d\u0e32", "ปากน้ำ"),
        ("เเกลง", "แกลง"),
        ("ค่าเครื่องเเบบ", "ค่าเครื่องแบบ"),
        ("cafe\u0301", "café"),
        ("", ""),
    ],
)
def test_text_is_read_as_it_was_meant(typed: str, meant: str) -> None:
    assert tidy(typed) == meant


@example("\u0301\u0e4d\u0e48\u0e32")
@given(st.text(st.sampled_from("เแกาำ\u0e4d\u0e49\u0e48\u200b\u00a0 \n1é\u0301"), max_size=12))
def test_tidy_text_stays_as_it_is(text: str) -> None:
    once = tidy(text)
    assert tidy(once) == once == once.strip()
    assert unicodedata.is_normalized("NFC", once)


@given(st.text())
def test_arabic_digits_change_nothing_but_thai_digits(text: str) -> None:
    assert arabic_digits(text.translate(THAI_DIGITS)) == arabic_digits(text)


def test_thai_digits_become_arabic() -> None:
    assert arabic_digits("๐๑๒๓๔๕๖๗๘๙ ปี 2569") == "0123456789 ปี 2569"


# Days


@pytest.mark.parametrize(
    "typed",
    [
        date(2026, 11, 2),
        datetime(2026, 11, 2, 13, 5),  # noqa: DTZ001 - a cell has no time zone
        datetime(2569, 11, 2),  # noqa: DTZ001 - a cell has no time zone
        "2026-11-02",
        "2026-11-2",
        "2569-11-02",
        "2026-11-02 00:00:00",
        "2026-11-02T00:00:00.000",
        "2/11/2569",
        "02/11/2026",
        "2-11-2569",
        "2.11.2569",
        "2 / 11 / 2569",
        "2/11/69",
        "๐๒/๑๑/๒๕๖๙",
        "2 พฤศจิกายน 2569",
        "2 พฤศจิกายน พ.ศ. 2569",
        "๒ พฤศจิกายน พ.ศ. ๒๕๖๙",
        "2 พฤศจิกายน พศ 2569",
        "2 พฤศจิกายน พ. ศ. 2569",
        "2 พฤศจิกายน ค.ศ. 2026",
        "2 พฤศจิกายน 2026",
        "2 พ.ย. 69",
        "2 พ.ย. 2569",
        "2พ.ย.69",
        "2 พย 69",
        "2 พ. ย. พ.ศ.69",
        "2/11/พ.ศ. 2569",
        "วันที่ 2 เดือนพฤศจิกายน พ.ศ. 2569",
        "วันจันทร์ที่ 2 พฤศจิกายน 2569",
        " 2\u00a0พฤศจิกายน\u200b 2569 ",
    ],
)
def test_a_day_is_read_however_it_is_written(typed: object) -> None:
    assert read_day(typed) == date(2026, 11, 2)
    assert type(read_day(typed)) is date


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "เมื่อวาน",
        "31/2/2569",
        "29/2/2569",
        "2569-13-01",
        "0/1/2569",
        "2/11/569",
        "2/11/25690",
        "2/11-2569",
        "1 2/11/2569",
        "2 พย. มค. 2569",
        "2 พฤศจิกายน ค.ศ. 2569",
        "2 พฤศจิกายน พ.ศ. 2026",
        "2 พฤศจิกายน ค.ศ. 26",
        "2/11/1800",
        "2/11/0069",
        "²/11/2569",
        "٢/11/2569",
        46328,
        46328.5,
        None,
        time(9, 30),
        datetime(2568, 2, 29),  # noqa: DTZ001 - no leap year once it is read as พ.ศ.
    ],
)
def test_what_is_no_day_is_refused(typed: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_day(typed)


def test_the_leap_day_of_2567_exists() -> None:
    assert read_day("29 กุมภาพันธ์ 2567") == read_day("29/2/67") == date(2024, 2, 29)


def test_july_is_read_with_its_common_misspelling() -> None:
    assert read_day("1 กรกฏาคม 2569") == date(2026, 7, 1)


@given(DAYS, st.sampled_from([LONG_MONTHS, SHORT_MONTHS]))
def test_every_day_is_read_back_from_its_thai_name(day: date, months: tuple[str, ...]) -> None:
    text = f"{day.day} {months[day.month - 1]} {day.year + 543}"
    assert read_day(text) == read_day(text.translate(THAI_DIGITS)) == day


@given(DAYS)
def test_every_day_is_read_back_from_its_numbers(day: date) -> None:
    assert read_day(day.isoformat()) == read_day(f"{day:%d/%m}/{day.year + 543}") == day
    assert read_day(short_day(day, "th")) == read_day(long_day(day, "th")) == day


@given(st.text(st.sampled_from("0123456789๒/-. พศคมกยวันที่"), max_size=20))
def test_any_text_is_a_day_or_a_value_error(text: str) -> None:
    try:
        assert isinstance(read_day(text), date)
    except ValueError as error:
        assert str(error)  # noqa: PT017 - the point is that nothing else is raised


# Amounts


@pytest.mark.parametrize(
    ("typed", "satang"),
    [
        (500, 50000),
        (500.0, 50000),
        (2000.5, 200050),
        (900.25, 90025),
        (0.1, 10),
        (19.99, 1999),
        (0, 0),
        (-500, -50000),
        (9_999_999_999_999, 999_999_999_999_900),
        ("500", 50000),
        ("2,500", 250000),
        ("600.-", 60000),
        ("12,000.-", 1200000),
        ("600.\u2013", 60000),
        ("1000 บาท", 100000),
        ("1000บาท", 100000),
        ("900.25 บาท", 90025),
        ("1,000.- บาท", 100000),
        ("1,000 บาทถ้วน", 100000),
        ("฿1,000.50", 100050),
        ("๒,๐๐๐", 200000),
        ("๒,๐๐๐.๕๐ บาท", 200050),
        ("300.5", 30050),
        (" 1,200.00\u00a0", 120000),
    ],
)
def test_an_amount_is_read_however_it_is_written(typed: object, satang: int) -> None:
    assert read_baht(typed) == Money(satang)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "บาท",
        "ตามจริง",
        "500.125",
        "-500",
        "\u2212500",
        "(500)",
        "500-",
        "1,00",
        "1.000,50",
        "1e3",
        "5 00",
        "²",
        "٥٠٠",
        "500 ดอลลาร์",
        500.125,
        0.1 + 0.2,
        1e300,
        10**14,
        float("inf"),
        float("nan"),
        True,
        None,
        date(2026, 1, 1),
    ],
)
def test_what_is_no_amount_is_refused(typed: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_baht(typed)


@given(st.integers(0, 10**13))
def test_every_amount_is_read_back_from_what_it_prints(satang: int) -> None:
    money = Money(satang)
    for text in (str(money), f"{money} บาท", f"{money}.-", str(money).translate(THAI_DIGITS)):
        assert read_baht(text) == money


@given(st.integers(-(10**12), 10**12))
def test_a_number_cell_never_loses_a_satang_or_its_sign(satang: int) -> None:
    assert read_baht(satang / 100) == Money(satang)


@pytest.mark.parametrize(
    ("satang", "words"),
    [
        (0, "ศูนย์บาทถ้วน"),
        (25, "ยี่สิบห้าสตางค์"),
        (101, "หนึ่งบาทหนึ่งสตางค์"),
        (1100, "สิบเอ็ดบาทถ้วน"),
        (2100, "ยี่สิบเอ็ดบาทถ้วน"),
        (10100, "หนึ่งร้อยเอ็ดบาทถ้วน"),
        (385050, "สามพันแปดร้อยห้าสิบบาทห้าสิบสตางค์"),
        (1000100, "หนึ่งหมื่นเอ็ดบาทถ้วน"),
        (2102100, "สองหมื่นหนึ่งพันยี่สิบเอ็ดบาทถ้วน"),
        (100000100, "หนึ่งล้านเอ็ดบาทถ้วน"),
        (1100000000, "สิบเอ็ดล้านบาทถ้วน"),
        (100, "หนึ่งบาทถ้วน"),
        (11, "สิบเอ็ดสตางค์"),
        (100_000_000_000_000, "หนึ่งล้านล้านบาทถ้วน"),
        (123_456_789, "หนึ่งล้านสองแสนสามหมื่นสี่พันห้าร้อยหกสิบเจ็ดบาทแปดสิบเก้าสตางค์"),
    ],
)
def test_baht_are_written_in_words(satang: int, words: str) -> None:
    assert baht_words(Money(satang)) == words


def test_a_negative_amount_has_no_words() -> None:
    with pytest.raises(ValueError, match="negative"):
        baht_words(Money(-1))


@given(st.lists(st.integers(0, 10**15), min_size=2, max_size=2, unique=True))
def test_different_amounts_have_different_words(amounts: list[int]) -> None:
    assert len({baht_words(Money(satang)) for satang in amounts}) == 2


# Years, days and times as shown


@pytest.mark.parametrize(
    ("day", "first_month", "year"),
    [
        (date(2025, 9, 30), 10, 2568),
        (date(2025, 10, 1), 10, 2569),
        (date(2026, 9, 30), 10, 2569),
        (date(2026, 1, 1), 1, 2569),
        (date(2026, 12, 31), 1, 2569),
        (date(2026, 4, 1), 4, 2570),
        (date(2026, 3, 31), 4, 2569),
    ],
)
def test_a_fiscal_year_is_named_by_its_end(day: date, first_month: int, year: int) -> None:
    assert fiscal_year(day, first_month=first_month) == year


@pytest.mark.parametrize("first_month", [1, 4, 10])
def test_a_fiscal_year_begins_the_day_after_the_last_one_ended(first_month: int) -> None:
    first = fiscal_year_begins(2570, first_month=first_month)
    assert first.day == 1
    assert fiscal_year(first, first_month=first_month) == 2570
    assert fiscal_year(first - timedelta(days=1), first_month=first_month) == 2569


def test_the_fiscal_year_starts_in_october_unless_told_otherwise() -> None:
    assert fiscal_year(date(2026, 11, 22)) == 2570


def test_days_are_written_in_both_languages() -> None:
    day = date(2026, 11, 22)
    assert short_day(day, "th") == "22 พ.ย. 2569"
    assert short_day(day, "en") == "22 Nov 2026"
    assert long_day(day, "th") == "22 พฤศจิกายน พ.ศ. 2569"
    assert long_day(day, "en") == "22 November 2026"


def test_a_moment_is_shown_as_it_was_in_thailand() -> None:
    evening = datetime(2026, 12, 31, 18, 5, tzinfo=UTC)
    assert bangkok_day(evening) == date(2027, 1, 1)
    assert bangkok_time(evening) == "01:05"
    assert bangkok_time(evening + timedelta(hours=12)) == "13:05"


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        bangkok_day(datetime(2026, 1, 1))  # noqa: DTZ001 - that is what is refused


# Names and numbers


def test_names_sort_by_consonant_before_vowel_and_mark() -> None:
    in_order = ["กก", "กา", "ก้า", "กำ", "เก่ง", "แกลง", "ไก่", "ขวัญ", "เขา", "ค่าย", "ระยอง"]
    turned = in_order[::-1]
    assert sorted(turned, key=sort_key) == in_order


def test_marks_decide_only_between_equal_names() -> None:
    assert sorted(["ป้าน", "ป่าน", "ปาน", "ปานา"], key=sort_key) == ["ปาน", "ป่าน", "ป้าน", "ปานา"]


@pytest.mark.parametrize("number", ["1999904700010", "3100600445635", "1234545678781"])
def test_a_right_check_digit_is_known(number: str) -> None:
    assert valid_national_id(number)
    wrong = str((int(number[-1]) + 1) % 10)
    assert not valid_national_id(number[:-1] + wrong)


def test_a_first_digit_of_0_or_9_does_not_make_the_check_digit_wrong() -> None:
    for start in ("099990470001", "999990470001"):
        assert sum(valid_national_id(f"{start}{digit}") for digit in range(10)) == 1


@pytest.mark.parametrize("number", ["", "199990470001", "19999047000100", "๑๙๙๙๙๐๔๗๐๐๐๑๐"])
def test_what_is_not_13_digits_is_no_national_id(number: str) -> None:
    assert not valid_national_id(number)


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("เด็กหญิงใจดี ตัวอย่าง", ("เด็กหญิง", "ใจดี", "ตัวอย่าง")),
        ("ด.ช. กล้า  ตัวอย่าง", ("ด.ช.", "กล้า", "ตัวอย่าง")),
        ("นางสาวแก้วตา ณ ระยอง", ("นางสาว", "แก้วตา", "ณ ระยอง")),
        ("นาง แก้วตา ตัวอย่าง", ("นาง", "แก้วตา", "ตัวอย่าง")),
        ("ใจดี ตัวอย่าง", ("", "ใจดี", "ตัวอย่าง")),
        ("ใจดี", ("", "ใจดี", "")),
        ("", ("", "", "")),
        # Names that only begin like a title.
        ("นายิกา ตัวอย่าง", ("", "นายิกา", "ตัวอย่าง")),
        ("นางามตา ตัวอย่าง", ("", "นางามตา", "ตัวอย่าง")),
        ("นาย", ("", "นาย", "")),
        ("Somchai Example", ("", "Somchai", "Example")),
    ],
)
def test_a_name_in_one_line_has_its_parts(written: str, parts: tuple[str, str, str]) -> None:
    assert split_name(written) == parts


def test_a_month_and_an_id_number_as_they_stand_on_papers() -> None:
    assert long_month(date(2026, 11, 30), "th") == "พฤศจิกายน พ.ศ. 2569"
    assert long_month(date(2026, 11, 30), "en") == "November 2026"
    assert grouped_id("1999900000013") == "1-9999-00000-01-3"
    assert grouped_id("G123456789012") == "G123456789012"
