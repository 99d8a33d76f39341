"""Who must have signed before a checkpoint counts: policy files of C2SP tlog-policy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from portal.audit.note import COSIGNATURE
from portal.audit.note import ED25519
from portal.audit.note import Checkpoint
from portal.audit.note import Note
from portal.audit.note import NoteError
from portal.audit.note import VerifierKey
from portal.errors import PortalError

NONE = "none"
_NAME = re.compile(r"[^\x00-\x20\x7f]+")
_CLEAN = re.compile(r"[\t\n\x20-\x7e\x80-\uffff\U00010000-\U0010ffff]*")


class PolicyError(PortalError):
    """A policy file that cannot be read as C2SP tlog-policy says; the sentence names the line."""


@dataclass(frozen=True, slots=True)
class Witness:
    """An outsider who cosigns; `url` is where the log asks for it, empty if nobody here does."""

    name: str
    key: VerifierKey
    url: str


@dataclass(frozen=True, slots=True)
class Group:
    """Witnesses or groups of which so many must have cosigned."""

    needed: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a checkpoint can claim: who witnessed it and when, and if that is enough."""

    checkpoint: Checkpoint
    log: VerifierKey
    witnessed: Mapping[str, int]
    is_quorum: bool
    # Enough outsiders have cosigned: never true where the policy asks for none.
    is_witnessed: bool


@dataclass(frozen=True, slots=True)
class Policy:
    """The logs that are known, the witnesses, and how many of them are enough."""

    logs: tuple[VerifierKey, ...]
    witnesses: Mapping[str, Witness]
    groups: Mapping[str, Group]
    quorum: str

    @classmethod
    def parse(cls, text: str) -> Policy:
        """Read a policy file; raise `PolicyError` naming the line that is wrong."""
        reader = _Reader()
        if not _CLEAN.fullmatch(text):
            raise PolicyError("a policy has no control characters")
        for number, line in enumerate(text.split("\n"), start=1):
            words = line.replace("\t", " ").split(" ")
            try:
                reader.read([word for word in words if word])
            except (NoteError, PolicyError) as error:
                raise PolicyError("line {number}: {why}", number=number, why=error) from error
        if reader.quorum is None:
            raise PolicyError("the quorum is missing")
        return cls(tuple(reader.logs), reader.witnesses, reader.groups, reader.quorum)

    def judge(self, note: Note) -> Seen:
        """Verify a checkpoint by this policy; raise `NoteError` when no known log signed it.

        A quorum that is not reached is told, not raised: publishing goes on, claims do not.
        """
        checkpoint = Checkpoint.parse(note.text)
        log = self._log_of(note, checkpoint)
        times = {name: note.cosigned_at(w.key) for name, w in self.witnesses.items()}
        witnessed = {name: at for name, at in times.items() if at is not None}
        is_quorum = self._is_met(self.quorum, witnessed)
        is_witnessed = is_quorum and self.quorum != NONE
        return Seen(checkpoint, log, witnessed, is_quorum, is_witnessed)

    def _log_of(self, note: Note, checkpoint: Checkpoint) -> VerifierKey:
        for key in self.logs:
            if key.name == checkpoint.origin and note.by(key) is not None:
                note.verify(key)
                return key
        raise NoteError("no known log signed this checkpoint of {log}", log=checkpoint.origin)

    def _is_met(self, name: str, witnessed: Mapping[str, int]) -> bool:
        if name == NONE:
            return True
        group = self.groups.get(name)
        if group is None:
            return name in witnessed
        return sum(self._is_met(member, witnessed) for member in group.members) >= group.needed


class _Reader:
    """Reads a policy line by line; a name is defined before it is used, and used once."""

    def __init__(self) -> None:
        self.logs: list[VerifierKey] = []
        self.witnesses: dict[str, Witness] = {}
        self.groups: dict[str, Group] = {}
        self.quorum: str | None = None
        self._members: set[str] = set()
        self._keys: set[bytes] = set()

    def read(self, words: list[str]) -> None:
        """Take one line apart."""
        match words:
            case []:
                return
            case [first, *_] if first.startswith("#"):
                return
            case ["log", vkey] | ["log", vkey, _]:
                self.logs.append(self._key(vkey, ED25519))
            case ["witness", name, vkey]:
                self._add_witness(name, vkey, "")
            case ["witness", name, vkey, url]:
                self._add_witness(name, vkey, url)
            case ["group", name, needed, *members] if members:
                self._add_group(name, needed, members)
            case ["quorum", name]:
                self._set_quorum(name)
            case _:
                raise PolicyError("not a line of a policy")

    def _key(self, vkey: str, kind: bytes) -> VerifierKey:
        key = VerifierKey.parse(vkey)
        if key.kind != kind:
            raise PolicyError("a key of another kind")
        if key.public in self._keys:
            raise PolicyError("a key stands twice")
        self._keys.add(key.public)
        return key

    def _add_witness(self, name: str, vkey: str, url: str) -> None:
        self._check_new(name)
        if url and not url.startswith(("https://", "http://")):
            raise PolicyError("a witness is asked over http or https")
        self.witnesses[name] = Witness(name, self._key(vkey, COSIGNATURE), url)

    def _add_group(self, name: str, needed: str, members: list[str]) -> None:
        self._check_new(name)
        for member in members:
            self._check_known(member)
            if member in self._members:
                raise PolicyError("{name} is a member twice", name=member)
            self._members.add(member)
        least = {"all": len(members), "any": 1}.get(needed)
        if least is None and re.fullmatch(r"[1-9][0-9]{0,3}", needed):
            least = int(needed)
        if least is None or least > len(members):
            raise PolicyError("{needed} of {count}", needed=needed, count=len(members))
        self.groups[name] = Group(least, tuple(members))

    def _set_quorum(self, name: str) -> None:
        if self.quorum is not None:
            raise PolicyError("a second quorum")
        if name != NONE:
            self._check_known(name)
        self.quorum = name

    def _check_new(self, name: str) -> None:
        is_taken = name in self.witnesses or name in self.groups or name == NONE
        if is_taken or not _NAME.fullmatch(name):
            raise PolicyError("{name} is no name that is free", name=name)

    def _check_known(self, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise PolicyError("{name} is not defined above", name=name)
