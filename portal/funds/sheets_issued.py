"""The papers that the worker issued, whatever they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlalchemy import Select
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.funds.sheet_models import IssuedSheet
from portal.funds.sheet_rules import SheetKind
from portal.funds.sheet_rules import SheetUnknownError
from portal.people.models import Person


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A paper that was issued; `file_name` tells nobody whom it is about."""

    id: int
    kind: SheetKind
    about: str
    reference: str
    number: int
    fund_request_id: int | None
    digest: str
    issued_at: datetime
    issued_by: str

    @property
    def file_name(self) -> str:
        """Return what the file is called."""
        return f"{self.reference}-{self.kind}-{self.number}.pdf"


def sheets_about(session: Session, about: str) -> Sequence[SheetRow]:
    """Return the papers about one thing, the newest first."""
    return _rows(session, IssuedSheet.about == about)


def sheets_of_request(session: Session, request_id: int) -> Sequence[SheetRow]:
    """Return the papers about a request and its payments, the newest first."""
    return _rows(session, IssuedSheet.fund_request_id == request_id)


def sheet_row(session: Session, sheet_id: int) -> SheetRow:
    """Return one paper, or raise `SheetUnknownError`."""
    rows = _rows(session, IssuedSheet.id == sheet_id)
    if not rows:
        raise SheetUnknownError
    return rows[0]


def _rows(session: Session, condition: ColumnElement[bool]) -> Sequence[SheetRow]:
    found = _sheets().where(condition).order_by(IssuedSheet.id.desc())
    return [_row(*row) for row in session.execute(found)]


def _sheets() -> Select[IssuedSheet, str]:
    return select(IssuedSheet, Person.name).join(Person, Person.id == IssuedSheet.issued_by_id)


def _row(sheet: IssuedSheet, issued_by: str) -> SheetRow:
    return SheetRow(
        id=sheet.id,
        kind=sheet.kind,
        about=sheet.about,
        reference=sheet.reference,
        number=sheet.number,
        fund_request_id=sheet.fund_request_id,
        digest=sheet.digest,
        issued_at=sheet.issued_at,
        issued_by=issued_by,
    )
