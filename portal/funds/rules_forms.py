"""What an administrator types about a rule: shape and size, no rules of the house."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import BooleanField
from wtforms import Field
from wtforms import IntegerField
from wtforms import RadioField
from wtforms import SelectMultipleField
from wtforms import TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than stubs
from wtforms.validators import AnyOf
from wtforms.validators import InputRequired
from wtforms.validators import Optional
from wtforms.validators import Regexp
from wtforms.validators import ValidationError
from wtforms.widgets import HiddenInput

from portal.funds.forms import BahtField
from portal.funds.rulebook import CategoryFacts
from portal.funds.rulebook import Facts
from portal.funds.rulebook import FundFacts
from portal.funds.rulebook import Paper
from portal.funds.rulebook import PurposeFacts
from portal.funds.rulebook import Rule
from portal.funds.rulebook import RuleKind
from portal.funds.rulebook import SubcommitteeFacts
from portal.funds.rules_page import RulesPage
from portal.funds.ruling import Change
from portal.funds.ruling import Ending
from portal.funds.ruling import NewRule
from portal.labels import SERVES
from portal.money import Money
from portal.people.planned import Planned
from portal.people.user_forms import CODE
from portal.people.user_forms import Names
from portal.thai import read_baht
from portal.thai import read_day
from portal.thai import tidy
from portal.thai import typed_day
from portal.words import NOT_LISTED
from portal.words import DayField
from portal.words import LineField
from portal.words import OneOf
from portal.words import SeenVersion
from portal.words import at_most
from portal.words import in_language

TEXT_LENGTH_MAX = 4000


@dataclass(frozen=True, slots=True)
class Offered:
    """What a category's form offers to choose from, by code, in the language of the page."""

    subcommittees: Mapping[str, str]
    purposes: Mapping[str, str]


def rule_names(page: RulesPage) -> Mapping[str, Mapping[str, str]]:
    """Return the names of rules by kind and code, in the language of the page."""
    return {
        kind.value: {code: in_language(name) for code, name in page.names(kind).items()}
        for kind in RuleKind
    }


class RuleForm(Planned):
    """What every rule tells; a new one has a code, a change the day from which it holds."""

    kind: RuleKind
    # The rule that is changed, if it is no new one.
    changes: Rule | None = None

    code = LineField(
        _("Code"),
        description=_("Capital letters A-Z, digits and hyphens; at most 12. It stays for ever."),
        validators=[
            InputRequired(_("Write a code.")),
            Regexp(CODE, message=_("Capital letters A-Z, digits and hyphens; at most 12.")),
        ],
    )
    valid_from = DayField(
        _("Holds from"), validators=[InputRequired(_("Write the day from which it holds."))]
    )
    seen_version = IntegerField(widget=HiddenInput(), validators=[Optional()])

    def offer(self, offered: Offered) -> RuleForm:  # noqa: ARG002 - categories choose
        """Offer what there is to choose from; returns itself."""
        return self

    def facts(self) -> Facts:
        """Return what is to hold."""
        raise NotImplementedError

    def answer(self) -> NewRule | Change:
        """Return the new rule, or the change of one."""
        if self.changes is None:
            return NewRule(self.kind, self.code.text, self.facts())
        valid_from, seen = read_day(self.valid_from.data), int(self.seen_version.data or 0)
        return Change(self.kind, self.changes.code, self.facts(), valid_from, seen)


class SubcommitteeForm(Names, RuleForm):
    """A subcommittee."""

    kind = RuleKind.SUBCOMMITTEE

    short_th = LineField(
        _("Short name in Thai"), validators=[InputRequired(_("Write the name.")), at_most(200)]
    )

    def facts(self) -> SubcommitteeFacts:
        """Return what is to hold of it."""
        return SubcommitteeFacts(self.name_th.text, self.name_en.text, self.short_th.text)


class PurposeForm(Names, RuleForm):
    """A public purpose."""

    kind = RuleKind.PURPOSE

    def facts(self) -> PurposeFacts:
        """Return what is to hold of it."""
        return PurposeFacts(self.name_th.text, self.name_en.text)


class FundForm(Names, RuleForm):
    """A fund."""

    kind = RuleKind.FUND

    is_restricted = BooleanField(_("Tied by the donor"))

    def facts(self) -> FundFacts:
        """Return what is to hold of it."""
        return FundFacts(self.name_th.text, self.name_en.text, bool(self.is_restricted.data))


def lines(text: str | None) -> list[str]:
    """Return the lines that say something, tidied."""
    return [line for line in map(tidy, (text or "").splitlines()) if line]


