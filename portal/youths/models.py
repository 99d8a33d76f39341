"""Areas of the province, young people with their consent, and projects. Private tables."""

from __future__ import annotations

from datetime import date
from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy import String
from sqlalchemy import Text
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from portal.db import Base
from portal.db import Moment

ERASED = "(ลบข้อมูลแล้ว / erased)"


class Area(Base):
    """An amphoe or tambon, by the code of the Department of Provincial Administration."""

    __tablename__ = "area"

    code: Mapped[str] = mapped_column(String(6), primary_key=True)
    name_th: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(100))
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("area.code"))


class Youth(Base):
    """Somebody who is helped, of any age; known by the keyed hash of the id number."""

    __tablename__ = "youth"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(60))
    first_name: Mapped[str] = mapped_column(String(200))
    last_name: Mapped[str] = mapped_column(String(200))
    birth_on: Mapped[date]
    national_id: Mapped[str | None] = mapped_column(String(13))
    national_id_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    area_code: Mapped[str] = mapped_column(ForeignKey("area.code"))
    schooling: Mapped[str] = mapped_column(Text)
    erased_at: Mapped[datetime | None] = mapped_column(Moment)

    @property
    def name(self) -> str:
        """Return the full name with its title."""
        if self.erased_at is not None:
            return ERASED
        return f"{self.title}{self.first_name} {self.last_name}".strip()


class Consent(Base):
    """Who agreed that a youth's request may be kept and paid."""

    __tablename__ = "consent"

    id: Mapped[int] = mapped_column(primary_key=True)
    youth_id: Mapped[int] = mapped_column(ForeignKey("youth.id"), index=True)
    capacity: Mapped[str] = mapped_column(String(20))
    paper: Mapped[str] = mapped_column(String(200))
    recorded_at: Mapped[datetime] = mapped_column(Moment)
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment)


class Project(Base):
    """Something done for many: a training, a centre's materials, a field visit."""

    __tablename__ = "project"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    area_code: Mapped[str] = mapped_column(ForeignKey("area.code"))
