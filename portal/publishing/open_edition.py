"""One edition of the open data: up to which entry of the log, on which day, under which names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy import func
from sqlalchemy import select

from portal.audit.merkle import Frontier
from portal.labels import Name
from portal.publishing.models import PublishedAct
from portal.publishing.models import PublishedName
from portal.publishing.models import PublishedPosition
from portal.thai import bangkok_day

Names = Mapping[tuple[str, str], Name]


@dataclass(frozen=True, slots=True)
class Edition:
    """Up to which entry of the log everything is told, and whose log it is."""

    size: int
    root: str
    newest_at: datetime
    foundation: Name
    code: str
    province: str
    first_month: int

    @property
    def day(self) -> date:
        """Return the day of the newest entry."""
        return bangkok_day(self.newest_at)

    @property
    def version(self) -> str:
        """Return what this edition is called: its day, and how many entries the log had."""
        return f"{self.day}-{self.size}"


def position(connection: Connection) -> tuple[int, str] | None:
    """Return how far the log is folded, and the root there, or None while nothing is published."""
    found = connection.execute(
        select(PublishedPosition.size, PublishedPosition.frontier)
    ).one_or_none()
    # While a long log is folded, the signed root is ahead of the rows; the frontier is not.
    return (found.size, Frontier.unpack(*found).root().hex()) if found else None


def edition(connection: Connection) -> Edition | None:
    """Return what is published now, or None while nothing is."""
    folded = position(connection)
    named = connection.execute(
        select(*PublishedName.__table__.columns).where(PublishedName.kind == "foundation")
    ).one_or_none()
    if folded is None or named is None:
        return None
    # Clocks may be set back: the day of the files never is.
    newest_at = connection.scalars(select(func.max(PublishedAct.at))).one()
    more = json.loads(named.more)
    return Edition(
        size=folded[0],
        root=folded[1],
        newest_at=datetime.fromisoformat(newest_at),
        foundation=Name(named.name_th, named.name_en),
        code=named.code,
        province=more["province"],
        first_month=more["first_month"],
    )


def names(connection: Connection, on: date) -> Names:
    """Return what everything was called on a day; what begins later by its first name."""
    found: dict[tuple[str, str], Name] = {}
    for row in connection.execute(
        select(*PublishedName.__table__.columns).order_by(PublishedName.valid_from)
    ):
        if row.valid_from <= on or (row.kind, row.code) not in found:
            found[row.kind, row.code] = Name(row.name_th, row.name_en)
    return found
