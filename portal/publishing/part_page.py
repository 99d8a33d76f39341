"""The public page of one fund, subcommittee or category: its money by month and by what else."""

from __future__ import annotations

from collections import Counter
from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime

from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import N_
from portal.errors import NotFoundError
from portal.labels import Name
from portal.money import Money
from portal.publishing.figures import PARTS
from portal.publishing.figures import NothingPublishedError
from portal.publishing.figures import Part
from portal.publishing.figures import counted_figures
from portal.publishing.figures import parts
from portal.publishing.log_page import told_at
from portal.publishing.models import PublishedFigure
from portal.publishing.models import PublishedPosition
from portal.publishing.open_figures import Amounts
from portal.publishing.open_figures import Counted
from portal.publishing.queries import STATUSES
from portal.publishing.search_models import PublishedCount
from portal.thai import bangkok_day

MONTHS = 12


class PartNotPublishedError(NotFoundError):
    """The published log knows no such fund, subcommittee or category."""

    def __init__(self, code: str) -> None:
        super().__init__(N_("The published log knows no {code}."), code=code)


@dataclass(frozen=True, slots=True)
class AsOf:
    """Up to which entry of the log a page tells, and when that entry was made."""

    log_size: int
    newest_at: datetime


@dataclass(frozen=True, slots=True)
class Month:
    """What was approved and confirmed as paid in a month, whatever came of it later."""

    month: date
    approved: Money
    disbursed: Money


@dataclass(frozen=True, slots=True)
class Beside:
    """What went through one part together with another: a fund's money by subcommittee."""

    code: str
    name: Name
    short: Name
    approved: Money
    disbursed: Money


@dataclass(frozen=True, slots=True)
class PartPage:
    """One fund, subcommittee or category; `beside` is by the other two kinds of part."""

    kind: str
    part: Part
    months: Sequence[Month]
    beside: Mapping[str, Sequence[Beside]]
    statuses: Sequence[tuple[str, int]]
    requests: int
    requested: Money
    as_of: AsOf


@dataclass(frozen=True, slots=True)
class PartList:
    """All funds, subcommittees or categories, those with the most money paid out first."""

    kind: str
    parts: Sequence[Part]
    as_of: AsOf


def as_of(session: Session) -> AsOf:
    """Return up to where the public tables are folded; refuse while nothing is."""
    position = session.get(PublishedPosition, 1)
    newest_at = told_at(session, position.size - 1) if position else None
    if position is None or newest_at is None:
        raise NothingPublishedError
    return AsOf(position.size, newest_at)


def part_list(session: Session, kind: str) -> PartList:
    """Return all parts of a kind."""
    found = sorted(parts(session, kind), key=lambda part: -part.disbursed.satang)
    return PartList(kind, found, as_of(session))


def part_page(session: Session, kind: str, code: str) -> PartPage:
    """Return one part, or raise `PartNotPublishedError`."""
    found = {part.code: part for part in parts(session, kind)}
    if code not in found:
        raise PartNotPublishedError(code)
    now = as_of(session)
    figures = [*counted_figures(session, PARTS[kind] == code)]
    counted = session.execute(
        select(
            PublishedCount.status,
            func.sum(PublishedCount.count),
            func.sum(PublishedCount.satang),
        )
        .where(_GROUPED[kind] == code)
        .group_by(PublishedCount.status)
    ).all()
    counts = {status: int(count) for status, count, _ in counted}
    return PartPage(
        kind=kind,
        part=found[code],
        months=_months(
            ((figure.month, figure.measure, figure.satang) for figure in figures),
            until=now.newest_at,
        ),
        beside={other: _beside(session, figures, other) for other in PARTS if other != kind},
        statuses=[(status, counts[status]) for status in STATUSES if status in counts],
        requests=sum(counts.values()),
        requested=Money(sum(int(satang) for _, _, satang in counted)),
        as_of=now,
    )


_GROUPED = {
    "fund": PublishedCount.fund,
    "subcommittee": PublishedCount.subcommittee,
    "category": PublishedCount.category,
}


def whole_months(session: Session) -> Sequence[Month]:
    """Return the last months of the whole foundation."""
    figure = PublishedFigure
    rows = session.execute(
        select(figure.month, figure.measure, func.sum(figure.satang)).group_by(
            figure.month, figure.measure
        )
    )
    told = [(month, measure, int(satang)) for month, measure, satang in rows]
    return _months(told, until=as_of(session).newest_at)


def _months(told: Iterable[tuple[str, str, int]], *, until: datetime) -> Sequence[Month]:
    """Return the last months, the newest one last; a month without an act stands there, too."""
    sums = Counter[tuple[str, str]]()
    for month, measure, satang in told:
        sums[month, measure] += satang
    last = bangkok_day(until)
    ends = last.year * 12 + last.month
    days = [date(month // 12, month % 12 + 1, 1) for month in range(ends - MONTHS, ends)]
    return [
        Month(
            day,
            approved=Money(sums[day.isoformat()[:7], "approved"]),
            disbursed=Money(sums[day.isoformat()[:7], "disbursed"]),
        )
        for day in days
    ]


def _beside(session: Session, figures: Sequence[Counted], kind: str) -> Sequence[Beside]:
    """Return a part's money by the parts of another kind, the most paid out first."""
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for figure in figures:
        sums[getattr(figure, kind)][figure.measure] += figure.satang
    amounts = {code: Amounts.of(counted) for code, counted in sums.items()}
    found = [
        Beside(
            part.code,
            part.name,
            part.short,
            Money(amounts[part.code].approved),
            Money(amounts[part.code].disbursed),
        )
        for part in parts(session, kind)
        if part.code in amounts and sums[part.code]["approved"]
    ]
    return sorted(found, key=lambda line: -line.disbursed.satang)
