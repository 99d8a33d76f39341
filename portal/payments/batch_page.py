"""Reads for the pages of batches. Private throughout."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime

from sqlalchemy import Select
from sqlalchemy import and_
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import PortalError
from portal.funds.models import FundRequest
from portal.funds.queries import youths_among
from portal.funds.rule_models import Fund
from portal.funds.sheet_rules import About
from portal.funds.sheet_rules import SheetKind
from portal.funds.sheet_rules import sheets_to_ask
from portal.funds.sheets_issued import SheetRow
from portal.funds.sheets_issued import sheets_about
from portal.labels import Name
from portal.money import Money
from portal.payments import batch_rules
from portal.payments.bank_files import file_batch
from portal.payments.bank_files import flaws_of
from portal.payments.bankfile import Flaw
from portal.payments.batch_rules import BatchAction
from portal.payments.batch_rules import BatchState
from portal.payments.models import BankFile
from portal.payments.models import PayingAccount
from portal.payments.models import Payment
from portal.payments.models import PaymentBatch
from portal.payments.payment_files import FileKind
from portal.payments.queries import PaymentRow
from portal.payments.queries import payment_rows
from portal.payments.rules import Channel
from portal.payments.rules import PaymentState
from portal.people.models import Person
from portal.people.queries import holders
from portal.roles import Actor
from portal.roles import Role

SHOWN_MAX = 200
BATCHES_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the foundation, to choose from."""

    code: str
    name: Name
    bank_code: str
    number: str
    is_closed: bool


