"""The published log on somebody's web site: read as it comes, believed only after verification."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from http import HTTPStatus
from itertools import islice
from urllib.parse import urlsplit

from portal.audit.entry import BODY_BYTES_MAX
from portal.audit.folder import PublisherError
from portal.audit.merkle import HASH_BYTES
from portal.audit.note import NOTE_BYTES_MAX
from portal.audit.tiles import WIDTH
from portal.audit.tiles import bundle
from portal.audit.tiles import tile_path
from portal.audit.tiles import unbundle
from portal.errors import N_
from portal.errors import PortalError
from portal.verifier.trust import NotCheckedError

LOG = "/log"
TILE_BYTES_MAX = WIDTH * HASH_BYTES
BUNDLE_BYTES_MAX = WIDTH * (2 + BODY_BYTES_MAX)
SECONDS_MAX = 30
# Before each further try; what a site cannot answer in these it may answer tomorrow.
PAUSES = (0.5, 2.0)
_SERVER_ERRORS = 500
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


class SiteError(NotCheckedError):
    """A site that does not answer, or not with a file."""

    def __init__(self, url: str, why: object) -> None:
        super().__init__(N_("{url} cannot be read: {why}"), url=url, why=why)


class _BusyError(SiteError):
    """A site that may answer when it is asked again."""


@dataclass(frozen=True, slots=True)
class Site:
    """The address under which a log lies: it ends in `/log`."""

    url: str

    @classmethod
    def parse(cls, text: str) -> Site:
        """Read an address; one that does not end in `/log` is a portal's."""
        url = text.rstrip("/")
        try:
            parts = urlsplit(url)
        except ValueError as error:
            raise SiteError(text, error) from error
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
            raise NotCheckedError(
                N_("{text} is no address such as https://fund.example.org"), text=text
            )
        return cls(url if url.endswith(LOG) else url + LOG)

    def read(self, name: str, *, most: int = NOTE_BYTES_MAX) -> bytes:
        """Return a file; raise `PublisherError` when the site has none of that name."""
        url = f"{self.url}/{name}"
        for pause in PAUSES:
            try:
                return _fetched(url, most)
            except _BusyError:
                time.sleep(pause)
        return _fetched(url, most)

    def need(self, name: str) -> bytes:
        """Return a file without which nothing can be said about the site."""
        try:
            return self.read(name)
        except PublisherError as error:
            url = f"{self.url}/{name}"
            raise SiteError(url, error) from error

    def read_tile(self, level: int | str, number: int, width: int) -> bytes:
        """Return the first `width` hashes of a tile, or entries of a bundle.

        A partial one may be gone once the full one is there, which begins with the same bytes.
        """
        is_bundle = level == "entries"
        most = BUNDLE_BYTES_MAX if is_bundle else TILE_BYTES_MAX
        try:
            return self.read(tile_path(level, number, width), most=most)
        except PublisherError:
            if width == WIDTH:
                raise
        full = self.read(tile_path(level, number), most=most)
        if is_bundle:
            return bundle(islice(unbundle(full), width))
        return full[: width * HASH_BYTES]


def _fetched(url: str, most: int) -> bytes:
    # `Site` lets no scheme but http and https in.
    request = urllib.request.Request(url, headers={"User-Agent": "fundlog-verify"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=SECONDS_MAX) as answer:  # noqa: S310
            content: bytes = answer.read(most + 1)
            left = answer.length
    except urllib.error.HTTPError as error:
        error.close()
        raise _refusal(url, error) from error
    except (OSError, http.client.HTTPException) as error:
        raise _BusyError(url, error) from error
    if len(content) > most:
        raise SiteError(url, f"> {most} bytes")
    if left:
        raise _BusyError(url, http.client.IncompleteRead(content, left))
    return content


def _refusal(url: str, error: urllib.error.HTTPError) -> PortalError:
    if error.code in _GONE:
        return PublisherError(N_("The published file {name} is missing."), name=url)
    is_busy = error.code == HTTPStatus.TOO_MANY_REQUESTS or error.code >= _SERVER_ERRORS
    return (_BusyError if is_busy else SiteError)(url, error)
