"""How the pages are served: so many processes, each with a connection for each of its threads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from granian import Granian
from sqlalchemy import text

from config import MissingSettingError
from config import WrongSettingError
from config import read_settings
from portal.db import SECOND_CONNECTIONS
from portal.db import THREADS
from portal.db import db
from portal.db import engine_options
from portal.serving import HEADER_MS_MAX
from portal.serving import OneProcessError
from portal.serving import server
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.conftest import owners


def test_a_process_has_a_connection_for_each_of_its_threads(portal: Portal) -> None:
    pages = server(replace(portal.install.settings, bind="127.0.0.1:8123"), processes=3)
    assert (pages.workers, pages.blocking_threads) == (3, THREADS)
    assert (pages.bind_addr, pages.bind_port) == ("127.0.0.1", 8123)
    assert pages.respawn_failed_workers
    assert pages.http1_settings is not None
    assert pages.http1_settings.header_read_timeout == HEADER_MS_MAX
    connections = [db.engine.connect() for _ in range(THREADS + SECOND_CONNECTIONS)]
    for connection in connections:
        connection.close()
    assert db.engine.pool.status().startswith(f"Pool size: {THREADS}")


def test_an_install_of_one_process_has_no_second(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    inline = replace(portal.install.settings, publishes_inline=True)
    assert server(inline, processes=1).workers == 1
    with pytest.raises(OneProcessError):
        server(inline, processes=2)
    monkeypatch.setattr(portal.install, "settings", inline)
    answer = portal.app.test_cli_runner().invoke(args=["serve", "--processes", "2"])
    assert answer.exit_code == 2
    assert "AUDIT_INLINE_PUBLISH" in answer.stderr


@pytest.mark.parametrize(("words", "processes"), [((), 2), (("--processes", "5"), 5)])
def test_how_many_processes_is_a_setting_or_said(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], processes: int
) -> None:
    served: list[int] = []
    monkeypatch.setattr(Granian, "serve", lambda pages: served.append(pages.workers))
    monkeypatch.setattr(portal.install, "settings", replace(portal.install.settings, processes=2))
    answer = portal.app.test_cli_runner().invoke(args=["serve", *words])
    assert (answer.exit_code, served) == (0, [processes])


@pytest.mark.parametrize("portal", ["postgresql"], indirect=True)
def test_nobody_notices_that_the_database_dropped_its_connections(client: Visitor) -> None:
    assert client.get("/").status_code == 200
    dropped = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
    owner = owners()
    with owner.connect() as connection:
        others = text(f"{dropped} AND pid <> pg_backend_pid()")
        gone = connection.execute(others, {"name": owner.url.database}).all()
    owner.dispose()
    assert gone
    assert client.get("/").status_code == 200


def test_what_sqlite_needs_not_is_not_asked_of_it() -> None:
    assert "pool_pre_ping" not in engine_options("sqlite:////tmp/portal.sqlite")
    assert "pool_pre_ping" in engine_options("postgresql+psycopg://portal@/portal")


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    environment = {"PORTAL_DATA_DIR": str(tmp_path), "PORTAL_SECRET_KEY_FILE": str(file)}
    with pytest.raises(MissingSettingError):
        read_settings(environment).require_secrets()
    handed_over = "as systemd does"
    file.write_text(f"{handed_over}\n")
    assert read_settings(environment).secret_key == handed_over


@pytest.mark.parametrize("name", ["PORTAL_PROCESSES", "PORTAL_OFFICE_QUERY_MS"])
def test_a_number_is_one(tmp_path: Path, name: str) -> None:
    with pytest.raises(WrongSettingError, match=name):
        read_settings({"PORTAL_DATA_DIR": str(tmp_path), name: "many"})
