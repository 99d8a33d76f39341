from __future__ import annotations

import re
import subprocess
import sys
import warnings
import zipfile
from datetime import UTC
from datetime import date
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from typing import TypeAlias

import openpyxl
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from portal.errors import InputError
from portal.money import Money
from portal.sheets import CHARACTERS_MAX
from portal.sheets import COLUMNS_MAX
from portal.sheets import ROWS_MAX
from portal.sheets import UNPACKED_BYTES_MAX
from portal.sheets import BrokenWorkbookError
from portal.sheets import EncryptedWorkbookError
from portal.sheets import OldWorkbookError
from portal.sheets import TooLargeWorkbookError
from portal.sheets import UnknownFileKindError
from portal.sheets import UnreadableTextError
from portal.sheets import UnreadableWorkbookError
from portal.sheets import read_tables
from portal.sheets import write_workbook

Row: TypeAlias = list[object]

DAY = datetime(2026, 11, 2)  # noqa: DTZ001 - a cell has no time zone
MOMENT = datetime(2026, 11, 2, 9, 30)  # noqa: DTZ001 - a cell has no time zone
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAIN = "xl/worksheets/sheet1.xml"
HOSTILE = [
    "=1+1",
    "=HYPERLINK('http://x.test','x')",
    "+1",
    "-1",
    "@cmd",
    "{=1}",
    "http://x.test",
    "mailto:a@b.test",
    "<b>&amp;</b>",
    "🙏🏽",
    "0812345678",
    "1e5",
    "  ก  ",
    "ก\nข",
    "ก" * CHARACTERS_MAX,
]


def package(without: str = "", /, **parts: str | bytes) -> bytes:
    """Return a small workbook with some parts replaced; `sheet1` stands for the sheet."""
    file = BytesIO()
    source = zipfile.ZipFile(BytesIO(write_workbook({"ก": [["หัว"], ["ค่า"]]})))
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            stem = name.rpartition("/")[2].partition(".")[0]
            if name != without:
                target.writestr(name, parts.get(stem, source.read(name)))
    return file.getvalue()


def sheet_xml(rows: str) -> str:
    return (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{rows}</sheetData></worksheet>"
    )


# Writing


def test_what_is_written_is_read_back() -> None:
    header = ["ข้อความ", "จำนวน", "วัน", "เวลา", "จริง", "ว่าง", "เงิน"]
    number = 1999904700087
    first: Row = ["ก", number, DAY.date(), MOMENT, True, None, Decimal("0.5")]
    second: Row = ["", 500.25, date(1899, 1, 1), "", False, None, Money(12345)]
    assert read_tables(write_workbook({"คำขอ": [header, first, second]}), name="a.xlsx") == {
        "คำขอ": [
            header,
            ["ก", number, DAY, MOMENT, True, None, 0.5],
            [None, 500.25, "1899-01-01", None, False, None, 123.45],
        ]
    }


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12])
def test_text_is_only_ever_text(text: str) -> None:
    content = write_workbook({"ก": [["หัว", text[:99]], [text]]})
    assert read_tables(content, name="a.xlsx")["ก"][1] == [text]
    sheet = zipfile.ZipFile(BytesIO(content)).read(MAIN).decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet.lower()
    assert re.findall('<c r="A2"[^>]* t="([a-zA-Z]+)"', sheet) == ["s"]


@given(
    st.lists(
        st.lists(
            st.one_of(
                st.none(),
                st.booleans(),
                st.integers(-(10**14), 10**14),
                st.integers(-(10**9), 10**9).map(lambda satang: satang / 100),
                st.text(st.sampled_from("กข ำ้=+-@'\"<&>\t1.🙏"), min_size=1),
            ),
            min_size=1,
            max_size=4,
        ).filter(lambda row: row[-1] is not None),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=40, deadline=None)
def test_rows_survive_the_way_out_and_in(rows: list[Row]) -> None:
    rows = [["หนึ่ง", "สอง", "สาม", "สี่"], *rows]
    assert read_tables(write_workbook({"ก": rows}), name="a.xlsx") == {"ก": rows}


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (12345678901234567, "12345678901234567"),
        (0.1 + 0.2, "0.30000000000000004"),
        (Decimal("1.0000000000000001"), "1.0000000000000001"),
        (float("inf"), "inf"),
    ],
)
def test_a_number_that_a_cell_cannot_hold_is_written_as_text(number: object, text: str) -> None:
    content = write_workbook({"ก": [["หัว"], [number]]})
    assert read_tables(content, name="a.xlsx")["ก"][1] == [text]


