"""When two names may be one: Thai is written down by ear, and birth dates slip by a digit.

A key is no transcription. It only says which spellings are worth a second look by people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import product

from portal.thai import BUDDHIST_ERA
from portal.thai import tidy

# Long ones first: นาง would leave สาว of นางสาว behind.
_TITLE = re.compile(
    r"^(?:ว่าที่ ?(?:ร้อยตรี|ร้อยโท|ร้อยเอก|ร\. ?[ตทอ]\.)|เด็กชาย|เด็กหญิง|นางสาว|สามเณร|นาย|นาง|คุณ"
    r"|ด\. ?[ชญ]\.?|ด[ชญ][. ]|น\. ?ส\.?|นส[. ]|(?:mrs|miss|mr|ms|master)[. ])[ .]*"
)
_OTHER_SIGNS = re.compile(r"[^\u0e01-\u0e3a\u0e40-\u0e4e0-9a-z]")
# In this order: each rule reads what the one before it left.
_SOUNDS = tuple(
    (re.compile(pattern), spoken)
    for pattern, spoken in (
        # What การันต์ silences: วัลย์ sounds as วัน, จันทร์ as จัน, พงษ์ and พงศ์ as พง.
        ("ัลย์", "ัน"),
        ("[ทต]?ร์|[ก-ฮ][ิุ]?์", ""),
        # เพชร and เพ็ชร์ are one, but not เพชรา.
        ("ชร(?![ะ-ู])", "ช"),
        # Tone marks and the other small signs above a letter.
        ("[็-๎]", ""),
        # A ห that only leads.
        ("ห(?=[งญณนมยรลฬว])", ""),
        ("[ฤฦ]ๅ?", "ริ"),
        ("ำ", "ัม"),
        # ใช, ไช, ไชย and ชัย.
        ("[ใไ]([ก-ฮ])ย?", "\\1ัย"),
        ("รร(?=[ก-ฮ])", "ั"),
        ("รร", "ัน"),
        # ญ sounds as ย before a vowel, as น after one.
        ("ญ(?=[ัาิีึืุู])", "ย"),
        ("ญ", "น"),
        ("[ฃขคฅฆ]", "ค"),
        ("[ฉชฌ]", "ช"),
        ("[ซศษส]", "ส"),
        ("ฎ", "ด"),
        ("[ฏฐฑฒถทธ]", "ท"),
        ("ณ", "น"),
        ("[ผพภ]", "พ"),
        ("[ฝฟ]", "ฟ"),
        ("[รลฬ]", "ล"),
        # The four above a letter look alike; those below, ะ and ั are left out as often as not.
        ("[ิีึื]", "ิ"),
        ("[ะัุู]", ""),
        # Doubled letters.
        ("(.)\\1+", "\\1"),
    )
)


def name_key(first_name: str, last_name: str) -> str:
    """Return what spellings of one name have in common; a title before it does not count."""
    key = _OTHER_SIGNS.sub("", _TITLE.sub("", tidy(f"{first_name} {last_name}").casefold()))
    for pattern, spoken in _SOUNDS:
        key = pattern.sub(spoken, key)
    return key


def near_days(day: date) -> frozenset[date]:
    """Return the days that may be meant by a birth date.

    Itself, day and month swapped, the year in the other era, or one digit mistyped.
    """
    return frozenset(_days(day))


def _days(day: date) -> Iterator[date]:
    yield day
    yield from _existing(day.year, day.day, day.month)
    for years in (BUDDHIST_ERA, -BUDDHIST_ERA):
        yield from _existing(day.year + years, day.month, day.day)
    written = f"{day.year:04}{day.month:02}{day.day:02}"
    for place, digit in product(range(len(written)), "0123456789"):
        typed = written[:place] + digit + written[place + 1 :]
        yield from _existing(int(typed[:4]), int(typed[4:6]), int(typed[6:]))


def _existing(year: int, month: int, day: int) -> Iterator[date]:
    try:
        yield date(year, month, day)
    except ValueError:
        return
