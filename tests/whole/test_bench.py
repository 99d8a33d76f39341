"""What the benchmarks measure is the portal's own work, and they still run."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest
from sqlalchemy import FromClause
from sqlalchemy import create_engine
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.files import small_bodies
from bench.files import write_log
from bench.papers import bare
from bench.papers import measure_template
from bench.papers import receipts
from bench.papers import tagged
from bench.proofs import audit_elsewhere
from bench.proofs import measure_proofs
from bench.proofs import measure_verifying
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
from portal.db import prepare
from portal.db import writing
from portal.install import Install
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
        one, other = islice(receipts(), 2)
        assert measure_template(RECEIPT, rounds=1)["pages"] == 1
    assert one.html != other.html
    assert b"/StructTreeRoot" in tagged(one.html)
    assert bare(one.html).startswith(b"%PDF")
