"""The tables of the open data: their columns, what each means, in Thai and English.

One declaration makes the CSV header, the data package, the workbook, the SQLite file and the page.
No table has a column for a name, a place below the province, or a word that somebody wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from portal.audit.entry import Json
from portal.labels import Name

TABLE_SCHEMA = "https://datapackage.org/profiles/2.0/tableschema.json"


class Type(StrEnum):
    """What a column holds, in the words of Table Schema."""

    TEXT = "string"
    COUNT = "integer"
    NUMBER = "number"
    DAY = "date"
    FLAG = "boolean"


@dataclass(frozen=True, slots=True)
class OpenColumn:
    """One column: its name for programs and its title for people."""

    name: str
    type: Type
    title: Name
    may_be_empty: bool = False
    # The kind in `codes` that names its codes, if it holds codes.
    codes: str = ""

    def describe(self) -> dict[str, Json]:
        """Return the column as Table Schema has it."""
        described: dict[str, Json] = {
            "name": self.name,
            "type": self.type.value,
            "title": self.title.th,
            "description": self.title.en,
        }
        if not self.may_be_empty:
            described["constraints"] = {"required": True}
        return described


@dataclass(frozen=True, slots=True)
class OpenTable:
    """One table: its name for programs, its title and what it is for people, its key."""

    name: str
    title: Name
    about: Name
    columns: Sequence[OpenColumn]
    key: Sequence[str]
    # column -> the table whose key it names
    refers: Mapping[str, str]

    @property
    def file(self) -> str:
        """Return the name of its CSV file."""
        return f"{self.name}.csv"

    def describe(self) -> dict[str, Json]:
        """Return the table as Table Schema has it."""
        described: dict[str, Json] = {
            "$schema": TABLE_SCHEMA,
            "fields": [column.describe() for column in self.columns],
            "missingValues": [""],
            "primaryKey": list(self.key),
        }
        if self.refers:
            described["foreignKeys"] = [
                {
                    "fields": [column],
                    "reference": {"resource": table, "fields": list(TABLES[table].key)},
                }
                for column, table in self.refers.items()
            ]
        return described


_FUND = OpenColumn("fund", Type.TEXT, Name("แหล่งเงิน (รหัส)", "Fund (code)"), codes="fund")
_SUBCOMMITTEE = OpenColumn(
    "subcommittee",
    Type.TEXT,
    Name("คณะอนุกรรมการ (รหัส)", "Subcommittee (code)"),
    codes="subcommittee",
)
_CATEGORY = OpenColumn(
    "category", Type.TEXT, Name("หมวดความช่วยเหลือ (รหัส)", "Kind of help (code)"), codes="category"
)
_YEAR = OpenColumn(
    "fiscal_year", Type.COUNT, Name("ปีงบประมาณ (พ.ศ.)", "Fiscal year (Buddhist era)")
)
_AMOUNT = OpenColumn("amount_baht", Type.NUMBER, Name("จำนวนเงิน (บาท)", "Amount (baht)"))
_INDEX = OpenColumn("log_index", Type.COUNT, Name("ลำดับในบันทึกประวัติ", "Position in the public log"))

_ALL = (
    OpenTable(
        "grants",
        Name("ความช่วยเหลือที่อนุมัติ", "Grants"),
        Name(
            "หนึ่งแถวคือหนึ่งคำขอที่อนุมัติแล้ว ไม่บอกว่าเป็นใครหรืออยู่ที่ใด",
            "One row for each request that was approved; not for whom, and not where.",
        ),
        (
            OpenColumn("grant", Type.TEXT, Name("เลขที่คำขอ", "Reference of the request")),
            OpenColumn(
                "recipient", Type.TEXT, Name("ผู้รับ (รหัส)", "For whom (code)"), codes="recipient"
            ),
            _YEAR,
            _FUND,
            _SUBCOMMITTEE,
            _CATEGORY,
            OpenColumn(
                "purpose",
                Type.TEXT,
                Name("วัตถุประสงค์ (รหัส)", "Purpose (code)"),
                codes="purpose",
            ),
            OpenColumn(
                "state", Type.TEXT, Name("สถานะ (รหัส)", "Where it stands (code)"), codes="state"
            ),
            OpenColumn("applied_baht", Type.NUMBER, Name("จำนวนที่ขอ (บาท)", "Applied for (baht)")),
            OpenColumn("awarded_baht", Type.NUMBER, Name("จำนวนที่อนุมัติ (บาท)", "Awarded (baht)")),
            OpenColumn(
                "disbursed_baht", Type.NUMBER, Name("จำนวนที่จ่ายแล้ว (บาท)", "Disbursed (baht)")
            ),
            OpenColumn("awarded_on", Type.DAY, Name("วันที่อนุมัติ", "Awarded on")),
            OpenColumn("province", Type.TEXT, Name("จังหวัด (รหัส)", "Province (code)")),
            _INDEX,
        ),
        key=("grant",),
        refers={},
    ),
    OpenTable(
        "payments",
        Name("การจ่ายเงิน", "Payments"),
        Name(
            "หนึ่งแถวคือเงินหนึ่งก้อนที่จ่ายจริง หักส่วนที่คืนกลับแล้ว",
            "One row for each payment that was made, less what came back of it.",
        ),
        (
            OpenColumn("payment", Type.TEXT, Name("เลขที่การจ่าย", "Number of the payment")),
            OpenColumn("grant", Type.TEXT, Name("เลขที่คำขอ", "Reference of the request")),
            _FUND,
            _SUBCOMMITTEE,
            _CATEGORY,
            OpenColumn("paid_on", Type.DAY, Name("วันที่ยืนยันการจ่าย", "Confirmed on")),
            _AMOUNT,
            OpenColumn(
                "fee_baht", Type.NUMBER, Name("ค่าธรรมเนียมธนาคาร (บาท)", "Kept by the bank (baht)")
            ),
            OpenColumn(
                "channel", Type.TEXT, Name("ช่องทาง (รหัส)", "Channel (code)"), codes="channel"
            ),
            _INDEX,
        ),
        key=("grant", "payment"),
        refers={"grant": "grants"},
    ),
    OpenTable(
        "allocations",
        Name("การจัดสรรเงิน", "Allocations"),
        Name(
            "หนึ่งแถวคือเงินจากแหล่งเงินที่จัดสรรให้คณะอนุกรรมการหนึ่งครั้ง",
            "One row for each sum of a fund that a subcommittee was given to decide on.",
        ),
        (
            _INDEX,
            _FUND,
            _SUBCOMMITTEE,
            _YEAR,
            OpenColumn("allocated_on", Type.DAY, Name("วันที่จัดสรร", "Allocated on")),
            _AMOUNT,
        ),
        key=("log_index",),
        refers={},
    ),
    OpenTable(
        "donations",
        Name("เงินบริจาค", "Donations"),
        Name(
            "หนึ่งแถวคือเงินบริจาคหนึ่งครั้ง ไม่บอกชื่อผู้ให้",
            "One row for each donation; who gave it is not told.",
        ),
        (
            OpenColumn("donation", Type.TEXT, Name("เลขที่เงินบริจาค", "Number of the donation")),
            _FUND,
            OpenColumn("received_on", Type.DAY, Name("วันที่ได้รับ", "Received on")),
            _AMOUNT,
            _INDEX,
        ),
        key=("donation", "log_index"),
        refers={},
    ),
    OpenTable(
        "service_times",
        Name("เวลาที่ใช้", "Service times"),
        Name(
            "ค่ามัธยฐานของจำนวนวัน ตามคณะอนุกรรมการ ไม่แสดงเมื่อมีน้อยกว่า 5 คำขอ",
            "Median days by subcommittee; not shown for fewer than 5 requests.",
        ),
        (
            _YEAR,
            _SUBCOMMITTEE,
            OpenColumn("step", Type.TEXT, Name("ขั้นตอน (รหัส)", "Step (code)"), codes="step"),
            OpenColumn(
                "median_days",
                Type.NUMBER,
                Name("มัธยฐาน (วัน)", "Median (days)"),
                may_be_empty=True,
            ),
            OpenColumn("is_hidden", Type.FLAG, Name("ไม่แสดงเพราะจำนวนน้อย", "Hidden as too few")),
        ),
        key=("fiscal_year", "subcommittee", "step"),
        refers={},
    ),
    OpenTable(
        "counts",
        Name("จำนวนนับ", "Counts"),
        Name(
            "จำนวนครั้งของปีงบประมาณที่จบแล้ว จำนวนน้อยไม่แสดง เพื่อไม่ให้รู้ว่าเป็นใคร",
            "Counts of fiscal years that are over; small ones are hidden, so that nobody is found.",
        ),
        (
            _YEAR,
            OpenColumn(
                "subject", Type.TEXT, Name("เรื่องที่นับ (รหัส)", "Counted (code)"), codes="subject"
            ),
            OpenColumn(
                "code", Type.TEXT, Name("รหัสย่อย (total คือรวม)", "Part (code; `total` is all)")
            ),
            OpenColumn("count", Type.COUNT, Name("จำนวน", "How many"), may_be_empty=True),
            OpenColumn("is_hidden", Type.FLAG, Name("ไม่แสดงเพราะจำนวนน้อย", "Hidden as too few")),
        ),
        key=("fiscal_year", "subject", "code"),
        refers={},
    ),
    OpenTable(
        "codes",
        Name("ความหมายของรหัส", "What the codes mean"),
        Name("ชื่อของทุกรหัสในตารางอื่น", "The names of every code in the other tables."),
        (
            OpenColumn("kind", Type.TEXT, Name("ชนิดของรหัส", "Kind of code")),
            OpenColumn("code", Type.TEXT, Name("รหัส", "Code")),
            OpenColumn("name_th", Type.TEXT, Name("ชื่อภาษาไทย", "Name in Thai")),
            OpenColumn("name_en", Type.TEXT, Name("ชื่อภาษาอังกฤษ", "Name in English")),
        ),
        key=("kind", "code"),
        refers={},
    ),
)
TABLES: Mapping[str, OpenTable] = {table.name: table for table in _ALL}
