"""Which spellings are one name, and which days may be one birth date."""

from __future__ import annotations

from datetime import date
from itertools import combinations

import pytest

from portal.youths.spelling import name_key
from portal.youths.spelling import near_days

# Each line is one name, as the field writes it.
ONE_NAME = (
    ("ศิริพร", "สิริพร", "ษิริพร", "ซิริพล"),
    ("ณัฐพล", "นัฐพล", "ณัทพร"),
    ("ณัฏฐ์", "ณัฐ"),
    ("ชัยวัฒน์", "ไชยวัฒน์", "ไชวัฒน์", "ใชวัฒน์"),
    ("ใบบัว", "ไบบัว"),
    ("วิไล", "วิลัย"),
    ("ไทย", "ไท"),
    ("กัญญา", "กันยา", "กัญยา"),
    ("อภิญญา", "อภินยา"),
    ("บุญมี", "บุนมี"),
    ("หญิง", "ยิง"),
    ("สมหมาย", "สมมาย"),
    ("วรรณา", "วันนา"),
    ("พรรณ", "พัน", "พันธุ์"),
    ("สุวรรณ", "สุวัน"),
    ("พงษ์ศักดิ์", "พงศ์ศักดิ์", "พงส์สัก"),
    ("วงศ์", "วงษ์"),
    ("จันทร์เพ็ญ", "จันเพ็ญ"),
    ("มะลิวัลย์", "มลิวัลย์", "มะลิวัน"),
    ("เพชร", "เพ็ชร", "เพ็ชร์"),
    ("สมมติสุข", "สมมุติสุข"),
    ("ฟ้าใส", "ฟาใส"),
    ("น้ำฝน", "นำฝน", "นํ้าฝน", "นั้มฝน"),
    ("ต้นกล้า", "ตันกลา", "ต้นกร้า"),
    ("ธนกร", "ทนกร", "ธณกร"),
    ("ฤทัย", "รึทัย", "ริทัย"),
    ("ลีลาวดี", "รีราวดี", "ลิลาวดี"),
    ("แสงดาว", "เเสงดาว", "แสง\u200bดาว", "แสง ดาว"),
    ("ขวัญใจ", "ฃวัญใจ"),
    ("John", "JOHN", "john."),
)
TITLED = (
    ("ภูผา", "เด็กชายภูผา", "เด็กชาย ภูผา", "ด.ช.ภูผา", "ด.ช. ภูผา", "ด. ช. ภูผา", "ดช.ภูผา", "นายภูผา"),
    ("น้ำฝน", "เด็กหญิงน้ำฝน", "ด.ญ.น้ำฝน", "น.ส.น้ำฝน", "นางสาวน้ำฝน", "นางสาว น้ำฝน", "นาง น้ำฝน"),
    ("ตะวัน", "ว่าที่ร้อยตรีตะวัน", "ว่าที่ ร.ต.ตะวัน", "คุณตะวัน", "สามเณรตะวัน"),
    ("John", "Mr. John", "Mr John", "Master John"),
)
# No two of these are one.
OTHERS = (
    *("ใบบัว", "ใบข้าว", "ใบเฟิร์น", "ต้นกล้า", "ต้นข้าว", "ต้นน้ำ", "ปลายข้าว", "ปลายฟ้า", "ฟ้าใส"),
    *("ฟ้าคราม", "สมชาย", "สมหญิง", "สมศักดิ์", "สมศรี", "มานี", "มานะ", "วิชัย", "วิชา", "สุดา", "สีดา"),
    *("น้ำค้าง", "น้ำฝน", "ทดสอบระบบ", "ทดสอบชัย", "สาธิตวงศ์", "สาธิตสกุล", "สมมติสุข", "สมมติธรรม"),
    *("ปิยะ", "ปิยา", "ภูผา", "ทะเล", "ตะวัน", "เพชร", "เพชรา", "จันทร์เพ็ญ", "เพ็ญจันทร์", "กมล", "กมลา"),
)


@pytest.mark.parametrize("spellings", [*ONE_NAME, *TITLED])
def test_spellings_of_one_name_have_one_key(spellings: tuple[str, ...]) -> None:
    keys = {spelling: name_key(spelling, "ตัวอย่าง") for spelling in spellings}
    assert len(set(keys.values())) == 1, keys


def test_other_names_have_other_keys() -> None:
    same = [
        pair for pair in combinations(OTHERS, 2) if name_key(pair[0], "") == name_key(pair[1], "")
    ]
    assert same == []


def test_it_does_not_matter_where_the_last_name_begins() -> None:
    assert name_key("ใบบัว", "ตัวอย่างดี") == name_key("ใบบัว ตัวอย่างดี", "")
    assert name_key("ใบบัว", "ตัวอย่างดี") != name_key("ใบบัว", "ตัวอย่างทอง")


@pytest.mark.parametrize(
    ("day", "other"),
    [
        (date(2009, 3, 13), date(2009, 3, 13)),
        (date(2009, 3, 12), date(2009, 12, 3)),
        (date(2009, 3, 13), date(2552, 3, 13)),
        (date(2009, 3, 13), date(1466, 3, 13)),
        (date(2009, 3, 13), date(2009, 3, 18)),
        (date(2009, 3, 13), date(2009, 3, 23)),
        (date(2009, 3, 13), date(2009, 8, 13)),
        (date(2009, 3, 13), date(2019, 3, 13)),
        (date(2008, 2, 29), date(2008, 2, 9)),
    ],
)
def test_days_that_may_be_meant(day: date, other: date) -> None:
    assert other in near_days(day)


@pytest.mark.parametrize(
    "other", [date(2009, 4, 14), date(2010, 3, 13), date(2009, 12, 3), date(2551, 3, 13)]
)
def test_days_that_are_others(other: date) -> None:
    assert other not in near_days(date(2009, 3, 13))


def test_the_ends_of_the_calendar_are_no_trouble() -> None:
    assert date(1, 1, 1) in near_days(date(1, 1, 1))
    assert len(near_days(date(9999, 12, 31))) < 80
