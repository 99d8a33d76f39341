"""The charts of a report, for A4: each says in its title what it shows."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import get_locale
from flask_babel import gettext
from markupsafe import Markup

from portal.charts import ChartText
from portal.charts import MonthBars
from portal.charts import NameBar
from portal.charts import SizeBar
from portal.charts import bars_by_month
from portal.charts import bars_by_name
from portal.charts import bars_by_size
from portal.drawing import words_apart
from portal.money import total
from portal.publishing.drawings import month_and_year
from portal.publishing.drawings import month_words
from portal.publishing.drawings import share_chart
from portal.publishing.waits import Step
from portal.reports.report_told import ReportTold
from portal.words import in_language

# As wide as A4 leaves room for with letters of the size of a caption, and what it leaves.
WIDTH = 700
WIDTH_MM = 167


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart with the message in its title, and what its lengths are."""

    title: str
    note: str
    svg: Markup


@dataclass(frozen=True, slots=True)
class Drawings:
    """The charts of a report; one for which there is nothing to draw is none."""

    share: Markup
    months: Drawn | None
    subcommittees: Drawn | None
    categories: Drawn | None
    days: Drawn | None


def drawings(told: ReportTold) -> Drawings:
    """Draw a report in the language of now."""
    return Drawings(
        share=share_chart(told.stand, gettext("The amounts stand above.")),
        months=_months(told),
        subcommittees=_paid_by(told, "subcommittee"),
        categories=_paid_by(told, "category"),
        days=_days(told),
    )


def _months(told: ReportTold) -> Drawn | None:
    paid = total(month.disbursed for month in told.months)
    if not paid and not any(month.approved for month in told.months):
        return None
    title = gettext("%(amount)s baht were paid out in the 12 months shown", amount=paid)
    note = gettext(
        "Approved and paid out in each month, in baht, before anything came back or was set free"
    )
    language = str(get_locale())
    bars = [
        MonthBars(month_and_year(month.month, language), month.approved, month.disbursed)
        for month in told.months
    ]
    text = ChartText("months", title, note)
    drawn = bars_by_month(bars, text=text, words=month_words(), width=WIDTH)
    return Drawn(title, note, words_apart(drawn, WIDTH_MM))


def _paid_by(told: ReportTold, kind: str) -> Drawn | None:
    parts = sorted(told.parts[kind], key=lambda part: -part.moved.disbursed.satang)
    bars = [
        NameBar(in_language(part.short), part.moved.disbursed)
        for part in parts
        if part.moved.disbursed
    ]
    if not bars:
        return None
    most, paid = bars[0], told.moved.disbursed
    titles = {
        "subcommittee": gettext(
            "Of the %(paid)s baht paid out in the period, most went through: %(name)s",
            paid=paid,
            name=most.name,
        ),
        "category": gettext(
            "Of the %(paid)s baht paid out in the period, most was for: %(name)s",
            paid=paid,
            name=most.name,
        ),
    }
    notes = {
        "subcommittee": gettext("Money paid out by each subcommittee in the period, in baht"),
        "category": gettext("Money paid out for each kind of help in the period, in baht"),
    }
    text = ChartText(kind, titles[kind], notes[kind])
    drawn = bars_by_name(bars, text=text, width=WIDTH)
    return Drawn(titles[kind], notes[kind], words_apart(drawn, WIDTH_MM))


def _days(told: ReportTold) -> Drawn | None:
    whole = told.all_times.took[Step.WHOLE]
    bars = [
        SizeBar(in_language(times.short), round(took.days * 10), f"{took.days:g}")
        for times in told.times[:-1]
        for took in [times.took[Step.WHOLE]]
        if took.days is not None
    ]
    if whole.days is None or not bars:
        return None
    title = gettext("Half of the requests had their money within %(days)g days", days=whole.days)
    note = gettext("Median of days from sending to the money, by subcommittee")
    text = ChartText("days", title, note)
    return Drawn(title, note, words_apart(bars_by_size(bars, text=text, width=WIDTH), WIDTH_MM))
