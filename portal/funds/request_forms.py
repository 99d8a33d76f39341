"""What people type to ask for money: the forms of a request for a person and for a project."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import BooleanField
from wtforms import Field
from wtforms import IntegerField
from wtforms import StringField
from wtforms import TextAreaField
from wtforms.validators import DataRequired
from wtforms.validators import InputRequired
from wtforms.validators import Optional
from wtforms.validators import ValidationError
from wtforms.widgets import HiddenInput

from portal.banks import BANKS
from portal.banks import account_fits
from portal.clock import now
from portal.funds.cells import read_digits
from portal.funds.cells import read_id
from portal.funds.choices import Choices
from portal.funds.drafting import PayeeAnswer
from portal.funds.drafting import RequestAnswer
from portal.funds.forms import TEXT_LENGTH_MAX
from portal.funds.request_page import RequestPage
from portal.funds.rules import Kind
from portal.labels import PAYEES
from portal.labels import Name
from portal.thai import bangkok_day
from portal.thai import read_baht
from portal.thai import read_day
from portal.thai import typed_day
from portal.words import DayField
from portal.words import LineField
from portal.words import OneOf
from portal.words import SeenVersion
from portal.words import at_most
from portal.youths.service import YouthAnswer


class BahtField(StringField):
    """An amount in baht; commas, Thai digits and the word บาท are understood."""

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 - WTForms' own signature
        """Refuse what is no amount."""
        try:
            read_baht(self.data)
        except ValueError as error:
            raise ValidationError(_("Write the amount in baht, like 1,500.")) from error


class PersonFields:
    """Whom a request is for. Above the other fields, so that its errors are told first."""

    title = LineField(_("Title"), validators=[Optional(), at_most(60)])
    first_name = LineField(
        _("First name"), validators=[DataRequired(_("Write the first name.")), at_most(200)]
    )
    last_name = LineField(
        _("Last name"), validators=[DataRequired(_("Write the last name.")), at_most(200)]
    )
    birth_on = DayField(
        _("Birth date"),
        description=_("Day/month/year, for example 9/6/2552"),
        validators=[InputRequired(_("Write the birth date."))],
    )
    national_id = LineField(
        _("National id"),
        description=_("13 digits, or G and 12 digits. Leave empty if there is none."),
        validators=[Optional(), at_most(40)],
    )

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


class RequestForm(SeenVersion):
    """What every request tells; `PersonForm` and `ProjectForm` add whom it is for."""

    kind: Kind

    # A new request has no version yet.
    seen_version = IntegerField(widget=HiddenInput(), validators=[Optional()])
    place = OneOf(
        _("Tambon"),
        validators=[InputRequired(_("Choose the tambon."))],
    )
    category = OneOf(_("Kind of help"), validators=[InputRequired(_("Choose the kind of help."))])
    fund = OneOf(
        _("Fund"),
        validators=[InputRequired(_("Choose the fund."))],
    )
    amount = BahtField(_("Amount (baht)"), validators=[InputRequired(_("Write the amount."))])
    reason = TextAreaField(
        _("Why it is needed (not public)"),
        validators=[Optional(), at_most(TEXT_LENGTH_MAX)],
    )
    payee_kind = OneOf(
        _("Who receives the money"), validators=[InputRequired(_("Choose who receives it."))]
    )
    account_holder = LineField(
        _("Name of the account"),
        validators=[DataRequired(_("Write the name of the account.")), at_most(200)],
    )
    bank = OneOf(
        _("Bank"),
        validators=[InputRequired(_("Choose the bank."))],
    )
    account_number = StringField(
        _("Account number"), validators=[DataRequired(_("Write the account number."))]
    )

    def offer(self, choices: Choices, language: str) -> RequestForm:
        """Fill the lists to choose from, in the language of the page; nothing is chosen yet."""

        def text(name: Name) -> str:
            return name.en if language == "en" else name.th

        none = {"": gettext("Choose one")}
        self.place.choices = none | {
            text(amphoe): {code: text(name) for code, name in below}
            for amphoe, below in choices.places
        }
        self.category.choices = none | self._categories(choices, text)
        self.fund.choices = none | {code: text(name) for code, name in choices.funds}
        self.payee_kind.choices = none | {code: gettext(name) for code, name in PAYEES.items()}
        self.bank.choices = none | {
            bank.code: bank.name_en if language == "en" else bank.name_th
            for bank in BANKS.values()
            if bank.is_open
        }
        return self

    def _categories(
        self, choices: Choices, text: Callable[[Name], str]
    ) -> dict[str, dict[str, str]]:
        """Return the categories for a person, or for a project, under their subcommittees."""
        found: dict[str, dict[str, str]] = {text(name): {} for _, name in choices.subcommittees}
        words = gettext("%(name)s: at most %(ceiling)s baht", name="{name}", ceiling="{ceiling}")
        for choice in choices.categories:
            if choice.serves in {self.kind, "any"}:
                value = f"{choice.subcommittee}/{choice.category}"
                label = words.format(name=text(choice.name), ceiling=choice.ceiling)
                found[text(choice.subcommittee_name)][value] = label
        return {name: offered for name, offered in found.items() if offered}

    def validate_account_number(self, field: Field) -> None:
        """Refuse a number of digits that the bank does not have."""
        bank = BANKS.get(self.bank.data or "")
        if bank is not None and not account_fits(bank, read_digits(field.data)):
            raise ValidationError(_("This bank's account numbers have another number of digits."))

    def answer(self, *, finder: str, organisation: str, requested_on: date) -> RequestAnswer:
        """Return the request with real types."""
        subcommittee, _slash, category = self.category.data.partition("/")
        return RequestAnswer(
            requested_on=requested_on,
            finder=finder,
            organisation=organisation,
            youth=self.youth(),
            project_name=self.project(),
            has_consent=self.is_agreed(),
            area_code=self.place.data,
            subcommittee=subcommittee,
            category=category,
            fund=self.fund.data,
            amount=read_baht(self.amount.data),
            payee=PayeeAnswer(
                kind=self.payee_kind.data,
                holder=self.account_holder.data or "",
                bank_code=self.bank.data,
                account_number=read_digits(self.account_number.data),
            ),
            reason=self.reason.data or "",
        )

    def youth(self) -> YouthAnswer | None:
        """Return the person, if the request is for one."""
        return None

    def project(self) -> str | None:
        """Return the project's name, if the request is for one."""
        return None

    def is_agreed(self) -> bool:
        """Say whether a person's consent is noted."""
        return False


