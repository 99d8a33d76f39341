"""What the papers of a request tell: the request form, and the memo that asks for a decision."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from portal.funds import lookups
from portal.funds.docket import subject
from portal.funds.models import FundRequest
from portal.funds.rule_models import Purpose
from portal.funds.sheet_issuing import Matter
from portal.funds.sheet_issuing import Sheet
from portal.funds.sheet_rules import SheetKind
from portal.funds.sheet_rules import SheetTooEarlyError
from portal.funds.sheet_rules import row_of
from portal.payments import told_parts
from portal.payments.paper_parts import AskedLine
from portal.payments.printed import Memo
from portal.payments.printed import Withdrawal
from portal.people.models import Person
from portal.roles import Actor
from portal.thai import bangkok_day
from portal.thai import long_day


def withdrawal(session: Session, about: str, by: Actor, _on: date) -> Matter:
    """Tell the request form of a request that was sent."""
    fund_request = _sent_request(session, about, SheetKind.WITHDRAWAL, by)
    payee = told_parts.known_payee(fund_request.payees[-1], SheetKind.WITHDRAWAL)
    purpose = session.get_one(Purpose, fund_request.purpose_code).name_th
    sheet = Withdrawal(
        foundation=told_parts.foundation_name(session),
        office=told_parts.office(session, fund_request),
        requested_on=fund_request.requested_on,
        requester=session.get_one(Person, fund_request.requester_id).name,
        finder=fund_request.finder,
        organisation=fund_request.organisation,
        is_project=fund_request.project_id is not None,
        fund=told_parts.fund_name(session, fund_request.fund_code),
        subcommittee=told_parts.subcommittee_name(session, fund_request.subcommittee_code),
        beneficiary=told_parts.beneficiary(session, fund_request),
        category=told_parts.category_name(session, fund_request.category_code),
        purpose=purpose,
        lines=_lines(session, fund_request, purpose),
        enclosures=told_parts.enclosures(session, fund_request.id),
        payee=payee.holder,
        payee_kind=payee.kind,
        account=told_parts.payee_account(payee),
        sent=told_parts.sent(session, fund_request.id),
    )
    return _matter(fund_request, sheet)


def _sent_request(session: Session, about: str, kind: SheetKind, by: Actor) -> FundRequest:
    fund_request = told_parts.seen_request(session, row_of(about), by)
    if fund_request.reference is None:
        raise SheetTooEarlyError(kind)
    return fund_request


def _lines(session: Session, fund_request: FundRequest, purpose: str) -> tuple[AskedLine, ...]:
    """Return what is asked for line by line; a request without lines asks for its purpose."""
    lines = lookups.lines(session, fund_request)
    if not lines:
        return (AskedLine(purpose, 1, "", fund_request.amount),)
    return tuple(AskedLine(line.item, line.quantity, line.unit, line.amount) for line in lines)


def _matter(fund_request: FundRequest, sheet: Sheet) -> Matter:
    return Matter(
        about=f"request:{fund_request.id}",
        reference=str(fund_request.reference),
        subject=subject(fund_request),
        log_eid=str(fund_request.log_eid),
        sheet=sheet,
        fund_request_id=fund_request.id,
        asked_by=fund_request.requester_id,
    )


def memo(session: Session, about: str, by: Actor, on: date) -> Matter:
    """Tell the memo that asks the chair for a decision on a request."""
    fund_request = _sent_request(session, about, SheetKind.MEMO, by)
    told_parts.known_payee(fund_request.payees[-1], SheetKind.MEMO)
    subcommittee = told_parts.subcommittee_name(session, fund_request.subcommittee_code)
    category = told_parts.category_name(session, fund_request.category_code)
    office = told_parts.office(session, fund_request)
    sheet = Memo(
        foundation=told_parts.foundation_name(session),
        office=office,
        on=on,
        subject=f"ขออนุมัติเบิกจ่ายเงิน หมวด{category}",
        to=f"ประธาน{subcommittee}",
        enclosures=(
            f"ใบขอเบิกเงิน เลขที่ {fund_request.reference}",
            *told_parts.enclosures(session, fund_request.id),
        ),
        origin=(_origin(fund_request),),
        facts=_facts(session, fund_request),
        asked=(_asked(session, fund_request),),
        amount=fund_request.amount,
        sender=session.get_one(Person, fund_request.requester_id).name,
        sender_position=office,
    )
    return _matter(fund_request, sheet)


def _origin(fund_request: FundRequest) -> str:
    found = f"{fund_request.finder} {fund_request.organisation}".strip()
    day = long_day(fund_request.requested_on, "th")
    return f"ด้วย {found} ได้เสนอคำขอเบิกเงินเพื่อการศึกษา เมื่อวันที่ {day} ตามใบขอเบิกเงินที่แนบ"


def _asked(session: Session, fund_request: FundRequest) -> str:
    fund = told_parts.fund_name(session, fund_request.fund_code)
    return f"ขออนุมัติเบิกจ่ายเงินตามใบขอเบิกเงิน เลขที่ {fund_request.reference} จาก{fund}"


def _facts(session: Session, fund_request: FundRequest) -> tuple[str, ...]:
    purpose = session.get_one(Purpose, fund_request.purpose_code).name_th
    whom = told_parts.beneficiary(session, fund_request)
    sent = told_parts.sent(session, fund_request.id)
    day = long_day(bangkok_day(sent.at), "th")
    return (
        f"คำขอนี้เป็นไปเพื่อ{purpose} สำหรับ{whom}",
        f"คำขอส่งถึงคณะอนุกรรมการในระบบเมื่อวันที่ {day} โดย {sent.name}",
    )
