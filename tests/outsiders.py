"""A witness as outsiders run one: the server's side of C2SP tlog-witness, over HTTP."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer
from threading import Thread

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.audit.merkle import ProofError
from portal.audit.merkle import verify_consistency
from portal.audit.note import COSIGNATURE
from portal.audit.note import TIMESTAMP_BYTES
from portal.audit.note import Checkpoint
from portal.audit.note import Note
from portal.audit.note import NoteError
from portal.audit.note import Signature
from portal.audit.note import VerifierKey
from tests.conftest import Portal

NOON = 1_795_233_600


@dataclass
class Outsider:
    """Remembers the newest checkpoint it cosigned of each log, and cosigns what continues it."""

    name: str
    logs: dict[str, VerifierKey] = field(default_factory=dict)
    seen: dict[str, Checkpoint] = field(default_factory=dict)
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    at: int = NOON
    url: str = ""
    asked: list[str] = field(default_factory=list)
    # What a witness that is out of order says instead of its answer.
    says: tuple[int, str] | None = None

    @property
    def vkey(self) -> VerifierKey:
        return VerifierKey(self.name, self.key.public_key().public_bytes_raw(), COSIGNATURE)

    def cosign(self, text: str) -> Signature:
        told = f"cosignature/v1\ntime {self.at}\n{text}".encode()
        stamp = self.at.to_bytes(TIMESTAMP_BYTES, "big")
        return Signature(self.name, self.vkey.key_id, stamp + self.key.sign(told))

    def answer(self, body: str) -> tuple[int, str]:
        """Answer a question as the specification of add-checkpoint says."""
        self.asked.append(body)
        if self.says is not None:
            return self.says
        head, _, written = body.partition("\n\n")
        first, *lines = head.split("\n")
        try:
            note = Note.parse(written.encode())
            checkpoint = Checkpoint.parse(note.text)
        except NoteError:
            return 400, ""
        if checkpoint.origin not in self.logs:
            return 404, ""
        try:
            note.verify(self.logs[checkpoint.origin])
        except NoteError:
            return 403, ""
        try:
            proof = [base64.b64decode(line, validate=True) for line in lines]
        except binascii.Error:
            return 400, ""
        return self._judge(int(first.removeprefix("old ")), proof, checkpoint)

    def _judge(self, old: int, proof: list[bytes], checkpoint: Checkpoint) -> tuple[int, str]:
        known = self.seen.get(checkpoint.origin)
        if old > checkpoint.size:
            return 400, ""
        if old != (known.size if known else 0):
            return 409, f"{known.size if known else 0}\n"
        if known is not None and known.size:
            if known.size == checkpoint.size and known.root != checkpoint.root:
                return 409, f"{known.size}\n"
            try:
                verify_consistency(known.size, checkpoint.size, proof, known.root, checkpoint.root)
            except ProofError:
                return 422, ""
        elif proof:
            return 422, ""
        self.seen[checkpoint.origin] = checkpoint
        return 200, self.cosign(checkpoint.text()).line()


@contextmanager
def outsider(name: str, *logs: VerifierKey) -> Iterator[Outsider]:
    """Let a witness listen on this machine."""
    witness = Outsider(name, {vkey.name: vkey for vkey in logs})

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, text = (404, "") if self.path != "/w/add-checkpoint" else witness.answer(body)
            self.send_response(status)
            self.send_header("Content-Type", "text/x.tlog.size" if status == 409 else "text/plain")
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        witness.url = f"http://127.0.0.1:{server.server_port}/w"
        try:
            yield witness
        finally:
            server.shutdown()
            thread.join()


def ask_them(portal: Portal, witnesses: Mapping[str, Outsider]) -> None:
    """Let the install ask these witnesses, of whom two are enough."""
    lines = [f"witness {name} {one.vkey} {one.url}" for name, one in witnesses.items()]
    file = portal.install.settings.data_dir / "witnesses"
    file.write_text(
        "\n".join([*lines, f"group outside 2 {' '.join(witnesses)}", "quorum outside", ""])
    )
    portal.install.settings = replace(portal.install.settings, witnesses=file)
