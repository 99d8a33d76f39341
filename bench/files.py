"""Logs of any size as files, written fast: the bytes the publisher writes, without its fsync."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime

from portal.audit.entry import Draft
from portal.audit.entry import Secret
from portal.audit.entry import leaf_hashes
from portal.audit.entry import uuid7
from portal.audit.folder import Folder
from portal.audit.note import Checkpoint
from portal.audit.sealing import seal
from portal.audit.tiles import WIDTH
from portal.audit.tiles import Edge
from portal.audit.tiles import bundle
from portal.audit.tiles import root
from portal.audit.tiles import tile_path
from portal.audit.tiles import widths
from portal.payments.acts import PAYMENT_PREPARED

AT_ONCE = WIDTH * WIDTH
ORIGIN = "audit.example.org/bench"
PEOPLE = 50
EARLIER = "0199c82c-c000-7d5e-9811-8e237aa6340b"
AT = datetime(2026, 11, 22, 6, tzinfo=UTC)
Bodies = Callable[[int, int], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Written:
    """A log in a folder, and the checkpoint over it."""

    folder: Folder
    checkpoint: Checkpoint


def typical_draft(number: int) -> Draft:
    """Tell a prepared payment: seven public facts; private are who acted and who is paid."""
    return Draft(
        PAYMENT_PREPARED,
        AT,
        "treasurer",
        Secret("person:4", {"id": 4, "name": "อนงค์ รักษาทรัพย์"}),
        {
            "reference": f"RYG-2570-{number % 1_000_000:06}",
            "party": "p-2",
            "payment": f"PAY-{number}",
            "satang": 150_000,
            "instalment": 1,
            "channel": "transfer",
            "advance": None,
        },
        {
            "payee": Secret(
                f"youth:{number % PEOPLE}",
                {"account": "1234567890", "bank": "006", "name": "เด็กหญิงใจดี มีสุข"},
            )
        },
        (EARLIER,),
    )


def entry_bodies() -> Bodies:
    """Give entries that are sealed as the portal seals them, about 417 bytes each.

    One is sealed; the others differ in their id, which is what makes a leaf another one.
    """
    eid = uuid7(0, secrets.token_bytes)
    head, tail = seal(typical_draft(1), eid=eid, random=secrets.token_bytes).body.split(
        eid.encode()
    )

    def bodies(start: int, count: int) -> Iterator[bytes]:
        for index in range(start, start + count):
            yield head + numbered_eid(index).encode() + tail

    return bodies


def numbered_eid(index: int) -> str:
    """Make an entry id out of a number instead of time and chance."""

    def number(size: int) -> bytes:
        return index.to_bytes(size, "big")

    return uuid7(index, number)


def small_bodies(start: int, count: int) -> Iterator[bytes]:
    """Give ten digits each: no entries by their form, but leaves all the same."""
    return (b"%010d" % index for index in range(start, start + count))


def write_log(folder: Folder, size: int, bodies: Bodies) -> Written:
    """Write the bundles and tiles of a log of this size."""
    edge = Edge()
    for start in range(0, size, AT_ONCE):
        taken = list(bodies(start, min(AT_ONCE, size - start)))
        for at in range(0, len(taken), WIDTH):
            packed = taken[at : at + WIDTH]
            _write(folder, tile_path("entries", (start + at) // WIDTH, len(packed)), bundle(packed))
        for level, number, hashes in edge.extend(leaf_hashes(taken)):
            if len(hashes) == WIDTH:
                _write(folder, tile_path(level, number), b"".join(hashes))
    for level, row in enumerate(edge.rows):
        if row:
            number = widths(size, level)[0]
            _write(folder, tile_path(level, number, len(row)), b"".join(row))
    return Written(folder, Checkpoint(ORIGIN, size, root(size, dict(enumerate(edge.rows)))))


def _write(folder: Folder, name: str, content: bytes) -> None:
    path = folder.path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
