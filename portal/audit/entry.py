"""Entries of the log: closed types, canonical bytes, salted commitments, strict reading.

Format v1. An entry is a UTF-8 JSON object in a subset of RFC 8785 in which
`json.dumps(sort_keys=True)` is already canonical: ASCII member names, no floats, integers below
2^53. Private values stand in it only as salted commitments in the disclosure form of RFC 9901.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import unicodedata
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import UTC
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import TypeAlias
from typing import TypeGuard

from portal.errors import N_
from portal.errors import PortalError

VERSION = 1
BODY_BYTES_MIN, BODY_BYTES_MAX = 2, 16_384
DEPTH_MAX = 6
INTEGER_MAX = 2**53 - 1
TITLE_LENGTH_MAX = 200
SALT_BYTES = 32
# The field that tells who acted: committed in every entry, outside the private fields.
ACT = "act"
FIELDS_MAX = 16  # that an entry seals, who acted among them

Json: TypeAlias = "bool | int | str | Sequence[Json] | Mapping[str, Json] | None"


class EntryError(PortalError):
    """Bytes or values that are not an entry of this log."""


class Kind(StrEnum):
    """What a public field may hold. There is no kind for free text: that is where names leak."""

    CODE = "code"
    CODES = "codes"
    COUNT = "count"
    DAY = "day"
    DIGEST = "digest"
    EID = "eid"
    FLAG = "flag"
    KEY = "key"
    MONTH = "month"
    REFERENCE = "reference"
    SATANG = "satang"
    TITLE = "title"


def _matches(pattern: str) -> Callable[[Json], bool]:
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def _is_integer(value: Json) -> TypeGuard[int]:
    return type(value) is int and abs(value) <= INTEGER_MAX


def _exists(value: str) -> bool:
    """Say whether a time written in ISO form is one of the calendar."""
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_title(value: Json) -> bool:
    return isinstance(value, str) and 0 < len(value) <= TITLE_LENGTH_MAX and _is_clean(value)


_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_looks_like_day = _matches(_DAY)
_looks_like_month = _matches(r"[0-9]{4}-[0-9]{2}")
_looks_like_moment = _matches(_DAY + r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z")
is_code = _matches(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")

HOLDS: Mapping[Kind, Callable[[Json], bool]] = {
    Kind.CODE: is_code,
    Kind.CODES: lambda value: isinstance(value, list) and all(map(is_code, value)),
    Kind.COUNT: lambda value: _is_integer(value) and value >= 0,
    Kind.DAY: lambda value: _looks_like_day(value) and _exists(str(value)),
    Kind.DIGEST: _matches(r"[0-9a-f]{64}"),
    Kind.EID: _matches(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
    Kind.FLAG: lambda value: isinstance(value, bool),
    Kind.KEY: _matches(r"[\x21-\x7e]{1,200}"),
    Kind.MONTH: lambda value: _looks_like_month(value) and _exists(f"{value}-01"),
    Kind.REFERENCE: _matches(r"[A-Z0-9][A-Z0-9-]{0,39}"),
    Kind.SATANG: _is_integer,
    Kind.TITLE: _is_title,
}


@dataclass(frozen=True, slots=True)
class Field:
    """A public field: what it holds, what it means, and whether it may be null."""

    kind: Kind
    about: str
    may_be_null: bool = False

    def holds(self, value: Json) -> bool:
        """Say whether the value may stand in this field."""
        return self.may_be_null if value is None else HOLDS[self.kind](value)


@dataclass(frozen=True, slots=True)
class EntryType:
    """A closed type of entry: every public and every private field it has."""

    name: str
    public: Mapping[str, Field]
    private: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse names that could not stand in an entry, and more private fields than it keeps."""
        for name in (*self.public, *self.private):
            _check_name(name)
        if len(self.private) >= FIELDS_MAX:
            raise EntryError(N_("{type} has too many private fields"), type=self.name)

    def describe(self) -> Json:
        """Return the declaration as plain JSON, for the data dictionary and its digest."""
        return {
            "private": sorted(self.private),
            "public": {name: _describe(field) for name, field in sorted(self.public.items())},
            "type": self.name,
        }


def _describe(declared: Field) -> Json:
    return {"about": declared.about, "kind": declared.kind, "null": declared.may_be_null}


