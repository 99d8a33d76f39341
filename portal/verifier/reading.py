"""Reading a whole log against its checkpoint, and against what the log says about itself."""

from __future__ import annotations

from collections.abc import Iterator

from portal.audit.acts import GENESIS
from portal.audit.acts import HEARTBEAT
from portal.audit.acts import KEY_ADDED
from portal.audit.check import LogError
from portal.audit.check import entries
from portal.audit.entry import Entry
from portal.audit.entry import check_entry
from portal.audit.folder import Folder
from portal.errors import N_
from portal.publishing.report_acts import REPORT_PREPARED
from portal.publishing.vocabulary import TYPES
from portal.verifier.tree import SignedTree
from portal.verifier.trust import Signed


def verified(folder: Folder, signed: Signed) -> Iterator[tuple[int, Entry]]:
    """Read every entry; when the iterator ends, the log is whole and agrees with itself.

    It begins by naming itself, one of the keys it names has signed, and each heartbeat and each
    report names a checkpoint of this very log.
    """
    keys = set[str]()
    for index, _, entry in entries(folder, signed.checkpoint):
        if index == 0:
            _check_genesis(entry, signed)
        if entry.type in {GENESIS.name, KEY_ADDED.name}:
            check_entry(entry, TYPES)
            keys.add(entry.text("vkey"))
        if entry.type in {HEARTBEAT.name, REPORT_PREPARED.name}:
            _check_named(SignedTree(signed.checkpoint, folder), index, entry)
        yield index, entry
    if keys and str(signed.seen.log) not in keys:
        raise LogError(
            N_("The log names the keys that sign it; {vkey}, which signed, is none of them."),
            vkey=signed.seen.log,
        )


def _check_genesis(entry: Entry, signed: Signed) -> None:
    if entry.type != GENESIS.name:
        raise LogError(N_("The first entry is not the one with which a log begins."))
    check_entry(entry, TYPES)
    if entry.text("origin") != signed.checkpoint.origin:
        raise LogError(
            N_("The first entry is of another log, {origin}."), origin=entry.text("origin")
        )


def _check_named(tree: SignedTree, index: int, entry: Entry) -> None:
    check_entry(entry, TYPES)
    size = entry.number("size")
    if size > index or tree.root_at(size).hex() != entry.text("root"):
        raise LogError(
            N_(
                "Entry {index} names a checkpoint of {size:,} entries that is not of this log: it "
                "was changed, or shown in two versions."
            ),
            index=index,
            size=size,
        )
