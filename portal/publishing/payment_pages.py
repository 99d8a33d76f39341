"""The public pages of payments that the bank has confirmed: the list, and each by its number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import N_
from portal.errors import NotFoundError
from portal.labels import Name
from portal.money import Money
from portal.publishing.log_page import PAGE_LENGTH
from portal.publishing.log_page import WithTimeline
from portal.publishing.log_page import act_line
from portal.publishing.models import PublishedAct
from portal.publishing.models import PublishedFlow
from portal.publishing.queries import Names
from portal.publishing.queries import names
from portal.publishing.tracing import Leg


class PaymentNotPublishedError(NotFoundError):
    """The published log tells of no such payment that the bank has confirmed."""

    def __init__(self, reference: str) -> None:
        super().__init__(
            N_("The published log tells of no confirmed payment {reference}."), reference=reference
        )


@dataclass(frozen=True, slots=True)
class PaidOut:
    """A payment that the bank has confirmed; `amount` did not come back."""

    index: int
    at: datetime
    reference: str
    request: str
    fund: Name
    subcommittee: Name
    category: Name
    amount: Money


@dataclass(frozen=True, slots=True)
class PaymentLines:
    """A page of payments, the newest first."""

    lines: Sequence[PaidOut]
    older: int | None


@dataclass(frozen=True, slots=True)
class PublicPayment(WithTimeline):
    """One payment, and everything the log tells of it."""

    payment: PaidOut
    sent: Money
    channel: str


def payment_lines(session: Session, *, before: int | None = None) -> PaymentLines:
    """Return confirmed payments, the newest first, from before a log position."""
    behind = [] if before is None else [PublishedFlow.idx < before]
    rows = session.execute(
        _payments().where(*behind).order_by(PublishedFlow.idx.desc()).limit(PAGE_LENGTH + 1)
    ).all()
    known = names(session)
    lines = [_paid_out(flow, at, known) for flow, at in rows[:PAGE_LENGTH]]
    return PaymentLines(lines, lines[-1].index if len(rows) > PAGE_LENGTH else None)


def public_payment(session: Session, reference: str) -> PublicPayment:
    """Return a payment as the log tells it, or raise `PaymentNotPublishedError`."""
    found = session.execute(_payments().where(PublishedFlow.reference == reference)).one_or_none()
    if found is None:
        raise PaymentNotPublishedError(reference)
    flow, at = found
    acts = session.scalars(
        select(PublishedAct)
        .where(PublishedAct.reference == flow.request)
        .order_by(PublishedAct.idx)
    )
    timeline = [act for act in map(act_line, acts) if act.public.get("payment") == reference]
    prepared = timeline[0]
    return PublicPayment(
        _paid_out(flow, at, names(session)),
        sent=prepared.amount or Money(0),
        channel=str(prepared.public["channel"]),
        timeline=timeline,
    )


def _payments() -> Select[PublishedFlow, str]:
    return (
        select(PublishedFlow, PublishedAct.at)
        .join(PublishedAct, PublishedAct.idx == PublishedFlow.idx)
        .where(PublishedFlow.leg == Leg.PAYMENT)
    )


def _paid_out(flow: PublishedFlow, at: str, known: Names) -> PaidOut:
    return PaidOut(
        index=flow.idx,
        at=datetime.fromisoformat(at),
        reference=flow.reference,
        request=flow.request,
        fund=known["fund", flow.fund],
        subcommittee=known["subcommittee", flow.subcommittee],
        category=known["category", flow.category],
        amount=Money(flow.satang),
    )
