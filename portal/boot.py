"""What must hold before a service starts: the database keeps what it was told, and keys are ours.

Each thing that does not hold is one class, whose sentence says what to do about it.
"""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator
from datetime import datetime
from datetime import timedelta

from sqlalchemy import Connection
from sqlalchemy import Engine
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.errors import N_
from portal.errors import RuleError
from portal.install import Install
from portal.standing import newest_entry_at

LOGGER = logging.getLogger("portal.boot")
SECRET_LENGTH_MIN = 32
# Two clocks of one house differ by seconds; more would give acts the wrong order.
CLOCK_SLACK = timedelta(minutes=2)
# What SQLite must answer on a connection of ours, as its numbers tell it.
PRAGMAS = {"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"}
# Without these PostgreSQL forgets, or tears, what it said was kept. `synchronous_commit` has more
# values that keep it.
DURABLE = {
    "fsync": {"on"},
    "full_page_writes": {"on"},
    "synchronous_commit": {"on", "remote_write", "remote_apply", "local"},
}
VERSIONS = range(15, 19)
OTHERS_READ_OR_WRITE = 0o066
OTHERS_ENTER = 0o011
POWERS = text(
    "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR EXISTS ("
    " SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    " AND pg_has_role(current_user, relowner, 'USAGE'))"
    " FROM pg_roles WHERE rolname = current_user"
)


class WeakSecretError(RuleError):
    """The key that signs sessions can be guessed."""

    def __init__(self) -> None:
        super().__init__(
            N_(
                "PORTAL_SECRET_KEY has fewer than {least} characters: make a new one with "
                "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'."
            ),
            least=SECRET_LENGTH_MIN,
        )


class OpenFolderError(RuleError):
    """Others may read or write in the data folder, or it is somebody else's."""

    def __init__(self, folder: object) -> None:
        super().__init__(
            N_(
                "{folder} holds keys and names and is not for its owner alone: give it to the "
                "user that runs the portal, and run chmod 700 {folder}."
            ),
            folder=folder,
        )


class ForgetfulDatabaseError(RuleError):
    """A setting of the database lets it lose what it said was kept."""

    def __init__(self, name: str, value: str) -> None:
        super().__init__(
            N_(
                "The database has {name} = {value}, and would lose acts it said were kept when "
                "the power fails: set it back in the server's configuration."
            ),
            name=name,
            value=value,
        )


class WrongServerError(RuleError):
    """The server is of a version or an encoding that the portal was never tried with."""

    def __init__(self, version: int, encoding: str) -> None:
        super().__init__(
            N_(
                "The database is PostgreSQL {version} in {encoding}; the portal needs 15 to 18 "
                "in UTF8."
            ),
            version=version,
            encoding=encoding,
        )


class TooPowerfulError(RuleError):
    """The login may do more than its work needs."""

    def __init__(self) -> None:
        super().__init__(
            N_(
                "This login owns the tables or is a superuser, and no guard of the database would "
                "stop it: use one of the logins of docs/operators.md, “Three logins”."
            )
        )


class ClockBehindError(RuleError):
    """The clock is before the newest act."""

    def __init__(self, newest: datetime) -> None:
        super().__init__(
            N_(
                "The clock of this machine is before the newest act, of {newest}: set it right, "
                "or find out which machine's was wrong."
            ),
            newest=newest.isoformat(),
        )


def check_boot(install: Install, engine: Engine, *, at: datetime) -> None:
    """Raise what does not hold; where the settings allow it, for a test server, only warn."""
    for fault in _faults(install, engine, at=at):
        if not install.settings.allows_unsafe:
            raise fault
        facts = {"cause": type(fault).__name__}
        LOGGER.warning("It would not start in earnest.", extra={"facts": facts})


def _faults(install: Install, engine: Engine, *, at: datetime) -> Iterator[RuleError]:
    settings = install.settings
    if settings.secret_key and len(settings.secret_key) < SECRET_LENGTH_MIN:
        yield WeakSecretError()
    told = settings.data_dir.stat()
    mode = stat.S_IMODE(told.st_mode)
    # With a system user for the publisher both must enter: then it is somebody else's for one.
    is_ours = told.st_uid == os.geteuid() or mode & OTHERS_ENTER
    if mode & OTHERS_READ_OR_WRITE or not is_ours:
        yield OpenFolderError(settings.data_dir)
    with engine.connect() as connection:
        look = _postgresql if engine.dialect.name == "postgresql" else _sqlite
        yield from look(connection)
    with Session(engine) as session:
        newest = newest_entry_at(session)
    if newest and at < newest - CLOCK_SLACK:
        yield ClockBehindError(newest)


def _sqlite(connection: Connection) -> Iterator[RuleError]:
    for name, wanted in PRAGMAS.items():
        value = str(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
        if value != wanted:
            yield ForgetfulDatabaseError(name, value)


def _postgresql(connection: Connection) -> Iterator[RuleError]:
    def setting(name: str) -> str:
        shown = text("SELECT current_setting(:name)")
        return str(connection.execute(shown, {"name": name}).scalar_one())

    for name, kept in DURABLE.items():
        if setting(name) not in kept:
            yield ForgetfulDatabaseError(name, setting(name))
    version, encoding = int(setting("server_version_num")) // 10_000, setting("server_encoding")
    if version not in VERSIONS or encoding != "UTF8":
        yield WrongServerError(version, encoding)
    if connection.execute(POWERS).scalar_one():
        yield TooPowerfulError()
