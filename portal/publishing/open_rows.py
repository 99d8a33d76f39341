"""The rows of the open data, read from the published tables in the order of the log.

Everything is as of the newest entry, not of today: the same log gives the same rows, on any engine.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime
from datetime import time
from itertools import groupby
from statistics import median
from typing import Any

from sqlalchemy import Connection
from sqlalchemy import Row
from sqlalchemy import Select
from sqlalchemy import and_
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import aliased

from portal.audit.entry import utc_text
from portal.labels import Name
from portal.money import Money
from portal.publishing.counting import SUBJECTS
from portal.publishing.counting import TOTAL
from portal.publishing.counting import Counted
from portal.publishing.counting import YearCounts
from portal.publishing.counting import year_counts
from portal.publishing.counting import year_of
from portal.publishing.figures import SECONDS_PER_DAY
from portal.publishing.models import PublishedAct
from portal.publishing.models import PublishedFlow
from portal.publishing.models import PublishedRequest
from portal.publishing.open_edition import Edition
from portal.publishing.open_edition import Names
from portal.publishing.suppression import FEWEST_SHOWN
from portal.publishing.tracing import Leg
from portal.thai import BANGKOK
from portal.thai import bangkok_day
from portal.thai import fiscal_year_begins

Cells = Sequence[object]
# The steps that are timed: from which moment of a request to which.
STEPS: Mapping[str, tuple[str, str, Name]] = {
    "decide": ("submitted_at", "decided_at", Name("จากส่งคำขอถึงตัดสิน", "From sending to decision")),
    "pay": ("decided_at", "paid_at", Name("จากอนุมัติถึงได้เงินครบ", "From approval to all the money")),
    "whole": (
        "submitted_at",
        "paid_at",
        Name("จากส่งคำขอถึงได้เงินครบ", "From sending to all the money"),
    ),
}


@dataclass(frozen=True, slots=True)
class Grant:
    """A request that was approved, with the payments of which money stayed."""

    row: Row[*tuple[Any, ...]]
    payments: Sequence[Row[*tuple[Any, ...]]]


def rows(connection: Connection, table: str, told: Edition) -> Iterator[Cells]:
    """Give the rows of a table of the open data."""
    return _READERS[table](connection, told)


def grants(connection: Connection) -> Iterator[Grant]:
    """Give every grant with its payments."""
    found = connection.execute(
        select(*PublishedRequest.__table__.columns, *_PAID, _LAST_ACT.at.label("changed_at"))
        .join(_LAST_ACT, _LAST_ACT.idx == PublishedRequest.last_index)
        .join(PublishedFlow, _is_paid(), isouter=True)
        .join(PublishedAct, PublishedAct.idx == PublishedFlow.idx, isouter=True)
        .where(PublishedRequest.approved_satang > 0)
        .order_by(PublishedRequest.last_index, PublishedFlow.idx)
    )
    for _, told in groupby(found, key=lambda row: row.last_index):
        payments = list(told)
        yield Grant(payments[0], [row for row in payments if row.paid_index is not None])


_PAID = (
    PublishedFlow.idx.label("paid_index"),
    PublishedFlow.reference.label("payment"),
    PublishedFlow.satang.label("gone_satang"),
    PublishedAct.at.label("confirmed_at"),
)
_LAST_ACT = aliased(PublishedAct)


def _is_paid() -> Any:  # SQLAlchemy's own kind of condition
    return and_(
        PublishedFlow.request == PublishedRequest.reference, PublishedFlow.leg == Leg.PAYMENT
    )


def day(at: str) -> date:
    """Return the day in Bangkok of a moment of the log."""
    return bangkok_day(datetime.fromisoformat(at))


def _grants(connection: Connection, told: Edition) -> Iterator[Cells]:
    for row in connection.execute(
        select(*PublishedRequest.__table__.columns)
        .where(PublishedRequest.approved_satang > 0)
        .order_by(PublishedRequest.last_index)
    ):
        yield (
            row.reference,
            row.kind,
            row.fiscal_year,
            row.fund,
            row.subcommittee,
            row.category,
            row.purpose,
            row.status,
            Money(row.satang),
            Money(row.approved_satang),
            Money(row.disbursed_satang),
            day(row.decided_at),
            told.province,
            row.last_index,
        )


def _payments(connection: Connection, _told: Edition) -> Iterator[Cells]:
    for row in connection.execute(
        select(*PublishedRequest.__table__.columns, *_PAID)
        .join(PublishedFlow, _is_paid())
        .join(PublishedAct, PublishedAct.idx == PublishedFlow.idx)
        .where(PublishedRequest.approved_satang > 0)
        .order_by(PublishedFlow.idx)
    ):
        paying = json.loads(row.payments)[row.payment]
        yield (
            row.payment,
            row.reference,
            row.fund,
            row.subcommittee,
            row.category,
            day(row.confirmed_at),
            Money(row.gone_satang - paying["fee"]),
            Money(paying["fee"]),
            paying["channel"],
            row.paid_index,
        )


def _flows(leg: Leg) -> Select[*tuple[Any, ...]]:
    return (
        select(*PublishedFlow.__table__.columns, PublishedAct.at, PublishedAct.public)
        .join(PublishedAct, PublishedAct.idx == PublishedFlow.idx)
        .where(PublishedFlow.leg == leg)
        .order_by(PublishedFlow.idx)
    )


def _allocations(connection: Connection, _told: Edition) -> Iterator[Cells]:
    for row in connection.execute(_flows(Leg.ALLOCATION)):
        year = json.loads(row.public)["fiscal_year"]
        yield row.idx, row.fund, row.subcommittee, year, day(row.at), Money(row.satang)


def _donations(connection: Connection, _told: Edition) -> Iterator[Cells]:
    for row in connection.execute(_flows(Leg.DONATION)):
        received_on = date.fromisoformat(json.loads(row.public)["received_on"])
        yield row.reference, row.fund, received_on, Money(row.satang), row.idx


def _service_times(connection: Connection, _told: Edition) -> Iterator[Cells]:
    seconds: dict[tuple[int, str, str], list[float]] = defaultdict(list)
    for row in connection.execute(
        select(*PublishedRequest.__table__.columns).where(PublishedRequest.status != "withdrawn")
    ):
        for step, (since, until, _) in STEPS.items():
            begun, ended = getattr(row, since), getattr(row, until)
            if begun and ended:
                span = datetime.fromisoformat(ended) - datetime.fromisoformat(begun)
                seconds[row.fiscal_year, row.subcommittee, step].append(span.total_seconds())
    for key in sorted(seconds):
        is_hidden = len(seconds[key]) < FEWEST_SHOWN
        days = None if is_hidden else round(median(seconds[key]) / SECONDS_PER_DAY, 1)
        yield *key, days, is_hidden


def _counts(connection: Connection, told: Edition) -> Iterator[Cells]:
    for each in _counted(connection, told):
        for code, count in {TOTAL: each.total, **each.cells}.items():
            yield each.year, each.subject, code, count, count is None


def _counted(connection: Connection, told: Edition) -> Iterator[YearCounts]:
    """Give what may be told of every subject that is counted, for every year that is over."""
    over = _closings(connection, told)
    for name, subject in SUBJECTS.items():
        found = connection.execute(
            select(PublishedAct.idx, PublishedAct.at, PublishedAct.public)
            .where(PublishedAct.type == subject.act)
            .order_by(PublishedAct.idx)
        )
        acts = (
            Counted(index, at, json.loads(public)[subject.field]) for index, at, public in found
        )
        yield from year_counts(name, acts, closings=over, first_month=told.first_month)


def _closings(connection: Connection, told: Edition) -> Mapping[int, int]:
    """Return the years that are over, and at which position of the log each was."""
    opened = connection.scalars(select(PublishedAct.at).where(PublishedAct.idx == 0)).one()
    first = year_of(opened, first_month=told.first_month)
    last = year_of(utc_text(told.newest_at), first_month=told.first_month)
    found = {}
    for year in range(first, last):
        begins = fiscal_year_begins(year + 1, first_month=told.first_month)
        begins_at = utc_text(datetime.combine(begins, time(), BANGKOK))
        found[year] = connection.scalars(
            select(func.min(PublishedAct.idx)).where(PublishedAct.at >= begins_at)
        ).one()
    return found


def code_rows(known: Names) -> Iterator[Cells]:
    """Give the names of codes, by kind."""
    for kind, code in sorted(known):
        name = known[kind, code]
        yield kind, code, name.th, name.en


_READERS: Mapping[str, Callable[[Connection, Edition], Iterator[Cells]]] = {
    "grants": _grants,
    "payments": _payments,
    "allocations": _allocations,
    "donations": _donations,
    "service_times": _service_times,
    "counts": _counts,
}
