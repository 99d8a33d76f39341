from __future__ import annotations

from dataclasses import replace

import pytest

from portal.errors import InputError
from portal.money import Money
from portal.payments import bankfile
from portal.payments import ktb
from portal.payments import pain001
from portal.payments import payment_table
from portal.payments import refusals
from portal.payments.bankfile import Batch
from portal.payments.bankfile import Debtor
from portal.payments.bankfile import Flaw
from portal.payments.bankfile import Format
from portal.payments.bankfile import Order
from portal.payments.bankfile import Place
from portal.payments.bankfile import batch_flaws
from portal.payments.bankfile import flaws
from portal.payments.rules import Channel
from tests.bank_orders import BATCH
from tests.bank_orders import FOUNDATION
from tests.bank_orders import MALEE
from tests.bank_orders import SCHOOL
from tests.bank_orders import batch_of
from tests.bank_orders import many

FORMATS = (ktb.FORMAT, pain001.FORMAT, payment_table.FORMAT)


def told(found: tuple[Flaw, ...]) -> list[tuple[str, Place, type[InputError]]]:
    return [(flaw.reference, flaw.place, type(flaw.why)) for flaw in found]


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_batch_that_every_file_holds_has_no_flaw(file_format: Format) -> None:
    assert batch_flaws(BATCH, file_format) == ()


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize(
    ("order", "place", "why"),
    [
        (replace(MALEE, reference=""), Place.REFERENCE, refusals.ReferenceUnfitError),
        (replace(MALEE, reference="-1"), Place.REFERENCE, refusals.ReferenceUnfitError),
        (replace(MALEE, reference="P 1"), Place.REFERENCE, refusals.ReferenceUnfitError),
        (replace(MALEE, reference="จ1"), Place.REFERENCE, refusals.ReferenceUnfitError),
        (replace(MALEE, reference="P" * 36), Place.REFERENCE, refusals.ReferenceUnfitError),
        (replace(MALEE, channel=Channel.CASH), Place.CHANNEL, refusals.NotTransferError),
        (replace(MALEE, channel=Channel.PROMPTPAY), Place.CHANNEL, refusals.NotTransferError),
        (replace(MALEE, payee=""), Place.PAYEE, refusals.NameMissingError),
        (replace(MALEE, payee="  "), Place.PAYEE, refusals.NameMissingError),
        (replace(MALEE, payee=" มาลี"), Place.PAYEE, refusals.NameBlanksError),
        (replace(MALEE, payee="มาลี "), Place.PAYEE, refusals.NameBlanksError),
        (replace(MALEE, payee="มา\nลี"), Place.PAYEE, refusals.NameCharactersError),
        (replace(MALEE, payee="มา\u200bลี"), Place.PAYEE, refusals.NameCharactersError),
        (replace(MALEE, payee="มา\u00a0ลี"), Place.PAYEE, refusals.NameCharactersError),
        (replace(MALEE, payee="มา\ud800ลี"), Place.PAYEE, refusals.NameCharactersError),
        (replace(MALEE, payee="ก" * 201), Place.PAYEE, refusals.NameTooLongError),
        (replace(MALEE, bank_code="999"), Place.BANK, refusals.BankUnknownError),
        (replace(MALEE, bank_code="065"), Place.BANK, refusals.BankUnknownError),
        (replace(MALEE, account="999031827"), Place.ACCOUNT, refusals.AccountDigitsError),
        (replace(MALEE, account="999-0-31827-0"), Place.ACCOUNT, refusals.AccountDigitsError),
        (replace(MALEE, account="๙๙๙๐๓๑๘๒๗๐"), Place.ACCOUNT, refusals.AccountDigitsError),
        (replace(MALEE, bank_code="030"), Place.ACCOUNT, refusals.AccountDigitsError),
        (replace(MALEE, branch="12"), Place.BRANCH, refusals.BranchDigitsError),
        (replace(MALEE, amount=Money(0)), Place.AMOUNT, refusals.NoAmountError),
        (replace(MALEE, amount=Money(-1)), Place.AMOUNT, refusals.NoAmountError),
        (replace(MALEE, amount=Money(10**18)), Place.AMOUNT, refusals.AmountTooLargeError),
    ],
)
def test_what_no_file_holds_is_named(
    order: Order, place: Place, why: type[InputError], file_format: Format
) -> None:
    assert told(flaws([SCHOOL, order], file_format)) == [(order.reference, place, why)]


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_number_that_stands_twice_is_named_twice(file_format: Format) -> None:
    twice = (MALEE, SCHOOL, replace(SCHOOL, reference=MALEE.reference))
    flaw = (MALEE.reference, Place.REFERENCE, refusals.ReferenceTwiceError)
    assert told(flaws(twice, file_format)) == [flaw, flaw]


def test_all_flaws_of_a_payment_are_told_at_once() -> None:
    order = replace(MALEE, payee="", bank_code="999", amount=Money(0))
    assert [flaw.place for flaw in flaws([order], ktb.FORMAT)] == [
        Place.PAYEE,
        Place.BANK,
        Place.AMOUNT,
    ]


