"""The payments of a batch as a workbook: for people, and for a bank that takes a table."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence

from portal.banks import BANKS
from portal.money import Money
from portal.payments.bankfile import Batch
from portal.payments.bankfile import Format
from portal.sheet_writing import SHEET_ROWS_MAX
from portal.sheet_writing import write_workbook

_SATANG_MAX = Money(10**15 - 1)  # a number cell keeps 15 digits
FORMAT = Format(
    encoding="utf-8",
    name_length_max=200,  # as long as the portal keeps a name
    reference_length_max=35,
    company_id_length_max=35,
    account_digits_max=15,
    amount_max=_SATANG_MAX,
    total_max=_SATANG_MAX,
    count_max=SHEET_ROWS_MAX - 2,  # under the header, over the total
)

# The file goes to a Thai bank, and is the same whoever makes it.
PAYMENTS = "รายการโอน"
BATCH = "สรุป"
HEADER = (
    "ลำดับ",
    "เลขที่การจ่าย",
    "ชื่อบัญชี",
    "รหัสธนาคาร",
    "ธนาคาร",
    "รหัสสาขา",
    "เลขที่บัญชี",
    "จำนวนเงิน (บาท)",
)


def write(batch: Batch) -> bytes:
    """Return the workbook; `flaws` has looked at the batch before."""
    return write_workbook({PAYMENTS: [HEADER, *_rows(batch)], BATCH: _summary(batch)})


def _rows(batch: Batch) -> Iterator[Sequence[object]]:
    for number, order in enumerate(batch.orders, 1):
        yield (
            number,
            order.reference,
            order.payee,
            order.bank_code,
            BANKS[order.bank_code].name_th,
            order.branch,
            order.account,
            order.amount,
        )
    yield (None, None, "รวม", None, None, None, None, batch.total)


def _summary(batch: Batch) -> Sequence[Sequence[object]]:
    debtor = batch.debtor
    return (
        ("รายการ", "ข้อมูล"),
        ("เลขที่ชุดจ่าย", batch.reference),
        ("ผู้จ่าย", debtor.name),
        ("รหัสบริษัทที่ธนาคารกำหนด", debtor.company_id),
        ("ธนาคาร", BANKS[debtor.bank_code].name_th),
        ("เลขที่บัญชีที่จ่าย", debtor.account),
        ("วันที่มีผล", batch.value_on),
        ("จำนวนรายการ", len(batch.orders)),
        ("จำนวนเงินรวม (บาท)", batch.total),
    )