def accounts(session: Session) -> list[Account]:
    """Return every account, by code."""
    return [
        Account(
            row.code,
            Name(row.name_th, row.name_en),
            row.bank_code,
            row.account_number,
            row.is_closed,
        )
        for row in session.scalars(select(PayingAccount).order_by(PayingAccount.code))
    ]


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch in a list."""

    id: int
    reference: str
    version: int
    state: BatchState
    account: Name
    count: int
    amount: Money
    value_on: date
    made_by: str
    made_at: datetime


def batches(session: Session) -> list[BatchRow]:
    """Return the newest batches, the newest first."""
    return _rows(session)[:BATCHES_SHOWN]


def _rows(session: Session, batch_id: int | None = None) -> list[BatchRow]:
    found = (
        select(PaymentBatch, PayingAccount, Person.name)
        .join(PayingAccount, PayingAccount.code == PaymentBatch.account_code)
        .join(Person, Person.id == PaymentBatch.made_by_id)
        .order_by(PaymentBatch.id.desc())
        .limit(BATCHES_SHOWN)
    )
    if batch_id is not None:
        found = found.where(PaymentBatch.id == batch_id)
    return [
        BatchRow(
            id=batch.id,
            reference=batch.reference,
            version=batch.version,
            state=batch.state,
            account=Name(account.name_th, account.name_en),
            count=batch.count,
            amount=batch.amount,
            value_on=batch.value_on,
            made_by=name,
            made_at=batch.made_at,
        )
        for batch, account, name in session.execute(found)
    ]


@dataclass(frozen=True, slots=True)
class Free:
    """Prepared transfers that are in no batch: the first ones, and what all come to."""

    rows: Sequence[PaymentRow]
    count: int
    amount: Money
    accounts: Sequence[Account]


_IS_FREE = (
    Payment.state == PaymentState.PREPARED,
    Payment.channel == Channel.TRANSFER,
    Payment.batch_id.is_(None),
)


def free_transfers(session: Session, by: Actor) -> Free:
    """Return the transfers that a batch can be made of."""
    count, satang = session.execute(
        select(func.count(), func.coalesce(func.sum(Payment.amount_satang), 0)).where(*_IS_FREE)
    ).one()
    rows = payment_rows(session, and_(*_IS_FREE), by, length=SHOWN_MAX)
    is_open = [account for account in accounts(session) if not account.is_closed]
    return Free(rows, count, Money(int(satang)), is_open)


def every_free_id(session: Session) -> Sequence[int]:
    """Return the ids of all transfers that are in no batch, as many as one batch holds."""
    free = select(Payment.id).where(*_IS_FREE).order_by(Payment.id)
    return session.scalars(free.limit(batch_rules.PAYMENTS_MAX)).all()


@dataclass(frozen=True, slots=True)
class FundSum:
    """What a batch takes out of one fund."""

    fund: Name
    count: int
    amount: Money


@dataclass(frozen=True, slots=True)
class File:
    """A file that was made when the batch was released."""

    kind: FileKind
    digest: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class BatchPage:
    """Everything on the page of a batch; `refusal` keeps this person from its next step."""

    row: BatchRow
    file_kind: FileKind
    next_step: BatchAction | None
    refusal: PortalError | None
    who_can: Sequence[str]
    is_dissolvable: bool
    funds: Sequence[FundSum]
    payments: Sequence[PaymentRow]
    flaws: Sequence[Flaw]
    files: Sequence[File]
    released_by: str | None
    released_at: datetime | None
    sent_by: str | None
    sent_at: datetime | None
    sheets: Sequence[SheetRow]
    sheets_to_ask: Sequence[SheetKind]


NEXT_STEP: Mapping[BatchState, BatchAction] = {
    BatchState.OPEN: BatchAction.RELEASE,
    BatchState.RELEASED: BatchAction.SEND,
}


def batch_page(session: Session, batch_id: int, by: Actor, *, at: datetime) -> BatchPage:
    """Return the page of one batch, or raise `BatchNotFoundError`."""
    batch = session.get(PaymentBatch, batch_id)
    if batch is None:
        raise batch_rules.BatchNotFoundError
    (row,) = _rows(session, batch_id)
    return BatchPage(
        row=row,
        file_kind=batch.file_kind,
        next_step=NEXT_STEP.get(batch.state),
        refusal=_refusal(session, batch, by),
        who_can=[name for name in holders(session, Role.TREASURER) if name != by.name],
        is_dissolvable=(batch.state, BatchAction.DISSOLVE) in batch_rules.STEPS,
        funds=_funds(session, batch_id),
        payments=payment_rows(session, Payment.batch_id == batch_id, by, length=SHOWN_MAX),
        flaws=_flaws(session, batch, at=at) if batch.state is BatchState.OPEN else (),
        files=_files(session, batch_id),
        released_by=_name(session, batch.released_by_id),
        released_at=batch.released_at,
        sent_by=_name(session, batch.sent_by_id),
        sent_at=batch.sent_at,
        sheets=sheets_about(session, f"{About.BATCH}:{batch_id}"),
        sheets_to_ask=_sheets_to_ask(batch, by),
    )


def _sheets_to_ask(batch: PaymentBatch, by: Actor) -> Sequence[SheetKind]:
    if batch.state is BatchState.DISSOLVED:
        return ()
    return sheets_to_ask(About.BATCH, by)


def _refusal(session: Session, batch: PaymentBatch, by: Actor) -> PortalError | None:
    if batch.state is not BatchState.OPEN:
        return None
    prepared = session.execute(
        select(Payment.reference, Payment.prepared_by_id).where(
            Payment.batch_id == batch.id, Payment.prepared_by_id == by.person_id
        )
    )
    try:
        own = {row.reference: row.prepared_by_id for row in prepared}
        batch_rules.check_releaser(by, made_by=batch.made_by_id, prepared_by=own)
    except PortalError as refusal:
        return refusal
    return None


def _funds(session: Session, batch_id: int) -> list[FundSum]:
    rows = session.execute(
        select(Fund.name_th, Fund.name_en, func.count(), func.sum(Payment.amount_satang))
        .join(FundRequest, FundRequest.fund_code == Fund.code)
        .join(Payment, Payment.fund_request_id == FundRequest.id)
        .where(Payment.batch_id == batch_id)
        .group_by(Fund.code, Fund.name_th, Fund.name_en)
        .order_by(Fund.code)
    )
    return [FundSum(Name(th, en), count, Money(int(satang))) for th, en, count, satang in rows]


def _flaws(session: Session, batch: PaymentBatch, *, at: datetime) -> Sequence[Flaw]:
    payments = session.scalars(select(Payment).where(Payment.batch_id == batch.id)).all()
    return flaws_of(batch.file_kind, file_batch(session, batch, payments, at=at))


def _files(session: Session, batch_id: int) -> list[File]:
    rows = session.scalars(
        select(BankFile).where(BankFile.batch_id == batch_id).order_by(BankFile.id)
    )
    return [File(row.kind, row.digest, row.size_bytes) for row in rows]


def paid_in(batch_id: int) -> Select[int | None]:
    """Return the search for the people whom the payments of a batch are for."""
    made = select(Payment.fund_request_id).where(Payment.batch_id == batch_id)
    return youths_among(FundRequest.id.in_(made))


def bank_file(session: Session, batch_id: int, kind: FileKind) -> tuple[File, str]:
    """Return a file of a batch and the batch's number, or raise `BatchNotFoundError`."""
    batch = session.get(PaymentBatch, batch_id)
    found = [file for file in _files(session, batch_id) if file.kind is kind]
    if batch is None or not found:
        raise batch_rules.BatchNotFoundError
    return found[0], batch.reference


def _name(session: Session, person_id: int | None) -> str | None:
    return None if person_id is None else session.get_one(Person, person_id).name
