"""What the log says about itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from portal.audit.entry import Draft
from portal.audit.entry import EntryType
from portal.audit.entry import Field
from portal.audit.entry import Json
from portal.audit.entry import Kind
from portal.audit.entry import Secret
from portal.audit.entry import canonical
from portal.roles import Role

GENESIS = EntryType(
    "log.genesis",
    public={
        "origin": Field(Kind.KEY, "the name of this log, for ever"),
        "vkey": Field(Kind.KEY, "the key that signs its checkpoints"),
    },
)
SCHEMA_PUBLISHED = EntryType(
    "schema.published",
    public={
        "digest": Field(Kind.DIGEST, "SHA-256 of the canonical list of entry types"),
        "count": Field(Kind.COUNT, "how many entry types there are"),
    },
)
HEARTBEAT = EntryType(
    "log.heartbeat",
    public={
        "size": Field(Kind.COUNT, "how many entries the checkpoint named here covers"),
        "root": Field(Kind.DIGEST, "its root"),
        "is_witnessed": Field(Kind.FLAG, "whether enough witnesses cosigned it"),
    },
)
KEY_ADDED = EntryType(
    "log.key_added",
    public={"vkey": Field(Kind.KEY, "a further key that signs the checkpoints from here on")},
)
KEY_RETIRED = EntryType(
    "log.key_retired",
    public={"vkey": Field(Kind.KEY, "the key that signs nothing after this")},
)
ERASED = EntryType(
    "privacy.erased",
    public={
        "ticket": Field(Kind.REFERENCE, "the number of the written order to erase"),
        "count": Field(Kind.COUNT, "how many private fields nobody can open any more"),
    },
)
ALL = (GENESIS, SCHEMA_PUBLISHED, HEARTBEAT, KEY_ADDED, KEY_RETIRED, ERASED)

_SYSTEM = Secret("system", "system")


def genesis(*, origin: str, vkey: str, at: datetime) -> Draft:
    """The first entry: the log names itself and its key."""
    return Draft(GENESIS, at, Role.SYSTEM, _SYSTEM, {"origin": origin, "vkey": vkey})


def heartbeat(*, size: int, root: bytes, is_witnessed: bool, at: datetime) -> Draft:
    """Say that the log lives, and tie what follows to the checkpoint that stood before."""
    public: dict[str, Json] = {"size": size, "root": root.hex(), "is_witnessed": is_witnessed}
    return Draft(HEARTBEAT, at, Role.SYSTEM, None, public)


def key_added(vkey: str, *, at: datetime) -> Draft:
    """A new key signs beside the old one."""
    return Draft(KEY_ADDED, at, Role.SYSTEM, None, {"vkey": vkey})


def key_retired(vkey: str, *, at: datetime) -> Draft:
    """An old key signs no more."""
    return Draft(KEY_RETIRED, at, Role.SYSTEM, None, {"vkey": vkey})


def erased(ticket: str, count: int, *, at: datetime) -> Draft:
    """Private values are gone for good; which entries they stood in is not told.

    A list of entries would join everything that was ever paid for one child.
    """
    return Draft(ERASED, at, Role.SYSTEM, None, {"ticket": ticket, "count": count})


def schema_published(types: Iterable[EntryType], *, at: datetime) -> Draft:
    """The entry types that may stand in the log from here on."""
    listed = sorted(types, key=lambda entry_type: entry_type.name)
    digest = hashlib.sha256(canonical([entry_type.describe() for entry_type in listed]))
    public: dict[str, Json] = {"digest": digest.hexdigest(), "count": len(listed)}
    return Draft(SCHEMA_PUBLISHED, at, Role.SYSTEM, _SYSTEM, public)
