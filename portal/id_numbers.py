"""Numbers that people and phones are known by in Thailand: read, grouped, checked."""

from __future__ import annotations

import re

from stdnum.th import pin

from portal.thai import arabic_digits

_NATIONAL_ID = re.compile("[0-9]{13}")
_ID_NUMBER = re.compile("[0-9]{13}|G[0-9]{12}")
_ID_GROUPS = re.compile("([0-9])([0-9]{4})([0-9]{5})([0-9]{2})([0-9])")
_DRESS = re.compile("[ \u2010-\u2015-]")


def bare_digits(text: str) -> str:
    """Return a number as 0-9, without the spaces and dashes that group it."""
    return _DRESS.sub("", arabic_digits(text))


def read_id_number(text: str) -> str:
    """Read 13 digits, or G and 12 digits as schools give it; raise `ValueError` for all else."""
    digits = bare_digits(text).upper()
    if _ID_NUMBER.fullmatch(digits) is None:
        message = "neither 13 digits nor a G code"
        raise ValueError(message)
    return digits


def grouped_id(number: str) -> str:
    """Write an id number as on the card, `1-2345-67890-12-3`; a G code stays as it is."""
    parts = _ID_GROUPS.fullmatch(number)
    return "-".join(parts.groups()) if parts else number


def valid_mobile(digits: str) -> bool:
    """Say whether this is a Thai mobile number: 06, 08 or 09, and eight digits more."""
    return re.fullmatch("0[689][0-9]{8}", digits) is not None


def valid_national_id(digits: str) -> bool:
    """Say whether the check digit of a 13-digit number is right, whatever its first digit."""
    # `pin.validate` also refuses a first 0 or 9; the registrars do give such numbers.
    if _NATIONAL_ID.fullmatch(digits) is None:
        return False
    return pin.calc_check_digit(digits) == digits[-1]