@pytest.mark.parametrize("file_format", FORMATS)
def test_the_longest_that_fits_is_no_flaw(file_format: Format) -> None:
    order = replace(
        MALEE,
        reference="P" * file_format.reference_length_max,
        payee="ก" * file_format.name_length_max,
        amount=file_format.amount_max,
    )
    assert flaws([order], file_format) == ()
    longer = replace(
        order,
        reference=f"{order.reference}P",
        payee=f"{order.payee}ก",
        amount=order.amount + Money(1),
    )
    assert {flaw.place for flaw in flaws([longer], file_format)} == {
        Place.REFERENCE,
        Place.PAYEE,
        Place.AMOUNT,
    }


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize(
    ("debtor", "place", "why"),
    [
        (replace(FOUNDATION, name=""), Place.PAYER, refusals.NameMissingError),
        (replace(FOUNDATION, name="ก" * 201), Place.PAYER, refusals.NameTooLongError),
        (replace(FOUNDATION, company_id=""), Place.COMPANY_ID, refusals.ReferenceUnfitError),
        (replace(FOUNDATION, company_id="X" * 36), Place.COMPANY_ID, refusals.ReferenceUnfitError),
        (replace(FOUNDATION, account="1"), Place.PAYER_ACCOUNT, refusals.AccountDigitsError),
        (replace(FOUNDATION, branch=""), Place.PAYER_BRANCH, refusals.BranchDigitsError),
    ],
)
def test_what_is_wrong_with_the_payer_is_told_of_the_batch(
    debtor: Debtor, place: Place, why: type[InputError], file_format: Format
) -> None:
    found = batch_flaws(replace(BATCH, debtor=debtor), file_format)
    assert told(found) == [(BATCH.reference, place, why)]


def test_only_the_file_of_one_bank_asks_for_an_account_there() -> None:
    batch = replace(BATCH, debtor=replace(FOUNDATION, bank_code="014"))
    assert told(batch_flaws(batch, ktb.FORMAT)) == [
        (BATCH.reference, Place.PAYER_BANK, refusals.PayerBankError)
    ]
    assert batch_flaws(batch, pain001.FORMAT) == batch_flaws(batch, payment_table.FORMAT) == ()


def test_an_unknown_bank_of_the_payer_is_told_too() -> None:
    batch = replace(BATCH, debtor=replace(FOUNDATION, bank_code="999"))
    assert told(batch_flaws(batch, pain001.FORMAT)) == [
        (BATCH.reference, Place.PAYER_BANK, refusals.BankUnknownError)
    ]


@pytest.mark.parametrize(
    ("batch", "place", "why"),
    [
        (batch_of(), Place.ORDERS, refusals.NoOrdersError),
        (many(4), Place.ORDERS, refusals.TooManyOrdersError),
        (replace(BATCH, reference="ชุด 1"), Place.REFERENCE, refusals.ReferenceUnfitError),
    ],
)
def test_what_is_wrong_with_a_batch_is_told_of_the_batch(
    batch: Batch, place: Place, why: type[InputError]
) -> None:
    for file_format in FORMATS:
        found = batch_flaws(batch, replace(file_format, count_max=3))
        assert told(found) == [(batch.reference, place, why)]


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_total_can_be_too_large_where_no_amount_is(file_format: Format) -> None:
    count = file_format.total_max.satang // file_format.amount_max.satang + 1
    orders = (replace(order, amount=file_format.amount_max) for order in many(count).orders)
    assert told(batch_flaws(batch_of(*orders), file_format)) == [
        (BATCH.reference, Place.TOTAL, refusals.AmountTooLargeError)
    ]


def test_what_is_wrong_with_batch_and_payments_is_told_together() -> None:
    batch = replace(batch_of(replace(MALEE, payee="")), reference="")
    assert [flaw.place for flaw in batch_flaws(batch, ktb.FORMAT)] == [
        Place.REFERENCE,
        Place.PAYEE,
    ]


@pytest.mark.parametrize("length_max", [10, 11, 34])
def test_only_one_leading_zero_may_leave_an_account(length_max: int) -> None:
    short = "7" * length_max
    assert bankfile.short_account(short, length_max) == short
    assert bankfile.short_account(f"0{short}", length_max) == short
    for digits in ("", f"1{short}", f"00{short}", f"0{short[1:]}"):
        assert bankfile.short_account(digits, length_max) == digits


@pytest.mark.parametrize(
    ("flaw", "sentence"),
    [
        (replace(MALEE, payee="ก" * 101), "The name has 101 characters; the file holds 100."),
        (
            replace(MALEE, payee="José 🙏"),
            "The name has characters that the file cannot hold: ('é U+00E9', '🙏 U+1F64F')",
        ),
        (
            replace(MALEE, payee="มา\u200bลี"),
            "The name has characters that the file cannot hold: ('U+200B',)",
        ),
        (replace(MALEE, bank_code="065"), "There is no open bank with the code 065."),
        (
            replace(MALEE, account="12"),
            "An account number of KTB is 10 digits and nothing else.",
        ),
        (
            replace(MALEE, bank_code="069", account="12"),
            "An account number of KKP is 10-15 digits and nothing else.",
        ),
        (
            replace(MALEE, bank_code="067", account="00011234567890"),
            (
                "The file holds account numbers of 11 digits. "
                "Pay this one at the bank or by PromptPay."
            ),
        ),
        (
            replace(MALEE, amount=Money(10**17)),
            "The file holds at most 999,999,999,999,999.99 baht here.",
        ),
        (
            replace(MALEE, reference="P" * 19),
            "The number must be 1 to 18 letters A-Z, digits, dashes or dots.",
        ),
    ],
)
def test_a_flaw_says_what_to_look_at(flaw: Order, sentence: str) -> None:
    (found,) = flaws([flaw], ktb.FORMAT)
    assert str(found.why) == sentence
