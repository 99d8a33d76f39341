"""The log's tables: entries, the queue at commit, their order, openings."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger
from sqlalchemy import CheckConstraint
from sqlalchemy import ForeignKey
from sqlalchemy import Identity
from sqlalchemy import Integer
from sqlalchemy import LargeBinary
from sqlalchemy import String
from sqlalchemy import Uuid
from sqlalchemy import select
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import column_property
from sqlalchemy.orm import mapped_column

from portal.audit.entry import FIELDS_MAX
from portal.db import Base
from portal.db import Moment
from portal.db import column_of

# SQLite gives its own row numbers only to a column that is exactly INTEGER.
BigId = BigInteger().with_variant(Integer(), "sqlite")
Eid = Uuid(as_uuid=False)


class LogEntry(Base):
    """An entry as it was recorded, in the transaction of its act; never changed."""

    __tablename__ = "log_entry"
    __table_args__ = (CheckConstraint("length(body) BETWEEN 2 AND 16384", name="body_size"),)

    seqno: Mapped[int] = mapped_column(BigId, Identity(), primary_key=True)
    eid: Mapped[str] = mapped_column(Eid, unique=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class LogPending(Base):
    """The queue: filled by a trigger at commit, emptied by the sequencer."""

    __tablename__ = "log_pending"

    pno: Mapped[int] = mapped_column(BigId, Identity(), primary_key=True)
    seqno: Mapped[int] = mapped_column(BigInteger)


class LogSeq(Base):
    """The order: each entry's index in the tree, without gaps."""

    __tablename__ = "log_seq"

    idx: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    seqno: Mapped[int] = mapped_column(ForeignKey("log_entry.seqno"), unique=True)


def _eid_of(number: Mapped[int]) -> Mapped[str]:
    """Return the id of the entry that a private field of this number belongs to."""
    eid = select(LogEntry.eid).where(LogEntry.seqno == column_of(number) // FIELDS_MAX)
    # Also beside a join with the entries themselves.
    return column_property(eid.correlate_except(LogEntry).scalar_subquery())


class PrivateField(Base):
    """The opening of one commitment, encrypted under the key of the person it is about.

    Its number is its entry's and its place in the entry: so every act writes at the end of the
    table, and there is no index that would cost every act.
    """

    __tablename__ = "private_field"

    number: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    field: Mapped[str] = mapped_column(String(32))
    # Looked for only when somebody is erased.
    subject: Mapped[str] = mapped_column(String(60))
    key_id: Mapped[str] = mapped_column(String(36))
    nonce: Mapped[bytes] = mapped_column(LargeBinary)
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary)
    eid: Mapped[str] = _eid_of(number)


class Erasure(Base):
    """An order to erase what is known of somebody: written before the key is destroyed.

    A process that dies between the two leaves it open, and the next start finishes it. When it is
    done it no longer says whom it was about.
    """

    __tablename__ = "erasure"
    __table_args__ = (
        CheckConstraint("(done_at IS NULL) = (subject IS NOT NULL)", name="done_is_forgotten"),
    )

    ticket: Mapped[str] = mapped_column(String(40), primary_key=True)
    subject: Mapped[str | None] = mapped_column(String(60))
    opened_at: Mapped[datetime] = mapped_column(Moment)
    done_at: Mapped[datetime | None] = mapped_column(Moment)
    log_eid: Mapped[str | None] = mapped_column(
        Eid, ForeignKey("log_entry.eid", deferrable=True, initially="DEFERRED")
    )
