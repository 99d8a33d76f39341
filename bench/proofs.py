"""What the files of a log cost a reader: full verification, memory, proofs."""

from __future__ import annotations

import hashlib
import random
import statistics
import time
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.files import ORIGIN
from bench.files import Written
from portal.audit.check import LogError
from portal.audit.check import entries
from portal.audit.check import verified_bundles
from portal.audit.entry import check_entry
from portal.audit.folder import Folder
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
from portal.publishing.vocabulary import TYPES

Result = dict[str, object]
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
    """Audit a log in a process of its own; tell its speed and the most memory it took."""
    context = get_context("spawn")
    mine, its = context.Pipe()
    process = context.Process(target=_audit, args=(log, its), kwargs={"is_parsed": is_parsed})
    process.start()
    seconds, kilobytes = mine.recv()
    process.join()
    how = "hashes, canonical form and schema" if is_parsed else "hashes only"
    size = log.checkpoint.size
    return {
        "what": f"audit of {size:,} entries: {how}",
        "entries_per_cpu_s": round(size / seconds),
        "rss_mb": round(kilobytes / 1024),
        "goal": ">= 50,000 per s, < 100 MB" if is_parsed else "< 100 MB",
    }


def _audit(log: Written, told: Connection, *, is_parsed: bool) -> None:
    def parse_all() -> None:
        for _, entry in entries(log.folder, log.checkpoint):
            check_entry(entry, TYPES)

    seconds = _cpu(parse_all if is_parsed else lambda: verify_files(log))
    # Not ru_maxrss: a new process inherits what its parent had.
    (peak,) = (
        line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line
    )
    told.send((seconds, int(peak.split()[1])))


@dataclass(frozen=True, slots=True)
class Counting(Folder):
    """A folder that counts which tiles were read."""

    reads: list[str] = field(default_factory=list)

    def read_tile(self, level: int | str, number: int, width: int) -> bytes:
        """Count and read."""
        self.reads.append(f"{level}/{number}")
        return Folder.read_tile(self, level, number, width)


def measure_proofs(log: Written, *, count: int) -> Iterator[Result]:
    """Make proofs of random entries and sizes from the files, each with nothing read before."""
    chance = random.Random(1)  # noqa: S311 - which proofs are made need not be secret
    size, head = log.checkpoint.size, log.checkpoint.root
    yield _root_result(log)
    took, reads, steps = [], [], []
    for _ in range(count):
        index, folder = chance.randrange(size), Counting(log.folder.path)
        before = time.perf_counter()
        node = nodes(folder, size)
        proof = inclusion_proof(node, index, size)
        took.append(time.perf_counter() - before)
        reads.append(len(folder.reads))
        steps.append(len(proof))
        verify_inclusion(node(0, index), index, size, proof, head)
    yield _told(f"inclusion proof at {size:,}", took, reads, steps)
    took, reads, steps = [], [], []
    for _ in range(count):
        old, folder = chance.randrange(1, size), Counting(log.folder.path)
        before = time.perf_counter()
        proof = consistency_proof(nodes(folder, size), old, size)
        took.append(time.perf_counter() - before)
        reads.append(len(folder.reads))
        steps.append(len(proof))
        old_root = root(old, _rows(log.folder, old))
        verify_consistency(old, size, proof, old_root, head)
    yield _told(f"consistency proof at {size:,}", took, reads, steps)


def _rows(folder: Folder, size: int) -> dict[int, list[bytes]]:
    """Return the right edge of an earlier size, out of the tiles that are full by now."""
    node = nodes(folder, size)
    found = {}
    for level in levels(size):
        number, width = widths(size, level)
        start = number * WIDTH
        found[level] = [node(8 * level, at) for at in range(start, start + width)]
    return found


def _root_result(log: Written) -> Result:
    size, took = log.checkpoint.size, []
    for _ in range(100):
        before = time.perf_counter()
        found = root(size, log.folder.rows(size))
        took.append(time.perf_counter() - before)
        if found != log.checkpoint.root:
            raise LogError("The right edge does not give the root.")
    return {
        "what": f"root from the right edge at {size:,}",
        "p50_ms": _milliseconds(statistics.median(took)),
        "goal": "<= 5 ms",
    }


def _told(what: str, took: list[float], reads: list[int], steps: list[int]) -> Result:
    return {
        "what": what,
        "proofs": len(took),
        "p50_ms": _milliseconds(statistics.median(took)),
        "p99_ms": _milliseconds(statistics.quantiles(took, n=100)[-1]),
        "reads_max": max(reads),
        "hashes_max": max(steps),
        "goal": "p50 <= 3 ms, p99 <= 8 ms, <= 6 reads",
    }


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 3)


def measure_verifying(log: Written, *, count: int) -> Result:
    """Verify one proof file, read and judged by a policy of three witnesses."""
    policy, note = _witnessed(log)
    (log.folder.path / "checkpoint").write_text(str(note), "utf-8")
    size, raws, made = log.checkpoint.size, [], []
    for index in range(0, size, max(1, size // count)):
        before = time.perf_counter()
        proof = prove(log.folder, index)
        made.append(time.perf_counter() - before)
        raws.append(str(proof).encode())
    took = []
    for raw in raws:
        before = time.perf_counter()
        _, seen = Proof.parse(raw).verify(policy)
        took.append(time.perf_counter() - before)
        if len(seen.witnessed) != len(WITNESSES):
            raise LogError("A witness is missing.")
    return {
        "what": f"verify one proof file at {size:,}: entry, path, 4 Ed25519",
        "bytes": round(statistics.median(map(len, raws))),
        "made_p50_ms": _milliseconds(statistics.median(made)),
        "p50_ms": _milliseconds(statistics.median(took)),
        "p99_ms": _milliseconds(statistics.quantiles(took, n=100)[-1]),
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
