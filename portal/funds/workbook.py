"""Requests from a province's workbook: find the table, judge each row, say what must be corrected.

Plain values in, answers out. What the province knows comes as `Names`; whether a row was imported
before is the caller's to find out, by its fingerprint.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from datetime import date
from enum import StrEnum
from typing import TypeVar

from portal.banks import Bank
from portal.banks import account_fits
from portal.banks import find_bank
from portal.errors import N_
from portal.errors import InputError
from portal.money import Money
from portal.thai import arabic_digits
from portal.thai import read_baht
from portal.thai import read_day
from portal.thai import tidy
from portal.thai import valid_national_id

Value = TypeVar("Value")


class Refusal(StrEnum):
    """Why a row is not imported; answers list them in this order."""

    MISSING_FIELD = "missing_field"
    BAD_DATE = "bad_date"
    BAD_AMOUNT = "bad_amount"
    BAD_ID = "bad_id"
    BAD_ACCOUNT = "bad_account"
    UNKNOWN_PLACE = "unknown_place"
    UNKNOWN_SUBCOMMITTEE = "unknown_subcommittee"
    UNKNOWN_CATEGORY = "unknown_category"
    UNKNOWN_FUND = "unknown_fund"
    CATEGORY_NOT_OF_SUBCOMMITTEE = "category_not_of_subcommittee"
    OVER_CATEGORY_LIMIT = "over_category_limit"
    NO_CONSENT = "no_consent"
    DUPLICATE_IN_FILE = "duplicate_in_file"


class Warned(StrEnum):
    """What a person should look at in a row that is imported all the same."""

    ID_CHECK_DIGIT = "id_check_digit"
    NO_ID = "no_id"
    POSSIBLE_DUPLICATE = "possible_duplicate"


class PayeeKind(StrEnum):
    """Who receives the money."""

    SELF = "self"
    GUARDIAN = "guardian"
    SCHOOL = "school"
    SHOP = "shop"
    OTHER = "other"


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
class CategoryRule:
    """A category with its ceiling and the subcommittees that handle it."""

    code: str
    ceiling: Money
    subcommittees: frozenset[str]


@dataclass(frozen=True, slots=True)
class Names:
    """What the province knows: codes and rules by tidied name.

    `places` goes from (tambon, amphoe), both without prefix, to the subdistrict's code.
    """

    places: Mapping[tuple[str, str], str]
    subcommittees: Mapping[str, str]
    categories: Mapping[str, CategoryRule]
    funds: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Applicant:
    """The person a request is for."""

    title: str
    first_name: str
    last_name: str
    birth_on: date
    national_id: str | None
    schooling: str


@dataclass(frozen=True, slots=True)
class RowRequest:
    """What an accepted row asks for; either `applicant` or `project_name` is there."""

    requested_on: date
    finder: str
    organisation: str
    applicant: Applicant | None
    project_name: str | None
    place: str
    subcommittee: str
    category: str
    amount: Money
    fund: str
    payee_kind: PayeeKind
    payee_text: str
    account_holder: str
    bank: str
    account_number: str
    reason: str
    has_consent: bool


@dataclass(frozen=True, slots=True)
class RowAnswer:
    """What became of one row; `cells` are as typed, by the workbook's own column names.

    The fingerprint names the row's content without its number: the same row in the same file
    again has the same one, and the second of two equal rows in one file has another.
    """

    row: int
    refused: tuple[Refusal, ...]
    warned: tuple[Warned, ...]
    cells: Mapping[str, object]
    request: RowRequest | None
    satang: int | None
    fingerprint: str


REASONS_COLUMN = "เหตุผลที่ไม่รับ"


def judge(tables: Mapping[str, list[list[object]]], names: Names) -> list[RowAnswer]:
    """Answer every request in the workbook, in order; change nothing."""
    earlier = _Earlier()
    answers: list[RowAnswer] = []
    for line in _lines(tables):
        reading = _read_line(line.cells, names)
        request = _request(line.cells, reading)
        refused = _refusals(line.cells, reading, earlier)
        warned = () if refused else _warnings(reading, earlier)
        number = _number(line.cells)
        answers.append(
            RowAnswer(
                row=len(answers) + 1 if number is None else number,
                refused=refused,
                warned=warned,
                cells=line.typed,
                request=None if refused else request,
                satang=reading.amount.satang if reading.amount else None,
                fingerprint=earlier.fingerprint(line.cells),
            )
        )
        if not refused:
            earlier.remember(reading)
    return answers


def correction_sheet(
    answers: Sequence[RowAnswer], reasons: Mapping[Refusal, str]
) -> list[list[object]]:
    """Return the refused rows as typed, each with its reasons; corrected, it can be imported."""
    header = [
        name
        for name in dict.fromkeys(name for answer in answers for name in answer.cells)
        if name != REASONS_COLUMN
    ]
    rows: list[list[object]] = [[*header, REASONS_COLUMN]]
    for answer in answers:
        if answer.refused:
            why = "; ".join(reasons[refusal] for refusal in answer.refused)
            rows.append([*(answer.cells.get(name) for name in header), why])
    return rows


# The table


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
_EVERY_REQUEST = (
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
_PERSON = (Column.FIRST_NAME, Column.LAST_NAME, Column.BIRTH_ON)
_PROJECT = (Column.PROJECT_NAME,)
_HEADER_LENGTH_MAX = 100
_LIKE_A_HEADER = 5  # fewer known names in one row are words of the instructions

_HEADER_ORNAMENT = re.compile(r"[\s*:]")
_BRACKETS = re.compile(r"\(.*\)")


def _header_key(text: str) -> str:
    return _HEADER_ORNAMENT.sub("", tidy(text)).casefold()


_BY_OWN_NAME = {_header_key(column): column for column in Column}
_BY_ANY_NAME = {
    _header_key(name): column for column, names in _ALSO_CALLED.items() for name in names
} | _BY_OWN_NAME


@dataclass(frozen=True, slots=True)
class _Line:
    """One row of a table: its cells by field, and all of them as typed."""

    cells: Cells
    typed: Mapping[str, object]


def _lines(tables: Mapping[str, list[list[object]]]) -> Iterator[_Line]:
    """Go through the requests of every sheet that has a whole header."""
    headers = {sheet: _header_row(rows) for sheet, rows in tables.items()}
    whole = [sheet for sheet, row in headers.items() if not _missing(tables[sheet], row)]
    if not whole:
        _raise_why(tables, headers)
    for sheet in whole:
        row = headers[sheet]
        yield from _lines_below(sheet, tables[sheet][row], tables[sheet][row + 1 :])


def _header_row(rows: Sequence[Sequence[object]]) -> int:
    """Return the first row with the most column names."""
    return max(range(len(rows)), key=lambda row: len(_columns_named(rows[row])), default=0)


def _columns_named(row: Sequence[object]) -> set[Column]:
    return {column for cell in row if (column := _column_called(cell))}


def _column_called(cell: object) -> Column | None:
    """Return the field a header cell names, also with an explanation in brackets after it."""
    if not isinstance(cell, str) or len(cell) > _HEADER_LENGTH_MAX:
        return None
    key = _header_key(cell)
    return _BY_ANY_NAME.get(key) or _BY_ANY_NAME.get(_BRACKETS.sub("", key))


def _missing(rows: Sequence[Sequence[object]], header: int) -> list[Column]:
    """Return the columns without which no request could be read."""
    named = _columns_named(rows[header]) if rows else set()
    only_projects = Column.PROJECT_NAME in named and named.isdisjoint(_PERSON)
    person = () if only_projects else (*_PERSON, Column.CONSENT)
    return [column for column in (*_EVERY_REQUEST, *person) if column not in named]


def _raise_why(tables: Mapping[str, list[list[object]]], headers: Mapping[str, int]) -> None:
    lacking = {
        sheet: _missing(rows, headers[sheet])
        for sheet, rows in tables.items()
        if rows and len(_columns_named(rows[headers[sheet]])) >= _LIKE_A_HEADER
    }
    if not lacking:
        raise NoTableError
    sheet = min(lacking, key=lambda name: len(lacking[name]))
    raise MissingColumnsError(sheet, lacking[sheet])


def _lines_below(
    sheet: str, header: Sequence[object], rows: Sequence[Sequence[object]]
) -> Iterator[_Line]:
    places = _places(sheet, header)
    names = _typed_names(header, width=max(map(len, rows), default=0))
    for row in rows:
        full = [*row, *[None] * (len(names) - len(row))]
        cells = {column: full[place] for column, place in places.items()}
        if _has_request(cells, row) and _columns_named(row) != set(places):
            yield _Line(cells, dict(zip(names, full, strict=True)))


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
        name = _as_typed(header[place]) if place < len(header) else ""
        names.append(f"{name}[{place + 1}]" if name in {"", *names} else name)
    return names


_SUM_STARTS = ("รวม", "ยอดรวม", "ผลรวม", "total", "grand total")
_SUM_ENDS = ("", "เงิน", "จำนวนเงิน", "เป็นเงิน", "ทั้งสิ้น", "ทั้งหมด", "เงินทั้งสิ้น", "เป็นเงินทั้งสิ้น")
_SUM_WORDS = frozenset(start + end for start in _SUM_STARTS for end in _SUM_ENDS)
_CELLS_OF_A_REQUEST = 3  # a row without a number needs as many, or it is a note or a signature


def _has_request(cells: Cells, row: Sequence[object]) -> bool:
    """Say whether a row is a request, rather than empty, a sum, a note or a prepared number."""
    if _is_sum(cells, row):
        return False
    told = set(cells) - {Column.NUMBER, Column.KIND}
    filled = sum(not _is_blank(cells[column]) for column in told)
    return filled >= (1 if _number(cells) is not None else _CELLS_OF_A_REQUEST)


def _is_sum(cells: Cells, row: Sequence[object]) -> bool:
    if _number(cells) is not None:
        return False
    words = {_text(cell).casefold().rstrip(": ") for cell in row}
    number = _text(cells.get(Column.NUMBER)).casefold()
    return number.startswith(_SUM_STARTS) or not words.isdisjoint(_SUM_WORDS)


# One row


_BLANKS = frozenset({"", "-", "\u2013", "\u2014"})  # a dash says "nothing" on a form
_NO_NUMBER = frozenset({"ไม่มี", "ไม่มีเลข", "ไม่มีบัตร"})
_CONSENT_GIVEN = frozenset(
    {"มี", "มีแล้ว", "ยินยอม", "ยินยอมแล้ว", "ให้ความยินยอม", "ใช่", "yes", "true"}
    | {"ได้รับแล้ว", "ได้รับความยินยอม", "ได้รับความยินยอมแล้ว"}
    | {"✓", "✔", "☑", "✅", "√", "/"}
)
_PREFIX = re.compile(r"^(?:ตำบล|ต\.|อำเภอ|อ\.) ?")
_DRESS = re.compile("[ \u2010-\u2015-]")
_NATIONAL_ID = re.compile("[0-9]{13}|G[0-9]{12}")
_PAYEES = {
    PayeeKind.SELF: re.compile("(?:ตนเอง|ตัวเอง|เจ้าตัว|ผู้ขอ).*"),
    PayeeKind.GUARDIAN: re.compile("(?:ผู้ปกครอง|ผู้ดูแล|บิดา|มารดา).*|พ่อ|แม่|ปู่|ย่า|ตา|ยาย|ญาติ"),
    PayeeKind.SCHOOL: re.compile("(?:สถานศึกษา|โรงเรียน|วิทยาลัย|มหาวิทยาลัย|ศูนย์|สถานพัฒนา).*"),
    PayeeKind.SHOP: re.compile("(?:ร้าน|บริษัท|ห้าง).*"),
}


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a row says; None is empty, or not readable and then noted as such."""

    is_project: bool
    first_name: str
    last_name: str
    requested_on: date | None
    birth_on: date | None
    national_id: str | None
    place: str | None
    subcommittee: str | None
    category: CategoryRule | None
    amount: Money | None
    fund: str | None
    bank: Bank | None
    account_number: str | None
    unreadable: frozenset[Refusal] = frozenset()


