"""Reports on pages: asked for, made by the worker, answered, published, read by everybody."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from http import HTTPStatus
from io import BytesIO
from zipfile import ZipFile

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import db
from portal.jobs.models import Job
from portal.jobs.rules import JobState
from portal.press import PressStoppedError
from portal.publishing.models import PublishedReport
from portal.publishing.report_codes import ReportFile
from portal.reports import printing
from portal.reports.models import Report
from tests.conftest import Maker
from tests.conftest import Portal
from tests.conftest import Publish
from tests.conftest import Visitor
from tests.conftest import another
from tests.reporting import IN_JANUARY
from tests.reporting import REMARKS
from tests.reporting import SECOND
from tests.reporting import answered
from tests.reporting import gift
from tests.reporting import prepared
from tests.reporting import published
from tests.reporting import reports_in_every_state
from tests.reporting import some_files

FIRST = SECOND - timedelta(days=1)


@pytest.fixture
def january(publish: Publish) -> None:
    """An entry of January is published: two months and a quarter are over."""
    publish(lambda world: gift(world, IN_JANUARY))


@pytest.fixture
def reports(portal: Portal, publish: Publish, january: None) -> None:  # noqa: ARG001 - comes before
    publish(lambda world: reports_in_every_state(world, portal.install))


def the_job() -> Job:
    with Session(db.engine) as session:
        return session.scalars(select(Job)).one()


def officer_prepares(portal: Portal, officer: Visitor) -> Report:
    page = officer.get("/office/reports").text
    assert '<option value="2026-12">' in page
    assert '<option value="FY2570-Q1">' in page
    assert "2027-01" not in page
    asked = officer.post("/office/reports", data={"period": "2026-12"})
    assert asked.status_code == HTTPStatus.SEE_OTHER
    assert "กำลังจัดทำรายงานงวด 2026-12" in officer.get("/office/reports").text
    assert portal.print_reports(lambda: IN_JANUARY) == 1
    assert the_job().state is JobState.DONE
    page = officer.get("/office/reports").text
    assert "กำลังจัดทำรายงานงวด" not in page
    assert "R-2026-12-1" in page
    portal.install.publish(db.engine)
    with Session(db.engine) as session:
        return session.scalars(select(Report)).one()


def auditor_answers(portal: Portal, report: Report) -> None:
    auditor, address = another(portal).sign_in("wipa"), f"/office/reports/{report.id}"
    assert "รอท่าน" in auditor.get("/office/reports").text
    assert auditor.get(f"{address}/th.pdf").data[:5] == b"%PDF-"
    seen = {"seen_version": report.version}
    for words, status in (
        ({"opinion": "disagrees", "words": ""}, HTTPStatus.CONFLICT),
        ({"words": "x"}, HTTPStatus.UNPROCESSABLE_ENTITY),
        ({"opinion": "agrees_with_remarks", "words": REMARKS.words}, HTTPStatus.SEE_OTHER),
    ):
        assert auditor.post(f"{address}/answer", data=seen | words).status_code == status
    assert "ที่ไม่มีใครควรรู้" in auditor.get(address).text


def chair_publishes(portal: Portal, report: Report) -> None:
    chair, address = another(portal).sign_in("driving"), f"/office/reports/{report.id}"
    assert "รอท่าน" in chair.get("/office/reports").text
    assert "การเผยแพร่มีผลตลอดไป" in chair.get(f"{address}/publish").text
    for seen, status in (
        ({}, HTTPStatus.UNPROCESSABLE_ENTITY),
        ({"seen_version": report.version}, HTTPStatus.CONFLICT),
        ({"seen_version": report.version + 1}, HTTPStatus.SEE_OTHER),
    ):
        assert chair.post(f"{address}/publish", data=seen).status_code == status
    assert "/reports/R-2026-12-1" in chair.get(address).text
    portal.install.publish(db.engine)


def everybody_reads(portal: Portal, report: Report) -> None:
    everybody = portal.app.test_client()
    page = everybody.get("/reports/R-2026-12-1").text
    assert "ผู้สอบบัญชีเห็นชอบโดยมีข้อสังเกต" in page
    assert "ที่ไม่มีใครควรรู้" not in page
    for file in ReportFile:
        digest, address = report.digest(file), f"/reports/R-2026-12-1/{file}"
        assert digest in page
        sent = everybody.get(address)
        assert hashlib.sha256(sent.data).hexdigest() == digest
        assert sent.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        again = everybody.get(address, headers={"If-None-Match": f'"{digest}"'})
        assert again.status_code == HTTPStatus.NOT_MODIFIED
        part = everybody.get(address, headers={"Range": "bytes=0-3"})
        assert (part.status_code, part.data) == (HTTPStatus.PARTIAL_CONTENT, sent.data[:4])
    feed = everybody.get("/en/api/v1/feed.atom").text
    assert "/reports/R-2026-12-1</id>" in feed
    assert "Report: December 2026" in feed
    assert "R-2026-12-1" in everybody.get("/reports").text


@pytest.mark.usefixtures("january")
def test_a_report_goes_from_the_officer_to_everybody(portal: Portal, client: Visitor) -> None:
    report = officer_prepares(portal, client.sign_in("malee"))
    assert client.get("/reports/R-2026-12-1").status_code == HTTPStatus.NOT_FOUND
    figures = client.get("/api/v1/figures").get_json()
    auditor_answers(portal, report)
    chair_publishes(portal, report)
    everybody_reads(portal, report)
    with ZipFile(BytesIO(portal.install.reports.read(report.pack))) as pack:
        told, sums = json.loads(pack.read("report.json")), pack.read("SHA256SUMS").decode()
        for name in set(pack.namelist()) - {"SHA256SUMS"}:
            assert f"{hashlib.sha256(pack.read(name)).hexdigest()}  {name}\n" in sums
    assert told["report"]["reference"] == "R-2026-12-1"
    # The entry that tells of the report changed no figure.
    assert {name: told[name] for name in ("total", "figures")} == {
        name: figures[name] for name in ("total", "figures")
    }


@pytest.mark.usefixtures("reports")
def test_a_draft_is_nowhere_in_public(portal: Portal) -> None:
    everybody = portal.app.test_client()
    page = everybody.get("/en/reports").text
    assert "R-FY2570-Q1-1" in page
    assert "R-2026-11-1" not in page
    assert "R-2026-12-1" not in page
    assert "R-2026-11-1" not in everybody.get("/api/v1/feed.atom").text
    for path in ("R-2026-11-1", "R-2026-12-1/pack.zip", "R-2026-10-1"):
        assert everybody.get(f"/reports/{path}").status_code == HTTPStatus.NOT_FOUND


@pytest.mark.usefixtures("reports")
def test_a_former_edition_stays_and_names_the_newer_one(portal: Portal, publish: Publish) -> None:
    publish(
        lambda world: published(
            world,
            answered(
                world, prepared(world, portal.install, period="FY2570-Q1", word="4", at=IN_JANUARY)
            ),
        )
    )
    everybody = portal.app.test_client()
    former, newer = (everybody.get(f"/en/reports/R-FY2570-Q1-{n}").text for n in (1, 2))
    assert "A newer edition takes the place of this report." in former
    assert "/en/reports/R-FY2570-Q1-2" in former
    assert "A newer edition" not in newer
    assert "/en/reports/R-FY2570-Q1-1" in newer
    listed = everybody.get("/en/reports").text
    assert listed.index("R-FY2570-Q1-2") < listed.index("Earlier editions")
    sent = everybody.get("/reports/R-FY2570-Q1-1/th.pdf")
    assert sent.data == some_files("3")[ReportFile.THAI]


@pytest.mark.usefixtures("reports")
def test_a_lost_file_is_said_to_be_lost(portal: Portal) -> None:
    with Session(db.engine) as session:
        row = session.get_one(PublishedReport, "R-FY2570-Q1-1")
        for digest in (row.th_pdf, row.pack):
            portal.install.reports.forget(digest)
    everybody = portal.app.test_client()
    page = everybody.get("/en/reports/R-FY2570-Q1-1").text
    assert page.count("The file is lost; its digest stays in the log.") == 2
    assert "In short" not in page
    sent = everybody.get("/reports/R-FY2570-Q1-1/th.pdf")
    assert sent.status_code == HTTPStatus.NOT_FOUND


def test_before_anything_is_over_there_is_nothing_to_prepare(client: Visitor) -> None:
    page = client.sign_in("malee").get("/en/office/reports").text
    assert "No period is over yet." in page
    assert "There is no report yet." in page
    assert "No report is published yet." in client.get("/en/reports").text


@pytest.mark.usefixtures("january")
def test_what_is_no_period_is_refused(client: Visitor) -> None:
    officer = client.sign_in("malee")
    for period, status in (
        ("", HTTPStatus.UNPROCESSABLE_ENTITY),
        ("2026-13", HTTPStatus.UNPROCESSABLE_ENTITY),
        ("2027-01", HTTPStatus.CONFLICT),
        ("2026-10", HTTPStatus.CONFLICT),
    ):
        assert officer.post("/office/reports", data={"period": period}).status_code == status


@pytest.mark.usefixtures("january")
def test_who_sees_what_on_the_page_of_a_report(
    portal: Portal, made: Maker, publish: Publish, client: Visitor
) -> None:
    publish(lambda world: answered(world, prepared(world, portal.install, at=IN_JANUARY)))
    newer = made(lambda world: prepared(world, portal.install, word="2", at=IN_JANUARY).id)
    chair = client.sign_in("driving")
    page = chair.get(f"/en/office/reports/{newer - 1}").text
    assert "A newer edition was prepared" in page
    assert "only the newest edition is published" in page
    assert "Only auditor can do this." in chair.get(f"/en/office/reports/{newer}").text
    shown = chair.get(f"/office/reports/{newer - 1}/publish")
    assert shown.status_code == HTTPStatus.CONFLICT


@pytest.mark.usefixtures("january")
def test_a_report_that_cannot_be_made_says_why(
    portal: Portal, made: Maker, client: Visitor
) -> None:
    officer = client.sign_in("malee")
    officer.post("/office/reports", data={"period": "2026-12"})
    # Somebody else is quicker.
    made(lambda world: prepared(world, portal.install, period="2026-12", at=IN_JANUARY))
    assert portal.print_reports(lambda: IN_JANUARY) == 0
    assert the_job().state is JobState.DEAD
    page = officer.get("/en/office/reports").text
    assert "The report of 2026-12 could not be made." in page
    assert "R-2026-12-1 of the same period waits" in page


@pytest.mark.usefixtures("january")
def test_a_press_that_stops_is_tried_again(
    portal: Portal, client: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.sign_in("malee").post("/office/reports", data={"period": "2026-12"})

    def stops(_draft: object) -> None:
        raise PressStoppedError

    monkeypatch.setattr(printing, "printed", stops)
    assert portal.print_reports(lambda: IN_JANUARY) == 0
    assert the_job().state is JobState.WAITING
    monkeypatch.setattr(printing, "printed", lambda _draft: some_files())
    later = IN_JANUARY + timedelta(hours=1)
    assert portal.print_reports(lambda: later) == 1
    assert the_job().state is JobState.DONE


@pytest.mark.usefixtures("january")
def test_a_worker_that_was_thought_dead_records_nothing(
    portal: Portal, client: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.sign_in("malee").post("/office/reports", data={"period": "2026-12"})
    later = IN_JANUARY + timedelta(hours=1)

    def meanwhile(_draft: object) -> object:
        monkeypatch.setattr(printing, "printed", lambda _draft: some_files())
        assert portal.print_reports(lambda: later) == 1
        return some_files()

    monkeypatch.setattr(printing, "printed", meanwhile)
    assert portal.print_reports(lambda: IN_JANUARY) == 0
    with Session(db.engine) as session:
        assert len(session.scalars(select(Report)).all()) == 1
