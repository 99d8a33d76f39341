"""An upgrade that is killed at any moment and run again ends as one that was not."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextvars import Context
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import downgrade
from flask_migrate import upgrade
from sqlalchemy import Engine
from sqlalchemy import event
from sqlalchemy import make_url
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal.app import create_app
from portal.cli import upgrade_quietly
from portal.db import db
from tests.conftest import Portal
from tests.conftest import on_server
from tests.conftest import owners
from tests.conftest import settings_of
from tests.killing import forked
from tests.postgres import programs
from tests.whole.test_backup import lent
from tests.whole.test_migrations import MIGRATIONS
from tests.whole.test_migrations import versions

REVISIONS = tuple(path.name[:4] for path in sorted((MIGRATIONS / "versions").glob("0*.py")))
# A migration is killed before its third statement, and after its last one.
EARLY, LATE = 2, 10_000


@pytest.fixture
def empty(portal: Portal, tmp_path: Path) -> Iterator[Flask]:
    """An app on a database that holds nothing yet, on the same engine."""
    url = make_url(portal.install.settings.database_url)
    if url.get_backend_name() == "sqlite":
        folder = tmp_path / "empty"
        yield from lent(create_app(settings_of(folder, f"sqlite:///{folder / 'portal.sqlite'}")))
        return
    server, new = url, url.set(database=f"empty_{secrets.token_hex(4)}")
    on_server(written(server), f"CREATE DATABASE {new.database} TEMPLATE template0")
    yield from lent(create_app(settings_of(tmp_path / "empty", written(new))))
    on_server(written(server), f"DROP DATABASE {new.database} WITH (FORCE)")


def written(url: object) -> str:
    return make_url(str(url)).render_as_string(hide_password=False)


def upgraded_to(revision: str, *, killed_after: int | None = None) -> None:
    """Upgrade in a process of its own, which may be killed after so many statements."""

    def run() -> None:
        if killed_after is not None:
            kill_after(killed_after)
        upgrade(directory=str(MIGRATIONS), revision=revision)

    db.session.remove()
    db.engine.dispose()
    _, ended = os.waitpid(forked(run), 0)
    assert os.WIFSIGNALED(ended) if killed_after is not None else ended == 0


def kill_after(statements: int) -> None:
    left = statements

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        nonlocal left
        is_changing = not statement.startswith(("SELECT", "PRAGMA", "SET "))
        left -= is_changing
        # That it is done is said last.
        is_done = statement.startswith(("INSERT INTO alembic_version", "UPDATE alembic_version"))
        if left < 0 or is_done:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "after_cursor_execute", count)


def revision() -> str | None:
    with db.engine.connect() as connection:
        try:
            found = connection.scalar(text("SELECT version_num FROM alembic_version"))
        except DBAPIError:
            return None
        return None if found is None else str(found)


def schema(engine: Engine) -> list[str]:
    """Return everything that makes up a database but its rows, as the engine itself writes it."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            found = connection.execute(text("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"))
            return sorted(found.scalars())
    host, name = engine.url.query["host"], engine.url.database
    dumped = subprocess.run(  # noqa: S603 - our own words
        [programs() / "pg_dump", "--schema-only", f"--host={host}", "--username=tests", str(name)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    # Two lines hold a word that is another one each time.
    return [line for line in dumped.splitlines() if "restrict" not in line]


@pytest.mark.thorough
def test_killed_in_each_migration_it_ends_as_any_other(portal: Portal, empty: Flask) -> None:
    fresh = schema(db.engine)

    def be_killed_again_and_again() -> list[str]:
        with empty.app_context():
            done: str | None = None
            for number in REVISIONS:
                for moment in (EARLY, LATE):
                    upgraded_to(number, killed_after=moment)
                    assert revision() == done, (number, moment)
                upgraded_to(number)
                done = number
            return schema(db.engine)

    assert Context().run(be_killed_again_and_again) == fresh
    assert portal.install.has_log


def test_killed_while_it_moves_rows_it_loses_none(portal: Portal) -> None:
    assert portal.install.has_log
    before = versions()
    downgrade(directory=str(MIGRATIONS), revision="0013")
    for number in REVISIONS[REVISIONS.index("0014") :]:
        for moment in (EARLY, LATE):
            upgraded_to(number, killed_after=moment)
        upgraded_to(number)
    assert versions() == before
    assert len(before) > 30
    fold_anew()


def fold_anew() -> None:
    with owners().begin() as connection:
        connection.execute(text("UPDATE published_position SET fold_version = 0"))


@pytest.mark.parametrize("portal", ["postgresql"], indirect=True)
def test_pages_wait_a_moment_and_the_upgrade_waits_for_them(portal: Portal) -> None:
    assert portal.install.has_log
    downgrade(directory=str(MIGRATIONS), revision="0029")
    db.session.remove()
    db.engine.dispose()
    with db.engine.connect() as slow:
        slow.execute(text("SELECT count(*) FROM published_group"))
        child = forked(in_a_process_of_its_own(upgrade_quietly))
        waits = list(asked_for(4))
        slow.rollback()
    assert os.waitpid(child, 0)[1] == 0
    assert revision() == REVISIONS[-1]
    # Some pages came behind the upgrade, and none stood there for long.
    assert 0.2 < max(waits) < 2.5
    fold_anew()


def in_a_process_of_its_own(act: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        # The connections are those of the process that it came from.
        db.engine.dispose(close=False)
        act()

    return run


def asked_for(seconds: float) -> Iterator[float]:
    """Ask for a page's rows again and again, and give how long each took."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        begun = time.monotonic()
        with db.engine.connect() as page:
            page.execute(text("SELECT count(*) FROM published_group"))
        yield time.monotonic() - begun
        time.sleep(0.05)


@pytest.mark.parametrize("portal", ["postgresql"], indirect=True)
def test_two_upgrades_at_once_are_one_after_the_other(portal: Portal, empty: Flask) -> None:
    fresh = schema(db.engine)
    assert portal.install.has_log

    def upgrade_twice_at_once() -> list[str]:
        with empty.app_context():
            db.engine.dispose()
            children = [forked(in_a_process_of_its_own(upgrade_quietly)) for _ in range(2)]
            assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
            return schema(db.engine)

    assert Context().run(upgrade_twice_at_once) == fresh
