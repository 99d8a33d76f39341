"""The papers that were issued about a fund request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import N_
from portal.errors import NotFoundError
from portal.funds.documents import DocumentKind
from portal.funds.models import Document
from portal.funds.models import FundRequest
from portal.people.models import Person


class DocumentUnknownError(NotFoundError):
    """The request has no such paper."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such paper."))


@dataclass(frozen=True, slots=True)
class IssuedDocument:
    """A paper that was issued; `file_name` tells nobody whom it is about."""

    id: int
    kind: DocumentKind
    number: int
    file_name: str
    digest: str
    issued_at: datetime
    issued_by: str


def issued_documents(session: Session, request_id: int) -> Sequence[IssuedDocument]:
    """Return the papers of a request, the newest first."""
    rows = session.execute(_documents(request_id).order_by(Document.id.desc()))
    return [_issued(*columns) for columns in rows]


def issued_document(session: Session, request_id: int, document_id: int) -> IssuedDocument:
    """Return one paper of a request, or raise `DocumentUnknownError`."""
    statement = _documents(request_id).where(Document.id == document_id)
    columns = session.execute(statement).one_or_none()
    if columns is None:
        raise DocumentUnknownError
    return _issued(*columns)


def _documents(request_id: int) -> Select[Document, str, str | None]:
    return (
        select(Document, Person.name, FundRequest.reference)
        .join(Person, Person.id == Document.issued_by_id)
        .join(FundRequest, FundRequest.id == Document.fund_request_id)
        .where(Document.fund_request_id == request_id)
    )


def _issued(document: Document, issued_by: str, reference: str | None) -> IssuedDocument:
    return IssuedDocument(
        id=document.id,
        kind=document.kind,
        number=document.number,
        file_name=f"{reference}-{document.kind}-{document.number}.pdf",
        digest=document.digest,
        issued_at=document.issued_at,
        issued_by=issued_by,
    )
