"""Reads for the public pages: only from the tables that the fold fills."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import Today
from portal.labels import Name
from portal.money import Money
from portal.publishing.figures import Part
from portal.publishing.figures import Unreceipted
from portal.publishing.figures import figures
from portal.publishing.figures import median_days
from portal.publishing.figures import names_today
from portal.publishing.figures import parts
from portal.publishing.figures import unreceipted
from portal.publishing.log_page import act_line
from portal.publishing.log_page import told_at
from portal.publishing.models import PublishedAct
from portal.publishing.models import PublishedName
from portal.publishing.models import PublishedPosition
from portal.publishing.models import PublishedRequest
from portal.publishing.open_figures import Figures

# In the order in which a request passes through them.
STATUSES = ("submitted", "returned", "approved", "paid", "closed", "rejected", "withdrawn")
LATEST = 5


Names = Mapping[tuple[str, str], Name]


def names(session: Session) -> Names:
    """Return every public name by kind and code, as it is today."""
    return {key: Name(row.name_th, row.name_en) for key, row in names_today(session).items()}


def foundation_name(session: Session) -> Name | None:
    """Return the foundation's name, once it is published."""
    row = session.scalars(
        select(PublishedName).where(PublishedName.kind == "foundation")
    ).one_or_none()
    return Name(row.name_th, row.name_en) if row else None


def edition(session: Session) -> str:
    """Return what changes whenever any public page may tell something else."""
    position = session.get(PublishedPosition, 1)
    if position is None:
        return "empty"
    witnessed = sha256(position.witnessed.encode()).hexdigest()[:8]
    # A name may change on a day on which nothing is published.
    named = session.scalar(
        select(func.max(PublishedName.valid_from)).where(PublishedName.valid_from <= Today())
    )
    return f"{position.size}-{position.root[:16]}-{position.fold_version}-{witnessed}-{named}"


def key_added_at(session: Session, vkey: str) -> datetime | None:
    """Return since when the log says that this key signs, or None when it does not say so."""
    for act in session.scalars(select(PublishedAct).where(PublishedAct.type == "log.key_added")):
        if act_line(act).public["vkey"] == vkey:
            return act_line(act).at
    return None


def erased_counts(session: Session) -> Mapping[str, int]:
    """Return how many private fields the log calls erased, by the ticket of the order."""
    counts: Counter[str] = Counter()
    for act in session.scalars(select(PublishedAct).where(PublishedAct.type == "privacy.erased")):
        told = json.loads(act.public)
        counts[told["ticket"]] += told["count"]
    return counts


@dataclass(frozen=True, slots=True)
class RequestLine:
    """A request in a public list."""

    reference: str
    kind: str
    status: str
    category: Name
    subcommittee: Name
    fund: Name
    amount: Money
    submitted_at: datetime
    decided_at: datetime | None
    paid_at: datetime | None


@dataclass(frozen=True, slots=True)
class FrontPage:
    """What the front page shows, the largest part first, and up to which entry of the log."""

    foundation: Name
    figures: Figures
    median_days: float | None
    funds: Sequence[Part]
    subcommittees: Sequence[Part]
    latest: Sequence[RequestLine]
    unreceipted: Unreceipted
    log_size: int
    newest_at: datetime | None


def front_page(session: Session) -> FrontPage | None:
    """Return the front page, or None while nothing is published."""
    position = session.get(PublishedPosition, 1)
    foundation = foundation_name(session)
    if position is None or foundation is None:
        return None
    return FrontPage(
        foundation=foundation,
        figures=figures(session),
        median_days=median_days(session),
        funds=sorted(parts(session, "fund"), key=lambda part: -part.given.satang),
        subcommittees=sorted(
            parts(session, "subcommittee"), key=lambda part: -part.disbursed.satang
        ),
        latest=_latest_paid(session, names(session)),
        unreceipted=unreceipted(session),
        log_size=position.size,
        newest_at=told_at(session, position.size - 1),
    )


def _latest_paid(session: Session, known: Names) -> list[RequestLine]:
    rows = [
        row
        for status in ("paid", "closed")
        for row in session.scalars(
            select(PublishedRequest)
            # Of some all the money came back, and the rest was set free.
            .where(PublishedRequest.status == status, PublishedRequest.paid_at != "")
            .order_by(PublishedRequest.last_index.desc())
            .limit(LATEST)
        )
    ]
    latest = sorted(rows, key=lambda row: -row.last_index)[:LATEST]
    return [request_line(row, known) for row in latest]


def request_line(row: PublishedRequest, known: Names) -> RequestLine:
    """Return a published request as a list shows it."""
    return RequestLine(
        reference=row.reference,
        kind=row.kind,
        status=row.status,
        category=known["category", row.category],
        subcommittee=known["subcommittee", row.subcommittee],
        fund=known["fund", row.fund],
        amount=Money(row.satang),
        submitted_at=datetime.fromisoformat(row.submitted_at),
        decided_at=_at(row.decided_at),
        paid_at=_at(row.paid_at),
    )


def _at(written: str) -> datetime | None:
    return datetime.fromisoformat(written) if written else None
