"""What is on disk changes behind the portal's back: bits flip, an old copy comes back."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

from sqlalchemy import create_engine
from sqlalchemy import text

from faults import bugs
from faults import postgres
from faults.browser import Browser
from faults.checker import fork_found
from faults.rounds import Fault
from faults.rounds import Round
from faults.rounds import Work
from portal.database_copy import copy_in


def flip_bit(trial: Round) -> list[str]:
    """Flip one bit of one file: what reads it must say so, and nothing false is given out."""
    with trial.at_work() as work:
        with work.treasury.at_work():
            work.load(trial.chance)
        _wait_for_batch(work)
        flip = FLIPS[trial.number % len(FLIPS)]
        return flip(trial, work)


def _wait_for_batch(work: Work) -> None:
    with work.treasury.at_work():
        end = time.monotonic() + 20.0
        while not work.told.batches and time.monotonic() < end:
            time.sleep(0.1)
    time.sleep(1.0)
    work.site.kill("publisher")


def _flip_in(trial: Round, path: Path, at: int | None = None) -> str:
    content = bytearray(path.read_bytes())
    at = trial.chance.randrange(len(content)) if at is None else at
    bit = trial.chance.randrange(8)
    content[at] ^= 1 << bit
    path.write_bytes(content)
    return f"bit {bit} of byte {at} of {path.name}"


def _published(pattern: str) -> Callable[[Round, Work], list[str]]:
    def flip(trial: Round, work: Work) -> list[str]:
        files = sorted((work.site.data / "log").glob(pattern))
        path = max(
            (path for path in files if path.is_file()), key=lambda file: file.stat().st_mtime
        )
        flipped = _flip_in(trial, path)
        return _unless_found(work, flipped)

    return flip


def _unless_found(work: Work, flipped: str) -> list[str]:
    checked = work.site.portal("log", "check", check=False)
    is_told = checked.returncode == 1 and "Traceback" not in checked.stderr
    return [] if is_told else [f"{flipped}: log check says {checked.returncode} {checked.stdout}"]


def _flip_bank_file(trial: Round, work: Work) -> list[str]:
    prasit = Browser(work.site.port).sign_in("prasit")
    path = f"/treasury/batches/{min(work.told.batches)}/files/ktb"
    if prasit.ask("GET", path).status != 200:
        return [f"{path} is not given out"]
    flipped = [
        _flip_in(trial, file)
        for file in (work.site.data / "bank_files").rglob("*")
        if file.is_file()
    ]
    answer = prasit.ask("GET", path)
    return [] if answer.status == 404 else [f"{flipped[0]}: {path} answers {answer.status}"]


def _flip_backup(trial: Round, work: Work) -> list[str]:
    copy = work.site.folder / "copy"
    work.site.portal("backup", str(copy))
    files = [path for path in sorted(copy.rglob("*")) if path.is_file() and path.stat().st_size]
    flipped = _flip_in(trial, trial.chance.choice(files))
    with trial.site() as other:
        shutil.rmtree(other.data)
        other.data.mkdir()
        if trial.engine == "postgresql":
            other.start_database()
            make_empty(other.cluster)
        restored = other.portal("restore", str(copy), check=False)
        written = [
            path for path in other.data.rglob("*") if path.stat().st_size > 0 and path.is_file()
        ]
        if restored.returncode != 1 or "Traceback" in restored.stderr or written:
            said = restored.stdout + restored.stderr[-300:]
            return [f"{flipped} of a copy: restored {written[:3]} {restored.returncode} {said}"]
    return []


def make_empty(cluster: Path) -> None:
    """Make the portal's database anew, without anything in it."""
    drop, create = "DROP DATABASE portal WITH (FORCE)", "CREATE DATABASE portal TEMPLATE template0"
    postgres.execute(postgres.url_of(cluster, "postgres"), drop, create)


def _flip_entry(trial: Round, work: Work) -> list[str]:
    """Flip a bit of an entry in the very files of the database."""
    with work.site.engine_here() as engine, engine.connect() as connection:
        told = connection.execute(text("SELECT body FROM log_entry ORDER BY seqno"))
        bodies = told.scalars().all()
    work.site.stop()
    if trial.engine == "sqlite":
        with closing(connect(work.site.data / "portal.sqlite")) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        files = [work.site.data / "portal.sqlite"]
    else:
        files = [path for path in work.site.cluster.glob("base/*/*") if path.is_file()]
    body = bytes(trial.chance.choice(bodies[:100]))
    for path in files:
        at = path.read_bytes().find(body)
        if at >= 0:
            flipped = _flip_in(trial, path, at + trial.chance.randrange(len(body)))
            work.site.start_one("database")
            return _unless_found(work, flipped)
    return ["no file of the database holds the entry"]


FLIPS: tuple[Callable[[Round, Work], list[str]], ...] = (
    _published("tile/0/**/*"),
    _flip_entry,
    _flip_bank_file,
    _flip_backup,
    _published("tile/entries/**/*"),
    _published("checkpoint"),
    _published("policy"),
)


def restore_old(trial: Round) -> list[str]:
    """Put back a database that is older than the log: nothing may be signed, all must be told."""
    with trial.at_work() as work:
        copy = work.site.folder / "copy"
        with work.treasury.at_work():
            time.sleep(0.5)
        work.site.portal("backup", str(copy))
        with work.treasury.at_work():
            time.sleep(1.0)
        time.sleep(2.0)
        work.site.kill("web", "publisher")
        served = (work.site.data / "log" / "checkpoint").read_bytes()
        work.told.heads.append(served)
        _put_back(trial, work, copy / "database")
        return _acts_again(work, served)


def _put_back(trial: Round, work: Work, database: Path) -> None:
    if trial.engine == "postgresql":
        make_empty(work.site.cluster)
        engine = create_engine(work.site.settings.database_url)
        copy_in(engine, database)
        engine.dispose()
        return
    for path in work.site.data.glob("portal.sqlite*"):
        path.unlink()
    shutil.copy(database, work.site.data / "portal.sqlite")


def _acts_again(work: Work, served: bytes) -> list[str]:
    troubles = []
    work.site.start_one("web")
    if not work.site.is_inline:
        work.site.start_one("publisher")
    work.site.wait()
    cast = work.site.cast
    with work.treasury.fresh(cast).at_work():
        time.sleep(4.0)
    time.sleep(1.0)
    checked = work.site.portal("log", "check", check=False)
    published = work.site.portal("publish", check=False)
    if (work.site.data / "log" / "checkpoint").read_bytes() != served:
        troubles.append("something was signed on top of an older database")
    if checked.returncode != 1 or "older than the log" not in checked.stdout + checked.stderr:
        troubles.append(f"log check says {checked.returncode} {checked.stdout}{checked.stderr}")
    if published.returncode != 1 or "older backup" not in published.stdout + published.stderr:
        troubles.append(f"publish says {published.returncode} {published.stdout}{published.stderr}")
    return [*troubles, *fork_found(work.site, work.told)]


BITS = Fault("bits", flip_bit, plants=bugs.BITS, rounds=7)
OLD = Fault("backup", restore_old, plants=bugs.OLD, rounds=3)
