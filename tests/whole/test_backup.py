"""A copy is made while acts go on; elsewhere it is the same install, and half of one is refused."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator
from contextvars import Context
from pathlib import Path
from threading import Event
from threading import Thread

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import make_url

from portal.app import create_app
from portal.backup import DATABASE
from portal.backup import MANIFEST
from portal.backup import make_backup
from portal.db import db
from portal.db import transaction
from portal.install import Install
from portal.publishing.grants_json import Registered
from tests.conftest import Portal
from tests.conftest import on_server
from tests.conftest import settings_of
from tests.postgres import programs
from tests.world import NOON
from tests.world import World

PAPER = b"%PDF of a paper"
# What the operator brings back from where it is kept apart.
APART = ("keys", "keystore", "log")


@pytest.fixture(autouse=True)
def with_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the programs of PostgreSQL be those of the tests' server."""
    monkeypatch.setenv("PATH", str(programs()), prepend=":")


@pytest.fixture
def told(portal: Portal) -> Portal:
    """A portal in which somebody asked, and which keeps a paper."""
    ask()
    portal.install.archive.keep(PAPER)
    assert portal.install.register(Registered("360G-rayong", "360G-rayong"))
    portal.install.publish(db.engine)
    return portal


def ask() -> None:
    with transaction() as session:
        World(session).sent()


@pytest.fixture
def copy(told: Portal, tmp_path: Path) -> Path:
    code, said = run(told.app, "backup", tmp_path / "copy")
    assert code == 0, said
    assert "entries and" in said
    return tmp_path / "copy"


@pytest.fixture
def other(told: Portal, tmp_path: Path) -> Iterator[Flask]:
    """A new install beside it, which holds nothing."""
    url = make_url(told.install.settings.database_url)
    folder = tmp_path / "other"
    if url.get_backend_name() == "sqlite":
        yield from lent(create_app(settings_of(folder, f"sqlite:///{folder / 'portal.sqlite'}")))
        return
    name = f"restored_{secrets.token_hex(4)}"
    server = url.render_as_string(hide_password=False)
    on_server(server, f"CREATE DATABASE {name} TEMPLATE template0")
    new = url.set(database=name).render_as_string(hide_password=False)
    yield from lent(create_app(settings_of(folder, new)))
    on_server(server, f"DROP DATABASE {name} WITH (FORCE)")


def lent(app: Flask) -> Iterator[Flask]:
    yield app
    # The app around the test has a database of its own.
    with app.app_context():
        db.engine.dispose()
    install: Install = app.extensions["install"]
    if "vault" in vars(install):
        install.vault.close()


def run(app: Flask, *words: object) -> tuple[int, str]:
    """Run a command of an app, which sees nothing of the one around the test."""

    def within() -> Result:
        with app.app_context():
            return app.test_cli_runner().invoke(args=[str(word) for word in words])

    answer = Context().run(within)
    return answer.exit_code, answer.output


def bring_back(told: Portal, app: Flask) -> None:
    theirs, ours = (
        told.install.settings.data_dir,
        Path(app.extensions["install"].folder.path).parent,
    )
    for name in APART:
        shutil.copytree(theirs / name, ours / name, dirs_exist_ok=True)
    (ours / "signer").mkdir(exist_ok=True)
    shutil.copy(theirs / "signer" / "origin", ours / "signer" / "origin")


def test_elsewhere_it_is_the_same_install(told: Portal, copy: Path, other: Flask) -> None:
    code, said = run(other, "restore", copy)
    assert code == 0, said
    assert "log rebuild-signer" in said
    bring_back(told, other)
    for words in (
        ("db", "upgrade"),
        ("log", "rebuild-signer"),
        ("log", "check"),
        ("books", "check"),
    ):
        code, said = run(other, *words)
        assert code == 0, said
    assert other.extensions["install"].archive.read(*papers(told)) == PAPER
    for page in ("/", "/requests", "/api/v1/figures"):
        pages = [Context().run(app.test_client().get, page).data for app in (told.app, other)]
        assert pages[0] == pages[1]


