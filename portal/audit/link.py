"""The link in the QR of a paper: which entry tells of it, and the salt that opens its digest.

`https://<host>/v#1.<eid22>.<salt43>`. What stands after # never reaches the server. Whoever holds
the paper can open the entry's sealed field `doc`, which is the SHA-256 of the PDF; nobody else can
test a guess.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from portal.audit.entry import SALT_BYTES
from portal.audit.entry import Entry
from portal.audit.entry import EntryError
from portal.audit.entry import base64url
from portal.audit.entry import canonical
from portal.audit.entry import commitment
from portal.audit.entry import unbase64url
from portal.errors import N_

DOCUMENT = "doc"
_FRAGMENT = re.compile(r"1\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})")


class LinkError(EntryError):
    """A link or a paper that is not the one the entry tells of."""


@dataclass(frozen=True, slots=True)
class PaperLink:
    """The entry that tells of a paper, and the salt of its sealed digest.

    Both are chosen before the paper is made, so that it can carry them.
    """

    eid: str
    salt: str

    @classmethod
    def parse(cls, link: str) -> PaperLink:
        """Read a link, or only what stands after its #."""
        match = _FRAGMENT.fullmatch(link.strip().rpartition("#")[2])
        if match is None:
            raise LinkError(N_("not the link of a paper: {link}"), link=link)
        eid, salt = match.groups()
        return cls(str(UUID(bytes=unbase64url(eid))), checked_salt(salt))

    def __str__(self) -> str:
        """Write what stands after the #."""
        return f"1.{base64url(UUID(self.eid).bytes)}.{self.salt}"

    def address(self, base_url: str) -> str:
        """Return where the paper is checked."""
        return f"{base_url}/v#{self}"

    def check_entry(self, entry: Entry) -> None:
        """Refuse another entry than the one the link names."""
        if entry.eid != self.eid:
            raise LinkError(
                N_("The link is of entry {named}, the proof is of {eid}."),
                named=self.eid,
                eid=entry.eid,
            )


def checked_salt(salt: str) -> str:
    """Return a salt as it stands in a link, or refuse it."""
    if len(unbase64url(salt)) != SALT_BYTES:
        raise LinkError(N_("not the salt of a paper: {salt}"), salt=salt)
    return salt


def document_disclosure(type_name: str, *, salt: str, digest: str) -> str:
    """Return the disclosure of a paper's digest (hex) in an entry of this type."""
    return base64url(canonical([salt, f"{type_name}.{DOCUMENT}", digest]))


def check_document(entry: Entry, *, salt: str, digest: str) -> None:
    """Refuse a paper whose digest is not the one that was sealed in the entry."""
    disclosure = document_disclosure(entry.type, salt=salt, digest=digest)
    if commitment(disclosure) != entry.sealed(DOCUMENT):
        raise LinkError(
            N_(
                "This paper is not the one that was recorded, or the link is another paper's: "
                "its SHA-256 {digest} is not what entry {eid} has sealed."
            ),
            digest=digest,
            eid=entry.eid,
        )
