"""Passwords that somebody types: each is looked at only when the try is counted."""

from __future__ import annotations

from portal.clock import now
from portal.db import db
from portal.db import transaction
from portal.people.known import known_device
from portal.people.models import Person
from portal.people.passwords import check_password
from portal.people.tries import count_try
from portal.people.tries import forgive_tries
from portal.people.try_rules import tracks
from portal.security import visitor_address


def checked_password(username: str, password: str) -> Person:
    """Return whose username and password these are; every try is counted, a right one forgiven.

    Raise `WrongPasswordError`, `EndedPasswordError` or `TooManyTriesError`.
    """
    with transaction() as session:
        its_tracks = tracks(
            session.info["hash_key"],
            username,
            address=visitor_address(),
            device=known_device(username),
        )
        count_try(session, its_tracks, at=now())
    person = check_password(db.session(), username, password, at=now())
    with transaction() as session:
        forgive_tries(session, its_tracks)
    return person
