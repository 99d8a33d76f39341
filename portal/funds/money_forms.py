"""What an officer types about money that comes in."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import IntegerField
from wtforms.validators import InputRequired
from wtforms.validators import NumberRange
from wtforms.validators import Optional
from wtforms.validators import Regexp

from portal.funds.forms import BahtField
from portal.funds.money_in import AllocationAnswer
from portal.funds.money_in import DonationAnswer
from portal.people.once import OnceForm
from portal.people.planned import Planned
from portal.thai import BUDDHIST_ERA
from portal.thai import read_baht
from portal.thai import read_day
from portal.words import DayField
from portal.words import LineField
from portal.words import OneOf
from portal.words import at_most

_REFERENCE = re.compile(r"[A-Z0-9][A-Z0-9-]{0,39}\Z")


class DonationForm(Planned, OnceForm):
    """A donation that came in."""

    fund = OneOf(_("Fund"), validators=[InputRequired(_("Choose the fund."))])
    amount = BahtField(_("Amount (baht)"), validators=[InputRequired(_("Write the amount."))])
    received_on = DayField(_("Received on"), validators=[InputRequired(_("Write the day."))])
    donor = LineField(_("Donor"), validators=[InputRequired(_("Write who gave it.")), at_most(200)])
    reference = LineField(
        _("Reference"),
        description=_("Leave empty, and the next number is given."),
        validators=[
            Optional(),
            Regexp(_REFERENCE, message=_("Capital letters A-Z, digits and hyphens; at most 40.")),
        ],
    )

    def offer(self, funds: Mapping[str, str]) -> DonationForm:
        """Offer the funds by code; returns itself."""
        self.fund.choices = {"": gettext("Choose one"), **funds}
        return self

    def answer(self) -> DonationAnswer:
        """Return the donation."""
        return DonationAnswer(
            self.reference.text,
            self.fund.data,
            read_baht(self.amount.data),
            read_day(self.received_on.data),
            self.donor.text,
        )


class AllocationForm(Planned, OnceForm):
    """Money of a fund for a subcommittee."""

    fund = OneOf(_("Fund"), validators=[InputRequired(_("Choose the fund."))])
    subcommittee = OneOf(
        _("Subcommittee"), validators=[InputRequired(_("Choose the subcommittee."))]
    )
    amount = BahtField(_("Amount (baht)"), validators=[InputRequired(_("Write the amount."))])
    fiscal_year = IntegerField(
        _("Fiscal year"),
        validators=[
            InputRequired(_("Write the fiscal year.")),
            NumberRange(
                min=2000 + BUDDHIST_ERA,
                max=2200 + BUDDHIST_ERA,
                message=_("Write the year in the Buddhist era, like 2570."),
            ),
        ],
    )

    def offer(self, funds: Mapping[str, str], subcommittees: Mapping[str, str]) -> AllocationForm:
        """Offer the funds and subcommittees by code; returns itself."""
        self.fund.choices = {"": gettext("Choose one"), **funds}
        self.subcommittee.choices = {"": gettext("Choose one"), **subcommittees}
        return self

    def answer(self) -> AllocationAnswer:
        """Return the allocation."""
        return AllocationAnswer(
            self.fund.data,
            self.subcommittee.data,
            read_baht(self.amount.data),
            int(self.fiscal_year.data or 0),
        )
