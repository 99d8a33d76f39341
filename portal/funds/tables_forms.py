"""What an administrator types about limits, time targets, the urgent lane and closed days."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import FieldList
from wtforms import Form
from wtforms import FormField
from wtforms import IntegerField
from wtforms.validators import InputRequired
from wtforms.validators import Optional

from portal.funds.forms import BahtField
from portal.funds.rulebook import TargetStep
from portal.funds.rules import Threshold
from portal.funds.ruling_tables import DayToClose
from portal.funds.ruling_tables import LaneRule
from portal.funds.ruling_tables import LimitTable
from portal.funds.ruling_tables import TargetTable
from portal.funds.urgency import Lane
from portal.labels import ROLES
from portal.people.planned import Planned
from portal.people.user_forms import Names
from portal.roles import Role
from portal.thai import read_baht
from portal.thai import read_day
from portal.thai import typed_day
from portal.words import DayField
from portal.words import OneOf
from portal.words import SeenVersion

# Who signs, in order: the chair always first.
SIGNATURES = (
    (Role.CHAIR,),
    (Role.CHAIR, Role.DRIVING_CHAIR),
    (Role.CHAIR, Role.BOARD),
    (Role.CHAIR, Role.DRIVING_CHAIR, Role.BOARD),
)
EMPTY_ROWS, ROWS_MAX = 3, 40


class LimitRow(Form):
    """One limit; a row without an amount is left out."""

    above = BahtField(_("Above (baht)"), validators=[Optional()])
    signatures = OneOf(_("Who signs, in order"))
    subcommittee = OneOf(_("Only for this subcommittee"))
    fund = OneOf(_("Only for this fund"))

    def answer(self) -> Threshold:
        """Return the limit."""
        return Threshold(
            read_baht(self.above.data),
            tuple(Role(role) for role in self.signatures.data.split(",")),
            self.subcommittee.data or None,
            self.fund.data or None,
        )


class LimitsForm(SeenVersion, Planned):
    """A new table of limits."""

    valid_from = DayField(
        _("Holds from"), validators=[InputRequired(_("Write the day from which it holds."))]
    )
    limits = FieldList(FormField(LimitRow), max_entries=ROWS_MAX)

    @classmethod
    def of(cls, newest: Sequence[Threshold], *, seen_version: int, day: date) -> LimitsForm:
        """Return the form, filled in with the newest limits and some empty rows."""
        rows: list[dict[str, Any]] = [
            {
                "above": str(limit.above),
                "signatures": ",".join(limit.signatures),
                "subcommittee": limit.subcommittee or "",
                "fund": limit.fund or "",
            }
            for limit in newest
        ]
        typed = [*rows, *({} for _ in range(EMPTY_ROWS))]
        return cls(limits=typed, valid_from=typed_day(day), seen_version=seen_version)

    def offer(self, subcommittees: Mapping[str, str], funds: Mapping[str, str]) -> LimitsForm:
        """Offer what limits may be about; returns itself."""
        signatures = {
            ",".join(roles): ", ".join(gettext(ROLES[role]) for role in roles)
            for roles in SIGNATURES
        }
        for row in self.rows():
            row.signatures.choices = signatures
            row.subcommittee.choices = {"": gettext("All"), **subcommittees}
            row.fund.choices = {"": gettext("All"), **funds}
        return self

    def rows(self) -> Iterator[LimitRow]:
        """Give every row of the form."""
        for entry in self.limits:
            yield entry.form

    def answer(self) -> LimitTable:
        """Return the table."""
        limits = tuple(row.answer() for row in self.rows() if row.above.data)
        return LimitTable(limits, read_day(self.valid_from.data), self.seen)


class TargetsForm(SeenVersion, Planned):
    """New time targets."""

    valid_from = DayField(
        _("Holds from"), validators=[InputRequired(_("Write the day from which it holds."))]
    )
    check = IntegerField(
        _("Check (working days)"), validators=[InputRequired(_("Write a number."))]
    )
    decide = IntegerField(
        _("Decide (working days)"), validators=[InputRequired(_("Write a number."))]
    )
    pay = IntegerField(_("Pay (working days)"), validators=[InputRequired(_("Write a number."))])
    receipt = IntegerField(
        _("File the receipts (working days)"), validators=[InputRequired(_("Write a number."))]
    )

    @classmethod
    def of(cls, newest: Mapping[str, int], *, seen_version: int, day: date) -> TargetsForm:
        """Return the form, filled in with the newest targets."""
        return cls(data={**newest, "valid_from": typed_day(day), "seen_version": seen_version})

    def answer(self) -> TargetTable:
        """Return the targets."""
        days = tuple((step, int(self[step].data)) for step in TargetStep)
        return TargetTable(days, read_day(self.valid_from.data), self.seen)


class LaneForm(SeenVersion, Planned):
    """What the urgent lane takes."""

    valid_from = DayField(
        _("Holds from"), validators=[InputRequired(_("Write the day from which it holds."))]
    )
    ceiling = BahtField(
        _("At most for one request"), validators=[InputRequired(_("Write the amount."))]
    )
    ratify_within_days = IntegerField(
        _("Days to ratify"), validators=[InputRequired(_("Write a number."))]
    )

    @classmethod
    def of(cls, newest: Lane | None, *, seen_version: int, day: date) -> LaneForm:
        """Return the form, filled in with what is known last."""
        typed: dict[str, object] = {"valid_from": typed_day(day), "seen_version": seen_version}
        if newest is not None:
            typed["valid_from"] = typed_day(max(day, newest.valid_from))
            typed["ceiling"] = str(newest.ceiling)
            typed["ratify_within_days"] = newest.ratify_within_days
        return cls(data=typed)

    def answer(self) -> LaneRule:
        """Return the rule."""
        ceiling, days = read_baht(self.ceiling.data), int(self.ratify_within_days.data or 0)
        return LaneRule(Lane(read_day(self.valid_from.data), ceiling, days), self.seen)


class ClosedDayForm(Names, Planned):
    """A day without work, and why: the reason is public."""

    day = DayField(_("Day"), validators=[InputRequired(_("Write the day."))])

    def answer(self) -> DayToClose:
        """Return the day."""
        return DayToClose(read_day(self.day.data), self.name_th.text, self.name_en.text)
