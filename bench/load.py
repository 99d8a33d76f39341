"""Do pages stay quick while 50 people work and 500 read? Run it with `make load`.

Two web processes, the worker and the publisher run on PostgreSQL, every commit on disk; the crowd
(`bench/crowd.py`) comes from one process beside them. Afterwards the books and the log are checked.
Prints a JSON line for each kind of question; ends with 1 if anything went wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import ExitStack
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from argon2 import PasswordHasher
from sqlalchemy import select

from bench.browsers import Browser
from bench.browsers import Notes
from bench.crowd import ACT
from bench.crowd import PAGE
from bench.crowd import PUBLIC
from bench.crowd import READERS_THINK
from bench.crowd import SESSIONS
from bench.crowd import SIGN_IN
from bench.crowd import STAFF_THINKS
from bench.crowd import Reader
from bench.crowd import Worker
from bench.downloads import ours
from bench.downloads import served
from bench.published import environment
from bench.treasury import founded
from portal.db import db
from portal.db import writing
from portal.install import Install
from portal.money import Money
from portal.people.models import Person
from tests.conftest import PASSWORD
from tests.postgres import postgres_server
from tests.world import ANSWER
from tests.world import World

TOP = Path(__file__).parent.parent
GOAL_MS = 500
FLASK = (sys.executable, "-m", "flask", "--app", "portal.app")
BESIDE = ((*FLASK, "worker"), (*FLASK, "publish", "--every", "2"))
CHECKS = ("books", "log")
# So little that the money of a founded province is enough for all of it.
FILED = replace(ANSWER, amount=Money.baht(1))


def fill(install: Install, requests: int) -> None:
    """Let the cast file requests and bring a third of them to each stage, and publish them."""
    with writing(db.engine, install.session_info()) as session:
        for person in session.scalars(select(Person).where(Person.username.in_(SESSIONS))):
            person.password_hash = PasswordHasher().hash(PASSWORD)
    for number in range(requests):
        with writing(db.engine, install.session_info()) as session:
            world = World(session)
            match number % 3:
                case 0:
                    world.submitted(by=world.finder, answer=FILED)
                case 1:
                    world.approved(answer=FILED)
                case _:
                    paid = world.approved(answer=FILED)
                    world.confirmed(f"KTB{number}", fund_request=paid)
    install.publish(db.engine)


@contextmanager
def beside(settings: Mapping[str, str]) -> Iterator[None]:
    """Run the worker and the publisher until the end."""
    running = [
        subprocess.Popen(words, cwd=TOP, env=os.environ | settings, stdout=subprocess.DEVNULL)  # noqa: S603
        for words in BESIDE
    ]
    try:
        yield
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()


def check(settings: Mapping[str, str]) -> Iterator[Mapping[str, object]]:
    """Publish what is left, and prove the books and the log."""
    for words in (("publish",), *((check, "check") for check in CHECKS)):
        done = subprocess.run(  # noqa: S603 - our own words
            (*FLASK, *words),
            cwd=TOP,
            env=os.environ | settings,
            capture_output=True,
            text=True,
            check=False,
        )
        told = (done.stdout + done.stderr).strip().splitlines()
        yield {"check": " ".join(words), "exit": done.returncode, "told": told[-1] if told else ""}


async def come(port: int, notes: Notes, asked: argparse.Namespace) -> None:
    """Let everybody come, and stay until the time is over."""
    names = [name for name, sessions in SESSIONS.items() for _ in range(sessions)]
    until = time.monotonic() + asked.seconds
    staff = [
        _work(Worker(_browser(port, notes, 1, at), names[at % len(names)], Random(at)), until)  # noqa: S311
        for at in range(asked.staff)
    ]
    readers = [
        _read(Reader(_browser(port, notes, 2, at), Random(-at)), until)  # noqa: S311
        for at in range(asked.readers)
    ]
    await asyncio.gather(*staff, *readers)


def _browser(port: int, notes: Notes, crowd: int, at: int) -> Browser:
    # Each comes from a place of its own: how often one place may sign in is limited.
    return Browser(port, f"127.{crowd}.{at // 250}.{at % 250 + 1}", notes)


async def _work(worker: Worker, until: float) -> None:
    # Nobody signs in at the very same moment.
    await asyncio.sleep(worker.chance.uniform(0, STAFF_THINKS[1]))
    await worker.sign_in()
    while time.monotonic() < until:
        await asyncio.sleep(worker.chance.uniform(*STAFF_THINKS))
        await worker.click()
    worker.browser.close()


async def _read(reader: Reader, until: float) -> None:
    await asyncio.sleep(reader.chance.uniform(0, READERS_THINK[1]))
    while time.monotonic() < until:
        await reader.click()
        await asyncio.sleep(reader.chance.uniform(*READERS_THINK))
    reader.browser.close()


def measure(settings: Mapping[str, str], asked: argparse.Namespace) -> Notes:
    """Let the crowd come to a portal that runs."""
    notes = Notes()

    def words(port: int) -> Sequence[str]:
        return (*ours(port), "--workers", str(asked.workers))

    with beside(settings), served(words, settings) as (port, _):
        asyncio.run(come(port, notes, asked))
    return notes


def run(place: Path, url: str, asked: argparse.Namespace) -> bool:
    """Print what was measured; return whether nothing went wrong."""
    settings = environment(place, url)
    with founded(place, url) as install:
        fill(install, asked.requests)
    notes = measure(settings, asked)
    for kind in (PAGE, ACT, SIGN_IN, PUBLIC):
        goal = {"goal": f"p95 < {GOAL_MS} ms"} if kind == PAGE else {}
        _tell({**notes.told(kind), **goal})
    _tell({"what": "errors", "errors": notes.wrong.total(), "wrong": notes.wrong.most_common(20)})
    checks = list(check(settings))
    for one in checks:
        _tell(one)
    return not notes.wrong and not any(one["exit"] for one in checks)


def _tell(result: Mapping[str, object]) -> None:
    print(json.dumps({"bench": "load", **result}, ensure_ascii=False), flush=True)


def main() -> int:
    """Measure as long, and with as many, as was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--staff", type=int, default=50)
    parser.add_argument("--readers", type=int, default=500)
    parser.add_argument("--workers", type=int, default=2, help="web processes")
    parser.add_argument("--requests", type=int, default=600, help="requests before they come")
    asked = parser.parse_args()
    # As a server is set up, with every commit on disk.
    with TemporaryDirectory() as name, ExitStack() as ends:
        url = ends.enter_context(postgres_server(""))
        return 0 if run(Path(name) / "instance", url, asked) else 1


if __name__ == "__main__":
    sys.exit(main())
