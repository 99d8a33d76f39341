"""Make the log that the judges are given: an install whose entries the portal itself recorded.

    build_log.py FOLDER

Acts go through the services, and donations in batches through `record`, until the tree has a tile
of level 2. It is published in steps; the checkpoint of each is kept in FOLDER/kept, as somebody
outside would keep it.
"""

from __future__ import annotations

import random
import sys
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from config import read_settings
from portal.app import create_app
from portal.audit.entry import Draft
from portal.audit.entry import Json
from portal.audit.entry import Secret
from portal.audit.models import LogEntry
from portal.audit.note import Checkpoint
from portal.audit.note import Note
from portal.audit.service import record
from portal.cli import set_up
from portal.cli import upgrade_quietly
from portal.db import db
from portal.db import writing
from portal.funds.acts import donation_received
from portal.install import Install
from portal.people.queries import SYSTEM
from tests.world import FOUNDED
from tests.world import World

PROVINCE = Path(__file__).parent.parent / "provinces" / "rayong.toml"
# Each is a signed checkpoint: around full tiles of level 0 and 1, and odd sizes between.
STEPS = (255, 256, 257, 1_000, 4_095, 20_000, 36_000, 52_000, 65_535, 65_536, 65_537, 70_321)
PAID_REQUESTS, BATCH, DONORS = 40, 1_000, 40


def donation(number: int, chance: random.Random) -> Draft:
    """Return the draft of a donation; its donor is sealed."""
    at = FOUNDED + timedelta(minutes=number)
    public: dict[str, Json] = {
        "fund": "GEN",
        "satang": chance.randint(1, 10**9),
        "reference": f"D-{number:06}",
        "received_on": at.date().isoformat(),
    }
    donor = Secret(f"donor:{number % DONORS}", f"ผู้บริจาค {number}")
    return donation_received(public, donor=donor, by=SYSTEM, at=at)


def recorded(session: Session) -> int:
    """Return how many entries there are."""
    return session.execute(select(func.count()).select_from(LogEntry)).scalar_one()


def record_until(install: Install, size: int, chance: random.Random) -> None:
    """Record donations, a batch in a transaction, until the log has this size."""
    while True:
        with writing(db.engine, install.session_info()) as session:
            first = recorded(session)
            if first >= size:
                return
            for number in range(first, min(size, first + BATCH)):
                record(session, donation(number, chance))


def pay_requests(install: Install) -> None:
    """Bring some requests all the way to the bank, so that every kind of act stands in the log."""
    for number in range(PAID_REQUESTS):
        with writing(db.engine, install.session_info()) as session:
            World(session).confirmed(f"KTB{number:04}")


def keep_checkpoint(install: Install, kept: Path) -> None:
    """Keep the checkpoint that is published now, named by its size."""
    note = install.folder.read("checkpoint")
    (kept / str(Checkpoint.parse(Note.parse(note).text).size)).write_bytes(note)


def build(folder: Path) -> None:
    """Build it all; the key to judge it by lies in FOLDER/vkey."""
    kept = folder / "kept"
    kept.mkdir(parents=True)
    settings = read_settings({"PORTAL_DATA_DIR": str(folder), "AUDIT_INLINE_PUBLISH": "0"})
    app, chance = create_app(settings), random.Random(6962)
    with app.app_context():
        install: Install = app.extensions["install"]
        upgrade_quietly()
        set_up(PROVINCE, at=FOUNDED)
        install.publish(db.engine)
        for step in STEPS:
            keep_checkpoint(install, kept)
            record_until(install, step, chance)
            install.publish(db.engine)
            if step == STEPS[2]:
                pay_requests(install)
        (folder / "vkey").write_text(f"{install.signer.vkey}\n", "utf-8")
        db.session.remove()
        db.engine.dispose()
        install.vault.close()


if __name__ == "__main__":
    build(Path(sys.argv[1]))
