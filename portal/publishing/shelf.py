"""What the fold knows, as plain values: requests, names, limits, figures, findings, reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from enum import StrEnum
from typing import TypeAlias

from portal.audit.entry import Json
from portal.concerns.codes import ConcernState
from portal.concerns.codes import FindingState
from portal.funds.rules import Threshold
from portal.publishing.report_codes import ReportState
from portal.publishing.tracing import Leg


class Measure(StrEnum):
    """What a public figure counts; each only grows."""

    RECEIVED = "received"
    ALLOCATED = "allocated"
    REQUESTED = "requested"
    APPROVED = "approved"
    DISBURSED = "disbursed"
    # Of what was disbursed this came back; of what came back, the bank kept that.
    RETURNED = "came_back"
    FEES = "fees"
    # What banks took out of a fund for themselves.
    BANK_FEES = "bank_fees"
    # What was approved and set free again; and what those who decide declared of themselves.
    RELEASED = "released"
    UNRELATED = "unrelated"
    RELATED = "related"


class Status(StrEnum):
    """Where a request stands for the public."""

    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    PAID = "paid"
    CLOSED = "closed"


class Ratification(StrEnum):
    """Whether the driving committee stands by an urgent approval."""

    NONE = ""
    DUE = "due"
    RATIFIED = "ratified"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Flow:
    """Money that went one leg of its way; known by the entry with which it went.

    `reference` is the number of the donation or payment. Of a payment it is what did not come
    back, with what the bank kept.
    """

    leg: Leg
    fund: str
    satang: int
    subcommittee: str = ""
    category: str = ""
    reference: str = ""
    request: str = ""


@dataclass(frozen=True, slots=True)
class Paying:
    """One payment of a request, as the log tells it."""

    state: str
    satang: int
    prepared_by: str
    released_by: str = ""
    returned: int = 0
    has_receipt: bool = False
    # What the bank kept, and the entry with which money went for good, if any did.
    fee: int = 0
    index: int | None = None
    channel: str = ""
    # What it was lent for, if it was; the vouchers filed, in satang; and whether it is cleared.
    advance: str = ""
    vouchers: int = 0
    is_cleared: bool = False

    @property
    def is_settled(self) -> bool:
        """Say whether it is shown what became of the money."""
        return self.is_cleared if self.advance else self.has_receipt

    @property
    def stayed(self) -> int:
        """Return what did not come back, in satang; nothing of a payment that was cancelled."""
        return 0 if self.state == "voided" else self.satang - self.returned


@dataclass(frozen=True, slots=True)
class Case:
    """One request, as the log tells it. Moments are UTC texts, amounts satang."""

    reference: str
    kind: str
    fund: str
    subcommittee: str
    category: str
    purpose: str
    fiscal_year: int
    place: str | None
    status: Status
    satang: int
    submitted_at: str
    # The newest sending, and the roles that sign by the limits that held then.
    sent_at: str
    signing: tuple[str, ...] = ()
    decided_at: str = ""
    paid_at: str = ""
    approved_satang: int = 0
    disbursed_satang: int = 0
    is_urgent: bool = False
    # The last day to ratify an urgent approval, and how that stands.
    ratify_by: str = ""
    ratification: Ratification = Ratification.NONE
    last_index: int = 0
    unrelated: frozenset[str] = frozenset()
    related: frozenset[str] = frozenset()
    askers: frozenset[str] = frozenset()
    signers: tuple[str, ...] = ()
    deciders: frozenset[str] = frozenset()
    payers: frozenset[str] = frozenset()
    payments: Mapping[str, Paying] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """The key of one public figure."""

    month: str
    fund: str
    subcommittee: str
    category: str
    measure: Measure


@dataclass(frozen=True, slots=True)
class Name:
    """The public name of something the foundation has; `more` holds its other public facts."""

    name_th: str
    name_en: str
    more: Mapping[str, Json]
    is_retired: bool = False


# By kind and code: what is said of it from each day on, `2026-11-22`.
Names: TypeAlias = dict[tuple[str, str], Mapping[str, Name]]


@dataclass(frozen=True, slots=True)
class Limit:
    """Who signs above an amount, from a day on."""

    valid_from: str
    threshold: Threshold


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding of an auditor, as the log tells it."""

    number: str
    severity: str
    topic: str
    state: FindingState
    raised_at: str
    answered_at: str = ""
    closed_at: str = ""


@dataclass(frozen=True, slots=True)
class Concern:
    """A concern of somebody without an account, as the log tells it."""

    number: str
    topic: str
    desk: str
    state: ConcernState
    received_at: str
    outcome: str = ""
    first_answered_at: str = ""
    answered_at: str = ""
    closed_at: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A report, as the log tells it: from which entries it is made, and the digests of its files.

    Who took each step is a code that holds within this report only.
    """

    reference: str
    period: str
    edition: int
    state: ReportState
    size: int
    root: str
    th_pdf: str
    en_pdf: str
    pack: str
    prepared_at: str
    prepared_by: str
    answered_at: str = ""
    answered_by: str = ""
    opinion: str = ""
    remarks: int = 0
    published_at: str = ""
    supersedes: str = ""
    superseded_by: str = ""


@dataclass(slots=True)
class Shelf:
    """What the fold knows so far, and what the newest entries changed.

    `satang`, `counts` and `flows` hold only what was added or changed; `left` is what each
    subcommittee may still approve of each fund, and under the empty code what a fund may still
    allocate.
    """

    cases: dict[str, Case] = field(default_factory=dict)
    names: Names = field(default_factory=dict)
    limits: dict[int, Limit] = field(default_factory=dict)
    findings: dict[str, Finding] = field(default_factory=dict)
    concerns: dict[str, Concern] = field(default_factory=dict)
    reports: dict[str, Report] = field(default_factory=dict)
    flows: dict[int, Flow] = field(default_factory=dict)
    satang: Counter[Cell] = field(default_factory=Counter)
    counts: Counter[Cell] = field(default_factory=Counter)
    left: Counter[tuple[str, str]] = field(default_factory=Counter)

    def sums(self, measure: Measure) -> Counter[tuple[str, str]]:
        """Return what was counted of a measure, by fund and subcommittee."""
        found: Counter[tuple[str, str]] = Counter()
        for cell, satang in self.satang.items():
            if cell.measure is measure:
                found[cell.fund, cell.subcommittee] += satang
        return found

    def add(self, cell: Cell, satang: int) -> None:
        """Count one act and its amount."""
        self.satang[cell] += satang
        self.counts[cell] += 1
