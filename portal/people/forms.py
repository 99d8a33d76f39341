"""What people type to sign in."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField
from wtforms import PasswordField
from wtforms import StringField
from wtforms.validators import InputRequired
from wtforms.validators import Length


class SignInForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """A username and a password."""

    username = StringField(
        _("Username"), validators=[InputRequired(_("Write your username.")), Length(max=60)]
    )
    password = PasswordField(
        _("Password"), validators=[InputRequired(_("Write your password.")), Length(max=200)]
    )
    next = HiddenField()


class SignOutForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """Nothing but the token that proves the click was meant."""
