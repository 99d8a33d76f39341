from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from portal.audit import merkle
from portal.audit.merkle import ProofError
from portal.audit.merkle import node_hash

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "transparency-dev-merkle" / "testdata"
LEAVES = tuple(hashlib.sha256(b"\x00" + bytes([n & 255, n >> 8])).digest() for n in range(301))


@cache
def naive(start: int, end: int) -> bytes:
    """The definition of RFC 6962 section 2.1, word for word."""
    if end == start:
        return hashlib.sha256(b"").digest()
    if end - start == 1:
        return LEAVES[start]
    split = 1
    while split * 2 < end - start:
        split *= 2
    return node_hash(naive(start, start + split), naive(start + split, end))


def nodes(level: int, index: int) -> bytes:
    return naive(index << level, (index + 1) << level)


@pytest.mark.parametrize("size", [*range(1, 66), 127, 128, 129, 255, 256, 257, 300])
def test_every_leaf_of_every_tree_is_proved(size: int) -> None:
    root = naive(0, size)
    for index in range(size):
        proof = merkle.inclusion_proof(nodes, index, size)
        merkle.verify_inclusion(LEAVES[index], index, size, proof, root)
        with pytest.raises(ProofError):
            merkle.verify_inclusion(LEAVES[index + 1], index, size, proof, root)


def test_every_pair_of_sizes_is_proved_consistent() -> None:
    for new in [*range(1, 70), 128, 255, 256, 257, 300]:
        for old in range(1, new + 1):
            proof = merkle.consistency_proof(nodes, old, new)
            merkle.verify_consistency(old, new, proof, naive(0, old), naive(0, new))
            if old < new:
                with pytest.raises(ProofError):
                    merkle.verify_consistency(old, new, proof, naive(0, new), naive(0, new))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 20, 33])
def test_every_flipped_bit_of_a_proof_is_refused(size: int) -> None:
    root = naive(0, size)
    for index in range(size):
        proof = merkle.inclusion_proof(nodes, index, size)
        for flipped in flips(proof):
            with pytest.raises(ProofError):
                merkle.verify_inclusion(LEAVES[index], index, size, flipped, root)
        for wrong in (proof[:-1] if proof else [root], [*proof, root]):
            with pytest.raises(ProofError):
                merkle.verify_inclusion(LEAVES[index], index, size, wrong, root)


def test_every_flipped_bit_of_a_consistency_proof_is_refused() -> None:
    for old, new in ((1, 2), (3, 7), (4, 7), (6, 20), (8, 33)):
        proof = merkle.consistency_proof(nodes, old, new)
        for flipped in (*flips(proof), proof[:-1], [*proof, proof[0]], []):
            with pytest.raises(ProofError):
                merkle.verify_consistency(old, new, flipped, naive(0, old), naive(0, new))


def flips(proof: Sequence[bytes]) -> list[list[bytes]]:
    found = []
    for at, step in enumerate(proof):
        for bit in range(256):
            changed = bytearray(step)
            changed[bit // 8] ^= 1 << bit % 8
            found.append([*proof[:at], bytes(changed), *proof[at + 1 :]])
    return found


def test_what_cannot_be_asked_is_our_own_mistake() -> None:
    for index, size in ((0, 0), (5, 5), (-1, 5)):
        with pytest.raises(ValueError, match="has no leaf"):
            merkle.inclusion_proof(nodes, index, size)
    for old, new in ((0, 5), (6, 5)):
        with pytest.raises(ValueError, match="nothing to prove"):
            merkle.consistency_proof(nodes, old, new)


def test_sizes_and_hashes_are_checked_first() -> None:
    root = naive(0, 4)
    proof = merkle.inclusion_proof(nodes, 1, 4)
    for leaf, index, size in ((LEAVES[1], 4, 4), (b"short", 1, 4), (LEAVES[1], -1, 4)):
        with pytest.raises(ProofError):
            merkle.verify_inclusion(leaf, index, size, proof, root)
    for old, new in ((0, 4), (5, 4)):
        with pytest.raises(ProofError):
            merkle.verify_consistency(old, new, [], root, root)
    merkle.verify_consistency(4, 4, [], root, root)
    for proof, other in (([root], root), ([], LEAVES[0])):
        with pytest.raises(ProofError):
            merkle.verify_consistency(4, 4, proof, root, other)


def vectors(kind: str) -> list[Path]:
    return sorted((VECTORS / kind).rglob("*.json"))


def unpacked(written: str | None) -> bytes:
    return base64.b64decode(written or "")


@pytest.mark.skipif(not VECTORS.exists(), reason=f"{VECTORS} is not here")
def test_the_vectors_of_transparency_dev_agree() -> None:
    files = vectors("inclusion"), vectors("consistency")
    assert sum(map(len, files)) == 196
    for path in files[0]:
        told = json.loads(path.read_text("utf-8"))
        leaf, root = unpacked(told["leafHash"]), unpacked(told["root"])
        with outcome(path, told):
            merkle.verify_inclusion(leaf, told["leafIdx"], told["treeSize"], steps(told), root)
    for path in files[1]:
        told = json.loads(path.read_text("utf-8"))
        roots = unpacked(told["root1"]), unpacked(told["root2"])
        with outcome(path, told):
            merkle.verify_consistency(told["size1"], told["size2"], steps(told), *roots)


def steps(told: dict[str, list[str] | None]) -> list[bytes]:
    return [unpacked(step) for step in told["proof"] or []]


@contextmanager
def outcome(path: Path, told: dict[str, bool]) -> Iterator[None]:
    try:
        yield
    except ProofError:
        assert told["wantErr"], path
    else:
        assert not told["wantErr"], path
