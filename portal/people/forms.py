"""What people type to sign in."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField
from wtforms import PasswordField
from wtforms import StringField
from wtforms.validators import InputRequired

from portal.words import at_most


@dataclass(frozen=True, slots=True)
class SignInAnswer:
    """Who wants to sign in, and where to go then."""

    username: str
    password: str
    wanted: str


class SignInForm(FlaskForm):
    """A username and a password."""

    username = StringField(
        _("Username"), validators=[InputRequired(_("Write your username.")), at_most(60)]
    )
    password = PasswordField(
        _("Password"), validators=[InputRequired(_("Write your password.")), at_most(200)]
    )
    next = HiddenField()

    def answer(self) -> SignInAnswer:
        """Return what was typed."""
        return SignInAnswer(
            self.username.data or "", self.password.data or "", self.next.data or ""
        )
