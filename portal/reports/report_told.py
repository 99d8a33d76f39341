"""What a report tells: worked out of the folded log alone, so that everybody gets the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime
from datetime import timedelta

from portal.audit.note import Checkpoint
from portal.concerns.codes import ConcernState
from portal.concerns.codes import FindingState
from portal.concerns.codes import Severity
from portal.labels import Name
from portal.money import Money
from portal.money import total
from portal.publishing.counting import SUBJECTS
from portal.publishing.counting import YearCounts
from portal.publishing.counting import year_counts
from portal.publishing.counting import year_of
from portal.publishing.folding import day
from portal.publishing.folding import month
from portal.publishing.open_figures import Amounts
from portal.publishing.open_figures import Counted
from portal.publishing.open_figures import Figures
from portal.publishing.periods import MONTH
from portal.publishing.periods import Length
from portal.publishing.periods import Period
from portal.publishing.periods import months_after
from portal.publishing.periods import read_period
from portal.publishing.report_codes import reference_of
from portal.publishing.report_fold import editions
from portal.publishing.report_fold import first_month
from portal.publishing.shelf import Case
from portal.publishing.shelf import Cell
from portal.publishing.shelf import Measure
from portal.publishing.shelf import Shelf
from portal.publishing.suppression import FEWEST_SHOWN
from portal.publishing.waits import Step
from portal.publishing.waits import median_of_counts
from portal.publishing.waits import waits_of
from portal.reports.observed import Observed
from portal.reports.observed import Sent
from portal.thai import fiscal_year_begins

# What is drawn by month ends with the period and is so long.
MONTHS_DRAWN = 12
KINDS = ("fund", "subcommittee", "category")
Which = Callable[[Case | Cell], bool]


@dataclass(frozen=True, slots=True)
class Folded:
    """A log that was folded up to a size."""

    checkpoint: Checkpoint
    shelf: Shelf
    observed: Observed

    @property
    def newest_at(self) -> datetime:
        """Return when its newest entry was made."""
        return datetime.fromisoformat(self.observed.newest_at)

    def figures(self) -> Iterator[Counted]:
        """Give every public figure, as the verifier and the tables do."""
        for cell, satang in self.shelf.satang.items():
            where = (cell.month, cell.fund, cell.subcommittee, cell.category)
            yield Counted(*where, cell.measure.value, satang)


@dataclass(frozen=True, slots=True)
class Moved:
    """What moved in the period, each as it happened, and how often; it only adds up."""

    received: Money
    allocated: Money
    requested: Money
    approved: Money
    released: Money
    disbursed: Money
    came_back: Money
    kept: Money
    taken: Money
    donations: int
    requests: int
    approvals: int
    payments: int


@dataclass(frozen=True, slots=True)
class PartTold:
    """One fund, subcommittee or kind of help."""

    code: str
    name: Name
    short: Name
    moved: Moved
    stand: Figures


@dataclass(frozen=True, slots=True)
class MonthTold:
    """One month, as things happened in it; nothing is told of what the period does not reach."""

    month: date
    received: Money
    approved: Money
    disbursed: Money
    came_back: Money


@dataclass(frozen=True, slots=True)
class Took:
    """How many requests came through a step in the period, and the median of days it took them."""

    count: int
    days: float | None


@dataclass(frozen=True, slots=True)
class TimesTold:
    """How long one subcommittee took, or all of them under no code."""

    code: str
    short: Name
    took: Mapping[Step, Took]


@dataclass(frozen=True, slots=True)
class UnderWay:
    """Money that was sent and of which no bank had said by a day that it arrived."""

    count: int
    amount: Money
    oldest_on: date | None


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What was sent, and what became of it.

    What was under way when the period began and what was sent in it is confirmed, has bounced, or
    is under way at its end. `came_back` is what came back of what was confirmed, `kept` what banks
    kept of what came back.
    """

    at_begin: UnderWay
    sent: int
    sent_amount: Money
    confirmed: int
    confirmed_amount: Money
    bounced: int
    bounced_amount: Money
    came_back: Money
    kept: Money
    at_end: UnderWay
    now: UnderWay


