"""SQLite becomes PostgreSQL: all of it and the same, or nothing; and it goes on from there."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
from collections.abc import Iterator
from contextvars import Context
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import URL
from sqlalchemy import Engine
from sqlalchemy import create_engine
from sqlalchemy import event
from sqlalchemy import make_url
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal import table_copy
from portal.app import create_app
from portal.cli import upgrade_quietly
from portal.db import db
from portal.db import transaction
from portal.install import Install
from portal.moving import move_database
from portal.table_copy import held
from tests.conftest import Portal
from tests.conftest import on_server
from tests.conftest import owners
from tests.conftest import settings_of
from tests.killing import forked
from tests.logins import WEB
from tests.logins import login
from tests.moved import everything_that_moves_money
from tests.whole.test_backup import lent
from tests.whole.test_backup import run
from tests.world import World

pytestmark = pytest.mark.parametrize("portal", ["sqlite"], indirect=True)
STATES = "SELECT relname, tgname, tgenabled FROM pg_trigger JOIN pg_class ON tgrelid = pg_class.oid"


@pytest.fixture
def told(portal: Portal) -> Portal:
    """A portal on SQLite in which much was done, some of it waiting to be ordered."""
    act()
    portal.install.publish(db.engine)
    with transaction() as session:
        World(session).draft()
        World(session).submitted()
    return portal


def act() -> None:
    with transaction() as session:
        everything_that_moves_money(World(session))


@pytest.fixture
def empty(postgres: str) -> Iterator[URL]:
    """A PostgreSQL database that holds nothing at all."""
    url = make_url(postgres).set(database=f"moved_{secrets.token_hex(4)}")
    on_server(postgres, f"CREATE DATABASE {url.database} TEMPLATE template0")
    yield url
    on_server(postgres, f"DROP DATABASE {url.database} WITH (FORCE)")


@pytest.fixture
def target(empty: URL, tmp_path: Path) -> URL:
    """One with the tables of the newest migration."""

    def migrate() -> None:
        app = create_app(settings_of(tmp_path / "owner", written(empty)))
        with app.app_context():
            upgrade_quietly()
            db.engine.dispose()

    Context().run(migrate)
    return empty


def written(url: URL) -> str:
    return url.render_as_string(hide_password=False)


@pytest.fixture
def moved(told: Portal, target: URL, tmp_path: Path) -> Iterator[Flask]:
    """The install as it goes on: beside the old one, with a copy of its files."""
    code, said = move(told, target)
    assert code == 0, said
    folder = tmp_path / "moved"
    shutil.copytree(told.install.settings.data_dir, folder)
    yield from lent(create_app(settings_of(folder, written(target))))


def move(told: Portal, target: URL | str) -> tuple[int, str]:
    db.session.remove()
    return run(told.app, "move-database", target if isinstance(target, str) else written(target))


def rows(url: URL) -> int:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = sum(one.rows for one in held(connection).values())
    engine.dispose()
    return found


def test_it_is_the_same_and_goes_on(told: Portal, moved: Flask) -> None:
    for words in (("log", "check"), ("books", "check"), ("db", "upgrade"), ("publish",)):
        code, said = run(moved, *words)
        assert code == 0, said
    told.install.publish(db.engine)
    for page in ("/", "/requests", "/api/v1/figures", "/log"):
        pages = [Context().run(app.test_client().get, page).data for app in (told.app, moved)]
        assert pages[0] == pages[1]

    def go_on() -> None:
        with moved.app_context():
            with transaction() as session:
                World(session).receipted(World(session).confirmed("KTB0003"))
            install: Install = moved.extensions["install"]
            install.publish(db.engine)
            with Session(db.engine) as session:
                install.check_log(session)

    Context().run(go_on)


def test_both_digests_are_told_and_are_one(told: Portal, target: URL) -> None:
    with db.engine.connect() as connection:
        before = held(connection)
    code, said = move(told, target)
    assert code == 0, said
    lines = said.splitlines()
    assert f"{'posting':<24}{before['posting'].rows:>12,}  {before['posting'].digest}" in lines
    digests = {line.split()[-1] for line in lines if line.startswith(("SQLite", "PostgreSQL"))}
    assert digests == {table_copy.digest_of(before)}
    engine = create_engine(target)
    with engine.connect() as connection:
        assert held(connection) == before
    engine.dispose()


def test_each_trigger_fires_as_before(told: Portal, target: URL) -> None:
    engine = create_engine(target)
    with engine.connect() as connection:
        connection.execute(text("ALTER TABLE youth DISABLE TRIGGER youth_kept"))
        connection.commit()
        before = sorted(map(tuple, connection.execute(text(STATES)).all()))
        connection.rollback()
        assert move(told, target)[0] == 0
        assert sorted(map(tuple, connection.execute(text(STATES)).all())) == before
    engine.dispose()
    assert {mode for _table, _name, mode in before} == {"A", "D", "O"}


def test_numbers_go_on_after_the_largest(told: Portal, target: URL) -> None:
    assert move(told, target)[0] == 0
    engine = create_engine(target)
    with engine.connect() as connection:
        for table in ("fund_request", "log_entry", "concern"):
            key = "seqno" if table == "log_entry" else "id"
            newest = connection.scalar(text(f"SELECT coalesce(max({key}), 0) FROM {table}"))  # noqa: S608
            counter = text(f"SELECT nextval(pg_get_serial_sequence('{table}', '{key}'))")
            assert connection.scalar(counter) == newest + 1
    engine.dispose()


@pytest.mark.parametrize("step", [1, 150, 300, 500])
def test_killed_at_any_step_nothing_was_moved_and_again_it_is(
    told: Portal, target: URL, step: int
) -> None:
    def killed() -> None:
        left = step

        def count(*_: object) -> None:
            nonlocal left
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1

        event.listen(Engine, "before_cursor_execute", count)
        move_database(told.install, source, target, head=newest)

    source, newest = db.engine.url, head()
    before = digest(owners())
    db.session.remove()
    db.engine.dispose()
    _, ended = os.waitpid(forked(killed), 0)
    assert os.WIFSIGNALED(ended)
    assert rows(target) == 0
    assert digest(owners()) == before
    db.engine.dispose()
    assert move(told, target)[0] == 0


def digest(engine: Engine) -> str:
    with engine.connect() as connection:
        return table_copy.digest_of(held(connection))


def head() -> str:
    with db.engine.connect() as connection:
        return str(connection.scalar(text("SELECT version_num FROM alembic_version")))


def test_what_is_there_is_never_mixed_with(told: Portal, target: URL) -> None:
    assert move(told, target)[0] == 0
    before = rows(target)
    code, said = move(told, target)
    assert (code, rows(target)) == (1, before)
    assert "holds rows already, in" in said


def test_while_somebody_has_it_open_it_is_not_moved(told: Portal, target: URL) -> None:
    with owners().connect() as somebody:
        somebody.execute(text("SELECT 1 FROM fund"))
        code, said = move(told, target)
    assert code == 1
    assert "Somebody uses" in said
    assert rows(target) == 0


def test_where_somebody_looks_into_the_new_one_it_waits_for_nobody(
    told: Portal, target: URL
) -> None:
    engine = create_engine(target)
    with engine.connect() as somebody:
        somebody.execute(text("SELECT 1 FROM fund"))
        code, said = move(told, target)
    engine.dispose()
    assert code == 1
    assert "Somebody uses moved_" in said


def test_both_are_at_the_newest_migration(told: Portal, empty: URL) -> None:
    code, said = move(told, empty)
    assert code == 1
    assert "is at migration -: run db upgrade first" in said


def test_only_the_owner_fills_the_tables(told: Portal, target: URL) -> None:
    with login(target, WEB) as engine:
        code, said = move(told, engine.url)
    assert code == 1
    assert "Another login owns the tables" in said


def test_a_server_that_is_away_is_named(told: Portal, target: URL, tmp_path: Path) -> None:
    code, said = move(told, target.set(query={"host": str(tmp_path)}))
    assert code == 1
    assert "does not answer" in said


@pytest.mark.parametrize("url", ["no address", "sqlite:///other.sqlite"])
def test_only_postgresql_is_moved_to(told: Portal, url: str) -> None:
    code, said = move(told, url)
    assert code == 2
    assert "Traceback" not in said


def test_what_the_new_database_cannot_hold_is_told_without_its_values(
    told: Portal, target: URL
) -> None:
    name = "a secret name " * 50
    with owners().begin() as connection:
        connection.execute(text("UPDATE person SET name = :name WHERE id = 1"), {"name": name})
    code, said = move(told, target)
    assert code == 1
    assert "The new database refuses person: value too long" in said
    assert "secret" not in said
    assert rows(target) == 0


def test_a_database_that_gives_back_something_else_is_not_taken(told: Portal, target: URL) -> None:
    engine = create_engine(target)
    with engine.begin() as connection:
        # PostgreSQL fills such a text up with blanks.
        connection.execute(text("ALTER TABLE person ALTER COLUMN name TYPE char(200)"))
    engine.dispose()
    code, said = move(told, target)
    assert code == 1
    assert "holds something else in person" in said
    assert rows(target) == 0


def test_books_that_do_not_balance_are_not_taken(told: Portal, target: URL) -> None:
    with owners().begin() as connection:
        connection.execute(text("UPDATE balance SET satang = satang + 1 WHERE place = 'received'"))
    code, said = move(told, target)
    assert code == 1
    assert "balance" in said
    assert rows(target) == 0
    with owners().begin() as connection:
        connection.execute(text("UPDATE balance SET satang = satang - 1 WHERE place = 'received'"))