class CategoryForm(Names, RuleForm):
    """A kind of help."""

    kind = RuleKind.CATEGORY

    ceiling = BahtField(
        _("At most for one request"), validators=[InputRequired(_("Write the amount."))]
    )
    usual = TextAreaField(
        _("Usual amounts"),
        description=_("One on each line, in baht."),
        validators=[Optional(), at_most(TEXT_LENGTH_MAX)],
    )
    unit_th = LineField(
        _("Unit in Thai"), validators=[InputRequired(_("Write the unit.")), at_most(60)]
    )
    unit_en = LineField(
        _("Unit in English"), validators=[InputRequired(_("Write the unit.")), at_most(60)]
    )
    serves = RadioField(
        _("For whom"),
        choices=[SelectChoice(code, _(text)) for code, text in SERVES.items()],
        validate_choice=False,
        validators=[AnyOf(list(SERVES), message=NOT_LISTED)],
    )
    subcommittees = SelectMultipleField(
        _("Subcommittees"), validators=[InputRequired(_("Tick at least one."))]
    )
    purpose_code = OneOf(
        _("Public purpose"), validators=[InputRequired(_("Choose one of the list."))]
    )
    papers = TextAreaField(
        _("Papers to attach"),
        description=_("One on each line: the name in Thai, a bar |, the name in English."),
        validators=[Optional(), at_most(TEXT_LENGTH_MAX)],
    )
    is_urgent = BooleanField(_("For emergencies"))

    def offer(self, offered: Offered) -> CategoryForm:
        """Offer the subcommittees and purposes; returns itself."""
        subcommittees: Any = list(offered.subcommittees.items())
        self.subcommittees.choices = subcommittees
        self.purpose_code.choices = {"": gettext("Choose one"), **offered.purposes}
        return self

    def validate_usual(self, field: Field) -> None:
        """Refuse a line that is no amount."""
        try:
            _amounts(field.data)
        except ValueError as error:
            raise ValidationError(_("Write the amount in baht, like 1,500.")) from error

    def validate_papers(self, field: Field) -> None:
        """Refuse a line without both names."""
        if any(not paper.th or not paper.en for paper in _papers(field.data)):
            raise ValidationError(_("Write both names of each paper, with a bar | between them."))

    def facts(self) -> CategoryFacts:
        """Return what is to hold of it."""
        return CategoryFacts(
            name_th=self.name_th.text,
            name_en=self.name_en.text,
            unit_th=self.unit_th.text,
            unit_en=self.unit_en.text,
            ceiling_satang=read_baht(self.ceiling.data).satang,
            usual_satang=_amounts(self.usual.data),
            serves=self.serves.data,
            papers=_papers(self.papers.data),
            is_urgent=bool(self.is_urgent.data),
            purpose_code=self.purpose_code.data,
            subcommittees=tuple(sorted(self.subcommittees.data or ())),
        )


def _amounts(text: str | None) -> tuple[int, ...]:
    return tuple(sorted({read_baht(line).satang for line in lines(text)}))


def _papers(text: str | None) -> tuple[Paper, ...]:
    halves = (line.partition("|") for line in lines(text))
    return tuple(Paper(th.strip(), en.strip()) for th, _bar, en in halves)


FORMS: Mapping[RuleKind, type[RuleForm]] = {
    form.kind: form for form in (SubcommitteeForm, CategoryForm, PurposeForm, FundForm)
}


def new_form(kind: RuleKind) -> RuleForm:
    """Return the form of a new rule."""
    form = FORMS[kind](serves="any")
    del form.valid_from
    return form


def change_form(rule: Rule, *, day: date) -> RuleForm:
    """Return the form of a change, filled in with what is known to come last."""
    begins = typed_day(max(day, rule.valid_from))
    typed = {**_typed(rule.facts), "valid_from": begins, "seen_version": rule.version}
    form = FORMS[rule.kind](data=typed)
    form.changes = rule
    del form.code
    return form


def _typed(facts: Facts) -> dict[str, object]:
    """Return facts as somebody would type them."""
    typed = {name: getattr(facts, name) for name in facts.__slots__}
    if isinstance(facts, CategoryFacts):
        typed["ceiling"] = str(facts.ceiling)
        typed["usual"] = "\n".join(str(Money(satang)) for satang in facts.usual_satang)
        typed["papers"] = "\n".join(f"{paper.th} | {paper.en}" for paper in facts.papers)
    return typed


class EndForm(SeenVersion, Planned):
    """The day from which a rule is not used any more."""

    valid_from = DayField(
        _("Ends on"), validators=[InputRequired(_("Write the day on which it ends."))]
    )

    ends: Rule

    def answer(self) -> Ending:
        """Return what is to end, and when."""
        return Ending(self.ends.kind, self.ends.code, read_day(self.valid_from.data), self.seen)


def end_form(rule: Rule, *, day: date) -> EndForm:
    """Return the form that ends a rule."""
    form = EndForm(valid_from=typed_day(max(day, rule.valid_from)), seen_version=rule.version)
    form.ends = rule
    return form
