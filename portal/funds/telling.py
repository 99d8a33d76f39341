"""Telling people by letter what an act means for them: it came to them, or it ended for them."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from datetime import datetime
from itertools import groupby

from sqlalchemy.orm import Session

from portal.funds.models import FundRequest
from portal.funds.rules import State
from portal.letters.rules import About
from portal.letters.rules import Kind
from portal.letters.rules import NewLetter
from portal.letters.service import make_letters
from portal.people.queries import holder_ids
from portal.roles import Actor
from portal.roles import Role
from portal.thai import bangkok_day

# What a request that came into a state waits for, and what its end in a state is to its requester.
ARRIVALS: Mapping[State, Kind] = {
    State.SUBMITTED: Kind.TO_DECIDE,
    State.RETURNED: Kind.TO_CORRECT,
    State.APPROVED: Kind.TO_PAY,
}
OUTCOMES: Mapping[State, Kind] = {
    State.APPROVED: Kind.APPROVED,
    State.REJECTED: Kind.REJECTED,
}
Place = tuple[State, Role | None]


def tell_act(
    session: Session, fund_request: FundRequest, came_from: Place, *, by: Actor, at: datetime
) -> None:
    """Write to those whom an act that was just entered concerns, in its own transaction.

    A payment's steps leave the request where it is, with the same role: nobody is written to.
    """
    letters = _letters(session, [fund_request], came_from, by, on=bangkok_day(at))
    make_letters(session, list(letters), at=at)


def tell_arrivals(
    session: Session, fund_requests: Iterable[FundRequest], *, by: Actor, at: datetime
) -> None:
    """Write one letter about many requests that were sent at once to each who decides on them."""
    ordered = sorted(fund_requests, key=lambda request: (request.subcommittee_code, request.id))
    for _code, group in groupby(ordered, key=lambda request: request.subcommittee_code):
        members = list(group)
        letters = _letters(session, members, (State.DRAFT, None), by, on=bangkok_day(at))
        make_letters(session, list(letters), at=at)


def _letters(
    session: Session,
    fund_requests: Sequence[FundRequest],
    came_from: Place,
    by: Actor,
    *,
    on: date,
) -> Iterator[NewLetter]:
    """Give the letters about requests that took the same step together; none to who acted."""
    first = fund_requests[-1]
    state, holder = first.state, first.waits_for
    abouts = [About(each.id, each.reference or "", each.log_eid) for each in fund_requests]
    addressed: list[tuple[int, Kind]] = []
    # Money that comes back opens a closed request again; that is no second approval.
    if state in OUTCOMES and came_from[0] is State.SUBMITTED:
        addressed.append((first.requester_id, OUTCOMES[state]))
    if state in ARRIVALS and holder is not None and (state, holder) != came_from:
        people = recipients(session, first, holder, on=on)
        addressed += [(person_id, ARRIVALS[state]) for person_id in people]
    for person_id, kind in addressed:
        if person_id != by.person_id:
            yield NewLetter(person_id, kind, str(first.log_eid), abouts)


def recipients(
    session: Session, fund_request: FundRequest, holder: Role, *, on: date
) -> Sequence[int]:
    """Return whose turn it is; who asked does not decide, and need not be told to."""
    if holder is Role.FINDER:
        return (fund_request.requester_id,)
    return [
        person_id
        for person_id in holder_ids(session, holder, fund_request.subcommittee_code, on=on)
        if person_id != fund_request.requester_id
    ]
