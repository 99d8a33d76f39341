"""Tables of the rules: subcommittees, categories, purposes and funds, and what each said when."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any
from typing import TypeVar

from sqlalchemy import JSON
from sqlalchemy import BigInteger
from sqlalchemy import Boolean
from sqlalchemy import ColumnElement
from sqlalchemy import ForeignKey
from sqlalchemy import Index
from sqlalchemy import String
from sqlalchemy import Text
from sqlalchemy import false
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import column_property
from sqlalchemy.orm import mapped_column
from sqlalchemy.orm import relationship

from portal.db import Base
from portal.db import Today
from portal.db import choice
from portal.db import column_of
from portal.funds.models import log_reference
from portal.funds.rulebook import Facts
from portal.funds.rulebook import RuleKind
from portal.money import Money


class RuleVersion(Base):
    """What a rule says from a day on, whole; never changed.

    On a day holds the newest version that has begun, and of one day the one written last.
    """

    __tablename__ = "rule_version"
    __table_args__ = (Index("ix_rule_version_rule", "kind", "code", "valid_from"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[RuleKind] = mapped_column(choice(RuleKind, "kind"))
    code: Mapped[str] = mapped_column(String(40))
    valid_from: Mapped[date]
    # By the names of the columns below.
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)  # what JSON holds
    is_retired: Mapped[bool] = mapped_column(default=False)
    log_eid: Mapped[str] = log_reference()


T = TypeVar("T")


def _newest(
    kind: RuleKind, code: Mapped[str], said: ColumnElement[T], first: ColumnElement[T] | None
) -> ColumnElement[T]:
    """Return what the newest version that has begun says, or else what was set up."""
    newest = (
        select(said)
        .where(
            RuleVersion.kind == kind,
            RuleVersion.code == column_of(code),
            RuleVersion.valid_from <= Today(),
        )
        .order_by(RuleVersion.valid_from.desc(), RuleVersion.id.desc())
        .limit(1)
        .correlate_except(RuleVersion)
        .scalar_subquery()
    )
    return newest if first is None else func.coalesce(newest, first)


def _today(
    kind: RuleKind, code: Mapped[str], first: Mapped[T], *, is_listed: bool = False
) -> Mapped[T]:
    """Return a column as it holds today; `first` is the column as it was set up.

    Lists show names; the rest is fetched, all together, when something looks at it.
    """
    column = column_of(first)
    said = RuleVersion.facts[column.name].as_string().cast(column.type)
    newest = _newest(kind, code, said, column)
    return column_property(newest, deferred=not is_listed, group="rule")


def _retired(kind: RuleKind, code: Mapped[str]) -> Mapped[bool]:
    newest = _newest(kind, code, RuleVersion.__table__.c.is_retired, false())
    return column_property(newest, deferred=True, group="rule")


def as_set_up(facts: Facts) -> dict[str, Any]:
    """Return facts as the columns of a new row keep them: texts, numbers and JSON."""
    return {
        f"first_{name}": json.dumps(v, ensure_ascii=False) if isinstance(v, tuple) else v
        for name, v in asdict(facts).items()
        if name != "subcommittees"
    }


class Subcommittee(Base):
    """One of the subcommittees; its chair decides.

    As of every rule, the row keeps what was set up, and what is read of it is what holds today.
    """

    __tablename__ = "subcommittee"

    code: Mapped[str] = mapped_column(String(12), primary_key=True)
    first_name_th: Mapped[str] = mapped_column("name_th", String(200))
    first_short_th: Mapped[str] = mapped_column("short_th", String(200))
    first_name_en: Mapped[str] = mapped_column("name_en", String(200))

    name_th: Mapped[str] = _today(RuleKind.SUBCOMMITTEE, code, first_name_th, is_listed=True)
    short_th: Mapped[str] = _today(RuleKind.SUBCOMMITTEE, code, first_short_th, is_listed=True)
    name_en: Mapped[str] = _today(RuleKind.SUBCOMMITTEE, code, first_name_en, is_listed=True)
    is_retired: Mapped[bool] = _retired(RuleKind.SUBCOMMITTEE, code)


class Purpose(Base):
    """A purpose that may be told in public."""

    __tablename__ = "purpose"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    first_name_th: Mapped[str] = mapped_column("name_th", String(200))
    first_name_en: Mapped[str] = mapped_column("name_en", String(200))

    name_th: Mapped[str] = _today(RuleKind.PURPOSE, code, first_name_th, is_listed=True)
    name_en: Mapped[str] = _today(RuleKind.PURPOSE, code, first_name_en, is_listed=True)
    is_retired: Mapped[bool] = _retired(RuleKind.PURPOSE, code)


class Category(Base):
    """A kind of help with its ceiling."""

    __tablename__ = "category"

    code: Mapped[str] = mapped_column(String(12), primary_key=True)
    first_name_th: Mapped[str] = mapped_column("name_th", String(200))
    first_name_en: Mapped[str] = mapped_column("name_en", String(200))
    first_unit_th: Mapped[str] = mapped_column("unit_th", String(60))
    first_unit_en: Mapped[str] = mapped_column("unit_en", String(60))
    first_ceiling_satang: Mapped[int] = mapped_column("ceiling_satang", BigInteger)
    first_usual_satang: Mapped[str] = mapped_column("usual_satang", Text)
    first_serves: Mapped[str] = mapped_column("serves", String(20))
    first_papers: Mapped[str] = mapped_column("papers", Text)
    first_is_urgent: Mapped[bool] = mapped_column("is_urgent", Boolean)
    first_purpose_code: Mapped[str] = mapped_column(
        "purpose_code", String(40), ForeignKey("purpose.code")
    )

    name_th: Mapped[str] = _today(RuleKind.CATEGORY, code, first_name_th, is_listed=True)
    name_en: Mapped[str] = _today(RuleKind.CATEGORY, code, first_name_en, is_listed=True)
    unit_th: Mapped[str] = _today(RuleKind.CATEGORY, code, first_unit_th)
    unit_en: Mapped[str] = _today(RuleKind.CATEGORY, code, first_unit_en)
    ceiling_satang: Mapped[int] = _today(RuleKind.CATEGORY, code, first_ceiling_satang)
    usual_satang: Mapped[str] = _today(RuleKind.CATEGORY, code, first_usual_satang)
    serves: Mapped[str] = _today(RuleKind.CATEGORY, code, first_serves)
    papers: Mapped[str] = _today(RuleKind.CATEGORY, code, first_papers)
    is_urgent: Mapped[bool] = _today(RuleKind.CATEGORY, code, first_is_urgent)
    purpose_code: Mapped[str] = _today(RuleKind.CATEGORY, code, first_purpose_code)
    is_retired: Mapped[bool] = _retired(RuleKind.CATEGORY, code)

    first_subcommittees: Mapped[list[CategorySubcommittee]] = relationship(lazy="selectin")
    _subcommittees: Mapped[str | None] = column_property(
        _newest(RuleKind.CATEGORY, code, RuleVersion.facts["subcommittees"].as_string(), None),
        deferred=True,
        group="rule",
    )

    @property
    def ceiling(self) -> Money:
        """Return the most one request may ask."""
        return Money(self.ceiling_satang)

    @property
    def subcommittees(self) -> Sequence[str]:
        """Return the codes of the subcommittees that look after it."""
        if self._subcommittees is None:
            return sorted(row.subcommittee_code for row in self.first_subcommittees)
        codes: list[str] = json.loads(self._subcommittees)
        return codes


class CategorySubcommittee(Base):
    """Which subcommittee looked after which category when it was set up."""

    __tablename__ = "category_subcommittee"

    category_code: Mapped[str] = mapped_column(ForeignKey("category.code"), primary_key=True)
    subcommittee_code: Mapped[str] = mapped_column(
        ForeignKey("subcommittee.code"), primary_key=True
    )


class Fund(Base):
    """Money from one source, kept apart from the others."""

    __tablename__ = "fund"

    code: Mapped[str] = mapped_column(String(12), primary_key=True)
    first_name_th: Mapped[str] = mapped_column("name_th", String(200))
    first_name_en: Mapped[str] = mapped_column("name_en", String(200))
    first_is_restricted: Mapped[bool] = mapped_column("is_restricted", Boolean)

    name_th: Mapped[str] = _today(RuleKind.FUND, code, first_name_th, is_listed=True)
    name_en: Mapped[str] = _today(RuleKind.FUND, code, first_name_en, is_listed=True)
    is_restricted: Mapped[bool] = _today(RuleKind.FUND, code, first_is_restricted)
    is_retired: Mapped[bool] = _retired(RuleKind.FUND, code)
