"""Reads for the public pages: only from the tables that the fold fills."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import N_
from portal.errors import NotFoundError
from portal.labels import Name
from portal.money import Money
from portal.publishing.models import PublishedAct
from portal.publishing.models import PublishedFigure
from portal.publishing.models import PublishedName
from portal.publishing.models import PublishedPosition
from portal.publishing.models import PublishedRequest

PAGE_LENGTH = 50
SECONDS_PER_DAY = 86_400


class RequestNotPublishedError(NotFoundError):
    """The published log tells of no such request."""

    def __init__(self, reference: str) -> None:
        super().__init__(
            N_("The published log tells of no request {reference}."), reference=reference
        )


Names = Mapping[tuple[str, str], Name]


def names(session: Session) -> Names:
    """Return every public name by kind and code."""
    return {
        (row.kind, row.code): Name(row.name_th, row.name_en)
        for row in session.scalars(select(PublishedName))
    }


def foundation_name(session: Session) -> Name | None:
    """Return the foundation's name, once it is published."""
    row = session.scalars(
        select(PublishedName).where(PublishedName.kind == "foundation")
    ).one_or_none()
    return row and Name(row.name_th, row.name_en)


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of the whole foundation, or of one part of it."""

    received: Money
    approved: Money
    disbursed: Money
    requests: int
    requests_paid: int

    @property
    def committed(self) -> Money:
        """Return what is approved and not yet paid."""
        return self.approved - self.disbursed

    @property
    def left(self) -> Money:
        """Return what came in and is not approved for anything."""
        return self.received - self.approved


@dataclass(frozen=True, slots=True)
class Part:
    """One fund or subcommittee with its figures; `given` came in, or was allocated to it."""

    code: str
    name: Name
    given: Money
    approved: Money
    disbursed: Money

    @property
    def committed(self) -> Money:
        """Return what is approved and not yet paid."""
        return self.approved - self.disbursed

    @property
    def left(self) -> Money:
        """Return what is not approved for anything."""
        return self.given - self.approved


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """What was approved and paid in one month, `2026-11`."""

    month: str
    approved: Money
    disbursed: Money


@dataclass(frozen=True, slots=True)
class RequestLine:
    """A request in a public list."""

    reference: str
    kind: str
    status: str
    category: Name
    subcommittee: Name
    fund: Name
    amount: Money
    submitted_at: datetime
    decided_at: datetime | None
    paid_at: datetime | None


@dataclass(frozen=True, slots=True)
class FrontPage:
    """What the front page shows."""

    foundation: Name
    figures: Figures
    median_days: float | None
    funds: Sequence[Part]
    subcommittees: Sequence[Part]
    months: Sequence[MonthFigures]
    latest: Sequence[RequestLine]
    log_size: int


def front_page(session: Session) -> FrontPage | None:
    """Return the front page, or None while nothing is published."""
    position = session.get(PublishedPosition, 1)
    foundation = foundation_name(session)
    if position is None or foundation is None:
        return None
    known = names(session)
    return FrontPage(
        foundation=foundation,
        figures=_figures(session),
        median_days=median_days(session),
        funds=_parts(session, known, "fund"),
        subcommittees=_parts(session, known, "subcommittee"),
        months=_months(session),
        latest=requests(session, known, status="paid", length=5).lines,
        log_size=position.size,
    )


def _figures(session: Session) -> Figures:
    sums = {
        measure: (int(satang), int(count))
        for measure, satang, count in session.execute(
            select(
                PublishedFigure.measure,
                func.sum(PublishedFigure.satang),
                func.sum(PublishedFigure.count),
            ).group_by(PublishedFigure.measure)
        )
    }
    paid = session.scalar(
        select(func.count())
        .select_from(PublishedRequest)
        .where(PublishedRequest.status == "paid")
    )
    none = (0, 0)
    return Figures(
        received=Money(sums.get("received", none)[0]),
        approved=Money(sums.get("approved", none)[0]),
        disbursed=Money(sums.get("disbursed", none)[0]),
        requests=sums.get("requested", none)[1],
        requests_paid=paid or 0,
    )


def median_days(session: Session) -> float | None:
    """Return the median of days from the first sending of a request to its money."""
    spans = [
        (datetime.fromisoformat(paid_at) - datetime.fromisoformat(sent_at)).total_seconds()
        for sent_at, paid_at in session.execute(
            select(PublishedRequest.submitted_at, PublishedRequest.paid_at).where(
                PublishedRequest.paid_at != ""
            )
        )
    ]
    return round(median(spans) / SECONDS_PER_DAY, 1) if spans else None


def _parts(session: Session, known: Names, kind: str) -> list[Part]:
    column = PublishedFigure.fund if kind == "fund" else PublishedFigure.subcommittee
    given = "received" if kind == "fund" else "allocated"
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for code, measure, satang in session.execute(
        select(column, PublishedFigure.measure, func.sum(PublishedFigure.satang)).group_by(
            column, PublishedFigure.measure
        )
    ):
        sums[code][measure] = int(satang)
    return [
        Part(
            code=code,
            name=name,
            given=Money(sums[code][given]),
            approved=Money(sums[code]["approved"]),
            disbursed=Money(sums[code]["disbursed"]),
        )
        for (named, code), name in sorted(known.items())
        if named == kind
    ]


def _months(session: Session) -> list[MonthFigures]:
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for month, measure, satang in session.execute(
        select(
            PublishedFigure.month, PublishedFigure.measure, func.sum(PublishedFigure.satang)
        )
        .where(PublishedFigure.measure.in_(("approved", "disbursed")))
        .group_by(PublishedFigure.month, PublishedFigure.measure)
    ):
        sums[month][measure] = int(satang)
    return [
        MonthFigures(month, Money(found["approved"]), Money(found["disbursed"]))
        for month, found in sorted(sums.items())
    ]


@dataclass(frozen=True, slots=True)
class RequestLines:
    """A page of the public list, newest first; `before` leads to the next page."""

    lines: Sequence[RequestLine]
    count: int
    amount: Money
    before: int | None


def requests(
    session: Session,
    known: Names,
    *,
    status: str = "",
    before: int | None = None,
    length: int = PAGE_LENGTH,
) -> RequestLines:
    """Return published requests, the newest act first, from before a log position."""
    conditions = [PublishedRequest.status == status] if status else []
    count, satang = session.execute(
        select(func.count(), func.coalesce(func.sum(PublishedRequest.satang), 0)).where(*conditions)
    ).one()
    page = conditions if before is None else [*conditions, PublishedRequest.last_index < before]
    rows = session.scalars(
        select(PublishedRequest)
        .where(*page)
        .order_by(PublishedRequest.last_index.desc())
        .limit(length + 1)
    ).all()
    shown = rows[:length]
    return RequestLines(
        lines=[_line(row, known) for row in shown],
        count=count,
        amount=Money(int(satang)),
        before=shown[-1].last_index if len(rows) > length else None,
    )


def _line(row: PublishedRequest, known: Names) -> RequestLine:
    return RequestLine(
        reference=row.reference,
        kind=row.kind,
        status=row.status,
        category=known["category", row.category],
        subcommittee=known["subcommittee", row.subcommittee],
        fund=known["fund", row.fund],
        amount=Money(row.satang),
        submitted_at=datetime.fromisoformat(row.submitted_at),
        decided_at=_at(row.decided_at),
        paid_at=_at(row.paid_at),
    )


def _at(written: str) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


@dataclass(frozen=True, slots=True)
class ActLine:
    """One entry of the log, as pages show it."""

    index: int
    eid: str
    type: str
    role: str
    at: datetime
    reference: str | None
    amount: Money | None
    public: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class PublicRequest:
    """The public page of one request."""

    line: RequestLine
    purpose: Name
    fiscal_year: int
    place: str | None
    approved: Money
    disbursed: Money
    timeline: Sequence[ActLine]


def public_request(session: Session, reference: str) -> PublicRequest:
    """Return a request as the log tells it, or raise `RequestNotPublishedError`."""
    row = session.get(PublishedRequest, reference)
    if row is None:
        raise RequestNotPublishedError(reference)
    known = names(session)
    acts = session.scalars(
        select(PublishedAct)
        .where(PublishedAct.reference == reference)
        .order_by(PublishedAct.idx)
    )
    return PublicRequest(
        line=_line(row, known),
        purpose=known["purpose", row.purpose],
        fiscal_year=row.fiscal_year,
        place=row.place,
        approved=Money(row.approved_satang),
        disbursed=Money(row.disbursed_satang),
        timeline=[_act(act) for act in acts],
    )


def _act(act: PublishedAct) -> ActLine:
    return ActLine(
        act.idx,
        act.eid,
        act.type,
        act.role,
        datetime.fromisoformat(act.at),
        act.reference,
        None if act.satang is None else Money(act.satang),
        json.loads(act.public),
    )


@dataclass(frozen=True, slots=True)
class LogPage:
    """What the log's page shows: the signed checkpoint and a page of entries, newest first."""

    size: int
    root: str
    note: str
    vkey: str
    newest_at: datetime | None
    acts: Sequence[ActLine]
    before: int | None


def log_page(session: Session, *, before: int | None = None) -> LogPage | None:
    """Return a page of the log, or None while nothing is published."""
    position = session.get(PublishedPosition, 1)
    if position is None:
        return None
    start = position.size if before is None else min(before, position.size)
    rows = session.scalars(
        select(PublishedAct)
        .where(PublishedAct.idx < start)
        .order_by(PublishedAct.idx.desc())
        .limit(PAGE_LENGTH)
    ).all()
    newest_at = session.scalar(
        select(PublishedAct.at).order_by(PublishedAct.idx.desc()).limit(1)
    )
    last = rows[-1].idx if rows else 0
    return LogPage(
        size=position.size,
        root=position.root,
        note=position.note,
        vkey=position.vkey,
        newest_at=_at(newest_at or ""),
        acts=[_act(row) for row in rows],
        before=last if last > 0 else None,
    )
