"""What people type or let their device answer for a second factor."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import Field
from wtforms import HiddenField
from wtforms import StringField
from wtforms.validators import InputRequired
from wtforms.validators import ValidationError

from portal.words import LineField
from portal.words import at_most

# What a browser answers for a passkey is some thousand letters long.
ANSWER_LENGTH_MAX = 20_000


class CodeForm(FlaskForm):
    """A code of the app or of the recovery list, or else the answer of a passkey."""

    code = StringField(
        _("Code"),
        description=_(
            "The six digits that your authenticator app shows now, or one of your recovery codes."
        ),
        validators=[at_most(40)],
    )
    credential = HiddenField(validators=[at_most(ANSWER_LENGTH_MAX)])

    def validate_code(self, field: Field) -> None:
        """Ask for the code where no passkey answered."""
        if not field.data and not self.credential.data:
            raise ValidationError(gettext("Write the code."))

    def refuse(self, sentence: str) -> None:
        """Say beside the code why it, or the passkey, was not taken; it is typed anew."""
        self.code.errors = [sentence]
        self.code.data = self.credential.data = ""


class AppForm(FlaskForm):
    """The first code of an app, and the secret that was offered, encrypted."""

    token = HiddenField(validators=[at_most(200)])
    code = StringField(
        _("The six digits that the app shows now"),
        validators=[InputRequired(_("Write the code.")), at_most(40)],
    )


class NameForm(FlaskForm):
    """What a passkey is called."""

    name = LineField(
        _("Name of the passkey"),
        description=_("So that you know it again: the device that keeps it, for example."),
        validators=[InputRequired(_("Write the name.")), at_most(60)],
    )


class PasskeyForm(NameForm):
    """A new passkey, as the browser made it."""

    credential = HiddenField(validators=[at_most(ANSWER_LENGTH_MAX)])