@dataclass(frozen=True, slots=True)
class Watched:
    """Findings or concerns: what came in and was done in the period, and where they stand now."""

    raised: int
    answered: int
    closed: int
    open_now: int
    answered_now: int
    closed_now: int


@dataclass(frozen=True, slots=True)
class ReportTold:
    """Everything a report tells, up to which entry of which log."""

    reference: str
    edition: int
    period: Period
    foundation: Name
    foundation_code: str
    checkpoint: Checkpoint
    newest_at: datetime
    opened_at: datetime
    moved: Moved
    stand: Figures
    parts: Mapping[str, Sequence[PartTold]]
    months: Sequence[MonthTold]
    paid_for_youths: int
    paid_for_projects: int
    acts: Mapping[str, int]
    times: Sequence[TimesTold]
    reconciled: Reconciled
    findings: Watched
    severities: Mapping[str, int]
    concerns: Watched
    small: Sequence[YearCounts]

    @property
    def all_times(self) -> TimesTold:
        """Return how long all subcommittees together took."""
        return self.times[-1]


def told(folded: Folded, written: str) -> ReportTold:
    """Return what a report of a period tells, or raise why there is none of it."""
    shelf, observed = folded.shelf, folded.observed
    period = read_period(written, first_month=first_month(shelf))
    opened_on, newest_on = (
        date.fromisoformat(day(at)) for at in (observed.opened_at, observed.newest_at)
    )
    period.check_over(opened_on=opened_on, newest_on=newest_on)
    edition = len(editions(shelf, period.code)) + 1
    code = next(code for kind, code in shelf.names if kind == "foundation")
    paid = _paid(shelf, lambda case: period.holds(month(case.paid_at)))
    return ReportTold(
        reference=reference_of(period.code, edition),
        edition=edition,
        period=period,
        foundation=_name(shelf, "foundation", code, newest_on)[0],
        foundation_code=code,
        checkpoint=folded.checkpoint,
        newest_at=folded.newest_at,
        opened_at=datetime.fromisoformat(observed.opened_at),
        moved=_moved(shelf, period, _all),
        stand=_stand(shelf, _all),
        parts={kind: _parts(shelf, period, kind, newest_on) for kind in KINDS},
        months=_months(shelf, period),
        paid_for_youths=paid["youth"],
        paid_for_projects=paid["project"],
        acts=_acts(observed, period),
        times=_times(shelf, period, newest_on),
        reconciled=_reconciled(folded, period),
        findings=_findings(folded, period),
        severities=_severities(shelf),
        concerns=_concerns(folded, period),
        small=_small(observed, period, first_month(shelf)),
    )


def _all(_one: Case | Cell) -> bool:
    return True


def _sums(cells: Mapping[Cell, int], which: Callable[[Cell], bool]) -> Counter[str]:
    found: Counter[str] = Counter()
    for cell, value in cells.items():
        if which(cell):
            found[cell.measure] += value
    return found


def _moved(shelf: Shelf, period: Period, which: Which) -> Moved:
    def here(cell: Cell) -> bool:
        return period.holds(cell.month) and which(cell)

    satang, counts = _sums(shelf.satang, here), _sums(shelf.counts, here)
    return Moved(
        received=Money(satang[Measure.RECEIVED]),
        allocated=Money(satang[Measure.ALLOCATED]),
        requested=Money(satang[Measure.REQUESTED]),
        approved=Money(satang[Measure.APPROVED]),
        released=Money(satang[Measure.RELEASED]),
        disbursed=Money(satang[Measure.DISBURSED]),
        came_back=Money(satang[Measure.RETURNED]),
        kept=Money(satang[Measure.FEES]),
        taken=Money(satang[Measure.BANK_FEES]),
        donations=counts[Measure.RECEIVED],
        requests=counts[Measure.REQUESTED],
        approvals=counts[Measure.APPROVED],
        payments=counts[Measure.DISBURSED],
    )


