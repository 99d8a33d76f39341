"""What the log says about people's records: that one was changed, and by which role.

No public field at all: whatever points at a person, a consent or a pair is sealed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from portal.audit.entry import Draft
from portal.audit.entry import EntryType
from portal.audit.entry import Json
from portal.audit.entry import Secret
from portal.people.acts import actor_secret
from portal.roles import Actor
from portal.roles import Role

REGISTERED = EntryType("youth.registered", public={}, private=("person",))
CORRECTED = EntryType("youth.corrected", public={}, private=("person",))
CONFIRMED = EntryType("youth.confirmed", public={}, private=("person",))
MERGED = EntryType("youth.merged", public={}, private=("pair",))
TOLD_APART = EntryType("youth.told_apart", public={}, private=("pair",))
UNMERGED = EntryType("youth.unmerged", public={}, private=("pair",))
GUARDIAN_ADDED = EntryType("guardian.added", public={}, private=("guardian",))
GUARDIAN_ENDED = EntryType("guardian.ended", public={}, private=("guardian",))
CONSENT_RECORDED = EntryType("consent.recorded", public={}, private=("consent",))
CONSENT_WITHDRAWN = EntryType("consent.withdrawn", public={}, private=("consent",))
ALL = (
    REGISTERED,
    CORRECTED,
    CONFIRMED,
    MERGED,
    TOLD_APART,
    UNMERGED,
    GUARDIAN_ADDED,
    GUARDIAN_ENDED,
    CONSENT_RECORDED,
    CONSENT_WITHDRAWN,
)


def on_record(
    entry_type: EntryType, youth_id: int, told: Mapping[str, Json], *, by: Actor, at: datetime
) -> Draft:
    """Somebody did this with a person's record; what they wrote is the person's own secret."""
    (name,) = entry_type.private
    secret = Secret(f"youth:{youth_id}", {"youth": youth_id, **told})
    role = Role.OFFICER if by.holds(Role.OFFICER) else Role.FINDER
    return Draft(entry_type, at, role, actor_secret(by), {}, {name: secret})
