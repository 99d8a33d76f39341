"""What people type about findings and concerns: shape and size, no rules of the house."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField
from wtforms import Field
from wtforms import HiddenField
from wtforms import IntegerField
from wtforms import RadioField
from wtforms import StringField
from wtforms import TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than stubs
from wtforms.validators import AnyOf
from wtforms.validators import DataRequired
from wtforms.validators import InputRequired
from wtforms.validators import Length
from wtforms.validators import Optional
from wtforms.validators import ValidationError
from wtforms.widgets import HiddenInput

from portal.concerns.codes import ConcernAction
from portal.concerns.codes import ConcernTopic
from portal.concerns.codes import FindingAction
from portal.concerns.codes import FindingTopic
from portal.concerns.codes import Severity
from portal.concerns.docket import Reply
from portal.concerns.findings import FindingAnswer
from portal.concerns.rules import DESK_ACTIONS
from portal.concerns.rules import Offer
from portal.concerns.service import ConcernAnswer
from portal.labels import CONCERN_ACTIONS
from portal.labels import CONCERN_OUTCOMES
from portal.labels import CONCERN_TOPICS
from portal.labels import DOUBTS
from portal.labels import FINDING_ACTIONS
from portal.labels import FINDING_TOPICS
from portal.labels import REMEDIES
from portal.labels import SEVERITIES
from portal.words import NOT_LISTED
from portal.words import OneOf
from portal.words import at_most

WORDS_LENGTH_MAX = 4000
CONTACT_LENGTH_MAX = 200
REFERENCE_LENGTH_MAX = 40
_WORDS = [DataRequired(_("Write what it is about.")), at_most(WORDS_LENGTH_MAX)]


def _choices(codes: Sequence[str], labels: Mapping[str, str]) -> list[SelectChoice]:
    return [SelectChoice(code, _(labels[code])) for code in codes]


class FindingForm(FlaskForm):
    """What an auditor found at one entry."""

    eid = HiddenField()
    severity = RadioField(
        _("How much it weighs"),
        choices=_choices(list(Severity), SEVERITIES),
        validate_choice=False,
        validators=[
            InputRequired(_("Choose how much it weighs.")),
            AnyOf(list(Severity), message=NOT_LISTED),
        ],
    )
    topic = OneOf(_("What it is about"), validators=[InputRequired(_("Choose what it is about."))])
    words = TextAreaField(_("What you found (not public)"), validators=_WORDS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # WTForms' own signature
        super().__init__(*args, **kwargs)
        self.topic.choices = _with_none(FINDING_TOPICS)

    def answer(self) -> FindingAnswer:
        """Return what was found, with real types."""
        return FindingAnswer(
            self.eid.data or "",
            Severity(self.severity.data),
            FindingTopic(self.topic.data),
            (self.words.data or "").strip(),
        )


def _with_none(labels: Mapping[str, str]) -> dict[str, str]:
    """Return a list to choose from that begins with nothing chosen, in the page's language."""
    return {"": gettext("Choose one")} | {code: gettext(text) for code, text in labels.items()}


class ActForm(FlaskForm):
    """One act on a finding or a concern: which, with which code, in which words."""

    seen_version = IntegerField(widget=HiddenInput(), validators=[InputRequired()])
    # Whether it can be done now, the rules say: the page may be older than the finding or concern.
    action = RadioField(
        _("What you do"), validate_choice=False, validators=[InputRequired(_("Choose one."))]
    )
    words = TextAreaField(_("Your words (not public)"), validators=[at_most(WORDS_LENGTH_MAX)])
    # The acts, their names, the field with the public code of some, and those that need words.
    acts: Sequence[str] = ()
    labels: Mapping[str, str] = {}
    codes: Mapping[str, str] = {}
    wordy: frozenset[str] = frozenset()

    def offer(self, offers: Sequence[Offer]) -> ActForm:
        """Leave the acts that this person may do now; returns itself."""
        allowed = [str(offer.action) for offer in offers if offer.refusal is None]
        self.action.choices = [SelectChoice(code, gettext(self.labels[code])) for code in allowed]
        if len(allowed) == 1:
            self.action.data = self.action.data or allowed[0]
        return self

    def validate_action(self, field: Field) -> None:
        """Refuse what is no act of this page."""
        if field.data not in self.acts:
            raise ValidationError(NOT_LISTED)

    def validate_words(self, field: Field) -> None:
        """Ask for words where the next person cannot do without."""
        if self.action.data in self.wordy and not (field.data or "").strip():
            raise ValidationError(_("Say more: whoever reads it next must understand it."))

    def check_code(self, action: str, field: OneOf) -> None:
        """Ask for the code of the act that is chosen."""
        codes = {choice[0] for choice in field.iter_choices()} - {""}
        if self.action.data == action and field.data not in codes:
            raise ValidationError(NOT_LISTED)

    def answer(self) -> Reply:
        """Return what is said: the code of the act, where it has one, and the words."""
        name = self.codes.get(self.action.data)
        return Reply(self[name].data if name else None, (self.words.data or "").strip())


