"""Two checkpoints that cannot both be true: the worst that can be found, and how it is kept."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

from portal.audit.folder import Folder
from portal.audit.note import Checkpoint
from portal.errors import N_
from portal.errors import PortalError
from portal.verifier.language import ENGLISH
from portal.verifier.language import THAI
from portal.verifier.language import Voice
from portal.verifier.language import translations
from portal.verifier.tree import SignedTree
from portal.verifier.trust import NotCheckedError
from portal.verifier.trust import Signed

EVIDENCE = "evidence"


class SplitViewError(PortalError):
    """One log signed two histories. `keep_in` is the folder for the evidence."""

    def __init__(self, one: Signed, other: Signed, *, keep_in: Path) -> None:
        super().__init__(
            N_(
                "Two signed checkpoints of the log {origin} cannot both be true: {size:,} entries "
                "with the root {root}, and {other_size:,} entries with the root {other_root}. One "
                "does not continue the other: the log was changed, or shown in two versions."
            ),
            origin=one.checkpoint.origin,
            size=one.checkpoint.size,
            root=one.checkpoint.root.hex(),
            other_size=other.checkpoint.size,
            other_root=other.checkpoint.root.hex(),
        )
        self.notes = (one.note, other.note)
        self.keep_in = keep_in

    def evidence(self) -> str:
        """Return both notes and what they mean, for anybody to verify again."""
        plain = [
            Voice(translations(language), io.StringIO()).told(self) for language in (THAI, ENGLISH)
        ]
        notes = [f"--- checkpoint {at} ---\n{note}" for at, note in enumerate(self.notes, start=1)]
        return "\n\n".join([*plain, *notes])

    def keep(self) -> Path:
        """Write the evidence into a file that is named by it, and return where."""
        written = self.evidence().encode("utf-8")
        name = f"split-view-{hashlib.sha256(written).hexdigest()[:16]}.txt"
        Folder(self.keep_in).write(name, written)
        return self.keep_in / name


def check_one_log(*all_signed: Signed) -> None:
    """Refuse to compare checkpoints of different logs."""
    origins = sorted({signed.checkpoint.origin for signed in all_signed})
    if len(origins) > 1:
        raise NotCheckedError(
            N_("The checkpoints are of different logs: {names}"), names=", ".join(origins)
        )


def check_one_root(one: Signed, other: Signed, *, keep_in: Path) -> None:
    """Refuse two checkpoints of one size with two roots; that needs no files."""
    check_one_log(one, other)
    a, b = one.checkpoint, other.checkpoint
    if a.size == b.size and a.root != b.root:
        raise SplitViewError(one, other, keep_in=keep_in)


def check_continues(old: Signed, new: Signed, tree: SignedTree, *, keep_in: Path) -> None:
    """Refuse a checkpoint unless the tree of a newer one begins with it."""
    check_one_log(old, new)
    if not begins_with(tree, old.checkpoint):
        raise SplitViewError(old, new, keep_in=keep_in)


def begins_with(tree: SignedTree, old: Checkpoint) -> bool:
    """Say whether a tree that is at least as large had this root at this size."""
    return tree.root_at(old.size) == old.root
