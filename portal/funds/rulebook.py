"""The rules of the foundation as plain values: what each says, and from which day.

A rule is a subcommittee, a category, a purpose or a fund with all that holds of it. What it says
changes from a day on; what it said on any day before stays known.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import fields
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Any
from typing import TypeAlias

from portal.audit.entry import Json
from portal.audit.entry import canonical
from portal.labels import Name
from portal.money import Money


class RuleKind(StrEnum):
    """What a rule is about."""

    SUBCOMMITTEE = "subcommittee"
    CATEGORY = "category"
    PURPOSE = "purpose"
    FUND = "fund"


class TargetStep(StrEnum):
    """A step that has a time target."""

    CHECK = "check"
    DECIDE = "decide"
    PAY = "pay"
    RECEIPT = "receipt"


@dataclass(frozen=True, slots=True)
class SubcommitteeFacts:
    """What holds of a subcommittee."""

    name_th: str
    name_en: str
    short_th: str


@dataclass(frozen=True, slots=True)
class PurposeFacts:
    """What holds of a public purpose."""

    name_th: str
    name_en: str


@dataclass(frozen=True, slots=True)
class FundFacts:
    """What holds of a fund."""

    name_th: str
    name_en: str
    is_restricted: bool


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that a category asks for."""

    th: str
    en: str


@dataclass(frozen=True, slots=True)
class CategoryFacts:
    """What holds of a category of help."""

    name_th: str
    name_en: str
    unit_th: str
    unit_en: str
    ceiling_satang: int
    usual_satang: tuple[int, ...]
    serves: str
    papers: tuple[Paper, ...]
    is_urgent: bool
    purpose_code: str
    subcommittees: tuple[str, ...]

    @property
    def ceiling(self) -> Money:
        """Return the most one request may ask."""
        return Money(self.ceiling_satang)


Facts: TypeAlias = SubcommitteeFacts | PurposeFacts | FundFacts | CategoryFacts
FACTS: Mapping[RuleKind, type[Facts]] = {
    RuleKind.SUBCOMMITTEE: SubcommitteeFacts,
    RuleKind.PURPOSE: PurposeFacts,
    RuleKind.FUND: FundFacts,
    RuleKind.CATEGORY: CategoryFacts,
}
# What the log calls these; the others go by their own names.
_TOLD_AS = {"is_restricted": "restricted", "is_urgent": "urgent"}
# What the log does not spell out: it holds a digest over everything.
_UNTOLD = frozenset({"unit_th", "unit_en", "usual_satang", "papers", "purpose_code"})


def read_facts(kind: RuleKind, plain: Mapping[str, Any]) -> Facts:
    """Return facts that were kept as JSON."""
    read: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in plain.items()
    }
    if "papers" in read:
        read["papers"] = tuple(Paper(**paper) for paper in read["papers"])
    return FACTS[kind](**read)


def public_facts(facts: Facts) -> dict[str, Json]:
    """Return what the log tells of these facts, by the names it has for them."""
    return {
        _TOLD_AS.get(name, name): list(value) if isinstance(value, tuple) else value
        for name, value in asdict(facts).items()
        if name not in _UNTOLD
    }


def before(name: str) -> str:
    """Return the field that tells what a field of a changed rule said before."""
    stem, _, unit = name.rpartition("_satang")
    return f"{stem}_before_satang" if stem else f"{unit}_before"


def facts_digest(facts: Facts) -> str:
    """Return the SHA-256 over everything that holds of a rule."""
    plain: dict[str, Json] = asdict(facts)
    return sha256(canonical(plain)).hexdigest()


@dataclass(frozen=True, slots=True)
class Rule:
    """What one rule says from a day on; `version` counts up with every change of any rule."""

    kind: RuleKind
    code: str
    facts: Facts
    valid_from: date
    is_retired: bool
    version: int

    @property
    def name(self) -> Name:
        """Return its name in both languages."""
        return Name(self.facts.name_th, self.facts.name_en)


@dataclass(frozen=True, slots=True)
class FactChange:
    """One fact of a rule, before and after; before is None where the rule is new."""

    name: str
    before: object
    after: object


def fact_changes(old: Facts | None, new: Facts) -> Sequence[FactChange]:
    """Return the facts that differ, in their own order; all of them where the rule is new."""
    return [
        FactChange(field.name, getattr(old, field.name, None), getattr(new, field.name))
        for field in fields(new)
        if old is None or getattr(old, field.name) != getattr(new, field.name)
    ]
