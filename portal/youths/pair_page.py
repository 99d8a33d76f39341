"""Two records beside each other that may be one person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.roles import Actor
from portal.roles import Role
from portal.youths.models import YouthPair
from portal.youths.queries import kept_id
from portal.youths.record_page import RecordPage
from portal.youths.record_page import person_name
from portal.youths.record_page import record_page
from portal.youths.refusals import PairNotFoundError
from portal.youths.rules import READERS
from portal.youths.rules import Likeness
from portal.youths.rules import Verdict


@dataclass(frozen=True, slots=True)
class PairPage:
    """Two records beside each other, the older first, and how they were settled."""

    id: int
    version: int
    records: tuple[RecordPage, RecordPage]
    likeness: Likeness
    found_at: datetime
    verdict: Verdict | None
    settled_by: str | None
    settled_at: datetime | None
    is_joined: bool
    may_settle: bool

    @property
    def may_join(self) -> bool:
        """Say whether they can be said to be one person: they are not so far."""
        return self.may_settle and not self.is_joined


def pair_page(session: Session, pair_id: int, by: Actor, *, at: datetime) -> PairPage:
    """Return the page of a doubtful pair, or raise `PairNotFoundError`."""
    pair = session.get(YouthPair, pair_id) if READERS & by.roles else None
    if pair is None:
        raise PairNotFoundError
    return PairPage(
        id=pair.id,
        version=pair.version,
        records=(
            record_page(session, pair.older_id, by, at=at),
            record_page(session, pair.younger_id, by, at=at),
        ),
        likeness=pair.likeness,
        found_at=pair.found_at,
        verdict=pair.verdict,
        settled_by=person_name(session, pair.settled_by_id),
        settled_at=pair.settled_at,
        is_joined=kept_id(session, pair.older_id) == kept_id(session, pair.younger_id),
        may_settle=by.holds(Role.OFFICER),
    )
