"""A PostgreSQL that can be hurt: its folder lies with the install, and it runs on its machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from pwd import getpwnam

from sqlalchemy import URL
from sqlalchemy import create_engine
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from tests.postgres import NoServerError
from tests.postgres import programs

STARTS_WITHIN = 60.0
# Durable as a real one, and small, so that a fresh copy for each round is made in no time.
OPTIONS = (
    *("-c", "listen_addresses="),
    *("-c", "max_connections=40"),
    *("-c", "shared_buffers=32MB"),
    *("-c", "dynamic_shared_memory_type=mmap"),
    *("-c", "min_wal_size=2MB"),
    *("-c", "max_wal_size=8MB"),
)


def url_of(folder: Path, name: str = "portal") -> URL:
    """Return how the database in a folder is reached: as its owner and superuser."""
    query = {"host": str(folder)}
    return URL.create("postgresql+psycopg", "portal", database=name, query=query)


def as_owner() -> list[str]:
    """Return the words before a program of PostgreSQL, which refuses to run as root."""
    if os.getuid():
        return []
    nobody = getpwnam("nobody")
    return ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]


def reachable_programs(scratch: Path) -> Path:
    """Return PostgreSQL's programs where its user can read them."""
    found = programs()
    tried = subprocess.run([*as_owner(), "test", "-x", found / "postgres"], check=False)  # noqa: S603 - our own words
    if tried.returncode:
        shutil.copytree(found.parent, scratch / "programs", symlinks=True)
        found = scratch / "programs" / found.name
    return found


def make_cluster(bin_folder: Path, folder: Path) -> None:
    """Make an empty cluster in a folder of its own."""
    folder.mkdir(mode=0o700)
    if not os.getuid():
        nobody = getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    words = ["--username=portal", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
    subprocess.run(  # noqa: S603 - our own words
        [*as_owner(), bin_folder / "initdb", "--pgdata", folder, "--wal-segsize=1", *words],
        check=True,
        capture_output=True,
    )


def start(
    bin_folder: Path, folder: Path, log: Path, environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start the server of a cluster and wait until it answers."""
    words = ["-D", folder, *OPTIONS, "-c", f"unix_socket_directories={folder}"]
    with log.open("ab") as told:
        server = subprocess.Popen(  # noqa: S603 - our own words
            [
                *as_owner(),
                "env",
                *(f"{k}={v}" for k, v in environment.items()),
                str(bin_folder / "postgres"),
                *map(str, words),
            ],
            env={"PATH": os.environ["PATH"]},
            stdout=told,
            stderr=told,
            start_new_session=True,
        )
    _wait(server, folder, log)
    return server


def _wait(server: subprocess.Popen[bytes], folder: Path, log: Path) -> None:
    end = time.monotonic() + STARTS_WITHIN
    while server.poll() is None and time.monotonic() < end:
        try:
            execute(url_of(folder, "postgres"), "SELECT 1")
        except OperationalError:
            time.sleep(0.05)
        else:
            return
    raise NoServerError(log.read_text(errors="replace")[-2000:])


def execute(url: URL, *statements: str) -> None:
    """Do something as the superuser, outside any transaction."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
    finally:
        engine.dispose()
