"""The Merkle tree of RFC 6962 and RFC 9162: hashes, compact ranges, roots, proofs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass

from portal.errors import N_
from portal.errors import PortalError

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """The right edge of a tree: its size and the roots of its perfect subtrees, largest first.

    One hash for each set bit of the size: enough to append to the tree and to know its root.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if len(self.hashes) != self.size.bit_count():
            message = f"a tree of {self.size} leaves has no frontier of {len(self.hashes)} hashes"
            raise ValueError(message)

    def extend(self, leaves: Iterable[bytes]) -> Frontier:
        """Return the frontier after these leaf hashes; memory is O(log size)."""
        size, hashes = self.size, list(self.hashes)
        for leaf in leaves:
            node, carry = leaf, size
            while carry & 1:
                node = node_hash(hashes.pop(), node)
                carry >>= 1
            hashes.append(node)
            size += 1
        return Frontier(size, tuple(hashes))

    def root(self) -> bytes:
        """Return the tree's root."""
        return fold_right(self.hashes)

    def pack(self) -> bytes:
        """Return the hashes in one piece, to be kept beside the size."""
        return b"".join(self.hashes)

    @classmethod
    def unpack(cls, size: int, packed: bytes) -> Frontier:
        """Return a frontier that was kept."""
        steps = range(0, len(packed), HASH_BYTES)
        return cls(size, tuple(packed[at : at + HASH_BYTES] for at in steps))


def fold_right(hashes: Sequence[bytes]) -> bytes:
    """Join subtree roots, largest first, into the root of the whole."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for subtree in reversed(hashes[:-1]):
        root = node_hash(subtree, root)
    return root


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """Return the root over a number of hashes that is a power of two."""
    # As `node_hash` does; a call for each of the millions of nodes of a log would tell.
    row, sha256 = list(hashes), hashlib.sha256
    while len(row) > 1:
        nodes = iter(row)
        pairs = zip(nodes, nodes, strict=True)
        row = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
    return row[0]


class ProofError(PortalError):
    """A proof that does not lead from what is claimed to the root."""


# The hash of a perfect subtree: level 0 are leaves, level 1 pairs of them, and so on.
Nodes = Callable[[int, int], bytes]


def subtree_root(nodes: Nodes, start: int, end: int) -> bytes:
    """Return the hash over leaves start to end (exclusive), where start is the subtree's own."""
    hashes = []
    while start < end:
        level = _largest_level(start, end)
        hashes.append(nodes(level, start >> level))
        start += 1 << level
    return fold_right(hashes)


def _largest_level(start: int, end: int) -> int:
    level = (end - start).bit_length() - 1
    return level if start == 0 else min(level, (start & -start).bit_length() - 1)


def _split(size: int) -> int:
    """Return the largest power of two below a size of two or more."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_proof(nodes: Nodes, index: int, size: int) -> list[bytes]:
    """Return the proof that the leaf at an index is in the tree (RFC 6962 section 2.1.1)."""
    if not 0 <= index < size:
        message = f"a tree of {size} leaves has no leaf {index}"
        raise ValueError(message)
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(subtree_root(nodes, middle, end))
            end = middle
        else:
            path.append(subtree_root(nodes, start, middle))
            start = middle
    return path[::-1]


def consistency_proof(nodes: Nodes, old: int, new: int) -> list[bytes]:
    """Return the proof that the tree of the new size begins with the old one (section 2.1.2)."""
    if not 0 < old <= new:
        message = f"nothing to prove from {old} to {new} leaves"
        raise ValueError(message)
    path: list[bytes] = []
    start, end = 0, new
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(subtree_root(nodes, middle, end))
            end = middle
        else:
            path.append(subtree_root(nodes, start, middle))
            start = middle
    if start:
        path.append(subtree_root(nodes, start, end))
    return path[::-1]


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Raise `ProofError` unless the proof shows the leaf at the index (RFC 9162 2.1.3.2)."""
    _check_hashes(leaf, root, *proof)
    if not 0 <= index < size:
        raise ProofError(N_("a tree of {size} leaves has no leaf {index}"), size=size, index=index)
    found = leaf
    for step, is_left in _climb(index, size - 1, proof):
        found = node_hash(step, found) if is_left else node_hash(found, step)
    if found != root:
        raise ProofError(N_("the proof does not lead to the root"))


def _climb(first: int, last: int, proof: Sequence[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Go up from one node of a row to the root: each step of the proof, and if it stands left."""
    for step in proof:
        if last == 0:
            raise ProofError(N_("the proof is too long"))
        is_left = bool(first & 1) or first == last
        yield step, is_left
        while is_left and first and not first & 1:
            first, last = first >> 1, last >> 1
        first, last = first >> 1, last >> 1
    if last:
        raise ProofError(N_("the proof is too short"))


def verify_consistency(
    old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> None:
    """Raise `ProofError` unless the new tree begins with the old one (RFC 9162 2.1.4.2)."""
    if not 0 < old <= new:
        raise ProofError(N_("nothing is proved from {old} to {new} leaves"), old=old, new=new)
    if old == new:
        if proof or old_root != new_root:
            raise ProofError(N_("one size, two roots"))
        return
    _check_hashes(old_root, new_root, *proof)
    # An old tree that is perfect is its own first step.
    steps = list(proof) if old & (old - 1) else [old_root, *proof]
    if not steps:
        raise ProofError(N_("the proof is empty"))
    level = (old & -old).bit_length() - 1
    old_found = new_found = steps[0]
    for step, is_left in _climb((old - 1) >> level, (new - 1) >> level, steps[1:]):
        if is_left:
            old_found = node_hash(step, old_found)
        new_found = node_hash(step, new_found) if is_left else node_hash(new_found, step)
    if old_found != old_root or new_found != new_root:
        raise ProofError(N_("the proof does not lead from one root to the other"))


def _check_hashes(*hashes: bytes) -> None:
    if any(len(each) != HASH_BYTES for each in hashes):
        raise ProofError(N_("a hash has {size} bytes"), size=HASH_BYTES)
