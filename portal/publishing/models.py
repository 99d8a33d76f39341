"""The public tables: filled by the fold of published entries, and by nothing else."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger
from sqlalchemy import CheckConstraint
from sqlalchemy import Index
from sqlalchemy import LargeBinary
from sqlalchemy import String
from sqlalchemy import Text
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from portal.db import Base


class PublishedPosition(Base):
    """How far the tables were folded: the size and root of the published log."""

    __tablename__ = "published_position"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    fold_version: Mapped[int]
    size: Mapped[int] = mapped_column(BigInteger)
    root: Mapped[str] = mapped_column(String(64))
    # The right edge of what was folded: proves that the next entries continue the same log.
    frontier: Mapped[bytes] = mapped_column(LargeBinary)
    note: Mapped[str] = mapped_column(Text)
    vkey: Mapped[str] = mapped_column(String(300))
    # What can be claimed of outsiders: the newest checkpoint that enough of them cosigned.
    witnessed: Mapped[str] = mapped_column(Text, server_default="")


class PublishedName(Base):
    """What is said of a fund, subcommittee, category, purpose or the foundation from a day on."""

    __tablename__ = "published_name"

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    name_th: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    more: Mapped[str] = mapped_column(Text)
    is_retired: Mapped[bool]


class PublishedLimit(Base):
    """A limit above which more people sign, by the entry that set it."""

    __tablename__ = "published_limit"

    idx: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    valid_from: Mapped[str] = mapped_column(String(10))
    above_satang: Mapped[int] = mapped_column(BigInteger)
    signatures: Mapped[str] = mapped_column(String(200))
    subcommittee: Mapped[str | None] = mapped_column(String(12))
    fund: Mapped[str | None] = mapped_column(String(12))


class PublishedRequest(Base):
    """A request as the public may see it."""

    __tablename__ = "published_request"
    __table_args__ = (
        Index("ix_published_request_last_index", "last_index"),
        # The latest and the oldest that stand somewhere: each is one step down an index.
        Index("ix_published_request_latest", "status", "last_index"),
        Index("ix_published_request_paid", "status", "paid_at"),
        Index("ix_published_request_sent", "status", "subcommittee", "sent_at"),
    )

    reference: Mapped[str] = mapped_column(String(20), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    fund: Mapped[str] = mapped_column(String(12))
    subcommittee: Mapped[str] = mapped_column(String(12))
    category: Mapped[str] = mapped_column(String(12))
    purpose: Mapped[str] = mapped_column(String(40))
    fiscal_year: Mapped[int]
    place: Mapped[str | None] = mapped_column(String(6))
    status: Mapped[str] = mapped_column(String(20))
    satang: Mapped[int] = mapped_column(BigInteger)
    approved_satang: Mapped[int] = mapped_column(BigInteger)
    disbursed_satang: Mapped[int] = mapped_column(BigInteger)
    is_urgent: Mapped[bool]
    ratify_by: Mapped[str] = mapped_column(String(10))
    ratification: Mapped[str] = mapped_column(String(10))
    submitted_at: Mapped[str] = mapped_column(String(20))
    sent_at: Mapped[str] = mapped_column(String(20))
    decided_at: Mapped[str] = mapped_column(String(20))
    paid_at: Mapped[str] = mapped_column(String(20))
    last_index: Mapped[int] = mapped_column(BigInteger)
    # What the fold needs to go on: who acted, by codes that hold in this request only.
    parties: Mapped[str] = mapped_column(Text)
    payments: Mapped[str] = mapped_column(Text)


class PublishedAct(Base):
    """One entry of the log, in the columns that pages show."""

    __tablename__ = "published_act"
    __table_args__ = (Index("ix_published_act_type", "type", "idx"),)

    idx: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    eid: Mapped[str] = mapped_column(String(36), unique=True)
    type: Mapped[str] = mapped_column(String(60))
    role: Mapped[str] = mapped_column(String(40))
    at: Mapped[str] = mapped_column(String(20))
    reference: Mapped[str | None] = mapped_column(String(40), index=True)
    satang: Mapped[int | None] = mapped_column(BigInteger)
    public: Mapped[str] = mapped_column(Text)


class PublishedFigure(Base):
    """One public figure: satang and count by month, fund, subcommittee, category and measure."""

    __tablename__ = "published_figure"

    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    fund: Mapped[str] = mapped_column(String(12), primary_key=True)
    subcommittee: Mapped[str] = mapped_column(String(12), primary_key=True)
    category: Mapped[str] = mapped_column(String(12), primary_key=True)
    measure: Mapped[str] = mapped_column(String(20), primary_key=True)
    satang: Mapped[int] = mapped_column(BigInteger)
    count: Mapped[int] = mapped_column(BigInteger)


class PublishedFlow(Base):
    """Money that went one leg of its way, by the entry with which it went: first in, first out."""

    __tablename__ = "published_flow"
    __table_args__ = (
        Index("ix_published_flow_line", "fund", "leg", "subcommittee", "idx", "satang"),
        Index("ix_published_flow_leg", "leg", "idx", "satang"),
        # Two columns, or SQLite might look for a number among everything of its leg.
        Index("ix_published_flow_reference", "reference", "leg"),
    )

    idx: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    leg: Mapped[str] = mapped_column(String(12))
    fund: Mapped[str] = mapped_column(String(12))
    subcommittee: Mapped[str] = mapped_column(String(12))
    category: Mapped[str] = mapped_column(String(12))
    reference: Mapped[str] = mapped_column(String(40))
    request: Mapped[str] = mapped_column(String(20))
    satang: Mapped[int] = mapped_column(BigInteger)


class PublishedFinding(Base):
    """A finding of an auditor as the public may see it. Moments are UTC texts, empty while not."""

    __tablename__ = "published_finding"

    number: Mapped[str] = mapped_column(String(40), primary_key=True)
    severity: Mapped[str] = mapped_column(String(40))
    topic: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(40))
    raised_at: Mapped[str] = mapped_column(String(20))
    answered_at: Mapped[str] = mapped_column(String(20))
    closed_at: Mapped[str] = mapped_column(String(20))


class PublishedReport(Base):
    """A report as the log tells it, also before it is published. Moments are UTC texts.

    `prepared_by` and `answered_by` are codes that hold within this report only.
    """

    __tablename__ = "published_report"

    reference: Mapped[str] = mapped_column(String(40), primary_key=True)
    period: Mapped[str] = mapped_column(String(40))
    edition: Mapped[int]
    state: Mapped[str] = mapped_column(String(40))
    size: Mapped[int] = mapped_column(BigInteger)
    root: Mapped[str] = mapped_column(String(64))
    th_pdf: Mapped[str] = mapped_column(String(64))
    en_pdf: Mapped[str] = mapped_column(String(64))
    pack: Mapped[str] = mapped_column(String(64))
    prepared_at: Mapped[str] = mapped_column(String(20))
    prepared_by: Mapped[str] = mapped_column(String(40))
    answered_at: Mapped[str] = mapped_column(String(20))
    answered_by: Mapped[str] = mapped_column(String(40))
    opinion: Mapped[str] = mapped_column(String(40))
    remarks: Mapped[int] = mapped_column(BigInteger)
    published_at: Mapped[str] = mapped_column(String(20))
    supersedes: Mapped[str] = mapped_column(String(40))
    superseded_by: Mapped[str] = mapped_column(String(40))


class PublishedConcern(Base):
    """A concern as the public may see it."""

    __tablename__ = "published_concern"

    number: Mapped[str] = mapped_column(String(40), primary_key=True)
    topic: Mapped[str] = mapped_column(String(40))
    desk: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(40))
    outcome: Mapped[str] = mapped_column(String(40))
    received_at: Mapped[str] = mapped_column(String(20))
    first_answered_at: Mapped[str] = mapped_column(String(20))
    answered_at: Mapped[str] = mapped_column(String(20))
    closed_at: Mapped[str] = mapped_column(String(20))
