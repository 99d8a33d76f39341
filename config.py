"""Settings, read from the environment once. No secret has a default; a missing one names itself."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit


class MissingSettingError(RuntimeError):
    """The portal does not start without this setting."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not set; README.md lists the settings and what they mean.")
        self.name = name


class WrongSettingError(RuntimeError):
    """The portal does not start with a setting that it cannot read."""

    def __init__(self, name: str, written: str) -> None:
        super().__init__(f"{name} must be a whole number above 0, not {written!r}.")
        self.name = name


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the portal is told from outside.

    `secret_key` signs sessions and forms; empty means it is not known yet, see `require_secrets`.
    `witnesses` is a file that names the witnesses of the log and how many are enough.
    `log_passphrase_file` holds the passphrase of the log's keys, as systemd hands one over.
    `smtp_url` is the mail server; without one letters are made and lie in the outbox.
    `public_query_ms` is how long a public page may wait for one answer of the database.
    `publishes_inline` puts each act into the published log right after its commit: for one process.
    """

    data_dir: Path
    database_url: str
    secret_key: str
    bind: str
    base_url: str
    witnesses: Path | None
    log_passphrase_file: Path | None
    smtp_url: str
    mail_from: str
    publishes_inline: bool
    public_query_ms: int
    is_demo: bool

    def require_secrets(self) -> None:
        """Raise `MissingSettingError` when a secret is missing: called before anything serves."""
        if not self.secret_key:
            raise MissingSettingError("PORTAL_SECRET_KEY")


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings; paths are made absolute, nothing is created."""
    data_dir = Path(environment.get("PORTAL_DATA_DIR") or "instance").absolute()
    url = environment.get("PORTAL_DATABASE_URL") or f"sqlite:///{data_dir / 'portal.sqlite'}"
    bind = environment.get("PORTAL_BIND") or "127.0.0.1:8000"
    base_url = (environment.get("PORTAL_BASE_URL") or f"http://{bind}").rstrip("/")
    return Settings(
        data_dir=data_dir,
        database_url=url,
        secret_key=environment.get("PORTAL_SECRET_KEY") or _kept(data_dir / "secret_key"),
        bind=bind,
        base_url=base_url,
        witnesses=_path(environment.get("PORTAL_WITNESSES")),
        log_passphrase_file=_path(environment.get("PORTAL_LOG_PASSPHRASE_FILE")),
        smtp_url=environment.get("PORTAL_SMTP_URL") or "",
        mail_from=environment.get("PORTAL_MAIL_FROM") or f"portal@{urlsplit(base_url).hostname}",
        publishes_inline=_is_on(environment.get("AUDIT_INLINE_PUBLISH"), url.startswith("sqlite")),
        public_query_ms=_number(environment, "PORTAL_PUBLIC_QUERY_MS", otherwise=500),
        is_demo=(data_dir / "demo").exists(),
    )


def _kept(path: Path) -> str:
    """Return a secret that the demo made for itself earlier, or nothing."""
    return path.read_text("utf-8").strip() if path.exists() else ""


def _path(written: str | None) -> Path | None:
    return Path(written).absolute() if written else None


def _number(environment: Mapping[str, str], name: str, *, otherwise: int) -> int:
    written = environment.get(name) or str(otherwise)
    if not written.isdecimal() or not int(written):
        raise WrongSettingError(name, written)
    return int(written)


def _is_on(written: str | None, otherwise: bool) -> bool:  # noqa: FBT001 - two plain words
    return otherwise if not written else written.lower() in {"1", "true", "yes", "on"}
