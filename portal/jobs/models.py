"""Jobs: what was asked of the worker, how far it is, and what came of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy import ForeignKey
from sqlalchemy import Index
from sqlalchemy import String
from sqlalchemy import Text
from sqlalchemy import text
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from portal.audit.models import BigId
from portal.db import Base
from portal.db import Moment
from portal.db import choice
from portal.jobs.rules import JobState

_LIVING = text("state <> 'dead'")
_OPEN = text("state IN ('waiting', 'working')")


class Job(Base):
    """One job. `asked` is JSON and holds ids alone; `digest` says what would be the same again.

    Until `lease_until` it is the worker's that took it up, or waits for its next attempt. The
    number of attempts tells one taking up from the next.
    """

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint("(state = 'done') = (result IS NOT NULL)", name="done_has_result"),
        CheckConstraint("attempts BETWEEN 0 AND 5", name="attempts_end"),
        CheckConstraint("steps_done BETWEEN 0 AND steps", name="steps_are_bounded"),
        CheckConstraint("state <> 'dead' OR trouble <> ''", name="dead_has_trouble"),
        Index(
            "uq_job_living",
            "kind",
            "digest",
            unique=True,
            sqlite_where=_LIVING,
            postgresql_where=_LIVING,
        ),
        Index("ix_job_open", "lease_until", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    digest: Mapped[str] = mapped_column(String(64))
    asked: Mapped[str] = mapped_column(Text)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    asked_at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[JobState] = mapped_column(choice(JobState, "job_state"))
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime] = mapped_column(Moment)
    beat_at: Mapped[datetime | None] = mapped_column(Moment)
    steps_done: Mapped[int] = mapped_column(default=0)
    steps: Mapped[int]
    result: Mapped[str | None] = mapped_column(String(40))
    trouble: Mapped[str] = mapped_column(Text, default="")
