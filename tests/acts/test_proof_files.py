from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import EntryError
from portal.audit.folder import Folder
from portal.audit.folder import PublisherError
from portal.audit.merkle import ProofError
from portal.audit.merkle import consistency_proof
from portal.audit.merkle import verify_consistency
from portal.audit.models import LogEntry
from portal.audit.note import NoteError
from portal.audit.policy import Policy
from portal.audit.proof import Proof
from portal.audit.proving import nodes
from portal.audit.proving import prove
from portal.audit.tiles import root
from portal.audit.witnessing import heads
from portal.db import db
from portal.db import writing
from portal.funds import drafting
from portal.funds import service
from tests.conftest import Portal
from tests.world import ANSWER
from tests.world import NOON
from tests.world import World


def proved(folder: Folder, index: int) -> Proof:
    return prove(folder, index, heads(folder).best_note(index))


@pytest.mark.usefixtures("portal")
def test_every_entry_has_a_proof_file(client: FlaskClient) -> None:
    with client.get("/log/policy") as answer:
        policy = Policy.parse(answer.get_data(as_text=True))
    with Session(db.engine) as session:
        eids = session.scalars(select(LogEntry.eid).order_by(LogEntry.seqno)).all()
    for index, eid in enumerate(eids):
        answer = client.get(f"/proof/{eid}.tlog-proof")
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        entry, seen = Proof.parse(answer.data).verify(policy)
        assert (entry.eid, seen.checkpoint.size) == (eid, len(eids))
        assert Proof.parse(answer.data).index == index
        assert str(Proof.parse(answer.data)).encode() == answer.data


def test_every_flipped_bit_of_a_proof_file_is_refused(portal: Portal) -> None:
    key = portal.install.signer.vkey
    policy = Policy.parse(f"log {key}\nquorum none\n")
    written = str(proved(portal.install.folder, 3)).encode()
    Proof.parse(written).verify(policy)
    for bit in range(len(written) * 8):
        changed = bytearray(written)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises((ProofError, NoteError, EntryError)):
            Proof.parse(bytes(changed)).verify(policy)


def test_an_entry_that_waits_has_no_proof_yet(portal: Portal, client: FlaskClient) -> None:
    with writing(db.engine, portal.install.session_info()) as session:
        eid = World(session).submitted().log_eid
    answer = client.get(f"/en/proof/{eid}.tlog-proof")
    assert answer.status_code == 404
    assert "the next signed checkpoint will cover it" in answer.text
    portal.install.publish(db.engine)
    db.session.remove()
    assert client.get(f"/proof/{eid}.tlog-proof").status_code == 200


@pytest.mark.parametrize("eid", ["nonsense", "0199c82c-c000-7d5e-9811-8e237aa6340b"])
def test_no_such_entry(client: FlaskClient, eid: str) -> None:
    assert client.get(f"/proof/{eid}.tlog-proof").status_code == 404


def test_proofs_outlive_the_partial_tiles(portal: Portal) -> None:
    folder, install = portal.install.folder, portal.install
    sizes = {}
    for _ in range(3):
        with writing(db.engine, install.session_info()) as session:
            malee = World(session).malee
            for _ in range(70):
                draft = drafting.draft_request(session, ANSWER, by=malee, at=NOON)
                service.submit_request(
                    session, draft.id, seen_version=draft.version, by=malee, at=NOON
                )
        checkpoint = install.publish(db.engine)
        assert checkpoint is not None
        sizes[checkpoint.size] = checkpoint.root
    (first, old_root), *_, (last, new_root) = sizes.items()
    assert first < 256 < last
    proof = consistency_proof(nodes(folder, last), first, last)
    verify_consistency(first, last, proof, old_root, new_root)
    # The tree of the first size is still there, inside the full tile that replaced its partial.
    assert nodes(folder, first)(0, first - 1) == nodes(folder, last)(0, first - 1)
    rows = {0: [nodes(folder, first)(0, at) for at in range(first)]}
    assert root(first, rows) == old_root


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("tlog-proof@v1", "tlog-proof@v2"),
        lambda text: text.replace("extra ", "more "),
        lambda text: text.replace("index 3", "index 03"),
        lambda text: text.replace("index 3", "index x"),
        lambda text: text.replace("\n\n", "\n"),
        lambda text: text.replace("\nextra", "\nextra extra"),
        lambda text: text * 1000,
        lambda text: text[:40] + "\udcff",
    ],
)
def test_what_is_no_proof_file_is_refused(portal: Portal, change: Callable[[str], str]) -> None:
    text = str(proved(portal.install.folder, 3))
    with pytest.raises((ProofError, NoteError)):
        Proof.parse(change(text).encode("utf-8", "surrogateescape"))


def test_a_proof_of_endless_length_is_refused(portal: Portal) -> None:
    proof = proved(portal.install.folder, 3)
    policy = Policy.parse(f"log {portal.install.signer.vkey}\nquorum none\n")
    with pytest.raises(ProofError, match="too long"):
        Proof(proof.body, 3, proof.hashes * 20, proof.note).verify(policy)


def test_a_missing_tile_is_named(portal: Portal) -> None:
    (path,) = (portal.install.folder.path / "tile" / "0").rglob("*.p")
    (tile,) = path.iterdir()
    kept = tile.read_bytes()
    tile.unlink()
    with pytest.raises(PublisherError, match="tile/0/000 is missing"):
        proved(portal.install.folder, 3)
    tile.write_bytes(kept)
