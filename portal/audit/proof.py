"""Proof files of C2SP tlog-proof: one entry, its place, and the checkpoint that covers it."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from portal.audit.entry import Entry
from portal.audit.entry import leaf_hash
from portal.audit.entry import parse
from portal.audit.merkle import ProofError
from portal.audit.merkle import verify_inclusion
from portal.audit.note import Note
from portal.audit.note import unbase64
from portal.audit.policy import Policy
from portal.audit.policy import Seen
from portal.errors import N_

HEADER = "c2sp.org/tlog-proof@v1"
PROOF_BYTES_MAX = 1_000_000
STEPS_MAX = 63


@dataclass(frozen=True, slots=True)
class Proof:
    """An entry's bytes, its index, the hashes up to the root, and the signed checkpoint."""

    body: bytes
    index: int
    hashes: tuple[bytes, ...]
    note: Note

    def __str__(self) -> str:
        """Write the file."""
        lines = [HEADER, f"extra {_base64(self.body)}", f"index {self.index}"]
        lines += [_base64(step) for step in self.hashes]
        return "\n".join(lines) + "\n\n" + str(self.note)

    @classmethod
    def parse(cls, raw: bytes) -> Proof:
        """Read a proof file strictly; nothing is verified here."""
        if len(raw) > PROOF_BYTES_MAX:
            raise ProofError(N_("a proof of {size} bytes"), size=len(raw))
        try:
            head, found, note = raw.decode("utf-8").partition("\n\n")
        except UnicodeDecodeError as error:
            raise ProofError(N_("a proof is UTF-8 text")) from error
        match head.split("\n"):
            case [header, extra, index, *steps] if header == HEADER and found:
                body = unbase64(_after("extra", extra))
                hashes = tuple(unbase64(step) for step in steps)
                return cls(body, _number(_after("index", index)), hashes, Note.parse(note.encode()))
        raise ProofError(N_("not a proof file of this log"))

    def verify(self, policy: Policy) -> tuple[Entry, Seen]:
        """Check everything; return the entry and who has seen it.

        Raises `ProofError`, `NoteError` or `EntryError`. A quorum that is not reached is told in
        what is returned, not raised.
        """
        seen = policy.judge(self.note)
        if len(self.hashes) > STEPS_MAX:
            raise ProofError(N_("the proof is too long"))
        verify_inclusion(
            leaf_hash(self.body),
            self.index,
            seen.checkpoint.size,
            self.hashes,
            seen.checkpoint.root,
        )
        return parse(self.body), seen


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _after(word: str, line: str) -> str:
    found, _, rest = line.partition(" ")
    if found != word:
        raise ProofError(N_("a line begins with {word}"), word=word)
    return rest


def _number(text: str) -> int:
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", text):
        raise ProofError(N_("not a number: {text}"), text=text)
    return int(text)
