"""Forgetting somebody for good: what the requests hold of them beside the log."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.errors import N_
from portal.errors import InputError
from portal.errors import NotFoundError
from portal.errors import RuleError
from portal.funds.models import Attachment
from portal.funds.models import Document
from portal.funds.models import Donation
from portal.funds.models import FundRequest
from portal.funds.models import PayeeAccount
from portal.funds.models import RequestAct
from portal.funds.models import RequestLine
from portal.funds.rules import State
from portal.funds.sheet_models import IssuedSheet
from portal.youths.forgetting import amphoe
from portal.youths.forgetting import forget_youth
from portal.youths.models import Youth
from portal.youths.queries import same_ids

YOUTH, DONATION = "youth", "donation"


class NobodyToForgetError(InputError):
    """The subject is not written as this portal writes one."""

    def __init__(self, subject: str) -> None:
        super().__init__(
            N_(
                "“{subject}” cannot be erased: write the reference of a request for a person, "
                "the number of a concern, youth:NUMBER or donation:REFERENCE."
            ),
            subject=subject,
        )


class NobodyKnownError(NotFoundError):
    """Nobody of this number or reference is known."""

    def __init__(self, subject: str) -> None:
        super().__init__(N_("{subject} is not known here."), subject=subject)


class StillNeededError(RuleError):
    """A request is on its way: what is known is needed until it ends."""

    def __init__(self, references: Sequence[str]) -> None:
        super().__init__(
            N_(
                "Nothing was erased: {references} must end first (closed, not approved, or "
                "withdrawn). Until then the data is needed to pay and to account for it."
            ),
            references=", ".join(references),
        )


def named(session: Session, subject: str) -> str:
    """Return whom a request is for, when a request's reference was given; else what was given."""
    youth_id = session.scalar(select(FundRequest.youth_id).where(FundRequest.reference == subject))
    return f"{YOUTH}:{youth_id}" if youth_id else subject


def subjects_of(session: Session, subject: str) -> list[str]:
    """Return everything under which the key store knows this somebody.

    Raise an error when there is nobody, or when what is known is still needed.
    """
    kind, _, name = subject.partition(":")
    if kind == DONATION and name:
        if session.scalar(select(Donation.id).where(Donation.reference == name)) is None:
            raise NobodyKnownError(subject)
        return [subject]
    if kind != YOUTH or not name.isdecimal():
        raise NobodyToForgetError(subject)
    if session.get(Youth, int(name)) is None:
        raise NobodyKnownError(subject)
    requests = _requests(session, int(name))
    waiting = [request for request in requests if not _has_ended(request)]
    if waiting:
        raise StillNeededError([request.reference or N_("a draft") for request in waiting])
    payees = [f"payee:{payee.id}" for request in requests for payee in request.payees]
    return [*(f"{YOUTH}:{number}" for number in same_ids(session, int(name))), *payees]


def _requests(session: Session, youth_id: int) -> Sequence[FundRequest]:
    return session.scalars(
        select(FundRequest)
        .where(FundRequest.youth_id.in_(same_ids(session, youth_id)))
        .order_by(FundRequest.id)
    ).all()


def _has_ended(request: FundRequest) -> bool:
    # What is paid lacks its receipts until it is closed: without the key none could be filed.
    return request.state in {State.REJECTED, State.WITHDRAWN, State.CLOSED}


def forget(session: Session, subject: str, *, at: datetime) -> None:
    """Blank every private value of this somebody.

    The database lets these rows be blanked, and nothing else, while an erasure is open.
    """
    kind, _, name = subject.partition(":")
    if kind == DONATION:
        session.execute(update(Donation).where(Donation.reference == name).values(donor=""))
        return
    for number in same_ids(session, int(name)):
        forget_youth(session, number, at=at)
    for request in _requests(session, int(name)):
        request.reason = request.urgent_reason = ""
        request.area_code = amphoe(request.area_code)
        request.import_fingerprint = None
        of_request = PayeeAccount.fund_request_id == request.id
        session.execute(update(PayeeAccount).where(of_request).values(holder="", account_number=""))
        lines = RequestLine.fund_request_id == request.id
        session.execute(update(RequestLine).where(lines).values(item="", unit=""))
        noted = RequestAct.fund_request_id == request.id
        session.execute(update(RequestAct).where(noted).values(note=""))
        attached = Attachment.fund_request_id == request.id
        session.execute(update(Attachment).where(attached).values(file_name=""))
    session.flush()


def remembered(session: Session, subjects: Iterable[str]) -> Sequence[int]:
    """Return the numbers of those young people among these who are not forgotten here."""
    numbers = [int(name) for kind, _, name in (s.partition(":") for s in subjects) if kind == YOUTH]
    return session.scalars(
        select(Youth.id).where(Youth.id.in_(numbers), Youth.erased_at.is_(None)).order_by(Youth.id)
    ).all()


def papers_of(session: Session, subject: str) -> Sequence[str]:
    """Return the digests of the papers that were issued about this somebody."""
    kind, _, name = subject.partition(":")
    if kind != YOUTH:
        return session.scalars(select(IssuedSheet.digest).where(IssuedSheet.about == subject)).all()
    about = FundRequest.youth_id.in_(same_ids(session, int(name)))
    return [
        digest
        for table in (Document, IssuedSheet)
        for digest in session.scalars(select(table.digest).join(FundRequest).where(about))
    ]
