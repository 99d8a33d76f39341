"""Openings: files that open chosen sealed fields of one entry, and prove that it is in the log.

`{"v":1,"proof":"<text of the .tlog-proof>","open":["D1","D2"]}`. Each D is the exact disclosure
string whose SHA-256 is the commitment in the entry, so nothing is ever encoded again to hash.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from portal.audit.entry import Entry
from portal.audit.entry import EntryError
from portal.audit.entry import Json
from portal.audit.entry import canonical
from portal.audit.entry import commitment
from portal.audit.entry import unbase64url
from portal.audit.policy import Policy
from portal.audit.policy import Seen
from portal.audit.proof import Proof
from portal.errors import N_

VERSION = 1
OPENING_BYTES_MAX = 4_000_000
_SALT = re.compile(r"[A-Za-z0-9_-]{43}")


class OpeningError(EntryError):
    """An opening that cannot be read, or that opens nothing in its entry."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a verified opening shows: the entry, who has seen it, and the fields it opens."""

    entry: Entry
    seen: Seen
    fields: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class OpeningFile:
    """The proof of an entry, and the disclosures of some of its sealed fields."""

    proof: Proof
    disclosures: tuple[str, ...]

    def __str__(self) -> str:
        """Write the file."""
        told = {"v": VERSION, "proof": str(self.proof), "open": self.disclosures}
        return json.dumps(told, ensure_ascii=False) + "\n"

    @classmethod
    def parse(cls, raw: bytes) -> OpeningFile:
        """Read an opening strictly; nothing is verified here."""
        if len(raw) > OPENING_BYTES_MAX:
            raise OpeningError(N_("an opening of {size} bytes"), size=len(raw))
        try:
            told = json.loads(raw.decode("utf-8"), object_pairs_hook=_members)
        except (ValueError, RecursionError) as error:
            raise OpeningError(N_("not JSON: {why}"), why=str(error)) from error
        match told:
            case {"v": int(version), "proof": str(proof), "open": [*disclosures], **more} if (
                not more and type(version) is int and version == VERSION and disclosures
            ):
                return cls(_proof(proof), tuple(map(_text, disclosures)))
        raise OpeningError(N_("not an opening of version {version}"), version=VERSION)

    def verify(self, policy: Policy) -> Opened:
        """Check the proof, then that each disclosure opens the field it names.

        Raises what `Proof.verify` raises, or `OpeningError`. A quorum that is not reached is told
        in what is returned, not raised.
        """
        entry, seen = self.proof.verify(policy)
        fields: dict[str, Json] = {}
        for disclosure in self.disclosures:
            name, value = _opened(disclosure, entry)
            if name in fields:
                raise OpeningError(N_("{name} is opened twice"), name=name)
            fields[name] = value
        return Opened(entry, seen, fields)


def _members(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise OpeningError(N_("a member stands twice"))
    return members


def _proof(text: str) -> Proof:
    try:
        return Proof.parse(text.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise OpeningError(N_("the proof in the opening is not text")) from error


def _text(disclosure: Json) -> str:
    if isinstance(disclosure, str):
        return disclosure
    raise OpeningError(N_("not a disclosure: {text}"), text=repr(disclosure))


def _opened(disclosure: str, entry: Entry) -> tuple[str, Json]:
    """Return the field that a disclosure names and what it says there."""
    try:
        raw = unbase64url(disclosure)
        told = json.loads(raw.decode("utf-8"), object_pairs_hook=_members)
    except (ValueError, RecursionError) as error:
        raise OpeningError(N_("not a disclosure: {text}"), text=disclosure) from error
    if canonical(told) != raw:
        raise OpeningError(N_("not in canonical form"))
    match told:
        case [str(salt), str(place), value] if _SALT.fullmatch(salt):
            type_name, _, name = place.rpartition(".")
            if type_name != entry.type:
                raise OpeningError(
                    N_("{place} is no field of {type}"), place=place, type=entry.type
                )
            if commitment(disclosure) != entry.sealed(name):
                raise OpeningError(
                    N_("What is said to be {name} is not what the entry has sealed there."),
                    name=name,
                )
            return name, value
    raise OpeningError(N_("not a disclosure: {text}"), text=disclosure)
