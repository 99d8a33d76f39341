"""ID tokens of OpenID Connect: what a provider says about who signed in there, once it is verified.

The one file that knows PyJWT.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from typing import Any

import jwt

from portal.errors import N_
from portal.errors import ForbiddenError

# By keys whose public half the provider shows: never "none", and no secret that both know.
ALGORITHMS = ("RS256", "ES256", "EdDSA")
NEEDED = ("iss", "sub", "aud", "exp", "iat", "nonce")
# Clocks of two houses are a little apart.
LEEWAY = timedelta(minutes=1)
SUBJECT_LENGTH_MAX = 255


class NotVouchedError(ForbiddenError):
    """What came back is no word of the provider about somebody who just signed in there."""

    def __init__(self) -> None:
        super().__init__(
            N_(
                "The answer from there was not accepted. Begin again, or sign in with your "
                "password."
            )
        )


class UnknownKeyError(Exception):
    """The token names a key that is not among those known: the provider may have a new one."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token must say: who it is by, for whom, and for which way there."""

    issuer: str
    client_id: str
    nonce: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Vouched:
    """Who signed in there, and by which words the provider says how."""

    issuer: str
    subject: str
    means: frozenset[str]


def read_keys(written: Mapping[str, Any]) -> Sequence[jwt.PyJWK]:
    """Return the keys of a provider that sign; none where what it shows are no keys."""
    try:
        keys = jwt.PyJWKSet.from_dict(dict(written)).keys
    except (jwt.PyJWTError, TypeError):
        return []
    return [key for key in keys if key.public_key_use in {"sig", None}]


def read_token(token: str, keys: Sequence[jwt.PyJWK], expected: Expected) -> Vouched:
    """Return whom a token vouches for, or raise what is wrong with it."""
    try:
        claims = jwt.decode(
            token,
            _key_of(token, keys),
            algorithms=ALGORITHMS,
            audience=expected.client_id,
            issuer=expected.issuer,
            leeway=LEEWAY,
            options={"require": [*NEEDED]},
        )
    except jwt.PyJWTError as error:
        raise NotVouchedError from error
    _check(claims, expected)
    return Vouched(expected.issuer, claims["sub"], _means(claims))


def _key_of(token: str, keys: Sequence[jwt.PyJWK]) -> jwt.PyJWK:
    """Return the key that a token names; a token need not name the only one."""
    name = jwt.get_unverified_header(token).get("kid")
    found = [key for key in keys if key.key_id == name] if name else keys
    if len(found) != 1:
        raise UnknownKeyError
    return found[0]


def _check(claims: Mapping[str, Any], expected: Expected) -> None:
    """Refuse what is for another, for another way there, or about a sign-in of before."""
    ours = expected.client_id
    # A token that is for others, too, could come from any of them.
    is_for_us = claims["aud"] in (ours, [ours]) and claims.get("azp", ours) == ours
    nonce, subject = claims["nonce"], claims["sub"]
    is_same = isinstance(nonce, str) and hmac.compare_digest(
        nonce.encode(), expected.nonce.encode()
    )
    is_subject = 0 < len(subject) <= SUBJECT_LENGTH_MAX
    if not (is_for_us and is_same and is_subject and _is_new(claims, expected.asked_at)):
        raise NotVouchedError


def _is_new(claims: Mapping[str, Any], asked_at: datetime) -> bool:
    """Say whether somebody signed in there since we asked, where the provider tells when."""
    signed_in = claims.get("auth_time")
    if signed_in is None:
        return True
    earliest = (asked_at - LEEWAY).timestamp()
    return isinstance(signed_in, int | float) and signed_in >= earliest


def _means(claims: Mapping[str, Any]) -> frozenset[str]:
    """Return the words for how somebody signed in; what is no word says nothing."""
    methods = claims.get("amr")
    told = [claims.get("acr"), *(methods if isinstance(methods, list) else [])]
    return frozenset(word for word in told if isinstance(word, str))
