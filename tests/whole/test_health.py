"""What monitors are told: that a process answers, and which part keeps it from its work."""

from __future__ import annotations

import shutil
from contextvars import Context
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from portal import health
from portal.app import create_app
from portal.db import db
from tests.conftest import Maker
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.conftest import owners
from tests.world import NOON
from tests.world import World

WELL = dict.fromkeys(("database", "migrations", "log", "disk", "keys"), True)


def parts(client: Visitor) -> tuple[int, dict[str, bool]]:
    """Return which parts are not well, and the status that says so."""
    answer = client.get("/healthz/ready")
    assert answer.headers["Cache-Control"] == "no-store"
    told = answer.get_json()
    assert told["ready"] == (answer.status_code == 200)
    missing = {name: is_well for name, is_well in told["parts"].items() if not is_well}
    return answer.status_code, missing


def test_a_portal_that_can_work_says_so(client: Visitor) -> None:
    answer = client.get("/healthz/ready")
    assert (answer.status_code, answer.json) == (200, {"ready": True, "parts": WELL})


def test_to_be_alive_no_database_is_needed(
    client: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(type(db.engine), "connect", refuse)
    answer = client.get("/healthz")
    assert (answer.json, answer.headers["Cache-Control"]) == ({"ok": True}, "no-store")


@pytest.mark.usefixtures("limited")
def test_nobody_is_limited_in_asking(client: Visitor) -> None:
    assert {client.get("/healthz/ready").status_code for _ in range(30)} == {200}


def test_a_database_of_another_time_is_told(client: Visitor) -> None:
    with owners().begin() as connection:
        known = connection.scalar(text("SELECT version_num FROM alembic_version"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    found = parts(client)
    with owners().begin() as connection:
        connection.execute(text("ALTER TABLE alembic_version RENAME TO elsewhere"))
    without = parts(client)
    with owners().begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO alembic_version"))
        connection.execute(
            text("UPDATE alembic_version SET version_num = :known"), {"known": known}
        )
    assert found == without == (503, {"migrations": False})


def test_a_log_that_lags_behind_is_told(
    portal: Portal, client: Visitor, made: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(World.submitted)
    monkeypatch.setattr(health, "now", lambda: NOON + health.LOG_LATE)
    assert parts(client) == (200, {})
    monkeypatch.setattr(health, "now", lambda: NOON + health.LOG_LATE + timedelta(seconds=1))
    assert parts(client) == (503, {"log": False})
    portal.install.publish(db.engine)
    assert parts(client) == (200, {})


def test_a_disk_that_fills_up_is_told(client: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    free = shutil.disk_usage(Path.cwd()).free
    monkeypatch.setattr(health, "ROOM_BYTES_MIN", free * 1000)
    assert parts(client) == (503, {"disk": False})


@pytest.mark.parametrize("name", ["master.key", "hash.key", "keystore.sqlite"])
def test_a_key_that_is_gone_is_told_and_not_made_anew(
    portal: Portal, client: Visitor, name: str
) -> None:
    [path] = [path for path in portal.install.key_files if path.name == name]
    hidden = path.rename(path.with_name("hidden"))
    found = parts(client)
    assert not path.exists()
    hidden.rename(path)
    assert found == (503, {"keys": False})


def test_without_its_database_it_is_alive_and_not_ready(portal: Portal) -> None:
    nowhere = "postgresql+psycopg://nobody@127.0.0.1:9/none"
    app = create_app(replace(portal.install.settings, database_url=nowhere))

    def ask(path: str) -> tuple[int, Any]:
        answer = app.test_client().get(path)
        return answer.status_code, answer.json

    assert Context().run(ask, "/healthz") == (200, {"ok": True})
    status, told = Context().run(ask, "/healthz/ready")
    app.extensions["install"].vault.close()
    missing = dict.fromkeys(("database", "migrations", "log"), False)
    assert (status, told) == (503, {"ready": False, "parts": WELL | missing})
