from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.id_numbers import valid_national_id
from portal.money import Money
from portal.payments.promptpay import AMOUNT_MAX
from portal.payments.promptpay import Proxy
from portal.payments.promptpay import ProxyKind
from portal.payments.promptpay import payload
from portal.payments.refusals import AmountTooLargeError
from portal.payments.refusals import NoAmountError
from portal.payments.refusals import ProxyUnfitError
from tests import promptpay_oracle

MALEE = Proxy(ProxyKind.MOBILE, "0812345678")


@pytest.mark.parametrize(("kind", "digits", "satang", "printed"), promptpay_oracle.PRINTED)
def test_a_payload_is_what_another_program_printed(
    kind: str, digits: str, satang: int | None, printed: str
) -> None:
    amount = None if satang is None else Money(satang)
    assert payload(Proxy(ProxyKind(kind), digits), amount) == printed


def test_the_program_itself_still_prints_the_same() -> None:
    drawn = random.Random(2570)  # noqa: S311 - only to try many
    asked = [(_some(kind, drawn), kind) for kind in ProxyKind for _ in range(100)]
    amounts = [drawn.choice((None, drawn.randrange(1, 10**9))) for _ in asked]
    told = promptpay_oracle.ask(
        [(digits, satang) for (digits, _), satang in zip(asked, amounts, strict=True)]
    )
    for (digits, kind), satang, printed in zip(asked, amounts, told, strict=True):
        assert payload(Proxy(kind, digits), None if satang is None else Money(satang)) == printed


def _some(kind: ProxyKind, drawn: random.Random) -> str:
    """Return digits of this kind."""
    match kind:
        case ProxyKind.MOBILE:
            return f"0{drawn.choice('689')}{drawn.randrange(10**8):08}"
        case ProxyKind.EWALLET:
            return f"{drawn.randrange(10**15):015}"
        case _:
            start = f"{drawn.randrange(10**12):012}"
            return next(
                f"{start}{last}" for last in range(10) if valid_national_id(f"{start}{last}")
            )


def parts(text: str) -> dict[str, str]:
    """Take a payload apart: two digits of a tag, two of a length, the value."""
    found = {}
    while text:
        tag, length = text[:2], int(text[2:4])
        assert tag not in found
        found[tag], text = text[4 : 4 + length], text[4 + length :]
    return found


def crc16(text: str) -> str:
    """Reckon CCITT's sum bit by bit."""
    crc = 0xFFFF
    for byte in text.encode():
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1
        crc &= 0xFFFF
    return f"{crc:04X}"


@given(st.integers(1, AMOUNT_MAX.satang))
def test_every_amount_is_told_to_the_satang(satang: int) -> None:
    text = payload(MALEE, Money(satang))
    told = parts(text)
    assert told.pop("54") == f"{satang // 100}.{satang % 100:02}"
    assert told.pop("63") == crc16(text[:-4])
    assert parts(told.pop("29")) == {"00": "A000000677010111", "01": "0066812345678"}
    assert told == {"00": "01", "01": "12", "53": "764", "58": "TH"}


def test_without_an_amount_who_pays_types_it() -> None:
    told = parts(payload(MALEE))
    assert told["01"] == "11"
    assert "54" not in told


@pytest.mark.parametrize(
    ("kind", "digits"),
    [
        (ProxyKind.MOBILE, ""),
        (ProxyKind.MOBILE, "081234567"),
        (ProxyKind.MOBILE, "08123456789"),
        (ProxyKind.MOBILE, "0212345678"),
        (ProxyKind.MOBILE, "66812345678"),
        (ProxyKind.MOBILE, "081-234-5678"),
        (ProxyKind.MOBILE, "๐๘๑๒๓๔๕๖๗๘"),
        (ProxyKind.MOBILE, "0812345678\n"),
        (ProxyKind.NATIONAL_ID, "1234567890120"),
        (ProxyKind.NATIONAL_ID, "123456789012"),
        (ProxyKind.NATIONAL_ID, "0812345678"),
        (ProxyKind.TAX_ID, "0994000164890"),
        (ProxyKind.EWALLET, "01234567890123"),
        (ProxyKind.EWALLET, "0123456789012345"),
        (ProxyKind.EWALLET, "01234567890123X"),
    ],
)
def test_what_nobody_has_at_promptpay_is_refused(kind: ProxyKind, digits: str) -> None:
    with pytest.raises(ProxyUnfitError):
        payload(Proxy(kind, digits))


@pytest.mark.parametrize("satang", [0, -1])
def test_nothing_cannot_be_paid(satang: int) -> None:
    with pytest.raises(NoAmountError):
        payload(MALEE, Money(satang))


def test_an_amount_of_more_than_thirteen_characters_is_refused() -> None:
    assert "541399" in payload(MALEE, AMOUNT_MAX)
    with pytest.raises(AmountTooLargeError):
        payload(MALEE, AMOUNT_MAX + Money(1))
