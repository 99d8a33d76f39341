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
# What is approved and waits for nobody is paid, and lacks receipts: of these its letters speak.
OF_RECEIPTS: Mapping[Kind, Kind] = {
    Kind.DUE: Kind.RECEIPT_DUE,
    Kind.LATE: Kind.RECEIPT_LATE,
    Kind.ESCALATED: Kind.RECEIPT_ESCALATED,
}


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
    """Return all requests that wait for somebody or for receipts, longest waiting first."""
    return session.scalars(
        select(FundRequest)
        .where(FundRequest.state.in_(ARRIVALS))
        .order_by(FundRequest.waits_since, FundRequest.id)
    ).all()


def _calls(
    fund_request: FundRequest, clock: Clock, offices: Offices
) -> Iterator[tuple[Heap, About]]:
    """Give what a request calls for this morning, and in whose letter it stands."""
    due = clock.due(fund_request)
    about = About(
        fund_request.id,
        str(fund_request.reference),
        due=due.on.isoformat() if due else None,
    )
    lacks_receipts = fund_request.waits_for is None
    waits = Kind.RECEIPT_DUE if lacks_receipts else ARRIVALS[fund_request.state]
    for person_id in _turn(fund_request, offices):
        yield (Kind.DIGEST, person_id, clock.today), replace(about, kind=waits)
    if due is None:
        return
    above = Role.OFFICER if lacks_receipts else Role.DRIVING_CHAIR
    for kind in reminders(due, clock.today):
        is_above = kind is Kind.ESCALATED
        people = offices.get((above, None), ()) if is_above else _turn(fund_request, offices)
        for person_id in people:
            yield (OF_RECEIPTS[kind] if lacks_receipts else kind, person_id, due.on), about


def _turn(fund_request: FundRequest, offices: Offices) -> Sequence[int]:
    """Return whose turn it is, as `telling.recipients` does for one request.

    Receipts are for who asked to bring; anybody at the desk and the treasury may file them too.
    """
    holder = fund_request.waits_for
    if holder is None or holder is Role.FINDER:
        return (fund_request.requester_id,)
    subcommittee = fund_request.subcommittee_code if holder is Role.CHAIR else None
    people = offices.get((holder, subcommittee), ())
    return [person_id for person_id in people if person_id != fund_request.requester_id]


def _letter(kind: Kind, person_id: int, day: date, abouts: Sequence[About]) -> NewLetter:
    by_kind = sorted(abouts, key=lambda about: about.kind or kind)
    return NewLetter(person_id, kind, day.isoformat(), by_kind)
