"""Rounds of asking witnesses, and what can be claimed of an entry since.

The newest checkpoint that enough outsiders cosigned is kept as the file `witnessed` beside the
newest of all: while a newer one waits for its round, older entries keep their proof.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from datetime import datetime
from datetime import timedelta
from enum import StrEnum

from portal.audit import acts
from portal.audit.check import LogError
from portal.audit.entry import Draft
from portal.audit.entry import utc_text
from portal.audit.folder import Folder
from portal.audit.merkle import subtree_root
from portal.audit.note import Note
from portal.audit.note import NoteError
from portal.audit.policy import Policy
from portal.audit.policy import Seen
from portal.audit.proving import NotPublishedYetError
from portal.audit.proving import nodes
from portal.audit.witness import Round
from portal.audit.witness import ask_all
from portal.errors import N_

# Witnesses bear one question a minute from a log, and no more.
PAUSE = timedelta(seconds=60)
DAY = timedelta(days=1)
NEWEST, WITNESSED, POLICY, BOOK = "checkpoint", "witnessed", "policy", "witnesses.json"


class Standing(StrEnum):
    """How far an entry has come; each includes the ones before."""

    COMMITTED = "committed"
    SEQUENCED = "sequenced"
    PUBLISHED = "published"
    WITNESSED = "witnessed"


@dataclass(frozen=True, slots=True)
class Heads:
    """The newest checkpoint, and the newest one that enough witnesses cosigned, if any did."""

    newest: Seen
    newest_note: Note
    witnessed: Seen | None = None
    witnessed_note: Note | None = None

    def standing(self, index: int | None) -> Standing:
        """Say how far the entry at this index has come; None has no index yet."""
        if index is None:
            return Standing.COMMITTED
        if self.witnessed is not None and index < self.witnessed.checkpoint.size:
            return Standing.WITNESSED
        is_published = index < self.newest.checkpoint.size
        return Standing.PUBLISHED if is_published else Standing.SEQUENCED

    def best_note(self, index: int | None) -> Note:
        """Return the checkpoint that proves most about the entry at this index."""
        if self.witnessed_note is not None and self.standing(index) is Standing.WITNESSED:
            return self.witnessed_note
        return self.newest_note


def published_policy(folder: Folder) -> Policy:
    """Read the policy that is published beside the log."""
    return Policy.parse(folder.read(POLICY).decode())


def heads(folder: Folder) -> Heads:
    """Read the published checkpoints and verify them by the published policy.

    Raise `NoteError` when one does not verify, `NotPublishedYetError` before there is any.
    """
    if not (folder.path / NEWEST).exists():
        raise NotPublishedYetError
    policy = published_policy(folder)
    newest = Note.parse(folder.read(NEWEST))
    seen = policy.judge(newest)
    if seen.is_witnessed:
        return Heads(seen, newest, seen, newest)
    if not (folder.path / WITNESSED).exists():
        return Heads(seen, newest)
    older = Note.parse(folder.read(WITNESSED))
    seen_older = policy.judge(older)
    # A quorum of an earlier policy claims nothing under this one.
    return (
        Heads(seen, newest, seen_older, older) if seen_older.is_witnessed else Heads(seen, newest)
    )


def check_heads(folder: Folder) -> None:
    """Check that both checkpoints are signed as they say, and are of one tree."""
    try:
        head = heads(folder)
    except NoteError as error:
        raise LogError(N_("{name}: {why}"), name=f"{NEWEST}, {WITNESSED}", why=error) from error
    if head.witnessed is None:
        return
    older = head.witnessed.checkpoint
    tree = nodes(folder, head.newest.checkpoint.size)
    if subtree_root(tree, 0, older.size) != older.root:
        raise LogError(N_("{name} is not of the tree that is published."), name=WITNESSED)


@dataclass(frozen=True, slots=True)
class Book:
    """What the publisher remembers: when it asked and beat last, the size each witness cosigned.

    Losing it does no harm: witnesses know the sizes better, and a heartbeat too many hurts nobody.
    """

    asked_at: datetime | None = None
    beat_at: datetime | None = None
    seen: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Folder) -> Book:
        """Read the book, or begin one."""
        if not (folder.path / BOOK).exists():
            return cls()
        kept = json.loads(folder.read(BOOK))
        return cls(_moment(kept["asked_at"]), _moment(kept["beat_at"]), kept["seen"])

    def write(self, folder: Folder) -> None:
        """Keep the book."""
        kept = {
            "asked_at": self.asked_at and utc_text(self.asked_at),
            "beat_at": self.beat_at and utc_text(self.beat_at),
            "seen": dict(self.seen),
        }
        folder.write(BOOK, json.dumps(kept).encode())


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


def _has_passed(span: timedelta, since: datetime | None, at: datetime) -> bool:
    """Say whether so much time has passed; a clock that was set back has let it pass."""
    return since is None or not timedelta(0) <= at - since < span


def heartbeat_due(folder: Folder, state: Folder, *, at: datetime) -> Draft | None:
    """Return the day's heartbeat when it is due: it names the best checkpoint there is.

    It makes the tree grow, so that witnesses sign afresh on a day without any act, and whoever is
    shown a frozen log notices.
    """
    book = Book.read(state)
    if not _has_passed(DAY, book.beat_at, at):
        return None
    replace(book, beat_at=at).write(state)
    if book.beat_at is None:
        return None
    head = heads(folder)
    best = head.witnessed or head.newest
    return acts.heartbeat(
        size=best.checkpoint.size,
        root=best.checkpoint.root,
        is_witnessed=best.is_witnessed,
        at=at,
    )


def hold_round(folder: Folder, state: Folder, *, at: datetime) -> Round:
    """Ask the witnesses that have not cosigned the newest checkpoint yet, once a minute at most.

    `state` is the signer's own folder: it keeps the book.
    """
    policy, head, book = published_policy(folder), heads(folder), Book.read(state)
    missing = [
        witness
        for witness in policy.witnesses.values()
        if witness.url and witness.name not in head.newest.witnessed
    ]
    if not missing or not _has_passed(PAUSE, book.asked_at, at):
        return Round({}, {})
    size = head.newest.checkpoint.size
    held = ask_all(missing, head.newest_note, nodes(folder, size), seen=book.seen)
    seen = {**book.seen, **dict.fromkeys(held.lines, size)}
    replace(book, asked_at=at, seen=seen).write(state)
    _serve(folder, policy, head.newest_note.with_signatures(held.lines.values()))
    return held


def _serve(folder: Folder, policy: Policy, cosigned: Note) -> None:
    """Put the new lines under the checkpoint, unless a newer one was published meanwhile."""
    with folder.alone():
        if Note.parse(folder.read(NEWEST)).text == cosigned.text:
            folder.write(NEWEST, str(cosigned).encode())
        if policy.judge(cosigned).is_witnessed:
            folder.write(WITNESSED, str(cosigned).encode())
