"""What treasurers type: shape and size only."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField
from flask_wtf.file import FileRequired
from wtforms import StringField
from wtforms import TextAreaField
from wtforms.validators import DataRequired
from wtforms.validators import InputRequired
from wtforms.validators import Optional

from portal.funds.forms import BahtField
from portal.labels import RECEIPTS
from portal.money import Money
from portal.payments.returning import Back
from portal.people.once import OnceForm
from portal.people.once import StepForm
from portal.thai import read_baht
from portal.words import OneOf
from portal.words import at_most


class ConfirmForm(StepForm):
    """The bank has paid, and says so by a reference."""

    bank_reference = StringField(
        _("The bank's reference"),
        validators=[DataRequired(_("Enter the bank's reference.")), at_most(60)],
    )


class VoidForm(StepForm):
    """A payment is cancelled before it is sent."""

    note = TextAreaField(
        _("Why it is cancelled (not public)"),
        validators=[DataRequired(_("Say why it is cancelled.")), at_most(1000)],
    )


class RefundForm(StepForm):
    """Money of a payment was given back by who received it."""

    amount = BahtField(_("How much came back"), validators=[InputRequired(_("Write the amount."))])
    note = TextAreaField(
        _("Why it came back (not public)"),
        validators=[DataRequired(_("Say why it came back.")), at_most(1000)],
    )

    def __init__(self, *args: Any, prefix: str = "refund-", **kwargs: Any) -> None:
        """Name the fields apart from those of the other forms of the page."""
        super().__init__(*args, prefix=prefix, **kwargs)

    def answer(self) -> Back:
        """Return what came back."""
        return Back(read_baht(self.amount.data), self.note.data or "")


class ReturnForm(RefundForm):
    """The bank sent money of a payment back, and may have kept a part of it."""

    fee = BahtField(_("What the bank kept of it"), validators=[Optional()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # WTForms' own signature
        super().__init__(*args, prefix="return-", **kwargs)

    def answer(self) -> Back:
        """Return what came back, with what the bank kept of it."""
        fee = read_baht(self.fee.data) if self.fee.data else Money(0)
        return Back(read_baht(self.amount.data), self.note.data or "", fee)


class RestForm(StepForm):
    """What is left of a request is set free."""

    note = TextAreaField(
        _("Why it is not paid (not public)"),
        validators=[DataRequired(_("Say why it is not paid.")), at_most(1000)],
    )


class ReceiptForm(OnceForm):
    """A receipt of a payment."""

    kind = OneOf(_("What the paper is"), validators=[InputRequired(_("Choose one."))])
    file = FileField(_("Photo or PDF"), validators=[FileRequired(_("Choose a file first."))])

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # WTForms' own signature
        super().__init__(*args, **kwargs)
        self.kind.choices = {"": gettext("Choose what it is")} | {
            code: gettext(text) for code, text in RECEIPTS.items()
        }


class PrepareForm(OnceForm):
    """Requests ticked to be paid: each tick is `id-version`."""
