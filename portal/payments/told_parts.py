"""What papers of several kinds tell alike: the request behind them, who did what, accounts."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import parse
from portal.audit.models import LogEntry
from portal.banks import PAYABLE
from portal.funds import acts as fund_acts
from portal.funds import lookups
from portal.funds.models import Attachment
from portal.funds.models import Foundation
from portal.funds.models import FundRequest
from portal.funds.models import PayeeAccount
from portal.funds.models import RequestAct
from portal.funds.rule_models import Category
from portal.funds.rule_models import Fund
from portal.funds.rule_models import Subcommittee
from portal.funds.rules import RequestNotFoundError
from portal.funds.sheet_rules import SheetKind
from portal.funds.sheet_rules import SheetTooEarlyError
from portal.payments.paper_parts import Account
from portal.payments.paper_parts import Signed
from portal.people.models import Organisation
from portal.people.models import Person
from portal.roles import Actor
from portal.youths.models import Project
from portal.youths.queries import kept_id

DIGITS_SHOWN = 4
# Somebody of no organisation.
OUTSIDE = "ผู้ประสานงานในพื้นที่"
# What an attached paper is called on a list of enclosures.
ENCLOSURES: Mapping[str, str] = {
    "consent": "หนังสือให้ความยินยอม",
    "account_page": "สำเนาหน้าสมุดบัญชีธนาคาร",
    "id_card": "สำเนาบัตรประจำตัวประชาชน",
    "certificate": "หนังสือรับรอง",
    "quotation": "ใบเสนอราคาหรือใบเสร็จรับเงิน",
    "photo": "ภาพถ่าย",
    "other": "เอกสารอื่น",
}
_DECIDING = (fund_acts.REQUEST_APPROVED.name, fund_acts.REQUEST_REJECTED.name)


def foundation_name(session: Session) -> str:
    """Return what the foundation is called."""
    return session.scalars(select(Foundation.name_th)).one()


def seen_request(session: Session, request_id: int, by: Actor) -> FundRequest:
    """Return a request that this person may see; to others there is none."""
    fund_request = session.get(FundRequest, request_id)
    if fund_request is None or not lookups.may_see(fund_request, by):
        raise RequestNotFoundError
    return fund_request


def known_payee(payee: PayeeAccount, kind: SheetKind) -> PayeeAccount:
    """Return a payee whose name and account are still known; nothing is issued once erased."""
    if not payee.holder:
        raise SheetTooEarlyError(kind)
    return payee


def fund_name(session: Session, code: str) -> str:
    """Return what a fund is called."""
    return session.get_one(Fund, code).name_th


def category_name(session: Session, code: str) -> str:
    """Return what a category of help is called."""
    return session.get_one(Category, code).name_th


def subcommittee_name(session: Session, code: str) -> str:
    """Return what a subcommittee is called."""
    return session.get_one(Subcommittee, code).name_th


def office(session: Session, fund_request: FundRequest) -> str:
    """Return the office of whoever asked."""
    code = session.get_one(Person, fund_request.requester_id).organisation_code
    return session.get_one(Organisation, code).name_th if code else OUTSIDE


def beneficiary(session: Session, fund_request: FundRequest) -> str:
    """Return whom a request is for: a project by its name, a person by their number alone."""
    if fund_request.youth_id is None:
        return session.get_one(Project, fund_request.project_id).name
    return f"ทะเบียนผู้รับประโยชน์ เลขที่ {kept_id(session, fund_request.youth_id):06}"


def enclosures(session: Session, request_id: int) -> tuple[str, ...]:
    """Return what is attached to a request, each kind once, with how many there are."""
    kinds = session.scalars(
        select(Attachment.kind)
        .where(Attachment.fund_request_id == request_id, Attachment.removed_at.is_(None))
        .order_by(Attachment.id)
    )
    return counted(ENCLOSURES[kind] for kind in kinds)


def counted(names: Iterable[str]) -> tuple[str, ...]:
    """Return each name once; one that comes several times with how often."""
    found: dict[str, int] = {}
    for name in names:
        found[name] = found.get(name, 0) + 1
    return tuple(
        f"{name} จำนวน {count} ฉบับ" if count > 1 else name for name, count in found.items()
    )


def payee_account(payee: PayeeAccount) -> Account:
    """Return a payee's account as papers show it."""
    bank = PAYABLE[payee.bank_code].name_th
    return Account(bank, payee.holder, payee.account_number[-DIGITS_SHOWN:])


def decided(session: Session, request_id: int) -> Signed | None:
    """Return who decided a request the last time, in which entry."""
    return next(_signed(session, request_id, _DECIDING), None)


def sent(session: Session, request_id: int) -> Signed:
    """Return who sent a request the last time, in which entry; one with a number was sent."""
    return next(_signed(session, request_id, (fund_acts.REQUEST_SUBMITTED.name,)))


def _signed(session: Session, request_id: int, acts: Iterable[str]) -> Iterator[Signed]:
    """Give who did one of these acts, the newest first."""
    rows = session.execute(
        select(RequestAct, Person.name)
        .join(Person, Person.id == RequestAct.by_person_id)
        .where(RequestAct.fund_request_id == request_id, RequestAct.act.in_(acts))
        .order_by(RequestAct.id.desc())
    )
    return (Signed(name, act.role, act.at, act.log_eid) for act, name in rows)


def signed_of_payment(
    session: Session, request_id: int, payment: str, acts: Iterable[str]
) -> Mapping[str, Signed]:
    """Return who took which step of a payment, by the name of the act."""
    rows = session.execute(
        select(RequestAct, Person.name, LogEntry.body)
        .join(Person, Person.id == RequestAct.by_person_id)
        .join(LogEntry, LogEntry.eid == RequestAct.log_eid)
        .where(RequestAct.fund_request_id == request_id, RequestAct.act.in_(acts))
        .order_by(RequestAct.id)
    )
    return {
        act.act: Signed(name, act.role, act.at, act.log_eid)
        for act, name, body in rows
        if parse(body).text("payment") == payment
    }
