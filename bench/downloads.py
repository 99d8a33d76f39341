"""The public list over HTTP: as a download, beside the database's own client, and beside Datasette.

Each server is one process with one worker, asked over the loopback by one client.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import create_engine
from sqlalchemy import literal
from sqlalchemy import make_url

from config import read_settings
from judges.bringing import MissingError
from judges.bringing import python_environment
from portal.app import create_app
from portal.db import db
from portal.publishing.narrowing import narrowed
from portal.publishing.queries import names
from portal.publishing.request_lines import Formatted
from portal.publishing.request_lines import cells
from portal.publishing.request_sheet import COLUMNS
from portal.publishing.request_sheet import asked_for
from portal.publishing.searching import Search
from portal.words import in_language

Result = dict[str, object]

DATASETTE = "datasette==0.65.1"
READY_SECONDS = 60
PIECE_BYTES = 64 * 1024
KIBIBYTES = 1024
# The facts that our file tells, as they are stored, in the same order.
SAME = (
    "SELECT reference, status, kind, category, purpose, subcommittee, fund, fiscal_year, satang,"
    " approved_satang, disbursed_satang, submitted_at, decided_at, paid_at"
    " FROM published_request ORDER BY last_index DESC"
)
# Datasette's columns for what we show beside the list; it has none for how large an amount is.
FACETS = ("fiscal_year", "fund", "subcommittee", "category", "kind", "status")
# The same question to both: ours first.
QUESTIONS: Sequence[tuple[Mapping[str, str], Mapping[str, str]]] = (
    ({}, {}),
    ({"category": "TRAVEL"}, {"category": "TRAVEL"}),
    ({"year": "2568", "subcommittee": "SC5"}, {"fiscal_year": "2568", "subcommittee": "SC5"}),
    ({"status": "rejected"}, {"status": "rejected"}),
)


@dataclass(frozen=True, slots=True)
class Taken:
    """What an answer took: seconds to the first byte and to the last, and how many bytes it had."""

    first: float
    whole: float
    size: int


def fetch(port: int, address: str) -> Taken:
    """Read an answer to its end."""
    connection = HTTPConnection("127.0.0.1", port, timeout=READY_SECONDS * 5)
    began = time.perf_counter()
    connection.request("GET", address)
    answer = connection.getresponse()
    size, first = len(answer.read(1)), time.perf_counter() - began
    while piece := answer.read(PIECE_BYTES):
        size += len(piece)
    taken = Taken(first, time.perf_counter() - began, size)
    connection.close()
    if answer.status != HTTPStatus.OK:
        message = f"{address} answers {answer.status}"
        raise RuntimeError(message)
    return taken


@contextmanager
def served(
    words: Callable[[int], Sequence[str]], settings: Mapping[str, str]
) -> Iterator[tuple[int, int]]:
    """Run a server on a free port until the end; give the port, and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    # The words are ours; no shell takes them apart.
    with subprocess.Popen(  # noqa: S603
        words(port),
        env=os.environ | settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            _wait(server, port)
            yield port, server.pid
        finally:
            server.terminate()


def _wait(server: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            fetch(port, "/")
        except (OSError, HTTPException):
            time.sleep(0.1)
        else:
            return
    message = f"{server.args!r} does not answer"
    raise RuntimeError(message)


def ours(port: int) -> Sequence[str]:
    """Return the command that serves a portal as `flask serve` does, without what stands beside."""
    granian = (sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--workers", "1")
    return (*granian, "--host", "127.0.0.1", "--port", str(port), "portal.wsgi:app")


def peak_kib(pid: int) -> int:
    """Return the most memory that the workers of a server have had."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return max(_peak_of(child) for child in [*children, str(pid)])


def _peak_of(pid: str) -> int:
    told = Path(f"/proc/{pid}/status").read_text("ascii")
    (line,) = [line for line in told.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1])


def measure_csv(settings: Mapping[str, str], *, rounds: int) -> Result:
    """Download all, and let the database's own client write it, in turns.

    The client writes the facts as they are stored; and, as a file of the same size and more of a
    peer, the cells that our file has: names, baht, Bangkok's time.
    """
    url = settings["PORTAL_DATABASE_URL"]
    stored, told = client(url, SAME), client(url, cells_told(settings))
    with served(ours, settings) as (port, pid):
        fetch(port, "/requests")
        before = peak_kib(pid)
        arms: dict[str, Callable[[], Taken]] = {
            "ours": lambda: fetch(port, "/requests.csv"),
            "stored": lambda: _piped(stored),
            "told": lambda: _piped(told),
        }
        took: dict[str, list[Taken]] = {arm: [] for arm in arms}
        for turn in range(rounds):
            for arm in arms if turn % 2 else reversed(arms):
                took[arm].append(arms[arm]())
        more = peak_kib(pid) - before
    return {
        "what": f"CSV of all requests / {Path(stored[0]).name}",
        "speed": _speed(took["ours"], took["stored"]),
        "speed_to_same_cells": _speed(took["ours"], took["told"]),
        **{
            f"seconds_{arm}": round(statistics.median(one.whole for one in taken), 2)
            for arm, taken in took.items()
        },
        **{
            f"megabytes_{arm}": round(taken[0].size / KIBIBYTES**2, 1)
            for arm, taken in took.items()
        },
        "first_byte_ms": round(max(taken.first for taken in took["ours"]) * 1000, 1),
        "memory_mb": round(more / KIBIBYTES, 1),
        "goals": "speed >= 0.30 of sqlite3, >= 0.45 of psql; first byte <= 150 ms; memory <= 20 MB",
    }


def _speed(own: Sequence[Taken], others: Sequence[Taken]) -> float:
    ratios = [other.whole / mine.whole for mine, other in zip(own, others, strict=True)]
    return round(statistics.median(ratios), 2)


def cells_told(settings: Mapping[str, str]) -> str:
    """Return the question whose answer has the cells of our file, as SQL."""
    app, url = create_app(read_settings(settings)), settings["PORTAL_DATABASE_URL"]
    search = Search()
    with app.test_request_context():
        known = names(db.session())
        said = {key: in_language(name) for key, name in known.items()}
        columns = [
            Formatted(literal(mark), *values).label(column.key)
            for (mark, values), column in zip(cells(said), COLUMNS, strict=True)
        ]
        statement = asked_for(search, narrowed(search, {}), *columns)
        # No driver reads it, so that a percent sign stands for itself.
        dialect = create_engine(url, paramstyle="named").dialect
        written = statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
        db.session.remove()
        db.engine.dispose()
    return " ".join(str(written).split("\n"))


def client(database_url: str, question: str) -> Sequence[str]:
    """Return the command with which a database's own client writes an answer as CSV."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        return ("sqlite3", "-readonly", "-csv", "-header", str(url.database), question)
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    copy = rf"\copy ({question}) TO STDOUT WITH (FORMAT csv, HEADER)"
    return ("psql", "--no-psqlrc", "--quiet", "--command", copy, plain)


def _piped(words: Sequence[str]) -> Taken:
    began = time.perf_counter()
    with subprocess.Popen(words, stdout=subprocess.PIPE) as writing:  # noqa: S603 - our own words
        assert writing.stdout is not None  # noqa: S101 - for the types: it is a pipe
        size, first = len(writing.stdout.read(1)), time.perf_counter() - began
        while piece := writing.stdout.read(PIECE_BYTES):
            size += len(piece)
    if writing.returncode:
        message = f"{words[0]} ends with {writing.returncode}"
        raise RuntimeError(message)
    return Taken(first, time.perf_counter() - began, size)


def measure_datasette(settings: Mapping[str, str], *, rounds: int) -> Result:
    """Ask for the same list and facets: our page as HTML, of Datasette its JSON."""
    what = f"list and facets: {DATASETTE} / ours"
    try:
        programs = python_environment("datasette", sys.executable, DATASETTE)
    except MissingError as error:
        return {"what": what, "skipped": str(error)}
    file = make_url(settings["PORTAL_DATABASE_URL"]).database or ""
    limits = (
        "--setting",
        "sql_time_limit_ms",
        "120000",
        "--setting",
        "facet_time_limit_ms",
        "120000",
    )

    def datasette(port: int) -> Sequence[str]:
        # What nobody writes to meanwhile, it counts once.
        words = (str(programs / "datasette"), "serve", "--immutable", file, *limits)
        return (*words, "--host", "127.0.0.1", "--port", str(port))

    took: dict[str, list[float]] = {"ours": [], "theirs": []}
    with served(ours, settings) as (own, _), served(datasette, {}) as (other, _):
        for turn in range(rounds + 1):
            for mine, theirs in QUESTIONS:
                asked = {
                    "ours": (own, _our_address(mine)),
                    "theirs": (other, _address(file, theirs)),
                }
                for side in asked if turn % 2 else reversed(asked):
                    seconds = fetch(*asked[side]).whole
                    took[side] += [seconds] if turn else []
    ratios = [theirs / mine for mine, theirs in zip(took["ours"], took["theirs"], strict=True)]
    return {
        "what": what,
        "ratio": round(statistics.median(ratios), 1),
        "least": round(min(ratios), 1),
        "ms": round(statistics.median(took["ours"]) * 1000, 1),
        "ms_of_theirs": round(statistics.median(took["theirs"]) * 1000, 1),
        "goal": ">= 20",
    }


def _our_address(asked: Mapping[str, str]) -> str:
    return f"/requests?{urlencode(asked)}"


def _address(file: str, asked: Mapping[str, str]) -> str:
    facets = [("_facet", name) for name in FACETS]
    shown = [("_sort_desc", "last_index"), ("_size", "50"), ("_facet_size", "max")]
    table = f"/{Path(file).stem}/published_request.json"
    return f"{table}?{urlencode([*asked.items(), *facets, *shown])}"
