"""What the files of a log cost a reader: full verification, memory, proofs."""

from __future__ import annotations

import hashlib
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from itertools import islice
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.files import ORIGIN
from bench.files import Written
from portal.audit.check import LogError
from portal.audit.check import verified_bundles
from portal.audit.folder import Folder
from portal.audit.merkle import Nodes
from portal.audit.merkle import consistency_proof
from portal.audit.merkle import inclusion_proof
from portal.audit.merkle import verify_consistency
from portal.audit.merkle import verify_inclusion
from portal.audit.note import COSIGNATURE
from portal.audit.note import Note
from portal.audit.note import Signature
from portal.audit.note import VerifierKey
from portal.audit.note import sign
from portal.audit.policy import Policy
from portal.audit.proof import Proof
from portal.audit.proving import nodes
from portal.audit.proving import prove
from portal.audit.tiles import WIDTH
from portal.audit.tiles import levels
from portal.audit.tiles import root
from portal.audit.tiles import widths

Result = dict[str, object]
TOP = Path(__file__).parent.parent
WITNESSES = ("donor", "university", "auditors")
COSIGNED_AT = 1_790_000_000


def hash_alone(bodies: list[bytes]) -> None:
    """Compute every leaf and node hash of a tree in the barest loop there is."""
    sha256 = hashlib.sha256
    row = [sha256(b"\x00" + body).digest() for body in bodies]
    while len(row) > 1:
        pairs = zip(islice(row, 0, None, 2), islice(row, 1, None, 2), strict=False)
        above = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
        row = above + row[-1:] if len(row) % 2 else above


def verify_files(log: Written) -> None:
    """Verify every hash of the log from its files."""
    for _ in verified_bundles(log.folder, log.checkpoint):
        pass


def _cpu(act: Callable[[], None]) -> float:
    before = time.process_time()
    act()
    return time.process_time() - before


def compare_verification(log: Written, *, rounds: int) -> Iterator[Result]:
    """Compare full verification with hashlib on the same bytes, turn by turn."""
    held = [body for _, bodies in verified_bundles(log.folder, log.checkpoint) for body in bodies]
    pairs = []
    for turn in range(rounds):
        if turn % 2:
            alone = _cpu(lambda: hash_alone(held))
            ours = _cpu(lambda: verify_files(log))
        else:
            ours = _cpu(lambda: verify_files(log))
            alone = _cpu(lambda: hash_alone(held))
        pairs.append((alone, ours))
    size = log.checkpoint.size
    yield {
        "what": f"full verification of {size:,} entries from files / hashlib alone",
        "bytes_each": round(sum(map(len, held)) / size),
        "rounds": rounds,
        "entries_per_cpu_s": round(size / statistics.median(ours for _, ours in pairs)),
        "hashlib_per_cpu_s": round(size / statistics.median(alone for alone, _ in pairs)),
        "ratio": round(statistics.median(alone / ours for alone, ours in pairs), 3),
        "goal": ">= 0.75",
    }


def audit_elsewhere(log: Written, *, is_parsed: bool) -> Result:
    """Audit a log in a process that holds nothing else; tell its speed and the most memory."""
    size, head = log.checkpoint.size, log.checkpoint.root.hex()
    how = "parsed" if is_parsed else "hashes"
    words = [sys.executable, "-m", "bench.audit", str(log.folder.path), str(size), head, how]
    told = json.loads(subprocess.check_output(words, cwd=TOP))  # noqa: S603 - our own words
    depth = "hashes, canonical form and schema" if is_parsed else "hashes only"
    return {
        "what": f"audit of {size:,} entries: {depth}",
        "entries_per_cpu_s": round(size / told["cpu_s"]),
        "peak_rss_mb": round(told["peak_kb"] / 1024),
        "before_mb": round(told["before_kb"] / 1024),
        "goal": ">= 50,000 per s, < 100 MB" if is_parsed else "< 100 MB",
    }


@dataclass(frozen=True, slots=True)
class Counting(Folder):
    """A folder that counts which tiles were read."""

    reads: list[str] = field(default_factory=list)

    def read_tile(self, level: int | str, number: int, width: int) -> bytes:
        """Count and read."""
        self.reads.append(f"{level}/{number}")
        return Folder.read_tile(self, level, number, width)