def test_the_same_rows_give_the_same_bytes() -> None:
    sheets: dict[str, list[Row]] = {"ก": [["หัว"], [date(2026, 1, 1)]], "ข": [["หัว"]]}
    assert write_workbook(sheets) == write_workbook(sheets)


def test_the_first_workbook_of_a_process_has_the_same_bytes_as_the_next() -> None:
    script = (
        "from portal.sheets import write_workbook as write\n"
        "assert write({'A': [['B'], [1]]}) == write({'A': [['B'], [1]]})"
    )
    subprocess.run([sys.executable, "-c", script], check=True)  # noqa: S603 - our own words


def test_the_header_is_bold_and_frozen_and_the_font_is_thai() -> None:
    rows: list[Row] = [["เหตุผล", "ก"], ["ย" * 99, 1], ["น้ำ", Money(50)]]
    sheet = openpyxl.load_workbook(BytesIO(write_workbook({"ก": rows})))["ก"]
    assert sheet.freeze_panes == "A2"
    assert [sheet[place].font.b for place in ("A1", "B1", "A2")] == [True, True, False]
    assert {cell.font.name for row in sheet.iter_rows() for cell in row} == {"TH Sarabun New"}
    assert 40 < sheet.column_dimensions["A"].width < 60
    assert sheet.column_dimensions["B"].width < 12
    assert sheet["B3"].number_format == "#,##0.00"


def test_an_empty_header_cell_stays_empty() -> None:
    content = write_workbook({"ก": [["หัว", None, "ท้าย"]], "ว่าง": []})
    assert read_tables(content, name="a.xlsx") == {"ก": [["หัว", None, "ท้าย"]], "ว่าง": []}


def test_text_longer_than_a_cell_is_never_cut() -> None:
    with pytest.raises(ValueError, match="characters"):
        write_workbook({"ก": [["หัว"], ["ก" * (CHARACTERS_MAX + 1)]]})


def test_a_moment_with_a_time_zone_is_not_ours_to_convert() -> None:
    with pytest.raises(TypeError):
        write_workbook({"ก": [["หัว"], [datetime(2026, 1, 1, tzinfo=UTC)]]})


# Reading workbooks


def test_blank_rows_between_are_kept_and_those_after_are_not() -> None:
    rows = '<row r="3"><c r="B3"><v>5</v></c></row><row r="9"><c r="A9" s="0"/></row>'
    tables = read_tables(package(sheet1=sheet_xml(rows)), name="a.xlsx")
    assert tables == {"ก": [[], [], [None, 5]]}


def test_a_formula_counts_with_the_value_its_author_saw() -> None:
    rows = (
        '<row r="1"><c r="A1"><f>2*250</f><v>500</v></c>'
        '<c r="B1" t="str"><f>IF(A1=0,A1,"")</f><v></v></c>'
        '<c r="C1" t="str"><f>"ก"</f><v>ก</v></c>'
        '<c r="D1"><f t="array" ref="D1:D2">A1:A2</f></c>'
        '<c r="E1"><v>1</v></c></row>'
    )
    tables = read_tables(package(sheet1=sheet_xml(rows)), name="a.xlsx")
    assert tables == {"ก": [[500, None, "ก", None, 1]]}


def test_text_that_a_program_took_for_a_formula_is_text_again() -> None:
    workbook = openpyxl.Workbook()
    workbook.worksheets[0].append(["=1+1", "@cmd", "=cmd|' /C calc'!A0"])
    file = BytesIO()
    workbook.save(file)
    assert read_tables(file.getvalue(), name="a.xlsx") == {
        "Sheet": [["=1+1", "@cmd", "=cmd|' /C calc'!A0"]]
    }


