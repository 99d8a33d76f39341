"""Issuing papers about a fund request: choose the stamp, then record what was made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from typing import TypeAlias
from typing import cast

from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.archive import Archive
from portal.audit.entry import Secret
from portal.audit.link import PaperLink
from portal.audit.service import new_stamp
from portal.audit.service import record
from portal.funds import acts
from portal.funds import documents
from portal.funds import lookups
from portal.funds.docket import load_request
from portal.funds.docket import subject
from portal.funds.documents import DocumentKind
from portal.funds.models import Document
from portal.funds.models import FundRequest
from portal.funds.models import RequestAct
from portal.funds.rules import RequestNotFoundError
from portal.funds.rules import StaleRequestError
from portal.funds.sheet_facts import facts_of
from portal.jobs.rules import Asking
from portal.jobs.service import ask_job
from portal.roles import Actor
from portal.roles import Role

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Sheet: TypeAlias = "DataclassInstance"
# The job of the worker that makes a paper: told, then made and issued.
PAPER_JOB = "paper"
PAPER_STEPS = 2


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper about to be made: `sheet` is what it tells, `stamp` what it carries.

    It was begun from the request as it stood in `version`.
    """

    kind: DocumentKind
    request_id: int
    reference: str
    version: int
    number: int
    sheet: Sheet
    stamp: PaperLink
    by: Actor
    role: Role
    at: datetime


def begin_document(
    session: Session,
    request_id: int,
    kind: DocumentKind,
    tell: Callable[[Session, FundRequest], Sheet],
    *,
    by: Actor,
    at: datetime,
) -> Paper:
    """Return what is needed to make a paper, or raise the rule against it; nothing is written.

    Making a paper takes long: it happens between this and `issue_document`, outside of either's
    transaction. `tell` reads from the database what a paper of this kind tells.
    """
    fund_request = session.get(FundRequest, request_id)
    if fund_request is None or not lookups.may_see(fund_request, by):
        raise RequestNotFoundError
    role = _issuing_role(fund_request, kind, by)
    return Paper(
        kind=kind,
        request_id=request_id,
        reference=str(fund_request.reference),
        version=fund_request.version,
        number=_next_number(session, request_id, kind),
        sheet=tell(session, fund_request),
        stamp=new_stamp(),
        by=by,
        role=role,
        at=at,
    )


def ask_document(
    session: Session,
    request_id: int,
    kind: DocumentKind,
    tell: Callable[[Session, FundRequest], Sheet],
    *,
    by: Actor,
    at: datetime,
) -> int:
    """Ask the worker for a paper and return the job; refuse what could not be made now."""
    paper = begin_document(session, request_id, kind, tell, by=by, at=at)
    asking = paper_asked(kind, str(request_id), facts_of(session, paper.sheet))
    return ask_job(session, asking, steps=PAPER_STEPS, by=by, at=at)


def paper_asked(kind: str, about: str, facts: str) -> Asking:
    """Return what the worker is asked for, to make a paper of this kind about something."""
    return Asking(PAPER_JOB, {"paper": kind, "about": about}, facts)


def issue_document(session: Session, paper: Paper, content: bytes) -> Document:
    """Record a paper that was made and put its bytes away.

    Where the same was told before, that earlier paper is returned and nothing is written: nobody
    gets two papers that say one thing.
    """
    kind, by, at = paper.kind, paper.by, paper.at
    fund_request = load_request(session, paper.request_id, seen_version=paper.version, by=by)
    role = _issuing_role(fund_request, kind, by)
    facts = facts_of(session, paper.sheet)
    if (earlier := _issued(session, paper, facts)) is not None:
        return earlier
    if paper.number != _next_number(session, paper.request_id, kind):
        # Somebody issued another one meanwhile, and this one carries its number.
        raise StaleRequestError(seen=paper.version, current=fund_request.version)
    archive = cast("Archive", session.info["archive"])  # put there by the app; info is untyped
    digest = archive.keep(content)
    draft = acts.document_issued(
        {"reference": paper.reference, "document": kind, "number": paper.number},
        doc=Secret(subject(fund_request), digest, salt=paper.stamp.salt),
        role=role,
        by=by,
        at=at,
        ref=str(fund_request.log_eid),
    )
    eid = record(session, draft, eid=paper.stamp.eid)
    document = Document(
        fund_request_id=paper.request_id,
        kind=kind,
        number=paper.number,
        digest=digest,
        facts=facts,
        issued_at=at,
        issued_by_id=by.person_id,
        log_eid=eid,
    )
    told = RequestAct(
        fund_request_id=paper.request_id,
        act=draft.type.name,
        role=role,
        by_person_id=by.person_id,
        at=at,
        state=fund_request.state,
        note="",
        log_eid=eid,
    )
    session.add_all((document, told))
    session.flush()
    return document


def _issuing_role(fund_request: FundRequest, kind: DocumentKind, by: Actor) -> Role:
    return documents.issuing_role(
        kind, fund_request.state, by, subcommittee=fund_request.subcommittee_code
    )


def _next_number(session: Session, request_id: int, kind: DocumentKind) -> int:
    issued = select(func.coalesce(func.max(Document.number), 0)).where(
        Document.fund_request_id == request_id, Document.kind == kind
    )
    return session.execute(issued).scalar_one() + 1


def _issued(session: Session, paper: Paper, facts: str) -> Document | None:
    return session.scalars(
        select(Document).where(
            Document.fund_request_id == paper.request_id,
            Document.kind == paper.kind,
            Document.facts == facts,
        )
    ).one_or_none()
