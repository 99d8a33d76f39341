"""aics-witness, a running witness, cosigns the checkpoints of the log and refuses its forks.

It is asked by the portal's own client, with proofs from the published files, and its cosignatures
are judged by the portal's own policy; $AICS_WITNESS is its program.
KEPT lies in the install of the log, whose key signs the forks.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.error import HTTPError

from court import SECONDS_TO_START
from court import Case
from court import hear
from court import require
from court import wait_for
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.audit.folder import Folder
from portal.audit.note import Checkpoint
from portal.audit.note import Note
from portal.audit.note import VerifierKey
from portal.audit.note import read_checkpoint
from portal.audit.note import sign
from portal.audit.policy import Policy
from portal.audit.proving import nodes
from portal.audit.signer import load_key
from portal.audit.witness import WitnessError
from portal.audit.witness import ask as ask_to_cosign

NAME = "witness.example/judge"
ANOTHER_ROOT = hashlib.sha256(b"another tree").digest()
SECONDS_OF_DRIFT = 60


@dataclass(frozen=True, slots=True)
class Answer:
    """What the witness answered."""

    status: int
    text: str


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness that runs: its program, its folder, its address and its key."""

    program: str
    folder: Path
    url: str
    vkey: str

    def run(self, *words: str) -> str:
        """Return what one of its commands prints."""
        return command(self.program, self.folder, *words)

    def add_checkpoint(self, old: int, proof: Sequence[bytes], note: bytes) -> Answer:
        """Ask for a cosignature, as C2SP tlog-witness says."""
        lines = [f"old {old}", *(base64.b64encode(step).decode() for step in proof), "", ""]
        body = "\n".join(lines).encode() + note
        return ask(f"{self.url}/add-checkpoint", body)


def command(program: str, folder: Path, *words: str) -> str:
    """Run a command of aics-witness on the configuration in a folder."""
    # The program is the one the court installed, its words are ours.
    asked = [program, *words, "--config", str(folder / "witness.json")]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout  # noqa: S603


def ask(url: str, body: bytes | None = None) -> Answer:
    """Ask at an address on this machine."""
    try:
        with urllib.request.urlopen(url, body, timeout=30) as answer:  # noqa: S310
            return Answer(answer.status, answer.read().decode())
    except HTTPError as error:
        return Answer(error.code, error.read().decode())


@contextmanager
def running_witness(program: str, vkey: str) -> Iterator[Witness]:
    """Start a new witness that trusts this log; stop it afterwards."""
    with tempfile.TemporaryDirectory() as name, socket.create_server(("127.0.0.1", 0)) as free:
        folder, listen = Path(name), f"127.0.0.1:{free.getsockname()[1]}"
        free.close()
        own = command(program, folder, "init", "--name", NAME, "--listen", listen).strip()
        origin = VerifierKey.parse(vkey).name
        command(program, folder, "add-log", "--origin", origin, "--vkey", vkey)
        asked = [program, "serve", "--config", str(folder / "witness.json")]
        with (folder / "told").open("w") as told:
            server = subprocess.Popen(asked, stderr=told)  # noqa: S603 - as above
            try:
                wait_for(f"http://{listen}/healthz")
                yield Witness(program, folder, f"http://{listen}", own)
            finally:
                server.terminate()
                server.wait(SECONDS_TO_START)


