"""Tables of referrals, follow-ups and case notes. Private throughout."""

from __future__ import annotations

from datetime import date
from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy import ForeignKey
from sqlalchemy import ForeignKeyConstraint
from sqlalchemy import Index
from sqlalchemy import Text
from sqlalchemy import UniqueConstraint
from sqlalchemy import text
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from portal.audit.models import Eid
from portal.cases.follow_ups import Outcome
from portal.cases.follow_ups import Pathway
from portal.cases.rules import Reason
from portal.cases.rules import State
from portal.db import Base
from portal.db import Moment
from portal.db import choice

_IS_OPEN = text("state IN ('sent', 'accepted')")
_IS_TO_DO = text("done_at IS NULL")


def log_entry() -> Mapped[str]:
    """Return a column naming the log entry of a row's newest act; no two rows share one."""
    entry = ForeignKey("log_entry.eid", deferrable=True, initially="DEFERRED")
    return mapped_column(Eid, entry, unique=True)


class Referral(Base):
    """A person referred from one organisation to another, and what became of it.

    It moves only along the arrows of `STEPS`, each step with a new entry; its words may be blanked
    while somebody is being erased. Both are kept by a trigger.
    """

    __tablename__ = "referral"
    __table_args__ = (
        CheckConstraint("receiver_code <> sender_code", name="between_two"),
        CheckConstraint("answered_by_id <> sent_by_id", name="answered_by_another"),
        CheckConstraint(
            "(answered_at IS NULL) = (answered_by_id IS NULL)"
            " AND (answered_at IS NOT NULL) = (state IN ('accepted', 'declined', 'done'))",
            name="answered_whole",
        ),
        CheckConstraint(
            "(ended_at IS NULL) = (ended_by_id IS NULL)"
            " AND (ended_at IS NOT NULL) = (state IN ('done', 'cancelled'))",
            name="ended_whole",
        ),
        CheckConstraint(
            "ended_by_id IS NULL OR (ended_by_id = sent_by_id) = (state = 'cancelled')",
            name="ended_by_its_side",
        ),
        CheckConstraint("(reason IS NOT NULL) = (state = 'declined')", name="declined_has_reason"),
        UniqueConstraint("id", "youth_id"),
        Index(
            "uq_referral_open",
            "youth_id",
            "receiver_code",
            unique=True,
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
        Index("ix_referral_receiver_code_state", "receiver_code", "state"),
        Index("ix_referral_sender_code_state", "sender_code", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    youth_id: Mapped[int] = mapped_column(ForeignKey("youth.id"), index=True)
    state: Mapped[State] = mapped_column(choice(State, "state"))
    version: Mapped[int] = mapped_column()
    sender_code: Mapped[str] = mapped_column(ForeignKey("organisation.code"))
    receiver_code: Mapped[str] = mapped_column(ForeignKey("organisation.code"))
    # The declined referral that this one follows; it is sent again once.
    earlier_id: Mapped[int | None] = mapped_column(ForeignKey("referral.id"), unique=True)
    asked: Mapped[str] = mapped_column(Text)
    sent_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    sent_at: Mapped[datetime] = mapped_column(Moment)
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    answered_at: Mapped[datetime | None] = mapped_column(Moment)
    reason: Mapped[Reason | None] = mapped_column(choice(Reason, "reason"))
    answer: Mapped[str] = mapped_column(Text, default="")
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    result: Mapped[str] = mapped_column(Text, default="")
    log_eid: Mapped[str] = log_entry()

    __mapper_args__ = {"version_id_col": version}


class FollowUp(Base):
    """A day on which somebody is to be asked after, and how they were found; done once."""

    __tablename__ = "follow_up"
    __table_args__ = (
        CheckConstraint(
            "(done_at IS NULL) = (done_on IS NULL) AND (done_at IS NULL) = (done_by_id IS NULL)"
            " AND (done_at IS NULL) = (outcome IS NULL)",
            name="done_whole",
        ),
        CheckConstraint(
            "pathway IS NULL OR coalesce(outcome, '') IN ('in_school', 'in_training')",
            name="pathway_of_learning",
        ),
        Index(
            "uq_follow_up_to_do",
            "youth_id",
            "due_on",
            unique=True,
            sqlite_where=_IS_TO_DO,
            postgresql_where=_IS_TO_DO,
        ),
        Index("ix_follow_up_due_on", "due_on", sqlite_where=_IS_TO_DO, postgresql_where=_IS_TO_DO),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    youth_id: Mapped[int] = mapped_column(ForeignKey("youth.id"), index=True)
    version: Mapped[int] = mapped_column()
    due_on: Mapped[date]
    # Nobody: the system planned it after the first support.
    planned_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    planned_at: Mapped[datetime] = mapped_column(Moment)
    done_on: Mapped[date | None]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    done_at: Mapped[datetime | None] = mapped_column(Moment)
    outcome: Mapped[Outcome | None] = mapped_column(choice(Outcome, "outcome"))
    pathway: Mapped[Pathway | None] = mapped_column(choice(Pathway, "pathway"))
    note: Mapped[str] = mapped_column(Text, default="")
    log_eid: Mapped[str] = log_entry()

    __mapper_args__ = {"version_id_col": version}


class CaseNote(Base):
    """What somebody wrote about a person, for their referral where a partner wrote it; kept."""

    __tablename__ = "case_note"
    __table_args__ = (
        # A partner's note is about the person of its referral, and about nobody else.
        ForeignKeyConstraint(["referral_id", "youth_id"], ["referral.id", "referral.youth_id"]),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    youth_id: Mapped[int] = mapped_column(ForeignKey("youth.id"), index=True)
    referral_id: Mapped[int | None]
    words: Mapped[str] = mapped_column(Text)
    by_person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(Moment)
    log_eid: Mapped[str] = log_entry()
