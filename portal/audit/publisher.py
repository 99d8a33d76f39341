"""The published log: entry bundles, tiles, then the checkpoint, as plain files anybody can copy.

One cycle reads what was sequenced since the last signed head, writes bundles and tiles, reads the
right edge back from disk, and only then signs. It may be killed at any point and run again.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from itertools import islice

from sqlalchemy import Select
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import leaf_hash
from portal.audit.folder import Folder
from portal.audit.folder import PublisherError
from portal.audit.merkle import Frontier
from portal.audit.models import LogEntry
from portal.audit.models import LogSeq
from portal.audit.note import Checkpoint
from portal.audit.note import Note
from portal.audit.signer import Signer
from portal.audit.tiles import WIDTH
from portal.audit.tiles import Edge
from portal.audit.tiles import bundle
from portal.audit.tiles import frontier
from portal.audit.tiles import levels
from portal.audit.tiles import tile_path
from portal.audit.tiles import widths
from portal.errors import N_

STEP = 64 * WIDTH


def check_continues(session: Session, folder: Folder, signer: Signer) -> None:
    """Refuse to order or sign anything when database, signer and files tell different logs.

    Called before anything else: a database restored from an older backup must not give away
    places that are taken.
    """
    head = signer.head()
    if head is None:
        if (folder.path / "checkpoint").exists():
            raise PublisherError(
                N_(
                    "A checkpoint is published, but the signer knows nothing of it: its state is "
                    "lost. Nothing was signed. See `log rebuild-signer`."
                )
            )
        return
    Note.parse(head.note.encode()).verify(signer.vkey)
    size = head.frontier.size
    served = folder.path / "checkpoint"
    if served.exists() and _size(served.read_bytes()) > size:
        raise PublisherError(
            N_(
                "The published checkpoint is newer than what the signer knows: its state was "
                "restored from a backup. Nothing was signed. Take that state away, then see "
                "`log rebuild-signer`."
            )
        )
    newest = session.execute(_entries().where(LogSeq.idx == size - 1)).one_or_none()
    if newest is None:
        held = session.scalar(select(func.count()).select_from(LogSeq))
        raise PublisherError(
            N_(
                "The database holds {held} entries, {size} are signed and published: it was "
                "restored from an older backup. Nothing was ordered or signed. Stop the pages, and "
                "restore a newer copy of the database; `log missing` lists what this one lacks."
            ),
            held=held,
            size=size,
        )
    if newest.body != folder.last_body(size):
        raise PublisherError(
            N_(
                "Entry {index} in the database is not the one that was signed and published: the "
                "database was restored or changed. Nothing was ordered or signed. Stop the pages, "
                "and restore the database: what is published counts."
            ),
            index=size - 1,
        )


def publish(session: Session, folder: Folder, signer: Signer) -> bool:
    """Publish what was sequenced since the last signed head; say whether there was anything.

    At most `STEP` entries a call: call until it returns False.
    """
    with folder.alone():
        check_continues(session, folder, signer)
        head = signer.head()
        seen = head.frontier if head else Frontier()
        if head:
            # Signed, perhaps not yet served when the last run ended.
            _serve(folder, Note.parse(head.note.encode()))
        bodies = _sequenced(session, seen.size)
        if not bodies:
            return False
        _check_edge(folder, seen)
        grown = seen.extend(map(leaf_hash, bodies))
        _write_bundles(folder, seen.size, bodies)
        _write_tiles(folder, seen.size, bodies)
        _check_edge(folder, grown)
        note = signer.sign(grown, seen=seen)
        folder.write("checkpoint", str(note).encode())
        _drop_partials(folder, seen.size, grown.size)
    return True


def _serve(folder: Folder, note: Note) -> None:
    """Put the signed checkpoint in place; the lines of witnesses under it stay."""
    served = folder.path / "checkpoint"
    if served.exists():
        known = Note.parse(served.read_bytes())
        if known.text == note.text and set(note.signatures) <= set(known.signatures):
            return
    folder.write("checkpoint", str(note).encode())


def _size(note: bytes) -> int:
    return Checkpoint.parse(Note.parse(note).text).size


def _entries() -> Select[int, bytes]:
    return select(LogSeq.idx, LogEntry.body).join(LogEntry, LogEntry.seqno == LogSeq.seqno)


def _sequenced(session: Session, first: int) -> list[bytes]:
    rows = session.execute(
        _entries().where(LogSeq.idx >= first).order_by(LogSeq.idx).limit(STEP)
    ).all()
    for expected, row in enumerate(rows, start=first):
        if row.idx != expected:
            raise PublisherError("The database lacks entry {index} of the log.", index=expected)
    return [row.body for row in rows]


def _write_bundles(folder: Folder, first: int, bodies: Sequence[bytes]) -> None:
    number = first // WIDTH
    waiting = iter([*folder.last_bundle(first), *bodies])
    while packed := list(islice(waiting, WIDTH)):
        folder.write_tile(tile_path("entries", number, len(packed)), bundle(packed))
        number += 1


def _write_tiles(folder: Folder, first: int, bodies: Sequence[bytes]) -> None:
    edge = Edge(first, list(folder.rows(first).values()))
    for level, number, hashes in edge.extend([leaf_hash(body) for body in bodies]):
        folder.write_tile(tile_path(level, number, len(hashes)), b"".join(hashes))


def _check_edge(folder: Folder, expected: Frontier) -> None:
    """Refuse a right edge on disk that is not the tree's: before it is built upon, and after.

    A log once died because its head was signed over bytes that nobody could reproduce.
    """
    rows = folder.rows(expected.size)
    leaves = [leaf_hash(body) for body in folder.last_bundle(expected.size)]
    if frontier(expected.size, rows) != expected or leaves != rows.get(0, []):
        raise PublisherError(
            N_(
                "The published files at {size} entries are not what they should be; nothing was "
                "signed. Compare them with a copy before anything else."
            ),
            size=expected.size,
        )


def _drop_partials(folder: Folder, before: int, after: int) -> None:
    """Remove the partial forms of tiles that are full now; until then a copier may need them.

    The publish before this one filled no more than `STEP`; had it been stopped here, its are left.
    """
    for level in levels(after):
        earlier, now = widths(before, level)[0] - STEP // WIDTH, widths(after, level)[0]
        for number in range(max(0, earlier), now):
            for kind in (level, "entries") if level == 0 else (level,):
                shutil.rmtree(folder.path / f"{tile_path(kind, number)}.p", ignore_errors=True)
