"""Attaching papers to a fund request, and taking them off again before it is sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import cast

from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.archive import Archive
from portal.audit.entry import Secret
from portal.funds import acts
from portal.funds import lookups
from portal.funds.attachments import PAPERS_MAX
from portal.funds.attachments import PaperKind
from portal.funds.attachments import PaperThereError
from portal.funds.attachments import PaperUnknownError
from portal.funds.attachments import Removal
from portal.funds.attachments import TooManyPapersError
from portal.funds.attachments import attaching_role
from portal.funds.attachments import removing_role
from portal.funds.attachments import tidy_name
from portal.funds.docket import enter_beside
from portal.funds.docket import load_request
from portal.funds.docket import subject
from portal.funds.docket import told_of
from portal.funds.models import Attachment
from portal.funds.models import FundRequest
from portal.funds.rules import Duty
from portal.funds.rules import RequestNotFoundError
from portal.roles import Actor
from portal.roles import Role
from portal.uploads import Upload


def check_may_attach(session: Session, request_id: int, *, by: Actor) -> None:
    """Raise the rule that keeps this person from attaching, before a file is even looked at."""
    fund_request = session.get(FundRequest, request_id)
    if fund_request is None or not lookups.may_see(fund_request, by):
        raise RequestNotFoundError
    _role(session, fund_request, by, attaching_role)


def attach_paper(
    session: Session,
    request_id: int,
    upload: Upload,
    kind: PaperKind,
    *,
    file_name: str,
    by: Actor,
    at: datetime,
) -> Attachment:
    """Attach a cleaned file to a request."""
    fund_request = load_request(session, request_id, seen_version=None, by=by)
    role = _role(session, fund_request, by, attaching_role)
    _check_room(session, request_id, upload)
    # On disk before the row is there: without the row it is only a file that nobody finds.
    archive = cast("Archive", session.info["attachments"])  # put there by the app; untyped
    digest = archive.keep(upload.content)
    told = told_of(fund_request, role=role, by=by, at=at)
    draft = acts.paper_attached(told, kind, doc=Secret(subject(fund_request), digest))
    eid = enter_beside(session, fund_request, draft, Duty.ASK, by=by)
    attachment = Attachment(
        fund_request_id=request_id,
        kind=kind,
        digest=digest,
        media_type=upload.media_type,
        size_bytes=len(upload.content),
        file_name=tidy_name(file_name),
        added_by_id=by.person_id,
        added_at=at,
        log_eid=eid,
    )
    session.add(attachment)
    session.flush()
    return attachment


def _role(
    session: Session, fund_request: FundRequest, by: Actor, rule: Callable[..., Role]
) -> Role:
    return rule(
        fund_request.state,
        by,
        requester_id=fund_request.requester_id,
        duties=lookups.duties(session, fund_request.id),
    )


def _check_room(session: Session, request_id: int, upload: Upload) -> None:
    digests = lookups.paper_digests(session, request_id)
    if upload.digest in digests:
        raise PaperThereError
    every = select(func.count()).where(Attachment.fund_request_id == request_id)
    if session.execute(every).scalar_one() >= PAPERS_MAX:
        raise TooManyPapersError


def remove_paper(
    session: Session,
    request_id: int,
    attachment_id: int,
    why: Removal,
    *,
    by: Actor,
    at: datetime,
) -> Attachment:
    """Take a paper off before the request is sent; what was attached stays on record."""
    fund_request = load_request(session, request_id, seen_version=None, by=by)
    role = _role(session, fund_request, by, removing_role)
    attachment = session.scalars(
        select(Attachment).where(
            Attachment.id == attachment_id,
            Attachment.fund_request_id == request_id,
            Attachment.removed_at.is_(None),
        )
    ).one_or_none()
    if attachment is None:
        raise PaperUnknownError
    told = told_of(fund_request, role=role, by=by, at=at)
    doc = Secret(subject(fund_request), attachment.digest)
    draft = acts.paper_removed(told, attachment.kind, why, doc=doc)
    attachment.removal_log_eid = enter_beside(session, fund_request, draft, Duty.ASK, by=by)
    attachment.removed_by_id, attachment.removed_at = by.person_id, at
    attachment.removal_reason = why
    session.flush()
    return attachment
