"""What a decision sheet tells: what was asked for whom, what was decided, and who signed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime

from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.banks import PAYABLE
from portal.funds import lookups
from portal.funds.acts import REQUEST_APPROVED
from portal.funds.acts import REQUEST_REJECTED
from portal.funds.acts import REQUEST_SIGNED
from portal.funds.acts import REQUEST_SUBMITTED
from portal.funds.line_rules import Line
from portal.funds.models import Foundation
from portal.funds.models import FundRequest
from portal.funds.models import RequestAct
from portal.funds.rule_models import Category
from portal.funds.rule_models import Fund
from portal.funds.rule_models import Purpose
from portal.funds.rule_models import Subcommittee
from portal.funds.rules import Kind
from portal.money import Money
from portal.people.models import Person
from portal.roles import Role
from portal.youths.models import Area
from portal.youths.models import Project
from portal.youths.models import Youth

ACCOUNT_DIGITS_SHOWN = 4
_DECIDING = (REQUEST_SIGNED.name, REQUEST_APPROVED.name, REQUEST_REJECTED.name)


@dataclass(frozen=True, slots=True)
class Signature:
    """Who decided as what and when, in which entry of the log; note and reason where written."""

    name: str
    role: Role
    act: str
    at: datetime
    eid: str
    reason: str | None
    note: str


@dataclass(frozen=True, slots=True)
class DecisionSheet:
    """Everything on a decision sheet, in Thai. Private throughout."""

    foundation: str
    subcommittee: str
    reference: str
    kind: Kind
    whom: str
    place: str
    finder: str
    organisation: str
    requested_on: date
    category: str
    purpose: str
    fund: str
    asked: Money
    lines: Sequence[Line]
    reason: str
    payee: str
    payee_kind: str
    bank: str
    account_end: str
    awarded: Money
    signatures: Sequence[Signature]

    @property
    def decided(self) -> Signature:
        """Return the signature that decided: the last one."""
        return self.signatures[-1]

    @property
    def is_approved(self) -> bool:
        """Say whether the request was approved."""
        return self.decided.act == REQUEST_APPROVED.name


def decision_sheet(session: Session, fund_request: FundRequest) -> DecisionSheet:
    """Return what the decision sheet of a decided request tells."""
    payee = fund_request.payees[-1]
    return DecisionSheet(
        foundation=session.scalars(select(Foundation.name_th)).one(),
        subcommittee=session.get_one(Subcommittee, fund_request.subcommittee_code).name_th,
        reference=str(fund_request.reference),
        kind=fund_request.kind,
        whom=_whom(session, fund_request),
        place=_place(session, fund_request.area_code),
        finder=fund_request.finder,
        organisation=fund_request.organisation,
        requested_on=fund_request.requested_on,
        category=session.get_one(Category, fund_request.category_code).name_th,
        purpose=session.get_one(Purpose, fund_request.purpose_code).name_th,
        fund=session.get_one(Fund, fund_request.fund_code).name_th,
        asked=fund_request.amount,
        lines=lookups.lines(session, fund_request),
        reason=fund_request.reason,
        payee=payee.holder,
        payee_kind=payee.kind,
        bank=PAYABLE[payee.bank_code].name_th,
        account_end=payee.account_number[-ACCOUNT_DIGITS_SHOWN:],
        awarded=fund_request.awarded,
        signatures=_signatures(session, fund_request.id),
    )


def _whom(session: Session, fund_request: FundRequest) -> str:
    if fund_request.youth_id is not None:
        return session.get_one(Youth, fund_request.youth_id).name
    return session.get_one(Project, fund_request.project_id).name


def _place(session: Session, area_code: str) -> str:
    tambon = session.get_one(Area, area_code)
    amphoe = session.get_one(Area, tambon.parent_code)
    return f"ตำบล{tambon.name_th} อำเภอ{amphoe.name_th}"


def _signatures(session: Session, request_id: int) -> Sequence[Signature]:
    """Return the signatures given since the request was sent for the last time."""
    sent = select(func.max(RequestAct.id)).where(
        RequestAct.fund_request_id == request_id, RequestAct.act == REQUEST_SUBMITTED.name
    )
    rows = session.execute(
        select(RequestAct, Person.name)
        .join(Person, Person.id == RequestAct.by_person_id)
        .where(
            RequestAct.fund_request_id == request_id,
            RequestAct.act.in_(_DECIDING),
            RequestAct.id > sent.scalar_subquery(),
        )
        .order_by(RequestAct.id)
    )
    return [
        Signature(name, act.role, act.act, act.at, act.log_eid, act.reason, act.note)
        for act, name in rows
    ]
