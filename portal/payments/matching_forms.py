"""What treasurers type about statements and their lines: shape and size only."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField
from flask_wtf.file import FileRequired
from wtforms import StringField
from wtforms import TextAreaField
from wtforms.validators import DataRequired
from wtforms.validators import InputRequired

from portal.funds.forms import BahtField
from portal.money import Money
from portal.people.once import OnceForm
from portal.thai import read_baht
from portal.words import LineField
from portal.words import OneOf
from portal.words import at_most

NOTE_LENGTH_MAX = 1000


class StatementForm(OnceForm):
    """A bank's file of one account."""

    account = OneOf(_("Account"), validators=[InputRequired(_("Choose the account."))])
    statement = FileField(
        _("The bank's file"), validators=[FileRequired(_("Choose a file first."))]
    )

    def offer(self, accounts: Mapping[str, str]) -> StatementForm:
        """Offer the accounts; returns itself."""
        self.account.choices = dict(accounts)
        return self


class TicksForm(OnceForm):
    """Suggestions to confirm; the ticks are read beside it. `all` is the mark of all of them."""

    all = StringField()


class IsPaymentForm(OnceForm):
    """Lines that are payments: chosen, or typed; the number of a batch means all of it."""

    named = LineField(
        _("Number of the payment or batch"),
        validators=[InputRequired(_("Write the number of a payment or a batch."))],
    )

    @property
    def names(self) -> Sequence[str]:
        """Return the numbers, in any way people write several."""
        return self.named.text.upper().replace(",", " ").split()


@dataclass(frozen=True, slots=True)
class BackAnswer:
    """What came back, and of which payment; `fee` is what the bank kept of it."""

    name: str
    fee: Money
    note: str


class CameBackForm(OnceForm):
    """Lines that are what came back of a payment."""

    named = LineField(
        _("Number of the payment"), validators=[InputRequired(_("Write the payment's number."))]
    )
    fee = BahtField(_("What the bank kept of it (baht)"))
    note = TextAreaField(
        _("Why it came back (not public)"),
        validators=[DataRequired(_("Write why it came back.")), at_most(NOTE_LENGTH_MAX)],
    )

    def answer(self) -> BackAnswer:
        """Return what was typed."""
        return BackAnswer(
            self.named.text.upper(), read_baht(self.fee.data), (self.note.data or "").strip()
        )


class FeeForm(OnceForm):
    """Lines that are the bank's own fees."""

    fund = OneOf(_("Fund that bears it"), validators=[InputRequired(_("Choose the fund."))])

    def offer(self, funds: Mapping[str, str]) -> FeeForm:
        """Offer the funds; returns itself."""
        self.fund.choices = dict(funds)
        return self


class OtherForm(OnceForm):
    """Lines that are of no payment."""

    what = TextAreaField(
        _("What this money is (not public)"),
        validators=[
            DataRequired(_("Write what this money is.")),
            at_most(NOTE_LENGTH_MAX),
        ],
    )
