"""What the forms and lists of fund requests offer to choose from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.funds.models import Category
from portal.funds.models import Fund
from portal.funds.models import Subcommittee
from portal.labels import Name
from portal.money import Money
from portal.youths.queries import places


@dataclass(frozen=True, slots=True)
class CategoryChoice:
    """A category of one subcommittee, as a form offers it.

    `is_shared` says that other subcommittees look after the category, too.
    """

    category: str
    subcommittee: str
    name: Name
    subcommittee_name: Name
    ceiling: Money
    unit: Name
    papers: Sequence[Name]
    serves: str
    is_shared: bool

    @property
    def code(self) -> str:
        """Return what a form sends for this choice."""
        return f"{self.subcommittee}/{self.category}"


@dataclass(frozen=True, slots=True)
class Choices:
    """What the forms offer: by code, with names in both languages."""

    categories: Sequence[CategoryChoice]
    funds: Sequence[tuple[str, Name]]
    subcommittees: Sequence[tuple[str, Name]]
    places: Sequence[tuple[Name, Sequence[tuple[str, Name]]]]


def choices(session: Session) -> Choices:
    """Return every choice of the request forms; places are grouped by amphoe."""
    subcommittees = {
        row.code: Name(row.short_th, row.name_en)
        for row in session.scalars(select(Subcommittee).order_by(Subcommittee.code))
    }
    categories = [
        CategoryChoice(
            category=row.code,
            subcommittee=link.subcommittee_code,
            name=Name(row.name_th, row.name_en),
            subcommittee_name=subcommittees[link.subcommittee_code],
            ceiling=row.ceiling,
            unit=Name(row.unit_th, row.unit_en),
            papers=papers(row),
            serves=row.serves,
            is_shared=len(row.subcommittees) > 1,
        )
        for row in session.scalars(select(Category).order_by(Category.name_th))
        for link in row.subcommittees
    ]
    funds = [
        (row.code, Name(row.name_th, row.name_en))
        for row in session.scalars(select(Fund).order_by(Fund.code))
    ]
    return Choices(categories, funds, list(subcommittees.items()), places(session))


def papers(category: Category) -> Sequence[Name]:
    """Return the papers that belong to a category."""
    return [Name(paper["th"], paper["en"]) for paper in json.loads(category.papers)]
