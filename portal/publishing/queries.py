"""Reads for the public pages: only from the tables that the fold fills."""

from __future__ import annotations

import json
from collections import Counter
from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from sqlalchemy import ColumnElement
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.note import NoteError
from portal.audit.note import VerifierKey
from portal.audit.note import read_checkpoint
from portal.errors import N_
from portal.errors import NotFoundError
from portal.labels import Name
from portal.money import Money
from portal.money import total
from portal.places import place_name
from portal.publishing.models import PublishedAct
from portal.publishing.models import PublishedFigure
from portal.publishing.models import PublishedName
from portal.publishing.models import PublishedPosition
from portal.publishing.models import PublishedRequest

PAGE_LENGTH = 50
SECONDS_PER_DAY = 86_400
# In the order in which a request passes through them.
STATUSES = ("submitted", "returned", "approved", "paid", "rejected", "withdrawn")


class RequestNotPublishedError(NotFoundError):
    """The published log tells of no such request."""

    def __init__(self, reference: str) -> None:
        super().__init__(
            N_("The published log tells of no request {reference}."), reference=reference
        )


Names = Mapping[tuple[str, str], Name]


def names(session: Session) -> Names:
    """Return every public name by kind and code."""
    return {
        (row.kind, row.code): Name(row.name_th, row.name_en)
        for row in session.scalars(select(PublishedName))
    }


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
    return f"{position.size}-{position.root[:16]}-{position.fold_version}"


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of the whole foundation, or of one part of it."""

    received: Money
    allocated: Money
    requested: Money
    approved: Money
    disbursed: Money
    requests: int
    paid_for_youths: int
    paid_for_projects: int

    @property
    def requests_paid(self) -> int:
        """Return how many requests have all their money."""
        return self.paid_for_youths + self.paid_for_projects

    @property
    def paid_percent(self) -> int:
        """Return how much of what was asked for has been paid, in whole percent, rounded down."""
        return 100 * self.disbursed.satang // self.requested.satang if self.requested else 0

    @property
    def committed(self) -> Money:
        """Return what is approved and not yet paid."""
        return self.approved - self.disbursed

    @property
    def left(self) -> Money:
        """Return what came in and is not approved for anything."""
        return self.received - self.approved

    @property
    def allocated_left(self) -> Money:
        """Return what the subcommittees were given and have not approved for anything."""
        return self.allocated - self.approved

    @property
    def not_allocated(self) -> Money:
        """Return what came in and was given to no subcommittee."""
        return self.received - self.allocated


@dataclass(frozen=True, slots=True)
class Part:
    """One fund or subcommittee with its figures; `given` came in, or was allocated to it."""

    code: str
    name: Name
    short: Name
    given: Money
    approved: Money
    disbursed: Money

    @property
    def committed(self) -> Money:
        """Return what is approved and not yet paid."""
        return self.approved - self.disbursed

    @property
    def left(self) -> Money:
        """Return what is not approved for anything."""
        return self.given - self.approved


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
    log_size: int
    newest_at: datetime | None


def front_page(session: Session) -> FrontPage | None:
    """Return the front page, or None while nothing is published."""
    position = session.get(PublishedPosition, 1)
    foundation = foundation_name(session)
    if position is None or foundation is None:
        return None
    known = names(session)
    return FrontPage(
        foundation=foundation,
        figures=_figures(session),
        median_days=median_days(session),
        funds=sorted(_parts(session, known, "fund"), key=lambda part: -part.given.satang),
        subcommittees=sorted(
            _parts(session, known, "subcommittee"), key=lambda part: -part.disbursed.satang
        ),
        latest=requests(session, known, status="paid", length=5).lines,
        log_size=position.size,
        newest_at=_told_at(session, position.size - 1),
    )


def _figures(session: Session) -> Figures:
    sums = {
        measure: Money(int(satang))
        for measure, satang in session.execute(
            select(PublishedFigure.measure, func.sum(PublishedFigure.satang)).group_by(
                PublishedFigure.measure
            )
        )
    }
    tallies = _tallies(session)
    paid = {tally.kind: tally.count for tally in tallies if tally.status == "paid"}
    return Figures(
        received=sums.get("received", Money(0)),
        allocated=sums.get("allocated", Money(0)),
        requested=total(tally.amount for tally in tallies),
        approved=sums.get("approved", Money(0)),
        disbursed=sums.get("disbursed", Money(0)),
        requests=sum(tally.count for tally in tallies),
        paid_for_youths=paid.get("youth", 0),
        paid_for_projects=paid.get("project", 0),
    )


@dataclass(frozen=True, slots=True)
class _Tally:
    """How many requests of a kind stand somewhere, and what they ask for."""

    kind: str
    status: str
    count: int
    amount: Money


def _tallies(session: Session) -> list[_Tally]:
    return [
        _Tally(kind, status, count, Money(int(satang)))
        for kind, status, count, satang in session.execute(
            select(
                PublishedRequest.kind,
                PublishedRequest.status,
                func.count(),
                func.sum(PublishedRequest.satang),
            ).group_by(PublishedRequest.kind, PublishedRequest.status)
        )
    ]


def median_days(session: Session) -> float | None:
    """Return the median of days from the first sending of a request to its money."""
    spans = [
        (datetime.fromisoformat(paid_at) - datetime.fromisoformat(sent_at)).total_seconds()
        for sent_at, paid_at in session.execute(
            select(PublishedRequest.submitted_at, PublishedRequest.paid_at).where(
                PublishedRequest.paid_at != ""
            )
        )
    ]
    return round(median(spans) / SECONDS_PER_DAY, 1) if spans else None


def _parts(session: Session, known: Names, kind: str) -> list[Part]:
    column = PublishedFigure.fund if kind == "fund" else PublishedFigure.subcommittee
    given = "received" if kind == "fund" else "allocated"
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for code, measure, satang in session.execute(
        select(column, PublishedFigure.measure, func.sum(PublishedFigure.satang)).group_by(
            column, PublishedFigure.measure
        )
    ):
        sums[code][measure] = int(satang)
    short = _short_names(session, kind)
    return [
        Part(
            code=code,
            name=name,
            short=Name(short.get(code, name.th), name.en),
            given=Money(sums[code][given]),
            approved=Money(sums[code]["approved"]),
            disbursed=Money(sums[code]["disbursed"]),
        )
        for (named, code), name in sorted(known.items())
        if named == kind
    ]


def _short_names(session: Session, kind: str) -> dict[str, str]:
    """Return the short Thai names, where the log tells one."""
    facts = {
        row.code: json.loads(row.more)
        for row in session.scalars(select(PublishedName).where(PublishedName.kind == kind))
    }
    return {code: more["short_th"] for code, more in facts.items() if "short_th" in more}


@dataclass(frozen=True, slots=True)
class StatusCount:
    """How many requests stand somewhere."""

    status: str
    count: int


@dataclass(frozen=True, slots=True)
class RequestLines:
    """A page of the public list, newest act first.

    `first` is the place of its first line in the whole list; `older` and `newer` are the log
    positions before which the pages beside it begin.
    """

    lines: Sequence[RequestLine]
    count: int
    amount: Money
    statuses: Sequence[StatusCount]
    first: int
    older: int | None
    newer: int | None


def requests(
    session: Session,
    known: Names,
    *,
    status: str = "",
    before: int | None = None,
    length: int = PAGE_LENGTH,
) -> RequestLines:
    """Return published requests, the newest act first, from before a log position."""
    tallies = _tallies(session)
    asked = [tally for tally in tallies if status in {"", tally.status}]
    of_status = [PublishedRequest.status == status] if status else []
    from_here = [] if before is None else [PublishedRequest.last_index < before]
    rows = session.scalars(
        select(PublishedRequest)
        .where(*of_status, *from_here)
        .order_by(PublishedRequest.last_index.desc())
        .limit(length + 1)
    ).all()
    above, newer = _above(session, of_status, before, length)
    return RequestLines(
        lines=[_line(row, known) for row in rows[:length]],
        count=sum(tally.count for tally in asked),
        amount=total(tally.amount for tally in asked),
        statuses=_status_counts(tallies),
        first=above + 1,
        older=rows[length - 1].last_index if len(rows) > length else None,
        newer=newer,
    )


def _above(
    session: Session, conditions: Sequence[ColumnElement[bool]], before: int | None, length: int
) -> tuple[int, int | None]:
    """Return how many requests stand above this page, and where the page above begins."""
    if before is None:
        return 0, None
    higher = [*conditions, PublishedRequest.last_index >= before]
    count = session.scalar(select(func.count()).select_from(PublishedRequest).where(*higher))
    nearest = session.scalars(
        select(PublishedRequest.last_index)
        .where(*higher)
        .order_by(PublishedRequest.last_index)
        .limit(length)
    ).all()
    return count or 0, nearest[-1] + 1 if nearest else None


def _status_counts(tallies: Sequence[_Tally]) -> list[StatusCount]:
    counts = Counter[str]()
    for tally in tallies:
        counts[tally.status] += tally.count
    return [StatusCount(status, counts[status]) for status in STATUSES]


def _line(row: PublishedRequest, known: Names) -> RequestLine:
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


@dataclass(frozen=True, slots=True)
class ActLine:
    """One entry of the log, as pages show it."""

    index: int
    eid: str
    type: str
    role: str
    at: datetime
    reference: str | None
    amount: Money | None
    public: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class PublicRequest:
    """The public page of one request.

    `people` numbers those who acted, in the order of their first act: the codes that the log has
    for them hold within this request only.
    """

    line: RequestLine
    purpose: Name
    fiscal_year: int
    place: Name | None
    approved: Money
    disbursed: Money
    timeline: Sequence[ActLine]
    people: Mapping[object, int]


def public_request(session: Session, reference: str) -> PublicRequest:
    """Return a request as the log tells it, or raise `RequestNotPublishedError`."""
    row = session.get(PublishedRequest, reference)
    if row is None:
        raise RequestNotPublishedError(reference)
    known = names(session)
    acts = session.scalars(
        select(PublishedAct).where(PublishedAct.reference == reference).order_by(PublishedAct.idx)
    )
    timeline = [_act(act) for act in acts]
    parties = dict.fromkeys(act.public["party"] for act in timeline)
    return PublicRequest(
        line=_line(row, known),
        purpose=known["purpose", row.purpose],
        fiscal_year=row.fiscal_year,
        place=place_name(row.place) if row.place else None,
        approved=Money(row.approved_satang),
        disbursed=Money(row.disbursed_satang),
        timeline=timeline,
        people={party: number for number, party in enumerate(parties, 1)},
    )


def _act(act: PublishedAct) -> ActLine:
    return ActLine(
        act.idx,
        act.eid,
        act.type,
        act.role,
        datetime.fromisoformat(act.at),
        act.reference,
        None if act.satang is None else Money(act.satang),
        json.loads(act.public),
    )


@dataclass(frozen=True, slots=True)
class LogPage:
    """What the log's page shows: the signed checkpoint and a page of entries, newest first.

    `is_signed` says that the note was verified just now: its key signed this size and root.
    """

    origin: str
    size: int
    root: str
    note: str
    vkey: str
    is_signed: bool
    opened_at: datetime | None
    newest_at: datetime | None
    acts: Sequence[ActLine]
    first: int
    older: int | None
    newer: int | None


def log_page(session: Session, *, before: int | None = None) -> LogPage | None:
    """Return a page of the log, or None while nothing is published."""
    position = session.get(PublishedPosition, 1)
    if position is None:
        return None
    size = position.size
    start = size if before is None else min(before, size)
    rows = session.scalars(
        select(PublishedAct)
        .where(PublishedAct.idx < start)
        .order_by(PublishedAct.idx.desc())
        .limit(PAGE_LENGTH)
    ).all()
    return LogPage(
        origin=position.vkey.partition("+")[0],
        size=size,
        root=position.root,
        note=position.note,
        vkey=position.vkey,
        is_signed=_is_signed(position),
        opened_at=_told_at(session, 0),
        newest_at=_told_at(session, size - 1),
        acts=[_act(row) for row in rows],
        first=size - start + 1,
        older=rows[-1].idx if rows and rows[-1].idx else None,
        newer=min(start + PAGE_LENGTH, size) if start < size else None,
    )


def _told_at(session: Session, index: int) -> datetime | None:
    """Return when the act of an entry happened."""
    act = session.get(PublishedAct, index)
    return datetime.fromisoformat(act.at) if act else None


def _is_signed(position: PublishedPosition) -> bool:
    try:
        signed = read_checkpoint(position.note.encode(), VerifierKey.parse(position.vkey))
    except NoteError:
        return False
    return (signed.size, signed.root.hex()) == (position.size, position.root)
