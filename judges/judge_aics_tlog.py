"""aics-tlog reads the log over HTTP: every tile and entry, proofs it makes itself from the tiles.

It trusts nothing but the key: each tile is proved by its parent, up to the signed root.
"""

from __future__ import annotations

import itertools
import platform

import aics_tlog
from aics_tlog import Checkpoint
from aics_tlog import VerifiedTileReader
from court import Case
from court import hear
from court import places
from court import require


def head(note: bytes, vkey: str) -> Checkpoint:
    """Return the checkpoint of a note that this key signed."""
    key = aics_tlog.parse_vkey(vkey)
    parsed = aics_tlog.parse_note(note)
    result = aics_tlog.verify_checkpoint(parsed, key, expected_origin=key.name)
    require(result.ok, f"checkpoint: {result.error}")
    return aics_tlog.parse_checkpoint(parsed.text)


def check_entry(tiles: VerifiedTileReader, index: int) -> None:
    """Prove an entry from the tiles, and verify the proof."""
    proof = aics_tlog.inclusion_proof_from_tiles(tiles, index, tiles.size)
    entry = tiles.entry(index)
    is_in = aics_tlog.verify_leaf_inclusion(entry, index, tiles.size, proof, tiles.root)
    require(is_in, f"entry {index} is not under the root")


def check_growth(tiles: VerifiedTileReader, old: Checkpoint, new: Checkpoint) -> None:
    """Prove from the tiles that the new tree begins with the old one, and verify the proof."""
    proof = aics_tlog.consistency_proof_from_tiles(tiles, old.size, new.size, tiles.size)
    grew = aics_tlog.verify_consistency(old.size, new.size, old.root, new.root, proof)
    require(grew, f"{new.size} entries do not begin with the {old.size} signed before")


def judge(case: Case) -> str:
    """Check the whole log."""
    reader = aics_tlog.HttpTileReader(case.url)
    newest = head(reader.read_checkpoint(), case.vkey)
    older = [head(note, case.vkey) for note in case.kept]
    for checkpoint in older:
        edge = VerifiedTileReader(reader, checkpoint.size, checkpoint.root, tile_size=newest.size)
        edge.check_root()
    audited = aics_tlog.audit_tiles(reader, newest.size, newest.root)
    tiles = VerifiedTileReader(reader, newest.size, newest.root)
    looked_at = places(newest.size)
    for index in looked_at:
        check_entry(tiles, index)
    pairs = list(itertools.combinations([*older, newest], 2))
    for old, new in pairs:
        check_growth(tiles, old, new)
    return (
        f"aics-tlog {aics_tlog.__version__} on Python {platform.python_version()}: "
        f"{audited.size:,} entries in {audited.bundles} bundles and {audited.tiles} tiles, "
        f"{len(older) + 1} signed checkpoints, {len(looked_at)} inclusion and "
        f"{len(pairs)} consistency proofs"
    )


if __name__ == "__main__":
    hear(judge, ValueError)
