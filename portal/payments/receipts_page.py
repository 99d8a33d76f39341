"""The receipts of a request's payments, and the payments whose receipt is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlalchemy import and_
from sqlalchemy import func
from sqlalchemy import or_
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import PortalError
from portal.funds.clock_rules import Clock
from portal.funds.clock_rules import Due
from portal.funds.clock_rules import Step
from portal.funds.lookups import duties
from portal.funds.models import FundRequest
from portal.funds.queries import RequestRow
from portal.funds.queries import request_row
from portal.funds.queries import visible
from portal.funds.rules import Duty
from portal.funds.rules import RequestNotFoundError
from portal.money import Money
from portal.money import total
from portal.payments import rules
from portal.payments.models import AcceptedVoucher
from portal.payments.models import AdvanceVoucher
from portal.payments.models import Payment
from portal.payments.models import Receipt
from portal.payments.queries import is_unsettled
from portal.payments.rules import Channel
from portal.payments.rules import PaymentState
from portal.payments.rules import ReceiptKind
from portal.people.models import Person
from portal.roles import Actor
from portal.youths.models import Youth

PAGE_LENGTH = 50
ENDINGS = {"image/jpeg": "jpg", "application/pdf": "pdf"}


@dataclass(frozen=True, slots=True)
class Voucher:
    """What a receipt of an advance was for, and whether the advance was cleared with it."""

    on: date
    amount: Money
    item: str
    is_accepted: bool


@dataclass(frozen=True, slots=True)
class FiledReceipt:
    """A receipt as it is shown and given out; nobody can open what was erased."""

    id: int
    kind: ReceiptKind
    voucher: Voucher | None
    media_type: str
    digest: str
    filed_by: str
    filed_at: datetime
    is_erased: bool

    @property
    def is_picture(self) -> bool:
        """Say whether a browser can show it as a picture."""
        return self.media_type == "image/jpeg"

    def given_name(self, reference: str) -> str:
        """Return the name under which it is given out; it tells nobody whom it is about."""
        return f"{reference}-{self.kind}-{self.id}.{ENDINGS[self.media_type]}"


@dataclass(frozen=True, slots=True)
class PaymentReceipts:
    """A payment that arrived, or cash that was handed over, with its receipts.

    An advance that is not cleared has vouchers filed, by the last day in `clear_by`; `refusal` is
    why this person may file nothing.
    """

    id: int
    reference: str
    stayed: Money
    confirmed_at: datetime | None
    due: Due | None
    clear_by: date | None
    cleared_at: datetime | None
    receipts: Sequence[FiledReceipt]
    refusal: PortalError | None

    @property
    def spent(self) -> Money:
        """Return what the vouchers come to."""
        return total(each.voucher.amount for each in self.receipts if each.voucher)


@dataclass(frozen=True, slots=True)
class ReceiptsPage:
    """The payments of a request that may have receipts, each with them."""

    row: RequestRow
    payments: Sequence[PaymentReceipts]


def request_of(session: Session, payment_id: int) -> int:
    """Return of which request a payment is."""
    return session.get_one(Payment, payment_id).fund_request_id


def receipts_page(session: Session, request_id: int, by: Actor, *, clock: Clock) -> ReceiptsPage:
    """Return the receipts of a request, or raise `RequestNotFoundError`."""
    row = request_row(session, request_id, by)
    if row is None:
        raise RequestNotFoundError
    held = duties(session, request_id)
    requester_id = session.get_one(FundRequest, request_id).requester_id
    is_confirmed = Payment.state == PaymentState.CONFIRMED
    is_handed_over = and_(Payment.state == PaymentState.SENT, Payment.channel == Channel.CASH)
    payments = session.scalars(
        select(Payment)
        .where(Payment.fund_request_id == request_id, or_(is_confirmed, is_handed_over))
        .order_by(Payment.id)
    ).all()
    return ReceiptsPage(
        row,
        [
            PaymentReceipts(
                id=payment.id,
                reference=payment.reference,
                stayed=payment.stayed,
                confirmed_at=payment.confirmed_at,
                due=_due(clock, payment),
                clear_by=payment.clear_by,
                cleared_at=payment.cleared_at,
                receipts=filed_receipts(session, Receipt.payment_id == payment.id),
                refusal=_refusal(payment, by, requester_id, held),
            )
            for payment in payments
        ],
    )


def _due(clock: Clock, payment: Payment) -> Due | None:
    """Return by when the receipts of a payment are due."""
    at = payment.confirmed_at
    return clock.due_of(Step.RECEIPT, at) if at else None


def _refusal(
    payment: Payment, by: Actor, requester_id: int, held: dict[int, Duty]
) -> PortalError | None:
    try:
        rules.filing_as(payment.state, payment.channel, by, requester_id=requester_id, duties=held)
    except PortalError as refusal:
        return refusal
    return None


def filed_receipts(session: Session, condition: ColumnElement[bool]) -> Sequence[FiledReceipt]:
    """Return receipts; erasing somebody erased those of their requests."""
    rows = session.execute(
        select(Receipt, Person.name, Youth.erased_at, AdvanceVoucher, AcceptedVoucher.receipt_id)
        .join(Person, Person.id == Receipt.filed_by_id)
        .join(Payment, Payment.id == Receipt.payment_id)
        .join(FundRequest, FundRequest.id == Payment.fund_request_id)
        .outerjoin(Youth, Youth.id == FundRequest.youth_id)
        .outerjoin(AdvanceVoucher, AdvanceVoucher.receipt_id == Receipt.id)
        .outerjoin(AcceptedVoucher, AcceptedVoucher.receipt_id == Receipt.id)
        .where(condition)
        .order_by(Receipt.id)
    )
    return [
        FiledReceipt(
            id=receipt.id,
            kind=receipt.kind,
            voucher=_voucher(voucher, is_accepted=accepted_id is not None),
            media_type=receipt.media_type,
            digest=receipt.digest,
            filed_by=name,
            filed_at=receipt.filed_at,
            is_erased=erased_at is not None,
        )
        for receipt, name, erased_at, voucher, accepted_id in rows
    ]


def _voucher(voucher: AdvanceVoucher | None, *, is_accepted: bool) -> Voucher | None:
    if voucher is None:
        return None
    return Voucher(voucher.spent_on, voucher.amount, voucher.item, is_accepted)


def receipt_to_give(
    session: Session, receipt_id: int, by: Actor
) -> tuple[FiledReceipt, str, RequestRow]:
    """Return a receipt to be given out, under which name, and its request; or raise an error."""
    receipt = session.get(Receipt, receipt_id)
    if receipt is None:
        raise rules.ReceiptUnknownError
    payment = session.get_one(Payment, receipt.payment_id)
    row = request_row(session, payment.fund_request_id, by)
    if row is None:
        raise RequestNotFoundError
    (filed,) = filed_receipts(session, Receipt.id == receipt_id)
    if filed.is_erased:
        raise rules.ReceiptUnknownError
    return filed, filed.given_name(payment.reference), row


@dataclass(frozen=True, slots=True)
class MissingReceipt:
    """A payment that arrived and whose receipt is missing. `asked_by` is who is reminded."""

    request_id: int
    request_reference: str
    reference: str
    stayed: Money
    confirmed_at: datetime | None
    due: Due | None
    asked_by: str


@dataclass(frozen=True, slots=True)
class MissingReceipts:
    """The first payments whose receipt is missing, oldest first; how many and how much in all."""

    rows: Sequence[MissingReceipt]
    count: int
    amount: Money

    @property
    def oldest_at(self) -> datetime | None:
        """Return since when the oldest one is missing."""
        return self.rows[0].confirmed_at if self.rows else None


def lacks_receipt(by: Actor) -> ColumnElement[bool]:
    """Return the condition for the unsettled payments that somebody may see."""
    return and_(is_unsettled(), visible(by))


def missing_receipts(
    session: Session, by: Actor, *, clock: Clock, length: int = PAGE_LENGTH
) -> MissingReceipts:
    """Return the payments whose receipt is missing, those that arrived first on top."""
    condition = lacks_receipt(by)
    count, satang = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(Payment.amount_satang - Payment.returned_satang), 0),
        )
        .select_from(Payment)
        .join(FundRequest, FundRequest.id == Payment.fund_request_id)
        .where(condition)
    ).one()
    rows = session.execute(
        select(Payment, FundRequest.reference, Person.name)
        .join(FundRequest, FundRequest.id == Payment.fund_request_id)
        .join(Person, Person.id == FundRequest.requester_id)
        .where(condition)
        .order_by(Payment.confirmed_at, Payment.id)
        .limit(length)
    )
    found = [
        MissingReceipt(
            request_id=payment.fund_request_id,
            request_reference=str(reference),
            reference=payment.reference,
            stayed=payment.stayed,
            confirmed_at=payment.confirmed_at,
            due=_due(clock, payment),
            asked_by=name,
        )
        for payment, reference, name in rows
    ]
    return MissingReceipts(found, count, Money(int(satang)))