@dataclass(frozen=True, slots=True)
class Times:
    """How long each of many took, by the clock and by the processor, in milliseconds."""

    clock: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Time what is done within."""
        clock, processor = time.perf_counter(), time.process_time()
        yield
        self.processor.append((time.process_time() - processor) * 1000)
        self.clock.append((time.perf_counter() - clock) * 1000)

    def told(self) -> Result:
        """Return median and 99th percentile of both: when others use the machine, they differ."""
        return {
            "p50_ms": round(statistics.median(self.clock), 3),
            "p99_ms": round(statistics.quantiles(self.clock, n=100)[-1], 3),
            "cpu_p50_ms": round(statistics.median(self.processor), 3),
            "cpu_p99_ms": round(statistics.quantiles(self.processor, n=100)[-1], 3),
        }


def measure_proofs(log: Written, *, count: int) -> Iterator[Result]:
    """Make proofs of random entries and sizes from the files, each with nothing read before."""
    chance = random.Random(1)  # noqa: S311 - which proofs are made need not be secret
    size, head = log.checkpoint.size, log.checkpoint.root

    def included(node: Nodes, index: int) -> list[bytes]:
        return inclusion_proof(node, index, size)

    def consistent(node: Nodes, old: int) -> list[bytes]:
        return consistency_proof(node, old, size)

    yield _measure_root(log)
    places = [chance.randrange(size) for _ in range(count)]
    for node, index, proof in _made(log, places, included, told := Made()):
        verify_inclusion(node(0, index), index, size, proof, head)
    yield {"what": f"inclusion proof at {size:,}", **told.told()}
    places = [chance.randrange(1, size) for _ in range(count)]
    for node, old, proof in _made(log, places, consistent, told := Made()):
        verify_consistency(old, size, proof, root(old, _rows(node, old)), head)
    yield {"what": f"consistency proof at {size:,}", **told.told()}


@dataclass(frozen=True, slots=True)
class Made:
    """What making many proofs took."""

    times: Times = field(default_factory=Times)
    reads: list[int] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)

    def told(self) -> Result:
        """Return what is to be said of them."""
        return {
            "proofs": len(self.steps),
            **self.times.told(),
            "reads_max": max(self.reads),
            "hashes_max": max(self.steps),
            "goal": "p50 <= 3 ms, p99 <= 8 ms, <= 6 reads",
        }


def _made(
    log: Written, places: list[int], make: Callable[[Nodes, int], list[bytes]], told: Made
) -> Iterator[tuple[Nodes, int, list[bytes]]]:
    """Make a proof for each place; give it to be verified, which is not timed."""
    for place in places:
        folder = Counting(log.folder.path)
        with told.times.one_more():
            node = nodes(folder, log.checkpoint.size)
            proof = make(node, place)
        told.reads.append(len(folder.reads))
        told.steps.append(len(proof))
        yield node, place, proof


def _rows(node: Nodes, size: int) -> dict[int, list[bytes]]:
    """Return the right edge of an earlier size, out of the tiles of a later one."""
    found = {}
    for level in levels(size):
        number, width = widths(size, level)
        start = number * WIDTH
        found[level] = [node(8 * level, at) for at in range(start, start + width)]
    return found


def _measure_root(log: Written) -> Result:
    size, times = log.checkpoint.size, Times()
    for _ in range(100):
        with times.one_more():
            found = root(size, log.folder.rows(size))
        if found != log.checkpoint.root:
            raise LogError("The right edge does not give the root.")
    return {"what": f"root from the right edge at {size:,}", **times.told(), "goal": "p50 <= 5 ms"}


def measure_verifying(log: Written, *, count: int) -> Result:
    """Verify proof files, read and judged by a policy of three witnesses."""
    policy, note = _witnessed(log)
    size, times = log.checkpoint.size, Times()
    raws = [str(prove(log.folder, index, note)).encode() for index in range(0, size, size // count)]
    for raw in raws:
        with times.one_more():
            _, seen = Proof.parse(raw).verify(policy)
        if len(seen.witnessed) != len(WITNESSES):
            raise LogError("A witness is missing.")
    return {
        "what": f"verify one proof file at {size:,}: entry, path, 4 Ed25519",
        "bytes": round(statistics.median(map(len, raws))),
        **times.told(),
        "goal": "p50 <= 1 ms",
    }


def _witnessed(log: Written) -> tuple[Policy, Note]:
    """Sign the checkpoint, let three witnesses cosign it, and write the policy that asks it."""
    key = Ed25519PrivateKey.generate()
    text = log.checkpoint.text()
    note = sign(text, ORIGIN, key)
    lines = [f"log {VerifierKey(ORIGIN, key.public_key().public_bytes_raw())}"]
    signatures = list(note.signatures)
    for name in WITNESSES:
        witness = Ed25519PrivateKey.generate()
        vkey = VerifierKey(name, witness.public_key().public_bytes_raw(), COSIGNATURE)
        told = f"cosignature/v1\ntime {COSIGNED_AT}\n{text}".encode()
        stamped = COSIGNED_AT.to_bytes(8, "big") + witness.sign(told)
        signatures.append(Signature(name, vkey.key_id, stamped))
        lines.append(f"witness {name} {vkey}")
    lines += [f"group all-of-them all {' '.join(WITNESSES)}", "quorum all-of-them", ""]
    return Policy.parse("\n".join(lines)), Note(text, tuple(signatures))
