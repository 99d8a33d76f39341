"""What the administrator types about the foundation's accounts: shape and size only."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms.validators import InputRequired
from wtforms.validators import Regexp

from portal.banks import BANKS
from portal.labels import Name
from portal.payments.accounts import AccountAnswer
from portal.payments.statement import account_digits
from portal.people.once import OnceForm
from portal.people.planned import Planned
from portal.people.user_forms import CODE
from portal.people.user_forms import Names
from portal.words import LineField
from portal.words import OneOf
from portal.words import at_most
from portal.words import in_language


class AccountForm(Names, Planned, OnceForm):
    """A new account; its number is private."""

    code = LineField(
        _("Code"),
        description=_("Capital letters, digits and hyphens, at most 12. It stays for ever."),
        validators=[
            InputRequired(_("Write a code.")),
            Regexp(CODE, message=_("Capital letters A-Z, digits and hyphens, at most 12.")),
        ],
    )
    bank = OneOf(_("Bank"), validators=[InputRequired(_("Choose the bank."))])
    number = LineField(
        _("Account number (not public)"),
        validators=[InputRequired(_("Write the account number.")), at_most(20)],
    )
    company_id = LineField(_("What the bank calls the foundation"), validators=[at_most(16)])

    def offer(self) -> AccountForm:
        """Offer the banks that are open; returns itself."""
        self.bank.choices = {"": gettext("Choose one")} | {
            code: in_language(Name(bank.name_th, bank.name_en))
            for code, bank in BANKS.items()
            if bank.is_open
        }
        return self

    def answer(self) -> AccountAnswer:
        """Return the account."""
        return AccountAnswer(
            code=self.code.text,
            name_th=self.name_th.text,
            name_en=self.name_en.text,
            bank_code=self.bank.data,
            account_number=account_digits(self.number.text),
            company_id=self.company_id.text,
        )
