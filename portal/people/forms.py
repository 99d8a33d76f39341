"""What people type to sign in, and to ask for sealed values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField
from wtforms import PasswordField
from wtforms import RadioField
from wtforms import SelectMultipleField
from wtforms import StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than stubs
from wtforms.validators import AnyOf
from wtforms.validators import EqualTo
from wtforms.validators import InputRequired

from portal.labels import FIELDS
from portal.labels import OPENED_FOR
from portal.people.factor_forms import ANSWER_LENGTH_MAX
from portal.people.openings import OpeningAnswer
from portal.people.rules import Purpose
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


class PasskeySignInForm(FlaskForm):
    """What a passkey answered, and where to go then."""

    credential = HiddenField(validators=[InputRequired(), at_most(ANSWER_LENGTH_MAX)])
    next = HiddenField()


@dataclass(frozen=True, slots=True)
class PasswordAnswer:
    """The password so far, and the one that a person chose."""

    old: str
    new: str


class NewPasswordForm(FlaskForm):
    """Choosing one's own password."""

    old = PasswordField(
        _("Your password so far"),
        validators=[InputRequired(_("Write your password.")), at_most(200)],
    )
    new = PasswordField(
        _("New password"), validators=[InputRequired(_("Write your password.")), at_most(200)]
    )
    again = PasswordField(
        _("The new password again"),
        validators=[EqualTo("new", message=_("The two new passwords are not the same."))],
    )

    def answer(self) -> PasswordAnswer:
        """Return what was typed."""
        return PasswordAnswer(self.old.data or "", self.new.data or "")


class OpeningForm(FlaskForm):
    """Which sealed values of an entry, what for, and under which number the case is kept."""

    eid = HiddenField()
    sealed_fields = SelectMultipleField(
        _("What to open"), validators=[InputRequired(_("Tick at least one."))]
    )
    purpose = RadioField(
        _("What for"),
        choices=[SelectChoice(purpose.value, _(OPENED_FOR[purpose])) for purpose in Purpose],
        validate_choice=False,
        validators=[
            InputRequired(_("Choose what it is for.")),
            AnyOf(list(Purpose), message=_("Choose one of the list.")),
        ],
    )
    case_number = StringField(
        _("Number of the case in your files"),
        validators=[InputRequired(_("Write the number of the case.")), at_most(60)],
    )

    def offer(self, fields: Iterable[str]) -> OpeningForm:
        """Offer the sealed values of an entry; returns itself."""
        choices: Any = [(name, gettext(FIELDS[name])) for name in fields]
        self.sealed_fields.choices = choices
        return self

    def answer(self) -> OpeningAnswer:
        """Return what was asked."""
        return OpeningAnswer(
            self.eid.data or "",
            tuple(self.sealed_fields.data or ()),
            Purpose(self.purpose.data),
            self.case_number.data or "",
        )


class VerdictForm(FlaskForm):
    """Grant or refuse: two buttons."""

    verdict = StringField(validators=[AnyOf(["grant", "refuse"])])

    @property
    def is_granted(self) -> bool:
        """Say which button was pressed."""
        return bool(self.verdict.data == "grant")
