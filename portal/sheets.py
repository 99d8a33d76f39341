"""Tables from files: the one place that knows openpyxl and CSV; `sheet_writing.py` is the way back.

What comes in is a stranger's file: its size, its shape and its text are limited before anything
else looks at it, and each thing that can be wrong with it has one clear sentence.
"""

from __future__ import annotations

import csv
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from io import BytesIO
from io import StringIO
from pathlib import PurePath

from openpyxl import load_workbook
from openpyxl.cell.cell import Cell
from openpyxl.cell.cell import MergedCell
from openpyxl.utils.exceptions import InvalidFileException

from portal.errors import N_
from portal.errors import InputError
from portal.exporting import unguarded
from portal.sheet_writing import CHARACTERS_MAX
from portal.sheet_writing import write_workbook

__all__ = [
    "CHARACTERS_MAX",
    "COLUMNS_MAX",
    "ROWS_MAX",
    "UNPACKED_BYTES_MAX",
    "BrokenWorkbookError",
    "EncryptedWorkbookError",
    "OldWorkbookError",
    "TooLargeWorkbookError",
    "UnknownFileKindError",
    "UnreadableTextError",
    "UnreadableWorkbookError",
    "decoded_text",
    "read_tables",
    "write_workbook",
]

UNPACKED_BYTES_MAX = 64 * 1024 * 1024
ROWS_MAX = 20_000
COLUMNS_MAX = 500
BLANK_ROWS_MAX = 1_048_576  # of all sheets together, as many as Excel has in one

_ZIP = b"PK\x03\x04"
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAIN_PART = re.compile(r"xl/workbook[0-9]*\.xml")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
# How a workbook writes a sign that XML cannot, the end of a line among them, and the _ of such.
_ESCAPED = re.compile("_x(000[1-9A-F]|001[0-9A-F]|005F)_", re.IGNORECASE)
_QUOTED = re.compile('"[^"]*"')

