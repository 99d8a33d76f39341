"""Thai writing: text, digits, days, baht in words, the fiscal year and the order of names.

A year over 2400 is พ.ศ. (543 years ahead of ค.ศ.); everything here returns plain `date`s.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from decimal import Decimal

from portal.money import Money

# Thailand has had no daylight saving and one offset for a century: no zone file is needed.
BANGKOK = timezone(timedelta(hours=7), "Asia/Bangkok")
BUDDHIST_ERA = 543
NEWEST_CHRISTIAN_YEAR = 2400
OLDEST_CHRISTIAN_YEAR = NEWEST_CHRISTIAN_YEAR + 1 - BUDDHIST_ERA

LONG_MONTHS = (
    "มกราคม",
    "กุมภาพันธ์",
    "มีนาคม",
    "เมษายน",
    "พฤษภาคม",
    "มิถุนายน",
    "กรกฎาคม",
    "สิงหาคม",
    "กันยายน",
    "ตุลาคม",
    "พฤศจิกายน",
    "ธันวาคม",
)
SHORT_MONTHS = (
    "ม.ค.",
    "ก.พ.",
    "มี.ค.",
    "เม.ย.",
    "พ.ค.",
    "มิ.ย.",
    "ก.ค.",
    "ส.ค.",
    "ก.ย.",
    "ต.ค.",
    "พ.ย.",
    "ธ.ค.",
)
ENGLISH_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

WEEKDAYS = ("จันทร์", "อังคาร", "พุธ", "พฤหัสบดี", "ศุกร์", "เสาร์", "อาทิตย์")
ENGLISH_WEEKDAYS = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)

_UNSEEN = re.compile(
    "[\0-\b\x0e-\x1b\x7f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)
_NIKHAHIT_AA = re.compile("\u0e4d([\u0e48-\u0e4b]?)\u0e32")
_DIGITS = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")


def tidy(text: str) -> str:
    """Return the text as it was meant: no invisible characters, single spaces, ำ and แ whole."""
    text = unicodedata.normalize("NFC", _UNSEEN.sub("", text))
    text = " ".join(text.split())
    text = _NIKHAHIT_AA.sub("\\1\u0e33", text).replace("เเ", "แ")
    # Marks that met only now stand in their own order, too.
    return unicodedata.normalize("NFC", text)


def arabic_digits(text: str) -> str:
    """Return the text with Thai digits written 0-9."""
    return text.translate(_DIGITS)


_ERA = r"(?:(?P<era>[พค]) ?\.? ?ศ ?\.? ?)?"
_YEAR = r"(?P<year>[0-9]{4}|[0-9]{2})"
_DAY_FORMS = (
    re.compile(
        r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})(?P<era>)"
        r"(?:[T ][0-9]{2}:[0-9]{2}[0-9:.]*)?"
    ),
    re.compile(
        r"(?P<day>[0-9]{1,2}) ?(?P<mark>[/.-]) ?(?P<month>[0-9]{1,2}) ?(?P=mark) ?" + _ERA + _YEAR
    ),
    re.compile(r"(?:วัน[^0-9]*ที่ ?)?(?P<day>[0-9]{1,2}) ?(?P<month>[^0-9]+?) ?" + _ERA + _YEAR),
)
_MONTH_NUMBERS = {
    # The month of July is misspelt with ฏ as often as not.
    "กรกฏาคม": 7,
    **{name: number for number, name in enumerate(LONG_MONTHS, 1)},
    **{name.replace(".", ""): number for number, name in enumerate(SHORT_MONTHS, 1)},
}


def read_day(value: object) -> date:
    """Read a day as people write it, พ.ศ. or ค.ศ.; raise `ValueError` for anything else."""
    if isinstance(value, date):
        return date(_christian_year(value.year), value.month, value.day)
    text = arabic_digits(tidy(str(value)))
    for form in _DAY_FORMS:
        if match := form.fullmatch(text):
            year = _written_year(match["year"], era=match["era"])
            return date(year, _month_number(match["month"]), int(match["day"]))
    message = f"not a day: {text[:40]!r}"
    raise ValueError(message)


def _written_year(digits: str, *, era: str | None) -> int:
    """Return the year ค.ศ.; the era, where one is written, must agree with the number."""
    # A two-digit year is always 25xx: nobody shortens a Christian year on a Thai form.
    number = int(digits) if len(digits) == len("2569") else 2500 + int(digits)
    if era and (era == "พ") != (number > NEWEST_CHRISTIAN_YEAR):
        message = f"not a year of that era: {digits}"
        raise ValueError(message)
    return _christian_year(number)


def _christian_year(number: int) -> int:
    year = number - BUDDHIST_ERA if number > NEWEST_CHRISTIAN_YEAR else number
    if year < OLDEST_CHRISTIAN_YEAR:
        message = f"not a year: {number}"
        raise ValueError(message)
    return year


def _month_number(written: str) -> int:
    """Return the number of a month written as digits or as a Thai name."""
    if written.isdecimal():
        return int(written)
    name = written.replace(".", "").replace(" ", "").removeprefix("เดือน")
    if name not in _MONTH_NUMBERS:
        message = f"not a month: {written[:40]!r}"
        raise ValueError(message)
    return _MONTH_NUMBERS[name]


_BAHT_SIGN = re.compile("^(?:฿ ?)?(?P<number>.*?)(?: ?[.][-\u2013])?(?: ?(?:บาทถ้วน|บาท|บ[.]))?$")
_BAHT_DIGITS_MAX = 13


def read_baht(value: object) -> Money:
    """Read `1,000.-`, `๕๐๐ บาท` or a number cell; raise `ValueError` for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _exact_baht(Decimal(repr(value)))
    match = _BAHT_SIGN.fullmatch(arabic_digits(tidy(str(value))))
    return Money.parse(match["number"] if match else "")


