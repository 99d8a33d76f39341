"""What may wait for somebody, and how it is told."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from datetime import datetime
from datetime import timedelta
from enum import StrEnum

from portal.labels import Name

# So long before it begins a rule is told of, and so long after it was granted an opening is.
SOON = timedelta(days=30)


class Matter(StrEnum):
    """What may wait for somebody."""

    REFERRALS = "referrals"
    FOLLOW_UPS = "follow_ups"
    FINDINGS_TO_ANSWER = "findings_to_answer"
    FINDINGS_TO_CLOSE = "findings_to_close"
    CONCERNS = "concerns"
    OPENINGS_TO_DECIDE = "openings_to_decide"
    OPENINGS_ASKED = "openings_asked"
    REPORTS_TO_ANSWER = "reports_to_answer"
    REPORTS_TO_PUBLISH = "reports_to_publish"
    RATIFICATIONS = "ratifications"
    RATIFICATIONS_LATE = "ratifications_late"
    OVERRIDES = "overrides"
    MONTHS = "months"
    JOBS = "jobs"
    LETTERS = "letters"
    RULES = "rules"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that waits: its name, what says more, since when, and where.

    `about` is a code, a month or a name; `where` is what its address takes.
    """

    name: str | Name
    about: str | date | Name
    since: datetime | date | None
    where: Mapping[str, str | int] = field(default_factory=dict)
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits of one matter: the first of it, and how much there is."""

    matter: Matter
    items: Sequence[Item]
    count: int