class _Reader:
    """Reads the cells of one row, and notes what it cannot read."""

    def __init__(self, cells: Cells) -> None:
        self.cells = cells
        self.unreadable: set[Refusal] = set()

    def __call__(
        self, refusal: Refusal, read: Callable[..., Value], *columns: Column
    ) -> Value | None:
        """Read the cells; where one is empty there is nothing to read, and nothing to note."""
        cells = [self.cells.get(column) for column in columns]
        if any(map(_is_blank, cells)):
            return None
        try:
            return read(*cells)
        except (KeyError, ValueError):
            self.unreadable.add(refusal)
            return None


def _read_line(cells: Cells, names: Names) -> _Reading:
    read = _Reader(cells)
    reading = _Reading(
        is_project=_is_project(cells),
        first_name=_text(cells.get(Column.FIRST_NAME)),
        last_name=_text(cells.get(Column.LAST_NAME)),
        requested_on=read(Refusal.BAD_DATE, read_day, Column.REQUESTED_ON),
        birth_on=None,
        national_id=None,
        place=read(
            Refusal.UNKNOWN_PLACE,
            lambda *cells: names.places[_place_name(cells[0]), _place_name(cells[1])],
            Column.TAMBON,
            Column.AMPHOE,
        ),
        subcommittee=read(
            Refusal.UNKNOWN_SUBCOMMITTEE,
            lambda cell: names.subcommittees[_text(cell)],
            Column.SUBCOMMITTEE,
        ),
        category=read(
            Refusal.UNKNOWN_CATEGORY,
            lambda cell: names.categories[_text(cell)],
            Column.CATEGORY,
        ),
        amount=read(Refusal.BAD_AMOUNT, _read_amount, Column.AMOUNT),
        fund=read(Refusal.UNKNOWN_FUND, lambda cell: names.funds[_text(cell)], Column.FUND),
        bank=read(Refusal.BAD_ACCOUNT, _read_bank, Column.BANK),
        account_number=read(Refusal.BAD_ACCOUNT, _read_account, Column.BANK, Column.ACCOUNT_NUMBER),
    )
    if not reading.is_project:
        reading = replace(
            reading,
            birth_on=read(Refusal.BAD_DATE, read_day, Column.BIRTH_ON),
            national_id=read(Refusal.BAD_ID, _read_id, Column.NATIONAL_ID),
        )
    return replace(reading, unreadable=frozenset(read.unreadable))


