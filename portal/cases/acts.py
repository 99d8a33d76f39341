"""What the log says about a person's case: that something was done, never about whom.

Whatever could point at somebody is sealed under the person's own key. So is the entry that came
before: a chain that everybody could follow would tell a life.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from portal.audit.entry import Draft
from portal.audit.entry import EntryType
from portal.audit.entry import Field
from portal.audit.entry import Json
from portal.audit.entry import Kind
from portal.audit.entry import Secret
from portal.audit.entry import loggable
from portal.cases.follow_ups import Outcome
from portal.cases.rules import Reason
from portal.people.acts import actor_secret
from portal.roles import Actor
from portal.roles import Role

REFERRAL_SENT = EntryType(
    "referral.sent",
    public={},
    private=("person", "sender", "receiver", "asked"),
)
REFERRAL_ACCEPTED = EntryType("referral.accepted", public={}, private=("person", "before"))
REFERRAL_DECLINED = EntryType(
    "referral.declined",
    public={"reason": Field(Kind.CODE, "why, from a fixed list")},
    private=("person", "before", "note"),
)
REFERRAL_DONE = EntryType("referral.done", public={}, private=("person", "before", "note"))
REFERRAL_CANCELLED = EntryType("referral.cancelled", public={}, private=("person", "before"))
FOLLOW_UP_PLANNED = EntryType("follow_up.planned", public={}, private=("person", "due_on"))
FOLLOW_UP_DONE = EntryType(
    "follow_up.done",
    public={"outcome": Field(Kind.CODE, "how the person was found, from a fixed list")},
    private=("person", "before", "done_on", "pathway", "note"),
)
NOTE_ADDED = EntryType("case_note.added", public={}, private=("person", "note"))
ALL = (
    REFERRAL_SENT,
    REFERRAL_ACCEPTED,
    REFERRAL_DECLINED,
    REFERRAL_DONE,
    REFERRAL_CANCELLED,
    FOLLOW_UP_PLANNED,
    FOLLOW_UP_DONE,
    NOTE_ADDED,
)


@dataclass(frozen=True, slots=True)
class Told:
    """What every entry about a person needs: about whom, and who acted when."""

    youth_id: int
    name: str
    by: Actor
    at: datetime

    @property
    def role(self) -> Role:
        """Return as what the person acted."""
        held = (role for role in (Role.SYSTEM, Role.OFFICER) if self.by.holds(role))
        return next(held, Role.FINDER)

    def draft(
        self,
        type_: EntryType,
        private: Mapping[str, Json],
        public: Mapping[str, Json] | None = None,
    ) -> Draft:
        """Return the entry; everything private is sealed under the person's key."""
        subject = f"youth:{self.youth_id}"
        sealed = {"person": self.name, **private}
        return Draft(
            type_,
            self.at,
            self.role,
            actor_secret(self.by),
            dict(public or {}),
            {
                name: Secret(subject, loggable(value) if isinstance(value, str) else value)
                for name, value in sealed.items()
            },
        )


def referral_sent(told: Told, *, sender: str, receiver: str, asked: str) -> Draft:
    """A person was referred from one organisation to another."""
    return told.draft(REFERRAL_SENT, {"sender": sender, "receiver": receiver, "asked": asked})


def referral_accepted(told: Told, before: str) -> Draft:
    """The organisation that was asked takes it over; `before` is the entry before."""
    return told.draft(REFERRAL_ACCEPTED, {"before": before})


def referral_declined(told: Told, before: str, *, reason: Reason, note: str) -> Draft:
    """The organisation that was asked does not take it over."""
    return told.draft(REFERRAL_DECLINED, {"before": before, "note": note}, {"reason": reason})


def referral_done(told: Told, before: str, *, note: str) -> Draft:
    """What was asked is done."""
    return told.draft(REFERRAL_DONE, {"before": before, "note": note})


def referral_cancelled(told: Told, before: str) -> Draft:
    """The sender took the referral back."""
    return told.draft(REFERRAL_CANCELLED, {"before": before})


def follow_up_planned(told: Told, *, due_on: str) -> Draft:
    """Somebody is to be asked after on a day."""
    return told.draft(FOLLOW_UP_PLANNED, {"due_on": due_on})


def follow_up_done(
    told: Told, before: str, outcome: Outcome, *, done_on: str, pathway: str | None, note: str
) -> Draft:
    """Somebody was asked after."""
    private = {"before": before, "done_on": done_on, "pathway": pathway, "note": note}
    return told.draft(FOLLOW_UP_DONE, private, {"outcome": outcome})


def note_added(told: Told, *, note: str) -> Draft:
    """A note was written about somebody."""
    return told.draft(NOTE_ADDED, {"note": note})
