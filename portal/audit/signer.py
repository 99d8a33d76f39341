"""The signer: its own key, its own state, and the refusal ever to go back."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization import NoEncryption
from cryptography.hazmat.primitives.serialization import PrivateFormat
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from portal.audit.merkle import Frontier
from portal.audit.note import Checkpoint
from portal.audit.note import Note
from portal.audit.note import VerifierKey
from portal.audit.note import sign
from portal.audit.note import verifier_key
from portal.errors import N_
from portal.errors import PortalError


class SignerError(PortalError):
    """The signer will not sign; the sentence says what the operator can do."""


@dataclass(frozen=True, slots=True)
class Head:
    """What was signed last: the tree's right edge, and the checkpoint note."""

    frontier: Frontier
    note: str


class Signer:
    """Signs tree heads that only grow. Its state lies in a file of its own, never in the database.

    Two signers on one state are harmless: the second to sign finds the head moved and refuses.
    """

    def __init__(self, path: Path, *keys: Ed25519PrivateKey, origin: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = path
        self._keys = keys
        # The oldest first: more than one only while a new key takes over.
        self.vkeys = tuple(verifier_key(origin, key) for key in keys)
        with self._state() as state:
            state.execute(
                "CREATE TABLE IF NOT EXISTS signed (size INTEGER PRIMARY KEY, root BLOB NOT NULL,"
                " frontier BLOB NOT NULL, note TEXT NOT NULL) STRICT"
            )
            state.execute(
                "CREATE TRIGGER IF NOT EXISTS signed_only_grows BEFORE INSERT ON signed"
                " WHEN NEW.size <= (SELECT max(size) FROM signed)"
                " BEGIN SELECT RAISE(ABORT, 'a signed head never goes back'); END"
            )

    def _state(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None)
        # FULL is not enough without a WAL: that the journal is gone must be on disk too, or after a
        # power cut it takes the newest signature back, which others may have seen.
        connection.execute("PRAGMA synchronous = EXTRA")
        connection.execute("PRAGMA busy_timeout = 30000")
        return connection

    @property
    def vkey(self) -> VerifierKey:
        """Return the key that readers have known longest."""
        return self.vkeys[0]

    def head(self) -> Head | None:
        """Return what was signed last, or None before the first signature."""
        with self._state() as state:
            row = state.execute(
                "SELECT size, frontier, note FROM signed ORDER BY size DESC LIMIT 1"
            ).fetchone()
        if row is None:
            return None
        size, packed, note = row
        return Head(Frontier.unpack(size, packed), note)

    def adopt(self, frontier: Frontier, note: Note) -> None:
        """Take a published checkpoint as the last signed one: only where the state was lost."""
        note.verify(self.vkey)
        checkpoint = Checkpoint.parse(note.text)
        if (checkpoint.size, checkpoint.root) != (frontier.size, frontier.root()):
            raise SignerError(N_("The checkpoint is not of this tree."))
        with self._state() as state:
            # The trigger refuses it where anything as new was signed here.
            state.execute(
                "INSERT INTO signed VALUES (?, ?, ?, ?)",
                (frontier.size, checkpoint.root, frontier.pack(), str(note)),
            )

    def sign(self, grown: Frontier, *, seen: Frontier) -> Note:
        """Sign a tree that grew out of the one last seen; refuse if another head was signed since.

        The state is on disk before the signature leaves this function.
        """
        checkpoint = Checkpoint(self.vkey.name, grown.size, grown.root())
        note = sign(checkpoint.text(), self.vkey.name, *self._keys)
        for vkey in self.vkeys:
            note.verify(vkey)
        with self._state() as state:
            state.execute("BEGIN IMMEDIATE")
            newest = state.execute("SELECT coalesce(max(size), 0) FROM signed").fetchone()[0]
            if newest != seen.size or grown.size <= newest:
                state.execute("ROLLBACK")
                raise SignerError(
                    N_("Another publisher signed {newest} entries meanwhile; nothing was signed."),
                    newest=newest,
                )
            state.execute(
                "INSERT INTO signed VALUES (?, ?, ?, ?)",
                (grown.size, checkpoint.root, grown.pack(), str(note)),
            )
            state.execute("COMMIT")
        return note


class KeyMissingError(SignerError):
    """A key of this install is gone; a new one would be another install's."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            N_("The key {name} is missing. Bring it back from where it is kept; nothing was done."),
            name=path.name,
        )


def key_paths(folder: Path) -> list[Path]:
    """Return the files of the log's keys, the oldest first: log.pem, log-2.pem and so on."""
    return sorted(folder.glob("log*.pem"), key=lambda path: (len(path.name), path.name))


def load_keys(folder: Path, passphrase: bytes | None = None) -> list[Ed25519PrivateKey]:
    """Read the log's keys, the oldest first; raise `KeyMissingError` when there is none."""
    return [load_key(path, passphrase) for path in key_paths(folder) or [folder / "log.pem"]]


def load_key(path: Path, passphrase: bytes | None = None) -> Ed25519PrivateKey:
    """Read a key of the log, PKCS#8 PEM, sealed with the passphrase or with none.

    Raise `SignerError` when the passphrase does not fit, or the file holds no such key.
    """
    try:
        key = load_pem_private_key(load_secret(path), passphrase)
    except (TypeError, ValueError) as error:
        raise SignerError(
            N_("{name} does not open: is PORTAL_LOG_PASSPHRASE_FILE the one it was made with?"),
            name=path.name,
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SignerError(N_("{name} holds no Ed25519 key."), name=path.name)
    return key


def load_secret(path: Path) -> bytes:
    """Read a secret, or raise `KeyMissingError`."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise KeyMissingError(path) from error


def make_key(path: Path, passphrase: bytes | None = None) -> None:
    """Make a key of the log, sealed with the passphrase if there is one."""
    key = Ed25519PrivateKey.generate()
    seal = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    write_secret(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, seal))


def write_secret(path: Path, content: bytes) -> None:
    """Write a new file that only its owner can read; refuse to replace one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
