"""What people type about referrals and follow-ups: shape and size, no rules of the house."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import Field
from wtforms import RadioField
from wtforms import TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than stubs
from wtforms.validators import DataRequired
from wtforms.validators import InputRequired
from wtforms.validators import Optional
from wtforms.validators import ValidationError

from portal.cases.follow_ups import Outcome
from portal.cases.follow_ups import Pathway
from portal.cases.follow_ups import usual_days
from portal.cases.following import Finding
from portal.cases.rules import Action
from portal.cases.rules import Reason
from portal.cases.service import Grounds
from portal.cases.service import ReferralAnswer
from portal.labels import DECLINED_FOR
from portal.labels import OUTCOMES
from portal.labels import PATHWAYS
from portal.labels import REFERRAL_ACTIONS
from portal.labels import Name
from portal.thai import read_day
from portal.words import DayField
from portal.words import OneOf
from portal.words import SeenVersion
from portal.words import at_most

TEXT_LENGTH_MAX = 4000
ANSWERS = (Action.ACCEPT, Action.DECLINE)
USUAL, SINGLE = "usual", "single"


def _listed(first: str, names: Mapping[str, str]) -> dict[str, str]:
    """Return what a list offers, the empty choice first, in the language of the page."""
    return {"": first} | {code: gettext(text) for code, text in names.items()}


class ReferralForm(FlaskForm):
    """Whom to ask, and for what."""

    receiver = OneOf(_("Organisation"), validators=[InputRequired(_("Choose the organisation."))])
    asked = TextAreaField(
        _("What you ask for"),
        validators=[DataRequired(_("Write what you ask for.")), at_most(TEXT_LENGTH_MAX)],
    )

    def offer(self, partners: Mapping[str, Name], language: str) -> ReferralForm:
        """Offer the organisations that could answer; returns itself."""
        names = {c: name.en if language == "en" else name.th for c, name in partners.items()}
        self.receiver.choices = {"": gettext("Choose an organisation")} | names
        return self

    def answer(self, *, earlier_id: int | None) -> ReferralAnswer:
        """Return what was asked."""
        return ReferralAnswer(self.receiver.data, (self.asked.data or "").strip(), earlier_id)


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a referral: `grounds` is None where it is accepted."""

    grounds: Grounds | None
    seen_version: int


class ReplyForm(SeenVersion):
    """Accept or decline."""

    action = RadioField(
        _("Your answer"),
        choices=[SelectChoice(action.value, _(REFERRAL_ACTIONS[action])) for action in ANSWERS],
        validators=[InputRequired(_("Choose one."))],
    )
    reason = OneOf(_("Reason (public, without any name)"))
    note = TextAreaField(
        _("Words to the sender (not public)"), validators=[Optional(), at_most(TEXT_LENGTH_MAX)]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # WTForms' own signature
        super().__init__(*args, **kwargs)
        self.reason.choices = _listed(gettext("Choose a reason"), DECLINED_FOR)

    def validate_reason(self, field: Field) -> None:
        """Ask for a reason when it is declined."""
        if self.action.data == Action.DECLINE and not field.data:
            raise ValidationError(_("Say why: the sender must know whom to ask next."))

    def answer(self) -> Reply:
        """Return the answer with real types."""
        seen_version = int(self.seen_version.data or 0)
        if self.action.data == Action.ACCEPT:
            return Reply(None, seen_version)
        grounds = Grounds(Reason(self.reason.data), (self.note.data or "").strip())
        return Reply(grounds, seen_version)


class FinishForm(SeenVersion):
    """What came of a referral."""

    note = TextAreaField(
        _("What came of it"),
        validators=[DataRequired(_("Write what came of it.")), at_most(TEXT_LENGTH_MAX)],
    )


class NoteForm(FlaskForm):
    """A note about somebody."""

    words = TextAreaField(
        _("Note"), validators=[DataRequired(_("Write the note.")), at_most(TEXT_LENGTH_MAX)]
    )

    @property
    def text(self) -> str:
        """Return the note."""
        return (self.words.data or "").strip()


class PlanForm(FlaskForm):
    """The usual days after a day, or one day."""

    kind = RadioField(
        _("Which follow-ups"),
        choices=[
            SelectChoice(USUAL, _("30, 90 and 180 days after the day below")),
            SelectChoice(SINGLE, _("One, on the day below")),
        ],
        default=USUAL,
        validators=[InputRequired(_("Choose one."))],
    )
    day = DayField(_("Day"), validators=[InputRequired(_("Write the day."))])

    def answer(self) -> tuple[date, ...]:
        """Return the days."""
        day = read_day(self.day.data)
        return usual_days(day) if self.kind.data == USUAL else (day,)


class FindingForm(SeenVersion):
    """How somebody was found."""

    outcome = RadioField(
        _("How is the person now?"),
        choices=[SelectChoice(code, _(text)) for code, text in OUTCOMES.items()],
        validators=[InputRequired(_("Choose one."))],
    )
    pathway = OneOf(_("Way of learning"), validators=[Optional()])
    done_on = DayField(_("Day on which you asked"), validators=[InputRequired(_("Write the day."))])
    note = TextAreaField(_("Note (not public)"), validators=[Optional(), at_most(TEXT_LENGTH_MAX)])

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # WTForms' own signature
        super().__init__(*args, **kwargs)
        self.pathway.choices = _listed(gettext("None, or not known"), PATHWAYS)

    def answer(self) -> Finding:
        """Return the finding with real types."""
        return Finding(
            Outcome(self.outcome.data),
            Pathway(self.pathway.data) if self.pathway.data else None,
            read_day(self.done_on.data),
            (self.note.data or "").strip(),
        )
