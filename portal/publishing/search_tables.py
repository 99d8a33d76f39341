"""Filling the tables of the search with what the fold tells of requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
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
from portal.publishing.search_models import PublishedGroup
from portal.publishing.search_models import PublishedOrder
from portal.publishing.searching import amount_of
from portal.publishing.searching import number_of
from portal.publishing.shelf import Case
from portal.publishing.tables import Row

KEYS = ("act", "sent", "amount")


def order_row(case: Case) -> Row:
    """Return the group and keys of a request as the table keeps them."""
    keys = keys_of(case)
    return {
        "reference": case.reference,
        "group_id": group_of(case).ident,
        "number": number_of(case.reference),
        **{f"{name}_key": key for name, key in asdict(keys).items()},
    }


def group_rows(cases: Iterable[Case]) -> list[Row]:
    """Return every group of these requests as the table keeps it."""
    members: dict[Group, list[dict[str, int]]] = {}
    for case in cases:
        members.setdefault(group_of(case), []).append(asdict(keys_of(case)))
    return [_group_row(group, keys) for group, keys in members.items()]


def _group_row(group: Group, keys: list[dict[str, int]]) -> Row:
    return {
        "id": group.ident,
        **asdict(group),
        "count": len(keys),
        "satang": sum(amount_of(each["amount"]) for each in keys),
        **{f"{name}_first": min(each[name] for each in keys) for name in KEYS},
        **{f"{name}_last": max(each[name] for each in keys) for name in KEYS},
    }


def write_search(session: Session, cases: Mapping[str, Case]) -> None:
    """Put requests into their groups and orders, out of those they stood in before."""
    if not cases:
        return
    left = _take_out(session, cases)
    new = group_rows(cases.values())
    session.execute(_ADD_GROUP, new)
    session.execute(insert(PublishedOrder), [order_row(case) for case in cases.values()])
    _set_ends(session, {*left, *(row["id"] for row in new)})
    session.execute(delete(PublishedGroup).where(PublishedGroup.count == 0))


def _take_out(session: Session, references: Collection[str]) -> Collection[int]:
    """Take requests out of where they stand; return the groups they leave."""
    here = PublishedOrder.reference.in_(references)
    counts, satang = Counter[int](), Counter[int]()
    for group_id, key in session.execute(
        select(PublishedOrder.group_id, PublishedOrder.amount_key).where(here)
    ):
        counts[group_id] += 1
        satang[group_id] += amount_of(key)
    session.execute(delete(PublishedOrder).where(here))
    if counts:
        session.connection().execute(
            update(PublishedGroup.__table__)  # type: ignore[arg-type]  # a mapped table is one
            .where(PublishedGroup.id == bindparam("of_group"))
            .values(
                count=PublishedGroup.count - bindparam("fewer"),
                satang=PublishedGroup.satang - bindparam("less"),
            ),
            [
                {"of_group": group_id, "fewer": count, "less": satang[group_id]}
                for group_id, count in counts.items()
            ],
        )
    return counts


_COLUMNS = [column.key for column in PublishedGroup.__table__.columns]
_ADD_GROUP = text(
    f"INSERT INTO published_group ({', '.join(_COLUMNS)})"  # noqa: S608 - names of columns
    f" VALUES ({', '.join(f':{name}' for name in _COLUMNS)})"
    " ON CONFLICT (id) DO UPDATE SET count = published_group.count + excluded.count,"
    " satang = published_group.satang + excluded.satang"
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
