"""What the papers of a payment tell: the payer's voucher, and what the family signs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.funds import lookups
from portal.funds.docket import subject
from portal.funds.models import FundRequest
from portal.funds.models import PayeeAccount
from portal.funds.rule_models import Purpose
from portal.funds.sheet_issuing import Matter
from portal.funds.sheet_issuing import Sheet
from portal.funds.sheet_rules import SheetKind
from portal.funds.sheet_rules import SheetTooEarlyError
from portal.funds.sheet_rules import row_of
from portal.money import Money
from portal.payments import acts
from portal.payments import told_parts
from portal.payments.models import Payment
from portal.payments.models import Receipt
from portal.payments.paper_parts import Account
from portal.payments.paper_parts import CodedLine
from portal.payments.paper_parts import Line
from portal.payments.printed import ReceiptForm
from portal.payments.printed import Voucher
from portal.payments.rules import Channel
from portal.payments.rules import PaymentNotFoundError
from portal.payments.rules import PaymentState
from portal.payments.rules import ReceiptKind
from portal.roles import Actor
from portal.thai import bangkok_day
from portal.thai import tidy
from portal.youths.models import Guardian
from portal.youths.models import Youth
from portal.youths.queries import kept_id
from portal.youths.rules import Relation

# What is only prepared may still be cancelled, and its voucher would tell of no payment.
_PAID = frozenset({PaymentState.RELEASED, PaymentState.SENT, PaymentState.CONFIRMED})
_TOLD_WHEN: Mapping[SheetKind, frozenset[PaymentState]] = {
    SheetKind.VOUCHER: _PAID | {PaymentState.RETURNED},
    SheetKind.RECEIPT: _PAID,
    SheetKind.ADVANCE: _PAID,
    SheetKind.CLEARING: _PAID,
}
STEPS = (acts.PAYMENT_PREPARED.name, acts.PAYMENT_RELEASED.name, acts.PAYMENT_SENT.name)
RECEIPTS: Mapping[ReceiptKind, str] = {
    ReceiptKind.SIGNED_RECEIPT: "ใบสำคัญรับเงิน",
    ReceiptKind.SCHOOL_RECEIPT: "ใบเสร็จรับเงินของสถานศึกษา",
    ReceiptKind.SHOP_RECEIPT: "ใบเสร็จรับเงินของร้านค้า",
    ReceiptKind.SLIP: "หลักฐานการโอนเงิน",
}
SELF = "self"
RELATIONS: Mapping[Relation, str] = {
    Relation.FATHER: "บิดา",
    Relation.MOTHER: "มารดา",
    Relation.GRANDPARENT: "ปู่ย่าตายาย",
    Relation.RELATIVE: "ญาติ",
    Relation.APPOINTED: "ผู้ปกครองตามคำสั่ง",
    Relation.INSTITUTION: "ผู้แทนสถานสงเคราะห์",
    Relation.OTHER: "ผู้ดูแล",
}
PAYEES: Mapping[str, str] = {
    SELF: "ผู้รับผิดชอบ",
    "guardian": "ผู้ปกครอง",
    "school": "สถานศึกษา",
    "shop": "ผู้ขายหรือผู้ให้บริการ",
    "other": "ผู้รับเงินแทน",
}


def seen_payment(session: Session, about: str, by: Actor) -> tuple[Payment, FundRequest]:
    """Return a payment of a request that this person may see; to others there is none."""
    payment = session.get(Payment, row_of(about))
    if payment is None:
        raise PaymentNotFoundError
    return payment, told_parts.seen_request(session, payment.fund_request_id, by)


def voucher(session: Session, about: str, by: Actor, _on: date) -> Matter:
    """Tell the voucher of a payment that was released."""
    payment, fund_request = seen_payment(session, about, by)
    payee = payee_of(session, payment, SheetKind.VOUCHER)
    signed = told_parts.signed_of_payment(session, fund_request.id, payment.reference, STEPS)
    decided = told_parts.decided(session, fund_request.id)
    code = f"{fund_request.fund_code} {fund_request.subcommittee_code}"
    sheet = Voucher(
        foundation=told_parts.foundation_name(session),
        paid_on=bangkok_day(_paid_at(payment)),
        request_reference=str(fund_request.reference),
        decided_on=bangkok_day(decided.at if decided else payment.prepared_at),
        fund=told_parts.fund_name(session, fund_request.fund_code),
        subcommittee=told_parts.subcommittee_name(session, fund_request.subcommittee_code),
        payee=payee.holder,
        payee_kind=payee.kind,
        beneficiary=told_parts.beneficiary(session, fund_request),
        lines=tuple(
            CodedLine(code, line.text, line.amount)
            for line in lines_of(session, payment, fund_request)
        ),
        tax_withheld=Money(0),
        channel=payment.channel,
        account=account_of(payment, payee),
        bank_reference=payment.bank_reference or "",
        enclosures=_enclosures(session, payment, fund_request),
        prepared=signed.get(acts.PAYMENT_PREPARED.name),
        checked=signed.get(acts.PAYMENT_RELEASED.name),
        approved=decided,
        paid=signed.get(acts.PAYMENT_SENT.name),
    )
    return matter_of(payment, fund_request, sheet)


def tells(kind: SheetKind, payment: Payment) -> bool:
    """Say whether a paper of this kind can tell of a payment as it stands now."""
    if kind is SheetKind.ADVANCE and payment.advance is None:
        return False
    if kind is SheetKind.CLEARING and payment.cleared_at is None:
        return False
    return payment.state in _TOLD_WHEN[kind]


def payee_of(session: Session, payment: Payment, kind: SheetKind) -> PayeeAccount:
    """Return whom a payment is for, or refuse a paper that cannot tell of it now."""
    if not tells(kind, payment):
        raise SheetTooEarlyError(kind)
    return told_parts.known_payee(session.get_one(PayeeAccount, payment.payee_account_id), kind)


def _paid_at(payment: Payment) -> datetime:
    return payment.sent_at or payment.released_at or payment.prepared_at


def account_of(payment: Payment, payee: PayeeAccount) -> Account | None:
    """Return where the money went; cash went to no account."""
    return None if payment.channel is Channel.CASH else told_parts.payee_account(payee)


def lines_of(session: Session, payment: Payment, fund_request: FundRequest) -> list[Line]:
    """Return what is paid line by line; where only a part is paid, as one instalment of it."""
    lines = lookups.lines(session, fund_request)
    if lines and payment.amount == fund_request.amount:
        return [
            Line(_line_text(line.item, line.quantity, line.unit), line.amount) for line in lines
        ]
    category = told_parts.category_name(session, fund_request.category_code)
    purpose = session.get_one(Purpose, fund_request.purpose_code).name_th
    return [Line(f"{category} เพื่อ{purpose} งวดที่ {payment.instalment}", payment.amount)]


def _line_text(item: str, quantity: int, unit: str) -> str:
    if quantity == 1 and not unit:
        return item
    return f"{item} จำนวน {quantity:,} {unit}".rstrip()


def _enclosures(session: Session, payment: Payment, fund_request: FundRequest) -> tuple[str, ...]:
    receipts = session.scalars(
        select(Receipt.kind).where(Receipt.payment_id == payment.id).order_by(Receipt.id)
    )
    return (
        f"ใบขอเบิกเงิน เลขที่ {fund_request.reference}",
        "มติคณะอนุกรรมการ",
        *told_parts.enclosures(session, fund_request.id),
        *told_parts.counted(RECEIPTS[kind] for kind in receipts),
    )


def matter_of(payment: Payment, fund_request: FundRequest, sheet: Sheet) -> Matter:
    """Return what a paper of a payment is about, with what it tells."""
    return Matter(
        about=f"payment:{payment.id}",
        reference=payment.reference,
        subject=subject(fund_request),
        log_eid=payment.log_eid,
        sheet=sheet,
        fund_request_id=fund_request.id,
        asked_by=fund_request.requester_id,
    )


def receipt(session: Session, about: str, by: Actor, _on: date) -> Matter:
    """Tell what the payee signs for the money; what is not known is filled in by hand."""
    payment, fund_request = seen_payment(session, about, by)
    payee = payee_of(session, payment, SheetKind.RECEIPT)
    youth = _youth(session, fund_request)
    is_self = payee.kind == SELF and youth is not None
    signed = told_parts.signed_of_payment(session, fund_request.id, payment.reference, STEPS)
    payer = signed.get(acts.PAYMENT_SENT.name) or signed.get(acts.PAYMENT_RELEASED.name)
    sheet = ReceiptForm(
        foundation=told_parts.foundation_name(session),
        request_reference=str(fund_request.reference),
        written_at="",
        received_on=None,
        payee=payee.holder,
        national_id=(youth.national_id or "") if youth and is_self else "",
        address="",
        beneficiary="" if is_self else _whom(session, youth, fund_request),
        relation="" if is_self else _relation(session, youth, payee),
        lines=tuple(lines_of(session, payment, fund_request)),
        channel=payment.channel,
        account=account_of(payment, payee),
        payer=payer.name if payer else "",
    )
    return matter_of(payment, fund_request, sheet)


def _youth(session: Session, fund_request: FundRequest) -> Youth | None:
    if fund_request.youth_id is None:
        return None
    return session.get_one(Youth, kept_id(session, fund_request.youth_id))


def _whom(session: Session, youth: Youth | None, fund_request: FundRequest) -> str:
    """Return whom the money is for: the family that signs knows the name."""
    return youth.name if youth else told_parts.beneficiary(session, fund_request)


def _relation(session: Session, youth: Youth | None, payee: PayeeAccount) -> str:
    """Return what the payee is to whom it is for: as the record has it, else as the request."""
    guardians = (
        select(Guardian)
        .where(Guardian.youth_id == (youth.id if youth else None), Guardian.ended_at.is_(None))
        .order_by(Guardian.id)
    )
    name = tidy(payee.holder)
    same = (one.relation for one in session.scalars(guardians) if tidy(one.name) == name)
    known = next(same, None)
    return RELATIONS[known] if known else PAYEES[payee.kind]
