"""What a browser's session carries from page to page of the gate.

That is a right password, a question to a passkey, a way to who vouches for people, and when
somebody last showed who they are.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from hashlib import sha256

from flask import session

from portal.passkeys import Challenge
from portal.passkeys import PasskeyRefusedError
from portal.people.models import Person
from portal.provider import Way

PROVED_AT = "proved_at"
HALFWAY_LASTS = timedelta(minutes=10)
QUESTION_LASTS = timedelta(minutes=10)
# A question that a second page may ask as well, so that two open pages do not void each other.
QUESTION_IS_NEW = timedelta(minutes=5)
PROOF_LASTS = timedelta(minutes=5)
JOURNEY_LASTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Halfway:
    """Whose password was right, and where they wanted to go; the second factor is still to come."""

    person_id: int
    password_mark: str
    wanted: str

    def is_of(self, person: Person) -> bool:
        """Say whether it is still this person's password, and there is a factor to ask for."""
        is_same = self.password_mark == _mark(person)
        return is_same and person.is_active and person.has_factor


def _mark(person: Person) -> str:
    return sha256((person.password_hash or "").encode()).hexdigest()[:16]


def remember_password(person: Person, wanted: str, *, at: datetime) -> None:
    """Remember that the password was right."""
    session["halfway"] = [person.id, _mark(person), wanted, at.timestamp()]


def halfway(*, at: datetime) -> Halfway | None:
    """Return who is halfway in, if that is not too long ago."""
    if "halfway" not in session:
        return None
    person_id, mark, wanted, since = session["halfway"]
    if at.timestamp() - since > HALFWAY_LASTS.total_seconds():
        return None
    return Halfway(person_id, mark, wanted)


def arrive(*, at: datetime) -> None:
    """Note that somebody just showed who they are; they are halfway no more."""
    session.pop("halfway", None)
    session[PROVED_AT] = at.timestamp()


def is_proved(*, at: datetime) -> bool:
    """Say whether somebody showed who they are a moment ago."""
    since: float = session.get(PROVED_AT, 0)
    return at.timestamp() - since < PROOF_LASTS.total_seconds()


def ask(*, at: datetime) -> Challenge:
    """Return a question for a passkey: the one that waits, if it is new, or another."""
    waiting = _waiting()
    if waiting and at - waiting.asked_at < QUESTION_IS_NEW:
        return waiting
    challenge = Challenge.new(at)
    words = urlsafe_b64encode(challenge.words).decode()
    session["question"] = [words, challenge.asked_at.isoformat()]
    return challenge


def asked(*, at: datetime) -> Challenge:
    """Return the question that is being answered, once; raise `PasskeyRefusedError` if none is."""
    waiting = _waiting()
    session.pop("question", None)
    if waiting is None or at - waiting.asked_at > QUESTION_LASTS:
        raise PasskeyRefusedError
    return waiting


@dataclass(frozen=True, slots=True)
class Journey:
    """A way to the provider and back: what for, and where to go then.

    `root` is the language in which it began; `person_id` is who is to be bound, or nobody.
    """

    way: Way
    wanted: str
    root: str
    person_id: int | None


def set_out(journey: Journey) -> None:
    """Remember the way; the one before it leads nowhere any more."""
    way = journey.way
    secrets = [way.state, way.nonce, way.verifier, way.asked_at.isoformat()]
    session["journey"] = [*secrets, journey.wanted, journey.root, journey.person_id]


def journey(*, at: datetime) -> Journey | None:
    """Return the way on which this browser is, if it did not set out too long ago."""
    if "journey" not in session:
        return None
    state, nonce, verifier, asked_at, *rest = session["journey"]
    way = Way(state, nonce, verifier, datetime.fromisoformat(asked_at))
    return Journey(way, *rest) if at - way.asked_at <= JOURNEY_LASTS else None


def end_journey() -> None:
    """Let nobody come back by this way a second time."""
    session.pop("journey", None)


def _waiting() -> Challenge | None:
    if "question" not in session:
        return None
    words, asked_at = session["question"]
    return Challenge(urlsafe_b64decode(words), datetime.fromisoformat(asked_at))
