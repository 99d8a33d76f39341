"""What a PromptPay QR code says: EMVCo's payload for a transfer from person to person.

It holds a phone number or a national id: it stands on the treasury's own pay sheet only.
"""

from __future__ import annotations

import re
from binascii import crc_hqx
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from portal.errors import N_
from portal.id_numbers import valid_mobile
from portal.id_numbers import valid_national_id
from portal.money import Money
from portal.payments.refusals import AmountTooLargeError
from portal.payments.refusals import NoAmountError
from portal.payments.refusals import ProxyUnfitError


class ProxyKind(StrEnum):
    """What somebody is known by at PromptPay."""

    MOBILE = "mobile"
    NATIONAL_ID = "national_id"
    TAX_ID = "tax_id"
    EWALLET = "ewallet"


@dataclass(frozen=True, slots=True)
class Proxy:
    """What stands for an account at PromptPay."""

    kind: ProxyKind
    digits: str


AMOUNT_MAX = Money(10**12 - 1)  # 13 characters, the point among them

_TAGS = {
    ProxyKind.MOBILE: "01",
    ProxyKind.NATIONAL_ID: "02",
    ProxyKind.TAX_ID: "02",
    ProxyKind.EWALLET: "03",
}
_FITS: Mapping[ProxyKind, Callable[[str], bool]] = {
    ProxyKind.MOBILE: valid_mobile,
    ProxyKind.NATIONAL_ID: valid_national_id,
    ProxyKind.TAX_ID: valid_national_id,  # the same check digit
    ProxyKind.EWALLET: lambda digits: re.fullmatch("[0-9]{15}", digits) is not None,
}
_SENTENCES = {
    ProxyKind.MOBILE: N_("A mobile number is 10 digits and begins with 06, 08 or 09."),
    ProxyKind.NATIONAL_ID: N_(
        "A national id number is 13 digits, the last of which fits the others."
    ),
    ProxyKind.TAX_ID: N_("A tax id number is 13 digits, the last of which fits the others."),
    ProxyKind.EWALLET: N_("The number of an e-wallet is 15 digits."),
}
_THAI_BAHT = "764"
_PROMPTPAY = "A000000677010111"
_CRC_START = 0xFFFF


def proxy_of(digits: str) -> Proxy:
    """Return what somebody is known by, told by how many digits it has."""
    kinds = {10: ProxyKind.MOBILE, 13: ProxyKind.NATIONAL_ID, 15: ProxyKind.EWALLET}
    return Proxy(kinds[len(digits)], digits)


def payload(proxy: Proxy, amount: Money | None = None) -> str:
    """Return the text of the QR code; without an amount, who pays types it."""
    if not _FITS[proxy.kind](proxy.digits):
        raise ProxyUnfitError(_SENTENCES[proxy.kind])
    to = _part("00", _PROMPTPAY) + _part(_TAGS[proxy.kind], _target(proxy))
    text = (
        _part("00", "01")
        + _part("01", "11" if amount is None else "12")  # for many payments, or for this one
        + _part("29", to)
        + _part("58", "TH")
        + _part("53", _THAI_BAHT)
        + ("" if amount is None else _part("54", _baht(amount)))
        + "6304"
    )
    return f"{text}{crc_hqx(text.encode('ascii'), _CRC_START):04X}"


def _part(tag: str, value: str) -> str:
    return f"{tag}{len(value):02}{value}"


def _target(proxy: Proxy) -> str:
    return f"0066{proxy.digits[1:]}" if proxy.kind is ProxyKind.MOBILE else proxy.digits


def _baht(amount: Money) -> str:
    if amount <= Money(0):
        raise NoAmountError
    if amount > AMOUNT_MAX:
        raise AmountTooLargeError(most=AMOUNT_MAX)
    baht, satang = divmod(amount.satang, 100)
    return f"{baht}.{satang:02}"
