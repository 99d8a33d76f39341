"""The stamp of a paper: what leads from the paper in somebody's hand to its entry in the log."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from portal.audit.entry import base64url


@dataclass(frozen=True, slots=True)
class Stamp:
    """The id of the entry that will tell of a paper, and the salt under which its digest is sealed.

    Both are chosen before the paper is made, so that it can carry them. Who holds the paper can
    therefore open the commitment in the entry; nobody else can try out what it says.
    """

    eid: str
    salt: str

    def address(self, base_url: str) -> str:
        """Return where the paper is checked; what follows the # never reaches a server."""
        return f"{base_url}/v#1.{base64url(UUID(self.eid).bytes)}.{self.salt}"
