"""The papers of the treasury: asked for, made by a worker's round, issued once."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import db
from portal.db import writing
from portal.funds.sheet_models import IssuedSheet
from portal.funds.sheet_rules import SheetKind
from portal.jobs.models import Job
from portal.jobs.rules import JobState
from portal.payments.asking import ask_sheet
from portal.payments.printing import Printer
from tests.conftest import Portal
from tests.world import NOON
from tests.world import World


def printer(portal: Portal) -> Printer:
    return Printer(
        db.engine, portal.install.session_info(), "https://fund.example", clock=lambda: NOON
    )


def test_a_voucher_is_asked_for_and_made(portal: Portal) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        world = World(session)
        payment = world.confirmed()
        ask_sheet(session, SheetKind.VOUCHER, str(payment.id), by=world.anong, at=NOON)
    assert printer(portal).round() == 1
    with Session(db.engine) as session:
        sheet = session.scalars(select(IssuedSheet)).one()
        job = session.scalars(select(Job)).one()
        assert (job.state, job.result) == (JobState.DONE, f"sheet:{sheet.id}")
        assert (sheet.reference, sheet.number) == ("RYG-2570-V000001", 1)
    content = portal.install.archive.read(sheet.digest)
    assert content.startswith(b"%PDF")