def check_growth(witness: Witness, case: Case, folder: Folder) -> Checkpoint:
    """Have every checkpoint cosigned, from the first to the one served now; return that one."""
    policy = Policy.parse(f"log {case.vkey}\nwitness w {witness.vkey} {witness.url}\nquorum w\n")
    old, checkpoint = 0, Checkpoint("", 0, ANOTHER_ROOT)
    # The last is asked for twice: a tree that did not grow is cosigned anew.
    served = case.fetch("checkpoint")
    for note in (*case.kept, served, served):
        checkpoint = Checkpoint.parse(Note.parse(note).text)
        line = ask_to_cosign(
            policy.witnesses["w"], Note.parse(note), nodes(folder, checkpoint.size), old=old
        )
        seen = policy.judge(Note.parse(note).with_signatures([line]))
        drift = abs(time.time() - seen.witnessed["w"])
        step = f"{old} to {checkpoint.size} entries"
        require(seen.is_witnessed and drift < SECONDS_OF_DRIFT, f"from {step}: {seen}")
        old = checkpoint.size
    return checkpoint


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something the witness must not cosign."""

    why: str
    old: int
    proof: tuple[bytes, ...]
    note: Note
    status: HTTPStatus
    is_evidence: bool


def refusals(newest: Checkpoint, key: Ed25519PrivateKey, *, stale: int) -> Iterator[Refusal]:
    """List what the witness must refuse once it has cosigned the newest checkpoint."""
    origin, size, step = newest.origin, newest.size, (ANOTHER_ROOT,)
    honest = sign(newest.text(), origin, key)
    fork = sign(Checkpoint(origin, size, ANOTHER_ROOT).text(), origin, key)
    grown = sign(Checkpoint(origin, size + 1, ANOTHER_ROOT).text(), origin, key)
    strange = sign(newest.text(), origin, Ed25519PrivateKey.generate())
    other = sign(Checkpoint("elsewhere.example/x", 1, ANOTHER_ROOT).text(), origin, key)
    gone, conflict = HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT
    unproved = HTTPStatus.UNPROCESSABLE_ENTITY
    yield Refusal("a stale old size", stale, step, honest, conflict, is_evidence=False)
    yield Refusal("another root", size, (), fork, unproved, is_evidence=True)
    yield Refusal("another root, stale", stale, step, fork, conflict, is_evidence=True)
    yield Refusal("a grown fork", size, step, grown, unproved, is_evidence=True)
    yield Refusal("another key", size, (), strange, HTTPStatus.FORBIDDEN, is_evidence=False)
    yield Refusal("another log", 0, (), other, gone, is_evidence=False)


def check_refusals(witness: Witness, refused: Sequence[Refusal], newest: Checkpoint) -> None:
    """See each of them refused; where the old size is wrong, the right one is told."""
    for each in refused:
        answer = witness.add_checkpoint(each.old, each.proof, str(each.note).encode())
        require(answer.status == each.status, f"to {each.why} the witness answers {answer}")
        if each.status == HTTPStatus.CONFLICT:
            require(answer.text == f"{newest.size}\n", f"to {each.why} it tells {answer.text}")


def check_evidence(witness: Witness, refused: Sequence[Refusal], key: VerifierKey) -> int:
    """See that the forks are kept word for word, each signed by the log; return how many."""
    kept = [row["request"].partition("\n\n")[2] for row in json.loads(witness.run("evidence"))]
    forks = [str(each.note) for each in refused if each.is_evidence]
    require(sorted(kept) == sorted(forks), f"{len(kept)} forks are kept of {len(forks)}")
    for note in kept:
        read_checkpoint(note.encode(), key)
    return len(kept)


def check_state(witness: Witness, newest: Checkpoint) -> None:
    """See that the witness still stands by what it cosigned."""
    place = hashlib.sha256(newest.origin.encode()).hexdigest()
    shown = Note.parse(ask(f"{witness.url}/{place}/checkpoint").text.encode())
    require(shown.text == newest.text(), "the witness stands by another checkpoint")


def judge(case: Case) -> str:
    """Let the witness watch the log grow, then try to deceive it."""
    install, program = Path(sys.argv[3]).parent, os.environ["AICS_WITNESS"]
    with running_witness(program, case.vkey) as witness:
        newest = check_growth(witness, case, Folder(install / "log"))
        stale = Checkpoint.parse(Note.parse(case.kept[-1]).text).size
        refused = list(refusals(newest, load_key(install / "keys" / "log.pem"), stale=stale))
        check_refusals(witness, refused, newest)
        forks = check_evidence(witness, refused, VerifierKey.parse(case.vkey))
        check_state(witness, newest)
        version = witness.run("--version").strip()
    return (
        f"{version}: {len(case.kept) + 1} checkpoints cosigned up to {newest.size:,} entries, "
        f"{len(refused)} refused, {forks} forks signed by the log's key kept as evidence"
    )


if __name__ == "__main__":
    hear(judge, WitnessError)
