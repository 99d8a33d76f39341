"""The batches of the story: what was gathered on a day leaves together on the next working day.

The last one is made and left: whoever tries the demo may release it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from datetime import datetime
from datetime import time

from sqlalchemy import select

from portal.payments.batching import Terms
from portal.payments.batching import make_batch
from portal.payments.batching import release_batch
from portal.payments.batching import send_batch
from portal.payments.models import PayingAccount
from portal.payments.models import Payment
from portal.payments.models import PaymentBatch
from portal.payments.payment_files import FileKind
from portal.story.days import YEAR
from portal.story.paying import leave_the_bank
from portal.story.paying import of_the_day
from portal.story.teller import Life
from portal.story.teller import Teller
from portal.thai import BANGKOK
from portal.thai import bangkok_day
from portal.working_days import due_on

_AFTERNOON = time(16, 10)
# From then on everything is gathered for one batch, which is made on the last working day.
_LEFT_FROM = 352


def batch_lives(teller: Teller) -> Iterator[Life]:
    """Return the life in which batches are made; each then has its own."""
    yield _gathered(teller)


def _gathered(teller: Teller) -> Life:
    for day in (*range(1, _LEFT_FROM), YEAR - 1):
        on = bangkok_day(teller.days.on(day))
        yield datetime.combine(on, _AFTERNOON, BANGKOK).astimezone(UTC)
        if teller.gathered:
            batch_id = _make(teller)
            if day < _LEFT_FROM:
                teller.begin(_left_together(teller, batch_id))


def _make(teller: Teller) -> int:
    by, at = of_the_day(teller, 0), teller.tick()
    account = teller.session.scalars(select(PayingAccount)).one()
    value_on = due_on(bangkok_day(at), 1, teller.days.closed)
    terms = Terms(account.code, value_on, FileKind.KTB)
    batch = make_batch(teller.session, teller.gathered, terms=terms, by=by, at=at)
    teller.gathered = []
    return batch.id


def _left_together(teller: Teller, batch_id: int) -> Life:
    # Who made it and prepared what is in it had the turn of the day before.
    by = of_the_day(teller, 1)
    yield teller.days.after(teller.at, 1)
    batch = teller.session.get_one(PaymentBatch, batch_id)
    for act in (release_batch, send_batch):
        act(teller.session, batch_id, seen_version=batch.version, by=by, at=teller.tick())
    theirs = select(Payment).where(Payment.batch_id == batch_id).order_by(Payment.id)
    for payment in teller.session.scalars(theirs):
        leave_the_bank(teller, payment)