def _is_project(cells: Cells) -> bool:
    """Say what a request is for; where the form does not say, what is filled in says it."""
    kind = _text(cells.get(Column.KIND))
    if "โครงการ" in kind or "บุคคล" in kind:
        return "โครงการ" in kind
    names_a_person = not all(_is_blank(cells.get(column)) for column in _PERSON)
    return not names_a_person and not _is_blank(cells.get(Column.PROJECT_NAME))


def _read_amount(cell: object) -> Money:
    amount = read_baht(cell)
    if amount.satang <= 0:
        message = f"nobody can ask for {amount}"
        raise ValueError(message)
    return amount


def _read_bank(cell: object) -> Bank:
    bank = find_bank(_text(cell))
    if bank is None or not bank.is_open:
        message = f"no such bank: {cell}"
        raise ValueError(message)
    return bank


def _read_account(bank: object, cell: object) -> str:
    digits = _digits(cell)
    if not account_fits(_read_bank(bank), digits):
        message = "not an account of that bank"
        raise ValueError(message)
    return digits


def _read_id(cell: object) -> str | None:
    if _text(cell) in _NO_NUMBER:
        return None
    digits = _digits(cell).upper()
    if _NATIONAL_ID.fullmatch(digits) is None:
        message = "neither 13 digits nor a G code"
        raise ValueError(message)
    return digits


