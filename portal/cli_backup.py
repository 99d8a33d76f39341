"""The commands for copies: of an install that runs, an install of a copy, one on another engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from flask import current_app
from sqlalchemy import URL
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from portal.backup import make_backup
from portal.backup import restore_backup
from portal.clock import now
from portal.db import db
from portal.db import owners_engine
from portal.health import newest_migration
from portal.install import Install
from portal.moving import Moved
from portal.moving import move_database
from portal.told import told

_FOLDER = click.argument("folder", type=click.Path(path_type=Path))


@click.command("backup")
@_FOLDER
@told
def backup_command(folder: Path) -> None:
    """Copy database and private files into the new FOLDER, while everything runs."""
    made = make_backup(db.engine, _data(), folder, at=now())
    click.echo(
        f"{folder} holds {made.entries:,} entries and {len(made.files):,} files. "
        "Keys, key store and the log are kept apart from it: see docs/operators.md."
    )


@click.command("restore")
@_FOLDER
@told
def restore_command(folder: Path) -> None:
    """Fill a new install, which holds nothing yet, from FOLDER."""
    owner = owners_engine(db.engine.url)
    try:
        restored = restore_backup(owner, _data(), folder)
    finally:
        owner.dispose()
    click.echo(
        f"This install is as it was at {restored.at}, with {restored.entries:,} entries at least.\n"
        "Before anything is started: bring back keys/, keystore/, signer/origin and log/, then run "
        "db upgrade, log rebuild-signer, log check and books check."
    )


class DatabaseUrl(click.ParamType[URL]):
    """The address of a database, as PORTAL_DATABASE_URL has it."""

    name = "url"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> URL:
        """Read an address; what is none is a wrong use of the command."""
        try:
            return make_url(value)
        except ArgumentError:
            self.fail("this is no address of a database", param, ctx)


@click.command("move-database")
@click.argument("url", type=DatabaseUrl())
@told
def move_database_command(url: URL) -> None:
    """Fill the empty PostgreSQL database at URL from this install's SQLite, and prove it."""
    source = db.engine.url
    # Our own connections are somebody else's, too.
    db.engine.dispose()
    head = newest_migration(current_app.config["MIGRATIONS_DIR"])
    for line in _told_of(move_database(_install(), source, url, head=head)):
        click.echo(line)


def _told_of(moved: Moved) -> Iterator[str]:
    for name, held in sorted(moved.after.items()):
        yield f"{name:<24}{held.rows:>12,}  {held.digest}"
    before, after = moved.digests
    yield f"SQLite held      {before}"
    yield f"PostgreSQL holds {after}"
    yield (
        f"The books balance: {moved.journal_entries:,} journal entries. "
        f"The log is intact: {moved.log_entries:,} entries."
    )
    yield "Set PORTAL_DATABASE_URL to it, then put the SQLite file away: it must not be used again."


def _data() -> Path:
    return _install().settings.data_dir


def _install() -> Install:
    install: Install = current_app.extensions["install"]
    return install
