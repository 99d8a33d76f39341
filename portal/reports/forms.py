"""What people type about reports: shape and size, no rules of the house."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import RadioField
from wtforms import TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than stubs
from wtforms.validators import AnyOf
from wtforms.validators import InputRequired

from portal.labels import OPINIONS
from portal.publishing.periods import Period
from portal.publishing.report_codes import Opinion
from portal.reports.service import ReportAnswer
from portal.words import NOT_LISTED
from portal.words import OneOf
from portal.words import SeenVersion
from portal.words import at_most
from portal.words import in_language

WORDS_LENGTH_MAX = 4000


class PeriodForm(FlaskForm):
    """Which period a report is to be prepared of."""

    # Which periods are over, the rules say: the page may be older than the log.
    period = OneOf(
        _("Period"), validate_choice=False, validators=[InputRequired(_("Choose a period."))]
    )

    def offer(self, periods: Sequence[Period]) -> PeriodForm:
        """Leave these periods to choose from; returns itself."""
        self.period.choices = [(each.code, in_language(each.name)) for each in periods]
        return self


class AnswerForm(SeenVersion):
    """What the auditor says of a report."""

    opinion = RadioField(
        _("What you say of it (public)"),
        choices=[SelectChoice(opinion.value, _(OPINIONS[opinion])) for opinion in Opinion],
        validate_choice=False,
        validators=[
            InputRequired(_("Choose one.")),
            AnyOf(list(Opinion), message=NOT_LISTED),
        ],
    )
    words = TextAreaField(
        _("Your remarks, one a line (not public)"), validators=[at_most(WORDS_LENGTH_MAX)]
    )

    def answer(self) -> ReportAnswer:
        """Return what is said, with real types."""
        return ReportAnswer(Opinion(self.opinion.data), (self.words.data or "").strip())
