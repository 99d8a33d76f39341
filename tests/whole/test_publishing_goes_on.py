"""Publishing step by step gives what publishing at once gives; an act is public right after it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.orm import Session

from config import read_settings
from portal.app import create_app
from portal.app import publish_inline
from portal.audit.check import LogError
from portal.audit.models import LogEntry
from portal.cli import upgrade_quietly
from portal.db import db
from portal.db import transaction
from portal.db import writing
from portal.funds import service
from portal.funds.rules import Reason
from portal.install import NothingPublishedError
from portal.payments import service as payments
from portal.payments.rules import Channel
from portal.publishing.models import PublishedRequest
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.world import NOON
from tests.world import World


def test_each_act_published_on_its_own_tells_the_same_story(portal: Portal) -> None:
    """The fold takes up what earlier folds left in the tables, act by act."""

    def step(act: Callable[[World], object]) -> None:
        with writing(db.engine, portal.install.session_info()) as session:
            act(World(session))
        portal.install.publish(db.engine)

    def of(world: World) -> tuple[int, int]:
        row = world.session.execute(text("SELECT id, version FROM fund_request")).one()
        return row.id, row.version

    def pay(world: World, take: Callable[..., object], by: object, **more: object) -> None:
        row = world.session.execute(text("SELECT id, version FROM payment")).one()
        take(world.session, row.id, seen_version=row.version, by=by, at=NOON, **more)

    step(lambda w: w.to_decide())
    step(
        lambda w: service.return_request(
            w.session,
            of(w)[0],
            service.Grounds(Reason.PAPERS, ""),
            seen_version=of(w)[1],
            by=w.somchai,
            at=NOON,
        )
    )
    step(
        lambda w: service.submit_request(
            w.session, of(w)[0], seen_version=of(w)[1], by=w.malee, at=NOON
        )
    )
    step(
        lambda w: service.approve_request(
            w.session, of(w)[0], note="", seen_version=of(w)[1], by=w.somchai, at=NOON
        )
    )
    step(
        lambda w: payments.prepare_payment(
            w.session,
            of(w)[0],
            channel=Channel.TRANSFER,
            seen_version=None,
            by=w.anong,
            at=NOON,
        )
    )
    step(lambda w: pay(w, payments.release_payment, w.prasit))
    step(lambda w: pay(w, payments.send_payment, w.prasit))
    step(lambda w: pay(w, payments.confirm_payment, w.phailin, bank_reference="KTB-1"))
    with Session(db.engine) as session:
        row = session.scalars(select(PublishedRequest)).one()
        assert (row.status, row.disbursed_satang) == ("paid", 150_000)


def test_files_that_do_not_continue_the_fold_are_not_folded(portal: Portal) -> None:
    folder = portal.install.folder.path
    with writing(db.engine, {}) as session:
        session.execute(text("UPDATE published_position SET size = 3"))
    with pytest.raises(ValueError, match="no frontier"):
        portal.install.publish(db.engine)
    with writing(db.engine, {}) as session:
        session.execute(
            text(
                "UPDATE published_position SET size = 0, frontier = ''::bytea"
                if db.engine.dialect.name == "postgresql"
                else "UPDATE published_position SET size = 0, frontier = x''"
            )
        )
    (bundle,) = (path for path in (folder / "tile" / "entries").rglob("*") if path.is_file())
    kept = bundle.read_bytes()
    bundle.write_bytes(kept[:40] + bytes([kept[40] ^ 1]) + kept[41:])
    with pytest.raises(LogError, match="do not give the root"):
        portal.install.publish(db.engine)
    bundle.write_bytes(kept)
    portal.install.publish(db.engine)


@pytest.fixture
def inline(portal: Portal) -> Portal:
    """The same install as one process that publishes by itself."""
    portal.app.extensions["after_record"] = publish_inline
    return portal


def test_an_act_is_published_right_after_its_commit(inline: Portal) -> None:
    before = inline.install.check_log(db.session()).size
    db.session.close()
    with transaction() as session:
        World(session).submitted()
    recorded = db.session.scalar(select(func.count()).select_from(LogEntry)) or 0
    assert inline.install.check_log(db.session()).size == recorded > before


def test_an_act_stays_when_it_cannot_be_published(
    inline: Portal, caplog: pytest.LogCaptureFixture
) -> None:
    state = inline.install.settings.data_dir / "signer" / "signer.sqlite"
    kept = state.read_bytes()
    state.write_bytes(b"")
    (inline.install.settings.data_dir / "signer" / "signer.sqlite-wal").unlink(missing_ok=True)
    with caplog.at_level(logging.ERROR), transaction() as session:
        session.execute(text("SELECT 1"))
        World(session).submitted()
    assert "The log was not published" in caplog.text
    state.write_bytes(kept)
    inline.install.publish(db.engine)


@pytest.mark.parametrize("name", ["log", "signer/signer.sqlite"])
def test_an_act_is_answered_when_the_disk_does_not_take_what_is_published(
    inline: Portal, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    place = inline.install.settings.data_dir / name
    kept = place.rename(place.with_name("kept"))
    # A file where a folder must be, or a folder where a file must be, cannot be written.
    place.touch() if kept.is_dir() else place.mkdir()
    with caplog.at_level(logging.ERROR), transaction() as session:
        World(session).submitted()
    assert "The log was not published" in caplog.text
    place.unlink() if place.is_file() else place.rmdir()
    kept.rename(place)
    inline.install.publish(db.engine)


def test_before_anything_is_published_the_check_says_so(tmp_path: Path, portal: Portal) -> None:
    signer = portal.install.settings.data_dir / "signer" / "signer.sqlite"
    kept, empty = signer.read_bytes(), tmp_path / "kept"
    empty.write_bytes(kept)
    signer.unlink()
    install = type(portal.install)(portal.install.settings)
    with pytest.raises(NothingPublishedError):
        install.check_log(db.session())
    signer.write_bytes(kept)


def test_the_health_page_reads_the_database(client: Visitor) -> None:
    assert client.get("/healthz").json == {"ok": True}


def test_an_install_without_a_log_publishes_nothing(tmp_path: Path, portal: Portal) -> None:
    other = create_app(
        read_settings({"PORTAL_DATA_DIR": str(tmp_path / "new"), "PORTAL_SECRET_KEY": "a test's"})
    )
    with other.app_context():
        upgrade_quietly()
        publish_inline()
        db.engine.dispose()
    assert not (tmp_path / "new" / "log").exists()
    assert portal.install.has_log
