"""Letters: to whom, of what kind, about which requests, and how sending went."""

from __future__ import annotations

from collections.abc import Sequence
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
from portal.letters.rules import About
from portal.letters.rules import Kind
from portal.letters.rules import read_abouts

_IS_WAITING = text("sent_at IS NULL AND failed_at IS NULL AND sent_with_id IS NULL")


class Letter(Base):
    """A letter to one person, made once: `key` says what would be the same letter again.

    `about` holds the requests, with the log entries of the acts, as JSON. Subject and body are
    written when it is sent first, and stay; until then a page writes them anew each time.
    `due_at` is when it is sent next. `sent_with_id` is the letter that told of this as well.
    """

    __tablename__ = "letter"
    __table_args__ = (
        CheckConstraint("sent_at IS NULL OR failed_at IS NULL", name="sent_or_failed"),
        CheckConstraint("sent_at IS NULL OR body IS NOT NULL", name="sent_is_written"),
        CheckConstraint("(subject IS NULL) = (body IS NULL)", name="written_whole"),
        CheckConstraint("attempts BETWEEN 0 AND 8", name="attempts_end"),
        CheckConstraint(
            "sent_with_id IS NULL OR (sent_with_id <> id AND sent_at IS NULL AND attempts = 0)",
            name="sent_with_another",
        ),
        Index(
            "ix_letter_waiting", "due_at", sqlite_where=_IS_WAITING, postgresql_where=_IS_WAITING
        ),
        Index("ix_letter_to_person_id_id", "to_person_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    to_person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[Kind] = mapped_column(choice(Kind, "kind"))
    reference: Mapped[str | None] = mapped_column(String(20))
    about: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    made_at: Mapped[datetime] = mapped_column(Moment)
    due_at: Mapped[datetime] = mapped_column(Moment)
    subject: Mapped[str | None] = mapped_column(String(400))
    body: Mapped[str | None] = mapped_column(Text)
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
    failed_at: Mapped[datetime | None] = mapped_column(Moment)
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(String(40))
    sent_with_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("letter.id"))

    @property
    def abouts(self) -> Sequence[About]:
        """Return the requests it tells of."""
        return read_abouts(self.about)
