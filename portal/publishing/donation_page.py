"""The public pages of donations: which there are, and where a baht of one went."""

from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy import Select
from sqlalchemy import false
from sqlalchemy import func
from sqlalchemy import or_
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import N_
from portal.errors import NotFoundError
from portal.labels import Name
from portal.money import Money
from portal.money import total
from portal.publishing.log_page import PAGE_LENGTH
from portal.publishing.models import PublishedAct
from portal.publishing.models import PublishedFlow
from portal.publishing.queries import names
from portal.publishing.tracing import Allocated
from portal.publishing.tracing import Leg
from portal.publishing.tracing import Stretch
from portal.publishing.tracing import reach

# Whom a fee is allocated to.
_NOBODY = ""


class DonationNotPublishedError(NotFoundError):
    """The published log tells of no such donation."""

    def __init__(self, reference: str) -> None:
        super().__init__(
            N_("The published log tells of no donation {reference}."), reference=reference
        )


@dataclass(frozen=True, slots=True)
class DonationLine:
    """A donation as the log tells it; who gave it is not told."""

    index: int
    eid: str
    reference: str
    fund: Name
    amount: Money
    received_on: date


@dataclass(frozen=True, slots=True)
class DonationLines:
    """A page of all donations, the newest first."""

    lines: Sequence[DonationLine]
    count: int
    amount: Money
    first: int
    older: int | None


@dataclass(frozen=True, slots=True)
class Given:
    """An allocation that a donation became part of."""

    index: int
    at: datetime
    subcommittee: Name
    amount: Money
    part: Money


@dataclass(frozen=True, slots=True)
class Reached:
    """What of a donation a subcommittee was given, and what of that was paid out."""

    subcommittee: Name
    given: Money
    paid: Money

    @property
    def left(self) -> Money:
        """Return what is not paid out yet."""
        return self.given - self.paid


@dataclass(frozen=True, slots=True)
class PaidLine:
    """A payment that a donation became part of; the amount is with what the bank kept."""

    index: int
    at: datetime
    reference: str
    request: str
    subcommittee: Name
    category: Name
    amount: Money
    part: Money


@dataclass(frozen=True, slots=True)
class DonationPage:
    """Where a donation went, as far as the log tells today."""

    donation: DonationLine
    fees: Money
    given: Sequence[Given]
    reached: Sequence[Reached]
    payments: Sequence[PaidLine]
    next_after: int | None

    @property
    def allocated(self) -> Money:
        """Return what of it subcommittees were given."""
        return total(each.given for each in self.reached)

    @property
    def paid(self) -> Money:
        """Return what of it was paid out."""
        return total(each.paid for each in self.reached)

    @property
    def left(self) -> Money:
        """Return what of it is still in the fund."""
        return self.donation.amount - self.allocated - self.fees


def donations(session: Session, *, before: int | None = None) -> DonationLines:
    """Return published donations, the newest first, from before a log position."""
    known = names(session)
    gifts = PublishedFlow.leg == Leg.DONATION
    count, satang = session.execute(
        select(func.count(), func.coalesce(func.sum(PublishedFlow.satang), 0)).where(gifts)
    ).one()
    here = gifts if before is None else gifts & (PublishedFlow.idx < before)
    rows = session.execute(
        _gifts().where(here).order_by(PublishedFlow.idx.desc()).limit(PAGE_LENGTH + 1)
    ).all()
    below = session.scalar(select(func.count()).select_from(PublishedFlow).where(here)) or 0
    return DonationLines(
        lines=[_line(flow, act, known) for flow, act in rows[:PAGE_LENGTH]],
        count=count,
        amount=Money(int(satang)),
        first=count - below + 1,
        older=rows[PAGE_LENGTH - 1][0].idx if len(rows) > PAGE_LENGTH else None,
    )


def _gifts() -> Select[PublishedFlow, PublishedAct]:
    return select(PublishedFlow, PublishedAct).join(
        PublishedAct, PublishedAct.idx == PublishedFlow.idx
    )


def _line(
    flow: PublishedFlow, act: PublishedAct, known: Mapping[tuple[str, str], Name]
) -> DonationLine:
    received_on = date.fromisoformat(json.loads(act.public)["received_on"])
    name = known["fund", flow.fund]
    return DonationLine(flow.idx, act.eid, flow.reference, name, Money(flow.satang), received_on)


