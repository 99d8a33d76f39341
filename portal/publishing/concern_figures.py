"""The public figures of concerns and findings, with small ones hidden."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.labels import SEVERITIES
from portal.publishing.figures import median_of
from portal.publishing.log_page import told_at
from portal.publishing.models import PublishedConcern
from portal.publishing.models import PublishedFinding
from portal.publishing.models import PublishedPosition


@dataclass(frozen=True, slots=True)
class ConcernFigures:
    """How many concerns stand where, what came of them, and how long the first answer took."""

    received: int
    waiting: int
    answered: int
    closed: int
    median_days: float | None

    @property
    def with_outcome(self) -> int:
        """Return how many have an answer now."""
        return self.answered + self.closed


@dataclass(frozen=True, slots=True)
class SeverityRow:
    """How many findings of one severity stand where."""

    severity: str
    open: int
    answered: int
    closed: int

    @property
    def raised(self) -> int:
        """Return how many there are in all."""
        return self.open + self.answered + self.closed


@dataclass(frozen=True, slots=True)
class FindingFigures:
    """How many findings stand where, and for how many days the oldest waits for an answer."""

    severities: Sequence[SeverityRow]
    oldest_open_days: int | None

    @property
    def raised(self) -> int:
        """Return how many were raised."""
        return sum(row.raised for row in self.severities)

    @property
    def open(self) -> int:
        """Return how many wait for an answer."""
        return sum(row.open for row in self.severities)

    @property
    def answered(self) -> int:
        """Return how many are answered and not closed yet."""
        return sum(row.answered for row in self.severities)

    @property
    def closed(self) -> int:
        """Return how many are closed."""
        return sum(row.closed for row in self.severities)


@dataclass(frozen=True, slots=True)
class ConcernPage:
    """What the page of concerns and findings shows, and up to which entry of the log."""

    concerns: ConcernFigures
    findings: FindingFigures
    log_size: int
    newest_at: datetime


def concern_page(session: Session) -> ConcernPage | None:
    """Return the page, or None while nothing is published."""
    position = session.get(PublishedPosition, 1)
    newest_at = told_at(session, position.size - 1) if position else None
    if position is None or newest_at is None:
        return None
    return ConcernPage(_concerns(session), _findings(session, newest_at), position.size, newest_at)


def _concerns(session: Session) -> ConcernFigures:
    states = Counter[str]()
    for state, count in session.execute(
        select(PublishedConcern.state, func.count()).group_by(PublishedConcern.state)
    ):
        states[state] += count
    spans = session.execute(
        select(PublishedConcern.received_at, PublishedConcern.first_answered_at).where(
            PublishedConcern.first_answered_at != ""
        )
    )
    return ConcernFigures(
        received=states.total(),
        waiting=states["received"] + states["looking"],
        answered=states["answered"],
        closed=states["closed"],
        median_days=median_of(spans),
    )


def _findings(session: Session, at: datetime) -> FindingFigures:
    found = Counter[tuple[str, str]]()
    for severity, state, count in session.execute(
        select(PublishedFinding.severity, PublishedFinding.state, func.count()).group_by(
            PublishedFinding.severity, PublishedFinding.state
        )
    ):
        found[severity, state] += count
    oldest = session.scalar(
        select(func.min(PublishedFinding.raised_at)).where(PublishedFinding.state == "open")
    )
    return FindingFigures(
        severities=[
            SeverityRow(
                severity,
                open=found[severity, "open"],
                answered=found[severity, "answered"],
                closed=found[severity, "closed"],
            )
            for severity in SEVERITIES
        ],
        oldest_open_days=(at - datetime.fromisoformat(oldest)).days if oldest else None,
    )
