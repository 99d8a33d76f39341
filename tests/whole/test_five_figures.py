"""Whoever asks for the foundation's figures hears the same, to the satang, wherever they ask.

Five ways to them, each read as its readers do: the front page as a browser gets it, the API, the
data package, the report on paper in both languages, and the strangers' tool on a copy of the log.
"""

from __future__ import annotations

import csv
import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from html import unescape
from pathlib import Path

import pytest

from portal.db import db
from portal.publishing.open_build import build
from portal.publishing.report_codes import ReportFile
from portal.reports.log_reading import folded
from portal.reports.making import House
from portal.reports.making import drafted
from portal.reports.making import printed
from portal.worker import open_place
from tests.conftest import Maker
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.moved import everything_that_moves_money
from tests.opened import YEAR_OVER
from tests.opened import current
from tests.reporting import gift
from tests.tool import Tool
from tests.tool import build_tool

PERIOD = "FY2570"
BAHT = re.compile(r"[0-9][0-9,]*(?:\.[0-9]{2})?")


@dataclass(frozen=True, slots=True)
class Said:
    """What one of the five says, in satang."""

    received: int
    disbursed: int
    committed: int


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Tool:
    return build_tool(tmp_path_factory.mktemp("tool"))


def satang(written: str) -> int:
    return int(Decimal(written.replace(",", "")) * 100)


def of_front_page(client: Visitor, language: str, labels: Mapping[str, str]) -> Said:
    page = unescape(client.get(f"{language}/").get_data(as_text=True))
    found = {
        re.sub("<[^>]+>", "", label): amount
        for label, amount in re.findall(
            r'<dt>(.*?)</dt>\s*<dd><span class="amount">([0-9,.]+)</span>', page
        )
    }
    return Said(**{name: satang(found[label]) for name, label in labels.items()})


def of_api(client: Visitor) -> Said:
    return _total(json.loads(client.get("/api/v1/figures").data)["total"])


def _total(told: Mapping[str, int]) -> Said:
    return Said(told["received_satang"], told["disbursed_satang"], told["committed_satang"])


def of_data_package(folder: Path) -> Said:
    def column(table: str, name: str) -> int:
        with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            return sum(satang(row[name]) for row in csv.DictReader(file))

    disbursed = column("payments", "amount_baht")
    awarded = column("grants", "awarded_baht")
    return Said(column("donations", "amount_baht"), disbursed, awarded - disbursed)


def of_paper(content: bytes, labels: Mapping[str, str], folder: Path) -> Said:
    (folder / "report.pdf").write_bytes(content)
    command = ["pdftotext", "-layout", str(folder / "report.pdf"), "-"]
    made = subprocess.run(command, capture_output=True, check=True)  # noqa: S603 - our own words
    lines = made.stdout.decode().splitlines()
    found = {}
    for name, label in labels.items():
        # The first row of the first table that begins so; what stands now is its last column.
        row = next(line for line in lines if line.strip().startswith(label) and BAHT.search(line))
        found[name] = satang(BAHT.findall(row)[-1])
    return Said(**found)


def of_strangers_tool(tool: Tool, log: Path) -> Said:
    said = tool("fold", log, "--json")
    assert said.returncode == 0, said.stderr
    return _total(json.loads(said.stdout)["total"])


ON_PAGE = {
    "": {"received": "รับเข้า", "disbursed": "จ่ายแล้ว", "committed": "ผูกพันแล้ว"},
    "/en": {"received": "Received", "disbursed": "Paid out", "committed": "Committed"},
}
ON_PAPER = {
    ReportFile.THAI: {
        "received": "รับเข้า",
        "disbursed": "จ่ายแล้ว",
        "committed": "อนุมัติแล้ว ยังไม่จ่าย",
    },
    ReportFile.ENGLISH: {
        "received": "Received",
        "disbursed": "Paid out",
        "committed": "Approved and not paid yet",
    },
}


def test_all_five_say_the_same(
    portal: Portal, client: Visitor, made: Maker, tool: Tool, tmp_path: Path
) -> None:
    made(everything_that_moves_money)
    made(lambda world: gift(world, YEAR_OVER))
    portal.install.publish(db.engine)
    assert build(db.engine, open_place(portal.install)) is not None
    papers = printed(
        drafted(folded(portal.install.folder), PERIOD, House("https://fund.example", is_demo=False))
    )
    api = of_api(client)
    assert api.received > api.disbursed > api.committed > 0
    said = {
        **{f"front{each}": of_front_page(client, each, ON_PAGE[each]) for each in ON_PAGE},
        "package": of_data_package(current(portal)),
        **{each.value: of_paper(papers[each], ON_PAPER[each], tmp_path) for each in ON_PAPER},
        "tool": of_strangers_tool(tool, portal.install.folder.path),
    }
    assert said == dict.fromkeys(said, api)
