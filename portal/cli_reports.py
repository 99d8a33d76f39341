"""The command that makes a report from a published log, so that anybody can compare the bytes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import click
from flask import current_app

from portal.audit.folder import Folder
from portal.install import Install
from portal.reports.log_reading import folded
from portal.reports.making import House
from portal.reports.making import drafted
from portal.reports.making import printed
from portal.told import told

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command("report")
@click.argument("period")
@click.option("--out", default=".", type=_FOLDER, help="Where the files are written.")
@click.option("--size", type=int, help="From how many entries; without it from all.")
@click.option("--log", "log", type=_FOLDER, help="A copy of the log; without it this install's.")
@click.option("--demo", is_flag=True, help="Of a demo, whose papers say that they are invented.")
@told
def report_command(
    period: str, *, out: Path, size: int | None, log: Path | None, demo: bool
) -> None:
    """Make the report of PERIOD (2026-11, FY2570-Q1, FY2570) without recording anything.

    PORTAL_BASE_URL must be the address of the portal whose log it is: it stands on the papers.
    """
    install: Install = current_app.extensions["install"]
    settings = install.settings
    house = House(settings.base_url, is_demo=demo or settings.is_demo)
    draft = drafted(folded(Folder(log) if log else install.folder, size), period, house)
    for file, content in printed(draft).items():
        path = out / f"{draft.told.reference}.{file}"
        path.write_bytes(content)
        click.echo(f"{hashlib.sha256(content).hexdigest()}  {path}")
