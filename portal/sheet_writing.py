"""Tables to files: the one place that knows XlsxWriter; text stays text, never a formula."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from datetime import datetime
from datetime import time
from decimal import Decimal
from io import BytesIO
from itertools import chain
from itertools import islice
from tempfile import TemporaryFile
from typing import IO
from typing import TypeAlias
from unicodedata import category

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from portal.money import Money

CHARACTERS_MAX = 32_767  # Excel's own limit for one cell
SHEET_ROWS_MAX = 1_048_576  # Excel's own limit for one sheet

_WRITTEN_AT = datetime(2000, 1, 1)  # noqa: DTZ001 - a fixed date, so that the bytes stay the same
_WRITING = {
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
_FONT = {"font_name": "TH Sarabun New", "font_size": 14}
_STYLES = {
    "plain": {},
    "header": {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"},
    "day": {"num_format": "yyyy-mm-dd"},
    "moment": {"num_format": "yyyy-mm-dd hh:mm"},
    "money": {"num_format": "#,##0.00"},
}
_WIDTH_MIN = 8
_WIDTH_MAX = 48
_WIDTH_ROWS = 200
_DIGITS_EXACT = 15  # more digits than this do not survive in a number cell
_FIRST_YEAR = 1901  # Excel counts days from 1900, and wrongly for its first two months

# The name of a list, its header, and its rows, which are read one by one.
LongSheet: TypeAlias = "tuple[str, Sequence[str], Iterable[Sequence[object]]]"


def write_workbook(sheets: Mapping[str, Sequence[Sequence[object]]]) -> bytes:
    """Return an .xlsx file; the first row of each sheet is its header. Same rows, same bytes."""
    file = BytesIO()
    with _workbook(file, in_memory=True) as workbook:
        workbook.set_properties({"created": _WRITTEN_AT})
        styles = _styles(workbook)
        for name, rows in sheets.items():
            _write_sheet(workbook.add_worksheet(name), rows, styles)
    return file.getvalue()


def write_long_workbook(
    name: str, header: Sequence[str], rows: Iterable[Sequence[object]]
) -> IO[bytes]:
    """Return an .xlsx file of rows that are read one by one; a full sheet is followed by another.

    Only what the database gives at once is held in memory, however long the list is.
    """
    file = TemporaryFile()  # noqa: SIM115 - closed by who sends it
    with _workbook(file, constant_memory=True) as workbook:
        _write_long(workbook, (name, header, rows), _styles(workbook))
    file.seek(0)
    return file


def write_long_sheets(file: IO[bytes], sheets: Iterable[LongSheet]) -> None:
    """Write an .xlsx file of several long lists, row by row. Same rows, same bytes."""
    with _workbook(file, constant_memory=True) as workbook:
        workbook.set_properties({"created": _WRITTEN_AT})
        styles = _styles(workbook)
        for sheet in sheets:
            _write_long(workbook, sheet, styles)


def _write_long(workbook: Workbook, long: LongSheet, styles: dict[str, Format]) -> None:
    name, header, rows = long
    left, number = iter(rows), 1
    sheet = workbook.add_worksheet(name)
    _write_sheet(sheet, chain([header], islice(left, SHEET_ROWS_MAX - 1)), styles)
    while first := list(islice(left, 1)):
        number += 1
        sheet = workbook.add_worksheet(f"{name} {number}")
        _write_sheet(sheet, chain([header], first, islice(left, SHEET_ROWS_MAX - 2)), styles)


def _workbook(file: IO[bytes], **memory: bool) -> Workbook:
    # XlsxWriter writes into the font it is given, and would write the next workbook otherwise.
    return Workbook(file, _WRITING | memory | {"default_format_properties": dict(_FONT)})


def _styles(workbook: Workbook) -> dict[str, Format]:
    return {name: workbook.add_format(style) for name, style in _STYLES.items()}


def _write_sheet(
    sheet: Worksheet, rows: Iterable[Sequence[object]], styles: Mapping[str, Format]
) -> None:
    left = iter(rows)
    measured = list(islice(left, _WIDTH_ROWS))
    sheet.freeze_panes(1, 0)
    for column, width in enumerate(_widths(measured)):
        sheet.set_column(column, column, width, styles["plain"])
    for row_number, row in enumerate(chain(measured, left)):
        for column, value in enumerate(row):
            if row_number:
                _write_cell(sheet, (row_number, column), value, styles)
            else:
                _write_text(sheet, (0, column), str(value or ""), styles["header"])


def _widths(rows: Sequence[Sequence[object]]) -> list[int]:
    """Return how wide each column should be; Thai vowels and marks above take no width."""
    columns = max(map(len, rows), default=0)
    widths = [_WIDTH_MIN] * columns
    for row in rows:
        for column, value in enumerate(row):
            widths[column] = max(widths[column], _width(value))
    return [min(width, _WIDTH_MAX) for width in widths]


def _width(value: object) -> int:
    letters = "" if value is None else str(value)[:_WIDTH_MAX]
    return sum(category(letter) != "Mn" for letter in letters) + 2


def _write_cell(
    sheet: Worksheet, place: tuple[int, int], value: object, styles: Mapping[str, Format]
) -> None:
    """Write a value as what it is; text is only ever text, never a formula or a link."""
    if isinstance(value, bool):
        sheet.write_boolean(*place, value)
    elif isinstance(value, Money):
        sheet.write_number(*place, Decimal(value.satang) / 100, styles["money"])
    elif isinstance(value, int | float | Decimal) and _is_exact(value):
        sheet.write_number(*place, value)
    elif isinstance(value, date) and value.year >= _FIRST_YEAR:
        style = "moment" if isinstance(value, datetime) and value.time() != time() else "day"
        sheet.write_datetime(*place, value, styles[style])
    elif value is not None:
        _write_text(sheet, place, str(value))


def _write_text(
    sheet: Worksheet, place: tuple[int, int], text: str, style: Format | None = None
) -> None:
    if len(text) > CHARACTERS_MAX:
        message = f"a cell holds {CHARACTERS_MAX} characters, not {len(text)}"
        raise ValueError(message)
    sheet.write_string(*place, text, style)


def _is_exact(number: float | Decimal) -> bool:
    """Say whether a number cell gives this number back unchanged."""
    decimal = Decimal(str(number))
    return decimal.is_finite() and len(decimal.normalize().as_tuple().digits) <= _DIGITS_EXACT
