"""Small logs made for tests: entries, tiles and checkpoints as a portal would publish them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from datetime import UTC
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.audit.entry import Draft
from portal.audit.entry import Json
from portal.audit.entry import Secret
from portal.audit.entry import leaf_hash
from portal.audit.entry import uuid7
from portal.audit.folder import Folder
from portal.audit.merkle import Frontier
from portal.audit.note import COSIGNATURE
from portal.audit.note import Checkpoint
from portal.audit.note import Note
from portal.audit.note import Signature
from portal.audit.note import VerifierKey
from portal.audit.note import sign
from portal.audit.sealing import seal
from portal.audit.tiles import WIDTH
from portal.audit.tiles import Edge
from portal.audit.tiles import bundle
from portal.audit.tiles import tile_path
from portal.publishing.vocabulary import TYPES

ORIGIN = "audit.example/fund"
AT = datetime(2026, 11, 20, 5, tzinfo=UTC)


def chance(count: int) -> bytes:
    """No chance at all: salts and ids of these logs hide nothing."""
    return bytes(count)


@dataclass(frozen=True, slots=True)
class Key:
    """A key that signs checkpoints."""

    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    origin: str = ORIGIN

    @property
    def vkey(self) -> VerifierKey:
        return VerifierKey(self.origin, self.private.public_key().public_bytes_raw())

    def note(self, size: int, root: bytes) -> Note:
        return sign(Checkpoint(self.origin, size, root).text(), self.origin, self.private)

    def policy(self, *witnesses: Witness, quorum: str = "none") -> str:
        lines = [f"log {self.vkey}", *(f"witness {w.name} {w.vkey}" for w in witnesses)]
        return "\n".join([*lines, f"quorum {quorum}", ""])


@dataclass(frozen=True, slots=True)
class Witness:
    """An outsider who cosigns what it is shown."""

    name: str
    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def vkey(self) -> VerifierKey:
        public = self.private.public_key().public_bytes_raw()
        return VerifierKey(f"{self.name}.example", public, COSIGNATURE)

    def cosign(self, note: Note, at: datetime) -> Note:
        seconds = int(at.timestamp())
        told = f"cosignature/v1\ntime {seconds}\n{note.text}".encode()
        raw = seconds.to_bytes(8, "big") + self.private.sign(told)
        line = Signature(self.vkey.name, self.vkey.key_id, raw)
        return Note(note.text, (*note.signatures, line))


def eid(number: int) -> str:
    return uuid7(1_790_000_000_000 + number, chance)


def body(
    number: int,
    type_name: str,
    public: Mapping[str, Json],
    *,
    role: str = "officer",
    refs: Sequence[str] = (),
    private: Mapping[str, Secret] | None = None,
) -> bytes:
    """Seal an entry of the portal's own vocabulary."""
    actor = Secret("person:1", {"id": 1, "name": "มาลี"})
    draft = Draft(TYPES[type_name], AT, role, actor, public, private or {}, tuple(refs))
    return seal(draft, eid=eid(number), random=chance).body


def genesis(key: Key) -> bytes:
    return body(0, "log.genesis", {"origin": key.origin, "vkey": str(key.vkey)}, role="system")


def story(key: Key, *, paid: int = 150_000) -> list[bytes]:
    """A fund, a donation, a request and its payment: every figure is counted once."""
    names = {"name_th": "ไทย", "name_en": "English"}
    told: list[tuple[str, dict[str, Json], str]] = [
        ("subcommittee.created", {"code": "SC5", **names, "short_th": "ไทย"}, "system"),
        ("purpose.created", {"code": "STAY", **names}, "system"),
        ("category.created", {"code": "LIVING", **names, **_CATEGORY}, "system"),
        ("fund.created", {"code": "GEN", **names, "restricted": False}, "system"),
        ("threshold.set", _THRESHOLD, "system"),
        ("donation.received", _DONATION, "treasurer"),
        ("allocation.made", _ALLOCATION, "treasurer"),
        ("fund_request.submitted", _REQUEST, "officer"),
        ("interest.declared", {"reference": _REFERENCE, "party": "p2", "related": False}, "chair"),
        ("fund_request.approved", {**_acted("p2", 150_000), **_SIGNED}, "chair"),
        ("payment.prepared", {**_paying("p3", paid), **_PREPARED}, "treasurer"),
        ("payment.released", _paying("p4", paid) | {"batch": None}, "treasurer"),
        ("payment.sent", _paying("p3", paid) | {"batch": None}, "treasurer"),
        ("payment.confirmed", _paying("p5", paid), "treasurer"),
    ]
    return [
        genesis(key),
        *(body(at, name, public, role=role) for at, (name, public, role) in enumerate(told, 1)),
    ]


