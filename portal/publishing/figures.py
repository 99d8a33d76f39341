"""The figures of the front page and of the API: sums over what the fold counted."""

from __future__ import annotations

import json
from collections import Counter
from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from sqlalchemy import ColumnElement
from sqlalchemy import Row
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import Json
from portal.audit.merkle import Frontier
from portal.audit.note import Checkpoint
from portal.audit.note import VerifierKey
from portal.db import Today
from portal.errors import N_
from portal.errors import NotFoundError
from portal.labels import Name
from portal.money import Money
from portal.money import total
from portal.publishing.models import PublishedFigure
from portal.publishing.models import PublishedName
from portal.publishing.models import PublishedPosition
from portal.publishing.models import PublishedRequest
from portal.publishing.open_figures import Amounts
from portal.publishing.open_figures import Counted
from portal.publishing.open_figures import Figures
from portal.publishing.open_figures import open_figures
from portal.publishing.search_models import PublishedCount
from portal.publishing.search_models import PublishedWait
from portal.publishing.waits import Step
from portal.publishing.waits import median_of_counts

SECONDS_PER_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Part:
    """One fund, subcommittee or category with its figures.

    `given` came into the fund, was allocated to the subcommittee, or was asked for.
    """

    code: str
    name: Name
    short: Name
    given: Money
    approved: Money
    committed: Money
    disbursed: Money
    fees: Money
    left: Money


def names_today(session: Session) -> Mapping[tuple[str, str], PublishedName]:
    """Return what is said today of everything that has a public name, by kind and code."""
    found: dict[tuple[str, str], PublishedName] = {}
    for row, has_begun in session.execute(
        select(PublishedName, PublishedName.valid_from <= Today()).order_by(
            PublishedName.valid_from
        )
    ):
        if has_begun or (row.kind, row.code) not in found:
            found[row.kind, row.code] = row
    return found


def figures(session: Session) -> Figures:
    """Return the figures of the whole foundation."""
    sums = {
        measure: int(satang)
        for measure, satang in session.execute(
            select(PublishedFigure.measure, func.sum(PublishedFigure.satang)).group_by(
                PublishedFigure.measure
            )
        )
    }
    amounts, counted = Amounts.of(sums), tallies(session)
    paid = Counter[str]()
    for tally in counted:
        paid[tally.kind] += tally.count if tally.is_paid else 0
    return Figures(
        received=Money(amounts.received),
        allocated=Money(amounts.allocated),
        requested=total(tally.amount for tally in counted),
        approved=Money(amounts.approved),
        committed=Money(amounts.committed),
        disbursed=Money(amounts.disbursed),
        came_back=Money(sums.get("came_back", 0)),
        fees=Money(amounts.fees),
        left=Money(amounts.left),
        requests=sum(tally.count for tally in counted),
        paid_for_youths=paid["youth"],
        paid_for_projects=paid["project"],
    )


class NothingPublishedError(NotFoundError):
    """Nothing is published yet."""

    def __init__(self) -> None:
        super().__init__(N_("Nothing is published yet."))


def every_figure(session: Session) -> dict[str, Json]:
    """Return every public figure, and the log they come from, as plain JSON."""
    position = session.get(PublishedPosition, 1)
    if position is None:
        raise NothingPublishedError
    # While a long log is folded, the signed root is ahead of the figures; the frontier is not.
    root = Frontier.unpack(position.size, position.frontier).root()
    origin = VerifierKey.parse(position.vkey).name
    return open_figures(Checkpoint(origin, position.size, root), counted_figures(session))