@dataclass(frozen=True, slots=True)
class Secret:
    """A private value and the person it is about, such as `youth:12`; None is absent.

    `salt` is given where it had to be known before the entry: it stands on the paper whose digest
    is committed. Everywhere else sealing draws a fresh one.
    """

    subject: str
    value: Json
    salt: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """An act told in values, before it is sealed into bytes.

    `actor` is committed, never shown, and None where no person acts; `role` is public.
    """

    type: EntryType
    at: datetime
    role: str
    actor: Secret | None
    public: Mapping[str, Json]
    private: Mapping[str, Secret] = field(default_factory=dict)
    refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry read back from its bytes."""

    eid: str
    type: str
    at: str
    role: str
    public: Mapping[str, Json]
    # The commitment of each private field, and of who acted.
    private: Mapping[str, str]
    refs: tuple[str, ...]
    actor: str = ""

    def sealed(self, name: str) -> str:
        """Return the commitment of a private field; `act` is who acted."""
        found = self.actor if name == ACT else self.private.get(name)
        if found is None:
            raise EntryError(N_("{type} has no sealed field {name}"), type=self.type, name=name)
        return found

    def text(self, name: str) -> str:
        """Return a public field that holds text."""
        return str(self.public[name])

    def number(self, name: str) -> int:
        """Return a public field that holds a whole number."""
        value = self.public[name]
        if type(value) is not int:
            raise EntryError(N_("{type}.{name} is no number"), type=self.type, name=name)
        return value


def leaf_hash(body: bytes) -> bytes:
    """Return the RFC 6962 leaf hash of the published bytes."""
    return hashlib.sha256(b"\x00" + body).digest()


def leaf_hashes(bodies: Iterable[bytes]) -> list[bytes]:
    """Return the leaf hashes of many entries; a call for each would cost a tenth more."""
    sha256 = hashlib.sha256
    return [sha256(b"\x00" + body).digest() for body in bodies]


def commitment(disclosure: str) -> str:
    """Return the commitment that this disclosure string opens, 43 characters."""
    return base64url(hashlib.sha256(disclosure.encode("ascii")).digest())


def base64url(raw: bytes) -> str:
    """Encode as base64url without padding (RFC 4648 section 5)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def unbase64url(text: str) -> bytes:
    """Decode base64url without padding, refusing every form but the canonical one."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise EntryError(N_("not base64url: {text}"), text=text) from error
    if base64url(raw) != text:
        raise EntryError(N_("not base64url: {text}"), text=text)
    return raw


def utc_text(moment: datetime) -> str:
    """Write an aware moment as `2026-11-22T06:00:00Z`."""
    if moment.tzinfo is None:
        message = "a moment in the log needs a time zone"
        raise ValueError(message)
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def unix_text(seconds: int) -> str:
    """Write Unix seconds, the time of a witness, as `2026-11-22T06:00:00Z`."""
    return utc_text(datetime.fromtimestamp(seconds, UTC))


def check_public(entry_type: EntryType, public: Mapping[str, Json]) -> None:
    """Refuse public fields that are missing, unknown, or hold what their kind does not."""
    if public.keys() != entry_type.public.keys():
        names = sorted(public.keys() ^ entry_type.public.keys())
        raise EntryError(
            N_("{type} has other public fields: {names}"), type=entry_type.name, names=names
        )
    for name, declared in entry_type.public.items():
        if not declared.holds(public[name]):
            raise EntryError(
                N_("{type}.{name} cannot hold {value}"),
                type=entry_type.name,
                name=name,
                value=repr(public[name]),
            )


def check_entry(entry: Entry, types: Mapping[str, EntryType]) -> None:
    """Refuse an entry whose type is unknown, or whose fields are not the declared ones."""
    declared = types.get(entry.type)
    if declared is None:
        raise EntryError(N_("{type} is no type of this log"), type=entry.type)
    check_public(declared, entry.public)
    if entry.private.keys() != set(declared.private):
        names = sorted(entry.private.keys() ^ set(declared.private))
        raise EntryError(
            N_("{type} has other private fields: {names}"), type=entry.type, names=names
        )


def canonical(value: Json) -> bytes:
    """Return the canonical bytes of a value in our subset of RFC 8785."""
    check_value(value, DEPTH_MAX)
    return _ENCODER.encode(value).encode("utf-8")


_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False, default=dict
)
_NAME = re.compile(r"[a-z0-9_]{1,32}")
_REFUSED = re.compile("[\x00-\x1f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def check_value(value: Json, depth: int) -> None:
    """Refuse what has no canonical form, or is nested deeper than this."""
    if depth < 0:
        raise EntryError(N_("nested deeper than {depth}"), depth=DEPTH_MAX)
    if isinstance(value, str):
        _check_text(value)
    elif value is None or isinstance(value, int):
        _check_size(value or 0)
    elif isinstance(value, Mapping):
        for name, member in value.items():
            _check_name(name)
            check_value(member, depth - 1)
    elif isinstance(value, list | tuple):
        for item in value:
            check_value(item, depth - 1)
    else:
        raise EntryError(N_("{value} cannot stand in an entry"), value=repr(value))


@lru_cache(1000)
def _check_name(name: object) -> None:
    if not (isinstance(name, str) and _NAME.fullmatch(name)):
        raise EntryError(N_("{name} is no member name"), name=repr(name))


def _check_size(number: int) -> None:
    if abs(number) > INTEGER_MAX:
        raise EntryError(N_("{value} cannot stand in an entry"), value=repr(number))


def _check_text(text: str) -> None:
    if not _is_clean(text):
        raise EntryError(N_("{text} is not clean NFC text"), text=ascii(text))


def _is_clean(text: str) -> bool:
    if text.isascii() and text.isprintable():
        return True  # as nearly all text of the log is
    return not _REFUSED.search(text) and unicodedata.is_normalized("NFC", text)


def loggable(text: str) -> str:
    """Return typed text as it may stand behind a commitment: NFC, odd controls become spaces."""
    return _REFUSED.sub(" ", unicodedata.normalize("NFC", text))


def parse(body: bytes) -> Entry:
    """Read an entry from its published bytes; refuse all but the canonical form."""
    value = _read(body)
    if canonical(value) != body:
        # Where a member stood twice, one was dropped and its bytes are missing.
        json.loads(body, object_pairs_hook=_no_duplicates)
        raise EntryError(N_("not in canonical form"))
    return _shaped(value)


def _read(body: bytes) -> Json:
    check_length(body)
    try:
        value: Json = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise EntryError(N_("not JSON: {why}"), why=str(error)) from error
    return value


def check_length(body: bytes) -> None:
    """Refuse an entry that is too short or too long."""
    if not BODY_BYTES_MIN <= len(body) <= BODY_BYTES_MAX:
        raise EntryError(N_("an entry of {size} bytes"), size=len(body))


def _no_duplicates(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise EntryError(N_("a member stands twice"))
    return members


is_eid = HOLDS[Kind.EID]
is_salt = _is_commitment = _matches(r"[A-Za-z0-9_-]{43}")


_MEMBERS = ("act", "at", "eid", "prv", "pub", "ref", "t", "v")


def _shaped(value: Json) -> Entry:
    """Return the entry, if its members are those of one; they stand in canonical order."""
    if isinstance(value, dict) and tuple(value) == _MEMBERS:
        act, at, eid, private, public, refs, type_name, version = value.values()
        if (
            isinstance(act, dict)
            and tuple(act) == ("c", "r")
            and _looks_like_moment(at)
            and _exists(at)
            and is_eid(eid)
            and isinstance(private, dict)
            and all(map(_is_commitment, (act["c"], *private.values())))
            and isinstance(public, dict)
            and isinstance(refs, list)
            and all(map(is_eid, refs))
            and is_code(act["r"])
            and isinstance(type_name, str)
            and type(version) is int
            and version == VERSION
        ):
            return Entry(eid, type_name, at, act["r"], public, private, tuple(refs), act["c"])
    raise EntryError(N_("not an entry of version {version}"), version=VERSION)


def uuid7(milliseconds: int, random: Callable[[int], bytes]) -> str:
    """Make an entry id: a UUID of version 7 (RFC 9562), from Unix milliseconds and chance."""
    noise = int.from_bytes(random(10), "big")
    value = (milliseconds & (1 << 48) - 1) << 80 | noise
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    text = f"{value:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
