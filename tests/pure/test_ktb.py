from __future__ import annotations

import re
import time
from dataclasses import dataclass
from dataclasses import replace

import pytest
from hypothesis import given

from portal.money import Money
from portal.payments import ktb
from portal.payments.bankfile import Batch
from portal.payments.bankfile import Flaw
from portal.payments.bankfile import Order
from portal.payments.bankfile import batch_flaws
from portal.payments.bankfile import flaws
from portal.payments.refusals import AccountTooLongError
from tests.bank_orders import BATCH
from tests.bank_orders import FOUNDATION
from tests.bank_orders import LETTERS
from tests.bank_orders import MALEE
from tests.bank_orders import batch_of
from tests.bank_orders import batches
from tests.bank_orders import holds_order
from tests.bank_orders import many
from tests.bank_orders import odd_orders

# A reader of its own: the widths of the fields one after the other, as a bank's handbook has them.
HEADER = re.compile(
    r"(?P<file>.{2})(?P<record>.)(?P<batch>.{6})(?P<bank>.{3})(?P<count>.{7})(?P<total>.{19})"
    r"(?P<day>.{8})(?P<code>.)(?P<receiver>.{8})(?P<company>.{16})(?P<user>.{20})(?P<rest>.{407})"
)
DETAIL = re.compile(
    r"(?P<file>.{2})(?P<record>.)(?P<batch>.{6})"
    r"(?P<to_bank>.{3})(?P<to_branch>.{4})(?P<to_account>.{11})"
    r"(?P<from_bank>.{3})(?P<from_branch>.{4})(?P<from_account>.{11})"
    r"(?P<day>.{8})(?P<service>.{2})(?P<house>.{2})(?P<amount>.{17})"
    r"(?P<information>.{8})(?P<receiver_id>.{10})(?P<to_name>.{100})(?P<from_name>.{100})"
    r"(?P<other_1>.{40})(?P<debit>.{18})(?P<reserve_1>.{2})(?P<reference>.{18})(?P<reserve_2>.{2})"
    r"(?P<other_2>.{20})(?P<number>.{6})(?P<status>.{2})"
    r"(?P<mail>.{40})(?P<mobile>.{20})(?P<sub_branch>.{4})(?P<rest>.{34})"
)


@dataclass(frozen=True, slots=True)
class File:
    header: dict[str, str]
    details: list[dict[str, str]]


def read(file: bytes) -> File:
    """Read a file, and refuse one that is not whole records."""
    assert len(file) % 500 == 0
    records = [file[at : at + 500] for at in range(0, len(file), 500)]
    assert all(record.endswith(b"\r\n") and record.count(b"\n") == 1 for record in records)
    first, *others = (record[:498].decode("cp874") for record in records)
    return File(_fields(HEADER, first), [_fields(DETAIL, other) for other in others])


def _fields(form: re.Pattern[str], record: str) -> dict[str, str]:
    match = form.fullmatch(record)
    assert match is not None
    return match.groupdict()


def test_every_field_of_the_header_is_where_the_bank_reads_it() -> None:
    assert read(ktb.write(BATCH)).header == {
        "file": "10",
        "record": "1",
        "batch": "000001",
        "bank": "006",
        "count": "0000002",
        "total": "0000000000000150051",
        "day": "01122026",
        "code": "C",
        "receiver": "00000000",
        "company": "RYGFOUND01      ",
        "user": " " * 20,
        "rest": " " * 407,
    }


def test_every_field_of_a_detail_is_where_the_bank_reads_it() -> None:
    first, second = read(ktb.write(BATCH)).details
    assert first == {
        "file": "10",
        "record": "2",
        "batch": "000001",
        "to_bank": "006",
        "to_branch": "0000",
        "to_account": "09990318270",
        "from_bank": "006",
        "from_branch": "0214",
        "from_account": "01234567890",
        "day": "01122026",
        "service": "59",
        "house": "00",
        "amount": "00000000000150050",
        "information": " " * 8,
        "receiver_id": "0" * 10,
        "to_name": "นางสาวมาลี ใจดี".ljust(100),
        "from_name": "มูลนิธิส่งเสริมการศึกษาจังหวัดระยอง".ljust(100),
        "other_1": " " * 40,
        "debit": " " * 18,
        "reserve_1": "  ",
        "reference": "RYG-2570-P000001  ",
        "reserve_2": "  ",
        "other_2": " " * 20,
        "number": "000001",
        "status": "09",
        "mail": " " * 40,
        "mobile": " " * 20,
        "sub_branch": "0000",
        "rest": " " * 34,
    }
    assert second == first | {
        "to_bank": "034",
        "to_branch": "0123",
        "to_account": "12345678901",
        "amount": "00000000000000001",
        "to_name": "โรงเรียนบ้านค่าย & Co.".ljust(100),
        "reference": "RYG-2570-P000002  ",
        "number": "000002",
    }


