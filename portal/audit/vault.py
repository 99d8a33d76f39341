"""The key store: one key per person, in a file of its own; without the key nothing opens.

Disclosures are encrypted with AES-256-GCM under the key of the person they are about. The keys lie
wrapped under a master key, outside the database, so that no backup of the database holds them.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from mmap import mmap
from os import urandom
from pathlib import Path
from threading import Lock
from uuid import uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.audit.entry import utc_text
from portal.audit.sealing import Opening
from portal.errors import N_
from portal.errors import NotFoundError

KEY_BYTES = 32
NONCE_BYTES = 12
_WORD_BYTES = 8


class KeyDestroyedError(NotFoundError):
    """The person's key is gone, and with it every opening."""

    def __init__(self, key_id: str) -> None:
        super().__init__(N_("The key {key} was destroyed; nothing opens this field."), key=key_id)


@dataclass(frozen=True, slots=True)
class Box:
    """An encrypted disclosure: which key, which nonce, which bytes."""

    key_id: str
    nonce: bytes
    ciphertext: bytes


class Vault:
    """The key store of one install; safe for threads, one SQLite file for all processes."""

    def __init__(self, path: Path, master_key: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._master = AESGCM(master_key)
        self._keys: dict[str, tuple[str, AESGCM]] = {}
        self._lock = Lock()
        self._file = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("PRAGMA busy_timeout = 30000")
        self._file.execute("PRAGMA secure_delete = ON")
        self._file.execute(
            "CREATE TABLE IF NOT EXISTS subject_key (key_id TEXT PRIMARY KEY,"
            " subject TEXT NOT NULL UNIQUE, wrapped BLOB, destroyed_at TEXT, ticket TEXT) STRICT"
        )
        self._word = _shared_word(path.with_suffix(".destroyed"))
        self._seen = self._word[:]

    def close(self) -> None:
        """Let the files go."""
        self._file.close()
        self._word.close()

    def prepare(self, subjects: Iterable[str]) -> None:
        """See to it that these people have a key, in one commit."""
        self._keys_of(set(subjects))

    def _keys_of(self, subjects: Collection[str]) -> Mapping[str, tuple[str, AESGCM]]:
        """Return the key of each, taken while no other thread can make us forget it."""
        with self._lock:
            self._forget_if_changed()
            unknown = [subject for subject in subjects if subject not in self._keys]
            if unknown:
                self._learn(unknown)
            return {subject: self._keys[subject] for subject in subjects}

    def _learn(self, unknown: Iterable[str]) -> None:
        self._file.execute("BEGIN IMMEDIATE")
        try:
            found = {subject: self._find(subject) or self._make(subject) for subject in unknown}
        except BaseException:
            self._file.execute("ROLLBACK")
            raise
        self._file.execute("COMMIT")
        # Only what is kept may be used: a key that was rolled back opens nothing later.
        self._keys.update(found)

    def _forget_if_changed(self) -> None:
        """Keep no key in memory that another process may have destroyed."""
        word = self._word[:]
        if word != self._seen:
            self._keys.clear()
            self._seen = word

    def destroy(self, subjects: Iterable[str], *, ticket: str, at: datetime) -> None:
        """Destroy the keys of these people: nothing that was encrypted under them opens again.

        The subjects stay in the store with their ticket, so that a restored database can be told
        whom it must forget again. Destroying twice does nothing more.
        """
        with self._lock:
            self._keys.clear()
            self._file.executemany(
                "UPDATE subject_key SET wrapped = NULL, destroyed_at = ?, ticket = ?"
                " WHERE subject = ? AND wrapped IS NOT NULL",
                [(utc_text(at), ticket, subject) for subject in subjects],
            )
            self._word[:] = urandom(_WORD_BYTES)
            # What the journal still holds of the keys goes too.
            self._file.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def destroyed(self) -> Mapping[str, str]:
        """Return the ticket of every subject whose key was destroyed."""
        return dict(
            self._file.execute(
                "SELECT subject, ticket FROM subject_key WHERE wrapped IS NULL"
            ).fetchall()
        )

    def _find(self, subject: str) -> tuple[str, AESGCM] | None:
        row = self._file.execute(
            "SELECT key_id, wrapped FROM subject_key WHERE subject = ?", (subject,)
        ).fetchone()
        return row and (row[0], self._unwrap(*row))

    def _make(self, subject: str) -> tuple[str, AESGCM]:
        key_id, key = str(uuid4()), AESGCM.generate_key(KEY_BYTES * 8)
        wrapped = self.wrap(key, bound=key_id)
        self._file.execute(
            "INSERT INTO subject_key (key_id, subject, wrapped) VALUES (?, ?, ?)",
            (key_id, subject, wrapped),
        )
        return key_id, AESGCM(key)

    def _unwrap(self, key_id: str, wrapped: bytes | None) -> AESGCM:
        if wrapped is None:
            raise KeyDestroyedError(key_id)
        return AESGCM(self.unwrap(wrapped, bound=key_id))

    def wrap(self, secret: bytes, *, bound: str) -> bytes:
        """Encrypt a secret under the master key; what it is for is bound into it."""
        nonce = urandom(NONCE_BYTES)
        return nonce + self._master.encrypt(nonce, secret, bound.encode())

    def unwrap(self, wrapped: bytes, *, bound: str) -> bytes:
        """Return a secret that was wrapped for this, or raise cryptography's `InvalidTag`."""
        nonce, sealed = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        return self._master.decrypt(nonce, sealed, bound.encode())

    def encrypt(self, eid: str, openings: Sequence[Opening]) -> list[Box]:
        """Encrypt openings, each for the person it is about; entry and field are bound into it."""
        keys = self._keys_of({opening.subject for opening in openings})
        return [_box(*keys[opening.subject], eid, opening) for opening in openings]

    def decrypt(self, box: Box, *, eid: str, field: str) -> str:
        """Return the disclosure, or raise `KeyDestroyedError`."""
        with self._lock:
            row = self._file.execute(
                "SELECT key_id, wrapped FROM subject_key WHERE key_id = ?", (box.key_id,)
            ).fetchone()
            key = self._unwrap(*(row or (box.key_id, None)))
        return key.decrypt(box.nonce, box.ciphertext, _bound(eid, field)).decode()


def _shared_word(path: Path) -> mmap:
    """Return bytes of memory that all processes share: another word says that a key was destroyed.

    It is looked at in every act, which a question to the file would make dearer by its locks.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.ftruncate(file, _WORD_BYTES)
        return mmap(file, _WORD_BYTES)
    finally:
        os.close(file)


def _box(key_id: str, key: AESGCM, eid: str, opening: Opening) -> Box:
    nonce = urandom(NONCE_BYTES)
    bound = _bound(eid, opening.field)
    return Box(key_id, nonce, key.encrypt(nonce, opening.disclosure.encode(), bound))


def _bound(eid: str, field: str) -> bytes:
    return f"{eid}|{field}".encode()
