"""What waits for somebody beside fund requests: by their roles, the longest waiting first."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import ColumnElement
from sqlalchemy import and_
from sqlalchemy import func
from sqlalchemy import or_
from sqlalchemy import select
from sqlalchemy import true
from sqlalchemy.orm import Session

from portal.cases.lookups import own_organisation
from portal.cases.models import FollowUp
from portal.cases.models import Referral
from portal.cases.rules import WORKERS
from portal.cases.rules import State as ReferralState
from portal.cases.rules import is_late
from portal.concerns.codes import ConcernState
from portal.concerns.codes import FindingState
from portal.concerns.lookups import concerns_seen
from portal.concerns.lookups import findings_seen
from portal.concerns.models import Concern
from portal.concerns.models import Finding
from portal.concerns.rules import HANDLERS
from portal.concerns.rules import READERS as CONCERN_READERS
from portal.funds.acts import CHECK_OVERRIDDEN
from portal.funds.lookups import PAID
from portal.funds.models import FundRequest
from portal.funds.models import Ratification
from portal.funds.models import RequestAct
from portal.funds.queries import visible
from portal.funds.queries import waits_to_be_paid
from portal.funds.rules import State
from portal.home import housekeeping
from portal.home.matters import SOON
from portal.home.matters import Item
from portal.home.matters import Matter
from portal.home.matters import Waiting
from portal.jobs.rules import WATCHERS
from portal.payments.models import BankLine
from portal.payments.models import MatchedLine
from portal.people.models import Opening
from portal.people.queries import organisations
from portal.people.rules import GRANTERS
from portal.publishing.report_codes import ReportState
from portal.reports.queries import reports
from portal.roles import Actor
from portal.roles import Role
from portal.thai import bangkok_day
from portal.youths.models import Youth

SHOWN = 5
Find: TypeAlias = Callable[[Session, Actor, datetime], Sequence[Item]]


def _referrals(session: Session, by: Actor, at: datetime) -> Sequence[Item]:
    """Return the referrals that this person's organisation has not answered, by who asks."""
    rows = session.scalars(
        select(Referral)
        .join(Youth, Youth.id == Referral.youth_id)
        .where(
            Referral.receiver_code == own_organisation(session, by),
            Referral.state == ReferralState.SENT,
            Youth.erased_at.is_(None),
        )
        .order_by(Referral.sent_at, Referral.id)
    )
    partners = organisations(session)
    return [
        Item(
            partners[row.sender_code],
            row.state,
            row.sent_at,
            {"referral_id": row.id},
            is_late=is_late(row.sent_at, None, at),
        )
        for row in rows
    ]


def _follow_ups(session: Session, by: Actor, at: datetime) -> Sequence[Item]:
    """Return whom a finder registered and is to ask after today, or was before."""
    today = bangkok_day(at)
    rows = session.execute(
        select(FollowUp, Youth)
        .join(Youth, Youth.id == FollowUp.youth_id)
        .where(
            FollowUp.done_at.is_(None),
            FollowUp.due_on <= today,
            Youth.erased_at.is_(None),
            Youth.registered_by_id == by.person_id,
        )
        .order_by(FollowUp.due_on, FollowUp.id)
    )
    return [
        Item(
            youth.name,
            "follow_up",
            each.due_on,
            {"follow_up_id": each.id},
            is_late=each.due_on < today,
        )
        for each, youth in rows
    ]


def _findings(session: Session, by: Actor, *conditions: ColumnElement[bool]) -> Sequence[Item]:
    rows = session.scalars(
        select(Finding).where(findings_seen(by), *conditions).order_by(Finding.since, Finding.id)
    )
    return [Item(row.number, row.topic, row.since, {"finding_id": row.id}) for row in rows]


def _findings_to_answer(session: Session, by: Actor, _at: datetime) -> Sequence[Item]:
    """Return the open findings: a chair's are those about the requests of the subcommittee."""
    theirs = true() if by.holds(Role.OFFICER) else Finding.fund_request_id.is_not(None)
    is_open = Finding.state == FindingState.OPEN
    return _findings(session, by, is_open, theirs, Finding.raised_by_id != by.person_id)


def _findings_to_close(session: Session, by: Actor, _at: datetime) -> Sequence[Item]:
    is_answered = Finding.state == FindingState.ANSWERED
    return _findings(session, by, is_answered, Finding.answered_by_id != by.person_id)


def _concerns(session: Session, by: Actor, _at: datetime) -> Sequence[Item]:
    own = [desk for desk, role in HANDLERS.items() if role in by.roles]
    rows = session.scalars(
        select(Concern)
        .where(
            Concern.desk.in_(own),
            Concern.state.in_((ConcernState.RECEIVED, ConcernState.LOOKING)),
            concerns_seen(by),
        )
        .order_by(Concern.since, Concern.id)
    )
    return [Item(row.number, row.state, row.since, {"concern_id": row.id}) for row in rows]


def _openings_to_decide(session: Session, by: Actor, _at: datetime) -> Sequence[Item]:
    rows = session.scalars(
        select(Opening)
        .where(Opening.decided_at.is_(None), Opening.asked_by_id != by.person_id)
        .order_by(Opening.id)
    )
    return [Item(row.case_number, row.purpose, row.asked_at) for row in rows]


def _openings_asked(session: Session, by: Actor, at: datetime) -> Sequence[Item]:
    is_fresh = and_(Opening.is_granted.is_(True), Opening.decided_at > at - SOON)
    rows = session.scalars(
        select(Opening)
        .where(Opening.asked_by_id == by.person_id, or_(Opening.decided_at.is_(None), is_fresh))
        .order_by(Opening.id)
    )
    return [
        Item(
            row.case_number,
            "granted" if row.is_granted else "asked",
            row.decided_at or row.asked_at,
        )
        for row in rows
    ]


