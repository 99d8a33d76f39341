"""The columns of a field workbook: what they are called, where the table is, which rows ask.

A province may have changed the form: other names for a column, another order, several sheets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from portal.errors import N_
from portal.errors import InputError
from portal.funds.cells import as_typed
from portal.funds.cells import is_blank
from portal.funds.cells import read_number
from portal.funds.cells import read_text
from portal.thai import tidy


class Column(StrEnum):
    """What a column holds, by the name it has in the form."""

    NUMBER = "ลำดับ"
    REQUESTED_ON = "วันที่ขอ"
    FINDER = "ผู้เสนอ"
    ORGANISATION = "หน่วยงานผู้ค้นหา"
    KIND = "ประเภทคำขอ"
    PROJECT_NAME = "ชื่อโครงการ"
    TITLE = "คำนำหน้า"
    FIRST_NAME = "ชื่อ"
    LAST_NAME = "นามสกุล"
    NATIONAL_ID = "เลขประจำตัวประชาชน"
    BIRTH_ON = "วันเกิด"
    TAMBON = "ตำบล"
    AMPHOE = "อำเภอ"
    SCHOOLING = "สถานะการศึกษา"
    SUBCOMMITTEE = "คณะอนุกรรมการ"
    CATEGORY = "หมวดความช่วยเหลือ"
    AMOUNT = "จำนวนเงิน (บาท)"
    FUND = "แหล่งเงิน"
    PAYEE = "ผู้รับเงิน"
    ACCOUNT_HOLDER = "ชื่อบัญชี"
    BANK = "ธนาคาร"
    ACCOUNT_NUMBER = "เลขที่บัญชี"
    REASON = "เหตุผลความจำเป็น"
    CONSENT = "ความยินยอม"
    REFERENCE = "เลขที่คำขอในระบบ"


# What people fill in; a reference is there only when the portal wrote the row itself.
FORM = tuple(column for column in Column if column is not Column.REFERENCE)
# In place of a reference, before the number of a request that was never sent.
NO_REFERENCE = "#"

Cells = Mapping[Column, object]


class NoTableError(InputError):
    """No sheet has a row that looks like the header of requests."""

    def __init__(self) -> None:
        super().__init__(N_("No sheet holds a table of requests with the columns of the form."))


class MissingColumnsError(InputError):
    """A header was found, but a column that every request needs is not in it."""

    def __init__(self, sheet: str, columns: Iterable[Column]) -> None:
        names = ", ".join(columns)
        super().__init__(
            N_("The sheet {sheet} lacks the columns: {columns}."), sheet=sheet, columns=names
        )


class RepeatedColumnError(InputError):
    """Two columns could be the same field, and we do not guess which one counts."""

    def __init__(self, sheet: str, column: Column) -> None:
        super().__init__(
            N_("The sheet {sheet} has the column {column} more than once."),
            sheet=sheet,
            column=column.value,
        )


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table: its cells by field, and all of them as typed, by name."""

    cells: Cells
    typed: Mapping[str, object]


EVERY_REQUEST = (
    Column.REQUESTED_ON,
    Column.TAMBON,
    Column.AMPHOE,
    Column.SUBCOMMITTEE,
    Column.CATEGORY,
    Column.AMOUNT,
    Column.FUND,
    Column.BANK,
    Column.ACCOUNT_NUMBER,
)
PERSON = (Column.FIRST_NAME, Column.LAST_NAME, Column.BIRTH_ON)
PERSON_AND_CONSENT = (*PERSON, Column.CONSENT)
PROJECT = (Column.PROJECT_NAME,)

_LIKE_A_HEADER = 5  # fewer known names in one row are words of the instructions
_HEADER_LENGTH_MAX = 100
_HEADER_ORNAMENT = re.compile(r"[\s*:]")
_BRACKETS = re.compile(r"\(.*\)")
_SUM_STARTS = ("รวม", "ยอดรวม", "ผลรวม", "total", "grand total")
_SUM_ENDS = ("", "เงิน", "จำนวนเงิน", "เป็นเงิน", "ทั้งสิ้น", "ทั้งหมด", "เงินทั้งสิ้น", "เป็นเงินทั้งสิ้น")
_SUM_WORDS = frozenset(start + end for start in _SUM_STARTS for end in _SUM_ENDS)
_CELLS_OF_A_REQUEST = 3  # a row without a number needs as many, or it is a note or a signature


