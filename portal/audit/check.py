"""Checking a published log from its files alone: every byte, every hash, the signed root."""

from __future__ import annotations

from collections.abc import Iterator

from portal.audit.entry import Entry
from portal.audit.entry import EntryError
from portal.audit.entry import leaf_hash
from portal.audit.entry import parse
from portal.audit.folder import Folder
from portal.audit.merkle import Frontier
from portal.audit.merkle import perfect_root
from portal.audit.note import Checkpoint
from portal.audit.note import NoteError
from portal.audit.note import VerifierKey
from portal.audit.note import read_checkpoint
from portal.audit.tiles import WIDTH
from portal.audit.tiles import frontier
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


def _unbundled(name: str, packed: bytes) -> list[bytes]:
    try:
        return list(unbundle(packed))
    except EntryError as error:
        raise LogError(N_("{name}: {why}"), name=name, why=str(error)) from error


def entries(folder: Folder, checkpoint: Checkpoint) -> Iterator[tuple[int, Entry]]:
    """Read and verify the whole log against its checkpoint, entry by entry.

    When the iterator ends, every byte is covered by the signed root; it raises `LogError` at the
    first that is not. Memory does not grow with the log.
    """
    size, grown = checkpoint.size, Frontier()
    for number in range(-(-size // WIDTH)):
        width = min(WIDTH, size - number * WIDTH)
        name = tile_path("entries", number, width)
        packed = _unbundled(name, folder.read(name))
        leaves = _leaves(folder, number, width)
        if len(packed) != width:
            raise LogError(
                N_("{name} holds {found} entries instead of {width}."),
                name=name,
                found=len(packed),
                width=width,
            )
        for index, (body, leaf) in enumerate(zip(packed, leaves, strict=True), number * WIDTH):
            if leaf_hash(body) != leaf:
                raise LogError(
                    N_("Entry {index} in {name} is not the one in the tree."),
                    index=index,
                    name=name,
                )
            yield index, _parsed(index, name, body)
        grown = grown.extend(leaves)
    _check_upper_tiles(folder, size)
    _check_partials(folder, size)
    if grown.root() != checkpoint.root:
        raise LogError(N_("The entries do not give the root that was signed in the checkpoint."))


def verified_frontier(folder: Folder, checkpoint: Checkpoint) -> Frontier:
    """Verify the whole log, then return its right edge."""
    for _ in entries(folder, checkpoint):
        pass
    return frontier(checkpoint.size, folder.rows(checkpoint.size))


def _leaves(folder: Folder, number: int, width: int) -> list[bytes]:
    name = tile_path(0, number, width)
    leaves = folder.hashes(name)
    if len(leaves) != width:
        raise LogError(
            N_("{name} holds {found} entries instead of {width}."),
            name=name,
            found=len(leaves),
            width=width,
        )
    return leaves


def _parsed(index: int, name: str, body: bytes) -> Entry:
    try:
        return parse(body)
    except EntryError as error:
        raise LogError(
            N_("Entry {index} in {name}: {why}"), index=index, name=name, why=str(error)
        ) from error


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
        if not whole.startswith(path.read_bytes()):
            raise LogError(N_("{name} does not fit the newest form of its tile."), name=name)


def _check_upper_tiles(folder: Folder, size: int) -> None:
    """Check that each hash above the leaves is the root of the tile below it."""
    level = 1
    while (size >> (8 * level)) > 0:
        full, rest = widths(size, level)
        for number in range(full + (rest > 0)):
            width = WIDTH if number < full else rest
            name = tile_path(level, number, width)
            below = [
                perfect_root(folder.hashes(tile_path(level - 1, child)))
                for child in range(number * WIDTH, number * WIDTH + width)
            ]
            if folder.hashes(name) != below:
                raise LogError(N_("{name} does not fit the tiles below it."), name=name)
        level += 1
