"""Filing a request from a form: kept once, sent once, however often a bad line repeats it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.funds.docket import load_request
from portal.funds.drafting import RequestAnswer
from portal.funds.drafting import amend_request
from portal.funds.drafting import draft_request
from portal.funds.drafting import note_consent
from portal.funds.models import FundRequest
from portal.funds.rules import State
from portal.funds.service import submit_request
from portal.roles import Actor


def keep_form(session: Session, answer: RequestAnswer, *, by: Actor, at: datetime) -> FundRequest:
    """Keep a form as a draft; the same form again changes that draft, and nothing once sent."""
    known = _known(session, answer, by)
    if known is None:
        try:
            with session.begin_nested():
                return draft_request(session, answer, by=by, at=at)
        except IntegrityError:
            # The same form came in at the same moment: the other one is the draft.
            known = _known(session, answer, by)
            if known is None:
                raise
    if known.state is not State.DRAFT:
        return known
    return amend_request(session, known.id, answer, seen_version=known.version, by=by, at=at)


def send_form(session: Session, answer: RequestAnswer, *, by: Actor, at: datetime) -> FundRequest:
    """Keep a form and send it; the same form again is the request that was sent."""
    fund_request = keep_form(session, answer, by=by, at=at)
    if fund_request.state is not State.DRAFT:
        return fund_request
    version = fund_request.version
    return submit_request(session, fund_request.id, seen_version=version, by=by, at=at)


def send_draft(
    session: Session,
    request_id: int,
    *,
    has_consent: bool,
    seen_version: int,
    by: Actor,
    at: datetime,
) -> FundRequest:
    """Send a draft whose answers were checked; a second press of the button changes nothing."""
    fund_request = load_request(session, request_id, seen_version=None, by=by)
    if fund_request.state is State.SUBMITTED and fund_request.requester_id == by.person_id:
        return fund_request
    if has_consent:
        note_consent(session, fund_request, by=by, at=at)
    return submit_request(session, request_id, seen_version=seen_version, by=by, at=at)


def _known(session: Session, answer: RequestAnswer, by: Actor) -> FundRequest | None:
    if answer.form_key is None:
        return None
    return session.scalars(
        select(FundRequest).where(
            FundRequest.requester_id == by.person_id, FundRequest.form_key == answer.form_key
        )
    ).one_or_none()
