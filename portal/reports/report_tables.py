"""The tables of a report's data pack, for spreadsheets: amounts in baht."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import fields

from portal.audit.entry import Json
from portal.money import Money
from portal.publishing.open_figures import Figures
from portal.publishing.waits import Step
from portal.reports.report_json import days
from portal.reports.report_told import KINDS
from portal.reports.report_told import Moved
from portal.reports.report_told import ReportTold
from portal.reports.report_told import UnderWay

Row = Sequence[object]
FILES = {"fund": "funds", "subcommittee": "subcommittees", "category": "categories"}
_WHERE = ("month", "fund", "subcommittee", "category")
_AMOUNTS = ("received", "allocated", "approved", "committed", "disbursed", "fees")
_MOVED = tuple(each.name for each in fields(Moved))
_STAND = tuple(each.name for each in fields(Figures))


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table; its name is that of the file."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Row]


def sheets(told: ReportTold, figures: Json) -> Iterator[Sheet]:
    """Give every table of a report; `figures` are those of its document."""
    yield Sheet("figures", (*_WHERE, *_AMOUNTS), list(_figures(figures)))
    yield Sheet("money", ("measure", "in_period", "since_beginning"), list(_money(told)))
    for kind in KINDS:
        yield Sheet(FILES[kind], _PART, list(_parts(told, kind)))
    yield Sheet(
        "months",
        ("month", "received", "approved", "disbursed", "came_back"),
        [
            (f"{each.month:%Y-%m}", each.received, each.approved, each.disbursed, each.came_back)
            for each in told.months
        ],
    )
    yield Sheet(
        "service_times",
        ("subcommittee", "step", "requests", "median_days"),
        [
            (times.code, step.value, times.took[step].count, days(times.took[step]))
            for times in told.times
            for step in Step
        ],
    )
    yield Sheet("reconciliation", ("line", "payments", "amount"), list(_reconciled(told)))
    yield Sheet("findings_and_concerns", ("what", "count"), list(_watched(told)))
    if told.small:
        yield Sheet("counts", ("subject", "code", "count"), list(_small(told)))


_PART = (
    "code",
    "name_th",
    "name_en",
    *(f"{name}_in_period" for name in _MOVED),
    *(f"{name}_since_beginning" for name in _STAND),
)


def _figures(figures: Json) -> Iterator[Row]:
    assert isinstance(figures, list)  # noqa: S101 - the form of the API
    for figure in figures:
        yield tuple(_cell(figure, name) for name in (*_WHERE, *(f"{n}_satang" for n in _AMOUNTS)))


def _cell(figure: dict[str, Json], name: str) -> object:
    value = figure[name]
    return Money(value) if isinstance(value, int) else value


def _money(told: ReportTold) -> Iterator[Row]:
    for name in dict.fromkeys((*_MOVED, *_STAND)):
        yield name, getattr(told.moved, name, None), getattr(told.stand, name, None)
    yield "paid_for_youths_in_period", told.paid_for_youths, None
    yield "paid_for_projects_in_period", told.paid_for_projects, None


def _parts(told: ReportTold, kind: str) -> Iterator[Row]:
    for part in told.parts[kind]:
        moved = (getattr(part.moved, name) for name in _MOVED)
        stand = (getattr(part.stand, name) for name in _STAND)
        yield part.code, part.name.th, part.name.en, *moved, *stand


def _reconciled(told: ReportTold) -> Iterator[Row]:
    found = told.reconciled
    yield _under_way("under_way_at_begin", found.at_begin)
    yield "sent", found.sent, found.sent_amount
    yield "confirmed", found.confirmed, found.confirmed_amount
    yield "bounced", found.bounced, found.bounced_amount
    yield _under_way("under_way_at_end", found.at_end)
    yield _under_way("under_way_now", found.now)
    yield "came_back", None, found.came_back
    yield "kept", None, found.kept


def _under_way(line: str, found: UnderWay) -> Row:
    return line, found.count, found.amount


def _watched(told: ReportTold) -> Iterator[Row]:
    for what, watched in (("findings", told.findings), ("concerns", told.concerns)):
        for each in fields(watched):
            yield f"{what}_{each.name}", getattr(watched, each.name)
    for severity, count in told.severities.items():
        yield f"findings_not_closed_{severity}", count


def _small(told: ReportTold) -> Iterator[Row]:
    for each in told.small:
        for code, cell in each.cells.items():
            yield each.subject, code, cell
        yield each.subject, "total", each.total
