"""What every act on the bank's lines needs: who may, and its entry in the log."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from portal.audit.entry import Draft
from portal.audit.entry import EntryType
from portal.audit.entry import Json
from portal.audit.entry import Secret
from portal.audit.service import record
from portal.funds.rules import RoleNeededError
from portal.people.acts import actor_secret
from portal.roles import Actor
from portal.roles import Role


def check_treasurer(by: Actor) -> None:
    """Refuse everybody but treasurers."""
    if not by.holds(Role.TREASURER):
        raise RoleNeededError({Role.TREASURER})


def record_of_bank(
    session: Session,
    entry_type: EntryType,
    public: Mapping[str, Json],
    private: Mapping[str, Secret],
    *,
    by: Actor,
    at: datetime,
) -> str:
    """Record an act of a treasurer that belongs to no request; return the entry's id."""
    draft = Draft(entry_type, at, Role.TREASURER, actor_secret(by), public, private)
    return record(session, draft)


def lines_secret(account: str, fingerprints: Iterable[str]) -> Secret:
    """Return which lines are meant, to be committed: there may be ten thousand of them."""
    text = "".join(sorted(fingerprints))
    return Secret(f"account:{account}", hashlib.sha256(text.encode()).hexdigest())