def lines(tables: Mapping[str, Sequence[Sequence[object]]]) -> Iterator[Line]:
    """Go through the requests of every sheet that has a whole header."""
    tables = {sheet: _from_header(rows) for sheet, rows in tables.items()}
    lacking = {sheet: _lacking(rows[0]) for sheet, rows in tables.items()}
    if all(lacking.values()):
        raise _why_no_table(tables, lacking)
    for sheet, (header, *rows) in tables.items():
        if not lacking[sheet]:
            yield from _lines_below(sheet, header, rows)


def _from_header(rows: Sequence[Sequence[object]]) -> Sequence[Sequence[object]]:
    """Leave out what stands above the first row with the most column names."""
    place = max(range(len(rows)), key=lambda row: len(_columns_named(rows[row])), default=0)
    return rows[place:] or [[]]


def _columns_named(row: Sequence[object]) -> set[Column]:
    return {column for cell in row if (column := _column_called(cell))}


def _column_called(cell: object) -> Column | None:
    """Return the field a header cell names, also with an explanation in brackets after it."""
    if not isinstance(cell, str) or len(cell) > _HEADER_LENGTH_MAX:
        return None
    key = _header_key(cell)
    return _BY_ANY_NAME.get(key) or _BY_ANY_NAME.get(_BRACKETS.sub("", key))


def _lacking(header: Sequence[object]) -> list[Column]:
    """Return the columns without which no request could be read."""
    named = _columns_named(header)
    only_projects = Column.PROJECT_NAME in named and named.isdisjoint(PERSON)
    person = () if only_projects else PERSON_AND_CONSENT
    return [column for column in (*EVERY_REQUEST, *person) if column not in named]


def _why_no_table(
    tables: Mapping[str, Sequence[Sequence[object]]], lacking: Mapping[str, list[Column]]
) -> InputError:
    """Blame the sheet that lacks least, if any looks like a table at all."""
    tried = [
        sheet for sheet, rows in tables.items() if len(_columns_named(rows[0])) >= _LIKE_A_HEADER
    ]
    if not tried:
        return NoTableError()
    sheet = min(tried, key=lambda sheet: len(lacking[sheet]))
    return MissingColumnsError(sheet, lacking[sheet])


def _lines_below(
    sheet: str, header: Sequence[object], rows: Sequence[Sequence[object]]
) -> Iterator[Line]:
    places = _places(sheet, header)
    names = _typed_names(header, width=max(map(len, rows), default=0))
    for row in rows:
        full = [*row, *[None] * (len(names) - len(row))]
        cells = {column: full[place] for column, place in places.items()}
        if _has_request(cells, row) and _columns_named(row) != set(places):
            yield Line(cells, dict(zip(names, full, strict=True)))


def _places(sheet: str, header: Sequence[object]) -> dict[Column, int]:
    """Return where each field stands; the form's own name wins over another name for it."""
    places: dict[Column, int] = {}
    for column in Column:
        own = [place for place, cell in enumerate(header) if _is_own_name(cell, column)]
        called = [place for place, cell in enumerate(header) if _column_called(cell) is column]
        candidates = own or called
        if len(candidates) > 1:
            raise RepeatedColumnError(sheet, column)
        if candidates:
            places[column] = candidates[0]
    return places


def _is_own_name(cell: object, column: Column) -> bool:
    return isinstance(cell, str) and _BY_OWN_NAME.get(_header_key(cell)) is column


def _typed_names(header: Sequence[object], *, width: int) -> list[str]:
    """Return each column's name as typed; without one, or with a second one, its position."""
    names: list[str] = []
    for place in range(max(width, len(header))):
        name = as_typed(header[place]) if place < len(header) else ""
        names.append(f"{name}[{place + 1}]" if name in {"", *names} else name)
    return names


def _has_request(cells: Cells, row: Sequence[object]) -> bool:
    """Say whether a row is a request, rather than empty, a sum, a note or a prepared number."""
    is_numbered = read_number(cells.get(Column.NUMBER)) is not None
    if not is_numbered and _is_sum(cells, row):
        return False
    told = set(cells) - {Column.NUMBER, Column.KIND}
    filled = sum(not is_blank(cells[column]) for column in told)
    return filled >= (1 if is_numbered else _CELLS_OF_A_REQUEST)


