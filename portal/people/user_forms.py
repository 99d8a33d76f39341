"""What an administrator types about people and partners."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import HiddenField
from wtforms import RadioField
from wtforms import StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than stubs
from wtforms.validators import AnyOf
from wtforms.validators import InputRequired
from wtforms.validators import Regexp

from portal.labels import ORGANISATION_KINDS
from portal.labels import ROLE_REASONS
from portal.labels import Name
from portal.people.planned import Planned
from portal.people.rules import RoleReason
from portal.words import NOT_LISTED
from portal.words import LineField
from portal.words import OneOf
from portal.words import SeenVersion
from portal.words import at_most

USERNAME = re.compile(r"[a-z][a-z0-9._-]{1,31}\Z")
CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{0,11}\Z")


class Names:
    """The names of something in both languages."""

    name_th = LineField(
        _("Name in Thai"), validators=[InputRequired(_("Write the name.")), at_most(200)]
    )
    name_en = LineField(
        _("Name in English"), validators=[InputRequired(_("Write the name.")), at_most(200)]
    )


@dataclass(frozen=True, slots=True)
class UserAnswer:
    """Somebody to be added."""

    username: str
    name: str
    organisation: str | None


class UserForm(Planned):
    """Somebody new, without a role and without a password."""

    username = LineField(
        _("Username"),
        description=_(
            "Small letters a-z, digits, dot and hyphen; from 2 to 32. It stays for ever."
        ),
        validators=[
            InputRequired(_("Write a username.")),
            Regexp(USERNAME, message=_("Small letters a-z and digits, from 2 to 32.")),
        ],
    )
    name = LineField(
        _("First name and family name"),
        validators=[InputRequired(_("Write the name.")), at_most(200)],
    )
    organisation = OneOf(_("Organisation"))

    def offer(self, organisations: Mapping[str, str]) -> UserForm:
        """Offer the partners by code; returns itself."""
        self.organisation.choices = {"": gettext("None"), **organisations}
        return self

    def answer(self) -> UserAnswer:
        """Return who is to be added."""
        return UserAnswer(self.username.text, self.name.text, self.organisation.data or None)


class OneTimePasswordForm(SeenVersion):
    """A password to hand over, good for choosing another one."""

    password = StringField(
        _("One-time password"),
        description=_("At least 12 characters. Hand it over in person or by telephone."),
        validators=[InputRequired(_("Write a password.")), at_most(200)],
    )


class ReasonForm(SeenVersion):
    """Why a role ends."""

    reason = RadioField(
        _("Why"),
        choices=[SelectChoice(code.value, _(ROLE_REASONS[code])) for code in RoleReason],
        validate_choice=False,
        validators=[
            InputRequired(_("Choose a reason.")),
            AnyOf(list(RoleReason), message=NOT_LISTED),
        ],
    )

    @property
    def why(self) -> RoleReason:
        """Return the reason."""
        return RoleReason(self.reason.data)


@dataclass(frozen=True, slots=True)
class OrganisationAnswer:
    """A partner to be added."""

    code: str
    name_th: str
    name_en: str
    kind: str


class OrganisationForm(Names, Planned):
    """A partner: its official names are public."""

    code = LineField(
        _("Code"),
        description=_("Capital letters A-Z, digits and hyphens; at most 12. It stays for ever."),
        validators=[
            InputRequired(_("Write a code.")),
            Regexp(CODE, message=_("Capital letters A-Z, digits and hyphens; at most 12.")),
        ],
    )
    kind = OneOf(_("Sector"))

    def offer(self) -> OrganisationForm:
        """Offer the sectors; returns itself."""
        self.kind.choices = {code: gettext(text) for code, text in ORGANISATION_KINDS.items()}
        return self

    def answer(self) -> OrganisationAnswer:
        """Return the partner."""
        return OrganisationAnswer(
            self.code.text, self.name_th.text, self.name_en.text, self.kind.data
        )


@dataclass(frozen=True, slots=True)
class RenamingAnswer:
    """New official names, and those that the page showed."""

    names: Name
    seen: Name


class RenamingForm(Names, Planned):
    """New official names of a partner."""

    seen_th = HiddenField()
    seen_en = HiddenField()

    def answer(self) -> RenamingAnswer:
        """Return the names."""
        return RenamingAnswer(
            Name(self.name_th.text, self.name_en.text),
            Name(self.seen_th.data or "", self.seen_en.data or ""),
        )
