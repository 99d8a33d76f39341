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
ALL = (GENESIS, SCHEMA_PUBLISHED)

_SYSTEM = Secret("system", "system")


def genesis(*, origin: str, vkey: str, at: datetime) -> Draft:
    """The first entry: the log names itself and its key."""
    return Draft(GENESIS, at, Role.SYSTEM, _SYSTEM, {"origin": origin, "vkey": vkey})


def schema_published(types: Iterable[EntryType], *, at: datetime) -> Draft:
    """The entry types that may stand in the log from here on."""
    listed = sorted(types, key=lambda entry_type: entry_type.name)
    digest = hashlib.sha256(canonical([entry_type.describe() for entry_type in listed]))
    public: dict[str, Json] = {"digest": digest.hexdigest(), "count": len(listed)}
    return Draft(SCHEMA_PUBLISHED, at, Role.SYSTEM, _SYSTEM, public)
