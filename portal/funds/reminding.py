"""What the clock makes people be told: when a step is due or late, and each morning what waits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.funds import lookups
from portal.funds.clock_rules import Clock
from portal.funds.clock_rules import is_time_to_remind
from portal.funds.clock_rules import reminders
from portal.funds.models import FundRequest
from portal.funds.telling import ARRIVALS
from portal.letters.rules import About
from portal.letters.rules import Kind
from portal.letters.rules import NewLetter
from portal.letters.service import make_letters
from portal.people.queries import role_holders
from portal.roles import Role

Offices = Mapping[tuple[Role, str | None], Sequence[int]]
# One letter of a kind to one person for each of these days.
Heap = tuple[Kind, int, date]


def remind(session: Session, *, at: datetime) -> bool:
    """Make the letters of this morning, once; return whether it is late enough for them.

    They are made by the day that a step was due, so that many requests are one letter.
    """
    clock = lookups.clock(session, at=at)
    if not is_time_to_remind(at, clock.closed):
        return False
    offices = role_holders(session)
    heaps: dict[Heap, list[About]] = defaultdict(list)
    for fund_request in _waiting(session):
        for heap, about in _calls(fund_request, clock, offices):
            heaps[heap].append(about)
    make_letters(session, [_letter(*heap, abouts) for heap, abouts in heaps.items()], at=at)
    return True


def _waiting(session: Session) -> Sequence[FundRequest]:
    """Return all requests that wait for somebody, longest waiting first."""
    return session.scalars(
        select(FundRequest)
        .where(FundRequest.state.in_(ARRIVALS), FundRequest.waits_for.is_not(None))
        .order_by(FundRequest.waits_since, FundRequest.id)
    ).all()


def _calls(
    fund_request: FundRequest, clock: Clock, offices: Offices
) -> Iterator[tuple[Heap, About]]:
    """Give what a request calls for this morning, and in whose letter it stands."""
    due = clock.due(fund_request)
    kinds = reminders(due, clock.today) if due else ()
    about = About(
        fund_request.id,
        str(fund_request.reference),
        due=due.on.isoformat() if due else None,
    )
    for person_id in _turn(fund_request, offices):
        waits = replace(about, kind=ARRIVALS[fund_request.state])
        yield (Kind.DIGEST, person_id, clock.today), waits
        for kind in kinds:
            if due and kind is not Kind.ESCALATED:
                yield (kind, person_id, due.on), about
    if due and Kind.ESCALATED in kinds:
        for person_id in offices.get((Role.DRIVING_CHAIR, None), ()):
            yield (Kind.ESCALATED, person_id, due.on), about


def _turn(fund_request: FundRequest, offices: Offices) -> Sequence[int]:
    """Return whose turn it is, as `telling.recipients` does for one request."""
    holder = fund_request.waits_for
    if holder is None or holder is Role.FINDER:
        return (fund_request.requester_id,)
    subcommittee = fund_request.subcommittee_code if holder is Role.CHAIR else None
    people = offices.get((holder, subcommittee), ())
    return [person_id for person_id in people if person_id != fund_request.requester_id]


def _letter(kind: Kind, person_id: int, day: date, abouts: Sequence[About]) -> NewLetter:
    by_kind = sorted(abouts, key=lambda about: about.kind or kind)
    return NewLetter(person_id, kind, day.isoformat(), by_kind)
