"""What the forms and lists of fund requests offer to choose from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import Today
from portal.funds.rule_models import Category
from portal.funds.rule_models import Fund
from portal.funds.rule_models import Subcommittee
from portal.funds.rulebook import CategoryFacts
from portal.funds.rulebook import RuleKind
from portal.funds.rules_in_force import rules_on
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
    """Return every choice of the request forms today; places are grouped by amphoe."""
    subcommittees = {
        row.code: Name(row.short_th, row.name_en)
        for row in session.scalars(select(Subcommittee).order_by(Subcommittee.code))
    }
    rules = {key: rule for key, rule in rules_on(session, Today()).items() if not rule.is_retired}
    found = [(rule.code, rule.facts) for rule in rules.values()]
    categories = [
        CategoryChoice(
            category=code,
            subcommittee=subcommittee,
            name=Name(facts.name_th, facts.name_en),
            subcommittee_name=subcommittees[subcommittee],
            ceiling=facts.ceiling,
            unit=Name(facts.unit_th, facts.unit_en),
            papers=[Name(paper.th, paper.en) for paper in facts.papers],
            serves=facts.serves,
            is_shared=len(facts.subcommittees) > 1,
        )
        for code, facts in sorted(found, key=lambda pair: pair[1].name_th)
        if isinstance(facts, CategoryFacts)
        for subcommittee in facts.subcommittees
        if (RuleKind.SUBCOMMITTEE, subcommittee) in rules
    ]
    funds = [
        (row.code, Name(row.name_th, row.name_en))
        for row in session.scalars(select(Fund).order_by(Fund.code))
        if (RuleKind.FUND, row.code) in rules
    ]
    return Choices(categories, funds, list(subcommittees.items()), places(session))


def papers(category: Category) -> Sequence[Name]:
    """Return the papers that belong to a category."""
    return [Name(paper["th"], paper["en"]) for paper in json.loads(category.papers)]