def test_a_workbook_is_known_by_its_content_whatever_its_name() -> None:
    assert read_tables(package(), name="a.xls") == {"ก": [["หัว"], ["ค่า"]]}


def test_reading_is_quiet_about_dates_that_are_none() -> None:
    rows = '<row r="1"><c r="A1" s="1"><v>99999999999</v></c></row>'
    styles = zipfile.ZipFile(BytesIO(write_workbook({"ก": [["หัว"], [date(2026, 1, 1)]]})))
    day = re.search('<c r="A2" s="([0-9]+)"', styles.read(MAIN).decode())
    content = package(
        sheet1=sheet_xml(rows.replace('s="1"', f's="{day[1] if day else 0}"')),
        styles=styles.read("xl/styles.xml"),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_tables(content, name="a.xlsx") == {"ก": [["#VALUE!"]]}


# What is refused


def refuse(error: type[UnreadableWorkbookError], content: bytes, name: str = "ไฟล์.xlsx") -> None:
    with pytest.raises(error) as caught:
        read_tables(content, name=name)
    assert type(caught.value) is error
    assert isinstance(caught.value, InputError)
    assert name in str(caught.value)


def test_an_old_workbook_is_refused() -> None:
    refuse(OldWorkbookError, OLE + bytes(512))
    refuse(OldWorkbookError, b"<table><tr><td>1</td></tr></table>", "a.XLS")


def test_a_locked_workbook_is_refused() -> None:
    refuse(EncryptedWorkbookError, OLE + bytes(99) + "EncryptedPackage".encode("utf-16-le"))


def test_a_locked_package_is_refused() -> None:
    content = bytearray(package())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1
    refuse(EncryptedWorkbookError, bytes(content))


def test_a_file_of_another_kind_is_refused() -> None:
    refuse(UnknownFileKindError, package("xl/workbook.xml"))
    refuse(UnknownFileKindError, b"%PDF-1.7", "a.pdf")
    refuse(UnknownFileKindError, b"", "table")


def test_a_broken_workbook_is_refused() -> None:
    refuse(BrokenWorkbookError, b"")
    refuse(BrokenWorkbookError, b"ABC")
    refuse(BrokenWorkbookError, package()[:300])
    refuse(BrokenWorkbookError, package(sheet1="<worksheet"))
    refuse(BrokenWorkbookError, package("[Content_Types].xml"))


def test_entities_that_grow_are_refused() -> None:
    grow = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE x [<!ENTITY a0 "{"ก" * 99}">{grow}]>'
    rows = '<row r="1"><c r="A1" t="inlineStr"><is><t>&a9;</t></is></c></row>'
    refuse(BrokenWorkbookError, package(sheet1=bomb + sheet_xml(rows)))


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_damaged_workbook_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    content = bytearray(package(sheet1=sheet_xml('<row r="1"><c r="A1"><v>5</v></c></row>')))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        read_tables(bytes(content), name="a.xlsx")
    except UnreadableWorkbookError as error:
        assert str(error)  # noqa: PT017 - the point is that nothing else is raised


@given(st.sampled_from(["sheet1", "workbook", "styles", "sharedStrings", "core"]), st.data())
@settings(max_examples=150, deadline=None)
def test_a_workbook_with_damaged_xml_is_read_or_refused(part: str, data: st.DataObject) -> None:
    source = zipfile.ZipFile(BytesIO(package()))
    name = next(name for name in source.namelist() if name.endswith(f"/{part}.xml"))
    xml = bytearray(source.read(name))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(xml) - 1))
        xml[place] = data.draw(st.sampled_from(b'09A<>/"= x'))
    try:
        read_tables(package(**{part: bytes(xml)}), name="a.xlsx")
    except UnreadableWorkbookError as error:
        assert str(error)  # noqa: PT017 - the point is that nothing else is raised