_REFERENCE = "RYG-2570-000001"
_CATEGORY: dict[str, Json] = {
    "ceiling_satang": 600_000,
    "serves": "youth",
    "subcommittees": ["SC5"],
    "urgent": False,
}
_THRESHOLD: dict[str, Json] = {
    "above_satang": 0,
    "signatures": ["chair"],
    "subcommittee": None,
    "fund": None,
    "valid_from": "2026-10-01",
}
_DONATION: dict[str, Json] = {
    "reference": "D-1",
    "fund": "GEN",
    "satang": 900_000,
    "received_on": "2026-10-05",
}
_ALLOCATION: dict[str, Json] = {
    "fund": "GEN",
    "subcommittee": "SC5",
    "satang": 400_000,
    "fiscal_year": 2570,
}
_REQUEST: dict[str, Json] = {
    "reference": _REFERENCE,
    "party": "p1",
    "fund": "GEN",
    "subcommittee": "SC5",
    "satang": 150_000,
    "fiscal_year": 2570,
    "kind": "youth",
    "category": "LIVING",
    "purpose": "STAY",
    "place": None,
    "urgent": False,
}
_SIGNED: dict[str, Json] = {"signature": 1, "needed": 1, "acting": False}
_PREPARED: dict[str, Json] = {"instalment": 1, "channel": "transfer", "advance": None}


def _acted(party: str, satang: int) -> dict[str, Json]:
    return {"reference": _REFERENCE, "party": party, "satang": satang}


def _paying(party: str, satang: int) -> dict[str, Json]:
    return {**_acted(party, satang), "payment": f"{_REFERENCE}-1"}


def write_log(path: Path, bodies: Sequence[bytes], key: Key) -> Note:
    """Publish these entries in a folder, with a policy that trusts the key; return the note."""
    folder, leaves = Folder(path), [leaf_hash(each) for each in bodies]
    for start in range(0, len(bodies), WIDTH):
        packed = bodies[start : start + WIDTH]
        folder.write(tile_path("entries", start // WIDTH, len(packed)), bundle(packed))
    for level, number, hashes in Edge().extend(leaves):
        folder.write(tile_path(level, number, len(hashes)), b"".join(hashes))
    note = key.note(len(bodies), Frontier().extend(leaves).root())
    folder.write("checkpoint", str(note).encode())
    folder.write("policy", key.policy().encode())
    return note


@dataclass(slots=True)
class Site:
    """A web site that serves a published folder, and notes what it is asked for."""

    path: Path
    url: str = ""
    asked: list[str] = field(default_factory=list)
    # What is answered instead of a file: a status, or other bytes.
    instead: dict[str, int | bytes] = field(default_factory=dict)

    def answer(self, name: str) -> tuple[int, bytes]:
        self.asked.append(name)
        told = self.instead.get(name)
        if isinstance(told, bytes):
            return HTTPStatus.OK, told
        if told:
            return told, b""
        file = self.path / name
        return (HTTPStatus.OK, file.read_bytes()) if file.is_file() else (HTTPStatus.NOT_FOUND, b"")


@contextmanager
def served(path: Path) -> Iterator[Site]:
    """Serve a folder under `/log/` from a thread on a free port."""
    site = Site(path)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, content = site.answer(self.path.removeprefix("/log/"))
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing on the terminal."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        site.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()