def _stand(shelf: Shelf, which: Which, *, given: Measure = Measure.RECEIVED) -> Figures:
    """Return where everything stood at the position of the log, since the beginning."""
    satang = _sums(shelf.satang, which)
    amounts = Amounts.of(satang)
    cases = [case for case in shelf.cases.values() if which(case)]
    paid = Counter(case.kind for case in cases if case.paid_at)
    return Figures(
        received=Money(amounts.received),
        allocated=Money(amounts.allocated),
        requested=Money(sum(case.satang for case in cases)),
        approved=Money(amounts.approved),
        committed=Money(amounts.committed),
        disbursed=Money(amounts.disbursed),
        came_back=Money(satang[Measure.RETURNED]),
        fees=Money(amounts.fees),
        left=Money(satang[given] - amounts.approved - amounts.taken),
        requests=len(cases),
        paid_for_youths=paid["youth"],
        paid_for_projects=paid["project"],
    )


def _paid(shelf: Shelf, which: Callable[[Case], bool]) -> Counter[str]:
    """Count the requests that have all their money, by whom they are for."""
    return Counter(case.kind for case in shelf.cases.values() if case.paid_at and which(case))


def _parts(shelf: Shelf, period: Period, kind: str, on: date) -> list[PartTold]:
    given = Measure.ALLOCATED if kind == "subcommittee" else Measure.RECEIVED
    codes = sorted(code for other, code in shelf.names if other == kind)
    found = []
    for code in codes:
        which = _of(kind, code)
        name, short = _name(shelf, kind, code, on)
        moved, stand = _moved(shelf, period, which), _stand(shelf, which, given=given)
        found.append(PartTold(code, name, short, moved, stand))
    return found


def _of(kind: str, code: str) -> Which:
    return lambda one: getattr(one, kind) == code


def _name(shelf: Shelf, kind: str, code: str, on: date) -> tuple[Name, Name]:
    """Return what something was called on a day, in full and in short."""
    said = shelf.names[kind, code]
    begun = max((each for each in said if each <= on.isoformat()), default=min(said))
    name = said[begun]
    short = str(name.more.get("short_th", name.name_th))
    return Name(name.name_th, name.name_en), Name(short, name.name_en)


def _months(shelf: Shelf, period: Period) -> list[MonthTold]:
    """Tell the months that are drawn: as many as a year has, up to the end of the period."""
    last = period.last_on.replace(day=1)
    found = []
    for back in reversed(range(MONTHS_DRAWN)):
        first = months_after(last, -back)
        written = first.strftime(MONTH)
        satang = _sums(shelf.satang, lambda cell, of=written: cell.month == of)  # type: ignore[misc]  # mypy cannot infer a default
        found.append(
            MonthTold(
                first,
                received=Money(satang[Measure.RECEIVED]),
                approved=Money(satang[Measure.APPROVED]),
                disbursed=Money(satang[Measure.DISBURSED]),
                came_back=Money(satang[Measure.RETURNED]),
            )
        )
    return found


def _acts(observed: Observed, period: Period) -> Mapping[str, int]:
    """Return how often each act was done in the period."""
    found: Counter[str] = Counter()
    for (of_month, act), count in observed.acts.items():
        if period.holds(of_month):
            found[act] += count
    return found


def _times(shelf: Shelf, period: Period, on: date) -> list[TimesTold]:
    """Tell how long each subcommittee took for the steps that ended in the period, then all."""
    minutes: dict[tuple[str, str], Counter[int]] = {}
    for case in shelf.cases.values():
        ended = {Step.DECIDE: case.decided_at, Step.PAY: case.paid_at, Step.WHOLE: case.paid_at}
        for wait in waits_of(case):
            if period.holds(month(ended[Step(wait.step)])):
                for code in (case.subcommittee, ""):
                    minutes.setdefault((code, wait.step), Counter())[wait.minutes] += 1
    codes = sorted(code for kind, code in shelf.names if kind == "subcommittee")
    everybody = Name("ทุกคณะอนุกรรมการ", "All subcommittees")
    named = [(code, _name(shelf, "subcommittee", code, on)[1]) for code in codes]
    return [
        TimesTold(code, short, {step: _took(minutes.get((code, step), Counter())) for step in Step})
        for code, short in (*named, ("", everybody))
    ]


