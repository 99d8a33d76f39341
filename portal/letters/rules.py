"""The kinds of letter, when one is tried again, and who may ask for that."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass
from datetime import date
from datetime import datetime
from datetime import timedelta
from enum import StrEnum

from portal.errors import N_
from portal.errors import ForbiddenError
from portal.errors import NotFoundError
from portal.errors import RuleError
from portal.roles import Actor
from portal.roles import Role

ATTEMPTS_MAX = 8
# While a letter is being sent nobody else takes it up; a sender that died leaves it for so long.
LEASE = timedelta(minutes=15)
# What is older was overtaken by what came after it: nobody gets last month's letters at once when
# a mail server is named, or an address.
SENT_WITHIN = timedelta(days=3)


class Kind(StrEnum):
    """What a letter tells. Only that: it names nobody, no account and no amount."""

    TO_DECIDE = "to_decide"
    TO_CORRECT = "to_correct"
    TO_PAY = "to_pay"
    APPROVED = "approved"
    REJECTED = "rejected"
    DUE = "due"
    LATE = "late"
    ESCALATED = "escalated"
    DIGEST = "digest"
    RECEIPT_DUE = "receipt_due"
    RECEIPT_LATE = "receipt_late"
    RECEIPT_ESCALATED = "receipt_escalated"


# A chair approves many at once. These wait a little, and then travel together: one mail tells one
# person of all of a kind.
OF_ACTS = frozenset({Kind.TO_DECIDE, Kind.TO_CORRECT, Kind.TO_PAY, Kind.APPROVED, Kind.REJECTED})
_GATHERING = timedelta(minutes=10)
TOGETHER_MAX = 100


@dataclass(frozen=True, slots=True)
class About:
    """A request that a letter tells of.

    With it the log entry of the act, where the letter tells of an act; in a reminder the last day
    of the step (ISO); in a digest what the request waits for.
    """

    request_id: int
    reference: str
    eid: str | None = None
    due: str | None = None
    kind: Kind | None = None

    @property
    def entry(self) -> str:
        """Return the id of the entry, or nothing."""
        return self.eid or ""

    @property
    def due_on(self) -> date | None:
        """Return the last day of the step."""
        return date.fromisoformat(self.due) if self.due else None


@dataclass(frozen=True, slots=True)
class NewLetter:
    """A letter to be made. Of one kind, to one person, in one matter, there is only ever one."""

    to_person_id: int
    kind: Kind
    matter: str
    abouts: Sequence[About]

    @property
    def key(self) -> str:
        """Return what would be the same for the same letter."""
        return f"{self.kind}:{self.to_person_id}:{self.matter}"

    @property
    def reference(self) -> str | None:
        """Return the one request it is about, if it is about one."""
        return self.abouts[0].reference if len(self.abouts) == 1 else None


def write_abouts(abouts: Sequence[About]) -> str:
    """Return requests as a letter keeps them."""
    told = [{name: it for name, it in asdict(about).items() if it is not None} for about in abouts]
    return json.dumps(told)


def read_abouts(kept: str) -> Sequence[About]:
    """Return the requests that a letter keeps."""
    return [
        About(**(told | ({"kind": Kind(told["kind"])} if "kind" in told else {})))
        for told in json.loads(kept)
    ]


class Stage(StrEnum):
    """How far a letter came."""

    WAITING = "waiting"
    MAILED = "mailed"
    FAILED = "failed"
    KEPT = "kept"


def stage(
    *,
    sent_at: datetime | None,
    failed_at: datetime | None,
    due_at: datetime,
    goes_out: bool,
    at: datetime,
) -> Stage:
    """Return how far a letter came; one that does not go out, or is too old, is read here."""
    if sent_at is not None:
        return Stage.MAILED
    if failed_at is not None:
        return Stage.FAILED
    return Stage.WAITING if goes_out and due_at > at - SENT_WITHIN else Stage.KEPT


class LetterNotFoundError(NotFoundError):
    """There is no such letter, or it is somebody else's."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such message."))


class NotThePostmasterError(ForbiddenError):
    """Only an administrator sees to the mail."""

    def __init__(self) -> None:
        super().__init__(N_("Only an administrator has a message sent again."))


class NotFailedError(RuleError):
    """The letter was sent, or is still on its way."""

    def __init__(self) -> None:
        super().__init__(N_("This message did not fail; it is sent, or will be tried again."))


def first_try(kind: Kind, at: datetime) -> datetime:
    """Return when a letter is sent: at once, or after others of its kind could join it."""
    return at + _GATHERING if kind in OF_ACTS else at


def next_try(attempts: int, at: datetime) -> datetime | None:
    """Return when to try again after so many attempts, or None to give up.

    After 1, 3, 9, … minutes, about 18 hours in all: a night without a mail server loses nothing.
    """
    if attempts >= ATTEMPTS_MAX:
        return None
    return at + timedelta(minutes=3 ** (attempts - 1))


def check_may_retry(by: Actor, *, is_failed: bool) -> None:
    """Refuse everybody but administrators, and letters that did not fail."""
    if not by.holds(Role.ADMINISTRATOR):
        raise NotThePostmasterError
    if not is_failed:
        raise NotFailedError
