"""What the acts on a request need to know of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime

from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm import aliased

from portal.audit.entry import Json
from portal.funds import acts
from portal.funds import rules
from portal.funds import urgency
from portal.funds.attachments import PaperKind
from portal.funds.clock_rules import Clock
from portal.funds.line_rules import Line
from portal.funds.models import Attachment
from portal.funds.models import ClosedDay
from portal.funds.models import Foundation
from portal.funds.models import FundRequest
from portal.funds.models import Interest
from portal.funds.models import Ratification
from portal.funds.models import RequestAct
from portal.funds.models import RequestDuty
from portal.funds.models import RequestLine
from portal.funds.models import SignatureRule
from portal.funds.models import Target
from portal.funds.models import UrgentRule
from portal.funds.rules import Duty
from portal.funds.rules import Signatures
from portal.funds.rules import Standing
from portal.funds.rules import State
from portal.funds.urgency import Lane
from portal.money import Money
from portal.places import province_name
from portal.roles import Actor
from portal.roles import Role
from portal.thai import bangkok_day
from portal.thai import fiscal_year
from portal.youths.models import Youth

# Sees every request that was sent: the desk, the second signatures, the auditor.
SEE_ALL = frozenset({Role.OFFICER, Role.DRIVING_CHAIR, Role.BOARD, Role.AUDITOR})
PAID = frozenset({State.APPROVED, State.CLOSED})
# What people call an approved request that nobody waits for any more: its money arrived.
SHOWN_PAID = "paid"


def shown_state(state: State, waits_for: Role | None) -> str:
    """Return a state as people say it: an approved request that was paid is paid."""
    is_paid = state is State.APPROVED and waits_for is None
    return SHOWN_PAID if is_paid else state.value


def may_see(fund_request: FundRequest, by: Actor) -> bool:
    """Say whether this person may open this request."""
    if by.person_id == fund_request.requester_id or Role.OFFICER in by.roles:
        return True
    if fund_request.reference is None:
        return False
    return (
        bool(SEE_ALL & by.roles)
        or by.holds(Role.CHAIR, fund_request.subcommittee_code)
        or (Role.TREASURER in by.roles and fund_request.state in PAID)
    )


@dataclass(frozen=True, slots=True)
class SamePaper:
    """A paper of a request that another request has too, byte for byte."""

    request_id: int
    reference: str | None
    kind: PaperKind


def same_papers(session: Session, request_id: int) -> Sequence[SamePaper]:
    """Return where the papers of a request are attached as well; `kind` is what they show here."""
    here, there = aliased(Attachment), aliased(Attachment)
    rows = session.execute(
        select(FundRequest.id, FundRequest.reference, here.kind)
        .join(there, there.fund_request_id == FundRequest.id)
        .join(here, here.digest == there.digest)
        .where(
            here.fund_request_id == request_id,
            there.fund_request_id != request_id,
            here.removed_at.is_(None),
            there.removed_at.is_(None),
        )
        .order_by(FundRequest.id, here.id)
    )
    return [SamePaper(*row) for row in rows]


def paper_digests(session: Session, request_id: int) -> Sequence[str]:
    """Return the digests of the papers that are attached to a request."""
    attached = select(Attachment.digest).where(
        Attachment.fund_request_id == request_id, Attachment.removed_at.is_(None)
    )
    return session.scalars(attached.order_by(Attachment.id)).all()


def is_erased(session: Session, fund_request: FundRequest) -> bool:
    """Say whether whoever a request is for was erased: nothing is kept of them any more."""
    if fund_request.youth_id is None:
        return False
    return session.get_one(Youth, fund_request.youth_id).erased_at is not None


def lines(session: Session, fund_request: FundRequest) -> tuple[Line, ...]:
    """Return the lines of a request that hold now; it may have none."""
    if not fund_request.lines_version:
        return ()
    rows = session.scalars(
        select(RequestLine)
        .where(
            RequestLine.fund_request_id == fund_request.id,
            RequestLine.version == fund_request.lines_version,
        )
        .order_by(RequestLine.number)
    )
    return tuple(row.line for row in rows)


def public_facts(fund_request: FundRequest, *, fiscal_year: int) -> dict[str, Json]:
    """Return what the log, and so the public, is told of a request when it is sent."""
    return {
        "kind": fund_request.kind,
        "fund": fund_request.fund_code,
        "subcommittee": fund_request.subcommittee_code,
        "category": fund_request.category_code,
        "purpose": fund_request.purpose_code,
        "satang": fund_request.amount_satang,
        "fiscal_year": fiscal_year,
        "place": fund_request.area_code if fund_request.project_id else None,
        "urgent": fund_request.is_urgent,
    }


def foundation_words(session: Session) -> list[str]:
    """Return the names of the foundation and of its province, which everybody here knows."""
    house = session.get_one(Foundation, 1)
    province = province_name(house.province)
    place = (province.th.removeprefix("จังหวัด"), province.en)
    return [house.code, house.name_th, house.name_en, *place]


def year_of(session: Session, day: date) -> int:
    """Return the foundation's fiscal year of a day."""
    return fiscal_year(day, first_month=session.get_one(Foundation, 1).first_month)


