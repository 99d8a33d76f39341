"""Folding the published files, as any stranger does, up to an entry of the log."""

from __future__ import annotations

from portal.audit.check import LogError
from portal.audit.check import bodies
from portal.audit.entry import leaf_hash
from portal.audit.entry import parse
from portal.audit.folder import Folder
from portal.audit.merkle import Frontier
from portal.audit.note import Checkpoint
from portal.audit.witnessing import heads
from portal.errors import N_
from portal.errors import RuleError
from portal.publishing.fold import step
from portal.publishing.shelf import Shelf
from portal.reports.observed import Observed
from portal.reports.report_told import Folded


class NotSoLongError(RuleError):
    """The published log has fewer entries."""

    def __init__(self, size: int, *, published: int) -> None:
        super().__init__(
            N_("The published log has {published:,} entries; a report from {size:,} is asked for."),
            published=published,
            size=size,
        )


def folded(folder: Folder, size: int | None = None) -> Folded:
    """Fold the first entries of the published log, or all; every byte is under the signed root."""
    signed = heads(folder).newest.checkpoint
    size = signed.size if size is None else size
    if not 0 < size <= signed.size:
        raise NotSoLongError(size, published=signed.size)
    shelf, observed, frontier, root = Shelf(), Observed(), Frontier(), b""
    for index, body in bodies(folder, signed.size):
        frontier = frontier.extend([leaf_hash(body)])
        if index < size:
            entry = parse(body)
            step(shelf, index, entry)
            observed.see(index, entry)
        if index == size - 1:
            root = frontier.root()
    if frontier.root() != signed.root:
        raise LogError(N_("The entries do not give the root that was signed in the checkpoint."))
    return Folded(Checkpoint(signed.origin, size, root), shelf, observed)
