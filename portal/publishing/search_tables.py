"""Filling the tables that count requests with what the fold tells of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import TextClause
from sqlalchemy import bindparam
from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.db import Base
from portal.publishing.grouping import Group
from portal.publishing.grouping import group_of
from portal.publishing.grouping import keys_of
from portal.publishing.models import PublishedRequest
from portal.publishing.search_models import PublishedCount
from portal.publishing.search_models import PublishedGroup
from portal.publishing.search_models import PublishedOrder
from portal.publishing.search_models import PublishedWait
from portal.publishing.searching import POSITIONS
from portal.publishing.searching import amount_of
from portal.publishing.searching import number_of
from portal.publishing.shelf import Case
from portal.publishing.tables import Row
from portal.publishing.waits import Wait
from portal.publishing.waits import waits_of

KEYS = ("act", "sent", "amount")
SUMMED = ("count", "satang")
COUNTED = [column.key for column in PublishedCount.__table__.columns if column.key not in SUMMED]


def order_row(case: Case) -> Row:
    """Return the group and keys of a request as the table keeps them."""
    keys = keys_of(case)
    return {
        "reference": case.reference,
        "group_id": group_of(case).ident,
        "number": number_of(case.reference),
        "paid_satang": case.disbursed_satang,
        **{f"{name}_key": getattr(keys, name) for name in KEYS},
    }


def group_rows(cases: Iterable[Case]) -> list[Row]:
    """Return every group of these requests as the table keeps it."""
    members: dict[Group, list[Case]] = {}
    for case in cases:
        members.setdefault(group_of(case), []).append(case)
    return [_group_row(group, alike) for group, alike in members.items()]


def _group_row(group: Group, alike: Sequence[Case]) -> Row:
    keys = [keys_of(case) for case in alike]
    return {
        "id": group.ident,
        **asdict(group),
        "count": len(keys),
        "satang": sum(amount_of(each.amount) for each in keys),
        "paid_satang": sum(case.disbursed_satang for case in alike),
        **{f"{name}_first": min(getattr(each, name) for each in keys) for name in KEYS},
        **{f"{name}_last": max(getattr(each, name) for each in keys) for name in KEYS},
    }


def count_rows(groups: Iterable[Row]) -> list[Row]:
    """Return what groups count by all that is counted by, as the table keeps it."""
    sums: dict[tuple[object, ...], Counter[str]] = {}
    for group in groups:
        codes = tuple(group[name] for name in COUNTED)
        summed = sums.setdefault(codes, Counter())
        summed.update({name: group[name] for name in SUMMED})
    return [
        {**dict(zip(COUNTED, codes, strict=True)), **summed}
        for codes, summed in sums.items()
        if any(summed.values())
    ]


def wait_rows(counts: Mapping[Wait, int]) -> list[Row]:
    """Return how many requests took how long as the table keeps it."""
    return [{**wait._asdict(), "count": count} for wait, count in counts.items()]


def write_search(session: Session, cases: Mapping[str, Case]) -> None:
    """Count these requests as they are now, and no longer as they stand in the tables."""
    if not cases:
        return
    _write_waits(session, cases)
    left = _take_out(session, cases)
    new = group_rows(cases.values())
    session.execute(_ADD_GROUP, new)
    if changed := count_rows([*new, *left]):
        session.execute(_ADD_COUNT, changed)
        session.execute(delete(PublishedCount).where(PublishedCount.count == 0))
    session.execute(insert(PublishedOrder), [order_row(case) for case in cases.values()])
    _set_ends(session, {row["id"] for row in (*left, *new)})
    session.execute(delete(PublishedGroup).where(PublishedGroup.count == 0))


def _write_waits(session: Session, cases: Mapping[str, Case]) -> None:
    before = session.execute(
        select(
            PublishedRequest.subcommittee,
            PublishedRequest.submitted_at,
            PublishedRequest.decided_at,
            PublishedRequest.paid_at,
        ).where(PublishedRequest.reference.in_(cases))
    )
    counts = Counter[Wait]()
    for case in cases.values():
        counts.update(waits_of(case))
    for told in before:
        counts.subtract(waits_of(told))
    changed = {wait: count for wait, count in counts.items() if count}
    if changed:
        session.execute(_ADD_WAIT, wait_rows(changed))
        session.execute(delete(PublishedWait).where(PublishedWait.count == 0))


def _take_out(session: Session, references: Collection[str]) -> list[Row]:
    """Take requests out of where they stand; return how the groups they leave change."""
    here = PublishedOrder.reference.in_(references)
    left = session.execute(
        select(
            PublishedGroup.id,
            *(getattr(PublishedGroup, name) for name in COUNTED),
            (-func.count()).label("count"),
            (-func.sum(PublishedOrder.amount_key // POSITIONS)).label("satang"),
            (-func.sum(PublishedOrder.paid_satang)).label("paid_satang"),
        )
        .join(PublishedOrder, PublishedOrder.group_id == PublishedGroup.id)
        .where(here)
        .group_by(PublishedGroup.id)
    )
    rows = [{**row, **{name: int(row[name]) for name in _SUMS}} for row in left.mappings()]
    session.execute(delete(PublishedOrder).where(here))
    if rows:
        changes = [
            {"of_group": row["id"], **{f"new_{name}": row[name] for name in _SUMS}} for row in rows
        ]
        session.connection().execute(_CHANGE_GROUP, changes)
    return rows


_SUMS = (*SUMMED, "paid_satang")
_CHANGE_GROUP = (
    update(PublishedGroup.__table__)  # type: ignore[arg-type]  # a mapped table is one
    .where(PublishedGroup.id == bindparam("of_group"))
    .values({name: getattr(PublishedGroup, name) + bindparam(f"new_{name}") for name in _SUMS})
)


def _adding(table: type[Base], key: Sequence[str], sums: Sequence[str]) -> TextClause:
    """Return the statement that adds rows, or their sums to those that are there."""
    names, columns = table.__tablename__, [column.key for column in table.__table__.columns]
    summed = ", ".join(f"{name} = {names}.{name} + excluded.{name}" for name in sums)
    return text(
        f"INSERT INTO {names} ({', '.join(columns)})"  # noqa: S608 - names of columns
        f" VALUES ({', '.join(f':{name}' for name in columns)})"
        f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {summed}"
    )


_ADD_GROUP = _adding(PublishedGroup, ("id",), _SUMS)
_ADD_COUNT = _adding(PublishedCount, COUNTED, SUMMED)
_ADD_WAIT = _adding(PublishedWait, ("subcommittee", "step", "minutes"), ("count",))


def _set_ends(session: Session, groups: Collection[object]) -> None:
    """Let groups know their smallest and largest keys; each is one step down an index."""
    ends = {}
    for name in KEYS:
        key = getattr(PublishedOrder, f"{name}_key")
        for end, found in (("first", func.min(key)), ("last", func.max(key))):
            own = select(found).where(PublishedOrder.group_id == PublishedGroup.id)
            ends[f"{name}_{end}"] = func.coalesce(own.scalar_subquery(), 0)
    session.execute(
        update(PublishedGroup)
        .where(PublishedGroup.id.in_(groups))
        .values(ends)
        .execution_options(synchronize_session=False)
    )
