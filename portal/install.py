"""One install: where its keys, key store, signer and published log lie, opened when needed."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from threading import Lock

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from config import Settings
from portal.archive import Archive
from portal.audit.acts import key_added
from portal.audit.acts import key_retired
from portal.audit.check import LogError
from portal.audit.check import signed_head
from portal.audit.check import verified_frontier
from portal.audit.entry import Draft
from portal.audit.folder import Folder
from portal.audit.note import Checkpoint
from portal.audit.note import Note
from portal.audit.note import VerifierKey
from portal.audit.note import verifier_key
from portal.audit.service import record
from portal.audit.signer import Signer
from portal.audit.signer import key_paths
from portal.audit.signer import load_key
from portal.audit.signer import load_keys
from portal.audit.signer import load_secret
from portal.audit.signer import make_key
from portal.audit.signer import write_secret
from portal.audit.vault import Vault
from portal.audit.witness import Round
from portal.audit.witnessing import POLICY
from portal.audit.witnessing import check_heads
from portal.audit.witnessing import heartbeat_due
from portal.audit.witnessing import hold_round
from portal.db import writing
from portal.disk import keep
from portal.errors import N_
from portal.errors import RuleError
from portal.funds.lookups import foundation_words
from portal.publishing.check import check_tables
from portal.publishing.grants_json import Registered
from portal.publishing.missing import MissingAct
from portal.publishing.missing import missing_acts
from portal.publishing.queries import key_added_at
from portal.publishing.service import publish
from portal.publishing.service import show_heads


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


# Readers who fetch the policy seldom must meet both keys for a while.
KEYS_OVERLAP = timedelta(days=90)


class OnlyKeyError(RuleError):
    """The oldest key is the only one, or the new one is not known long enough."""

    def __init__(self) -> None:
        super().__init__(
            N_("The log needs a second key, 90 days old at least, before the oldest is retired.")
        )


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
        return self._signer / "origin"

    @property
    def _signer(self) -> Path:
        return self._data / "signer"

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
        return Vault(self._keystore, master)

    @property
    def _keystore(self) -> Path:
        return self._data / "keystore" / "keystore.sqlite"

    @property
    def key_files(self) -> Sequence[Path]:
        """Return the files without which nothing private is sealed or opened."""
        return [self._keys / "master.key", self._keys / "hash.key", self._keystore]

    @property
    def open_data(self) -> Path:
        """Return the folder of the open data."""
        return self._data / "open-data"

    @property
    def archive(self) -> Archive:
        """Return the archive of papers."""
        return Archive(self._data / "papers")

    @property
    def attachments(self) -> Archive:
        """Return the archive of what people attached to requests; its names tell no type."""
        return Archive(self._data / "attachments", suffix="")

    @property
    def bank_files(self) -> Archive:
        """Return the archive of the files that were made for banks."""
        return Archive(self._data / "bank_files", suffix="")

    @property
    def reports(self) -> Archive:
        """Return the archive of the files of reports, which are public once they are published."""
        return Archive(self._data / "reports", suffix="")

    @cached_property
    def hash_key(self) -> bytes:
        """Return the key under which id numbers are hashed to find duplicates."""
        return load_secret(self._keys / "hash.key")

    @cached_property
    def signer(self) -> Signer:
        """Return the log's signer; raise `NotSetUpError` before the log has a name."""
        if not self._origin.exists():
            raise NotSetUpError
        origin = self._origin.read_text("utf-8").strip()
        return Signer(self._signer / "signer.sqlite", *self._log_keys(), origin=origin)

    def _log_keys(self) -> list[Ed25519PrivateKey]:
        return load_keys(self._keys, self._passphrase)

    @property
    def _passphrase(self) -> bytes | None:
        file = self.settings.log_passphrase_file
        return file.read_bytes().strip() if file else None

    @property
    def policy_text(self) -> str:
        """Return the keys of the log, its witnesses and the quorum, as a C2SP tlog-policy."""
        logs = "".join(f"log {vkey}\n" for vkey in self.signer.vkeys)
        file = self.settings.witnesses
        return logs + (file.read_text("utf-8") if file else "quorum none\n")

    @property
    def has_log(self) -> bool:
        """Say whether the log has a name."""
        return self._origin.exists()

    def name_log(self, origin: str) -> None:
        """Give the log its name, and make the keys of this install, once and for ever."""
        if self.has_log:
            return
        make_key(self._keys / "log.pem", self._passphrase)
        for name in ("master.key", "hash.key"):
            write_secret(self._keys / name, secrets.token_bytes(32))
        write_secret(self._origin, origin.encode())

    @property
    def registered(self) -> Registered | None:
        """Return what 360Giving calls the foundation, or None before it is registered there."""
        if not self._registered.exists():
            return None
        return Registered(**json.loads(self._registered.read_text("utf-8")))

    def register(self, registered: Registered | None) -> bool:
        """Keep what 360Giving calls the foundation; say whether that is new."""
        if registered == self.registered:
            return False
        if registered is None:
            self._registered.unlink()
            keep(self._data)
        else:
            written = json.dumps(asdict(registered)) + "\n"
            Folder(self._data).write(self._registered.name, written.encode())
        return True

    @property
    def _registered(self) -> Path:
        return self._data / "publisher.json"

    def session_info(self) -> dict[str, object]:
        """Return what services find in their session beside the database."""
        return {
            "vault": self.vault,
            "hash_key": self.hash_key,
            # What of the foundation makes a bad password: people stand on a floor below it.
            "house_words": foundation_words,
            "archive": self.archive,
            "attachments": self.attachments,
            "bank_files": self.bank_files,
            "reports": self.reports,
            "base_url": self.settings.base_url,
        }

    def publish(self, engine: Engine) -> Checkpoint | None:
        """Publish what was recorded; one at a time within this process."""
        with self._publishing:
            checkpoint = publish(engine, self.folder, self.signer)
            if checkpoint is not None:
                self.folder.write(POLICY, self.policy_text.encode())
                show_heads(engine, self.folder)
            return checkpoint

    def cycle(self, engine: Engine, *, at: datetime) -> Round:
        """Do one round of a publisher: the day's heartbeat, publishing, asking the witnesses.

        Return who cosigned, and why others did not.
        """
        if self.publish(engine) is None:
            return Round({}, {})
        beat = heartbeat_due(self.folder, Folder(self._signer), at=at)
        if beat is not None:
            with writing(engine, {}) as session:
                record(session, beat)
            self.publish(engine)
        held = hold_round(self.folder, Folder(self._signer), at=at)
        if held.lines:
            show_heads(engine, self.folder)
        return held

    def add_key(self, engine: Engine, *, at: datetime) -> VerifierKey:
        """Make a new key that signs beside the old one from now on; the old one tells of it.

        Killed midway and called again, it goes on with the same new key.
        """
        waiting = self._keys / "log-next"
        if not waiting.exists():
            make_key(waiting, self._passphrase)
        vkey = verifier_key(self.signer.vkey.name, load_key(waiting, self._passphrase))
        self._tell(engine, key_added(str(vkey), at=at))
        newest = key_paths(self._keys)[-1].stem.removeprefix("log").removeprefix("-") or "1"
        waiting.rename(self._keys / f"log-{int(newest) + 1}.pem")
        self._forget_signer()
        self.publish(engine)
        return vkey

    def retire_key(self, engine: Engine, *, at: datetime) -> VerifierKey:
        """Let the oldest key sign for the last time, that it is retired, and destroy it."""
        retired, *others = self.signer.vkeys
        with Session(engine) as session:
            known = [key_added_at(session, str(vkey)) for vkey in others]
        if not any(since and at - since >= KEYS_OVERLAP for since in known):
            raise OnlyKeyError
        self._tell(engine, key_retired(str(retired), at=at))
        key_paths(self._keys)[0].unlink()
        self._forget_signer()
        self.publish(engine)
        return retired

    def _tell(self, engine: Engine, draft: Draft) -> None:
        with writing(engine, {}) as session:
            record(session, draft)
        self.publish(engine)

    def _forget_signer(self) -> None:
        self.__dict__.pop("signer", None)

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
            if self.folder.read(POLICY) != self.policy_text.encode():
                raise LogError(
                    N_("{name} names other keys or witnesses than this install has."), name=POLICY
                )
            check_heads(self.folder)
            check_tables(session, self.folder, checkpoint, vkey=self.signer.vkey)
        return checkpoint

    def missing_acts(self, session: Session) -> list[MissingAct]:
        """Return what of the published log the database lacks, once all of it is verified."""
        with self.folder.alone():
            return missing_acts(session, self.folder, signed_head(self.folder, self.signer.vkey))
