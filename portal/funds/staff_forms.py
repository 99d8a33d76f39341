"""What an administrator types to give somebody a role."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than stubs
from wtforms.validators import AnyOf
from wtforms.validators import InputRequired

from portal.funds.staff import RoleAnswer
from portal.labels import ROLES
from portal.people.planned import Planned
from portal.people.user_forms import GIVEN_FOR
from portal.people.user_forms import ReasonForm
from portal.people.user_forms import reason_field
from portal.roles import Role
from portal.words import NOT_LISTED
from portal.words import OneOf

GIVEN = tuple(role for role in Role if role is not Role.SYSTEM)


class RoleForm(ReasonForm, Planned):
    """A role for somebody."""

    role = RadioField(
        _("Role"),
        choices=[SelectChoice(role.value, _(ROLES[role])) for role in GIVEN],
        validate_choice=False,
        validators=[
            InputRequired(_("Choose a role.")),
            AnyOf(list(GIVEN), message=NOT_LISTED),
        ],
    )
    subcommittee = OneOf(_("Subcommittee"))
    reason = reason_field(GIVEN_FOR)

    def offer(self, subcommittees: Mapping[str, str]) -> RoleForm:
        """Offer the subcommittees by code; returns itself."""
        self.subcommittee.choices = {"": gettext("Only for a chair"), **subcommittees}
        return self

    def answer(self) -> RoleAnswer:
        """Return the role, and why."""
        place = self.subcommittee.data or None
        return RoleAnswer(Role(self.role.data), place, self.why, self.seen)
