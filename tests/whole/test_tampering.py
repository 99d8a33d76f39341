"""An older database, or a row that its superuser changed: who notices, and what each is told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.check import LogError
from portal.audit.folder import Folder
from portal.audit.folder import PublisherError
from portal.audit.models import LogEntry
from portal.audit.models import LogSeq
from portal.audit.publisher import check_continues
from portal.audit.publisher import publish
from portal.audit.signer import Signer
from portal.audit.signer import load_keys
from portal.audit.witnessing import POLICY
from portal.db import db
from portal.db import writing
from tests.conftest import Portal
from tests.tool import Tool
from tests.tool import build_tool
from tests.whole.test_checks import damaged
from tests.world import World

CHANGE = "UPDATE log_entry SET body = :body WHERE seqno = :seqno"
STEPS = ("Stop the pages", "restore")


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Tool:
    return build_tool(tmp_path_factory.mktemp("tool"))


@pytest.fixture
def told(portal: Portal) -> Portal:
    """A portal after one payment, published."""
    with writing(db.engine, portal.install.session_info()) as session:
        World(session).confirmed()
    portal.install.publish(db.engine)
    return portal


@pytest.fixture
def copy(told: Portal, tmp_path: Path) -> Path:
    """What an outsider copied."""
    ignored = shutil.ignore_patterns(".*")
    return shutil.copytree(told.install.folder.path, tmp_path / "copy", ignore=ignored)


LITTLE, MUCH = b'"satang":150000', b'"satang":950000'


def newest_with(word: bytes) -> LogEntry:
    """The newest entry that holds this."""
    with Session(db.engine) as session:
        ordered = select(LogEntry).join(LogSeq, LogSeq.seqno == LogEntry.seqno)
        entries = session.scalars(ordered.order_by(LogSeq.idx.desc()))
        return next(entry for entry in entries if word in entry.body)


def refused(told: Portal, session: Session) -> tuple[str, str]:
    """What the publisher says, and what `log check` says."""
    with pytest.raises(PublisherError) as published:
        check_continues(session, told.install.folder, told.install.signer)
    with pytest.raises(LogError) as checked:
        told.install.check_log(session)
    for said in (published, checked):
        assert all(step in str(said.value) for step in STEPS), said.value
    return str(published.value), str(checked.value)


def test_a_changed_newest_entry_stops_the_publisher_and_fails_the_check(
    told: Portal, copy: Path, tool: Tool
) -> None:
    entry = newest_with(b"")
    values = {"body": entry.body + b" ", "seqno": entry.seqno}
    with damaged("log_entry", CHANGE, **values) as session:
        published, checked = refused(told, session)
    assert "is not the one that was signed and published" in published
    assert "is not the published one" in checked
    # What outsiders have is what was signed.
    assert tool("audit", copy).returncode == 0


def test_an_older_database_stops_the_publisher_and_fails_the_check(
    told: Portal, copy: Path, tool: Tool
) -> None:
    with damaged(
        "log_seq", "DELETE FROM log_seq WHERE idx > (SELECT max(idx) - 3 FROM log_seq)"
    ) as session:
        published, checked = refused(told, session)
    assert "it was restored from an older backup" in published
    assert "it is older than the log" in checked
    assert tool("audit", copy).returncode == 0


def signed_anew(told: Portal, session: Session, place: Path) -> Path:
    """Publish the database as it is now from the beginning, as one who holds every key could."""
    install, folder = told.install, Folder(place / "anew")
    keys = load_keys(install.settings.data_dir / "keys")
    signer = Signer(place / "state" / "signer.sqlite", *keys, origin=install.signer.vkey.name)
    while publish(session, folder, signer):
        pass
    folder.write(POLICY, install.policy_text.encode())
    return folder.path


def test_an_outsider_proves_that_an_entry_was_changed_and_signed_anew(
    told: Portal, copy: Path, tool: Tool, tmp_path: Path
) -> None:
    entry = newest_with(LITTLE)
    values = {"body": entry.body.replace(LITTLE, MUCH), "seqno": entry.seqno}
    with damaged("log_entry", CHANGE, **values) as session:
        anew = signed_anew(told, session, tmp_path)
    said = tool("consistency", copy / "checkpoint", anew)
    assert said.returncode == 1, said.stdout + said.stderr
    assert "cannot both be true" in said.stdout + said.stderr
    assert "keep it, and show it to others" in said.stdout + said.stderr
    assert "cannot both be true" in next((anew / "evidence").iterdir()).read_text("utf-8")


def test_an_outsider_is_told_that_entries_were_taken_back(
    told: Portal, copy: Path, tool: Tool, tmp_path: Path
) -> None:
    with damaged(
        "log_seq", "DELETE FROM log_seq WHERE idx > (SELECT max(idx) - 3 FROM log_seq)"
    ) as session:
        anew = signed_anew(told, session, tmp_path)
    said = tool("consistency", copy / "checkpoint", anew)
    assert said.returncode == 3, said.stdout + said.stderr
    assert "it has taken entries back" in said.stdout + said.stderr
