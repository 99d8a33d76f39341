"""Checking a published log from its files alone: every byte, every hash, the signed root."""

from __future__ import annotations

from collections.abc import Iterator

from portal.audit.entry import Entry
from portal.audit.entry import EntryError
from portal.audit.entry import leaf_hashes
from portal.audit.entry import parse
from portal.audit.folder import Folder
from portal.audit.folder import first_of
from portal.audit.merkle import Frontier
from portal.audit.note import Checkpoint
from portal.audit.note import NoteError
from portal.audit.note import VerifierKey
from portal.audit.note import read_checkpoint
from portal.audit.tiles import WIDTH
from portal.audit.tiles import Edge
from portal.audit.tiles import frontier
from portal.audit.tiles import root
from portal.audit.tiles import tile_path
from portal.audit.tiles import unbundle
from portal.audit.tiles import widths
from portal.errors import N_
from portal.errors import PortalError


class LogError(PortalError):
    """The published log is not what it should be; the sentence names the file and the entry."""


def signed_head(folder: Folder, key: VerifierKey) -> Checkpoint:
    """Return the checkpoint, after verifying that this key signed it."""
    try:
        return read_checkpoint(folder.read("checkpoint"), key)
    except NoteError as error:
        raise LogError(N_("{name}: {why}"), name="checkpoint", why=str(error)) from error


def bodies(folder: Folder, size: int, *, first: int = 0) -> Iterator[tuple[int, bytes]]:
    """Read the entries of a log of this size from a place on: (index, bytes), unverified."""
    for number in range(first // WIDTH, -(-size // WIDTH)):
        start = number * WIDTH
        packed = folder.read_tile("entries", number, min(WIDTH, size - start))
        for index, body in enumerate(_unbundled(f"tile/entries, {number}", packed), start=start):
            if index >= first:
                yield index, body


def verified_bundles(folder: Folder, checkpoint: Checkpoint) -> Iterator[tuple[int, list[bytes]]]:
    """Verify every hash of the log: yield each bundle's first index and entries, in order.

    A bundle is yielded when its entries are those of the tree. When the iterator ends, every byte
    is covered by the signed root; it raises `LogError` at the first that is not. Memory does not
    grow with the log.
    """
    size, edge = checkpoint.size, Edge()
    for start in range(0, size, WIDTH):
        bodies, leaves = _bundle(folder, start // WIDTH, min(WIDTH, size - start))
        yield start, bodies
        for level, number, hashes in edge.extend(leaves):
            if level and len(hashes) == WIDTH:
                _check_upper_tile(folder, level, number, hashes)
    for level, row in enumerate(edge.rows):
        if level and row:
            _check_upper_tile(folder, level, widths(size, level)[0], row)
    _check_partials(folder, size)
    if root(size, dict(enumerate(edge.rows))) != checkpoint.root:
        raise LogError(N_("The entries do not give the root that was signed in the checkpoint."))


def verify_files(folder: Folder, checkpoint: Checkpoint) -> None:
    """Verify every hash of the log, and that they lead to the signed root."""
    for _ in verified_bundles(folder, checkpoint):
        pass


def entries(folder: Folder, checkpoint: Checkpoint) -> Iterator[tuple[int, bytes, Entry]]:
    """Read and verify the whole log against its checkpoint: each entry's place, bytes, meaning."""
    for start, packed in verified_bundles(folder, checkpoint):
        name = tile_path("entries", start // WIDTH, len(packed))
        for index, body in enumerate(packed, start):
            yield index, body, _parsed(index, name, body)


def verified_frontier(folder: Folder, checkpoint: Checkpoint) -> Frontier:
    """Verify the whole log, then return its right edge."""
    for _ in entries(folder, checkpoint):
        pass
    return frontier(checkpoint.size, folder.rows(checkpoint.size))


def _unbundled(name: str, packed: bytes) -> list[bytes]:
    try:
        return unbundle(packed)
    except EntryError as error:
        raise LogError(N_("{name}: {why}"), name=name, why=str(error)) from error


def _bundle(folder: Folder, number: int, width: int) -> tuple[list[bytes], list[bytes]]:
    """Return the entries of a bundle and their leaf hashes, which are those of the lowest tile."""
    name, tile = tile_path("entries", number, width), tile_path(0, number, width)
    bodies = _unbundled(name, folder.read(name))
    leaves = leaf_hashes(bodies)
    if len(leaves) == width and folder.read(tile) == b"".join(leaves):
        return bodies, leaves
    told = folder.hashes(tile)
    for each, found in ((tile, told), (name, leaves)):
        if len(found) != width:
            raise LogError(
                N_("{name} holds {found} entries instead of {width}."),
                name=each,
                found=len(found),
                width=width,
            )
    at = next(at for at in range(width) if told[at] != leaves[at])
    raise LogError(
        N_("Entry {index} in {name} is not the one in the tree."),
        index=number * WIDTH + at,
        name=name,
    )


def _parsed(index: int, name: str, body: bytes) -> Entry:
    try:
        return parse(body)
    except EntryError as error:
        raise LogError(
            N_("Entry {index} in {name}: {why}"), index=index, name=name, why=str(error)
        ) from error


def _check_upper_tile(folder: Folder, level: int, number: int, hashes: list[bytes]) -> None:
    """Check that each hash above the leaves is the root of the tile below it."""
    name = tile_path(level, number, len(hashes))
    if folder.hashes(name) != hashes:
        raise LogError(N_("{name} does not fit the tiles below it."), name=name)


def _check_partials(folder: Folder, size: int) -> None:
    """Check that each partial tile of an earlier size begins as its newest form does.

    One beyond the checkpoint was left by a publisher that was stopped: nothing was signed over it.
    """
    for path in sorted((folder.path / "tile").rglob("*.p/[0-9]*")):
        name = path.relative_to(folder.path).as_posix()
        _, level, *groups = name.split(".p/")[0].split("/")
        number = int("".join(group.removeprefix("x") for group in groups))
        full, rest = widths(size, 0 if level == "entries" else int(level))
        newest = WIDTH if number < full else rest if number == full else 0
        if int(path.name) > newest:
            continue
        whole = folder.read_tile(level, number, newest)
        if path.read_bytes() != first_of(level, whole, int(path.name)):
            raise LogError(N_("{name} does not fit the newest form of its tile."), name=name)
