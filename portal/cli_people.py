"""The commands about people who sign in: a new password, a second factor that was lost."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from portal.clock import now
from portal.db import transaction
from portal.journal import Event
from portal.journal import note
from portal.people.enrolling import reset_factor
from portal.people.password_rules import ONE_TIME_HOURS
from portal.people.passwords import reset_password
from portal.people.queries import SYSTEM
from portal.people.queries import known_person
from portal.told import told

user = AppGroup("user", help="The people who sign in.")


@user.command("reset")
@click.argument("username")
@click.option("--factor", "is_factor", is_flag=True, help="Forget a second factor instead.")
@told
def user_reset(username: str, *, is_factor: bool) -> None:
    """Make a one-time password, or forget a lost second factor; the person's sessions end."""
    click.echo(_without_factor(username) if is_factor else _with_password(username))


def _without_factor(username: str) -> str:
    with transaction() as session:
        person = known_person(session, username)
        reset_factor(session, person, by=SYSTEM, at=now())
        person_id = person.id
    note(Event.FACTOR_RESET, person_id=person_id)
    return f"{username} has no second factor any more and sets up a new one."


def _with_password(username: str) -> str:
    with transaction() as session:
        password = reset_password(session, username, by=SYSTEM, at=now())
        person_id = known_person(session, username).id
    note(Event.PASSWORD_CHANGED, person_id=person_id)
    return (
        f"{username} signs in once with {password} within {ONE_TIME_HOURS} hours,"
        " to choose a password."
    )
