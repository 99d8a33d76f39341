"""One function for each act on a batch: its payments are released and sent to the bank together."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.audit.entry import Draft
from portal.audit.entry import Json
from portal.audit.entry import Secret
from portal.audit.service import record
from portal.db import among
from portal.funds import docket
from portal.funds import ledger
from portal.funds.books import post_all
from portal.funds.ledger import EntryKind
from portal.funds.ledger import Posting
from portal.funds.models import FundRequest
from portal.money import Money
from portal.money import total
from portal.payments import acts
from portal.payments import batch_rules
from portal.payments.bank_files import file_batch
from portal.payments.bank_files import keep_files
from portal.payments.batch_rules import BatchAction
from portal.payments.batch_rules import BatchState
from portal.payments.bulk import Effect
from portal.payments.bulk import locked
from portal.payments.bulk import take_all
from portal.payments.models import BankFile
from portal.payments.models import PayingAccount
from portal.payments.models import Payment
from portal.payments.models import PaymentBatch
from portal.payments.payment_files import FileKind
from portal.payments.queries import bank_left
from portal.payments.rules import Channel
from portal.payments.rules import PaymentAction
from portal.payments.rules import PaymentNotFoundError
from portal.payments.rules import PaymentState
from portal.roles import Actor


@dataclass(frozen=True, slots=True)
class Terms:
    """From which account a batch is paid, on which day, and how the bank is told."""

    account_code: str
    value_on: date
    file_kind: FileKind


def make_batch(
    session: Session,
    payment_ids: Collection[int],
    *,
    terms: Terms,
    by: Actor,
    at: datetime,
) -> PaymentBatch:
    """Put prepared transfers together, to be paid from one account on one day."""
    state = batch_rules.next_state(None, BatchAction.MAKE, by)
    account = session.get(PayingAccount, terms.account_code)
    if account is None or account.is_closed:
        raise batch_rules.AccountNotFoundError
    if not 0 < len(payment_ids) <= batch_rules.PAYMENTS_MAX:
        raise batch_rules.NothingPickedError
    are_picked = among(session, Payment.id, payment_ids)
    picked = locked(session, are_picked)
    if len(picked) != len(set(payment_ids)):
        raise PaymentNotFoundError
    unfit = [payment.reference for payment, _ in picked if not _is_free(payment)]
    if unfit:
        raise batch_rules.NotForBatchError(unfit)
    _year, reference = docket.next_reference(session, "batch", letter="B", at=at)
    batch = PaymentBatch(
        reference=reference,
        account_code=terms.account_code,
        state=state,
        count=len(picked),
        amount_satang=total(payment.amount for payment, _ in picked).satang,
        value_on=terms.value_on,
        file_kind=terms.file_kind,
        made_by_id=by.person_id,
        made_at=at,
    )
    batch.log_eid = record(session, _told(batch, BatchAction.MAKE, by=by, at=at))
    session.add(batch)
    session.flush()
    _join(session, are_picked, batch.id)
    return batch


def _join(session: Session, which: ColumnElement[bool], batch_id: int | None) -> None:
    """Put payments into a batch, or into none; what the session knew of them is read anew."""
    moved = update(Payment).where(which).values(batch_id=batch_id)
    session.execute(moved, execution_options={"synchronize_session": False})
    session.expire_all()


def _is_free(payment: Payment) -> bool:
    is_prepared = payment.state is PaymentState.PREPARED and payment.batch_id is None
    return is_prepared and payment.channel is Channel.TRANSFER


def release_batch(
    session: Session, batch_id: int, *, seen_version: int, by: Actor, at: datetime
) -> PaymentBatch:
    """Let every payment of a batch go, by a treasurer who prepared none of them."""
    batch = _load(session, batch_id, seen_version)
    state = batch_rules.next_state(batch.state, BatchAction.RELEASE, by)
    paid = locked(session, Payment.batch_id == batch_id)
    prepared_by = {payment.reference: payment.prepared_by_id for payment, _ in paid}
    batch_rules.check_releaser(by, made_by=batch.made_by_id, prepared_by=prepared_by)
    left = bank_left(session, batch.account_code)
    batch_rules.check_covered(batch.account_code, held=left, wanted=batch.amount)
    payments = [payment for payment, _ in paid]
    files = keep_files(session, batch.file_kind, file_batch(session, batch, payments, at=at))
    digests = {kind: file.digest for kind, file in files.items()}
    told = _told(batch, BatchAction.RELEASE, by=by, at=at, digests=digests)
    columns = {"released_by_id": by.person_id, "released_at": at}
    effect = Effect(columns, public={"batch": batch.reference})
    take_all(session, paid, PaymentAction.RELEASE, lambda *_: effect, by=by, at=at)
    eid = record(session, told)
    _write(session, batch, state, eid, **columns)
    session.add_all(
        BankFile(
            batch_id=batch.id,
            kind=kind,
            digest=file.digest,
            size_bytes=file.size_bytes,
            log_eid=eid,
        )
        for kind, file in files.items()
    )
    session.flush()
    return batch


def send_batch(
    session: Session, batch_id: int, *, seen_version: int, by: Actor, at: datetime
) -> PaymentBatch:
    """Note that the file of a batch lies with the bank: its money is on its way."""
    batch = _load(session, batch_id, seen_version)
    state = batch_rules.next_state(batch.state, BatchAction.SEND, by)
    paid = locked(session, Payment.batch_id == batch_id)
    booked = [(each.id, _sending(each, payment.amount)) for payment, each in paid]
    told = _told(batch, BatchAction.SEND, by=by, at=at)
    columns = {"sent_by_id": by.person_id, "sent_at": at}
    public = {"batch": batch.reference}

    def sending(payment: Payment, each: FundRequest) -> Effect:
        sent = {"sent_satang": each.sent_satang + payment.amount_satang}
        return Effect(columns, sent, public)

    eids = take_all(session, paid, PaymentAction.SEND, sending, by=by, at=at)
    entries = [(eid, *one) for eid, one in zip(eids, booked, strict=True)]
    post_all(session, entries, kind=EntryKind.SENDING, by=by, at=at)
    _write(session, batch, state, record(session, told), sent_by_id=by.person_id, sent_at=at)
    return batch


def dissolve_batch(
    session: Session, batch_id: int, *, seen_version: int, by: Actor, at: datetime
) -> PaymentBatch:
    """Take a batch apart before it is sent; its payments stay as they are."""
    batch = _load(session, batch_id, seen_version)
    state = batch_rules.next_state(batch.state, BatchAction.DISSOLVE, by)
    eid = record(session, _told(batch, BatchAction.DISSOLVE, by=by, at=at))
    _write(session, batch, state, eid)
    _join(session, Payment.batch_id == batch_id, None)
    return batch


def _load(session: Session, batch_id: int, seen_version: int) -> PaymentBatch:
    batch = session.scalars(
        select(PaymentBatch)
        .where(PaymentBatch.id == batch_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if batch is None:
        raise batch_rules.BatchNotFoundError
    if batch.version != seen_version:
        raise batch_rules.StaleBatchError
    return batch


def _write(
    session: Session, batch: PaymentBatch, state: BatchState, eid: str, **columns: object
) -> None:
    """Move the batch to its new state together with the entry that tells it."""
    for name, value in {"state": state, "log_eid": eid, **columns}.items():
        setattr(batch, name, value)
    session.flush()


def _told(
    batch: PaymentBatch,
    action: BatchAction,
    *,
    by: Actor,
    at: datetime,
    digests: Mapping[FileKind, str] | None = None,
) -> Draft:
    public: dict[str, Json] = {
        "batch": batch.reference,
        "account": batch.account_code,
        "count": batch.count,
        "satang": batch.amount_satang,
    }
    files = [{"kind": kind, "digest": digest} for kind, digest in (digests or {}).items()]
    secret = Secret(f"batch:{batch.id}", files) if files else None
    return acts.of_batch(action, public, files=secret, by=by, at=at)


def _sending(fund_request: FundRequest, amount: Money) -> Sequence[Posting]:
    fund, subcommittee = fund_request.fund_code, fund_request.subcommittee_code
    return ledger.onward(EntryKind.SENDING, fund, subcommittee, amount)
