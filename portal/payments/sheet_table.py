"""Every paper that the worker makes: what tells it, and who may see what it is about.

One more kind of paper is one more row here, its terms in `funds/sheet_rules.py`, and a template.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from datetime import date
from typing import TypeAlias

from sqlalchemy.orm import Session

from portal.funds.sheet_issuing import Matter
from portal.funds.sheet_rules import About
from portal.funds.sheet_rules import SheetKind
from portal.funds.sheet_rules import row_of
from portal.payments import told_advances
from portal.payments import told_batches
from portal.payments import told_donations
from portal.payments import told_months
from portal.payments import told_parts
from portal.payments import told_payments
from portal.payments import told_requests
from portal.roles import Actor

# Reads what a paper tells, on behalf of somebody, as things stand on a day; or refuses.
Tell: TypeAlias = Callable[[Session, str, Actor, date], Matter]
See: TypeAlias = Callable[[Session, str, Actor], object]

TELL: Mapping[SheetKind, Tell] = {
    SheetKind.WITHDRAWAL: told_requests.withdrawal,
    SheetKind.MEMO: told_requests.memo,
    SheetKind.VOUCHER: told_payments.voucher,
    SheetKind.RECEIPT: told_payments.receipt,
    SheetKind.ADVANCE: told_advances.contract,
    SheetKind.CLEARING: told_advances.clearing,
    SheetKind.REMITTANCE: told_batches.remittance,
    SheetKind.RECONCILIATION: told_months.reconciliation,
    SheetKind.THANKS: told_donations.thanks,
}


def _see_request(session: Session, about: str, by: Actor) -> object:
    return told_parts.seen_request(session, row_of(about), by)


# Refuses what somebody may not see, as if it were not there.
SEE: Mapping[About, See] = {
    About.REQUEST: _see_request,
    About.PAYMENT: told_payments.seen_payment,
    About.BATCH: told_batches.seen_batch,
    About.MONTH: told_months.seen_month,
    About.DONATION: told_donations.seen_donation,
}