def _exact_baht(number: Decimal) -> Money:
    """Return the amount a number cell shows, unless it holds parts of a satang."""
    satang = number * 100 if number.is_finite() else Decimal("NaN")
    if satang != satang.to_integral_value() or satang.adjusted() > _BAHT_DIGITS_MAX + 1:
        message = f"not an amount in satang: {number}"
        raise ValueError(message)
    return Money(int(satang))


_MILLION = 1_000_000
_DIGIT_WORDS = ("", "หนึ่ง", "สอง", "สาม", "สี่", "ห้า", "หก", "เจ็ด", "แปด", "เก้า")
_PLACE_WORDS = ("", "สิบ", "ร้อย", "พัน", "หมื่น", "แสน")


def baht_words(money: Money) -> str:
    """Write an amount in words, as on a voucher: `หนึ่งร้อยบาทถ้วน`."""
    if money.satang < 0:
        message = f"a negative amount has no words: {money}"
        raise ValueError(message)
    baht, satang = divmod(money.satang, 100)
    if not satang:
        return f"{_number_words(baht) or 'ศูนย์'}บาทถ้วน"
    before = f"{_number_words(baht)}บาท" if baht else ""
    return f"{before}{_number_words(satang)}สตางค์"


def _number_words(number: int) -> str:
    """Write a number; zero is empty. Millions are counted in millions again."""
    millions, rest = divmod(number, _MILLION)
    start = f"{_number_words(millions)}ล้าน" if millions else ""
    return start + "".join(
        _place_words(int(digit), place, is_alone=number == 1)
        for place, digit in reversed(list(enumerate(reversed(str(rest)))))
    )


def _place_words(digit: int, place: int, *, is_alone: bool) -> str:
    """Write one digit with its place; a last 1 after anything is เอ็ด."""
    if not digit:
        return ""
    if place == 0 and digit == 1:
        return "หนึ่ง" if is_alone else "เอ็ด"
    if place == 1 and digit in {1, 2}:
        return "สิบ" if digit == 1 else "ยี่สิบ"
    return _DIGIT_WORDS[digit] + _PLACE_WORDS[place]


