"""Areas, people with guardians, consents and who read of them, and projects. Private tables."""

from __future__ import annotations

from datetime import date
from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy import ForeignKey
from sqlalchemy import Index
from sqlalchemy import String
from sqlalchemy import Text
from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from portal.audit.models import Eid
from portal.db import Base
from portal.db import Moment
from portal.db import choice
from portal.youths.rules import Activity
from portal.youths.rules import Likeness
from portal.youths.rules import Purpose
from portal.youths.rules import ReadPage
from portal.youths.rules import Relation
from portal.youths.rules import Verdict

ERASED = "(ลบข้อมูลแล้ว / erased)"


class Area(Base):
    """An amphoe or tambon, by the code of the Department of Provincial Administration."""

    __tablename__ = "area"

    code: Mapped[str] = mapped_column(String(6), primary_key=True)
    name_th: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(100))
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("area.code"))


class Youth(Base):
    """Somebody who is helped, of any age; known by the keyed hash of the id number.

    A record that was found to be about the same person as an older one points to it and stays.
    """

    __tablename__ = "youth"
    __table_args__ = (CheckConstraint("same_as_id < id", name="same_as_older"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(server_default="1")
    title: Mapped[str] = mapped_column(String(60))
    first_name: Mapped[str] = mapped_column(String(200))
    last_name: Mapped[str] = mapped_column(String(200))
    birth_on: Mapped[date] = mapped_column(index=True)
    national_id: Mapped[str | None] = mapped_column(String(13))
    national_id_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    area_code: Mapped[str] = mapped_column(ForeignKey("area.code"))
    schooling: Mapped[str] = mapped_column(Text)
    activity: Mapped[Activity] = mapped_column(
        choice(Activity, "activity"),
        server_default=Activity.UNKNOWN.value,
        default=Activity.UNKNOWN,
    )
    pathway: Mapped[str | None] = mapped_column(String(12))
    disadvantages: Mapped[str] = mapped_column(String(200), server_default="", default="")
    registered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    same_as_id: Mapped[int | None] = mapped_column(ForeignKey("youth.id"), index=True)
    erased_at: Mapped[datetime | None] = mapped_column(Moment)

    # An act moves the version also where it changes only guardians or consents; see the docket.
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}

    @property
    def name(self) -> str:
        """Return the full name with its title."""
        if self.erased_at is not None:
            return ERASED
        return f"{self.title}{self.first_name} {self.last_name}".strip()


class Guardian(Base):
    """Who looks after a person, and the paper that gives them the power if they are no parent."""

    __tablename__ = "guardian"

    id: Mapped[int] = mapped_column(primary_key=True)
    youth_id: Mapped[int] = mapped_column(ForeignKey("youth.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    relation: Mapped[Relation] = mapped_column(choice(Relation, "relation"))
    paper: Mapped[str] = mapped_column(String(200))
    added_at: Mapped[datetime] = mapped_column(Moment)
    added_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


class Consent(Base):
    """Who agreed to one purpose, in what capacity and on which paper; withdrawn once, if at all."""

    __tablename__ = "consent"
    __table_args__ = (
        CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_by_id IS NULL)", name="withdrawn_by_somebody"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    youth_id: Mapped[int] = mapped_column(ForeignKey("youth.id"), index=True)
    purpose: Mapped[Purpose] = mapped_column(
        choice(Purpose, "purpose"), server_default=Purpose.KEEP.value
    )
    capacity: Mapped[str] = mapped_column(String(20))
    paper: Mapped[str] = mapped_column(String(200))
    signer: Mapped[str] = mapped_column(String(200), server_default="")
    relation: Mapped[str] = mapped_column(String(20), server_default="")
    power_paper: Mapped[str] = mapped_column(String(200), server_default="")
    recorded_at: Mapped[datetime] = mapped_column(Moment)
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment)
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class YouthPair(Base):
    """Two records that may be about one person, until an officer says so or says no.

    `joined_id` is the record that was put under the other when they were found to be one; it is
    what an undoing sets free.
    """

    __tablename__ = "youth_pair"
    __table_args__ = (
        CheckConstraint("older_id < younger_id", name="older_first"),
        CheckConstraint(
            "(verdict IS NULL) = (settled_at IS NULL)"
            " AND (verdict IS NULL) = (settled_by_id IS NULL)",
            name="settled_whole",
        ),
        CheckConstraint(
            "(joined_id IS NOT NULL) = (coalesce(verdict, '') = 'same')", name="joined_if_same"
        ),
        UniqueConstraint("older_id", "younger_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    older_id: Mapped[int] = mapped_column(ForeignKey("youth.id"))
    younger_id: Mapped[int] = mapped_column(ForeignKey("youth.id"), index=True)
    likeness: Mapped[Likeness] = mapped_column(choice(Likeness, "likeness"))
    found_at: Mapped[datetime] = mapped_column(Moment)
    verdict: Mapped[Verdict | None] = mapped_column(choice(Verdict, "verdict"))
    joined_id: Mapped[int | None] = mapped_column(ForeignKey("youth.id"))
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    settled_at: Mapped[datetime | None] = mapped_column(Moment)

    __mapper_args__ = {"version_id_col": version}


class YouthAct(Base):
    """What was done with a record, by whom; the values are sealed behind the entry."""

    __tablename__ = "youth_act"

    id: Mapped[int] = mapped_column(primary_key=True)
    youth_id: Mapped[int] = mapped_column(ForeignKey("youth.id"), index=True)
    act: Mapped[str] = mapped_column(String(40))
    by_person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(Moment)
    log_eid: Mapped[str] = mapped_column(
        Eid, ForeignKey("log_entry.eid", deferrable=True, initially="DEFERRED")
    )


class RecordRead(Base):
    """Who opened which page about whom.

    No entries of the log: reads are far too many, and who is looked at how often is itself private.
    """

    __tablename__ = "record_read"
    __table_args__ = (
        Index("ix_record_read_youth_id_person_id_page_at", "youth_id", "person_id", "page", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    youth_id: Mapped[int] = mapped_column(ForeignKey("youth.id"))
    page: Mapped[ReadPage] = mapped_column(choice(ReadPage, "page"))
    at: Mapped[datetime] = mapped_column(Moment)


class Project(Base):
    """Something done for many: a training, a centre's materials, a field visit."""

    __tablename__ = "project"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    area_code: Mapped[str] = mapped_column(ForeignKey("area.code"))