def papers(told: Portal) -> list[str]:
    return [path.stem for path in told.install.archive.path.rglob("*.pdf")]


def test_a_copy_made_while_people_ask_is_whole(told: Portal, tmp_path: Path, other: Flask) -> None:
    is_over = Event()

    def go_on() -> None:
        with told.app.app_context():
            while not is_over.is_set():
                ask()

    asking = Thread(target=go_on)
    asking.start()
    try:
        make_backup(db.engine, told.install.settings.data_dir, tmp_path / "copy", at=NOON)
    finally:
        is_over.set()
        asking.join()
    told.install.publish(db.engine)
    code, said = run(other, "restore", tmp_path / "copy")
    assert code == 0, said
    assert run(other, "books", "check")[0] == 0


def test_the_keys_and_what_was_signed_last_are_not_in_it(copy: Path) -> None:
    names = {path.name for path in copy.rglob("*")}
    assert not names & {"keys", "keystore", "signer", "log", "log.pem", "master.key"}


def test_what_is_there_is_never_overwritten(told: Portal, copy: Path) -> None:
    before = (copy / MANIFEST).read_bytes()
    code, said = run(told.app, "backup", copy)
    assert (code, (copy / MANIFEST).read_bytes()) == (1, before)
    assert "holds something already" in said
    code, said = run(told.app, "restore", copy)
    assert code == 1
    assert "holds something already" in said


def test_files_that_are_there_are_never_overwritten(copy: Path, other: Flask) -> None:
    other.extensions["install"].archive.keep(b"another paper")
    code, said = run(other, "restore", copy)
    assert code == 1
    assert "papers holds something already" in said


@pytest.mark.parametrize("name", [DATABASE, "papers", "publisher.json"])
def test_a_changed_copy_is_not_restored(copy: Path, other: Flask, name: str) -> None:
    for path in [copy / name] if (copy / name).is_file() else (copy / name).rglob("*.pdf"):
        path.write_bytes(path.read_bytes() + b" ")
    code, said = run(other, "restore", copy)
    assert code == 1
    assert "The backup is damaged" in said
    assert name in said
    assert not other.extensions["install"].archive.path.exists()


@pytest.mark.parametrize("manifest", [None, b"{", b"[]", b'{"version": 2}', b'{"version": 1}'])
def test_half_a_copy_is_none(copy: Path, other: Flask, manifest: bytes | None) -> None:
    if manifest is None:
        (copy / MANIFEST).unlink()
    else:
        (copy / MANIFEST).write_bytes(manifest)
    code, said = run(other, "restore", copy)
    assert code == 2
    assert "holds no whole backup" in said


def test_a_copy_of_another_engine_is_refused(copy: Path, other: Flask) -> None:
    told = json.loads((copy / MANIFEST).read_bytes())
    (copy / MANIFEST).write_text(json.dumps(told | {"engine": "another"}), "utf-8")
    code, said = run(other, "restore", copy)
    assert code == 1
    assert "The backup is of another" in said


@pytest.mark.parametrize("portal", ["postgresql"], indirect=True)
def test_without_its_programs_nothing_is_copied(
    told: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    code, said = run(told.app, "backup", tmp_path / "copy")
    assert code == 1
    assert "pg_dump is not installed here" in said
    assert not (tmp_path / "copy" / MANIFEST).exists()


@pytest.mark.parametrize("portal", ["postgresql"], indirect=True)
def test_what_its_programs_say_is_told(told: Portal, tmp_path: Path) -> None:
    (tmp_path / "copy" / DATABASE).mkdir(parents=True)
    shutil.rmtree(tmp_path / "copy")
    monkey = tmp_path / "programs"
    monkey.mkdir()
    (monkey / "pg_dump").write_text("#!/bin/sh\necho no room left >&2\nexit 1\n")
    (monkey / "pg_dump").chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(monkey), prepend=":")
        code, said = run(told.app, "backup", tmp_path / "copy")
    assert code == 1
    assert "pg_dump failed: no room left" in said
