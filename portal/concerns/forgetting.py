"""Forgetting what was written in concerns, and in findings about somebody who is erased."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlalchemy import false
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.concerns.codes import ConcernState
from portal.concerns.codes import FindingState
from portal.concerns.docket import subject as kept_as
from portal.concerns.models import Concern
from portal.concerns.models import ConcernAct
from portal.concerns.models import Finding
from portal.concerns.models import FindingAct
from portal.errors import N_
from portal.errors import RuleError
from portal.funds.forgetting import YOUTH
from portal.funds.forgetting import NobodyKnownError
from portal.funds.models import FundRequest

CONCERN = "concern"


class StillOpenError(RuleError):
    """What was written is needed until it is closed."""

    def __init__(self, numbers: Sequence[str]) -> None:
        super().__init__(
            N_("Nothing was erased: {numbers} must be closed first."), numbers=", ".join(numbers)
        )


def named(session: Session, subject: str) -> str:
    """Return what the key store calls a concern, when a concern's number was given."""
    concern = session.scalars(select(Concern).where(Concern.number == subject)).one_or_none()
    return kept_as(concern) if concern else subject


def is_concern(subject: str) -> bool:
    """Say whether a concern is to be forgotten."""
    return subject.partition(":")[0] == CONCERN


def subjects_of(session: Session, subject: str) -> list[str]:
    """Return under what the key store knows what was written; raise an error while it is needed."""
    cases = _cases(session, subject)
    if is_concern(subject) and not cases:
        raise NobodyKnownError(subject)
    waiting = [case.number for case in cases if not _is_closed(case)]
    if waiting:
        raise StillOpenError(waiting)
    return [kept_as(case) for case in cases]


def _cases(session: Session, subject: str) -> Sequence[Concern] | Sequence[Finding]:
    """Return the concern, or the findings at requests for somebody."""
    if is_concern(subject):
        number = Concern.number == subject.partition(":")[2]
        return session.scalars(select(Concern).where(number)).all()
    return session.scalars(select(Finding).where(_about(subject)).order_by(Finding.id)).all()


def _about(subject: str) -> ColumnElement[bool]:
    kind, _, name = subject.partition(":")
    if kind != YOUTH:
        return false()
    theirs = select(FundRequest.id).where(FundRequest.youth_id == int(name))
    return Finding.fund_request_id.in_(theirs)


def _is_closed(case: Concern | Finding) -> bool:
    return case.state in {ConcernState.CLOSED, FindingState.CLOSED}


def forget(session: Session, subject: str, *, at: datetime) -> None:
    """Blank what was written, and how its writer is reached."""
    for case in _cases(session, subject):
        case.erased_at = at
        if isinstance(case, Concern):
            case.about = case.contact = ""
            session.execute(
                update(ConcernAct).where(ConcernAct.concern_id == case.id).values(words="")
            )
        else:
            session.execute(
                update(FindingAct).where(FindingAct.finding_id == case.id).values(words="")
            )
    session.flush()


def remembered(session: Session, subjects: Iterable[str]) -> Sequence[str]:
    """Return those concerns among these that are not forgotten here."""
    numbers = [subject.partition(":")[2] for subject in subjects if is_concern(subject)]
    kept = session.scalars(
        select(Concern).where(Concern.number.in_(numbers), Concern.erased_at.is_(None))
    )
    return [kept_as(concern) for concern in kept]
