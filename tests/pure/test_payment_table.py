from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from io import BytesIO

import openpyxl
import pytest
from hypothesis import given
from hypothesis import settings
from openpyxl.workbook import Workbook

from portal.money import Money
from portal.payments import payment_table
from portal.payments.bankfile import Batch
from portal.payments.bankfile import batch_flaws
from portal.payments.bankfile import flaws
from tests.bank_orders import BATCH
from tests.bank_orders import MALEE
from tests.bank_orders import batch_of
from tests.bank_orders import batches
from tests.formulas import FORMULAS


def read(file: bytes) -> Workbook:
    return openpyxl.load_workbook(BytesIO(file))


def rows(file: bytes, sheet: str) -> list[tuple[object, ...]]:
    return list(read(file)[sheet].iter_rows(values_only=True))


def test_every_payment_has_its_row_and_the_last_tells_the_total() -> None:
    header, *others = rows(payment_table.write(BATCH), "รายการโอน")
    assert header == (
        "ลำดับ",
        "เลขที่การจ่าย",
        "ชื่อบัญชี",
        "รหัสธนาคาร",
        "ธนาคาร",
        "รหัสสาขา",
        "เลขที่บัญชี",
        "จำนวนเงิน (บาท)",
    )
    assert others == [
        (1, "RYG-2570-P000001", "นางสาวมาลี ใจดี", "006", "ธนาคารกรุงไทย", None, "9990318270", 1500.5),
        (
            2,
            "RYG-2570-P000002",
            "โรงเรียนบ้านค่าย & Co.",
            "034",
            "ธนาคารเพื่อการเกษตรและสหกรณ์การเกษตร",
            "0123",
            "012345678901",
            0.01,
        ),
        (None, None, "รวม", None, None, None, None, 1500.51),
    ]


def test_another_sheet_tells_who_pays_when_and_how_much() -> None:
    assert rows(payment_table.write(BATCH), "สรุป") == [
        ("รายการ", "ข้อมูล"),
        ("เลขที่ชุดจ่าย", "RYG-2570-B000007"),
        ("ผู้จ่าย", "มูลนิธิส่งเสริมการศึกษาจังหวัดระยอง"),
        ("รหัสบริษัทที่ธนาคารกำหนด", "RYGFOUND01"),
        ("ธนาคาร", "ธนาคารกรุงไทย"),
        ("เลขที่บัญชีที่จ่าย", "1234567890"),
        ("วันที่มีผล", datetime(2026, 12, 1)),  # noqa: DTZ001 - a cell has no time zone
        ("จำนวนรายการ", 2),
        ("จำนวนเงินรวม (บาท)", 1500.51),
    ]


@pytest.mark.parametrize("name", FORMULAS)
def test_a_name_is_never_a_formula(name: str) -> None:
    sheet = read(payment_table.write(batch_of(replace(MALEE, payee=name))))["รายการโอน"]
    assert (sheet["C2"].value, sheet["C2"].data_type) == (name.replace("\r", "_x000D_"), "s")


def test_the_largest_amount_keeps_its_satang() -> None:
    order = replace(MALEE, amount=payment_table.FORMAT.amount_max)
    assert flaws([order], payment_table.FORMAT) == ()
    _, row, _ = rows(payment_table.write(batch_of(order)), "รายการโอน")
    assert row[-1] == 9_999_999_999_999.99
    assert flaws([replace(order, amount=Money(10**15))], payment_table.FORMAT) != ()


@given(batches(name_length_max=200))
@settings(max_examples=25)
def test_whatever_the_file_can_hold_is_read_back_unchanged(batch: Batch) -> None:
    assert batch_flaws(batch, payment_table.FORMAT) == ()
    _, *payments, last = rows(payment_table.write(batch), "รายการโอน")
    for order, row in zip(batch.orders, payments, strict=True):
        _, reference, payee, bank, _, branch, account, baht = row
        assert (reference, payee, bank, branch, account) == (
            order.reference,
            order.payee,
            order.bank_code,
            order.branch,
            order.account,
        )
        assert isinstance(baht, int | float)
        assert round(baht * 100) == order.amount.satang
    assert isinstance(last[-1], int | float)
    assert round(last[-1] * 100) == batch.total.satang


def test_the_same_batch_gives_the_same_bytes() -> None:
    assert payment_table.write(BATCH) == payment_table.write(replace(BATCH))