class PersonForm(PersonFields, RequestForm):
    """A request for a person."""

    kind = Kind.YOUTH

    has_consent = BooleanField(
        _("The person or guardian has agreed that we keep and use these facts")
    )

    def youth(self) -> YouthAnswer:
        """Return the person as typed."""
        return YouthAnswer(
            title=self.title.data or "",
            first_name=self.first_name.data or "",
            last_name=self.last_name.data or "",
            birth_on=read_day(self.birth_on.data),
            national_id=read_id(self.national_id.data) if self.national_id.data else None,
            schooling="",
        )

    def is_agreed(self) -> bool:
        """Say whether the consent is ticked."""
        return bool(self.has_consent.data)


class ProjectForm(ProjectFields, RequestForm):
    """A request for a project."""

    kind = Kind.PROJECT

    def project(self) -> str:
        """Return the project's name as typed."""
        return self.project_name.data or ""


def typed(page: RequestPage) -> dict[str, object]:
    """Return what a request holds in the fields of its form."""
    return {
        "seen_version": page.row.version,
        "title": page.title,
        "first_name": page.first_name,
        "last_name": page.last_name,
        "birth_on": page.birth_on and typed_day(page.birth_on),
        "national_id": page.national_id,
        "project_name": page.row.whom,
        "place": page.area_code,
        "category": f"{page.subcommittee_code}/{page.category_code}",
        "fund": page.fund_code,
        "amount": str(page.row.amount),
        "payee_kind": page.payee_kind,
        "account_holder": page.payee_holder,
        "bank": page.payee_bank_code,
        "account_number": page.payee_account,
        "reason": page.reason,
        "has_consent": page.consent_given,
    }