def _is_sum(cells: Cells, row: Sequence[object]) -> bool:
    words = {read_text(cell).casefold().rstrip(": ") for cell in row}
    number = read_text(cells.get(Column.NUMBER)).casefold()
    return number.startswith(_SUM_STARTS) or not words.isdisjoint(_SUM_WORDS)


def _header_key(text: str) -> str:
    return _HEADER_ORNAMENT.sub("", tidy(text)).casefold()


_ALSO_CALLED: dict[Column, tuple[str, ...]] = {
    Column.NUMBER: ("ลำดับที่", "ที่", "No.", "No"),
    Column.REQUESTED_ON: ("วันที่", "วันที่ขอเบิก", "วันที่ยื่นคำขอ", "วันที่ยื่น", "วันที่เสนอ"),
    Column.FINDER: ("ผู้เสนอชื่อ", "ผู้เสนอคำขอ", "ผู้ค้นหา", "ชื่อผู้เสนอ"),
    Column.ORGANISATION: ("หน่วยงาน", "หน่วยงานผู้เสนอ", "หน่วยงานที่ค้นหา"),
    Column.KIND: ("ประเภท", "ชนิดคำขอ", "ประเภทของคำขอ"),
    Column.PROJECT_NAME: ("โครงการ", "ชื่อของโครงการ"),
    Column.TITLE: ("คำนำหน้าชื่อ", "คำนำหน้านาม"),
    Column.FIRST_NAME: ("ชื่อตัว", "ชื่อจริง"),
    Column.LAST_NAME: ("สกุล", "ชื่อสกุล"),
    Column.NATIONAL_ID: (
        "เลขบัตรประชาชน",
        "เลขที่บัตรประชาชน",
        "เลขบัตรประจำตัวประชาชน",
        "หมายเลขบัตรประชาชน",
        "หมายเลขประจำตัวประชาชน",
        "เลขประจำตัว",
        "เลขประจำตัว 13 หลัก",
        "เลขประจำตัวประชาชน 13 หลัก",
    ),
    Column.BIRTH_ON: ("วันเดือนปีเกิด", "วัน/เดือน/ปีเกิด", "วัน เดือน ปี เกิด", "ว/ด/ป เกิด"),
    Column.TAMBON: ("ตำบล/แขวง", "ชื่อตำบล"),
    Column.AMPHOE: ("อำเภอ/เขต", "ชื่ออำเภอ"),
    Column.SCHOOLING: ("สถานภาพการศึกษา", "สถานะทางการศึกษา"),
    Column.SUBCOMMITTEE: ("อนุกรรมการ", "ชื่อคณะอนุกรรมการ"),
    Column.CATEGORY: ("หมวด", "หมวดเงิน", "หมวดการช่วยเหลือ", "ประเภทความช่วยเหลือ"),
    Column.AMOUNT: ("จำนวนเงิน", "จำนวนเงินที่ขอ", "จำนวนเงินที่ขอ (บาท)", "วงเงินที่ขอ", "จำนวน (บาท)"),
    Column.FUND: ("แหล่งทุน", "แหล่งงบประมาณ", "แหล่งที่มาของเงิน", "กองทุน"),
    Column.PAYEE: ("ประเภทผู้รับเงิน",),
    Column.ACCOUNT_HOLDER: ("ชื่อเจ้าของบัญชี", "ชื่อบัญชีธนาคาร"),
    Column.BANK: ("ชื่อธนาคาร",),
    Column.ACCOUNT_NUMBER: ("เลขบัญชี", "เลขที่บัญชีธนาคาร", "เลขบัญชีธนาคาร", "หมายเลขบัญชี"),
    Column.REASON: ("เหตุผล", "เหตุผลและความจำเป็น"),
    Column.CONSENT: ("การให้ความยินยอม", "ให้ความยินยอม", "หนังสือให้ความยินยอม", "หนังสือยินยอม"),
}
_BY_OWN_NAME = {_header_key(column): column for column in Column}
_BY_ANY_NAME = {
    _header_key(name): column for column, names in _ALSO_CALLED.items() for name in names
}
_BY_ANY_NAME |= {_header_key(column.name): column for column in Column} | _BY_OWN_NAME
