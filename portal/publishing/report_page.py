"""The published reports: the list, and one of them with its files and what it tells in short."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.archive import Archive
from portal.archive import PaperLostError
from portal.errors import N_
from portal.errors import NotFoundError
from portal.money import Money
from portal.publishing.log_page import ActLine
from portal.publishing.log_page import act_line
from portal.publishing.models import PublishedAct
from portal.publishing.models import PublishedName
from portal.publishing.models import PublishedReport
from portal.publishing.periods import Period
from portal.publishing.periods import read_period
from portal.publishing.report_codes import DOCUMENT
from portal.publishing.report_codes import ReportFile
from portal.publishing.report_codes import ReportState

# What the page tells of the period and since the beginning: (name of the measure, its label).
SHORT = (
    ("received", N_("Received")),
    ("approved", N_("Approved")),
    ("disbursed", N_("Paid out")),
    ("came_back", N_("Came back")),
    ("committed", N_("Approved and not paid yet")),
    ("left", N_("Left, not approved for anything")),
)


class NoReportError(NotFoundError):
    """No report of this reference is published."""

    def __init__(self, reference: str) -> None:
        super().__init__(
            N_("No report with the reference {reference} is published."), reference=reference[:40]
        )


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A published report in a list; `editions` are those of its period that it superseded."""

    reference: str
    period: Period
    edition: int
    published_at: datetime
    opinion: str
    size: int
    superseded_by: str
    earlier: Sequence[str]


@dataclass(frozen=True, slots=True)
class ReportYear:
    """The reports of a fiscal year, the newest first."""

    year: int
    lines: Sequence[ReportLine]


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file of a report: what it is called, how large it is, and its SHA-256."""

    name: str
    size: int | None
    digest: str


@dataclass(frozen=True, slots=True)
class ShortLine:
    """One amount in short; none where it is not told of the period, or of the whole time."""

    label: str
    in_period: Money | None
    since_beginning: Money | None


@dataclass(frozen=True, slots=True)
class PublicReport:
    """The page of one report. `short` is empty where its files are lost: the digests are not."""

    line: ReportLine
    root: str
    remarks: int
    supersedes: str
    files: Sequence[FileLine]
    short: Sequence[ShortLine]
    acts: Sequence[ActLine]


def published_reports(session: Session) -> Sequence[ReportYear]:
    """Return the published reports by fiscal year; those that were superseded lie behind others."""
    rows = _published(session)
    first_month = _first_month(session)
    lines = [
        _line(row, first_month, earlier=_earlier(row, rows))
        for row in rows
        if not row.superseded_by
    ]
    lines.sort(key=lambda line: (line.period.last_on, line.period.length), reverse=True)
    years = sorted({line.period.year for line in lines}, reverse=True)
    return [ReportYear(year, [e for e in lines if e.period.year == year]) for year in years]


def newest_reports(session: Session, count: int) -> Sequence[ReportLine]:
    """Return the reports that were published last, also those that were superseded since."""
    first_month = _first_month(session)
    return [_line(row, first_month) for row in _published(session, count)]


def public_report(session: Session, reference: str, archive: Archive) -> PublicReport:
    """Return the page of a published report."""
    row = published_report(session, reference)
    acts = session.scalars(
        select(PublishedAct).where(PublishedAct.reference == reference).order_by(PublishedAct.idx)
    )
    return PublicReport(
        line=_line(row, _first_month(session)),
        root=row.root,
        remarks=row.remarks,
        supersedes=row.supersedes,
        files=[
            FileLine(file.value, archive.size(digest), digest)
            for file, digest in _digests(row).items()
        ],
        short=_short(archive, row.pack),
        acts=[act_line(act) for act in acts],
    )


def published_report(session: Session, reference: str) -> PublishedReport:
    """Return a report that is published, or raise `NoReportError`: also for a draft."""
    row = session.get(PublishedReport, reference)
    if row is None or row.state != ReportState.PUBLISHED:
        raise NoReportError(reference)
    return row


def digest_of(row: PublishedReport, file: ReportFile) -> str:
    """Return the SHA-256 of a file of a report."""
    return _digests(row)[file]


def _digests(row: PublishedReport) -> dict[ReportFile, str]:
    return {file: getattr(row, file.fact) for file in ReportFile}


def _published(session: Session, count: int | None = None) -> Sequence[PublishedReport]:
    """Return the published reports, the newest first: all of them, or so many."""
    return session.scalars(
        select(PublishedReport)
        .where(PublishedReport.state == ReportState.PUBLISHED)
        .order_by(PublishedReport.published_at.desc(), PublishedReport.reference.desc())
        .limit(count)
    ).all()


def _first_month(session: Session) -> int:
    """Return the month with which the fiscal year begins; before anything is published, October."""
    told = session.scalar(select(PublishedName.more).where(PublishedName.kind == "foundation"))
    return int(json.loads(told)["first_month"]) if told else 10


def _earlier(row: PublishedReport, rows: Sequence[PublishedReport]) -> Sequence[str]:
    return [
        each.reference for each in rows if each.period == row.period and each.edition < row.edition
    ]


def _line(row: PublishedReport, first_month: int, *, earlier: Sequence[str] = ()) -> ReportLine:
    return ReportLine(
        reference=row.reference,
        period=read_period(row.period, first_month=first_month),
        edition=row.edition,
        published_at=datetime.fromisoformat(row.published_at),
        opinion=row.opinion,
        size=row.size,
        superseded_by=row.superseded_by,
        earlier=earlier,
    )


def _short(archive: Archive, digest: str) -> list[ShortLine]:
    """Read from the data pack what the page tells; nothing where it is lost."""
    try:
        pack = archive.read(digest)
    except PaperLostError:
        return []
    with ZipFile(BytesIO(pack)) as file:
        # Any: the JSON of our own pack, whose bytes the log knows.
        told: dict[str, Any] = json.loads(file.read(DOCUMENT))
    return [
        ShortLine(
            label,
            _amount(told["in_period"].get(f"{name}_satang")),
            _amount(told["since_beginning"].get(f"{name}_satang")),
        )
        for name, label in SHORT
    ]


def _amount(satang: int | None) -> Money | None:
    return None if satang is None else Money(satang)