def counted_figures(session: Session, *which: ColumnElement[bool]) -> Iterator[Counted]:
    """Give every public figure, or those that meet conditions."""
    figure = PublishedFigure
    rows = session.execute(
        select(
            figure.month,
            figure.fund,
            figure.subcommittee,
            figure.category,
            figure.measure,
            figure.satang,
        ).where(*which)
    )
    return (Counted(*row) for row in rows)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many requests of a kind stand somewhere, and what they ask for."""

    kind: str
    status: str
    is_paid: bool
    count: int
    amount: Money


def tallies(session: Session) -> list[Tally]:
    """Return how many requests of each kind stand where."""
    columns = (PublishedCount.kind, PublishedCount.status, PublishedCount.is_paid)
    sums = (func.sum(PublishedCount.count), func.sum(PublishedCount.satang))
    return [
        Tally(kind, status, is_paid, int(count), Money(int(satang)))
        for kind, status, is_paid, count, satang in session.execute(
            select(*columns, *sums).group_by(*columns)
        )
    ]


@dataclass(frozen=True, slots=True)
class Unreceipted:
    """How many requests are paid and lack a receipt, and since when the oldest is paid."""

    count: int
    oldest_at: datetime | None


def unreceipted(session: Session) -> Unreceipted:
    """Return how many paid requests lack a receipt: those that have all of them are closed."""
    count = session.scalar(
        select(func.sum(PublishedCount.count)).where(
            PublishedCount.status == "paid", PublishedCount.is_paid
        )
    )
    oldest = session.scalar(
        select(func.min(PublishedRequest.paid_at)).where(
            PublishedRequest.status == "paid", PublishedRequest.paid_at > ""
        )
    )
    return Unreceipted(int(count or 0), datetime.fromisoformat(oldest) if oldest else None)


def median_days(session: Session) -> float | None:
    """Return the median of days from the first sending of a request to its money."""
    waits = PublishedWait
    counted = session.execute(
        select(waits.minutes, func.sum(waits.count))
        .where(waits.step == Step.WHOLE)
        .group_by(waits.minutes)
        .order_by(waits.minutes)
    )
    return median_of_counts([(minutes, int(count)) for minutes, count in counted])


def median_of(spans: Iterable[Row[str, str]]) -> float | None:
    """Return the median of days between two moments of the log, or None where there are none."""
    seconds = [
        (datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds()
        for since, until in spans
    ]
    return round(median(seconds) / SECONDS_PER_DAY, 1) if seconds else None


# What the figures are told apart by.
PARTS = {
    "fund": PublishedFigure.fund,
    "subcommittee": PublishedFigure.subcommittee,
    "category": PublishedFigure.category,
}
# The measure of what came into a fund, and of what a subcommittee was given.
_GIVEN = {"fund": "received", "subcommittee": "allocated"}


def parts(session: Session, kind: str) -> list[Part]:
    """Return every fund, subcommittee or category with its figures, by code."""
    column = PARTS[kind]
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for code, measure, satang in session.execute(
        select(column, PublishedFigure.measure, func.sum(PublishedFigure.satang)).group_by(
            column, PublishedFigure.measure
        )
    ):
        sums[code][measure] = int(satang)
    rows = [row for row in names_today(session).values() if row.kind == kind]
    given = (
        {code: measures[_GIVEN[kind]] for code, measures in sums.items()}
        if kind in _GIVEN
        else _asked_for(session)
    )
    return [
        Part(
            code=row.code,
            name=Name(row.name_th, row.name_en),
            # The log tells a short Thai name of some.
            short=Name(json.loads(row.more).get("short_th", row.name_th), row.name_en),
            given=Money(given.get(row.code, 0)),
            approved=Money(amounts.approved),
            committed=Money(amounts.committed),
            disbursed=Money(amounts.disbursed),
            left=Money(given.get(row.code, 0) - amounts.approved - amounts.taken),
            fees=Money(amounts.fees),
        )
        for row in sorted(rows, key=lambda row: row.code)
        for amounts in [Amounts.of(sums[row.code])]
    ]


def _asked_for(session: Session) -> Mapping[str, int]:
    """Return what the requests of each category ask for, as they stand, in satang."""
    group = PublishedCount
    rows = session.execute(select(group.category, func.sum(group.satang)).group_by(group.category))
    return {category: int(satang) for category, satang in rows}
