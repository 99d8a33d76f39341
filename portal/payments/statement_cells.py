"""One cell of a bank's table: a day and an amount, as the banks of Thailand write them.

A reader raises `ValueError` where nothing it knows can be meant.
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum

from portal.money import Money
from portal.thai import BUDDHIST_ERA
from portal.thai import ENGLISH_MONTHS
from portal.thai import arabic_digits
from portal.thai import read_baht
from portal.thai import read_day
from portal.thai import tidy


class Years(StrEnum):
    """What a year of two digits means in a bank's file."""

    AS_SEEN = "as_seen"
    BUDDHIST = "buddhist"
    CHRISTIAN = "christian"


class DecimalMark(StrEnum):
    """What stands before the satang."""

    POINT = "."
    COMMA = ","


_MONTH = r"(?P<month>[0-9]{1,2}|[^0-9/]+?)"
_DAY = re.compile(
    rf"(?P<day>[0-9]{{1,2}})[ /.-]{_MONTH}[ /.-](?P<year>[0-9]{{4}}|[0-9]{{2}})"
    r"(?P<time>[ T,]+[0-9]{1,2}[:.][0-9]{2}[0-9:.]*(?: ?[AP]M)?(?: น\.)?)?",
    re.IGNORECASE,
)
_COMPACT_DAY = re.compile("(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})")
_ENGLISH = {name[:3].casefold(): number for number, name in enumerate(ENGLISH_MONTHS, 1)}
# The years of two digits that are this portal's time in one era only: 2015 to 2042, either way.
_CHRISTIAN_YEARS = range(15, 43)
_BUDDHIST_YEARS = range(58, 86)


def text_of(cell: object) -> str:
    """Return a cell as tidy text; a number cell shows its whole digits."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    text = "" if cell is None else str(cell)
    # Most cells are numbers and days: nothing invisible is in them, and tidying takes its time.
    return text if text.isascii() and text.isprintable() and " " not in text else tidy(text)


def read_statement_day(cell: object, years: Years = Years.AS_SEEN) -> date:
    """Read `24/11/2569`, `24-11-26 13:05`, `24 Nov 2026`, `20261124` or a day cell."""
    if isinstance(cell, date):
        return read_day(cell)
    text = arabic_digits(text_of(cell))
    if match := _COMPACT_DAY.fullmatch(text):
        return read_day(f"{match['year']}-{match['month']}-{match['day']}")
    match = _DAY.fullmatch(text)
    if match is None:
        return read_day(text)
    month = str(_ENGLISH.get(match["month"][:3].casefold(), match["month"]))
    is_whole = len(match["year"]) == len("2569")
    year = match["year"] if is_whole else str(_whole_year(match["year"], years))
    return read_day(("/" if month.isdecimal() else " ").join((match["day"], month, year)))


def _whole_year(digits: str, years: Years) -> int:
    """Return the year ค.ศ. of two digits, or refuse to guess it."""
    number = int(digits)
    if years is Years.BUDDHIST or (years is Years.AS_SEEN and number in _BUDDHIST_YEARS):
        return 2500 + number - BUDDHIST_ERA
    if years is Years.CHRISTIAN or number in _CHRISTIAN_YEARS:
        return 2000 + number
    message = f"a year of either era: {digits}"
    raise ValueError(message)


_NEGATIVE = re.compile(
    r"\(([^()]+)\)|[-\u2212\u2013] ?(.+)|(.+?) ?(?:-|\u2212|DR\.?)",
    re.IGNORECASE,
)
_POSITIVE = re.compile(r"\+? ?(?P<number>.+?)(?: ?CR\.?)?", re.IGNORECASE)


def read_signed(cell: object, mark: DecimalMark = DecimalMark.POINT) -> Money:
    """Read `1,234.50`, `-500`, `(500.00)`, `500.00-`, `500.00 DR` or a number cell."""
    if isinstance(cell, int | float):
        return read_baht(cell)
    text = arabic_digits(text_of(cell))
    if negative := _NEGATIVE.fullmatch(text):
        return -_read_number(next(filter(None, negative.groups())), mark)
    positive = _POSITIVE.fullmatch(text)
    return _read_number(positive["number"] if positive else "", mark)


def _read_number(text: str, mark: DecimalMark) -> Money:
    if mark is DecimalMark.COMMA:
        text = text.translate(str.maketrans(",.", ".,"))
    return read_baht(text)
