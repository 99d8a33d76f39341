"""Making proofs from the published files, and from nothing else."""

from __future__ import annotations

from functools import lru_cache

from portal.audit.folder import Folder
from portal.audit.merkle import Nodes
from portal.audit.merkle import inclusion_proof
from portal.audit.merkle import perfect_root
from portal.audit.note import Checkpoint
from portal.audit.note import Note
from portal.audit.proof import Proof
from portal.audit.tiles import WIDTH
from portal.audit.tiles import split_hashes
from portal.audit.tiles import unbundle
from portal.audit.tiles import widths
from portal.errors import N_
from portal.errors import NotFoundError

LEVELS_IN_A_TILE = 8
TILES_KEPT = 64


class NotPublishedYetError(NotFoundError):
    """The entry is recorded but no signed checkpoint covers it yet."""

    def __init__(self) -> None:
        super().__init__(N_("This entry is recorded; the next signed checkpoint will cover it."))


def nodes(folder: Folder, size: int) -> Nodes:
    """Return a reader of any node of the tree of this size; it reads each tile once."""

    @lru_cache(TILES_KEPT)
    def tile(level: int, number: int) -> list[bytes]:
        full, rest = widths(size, level)
        width = WIDTH if number < full else rest
        return split_hashes(folder.read_tile(level, number, width))

    def node(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, LEVELS_IN_A_TILE)
        start = index << height
        hashes = tile(tile_level, start // WIDTH)
        at = start % WIDTH
        return perfect_root(hashes[at : at + (1 << height)])

    return node


def prove(folder: Folder, index: int | None, note: Note) -> Proof:
    """Return the proof file of an entry under this checkpoint; None has no place yet."""
    size = Checkpoint.parse(note.text).size
    if index is None or index >= size:
        raise NotPublishedYetError
    hashes = inclusion_proof(nodes(folder, size), index, size)
    return Proof(entry_body(folder, index, size), index, tuple(hashes), note)


def entry_body(folder: Folder, index: int, size: int) -> bytes:
    """Return the published bytes of an entry."""
    number, place = divmod(index, WIDTH)
    width = min(WIDTH, size - number * WIDTH)
    packed = folder.read_tile("entries", number, width)
    return unbundle(packed)[place]
