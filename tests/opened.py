"""Open data for tests: acts of every kind, a year that is over, and the files made of them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC
from datetime import datetime
from pathlib import Path

from portal.audit import acts
from portal.audit.service import record
from portal.concerns.codes import ConcernTopic
from portal.concerns.service import ConcernAnswer
from portal.concerns.service import receive_concern
from portal.db import db
from portal.publishing.open_build import build
from portal.publishing.open_versions import Version
from portal.publishing.open_versions import Versions
from portal.worker import open_place
from tests.conftest import Maker
from tests.conftest import Portal
from tests.world import NOON
from tests.world import SECRETS
from tests.world import World

# The first day after the fiscal year in which the tests play.
YEAR_OVER = datetime(2027, 10, 1, 2, 0, tzinfo=UTC)
# money and information stand together, other and sensitive do.
RECEIVED = {
    ConcernTopic.MONEY: 12,
    ConcernTopic.INFORMATION: 11,
    ConcernTopic.OTHER: 3,
    ConcernTopic.CHILD: 10,
}


def concerns(world: World, sheet: str = "first") -> None:
    """Concerns of every topic, each on a sheet of its own."""
    for topic, count in RECEIVED.items():
        for number in range(count):
            answer = ConcernAnswer(
                topic=topic,
                is_about_house=False,
                about="",
                words=SECRETS[4],
                contact=SECRETS[3],
                sheet=f"{sheet}-{topic}-{number}",
            )
            receive_concern(world.session, answer, at=NOON)


def beat(world: World, at: datetime = YEAR_OVER) -> None:
    """Let the log go on to a day."""
    record(world.session, acts.heartbeat(size=1, root=bytes(32), is_witnessed=False, at=at))


def opened(portal: Portal, made: Maker, *does: Callable[[World], object]) -> Version:
    """Do something, publish it, and build the open data."""
    for act in does:
        made(act)
    portal.install.publish(db.engine)
    version = build(db.engine, open_place(portal.install))
    assert version is not None
    return version


def current(portal: Portal) -> Path:
    folder = Versions(portal.install.open_data).current
    assert folder is not None
    return folder


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
