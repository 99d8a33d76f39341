"""What goes wrong around the portal: nothing is signed, nothing is forked, the operator is told."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from sqlite3 import IntegrityError
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from config import read_settings
from portal import demo
from portal.app import create_app
from portal.audit.check import LogError
from portal.audit.check import entries
from portal.audit.entry import leaf_hash
from portal.audit.folder import Folder
from portal.audit.folder import PublisherError
from portal.audit.folder import first_of
from portal.audit.merkle import Frontier
from portal.audit.note import Checkpoint
from portal.audit.note import Note
from portal.audit.note import NoteError
from portal.audit.signer import KeyMissingError
from portal.audit.signer import SignerError
from portal.audit.signer import make_key
from portal.audit.tiles import bundle
from portal.audit.witness import Round
from portal.cli import upgrade_quietly
from portal.db import db
from portal.db import writing
from portal.install import Install
from portal.install import NotSetUpError
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.conftest import owners
from tests.world import NOON
from tests.world import World


def act(portal: Portal, times: int = 1) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        for _ in range(times):
            World(session).submitted()


def data(portal: Portal) -> Path:
    return portal.install.settings.data_dir


def published(portal: Portal) -> bytes:
    return (data(portal) / "log" / "checkpoint").read_bytes()


def afresh(portal: Portal) -> Install:
    """The install as the next process finds it."""
    return Install(portal.install.settings)


def lose_newest(count: int) -> None:
    """Take the newest entries out, as a restored older database would lack them."""
    with owners().connect().execution_options(writes=True) as connection, connection.begin():
        if db.engine.dialect.name == "postgresql":
            connection.execute(text("SET session_replication_role = replica"))
            for trigger in ("kept", "not_emptied"):
                connection.execute(text(f"ALTER TABLE log_seq DISABLE TRIGGER log_seq_{trigger}"))
        else:
            connection.execute(text("DROP TRIGGER log_seq_no_delete"))
        connection.execute(
            text("DELETE FROM log_seq WHERE idx > (SELECT max(idx) FROM log_seq) - :count"),
            {"count": count},
        )


def test_an_older_database_never_overtakes_the_log(portal: Portal) -> None:
    act(portal, 5)
    portal.install.publish(db.engine)
    before = published(portal)
    lose_newest(3)
    for _ in range(3):
        act(portal, 2)
        with pytest.raises(PublisherError, match="restored from an older backup"):
            portal.install.publish(db.engine)
    assert published(portal) == before
    with Session(db.engine) as session:
        waiting = session.execute(text("SELECT count(*) FROM log_pending")).scalar_one()
    assert waiting == 6
    _bring_back(portal)


def _bring_back(portal: Portal) -> None:
    """Put the three places back, so that the fixture finds a whole log."""
    with owners().connect().execution_options(writes=True) as connection, connection.begin():
        seqnos = connection.execute(
            text(
                "SELECT seqno FROM log_entry WHERE seqno NOT IN (SELECT seqno FROM log_seq)"
                " AND seqno NOT IN (SELECT seqno FROM log_pending) ORDER BY seqno"
            )
        ).scalars()
        for seqno in seqnos.all():
            connection.execute(
                text("INSERT INTO log_seq (idx, seqno) SELECT max(idx) + 1, :seqno FROM log_seq"),
                {"seqno": seqno},
            )
        if db.engine.dialect.name == "postgresql":
            for trigger in ("kept", "not_emptied"):
                connection.execute(
                    text(f"ALTER TABLE log_seq ENABLE ALWAYS TRIGGER log_seq_{trigger}")
                )
    assert portal.install.publish(db.engine) is not None


def test_a_changed_newest_entry_is_not_built_upon(portal: Portal) -> None:
    bundles = sorted((data(portal) / "log" / "tile" / "entries").rglob("*"))
    newest = [path for path in bundles if path.is_file()][-1]
    kept = newest.read_bytes()
    newest.write_bytes(kept[:-3] + b"9" + kept[-2:])
    act(portal)
    before = published(portal)
    with pytest.raises(PublisherError, match="is not the one that was signed"):
        portal.install.publish(db.engine)
    assert published(portal) == before
    newest.write_bytes(kept)


@pytest.mark.parametrize("name", ["log.pem", "master.key", "hash.key"])
def test_a_missing_key_is_not_made_anew(portal: Portal, name: str) -> None:
    path = data(portal) / "keys" / name
    kept = path.read_bytes()
    path.unlink()
    install = afresh(portal)
    with pytest.raises(KeyMissingError, match=name):
        _ = (install.session_info(), install.signer)
    assert not path.exists()
    path.write_bytes(kept)


def test_another_key_signs_nothing(portal: Portal) -> None:
    path = data(portal) / "keys" / "log.pem"
    kept = path.read_bytes()
    path.unlink()
    make_key(path)
    act(portal)
    with pytest.raises(NoteError, match="not signed by"):
        afresh(portal).publish(db.engine)
    path.write_bytes(kept)


def test_a_log_keeps_the_name_it_was_given(portal: Portal) -> None:
    before = portal.install.signer.vkey
    portal.install.name_log("audit.other.example/other")
    assert afresh(portal).signer.vkey == before


def test_what_a_stopped_publisher_left_is_no_damage(portal: Portal) -> None:
    left = data(portal) / "log" / "tile" / "0" / "000.p" / "250"
    left.write_bytes(b"nothing was signed over this")
    portal.install.check_log(db.session())
    db.session.close()


@pytest.mark.parametrize("kind", ["0", "entries"])
def test_an_older_partial_file_that_was_changed_or_cut_is_named(portal: Portal, kind: str) -> None:
    (older,) = (data(portal) / "log" / "tile" / kind / "000.p").iterdir()
    act(portal)
    portal.install.publish(db.engine)
    kept = older.read_bytes()
    one_less = first_of(kind, kept, int(older.name) - 1)
    for other in (kept[:20] + bytes([kept[20] ^ 1]) + kept[21:], one_less):
        older.write_bytes(other)
        with pytest.raises(LogError, match=rf"tile/{kind}/000\.p/{older.name} does not fit"):
            portal.install.check_log(db.session())
    older.write_bytes(kept)


def test_an_entry_that_is_signed_but_not_canonical_is_named(portal: Portal, tmp_path: Path) -> None:
    body = b'{"a": 1}'
    folder, signer = Folder(tmp_path / "log"), portal.install.signer
    folder.write("tile/entries/000.p/1", bundle([body]))
    folder.write("tile/0/000.p/1", leaf_hash(body))
    root = Frontier().extend([leaf_hash(body)]).root()
    with pytest.raises(LogError, match=r"Entry 0 in tile/entries/000\.p/1"):
        list(entries(folder, Checkpoint(signer.vkey.name, 1, root)))


def test_a_key_of_another_kind_is_refused(portal: Portal) -> None:
    path = data(portal) / "keys" / "log.pem"
    kept = path.read_bytes()
    path.write_bytes(RSA)
    with pytest.raises(SignerError, match=r"log\.pem holds no Ed25519 key"):
        _ = afresh(portal).signer
    path.write_bytes(kept)


RSA = b"""-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2
OF/2NxApJCzGCEDdfSp6VQO30hyhRANCAAQRWz+jn65BtOMvdyHKcvjBeBSDZH2r
1RTwjmYSi9R/zpBnuQ4EiMnCqfMPWiZqB4QdbAd0E7oH50VpuZ1P087G
-----END PRIVATE KEY-----
"""


def test_a_lost_signer_does_not_begin_again(portal: Portal) -> None:
    state = data(portal) / "signer" / "signer.sqlite"
    state.unlink()
    act(portal)
    before = published(portal)
    with pytest.raises(PublisherError, match="its state is lost"):
        afresh(portal).publish(db.engine)
    assert published(portal) == before
    rebuilt = portal.app.test_cli_runner().invoke(args=["log", "rebuild-signer"])
    assert rebuilt.exit_code == 0, rebuilt.output
    afresh(portal).publish(db.engine)
    assert published(portal) != before


def test_an_older_state_does_not_take_the_log_back(portal: Portal) -> None:
    state = data(portal) / "signer" / "signer.sqlite"
    older = state.read_bytes()
    act(portal)
    portal.install.publish(db.engine)
    newer, before = state.read_bytes(), published(portal)
    state.write_bytes(older)
    with pytest.raises(PublisherError, match="restored from a backup"):
        afresh(portal).publish(db.engine)
    assert published(portal) == before
    state.write_bytes(newer)


def test_the_signer_adopts_only_its_own_tree(portal: Portal) -> None:
    note = Note.parse(published(portal))
    with pytest.raises(SignerError, match="not of this tree"):
        portal.install.signer.adopt(Frontier(), note)
    head = portal.install.signer.head()
    assert head is not None
    with pytest.raises(IntegrityError, match="never goes back"):
        portal.install.signer.adopt(head.frontier, note)


def test_a_lost_name_is_said(portal: Portal) -> None:
    origin = data(portal) / "signer" / "origin"
    kept = origin.read_bytes()
    origin.unlink()
    with pytest.raises(NotSetUpError, match="signer/origin"):
        _ = afresh(portal).signer
    origin.write_bytes(kept)


def test_the_demo_stays_out_of_a_real_install(portal: Portal) -> None:
    with pytest.raises(demo.NotADemoError):
        demo.prepare(portal.install)
    assert not (data(portal) / "demo").exists()
    assert not (data(portal) / "secret_key").exists()


def test_a_damaged_tile_is_named(portal: Portal) -> None:
    tile = next(path for path in (data(portal) / "log" / "tile" / "0").rglob("*") if path.is_file())
    kept = tile.read_bytes()
    tile.write_bytes(kept[:-1])
    act(portal)
    with pytest.raises(PublisherError, match=r"tile/0/000\.p/\d+ is damaged"):
        portal.install.publish(db.engine)
    tile.write_bytes(kept)


def test_a_copy_of_the_log_folder_is_enough_to_go_on(portal: Portal) -> None:
    shutil.copytree(data(portal) / "log", data(portal) / "copy")
    shutil.rmtree(data(portal) / "log")
    act(portal)
    with pytest.raises(PublisherError, match="is missing"):
        portal.install.publish(db.engine)
    (data(portal) / "copy").rename(data(portal) / "log")
    portal.install.publish(db.engine)


def without(portal: Portal, *names: str) -> Install:
    """Take files away, as another user of the machine would find them unreadable."""
    for name in names:
        (data(portal) / name).rename(data(portal) / f"{name}.hidden")
    return afresh(portal)


def bring_back(portal: Portal, *names: str) -> None:
    for name in names:
        (data(portal) / f"{name}.hidden").rename(data(portal) / name)


def test_the_publisher_reads_no_key_of_persons(portal: Portal) -> None:
    act(portal)
    names = ("keys/master.key", "keys/hash.key", "keystore")
    install = without(portal, *names)
    size = install.publish(db.engine)
    for day in (1, 2):
        install.cycle(db.engine, at=NOON + timedelta(days=day))
    bring_back(portal, *names)
    assert size is not None
    assert install.check_log(db.session()).size == size.size + 1


def test_the_pages_read_no_key_of_the_log(portal: Portal, client: Visitor) -> None:
    names = ("keys/log.pem", "signer")
    install = without(portal, *names)
    portal.app.extensions["install"] = install
    with writing(db.engine, install.session_info()) as session:
        eid = World(session).submitted().log_eid
    for address, status in (
        ("/", 200),
        ("/log", 200),
        ("/log/checkpoint", 200),
        ("/log/policy", 200),
        (f"/audit/status/{eid}", 200),
        (f"/proof/{eid}.tlog-proof", 404),
    ):
        with client.get(address) as answer:
            assert answer.status_code == status, address
    client.sign_in("malee")
    assert client.get("/office/").status_code == 200
    bring_back(portal, *names)
    portal.app.extensions["install"] = portal.install
    install.vault.close()


def test_a_key_with_a_passphrase_opens_with_it_alone(tmp_path: Path) -> None:
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    right.write_text("a long and secret sentence\n")
    wrong.write_text("another sentence")
    environment = {"PORTAL_DATA_DIR": str(tmp_path / "sealed"), "PORTAL_SECRET_KEY": "a test's"}

    def install(file: Path | None) -> Install:
        more = {"PORTAL_LOG_PASSPHRASE_FILE": str(file)} if file else {}
        return Install(read_settings(environment | more))

    install(right).name_log("audit.test.example/sealed")
    assert b"ENCRYPTED" in (tmp_path / "sealed" / "keys" / "log.pem").read_bytes()
    assert install(right).signer.vkey.name == "audit.test.example/sealed"
    for file in (wrong, None):
        with pytest.raises(SignerError, match=r"log\.pem does not open"):
            _ = install(file).signer


def test_before_anything_is_published_nothing_is_proved(portal: Portal, client: Visitor) -> None:
    act(portal)
    with Session(db.engine) as session:
        eid = session.scalar(text("SELECT eid FROM log_entry WHERE seqno = 1"))
    log = data(portal) / "log"
    log.rename(data(portal) / "kept")
    eid = str(UUID(str(eid)))
    for address in (f"/audit/status/{eid}", f"/proof/{eid}.tlog-proof", "/log/checkpoint"):
        assert client.get(address).status_code == 404
    assert client.get("/v").status_code == 200
    shutil.rmtree(log, ignore_errors=True)
    (data(portal) / "kept").rename(log)


def test_a_log_without_entries_has_nothing_to_publish(tmp_path: Path) -> None:
    environment = {"PORTAL_DATA_DIR": str(tmp_path / "empty"), "PORTAL_SECRET_KEY": "a test's"}
    app = create_app(read_settings(environment))
    with app.app_context():
        upgrade_quietly()
        install = app.extensions["install"]
        install.name_log("audit.test.example/empty")
        assert install.cycle(db.engine, at=NOON) == Round({}, {})
        db.engine.dispose()
