"""What people type about a person: the record, a guardian, a consent, a verdict on a pair."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import BooleanField
from wtforms import Field
from wtforms import SelectMultipleField
from wtforms import StringField
from wtforms.validators import AnyOf
from wtforms.validators import DataRequired
from wtforms.validators import InputRequired
from wtforms.validators import Optional
from wtforms.validators import ValidationError

from portal.clock import now
from portal.id_numbers import read_id_number
from portal.labels import TABLES
from portal.labels import Name
from portal.thai import bangkok_day
from portal.thai import read_day
from portal.thai import typed_day
from portal.words import NOT_LISTED
from portal.words import DayField
from portal.words import LineField
from portal.words import OneOf
from portal.words import SeenVersion
from portal.words import at_most
from portal.youths.consenting import ConsentAnswer
from portal.youths.consenting import GuardianAnswer
from portal.youths.record_page import RecordPage
from portal.youths.rules import Activity
from portal.youths.rules import Purpose
from portal.youths.rules import Relation
from portal.youths.rules import Signers
from portal.youths.rules import Verdict
from portal.youths.service import RecordAnswer
from portal.youths.service import YouthAnswer
from portal.youths.situations import DISADVANTAGES
from portal.youths.situations import PATHWAYS

SCHOOLING_LENGTH_MAX = 400


class RecordForm(SeenVersion):
    """All that a record holds of a person."""

    title = LineField(_("Title"), validators=[Optional(), at_most(60)])
    first_name = LineField(
        _("First name"), validators=[DataRequired(_("Write the first name.")), at_most(200)]
    )
    last_name = LineField(
        _("Last name"), validators=[DataRequired(_("Write the last name.")), at_most(200)]
    )
    birth_on = DayField(_("Birth date"), validators=[InputRequired(_("Write the birth date."))])
    national_id = LineField(
        _("National id"),
        description=_("13 digits, or G and 12 digits. Leave empty if there is none."),
        validators=[Optional(), at_most(40)],
    )
    place = OneOf(_("Tambon"), validators=[InputRequired(_("Choose the tambon."))])
    activity = OneOf(_("Learning and work now"))
    pathway = OneOf(_("Learning pathway"), validators=[Optional()])
    schooling = LineField(_("Schooling"), validators=[Optional(), at_most(SCHOOLING_LENGTH_MAX)])
    disadvantages = SelectMultipleField(_("Disadvantage"))

    def offer(
        self, places: Sequence[tuple[Name, Sequence[tuple[str, Name]]]], language: str
    ) -> RecordForm:
        """Fill the lists to choose from, in the language of the page; returns itself."""

        def text(name: Name) -> str:
            return name.en if language == "en" else name.th

        self.place.choices = {
            text(amphoe): {code: text(name) for code, name in below} for amphoe, below in places
        }
        self.activity.choices = _offered("activity")
        self.pathway.choices = {"": gettext("None yet")} | {
            code: text(name) for code, name in PATHWAYS.items()
        }
        self.disadvantages.choices = [
            (code, text(situation.name)) for code, situation in DISADVANTAGES.items()
        ]
        return self

    def validate_national_id(self, field: Field) -> None:
        """Refuse what has not the shape of an id number; a wrong check digit is shown later."""
        try:
            read_id_number(field.data)
        except ValueError as error:
            raise ValidationError(_("An id number has 13 digits, or G and 12 digits.")) from error

    def validate_birth_on(self, field: Field) -> None:
        """Refuse a birth after today."""
        if not field.errors and read_day(field.data) > bangkok_day(now()):
            raise ValidationError(_("The birth date lies in the future."))

    def answer(self) -> RecordAnswer:
        """Return the record with real types."""
        person = YouthAnswer(
            title=self.title.data or "",
            first_name=self.first_name.data or "",
            last_name=self.last_name.data or "",
            birth_on=read_day(self.birth_on.data),
            national_id=read_id_number(self.national_id.data) if self.national_id.data else None,
            schooling=self.schooling.data or "",
        )
        return RecordAnswer(
            person=person,
            area_code=self.place.data,
            activity=Activity(self.activity.data),
            pathway=self.pathway.data or None,
            disadvantages=tuple(self.disadvantages.data or ()),
        )


def typed(page: RecordPage) -> dict[str, object]:
    """Return what a record holds in the fields of its form."""
    return {
        "seen_version": page.version,
        "title": page.title,
        "first_name": page.first_name,
        "last_name": page.last_name,
        "birth_on": typed_day(page.birth_on),
        "national_id": page.national_id,
        "place": page.area_code,
        "activity": page.activity.value,
        "pathway": page.pathway_code or "",
        "schooling": page.schooling,
        "disadvantages": [situation.code for situation in page.disadvantages],
    }


def _offered(table: str) -> dict[str, str]:
    return {code: gettext(text) for code, text in TABLES[table].items()}


class GuardianForm(SeenVersion):
    """Somebody who looks after the person."""

    name = LineField(
        _("Name of the guardian"), validators=[DataRequired(_("Write the name.")), at_most(200)]
    )
    relation = OneOf(_("Relation"), validators=[InputRequired(_("Choose the relation."))])
    paper = LineField(_("Paper that gives them the power"), validators=[Optional(), at_most(200)])

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # WTForms' own signature
        super().__init__(*args, **kwargs)
        self.relation.choices = {"": gettext("Choose one"), **_offered("relation")}

    def answer(self) -> GuardianAnswer:
        """Return the guardian with real types."""
        return GuardianAnswer(
            self.name.data or "", Relation(self.relation.data), self.paper.data or ""
        )


class ConsentForm(SeenVersion):
    """What was agreed to, by whom, on which paper; nothing is ticked beforehand."""

    purposes = SelectMultipleField(
        _("What they agree to"), validators=[InputRequired(_("Tick at least one."))]
    )
    person_signed = BooleanField(_("The person has signed"))
    guardian = LineField(_("Guardian who has signed"), validators=[Optional(), at_most(200)])
    relation = OneOf(_("Relation"), validators=[Optional()])
    power_paper = LineField(
        _("Paper that gives them the power"), validators=[Optional(), at_most(200)]
    )
    paper = LineField(
        _("Number or place of the consent paper"),
        validators=[DataRequired(_("Write where the signed paper is.")), at_most(200)],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # WTForms' own signature
        super().__init__(*args, **kwargs)
        self.purposes.choices = [*_offered("consent_purpose").items()]
        self.relation.choices = {"": gettext("None"), **_offered("relation")}

    def answer(self) -> ConsentAnswer:
        """Return the consent with real types."""
        signers = Signers(
            person_signed=bool(self.person_signed.data),
            guardian=self.guardian.data or "",
            relation=Relation(self.relation.data) if self.relation.data else None,
            power_paper=self.power_paper.data or "",
        )
        purposes = frozenset(map(Purpose, self.purposes.data or ()))
        return ConsentAnswer(purposes, signers, self.paper.data or "")


class PairForm(SeenVersion):
    """One person or two: two buttons."""

    verdict = StringField(validators=[AnyOf(list(Verdict), message=NOT_LISTED)])

    def answer(self) -> Verdict:
        """Return which button was pressed."""
        return Verdict(self.verdict.data or "")
