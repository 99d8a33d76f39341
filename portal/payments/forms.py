"""What treasurers type: shape and size only."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import IntegerField
from wtforms import StringField
from wtforms import TextAreaField
from wtforms.validators import DataRequired
from wtforms.validators import InputRequired
from wtforms.widgets import HiddenInput

from portal.words import at_most


class StepForm(FlaskForm):
    """One step of one payment, with the version the page showed."""

    seen_version = IntegerField(widget=HiddenInput(), validators=[InputRequired()])


class ConfirmForm(StepForm):
    """The bank has paid, and says so by a reference."""

    bank_reference = StringField(
        _("The bank's reference"),
        validators=[DataRequired(_("Enter the bank's reference.")), at_most(60)],
    )


class VoidForm(StepForm):
    """A payment is cancelled before it is sent."""

    note = TextAreaField(
        _("Why it is cancelled (not public)"),
        validators=[DataRequired(_("Say why it is cancelled.")), at_most(1000)],
    )


class PrepareForm(FlaskForm):
    """Requests ticked to be paid: each tick is `id-version`."""