def target_days(session: Session, step: str, *, day: date) -> int | None:
    """Return how many working days a step may take by the targets of a day, if one is set."""
    return session.scalars(
        select(Target.working_days)
        .where(Target.step == step, Target.valid_from <= day)
        .order_by(Target.valid_from.desc(), Target.id.desc())
        .limit(1)
    ).one_or_none()


def duties(session: Session, request_id: int) -> dict[int, Duty]:
    """Return each person's duty in a request."""
    rows = session.execute(
        select(RequestDuty.person_id, RequestDuty.duty).where(
            RequestDuty.fund_request_id == request_id
        )
    )
    return {row.person_id: row.duty for row in rows}


def related(session: Session, request_id: int) -> dict[int, bool]:
    """Return what people declared of themselves about a request; the newest word counts."""
    rows = session.execute(
        select(Interest.person_id, Interest.is_related)
        .where(Interest.fund_request_id == request_id)
        .order_by(Interest.id)
    )
    return {row.person_id: row.is_related for row in rows}


def standing(session: Session, fund_request: FundRequest, *, day: date | None) -> Standing:
    """Return how a request stands for those who act on it on a day."""
    return Standing(
        subcommittee=fund_request.subcommittee_code,
        duties=duties(session, fund_request.id),
        signatures=signatures(session, fund_request),
        related=related(session, fund_request.id),
        day=day,
        is_paying=fund_request.paying_satang > 0,
    )


def urgent_lane(session: Session, day: date) -> Lane | None:
    """Return the rules of the urgent lane on a day, if there are any."""
    newest = (
        select(UrgentRule)
        .where(UrgentRule.valid_from <= day)
        .order_by(UrgentRule.valid_from.desc(), UrgentRule.id.desc())
        .limit(1)
    )
    rule = session.scalars(newest).one_or_none()
    return rule.lane if rule else None


def ratification(session: Session, fund_request: FundRequest) -> Ratification | None:
    """Return what the driving committee still has to say, or said, of an urgent approval."""
    return session.scalars(
        select(Ratification).where(Ratification.fund_request_id == fund_request.id)
    ).one_or_none()


def overdue_ratification(
    session: Session, subcommittee: str, *, day: date
) -> tuple[str, date] | None:
    """Return the oldest urgent approval of a subcommittee whose ratification is overdue."""
    row = session.execute(
        select(FundRequest.reference, Ratification.due_on)
        .join(FundRequest, FundRequest.id == Ratification.fund_request_id)
        .where(
            Ratification.subcommittee_code == subcommittee,
            Ratification.verdict.is_(None),
            Ratification.due_on < day,
            FundRequest.state.in_(PAID),
        )
        .order_by(Ratification.due_on)
        .limit(1)
    ).one_or_none()
    return (str(row.reference), row.due_on) if row else None


def signatures_needed(
    session: Session, fund_request: FundRequest, *, day: date, amount: Money | None = None
) -> tuple[Role, ...]:
    """Return the roles that sign for this request by the rules of a day, or for another amount."""
    if fund_request.is_urgent:
        return urgency.SIGNATURES
    newest = select(func.max(SignatureRule.valid_from)).where(SignatureRule.valid_from <= day)
    valid = session.scalars(
        select(SignatureRule).where(SignatureRule.valid_from == newest.scalar_subquery())
    )
    return rules.signatures_needed(
        [rule.threshold for rule in valid],
        subcommittee=fund_request.subcommittee_code,
        fund=fund_request.fund_code,
        amount=amount or fund_request.amount,
    )


def signatures(session: Session, fund_request: FundRequest) -> Signatures:
    """Return the signatures a sent request needs, and who gave theirs since it was sent."""
    sent = (
        select(func.max(RequestAct.id))
        .where(
            RequestAct.fund_request_id == fund_request.id,
            RequestAct.act.in_((acts.REQUEST_SUBMITTED.name, acts.REQUEST_REVISED.name)),
        )
        .scalar_subquery()
    )
    given_by = session.scalars(
        select(RequestAct.by_person_id)
        .where(
            RequestAct.fund_request_id == fund_request.id,
            RequestAct.act == acts.REQUEST_SIGNED.name,
            RequestAct.id > sent,
        )
        .order_by(RequestAct.id)
    ).all()
    needed = tuple(Role(role) for role in fund_request.signatures_needed.split(",") if role)
    return Signatures(needed or (Role.CHAIR,), tuple(given_by))


def clock(session: Session, *, at: datetime) -> Clock:
    """Return what tells by when any request must go on: loaded once, asked for every row."""
    targets = session.scalars(select(Target).order_by(Target.valid_from, Target.id))
    return Clock(
        [target.value for target in targets],
        closed=frozenset(session.scalars(select(ClosedDay.on))),
        today=bangkok_day(at),
    )