@pytest.mark.parametrize("layout", [ktb.HEADER, ktb.DETAIL])
def test_the_layout_has_neither_holes_nor_overlaps(layout: tuple[ktb.Field, ...]) -> None:
    next_start = 1
    for field in layout:
        assert field.start == next_start, field.name
        next_start += field.length
    assert next_start == ktb.RECORD_LENGTH + 1
    assert len({field.name for field in layout}) == len(layout)


def test_a_branch_nobody_knows_is_zeros_but_for_the_government_savings_bank() -> None:
    order = replace(MALEE, bank_code="030", account="020123456789")
    (detail,) = read(ktb.write(batch_of(order))).details
    assert (detail["to_branch"], detail["to_account"]) == ("9990", "20123456789")
    (detail,) = read(ktb.write(batch_of(replace(order, branch="0001")))).details
    assert detail["to_branch"] == "0001"


def test_without_its_branch_the_payer_has_zeros_too() -> None:
    batch = replace(batch_of(MALEE), debtor=replace(FOUNDATION, branch=None))
    (detail,) = read(ktb.write(batch)).details
    assert detail["from_branch"] == "0000"


@pytest.mark.parametrize(
    ("bank", "account"),
    [
        ("030", "120123456789"),
        ("034", "112345678901"),
        ("067", "00011234567890"),
        ("069", "0012345678901"),
    ],
)
def test_an_account_that_would_be_cut_is_a_flaw_and_is_never_written(
    bank: str, account: str
) -> None:
    order = replace(MALEE, bank_code=bank, account=account)
    (flaw,) = flaws([order], ktb.FORMAT)
    assert isinstance(flaw.why, AccountTooLongError)
    with pytest.raises(ValueError, match="receiving_account"):
        ktb.write(batch_of(order))


@pytest.mark.parametrize(
    "order",
    [
        replace(MALEE, payee="ก" * 101),
        replace(MALEE, payee="มา\nลี"),
        replace(MALEE, payee="José"),
        replace(MALEE, reference="P" * 19),
        replace(MALEE, account="999-0-31827"),
        replace(MALEE, account="๙๙๙๐๓๑๘๒๗๐"),
        replace(MALEE, amount=Money(10**17)),
        replace(MALEE, amount=Money(-1)),
        replace(MALEE, branch="00001"),
    ],
)
def test_what_nobody_looked_at_is_not_written_either(order: Order) -> None:
    with pytest.raises(ValueError, match=r"cannot hold|codec can't encode"):
        ktb.write(batch_of(order))


@given(batches(name_length_max=100))
def test_whatever_the_file_can_hold_is_read_back_unchanged(batch: Batch) -> None:
    assert batch_flaws(batch, ktb.FORMAT) == ()
    file = read(ktb.write(batch))
    satang = [int(detail["amount"]) for detail in file.details]
    assert (int(file.header["count"]), int(file.header["total"])) == (len(satang), sum(satang))
    assert file.header["day"] == batch.value_on.strftime("%d%m%Y")
    assert file.header["company"].rstrip() == batch.debtor.company_id
    for number, (order, detail) in enumerate(zip(batch.orders, file.details, strict=True), 1):
        assert int(detail["number"]) == number
        assert detail["reference"].rstrip() == order.reference
        assert detail["to_name"].rstrip() == order.payee
        assert detail["from_name"].rstrip() == batch.debtor.name
        assert detail["to_bank"] == order.bank_code
        assert int(detail["to_account"]) == int(order.account)
        assert detail["to_branch"] == (order.branch or detail["to_branch"])
        assert int(detail["amount"]) == order.amount.satang


@given(odd_orders(name_length_max=100))
def test_what_is_refused_could_not_be_held_and_all_else_is_written_whole(order: Order) -> None:
    found: tuple[Flaw, ...] = flaws([order], ktb.FORMAT)
    name = f"[{re.escape(LETTERS)}]{{1,100}}"
    can_be_held = holds_order(order, name=name, reference=18, account=11, satang=17)
    assert (found == ()) == can_be_held
    if can_be_held:
        (detail,) = read(ktb.write(batch_of(order))).details
        assert detail["to_name"].rstrip() == order.payee
        assert detail["reference"].rstrip() == order.reference


def test_the_same_batch_gives_the_same_bytes() -> None:
    assert ktb.write(BATCH) == ktb.write(replace(BATCH))


def test_ten_thousand_payments_are_written_at_once() -> None:
    batch = many(10_000)
    begun = time.process_time()
    assert batch_flaws(batch, ktb.FORMAT) == ()
    file = ktb.write(batch)
    assert time.process_time() - begun < 10  # it takes a fifth of a second, on an idle machine
    assert len(read(file).details) == 10_000
