"""A report is a function of the log: the same figures everywhere, the same bytes anywhere."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict
from datetime import UTC
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from portal.audit.check import LogError
from portal.audit.folder import Folder
from portal.db import db
from portal.install import Install
from portal.money import Money
from portal.payments.returning import Back
from portal.payments.returning import return_payment
from portal.publishing.figures import every_figure
from portal.publishing.figures import figures
from portal.publishing.open_figures import open_figures
from portal.publishing.report_codes import ReportFile
from portal.publishing.waits import Step
from portal.reports.log_reading import NotSoLongError
from portal.reports.log_reading import folded
from portal.reports.making import House
from portal.reports.making import drafted
from portal.reports.making import printed
from portal.reports.report_told import ReportTold
from portal.reports.report_told import told
from tests.conftest import Portal
from tests.conftest import Publish
from tests.reporting import NOVEMBER
from tests.reporting import answered
from tests.reporting import gift
from tests.reporting import prepared
from tests.reporting import published
from tests.world import NOON
from tests.world import World

TOP = Path(__file__).parent.parent.parent
IN_OCTOBER = datetime(2027, 10, 1, 3, 0, tzinfo=UTC)


def lived(world: World) -> None:
    """Something of everything: paid, under way, bounced, asked for, found, complained of."""
    world.confirmed("KTB1")
    world.confirmed("KTB2")
    world.sent()
    bounced = world.sent()
    return_payment(
        world.session,
        bounced.id,
        Back(bounced.amount, "-", Money.baht(10)),
        seen_version=bounced.version,
        by=world.phailin,
        at=NOON,
    )
    world.submitted_project()
    world.submitted()
    world.raised()
    world.received()


@pytest.fixture
def november(publish: Publish) -> None:
    publish(lived)
    publish(lambda world: gift(world, datetime(2026, 12, 1, 3, 0, tzinfo=UTC)))


def of_the_log(install: Install, period: str = NOVEMBER, size: int | None = None) -> ReportTold:
    return told(folded(install.folder, size), period)


@pytest.mark.usefixtures("november")
def test_the_figures_are_those_of_the_front_page_and_the_api(portal: Portal) -> None:
    report = of_the_log(portal.install)
    with Session(db.engine) as session:
        shown, every = figures(session), every_figure(session)
    stand = asdict(report.stand)
    names = stand.keys() - {"paid_for_youths", "paid_for_projects", "requests"}
    assert {name: getattr(report.stand, name) for name in names} == {
        name: getattr(shown, name) for name in names
    }
    assert (report.stand.requests, report.stand.paid_for_youths) == (shown.requests, 2)
    found = folded(portal.install.folder)
    assert open_figures(found.checkpoint, found.figures()) == every


@pytest.mark.usefixtures("november")
def test_what_moved_in_the_period(portal: Portal) -> None:
    report = of_the_log(portal.install)
    moved, fifteen = report.moved, Money.baht(1500)
    assert (moved.disbursed, moved.payments) == (fifteen + fifteen, 2)
    assert (moved.approved, moved.approvals) == (Money.baht(6000), 4)
    assert (moved.requests, moved.kept) == (7, Money.baht(10))
    # The donation of December is in none of the period's figures, and in all of the others.
    assert moved.received + Money.baht(250) <= report.stand.received
    assert (report.paid_for_youths, report.paid_for_projects) == (2, 0)
    for kind in ("fund", "subcommittee", "category"):
        parts = report.parts[kind]
        assert sum(part.moved.disbursed.satang for part in parts) == moved.disbursed.satang
        assert sum(part.stand.approved.satang for part in parts) == report.stand.approved.satang
    assert [f"{month.month:%Y-%m}" for month in report.months][-1] == NOVEMBER
    assert len(report.months) == 12
    assert report.months[-1].disbursed == moved.disbursed


@pytest.mark.usefixtures("november")
def test_what_was_sent_is_settled_or_under_way(portal: Portal) -> None:
    found = of_the_log(portal.install).reconciled
    fifteen = Money.baht(1500)
    assert (found.at_begin.count, found.sent, found.confirmed, found.bounced) == (0, 4, 2, 1)
    assert (found.at_end.count, found.at_end.amount) == (1, fifteen)
    assert found.at_end.oldest_on == NOON.date()
    assert found.sent_amount == found.confirmed_amount + found.bounced_amount + fifteen
    assert (found.kept, found.now) == (Money.baht(10), found.at_end)


@pytest.mark.usefixtures("november")
def test_findings_and_concerns_are_counted(portal: Portal) -> None:
    report = of_the_log(portal.install)
    assert (report.findings.raised, report.findings.open_now) == (1, 1)
    assert report.severities == {"note": 0, "weakness": 1, "serious": 0}
    assert (report.concerns.raised, report.concerns.open_now) == (1, 1)


def test_a_median_needs_five_requests(portal: Portal, publish: Publish) -> None:
    publish(lambda world: [world.confirmed(f"K{n}") for n in range(4)])
    publish(lambda world: gift(world, datetime(2026, 12, 1, 3, 0, tzinfo=UTC)))
    took = of_the_log(portal.install).all_times.took[Step.WHOLE]
    assert (took.count, took.days) == (4, None)
    publish(lambda world: world.confirmed("K5"))
    took = of_the_log(portal.install).all_times.took[Step.WHOLE]
    assert (took.count, took.days) == (5, 0.0)


def test_small_numbers_are_told_of_a_year_that_is_over_and_hidden(
    portal: Portal, publish: Publish
) -> None:
    publish(lived)
    publish(lambda world: gift(world, IN_OCTOBER))
    assert of_the_log(portal.install).small == []
    assert of_the_log(portal.install, "FY2570-Q1").small == []
    year = of_the_log(portal.install, "FY2570")
    concerns = next(each for each in year.small if each.subject == "concerns_received")
    assert (concerns.year, concerns.total) == (2570, 1)
    assert set(concerns.cells.values()) == {None}


@pytest.mark.usefixtures("november")
def test_an_earlier_size_tells_what_was_told_then(portal: Portal, publish: Publish) -> None:
    before = of_the_log(portal.install)
    publish(lambda world: published(world, answered(world, prepared(world, portal.install))))
    publish(lambda world: world.confirmed("KTB3"))
    after = of_the_log(portal.install)
    assert (after.reference, after.moved.payments) == ("R-2026-11-2", 3)
    assert of_the_log(portal.install, size=before.checkpoint.size) == before
    for size in (0, after.checkpoint.size + 1):
        with pytest.raises(NotSoLongError):
            folded(portal.install.folder, size)


@pytest.mark.usefixtures("november")
def test_files_that_are_not_the_signed_ones_are_not_reported(
    portal: Portal, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(portal.install.folder.path, copy)
    for path in (copy / "tile" / "entries").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(b"audit.rayong", b"audit.rayonk"))
    with pytest.raises(LogError, match="do not give the root"):
        folded(Folder(copy))


@pytest.mark.parametrize("portal", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("november")
def test_another_process_elsewhere_makes_the_same_bytes(portal: Portal, tmp_path: Path) -> None:
    install = portal.install
    base_url = install.settings.base_url
    found = folded(install.folder)
    made = printed(drafted(found, NOVEMBER, House(base_url, is_demo=False)))
    copy, out = tmp_path / "copy", tmp_path / "out"
    shutil.copytree(install.folder.path, copy)
    out.mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(TOP),
        "PYTHONHASHSEED": "4711",
        "TZ": "America/St_Johns",
        "LC_ALL": "C",
        "PORTAL_DATA_DIR": str(tmp_path / "nothing"),
        "PORTAL_BASE_URL": base_url,
    }
    command = [sys.executable, "-m", "flask", "--app", "portal.app", "report", NOVEMBER]
    command += ["--log", str(copy), "--out", str(out), "--size", str(found.checkpoint.size)]
    told_of = subprocess.run(  # noqa: S603 - our own command
        command, check=True, capture_output=True, text=True, cwd=tmp_path, env=environment
    )
    for file in ReportFile:
        path = out / f"R-2026-11-1.{file}"
        assert path.read_bytes() == made[file]
        assert f"{hashlib.sha256(made[file]).hexdigest()}  {path}" in told_of.stdout
    # What the paper says of itself for programs is what the pack says.
    assert json.dumps("R-2026-11-1").encode() in made[ReportFile.PACK]


@pytest.mark.usefixtures("november")
def test_a_command_refuses_in_a_sentence(portal: Portal) -> None:
    run = portal.app.test_cli_runner().invoke
    answer = run(args=["report", "2026-13"])
    assert (answer.exit_code, "is no period" in answer.output) == (2, True)
    answer = run(args=["report", "2026-12"])
    assert (answer.exit_code, "ends on 2026-12-31" in answer.output) == (1, True)
