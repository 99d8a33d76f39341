"""Organisations, people who sign in, and the roles they hold."""

from __future__ import annotations

from datetime import date
from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy import ForeignKey
from sqlalchemy import String
from sqlalchemy import Text
from sqlalchemy import false
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column
from sqlalchemy.orm import relationship

from portal.audit.models import Eid
from portal.db import Base
from portal.db import Moment
from portal.db import choice
from portal.people.rules import Purpose
from portal.people.session_rules import Ending
from portal.roles import Role
from portal.roles import Term


class Organisation(Base):
    """A partner: who sends finders, refers, gives, or decides."""

    __tablename__ = "organisation"

    code: Mapped[str] = mapped_column(String(12), primary_key=True)
    name_th: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(40))


class Person(Base):
    """Somebody who may sign in. Without a password hash nobody can sign in as them."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    organisation_code: Mapped[str | None] = mapped_column(ForeignKey("organisation.code"))
    email: Mapped[str | None] = mapped_column(String(254))
    password_hash: Mapped[str | None] = mapped_column(Text)
    is_active: Mapped[bool] = mapped_column(default=True)
    must_change_password: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Kept beside the factors themselves, because every page asks.
    has_factor: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Wrong codes in a row, and until when no code is looked at.
    wrong_codes: Mapped[int] = mapped_column(default=0, server_default="0")
    codes_wait_until: Mapped[datetime | None] = mapped_column(Moment)
    # Until when a one-time password opens anything.
    password_until: Mapped[datetime | None] = mapped_column(Moment)
    # Counts up with every change of the person or of their roles.
    version: Mapped[int] = mapped_column(default=1, server_default="1")

    grants: Mapped[list[RoleGrant]] = relationship(
        lazy="selectin", foreign_keys="RoleGrant.person_id", order_by="RoleGrant.id"
    )
    terms: Mapped[list[ActingChair]] = relationship(
        lazy="selectin", foreign_keys="ActingChair.person_id"
    )
    identity: Mapped[PersonIdentity | None] = relationship()


class PersonIdentity(Base):
    """By whom a provider means this person; who reads the table does not learn what it calls them.

    There it may be the number of an identity card: what is kept is a keyed hash.
    """

    __tablename__ = "person_identity"

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id"), primary_key=True, autoincrement=False
    )
    issuer: Mapped[str] = mapped_column(String(200))
    subject_digest: Mapped[str] = mapped_column(String(64), unique=True)
    bound_at: Mapped[datetime] = mapped_column(Moment)


class WebSession(Base):
    """Somebody signed in on one device; no column lets anybody sign in as them."""

    __tablename__ = "web_session"
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (ended_for IS NULL)", name="ended_whole"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    began_at: Mapped[datetime] = mapped_column(Moment)
    seen_at: Mapped[datetime] = mapped_column(Moment)
    browser: Mapped[str] = mapped_column(String(20))
    system: Mapped[str] = mapped_column(String(20))
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_for: Mapped[Ending | None] = mapped_column(choice(Ending, "ending"))

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class SignInTry(Base):
    """Failed tries to sign in on one track: for an account, from an address or on a device.

    Which, is a keyed hash: who reads the table learns nobody's name and no address. How many there
    were follows from when they are forgotten, which each puts off.
    """

    __tablename__ = "sign_in_try"

    track: Mapped[str] = mapped_column(String(64), primary_key=True)
    forgotten_at: Mapped[datetime] = mapped_column(Moment)


class RoleGrant(Base):
    """A role held from one moment on, for a chair in one subcommittee; ended, never deleted."""

    __tablename__ = "role_grant"
    __table_args__ = (
        CheckConstraint("granted_by_id <> person_id", name="granted_by_another"),
        CheckConstraint("ended_by_id <> person_id", name="ended_by_another"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[Role] = mapped_column(choice(Role, "role"))
    subcommittee_code: Mapped[str | None] = mapped_column(String(12))
    granted_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    log_eid: Mapped[str] = mapped_column(Eid, ForeignKey("log_entry.eid"))
    # Nobody, where the system itself set up the foundation.
    granted_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    granted_for: Mapped[str | None] = mapped_column(String(40))
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    ended_for: Mapped[str | None] = mapped_column(String(40))
    ended_eid: Mapped[str | None] = mapped_column(Eid, ForeignKey("log_entry.eid"))


class ActingChair(Base):
    """Somebody acts for the chair of a subcommittee for some days, by a named order."""

    __tablename__ = "acting_chair"
    __table_args__ = (
        CheckConstraint("from_on <= to_on", name="days_in_order"),
        CheckConstraint("person_id <> appointed_by_id", name="appointed_by_another"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    subcommittee_code: Mapped[str] = mapped_column(String(12), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    order_number: Mapped[str] = mapped_column(String(100))
    from_on: Mapped[date]
    to_on: Mapped[date]
    appointed_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    appointed_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    log_eid: Mapped[str] = mapped_column(
        Eid, ForeignKey("log_entry.eid", deferrable=True, initially="DEFERRED")
    )

    @property
    def term(self) -> Term:
        """Return the days as a plain value."""
        return Term(self.subcommittee_code, self.from_on, self.to_on)


class Opening(Base):
    """An auditor's question to open sealed values of one entry, and how it was decided."""

    __tablename__ = "opening"
    __table_args__ = (
        CheckConstraint("decided_by_id <> asked_by_id", name="different_people"),
        CheckConstraint(
            "(decided_at IS NULL) = (is_granted IS NULL)"
            " AND (decided_at IS NULL) = (decided_by_id IS NULL)",
            name="decided_whole",
        ),
        CheckConstraint("(log_eid IS NOT NULL) = coalesce(is_granted, false)", name="is_told"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    eid: Mapped[str] = mapped_column(Eid, ForeignKey("log_entry.eid"))
    fields: Mapped[str] = mapped_column(String(400))
    purpose: Mapped[Purpose] = mapped_column(choice(Purpose, "purpose"))
    case_number: Mapped[str] = mapped_column(String(60))
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    asked_at: Mapped[datetime] = mapped_column(Moment)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    is_granted: Mapped[bool | None]
    log_eid: Mapped[str | None] = mapped_column(
        Eid, ForeignKey("log_entry.eid", deferrable=True, initially="DEFERRED")
    )


class Once(Base):
    """What a form led to, by the key that its page gave it; some days later it goes."""

    __tablename__ = "once"

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id"), primary_key=True, autoincrement=False
    )
    key: Mapped[str] = mapped_column(String(22), primary_key=True)
    # Which of several acts of one form; one act alone has no name.
    part: Mapped[str] = mapped_column(String(20), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    led_to: Mapped[str] = mapped_column(Text)
    what: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    reference: Mapped[str | None] = mapped_column(String(40))
    done_at: Mapped[datetime] = mapped_column(Moment, index=True)
