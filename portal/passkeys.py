"""Passkeys: what a browser is asked, and what it answers; the one file that knows webauthn."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from webauthn import generate_authentication_options
from webauthn import generate_registration_options
from webauthn import options_to_json
from webauthn import verify_authentication_response
from webauthn import verify_registration_response
from webauthn.helpers import parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import AuthenticatorSelectionCriteria
from webauthn.helpers.structs import PublicKeyCredentialDescriptor
from webauthn.helpers.structs import ResidentKeyRequirement
from webauthn.helpers.structs import UserVerificationRequirement

from portal.errors import N_
from portal.errors import ForbiddenError

CHALLENGE_BYTES = 32
CREDENTIAL_ID_BYTES_MAX = 1023


class PasskeyRefusedError(ForbiddenError):
    """What the browser answered is no answer of this passkey to this question."""

    def __init__(self) -> None:
        super().__init__(N_("The passkey was not accepted. Try again, or use another way."))


@dataclass(frozen=True, slots=True)
class Site:
    """Where the portal is: a passkey made for one site answers no other."""

    origin: str
    host: str

    @classmethod
    def at(cls, base_url: str) -> Site:
        """Return the site of an address."""
        parts = urlsplit(base_url)
        return cls(f"{parts.scheme}://{parts.netloc}", parts.hostname or "")

    @property
    def takes_passkeys(self) -> bool:
        """Say whether browsers make passkeys here: at a name, by HTTPS or on the own machine."""
        try:
            ip_address(self.host)
        except ValueError:
            return self.origin.startswith("https:") or self.host == "localhost"
        return False


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose passkey it is to be; the handle is what authenticators keep, and tells nobody who."""

    handle: bytes
    username: str
    name: str


@dataclass(frozen=True, slots=True)
class Passkey:
    """What the portal keeps of a passkey; none of it is a secret."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


@dataclass(frozen=True, slots=True)
class Challenge:
    """A question that was never asked before, and when it was asked."""

    words: bytes
    asked_at: datetime

    @classmethod
    def new(cls, at: datetime) -> Challenge:
        """Ask something new."""
        return cls(secrets.token_bytes(CHALLENGE_BYTES), at)


def making(site: Site, owner: Owner, *, challenge: Challenge, known: Sequence[bytes]) -> str:
    """Return what a browser needs to make a passkey, as JSON; none twice on one device."""
    options = generate_registration_options(
        rp_id=site.host,
        rp_name=site.host,
        user_id=owner.handle,
        user_name=owner.username,
        user_display_name=owner.name,
        challenge=challenge.words,
        exclude_credentials=_named(known),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
    )
    return options_to_json(options)


def asking(site: Site, *, challenge: Challenge, known: Sequence[bytes] = ()) -> str:
    """Return what a browser needs to use one of these passkeys, or any of this site, as JSON."""
    options = generate_authentication_options(
        rp_id=site.host,
        challenge=challenge.words,
        allow_credentials=_named(known),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


def _named(known: Sequence[bytes]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=one) for one in known]


def read_new(site: Site, answer: str, *, challenge: Challenge) -> Passkey:
    """Return the passkey that a browser made, or raise `PasskeyRefusedError`."""
    try:
        made = verify_registration_response(
            credential=answer,
            expected_challenge=challenge.words,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except WebAuthnException as error:
        raise PasskeyRefusedError from error
    if len(made.credential_id) > CREDENTIAL_ID_BYTES_MAX:
        raise PasskeyRefusedError
    return Passkey(made.credential_id, made.credential_public_key, made.sign_count)


def named_in(answer: str) -> bytes:
    """Return which passkey an answer says it is of, or raise `PasskeyRefusedError`."""
    try:
        return parse_authentication_credential_json(answer).raw_id
    except WebAuthnException as error:
        raise PasskeyRefusedError from error


def count_after(site: Site, passkey: Passkey, answer: str, *, challenge: Challenge) -> int:
    """Return how often the passkey has signed now, or raise `PasskeyRefusedError`.

    One whose count does not grow may have been copied, and is refused.
    """
    try:
        checked = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge.words,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except WebAuthnException as error:
        raise PasskeyRefusedError from error
    return checked.new_sign_count
