"""Sealing: from an act told in values to the canonical bytes of its entry, and its openings.

The bytes are orjson's, which writes them four times as fast as Python's own; whoever reads an entry
compares it with those of `entry.canonical`, so that one checks the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import orjson

from portal.audit.entry import ACT
from portal.audit.entry import DEPTH_MAX
from portal.audit.entry import SALT_BYTES
from portal.audit.entry import VERSION
from portal.audit.entry import Draft
from portal.audit.entry import EntryError
from portal.audit.entry import Json
from portal.audit.entry import Secret
from portal.audit.entry import base64url
from portal.audit.entry import check_length
from portal.audit.entry import check_public
from portal.audit.entry import check_value
from portal.audit.entry import commitment
from portal.audit.entry import is_code
from portal.audit.entry import is_eid
from portal.audit.entry import is_salt
from portal.audit.entry import utc_text
from portal.errors import N_

_DEPTH_OF_FIELD = DEPTH_MAX - 2  # as where a public field stands: in `pub`, and that in the entry


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens one commitment: the exact disclosure string, and whose it is."""

    field: str
    subject: str
    disclosure: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """An entry ready to be recorded: its bytes and the openings of its private fields."""

    eid: str
    body: bytes
    openings: tuple[Opening, ...]


def seal(draft: Draft, *, eid: str, random: Callable[[int], bytes]) -> Sealed:
    """Turn a draft into canonical bytes; refuse any field its type does not declare.

    `random` gives that many unpredictable bytes; a private field that is absent still gets a
    commitment, so that its presence cannot be seen.
    """
    _check_draft(draft, eid)
    commitments, openings = {}, []
    for name in (ACT, *draft.type.private):
        secret = draft.actor if name == ACT else draft.private.get(name)
        if secret is None or secret.value is None:
            commitments[name] = base64url(random(SALT_BYTES))
            continue
        commitments[name], opening = _commit(draft.type.name, name, secret, random)
        openings.append(opening)
    # Every part was checked where it came in, so nothing is walked through a second time here.
    body = _encode(
        {
            "act": {"c": commitments.pop(ACT), "r": draft.role},
            "at": utc_text(draft.at),
            "eid": eid,
            "prv": commitments,
            "pub": draft.public,
            "ref": draft.refs,
            "t": draft.type.name,
            "v": VERSION,
        }
    )
    check_length(body)
    return Sealed(eid, body, tuple(openings))


def _check_draft(draft: Draft, eid: str) -> None:
    """Refuse what no verifier could read: it must never be written."""
    check_public(draft.type, draft.public)
    if not draft.private.keys() <= set(draft.type.private):
        unknown = sorted(draft.private.keys() - set(draft.type.private))
        raise EntryError(
            N_("{type} has no private field {names}"), type=draft.type.name, names=unknown
        )
    if not (is_code(draft.role) and all(map(is_eid, (eid, *draft.refs)))):
        raise EntryError(N_("not an entry of version {version}"), version=VERSION)


def _commit(
    type_name: str, name: str, secret: Secret, random: Callable[[int], bytes]
) -> tuple[str, Opening]:
    salt = secret.salt
    if salt is None:
        salt = base64url(random(SALT_BYTES))
    elif not is_salt(salt):
        # A short salt could be guessed, and the value with it.
        raise EntryError(N_("{type}.{name} has no salt of 32 bytes"), type=type_name, name=name)
    check_value(secret.value, _DEPTH_OF_FIELD)
    disclosure = base64url(_encode([salt, f"{type_name}.{name}", secret.value]))
    return commitment(disclosure), Opening(name, secret.subject, disclosure)


def _encode(value: Json) -> bytes:
    return orjson.dumps(value, default=dict, option=orjson.OPT_SORT_KEYS)
