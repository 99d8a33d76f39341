"""The codes of reports and their table of steps: an officer, the auditor, the driving chair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from portal.roles import Role

# The report for programs, in the data pack.
DOCUMENT = "report.json"


class ReportState(StrEnum):
    """Where a report is."""

    PREPARED = "prepared"
    ANSWERED = "answered"
    PUBLISHED = "published"


class ReportAction(StrEnum):
    """What is done with a report."""

    PREPARE = "prepare"
    ANSWER = "answer"
    PUBLISH = "publish"


class Opinion(StrEnum):
    """What the auditor says of a report, for everybody to read."""

    AGREES = "agrees"
    AGREES_WITH_REMARKS = "agrees_with_remarks"
    DISAGREES = "disagrees"


class ReportFile(StrEnum):
    """The files of a report, as they are called below its address."""

    THAI = "th.pdf"
    ENGLISH = "en.pdf"
    PACK = "pack.zip"

    @property
    def fact(self) -> str:
        """Return under which name its SHA-256 stands in the log and in our tables."""
        return {"th.pdf": "th_pdf", "en.pdf": "en_pdf", "pack.zip": "pack"}[self]


@dataclass(frozen=True, slots=True)
class ReportStep:
    """One arrow: which role takes it, and where it leads."""

    by: Role
    to: ReportState


STEPS: Mapping[tuple[ReportState | None, ReportAction], ReportStep] = {
    (None, ReportAction.PREPARE): ReportStep(Role.OFFICER, ReportState.PREPARED),
    (ReportState.PREPARED, ReportAction.ANSWER): ReportStep(Role.AUDITOR, ReportState.ANSWERED),
    (ReportState.ANSWERED, ReportAction.PUBLISH): ReportStep(
        Role.DRIVING_CHAIR, ReportState.PUBLISHED
    ),
}


def reference_of(period: str, edition: int) -> str:
    """Return the reference of a report: `R-2026-11-1` is the first one of that month."""
    return f"R-{period}-{edition}"


def remarks_in(words: str) -> int:
    """Return how many remarks there are: one a line."""
    return sum(bool(line.strip()) for line in words.splitlines())
