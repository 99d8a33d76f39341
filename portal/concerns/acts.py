"""What the log says of findings and concerns: numbers and codes, never a word that was written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from portal.audit.entry import Draft
from portal.audit.entry import EntryType
from portal.audit.entry import Field
from portal.audit.entry import Json
from portal.audit.entry import Kind
from portal.audit.entry import Secret
from portal.people.acts import actor_secret
from portal.roles import Actor
from portal.roles import Role

# The role of who raises a concern: somebody without an account, whom nobody asked for a name.
REPORTER = "reporter"
_NUMBER = {"number": Field(Kind.REFERENCE, "the number of the finding or the concern")}
_DESK = {"desk": Field(Kind.CODE, "who looks into it: officers, auditors, or the board")}

FINDING_RAISED = EntryType(
    "finding.raised",
    public=_NUMBER
    | {
        "severity": Field(Kind.CODE, "how much it weighs: note, weakness or serious"),
        "topic": Field(Kind.CODE, "what it is about, from a fixed list"),
    },
    private=("words",),
)
FINDING_ANSWERED = EntryType(
    "finding.answered",
    public=_NUMBER | {"action": Field(Kind.CODE, "what was done about it, from a fixed list")},
    private=("words",),
)
FINDING_CLOSED = EntryType("finding.closed", public=_NUMBER, private=("words",))
FINDING_REOPENED = EntryType(
    "finding.reopened",
    public=_NUMBER | {"reason": Field(Kind.CODE, "why it is open again, from a fixed list")},
    private=("words",),
)
CONCERN_RECEIVED = EntryType(
    "concern.received",
    public=_NUMBER
    | {"topic": Field(Kind.CODE, "what it is about, or `sensitive`: then nothing more is told")}
    | _DESK,
    private=("words", "about", "contact"),
)
CONCERN_TAKEN_UP = EntryType("concern.taken_up", public=_NUMBER, private=("words",))
CONCERN_PASSED = EntryType("concern.passed", public=_NUMBER | _DESK, private=("words",))
CONCERN_CONTINUED = EntryType("concern.continued", public=_NUMBER, private=("words",))
CONCERN_ANSWERED = EntryType(
    "concern.answered",
    public=_NUMBER
    | {
        "outcome": Field(Kind.CODE, "what came of it, from a fixed list"),
        "days": Field(Kind.COUNT, "days since it was received"),
    },
    private=("words",),
)
CONCERN_CLOSED = EntryType("concern.closed", public=_NUMBER)
ALL = (
    FINDING_RAISED,
    FINDING_ANSWERED,
    FINDING_CLOSED,
    FINDING_REOPENED,
    CONCERN_RECEIVED,
    CONCERN_TAKEN_UP,
    CONCERN_PASSED,
    CONCERN_CONTINUED,
    CONCERN_ANSWERED,
    CONCERN_CLOSED,
)


def told(
    entry_type: EntryType,
    public: Mapping[str, Json],
    private: Mapping[str, Secret],
    *,
    role: Role | None,
    by: Actor | None,
    at: datetime,
    ref: str | None,
) -> Draft:
    """An act on a finding or a concern; `ref` is the entry it goes back to.

    Who raised a concern acts without a role and is nobody: not even a sealed name is kept.
    """
    actor = actor_secret(by) if by is not None and role is not Role.SYSTEM else None
    return Draft(entry_type, at, role or REPORTER, actor, public, private, (ref,) if ref else ())
