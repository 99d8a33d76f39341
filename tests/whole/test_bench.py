"""What the benchmarks measure is the portal's own work, and they still run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from collections.abc import Sequence
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from sqlalchemy import FromClause
from sqlalchemy import create_engine
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from bench import everything
from bench import public
from bench.approvers import approvers
from bench.audits import Audit
from bench.downloads import measure_csv
from bench.files import small_bodies
from bench.files import write_log
from bench.papers import bare
from bench.papers import measure_template
from bench.papers import receipts
from bench.papers import tagged
from bench.proofs import audit_elsewhere
from bench.proofs import measure_proofs
from bench.proofs import measure_verifying
from bench.published import environment
from bench.published import published
from bench.searches import Pair
from bench.searches import measure_pages
from bench.searches import measure_searches
from bench.starting import APPS
from bench.starting import TOP
from bench.table import Line
from bench.table import rows
from bench.table import table as written
from bench.writers import ARMS
from bench.writers import audit
from bench.writers import founded
from bench.writers import payment
from portal.audit.check import LogError
from portal.audit.check import bodies
from portal.audit.check import signed_head
from portal.audit.check import verified_bundles
from portal.audit.folder import Folder
from portal.audit.models import LogEntry
from portal.db import db
from portal.db import prepare
from portal.db import writing
from portal.funds.models import JournalEntry
from portal.funds.models import RequestAct
from portal.install import Install
from portal.publishing.models import PublishedRequest
from portal.publishing.search_models import PublishedCount
from portal.publishing.search_models import PublishedGroup
from portal.publishing.search_models import PublishedOrder
from portal.publishing.search_models import PublishedWait
from portal.publishing.search_tables import COUNTED
from portal.publishing.search_tables import count_rows
from portal.publishing.search_tables import group_rows
from portal.publishing.search_tables import order_row
from portal.publishing.search_tables import wait_rows
from portal.publishing.tables import case_of
from portal.publishing.waits import waits_of
from tests.conftest import Portal
from tests.printed import RECEIPT


@pytest.mark.parametrize("portal", ["sqlite"], indirect=True)
def test_a_log_that_is_written_fast_has_the_publishers_bytes(
    portal: Portal, tmp_path: Path
) -> None:
    published = portal.install.folder
    head = signed_head(published, portal.install.signer.vkey)
    held = [body for _, body in bodies(published, head.size)]
    log = write_log(
        Folder(tmp_path / "log"), head.size, lambda start, count: held[start : start + count]
    )
    assert (log.checkpoint.size, log.checkpoint.root) == (head.size, head.root)
    for path in (log.folder.path / "tile").rglob("*"):
        name = path.relative_to(log.folder.path).as_posix()
        assert path.is_dir() or path.read_bytes() == published.read(name)
    # Each raises when a proof, a path or a byte is not what it should be.
    assert len(list(measure_proofs(log, count=8))) == 3
    assert measure_verifying(log, count=8)
    assert audit_elsewhere(log, is_parsed=True)


def count(session: Session, table: FromClause) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_each_arm_commits_what_it_says(tmp_path: Path) -> None:
    with founded(tmp_path, f"sqlite:///{tmp_path / 'portal.sqlite'}") as settings:
        engine, install = create_engine(settings.database_url), Install(settings)
        prepare(engine)
        counts = []
        for act in ARMS.values():
            with writing(engine, install.session_info()) as session:
                act(session, 0, 1)
                tables = (payment, audit, LogEntry.__table__)
                counts.append([count(session, table) for table in tables])
        engine.dispose()
        install.vault.close()
    (paid, audited, entries), *more = counts
    assert (paid, audited) == (1, 0)
    assert more == [[2, 1, entries], [3, 1, entries + 1]]


def test_a_log_that_fills_an_upper_tile_is_verified_and_that_tile_too(tmp_path: Path) -> None:
    log = write_log(Folder(tmp_path / "log"), 65_700, small_bodies)
    bundles = verified_bundles(log.folder, log.checkpoint)
    assert sum(len(packed) for _, packed in bundles) == 65_700
    tile = log.folder.path / "tile" / "1" / "000"
    whole = tile.read_bytes()
    tile.write_bytes(whole[:40] + bytes([whole[40] ^ 1]) + whole[41:])
    with pytest.raises(LogError, match="tile/1/000 does not fit"):
        list(verified_bundles(log.folder, log.checkpoint))


@pytest.mark.parametrize("portal", ["sqlite"], indirect=True)
def test_papers_are_measured_beside_papers_that_are_as_whole(portal: Portal) -> None:
    with portal.app.test_request_context():
        one, other = receipts(2)
        assert measure_template(RECEIPT, rounds=1)["pages"] == 1
    assert one.html != other.html
    assert b"/StructTreeRoot" in tagged(one.html)
    assert bare(one.html).startswith(b"%PDF")


def test_the_public_pages_are_measured_on_tables_that_agree(tmp_path: Path) -> None:
    few, many = (
        environment(tmp_path / name, f"sqlite:///{tmp_path / name / 'portal.sqlite'}")
        for name in ("few", "many")
    )
    with published(few, 20) as one, published(many, 60) as other:
        assert_search_agrees()
        pair = Pair(one, other)
        assert measure_searches(pair, count=8, rounds=1)["pages"]
        told = [page["what"] for page in measure_pages(pair, rounds=1)]
        assert "page: request" in told
    # Another run finds what stands there already.
    with published(many, 60):
        assert count(db.session(), PublishedRequest.__table__) == 60
    downloaded = measure_csv(many, rounds=2)
    assert downloaded["what"] == "CSV of all requests / sqlite3"


def assert_search_agrees() -> None:
    """What the bench wrote into the tables for searching is what the portal would write."""
    session = db.session()
    cases = [case_of(row) for row in session.scalars(select(PublishedRequest))]
    assert len(cases) == 60
    waits = Counter(wait for case in cases for wait in waits_of(case))
    for table, told, keys in (
        (PublishedGroup, group_rows(cases), ("id",)),
        (PublishedCount, count_rows(group_rows(cases)), COUNTED),
        (PublishedOrder, map(order_row, cases), ("reference",)),
        (PublishedWait, wait_rows(waits), ("subcommittee", "step", "minutes")),
    ):
        names = [column.key for column in table.__table__.columns]
        rows = session.scalars(select(table))
        held = [{name: getattr(row, name) for name in names} for row in rows]

        def key(row: Mapping[str, object], keys: Sequence[str] = keys) -> str:
            return "/".join(str(row[name]) for name in keys)

        assert sorted(held, key=key) == sorted(told, key=key)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_the_bench_of_public_pages_runs(
    engine: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = f"public.py --engine {engine} --requests 30 --few 20 --searches 3 --rounds 1 --keep"
    monkeypatch.setattr("sys.argv", [*words.split(), str(tmp_path), "--only", "searches", "csv"])
    assert public.main() == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line[:1] == "{"]
    assert [line["what"].split()[0] for line in lines] == ["searches", "CSV"]


def counts() -> list[int]:
    """How many entries, acts on requests and journal entries there are."""
    with Session(db.engine) as session:
        tables = (LogEntry, RequestAct, JournalEntry)
        return [count(session, table.__table__) for table in tables]


@pytest.mark.parametrize(("kept", "entries"), [(Audit.OURS, 1), (Audit.OFF, 0)])
def test_an_approval_without_the_log_writes_all_but_its_entry(
    kept: Audit, entries: int, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'portal.sqlite'}"
    with approvers(tmp_path, url, kept, packages="", clients=1, requests=1) as clients:
        before = counts()
        assert len(clients.take(1).seconds) == 1
        more = [after - held for after, held in zip(counts(), before, strict=True)]
    assert more == [entries, 1, 1]


def test_the_table_tells_what_is_met_and_what_is_missed() -> None:
    told = {"bench": "long papers", "what": "CPU of a PDF page at 9 / at 3 pages", "ours": "2 s"}
    lines: list[Line] = [{**told, "ratio": ratio} for ratio in (1.05, 1.2)]
    found = [row for row in rows(lines) if row.what.startswith(("CPU", "memory at", "cold"))]
    assert [(row.figure, row.verdict) for row in found] == [
        ("1.05", "met"),
        ("1.2", "**missed**"),
        ("", "not measured"),
    ]
    assert "| 2 s |  | 1.05 | <= 1.10 | met |" in written(lines)


def test_the_bare_app_loads_every_library_that_ours_does(tmp_path: Path) -> None:
    settings = environment(tmp_path, f"sqlite:///{tmp_path / 'portal.sqlite'}")
    words = "import importlib, sys; importlib.import_module(sys.argv[1]); print(*sys.modules)"
    ours, bare = (
        subprocess.check_output(  # noqa: S603 - our own words
            (sys.executable, "-c", words, module), cwd=TOP, env=os.environ | settings, text=True
        )
        for module in APPS.values()
    )
    installed = packages_distributions()
    mine, theirs = (
        {name for name in {module.split(".")[0] for module in told.split()} if name in installed}
        for told in (ours, bare)
    )
    assert {"flask", "sqlalchemy"} < mine
    assert sorted(mine - theirs) == []


# Those whose parts no test above runs, but the load: that takes a minute.
UNTRIED = ["raw_batch", "verifying", "starting"]


@pytest.mark.parametrize(
    "names", [UNTRIED, pytest.param([*everything.BENCHES], marks=pytest.mark.thorough)]
)
def test_the_benches_run(
    names: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    kept = tmp_path / "bench.jsonl"
    words = ["everything.py", "--quick", "--lines", str(kept), "--only", *names]
    monkeypatch.setattr("sys.argv", words)
    assert everything.main() == 0, kept.read_text()
    lines = [json.loads(line) for line in kept.read_text().splitlines()]
    assert {line["bench"].replace(" ", "_") for line in lines} == {*names}
    assert [line["errors"] for line in lines if line.get("what") == "errors"] == [0] * (
        "load" in names
    )
    assert "| verdict |" in capsys.readouterr().out
