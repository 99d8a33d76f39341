"""One function for each act on a concern: it comes in, a desk looks into it and answers."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import astuple
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import EntryType
from portal.audit.entry import Json
from portal.concerns import acts
from portal.concerns import rules
from portal.concerns.codes import ConcernAction
from portal.concerns.codes import ConcernState
from portal.concerns.codes import ConcernTopic
from portal.concerns.codes import Outcome
from portal.concerns.docket import Effect
from portal.concerns.docket import Reply
from portal.concerns.docket import enter
from portal.concerns.docket import load_concern
from portal.concerns.docket import sealed
from portal.concerns.models import Concern
from portal.concerns.rules import HANDLERS
from portal.concerns.rules import NEXT_DESK
from portal.concerns.rules import SILENCE
from portal.funds.docket import next_reference
from portal.funds.models import Foundation
from portal.people.queries import SYSTEM
from portal.roles import Actor
from portal.roles import Role
from portal.thai import bangkok_day


@dataclass(frozen=True, slots=True)
class ConcernAnswer:
    """What somebody without an account tells the foundation.

    `sheet` names the page it was written on: the same page sent twice is one concern.
    """

    topic: ConcernTopic
    is_about_house: bool
    about: str
    words: str
    contact: str
    sheet: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the reporter gets: the number, and the code that is shown this once."""

    number: str
    code: str


def receive_concern(session: Session, answer: ConcernAnswer, *, at: datetime) -> Receipt:
    """Take a concern in and lay it on its desk; the same sheet sent twice is taken in once."""
    code = _new_code(session, answer)
    # One at a time, so that a second click finds what the first one made.
    session.scalars(select(Foundation).with_for_update()).one()
    known = _with_code(session, code)
    if known is not None:
        return Receipt(known.number, code)
    _, number = next_reference(session, "concern", letter="C", at=at)
    concern = Concern(
        number=number,
        code_hash=_hashed(session, code),
        topic=answer.topic,
        is_about_house=answer.is_about_house,
        about=answer.about,
        contact=answer.contact,
        desk=rules.first_desk(answer.topic, is_about_house=answer.is_about_house),
        received_at=at,
    )
    draft = acts.told(
        acts.CONCERN_RECEIVED,
        {"number": number, "topic": concern.public_topic, "desk": concern.desk},
        {
            "words": sealed(concern, answer.words),
            "about": sealed(concern, answer.about),
            "contact": sealed(concern, answer.contact),
        },
        role=None,
        by=None,
        at=at,
        ref=None,
    )
    effect = Effect(ConcernState.RECEIVED, Reply(None, answer.words))
    enter(session, concern, draft, effect, by=None)
    return Receipt(number, code)


def _new_code(session: Session, answer: ConcernAnswer) -> str:
    """Make a code nobody can guess: the key and the sheet are random, and the words their own."""
    sheet = answer.sheet or secrets.token_hex(16)
    told = json.dumps([*astuple(answer), sheet])
    return rules.write_code(_keyed(session, f"concern sheet {told}"))


def _keyed(session: Session, text: str) -> bytes:
    key: bytes = session.info["hash_key"]
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _hashed(session: Session, code: str) -> str:
    return _keyed(session, f"concern code {code}").hex()


def _with_code(session: Session, code: str) -> Concern | None:
    known = Concern.code_hash == _hashed(session, code)
    return session.scalars(select(Concern).where(known)).one_or_none()


def followed(session: Session, typed: str) -> int:
    """Return the concern that is followed with this code, or raise `UnknownCodeError`."""
    concern = _with_code(session, rules.read_code(typed))
    if concern is None:
        raise rules.UnknownCodeError
    return concern.id


def _load(session: Session, concern_id: int) -> Concern:
    """Lock a concern for an act of its reporter, who proved to know the code."""
    concern = session.get(Concern, concern_id, with_for_update=True, populate_existing=True)
    if concern is None:
        raise rules.ConcernNotFoundError
    return concern


def add_words(session: Session, concern_id: int, words: str, *, at: datetime) -> Concern:
    """Add what its reporter writes later; a concern that was answered is looked into again."""
    concern = _load(session, concern_id)
    changes = dict.fromkeys(("outcome", "answered_by_id", "answered_at"), None)
    _take(session, concern, ConcernAction.ADD, Reply(None, words), changes=changes, by=None, at=at)
    return concern


