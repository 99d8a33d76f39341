"""The provider that vouches for people, asked over the network: OpenID Connect Core 1.0, RFC 9700.

By authorization code with PKCE. What it says of itself and its keys are kept for an hour.
"""

from __future__ import annotations

import json
import secrets
import time
from base64 import b64encode
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.parse import urlencode
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler
from urllib.request import Request
from urllib.request import build_opener

from jwt import PyJWK

from config import ProviderSettings
from config import is_safe
from portal.errors import N_
from portal.errors import BusyError
from portal.id_token import Expected
from portal.id_token import NotVouchedError
from portal.id_token import UnknownKeyError
from portal.id_token import Vouched
from portal.id_token import read_keys
from portal.id_token import read_token
from portal.labels import Name

# For each answer, and for all of an answer that comes drop by drop.
SECONDS_MAX = 5
ANSWER_BYTES_MAX = 200_000
CHUNK_BYTES = 16_384
KEPT_SECONDS = 3600
# So long nobody waits for a provider that did not answer a moment ago.
SILENT_SECONDS = 10
SECRET_BYTES = 32
DISCOVERY = "/.well-known/openid-configuration"


class ProviderAwayError(BusyError):
    """The provider does not answer in time, or says nothing that can be read."""

    def __init__(self) -> None:
        super().__init__(
            N_("This way in does not answer now. Sign in with your password, or try again later.")
        )


@dataclass(frozen=True, slots=True)
class Way:
    """The secrets of one way to the provider and back: none is used for another."""

    state: str
    nonce: str
    verifier: str
    asked_at: datetime

    @classmethod
    def new(cls, at: datetime) -> Way:
        """Begin a way."""
        state, nonce, verifier = (secrets.token_urlsafe(SECRET_BYTES) for _ in range(3))
        return cls(state, nonce, verifier, at)

    @property
    def challenge(self) -> str:
        """Return what shows later that who brings the code is who asked for it."""
        digest = sha256(self.verifier.encode()).digest()
        return urlsafe_b64encode(digest).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the provider says of itself."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    names_itself: bool
    takes_basic: bool


class _Straight(HTTPRedirectHandler):
    """Goes nowhere else: the secret is for the address that the provider told."""

    def redirect_request(self, *_: Any, **__: Any) -> None:  # urllib's own signature
        """Follow nothing; the answer is an error then."""


_OPENER = build_opener(_Straight)


@dataclass
class Provider:
    """One provider, and what is known of it for now."""

    settings: ProviderSettings
    redirect_uri: str
    _known: Metadata | None = None
    _keys: Sequence[PyJWK] = ()
    _until: float = 0.0
    _silent_until: float = 0.0

    @property
    def name(self) -> Name:
        """Return what people call it."""
        return Name(self.settings.name_th, self.settings.name_en)

    def address(self, way: Way) -> str:
        """Return where somebody signs in, anew each time, whoever is signed in there."""
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": self.settings.scopes,
            "state": way.state,
            "nonce": way.nonce,
            "code_challenge": way.challenge,
            "code_challenge_method": "S256",
            "prompt": "login",
        }
        endpoint = self._metadata().authorization_endpoint
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(asked)}"

    def vouch(self, way: Way, answer: Mapping[str, str]) -> Vouched:
        """Return who came back by this way, or raise `NotVouchedError`."""
        is_ours = secrets.compare_digest(answer.get("state", "").encode(), way.state.encode())
        code = answer.get("code")
        if not is_ours or not code or not self._is_named(answer.get("iss")):
            raise NotVouchedError
        return self._read(self._token(way, code), way)

    def is_strong(self, vouched: Vouched) -> bool:
        """Say whether somebody showed a second factor there."""
        return bool(self.settings.strong & vouched.means)

    def _is_named(self, issuer: str | None) -> bool:
        """Say whether the answer is this provider's own, as far as it tells (RFC 9207)."""
        if issuer is None:
            return not self._metadata().names_itself
        return issuer == self.settings.issuer

    def _token(self, way: Way, code: str) -> str:
        metadata, ours = self._metadata(), self.settings
        typed = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": way.verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if metadata.takes_basic:
            pair = f"{quote(ours.client_id, safe='')}:{quote(ours.client_secret, safe='')}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            typed |= {"client_id": ours.client_id, "client_secret": ours.client_secret}
        told = _ask(metadata.token_endpoint, urlencode(typed).encode(), headers)
        token = told.get("id_token")
        if not isinstance(token, str):
            raise NotVouchedError
        return token

    def _read(self, token: str, way: Way) -> Vouched:
        ours = self.settings
        expected = Expected(ours.issuer, ours.client_id, way.nonce, way.asked_at)
        try:
            return read_token(token, self._keys, expected)
        except UnknownKeyError:
            self._learn_keys(self._metadata())
        try:
            return read_token(token, self._keys, expected)
        except UnknownKeyError as error:
            raise NotVouchedError from error

    def _metadata(self) -> Metadata:
        if self._known is None or time.monotonic() >= self._until:
            self._known = self._learn()
        return self._known

    def _learn(self) -> Metadata:
        if time.monotonic() < self._silent_until:
            raise ProviderAwayError
        issuer = self.settings.issuer
        try:
            metadata = _read_metadata(issuer, _ask(issuer.rstrip("/") + DISCOVERY))
            self._learn_keys(metadata)
        except ProviderAwayError:
            self._silent_until = time.monotonic() + SILENT_SECONDS
            raise
        self._until = time.monotonic() + KEPT_SECONDS
        return metadata

    def _learn_keys(self, metadata: Metadata) -> None:
        self._keys = read_keys(_ask(metadata.jwks_uri))


def _read_metadata(issuer: str, told: Mapping[str, Any]) -> Metadata:
    """Read what a provider says of itself; it must be the one that was asked."""
    if told.get("issuer") != issuer:
        raise ProviderAwayError
    methods = told.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return Metadata(
        authorization_endpoint=_endpoint(told, "authorization_endpoint"),
        token_endpoint=_endpoint(told, "token_endpoint"),
        jwks_uri=_endpoint(told, "jwks_uri"),
        names_itself=told.get("authorization_response_iss_parameter_supported") is True,
        takes_basic="client_secret_basic" in methods,
    )


def _endpoint(told: Mapping[str, Any], name: str) -> str:
    address = told.get(name)
    if not isinstance(address, str) or not is_safe(address):
        raise ProviderAwayError
    return address


def _ask(
    address: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return what an address of the provider answers: a JSON object."""
    request = Request(address, data=body, headers={"Accept": "application/json", **(headers or {})})  # noqa: S310 - is_safe
    try:
        told = json.loads(_answer(request))
    except HTTPError as error:
        with error:
            # So it answers to a code that is over, or was brought once already.
            is_refused = body is not None and error.code == HTTPStatus.BAD_REQUEST
            raise (NotVouchedError if is_refused else ProviderAwayError) from error
    except (OSError, HTTPException, ValueError, RecursionError) as error:
        raise ProviderAwayError from error
    if not isinstance(told, dict):
        raise ProviderAwayError
    return told


def _answer(request: Request) -> bytes:
    """Return all of an answer, unless it is too long or takes too long."""
    end, read = time.monotonic() + SECONDS_MAX, bytearray()
    with _OPENER.open(request, timeout=SECONDS_MAX) as answer:
        while chunk := answer.read1(CHUNK_BYTES):
            read += chunk
            if len(read) > ANSWER_BYTES_MAX or time.monotonic() > end:
                raise TimeoutError
    return bytes(read)
