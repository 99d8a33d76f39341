"""A provider of OpenID Connect on this machine: real HTTP, real keys, and every way to be wrong.

It makes its tokens itself, with `cryptography` alone, so that nobody reads only what they wrote.
"""

from __future__ import annotations

import hmac
import json
import secrets
import time
from base64 import b64decode
from base64 import urlsafe_b64encode
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs
from urllib.parse import parse_qsl
from urllib.parse import unquote
from urllib.parse import urlencode
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization import PublicFormat

from config import ProviderSettings
from portal.provider import Provider

CLIENT, SECRET = "portal", "known: to/both %"
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
# Made once: a key of RSA takes a while.
RSA = rsa.generate_private_key(65537, 2048)


def base64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def number(value: int, length: int) -> str:
    return base64(value.to_bytes(length, "big"))


def public_of(name: str, key: Key) -> dict[str, str]:
    """Return the public half of a key as a JWK."""
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.public_key().public_numbers()
        shown = {"kty": "RSA", "n": number(numbers.n, 256), "e": number(numbers.e, 3)}
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        point = key.public_key().public_numbers()
        shown = {"kty": "EC", "crv": "P-256", "x": number(point.x, 32), "y": number(point.y, 32)}
    else:
        raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        shown = {"kty": "OKP", "crv": "Ed25519", "x": base64(raw)}
    return {"kid": name, "use": "sig", **shown}


def signature_of(algorithm: str, key: Key, signed: bytes) -> bytes:
    """Sign as an algorithm says; "none" and HS256 as somebody would who has no key."""
    if algorithm == "none":
        return b""
    if algorithm == "HS256":
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return hmac.digest(public, signed, sha256)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(signed, padding.PKCS1v15(), SHA256())
    if isinstance(key, ec.EllipticCurvePrivateKey):
        r, s = decode_dss_signature(key.sign(signed, ec.ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return key.sign(signed)


def token_of(
    claims: dict[str, object], key: Key, *, name: str | None = "first", algorithm: str = "RS256"
) -> str:
    """Return a token, signed."""
    header = {"alg": algorithm, "typ": "JWT"} | ({"kid": name} if name else {})
    parts = [base64(json.dumps(part).encode()) for part in (header, claims)]
    signed = ".".join(parts).encode()
    return ".".join([*parts, base64(signature_of(algorithm, key, signed))])


@dataclass
class Voucher:
    """What the provider is, who sits before it, and how it is wrong."""

    issuer: str = ""
    keys: dict[str, Key] = field(default_factory=lambda: {"first": RSA})
    # Who signs in there.
    subject: str = "1 1001 00000 00 1"
    # What its tokens say besides, or differently; None leaves a claim out.
    claims: dict[str, object] = field(default_factory=dict)
    metadata: dict[str, object] = field(default_factory=dict)
    sign: Callable[[dict[str, object]], str] | None = None
    # What it answers at an address instead.
    instead: dict[str, Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def discovery(self) -> dict[str, object]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "authorization_response_iss_parameter_supported": True,
        } | self.metadata

    def shown_keys(self) -> dict[str, object]:
        return {"keys": [public_of(name, key) for name, key in self.keys.items()]}

    def approve(self, address: str) -> dict[str, str]:
        """Sign somebody in who was led to this address; return what they bring back."""
        asked = dict(parse_qsl(urlsplit(address).query))
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return {"code": code, "state": asked["state"], "iss": self.issuer}

    def token_for(self, typed: dict[str, str], authorization: str) -> str | None:
        """Return a token for a code, once, to who knows the secret and the verifier."""
        known = _pair(typed, authorization)
        asked = self.codes.pop(typed["code"], None)
        if asked is None or known != (CLIENT, SECRET):
            return None
        challenge = base64(sha256(typed["code_verifier"].encode()).digest())
        if (challenge, typed["redirect_uri"]) != (asked["code_challenge"], asked["redirect_uri"]):
            return None
        return self.token(asked["nonce"])

    def token(self, nonce: str) -> str:
        now = int(time.time())
        told: dict[str, object] = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
        }
        claims = {name: value for name, value in (told | self.claims).items() if value is not None}
        name, key = list(self.keys.items())[-1]
        return self.sign(claims) if self.sign else token_of(claims, key, name=name)


def _pair(typed: dict[str, str], authorization: str) -> tuple[str, str]:
    if not authorization:
        return typed["client_id"], typed["client_secret"]
    name, _, secret = b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
    return unquote(name), unquote(secret)


PAGE = """<!doctype html><title>Provider</title><h1>Provider</h1>
<form method="post"><button>It is me</button></form>"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and the provider that is to answer it."""

    voucher: Voucher
    request: BaseHTTPRequestHandler
    body: bytes

    @property
    def query(self) -> str:
        return urlsplit(self.request.path).query

    def nothing(self) -> None:
        say(self.request, 404, "")

    def discovery(self) -> None:
        say(self.request, 200, json.dumps(self.voucher.discovery()))

    def keys(self) -> None:
        say(self.request, 200, json.dumps(self.voucher.shown_keys()))

    def authorize(self) -> None:
        """Lead on: as at large providers, the sign-in itself is at another host."""
        there = self.voucher.issuer.replace("127.0.0.1", "localhost") + "/login"
        say(self.request, 302, "", Location=f"{there}?{self.query}")

    def login(self) -> None:
        if self.request.command == "GET":
            say(self.request, 200, PAGE, kind="text/html")
            return
        back = dict(parse_qsl(self.query))["redirect_uri"]
        brought = urlencode(self.voucher.approve(self.request.path))
        say(self.request, 303, "", Location=f"{back}?{brought}")

    def token(self) -> None:
        form = parse_qs(self.body.decode())
        typed = {name: values[0] for name, values in form.items()}
        token = self.voucher.token_for(typed, self.request.headers.get("Authorization", ""))
        told = {"id_token": token} if token else {"error": "invalid_grant"}
        say(self.request, 200 if token else 400, json.dumps(told))


PLACES: dict[str, Callable[[Asked], None]] = {
    "/.well-known/openid-configuration": Asked.discovery,
    "/keys": Asked.keys,
    "/authorize": Asked.authorize,
    "/login": Asked.login,
    "/token": Asked.token,
}


def handler(voucher: Voucher) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            voucher.asked.append(path)
            if path in voucher.instead:
                voucher.instead[path](self)
            else:
                PLACES.get(path, Asked.nothing)(Asked(voucher, self, body))

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


def say(
    request: BaseHTTPRequestHandler,
    status: int,
    text: str,
    *,
    kind: str = "application/json",
    **headers: str,
) -> None:
    """Answer."""
    body = text.encode()
    request.send_response(status)
    for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(body)


@contextmanager
def vouching() -> Iterator[Voucher]:
    """Run a provider until the block ends."""
    voucher = Voucher()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(voucher))
    server.daemon_threads = True
    voucher.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield voucher
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def settings_for(voucher: Voucher, folder: Path, *, strong: str = "") -> ProviderSettings:
    """Return the settings of a portal that this provider knows."""
    file = folder / "oidc-secret"
    file.write_text(f"{SECRET}\n", "utf-8")
    return ProviderSettings(
        issuer=voucher.issuer,
        client_id=CLIENT,
        client_secret_file=file,
        name_th="ไทยดี",
        name_en="ThaiD",
        scopes="openid",
        strong=frozenset(strong.split()),
    )


def provider_for(voucher: Voucher, folder: Path, *, at: str, strong: str = "") -> Provider:
    """Return the provider as a portal at this address knows it."""
    return Provider(settings_for(voucher, folder, strong=strong), f"{at}/sign-in/provider/back")