def _reports(session: Session, by: Actor, state: ReportState) -> Sequence[Item]:
    """Return the reports whose next step is this person's to take."""
    rows = [row for row in reports(session, by).rows if row.is_mine and row.state is state]
    return [
        Item(row.reference, row.period.name, row.since, {"report_id": row.id})
        for row in sorted(rows, key=lambda row: row.since)
    ]


def _reports_to_answer(session: Session, by: Actor, _at: datetime) -> Sequence[Item]:
    return _reports(session, by, ReportState.PREPARED)


def _reports_to_publish(session: Session, by: Actor, _at: datetime) -> Sequence[Item]:
    return _reports(session, by, ReportState.ANSWERED)


def _unratified(session: Session, at: datetime, *conditions: ColumnElement[bool]) -> Sequence[Item]:
    today = bangkok_day(at)
    rows = session.execute(
        select(FundRequest.id, FundRequest.reference, FundRequest.state, Ratification.due_on)
        .join(Ratification, Ratification.fund_request_id == FundRequest.id)
        .where(Ratification.verdict.is_(None), FundRequest.state.in_(PAID), *conditions)
        .order_by(Ratification.due_on, FundRequest.id)
    )
    return [
        Item(
            str(row.reference),
            row.state,
            row.due_on,
            {"request_id": row.id},
            is_late=row.due_on < today,
        )
        for row in rows
    ]


def _ratifications(session: Session, by: Actor, at: datetime) -> Sequence[Item]:
    return _unratified(session, at, Ratification.approved_by_id != by.person_id)


def _ratifications_late(session: Session, by: Actor, at: datetime) -> Sequence[Item]:
    return _unratified(session, at, Ratification.due_on < bangkok_day(at), visible(by))


def _overrides(session: Session, by: Actor, _at: datetime) -> Sequence[Item]:
    """Return the checks that were answered for, as long as the money has not gone."""
    goes_on = or_(FundRequest.state == State.SUBMITTED, waits_to_be_paid())
    rows = session.execute(
        select(FundRequest.id, FundRequest.reference, FundRequest.state, func.min(RequestAct.at))
        .join(RequestAct, RequestAct.fund_request_id == FundRequest.id)
        .where(RequestAct.act == CHECK_OVERRIDDEN.name, goes_on, visible(by))
        .group_by(FundRequest.id, FundRequest.reference, FundRequest.state)
        .order_by(func.min(RequestAct.at))
    )
    return [
        Item(str(reference), state, at, {"request_id": request_id})
        for request_id, reference, state, at in rows
    ]


def _months(session: Session, _by: Actor, at: datetime) -> Sequence[Item]:
    """Return the months that are over, and have lines of the bank that nobody has explained."""
    this_month = bangkok_day(at).replace(day=1)
    days = session.execute(
        select(BankLine.account_code, BankLine.booked_on)
        .where(
            BankLine.booked_on < this_month,
            BankLine.id.not_in(select(MatchedLine.bank_line_id)),
        )
        .distinct()
        .order_by(BankLine.booked_on, BankLine.account_code)
    )
    # The first day of a month stands for it; the dictionary keeps the order.
    oldest: dict[tuple[str, date], date] = {}
    for account, day in days:
        oldest.setdefault((account, day.replace(day=1)), day)
    return [Item(account, month, day) for (account, month), day in oldest.items()]


_AUDITOR, _HOUSE = frozenset({Role.AUDITOR}), frozenset({Role.ADMINISTRATOR})
FIND: Mapping[Matter, tuple[frozenset[Role], Find]] = {
    Matter.REFERRALS: (WORKERS, _referrals),
    Matter.FOLLOW_UPS: (frozenset({Role.FINDER}), _follow_ups),
    Matter.CONCERNS: (CONCERN_READERS, _concerns),
    Matter.FINDINGS_TO_ANSWER: (frozenset({Role.OFFICER, Role.CHAIR}), _findings_to_answer),
    Matter.FINDINGS_TO_CLOSE: (_AUDITOR, _findings_to_close),
    Matter.OPENINGS_TO_DECIDE: (GRANTERS, _openings_to_decide),
    Matter.OPENINGS_ASKED: (_AUDITOR, _openings_asked),
    Matter.REPORTS_TO_ANSWER: (_AUDITOR, _reports_to_answer),
    Matter.REPORTS_TO_PUBLISH: (frozenset({Role.DRIVING_CHAIR}), _reports_to_publish),
    Matter.RATIFICATIONS: (frozenset({Role.DRIVING_CHAIR}), _ratifications),
    Matter.RATIFICATIONS_LATE: (_AUDITOR, _ratifications_late),
    Matter.OVERRIDES: (_AUDITOR, _overrides),
    Matter.MONTHS: (_AUDITOR, _months),
    Matter.JOBS: (WATCHERS, housekeeping.jobs),
    Matter.LETTERS: (_HOUSE, housekeeping.letters),
    Matter.PEOPLE: (_HOUSE, housekeeping.people),
    Matter.RULES: (_HOUSE, housekeeping.rules),
}


def waiting(session: Session, by: Actor, *, at: datetime) -> Sequence[Waiting]:
    """Return what waits for somebody; nothing of which there is none."""
    found = [
        (matter, find(session, by, at))
        for matter, (roles, find) in FIND.items()
        if roles & by.roles
    ]
    return [Waiting(matter, items[:SHOWN], len(items)) for matter, items in found if items]
