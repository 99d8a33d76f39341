"""What people type around a decision: interests, checks, ratifying, revising, acting chairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import RadioField
from wtforms import StringField
from wtforms import TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than stubs
from wtforms.validators import AnyOf
from wtforms.validators import DataRequired
from wtforms.validators import InputRequired
from wtforms.validators import Optional
from wtforms.validators import ValidationError

from portal.funds.acting import ActingAnswer
from portal.funds.answering import Revision
from portal.funds.check_rules import CheckCode
from portal.funds.forms import TEXT_LENGTH_MAX
from portal.funds.forms import BahtField
from portal.funds.line_forms import LinedForm
from portal.funds.line_forms import line_rows
from portal.funds.request_fields import AskedFields
from portal.funds.request_fields import PayeeFields
from portal.funds.urgency import Verdict
from portal.labels import Name
from portal.people.once import OnceForm
from portal.people.once import StepForm
from portal.thai import read_baht
from portal.thai import read_day
from portal.words import DayField
from portal.words import LineField
from portal.words import OneOf
from portal.words import at_most

RELATED, UNRELATED = "related", "unrelated"


class InterestForm(StepForm):
    """Whether somebody who is to decide is related to the request."""

    interest = RadioField(
        _("Are you related to the person, the payee or the project?"),
        choices=[
            SelectChoice(UNRELATED, _("No, I am not related")),
            SelectChoice(RELATED, _("Yes, I am related")),
        ],
        validators=[InputRequired(_("Choose one."))],
    )
    # Not optional: that would keep the check below from looking at an empty one.
    how = TextAreaField(_("How (not public)"), validators=[at_most(TEXT_LENGTH_MAX)])

    def validate_how(self, field: Any) -> None:
        """Ask how, when there is a relation."""
        if self.is_related and not (field.data or "").strip():
            raise ValidationError(_("Write how you are related."))

    @property
    def is_related(self) -> bool:
        """Say whether a relation is declared."""
        return bool(self.interest.data == RELATED)


class OverrideForm(StepForm):
    """Answering for a check that stops a request."""

    code = StringField(validators=[AnyOf(list(CheckCode))])
    note = TextAreaField(
        _("Why it may go on (not public)"),
        validators=[DataRequired(_("Write why.")), at_most(TEXT_LENGTH_MAX)],
    )

    @property
    def check(self) -> CheckCode:
        """Return the check that is answered for."""
        return CheckCode(str(self.code.data))


class RatifyForm(StepForm):
    """What the driving committee says of an urgent approval."""

    verdict = RadioField(
        _("What the driving committee says"),
        choices=[
            SelectChoice(Verdict.RATIFY.value, _("Ratify it")),
            SelectChoice(Verdict.REFUSE.value, _("Do not ratify it")),
        ],
        validators=[InputRequired(_("Choose one."))],
    )
    note = TextAreaField(_("Note (not public)"), validators=[Optional(), at_most(TEXT_LENGTH_MAX)])


class ReviseForm(PayeeFields, LinedForm, OnceForm):
    """What is changed of a request that was approved."""

    # As it is asked for.
    amount: BahtField = AskedFields.amount  # type: ignore[assignment]  # no form has bound it yet
    lines = line_rows()
    note = TextAreaField(
        _("Why it is changed (not public)"),
        validators=[DataRequired(_("Write why.")), at_most(TEXT_LENGTH_MAX)],
    )

    def offer(self, language: str) -> ReviseForm:
        """Fill the lists to choose from; returns itself."""
        self.offer_payees(language)
        self.offer_lines(offers=True)
        return self

    def answer(self) -> Revision:
        """Return the revision with real types."""
        return Revision(
            amount=read_baht(self.amount.data),
            payee=self.payee(self.payee_kind.data),
            note=self.note.data or "",
            lines=self.typed_lines,
        )


class ActingForm(FlaskForm):
    """Who is to act for a chair, by which order, on which days."""

    subcommittee = OneOf(_("Subcommittee"), validators=[InputRequired(_("Choose one."))])
    person = OneOf(_("Who acts for the chair"), validators=[InputRequired(_("Choose one."))])
    order = LineField(
        _("Number of the order"),
        validators=[DataRequired(_("Write the number of the order.")), at_most(100)],
    )
    from_on = DayField(_("First day"), validators=[InputRequired(_("Write the day."))])
    to_on = DayField(_("Last day"), validators=[InputRequired(_("Write the day."))])

    def offer(
        self,
        subcommittees: Sequence[tuple[str, Name]],
        people: Sequence[tuple[str, str]],
        language: str,
    ) -> ActingForm:
        """Fill the lists to choose from; returns itself."""
        none = {"": gettext("Choose one")}
        self.subcommittee.choices = none | {
            code: name.en if language == "en" else name.th for code, name in subcommittees
        }
        self.person.choices = none | dict(people)
        return self

    def answer(self) -> ActingAnswer:
        """Return the appointment with real types."""
        return ActingAnswer(
            username=self.person.data,
            subcommittee=self.subcommittee.data,
            order=self.order.data or "",
            from_on=read_day(self.from_on.data),
            to_on=read_day(self.to_on.data),
        )
