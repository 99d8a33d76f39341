"""What a search finds: how many and how much, by facet, and a page of it."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy import Row
from sqlalchemy import Select
from sqlalchemy import String
from sqlalchemy import UnaryExpression
from sqlalchemy import case
from sqlalchemy import cast
from sqlalchemy import func
from sqlalchemy import join
from sqlalchemy import literal
from sqlalchemy import select
from sqlalchemy import union_all
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.orm import Session

from portal.money import Money
from portal.publishing.log_page import PAGE_LENGTH
from portal.publishing.models import PublishedRequest
from portal.publishing.narrowing import Narrowed
from portal.publishing.narrowing import column_of
from portal.publishing.narrowing import narrowed
from portal.publishing.queries import STATUSES
from portal.publishing.queries import Names
from portal.publishing.queries import RequestLine
from portal.publishing.queries import request_line
from portal.publishing.search_models import PublishedGroup
from portal.publishing.search_models import PublishedOrder
from portal.publishing.searching import POSITIONS
from portal.publishing.searching import Band
from portal.publishing.searching import Facet
from portal.publishing.searching import Search
from portal.publishing.searching import Words

OF_GROUP = join(PublishedOrder, PublishedGroup, PublishedOrder.group_id == PublishedGroup.id)
# The satang that the key of an amount holds.
AMOUNT = PublishedOrder.amount_key // POSITIONS


@dataclass(frozen=True, slots=True)
class Count:
    """How many of what is found have a code."""

    code: str
    count: int


@dataclass(frozen=True, slots=True)
class Found:
    """A page of what a search finds; `older` and `newer` are the keys where the next pages begin.

    The counts of a facet are those without its own narrowing: each leads to another answer.
    """

    rows: Sequence[PublishedRequest]
    lines: Sequence[RequestLine]
    count: int
    amount: Money
    facets: Mapping[Facet, Sequence[Count]]
    older: int | None
    newer: int | None


def found(
    session: Session, search: Search, known: Names, words: Words, *, length: int = PAGE_LENGTH
) -> Found:
    """Return a page of what a search finds, and what it counts in all."""
    conditions = narrowed(search, words)
    count, satang, facets = _counted(session, conditions)
    page, older, newer = _page(session, search, conditions, length)
    return Found(
        rows=page,
        lines=[request_line(row, known) for row in page],
        count=count,
        amount=Money(satang),
        facets=facets,
        older=older,
        newer=newer,
    )


def _counted(
    session: Session, conditions: Narrowed
) -> tuple[int, int, Mapping[Facet, Sequence[Count]]]:
    """Return how many are found, their satang, and how many by code of each facet."""
    nothing, zero = literal(""), literal(0)
    # What is found is looked up once, for the sums and every facet that does not narrow it.
    rows = _rows_counted(conditions)
    all_found = rows.cte("found") if conditions.narrows else rows.subquery()
    sums = select(nothing, nothing, func.sum(all_found.c.count_), func.sum(all_found.c.satang))
    by_code = []
    for facet in Facet:
        is_own = facet in conditions.facets
        source = _rows_counted(conditions, but=facet).subquery() if is_own else all_found
        code = source.c[facet.value]
        by_code.append(
            select(
                literal(facet.value), cast(code, String(20)), func.sum(source.c.count_), zero
            ).group_by(code)
        )
    whole = (0, 0)
    counts: dict[str, dict[str, int]] = {facet.value: {} for facet in Facet}
    for facet, code, counted, summed in session.execute(union_all(sums, *by_code)):
        if facet:
            counts[facet][code] = int(counted)
        else:
            whole = int(counted or 0), int(summed or 0)
    return *whole, {facet: _sorted(facet, counts[facet.value]) for facet in Facet}


def _rows_counted(conditions: Narrowed, *, but: Facet | None = None) -> Select[*tuple[Any, ...]]:
    """Select what is counted already, and single requests where a number is asked for."""
    table = conditions.counted
    codes = [column_of(table, facet).label(facet.value) for facet in Facet]
    asked = conditions.on(table, but=but)
    if conditions.requests:
        one = select(*codes, literal(1).label("count_"), AMOUNT.label("satang"))
        return one.select_from(OF_GROUP).where(*conditions.requests, *asked)
    return select(*codes, table.count.label("count_"), table.satang).where(*asked)


def _sorted(facet: Facet, counts: Mapping[str, int]) -> Sequence[Count]:
    """Return the codes of a facet: those with an order of their own in it, others by count."""
    order = _ORDERS.get(facet)
    if order is not None:
        return [Count(code, counts[code]) for code in order if code in counts]
    if facet is Facet.YEAR:
        return [Count(year, counts[year]) for year in sorted(counts, reverse=True)]
    return [Count(code, counts[code]) for code in sorted(counts, key=lambda code: -counts[code])]


_ORDERS: Mapping[Facet, Sequence[str]] = {
    Facet.AMOUNT: [band.value for band in Band],
    Facet.STATUS: STATUSES,
}


def _page(
    session: Session, search: Search, conditions: Narrowed, length: int
) -> tuple[list[PublishedRequest], int | None, int | None]:
    """Return the requests of a page, and the keys where the pages beside it begin."""
    if search.after is not None:
        back = _keyed(session, search, conditions, length, is_back=True)
        if len(back) > length:
            return _rows(session, back[:length][::-1]), back[0][0], back[length - 1][0]
        search = replace(search, before=None, after=None)
    keyed = _keyed(session, search, conditions, length)
    older = keyed[length - 1][0] if len(keyed) > length else None
    newer = keyed[0][0] if keyed and search.before is not None else None
    return _rows(session, keyed[:length]), older, newer


def _keyed(
    session: Session, search: Search, conditions: Narrowed, length: int, *, is_back: bool = False
) -> list[tuple[int, str]]:
    """Return the keys and references of a page in its order, and of one request more."""
    way = _Way(
        search.order.key,
        goes_up=search.order.goes_up != is_back,
        start=search.after if is_back else search.before,
    )
    if conditions.requests:
        asked = [*conditions.on(PublishedGroup), *conditions.requests]
        statement = way.requests().select_from(OF_GROUP).where(*asked).limit(length + 1)
    elif not conditions.narrows:
        statement = way.requests().limit(length + 1)
    else:
        groups = session.execute(way.groups(conditions.on(PublishedGroup)).limit(length + 1)).all()
        if not groups:
            return []
        statement = way.among(groups, length + 1)
    return [(key, reference) for key, reference in session.execute(statement)]


@dataclass(frozen=True, slots=True)
class _Way:
    """One way through an order, from behind a key on."""

    name: str
    goes_up: bool
    start: int | None

    def requests(self) -> Select[int, str]:
        """Return requests behind the start, the first ones first."""
        key: InstrumentedAttribute[int] = getattr(PublishedOrder, f"{self.name}_key")
        statement = select(key.label("key"), PublishedOrder.reference)
        return statement.where(*self._behind(key)).order_by(self.ordered(key))

    def groups(self, conditions: Sequence[ColumnElement[bool]]) -> Select[int, int]:
        """Return groups that have requests behind the start, the one that begins first first."""
        near, far = ("first", "last") if self.goes_up else ("last", "first")
        begins: InstrumentedAttribute[int] = getattr(PublishedGroup, f"{self.name}_{near}")
        ends: InstrumentedAttribute[int] = getattr(PublishedGroup, f"{self.name}_{far}")
        behind = [*conditions, *self._behind(ends)]
        first: ColumnElement[int] = begins.expression
        if self.start is not None:
            first = case((self._behind(begins)[0], begins), else_=self._next())
        statement = select(PublishedGroup.id, first.label("first")).where(*behind)
        return statement.order_by(self.ordered(first))

    def among(self, groups: Sequence[Row[int, int]], length: int) -> Select[int, str]:
        """Return the first requests of these groups, which are those that begin first.

        Of as many groups as the list is long, one request each is known that stands there: none
        behind the last of those belongs to the list.
        """
        key: InstrumentedAttribute[int] = getattr(PublishedOrder, f"{self.name}_key")
        if len(groups) == length:
            last = groups[-1].first
            within = key <= last if self.goes_up else key >= last
            in_groups = PublishedOrder.group_id.in_([group.id for group in groups])
            found = self.requests().where(in_groups, within)
            # Not by the index of the whole order: what lies before these groups would be read.
            return found.order_by(None).order_by(self.ordered(key + 0)).limit(length)
        parts = union_all(
            *(
                select(
                    self.requests()
                    .where(PublishedOrder.group_id == group.id)
                    .limit(length)
                    .subquery()
                )
                for group in groups
            )
        ).subquery()
        return select(parts).order_by(self.ordered(parts.c.key)).limit(length)

    def _next(self) -> ColumnElement[int]:
        """Return the key of a group's first request behind the start: one step down an index."""
        key: InstrumentedAttribute[int] = getattr(PublishedOrder, f"{self.name}_key")
        nearest = func.min(key) if self.goes_up else func.max(key)
        of_group = PublishedOrder.group_id == PublishedGroup.id
        return select(nearest).where(of_group, *self._behind(key)).scalar_subquery()

    def _behind(self, key: InstrumentedAttribute[int]) -> list[ColumnElement[bool]]:
        if self.start is None:
            return []
        return [key > self.start if self.goes_up else key < self.start]

    def ordered(self, key: ColumnElement[int] | InstrumentedAttribute[int]) -> UnaryExpression[int]:
        """Return how a key orders."""
        return key.asc() if self.goes_up else key.desc()


def _rows(session: Session, keyed: Sequence[tuple[int, str]]) -> list[PublishedRequest]:
    references = [reference for _, reference in keyed]
    rows = session.scalars(
        select(PublishedRequest).where(PublishedRequest.reference.in_(references))
    )
    by_reference = {row.reference: row for row in rows}
    return [by_reference[reference] for reference in references]
