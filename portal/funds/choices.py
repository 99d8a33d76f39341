"""What the forms and lists of fund requests offer to choose from."""

from __future__ import annotations

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
    """A category of one subcommittee, as a form offers it."""

    category: str
    subcommittee: str
    name: Name
    subcommittee_name: Name
    ceiling: Money
    serves: str


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
            serves=row.serves,
        )
        for row in session.scalars(select(Category).order_by(Category.name_th))
        for link in row.subcommittees
    ]
    funds = [
        (row.code, Name(row.name_th, row.name_en))
        for row in session.scalars(select(Fund).order_by(Fund.code))
    ]
    return Choices(categories, funds, list(subcommittees.items()), places(session))
