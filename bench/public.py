"""What do the public pages cost, with 10,000 requests and with a million? Run `make bench-public`.

Two portals are filled, and take turns at the same searches and pages; then all that is published is
downloaded, and the list is asked for beside Datasette. With `--keep FOLDER` both stay there for
another run; PostgreSQL needs a lasting server for that, named by `--server URL`.
Prints a JSON line for each figure as it is found, then all of them as a table.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy import make_url
from sqlalchemy import text

from bench.downloads import measure_csv
from bench.downloads import measure_datasette
from bench.log import print_table
from bench.published import environment
from bench.published import published
from bench.searches import Pair
from bench.searches import Result
from bench.searches import measure_pages
from bench.searches import measure_searches
from tests.postgres import own_server

FEW, MANY = 10_000, 1_000_000
PARTS = ("searches", "pages", "csv", "datasette")


@dataclass(frozen=True, slots=True)
class Room:
    """Where the portals of one engine stand; on PostgreSQL each has a database of its own."""

    folder: Path
    server: str

    def settings(self, count: int) -> Mapping[str, str]:
        """Return the settings of the portal with so many requests."""
        place = self.folder / f"{self.server.partition(':')[0] or 'sqlite'}-{count}"
        if not self.server:
            return environment(place, f"sqlite:///{place / 'portal.sqlite'}")
        name = f"portal_bench_{count}"
        if not place.exists():
            _on_server(self.server, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}")
        url = make_url(self.server).set(database=name)
        return environment(place, url.render_as_string(hide_password=False))


def _on_server(server: str, *statements: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def measured(room: Room, asked: argparse.Namespace) -> Iterator[Result]:
    """Measure what is asked for, with few requests and with many where it matters."""
    few, many = room.settings(asked.few), room.settings(asked.requests)
    with ExitStack() as ends:
        pair = Pair(
            ends.enter_context(published(few, asked.few)),
            ends.enter_context(published(many, asked.requests)),
        )
        # As portal/wsgi.py does; here two portals and the bench would be looked through.
        gc.collect()
        gc.freeze()
        if "searches" in asked.only:
            yield measure_searches(pair, count=asked.searches, rounds=asked.rounds)
        if "pages" in asked.only:
            yield from measure_pages(pair, rounds=asked.rounds)
    if "csv" in asked.only:
        yield measure_csv(many, rounds=asked.rounds)
    if "datasette" in asked.only and not room.server:
        yield measure_datasette(many, rounds=asked.rounds)


def results(engine: str, asked: argparse.Namespace) -> Iterator[Result]:
    """Measure on one engine."""
    with ExitStack() as ends:
        folder = asked.keep or Path(ends.enter_context(tempfile.TemporaryDirectory()))
        server = ""
        if engine == "postgresql":
            # As a server is set up, with every commit on disk.
            server = asked.server or ends.enter_context(own_server("")).render_as_string(
                hide_password=False
            )
        for result in measured(Room(folder, server), asked):
            load = round(os.getloadavg()[0], 1)
            yield (
                {"bench": "public", "engine": engine, "requests": asked.requests}
                | result
                | {"load": load}
            )


def main() -> int:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), help="one instead of both")
    parser.add_argument("--requests", type=int, default=MANY)
    parser.add_argument("--few", type=int, default=FEW, help="requests of the portal beside it")
    parser.add_argument("--searches", type=int, default=60, help="each with three pages forward")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--keep", type=Path, help="where the portals stay for another run")
    parser.add_argument("--server", help="a PostgreSQL superuser's URL, instead of one of its own")
    asked = parser.parse_args()
    told = []
    for engine in [asked.engine] if asked.engine else ["sqlite", "postgresql"]:
        for result in results(engine, asked):
            told.append(result)
            print(json.dumps(result, ensure_ascii=False), flush=True)
    print_table(told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
