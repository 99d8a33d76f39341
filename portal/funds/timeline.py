"""What has happened to a fund request, and how far along its way it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import parse
from portal.audit.models import LogEntry
from portal.funds.acts import REQUEST_APPROVED
from portal.funds.acts import REQUEST_SUBMITTED
from portal.funds.models import FundRequest
from portal.funds.models import RequestAct
from portal.funds.rules import State
from portal.money import Money
from portal.people.models import Person
from portal.roles import Role

# How the acts on a payment are named; the floor above has them.
_OF_A_PAYMENT = "payment."


@dataclass(frozen=True, slots=True)
class Told:
    """One act in a request's timeline."""

    act: str
    role: Role
    name: str
    at: datetime
    reason: str | None
    note: str
    # Whose chair the person acted for, when deciding so.
    acting_for: Sequence[str]
    # How the money travels, of an act on a payment.
    channel: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of a request's way: done, now, later or stopped, and when it was done."""

    name: str
    state: str
    at: datetime | None


def timeline(session: Session, request_id: int) -> Sequence[Told]:
    """Return every act on a request, the first one first."""
    rows = session.execute(
        select(RequestAct, Person.name)
        .join(Person, Person.id == RequestAct.by_person_id)
        .where(RequestAct.fund_request_id == request_id)
        .order_by(RequestAct.id)
    )
    channels = _channels(session, request_id)
    return [
        Told(
            act=act.act,
            role=act.role,
            name=name,
            at=act.at,
            reason=act.reason,
            note=act.note,
            acting_for=tuple(json.loads(act.evidence).get("acting_for", ())),
            channel=channels.get(act.log_eid, ""),
        )
        for act, name in rows
    ]


def _channels(session: Session, request_id: int) -> Mapping[str, str]:
    """Return how the money of each payment travels, by the entries that tell of one."""
    bodies = session.scalars(
        select(LogEntry.body)
        .join(RequestAct, RequestAct.log_eid == LogEntry.eid)
        .where(
            RequestAct.fund_request_id == request_id,
            RequestAct.act.startswith(_OF_A_PAYMENT, autoescape=True),
        )
        .order_by(RequestAct.id)
    )
    entries = [parse(body) for body in bodies]
    made = {
        entry.public["payment"]: entry.text("channel")
        for entry in entries
        if "channel" in entry.public
    }
    return {entry.eid: made[entry.public["payment"]] for entry in entries}


# The stretches of a request's way, each with the act that ends it.
_STAGES = (
    ("send", REQUEST_SUBMITTED.name),
    ("decide", REQUEST_APPROVED.name),
    ("pay", "payment.sent"),
    ("confirm", "payment.confirmed"),
    ("receipt", "fund_request.closed"),
)


def stages(fund_request: FundRequest, told: Sequence[Told]) -> Sequence[Stage]:
    """Return the stretches of a request's way, each with the time of the act that ended it."""
    done = _stages_done(fund_request)
    ended_at = {line.act: line.at for line in told}
    # What is approved and waits for nobody is waited for by its receipts.
    is_over = fund_request.waits_for is None and fund_request.state is not State.APPROVED
    return [
        Stage(name, "done", ended_at.get(act))
        if place < done
        else Stage(name, ("stopped" if is_over else "now") if place == done else "later", None)
        for place, (name, act) in enumerate(_STAGES)
    ]


def _stages_done(fund_request: FundRequest) -> int:
    """Return how many stretches lie behind the request."""
    match fund_request.state:
        case State.DRAFT | State.RETURNED:
            return 0
        case State.CLOSED:
            # Closed without a baht: all of it was set free.
            return len(_STAGES) if fund_request.confirmed_satang else 2
        case State.APPROVED:
            arrived = fund_request.confirmed_satang == fund_request.awarded_satang
            return 2 + (fund_request.unsent == Money(0)) + arrived
        case _:
            return int(fund_request.reference is not None)
