from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from portal.audit.entry import BODY_BYTES_MAX
from portal.audit.entry import EntryError
from portal.audit.entry import leaf_hash
from portal.audit.folder import Folder
from portal.audit.merkle import EMPTY_ROOT
from portal.audit.merkle import Frontier
from portal.audit.merkle import perfect_root
from portal.audit.note import VerifierKey
from portal.audit.note import read_checkpoint
from portal.audit.tiles import WIDTH
from portal.audit.tiles import Edge
from portal.audit.tiles import bundle
from portal.audit.tiles import frontier
from portal.audit.tiles import levels
from portal.audit.tiles import number_path
from portal.audit.tiles import root
from portal.audit.tiles import split_hashes
from portal.audit.tiles import tile_path
from portal.audit.tiles import unbundle
from portal.audit.tiles import widths

VECTORS = Path(__file__).parents[3] / "shared" / "vectors"
TESSERA = VECTORS / "tessera-posix-log" / "testdata" / "log"
TESSERA_KEY = VerifierKey.parse(
    "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
)
needs_vectors = pytest.mark.skipif(
    not VECTORS.is_dir(), reason=f"the vectors of third parties are not in {VECTORS}"
)
AROUND_A_TILE = (255, 256, 257, 65_535, 65_536, 65_537)
LEAVES = [hashlib.sha256(b"\x00%d" % index).digest() for index in range(65_537)]

Tiles = dict[tuple[int, int], list[bytes]]


def grow(edge: Edge, tiles: Tiles, leaves: Sequence[bytes]) -> None:
    for level, number, hashes in edge.extend(leaves):
        tiles[level, number] = hashes


def check(edge: Edge, tiles: Tiles, size: int) -> None:
    """Compare the tiles with the leaves, and the edge with the tree grown leaf by leaf."""
    rows = dict(enumerate(edge.rows))
    expected = Frontier().extend(LEAVES[:size])
    assert (edge.size, frontier(size, rows), root(size, rows)) == (
        size,
        expected,
        expected.root(),
    )
    row, found = LEAVES[:size], dict(tiles)
    for level in levels(size):
        full, rest = widths(size, level)
        assert len(row) == full * WIDTH + rest
        for number in range(full + (rest > 0)):
            assert found.pop((level, number)) == row[number * WIDTH : (number + 1) * WIDTH]
        row = [perfect_root(row[at * WIDTH : (at + 1) * WIDTH]) for at in range(full)]
    assert not row
    assert not found


def test_the_tiles_of_every_small_tree() -> None:
    for size in range(301):
        edge, tiles = Edge(), Tiles()
        grow(edge, tiles, LEAVES[:size])
        check(edge, tiles, size)


def test_the_tiles_of_trees_around_a_full_tile() -> None:
    edge, tiles = Edge(), Tiles()
    for size in AROUND_A_TILE:
        grow(edge, tiles, LEAVES[edge.size : size])
        check(edge, tiles, size)
    assert [len(row) for row in edge.rows] == [1, 0, 1]


@settings(max_examples=60, deadline=None, database=None)
@given(st.lists(st.integers(0, 400), max_size=6))
def test_growing_in_batches_gives_the_same_tiles(batches: Sequence[int]) -> None:
    edge, tiles = Edge(), Tiles()
    for batch in batches:
        grow(edge, tiles, LEAVES[edge.size : edge.size + batch])
        check(edge, tiles, edge.size)


def test_an_edge_goes_on_from_the_unfinished_tiles_alone() -> None:
    first, tiles = Edge(), Tiles()
    grow(first, tiles, LEAVES[:700])
    second = Edge(700, [list(row) for row in first.rows])
    for hashed in LEAVES[700:1100]:
        grow(second, tiles, [hashed])
    check(second, tiles, 1100)


def test_tiles_come_lowest_first_and_only_those_that_changed() -> None:
    edge = Edge()
    assert list(edge.extend([])) == []
    assert [(a, b, len(c)) for a, b, c in edge.extend(LEAVES[:250])] == [(0, 0, 250)]
    assert [(a, b, len(c)) for a, b, c in edge.extend(LEAVES[250:520])] == [
        (0, 0, 256),
        (0, 1, 256),
        (0, 2, 8),
        (1, 0, 2),
    ]
    assert [(a, b, len(c)) for a, b, c in edge.extend(LEAVES[520:521])] == [(0, 2, 9)]


def test_an_edge_that_lacks_a_hash_gives_no_root() -> None:
    edge = Edge()
    grow(edge, {}, LEAVES[:300])
    rows = dict(enumerate(edge.rows))
    for level, row in rows.items():
        for wrong in (row[:-1], [*row, row[-1]], []):
            with pytest.raises(EntryError, match=f"level {level} has {len(wrong)} hashes"):
                root(300, {**rows, level: wrong})
    assert root(0, {}) == EMPTY_ROOT


