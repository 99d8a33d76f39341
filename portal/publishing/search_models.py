"""Tables that count requests: groups of alike ones, their orders, and how long they took."""

from __future__ import annotations

from sqlalchemy import BigInteger
from sqlalchemy import Index
from sqlalchemy import String
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from portal.db import Base


class PublishedGroup(Base):
    """Requests that are alike in all that a search narrows by, and the ends of their keys."""

    __tablename__ = "published_group"
    # Counting by place reads its index alone.
    __table_args__ = (Index("ix_published_group_place", "place", "count"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    fiscal_year: Mapped[int]
    fund: Mapped[str] = mapped_column(String(12))
    subcommittee: Mapped[str] = mapped_column(String(12))
    category: Mapped[str] = mapped_column(String(12))
    purpose: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(20))
    band: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20))
    # The tambon of a project; empty for a youth.
    place: Mapped[str] = mapped_column(String(6))
    # Whether all its money is paid: what is closed may have ended without.
    is_paid: Mapped[bool]
    count: Mapped[int] = mapped_column(BigInteger)
    satang: Mapped[int] = mapped_column(BigInteger)
    paid_satang: Mapped[int] = mapped_column(BigInteger)
    act_first: Mapped[int] = mapped_column(BigInteger)
    act_last: Mapped[int] = mapped_column(BigInteger)
    sent_first: Mapped[int] = mapped_column(BigInteger)
    sent_last: Mapped[int] = mapped_column(BigInteger)
    amount_first: Mapped[int] = mapped_column(BigInteger)
    amount_last: Mapped[int] = mapped_column(BigInteger)


class PublishedCount(Base):
    """Groups that are alike in all that is counted by: a sixth as many rows, which facets read."""

    __tablename__ = "published_count"
    # Counting everything by a facet reads its index alone, in its order.
    __table_args__ = tuple(
        Index(f"ix_published_count_{name}", name, "count")
        for name in ("fiscal_year", "fund", "subcommittee", "category", "kind", "band", "status")
    )

    fiscal_year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    fund: Mapped[str] = mapped_column(String(12), primary_key=True)
    subcommittee: Mapped[str] = mapped_column(String(12), primary_key=True)
    category: Mapped[str] = mapped_column(String(12), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    band: Mapped[str] = mapped_column(String(20), primary_key=True)
    status: Mapped[str] = mapped_column(String(20), primary_key=True)
    is_paid: Mapped[bool] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
    satang: Mapped[int] = mapped_column(BigInteger)


class PublishedOrder(Base):
    """The group of a request, and one key for each order that it can be listed in."""

    __tablename__ = "published_order"
    __table_args__ = (
        Index("ix_published_order_act", "group_id", "act_key"),
        Index("ix_published_order_sent", "group_id", "sent_key"),
        Index("ix_published_order_amount", "group_id", "amount_key"),
        # For who asks for everything.
        Index("ix_published_order_all_by_act", "act_key"),
        Index("ix_published_order_all_by_sent", "sent_key"),
        Index("ix_published_order_all_by_amount", "amount_key"),
    )

    reference: Mapped[str] = mapped_column(String(20), primary_key=True)
    group_id: Mapped[int] = mapped_column(BigInteger)
    number: Mapped[int] = mapped_column(index=True)
    paid_satang: Mapped[int] = mapped_column(BigInteger)
    act_key: Mapped[int] = mapped_column(BigInteger)
    sent_key: Mapped[int] = mapped_column(BigInteger)
    amount_key: Mapped[int] = mapped_column(BigInteger)


class PublishedWait(Base):
    """How many requests of a subcommittee took how long for a step."""

    __tablename__ = "published_wait"

    subcommittee: Mapped[str] = mapped_column(String(12), primary_key=True)
    step: Mapped[str] = mapped_column(String(12), primary_key=True)
    minutes: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int] = mapped_column(BigInteger)
