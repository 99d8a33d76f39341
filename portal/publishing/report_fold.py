"""The fold of reports: three different people, one after the other, and always the same files."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import replace

from portal.audit.entry import Entry
from portal.errors import N_
from portal.errors import PortalError
from portal.publishing.folding import FoldError
from portal.publishing.folding import day
from portal.publishing.periods import Period
from portal.publishing.periods import read_period
from portal.publishing.report_codes import STEPS
from portal.publishing.report_codes import Opinion
from portal.publishing.report_codes import ReportAction
from portal.publishing.report_codes import ReportFile
from portal.publishing.report_codes import ReportState
from portal.publishing.report_codes import reference_of
from portal.publishing.shelf import Report
from portal.publishing.shelf import Shelf

FILES = tuple(file.fact for file in ReportFile)


def _prepared(shelf: Shelf, index: int, entry: Entry) -> None:
    period = _period(shelf, index, entry)
    earlier = editions(shelf, period.code)
    _check_role(index, entry, None, ReportAction.PREPARE)
    reference = reference_of(period.code, len(earlier) + 1)
    if entry.text("reference") != reference:
        raise FoldError(index, N_("the next report of it is {reference}"), reference=reference)
    if earlier and earlier[-1].state is ReportState.PREPARED:
        raise FoldError(
            index, N_("{reference} waits for an answer"), reference=earlier[-1].reference
        )
    if not 0 < entry.number("size") <= index:
        raise FoldError(index, N_("it is made from entries that are not before it"))
    if day(entry.at) <= period.last_on.isoformat():
        raise FoldError(index, N_("its period is not over"))
    shelf.reports[reference] = Report(
        reference=reference,
        period=period.code,
        edition=len(earlier) + 1,
        state=ReportState.PREPARED,
        size=entry.number("size"),
        root=entry.text("root"),
        prepared_at=entry.at,
        prepared_by=entry.text("party"),
        th_pdf=entry.text("th_pdf"),
        en_pdf=entry.text("en_pdf"),
        pack=entry.text("pack"),
    )


def _period(shelf: Shelf, index: int, entry: Entry) -> Period:
    try:
        return read_period(entry.text("period"), first_month=first_month(shelf))
    except PortalError as error:
        raise FoldError(index, error.sentence, **error.facts) from error


def first_month(shelf: Shelf) -> int:
    """Return the month with which the foundation's fiscal year begins."""
    for (kind, _), said in shelf.names.items():
        if kind == "foundation":
            month = said[max(said)].more["first_month"]
            # A month that no calendar has is refused with the period.
            return month if isinstance(month, int) else 0
    raise PortalError(N_("the log names no foundation and its fiscal year"))


def editions(shelf: Shelf, period: str) -> list[Report]:
    """Return the reports of a period in the order in which they were prepared."""
    found = [report for report in shelf.reports.values() if report.period == period]
    return sorted(found, key=lambda report: report.edition)


def _check_role(
    index: int, entry: Entry, state: ReportState | None, action: ReportAction
) -> ReportState:
    step = STEPS.get((state, action))
    if step is None or entry.role != step.by:
        raise FoldError(
            index,
            N_("{role} takes no such step with {number}"),
            role=entry.role,
            number=entry.text("reference"),
        )
    return step.to


def _stepped(shelf: Shelf, index: int, entry: Entry, action: ReportAction) -> Report:
    """Return a report after a step by somebody who had no part in it before."""
    reference = entry.text("reference")
    report = shelf.reports.get(reference)
    if report is None:
        raise FoldError(index, N_("the log knows no report {reference}"), reference=reference)
    state = _check_role(index, entry, report.state, action)
    if entry.text("party") in {report.prepared_by, report.answered_by}:
        raise FoldError(index, N_("one person has two duties in one report"))
    return replace(report, state=state)


def _answered(shelf: Shelf, index: int, entry: Entry) -> None:
    report = _stepped(shelf, index, entry, ReportAction.ANSWER)
    opinion = entry.text("opinion")
    if opinion not in set(Opinion):
        raise FoldError(index, N_("{code} is no opinion of an auditor"), code=opinion)
    shelf.reports[report.reference] = replace(
        report,
        opinion=opinion,
        remarks=entry.number("remarks"),
        answered_at=entry.at,
        answered_by=entry.text("party"),
    )


def _published(shelf: Shelf, index: int, entry: Entry) -> None:
    report = _stepped(shelf, index, entry, ReportAction.PUBLISH)
    others = editions(shelf, report.period)
    if others[-1].reference != report.reference:
        raise FoldError(
            index, N_("{reference} was prepared after it"), reference=others[-1].reference
        )
    if any(entry.text(name) != getattr(report, name) for name in FILES):
        raise FoldError(index, N_("other files are published than were prepared"))
    shown = [other for other in others if other.state is ReportState.PUBLISHED]
    former = shown[-1].reference if shown else None
    if entry.public["supersedes"] != former:
        raise FoldError(index, N_("it supersedes {reference}"), reference=former or "-")
    shelf.reports[report.reference] = replace(
        report, published_at=entry.at, supersedes=former or ""
    )
    if former:
        shelf.reports[former] = replace(shown[-1], superseded_by=report.reference)


TELLS: Mapping[str, Callable[[Shelf, int, Entry], None]] = {
    "report.prepared": _prepared,
    "report.answered": _answered,
    "report.published": _published,
}
