"""The table of reports: who prepared, answered and published which files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import BigInteger
from sqlalchemy import CheckConstraint
from sqlalchemy import ForeignKey
from sqlalchemy import LargeBinary
from sqlalchemy import String
from sqlalchemy import Text
from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from portal.db import Base
from portal.db import Moment
from portal.db import choice
from portal.funds.models import log_reference
from portal.publishing.report_codes import Opinion
from portal.publishing.report_codes import ReportAction
from portal.publishing.report_codes import ReportFile
from portal.publishing.report_codes import ReportState


class Report(Base):
    """A report of a period, made from the first `log_size` entries of the log.

    What was made never changes; a step is taken once, with an entry of its own. `words` is what the
    auditor wrote, for those alone who take the steps. The files lie in an archive by their digests.
    """

    __tablename__ = "report"
    __table_args__ = (
        UniqueConstraint("period", "edition"),
        CheckConstraint("edition > 0 AND log_size > 0", name="numbers_are_positive"),
        CheckConstraint("answered_by_id <> prepared_by_id", name="answered_by_another"),
        CheckConstraint(
            "published_by_id <> prepared_by_id AND published_by_id <> answered_by_id",
            name="published_by_another",
        ),
        CheckConstraint(
            "(state = 'prepared') = (answered_at IS NULL)"
            " AND (answered_at IS NULL) = (answered_by_id IS NULL)"
            " AND (answered_at IS NULL) = (opinion IS NULL)",
            name="answered_whole",
        ),
        CheckConstraint(
            "(state = 'published') = (published_at IS NOT NULL)"
            " AND (published_at IS NULL) = (published_by_id IS NULL)",
            name="published_whole",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(40), unique=True)
    period: Mapped[str] = mapped_column(String(20))
    edition: Mapped[int]
    log_size: Mapped[int] = mapped_column(BigInteger)
    log_root: Mapped[str] = mapped_column(String(64))
    th_pdf: Mapped[str] = mapped_column(String(64))
    en_pdf: Mapped[str] = mapped_column(String(64))
    pack: Mapped[str] = mapped_column(String(64))
    party_salt: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[ReportState] = mapped_column(choice(ReportState, "report_state"))
    prepared_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    prepared_at: Mapped[datetime] = mapped_column(Moment)
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    answered_at: Mapped[datetime | None] = mapped_column(Moment)
    opinion: Mapped[Opinion | None] = mapped_column(choice(Opinion, "opinion"))
    words: Mapped[str] = mapped_column(Text)
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    published_at: Mapped[datetime | None] = mapped_column(Moment)
    version: Mapped[int] = mapped_column()
    log_eid: Mapped[str] = log_reference()

    __mapper_args__ = {"version_id_col": version}

    @property
    def done_by(self) -> Mapping[ReportAction, int | None]:
        """Return who took which step before the last one."""
        return {
            ReportAction.PREPARE: self.prepared_by_id,
            ReportAction.ANSWER: self.answered_by_id,
        }

    def digest(self, file: ReportFile) -> str:
        """Return the SHA-256 of one of its files."""
        digest: str = getattr(self, file.fact)
        return digest
