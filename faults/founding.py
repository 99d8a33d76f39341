"""Founds the province of the faults: run as a program by the code that is tried.

It prints what there is to act on as JSON: requests, payments and batches, each with its version.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.app import create_app
from portal.cli import set_up
from portal.cli import upgrade_quietly
from portal.db import db
from portal.db import transaction
from portal.funds.models import FundRequest
from portal.money import Money
from portal.payments import batching
from portal.payments.accounts import open_account
from portal.payments.batching import Terms
from portal.payments.models import Payment
from portal.payments.models import PaymentBatch
from portal.payments.payment_files import FileKind
from portal.people.models import Person
from tests.conftest import PASSWORD_HASH
from tests.conftest import PROVINCE
from tests.world import ACCOUNT
from tests.world import ANSWER
from tests.world import FOUNDED
from tests.world import NOON
from tests.world import World

APPROVED, RELEASED, BATCHES = 16, 40, 8


def found() -> dict[str, list[list[int]]]:
    """Found the province, walk through the services, publish; return what can be acted on."""
    app = create_app()
    with app.app_context():
        upgrade_quietly()
        set_up(PROVINCE, at=FOUNDED)
        with transaction() as session:
            for person in session.scalars(select(Person)):
                person.password_hash = PASSWORD_HASH
        with transaction() as session:
            _act(World(session))
        app.extensions["install"].publish(db.engine)
        told = _told(db.session())
        db.engine.dispose()
    return told


def _act(world: World) -> None:
    small = replace(ANSWER, amount=Money.baht(20))
    open_account(world.session, ACCOUNT, by=world.admin, at=NOON)
    for _ in range(APPROVED):
        world.approved(answer=small)
    for _ in range(RELEASED):
        world.released(world.approved(answer=small))
    terms = Terms(ACCOUNT.code, NOON.date(), FileKind.KTB)
    for _ in range(BATCHES):
        picked = [world.prepared(world.approved(answer=small)).id]
        batching.make_batch(world.session, picked, terms=terms, by=world.anong, at=NOON)


def _told(session: Session) -> dict[str, list[list[int]]]:
    requests = select(FundRequest.id, FundRequest.version).where(FundRequest.paying_satang == 0)
    released = select(Payment.id, Payment.version).where(Payment.state == "released")
    batches = select(PaymentBatch.id, PaymentBatch.version)
    named = {"approved": requests, "released": released, "batches": batches}
    return {name: [[*row] for row in session.execute(rows)] for name, rows in named.items()}


if __name__ == "__main__":
    json.dump(found(), sys.stdout)
