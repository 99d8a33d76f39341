"""One row of a field workbook: everything its cells say, read with the province's names.

A row that says nothing, or nothing that can be read, is read all the same; `workbook.py` judges.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from portal.banks import Bank
from portal.funds.cells import PayeeKind
from portal.funds.cells import as_typed
from portal.funds.cells import is_blank
from portal.funds.cells import read_account
from portal.funds.cells import read_amount
from portal.funds.cells import read_bank
from portal.funds.cells import read_consent
from portal.funds.cells import read_digits
from portal.funds.cells import read_id
from portal.funds.cells import read_payee_kind
from portal.funds.cells import read_place
from portal.funds.cells import read_text
from portal.funds.columns import FORM
from portal.funds.columns import PERSON
from portal.funds.columns import Cells
from portal.funds.columns import Column
from portal.money import Money
from portal.thai import read_baht
from portal.thai import read_day

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
    UNKNOWN_REFERENCE = "unknown_reference"
    NOT_AS_KEPT = "not_as_kept"


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
class Reading:
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
    has_consent: bool
    unreadable: frozenset[Refusal]


def read_row(cells: Cells, names: Names) -> Reading:
    """Read what a row says; of a project, nothing that only a person has."""
    read = _Reader(cells)
    is_project = _is_project(cells)
    return Reading(
        is_project=is_project,
        first_name=read_text(cells.get(Column.FIRST_NAME)),
        last_name=read_text(cells.get(Column.LAST_NAME)),
        requested_on=read(Refusal.BAD_DATE, read_day, Column.REQUESTED_ON),
        birth_on=None if is_project else read(Refusal.BAD_DATE, read_day, Column.BIRTH_ON),
        national_id=None if is_project else read(Refusal.BAD_ID, read_id, Column.NATIONAL_ID),
        place=read(
            Refusal.UNKNOWN_PLACE,
            lambda tambon, amphoe: names.places[read_place(tambon), read_place(amphoe)],
            Column.TAMBON,
            Column.AMPHOE,
        ),
        subcommittee=read(
            Refusal.UNKNOWN_SUBCOMMITTEE,
            lambda cell: names.subcommittees[read_text(cell)],
            Column.SUBCOMMITTEE,
        ),
        category=read(
            Refusal.UNKNOWN_CATEGORY,
            lambda cell: names.categories[read_text(cell)],
            Column.CATEGORY,
        ),
        amount=read(Refusal.BAD_AMOUNT, read_amount, Column.AMOUNT),
        fund=read(Refusal.UNKNOWN_FUND, lambda cell: names.funds[read_text(cell)], Column.FUND),
        bank=read(Refusal.BAD_ACCOUNT, read_bank, Column.BANK),
        account_number=read(Refusal.BAD_ACCOUNT, read_account, Column.BANK, Column.ACCOUNT_NUMBER),
        has_consent=read_consent(cells.get(Column.CONSENT)),
        unreadable=frozenset(read.unreadable),
    )


def row_request(cells: Cells, reading: Reading) -> RowRequest | None:
    """Return what a row asks for, or None where the part that every request needs is not whole."""
    read = reading
    if not (
        (read.requested_on and read.place and read.subcommittee and read.category)
        and (read.amount and read.fund and read.bank and read.account_number)
    ):
        return None
    return RowRequest(
        requested_on=read.requested_on,
        finder=read_text(cells.get(Column.FINDER)),
        organisation=read_text(cells.get(Column.ORGANISATION)),
        applicant=_applicant(cells, read),
        project_name=as_typed(cells.get(Column.PROJECT_NAME)) if read.is_project else None,
        place=read.place,
        subcommittee=read.subcommittee,
        category=read.category.code,
        amount=read.amount,
        fund=read.fund,
        payee_kind=read_payee_kind(cells.get(Column.PAYEE)),
        payee_text=read_text(cells.get(Column.PAYEE)),
        account_holder=read_text(cells.get(Column.ACCOUNT_HOLDER)),
        bank=read.bank.code,
        account_number=read.account_number,
        reason=as_typed(cells.get(Column.REASON)),
        has_consent=read.has_consent,
    )


def _applicant(cells: Cells, reading: Reading) -> Applicant | None:
    if reading.birth_on is None:
        return None
    return Applicant(
        title=read_text(cells.get(Column.TITLE)),
        first_name=reading.first_name,
        last_name=reading.last_name,
        birth_on=reading.birth_on,
        national_id=reading.national_id,
        schooling=read_text(cells.get(Column.SCHOOLING)),
    )


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
        if any(map(is_blank, cells)):
            return None
        try:
            return read(*cells)
        except (KeyError, ValueError):
            self.unreadable.add(refusal)
            return None


def _is_project(cells: Cells) -> bool:
    """Say what a request is for; where the form does not say, what is filled in says it."""
    kind = read_text(cells.get(Column.KIND))
    if "โครงการ" in kind or "บุคคล" in kind:
        return "โครงการ" in kind
    names_a_person = not all(is_blank(cells.get(column)) for column in PERSON)
    return not names_a_person and not is_blank(cells.get(Column.PROJECT_NAME))


def row_content(cells: Cells) -> str:
    """Return what a row says but for its numbers, the same however its cells are written."""
    return json.dumps({column.name: _meant(column, cells.get(column)) for column in FORM})


def _meant(column: Column, cell: object) -> object:
    """Return what the cell means; unreadable text stands for itself."""
    try:
        return _MEANT.get(column, read_text)(cell)
    except ValueError:
        return read_text(cell)


_MEANT: dict[Column, Callable[[object], object]] = {
    Column.NUMBER: lambda _cell: "",
    Column.REQUESTED_ON: lambda cell: read_day(cell).isoformat(),
    Column.BIRTH_ON: lambda cell: read_day(cell).isoformat(),
    Column.AMOUNT: lambda cell: read_baht(cell).satang,
    Column.NATIONAL_ID: read_digits,
    Column.ACCOUNT_NUMBER: read_digits,
    Column.BANK: lambda cell: read_bank(cell).code,
    Column.TAMBON: read_place,
    Column.AMPHOE: read_place,
}
