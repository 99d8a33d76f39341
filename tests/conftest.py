"""What tests stand on: a founded province, on each engine, verified when a test leaves it."""

from __future__ import annotations

import json
import logging
import os
import secrets
import shutil
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import AbstractContextManager
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any
from typing import TypeVar

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings
from sqlalchemy import URL
from sqlalchemy import Engine
from sqlalchemy import create_engine
from sqlalchemy import make_url
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from config import Settings
from config import read_settings
from portal.app import create_app
from portal.cli import set_up
from portal.cli import upgrade_quietly
from portal.clock import now
from portal.db import db
from portal.db import owners_engine
from portal.db import transaction
from portal.db import writing
from portal.funds.books import check_books
from portal.install import Install
from portal.journal_lines import JsonLine
from portal.payments.printing import Printer
from portal.people.keys import new_form_key
from portal.people.models import Person
from portal.people.once import KEY
from portal.reports.printing import ReportPrinter
from portal.security import limiter
from portal.worker import house
from tests.engines import ENGINES
from tests.engines import pytest_addoption as pytest_addoption  # noqa: PLC0414 - a hook
from tests.engines import pytest_collection_modifyitems as pytest_collection_modifyitems  # noqa: PLC0414
from tests.logins import PUBLISHER
from tests.logins import READER
from tests.logins import WEB
from tests.logins import login
from tests.memory import quick_folder
from tests.postgres import postgres_server
from tests.world import FOUNDED
from tests.world import World

# The cast's password; its hash is a real one, of the least work there is.
PASSWORD = "a password for the tests"  # noqa: S105 - not a secret
PASSWORD_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
Made = TypeVar("Made")
PROVINCE = Path(__file__).parent.parent / "provinces" / "rayong.toml"


# No test fails because a machine is busy.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


def pytest_configure() -> None:
    """Let pytest make its folders in memory, where there is room."""
    folder = quick_folder()
    if folder is not None:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", folder)


@dataclass(frozen=True, slots=True)
class Portal:
    """A portal of its own for one test: app, files, database."""

    app: Flask
    install: Install

    def print_papers(self, clock: Callable[[], datetime] = now) -> int:
        """Let a worker make the papers that were asked for; return how many it made."""
        return self.printer(clock).round()

    def printer(self, clock: Callable[[], datetime] = now) -> Printer:
        base_url = self.install.settings.base_url
        return Printer(db.engine, self.install.session_info(), base_url, clock)

    def print_reports(self, clock: Callable[[], datetime] = now) -> int:
        """Let a worker make the reports that were asked for; return how many it made."""
        install = self.install
        info = install.session_info()
        return ReportPrinter(db.engine, info, install.folder, house(install), clock).round()

    def verify(self) -> None:
        """Publish what was recorded, then prove the log and the books."""
        if self.install.has_log:
            self.install.publish(db.engine)
            db.session.close()
            self.install.check_log(db.session())
        check_books(db.session())
        db.session.close()


def owners() -> Engine:
    """The database as the owner of its tables sees it, whom only the triggers stop."""
    return owners_engine(db.engine.url)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with postgres_server() as url:
        yield url


def settings_of(folder: Path, url: str) -> Settings:
    """The settings of a portal in this folder, on this database."""
    return read_settings(
        {
            "PORTAL_DATA_DIR": str(folder),
            "PORTAL_DATABASE_URL": url,
            "PORTAL_SECRET_KEY": "known to the tests alone",
            # Their PostgreSQL is quick and careless, and belongs to who asks.
            "PORTAL_ALLOW_UNSAFE": "1",
            "AUDIT_INLINE_PUBLISH": "0",
            # Who has no second factor comes through, but where that is what is tested.
            "PORTAL_SECOND_FACTOR": "optional",
            # No page is refused because a machine is busy.
            "PORTAL_PUBLIC_QUERY_MS": "60000",
            "PORTAL_OFFICE_QUERY_MS": "60000",
        }
    )