class FindingActForm(ActForm):
    """Answering a finding, closing it, or opening it again."""

    remedy = OneOf(_("What was done (public)"), validate_choice=False)
    doubt = OneOf(_("Why it is open again (public)"), validate_choice=False)
    acts = (FindingAction.ANSWER, FindingAction.CLOSE, FindingAction.REOPEN)
    codes = {FindingAction.ANSWER: "remedy", FindingAction.REOPEN: "doubt"}
    wordy = frozenset({FindingAction.ANSWER, FindingAction.REOPEN})
    labels = FINDING_ACTIONS

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # WTForms' own signature
        super().__init__(*args, **kwargs)
        self.remedy.choices, self.doubt.choices = _with_none(REMEDIES), _with_none(DOUBTS)

    def validate_remedy(self, field: OneOf) -> None:
        """Ask what was done, of who answers."""
        self.check_code(FindingAction.ANSWER, field)

    def validate_doubt(self, field: OneOf) -> None:
        """Ask why, of who opens it again."""
        self.check_code(FindingAction.REOPEN, field)


class ConcernActForm(ActForm):
    """Looking into a concern, answering it, or passing it on."""

    outcome = OneOf(_("What came of it (public)"), validate_choice=False)
    acts = DESK_ACTIONS
    codes = {ConcernAction.ANSWER: "outcome"}
    wordy = frozenset({ConcernAction.ANSWER, ConcernAction.PASS})
    labels = CONCERN_ACTIONS

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # WTForms' own signature
        super().__init__(*args, **kwargs)
        self.outcome.choices = _with_none(CONCERN_OUTCOMES)

    def validate_outcome(self, field: OneOf) -> None:
        """Ask what came of it, of who answers."""
        self.check_code(ConcernAction.ANSWER, field)


class ReporterForm(FlaskForm):
    """A form for people without an account: what was typed always comes back on the page."""

    def validate(self, extra_validators: Any = None) -> bool:  # WTForms' own signature
        """Say in our own words that the page was open too long; a new one is sent with it."""
        is_valid: bool = super().validate(extra_validators)
        token = self._fields.get("csrf_token")
        if token is not None and token.errors:
            token.errors = [_("This page was open for a long time. Please send it once more.")]
        return is_valid


class ConcernForm(ReporterForm):
    """What somebody tells the foundation. `website` is for machines alone; people do not see it."""

    topic = RadioField(
        _("What is it about?"),
        choices=_choices(list(ConcernTopic), CONCERN_TOPICS),
        validate_choice=False,
        validators=[
            InputRequired(_("Choose what it is about.")),
            AnyOf(list(ConcernTopic), message=NOT_LISTED),
        ],
    )
    is_about_house = BooleanField(_("It is about somebody who runs this portal"))
    words = TextAreaField(_("What happened?"), validators=_WORDS)
    about = StringField(
        _("Reference of a request or payment"),
        validators=[Optional(), at_most(REFERENCE_LENGTH_MAX)],
    )
    contact = StringField(
        _("How we can reach you"), validators=[Optional(), at_most(CONTACT_LENGTH_MAX)]
    )
    website = StringField(
        _("Leave this empty"), validators=[Length(max=0, message=_("Leave this field empty."))]
    )
    sheet = HiddenField(default=lambda: secrets.token_urlsafe(16))

    def answer(self) -> ConcernAnswer:
        """Return what was told, with real types."""
        return ConcernAnswer(
            topic=ConcernTopic(self.topic.data),
            is_about_house=bool(self.is_about_house.data),
            about=(self.about.data or "").strip().upper(),
            words=(self.words.data or "").strip(),
            contact=(self.contact.data or "").strip(),
            sheet=self.sheet.data or "",
        )


class CodeForm(ReporterForm):
    """The code by which a concern is followed; `words` are what was written without it."""

    code = StringField(
        _("Your code"), validators=[InputRequired(_("Write your code.")), at_most(60)]
    )
    words = TextAreaField(_("What you wrote"), validators=[Optional(), at_most(WORDS_LENGTH_MAX)])


class MoreForm(ReporterForm):
    """What a reporter adds to a concern."""

    words = TextAreaField(_("Write more"), validators=_WORDS)

    def answer(self) -> str:
        """Return what was written."""
        return (self.words.data or "").strip()
