"""The commands of the open data: what the worker does by itself, at once."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup

from portal.db import db
from portal.install import Install
from portal.install import NothingPublishedError
from portal.publishing.open_build import build
from portal.told import told
from portal.worker import open_place

open_data = AppGroup("open-data", help="The open data: files for everybody.")


@open_data.command("build")
@told
def open_data_build() -> None:
    """Build the open data of what is published now, and let everybody have it."""
    install: Install = current_app.extensions["install"]
    version = build(db.engine, open_place(install))
    if version is None:
        raise NothingPublishedError
    click.echo(f"The open data are built: {version.name}.")