def donation_page(session: Session, reference: str, *, after: int = -1) -> DonationPage:
    """Return where a donation went, its payments from after a log position."""
    found = session.execute(
        _gifts()
        .where(PublishedFlow.leg == Leg.DONATION, PublishedFlow.reference == reference)
        .order_by(PublishedFlow.idx)
        .limit(1)
    ).one_or_none()
    if found is None:
        raise DonationNotPublishedError(reference)
    flow, act = found
    known = names(session)
    gift = _stretch(session, flow)
    allocations = _allocations(session, flow.fund, gift)
    reached = dict(reach(gift, [allocated for allocated, _ in allocations]))
    kept = reached.pop(_NOBODY, Stretch(0, 0))
    paid = _paid_out(session, flow.fund)
    payments = _payments(session, flow.fund, reached, after=after)
    return DonationPage(
        donation=_line(flow, act, known),
        fees=Money(kept.satang),
        given=[
            Given(
                allocated.index,
                at,
                known["subcommittee", allocated.subcommittee],
                Money(allocated.taken.satang),
                Money(allocated.part(gift).satang),
            )
            for allocated, at in allocations
            if allocated.subcommittee != _NOBODY
        ],
        reached=[
            Reached(
                known["subcommittee", code],
                Money(part.satang),
                Money(part.shared(Stretch(0, paid.get(code, 0)))),
            )
            for code, part in sorted(reached.items())
        ],
        payments=[_paid_line(row, reached, known) for row in payments[:PAGE_LENGTH]],
        next_after=payments[PAGE_LENGTH - 1].idx if len(payments) > PAGE_LENGTH else None,
    )


def _stretch(session: Session, flow: PublishedFlow) -> Stretch:
    """Return where a donation stands in the line of its fund."""
    earlier = select(func.coalesce(func.sum(PublishedFlow.satang), 0)).where(
        PublishedFlow.fund == flow.fund,
        PublishedFlow.leg == Leg.DONATION,
        PublishedFlow.idx < flow.idx,
    )
    return Stretch(int(session.scalar(earlier) or 0), flow.satang)


def _allocations(
    session: Session, fund: str, gift: Stretch
) -> Sequence[tuple[Allocated, datetime]]:
    """Return the allocations and fees that took something of this piece of a fund's line."""
    satang, index = PublishedFlow.satang, PublishedFlow.idx
    of_each = PublishedFlow.subcommittee
    placed = (
        select(
            index,
            of_each,
            satang,
            func.sum(satang).over(order_by=index).label("taken_to"),
            func.sum(satang).over(partition_by=of_each, order_by=index).label("given_to"),
        )
        .where(PublishedFlow.fund == fund, PublishedFlow.leg.in_((Leg.ALLOCATION, Leg.FEE)))
        .subquery()
    )
    rows = session.execute(
        select(placed, PublishedAct.at)
        .join(PublishedAct, PublishedAct.idx == placed.c.idx)
        .where(placed.c.taken_to > gift.start, placed.c.taken_to - placed.c.satang < gift.end)
        .order_by(placed.c.idx)
    )
    return [
        (
            Allocated(
                row.idx,
                row.subcommittee,
                taken=Stretch(int(row.taken_to) - row.satang, row.satang),
                given=Stretch(int(row.given_to) - row.satang, row.satang),
            ),
            datetime.fromisoformat(row.at),
        )
        for row in rows
    ]


def _paid_out(session: Session, fund: str) -> Mapping[str, int]:
    """Return how far the line of every subcommittee was paid out."""
    found = session.execute(
        select(PublishedFlow.subcommittee, func.sum(PublishedFlow.satang))
        .where(PublishedFlow.fund == fund, PublishedFlow.leg == Leg.PAYMENT)
        .group_by(PublishedFlow.subcommittee)
    )
    return {code: int(satang) for code, satang in found}


def _payments(
    session: Session, fund: str, reached: Mapping[str, Stretch], *, after: int
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return the payments that took something of these pieces, one more than a page."""
    paid_to = func.sum(PublishedFlow.satang).over(
        partition_by=PublishedFlow.subcommittee, order_by=PublishedFlow.idx
    )
    placed = (
        select(*PublishedFlow.__table__.columns, paid_to.label("paid_to"))
        .where(
            PublishedFlow.fund == fund,
            PublishedFlow.leg == Leg.PAYMENT,
            PublishedFlow.satang > 0,
            PublishedFlow.subcommittee.in_(reached),
        )
        .subquery()
    )
    is_within = [
        (placed.c.subcommittee == code)
        & (placed.c.paid_to > part.start)
        & (placed.c.paid_to - placed.c.satang < part.end)
        for code, part in reached.items()
    ]
    return session.execute(
        select(placed, PublishedAct.at)
        .join(PublishedAct, PublishedAct.idx == placed.c.idx)
        .where(or_(false(), *is_within), placed.c.idx > after)
        .order_by(placed.c.idx)
        .limit(PAGE_LENGTH + 1)
    ).all()


def _paid_line(
    row: Row[*tuple[Any, ...]],
    reached: Mapping[str, Stretch],
    known: Mapping[tuple[str, str], Name],
) -> PaidLine:
    own = Stretch(int(row.paid_to) - row.satang, row.satang)
    return PaidLine(
        index=row.idx,
        at=datetime.fromisoformat(row.at),
        reference=row.reference,
        request=row.request,
        subcommittee=known["subcommittee", row.subcommittee],
        category=known["category", row.category],
        amount=Money(row.satang),
        part=Money(own.shared(reached[row.subcommittee])),
    )
