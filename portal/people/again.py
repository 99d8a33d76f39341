"""Asking for the password once more, before money goes: a page left open releases nothing."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import PasswordField
from wtforms.validators import InputRequired

from portal.db import db
from portal.people.service import WrongPasswordError
from portal.people.service import check_password
from portal.security import current_actor
from portal.words import SeenVersion
from portal.words import at_most


class AgainForm(SeenVersion):
    """A step for which who is signed in writes their password again."""

    password = PasswordField(
        _("Your password"), validators=[InputRequired(_("Write your password.")), at_most(200)]
    )

    def is_theirs(self) -> bool:
        """Say whether everything was typed, with the right password; else the field says so."""
        if not self.validate_on_submit():
            return False
        try:
            check_password(db.session(), current_actor().username, self.password.data or "")
        except WrongPasswordError:
            self.password.errors = [gettext("This is not your password.")]
            return False
        return True
