"""The public charts: each with the message in its title, for a page and as an image of its own."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from datetime import date
from functools import cache
from functools import partial
from pathlib import Path

from flask_babel import get_locale
from flask_babel import gettext
from markupsafe import Markup
from sqlalchemy.orm import Session

from portal.charts import DESK
from portal.charts import PHONE
from portal.charts import ChartText
from portal.charts import MonthBars
from portal.charts import MonthWords
from portal.charts import NameBar
from portal.charts import Part
from portal.charts import SizeBar
from portal.charts import Tone
from portal.charts import Unit
from portal.charts import bars_by_month
from portal.charts import bars_by_name
from portal.charts import bars_by_size
from portal.charts import share_bar
from portal.drawing import BOLD
from portal.drawing import MUTED
from portal.drawing import SIZE
from portal.drawing import Canvas
from portal.drawing import text_lines
from portal.labels import Name
from portal.money import Money
from portal.money import total
from portal.publishing.figures import PARTS
from portal.publishing.figures import Part as PublicPart
from portal.publishing.figures import figures
from portal.publishing.figures import parts
from portal.publishing.open_figures import Figures
from portal.publishing.part_page import Month
from portal.publishing.part_page import part_page
from portal.publishing.part_page import whole_months
from portal.publishing.time_page import TimePage
from portal.publishing.time_page import time_page
from portal.publishing.waits import Step
from portal.thai import short_month
from portal.words import in_language

_AMOUNT = re.compile(r"(?<=\d) (?=บาท|baht|วัน|days)")


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart in both widths; `name` is its place below /charts."""

    name: str
    title: str
    note: str
    narrow: Markup
    wide: Markup


def _drawn(name: str, title: str, note: str, draw: Callable[..., Markup]) -> Chart:
    """Draw a chart for a phone and for a desk; an amount in its title stays with its unit."""
    title = _AMOUNT.sub("\u00a0", title)
    text = ChartText(_ident(name), title, note)
    return Chart(
        name, title, note, narrow=draw(text=text, width=PHONE), wide=draw(text=text, width=DESK)
    )


def month_chart(name: str, months: Sequence[Month]) -> Chart:
    """Draw what was approved and paid by month."""
    paid = total(month.disbursed for month in months)
    title = gettext("%(amount)s baht were paid out in the last 12 months", amount=paid)
    note = gettext(
        "Approved and paid out in each month, in baht, before anything came back or was set free"
    )
    bars = [
        MonthBars(month_and_year(month.month, str(get_locale())), month.approved, month.disbursed)
        for month in months
    ]
    return _drawn(name, title, note, partial(bars_by_month, bars, words=month_words()))


def share_chart(sums: Figures, note: str) -> Markup:
    """Draw how the money received divides; `note` says it to those who cannot see it."""
    parts = [
        Part(sums.disbursed, Tone.ARRIVED),
        Part(sums.committed, Tone.WAITING),
        Part(sums.fees, Tone.LOST),
        Part(sums.left, Tone.LEFT),
    ]
    title = gettext("How the money received divides")
    return share_bar(parts, text=ChartText("share", title, note))


def month_words() -> MonthWords:
    """Return the words inside a chart by month, in the language of now."""
    return MonthWords(
        gettext("Approved"),
        gettext("Paid out"),
        gettext("baht"),
        {
            Unit.BAHT: gettext("in baht"),
            Unit.THOUSANDS: gettext("in thousands of baht"),
            Unit.MILLIONS: gettext("in millions of baht"),
        },
    )


def month_and_year(month: date, language: str) -> str:
    """Return a month with the last digits of its year: there is little room under a bar."""
    name, _, year = short_month(month, language).rpartition(" ")
    return f"{name} {year[-2:]}"


def money_chart(name: str, title: str, note: str, lines: Sequence[tuple[Name, Money]]) -> Chart:
    """Draw one amount for each name."""
    bars = [NameBar(in_language(of), max(amount, Money(0))) for of, amount in lines]
    return _drawn(name, title, note, partial(bars_by_name, bars))


def day_chart(page: TimePage) -> Chart:
    """Draw the median of days from sending to the money by subcommittee."""
    name, whole = "days-by-subcommittee", page.whole[Step.WHOLE]
    title = (
        gettext("Nothing is paid yet")
        if whole.days is None
        else gettext("Half of the requests had their money within %(days)g days", days=whole.days)
    )
    note = gettext("Median of days from sending to the money, by subcommittee")
    bars = [
        SizeBar(in_language(each.short), round(took.days * 10), f"{took.days:g}")
        for each in page.subcommittees
        for took in [each.took[Step.WHOLE]]
        if took.days is not None
    ]
    return _drawn(name, title, note, partial(bars_by_size, bars))


