"""What people type to ask for money: the forms of a request for a person and for a project.

A person's has ten fields, a project's eight: they are typed on a phone. What the system can tell
by itself (the fund, the title, who is meant by the account) is asked of an officer alone, who
changes a request at a desk. Lines are an officer's to type, and never have to be; whoever changes
a request that has them sees them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from flask_babel import gettext
from wtforms import BooleanField
from wtforms import Field
from wtforms import HiddenField
from wtforms import IntegerField
from wtforms.validators import Optional
from wtforms.validators import ValidationError
from wtforms.widgets import HiddenInput

from portal.errors import RuleError
from portal.funds import rules
from portal.funds.cells import payee_of
from portal.funds.cells import read_id
from portal.funds.choices import CategoryChoice
from portal.funds.choices import Choices
from portal.funds.drafting import RequestAnswer
from portal.funds.line_forms import LinedForm
from portal.funds.line_forms import line_rows
from portal.funds.line_forms import typed_rows
from portal.funds.request_fields import AskedFields
from portal.funds.request_fields import PayeeFields
from portal.funds.request_fields import PersonFields
from portal.funds.request_fields import ProjectFields
from portal.funds.request_page import RequestPage
from portal.funds.rules import Kind
from portal.labels import Name
from portal.thai import read_baht
from portal.thai import read_day
from portal.thai import split_name
from portal.thai import typed_day
from portal.words import NOT_LISTED
from portal.words import say
from portal.youths.service import YouthAnswer

_KEY = re.compile("[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


class RequestForm(AskedFields, PayeeFields, LinedForm):
    """What every request tells; `PersonForm` and `ProjectForm` add whom it is for."""

    kind: Kind

    # A new request has no version yet, but a key: the same form twice is one request.
    seen_version = IntegerField(widget=HiddenInput(), validators=[Optional()])
    form_key = HiddenField()
    # Never shown: the page sends them with a form that waited for a signal.
    has_consent = BooleanField()
    is_to_be_sent = BooleanField()
    lines = line_rows()

    def offer(
        self,
        choices: Choices,
        language: str,
        *,
        is_at_desk: bool = False,
        has_lines: bool = False,
    ) -> RequestForm:
        """Fill the lists to choose from, in the language of the page; nothing is chosen yet."""

        def text(name: Name) -> str:
            return name.en if language == "en" else name.th

        none = {"": gettext("Choose one")}
        self.place.choices = none | {
            text(amphoe): {code: text(name) for code, name in below}
            for amphoe, below in choices.places
        }
        self.offered: Mapping[str, CategoryChoice] = {
            choice.code: choice
            for choice in choices.categories
            if choice.serves in {self.kind, "any"}
        }
        self.category.choices = [(code, text(each.name)) for code, each in self.offered.items()]
        self.category.invalid_choice_message = NOT_LISTED  # type: ignore[attr-defined]  # no stub
        self.offer_payees(language)
        self.offer_lines(offers=has_lines)
        if is_at_desk:
            self.fund.choices = none | {code: text(name) for code, name in choices.funds}
        else:
            del self.fund, self.payee_kind
        return self

    def validate_amount(self, field: Field) -> None:
        """Refuse nothing, and more than the kind of help that was chosen allows."""
        choice = self.offered.get(self.category.data or "")
        if choice is None or field.errors:
            return
        try:
            rules.check_amount(read_baht(field.data), ceiling=choice.ceiling)
        except RuleError as error:
            raise ValidationError(say(error)) from error

    def answer(self, *, finder: str, organisation: str, requested_on: date) -> RequestAnswer:
        """Return the request with real types."""
        subcommittee, _slash, category = self.category.data.partition("/")
        key = self.form_key.data or ""
        return RequestAnswer(
            requested_on=requested_on,
            finder=finder,
            organisation=organisation,
            youth=self.youth(),
            project_name=self.project(),
            has_consent=bool(self.has_consent.data),
            area_code=self.place.data,
            subcommittee=subcommittee,
            category=category,
            fund=self.fund.data if "fund" in self else "",
            amount=read_baht(self.amount.data),
            lines=self.typed_lines,
            payee=self.payee(self._payee_kind()),
            reason=self.reason.data or "",
            form_key=key if _KEY.fullmatch(key) else None,
        )

    def _payee_kind(self) -> str:
        if "payee_kind" in self:
            return str(self.payee_kind.data)
        return payee_of(self.account_holder.data or "", self.whom())

    def whom(self) -> str:
        """Return the name of the person, if the request is for one."""
        return ""

    def youth(self) -> YouthAnswer | None:
        """Return the person, if the request is for one."""
        return None

    def project(self) -> str | None:
        """Return the project's name, if the request is for one."""
        return None


class PersonForm(PersonFields, RequestForm):
    """A request for a person."""

    kind = Kind.YOUTH

    def whom(self) -> str:
        """Return the name as typed."""
        return self.name.data or ""

    def youth(self) -> YouthAnswer:
        """Return the person as typed."""
        title, first_name, last_name = split_name(self.whom())
        return YouthAnswer(
            title=title,
            first_name=first_name,
            last_name=last_name,
            birth_on=read_day(self.birth_on.data),
            national_id=read_id(self.national_id.data) if self.national_id.data else None,
            schooling="",
        )


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
        "name": page.row.whom,
        "birth_on": page.birth_on and typed_day(page.birth_on),
        "national_id": page.national_id,
        "project_name": page.row.whom,
        "place": page.area_code,
        "category": f"{page.subcommittee_code}/{page.category_code}",
        "fund": page.fund_code,
        "amount": "" if page.lines else str(page.row.amount),
        "lines": typed_rows(page.lines),
        "payee_kind": page.payee_kind,
        "account_holder": page.payee_holder,
        "bank": page.payee_bank_code,
        "account_number": page.payee_account,
        "reason": page.reason,
    }