@pytest.mark.parametrize(
    ("number", "path"),
    [
        (0, "000"),
        (7, "007"),
        (999, "999"),
        (1000, "x001/000"),
        (1234, "x001/234"),
        (67_067, "x067/067"),
        (999_999, "x999/999"),
        (1_000_000, "x001/x000/000"),
        (1_234_067, "x001/x234/067"),  # the example of C2SP tlog-tiles
        (1_000_000_007, "x001/x000/x000/007"),
    ],
)
def test_the_path_of_a_number(number: int, path: str) -> None:
    assert number_path(number) == path


def test_the_paths_of_tiles_and_bundles() -> None:
    assert tile_path(0, 1_234_067) == "tile/0/x001/x234/067"
    assert tile_path(2, 0, 1) == "tile/2/000.p/1"
    assert tile_path("entries", 5) == "tile/entries/005"
    assert tile_path("entries", 1_234_067, 8) == "tile/entries/x001/x234/067.p/8"
    assert tile_path(0, 3, 256) == "tile/0/003"
    assert tile_path(0, 3, 255) == "tile/0/003.p/255"


def test_the_tree_of_seventy_thousand() -> None:
    # C2SP tlog-tiles: 273 full tiles and one of width 112, then 1 and 17, then 1.
    assert [widths(70_000, level) for level in levels(70_000)] == [(273, 112), (1, 17), (0, 1)]


def test_the_levels_of_a_tree() -> None:
    sizes = {0: 0, 1: 1, 255: 1, 256: 2, 257: 2, 65_535: 2, 65_536: 3, 2**24: 4, 2**63: 8}
    assert {size: len(levels(size)) for size in sizes} == sizes


@settings(max_examples=100, deadline=None, database=None)
@given(st.lists(st.binary(max_size=40), max_size=20))
def test_a_bundle_gives_back_what_was_packed(bodies: Sequence[bytes]) -> None:
    assert list(unbundle(bundle(bodies))) == bodies


def test_a_bundle_is_length_and_bytes() -> None:
    assert bundle([]) == b""
    assert bundle([b"", b"ab"]) == b"\x00\x00\x00\x02ab"
    large = [secrets.token_bytes(BODY_BYTES_MAX), secrets.token_bytes(65_535)]
    assert list(unbundle(bundle(large))) == large
    with pytest.raises(OverflowError):
        bundle([bytes(65_536)])


def test_a_bundle_that_is_cut_short_is_refused_unless_an_entry_ends_there() -> None:
    bodies = [b"", b"a", b"bc" * 200, b""]
    packed, ends, at = bundle(bodies), [0], 0
    for body in bodies:
        at += 2 + len(body)
        ends.append(at)
    for cut in range(len(packed)):
        if cut in ends:
            assert list(unbundle(packed[:cut])) == bodies[: ends.index(cut)]
            continue
        start = max(end for end in ends if end <= cut)
        with pytest.raises(EntryError, match=re.escape(f"cut short at byte {start}")):
            list(unbundle(packed[:cut]))


def test_a_tile_is_whole_hashes() -> None:
    assert split_hashes(b"") == []
    assert split_hashes(b"".join(LEAVES[:3])) == LEAVES[:3]
    for size in (1, 31, 33, 8191):
        with pytest.raises(EntryError, match=f"a tile of {size} bytes"):
            split_hashes(bytes(size))


@needs_vectors
@pytest.mark.parametrize("size", range(16))
def test_a_log_written_by_tessera(size: int) -> None:
    folder = Folder(TESSERA)
    checkpoint = read_checkpoint(folder.read(f"checkpoint.{size}"), TESSERA_KEY)
    assert checkpoint.size == size
    leaves = [leaf_hash(body) for body in folder.last_bundle(size)]
    assert len(leaves) == size
    assert folder.rows(size) == ({0: leaves} if size else {})
    assert Frontier().extend(leaves).root() == checkpoint.root
    assert root(size, folder.rows(size)) == checkpoint.root


@needs_vectors
def test_a_log_that_tessera_let_grow_could_have_been_written_by_us() -> None:
    folder, edge, bodies = Folder(TESSERA), Edge(), folder_bodies()
    for size in range(1, 16):
        for level, number, hashes in edge.extend([leaf_hash(bodies[size - 1])]):
            name = tile_path(level, number, len(hashes))
            assert folder.read(name) == b"".join(hashes)
        assert folder.read(tile_path("entries", 0, size)) == bundle(bodies[:size])
    newest = read_checkpoint(folder.read("checkpoint"), TESSERA_KEY)
    assert root(newest.size, dict(enumerate(edge.rows))) == newest.root


def folder_bodies() -> list[bytes]:
    return Folder(TESSERA).last_bundle(15)


def test_a_partial_tile_is_read_out_of_the_full_one(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    bodies = [bytes([n % 250]) * 3 for n in range(256)]
    hashes = [leaf_hash(body) for body in bodies]
    folder.write("tile/0/000", b"".join(hashes))
    folder.write("tile/entries/000", bundle(bodies))
    assert folder.read_tile(0, 0, 5) == b"".join(hashes[:5])
    assert folder.read_tile("entries", 0, 5) == bundle(bodies[:5])
