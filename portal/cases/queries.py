"""Lists of referrals and follow-ups: what waits for whom, how many, and since when."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime
from datetime import timedelta

from sqlalchemy import ColumnElement
from sqlalchemy import and_
from sqlalchemy import func
from sqlalchemy import or_
from sqlalchemy import select
from sqlalchemy import true
from sqlalchemy.orm import Session

from portal.cases import lookups
from portal.cases.follow_ups import Outcome
from portal.cases.models import FollowUp
from portal.cases.models import Referral
from portal.cases.rules import OPEN
from portal.cases.rules import READERS
from portal.cases.rules import WORKERS
from portal.cases.rules import Ends
from portal.cases.rules import ReaderNeededError
from portal.cases.rules import State
from portal.cases.rules import View
from portal.cases.rules import is_late
from portal.cases.rules import view
from portal.labels import Name
from portal.people.queries import organisations
from portal.roles import Actor
from portal.roles import Role
from portal.thai import bangkok_day
from portal.youths.models import Youth
from portal.youths.queries import may_see

LENGTH = 50
SOON = timedelta(days=30)
# Reads every referral: the desk and the auditor.
SEE_ALL = frozenset({Role.OFFICER, Role.AUDITOR})


@dataclass(frozen=True, slots=True)
class ReferralRow:
    """A referral in a list; `whom` is private, and None where it is no longer this person's."""

    id: int
    whom: str | None
    sender: Name
    receiver: Name
    state: State
    sent_at: datetime
    days: int
    is_late: bool


@dataclass(frozen=True, slots=True)
class ReferralList:
    """The first rows of a list, how many there are in all, and since when the oldest waits."""

    rows: Sequence[ReferralRow]
    count: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class ReferralLists:
    """What waits for one's own organisation, what it sent, what others do, and what has ended."""

    waiting: ReferralList
    sent: ReferralList
    between: ReferralList | None
    ended: ReferralList


def referral_lists(session: Session, by: Actor, *, at: datetime) -> ReferralLists:
    """Return the referrals that concern this person; the desk and the auditor see all."""
    if not READERS & by.roles:
        raise ReaderNeededError
    own = lookups.own_organisation(session, by)
    sees_all = bool(SEE_ALL & by.roles)
    is_open = Referral.state.in_(OPEN)
    # Nothing comes from or goes to no organisation.
    to_us = Referral.receiver_code == own
    by_us = Referral.sender_code == own if sees_all else Referral.sent_by_id == by.person_id
    listed = _Listing(session, by, own, at)
    return ReferralLists(
        waiting=listed(and_(is_open, to_us)),
        sent=listed(and_(is_open, by_us)),
        between=listed(and_(is_open, ~to_us, ~by_us)) if sees_all else None,
        ended=listed(and_(~is_open, true() if sees_all else or_(to_us, by_us)), newest_first=True),
    )


@dataclass(frozen=True, slots=True)
class _Listing:
    """Lists referrals as one person sees them at a moment."""

    session: Session
    by: Actor
    own: str | None
    at: datetime

    def __call__(
        self, condition: ColumnElement[bool], *, newest_first: bool = False
    ) -> ReferralList:
        """Return the referrals of a condition, the oldest first; whoever was erased is left out."""
        known = and_(condition, Youth.erased_at.is_(None))
        joined = select(Referral, Youth).join(Youth, Youth.id == Referral.youth_id).where(known)
        count, oldest = self.session.execute(
            joined.with_only_columns(func.count(), func.min(Referral.sent_at))
        ).one()
        order = Referral.sent_at.desc() if newest_first else Referral.sent_at
        found = self.session.execute(joined.order_by(order, Referral.id).limit(LENGTH))
        partners = organisations(self.session)
        rows = [self._row(referral, youth, partners) for referral, youth in found]
        return ReferralList(rows, count, oldest)

    def _row(self, referral: Referral, youth: Youth, partners: Mapping[str, Name]) -> ReferralRow:
        ends = Ends(referral.sent_by_id, referral.receiver_code, self.own)
        seen = view(referral.state, self.by, ends=ends, may_see=may_see(youth, self.by))
        until = referral.ended_at or referral.answered_at if referral.state not in OPEN else None
        return ReferralRow(
            id=referral.id,
            whom=None if seen is View.TRACE else youth.name,
            sender=partners[referral.sender_code],
            receiver=partners[referral.receiver_code],
            state=referral.state,
            sent_at=referral.sent_at,
            days=(bangkok_day(until or self.at) - bangkok_day(referral.sent_at)).days,
            is_late=referral.state is not State.CANCELLED
            and is_late(referral.sent_at, referral.answered_at, self.at),
        )


@dataclass(frozen=True, slots=True)
class FollowUpRow:
    """A follow-up to be done; `whom` is private."""

    id: int
    youth_id: int
    whom: str
    due_on: date
    days_over: int


@dataclass(frozen=True, slots=True)
class FollowUpList:
    """The first follow-ups of a list, the oldest first, and how many there are in all."""

    rows: Sequence[FollowUpRow]
    count: int


@dataclass(frozen=True, slots=True)
class FollowUpLists:
    """What is overdue, what is due within a month, and how people were found last."""

    overdue: FollowUpList
    due: FollowUpList
    outcomes: Sequence[tuple[Outcome, int]]
    works: bool


def follow_up_lists(session: Session, by: Actor, *, today: date) -> FollowUpLists:
    """Return the follow-ups of the people whom this person may see."""
    if not READERS & by.roles:
        raise ReaderNeededError
    found = session.execute(
        select(FollowUp, Youth)
        .join(Youth, Youth.id == FollowUp.youth_id)
        .where(
            FollowUp.done_at.is_(None),
            FollowUp.due_on <= today + SOON,
            Youth.erased_at.is_(None),
        )
        .order_by(FollowUp.due_on, FollowUp.id)
    )
    rows = [
        FollowUpRow(
            follow_up.id, youth.id, youth.name, follow_up.due_on, (today - follow_up.due_on).days
        )
        for follow_up, youth in found
        if may_see(youth, by)
    ]
    overdue = [row for row in rows if row.days_over > 0]
    due = [row for row in rows if row.days_over <= 0]
    return FollowUpLists(
        FollowUpList(overdue[:LENGTH], len(overdue)),
        FollowUpList(due[:LENGTH], len(due)),
        _outcomes(session) if SEE_ALL & by.roles else (),
        works=bool(WORKERS & by.roles),
    )


def _outcomes(session: Session) -> Sequence[tuple[Outcome, int]]:
    """Return how many people were found how at their newest follow-up."""
    place = func.row_number().over(
        partition_by=FollowUp.youth_id, order_by=(FollowUp.done_on.desc(), FollowUp.id.desc())
    )
    newest = (
        select(FollowUp.outcome, place.label("place"))
        .where(FollowUp.done_at.is_not(None))
        .subquery()
        .c
    )
    found = session.execute(
        select(newest.outcome, func.count()).where(newest.place == 1).group_by(newest.outcome)
    )
    return sorted(((outcome, count) for outcome, count in found), key=lambda pair: -pair[1])


def outcome(session: Session, youth_id: int) -> Outcome | None:
    """Return how somebody was found last: the person's outcome."""
    return session.scalars(
        select(FollowUp.outcome)
        .where(FollowUp.youth_id == youth_id, FollowUp.done_at.is_not(None))
        .order_by(FollowUp.done_on.desc(), FollowUp.id.desc())
        .limit(1)
    ).one_or_none()
