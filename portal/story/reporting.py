"""The reports of the story: prepared by an officer, answered by the auditor, published."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping

from portal.publishing.periods import Length
from portal.publishing.report_codes import Opinion
from portal.reports.asking import periods_to_report
from portal.reports.log_reading import folded
from portal.reports.making import House
from portal.reports.making import drafted
from portal.reports.making import printed
from portal.reports.models import Report
from portal.reports.service import ReportAnswer
from portal.reports.service import answer_report
from portal.reports.service import prepare_report
from portal.reports.service import publish_report
from portal.roles import Role
from portal.story.book import ReportRow
from portal.story.book import read_steps
from portal.story.teller import Life
from portal.story.teller import Teller


def report_lives(teller: Teller) -> Iterator[Life]:
    """Return the lives of the reports."""
    yield from (_report(teller, row, number) for number, row in enumerate(teller.book.reports))


def _report(teller: Teller, row: ReportRow, number: int) -> Life:
    yield teller.days.on(row.day, number)
    over = periods_to_report(teller.session)
    period = next(each.code for each in over if each.length is Length[row.length.upper()])
    report_id = _prepare(teller, period)
    for step in read_steps(row.then):
        yield teller.days.after(teller.at, step.days, number)
        if step.verb == "again":
            report_id = _prepare(teller, period)
        else:
            _STEPS[step.verb](teller, report_id, step.detail, row.words)


def _prepare(teller: Teller, period: str) -> int:
    """Let an officer have the files made from what is published, and record them."""
    by = teller.holders(Role.OFFICER)[0]
    house = House(teller.install.settings.base_url, is_demo=True)
    draft = drafted(folded(teller.install.folder), period, house)
    files, at = printed(draft), teller.tick()
    return prepare_report(teller.session, draft.told, files, by=by, at=at).id


def _answer(teller: Teller, report_id: int, opinion: str, words: str) -> None:
    by, version = teller.holders(Role.AUDITOR)[0], _version(teller, report_id)
    answer = ReportAnswer(Opinion(opinion), words if opinion != Opinion.AGREES else "")
    at = teller.tick()
    answer_report(teller.session, report_id, answer, seen_version=version, by=by, at=at)


def _publish(teller: Teller, report_id: int, _detail: str, _words: str) -> None:
    by, version = teller.holders(Role.DRIVING_CHAIR)[0], _version(teller, report_id)
    publish_report(teller.session, report_id, seen_version=version, by=by, at=teller.tick())


def _version(teller: Teller, report_id: int) -> int:
    return teller.session.get_one(Report, report_id).version


_STEPS: Mapping[str, Callable[[Teller, int, str, str], None]] = {
    "answer": _answer,
    "publish": _publish,
}
