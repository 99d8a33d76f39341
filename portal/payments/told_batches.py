"""What the list of one batch of transfers tells."""

from __future__ import annotations

from datetime import date
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.banks import BANKS
from portal.funds.models import FundRequest
from portal.funds.models import PayeeAccount
from portal.funds.rule_models import Fund
from portal.funds.sheet_issuing import Matter
from portal.funds.sheet_rules import READERS
from portal.funds.sheet_rules import About
from portal.funds.sheet_rules import SheetKind
from portal.funds.sheet_rules import SheetTooEarlyError
from portal.funds.sheet_rules import row_of
from portal.payments import told_parts
from portal.payments.batch_rules import BatchNotFoundError
from portal.payments.batch_rules import BatchState
from portal.payments.models import BankFile
from portal.payments.models import PayingAccount
from portal.payments.models import Payment
from portal.payments.models import PaymentBatch
from portal.payments.paper_parts import Account
from portal.payments.paper_parts import RemittanceLine
from portal.payments.paper_parts import Signed
from portal.payments.printed import RemittanceList
from portal.payments.rules import Channel
from portal.people.models import Person
from portal.roles import Actor
from portal.roles import Role


def seen_batch(session: Session, about: str, by: Actor) -> PaymentBatch:
    """Return a batch that this person may see; to others there is none."""
    batch = session.get(PaymentBatch, row_of(about))
    if batch is None or not READERS[About.BATCH] & by.roles:
        raise BatchNotFoundError
    return batch


def remittance(session: Session, about: str, by: Actor, _on: date) -> Matter:
    """Tell the list of a batch that was not dissolved."""
    batch = seen_batch(session, about, by)
    if batch.state is BatchState.DISSOLVED:
        raise SheetTooEarlyError(SheetKind.REMITTANCE)
    foundation = told_parts.foundation_name(session)
    file = session.scalars(
        select(BankFile).where(BankFile.batch_id == batch.id, BankFile.kind == batch.file_kind)
    ).one_or_none()
    sheet = RemittanceList(
        foundation=foundation,
        pay_on=batch.value_on,
        channel=Channel.TRANSFER,
        account=our_account(session, batch.account_code),
        fund=" ".join(_funds(session, batch.id)),
        bank_file=batch.reference if file else "",
        bank_file_digest=file.digest if file else "",
        lines=_lines(session, batch.id),
        prepared=_signed(session, batch.made_by_id, batch.made_at),
        released=_signed(session, batch.released_by_id, batch.released_at),
    )
    return Matter(
        about=f"batch:{batch.id}",
        reference=batch.reference,
        subject=f"batch:{batch.id}",
        log_eid=batch.log_eid,
        sheet=sheet,
    )


def our_account(session: Session, code: str) -> Account:
    """Return an account of the foundation as papers show it."""
    account = session.get_one(PayingAccount, code)
    bank = BANKS[account.bank_code].name_th
    number_end = account.account_number[-told_parts.DIGITS_SHOWN :]
    return Account(bank, told_parts.foundation_name(session), number_end)


def _funds(session: Session, batch_id: int) -> list[str]:
    funds = (
        select(Fund.name_th)
        .join(FundRequest, FundRequest.fund_code == Fund.code)
        .join(Payment, Payment.fund_request_id == FundRequest.id)
        .where(Payment.batch_id == batch_id)
        .distinct()
    )
    return sorted(session.scalars(funds))


def _lines(session: Session, batch_id: int) -> tuple[RemittanceLine, ...]:
    rows = session.execute(
        select(Payment, FundRequest.reference, PayeeAccount)
        .join(FundRequest, FundRequest.id == Payment.fund_request_id)
        .join(PayeeAccount, PayeeAccount.id == Payment.payee_account_id)
        .where(Payment.batch_id == batch_id)
        .order_by(Payment.id)
    )
    return tuple(
        RemittanceLine(
            payment_reference=payment.reference,
            request_reference=str(reference),
            payee=told_parts.known_payee(payee, SheetKind.REMITTANCE).holder,
            bank=BANKS[payee.bank_code].name_th,
            account_number=payee.account_number,
            amount=payment.amount,
        )
        for payment, reference, payee in rows
    )


def _signed(session: Session, person_id: int | None, at: datetime | None) -> Signed | None:
    if person_id is None or at is None:
        return None
    return Signed(session.get_one(Person, person_id).name, Role.TREASURER, at, "")
