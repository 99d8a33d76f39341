"""Requests from a province's workbook: judge each row, say what must be corrected.

Plain values in, answers out. What the province knows comes as `Names`; whether a row was imported
before is the caller's to find out, by its fingerprint.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from enum import StrEnum

from portal.funds.cells import PayeeKind
from portal.funds.cells import is_blank
from portal.funds.cells import read_number
from portal.funds.cells import read_text
from portal.funds.columns import EVERY_REQUEST
from portal.funds.columns import FORM
from portal.funds.columns import PERSON
from portal.funds.columns import PERSON_AND_CONSENT
from portal.funds.columns import PROJECT
from portal.funds.columns import Cells
from portal.funds.columns import Column
from portal.funds.columns import Line
from portal.funds.columns import MissingColumnsError
from portal.funds.columns import NoTableError
from portal.funds.columns import RepeatedColumnError
from portal.funds.columns import lines
from portal.funds.rows import CategoryRule
from portal.funds.rows import Names
from portal.funds.rows import Reading
from portal.funds.rows import Refusal
from portal.funds.rows import RowRequest
from portal.funds.rows import read_row
from portal.funds.rows import row_content
from portal.funds.rows import row_request
from portal.id_numbers import valid_national_id

# The rooms below are this room's own; whoever reads a workbook comes in here.
__all__ = [
    "EVERY_REQUEST",
    "FORM",
    "PERSON_AND_CONSENT",
    "PROJECT",
    "REASONS_COLUMN",
    "CategoryRule",
    "Column",
    "MissingColumnsError",
    "Names",
    "NoTableError",
    "PayeeKind",
    "Refusal",
    "RepeatedColumnError",
    "RowAnswer",
    "RowRequest",
    "Warned",
    "correction_sheet",
    "judge",
    "references",
]

REASONS_COLUMN = "เหตุผลที่ไม่รับ"


class Warned(StrEnum):
    """What a person should look at in a row that is imported all the same."""

    ID_CHECK_DIGIT = "id_check_digit"
    NO_ID = "no_id"
    POSSIBLE_DUPLICATE = "possible_duplicate"


@dataclass(frozen=True, slots=True)
class RowAnswer:
    """What became of one row; `cells` are as typed, by the workbook's own column names.

    The fingerprint names the row's content without its number: the same row in the same file
    again has the same one, and the second of two equal rows in one file has another.
    `reference` names the request that the portal wrote the row of.
    """

    row: int
    refused: tuple[Refusal, ...]
    warned: tuple[Warned, ...]
    cells: Mapping[str, object]
    request: RowRequest | None
    satang: int | None
    fingerprint: str
    reference: str = ""


# A number, a category, a year and a month: nobody asks for the same twice in one month.
RequestKey = tuple[str, str, int, int]


@dataclass(frozen=True, slots=True)
class Imports:
    """What earlier workbooks brought: their rows' fingerprints, and who asked for what when.

    `contents` has what the portal would write now of each request that a row may name.
    """

    fingerprints: frozenset[str] = frozenset()
    requests: frozenset[RequestKey] = frozenset()
    contents: Mapping[str, str] = field(default_factory=dict)


def references(tables: Mapping[str, Sequence[Sequence[object]]]) -> frozenset[str]:
    """Return the requests that the rows of a workbook name as written by the portal."""
    found = {_reference(line.cells) for line in lines(tables)}
    return frozenset(found - {""})


def _reference(cells: Cells) -> str:
    return read_text(cells.get(Column.REFERENCE))


def judge(
    tables: Mapping[str, Sequence[Sequence[object]]],
    names: Names,
    imports: Imports = Imports(),
) -> list[RowAnswer]:
    """Answer every request in the workbook, in order; change nothing.

    A row that was imported before is answered as it was then; another row for the same number,
    category and month is a duplicate, whichever workbook the first one stood in. A row that the
    portal wrote is answered by its reference alone: it is that request, if it still says so.
    """
    earlier = _Earlier()
    answers: list[RowAnswer] = []
    for line in lines(tables):
        if reference := _reference(line.cells):
            answers.append(_exported(line, names, imports, reference, row=len(answers) + 1))
            continue
        reading = read_row(line.cells, names)
        request = row_request(line.cells, reading)
        fingerprint = earlier.fingerprint(line.cells)
        is_new = fingerprint not in imports.fingerprints
        earlier.imported = imports.requests if is_new else frozenset()
        refused = _refusals(line.cells, reading, earlier)
        answers.append(
            RowAnswer(
                row=_row_number(line, len(answers) + 1),
                refused=refused,
                warned=() if refused else _warnings(reading, earlier),
                cells=line.typed,
                request=None if refused else request,
                satang=reading.amount.satang if reading.amount else None,
                fingerprint=fingerprint,
            )
        )
        if not refused:
            earlier.remember(reading)
    return answers


def _row_number(line: Line, place: int) -> int:
    number = read_number(line.cells.get(Column.NUMBER))
    return place if number is None else number


def _exported(line: Line, names: Names, imports: Imports, reference: str, *, row: int) -> RowAnswer:
    """Answer a row that the portal wrote: another content is refused, never taken as new."""
    content, amount = row_content(line.cells), read_row(line.cells, names).amount
    kept = imports.contents.get(reference)
    refused = Refusal.UNKNOWN_REFERENCE if kept is None else Refusal.NOT_AS_KEPT
    return RowAnswer(
        row=_row_number(line, row),
        refused=() if kept == content else (refused,),
        warned=(),
        cells=line.typed,
        request=None,
        satang=amount.satang if amount else None,
        fingerprint="",
        reference=reference,
    )


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


def _refusals(cells: Cells, reading: Reading, earlier: _Earlier) -> tuple[Refusal, ...]:
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
        Refusal.NO_CONSENT: not reading.is_project and not reading.has_consent,
        Refusal.DUPLICATE_IN_FILE: earlier.has_request(reading),
    }
    return tuple(why for why in Refusal if why in reading.unreadable or broken.get(why))


def _lacks_a_field(cells: Cells, reading: Reading) -> bool:
    needed = EVERY_REQUEST + (PROJECT if reading.is_project else PERSON)
    return any(is_blank(cells.get(column)) for column in needed)


def _is_born_later(reading: Reading) -> bool:
    """Say whether the birth lies after the request, the only "today" a row knows."""
    birth_on, requested_on = reading.birth_on, reading.requested_on
    return birth_on is not None and requested_on is not None and birth_on > requested_on


def _warnings(reading: Reading, earlier: _Earlier) -> tuple[Warned, ...]:
    """Return what to look at in an accepted row; a project has no number to look at."""
    if reading.is_project:
        return ()
    if reading.national_id is None:
        twice = (Warned.POSSIBLE_DUPLICATE,) if earlier.has_person(reading) else ()
        return (Warned.NO_ID, *twice)
    is_right = reading.national_id.startswith("G") or valid_national_id(reading.national_id)
    return () if is_right else (Warned.ID_CHECK_DIGIT,)


class _Earlier:
    """What the rows above have said: accepted requests, their persons, and every content."""

    def __init__(self) -> None:
        # What other workbooks brought, while a row that they did not bring is looked at.
        self.imported: frozenset[RequestKey] = frozenset()
        self._requests: set[RequestKey] = set()
        self._persons: set[tuple[str, str, date]] = set()
        self._contents: Counter[str] = Counter()

    def remember(self, reading: Reading) -> None:
        """Keep an accepted row."""
        self._requests.update(_request_keys(reading))
        self._persons.update(_person_keys(reading))

    def has_request(self, reading: Reading) -> bool:
        """Say whether the same number asked for the same category in the same month."""
        keys = _request_keys(reading)
        return not (self._requests.isdisjoint(keys) and self.imported.isdisjoint(keys))

    def has_person(self, reading: Reading) -> bool:
        """Say whether somebody of this name and birth date asked."""
        return not self._persons.isdisjoint(_person_keys(reading))

    def fingerprint(self, cells: Cells) -> str:
        """Return the digest of a row's content and of how often it was seen by now."""
        content = row_content(cells)
        self._contents[content] += 1
        return hashlib.sha256(f"{content}{self._contents[content]}".encode()).hexdigest()


def _request_keys(reading: Reading) -> list[RequestKey]:
    if not (reading.national_id and reading.category and reading.requested_on):
        return []
    day = reading.requested_on
    return [(reading.national_id, reading.category.code, day.year, day.month)]


def _person_keys(reading: Reading) -> list[tuple[str, str, date]]:
    if reading.birth_on is None:
        return []
    return [(reading.first_name, reading.last_name, reading.birth_on)]
