"""Settings, read from the environment once. No secret has a default; a missing one names itself."""

from __future__ import annotations

import os
from collections.abc import Collection
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

    def __init__(self, name: str, written: str, *, least: int) -> None:
        super().__init__(f"{name} must be a whole number, {least} or more, not {written!r}.")
        self.name = name


class UnknownChoiceError(RuntimeError):
    """The portal does not start with a setting that is none of its choices."""

    def __init__(self, name: str, written: str, choices: Collection[str]) -> None:
        super().__init__(f"{name} is one of {', '.join(choices)}, not {written!r}.")
        self.name = name


class UnsafeAddressError(RuntimeError):
    """The portal asks nobody whose answers anybody on the way could change."""

    def __init__(self, name: str, written: str) -> None:
        super().__init__(f"{name} must be an address that begins with https:, not {written!r}.")
        self.name = name


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """Who vouches for people that sign in without a password: a provider of OpenID Connect.

    `name_th` and `name_en` stand on the button. `strong` are the words by which it says that
    somebody showed a second factor there.
    """

    issuer: str
    client_id: str
    client_secret_file: Path
    name_th: str
    name_en: str
    scopes: str
    strong: frozenset[str]

    @property
    def client_secret(self) -> str:
        """Return the secret; it is read each time, so that another one needs no new start."""
        return _kept(self.client_secret_file)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the portal is told from outside.

    `secret_key` signs sessions and forms; empty means it is not known yet, see `require_secrets`.
    `witnesses` is a file that names the witnesses of the log and how many are enough.
    `log_passphrase_file` holds the passphrase of the log's keys, as systemd hands one over.
    `smtp_url` is the mail server; without one letters are made and lie in the outbox.
    `read_url` is a replica that public pages read from; `read_seconds` is how old it may be.
    `processes` is how many processes answer pages.
    `public_query_ms` is how long a public page may wait for one answer of the database, and
    `office_query_ms` how long a page for people who signed in, and what they do there.
    `metrics_bind` is where figures for a Prometheus are shown; empty means nowhere.
    `allows_unsafe` lets a test server start whatever the boot check finds.
    `is_factor_required` keeps who decides, pays or gives roles out until they have a second factor.
    `idle_minutes` ends a session in which nobody works, `session_hours` ends it in any case.
    `proxies` is how many proxies in front of the portal are ours and tell who asks.
    `provider` vouches for who signs in by OpenID Connect, if there is one.
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
    read_url: str
    read_seconds: int
    publishes_inline: bool
    processes: int
    public_query_ms: int
    office_query_ms: int
    metrics_bind: str
    allows_unsafe: bool
    is_factor_required: bool
    idle_minutes: int
    session_hours: int
    proxies: int
    provider: ProviderSettings | None
    is_demo: bool

    def require_secrets(self) -> None:
        """Raise `MissingSettingError` when a secret is missing: called before anything serves."""
        if not self.secret_key:
            raise MissingSettingError("PORTAL_SECRET_KEY")
        if self.provider and not self.provider.client_secret:
            raise MissingSettingError("PORTAL_OIDC_CLIENT_SECRET_FILE")


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings; paths are made absolute, nothing is created."""
    data_dir = Path(environment.get("PORTAL_DATA_DIR") or "instance").absolute()
    url = environment.get("PORTAL_DATABASE_URL") or f"sqlite:///{data_dir / 'portal.sqlite'}"
    is_demo = (data_dir / "demo").exists()
    bind = environment.get("PORTAL_BIND") or "127.0.0.1:8000"
    secret_key_file = _path(environment.get("PORTAL_SECRET_KEY_FILE")) or data_dir / "secret_key"
    base_url = (environment.get("PORTAL_BASE_URL") or f"http://{bind}").rstrip("/")
    return Settings(
        data_dir=data_dir,
        database_url=url,
        secret_key=environment.get("PORTAL_SECRET_KEY") or _kept(secret_key_file),
        bind=bind,
        base_url=base_url,
        witnesses=_path(environment.get("PORTAL_WITNESSES")),
        log_passphrase_file=_path(environment.get("PORTAL_LOG_PASSPHRASE_FILE")),
        smtp_url=environment.get("PORTAL_SMTP_URL") or "",
        mail_from=environment.get("PORTAL_MAIL_FROM") or f"portal@{urlsplit(base_url).hostname}",
        read_url=environment.get("PORTAL_READ_URL") or "",
        read_seconds=_number(environment, "PORTAL_READ_SECONDS", otherwise=30),
        publishes_inline=_is_on(environment.get("AUDIT_INLINE_PUBLISH"), url.startswith("sqlite")),
        processes=_number(environment, "PORTAL_PROCESSES", otherwise=1),
        public_query_ms=_number(environment, "PORTAL_PUBLIC_QUERY_MS", otherwise=500),
        office_query_ms=_number(environment, "PORTAL_OFFICE_QUERY_MS", otherwise=30_000),
        metrics_bind=environment.get("PORTAL_METRICS_BIND") or "",
        allows_unsafe=_is_on(environment.get("PORTAL_ALLOW_UNSAFE"), otherwise=False),
        is_factor_required=_is_required(environment, "PORTAL_SECOND_FACTOR", otherwise=not is_demo),
        idle_minutes=_number(environment, "PORTAL_IDLE_MINUTES", otherwise=30),
        session_hours=_number(environment, "PORTAL_SESSION_HOURS", otherwise=12),
        proxies=_number(environment, "PORTAL_PROXIES", otherwise=0, least=0),
        provider=_provider(environment),
        is_demo=is_demo,
    )


def _provider(environment: Mapping[str, str]) -> ProviderSettings | None:
    """Return who vouches for people; what of it is not set names itself."""
    issuer = environment.get("PORTAL_OIDC_ISSUER") or ""
    if not issuer:
        return None
    if not is_safe(issuer):
        raise UnsafeAddressError("PORTAL_OIDC_ISSUER", issuer)
    return ProviderSettings(
        issuer=issuer,
        client_id=_needed(environment, "PORTAL_OIDC_CLIENT_ID"),
        client_secret_file=Path(_needed(environment, "PORTAL_OIDC_CLIENT_SECRET_FILE")).absolute(),
        name_th=_needed(environment, "PORTAL_OIDC_NAME_TH"),
        name_en=_needed(environment, "PORTAL_OIDC_NAME_EN"),
        scopes=environment.get("PORTAL_OIDC_SCOPES") or "openid",
        strong=frozenset((environment.get("PORTAL_OIDC_STRONG_ACR") or "").split()),
    )


def is_safe(address: str) -> bool:
    """Say whether what is sent there and comes back cannot be changed on the way."""
    parts = urlsplit(address)
    is_here = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost"}
    # A line's end would be left out before it is looked at, and stand in a header afterwards.
    is_plain = address.isprintable() and not parts.username and not parts.fragment
    return bool(parts.hostname) and is_plain and (parts.scheme == "https" or is_here)


def _needed(environment: Mapping[str, str], name: str) -> str:
    written = environment.get(name)
    if not written:
        raise MissingSettingError(name)
    return written


def _kept(path: Path) -> str:
    """Return a secret that somebody put into a file, or the demo made for itself, or nothing."""
    return path.read_text("utf-8").strip() if path.exists() else ""


def _path(written: str | None) -> Path | None:
    return Path(written).absolute() if written else None


def _number(environment: Mapping[str, str], name: str, *, otherwise: int, least: int = 1) -> int:
    written = environment.get(name) or str(otherwise)
    if not written.isdecimal() or int(written) < least:
        raise WrongSettingError(name, written, least=least)
    return int(written)


def _is_required(environment: Mapping[str, str], name: str, *, otherwise: bool) -> bool:
    choices = {"required": True, "optional": False}
    written = environment.get(name) or ""
    if written and written not in choices:
        raise UnknownChoiceError(name, written, choices)
    return choices.get(written, otherwise)


def _is_on(written: str | None, otherwise: bool) -> bool:  # noqa: FBT001 - two plain words
    return otherwise if not written else written.lower() in {"1", "true", "yes", "on"}
