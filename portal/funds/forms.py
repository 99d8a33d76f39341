"""What people type about fund requests: shape and size, no rules of the house."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from flask_wtf.file import FileRequired
from wtforms import BooleanField
from wtforms import Field
from wtforms import IntegerField
from wtforms import RadioField
from wtforms import SelectField
from wtforms import StringField
from wtforms import TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than stubs
from wtforms.validators import DataRequired
from wtforms.validators import InputRequired
from wtforms.validators import Length
from wtforms.validators import Optional
from wtforms.validators import ValidationError
from wtforms.widgets import HiddenInput

from portal.banks import BANKS
from portal.banks import account_fits
from portal.clock import now
from portal.funds.drafting import PayeeAnswer
from portal.funds.drafting import RequestAnswer
from portal.funds.queries import Choices
from portal.funds.rules import Action
from portal.funds.rules import Kind
from portal.funds.rules import Offer
from portal.funds.rules import Reason
from portal.labels import PAYEES
from portal.labels import REASONS
from portal.labels import Name
from portal.thai import arabic_digits
from portal.thai import bangkok_day
from portal.thai import read_baht
from portal.thai import read_day
from portal.thai import tidy
from portal.youths.service import YouthAnswer

TEXT_LENGTH_MAX = 4000
NATIONAL_ID_DIGITS = 13
DECISIONS = (
    SelectChoice(Action.APPROVE.value, _("Approve")),
    SelectChoice(Action.RETURN.value, _("Return for correction")),
    SelectChoice(Action.REJECT.value, _("Do not approve")),
)


class DayField(StringField):
    """A day in any way Thai people write it; พ.ศ. or ค.ศ."""

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 - WTForms' own signature
        """Refuse what is no day."""
        try:
            read_day(self.data)
        except ValueError as error:
            raise ValidationError(_("Write the date like 22/11/2569.")) from error


class BahtField(StringField):
    """An amount in baht; commas, Thai digits and the word บาท are understood."""

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 - WTForms' own signature
        """Refuse what is no amount."""
        try:
            read_baht(self.data)
        except ValueError as error:
            raise ValidationError(_("Write the amount in baht, like 1,500.")) from error


class SeenVersion(FlaskForm):
    """The version of the thing as the page showed it."""

    seen_version = IntegerField(widget=HiddenInput(), validators=[InputRequired()])


@dataclass(frozen=True, slots=True)
class DecisionAnswer:
    """What a chair decides; returning and rejecting have a reason."""

    action: Action
    reason: Reason
    note: str
    seen_version: int


class DecisionForm(SeenVersion):
    """One decision on one request."""

    action = RadioField(
        _("Your decision"),
        choices=list(DECISIONS),
        validators=[InputRequired(_("Choose one."))],
    )
    reason = SelectField(_("Reason (public)"))
    note = TextAreaField(
        _("Note (not public)"), validators=[Optional(), Length(max=TEXT_LENGTH_MAX)]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # WTForms' own signature
        super().__init__(*args, **kwargs)
        self.reason.choices = {"": gettext("Choose a reason")} | {
            code: gettext(text) for code, text in REASONS.items()
        }

    def offer(self, offers: Sequence[Offer]) -> DecisionForm:
        """Leave the decisions that this person may take now."""
        allowed = {offer.action for offer in offers if offer.is_allowed}
        self.action.choices = [choice for choice in DECISIONS if choice.value in allowed]
        return self

    def validate_reason(self, field: Field) -> None:
        """Ask for a reason when the decision is not an approval."""
        if self.action.data in {Action.RETURN, Action.REJECT} and not field.data:
            raise ValidationError(_("Say why: the requester must know what to do."))

    def answer(self) -> DecisionAnswer:
        """Return the decision with real types."""
        return DecisionAnswer(
            action=Action(self.action.data),
            reason=Reason(self.reason.data or Reason.OTHER),
            note=(self.note.data or "").strip(),
            seen_version=int(self.seen_version.data or 0),
        )


@dataclass(frozen=True, slots=True)
class Pick:
    """A request ticked in a list, with the version the list showed."""

    request_id: int
    seen_version: int


class BulkForm(FlaskForm):
    """Approving several requests from the list: each tick is `id-version`."""


def picks(values: Sequence[str]) -> list[Pick]:
    """Read the ticks of a list; what is no tick is left out."""
    found = []
    for value in values:
        request_id, _dash, version = value.partition("-")
        if request_id.isascii() and request_id.isdigit() and version.isdigit():
            found.append(Pick(int(request_id), int(version)))
    return found


class UploadForm(FlaskForm):
    """A workbook to import."""

    workbook = FileField(
        _("Workbook (.xlsx or .csv)"), validators=[FileRequired(_("Choose a file first."))]
    )


class PersonFields(FlaskForm):
    """Whom a request is for. Above the other fields, so that its errors are told first."""

    title = StringField(_("Title"), validators=[Optional(), Length(max=60)])
    first_name = StringField(
        _("First name"), validators=[DataRequired(_("Write the first name.")), Length(max=200)]
    )
    last_name = StringField(
        _("Last name"), validators=[DataRequired(_("Write the last name.")), Length(max=200)]
    )
    birth_on = DayField(
        _("Birth date"),
        description=_("Day/month/year, for example 9/6/2552"),
        validators=[InputRequired(_("Write the birth date."))],
    )
    national_id = StringField(
        _("National id"),
        description=_("13 digits, or G and 12 digits. Leave empty if there is none."),
        validators=[Optional(), Length(max=40)],
    )

    def validate_national_id(self, field: Field) -> None:
        """Refuse what has not the shape of an id number."""
        if field.data and national_id(field.data) is None:
            raise ValidationError(_("An id number has 13 digits, or G and 12 digits."))

    def validate_birth_on(self, field: Field) -> None:
        """Refuse a birth after today."""
        if not field.errors and read_day(field.data) > bangkok_day(now()):
            raise ValidationError(_("The birth date lies in the future."))


class ProjectFields(FlaskForm):
    """What a request is for, when it is for no single person."""

    project_name = StringField(
        _("Name of the project"),
        validators=[DataRequired(_("Write the name of the project.")), Length(max=400)],
    )


class RequestForm(FlaskForm):
    """What every request tells; `PersonForm` and `ProjectForm` add whom it is for."""

    kind: Kind

    seen_version = IntegerField(widget=HiddenInput(), validators=[Optional()])
    place = SelectField(_("Tambon"), validators=[InputRequired(_("Choose the tambon."))])
    category = SelectField(
        _("Kind of help"), validators=[InputRequired(_("Choose the kind of help."))]
    )
    fund = SelectField(_("Fund"), validators=[InputRequired(_("Choose the fund."))])
    amount = BahtField(_("Amount (baht)"), validators=[InputRequired(_("Write the amount."))])
    reason = TextAreaField(
        _("Why it is needed (not public)"),
        validators=[Optional(), Length(max=TEXT_LENGTH_MAX)],
    )
    payee_kind = SelectField(
        _("Who receives the money"), validators=[InputRequired(_("Choose who receives it."))]
    )
    account_holder = StringField(
        _("Name of the account"),
        validators=[DataRequired(_("Write the name of the account.")), Length(max=200)],
    )
    bank = SelectField(_("Bank"), validators=[InputRequired(_("Choose the bank."))])
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
        if bank is not None and not account_fits(bank, digits(field.data)):
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
                holder=tidy(self.account_holder.data or ""),
                bank_code=self.bank.data,
                account_number=digits(self.account_number.data or ""),
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
            title=tidy(self.title.data or ""),
            first_name=tidy(self.first_name.data or ""),
            last_name=tidy(self.last_name.data or ""),
            birth_on=read_day(self.birth_on.data),
            national_id=national_id(self.national_id.data or ""),
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
        return tidy(self.project_name.data or "")


def digits(text: str) -> str:
    """Return the digits of a number written in any dress."""
    return "".join(character for character in arabic_digits(text) if character in "0123456789")


def national_id(text: str) -> str | None:
    """Return 13 digits, or G and 12 digits; None for anything else."""
    found = digits(text)
    is_g = tidy(text).upper().startswith("G")
    if len(found) != NATIONAL_ID_DIGITS - is_g:
        return None
    return f"G{found}" if is_g else found
