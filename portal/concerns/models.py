"""Tables of findings and concerns; the words in them are only added."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy import ForeignKey
from sqlalchemy import String
from sqlalchemy import Text
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from portal.audit.models import BigId
from portal.audit.models import Eid
from portal.concerns.codes import SENSITIVE
from portal.concerns.codes import SENSITIVE_TOPICS
from portal.concerns.codes import ConcernState
from portal.concerns.codes import ConcernTopic
from portal.concerns.codes import Desk
from portal.concerns.codes import FindingState
from portal.concerns.codes import FindingTopic
from portal.concerns.codes import Outcome
from portal.concerns.codes import Remedy
from portal.concerns.codes import Severity
from portal.db import Base
from portal.db import Moment
from portal.db import choice
from portal.funds.models import log_reference
from portal.roles import Role


class Finding(Base):
    """What an auditor found at one entry of the log, and how far its answer is.

    `eid` is the entry, `fund_request_id` the request that the entry tells of, `since` when the
    finding came to where it stands.
    """

    __tablename__ = "finding"
    __table_args__ = (
        CheckConstraint("answered_by_id <> raised_by_id", name="answered_by_another"),
        CheckConstraint("closed_by_id <> answered_by_id", name="closed_by_another"),
        CheckConstraint(
            "(state = 'open') = (answered_at IS NULL)"
            " AND (answered_at IS NULL) = (answered_by_id IS NULL)"
            " AND (answered_at IS NULL) = (remedy IS NULL)",
            name="answered_whole",
        ),
        CheckConstraint(
            "(state = 'closed') = (closed_at IS NOT NULL)"
            " AND (closed_at IS NULL) = (closed_by_id IS NULL)",
            name="closed_whole",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    eid: Mapped[str] = mapped_column(Eid, ForeignKey("log_entry.eid"))
    fund_request_id: Mapped[int | None] = mapped_column(ForeignKey("fund_request.id"), index=True)
    severity: Mapped[Severity] = mapped_column(choice(Severity, "severity"))
    topic: Mapped[FindingTopic] = mapped_column(choice(FindingTopic, "topic"))
    state: Mapped[FindingState] = mapped_column(choice(FindingState, "state"), index=True)
    since: Mapped[datetime] = mapped_column(Moment)
    raised_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    raised_at: Mapped[datetime] = mapped_column(Moment)
    remedy: Mapped[Remedy | None] = mapped_column(choice(Remedy, "remedy"))
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    answered_at: Mapped[datetime | None] = mapped_column(Moment)
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    erased_at: Mapped[datetime | None] = mapped_column(Moment)
    version: Mapped[int] = mapped_column()
    log_eid: Mapped[str] = log_reference()

    __mapper_args__ = {"version_id_col": version}


class FindingAct(Base):
    """One act on a finding, with its code and its words; never changed."""

    __tablename__ = "finding_act"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    finding_id: Mapped[int] = mapped_column(ForeignKey("finding.id"), index=True)
    act: Mapped[str] = mapped_column(String(60))
    role: Mapped[Role] = mapped_column(choice(Role, "act_role"))
    by_person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[FindingState] = mapped_column(choice(FindingState, "act_state"))
    code: Mapped[str | None] = mapped_column(String(40))
    words: Mapped[str] = mapped_column(Text)
    log_eid: Mapped[str] = log_reference()


class Concern(Base):
    """What somebody without an account told the foundation, and how far its answer is.

    `code_hash` is a keyed hash of the code by which its reporter follows it: the code itself is
    kept nowhere. `about` is the reference they named, `contact` how they can be reached.
    """

    __tablename__ = "concern"
    __table_args__ = (
        CheckConstraint(
            "desk <> 'officers' OR (topic NOT IN ('child', 'staff') AND is_about_house = false)",
            name="sensitive_is_apart",
        ),
        CheckConstraint(
            "(state IN ('answered', 'closed')) = (answered_at IS NOT NULL)"
            " AND (answered_at IS NULL) = (answered_by_id IS NULL)"
            " AND (answered_at IS NULL) = (outcome IS NULL)",
            name="answered_whole",
        ),
        CheckConstraint("(state = 'received') = (taken_by_id IS NULL)", name="taken_by_somebody"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_whole"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    topic: Mapped[ConcernTopic] = mapped_column(choice(ConcernTopic, "topic"))
    is_about_house: Mapped[bool] = mapped_column()
    about: Mapped[str] = mapped_column(String(40))
    contact: Mapped[str] = mapped_column(String(200))
    desk: Mapped[Desk] = mapped_column(choice(Desk, "desk"), index=True)
    state: Mapped[ConcernState] = mapped_column(choice(ConcernState, "state"), index=True)
    since: Mapped[datetime] = mapped_column(Moment)
    received_at: Mapped[datetime] = mapped_column(Moment)
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    outcome: Mapped[Outcome | None] = mapped_column(choice(Outcome, "outcome"))
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    answered_at: Mapped[datetime | None] = mapped_column(Moment)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    erased_at: Mapped[datetime | None] = mapped_column(Moment)
    version: Mapped[int] = mapped_column()
    log_eid: Mapped[str] = log_reference()

    __mapper_args__ = {"version_id_col": version}

    @property
    def public_topic(self) -> str:
        """Return the topic as the public is told it."""
        is_sensitive = self.is_about_house or self.topic in SENSITIVE_TOPICS
        return SENSITIVE if is_sensitive else self.topic.value


class ConcernAct(Base):
    """One act on a concern, with its code and its words; never changed.

    Nobody is named where the reporter acts, or the system.
    """

    __tablename__ = "concern_act"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    concern_id: Mapped[int] = mapped_column(ForeignKey("concern.id"), index=True)
    act: Mapped[str] = mapped_column(String(60))
    role: Mapped[Role | None] = mapped_column(choice(Role, "act_role"))
    by_person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[ConcernState] = mapped_column(choice(ConcernState, "act_state"))
    code: Mapped[str | None] = mapped_column(String(40))
    words: Mapped[str] = mapped_column(Text)
    log_eid: Mapped[str] = log_reference()