def close_concern(session: Session, concern_id: int, *, at: datetime) -> Concern:
    """Close a concern whose answer does for its reporter."""
    concern = _load(session, concern_id)
    _close(session, concern, by=None, at=at)
    return concern


def close_silent(session: Session, *, at: datetime) -> int:
    """Close every concern that was answered so long ago without a further word; return how many."""
    silent = session.scalars(
        select(Concern)
        .where(Concern.state == ConcernState.ANSWERED, Concern.answered_at <= at - SILENCE)
        .order_by(Concern.id)
        .with_for_update()
    ).all()
    for concern in silent:
        _close(session, concern, by=SYSTEM, at=at)
    return len(silent)


def _close(session: Session, concern: Concern, *, by: Actor | None, at: datetime) -> None:
    changes = {"closed_at": at}
    _take(session, concern, ConcernAction.CLOSE, Reply(None, ""), changes=changes, by=by, at=at)


def take_up_concern(
    session: Session, concern_id: int, reply: Reply, *, seen_version: int, by: Actor, at: datetime
) -> Concern:
    """Begin to look into a concern; from now on this person has it, and may ask its reporter."""
    concern = load_concern(session, concern_id, seen_version=seen_version, by=by)
    changes = {"taken_by_id": by.person_id}
    _take(session, concern, ConcernAction.TAKE_UP, reply, changes=changes, by=by, at=at)
    return concern


def pass_concern(
    session: Session, concern_id: int, reply: Reply, *, seen_version: int, by: Actor, at: datetime
) -> Concern:
    """Declare to be concerned, and hand the concern to the next desk; they never see it again."""
    concern = load_concern(session, concern_id, seen_version=seen_version, by=by)
    changes = {"taken_by_id": None, "desk": NEXT_DESK[concern.desk]}
    _take(session, concern, ConcernAction.PASS, reply, changes=changes, by=by, at=at)
    return concern


def answer_concern(
    session: Session, concern_id: int, reply: Reply, *, seen_version: int, by: Actor, at: datetime
) -> Concern:
    """Answer a concern: what came of it, and words for its reporter."""
    concern = load_concern(session, concern_id, seen_version=seen_version, by=by)
    outcome = Outcome(str(reply.code))
    changes = {"outcome": outcome, "answered_by_id": by.person_id, "answered_at": at}
    _take(session, concern, ConcernAction.ANSWER, reply, changes=changes, by=by, at=at)
    return concern


_TOLD: Mapping[ConcernAction, EntryType] = {
    ConcernAction.TAKE_UP: acts.CONCERN_TAKEN_UP,
    ConcernAction.PASS: acts.CONCERN_PASSED,
    ConcernAction.ADD: acts.CONCERN_CONTINUED,
    ConcernAction.ANSWER: acts.CONCERN_ANSWERED,
    ConcernAction.CLOSE: acts.CONCERN_CLOSED,
}


def _take(
    session: Session,
    concern: Concern,
    action: ConcernAction,
    reply: Reply,
    *,
    changes: Mapping[str, object],
    by: Actor | None,
    at: datetime,
) -> None:
    state = rules.next_concern_state(concern.state, action, by, desk=concern.desk)
    entry_type = _TOLD[action]
    told: dict[str, Json] = {
        "number": concern.number,
        "desk": NEXT_DESK[concern.desk],
        "outcome": reply.code,
        "days": (bangkok_day(at) - bangkok_day(concern.received_at)).days,
    }
    draft = acts.told(
        entry_type,
        {name: told[name] for name in entry_type.public},
        {name: sealed(concern, reply.words) for name in entry_type.private},
        role=_role(concern, by),
        by=by,
        at=at,
        ref=concern.log_eid,
    )
    enter(session, concern, draft, Effect(state, reply, changes), by=by)


def _role(concern: Concern, by: Actor | None) -> Role | None:
    if by is None:
        return None
    return Role.SYSTEM if by.holds(Role.SYSTEM) else HANDLERS[concern.desk]
