from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from portal.audit.entry import leaf_hash
from portal.audit.merkle import EMPTY_ROOT
from portal.audit.merkle import Frontier
from portal.audit.merkle import fold_right
from portal.audit.merkle import node_hash
from portal.audit.merkle import perfect_root

VECTORS = Path(__file__).parents[3] / "shared" / "vectors"
needs_vectors = pytest.mark.skipif(
    not VECTORS.is_dir(), reason=f"the vectors of third parties are not in {VECTORS}"
)
AROUND_A_TILE = (255, 256, 257, 65_535, 65_536, 65_537)


def leaf(index: int) -> bytes:
    return hashlib.sha256(b"\x00%d" % index).digest()


def naive(leaves: Callable[[int], bytes]) -> Callable[[int, int], bytes]:
    """Give the definition of RFC 9162, section 2.1.1, word for word: MTH(D[start:end])."""

    @cache
    def mth(start: int, end: int) -> bytes:
        size = end - start
        if size == 0:
            return hashlib.sha256(b"").digest()
        if size == 1:
            return leaves(start)
        split = start + (1 << (size - 1).bit_length() - 1)
        return hashlib.sha256(b"\x01" + mth(start, split) + mth(split, end)).digest()

    return mth


MTH = naive(leaf)
LEAVES = [leaf(index) for index in range(65_537)]


@needs_vectors
def test_the_roots_of_rfc_6962() -> None:
    vectors = json.loads((VECTORS / "rfc6962-roots" / "roots.json").read_text())
    bodies = [bytes.fromhex(body) for body in vectors["leaves_hex"]]
    roots = [bytes.fromhex(root) for root in vectors["roots_hex_by_size"]]
    assert len(roots) == len(bodies) + 1 == 9
    for size, root in enumerate(roots):
        assert Frontier().extend(map(leaf_hash, bodies[:size])).root() == root


def test_the_empty_tree() -> None:
    assert Frontier().root() == EMPTY_ROOT == MTH(0, 0)
    assert Frontier().extend([]) == Frontier()


def test_every_small_tree_is_the_one_of_the_definition() -> None:
    grown = Frontier()
    for size in range(301):
        assert (grown.size, grown.root()) == (size, MTH(0, size))
        assert len(grown.hashes) == size.bit_count()
        assert Frontier().extend(LEAVES[:size]) == grown
        grown = grown.extend([leaf(size)])


def test_trees_around_a_full_tile_are_the_ones_of_the_definition() -> None:
    grown = Frontier()
    for size in AROUND_A_TILE:
        grown = grown.extend(LEAVES[grown.size : size])
        assert grown.root() == MTH(0, size)


def test_the_hashes_of_a_frontier_are_its_perfect_subtrees_largest_first() -> None:
    grown, at, expected = Frontier().extend(LEAVES[:300]), 0, []
    for width in (256, 32, 8, 4):
        expected.append(MTH(at, at + width))
        at += width
    assert grown.hashes == tuple(expected)
    assert fold_right(expected) == MTH(0, 300)


@settings(max_examples=100, deadline=None, database=None)
@given(st.lists(st.integers(0, 90), max_size=8))
def test_growing_in_batches_is_growing_one_by_one(batches: Sequence[int]) -> None:
    grown, size = Frontier(), 0
    for batch in batches:
        grown = grown.extend(LEAVES[size : size + batch])
        size += batch
        assert grown.root() == MTH(0, size)
    one_by_one = Frontier()
    for hashed in LEAVES[:size]:
        one_by_one = one_by_one.extend([hashed])
    assert one_by_one == grown


def test_growing_leaves_the_smaller_tree_as_it_was() -> None:
    small = Frontier().extend(LEAVES[:5])
    hashes = small.hashes
    assert small.extend(LEAVES[5:9]).root() == MTH(0, 9)
    assert (small.size, small.hashes, small.root()) == (5, hashes, MTH(0, 5))


@pytest.mark.parametrize("height", range(9))
def test_the_root_of_a_perfect_tree(height: int) -> None:
    assert perfect_root(LEAVES[: 1 << height]) == MTH(0, 1 << height)


def test_a_frontier_has_one_hash_for_each_bit_of_its_size() -> None:
    for size, hashes in ((0, [leaf(0)]), (1, []), (3, [leaf(0)]), (4, [leaf(0), leaf(1)])):
        with pytest.raises(ValueError, match=f"a tree of {size} leaves has no frontier"):
            Frontier(size, tuple(hashes))


def test_leaves_and_nodes_never_share_a_hash() -> None:
    left, right = leaf(0), leaf(1)
    assert node_hash(left, right) == hashlib.sha256(b"\x01" + left + right).digest()
    assert node_hash(left, right) != leaf_hash(left + right)
    assert node_hash(left, right) != node_hash(right, left)
    assert Frontier().extend([left]).root() != EMPTY_ROOT
