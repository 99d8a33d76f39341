"""No service starts on a database that forgets, with keys that others read, or in the past."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import Result
from sqlalchemy import URL
from sqlalchemy import Engine
from sqlalchemy import create_engine
from sqlalchemy import event
from sqlalchemy import make_url
from sqlalchemy import text

from portal import boot
from portal.boot import ClockBehindError
from portal.boot import ForgetfulDatabaseError
from portal.boot import OpenFolderError
from portal.boot import TooPowerfulError
from portal.boot import WeakSecretError
from portal.boot import WrongServerError
from portal.boot import check_boot
from portal.clock import now
from portal.db import db
from portal.install import Install
from portal.standing import newest_entry_at
from tests.conftest import Portal
from tests.conftest import owners
from tests.logins import WEB
from tests.logins import login
from tests.postgres import own_server
from tests.world import NOON

SECRET = "x" * boot.SECRET_LENGTH_MIN
on_sqlite = pytest.mark.parametrize("portal", ["sqlite"], indirect=True)


@pytest.fixture
def earnest(portal: Portal) -> Install:
    """The install as it would be in earnest."""
    portal.install.settings = replace(
        portal.install.settings, allows_unsafe=False, secret_key=SECRET
    )
    portal.install.settings.data_dir.chmod(0o700)
    return portal.install


@on_sqlite
def test_a_well_kept_install_starts(earnest: Install) -> None:
    check_boot(earnest, db.engine, at=now())


@on_sqlite
def test_a_secret_that_is_short_is_refused(earnest: Install) -> None:
    earnest.settings = replace(earnest.settings, secret_key=SECRET[1:])
    with pytest.raises(WeakSecretError, match="token_urlsafe"):
        check_boot(earnest, db.engine, at=now())
    # A publisher needs none.
    earnest.settings = replace(earnest.settings, secret_key="")
    check_boot(earnest, db.engine, at=now())


@on_sqlite
@pytest.mark.parametrize("mode", [0o755, 0o750, 0o702, 0o704, 0o720])
def test_a_data_folder_that_others_look_into_is_refused(earnest: Install, mode: int) -> None:
    earnest.settings.data_dir.chmod(mode)
    with pytest.raises(OpenFolderError, match="chmod 700"):
        check_boot(earnest, db.engine, at=now())
    earnest.settings.data_dir.chmod(0o711)
    check_boot(earnest, db.engine, at=now())


@on_sqlite
@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a folder away")
def test_a_data_folder_of_somebody_else_is_refused_unless_two_share_it(earnest: Install) -> None:
    folder = earnest.settings.data_dir
    os.chown(folder, 12345, -1)
    try:
        with pytest.raises(OpenFolderError, match="give it to the user"):
            check_boot(earnest, db.engine, at=now())
        folder.chmod(0o711)
        check_boot(earnest, db.engine, at=now())
    finally:
        os.chown(folder, os.geteuid(), -1)


@on_sqlite
@pytest.mark.parametrize(
    "pragma", ["journal_mode = DELETE", "synchronous = NORMAL", "foreign_keys = OFF"]
)
def test_an_sqlite_that_forgets_is_refused(earnest: Install, pragma: str) -> None:
    engine = create_engine(db.engine.url)

    @event.listens_for(engine, "connect")
    def set_wrong(connection: object, _record: object) -> None:
        for right in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", pragma):
            connection.execute(f"PRAGMA {right}")  # type: ignore[attr-defined]  # the driver's

    db.engine.dispose()
    with pytest.raises(ForgetfulDatabaseError, match=pragma.partition(" ")[0]):
        check_boot(earnest, engine, at=now())
    engine.dispose()


def test_a_clock_before_the_newest_act_is_refused(
    as_web_or_file: Engine, earnest: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boot, "DURABLE", {})
    newest = newest_entry_at(db.session())
    assert newest is not None
    db.session.close()
    check_boot(earnest, as_web_or_file, at=newest - boot.CLOCK_SLACK)
    late = newest - boot.CLOCK_SLACK - timedelta(seconds=1)
    with pytest.raises(ClockBehindError, match=f"{newest:%Y-%m-%d}"):
        check_boot(earnest, as_web_or_file, at=late)


@pytest.fixture
def as_web_or_file(portal: Portal) -> Iterator[Engine]:
    """The database as the pages see it: by their login where there are any."""
    if db.engine.dialect.name == "sqlite":
        yield db.engine
        return
    with login(make_url(portal.install.settings.database_url), WEB) as engine:
        yield engine


@pytest.mark.parametrize("portal", ["postgresql"], indirect=True)
def test_a_login_that_may_do_everything_is_refused(
    earnest: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boot, "DURABLE", {})
    with pytest.raises(TooPowerfulError, match="Three logins"):
        check_boot(earnest, db.engine, at=now())


@pytest.mark.parametrize("portal", ["postgresql"], indirect=True)
@pytest.mark.parametrize("power", ["OWNER", "CREATEROLE", "CREATEDB", "BYPASSRLS"])
def test_a_login_that_may_do_too_much_is_refused(
    earnest: Install, as_web: Engine, monkeypatch: pytest.MonkeyPatch, power: str
) -> None:
    monkeypatch.setattr(boot, "DURABLE", {})
    check_boot(earnest, as_web, at=now())
    name = as_web.url.username
    changes = {"OWNER": f"ALTER TABLE purpose OWNER TO {name}"}
    with owners().begin() as connection:
        connection.execute(text(changes.get(power, f"ALTER ROLE {name} {power}")))
    try:
        with pytest.raises(TooPowerfulError):
            check_boot(earnest, as_web, at=now())
    finally:
        with owners().begin() as connection:
            connection.execute(text("ALTER TABLE purpose OWNER TO CURRENT_USER"))


@contextmanager
def founded_on(url: URL, encoding: str = "UTF8") -> Iterator[Engine]:
    """A database with a log that is empty, and its engine."""
    server = create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        made = "CREATE DATABASE planted ENCODING '{}' TEMPLATE template0 LOCALE 'C'"
        connection.execute(text(made.format(encoding)))
        connection.execute(text("CREATE ROLE pages LOGIN"))
    planted = create_engine(url.set(database="planted"))
    with planted.begin() as connection:
        connection.execute(text("CREATE TABLE log_entry (seqno bigint, eid uuid, body bytea)"))
        connection.execute(text("GRANT SELECT ON log_entry TO pages"))
    engine = create_engine(url.set(database="planted", username="pages"))
    try:
        yield engine
    finally:
        for each in (engine, planted, server):
            each.dispose()


@on_sqlite
@pytest.mark.parametrize("setting", ["fsync", "full_page_writes", "synchronous_commit"])
def test_a_postgresql_that_forgets_is_refused(earnest: Install, setting: str) -> None:
    told = f"{setting} = off"
    with (
        own_server(f"-c {setting}=off") as url,
        founded_on(url) as engine,
        pytest.raises(ForgetfulDatabaseError, match=told),
    ):
        check_boot(earnest, engine, at=NOON)


@on_sqlite
def test_a_postgresql_in_other_letters_or_of_another_time_is_refused(
    earnest: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        own_server("-c fsync=on") as url,
        founded_on(url, "LATIN1") as engine,
        pytest.raises(WrongServerError, match="in LATIN1"),
    ):
        check_boot(earnest, engine, at=NOON)
    with own_server("-c fsync=on") as url, founded_on(url) as engine:
        check_boot(earnest, engine, at=NOON)
        monkeypatch.setattr(boot, "VERSIONS", range(99, 100))
        with pytest.raises(WrongServerError, match="15 to 18"):
            check_boot(earnest, engine, at=NOON)


@on_sqlite
@pytest.mark.parametrize(
    "words", ["serve", "publish", "publish --every 1", "worker --once", "worker"]
)
def test_every_service_looks_before_it_starts(portal: Portal, earnest: Install, words: str) -> None:
    earnest.settings.data_dir.chmod(0o755)
    answer: Result = portal.app.test_cli_runner().invoke(args=words.split())
    assert answer.exit_code == 1
    assert "chmod 700" in answer.stderr
    earnest.settings.data_dir.chmod(0o700)


@on_sqlite
def test_a_test_server_starts_all_the_same_and_says_so(
    portal: Portal, caplog: pytest.LogCaptureFixture
) -> None:
    portal.install.settings.data_dir.chmod(0o755)
    answer: Result = portal.app.test_cli_runner().invoke(args=["publish"])
    assert answer.exit_code == 0, answer.output
    assert "would not start in earnest" in caplog.text
