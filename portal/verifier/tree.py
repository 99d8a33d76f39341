"""The tree under a signed checkpoint, read from files that nobody needs to trust.

Each tile is believed only once its hash stands in the tile above it, up to the signed root; then it
may be copied, built upon, or held against another checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

from portal.audit.check import LogError
from portal.audit.entry import EntryError
from portal.audit.entry import leaf_hash
from portal.audit.folder import PublisherError
from portal.audit.merkle import perfect_root
from portal.audit.merkle import subtree_root
from portal.audit.note import Checkpoint
from portal.audit.tiles import WIDTH
from portal.audit.tiles import levels
from portal.audit.tiles import root
from portal.audit.tiles import split_hashes
from portal.audit.tiles import tile_path
from portal.audit.tiles import unbundle
from portal.audit.tiles import widths
from portal.errors import N_

LEVELS_IN_A_TILE = 8
TILES_KEPT = 64
ENTRIES = "entries"


class Files(Protocol):
    """Where the files of a log lie: a folder, or a site."""

    def read_tile(self, level: int | str, number: int, width: int) -> bytes:
        """Return the first `width` hashes of a tile, or entries of a bundle."""


class SignedTree:
    """A tree whose tiles are verified before anybody sees them.

    Of several places with the files, the first that has the right ones is used.
    """

    def __init__(self, checkpoint: Checkpoint, *places: Files) -> None:
        self._size = checkpoint.size
        self._places = places
        self._rows = self._right_edge(checkpoint)
        self.tile = lru_cache(TILES_KEPT)(self._tile)

    def _right_edge(self, checkpoint: Checkpoint) -> dict[int, list[bytes]]:
        """Return the unfinished tile of each level: together they give the signed root."""
        for place in self._places:
            try:
                rows = {level: self._row(place, level) for level in levels(self._size)}
                if root(self._size, rows) == checkpoint.root:
                    return rows
            except (EntryError, PublisherError):
                continue
        raise LogError(
            N_(
                "The files of the newest entries do not lead to the root that was signed over "
                "{size:,} entries."
            ),
            size=self._size,
        )

    def _row(self, place: Files, level: int) -> list[bytes]:
        number, width = widths(self._size, level)
        return split_hashes(place.read_tile(level, number, width)) if width else []

    def _tile(self, level: int, number: int) -> Sequence[bytes]:
        """Return the hashes of a tile."""
        if number == widths(self._size, level)[0]:
            return self._rows[level]
        expected = self.tile(level + 1, number // WIDTH)[number % WIDTH]

        def is_right(content: bytes) -> bool:
            hashes = split_hashes(content)
            return len(hashes) == WIDTH and perfect_root(hashes) == expected

        return split_hashes(self._right_one(level, number, WIDTH, is_right))

    def bundle(self, number: int) -> bytes:
        """Return a bundle as it is published: its entries are the leaves of the tree."""
        leaves = list(self.tile(0, number))

        def is_right(content: bytes) -> bool:
            return [leaf_hash(body) for body in unbundle(content)] == leaves

        return self._right_one(ENTRIES, number, len(leaves), is_right)

    def _right_one(
        self, level: int | str, number: int, width: int, is_right: Callable[[bytes], bool]
    ) -> bytes:
        """Return a file from the first place that has it as it was signed."""
        for place in self._places:
            try:
                content = place.read_tile(level, number, width)
                if is_right(content):
                    return content
            except (EntryError, PublisherError):
                continue
        raise LogError(
            N_("The file {name} is missing, or is not the one that was signed."),
            name=tile_path(level, number, width),
        )

    def root_at(self, size: int) -> bytes:
        """Return the root that this tree had at an earlier size."""
        return subtree_root(self._node, 0, size)

    def _node(self, level: int, index: int) -> bytes:
        tile_level, height = divmod(level, LEVELS_IN_A_TILE)
        number, at = divmod(index << height, WIDTH)
        return perfect_root(self.tile(tile_level, number)[at : at + (1 << height)])