def _refusals(cells: Cells, reading: _Reading, earlier: _Earlier) -> tuple[Refusal, ...]:
    """Return every reason against the row, in the order of `Refusal`."""
    category, amount = reading.category, reading.amount
    broken = {
        Refusal.MISSING_FIELD: _lacks_a_field(cells, reading),
        Refusal.BAD_DATE: _is_born_later(reading),
        Refusal.CATEGORY_NOT_OF_SUBCOMMITTEE: category is not None
        and reading.subcommittee is not None
        and reading.subcommittee not in category.subcommittees,
        Refusal.OVER_CATEGORY_LIMIT: category is not None
        and amount is not None
        and amount > category.ceiling,
        Refusal.NO_CONSENT: not reading.is_project and not _has_consent(cells),
        Refusal.DUPLICATE_IN_FILE: earlier.has_request(reading),
    }
    return tuple(why for why in Refusal if why in reading.unreadable or broken.get(why))


def _lacks_a_field(cells: Cells, reading: _Reading) -> bool:
    needed = _EVERY_REQUEST + (_PROJECT if reading.is_project else _PERSON)
    return any(_is_blank(cells.get(column)) for column in needed)


def _is_born_later(reading: _Reading) -> bool:
    """Say whether the birth lies after the request, the only "today" a row knows."""
    birth_on, requested_on = reading.birth_on, reading.requested_on
    return birth_on is not None and requested_on is not None and birth_on > requested_on


