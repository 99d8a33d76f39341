"""Who vouches for people in this install, if anybody does."""

from __future__ import annotations

from flask import current_app

from config import ProviderSettings
from portal.errors import N_
from portal.errors import NotFoundError
from portal.labels import Name
from portal.provider import Provider

# Where people come back to, in whichever language they set out.
BACK = "/sign-in/provider/back"


class NoProviderError(NotFoundError):
    """Nobody vouches for people here."""

    def __init__(self) -> None:
        super().__init__(N_("There is no other way to sign in here than those on the page."))


def provider_at(base_url: str, settings: ProviderSettings | None) -> Provider | None:
    """Return who vouches for the people of a portal at this address."""
    return Provider(settings, base_url + BACK) if settings else None


def provider_here() -> Provider:
    """Return who vouches for people here, or raise `NoProviderError`."""
    provider: Provider | None = current_app.extensions["provider"]
    if provider is None:
        raise NoProviderError
    return provider


def provider_name() -> Name | None:
    """Return what people call who vouches for them, or None where nobody does."""
    provider: Provider | None = current_app.extensions["provider"]
    return provider.name if provider else None
