"""Signed notes, checkpoints and cosignatures of C2SP, with Ed25519 keys."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from portal.audit.merkle import HASH_BYTES
from portal.errors import PortalError

ED25519 = b"\x01"
COSIGNATURE = b"\x04"
NOTE_BYTES_MAX = 1_000_000
SIGNATURES_MAX = 100
TIMESTAMP_BYTES = 8
_NAME = re.compile(r"[^\s+]+")


class NoteError(PortalError):
    """A note, key or checkpoint that is malformed or not signed as it should be."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key and the name it signs under; the key id tells keys of one name apart."""

    name: str
    public: bytes
    kind: bytes = ED25519

    @property
    def key_id(self) -> bytes:
        """Return the four bytes that stand before each of its signatures."""
        return hashlib.sha256(self.name.encode() + b"\n" + self.kind + self.public).digest()[:4]

    def __str__(self) -> str:
        """Write the vkey: name, key id in hex, and type with key in base64, joined by plus."""
        encoded = base64.b64encode(self.kind + self.public).decode("ascii")
        return f"{self.name}+{self.key_id.hex()}+{encoded}"

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Read a vkey; the base64 part may hold a plus of its own."""
        name, _, rest = text.partition("+")
        key_id, _, encoded = rest.partition("+")
        raw = unbase64(encoded)
        key = cls(name, raw[1:], raw[:1])
        is_known = key.kind in {ED25519, COSIGNATURE} and len(key.public) == HASH_BYTES
        if not (_NAME.fullmatch(name) and is_known):
            raise NoteError("not an Ed25519 verifier key: {text}", text=text)
        if key.key_id.hex() != key_id:
            raise NoteError("the key id does not fit the key: {text}", text=text)
        return key

    def verifies(self, signature: bytes, text: bytes) -> bool:
        """Say whether this key made the 64-byte signature over the text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: who says to have signed, and the bytes after the key id."""

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        """Write the line as it stands under a note."""
        encoded = base64.b64encode(self.key_id + self.signature).decode("ascii")
        return f"\u2014 {self.name} {encoded}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text ending in a newline, and the signature lines under it."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        """Write the note: text, empty line, signatures."""
        return self.text + "\n" + "".join(signature.line() for signature in self.signatures)

    @classmethod
    def parse(cls, raw: bytes) -> Note:
        """Read a signed note strictly; signatures are not verified here."""
        if len(raw) > NOTE_BYTES_MAX:
            raise NoteError("a note of {size} bytes", size=len(raw))
        try:
            written = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise NoteError("a note is UTF-8 text") from error
        if any(character < " " and character != "\n" for character in written):
            raise NoteError("a note has no control characters")
        text, found, lines = written.rpartition("\n\n")
        if not (found and lines.endswith("\n")):
            raise NoteError("a note has an empty line and signatures under it")
        return cls(text + "\n", _signatures(lines))

    def with_signatures(self, more: Iterable[Signature]) -> Note:
        """Return the note with these signature lines as well, each once."""
        return Note(self.text, tuple(dict.fromkeys((*self.signatures, *more))))

    def by(self, key: VerifierKey) -> Signature | None:
        """Return the one signature that says to be of this key; two are refused."""
        mine = [s for s in self.signatures if (s.name, s.key_id) == (key.name, key.key_id)]
        if len(mine) > 1:
            raise NoteError("signed twice by {name}", name=key.name)
        return mine[0] if mine else None

    def verify(self, key: VerifierKey) -> None:
        """Refuse the note unless this key signed it."""
        mine = self.by(key)
        if mine is None or not key.verifies(mine.signature, self.text.encode()):
            raise NoteError("not signed by {name}", name=key.name)

    def cosigned_at(self, key: VerifierKey) -> int | None:
        """Return when this witness cosigned, in Unix seconds (C2SP tlog-cosignature).

        None when it did not; `NoteError` when a line says so and does not verify.
        """
        mine = self.by(key)
        if mine is None:
            return None
        at = int.from_bytes(mine.signature[:TIMESTAMP_BYTES], "big")
        told = f"cosignature/v1\ntime {at}\n{self.text}".encode()
        if not key.verifies(mine.signature[TIMESTAMP_BYTES:], told):
            raise NoteError("the cosignature of {name} does not verify", name=key.name)
        return at


def _signatures(lines: str) -> tuple[Signature, ...]:
    written = lines[:-1].split("\n")
    if len(written) > SIGNATURES_MAX:
        raise NoteError("more than {most} signatures", most=SIGNATURES_MAX)
    return tuple(_signature(line) for line in written)


def _signature(line: str) -> Signature:
    match line.split(" "):
        case ["\u2014", name, encoded] if _NAME.fullmatch(name):
            raw = unbase64(encoded)
            if len(raw) > 4:  # noqa: PLR2004 - a key id is four bytes
                return Signature(name, raw[:4], raw[4:])
    raise NoteError("not a signature line: {line}", line=line)


def unbase64(text: str) -> bytes:
    """Decode standard base64, refusing every form but the canonical one."""
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise NoteError("not base64: {text}", text=text) from error
    if base64.b64encode(raw).decode("ascii") != text:
        raise NoteError("not canonical base64: {text}", text=text)
    return raw


def sign(text: str, name: str, *keys: Ed25519PrivateKey) -> Note:
    """Sign a text that ends in a newline, with every key of this name."""
    return Note(text, tuple(_signed(text, name, key) for key in keys))


def verifier_key(name: str, key: Ed25519PrivateKey) -> VerifierKey:
    """Return the public half of a key, under the name it signs with."""
    return VerifierKey(name, key.public_key().public_bytes_raw())


def _signed(text: str, name: str, key: Ed25519PrivateKey) -> Signature:
    public = verifier_key(name, key)
    return Signature(name, public.key_id, key.sign(text.encode()))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log commits to: its origin, its size in entries, its root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Write the three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode('ascii')}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read the text of a checkpoint note; extension lines are let pass, unread."""
        origin, size, root, *_ = [*text.split("\n"), "", ""]
        raw = unbase64(root)
        if not origin or not re.fullmatch(r"0|[1-9][0-9]{0,18}", size) or len(raw) != HASH_BYTES:
            raise NoteError("not a checkpoint: {text}", text=text)
        return cls(origin, int(size), raw)


def read_checkpoint(raw: bytes, key: VerifierKey) -> Checkpoint:
    """Read a signed checkpoint and verify that this key signed it under its own origin."""
    note = Note.parse(raw)
    note.verify(key)
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.origin != key.name:
        raise NoteError("a checkpoint of {origin}", origin=checkpoint.origin)
    return checkpoint
