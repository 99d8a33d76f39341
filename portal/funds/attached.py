"""The papers that were attached to a fund request, as its page shows them and gives them out."""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm import aliased

from portal.errors import PortalError
from portal.funds import lookups
from portal.funds.attachments import PaperKind
from portal.funds.attachments import PaperUnknownError
from portal.funds.attachments import Removal
from portal.funds.attachments import attaching_role
from portal.funds.attachments import removing_role
from portal.funds.lookups import SamePaper
from portal.funds.models import Attachment
from portal.funds.models import FundRequest
from portal.funds.queries import RequestRow
from portal.funds.queries import request_row
from portal.funds.rule_models import Category
from portal.funds.rules import SIGNERS
from portal.funds.rules import RequestNotFoundError
from portal.labels import Name
from portal.people.models import Person
from portal.roles import Actor
from portal.roles import Role

ENDINGS = {"image/jpeg": "jpg", "application/pdf": "pdf"}
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class AttachedPaper:
    """A paper of a request. `file_name` is what it was called when it came, and private.

    An erased paper has no name, and nobody can open it.
    """

    id: int
    kind: PaperKind
    media_type: str
    size_bytes: int
    file_name: str
    digest: str
    added_by: str
    added_at: datetime
    removed_by: str | None
    removed_at: datetime | None
    removal: Removal | None

    @property
    def is_open(self) -> bool:
        """Say whether it can be opened: it was neither taken off nor erased."""
        return self.removed_at is None and bool(self.file_name)

    @property
    def is_picture(self) -> bool:
        """Say whether a browser can show it as a picture."""
        return self.media_type == "image/jpeg"

    @property
    def size(self) -> str:
        """Return the size as people read it."""
        if self.size_bytes < _MEGABYTE:
            return f"{-(-self.size_bytes // 1024)}\u00a0KB"
        return f"{self.size_bytes / _MEGABYTE:.1f}\u00a0MB"

    def given_name(self, reference: str | None) -> str:
        """Return the name under which it is given out; it tells nobody whom it is about."""
        return f"{reference or 'draft'}-{self.kind}-{self.id}.{ENDINGS[self.media_type]}"


@dataclass(frozen=True, slots=True)
class AttachedPapers:
    """The papers of a request, those its category expects, and what one person may do."""

    request_id: int
    row: RequestRow
    papers: Sequence[AttachedPaper]
    expected: Sequence[Name]
    same: Sequence[SamePaper]
    opens_same: bool
    refusal: PortalError | None
    removals: Sequence[Removal]

    @property
    def may_remove(self) -> bool:
        """Say whether the person may take papers off now; `removals` are the reasons."""
        return bool(self.removals)

    @property
    def may_attach(self) -> bool:
        """Say whether the person may attach papers now."""
        return self.refusal is None

    @property
    def count(self) -> int:
        """Return how many papers there are to look at."""
        return sum(paper.is_open for paper in self.papers)


def attached_papers(session: Session, request_id: int, by: Actor) -> AttachedPapers:
    """Return the papers of a request, or raise `RequestNotFoundError`."""
    row = request_row(session, request_id, by)
    if row is None:
        raise RequestNotFoundError
    fund_request = session.get_one(FundRequest, request_id)
    category = session.get_one(Category, fund_request.category_code)
    compares = by.holds(Role.OFFICER) or bool(SIGNERS & by.roles)
    return AttachedPapers(
        request_id=request_id,
        row=row,
        papers=_papers(session, request_id),
        expected=[Name(paper["th"], paper["en"]) for paper in json.loads(category.papers)],
        same=lookups.same_papers(session, request_id) if compares else (),
        opens_same=bool(lookups.SEE_ALL & by.roles),
        refusal=_refusal(session, fund_request, by, attaching_role),
        removals=() if _refusal(session, fund_request, by, removing_role) else tuple(Removal),
    )


def attached_paper(
    session: Session, request_id: int, attachment_id: int, by: Actor
) -> tuple[AttachedPaper, RequestRow]:
    """Return a paper to be given out, and its request; raise where there is none to see."""
    row = request_row(session, request_id, by)
    if row is None:
        raise RequestNotFoundError
    found = [paper for paper in _papers(session, request_id) if paper.id == attachment_id]
    if not found or not found[0].is_open:
        raise PaperUnknownError
    return found[0], row


def _papers(session: Session, request_id: int) -> Sequence[AttachedPaper]:
    adder, remover = aliased(Person), aliased(Person)
    rows = session.execute(
        select(Attachment, adder.name, remover.name)
        .join(adder, adder.id == Attachment.added_by_id)
        .outerjoin(remover, remover.id == Attachment.removed_by_id)
        .where(Attachment.fund_request_id == request_id)
        .order_by(Attachment.id)
    )
    return [
        AttachedPaper(
            id=paper.id,
            kind=paper.kind,
            media_type=paper.media_type,
            size_bytes=paper.size_bytes,
            file_name=paper.file_name,
            digest=paper.digest,
            added_by=added_by,
            added_at=paper.added_at,
            removed_by=removed_by,
            removed_at=paper.removed_at,
            removal=paper.removal_reason,
        )
        for paper, added_by, removed_by in rows
    ]


def _refusal(
    session: Session, fund_request: FundRequest, by: Actor, rule: Callable[..., Role]
) -> PortalError | None:
    try:
        rule(
            fund_request.state,
            by,
            requester_id=fund_request.requester_id,
            duties=lookups.duties(session, fund_request.id),
        )
    except PortalError as refusal:
        return refusal
    return None
