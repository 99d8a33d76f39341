"""Filling the tables that count requests with what the fold tells of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import bindparam
from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.publishing.grouping import Group
from portal.publishing.grouping import group_of
from portal.publishing.grouping import keys_of
from portal.publishing.models import PublishedRequest
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
    session.execute(insert(PublishedOrder), [order_row(case) for case in cases.values()])
    _set_ends(session, {*left, *(row["id"] for row in new)})
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


def _take_out(session: Session, references: Collection[str]) -> Collection[int]:
    """Take requests out of where they stand; return the groups they leave."""
    here = PublishedOrder.reference.in_(references)
    leaving: dict[int, Row] = {}
    for group_id, count, satang, paid in session.execute(
        select(
            PublishedOrder.group_id,
            func.count(),
            func.sum(PublishedOrder.amount_key // POSITIONS),
            func.sum(PublishedOrder.paid_satang),
        )
        .where(here)
        .group_by(PublishedOrder.group_id)
    ):
        leaving[group_id] = {
            "of_group": group_id,
            "fewer": count,
            "less": int(satang),
            "less_paid": int(paid),
        }
    session.execute(delete(PublishedOrder).where(here))
    if leaving:
        session.connection().execute(_LESSEN_GROUP, list(leaving.values()))
    return leaving


_LESSEN_GROUP = (
    update(PublishedGroup.__table__)  # type: ignore[arg-type]  # a mapped table is one
    .where(PublishedGroup.id == bindparam("of_group"))
    .values(
        count=PublishedGroup.count - bindparam("fewer"),
        satang=PublishedGroup.satang - bindparam("less"),
        paid_satang=PublishedGroup.paid_satang - bindparam("less_paid"),
    )
)
_ADD_WAIT = text(
    "INSERT INTO published_wait (subcommittee, step, minutes, count)"
    " VALUES (:subcommittee, :step, :minutes, :count)"
    " ON CONFLICT (subcommittee, step, minutes) DO UPDATE SET"
    " count = published_wait.count + excluded.count"
)
_COLUMNS = [column.key for column in PublishedGroup.__table__.columns]
_ADD_GROUP = text(
    f"INSERT INTO published_group ({', '.join(_COLUMNS)})"  # noqa: S608 - names of columns
    f" VALUES ({', '.join(f':{name}' for name in _COLUMNS)})"
    " ON CONFLICT (id) DO UPDATE SET count = published_group.count + excluded.count,"
    " satang = published_group.satang + excluded.satang,"
    " paid_satang = published_group.paid_satang + excluded.paid_satang"
)


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
