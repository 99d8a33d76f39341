"""What has happened with a person beside money, as lines in the order of time."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from datetime import date
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.cases import acts
from portal.cases.follow_ups import Outcome
from portal.cases.follow_ups import Pathway
from portal.cases.models import CaseNote
from portal.cases.models import FollowUp
from portal.cases.models import Referral
from portal.cases.rules import Reason
from portal.cases.rules import State
from portal.labels import Name
from portal.people.queries import names
from portal.people.queries import organisations
from portal.roles import Actor


@dataclass(frozen=True, slots=True)
class Told:
    """One line: the act, when, and by whom (None is the system); the words are private."""

    act: str
    at: datetime
    who_id: int | None
    who: str = ""
    organisation: Name | None = None
    words: str = ""
    reason: Reason | None = None
    outcome: Outcome | None = None
    pathway: Pathway | None = None
    day: date | None = None
    referral_id: int | None = None


def of_referral(session: Session, referral: Referral) -> Sequence[Told]:
    """Return what happened to a referral, the newest first."""
    return _in_order(session, [*_referral(referral, organisations(session))])


def of_person(session: Session, youth_id: int) -> Sequence[Told]:
    """Return what happened with somebody, the newest first."""
    partners = organisations(session)
    lines: list[Told] = []
    for referral in session.scalars(select(Referral).where(Referral.youth_id == youth_id)):
        lines += _referral(referral, partners)
    for follow_up in session.scalars(select(FollowUp).where(FollowUp.youth_id == youth_id)):
        lines += _follow_up(follow_up)
    for note in session.scalars(select(CaseNote).where(CaseNote.youth_id == youth_id)):
        lines.append(_note(note))
    return _in_order(session, lines)


def of_notes(session: Session, referral_id: int, by: Actor) -> Sequence[Told]:
    """Return the notes that somebody wrote for a referral, the newest first."""
    found = session.scalars(
        select(CaseNote).where(
            CaseNote.referral_id == referral_id, CaseNote.by_person_id == by.person_id
        )
    )
    return _in_order(session, [_note(note) for note in found])


def _in_order(session: Session, lines: Sequence[Told]) -> Sequence[Told]:
    who = names(session, {line.who_id for line in lines})
    # Of two at one moment the later written is the newer.
    newest = sorted(enumerate(lines), key=lambda pair: (pair[1].at, pair[0]), reverse=True)
    return [replace(line, who=who[line.who_id]) for _, line in newest]


def _referral(referral: Referral, partners: Mapping[str, Name]) -> Iterator[Told]:
    yield Told(
        acts.REFERRAL_SENT.name,
        referral.sent_at,
        referral.sent_by_id,
        organisation=partners[referral.receiver_code],
        words=referral.asked,
        referral_id=referral.id,
    )
    if referral.answered_at is not None:
        is_declined = referral.state is State.DECLINED
        yield Told(
            (acts.REFERRAL_DECLINED if is_declined else acts.REFERRAL_ACCEPTED).name,
            referral.answered_at,
            referral.answered_by_id,
            organisation=partners[referral.receiver_code],
            words=referral.answer,
            reason=referral.reason,
            referral_id=referral.id,
        )
    if referral.ended_at is not None:
        is_done = referral.state is State.DONE
        yield Told(
            (acts.REFERRAL_DONE if is_done else acts.REFERRAL_CANCELLED).name,
            referral.ended_at,
            referral.ended_by_id,
            organisation=partners[referral.receiver_code if is_done else referral.sender_code],
            words=referral.result,
            referral_id=referral.id,
        )


def _follow_up(follow_up: FollowUp) -> Iterator[Told]:
    yield Told(
        acts.FOLLOW_UP_PLANNED.name,
        follow_up.planned_at,
        follow_up.planned_by_id,
        day=follow_up.due_on,
    )
    if follow_up.done_at is not None:
        yield Told(
            acts.FOLLOW_UP_DONE.name,
            follow_up.done_at,
            follow_up.done_by_id,
            words=follow_up.note,
            outcome=follow_up.outcome,
            pathway=follow_up.pathway,
            day=follow_up.done_on,
        )


def _note(note: CaseNote) -> Told:
    return Told(acts.NOTE_ADDED.name, note.at, note.by_person_id, words=note.words)
