"""What is counted of people and cases, by fiscal year: acts of the log that stand on no record.

A year is told once it is over, so that no count grows through the small numbers in public.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from portal.labels import CONCERN_OUTCOMES
from portal.labels import DECLINED_FOR
from portal.labels import FINDING_TOPICS
from portal.labels import OUTCOMES
from portal.labels import REASONS
from portal.labels import Name
from portal.publishing.suppression import FEWEST_SENSITIVE
from portal.publishing.suppression import FEWEST_SHOWN
from portal.publishing.suppression import Cell
from portal.publishing.suppression import suppressed
from portal.thai import bangkok_day
from portal.thai import fiscal_year

# The topics that are told: what is sensitive is told as that and no more.
CONCERN_TOPICS = ("money", "information", "other", "sensitive")


# The code of the total beside the codes of its parts.
TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Subject:
    """One kind of act that is counted, by a code of its entries; `labels` names the codes."""

    act: str
    field: str
    codes: tuple[str, ...]
    labels: str
    title: Name
    fewest: int = FEWEST_SHOWN


SUBJECTS: Mapping[str, Subject] = {
    "requests_returned": Subject(
        "fund_request.returned",
        "reason",
        tuple(REASONS),
        "reason",
        Name("คำขอที่ส่งกลับให้แก้ไข ตามเหตุผล", "Requests returned for correction, by reason"),
    ),
    "requests_rejected": Subject(
        "fund_request.rejected",
        "reason",
        tuple(REASONS),
        "reason",
        Name("คำขอที่ไม่อนุมัติ ตามเหตุผล", "Requests not approved, by reason"),
    ),
    "referrals_declined": Subject(
        "referral.declined",
        "reason",
        tuple(DECLINED_FOR),
        "declined_for",
        Name("การส่งต่อที่ไม่รับ ตามเหตุผล", "Referrals declined, by reason"),
        FEWEST_SENSITIVE,
    ),
    "follow_ups": Subject(
        "follow_up.done",
        "outcome",
        tuple(OUTCOMES),
        "outcome",
        Name("การติดตามผู้ได้รับความช่วยเหลือ ตามผลที่พบ", "Follow-ups, by how the person was found"),
        FEWEST_SENSITIVE,
    ),
    "concerns_received": Subject(
        "concern.received",
        "topic",
        CONCERN_TOPICS,
        "concern_topic",
        Name("เรื่องร้องเรียนที่ได้รับ ตามเรื่อง", "Concerns received, by topic"),
        FEWEST_SENSITIVE,
    ),
    "concerns_answered": Subject(
        "concern.answered",
        "outcome",
        tuple(CONCERN_OUTCOMES),
        "concern_outcome",
        Name("คำตอบต่อเรื่องร้องเรียน ตามผล", "Answers to concerns, by outcome"),
    ),
    "findings_raised": Subject(
        "finding.raised",
        "topic",
        tuple(FINDING_TOPICS),
        "finding_topic",
        Name("ข้อตรวจพบของผู้สอบบัญชี ตามเรื่อง", "Findings of auditors, by topic"),
    ),
}


class Counted(NamedTuple):
    """One act that is counted: its place in the log, when it was done, and its code."""

    position: int
    at: str
    code: str


@dataclass(frozen=True, slots=True)
class YearCounts:
    """One subject in one fiscal year."""

    year: int
    subject: str
    # How many in all, which is always told, and of which code.
    total: int
    cells: Mapping[str, Cell]

    @property
    def title(self) -> Name:
        """Return what is counted."""
        return SUBJECTS[self.subject].title

    @property
    def labels(self) -> str:
        """Return which table names the codes."""
        return SUBJECTS[self.subject].labels


def year_of(at: str, *, first_month: int) -> int:
    """Return the fiscal year, in the Buddhist era, of a moment of the log."""
    return fiscal_year(bangkok_day(datetime.fromisoformat(at)), first_month=first_month)


def year_counts(
    name: str, acts: Iterable[Counted], *, closings: Mapping[int, int], first_month: int
) -> Sequence[YearCounts]:
    """Return what may be told of one subject for every year that is over.

    `closings` names for each such year the log position at which it was over.
    """
    subject = SUBJECTS[name]
    first: Counter[tuple[int, str]] = Counter()
    counts: Counter[tuple[int, str]] = Counter()
    for act in acts:
        year = year_of(act.at, first_month=first_month)
        counts[year, act.code] += 1
        first[year, act.code] += year in closings and act.position < closings[year]
    found = []
    for year in sorted(closings):
        of_year = {code: counts[year, code] for code in subject.codes}
        at_first = {code: first[year, code] for code in subject.codes}
        cells = suppressed(at_first, of_year, fewest=subject.fewest)
        found.append(YearCounts(year, name, sum(of_year.values()), cells))
    return found
