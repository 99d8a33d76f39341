from __future__ import annotations

import re

import pytest

from portal.people.password_rules import HOUSE_WORDS
from portal.people.password_rules import HouseWordsError
from portal.people.password_rules import KnownPasswordError
from portal.people.password_rules import ShortPasswordError
from portal.people.password_rules import check_new_password
from portal.people.password_rules import new_one_time_password

WORDS = (
    *HOUSE_WORDS,
    "malee",
    "มาลี ศรีสุขใจ",
    "malee.s@school.example",
    "VHV",
    "มูลนิธิส่งเสริมการศึกษาจังหวัดระยอง",
    "Rayong Education Promotion Foundation (demo)",
    "ระยอง",
)


@pytest.mark.parametrize("password", ["", "short", "elevensigns"])
def test_a_short_password_is_refused(password: str) -> None:
    with pytest.raises(ShortPasswordError):
        check_new_password(password, words=())


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword",
        "123456789012",
        "qwertyuiop123",
        "1qaz2wsx3edc",
        "ILoveThailand",
        "P@ssw0rd12345",
        "abababababababab",
        "๑๑๑๑๑๑๑๑๑๑๑๑",
        # "password1234" in the wide letters of a Chinese keyboard.
        "\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44\uff11\uff12\uff13\uff14",
    ],
)
def test_a_password_that_many_use_is_refused(password: str) -> None:
    with pytest.raises(KnownPasswordError):
        check_new_password(password, words=())


@pytest.mark.parametrize(
    "password",
    [
        "malee2569malee",
        "MALEE.s@school.example",
        "มาลี ศรีสุขใจ",
        "ศรีสุขใจ25692570",
        "Rayong Foundation 1",
        "Foundation-2570",
        "กองทุนระยอง๑๒๓",
        "malee9876543210",
    ],
)
def test_a_password_of_words_of_the_house_is_refused(password: str) -> None:
    with pytest.raises(HouseWordsError):
        check_new_password(password, words=WORDS)


@pytest.mark.parametrize(
    "password",
    [
        "ประตูบ้านสีเขียว เปิดไม่ออก",
        "malee likes green doors",
        "ระยอง ไม่มีหิมะ แต่มีทุเรียน",
        "qX7#vb2!Lm9$",
        "correct horse battery staple",
        "VHV green doors",
        "x" * 4 + "abcdefgh" * 24,
    ],
)
def test_any_other_password_is_taken(password: str) -> None:
    check_new_password(password, words=WORDS)


def test_one_time_passwords_are_long_readable_and_pass_the_rules() -> None:
    made = {new_one_time_password() for _ in range(500)}
    assert len(made) == 500
    for one in made:
        assert re.fullmatch(r"[a-hj-km-np-z2-9]{4}(-[a-hj-km-np-z2-9]{4}){3}", one)
        check_new_password(one, words=WORDS)
