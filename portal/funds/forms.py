"""What people type about fund requests: shape and size, no rules of the house."""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from flask_wtf.file import FileRequired
from flask_wtf.file import MultipleFileField
from werkzeug.datastructures import FileStorage
from wtforms import BooleanField
from wtforms import Field
from wtforms import RadioField
from wtforms import SelectMultipleField
from wtforms import StringField
from wtforms import TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than stubs
from wtforms.validators import AnyOf
from wtforms.validators import InputRequired
from wtforms.validators import Length
from wtforms.validators import Optional
from wtforms.validators import ValidationError

from portal.funds.attachments import PaperKind
from portal.funds.attachments import Removal
from portal.funds.queries import Filters
from portal.funds.rules import Action
from portal.funds.rules import Offer
from portal.funds.rules import Reason
from portal.labels import ATTACHED
from portal.labels import REASONS
from portal.people.once import OnceForm
from portal.people.once import StepForm
from portal.security import row_number
from portal.thai import read_baht
from portal.words import OneOf
from portal.words import SeenVersion
from portal.words import at_most

TEXT_LENGTH_MAX = 4000
FILES_MAX = 10
_PICK = re.compile("([0-9]{1,9})-([0-9]{1,9})")
DECISIONS = (
    SelectChoice(Action.APPROVE.value, _("Approve")),
    SelectChoice(Action.RETURN.value, _("Return for correction")),
    SelectChoice(Action.REJECT.value, _("Do not approve")),
)


class BahtField(StringField):
    """An amount in baht; commas, Thai digits and the word บาท are understood."""

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 - WTForms' own signature
        """Refuse what is no amount."""
        try:
            read_baht(self.data)
        except ValueError as error:
            raise ValidationError(_("Write the amount in baht, like 1,500.")) from error


class SendForm(SeenVersion):
    """Sending what was looked over; the button says that the person agreed."""

    has_consent = BooleanField()
    is_urgent = BooleanField(_("It is urgent and cannot wait for the usual way"))
    urgent_reason = TextAreaField(
        _("Why it is urgent (not public)"), validators=[Optional(), at_most(TEXT_LENGTH_MAX)]
    )


@dataclass(frozen=True, slots=True)
class DecisionAnswer:
    """What a chair decides; returning and rejecting have a reason."""

    action: Action
    reason: Reason
    note: str
    seen_version: int


class DecisionForm(StepForm):
    """One decision on one request."""

    action = RadioField(
        _("Your decision"),
        choices=list(DECISIONS),
        validators=[InputRequired(_("Choose one."))],
    )
    reason = OneOf(_("Reason (public)"))
    note = TextAreaField(_("Note (not public)"), validators=[Optional(), at_most(TEXT_LENGTH_MAX)])

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


class BulkForm(OnceForm):
    """Approving several requests from the list: each tick is `id-version`."""

    pick = SelectMultipleField(choices=(), validate_choice=False)
    is_unrelated = BooleanField(
        _("I am not related to any person, payee or project of those I ticked"),
        validators=[InputRequired(_("Confirm it, or open the request and declare it there."))],
    )

    @property
    def picked(self) -> list[Pick]:
        """Return what was ticked."""
        return picks(self.pick.data or ())


def picks(values: Sequence[str]) -> list[Pick]:
    """Read the ticks of a list, each once; what is no tick is left out."""
    ticks = map(_PICK.fullmatch, dict.fromkeys(values))
    return [Pick(int(tick[1]), int(tick[2])) for tick in ticks if tick]


@dataclass(frozen=True, slots=True)
class AttachAnswer:
    """Papers to attach, all of one kind."""

    kind: PaperKind
    files: Sequence[FileStorage]


class AttachForm(FlaskForm):
    """Papers to attach to a request; its names differ from those of other forms on the page."""

    kind = OneOf(_("What the paper shows"), validators=[InputRequired(_("Choose one."))])
    files = MultipleFileField(
        _("Photos or PDF"),
        validators=[
            FileRequired(_("Choose a file first.")),
            Length(max=FILES_MAX, message=_("At most %(max)d files at once.")),
        ],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # WTForms' own signature
        super().__init__(*args, prefix="papers-", **kwargs)
        self.kind.choices = {"": gettext("Choose what it is")} | {
            code: gettext(text) for code, text in ATTACHED.items()
        }

    def answer(self) -> AttachAnswer:
        """Return what was chosen."""
        return AttachAnswer(PaperKind(self.kind.data), self.files.data or ())


class RemoveForm(FlaskForm):
    """Why a paper is taken off."""

    why = StringField(validators=[AnyOf(list(Removal))])

    def answer(self) -> Removal:
        """Return the reason."""
        return Removal(str(self.why.data))


def filters_of(address: Mapping[str, str]) -> Filters:
    """Read what the address of a list narrows it to."""
    try:
        youth = row_number(address.get("youth", ""))
    except ValueError:
        youth = 0
    return Filters(
        state=address.get("state", ""),
        subcommittee=address.get("subcommittee", ""),
        text=address.get("text", "").strip(),
        youth=youth,
    )


class UploadForm(FlaskForm):
    """A workbook to import."""

    workbook = FileField(
        _("Workbook (.xlsx or .csv)"), validators=[FileRequired(_("Choose a file first."))]
    )
