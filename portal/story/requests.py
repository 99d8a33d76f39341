"""The lives of requests: filed by hand as the book tells, or brought in bulk by the workbook."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from datetime import timedelta
from pathlib import Path

from flask_babel import force_locale
from flask_babel import gettext
from sqlalchemy import select

from portal.funds import intake
from portal.funds.models import FundRequest
from portal.funds.rows import Refusal
from portal.funds.workbook import RowAnswer
from portal.funds.workbook import correction_sheet
from portal.labels import REFUSALS
from portal.roles import Role
from portal.sheet_writing import write_workbook
from portal.sheets import read_tables
from portal.story.book import Case
from portal.story.book import Step
from portal.story.book import read_steps
from portal.story.deciding import DECIDING
from portal.story.deciding import Deed
from portal.story.filing import file_case
from portal.story.helping import HELPING
from portal.story.helping import completed_record
from portal.story.paying import PAYING
from portal.story.teller import Life
from portal.story.teller import Teller
from portal.thai import bangkok_day

DEEDS: Mapping[str, Deed] = {**DECIDING, **PAYING, **HELPING}
# What becomes of the workbook's rows, in turn: most are approved and paid within some days, in
# batches, as they are many.
_AFTER_IMPORT = (
    "approve+1 batch+1",
    "approve+2 batch+1",
    "approve+1 pay+2",
    "approve+3 batch+1",
    "approve+2 batch+1",
    "approve+1 batch+1",
    "approve+4 pay+2",
    "return:papers+2 amend+4 approve+2 pay+1",
    "approve+1 batch+1",
    "approve+2 pay+2",
    "approve+3 batch+1",
    "approve+2 batch+1",
    "return:incomplete+3 amend+6 approve+1 pay+2",
    "approve+5 pay+1",
    "approve+2 prepare+1 void+0 pay+1",
    "approve+1 prepare+3 release+0 transfer+0 bounce+1 pay+2",
    "approve+3 batch+1",
    "reject:not_eligible+4",
    "approve+2 batch+1",
    "approve+9 pay+5",
)


def filed_lives(teller: Teller) -> Iterator[Life]:
    """Return the lives of the requests that are filed by hand."""
    return (_filed(teller, case, number) for number, case in enumerate(teller.book.cases, start=1))


def _filed(teller: Teller, case: Case, number: int) -> Life:
    yield teller.days.on(case.day, number)
    is_new = case.whom not in teller.youths
    request_id = file_case(teller, case, number)
    helped = teller.book.helped.get(case.whom)
    if helped is not None and is_new:
        teller.begin(completed_record(teller, helped))
    yield from _walk(teller, request_id, case.steps, number)


def _walk(teller: Teller, request_id: int, steps: Sequence[Step], pace: int) -> Life:
    for step in steps:
        yield teller.days.after(teller.at, step.days, pace)
        fund_request = teller.session.get_one(FundRequest, request_id)
        DEEDS[step.verb](teller, fund_request, step.detail)


def imported(teller: Teller, workbook: Path) -> Life:
    """Bring the field workbook in, and let its requests go their ways."""
    # With a week before them, the chairs and treasurers get through most of it in days.
    yield teller.days.on(teller.days.monday(teller.book.workbook_on))
    tables = read_tables(workbook.read_bytes(), name=workbook.name)
    answers = dated(intake.judge(teller.session, tables), until=bangkok_day(teller.at))
    by, at = teller.holders(Role.OFFICER)[0], teller.tick()
    done = intake.import_requests(teller.session, answers, by=by, at=at)
    intake.keep_run(
        teller.session,
        answers,
        done,
        file_name=workbook.name,
        corrections=_corrections(answers),
        by=by,
        at=at,
    )
    found = select(FundRequest.id).where(FundRequest.import_fingerprint.is_not(None))
    for request_id in teller.session.scalars(found.order_by(FundRequest.id)):
        steps = read_steps(_AFTER_IMPORT[request_id % len(_AFTER_IMPORT)])
        teller.begin(_walk(teller, request_id, steps, request_id))


def _corrections(answers: Sequence[RowAnswer]) -> bytes:
    """Return the refused rows as a workbook, as the page of the import gives it."""
    with force_locale("th"):
        reasons = {refusal: gettext(REFUSALS[refusal]) for refusal in Refusal}
    return write_workbook({"คำขอ": correction_sheet(answers, reasons)})


def dated(answers: Sequence[RowAnswer], *, until: date) -> list[RowAnswer]:
    """Return the rows with days that end before the import: the workbook's own are of one year."""
    days = [answer.request.requested_on for answer in answers if answer.request is not None]
    later = until - timedelta(days=1) - max(days, default=until)
    return [_moved(answer, later) for answer in answers]


def _moved(answer: RowAnswer, later: timedelta) -> RowAnswer:
    if answer.request is None:
        return answer
    day = answer.request.requested_on + later
    return replace(answer, request=replace(answer.request, requested_on=day))
