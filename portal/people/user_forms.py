"""What an administrator types about people and partners."""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Sequence

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import HiddenField
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than stubs
from wtforms.validators import AnyOf
from wtforms.validators import InputRequired
from wtforms.validators import Optional
from wtforms.validators import Regexp

from portal.labels import ORGANISATION_KINDS
from portal.labels import ROLE_REASONS
from portal.labels import Name
from portal.people.planned import Planned
from portal.people.rules import RoleReason
from portal.people.staffing import NewEmail
from portal.people.staffing import NewOrganisation
from portal.people.staffing import NewPerson
from portal.people.staffing import Renaming
from portal.province_file import EMAIL
from portal.words import NOT_LISTED
from portal.words import LineField
from portal.words import OneOf
from portal.words import SeenVersion
from portal.words import at_most

USERNAME = re.compile(r"[a-z][a-z0-9._-]{1,31}\Z")
CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{0,11}\Z")
# Why a role is given; for the other reasons it ends.
GIVEN_FOR = (RoleReason.ELECTED, RoleReason.APPOINTED, RoleReason.STANDS_IN)


class Names:
    """The names of something in both languages."""

    name_th = LineField(
        _("Name in Thai"), validators=[InputRequired(_("Write the name.")), at_most(200)]
    )
    name_en = LineField(
        _("Name in English"), validators=[InputRequired(_("Write the name.")), at_most(200)]
    )


class Email:
    """Where the portal writes to somebody."""

    email = LineField(
        _("E-mail address"),
        description=_("Messages about their work go there. Nobody else is shown it."),
        validators=[
            Optional(),
            Regexp(EMAIL, message=_("Write an address like name@example.org.")),
        ],
    )


class UserForm(Email, Planned):
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

    def answer(self) -> NewPerson:
        """Return who is to be added."""
        return NewPerson(
            self.username.text,
            self.name.text,
            self.organisation.data or None,
            self.email.text or None,
        )


class EmailForm(Email, SeenVersion, Planned):
    """Another address, or none."""

    def answer(self) -> NewEmail:
        """Return the address."""
        return NewEmail(self.email.text or None, self.seen)


def reason_field(reasons: Sequence[RoleReason]) -> RadioField:
    """Return the question why, with these answers."""
    return RadioField(
        _("Why"),
        choices=[SelectChoice(code.value, _(ROLE_REASONS[code])) for code in reasons],
        validate_choice=False,
        validators=[
            InputRequired(_("Choose a reason.")),
            AnyOf(list(reasons), message=NOT_LISTED),
        ],
    )


class ReasonForm(SeenVersion):
    """Why a role ends."""

    reason = reason_field([code for code in RoleReason if code not in GIVEN_FOR])

    @property
    def why(self) -> RoleReason:
        """Return the reason."""
        return RoleReason(self.reason.data)


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

    def answer(self) -> NewOrganisation:
        """Return the partner."""
        return NewOrganisation(self.code.text, self.name_th.text, self.name_en.text, self.kind.data)


class RenamingForm(Names, Planned):
    """New official names of a partner."""

    seen_th = HiddenField()
    seen_en = HiddenField()

    def answer(self) -> Renaming:
        """Return the names."""
        return Renaming(
            Name(self.name_th.text, self.name_en.text),
            Name(self.seen_th.data or "", self.seen_en.data or ""),
        )