@pytest.mark.parametrize(
    "rows",
    [
        f'<row r="{ROWS_MAX + 1}"><c r="A{ROWS_MAX + 1}"><v>1</v></c></row>',
        '<row r="1"><c r="SG1"><v>1</v></c></row>',
        f'<row r="1"><c r="A1" t="str"><v>{"x" * (CHARACTERS_MAX + 1)}</v></c></row>',
    ],
    ids=["rows", "columns", "text"],
)
def test_a_table_of_no_human_size_is_refused(rows: str) -> None:
    refuse(TooLargeWorkbookError, package(sheet1=sheet_xml(rows)))


def test_a_table_of_the_largest_size_is_read() -> None:
    rows = f'<row r="{ROWS_MAX}"><c r="SF{ROWS_MAX}"><v>1</v></c></row>'
    table = read_tables(package(sheet1=sheet_xml(rows)), name="a.xlsx")["ก"]
    assert (len(table), len(table[-1])) == (ROWS_MAX, COLUMNS_MAX)


def test_rows_at_the_end_of_the_world_do_not_hold_us_up() -> None:
    rows = '<row r="999999999999"><c r="A999999999999"><v>1</v></c></row>'
    refuse(TooLargeWorkbookError, package(sheet1=sheet_xml(rows + rows)))


def test_many_sheets_of_blank_rows_do_not_hold_us_up() -> None:
    file = BytesIO(write_workbook({f"ก{number}": [["หัว"]] for number in range(9)}))
    with zipfile.ZipFile(file, "a") as target, warnings.catch_warnings(action="ignore"):
        for number in range(1, 10):
            rows = '<row r="1048576"><c r="A1048576" s="0"/></row>'
            target.writestr(f"xl/worksheets/sheet{number}.xml", sheet_xml(rows))
    refuse(TooLargeWorkbookError, file.getvalue())


def test_a_zip_bomb_is_refused_before_it_unpacks() -> None:
    bomb = package(sheet1=sheet_xml(" " * (UNPACKED_BYTES_MAX + 1)))
    assert len(bomb) < UNPACKED_BYTES_MAX / 100
    refuse(TooLargeWorkbookError, bomb)


def test_a_file_larger_than_its_unpacked_limit_is_refused() -> None:
    refuse(TooLargeWorkbookError, bytes(UNPACKED_BYTES_MAX + 1), "a.csv")


# Reading CSV


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp874"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_csv_is_read_in_the_encodings_of_excel(encoding: str, mark: str) -> None:
    lines = [["ลำดับ", "เหตุผล", "จำนวนเงิน"], ["1", '"=ก\nข"', ""], ["", "", ""], ["2", "ค", "๕๐๐"]]
    content = "\r\n".join(mark.join(line) for line in lines).encode(encoding)
    assert read_tables(content, name="คำขอ.CSV") == {
        "คำขอ": [["ลำดับ", "เหตุผล", "จำนวนเงิน"], ["1", "=ก\nข"], [], ["2", "ค", "๕๐๐"]]
    }


def test_csv_in_an_unknown_encoding_is_refused() -> None:
    refuse(UnreadableTextError, "ระยอง".encode("utf-16"), "a.csv")
    refuse(UnreadableTextError, b"\xdb\xfc\xff", "a.csv")
    refuse(UnreadableTextError, b"1,\0,2", "a.csv")


def test_csv_with_an_open_quote_is_refused() -> None:
    refuse(UnreadableTextError, '1,"ก\n2,ข\n'.encode(), "a.csv")


def test_csv_of_no_human_size_is_refused() -> None:
    refuse(TooLargeWorkbookError, b"1\n" * (ROWS_MAX + 1), "a.csv")
    refuse(TooLargeWorkbookError, b"," * COLUMNS_MAX + b"1", "a.csv")
    refuse(UnreadableTextError, b"x" * 200_000, "a.csv")


def test_an_empty_csv_is_an_empty_table() -> None:
    assert read_tables(b"", name="a.csv") == {"a": []}
