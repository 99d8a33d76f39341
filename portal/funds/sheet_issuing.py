"""Issuing the papers that the worker makes: choose number and stamp, then record what was made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from typing import TypeAlias
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.archive import Archive
from portal.audit.entry import Json
from portal.audit.entry import Secret
from portal.audit.link import PaperLink
from portal.audit.service import new_stamp
from portal.audit.service import record
from portal.db import take_lock
from portal.funds import acts
from portal.funds import docket
from portal.funds import sheet_rules
from portal.funds.models import Counter
from portal.funds.sheet_facts import facts_of
from portal.funds.sheet_models import IssuedSheet
from portal.funds.sheet_rules import SheetKind
from portal.roles import Actor
from portal.roles import Role

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Sheet: TypeAlias = "DataclassInstance"
SHEETS_LOCK = 0x736865657473  # any number, the same in every process: "sheets"


@dataclass(frozen=True, slots=True)
class Matter:
    """What a paper is about, as it stands now, and what the paper would tell of it.

    `about` is `payment:12`, `reference` its public number, `subject` whose key seals the paper's
    digest, `log_eid` its newest entry. `asked_by` is who asked for the request it belongs to.
    """

    about: str
    reference: str
    subject: str
    log_eid: str
    sheet: Sheet
    fund_request_id: int | None = None
    asked_by: int | None = None


@dataclass(frozen=True, slots=True)
class SheetPaper:
    """A paper about to be made: its number and edition, what it tells, what it is checked by."""

    kind: SheetKind
    matter: Matter
    reference: str
    number: int
    stamp: PaperLink
    by: Actor
    role: Role
    at: datetime

    @property
    def sheet(self) -> Sheet:
        """Return what it tells."""
        return self.matter.sheet


def issued_already(session: Session, kind: SheetKind, matter: Matter) -> IssuedSheet | None:
    """Return the paper that tells just this, if there is one."""
    return session.scalars(
        select(IssuedSheet).where(
            IssuedSheet.kind == kind,
            IssuedSheet.about == matter.about,
            IssuedSheet.facts == facts_of(session, matter.sheet),
        )
    ).one_or_none()


def begin_sheet(
    session: Session, kind: SheetKind, matter: Matter, *, ahead: int, by: Actor, at: datetime
) -> SheetPaper:
    """Return what is needed to make a paper; nothing is written.

    Its number is the next one, after those of `ahead` others of its kind that are being made.
    """
    role = sheet_rules.issuing_role(kind, by, asked_by=matter.asked_by)
    reference, number = _next(session, kind, matter, ahead=ahead, at=at)
    return SheetPaper(kind, matter, reference, number, new_stamp(), by, role, at)


def _next(
    session: Session, kind: SheetKind, matter: Matter, *, ahead: int, at: datetime
) -> tuple[str, int]:
    """Return which number and edition a paper has when it is issued next."""
    newest = session.scalars(
        select(IssuedSheet)
        .where(IssuedSheet.kind == kind, IssuedSheet.about == matter.about)
        .order_by(IssuedSheet.number.desc())
        .limit(1)
    ).one_or_none()
    if newest is not None:
        return newest.reference, newest.number + 1
    letter = sheet_rules.TERMS[kind].letter
    if not letter:
        return matter.reference, 1
    series = docket.series(session, letter=letter, at=at)
    counter = session.get(Counter, (kind.counter, series.year), populate_existing=True)
    last = counter.last if counter else 0
    return series.reference(last + 1 + ahead), 1


def issue_sheet(session: Session, paper: SheetPaper, matter: Matter, content: bytes) -> IssuedSheet:
    """Record a paper that was made and put its bytes away; `matter` is how things stand now.

    Where the same was told before, that earlier paper is returned and nothing is written.
    """
    # Numbers are taken one after the other.
    take_lock(session, SHEETS_LOCK)
    facts = facts_of(session, matter.sheet)
    if facts != facts_of(session, paper.sheet):
        raise sheet_rules.SheetChangedError
    if (earlier := issued_already(session, paper.kind, matter)) is not None:
        return earlier
    _take_number(session, paper)
    archive = cast("Archive", session.info["archive"])  # put there by the app; info is untyped
    digest = archive.keep(content)
    public: dict[str, Json] = {
        "reference": paper.reference,
        "number": paper.number,
        "document": paper.kind,
        "about": matter.reference,
    }
    doc = Secret(matter.subject, digest, salt=paper.stamp.salt)
    draft = acts.sheet_issued(
        public, doc=doc, role=paper.role, by=paper.by, at=paper.at, ref=matter.log_eid
    )
    eid = record(session, draft, eid=paper.stamp.eid)
    issued = IssuedSheet(
        kind=paper.kind,
        about=matter.about,
        reference=paper.reference,
        number=paper.number,
        fund_request_id=matter.fund_request_id,
        digest=digest,
        facts=facts,
        issued_at=paper.at,
        issued_by_id=paper.by.person_id,
        role=paper.role,
        log_eid=eid,
    )
    session.add(issued)
    session.flush()
    return issued


def _take_number(session: Session, paper: SheetPaper) -> None:
    """Take the number that stands on the paper, or refuse it: another paper may have it."""
    next_one = _next(session, paper.kind, paper.matter, ahead=0, at=paper.at)
    if next_one != (paper.reference, paper.number):
        raise sheet_rules.SheetChangedError
    letter = sheet_rules.TERMS[paper.kind].letter
    if letter and paper.number == 1:
        docket.next_reference(session, paper.kind.counter, letter=letter, at=paper.at)
