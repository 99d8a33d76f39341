"""Forgetting somebody for good: every private word of their referrals, follow-ups and notes."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.cases.models import CaseNote
from portal.cases.models import FollowUp
from portal.cases.models import Referral

YOUTH = "youth"


def forget_case(session: Session, subject: str) -> None:
    """Blank the words, where the subject is somebody with a case.

    The database lets these rows be blanked, and nothing else, while an erasure is open.
    """
    kind, _, name = subject.partition(":")
    if kind != YOUTH:
        return
    number = int(name)
    words = {"asked": "", "answer": "", "result": ""}
    session.execute(update(Referral).where(Referral.youth_id == number).values(words))
    session.execute(update(FollowUp).where(FollowUp.youth_id == number).values(note=""))
    session.execute(update(CaseNote).where(CaseNote.youth_id == number).values(words=""))
