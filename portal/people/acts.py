"""What the log says about people: which role was given, never whose name it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from portal.audit.entry import Draft
from portal.audit.entry import EntryType
from portal.audit.entry import Field
from portal.audit.entry import Json
from portal.audit.entry import Kind
from portal.audit.entry import Secret
from portal.roles import Actor
from portal.roles import Role
from portal.roles import Term

ROLE_GRANTED = EntryType(
    "role.granted",
    public={
        "role": Field(Kind.CODE, "the role given"),
        "subcommittee": Field(Kind.CODE, "the subcommittee it is for", may_be_null=True),
    },
    private=("person",),
)
ROLE_ENDED = EntryType("role.ended", public=ROLE_GRANTED.public, private=("person",))
# Whose record it is stays sealed, and nothing public beside it could point at them.
PERSON_ADDED = EntryType("person.added", public={}, private=("person",))
PERSON_DEACTIVATED = EntryType("person.deactivated", public={}, private=("person",))
PERSON_REACTIVATED = EntryType("person.reactivated", public={}, private=("person",))
SESSIONS_ENDED = EntryType("person.signed_out", public={}, private=("person",))
PASSWORD_SET = EntryType("person.password_set", public={}, private=("person",))
FACTOR_ADDED = EntryType("person.factor_added", public={}, private=("person",))
FACTOR_REMOVED = EntryType("person.factor_removed", public={}, private=("person",))
FACTOR_RESET = EntryType("person.factor_reset", public={}, private=("person",))
IDENTITY_BOUND = EntryType("person.identity_bound", public={}, private=("person",))
IDENTITY_UNBOUND = EntryType("person.identity_unbound", public={}, private=("person",))
EMAIL_CHANGED = EntryType("person.email_changed", public={}, private=("person", "email"))
_NAMES = {
    "name_th": Field(Kind.TITLE, "the name in Thai"),
    "name_en": Field(Kind.TITLE, "the name in English"),
}
ORGANISATION_ADDED = EntryType(
    "organisation.added", public={"code": Field(Kind.CODE, "the code it is known by"), **_NAMES}
)
ORGANISATION_RENAMED = EntryType(
    "organisation.renamed",
    public={
        **ORGANISATION_ADDED.public,
        "name_th_before": Field(Kind.TITLE, "the name in Thai before"),
        "name_en_before": Field(Kind.TITLE, "the name in English before"),
    },
)
ACTING_CHAIR_APPOINTED = EntryType(
    "acting_chair.appointed",
    public={
        "number": Field(Kind.REFERENCE, "the appointment's number"),
        "subcommittee": Field(Kind.CODE, "the subcommittee whose chair is acted for"),
        "from_on": Field(Kind.DAY, "the first day"),
        "to_on": Field(Kind.DAY, "the last day"),
    },
    private=("person", "order"),
)
ACTING_CHAIR_ENDED = EntryType(
    "acting_chair.ended",
    public={"number": Field(Kind.REFERENCE, "the appointment that ends before its last day")},
)
PRIVACY_OPENED = EntryType(
    "privacy.opened",
    public={
        "purpose": Field(Kind.CODE, "what the sealed values were opened for"),
        "count": Field(Kind.COUNT, "how many of them"),
    },
)
ALL = (
    ROLE_GRANTED,
    ROLE_ENDED,
    ACTING_CHAIR_APPOINTED,
    ACTING_CHAIR_ENDED,
    PERSON_ADDED,
    PERSON_DEACTIVATED,
    PERSON_REACTIVATED,
    SESSIONS_ENDED,
    PASSWORD_SET,
    FACTOR_ADDED,
    FACTOR_REMOVED,
    FACTOR_RESET,
    IDENTITY_BOUND,
    IDENTITY_UNBOUND,
    EMAIL_CHANGED,
    ORGANISATION_ADDED,
    ORGANISATION_RENAMED,
    PRIVACY_OPENED,
)


def actor_secret(by: Actor) -> Secret:
    """Return who acts, to be committed: opened only for an auditor or the person."""
    return Secret(f"person:{by.person_id}", {"id": by.person_id, "name": by.name})


def role_granted(
    role: Role, subcommittee: str | None, *, person: Secret, by: Actor, at: datetime
) -> Draft:
    """A role was given to somebody."""
    public: dict[str, Json] = {"role": role, "subcommittee": subcommittee}
    return administered(ROLE_GRANTED, public, person=person, by=by, at=at)


def role_ended(
    role: Role, subcommittee: str | None, *, person: Secret, by: Actor, at: datetime
) -> Draft:
    """A role that somebody held ended."""
    public: dict[str, Json] = {"role": role, "subcommittee": subcommittee}
    return administered(ROLE_ENDED, public, person=person, by=by, at=at)


def administered(
    entry_type: EntryType,
    public: Mapping[str, Json],
    *,
    person: Secret | None = None,
    by: Actor,
    at: datetime,
) -> Draft:
    """An administrator, or the founding, did something to a person's or partner's record."""
    role = Role.SYSTEM if Role.SYSTEM in by.roles else Role.ADMINISTRATOR
    private = {} if person is None else {"person": person}
    return Draft(entry_type, at, role, actor_secret(by), public, private)


def own_factor(entry_type: EntryType, *, person: Secret, by: Actor, at: datetime) -> Draft:
    """Somebody added or removed a second factor, or another way in, of their own.

    Their role is not told: the chair of the driving committee is one person.
    """
    return Draft(entry_type, at, Role.SYSTEM, actor_secret(by), {}, {"person": person})


def email_changed(*, email: Secret, person: Secret, by: Actor, at: datetime) -> Draft:
    """Somebody's letters go to another address, or to none; which is as private as who they are."""
    draft = administered(EMAIL_CHANGED, {}, person=person, by=by, at=at)
    return replace(draft, private={**draft.private, "email": email})


def acting_chair_appointed(
    number: str, term: Term, *, person: Secret, order: Secret, role: Role, by: Actor, at: datetime
) -> Draft:
    """Somebody is to act for a chair; who, and by which order, is private."""
    public: dict[str, Json] = {
        "number": number,
        "subcommittee": term.subcommittee,
        "from_on": term.from_on.isoformat(),
        "to_on": term.to_on.isoformat(),
    }
    private = {"person": person, "order": order}
    return Draft(ACTING_CHAIR_APPOINTED, at, role, actor_secret(by), public, private)


def acting_chair_ended(number: str, *, role: Role, by: Actor, at: datetime, ref: str) -> Draft:
    """Somebody acts for a chair no longer."""
    return Draft(ACTING_CHAIR_ENDED, at, role, actor_secret(by), {"number": number}, refs=(ref,))


def opened(purpose: str, count: int, *, by: Actor, at: datetime) -> Draft:
    """Somebody let an auditor open sealed values; of which entry is not told."""
    role = Role.OFFICER if by.holds(Role.OFFICER) else Role.ADMINISTRATOR
    public: dict[str, Json] = {"purpose": purpose, "count": count}
    return Draft(PRIVACY_OPENED, at, role, actor_secret(by), public)
