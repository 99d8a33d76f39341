"""Making letters, taking one up to send it, and noting how that went.

Letters are notices of acts, not acts: the log has no entry of them. What they tell is in the log
already, and a letter carries the id and the SHA-256 of its entry out of the house.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from sqlalchemy import TextClause
from sqlalchemy import bindparam
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.db import Moment
from portal.letters import rules
from portal.letters.models import Letter
from portal.letters.rules import About
from portal.letters.rules import NewLetter
from portal.people.models import Person
from portal.roles import Actor
from portal.roles import Role

_COLUMNS = ("to_person_id", "kind", "reference", "about", "key", "made_at", "due_at", "attempts")
_IS_WAITING = (
    Letter.sent_at.is_(None),
    Letter.failed_at.is_(None),
    Letter.sent_with_id.is_(None),
)


def make_letters(session: Session, letters: Sequence[NewLetter], *, at: datetime) -> None:
    """Make these letters, except those that were made before."""
    values = {
        f"{column}_{number}": value
        for number, letter in enumerate(letters)
        for column, value in zip(_COLUMNS, _values(letter, at), strict=True)
    }
    if values:
        session.execute(_insert(len(letters)), values)


def _values(letter: NewLetter, at: datetime) -> tuple[object, ...]:
    about = rules.write_abouts(letter.abouts)
    first_try = rules.first_try(letter.kind, at)
    kind = letter.kind.value
    return letter.to_person_id, kind, letter.reference, about, letter.key, at, first_try, 0


@lru_cache(50)
def _insert(count: int) -> TextClause:
    """Return the one statement for so many letters: an act waits for it.

    Two workers may remind at the same moment: the second one's letter is no second letter.
    """
    rows = (
        f"({', '.join(f':{column}_{number}' for column in _COLUMNS)})" for number in range(count)
    )
    # Of our own words alone: the values go beside it.
    statement = (
        f"INSERT INTO letter ({', '.join(_COLUMNS)}) VALUES {', '.join(rows)}"  # noqa: S608
        " ON CONFLICT (key) DO NOTHING"
    )
    return text(statement).bindparams(
        *(
            bindparam(f"{column}_{number}", type_=Moment())
            for number in range(count)
            for column in ("made_at", "due_at")
        )
    )


def claim_letter(session: Session, *, at: datetime) -> tuple[Letter, str] | None:
    """Take up the letter that is due longest, with its address, so that nobody else does.

    The caller commits this before it sends: PostgreSQL passes over what another worker holds, and
    SQLite has one writer. A sender that dies leaves the letter until the lease ends; then it is
    sent again under the same Message-ID, by which the double is known.
    """
    found = session.execute(
        select(Letter, Person.email)
        .join(Person, Person.id == Letter.to_person_id)
        .where(
            *_IS_WAITING,
            Letter.due_at <= at,
            Letter.due_at > at - rules.SENT_WITHIN,
            Letter.attempts < rules.ATTEMPTS_MAX,
            Person.email.is_not(None),
            Person.is_active,
        )
        .order_by(Letter.due_at, Letter.id)
        .limit(1)
        .with_for_update(of=Letter, skip_locked=True)
    ).one_or_none()
    if found is None:
        return None
    letter = found.Letter
    if letter.body is None and letter.kind in rules.OF_ACTS:
        _gather(session, letter, at=at)
    letter.attempts += 1
    letter.due_at = at + rules.LEASE
    session.flush()
    return letter, found.email


def _gather(session: Session, letter: Letter, *, at: datetime) -> None:
    """Let one letter tell what others of its kind would have told the same person."""
    others = session.scalars(
        select(Letter)
        .where(
            *_IS_WAITING,
            Letter.to_person_id == letter.to_person_id,
            Letter.kind == letter.kind,
            Letter.attempts == 0,
            Letter.due_at > at - rules.SENT_WITHIN,
            Letter.id != letter.id,
        )
        .order_by(Letter.id)
        .limit(rules.TOGETHER_MAX)
        .with_for_update(skip_locked=True)
    ).all()
    abouts: list[About] = [*letter.abouts]
    for other in others:
        abouts += other.abouts
        other.sent_with_id = letter.id
    letter.about = rules.write_abouts(abouts)
    letter.reference = None if others else letter.reference


def note_sent(session: Session, letter_id: int, *, at: datetime) -> None:
    """Note that the mail server took a letter."""
    letter = session.get_one(Letter, letter_id)
    letter.sent_at = at
    letter.last_error = None


def note_failure(session: Session, letter_id: int, error: str, *, at: datetime) -> None:
    """Note why a letter was not taken: it is tried again later, or has failed."""
    letter = session.get_one(Letter, letter_id)
    letter.last_error = error
    due_at = rules.next_try(letter.attempts, at)
    letter.due_at = due_at or at
    letter.failed_at = at if due_at is None else None


def give_up(session: Session, *, at: datetime) -> None:
    """Note as failed what was being sent for the last time when its sender died."""
    session.execute(
        update(Letter)
        .where(*_IS_WAITING, Letter.attempts == rules.ATTEMPTS_MAX, Letter.due_at <= at)
        .values(failed_at=at)
    )


def retry_letter(session: Session, letter_id: int, *, by: Actor, at: datetime) -> None:
    """Have a letter that failed sent again, from the first attempt on."""
    letter = session.get(Letter, letter_id, with_for_update=True)
    is_theirs = letter is not None and letter.to_person_id == by.person_id
    if letter is None or not (is_theirs or by.holds(Role.ADMINISTRATOR)):
        raise rules.LetterNotFoundError
    rules.check_may_retry(by, is_failed=letter.failed_at is not None)
    letter.failed_at = None
    letter.attempts = 0
    letter.due_at = at
    session.flush()
