"""The headers of the tables that the banks of Thailand send, in Thai and in English."""

from __future__ import annotations

import re
from enum import StrEnum

from portal.thai import tidy


class StatementColumn(StrEnum):
    """What a column of a bank's table holds."""

    DAY = "day"
    VALUE_DAY = "value_day"
    DESCRIPTION = "description"
    DETAILS = "details"
    NOTE = "note"
    WITHDRAWAL = "withdrawal"
    DEPOSIT = "deposit"
    AMOUNT = "amount"
    DIRECTION = "direction"
    BALANCE = "balance"
    BANK_REFERENCE = "bank_reference"
    END_TO_END_ID = "end_to_end_id"
    COUNTER_ACCOUNT = "counter_account"


_BRACKETS = re.compile(r"[(\[].*?[)\]]")
_ORNAMENT = re.compile(r"[\s*:._-]")
_BETWEEN = re.compile(r"[/\n|()\[\]]")
_HEADER_LENGTH_MAX = 100


def header_key(text: str) -> str:
    """Return what a header is known by, however it is spaced and dotted."""
    return _ORNAMENT.sub("", tidy(text)).casefold()


def column_called(cell: object) -> StatementColumn | None:
    """Return what a header names: whole, without brackets, or by one of its two languages."""
    if not isinstance(cell, str) or len(cell) > _HEADER_LENGTH_MAX:
        return None
    parts = [cell, _BRACKETS.sub("", cell), *_BETWEEN.split(cell)]
    return next((_BY_NAME[key] for part in parts if (key := header_key(part)) in _BY_NAME), None)


_CALLED: dict[StatementColumn, tuple[str, ...]] = {
    StatementColumn.DAY: (
        *("วันที่", "วันที่ทำรายการ", "วันที่รายการ", "วันที่บันทึก", "วันที่และเวลา", "วัน/เดือน/ปี", "วันเดือนปี"),
        *("วันที่/เวลา", "วัน เวลา", "Date", "Transaction Date", "Posting Date", "Booking Date"),
        *("Tran Date", "Txn Date", "Trans Date", "Date/Time", "Date & Time", "Booked On"),
    ),
    StatementColumn.VALUE_DAY: ("วันที่มีผล", "วันที่มูลค่า", "Value Date", "Effective Date"),
    StatementColumn.DESCRIPTION: (
        *("รายการ", "คำอธิบาย", "คำอธิบายรายการ", "ประเภทรายการ", "Description", "Descriptions"),
        *("Transaction", "Transaction Description", "Particulars", "Transaction Type"),
    ),
    StatementColumn.DETAILS: (
        *("รายละเอียด", "รายละเอียดรายการ", "รายละเอียดเพิ่มเติม", "Details", "Detail"),
        "Transaction Details",
    ),
    StatementColumn.NOTE: (
        *("หมายเหตุ", "บันทึก", "บันทึกช่วยจำ", "Note", "Notes", "Remark", "Remarks", "Memo"),
    ),
    StatementColumn.WITHDRAWAL: (
        *("ถอน", "ถอนเงิน", "รายการถอน", "จำนวนเงินถอน", "จำนวนเงินที่ถอน", "เงินออก", "จ่าย", "เดบิต"),
        *("หักบัญชี", "Withdrawal", "Withdrawals", "Withdraw", "Withdrawal Amount", "Debit"),
        *("Debits", "Debit Amount", "Dr", "Paid Out", "Money Out"),
    ),
    StatementColumn.DEPOSIT: (
        *("ฝาก", "ฝากเงิน", "รายการฝาก", "จำนวนเงินฝาก", "จำนวนเงินที่ฝาก", "เงินเข้า", "รับ", "เครดิต"),
        *("เข้าบัญชี", "Deposit", "Deposits", "Deposit Amount", "Credit", "Credits", "Credit Amount"),
        *("Cr", "Paid In", "Money In"),
    ),
    StatementColumn.AMOUNT: (
        *("จำนวนเงิน", "จำนวน", "ถอนเงิน/ฝากเงิน", "ฝาก/ถอน", "ถอน/ฝาก", "Amount"),
        *("Transaction Amount", "Withdrawal/Deposit", "Deposit/Withdrawal"),
    ),
    StatementColumn.DIRECTION: (
        *("เดบิต/เครดิต", "เข้า/ออก", "Dr/Cr", "Cr/Dr", "D/C", "C/D", "Debit/Credit", "Credit/Debit"),
    ),
    StatementColumn.BALANCE: (
        *("ยอดคงเหลือ", "คงเหลือ", "ยอดเงินคงเหลือ", "ยอดเงินในบัญชี", "Balance", "Ledger Balance"),
        *("Outstanding Balance", "Running Balance", "Available Balance"),
    ),
    StatementColumn.BANK_REFERENCE: (
        *("เลขที่อ้างอิง", "เลขอ้างอิง", "หมายเลขอ้างอิง", "เลขที่รายการ", "อ้างอิง", "Reference"),
        *("Reference No", "Reference Number", "Ref", "Ref No", "Bank Reference"),
    ),
    StatementColumn.END_TO_END_ID: (
        *("เลขที่อ้างอิงลูกค้า", "เลขอ้างอิงลูกค้า", "อ้างอิง 1", "Customer Reference", "Customer Ref"),
        *("Cust Ref", "Ref 1", "Reference 1", "Payment Reference", "End to End ID", "EndToEndId"),
    ),
    StatementColumn.COUNTER_ACCOUNT: (
        *("บัญชีปลายทาง", "เลขที่บัญชีปลายทาง", "เลขที่บัญชีคู่รายการ", "เลขที่บัญชีผู้รับ", "บัญชีผู้รับเงิน"),
        *("เลขที่บัญชีผู้รับเงิน", "To Account", "Beneficiary Account", "Counter Account"),
        "Counterparty Account",
    ),
}
_BY_NAME = {header_key(name): column for column, names in _CALLED.items() for name in names}