def fiscal_year(day: date, *, first_month: int = 10) -> int:
    """Return the fiscal year พ.ศ., named by the year in which it ends."""
    ends_later = first_month > 1 and day.month >= first_month
    return day.year + BUDDHIST_ERA + ends_later


def fiscal_year_begins(year: int, *, first_month: int = 10) -> date:
    """Return the first day of a fiscal year พ.ศ."""
    return date(year - BUDDHIST_ERA - (first_month > 1), first_month, 1)


def short_day(day: date, language: str) -> str:
    """Write `22 พ.ย. 2569` or `22 Nov 2026`."""
    if language == "th":
        return f"{day.day} {SHORT_MONTHS[day.month - 1]} {day.year + BUDDHIST_ERA}"
    return f"{day.day} {ENGLISH_MONTHS[day.month - 1][:3]} {day.year}"


def short_month(day: date, language: str) -> str:
    """Write `พ.ย. 2569` or `Nov 2026`."""
    return short_day(day, language).partition(" ")[2]


def typed_day(day: date) -> str:
    """Write `22/11/2569`, as people type it."""
    return f"{day.day}/{day.month}/{day.year + BUDDHIST_ERA}"


def long_day(day: date, language: str) -> str:
    """Write `22 พฤศจิกายน พ.ศ. 2569` or `22 November 2026`."""
    if language == "th":
        return f"{day.day} {LONG_MONTHS[day.month - 1]} พ.ศ. {day.year + BUDDHIST_ERA}"
    return f"{day.day} {ENGLISH_MONTHS[day.month - 1]} {day.year}"


def long_month(day: date, language: str) -> str:
    """Write the month of a day: `พฤศจิกายน พ.ศ. 2569` or `November 2026`."""
    return long_day(day, language).partition(" ")[2]


def weekday(day: date, language: str) -> str:
    """Write `วันพฤหัสบดีที่ 26 พ.ย.` or `Thursday 26 Nov`: a day near enough to need no year."""
    if language == "th":
        return f"วัน{WEEKDAYS[day.weekday()]}ที่ {day.day} {SHORT_MONTHS[day.month - 1]}"
    return f"{ENGLISH_WEEKDAYS[day.weekday()]} {day.day} {ENGLISH_MONTHS[day.month - 1][:3]}"


def bangkok_day(moment: datetime) -> date:
    """Return the day it was in Thailand."""
    return _in_bangkok(moment).date()


def bangkok_time(moment: datetime) -> str:
    """Write the time it was in Thailand: `13:05`."""
    return f"{_in_bangkok(moment):%H:%M}"


def _in_bangkok(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        message = "a moment needs its time zone"
        raise ValueError(message)
    return moment.astimezone(BANGKOK)


_MARKS = re.compile("[\u0e47-\u0e4c]")
_NOT_MARKS = re.compile("[^\u0e47-\u0e4c]")
_LEADING_VOWEL = re.compile("([เ-ไ])([ก-ฮ])")


def sort_key(text: str) -> str:
    """Return what to sort Thai names by: vowels after their consonant, marks only to break ties."""
    text = tidy(text).casefold()
    letters = _LEADING_VOWEL.sub(r"\2\1", _MARKS.sub("", text))
    return letters + _NOT_MARKS.sub(" ", text)


_TITLES = ("เด็กชาย", "เด็กหญิง", "ด.ช.", "ด.ญ.", "นางสาว", "น.ส.", "นาง", "นาย", "สามเณร")
# Vowels that are letters, but stand after a consonant of their own.
_HANGING = "ะาำ"


def split_name(written: str) -> tuple[str, str, str]:
    """Return title, first and last name of a name in one line; what is not there is empty."""
    name = tidy(written)
    title = next((title for title in _TITLES if _has_title(name, title)), "")
    first, _, last = name.removeprefix(title).strip().partition(" ")
    return title, first, last


def _has_title(name: str, title: str) -> bool:
    """Say whether a name begins with this title, and not with a name that begins like it."""
    if not name.startswith(title):
        return False
    after = name[len(title) : len(title) + 1]
    return after != "" and unicodedata.category(after) != "Mn" and after not in _HANGING