def _has_consent(cells: Cells) -> bool:
    text = _text(cells.get(Column.CONSENT)).casefold().removesuffix("\ufe0f")
    return text in _CONSENT_GIVEN


def _warnings(reading: _Reading, earlier: _Earlier) -> tuple[Warned, ...]:
    """Return what to look at in an accepted row; a project has no number to look at."""
    if reading.is_project:
        return ()
    if reading.national_id is None:
        twice = (Warned.POSSIBLE_DUPLICATE,) if earlier.has_person(reading) else ()
        return (Warned.NO_ID, *twice)
    is_right = reading.national_id.startswith("G") or valid_national_id(reading.national_id)
    return () if is_right else (Warned.ID_CHECK_DIGIT,)


def _request(cells: Cells, reading: _Reading) -> RowRequest | None:
    """Return what a row asks for, or None where the part that every request needs is not whole."""
    read = reading
    if not (
        (read.requested_on and read.place and read.subcommittee and read.category)
        and (read.amount and read.fund and read.bank and read.account_number)
    ):
        return None
    payee = _text(cells.get(Column.PAYEE))
    return RowRequest(
        requested_on=read.requested_on,
        finder=_text(cells.get(Column.FINDER)),
        organisation=_text(cells.get(Column.ORGANISATION)),
        applicant=_applicant(cells, read),
        project_name=_as_typed(cells.get(Column.PROJECT_NAME)) if read.is_project else None,
        place=read.place,
        subcommittee=read.subcommittee,
        category=read.category.code,
        amount=read.amount,
        fund=read.fund,
        payee_kind=_payee_kind(payee),
        payee_text=payee,
        account_holder=_text(cells.get(Column.ACCOUNT_HOLDER)),
        bank=read.bank.code,
        account_number=read.account_number,
        reason=_as_typed(cells.get(Column.REASON)),
        has_consent=_has_consent(cells),
    )


