"""The keys of forms: kept with the act, so that what is sent again is answered and not done."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta

from sqlalchemy import ColumnElement
from sqlalchemy import and_
from sqlalchemy import delete
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.errors import N_
from portal.errors import InputError
from portal.people.models import Once

# What somebody sends again later than this was not meant as the same.
KEPT_FOR = timedelta(days=7)
_KEY = re.compile(r"[\w-]{22}", re.ASCII)


class FormKeyMissingError(InputError):
    """A form that acts once came without its key."""

    def __init__(self) -> None:
        super().__init__(N_("This page is out of date. Load it again, then send the form."))


class FormKeyUsedError(InputError):
    """A form was sent once more with its key, but with something else in it."""

    def __init__(self) -> None:
        super().__init__(
            N_(
                "This form was sent before with something else in it, and that was done."
                " Load the page again and look before you send another."
            )
        )


class AlreadyDoneError(Exception):
    """The form did this before: nothing is refused, and nothing is done."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A form as it was sent: by whom, with which key, and a keyed digest of what stood in it."""

    person_id: int
    key: str
    digest: str


@dataclass(frozen=True, slots=True)
class Led:
    """Where an act led, and what the next page says of it; it may say nothing."""

    url: str
    what: str = ""
    why: str = ""
    reference: str | None = None


def new_form_key() -> str:
    """Return a key that nobody can guess, of 128 bits."""
    return secrets.token_urlsafe(16)


def read_form_key(typed: str) -> str:
    """Return the key as it was sent; raise what a form without one is refused with."""
    if not _KEY.fullmatch(typed):
        raise FormKeyMissingError
    return typed


def take_key(session: Session, sent: Sent, part: str, *, at: datetime) -> None:
    """Take the key before the act, in its transaction: it goes when the act fails.

    Whoever comes with the same key at the same moment waits here for the end of that transaction.
    """
    row = {"led_to": "", "what": "", "why": "", "done_at": at}
    try:
        session.execute(
            insert(Once).values(
                person_id=sent.person_id, key=sent.key, part=part, digest=sent.digest, **row
            )
        )
    except IntegrityError as error:
        raise AlreadyDoneError from error


def keep_led(session: Session, sent: Sent, part: str, led: Led) -> None:
    """Keep where the act led, in its transaction."""
    session.execute(
        update(Once)
        .where(_is(sent, part))
        .values(led_to=led.url, what=led.what, why=led.why, reference=led.reference)
    )


def led_before(session: Session, sent: Sent, part: str) -> Led | None:
    """Return where the form led when it was sent before, if it was."""
    row = session.scalars(select(Once).where(_is(sent, part))).one_or_none()
    if row is None:
        return None
    if row.digest != sent.digest:
        raise FormKeyUsedError
    return Led(row.led_to, row.what, row.why, row.reference)


def check_unchanged(session: Session, sent: Sent) -> None:
    """Refuse a form of several acts that was sent before with something else in it."""
    same_key = (Once.person_id == sent.person_id, Once.key == sent.key)
    other = select(Once.part).where(*same_key, Once.digest != sent.digest).limit(1)
    if session.scalar(other) is not None:
        raise FormKeyUsedError


def forget_keys(session: Session, *, at: datetime) -> None:
    """Forget the forms that nobody sends again any more."""
    session.execute(delete(Once).where(Once.done_at < at - KEPT_FOR))


def _is(sent: Sent, part: str) -> ColumnElement[bool]:
    return and_(Once.person_id == sent.person_id, Once.key == sent.key, Once.part == part)
