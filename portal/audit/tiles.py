"""Tiles and entry bundles of C2SP tlog-tiles: where they lie and what is in them.

A tile holds up to 256 hashes of one level; tile N of level L covers leaves from N * 256^(L+1).
A bundle holds the bytes of up to 256 entries, each after its length as a big-endian uint16.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field

from portal.audit.entry import EntryError
from portal.audit.merkle import HASH_BYTES
from portal.audit.merkle import Frontier
from portal.audit.merkle import fold_right
from portal.audit.merkle import perfect_root
from portal.errors import N_

WIDTH = 256


def number_path(number: int) -> str:
    """Write a tile's number in groups of three digits: 1234067 is `x001/x234/067`."""
    groups = [f"{number % 1000:03}"]
    while number := number // 1000:
        groups.append(f"x{number % 1000:03}")
    return "/".join(reversed(groups))


def tile_path(level: int | str, number: int, width: int = WIDTH) -> str:
    """Return the path of a tile, or with level `entries` of a bundle, below the log's folder."""
    partial = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{number_path(number)}{partial}"


def widths(size: int, level: int) -> tuple[int, int]:
    """Return how many full tiles a level has, and how many hashes are in its partial tile."""
    return divmod(size >> (8 * level), WIDTH)


def levels(size: int) -> range:
    """Return the levels that have any hash at this size."""
    return range(max(1, (size.bit_length() + 7) // 8) if size else 0)


def bundle(bodies: Iterable[bytes]) -> bytes:
    """Pack entries into a bundle."""
    return b"".join(len(body).to_bytes(2, "big") + body for body in bodies)


def unbundle(packed: bytes) -> list[bytes]:
    """Unpack a bundle; refuse one that is cut short."""
    bodies, at, end = [], 0, len(packed)
    while at < end - 1:
        start = at + 2
        at = start + (packed[at] << 8 | packed[at + 1])
        bodies.append(packed[start:at])
    if at != end:
        # Beyond the end, the last slice gave what was left of its entry.
        cut = at if at < end else end - len(bodies[-1]) - 2
        raise EntryError(N_("a bundle is cut short at byte {at}"), at=cut)
    return bodies


def split_hashes(tile: bytes) -> list[bytes]:
    """Split a tile into its hashes."""
    if len(tile) % HASH_BYTES:
        raise EntryError(N_("a tile of {size} bytes"), size=len(tile))
    return [tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]


@dataclass(slots=True)
class Edge:
    """The unfinished tiles of a tree, level by level: all that is needed to write more tiles.

    `extend` yields every tile that is new or longer: (level, number, hashes).
    """

    size: int = 0
    rows: list[list[bytes]] = field(default_factory=list)

    def extend(self, leaves: Sequence[bytes]) -> Iterator[tuple[int, int, list[bytes]]]:
        """Append leaf hashes and yield the tiles that changed, lowest level first."""
        arrived, level = list(leaves), 0
        while arrived:
            if level == len(self.rows):
                self.rows.append([])
            number = (self.size >> (8 * level)) // WIDTH
            row = self.rows[level] + arrived
            full = len(row) // WIDTH
            arrived = []
            for at in range(full):
                tile = row[at * WIDTH : (at + 1) * WIDTH]
                yield level, number + at, tile
                arrived.append(perfect_root(tile))
            self.rows[level] = row[full * WIDTH :]
            if self.rows[level]:
                yield level, number + full, self.rows[level]
            level += 1
        self.size += len(leaves)


def frontier(size: int, rows: Mapping[int, Sequence[bytes]]) -> Frontier:
    """Work out a tree's frontier from the unfinished tile of each level."""
    hashes: list[bytes] = []
    for level in reversed(levels(size)):
        row, at = rows.get(level, ()), 0
        width = widths(size, level)[1]
        if len(row) != width:
            raise EntryError(N_("level {level} has {found} hashes"), level=level, found=len(row))
        for bit in range(7, -1, -1):
            if width >> bit & 1:
                hashes.append(perfect_root(row[at : at + (1 << bit)]))
                at += 1 << bit
    return Frontier(size, tuple(hashes))


def root(size: int, rows: Mapping[int, Sequence[bytes]]) -> bytes:
    """Work out a tree's root from the unfinished tile of each level."""
    return fold_right(frontier(size, rows).hashes)