def _applicant(cells: Cells, reading: _Reading) -> Applicant | None:
    if reading.birth_on is None:
        return None
    return Applicant(
        title=_text(cells.get(Column.TITLE)),
        first_name=reading.first_name,
        last_name=reading.last_name,
        birth_on=reading.birth_on,
        national_id=reading.national_id,
        schooling=_text(cells.get(Column.SCHOOLING)),
    )


def _payee_kind(text: str) -> PayeeKind:
    kinds = (kind for kind, words in _PAYEES.items() if words.fullmatch(text))
    return next(kinds, PayeeKind.OTHER)


class _Earlier:
    """What the rows above have said: accepted requests, their persons, and every content."""

    def __init__(self) -> None:
        self._requests: set[tuple[str, str, int, int]] = set()
        self._persons: set[tuple[str, str, date]] = set()
        self._contents: Counter[str] = Counter()

    def remember(self, reading: _Reading) -> None:
        """Keep an accepted row."""
        self._requests.update(_request_keys(reading))
        self._persons.update(_person_keys(reading))

    def has_request(self, reading: _Reading) -> bool:
        """Say whether the same number asked for the same category in the same month."""
        return not self._requests.isdisjoint(_request_keys(reading))

    def has_person(self, reading: _Reading) -> bool:
        """Say whether somebody of this name and birth date asked."""
        return not self._persons.isdisjoint(_person_keys(reading))

    def fingerprint(self, cells: Cells) -> str:
        """Return the digest of a row's content and of how often it was seen by now."""
        content = json.dumps({column.name: _normal(column, cells.get(column)) for column in Column})
        self._contents[content] += 1
        return hashlib.sha256(f"{content}{self._contents[content]}".encode()).hexdigest()


def _request_keys(reading: _Reading) -> list[tuple[str, str, int, int]]:
    if not (reading.national_id and reading.category and reading.requested_on):
        return []
    day = reading.requested_on
    return [(reading.national_id, reading.category.code, day.year, day.month)]


def _person_keys(reading: _Reading) -> list[tuple[str, str, date]]:
    if reading.birth_on is None:
        return []
    return [(reading.first_name, reading.last_name, reading.birth_on)]


# One cell


def _text(cell: object) -> str:
    """Return a cell as tidy text; a number cell shows its whole digits."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return tidy(str(cell))


def _as_typed(cell: object) -> str:
    return "" if cell is None else str(cell)


def _is_blank(cell: object) -> bool:
    return _text(cell) in _BLANKS


def _digits(cell: object) -> str:
    return _DRESS.sub("", arabic_digits(_text(cell)))


def _place_name(cell: object) -> str:
    return _PREFIX.sub("", _text(cell))


def _number(cells: Cells) -> int | None:
    """Return the number in ลำดับ, if one is there."""
    text = arabic_digits(_text(cells.get(Column.NUMBER))).removesuffix(".")
    return int(text) if re.fullmatch("[0-9]{1,9}", text) else None


_NORMAL: dict[Column, Callable[[object], object]] = {
    Column.NUMBER: lambda _cell: "",
    Column.REQUESTED_ON: lambda cell: read_day(cell).isoformat(),
    Column.BIRTH_ON: lambda cell: read_day(cell).isoformat(),
    Column.AMOUNT: lambda cell: read_baht(cell).satang,
    Column.NATIONAL_ID: _digits,
    Column.ACCOUNT_NUMBER: _digits,
    Column.BANK: lambda cell: _read_bank(cell).code,
    Column.TAMBON: _place_name,
    Column.AMPHOE: _place_name,
}


def _normal(column: Column, cell: object) -> object:
    """Return what the cell means, however it is written; unreadable text stands for itself."""
    try:
        return _NORMAL.get(column, _text)(cell)
    except ValueError:
        return _text(cell)