def on_server(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _found(folder: Path, url: str) -> None:
    app = create_app(settings_of(folder, url))
    with app.app_context():
        upgrade_quietly()
        set_up(PROVINCE, at=FOUNDED)
        _give_passwords()
        app.extensions["install"].publish(db.engine)
        db.engine.dispose()
        app.extensions["install"].vault.close()


def _give_passwords() -> None:
    with transaction() as session:
        for person in session.scalars(select(Person)):
            person.password_hash = PASSWORD_HASH


@pytest.fixture(scope="session")
def founded_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("founded") / "sqlite"
    _found(folder, f"sqlite:///{folder / 'portal.sqlite'}")
    return folder


@pytest.fixture(scope="session")
def founded_postgresql(tmp_path_factory: pytest.TempPathFactory, postgres: str) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("founded") / "postgresql"
    name = f"founded_{secrets.token_hex(4)}"
    on_server(postgres, f"CREATE DATABASE {name}")
    url = make_url(postgres).set(database=name).render_as_string(hide_password=False)
    _found(folder, url)
    return folder, name


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the tests on one engine play, one after the other: each finds the province as founded.

    The app, and what it has compiled, is one for all; the files and the database are not.
    """

    app: Flask
    folder: Path
    url: URL

    def play(self) -> Iterator[Portal]:
        """Lend the portal; what a test sets on the app is undone."""
        config, extensions = dict(self.app.config), dict(self.app.extensions)
        client_class = self.app.test_client_class
        install = Install(extensions["install"].settings)
        self.app.extensions |= {"install": install, "session_info": install.session_info}
        try:
            yield from _lent(self.app)
        finally:
            for kept, now in ((config, self.app.config), (extensions, self.app.extensions)):
                now.clear()
                now.update(kept)
            self.app.test_client_class = client_class


def _stage(folder: Path, url: str) -> Stage:
    return Stage(create_app(settings_of(folder, url)), folder, make_url(url))


@pytest.fixture(scope="session")
def stage_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    folder = tmp_path_factory.mktemp("stage") / "sqlite"
    return _stage(folder, f"sqlite:///{folder / 'portal.sqlite'}")


@pytest.fixture(scope="session")
def stage_postgresql(tmp_path_factory: pytest.TempPathFactory, postgres: str) -> Stage:
    url = make_url(postgres).set(database=f"stage_{secrets.token_hex(4)}")
    folder = tmp_path_factory.mktemp("stage") / "postgresql"
    return _stage(folder, url.render_as_string(hide_password=False))


@pytest.fixture(params=ENGINES)
def portal(request: pytest.FixtureRequest) -> Iterator[Portal]:
    """A founded province on one engine; each test has its own copy."""
    yield from _founded(request)


@pytest.fixture(params=ENGINES)
def lend(request: pytest.FixtureRequest) -> Callable[[], AbstractContextManager[Portal]]:
    """Lends a founded province on one engine: a copy each time, one after the other."""
    return partial(contextmanager(_founded), request)


def _founded(request: pytest.FixtureRequest) -> Iterator[Portal]:
    stage: Stage = request.getfixturevalue(f"stage_{request.param}")
    founded = request.getfixturevalue(f"founded_{request.param}")
    shutil.rmtree(stage.folder)
    if request.param == "sqlite":
        shutil.copytree(founded, stage.folder)
        yield from stage.play()
        return
    folder, template = founded
    shutil.copytree(folder, stage.folder)
    server, name = request.getfixturevalue("postgres"), stage.url.database
    on_server(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    try:
        yield from stage.play()
    finally:
        on_server(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def told_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo, told once in a run; its tests are kept on one worker."""
    folder = tmp_path_factory.mktemp("demo") / "instance"
    settings = settings_of(folder, f"sqlite:///{folder / 'portal.sqlite'}")
    app = create_app(settings)
    with app.app_context():
        told = app.test_cli_runner().invoke(args=["demo"])
        assert told.exit_code == 0, told.output
        db.engine.dispose()
        app.extensions["install"].vault.close()
    return folder


@pytest.fixture
def demo(told_demo: Path) -> Iterator[Portal]:
    """The demo as it was told; tests that use it only look."""
    yield from _running(told_demo, f"sqlite:///{told_demo / 'portal.sqlite'}")


def _running(folder: Path, url: str) -> Iterator[Portal]:
    yield from _lent(create_app(settings_of(folder, url)))


def _lent(app: Flask) -> Iterator[Portal]:
    app.config["WTF_CSRF_ENABLED"] = False
    # One for all apps of a process, and read from their settings only once.
    limiter.enabled = False
    portal = Portal(app, app.extensions["install"])
    with app.app_context():
        try:
            yield portal
            portal.verify()
        finally:
            db.session.remove()
            db.engine.dispose()
            portal.install.vault.close()


@pytest.fixture
def limited(portal: Portal) -> Iterator[Portal]:
    """The portal, counting how often one address asks; no other test's portal does."""
    limiter.reset()
    limiter.enabled = True
    yield portal
    limiter.enabled = False


@pytest.fixture(scope="module")
def shared_portal(
    founded_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    """A founded province that the tests of one module share."""
    folder = tmp_path_factory.mktemp("shared") / "instance"
    shutil.copytree(founded_sqlite, folder)
    yield from _running(folder, f"sqlite:///{folder / 'portal.sqlite'}")


@pytest.fixture
def as_web(portal: Portal) -> Iterator[Engine]:
    """The database as the pages log in to it, on PostgreSQL."""
    with login(make_url(portal.install.settings.database_url), WEB) as engine:
        yield engine


@pytest.fixture
def as_publisher(portal: Portal) -> Iterator[Engine]:
    with login(make_url(portal.install.settings.database_url), PUBLISHER) as engine:
        yield engine


@pytest.fixture
def as_reader(portal: Portal) -> Iterator[Engine]:
    with login(make_url(portal.install.settings.database_url), READER) as engine:
        yield engine


@pytest.fixture
def session(portal: Portal) -> Iterator[Session]:
    """A session for acts; it commits at the end, and then log and books are verified."""
    with writing(db.engine, portal.install.session_info()) as session:
        yield session


@pytest.fixture
def world(session: Session) -> World:
    """The cast, and builders that walk through the services."""
    return World(session)


class Visitor(FlaskClient):
    """A browser without a screen."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Ask as from outside: nothing of the test's own app context is seen by the request.

        A form has a key of its own, as from a page, unless the test gives one.
        """
        typed = kwargs.get("data")
        if kwargs.get("method") == "POST" and (typed is None or isinstance(typed, Mapping)):
            kwargs["data"] = {KEY: new_form_key(), **(typed or {})}
        return Context().run(super().open, *args, **kwargs)

    def sign_in(self, username: str) -> Visitor:
        """Sign in as one of the cast; returns itself."""
        answer = self.post("/sign-in", data={"username": username, "password": PASSWORD})
        assert answer.status_code == HTTPStatus.SEE_OTHER, answer.text
        return self


def another(portal: Portal) -> Visitor:
    """Somebody who is not signed in, at a browser of their own."""
    portal.app.test_client_class = Visitor
    visitor = portal.app.test_client()
    assert isinstance(visitor, Visitor)
    return visitor


@pytest.fixture
def client(portal: Portal) -> Visitor:
    """Somebody who is not signed in."""
    return another(portal)


@dataclass(frozen=True, slots=True)
class Maker:
    """Lets the cast do something, and commits it, before a page is asked for."""

    portal: Portal

    def __call__(self, act: Callable[[World], Made]) -> Made:
        """Do it in a transaction of its own and return what came of it."""
        with writing(db.engine, self.portal.install.session_info()) as session:
            return act(World(session))


@pytest.fixture
def made(portal: Portal) -> Maker:
    return Maker(portal)


Publish = Callable[[Callable[[World], object]], None]


@pytest.fixture
def publish(portal: Portal, made: Maker) -> Publish:
    """Lets the cast do something and publishes it, before a public page is asked for."""

    def act(do: Callable[[World], object]) -> None:
        made(do)
        portal.install.publish(db.engine)
        db.session.remove()

    return act


Told = Callable[[], list[dict[str, object]]]


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Told:
    """Gives what was written since, as it stands in the journal."""
    caplog.set_level(logging.INFO, "portal.security")

    def lines() -> list[dict[str, object]]:
        found = [record for record in caplog.records if record.name == "portal.security"]
        caplog.clear()
        return [json.loads(JsonLine().format(record)) for record in found]

    return lines
