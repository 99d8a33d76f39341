"""What is typed where one payment is prepared, and where an advance is cleared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than stubs
from wtforms.validators import DataRequired
from wtforms.validators import InputRequired
from wtforms.validators import ValidationError

from portal.funds.forms import BahtField
from portal.labels import ADVANCES
from portal.labels import CHANNELS
from portal.money import Money
from portal.payments.advance_rules import Advance
from portal.payments.advance_rules import AdvanceKind
from portal.payments.advancing import Spent
from portal.payments.forms import ReceiptForm
from portal.payments.rules import Channel
from portal.payments.rules import ReceiptKind
from portal.people.once import StepForm
from portal.thai import read_baht
from portal.thai import read_day
from portal.words import NOT_LISTED
from portal.words import DayField
from portal.words import LineField
from portal.words import at_most

GIVEN = "given"


class PrepareOneForm(StepForm):
    """How one request is paid, and whether the money is given or lent."""

    channel = RadioField(
        _("How the money travels"),
        validate_choice=False,
        validators=[InputRequired(_("Choose one."))],
    )
    terms = RadioField(
        _("Given or lent"),
        choices=[
            SelectChoice(GIVEN, _("It is given: a receipt shows that it arrived")),
            *(SelectChoice(kind.value, _(ADVANCES[kind])) for kind in AdvanceKind),
        ],
        validate_choice=False,
        default=GIVEN,
        validators=[InputRequired(_("Choose one."))],
    )
    ends_on = DayField(_("Last day of the journey"))

    def offer(self, channels: Sequence[Channel]) -> None:
        """Offer the ways that lead to where the payee wants the money."""
        self.offered = frozenset(channels)
        self.channel.choices = [
            SelectChoice(channel.value, gettext(CHANNELS[channel])) for channel in channels
        ]

    def validate_channel(self, field: RadioField) -> None:
        """Refuse a way that was not offered."""
        if field.data not in self.offered:
            raise ValidationError(NOT_LISTED)

    def validate_terms(self, field: RadioField) -> None:
        """Refuse terms that were not offered."""
        if field.data not in {GIVEN, *AdvanceKind}:
            raise ValidationError(NOT_LISTED)

    def validate_ends_on(self, field: DayField) -> None:
        """Ask for the end of a journey."""
        if self.terms.data == AdvanceKind.TRAVEL and not field.data:
            raise ValidationError(_("Write the last day of the journey."))

    @property
    def advance(self) -> Advance | None:
        """Return the terms on which the money is lent, or None where it is given."""
        if self.terms.data == GIVEN:
            return None
        kind = AdvanceKind(self.terms.data)
        return Advance(kind, read_day(self.ends_on.data) if kind is AdvanceKind.TRAVEL else None)


class VoucherForm(ReceiptForm):
    """A voucher of an advance: its paper, and what was bought for how much."""

    item = LineField(
        _("What was bought"),
        validators=[DataRequired(_("Write what was bought.")), at_most(200)],
    )
    spent_on = DayField(_("Bought on"), validators=[InputRequired(_("Write the day."))])
    amount = BahtField(_("How much was spent"), validators=[InputRequired(_("Write the amount."))])

    def validate_amount(self, field: BahtField) -> None:
        """Refuse nothing, and less."""
        if not field.errors and read_baht(field.data) <= Money(0):
            raise ValidationError(_("The amount must be more than 0 baht."))

    def answer(self) -> Spent:
        """Return what was spent."""
        return Spent(
            ReceiptKind(self.kind.data),
            read_day(self.spent_on.data),
            read_baht(self.amount.data),
            self.item.text,
        )


class ClearForm(StepForm):
    """The vouchers that an advance is cleared with are ticked beside it."""

    def __init__(self, *args: Any, picks: Sequence[str] = (), **kwargs: Any) -> None:
        """Take the ticks as they were sent."""
        super().__init__(*args, **kwargs)
        self.picks = picks

    def answer(self) -> list[int]:
        """Return the vouchers; what is no number is none of them."""
        return [int(pick) if pick.isascii() and pick.isdigit() else 0 for pick in self.picks]
