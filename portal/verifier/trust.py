"""Whose signatures count, what they say, and how the tool answers: the exit codes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from enum import IntEnum
from pathlib import Path

from portal.audit.check import LogError
from portal.audit.note import Checkpoint
from portal.audit.note import Note
from portal.audit.note import NoteError
from portal.audit.policy import NONE
from portal.audit.policy import Policy
from portal.audit.policy import PolicyError
from portal.audit.policy import Seen
from portal.errors import N_
from portal.errors import InputError
from portal.verifier.language import Voice

POLICY = "policy"
CHECKPOINT = "checkpoint"


class Exit(IntEnum):
    """How the tool ends: `VALID` only when everything was checked."""

    VALID = 0
    INVALID = 1
    NOT_WITNESSED = 2
    NOT_CHECKED = 3


class NotCheckedError(InputError):
    """Something that is needed for the check is not there or cannot be read."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint that a known log signed, and who has seen it."""

    name: str
    note: Note
    seen: Seen

    @property
    def checkpoint(self) -> Checkpoint:
        """Return what was signed."""
        return self.seen.checkpoint


def read_policy(path: Path) -> Policy:
    """Read a policy file; whoever gives it says whom they trust."""
    return parse_policy(str(path), path.read_bytes())


def parse_policy(name: str, raw: bytes) -> Policy:
    """Read a policy; one that cannot be read is no ground to check anything on."""
    try:
        return Policy.parse(raw.decode("utf-8"))
    except (PolicyError, UnicodeDecodeError) as error:
        why = error if isinstance(error, PolicyError) else "UTF-8"
        raise NotCheckedError(
            N_("The policy {name} cannot be read: {why}"), name=name, why=why
        ) from error


def policy_for(folder: Path, given: str | None) -> Policy:
    """Return the policy that was given, or the one that lies beside a copy of the log."""
    path = Path(given) if given else folder / POLICY
    if not path.exists():
        raise NotCheckedError(
            N_("There is no policy {name}. Say with --policy whose signatures count."), name=path
        )
    return read_policy(path)


def judged(name: str, raw: bytes, policy: Policy) -> Signed:
    """Return a checkpoint after verifying by the policy that a known log signed it."""
    try:
        note = Note.parse(raw)
        return Signed(name, note, policy.judge(note))
    except NoteError as error:
        raise LogError(
            N_("The checkpoint {name} is not signed as the policy asks: {why}"),
            name=name,
            why=error,
        ) from error


def head(folder: Path, policy: Policy) -> Signed:
    """Return the checkpoint of a copy of the log."""
    path = folder / CHECKPOINT
    if not path.exists():
        raise NotCheckedError(N_("{name} is no copy of a log: it has no checkpoint."), name=folder)
    return judged(str(path), path.read_bytes(), policy)


def tell(voice: Voice, policy: Policy, *all_seen: Seen) -> Exit:
    """Say who signed and who witnessed; return whether that is enough for each checkpoint."""
    for place, seen in enumerate(all_seen):
        if seen not in all_seen[:place]:
            _tell_one(voice, seen)
    if not all(seen.is_quorum for seen in all_seen):
        voice.say(
            N_(
                "Too few outsiders have signed along: the policy asks for more. The log may have "
                "been shown to others in another version."
            )
        )
        return Exit.NOT_WITNESSED
    if policy.quorum == NONE:
        voice.say(
            N_(
                "The policy asks for no witness: that everybody is shown the same log rests on "
                "the word of the foundation alone. Compare checkpoints with other people."
            )
        )
    else:
        voice.say(N_("As many outsiders have signed along as the policy asks for."))
    return Exit.VALID


def _tell_one(voice: Voice, seen: Seen) -> None:
    voice.say(
        N_("Log {origin}: {size:,} entries, root {root}."),
        origin=seen.checkpoint.origin,
        size=seen.checkpoint.size,
        root=seen.checkpoint.root.hex(),
    )
    voice.say(N_("Signed with the key {vkey}."), vkey=seen.log)
    for name, at in sorted(seen.witnessed.items()):
        voice.say(N_("Witnessed by {name} at {time}."), name=name, time=utc(at))


def utc(seconds: int) -> str:
    """Write a witness's time; one beyond the calendar is written as it came."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
    except (OverflowError, ValueError, OSError):
        return str(seconds)
