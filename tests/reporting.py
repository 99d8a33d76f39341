"""Reports for tests; in the place of their files are a few bytes, unless a test makes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from datetime import datetime
from io import BytesIO
from zipfile import ZipFile
from zipfile import ZipInfo

from portal.funds.models import Donation
from portal.funds.money_in import DonationAnswer
from portal.funds.money_in import receive_donation
from portal.install import Install
from portal.money import Money
from portal.publishing.report_codes import Opinion
from portal.publishing.report_codes import ReportFile
from portal.reports.log_reading import folded
from portal.reports.models import Report
from portal.reports.report_told import ReportTold
from portal.reports.report_told import told
from portal.reports.service import ReportAnswer
from portal.reports.service import answer_report
from portal.reports.service import prepare_report
from portal.reports.service import publish_report
from portal.thai import bangkok_day
from tests.world import World

NOVEMBER = "2026-11"
# Some days after the world's November, and the auditor and the chair a day later each.
SECOND, THIRD, FOURTH = (datetime(2026, 12, day, 3, 0, tzinfo=UTC) for day in (2, 3, 4))
# By then a quarter is over.
IN_JANUARY = datetime(2027, 1, 15, 3, 0, tzinfo=UTC)
AGREES = ReportAnswer(Opinion.AGREES, "")
REMARKS = ReportAnswer(Opinion.AGREES_WITH_REMARKS, "ขอให้ดูอีกครั้งเรื่องที่ไม่มีใครควรรู้\nและอีกข้อ")


def gift(world: World, at: datetime) -> Donation:
    """Something that happens at a moment, and is told in the log."""
    answer = DonationAnswer("", "GEN", Money.baht(250), bangkok_day(at), "ผู้บริจาคที่ไม่มีใครควรรู้")
    return receive_donation(world.session, answer, by=world.malee, at=at)


def told_now(install: Install, period: str = NOVEMBER) -> ReportTold:
    """What the published log tells of a period now."""
    return told(folded(install.folder), period)


def some_files(word: str = "") -> Mapping[ReportFile, bytes]:
    """Bytes in the place of the files: what stands in them is none of the service's business."""
    packed = BytesIO()
    with ZipFile(packed, "w") as file:
        file.writestr(ZipInfo("word"), word)
        file.writestr(ZipInfo("report.json"), '{"in_period": {}, "since_beginning": {}}')
    papers = {file: f"{file} {word}".encode() for file in ReportFile}
    return papers | {ReportFile.PACK: packed.getvalue()}


def prepared(
    world: World,
    install: Install,
    *,
    period: str = NOVEMBER,
    word: str = "",
    at: datetime = SECOND,
) -> Report:
    """A report that waits for the auditor."""
    report = told_now(install, period)
    return prepare_report(world.session, report, some_files(word), by=world.malee, at=at)


def answered(world: World, report: Report, answer: ReportAnswer = AGREES) -> Report:
    return answer_report(
        world.session, report.id, answer, seen_version=report.version, by=world.wipa, at=THIRD
    )


def published(world: World, report: Report) -> Report:
    return publish_report(
        world.session, report.id, seen_version=report.version, by=world.driving, at=FOURTH
    )


def reports_in_every_state(world: World, install: Install) -> Mapping[str, Report]:
    """A report in each state, once an entry of January is published."""
    return {
        "prepared_report": prepared(world, install, word="1", at=IN_JANUARY),
        "answered_report": answered(
            world, prepared(world, install, period="2026-12", word="2", at=IN_JANUARY)
        ),
        "published_report": published(
            world,
            answered(world, prepared(world, install, period="FY2570-Q1", word="3", at=IN_JANUARY)),
        ),
    }
