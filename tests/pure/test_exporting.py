from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC
from datetime import date
from datetime import datetime
from io import BytesIO
from io import StringIO
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from portal import sheet_writing
from portal.exporting import csv_bytes
from portal.exporting import guarded
from portal.exporting import unguarded
from portal.money import Money
from portal.sheet_writing import write_long_workbook
from portal.sheets import read_tables
from tests.formulas import FORMULAS
from tests.formulas import TRAPS
from tests.formulas import runs_in_csv

Row: TypeAlias = list[object]


def as_csv(*rows: Row) -> bytes:
    return b"".join(csv_bytes(["a", "b"], rows))


def as_workbook(*rows: Row) -> bytes:
    with write_long_workbook("a", ["a", "b"], rows) as file:
        return file.read()


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_guarded_in_csv_and_reads_back(text: str) -> None:
    content = as_csv([text, "b"])
    ((written, _),) = list(csv.reader(StringIO(content.decode("utf-8-sig"), newline="")))[1:]
    assert written == f"'{text}"
    assert not runs_in_csv(written)
    assert read_tables(content, name="a.csv")["a"][1] == [text, "b"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_a_text_in_a_workbook_and_reads_back(text: str) -> None:
    content = as_workbook([text, "b"])
    cell = load_workbook(BytesIO(content)).worksheets[0].cell(2, 1)
    assert cell.data_type in {"s", "inlineStr"}
    assert read_tables(content, name="a.xlsx")["a"][1] == [text, "b"]


@pytest.mark.parametrize("text", TRAPS)
def test_what_is_no_formula_is_written_as_it_is(text: str) -> None:
    assert guarded(text) == unguarded(text) == text
    assert read_tables(as_csv([text, "b"]), name="a.csv")["a"][1] == [text, "b"]
    assert read_tables(as_workbook([text, "b"]), name="a.xlsx")["a"][1] == [text, "b"]


@given(st.text(alphabet="'=+-@＝ \t\r\nก1;\","))  # noqa: RUF001 - a wide sign
def test_any_text_reads_back_unchanged(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not runs_in_csv(guarded(text))
    assert read_tables(as_csv([text, "b"]), name="a.csv")["a"][1] == [text or None, "b"]


def test_every_kind_of_cell_is_written_exactly() -> None:
    moment = datetime(2026, 11, 20, 23, 30, 15, 999, tzinfo=UTC)
    row: Row = [None, Money(-5), Money(123450), 7, date(2026, 11, 2), moment, "ก"]
    (told,) = list(csv.reader(StringIO(as_csv(row).decode("utf-8-sig"), newline="")))[1:]
    assert told == ["", "-0.05", "1234.50", "7", "2026-11-02", "2026-11-21T06:30:15+07:00", "ก"]


def test_csv_comes_in_pieces_while_rows_are_read() -> None:
    read: list[int] = []

    def rows() -> Iterator[Row]:
        for number in range(1_200):
            read.append(number)
            yield [number, "b"]

    pieces = csv_bytes(["a", "b"], rows())
    assert read == []
    first = next(pieces)
    assert first.startswith(b"\xef\xbb\xbf")
    assert len(read) == 500
    lines = (first + b"".join(pieces)).split(b"\r\n")
    assert (len(lines), lines[-1]) == (1_202, b"")


def test_a_text_full_of_semicolons_does_not_change_what_separates() -> None:
    row: Row = [";" * 1_000 + '"', "b\t\tb"]
    assert read_tables(as_csv(row), name="a.csv")["a"] == [["a", "b"], row]


def test_the_thai_of_windows_is_read_too() -> None:
    for encoding in ("utf-8", "cp874"):
        content = as_csv(["=ก", "ข"]).decode("utf-8-sig").encode(encoding)
        assert read_tables(content, name="a.csv")["a"][1] == ["=ก", "ข"]


@pytest.mark.parametrize("count", [0, 1, 3, 4, 8, 9])
def test_a_full_sheet_is_followed_by_another(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(sheet_writing, "SHEET_ROWS_MAX", 5)
    rows: list[Row] = [[number, "b"] for number in range(count)]
    tables = read_tables(as_workbook(*rows), name="a.xlsx")
    assert list(tables) == ["a", "a 2", "a 3"][: max(1, -(-count // 4))]
    assert all(table[0] == ["a", "b"] for table in tables.values())
    assert [row for table in tables.values() for row in table[1:]] == rows


def test_a_workbook_has_real_numbers_and_days_and_a_fixed_header() -> None:
    day = datetime(2026, 11, 20, 6, 30)  # noqa: DTZ001 - a cell has no time zone
    content = as_workbook([Money(123450), day], [Money(-5), date(2026, 11, 2)])
    sheet = load_workbook(BytesIO(content)).worksheets[0]
    assert sheet.freeze_panes == "A2"
    assert [cell.value for cell in sheet[2]] == [1234.5, day]
    assert sheet.cell(2, 1).number_format == "#,##0.00"
    assert isinstance(sheet.cell(3, 2).value, datetime)
