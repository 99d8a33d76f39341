"""One function for each act on a referral, and for writing a note."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.audit.entry import Draft
from portal.audit.service import record
from portal.cases import acts
from portal.cases import lookups
from portal.cases import rules
from portal.cases.acts import Told
from portal.cases.lookups import Seen
from portal.cases.models import CaseNote
from portal.cases.models import Referral
from portal.cases.rules import Action
from portal.cases.rules import Reason
from portal.cases.rules import State
from portal.roles import Actor
from portal.roles import Role
from portal.thai import bangkok_day
from portal.youths.models import Youth


@dataclass(frozen=True, slots=True)
class ReferralAnswer:
    """Whom to ask for what; `earlier_id` is the declined referral that is sent again."""

    receiver: str
    asked: str
    earlier_id: int | None = None


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why a referral is declined: a public code and private words."""

    reason: Reason
    note: str


def send_referral(
    session: Session, youth_id: int, answer: ReferralAnswer, *, by: Actor, at: datetime
) -> Referral:
    """Ask another organisation to take care of somebody."""
    youth = lookups.known_youth(session, youth_id, by, is_locked=True)
    if not rules.WORKERS & by.roles:
        raise rules.WorkerNeededError
    sender = _check_partners(session, answer.receiver, by)
    if not lookups.may_share(session, youth_id, on=bangkok_day(at)):
        raise rules.ShareConsentMissingError
    if lookups.has_open(session, youth_id, answer.receiver):
        raise rules.OpenAlreadyError
    if answer.earlier_id is not None:
        _check_earlier(session, youth_id, answer, by)
    told = Told(youth_id, youth.name, by, at)
    draft = acts.referral_sent(told, sender=sender, receiver=answer.receiver, asked=answer.asked)
    referral = Referral(
        youth_id=youth_id,
        state=State.SENT,
        sender_code=sender,
        receiver_code=answer.receiver,
        earlier_id=answer.earlier_id,
        asked=answer.asked,
        sent_by_id=by.person_id,
        sent_at=at,
        log_eid=record(session, draft),
    )
    session.add(referral)
    session.flush()
    return referral


def _check_partners(session: Session, receiver: str, by: Actor) -> str:
    """Return the sender's organisation; refuse a partner who could not answer."""
    sender = lookups.own_organisation(session, by)
    if sender is None:
        raise rules.NoOrganisationError
    if receiver == sender:
        raise rules.OwnOrganisationError
    if receiver not in lookups.partners(session, besides=sender):
        raise rules.NobodyThereError
    return sender


def _check_earlier(session: Session, youth_id: int, answer: ReferralAnswer, by: Actor) -> None:
    """Refuse to send again what was not declined, what was sent again, and to the same partner."""
    earlier = lookups.seen(session, answer.earlier_id or 0, by).referral
    if (
        earlier.youth_id != youth_id
        or earlier.state is not State.DECLINED
        or earlier.receiver_code == answer.receiver
        or lookups.follows(session, earlier.id)
    ):
        raise rules.NotSentAgainError


def accept_referral(
    session: Session, referral_id: int, *, seen_version: int, by: Actor, at: datetime
) -> Referral:
    """Take over what another organisation asks."""
    seen, told = _loaded(session, referral_id, seen_version=seen_version, by=by, at=at)
    state = _next_state(seen, Action.ACCEPT, by)
    draft = acts.referral_accepted(told, seen.referral.log_eid)
    seen.referral.answered_by_id, seen.referral.answered_at = by.person_id, at
    return _enter(session, seen.referral, state, draft)


def decline_referral(
    session: Session,
    referral_id: int,
    grounds: Grounds,
    *,
    seen_version: int,
    by: Actor,
    at: datetime,
) -> Referral:
    """Say why it cannot be taken over; the sender may ask another organisation."""
    seen, told = _loaded(session, referral_id, seen_version=seen_version, by=by, at=at)
    state = _next_state(seen, Action.DECLINE, by)
    before = seen.referral.log_eid
    draft = acts.referral_declined(told, before, reason=grounds.reason, note=grounds.note)
    seen.referral.answered_by_id, seen.referral.answered_at = by.person_id, at
    seen.referral.reason, seen.referral.answer = grounds.reason, grounds.note
    return _enter(session, seen.referral, state, draft)


def finish_referral(
    session: Session, referral_id: int, *, note: str, seen_version: int, by: Actor, at: datetime
) -> Referral:
    """Say what came of it."""
    seen, told = _loaded(session, referral_id, seen_version=seen_version, by=by, at=at)
    state = _next_state(seen, Action.FINISH, by)
    draft = acts.referral_done(told, seen.referral.log_eid, note=note)
    seen.referral.ended_by_id, seen.referral.ended_at = by.person_id, at
    seen.referral.result = note
    return _enter(session, seen.referral, state, draft)


def cancel_referral(
    session: Session, referral_id: int, *, seen_version: int, by: Actor, at: datetime
) -> Referral:
    """Take a referral back before it is answered."""
    seen, told = _loaded(session, referral_id, seen_version=seen_version, by=by, at=at)
    state = _next_state(seen, Action.CANCEL, by)
    draft = acts.referral_cancelled(told, seen.referral.log_eid)
    seen.referral.ended_by_id, seen.referral.ended_at = by.person_id, at
    return _enter(session, seen.referral, state, draft)


def _loaded(
    session: Session, referral_id: int, *, seen_version: int, by: Actor, at: datetime
) -> tuple[Seen, Told]:
    """Lock a referral for an act; refuse an old page, and hide what is between others."""
    seen = lookups.seen(session, referral_id, by, is_locked=True)
    if seen.referral.version != seen_version:
        raise rules.StaleCaseError(seen=seen_version, current=seen.referral.version)
    return seen, Told(seen.youth.id, seen.youth.name, by, at)


def _next_state(seen: Seen, action: Action, by: Actor) -> State:
    return rules.next_state(seen.referral.state, action, by, ends=seen.ends)


def _enter(session: Session, referral: Referral, state: State, draft: Draft) -> Referral:
    # Together with the new entry's id: the database refuses it alone.
    referral.state, referral.log_eid = state, record(session, draft)
    session.flush()
    return referral


def add_note(session: Session, youth_id: int, words: str, *, by: Actor, at: datetime) -> CaseNote:
    """Keep what an officer writes about somebody."""
    youth = lookups.known_youth(session, youth_id, by)
    if not by.holds(Role.OFFICER):
        raise rules.OfficerNeededError
    return _keep_note(session, youth, words, referral_id=None, by=by, at=at)


def add_partner_note(
    session: Session, referral_id: int, words: str, *, by: Actor, at: datetime
) -> CaseNote:
    """Keep what somebody of the organisation that took a referral over writes about the person."""
    seen = lookups.seen(session, referral_id, by, is_locked=True)
    # Whoever may finish it has it in hand.
    _next_state(seen, Action.FINISH, by)
    return _keep_note(session, seen.youth, words, referral_id=referral_id, by=by, at=at)


def _keep_note(
    session: Session, youth: Youth, words: str, *, referral_id: int | None, by: Actor, at: datetime
) -> CaseNote:
    draft = acts.note_added(Told(youth.id, youth.name, by, at), note=words)
    note = CaseNote(
        youth_id=youth.id,
        referral_id=referral_id,
        words=words,
        by_person_id=by.person_id,
        at=at,
        log_eid=record(session, draft),
    )
    session.add(note)
    session.flush()
    return note
