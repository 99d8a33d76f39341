"""The files of a batch: what they cannot hold, found before release, and their bytes, kept.

They hold names and accounts, so that treasurers alone are given them; the log has a commitment to
their digests.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.archive import Archive
from portal.funds.models import Foundation
from portal.funds.models import PayeeAccount
from portal.payments.bankfile import Batch
from portal.payments.bankfile import Debtor
from portal.payments.bankfile import Flaw
from portal.payments.bankfile import Order
from portal.payments.bankfile import batch_flaws
from portal.payments.batch_rules import BatchFlawedError
from portal.payments.models import PayingAccount
from portal.payments.models import Payment
from portal.payments.models import PaymentBatch
from portal.payments.payment_files import FILES
from portal.payments.payment_files import FileKind


def file_batch(
    session: Session, batch: PaymentBatch, payments: Collection[Payment], *, at: datetime
) -> Batch:
    """Return a batch as its files tell it."""
    account = session.get_one(PayingAccount, batch.account_code)
    foundation = session.scalars(select(Foundation)).one()
    ids = [payment.payee_account_id for payment in payments]
    asked = select(
        PayeeAccount.id, PayeeAccount.holder, PayeeAccount.bank_code, PayeeAccount.account_number
    )
    rows = session.execute(asked.where(PayeeAccount.id.in_(ids)))
    payees = {number: (holder, bank, account) for number, holder, bank, account in rows}
    debtor = Debtor(
        foundation.name_th, account.company_id, account.bank_code, account.account_number
    )
    orders = [
        Order(payment.reference, *payees[payment.payee_account_id], payment.amount, payment.channel)
        for payment in payments
    ]
    return Batch(batch.reference, debtor, orders, batch.value_on, at)


def flaws_of(kind: FileKind, batch: Batch) -> Sequence[Flaw]:
    """Return what the bank's file, or the table beside it, cannot hold."""
    return [flaw for each in _kinds(kind) for flaw in batch_flaws(batch, FILES[each].format)]


def _kinds(kind: FileKind) -> Iterable[FileKind]:
    return dict.fromkeys((kind, FileKind.TABLE))


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that was put away, by its SHA-256 in hex."""

    digest: str
    size_bytes: int


def keep_files(session: Session, kind: FileKind, batch: Batch) -> Mapping[FileKind, KeptFile]:
    """Write the files of a batch and put them away; refuse what they cannot hold."""
    flaws = flaws_of(kind, batch)
    if flaws:
        raise BatchFlawedError(len(flaws), first=flaws[0].reference)
    archive = cast("Archive", session.info["bank_files"])  # put there by the app; untyped
    kept = {}
    for each in _kinds(kind):
        content = FILES[each].write(batch)
        kept[each] = KeptFile(archive.keep(content), len(content))
    return kept
