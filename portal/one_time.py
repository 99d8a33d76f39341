"""The codes of an authenticator app, new each half minute: the one file that knows pyotp."""

from __future__ import annotations

from datetime import datetime
from hmac import compare_digest

import pyotp

STEP_SECONDS = 30
# The clock of a phone may be half a minute off, either way.
DRIFT = (-1, 0, 1)


def new_secret() -> str:
    """Return a new secret of 160 random bits, in the letters that apps take."""
    return pyotp.random_base32()


def address(secret: str, *, username: str, issuer: str) -> str:
    """Return what an app reads from the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=issuer)


def code_at(secret: str, step: int) -> str:
    """Return the code of a step: that many half minutes after 1970."""
    return pyotp.TOTP(secret).at(step * STEP_SECONDS)


def step_at(at: datetime) -> int:
    """Return the step of a moment."""
    return int(at.timestamp()) // STEP_SECONDS


def matching_step(secret: str, code: str, *, at: datetime) -> int:
    """Return the step whose code this is, or 0; every step in reach is looked at each time."""
    steps = [step_at(at) + drift for drift in DRIFT]
    typed = code.encode()
    matches = [compare_digest(code_at(secret, step).encode(), typed) for step in steps]
    return max(step * is_it for step, is_it in zip(steps, matches, strict=True))