def parts_chart(kind: str, of: Iterable[PublicPart], sums: Figures) -> Chart:
    """Draw the money paid out by fund, subcommittee or category; there is one at least."""
    found = sorted(of, key=lambda part: -part.disbursed.satang)
    titles: Mapping[str, str] = {
        "fund": gettext(
            "Of %(given)s baht received, %(paid)s baht are paid out",
            given=sums.received,
            paid=sums.disbursed,
        ),
        "subcommittee": gettext(
            "The subcommittees have paid out %(paid)s of the %(given)s baht given to them",
            paid=sums.disbursed,
            given=sums.allocated,
        ),
        "category": gettext(
            "%(paid)s baht are paid out, most of it for: %(name)s",
            paid=sums.disbursed,
            name=in_language(found[0].name),
        ),
    }
    notes = {
        "fund": gettext("Money paid out of each fund, in baht"),
        "subcommittee": gettext("Money paid out by each subcommittee, in baht"),
        "category": gettext("Money paid out for each kind of help, in baht"),
    }
    lines = [(part.short, part.disbursed) for part in found]
    return money_chart(f"paid-by-{kind}", titles[kind], notes[kind], lines)


def part_months(session: Session, kind: str, code: str, *, name: str) -> Chart:
    """Draw one fund, subcommittee or category by month."""
    page = part_page(session, kind, code)
    chart = month_chart(name, page.months)
    return replace(chart, title=f"{in_language(page.part.name)}: {chart.title}")


def _paid_by(kind: str) -> Callable[[Session], Chart]:
    return lambda session: parts_chart(kind, parts(session, kind), figures(session))


# The charts of the whole foundation, by their names below /charts.
CHARTS: Mapping[str, Callable[[Session], Chart]] = {
    "paid-by-month": lambda session: month_chart("paid-by-month", whole_months(session)),
    "days-by-subcommittee": lambda session: day_chart(time_page(session)),
    **{f"paid-by-{kind}": _paid_by(kind) for kind in PARTS},
}


def _ident(name: str) -> str:
    return name.replace("/", "-")


_TITLE, _LINE, _NOTE, _EDGE = 20, 28, 20, 24
FONTS = Path(__file__).parents[1] / "static" / "fonts"
IMAGE_WIDTH = DESK + 2 * _EDGE


@cache
def letters() -> str:
    """Return the letters as a style: an image loads nothing, and brings what it is written in."""
    rules = []
    for weight, name in (("400", "regular"), (BOLD, "semibold")):
        letters = b64encode((FONTS / f"sarabun-{name}.woff2").read_bytes()).decode()
        source = f"url(data:font/woff2;base64,{letters}) format('woff2')"
        rules.append(f"@font-face{{font-family:Sarabun;font-weight:{weight};src:{source}}}")
    return "".join(rules)


def image(chart: Chart, source: str, *, is_narrow: bool) -> str:
    """Return a chart as an image that says by itself what it shows and where that comes from."""
    width = PHONE if is_narrow else DESK
    lines = text_lines(chart.title, width * SIZE / _TITLE)
    notes = text_lines(chart.note, width)
    top = _EDGE + _LINE * len(lines) + _NOTE * len(notes) + 8
    text = {"ident": _ident(chart.name), "title": chart.title, "description": chart.note}
    canvas = Canvas("chart-image", width + 2 * _EDGE, 0, **text)
    canvas.letters(letters())
    canvas.background("#ffffff")
    for number, line in enumerate(lines, 1):
        canvas.text(
            _EDGE, _EDGE + _LINE * number - 8, line, font_size=str(_TITLE), font_weight=BOLD
        )
    for number, line in enumerate(notes, 1):
        y = _EDGE + _LINE * len(lines) + _NOTE * number - 4
        canvas.text(_EDGE, y, line, fill=MUTED)
    bottom = top + canvas.put(chart.narrow if is_narrow else chart.wide, _EDGE, top)
    for line in text_lines(source, width):
        bottom += _NOTE
        canvas.text(_EDGE, bottom + 8, line, fill=MUTED, font_size="13")
    canvas.grow(bottom + 8 + _EDGE)
    return canvas.finished()
