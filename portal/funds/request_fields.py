"""The fields of a request: whom it is for, what is asked for, where the money goes.

They stand here in the order of the page, so that its errors are told in that order.
"""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import Field
from wtforms import RadioField
from wtforms import StringField
from wtforms import TextAreaField
from wtforms.validators import DataRequired
from wtforms.validators import InputRequired
from wtforms.validators import Optional
from wtforms.validators import ValidationError

from portal.banks import PAYABLE
from portal.banks import PROMPTPAY
from portal.banks import account_fits
from portal.clock import now
from portal.funds.cells import read_digits
from portal.funds.cells import read_id
from portal.funds.drafting import PayeeAnswer
from portal.funds.forms import TEXT_LENGTH_MAX
from portal.funds.forms import BahtField
from portal.labels import PAYEES
from portal.thai import bangkok_day
from portal.thai import read_day
from portal.thai import split_name
from portal.words import DayField
from portal.words import LineField
from portal.words import OneOf
from portal.words import at_most

_UNFIT = _("This bank's account numbers have another number of digits.")
_UNFIT_PROMPTPAY = _(
    "A PromptPay number is a mobile number, a national id or an e-wallet's number."
)


class PersonFields:
    """Whom a request is for. Above the other fields, so that its errors are told first."""

    name = LineField(
        _("First and last name"),
        description=_("With the title, for example เด็กหญิงใจดี ตัวอย่าง"),
        validators=[DataRequired(_("Write the first and the last name.")), at_most(400)],
    )
    birth_on = DayField(
        _("Birth date"),
        description=_("Day, month, year: 9/6/2552 or 9.6.2552"),
        validators=[InputRequired(_("Write the birth date."))],
    )
    national_id = LineField(
        _("National id"),
        description=_("13 digits, or G and 12 digits. Leave empty if there is none."),
        validators=[Optional(), at_most(40)],
    )

    def validate_name(self, field: Field) -> None:
        """Ask for both names: with one alone nobody is found again, and no account is checked."""
        _title, first, last = split_name(field.data)
        if not (first and last):
            raise ValidationError(_("Write the first and the last name with a space between them."))

    def validate_national_id(self, field: Field) -> None:
        """Refuse what has not the shape of an id number."""
        try:
            read_id(field.data)
        except ValueError as error:
            raise ValidationError(_("An id number has 13 digits, or G and 12 digits.")) from error

    def validate_birth_on(self, field: Field) -> None:
        """Refuse a birth after today."""
        if not field.errors and read_day(field.data) > bangkok_day(now()):
            raise ValidationError(_("The birth date lies in the future."))


class ProjectFields:
    """What a request is for, when it is for no single person."""

    project_name = LineField(
        _("Name of the project"),
        validators=[DataRequired(_("Write the name of the project.")), at_most(400)],
    )


class AskedFields:
    """What is asked for. Above the payee's fields, as on the page."""

    place = OneOf(_("Tambon"), validators=[InputRequired(_("Choose the tambon."))])
    category = RadioField(
        _("Kind of help"), validators=[InputRequired(_("Choose the kind of help."))]
    )
    amount = BahtField(_("Amount"), validators=[InputRequired(_("Write the amount."))])
    # Asked of an officer alone.
    fund = OneOf(_("Fund"), validators=[InputRequired(_("Choose the fund."))])
    reason = TextAreaField(
        _("Why it is needed"),
        description=_("What happened, and what this money changes. It is not public."),
        validators=[Optional(), at_most(TEXT_LENGTH_MAX)],
    )


class PayeeFields:
    """Where the money is to go."""

    payee_kind = OneOf(
        _("Who receives the money"), validators=[InputRequired(_("Choose who receives it."))]
    )
    account_holder = LineField(
        _("Name of the account"),
        description=_("Who receives the money, as it stands in the bank book"),
        validators=[DataRequired(_("Write the name of the account.")), at_most(200)],
    )
    bank = OneOf(_("Bank"), validators=[InputRequired(_("Choose the bank."))])
    account_number = StringField(
        _("Account number"), validators=[DataRequired(_("Write the account number."))]
    )

    def offer_payees(self, language: str) -> None:
        """Fill the lists to choose from, in the language of the page; nothing is chosen yet."""
        none = {"": gettext("Choose one")}
        self.payee_kind.choices = none | {code: gettext(name) for code, name in PAYEES.items()}
        self.bank.choices = none | {
            bank.code: bank.name_en if language == "en" else bank.name_th
            for bank in PAYABLE.values()
            if bank.is_open
        }

    def validate_account_number(self, field: Field) -> None:
        """Refuse a number of digits that the bank does not have."""
        bank = PAYABLE.get(self.bank.data or "")
        if bank is not None and not account_fits(bank, read_digits(field.data)):
            raise ValidationError(_UNFIT_PROMPTPAY if bank is PROMPTPAY else _UNFIT)

    def payee(self, kind: str) -> PayeeAnswer:
        """Return the account, as that of somebody of this kind."""
        return PayeeAnswer(
            kind=kind,
            holder=self.account_holder.data or "",
            bank_code=self.bank.data,
            account_number=read_digits(self.account_number.data),
        )
