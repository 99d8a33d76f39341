"""Public names, refusals and notices in the language of the page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any
from typing import Protocol

from flask import flash
from flask_babel import force_locale
from flask_babel import get_locale
from flask_babel import gettext
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import IntegerField
from wtforms import SelectField
from wtforms import StringField
from wtforms.validators import InputRequired
from wtforms.validators import Length
from wtforms.validators import ValidationError
from wtforms.widgets import HiddenInput

from portal.errors import N_
from portal.labels import TABLES
from portal.labels import Name
from portal.labels import label
from portal.money import Money
from portal.roles import Role
from portal.thai import read_day
from portal.thai import short_day
from portal.thai import tidy

# WTForms speaks no Thai; these are said in our own words.
NOT_LISTED = lazy_gettext("Choose one of the list.")


class OneOf(SelectField):
    """A list to choose one from."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # WTForms' own signature
        super().__init__(*args, **kwargs)
        self.invalid_choice_message = NOT_LISTED


class LineField(StringField):
    """One line of text, tidied before anything looks at it."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Take what was typed as it was meant."""
        super().process_formdata([tidy(value) for value in valuelist])

    @property
    def text(self) -> str:
        """Return what was typed; nothing is an empty text."""
        return self.data or ""


class DayField(StringField):
    """A day in any way Thai people write it; พ.ศ. or ค.ศ."""

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 - WTForms' own signature
        """Refuse what is no day; whether one is needed the form says."""
        if not self.data:
            return
        try:
            read_day(self.data)
        except ValueError as error:
            raise ValidationError(lazy_gettext(N_("Write the date like 22/11/2569."))) from error


class SeenVersion(FlaskForm):
    """The version of the thing as the page showed it."""

    seen_version = IntegerField(widget=HiddenInput(), validators=[InputRequired()])

    @property
    def seen(self) -> int:
        """Return the version that the page showed."""
        return int(self.seen_version.data or 0)


def at_most(length: int) -> Length:
    """Refuse a text that is longer."""
    return Length(max=length, message=lazy_gettext("At most %(max)d characters."))


def shown(value: str, table: str, channel: str = "") -> str:
    """Return the public name of a value, in the language of the page."""
    text: str = gettext(label(table, value, channel))
    return text


def in_language(name: Name) -> str:
    """Return a name in the language of the page."""
    return name.en if str(get_locale()) == "en" else name.th


def in_both(texts: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return texts in Thai and in English, for a page that speaks both."""
    with force_locale("th"):
        thai = {name: gettext(text) for name, text in texts.items()}
    with force_locale("en"):
        return {name: (thai[name], gettext(text)) for name, text in texts.items()}


class Sentence(Protocol):
    """A sentence with the facts in it: a refusal, or the reason of a suggestion."""

    @property
    def sentence(self) -> str:
        """Return the English template."""

    @property
    def facts(self) -> Mapping[str, object]:
        """Return what stands in it."""


def say(error: Sentence) -> str:
    """Write an error's sentence in the language of the page."""
    facts = {name: _said(fact) for name, fact in error.facts.items()}
    sentence: str = gettext(error.sentence).format(**facts)
    return sentence


def tell(what: str, why: str, reference: str | None = None, **facts: object) -> None:
    """Say on the next page what was done, and what comes next; texts are marked by `N_`."""
    say_next(gettext(what, **facts), gettext(why, **facts), reference)


def say_next(what: str, why: str, reference: str | None) -> None:
    """Say on the next page what stands here already in its language."""
    notice: Any = {"what": what, "why": why, "reference": reference}
    flash(notice, "success")  # base_office.html spells it out


def _said(fact: object) -> object:
    match fact:
        case Money():
            return str(fact)
        case date():
            return short_day(fact, str(get_locale()))
        case Role():
            return shown(fact, "role")
        case StrEnum():
            return _said_choice(fact)
        case tuple():
            return ", ".join(str(_said(part)) for part in fact)
        case _:
            return fact


_CAPITAL = re.compile("(?<!^)(?=[A-Z])")
# The tables that refusals speak of.
_CHOICES = (
    "state",
    "action",
    "document",
    "check",
    "finding_state",
    "concern_state",
    "finding_action",
    "concern_action",
    "report_state",
    "report_action",
    "opinion",
)


def _said_choice(fact: StrEnum) -> str:
    # `PaymentState` has a table of its own, and shares codes with a request's states.
    own = _CAPITAL.sub("_", type(fact).__name__).lower()
    tables = (own, *_CHOICES) if own in TABLES else _CHOICES
    table = next((table for table in tables if fact in TABLES[table]), None)
    return shown(fact, table) if table else str(fact)
