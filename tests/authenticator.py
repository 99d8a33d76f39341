"""A device that keeps one passkey, in software: it answers byte by byte as a browser would."""

from __future__ import annotations

import json
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from dataclasses import field
from hashlib import sha256

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from portal.passkeys import Site

PRESENT, VERIFIED, WITH_KEY = 0x01, 0x04, 0x40


def base64url(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


@dataclass
class Authenticator:
    """One device; `count` is how often it has signed."""

    site: Site
    flags: int = PRESENT | VERIFIED
    count: int = 0
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def make(self, plan: str) -> str:
        """Answer to a plan of a passkey."""
        numbers = self.key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
        key = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        length = len(self.credential_id).to_bytes(2, "big")
        told = self._told(self.flags | WITH_KEY) + bytes(16) + length + self.credential_id + key
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": told})
        return self._answer(
            {
                "clientDataJSON": base64url(self._client("create", plan)),
                "attestationObject": base64url(attested),
            }
        )

    def use(self, question: str) -> str:
        """Answer to a question, and count it."""
        self.count += 1
        told, client = self._told(self.flags), self._client("get", question)
        signature = self.key.sign(told + sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer(
            {
                "clientDataJSON": base64url(client),
                "authenticatorData": base64url(told),
                "signature": base64url(signature),
            }
        )

    def _told(self, flags: int) -> bytes:
        host = sha256(self.site.host.encode()).digest()
        return host + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, what: str, asked: str) -> bytes:
        told = {
            "type": f"webauthn.{what}",
            "challenge": json.loads(asked)["challenge"],
            "origin": self.site.origin,
            "crossOrigin": False,
        }
        return json.dumps(told).encode()

    def _answer(self, response: dict[str, str]) -> str:
        name = base64url(self.credential_id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
