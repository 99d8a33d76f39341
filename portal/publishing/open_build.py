"""Building the open data: every file from one moment of the published tables, then swapped in.

The same log gives the same bytes, on any engine and in any language.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy import Connection
from sqlalchemy import Engine

from portal.audit.entry import Json
from portal.audit.folder import Folder
from portal.db import one_moment
from portal.disk import digest
from portal.labels import ACTS
from portal.labels import CHANNELS
from portal.labels import FIELDS
from portal.labels import KINDS
from portal.labels import STATES
from portal.labels import TABLES as LABELS
from portal.labels import Name
from portal.places import province_name
from portal.publishing import fold
from portal.publishing.counting import SUBJECTS
from portal.publishing.grants_json import Publisher
from portal.publishing.grants_json import Registered
from portal.publishing.grants_json import grant_json
from portal.publishing.grants_json import package_pieces
from portal.publishing.open_edition import Edition
from portal.publishing.open_edition import Names
from portal.publishing.open_edition import edition
from portal.publishing.open_edition import names
from portal.publishing.open_edition import position
from portal.publishing.open_package import CsvFile
from portal.publishing.open_package import catalogue_entry
from portal.publishing.open_package import data_package
from portal.publishing.open_package import dictionary
from portal.publishing.open_rows import STEPS
from portal.publishing.open_rows import code_rows
from portal.publishing.open_rows import grants
from portal.publishing.open_rows import rows
from portal.publishing.open_schema import TABLES
from portal.publishing.open_schema import OpenTable
from portal.publishing.open_versions import ABOUT
from portal.publishing.open_versions import Version
from portal.publishing.open_versions import Versions
from portal.publishing.open_writing import Cells
from portal.publishing.open_writing import write_csv
from portal.publishing.open_writing import write_json
from portal.publishing.open_writing import write_sqlite
from portal.publishing.open_writing import write_sums
from portal.publishing.open_writing import write_text
from portal.publishing.open_writing import write_workbook_of
from portal.publishing.vocabulary import TYPES
from portal.words import in_both

# Raised whenever the same log would give other files: they are then built anew.
FORMAT = 2
WORKBOOK, SQLITE = "open-data.xlsx", "open-data.sqlite"
# What the foundation itself gave a name; the other codes are the portal's.
_NAMED = frozenset({"fund", "subcommittee", "category", "purpose"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where the open data lie, under which address they are read, and who answers for them."""

    path: Path
    base_url: str
    contact: str
    registered: Registered | None = None


@dataclass(frozen=True, slots=True)
class _Making:
    """What every file of one version is made from."""

    connection: Connection
    told: Edition
    names: Names
    place: Place

    def read(self, table: OpenTable) -> Iterator[Cells]:
        """Give the rows of a table, as often as they are asked for."""
        if table.name == "codes":
            return code_rows(self.names)
        return rows(self.connection, table.name, self.told)


def build(engine: Engine, place: Place) -> Version | None:
    """Build the open data of what is published now and let readers have them; None for nothing."""
    with Folder(place.path).alone(), one_moment(engine) as connection:
        told = edition(connection)
        if told is None:
            return None
        versions = Versions(place.path)
        (place.path / "versions").mkdir(exist_ok=True)
        made = Path(mkdtemp(dir=place.path, prefix=".making-"))
        made.chmod(0o755)
        making = _Making(connection, told, _every_name(connection, told), place)
        sums = _write(made, making)
        return versions.take_in(made, TABLES.values(), version=told.version, sums=sums)


def build_if_newer(engine: Engine, place: Place) -> Version | None:
    """Build the open data where the log, the fold or the files' form moved on since."""
    with one_moment(engine) as connection:
        told = position(connection)
    current = Versions(place.path).current
    if told is None or (current and _source(*told, place).items() <= _said(current).items()):
        return None
    return build(engine, place)


def _said(folder: Path) -> dict[str, Json]:
    said: dict[str, Json] = json.loads((folder / ABOUT).read_text("utf-8"))
    return said


def _source(size: int, root: str, place: Place) -> dict[str, Json]:
    """Return everything that decides what the files hold."""
    return {
        "log_size": size,
        "log_root": root,
        "fold_version": fold.VERSION,
        "format": FORMAT,
        "base_url": place.base_url,
        "contact": place.contact,
        "publisher": asdict(place.registered) if place.registered else None,
    }


def _about(told: Edition, place: Place) -> dict[str, Json]:
    return {
        "version": told.version,
        "newest_at": told.newest_at.isoformat(),
        **_source(told.size, told.root, place),
    }


def _write(folder: Path, making: _Making) -> str:
    """Write every file of a version; return the digest of their checksums."""
    tables, told, place = list(TABLES.values()), making.told, making.place
    written = [_write_table(folder, table, making) for table in tables]
    write_workbook_of(folder / WORKBOOK, tables, making.read)
    write_sqlite(folder / SQLITE, tables, making.read)
    if written[0].rows:  # the standard knows no file without a grant
        _write_grants(folder / "grants.json", making)
    package = data_package(told, written, base_url=place.base_url)
    write_json(folder / "datapackage.json", package)
    write_json(folder / "dictionary.json", _dictionary())
    names = sorted(path.name for path in folder.iterdir())
    entry = catalogue_entry(told, names, base_url=place.base_url, contact=place.contact)
    write_json(folder / "catalog.json", entry)
    write_json(folder / ABOUT, _about(told, place))
    return write_sums(folder)


def _write_table(folder: Path, table: OpenTable, making: _Making) -> CsvFile:
    path = folder / table.file
    count = write_csv(path, table, making.read(table))
    return CsvFile(table, count, path.stat().st_size, digest(path))


def _write_grants(path: Path, making: _Making) -> None:
    told, place = making.told, making.place
    publisher = Publisher(
        told, making.names, place.base_url, province_name(told.province), place.registered
    )
    found = (grant_json(grant, publisher) for grant in grants(making.connection))
    write_text(path, package_pieces(publisher, found))


def _dictionary() -> Json:
    return dictionary(TYPES.values(), _both(ACTS), _both(FIELDS))


def _every_name(connection: Connection, told: Edition) -> Names:
    """Return the name of every code that the tables hold."""
    known = names(connection, told.day)
    labels = {"recipient": KINDS, "channel": CHANNELS, "state": STATES}
    labels |= {name: LABELS[subject.labels] for name, subject in SUBJECTS.items()}
    found = {key: name for key, name in known.items() if key[0] in _NAMED}
    for kind, texts in labels.items():
        found |= {(kind, code): name for code, name in _both(texts).items()}
    found |= {("step", step): name for step, (_, _, name) in STEPS.items()}
    return found | {("subject", name): subject.title for name, subject in SUBJECTS.items()}


def _both(texts: Mapping[str, str]) -> Mapping[str, Name]:
    return {code: Name(*said) for code, said in in_both(texts).items()}