def _took(minutes: Counter[int]) -> Took:
    """Return a median; of a few requests it would say nothing."""
    count = minutes.total()
    is_told = count >= FEWEST_SHOWN
    return Took(count, median_of_counts(sorted(minutes.items())) if is_told else None)


def _reconciled(folded: Folded, period: Period) -> Reconciled:
    every = folded.observed.sent.values()
    sent = [each for each in every if period.holds(month(each.sent_at))]
    settled = [each for each in every if each.settled_at and period.holds(month(each.settled_at))]
    confirmed = [each for each in settled if each.is_confirmed]
    bounced = [each for each in settled if not each.is_confirmed]
    moved = _moved(folded.shelf, period, _all)
    the_day_before = period.begins_on - timedelta(days=1)
    return Reconciled(
        at_begin=_under_way(folded.observed, the_day_before.isoformat()),
        sent=len(sent),
        sent_amount=_sum(sent),
        confirmed=len(confirmed),
        confirmed_amount=_sum(confirmed),
        bounced=len(bounced),
        bounced_amount=_sum(bounced),
        came_back=moved.came_back,
        kept=moved.kept,
        at_end=_under_way(folded.observed, period.last_on.isoformat()),
        now=_under_way(folded.observed, day(folded.observed.newest_at)),
    )


def _sum(sent: Iterable[Sent]) -> Money:
    return total(Money(each.satang) for each in sent)


def _under_way(observed: Observed, on: str) -> UnderWay:
    """Return what was sent by the end of a day and not settled by then."""
    found = [
        each
        for each in observed.sent.values()
        if day(each.sent_at) <= on and not (each.settled_at and day(each.settled_at) <= on)
    ]
    oldest = min((day(each.sent_at) for each in found), default=None)
    return UnderWay(len(found), _sum(found), date.fromisoformat(oldest) if oldest else None)


def _findings(folded: Folded, period: Period) -> Watched:
    acts = _acts(folded.observed, period)
    now = Counter(finding.state for finding in folded.shelf.findings.values())
    return Watched(
        raised=acts["finding.raised"],
        answered=acts["finding.answered"],
        closed=acts["finding.closed"],
        open_now=now[FindingState.OPEN],
        answered_now=now[FindingState.ANSWERED],
        closed_now=now[FindingState.CLOSED],
    )


def _severities(shelf: Shelf) -> Mapping[str, int]:
    """Return how many findings of each severity are not closed."""
    found = Counter(
        finding.severity
        for finding in shelf.findings.values()
        if finding.state is not FindingState.CLOSED
    )
    return {severity.value: found[severity] for severity in Severity}


def _concerns(folded: Folded, period: Period) -> Watched:
    acts = _acts(folded.observed, period)
    now = Counter(concern.state for concern in folded.shelf.concerns.values())
    return Watched(
        raised=acts["concern.received"],
        answered=acts["concern.answered"],
        closed=acts["concern.closed"],
        open_now=now[ConcernState.RECEIVED] + now[ConcernState.LOOKING],
        answered_now=now[ConcernState.ANSWERED],
        closed_now=now[ConcernState.CLOSED],
    )


def _small(observed: Observed, period: Period, begins: int) -> list[YearCounts]:
    """Tell the counts that pass the gate of small numbers; only of a fiscal year that is over.

    A month's or a quarter's would be other parts of the same total: by them what is hidden could
    be worked out.
    """
    if period.length is not Length.YEAR:
        return []
    over = _closings(observed, begins)
    found = []
    for name in SUBJECTS:
        counted = observed.counted.get(name, [])
        told_years = year_counts(name, counted, closings=over, first_month=begins)
        found += [each for each in told_years if each.year == period.year]
    return found


def _closings(observed: Observed, begins: int) -> Mapping[int, int]:
    """Return the fiscal years that are over, and at which entry of the log each was."""
    opened, newest = (
        year_of(at, first_month=begins) for at in (observed.opened_at, observed.newest_at)
    )
    found = {}
    for year in range(opened, newest):
        next_month = fiscal_year_begins(year + 1, first_month=begins).strftime(MONTH)
        found[year] = min(at for of_month, at in observed.begun.items() if of_month >= next_month)
    return found