# What openpyxl and its parts are known to raise on a damaged file.
_DAMAGE = (
    ArithmeticError,
    AttributeError,
    EOFError,
    InvalidFileException,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    SyntaxError,  # of XML, whichever parser openpyxl finds
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


class UnreadableWorkbookError(InputError):
    """A file that is not a table we can read."""


class UnknownFileKindError(UnreadableWorkbookError):
    """Neither a workbook nor a CSV file."""

    def __init__(self, name: str) -> None:
        super().__init__(
            N_("{name} is not a table: save it as an Excel workbook (.xlsx) or as CSV."), name=name
        )


class OldWorkbookError(UnreadableWorkbookError):
    """A workbook in the format of Excel 97 to 2003."""

    def __init__(self, name: str) -> None:
        super().__init__(
            N_("{name} is in an old Excel format: open it and save it as .xlsx."), name=name
        )


class EncryptedWorkbookError(UnreadableWorkbookError):
    """A workbook that opens only with a password."""

    def __init__(self, name: str) -> None:
        super().__init__(
            N_("{name} is locked with a password: save a copy without one."), name=name
        )


class BrokenWorkbookError(UnreadableWorkbookError):
    """A file that says it is a workbook and cannot be read as one."""

    def __init__(self, name: str) -> None:
        super().__init__(
            N_("{name} is damaged: open it in Excel and save it again as .xlsx."), name=name
        )


class UnreadableTextError(UnreadableWorkbookError):
    """A CSV file in an unknown encoding, or with quotes that do not close."""

    def __init__(self, name: str) -> None:
        super().__init__(
            N_("{name} cannot be read as CSV: save it as CSV UTF-8, or as .xlsx."), name=name
        )


class TooLargeWorkbookError(UnreadableWorkbookError):
    """A file far larger than any real one."""

    def __init__(self, name: str) -> None:
        super().__init__(
            N_("{name} is too large: at most {rows} rows and {columns} columns are read."),
            name=name,
            rows=ROWS_MAX,
            columns=COLUMNS_MAX,
        )


def read_tables(content: bytes, *, name: str) -> dict[str, list[list[object]]]:
    """Return the rows of each sheet as plain values; an empty cell is None."""
    if len(content) > UNPACKED_BYTES_MAX:
        raise TooLargeWorkbookError(name)
    if content.startswith(_ZIP):
        return _read_workbook(content, name=name)
    if content.startswith(_OLD_OFFICE):
        raise EncryptedWorkbookError(name) if _ENCRYPTED in content else OldWorkbookError(name)
    return _read_other(content, name=name)


def _read_workbook(content: bytes, *, name: str) -> dict[str, list[list[object]]]:
    try:
        _check_package(content, name=name)
        # openpyxl warns about drawings and validations that we do not need.
        with warnings.catch_warnings(action="ignore"):
            return _read_sheets(content, name=name)
    except _DAMAGE as error:
        raise BrokenWorkbookError(name) from error


def _check_package(content: bytes, *, name: str) -> None:
    """Refuse a package that is locked, unpacks too large, or holds something else."""
    with zipfile.ZipFile(BytesIO(content)) as package:
        parts = package.infolist()
    if sum(part.file_size for part in parts) > UNPACKED_BYTES_MAX:
        raise TooLargeWorkbookError(name)
    if any(part.flag_bits & 1 for part in parts):
        raise EncryptedWorkbookError(name)
    if not any(_MAIN_PART.fullmatch(part.filename) for part in parts):
        raise UnknownFileKindError(name)


def _read_sheets(content: bytes, *, name: str) -> dict[str, list[list[object]]]:
    """Read every sheet twice: as its author saw it, and with the formulas behind."""
    seen = load_workbook(BytesIO(content), read_only=True, data_only=True)
    typed = load_workbook(BytesIO(content), read_only=True)
    budget = iter(range(BLANK_ROWS_MAX))
    tables = {}
    for sheet, behind in zip(seen.worksheets, typed.worksheets, strict=True):
        sheet.reset_dimensions()
        behind.reset_dimensions()
        cells = sheet.iter_rows(max_row=BLANK_ROWS_MAX + 1, max_col=COLUMNS_MAX + 1)
        formulas = behind.iter_rows(
            max_row=BLANK_ROWS_MAX + 1, max_col=COLUMNS_MAX + 1, values_only=True
        )
        rows = map(_row_values, cells, formulas)
        tables[sheet.title] = _bounded(rows, name=name, budget=budget)
    return tables


def _row_values(cells: Sequence[Cell | MergedCell], formulas: Sequence[object]) -> list[object]:
    # The blank rows of a hostile file are many: one costs next to nothing.
    is_blank = formulas.count(None) == len(formulas)
    return [] if is_blank else list(map(_cell_value, cells, formulas))


def _cell_value(cell: Cell | MergedCell, formula: object) -> object:
    # A formula counts with the value its author saw. Text that a program mistook for a formula
    # ("=1+1" in a reason) never had one: then what was typed is the text. A formula that came
    # out empty is typed "str", and is empty.
    never_seen = cell.value is None and cell.data_type == "n"
    value = formula if never_seen and isinstance(formula, str) else cell.value
    if isinstance(value, str) and "_x" in value:
        return _ESCAPED.sub(lambda sign: chr(int(sign[1], 16)), value)
    return value


def _bounded(
    rows: Iterable[Sequence[object]], *, name: str, budget: Iterator[int]
) -> list[list[object]]:
    """Return the rows without the emptiness after them, if they are of a human size."""
    kept: list[list[object]] = []
    for number, row in enumerate(rows):
        if next(budget, None) is None:
            raise TooLargeWorkbookError(name)
        cells = _without_end(row)
        if not cells:
            continue
        if (
            number >= ROWS_MAX
            or len(cells) > COLUMNS_MAX
            or max(map(_length, cells)) > CHARACTERS_MAX
        ):
            raise TooLargeWorkbookError(name)
        kept.extend([] for _ in range(number - len(kept)))
        kept.append(cells)
    return kept


def _length(cell: object) -> int:
    return len(cell) if isinstance(cell, str) else 0


def _without_end(row: Sequence[object]) -> list[object]:
    cells = [None if cell == "" else cell for cell in row]
    while cells and cells[-1] is None:
        cells.pop()
    return cells


def _read_other(content: bytes, *, name: str) -> dict[str, list[list[object]]]:
    """Read a file that is no package of any kind, as its name says."""
    match PurePath(name).suffix.lower():
        case ".csv":
            return {PurePath(name).stem: _read_csv(content, name=name)}
        case ".xlsx":
            raise BrokenWorkbookError(name)
        case ".xls":
            raise OldWorkbookError(name)
        case _:
            raise UnknownFileKindError(name)


def _read_csv(content: bytes, *, name: str) -> list[list[object]]:
    text = decoded_text(content, name=name)
    # Excel separates with a semicolon or a tab where the computer's region says so; what stands in
    # a quoted text separates nothing.
    mark = max(",;\t", key=_QUOTED.sub("", text).count)
    try:
        cells = csv.reader(StringIO(text, newline=""), delimiter=mark, strict=True)
        rows = (list(map(unguarded, row)) for row in cells)
        return _bounded(rows, name=name, budget=iter(range(BLANK_ROWS_MAX)))
    except csv.Error as error:
        raise UnreadableTextError(name) from error


def decoded_text(content: bytes, *, name: str) -> str:
    """Decode a text file in UTF-8, or in the Thai of Windows."""
    for encoding in ("utf-8-sig", "cp874"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise UnreadableTextError(name)
