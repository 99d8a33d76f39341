"""One install: where its keys, key store, signer and published log lie, opened when needed."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from config import Settings
from portal.archive import Archive
from portal.audit.check import entries
from portal.audit.check import signed_head
from portal.audit.check import verified_frontier
from portal.audit.folder import Folder
from portal.audit.note import Checkpoint
from portal.audit.note import Note
from portal.audit.signer import Signer
from portal.audit.signer import load_key
from portal.audit.signer import load_secret
from portal.audit.signer import make_key
from portal.audit.signer import write_secret
from portal.audit.vault import Vault
from portal.errors import N_
from portal.errors import RuleError
from portal.publishing.check import check_tables
from portal.publishing.fold import step
from portal.publishing.service import publish
from portal.publishing.shelf import Shelf


class NotSetUpError(RuleError):
    """The log has no name here: the install is new, or the file is lost."""

    def __init__(self) -> None:
        super().__init__(
            N_(
                "This install has no log (signer/origin). A new install is set up with "
                "init-province; on an old one bring that file back from where it is kept."
            )
        )


class NothingPublishedError(RuleError):
    """There is a log, but nothing of it was published."""

    def __init__(self) -> None:
        super().__init__(N_("Nothing is published yet; run publish first."))


@dataclass
class Install:
    """The files of one install below its data folder."""

    settings: Settings

    def __post_init__(self) -> None:
        self._publishing = Lock()

    @property
    def _data(self) -> Path:
        return self.settings.data_dir

    @property
    def _origin(self) -> Path:
        return self._data / "signer" / "origin"

    @property
    def _keys(self) -> Path:
        return self._data / "keys"

    @property
    def folder(self) -> Folder:
        """Return the folder of the published log."""
        return Folder(self._data / "log")

    @cached_property
    def vault(self) -> Vault:
        """Return the key store of persons."""
        master = load_secret(self._keys / "master.key")
        return Vault(self._data / "keystore" / "keystore.sqlite", master)

    @property
    def archive(self) -> Archive:
        """Return the archive of papers."""
        return Archive(self._data / "papers")

    @cached_property
    def hash_key(self) -> bytes:
        """Return the key under which id numbers are hashed to find duplicates."""
        return load_secret(self._keys / "hash.key")

    @cached_property
    def signer(self) -> Signer:
        """Return the log's signer; raise `NotSetUpError` before the log has a name."""
        if not self._origin.exists():
            raise NotSetUpError
        key = load_key(self._keys / "log.pem")
        origin = self._origin.read_text("utf-8").strip()
        return Signer(self._data / "signer" / "signer.sqlite", key, origin=origin)

    @property
    def has_log(self) -> bool:
        """Say whether the log has a name."""
        return self._origin.exists()

    def name_log(self, origin: str) -> None:
        """Give the log its name, and make the keys of this install, once and for ever."""
        if self.has_log:
            return
        make_key(self._keys / "log.pem")
        for name in ("master.key", "hash.key"):
            write_secret(self._keys / name, secrets.token_bytes(32))
        write_secret(self._origin, origin.encode())

    def session_info(self) -> dict[str, object]:
        """Return what services find in their session beside the database."""
        return {"vault": self.vault, "hash_key": self.hash_key, "archive": self.archive}

    def publish(self, engine: Engine) -> Checkpoint | None:
        """Publish what was recorded; one at a time within this process."""
        with self._publishing:
            return publish(engine, self.folder, self.signer)

    def rebuild_signer(self) -> Checkpoint:
        """Make the signer's lost state anew from the published files, once all are verified."""
        checkpoint = signed_head(self.folder, self.signer.vkey)
        note = Note.parse(self.folder.read("checkpoint"))
        self.signer.adopt(verified_frontier(self.folder, checkpoint), note)
        return checkpoint

    def check_log(self, session: Session) -> Checkpoint:
        """Verify every published byte and every rule, then database and tables against them.

        Return the checkpoint they all lead to; raise `LogError` or `FoldError` naming the place.
        """
        if self.signer.head() is None:
            raise NothingPublishedError
        with self.folder.alone():
            checkpoint = signed_head(self.folder, self.signer.vkey)
            shelf = Shelf()
            for index, entry in entries(self.folder, checkpoint):
                step(shelf, index, entry)
            check_tables(session, self.folder, checkpoint, shelf, vkey=self.signer.vkey)
        return checkpoint
