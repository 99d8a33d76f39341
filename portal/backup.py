"""A copy of an install while it runs, and an install made of such a copy.

A copy holds the database as it was at one moment and every file it names. It does not hold the
keys, nor the key store, whose own copies live 30 days, nor what the signer signed last: an older
one would sign a second history. The published log is public and copied elsewhere. All of that is
told in docs/operators.md.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy import inspect
from sqlalchemy import text

from portal.audit.entry import utc_text
from portal.audit.folder import Folder
from portal.database_copy import copy_in
from portal.database_copy import copy_out
from portal.disk import digest
from portal.disk import keep_all
from portal.errors import N_
from portal.errors import InputError
from portal.errors import RuleError

VERSION = 1
MANIFEST = "backup.json"
DATABASE = "database"
# What of the data folder belongs to the database: its files are named there by their digests, or
# are published beside it.
FOLDERS = ("papers", "attachments", "bank_files", "reports", "open-data")
FILES = ("publisher.json",)


class NotEmptyError(RuleError):
    """There is something where a copy, or an install, is to be made."""

    def __init__(self, place: str) -> None:
        super().__init__(N_("{place} holds something already; nothing was written."), place=place)


class NoBackupError(InputError):
    """A folder that is no whole copy."""

    def __init__(self, place: Path) -> None:
        super().__init__(
            N_("{place} holds no whole backup: {manifest} is missing or cannot be read."),
            place=place,
            manifest=MANIFEST,
        )


class DamagedBackupError(RuleError):
    """A copy whose files are not those that were copied."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(
            N_("The backup is damaged, and nothing was restored: {names}"), names=", ".join(names)
        )


class OtherEngineError(RuleError):
    """A copy of a database of another kind."""

    def __init__(self, theirs: str, ours: str) -> None:
        super().__init__(
            N_("The backup is of {theirs}, and this install is on {ours}."),
            theirs=theirs,
            ours=ours,
        )


@dataclass(frozen=True, slots=True)
class Backup:
    """What a copy says of itself; `files` are SHA-256 in hex, by path below the copy."""

    at: str
    engine: str
    revision: str
    entries: int
    files: Mapping[str, str]


def make_backup(engine: Engine, data: Path, place: Path, *, at: datetime) -> Backup:
    """Copy database and files into an empty or new folder; what says that it is whole comes last.

    A file is kept before its row is, so that whatever the copied database names is there still
    when the files are copied after it.
    """
    if place.exists() and not _is_empty(place):
        raise NotEmptyError(str(place))
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    revision, entries = _position(engine)
    copy_out(engine, place / DATABASE)
    for name in FOLDERS:
        if (data / name).is_dir():
            shutil.copytree(data / name, place / name, ignore=shutil.ignore_patterns(".*"))
    for name in FILES:
        if (data / name).is_file():
            shutil.copy2(data / name, place / name)
    backup = Backup(utc_text(at), engine.dialect.name, revision, entries, dict(_digests(place)))
    _write(place, backup)
    return backup


def restore_backup(engine: Engine, data: Path, place: Path) -> Backup:
    """Fill an empty install from a copy, after every byte of it was verified."""
    backup = read_backup(place)
    if backup.engine != engine.dialect.name:
        raise OtherEngineError(backup.engine, engine.dialect.name)
    if inspect(engine).get_table_names():
        raise NotEmptyError(str(engine.url.database))
    for name in (*FOLDERS, *FILES):
        if (data / name).exists() and not _is_empty(data / name):
            raise NotEmptyError(str(data / name))
    _check_whole(place, backup)
    for name in backup.files:
        if name != DATABASE:
            (data / name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            shutil.copy2(place / name, data / name)
    copy_in(engine, place / DATABASE)
    return backup


def read_backup(place: Path) -> Backup:
    """Return what a copy says of itself, or raise `NoBackupError`."""
    try:
        told = json.loads((place / MANIFEST).read_bytes())
        if told.pop("version") != VERSION:
            raise NoBackupError(place)
        return Backup(**told)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise NoBackupError(place) from error


def _is_empty(place: Path) -> bool:
    return place.is_dir() and not any(place.iterdir())


def _position(engine: Engine) -> tuple[str, int]:
    """Return the migration of the database, and how many entries it had at least."""
    with engine.connect() as connection:
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        entries = connection.execute(text("SELECT count(*) FROM log_entry")).scalar_one()
    return str(revision), int(entries)


def _digests(place: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(place.rglob("*")):
        if path.is_file() and path != place / MANIFEST:
            yield path.relative_to(place).as_posix(), digest(path)


def _check_whole(place: Path, backup: Backup) -> None:
    found = dict(_digests(place))
    if found != backup.files:
        raise DamagedBackupError(
            sorted(name for name, _ in found.items() ^ dict(backup.files).items())
        )


def _write(place: Path, backup: Backup) -> None:
    """Let the disk keep the copy, then say that it is whole."""
    keep_all(place)
    told = {"version": VERSION, **asdict(backup)}
    Folder(place).write(MANIFEST, json.dumps(told, indent=1).encode())
