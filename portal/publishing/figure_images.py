"""Single public figures as images, and the line of HTML that shows an image of ours elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext
from flask_babel import ngettext
from markupsafe import Markup
from sqlalchemy.orm import Session

from portal.drawing import BOLD
from portal.drawing import MUTED
from portal.drawing import SIZE
from portal.drawing import Canvas
from portal.drawing import text_lines
from portal.drawing import text_width
from portal.errors import N_
from portal.publishing.drawings import CHARTS
from portal.publishing.drawings import IMAGE_WIDTH
from portal.publishing.drawings import letters
from portal.publishing.figures import figures
from portal.publishing.figures import median_days
from portal.publishing.open_figures import Figures
from portal.publishing.queries import foundation_name
from portal.words import in_language

WIDTH = 360
# What an address of a chart ends with when it is to be as narrow as a phone.
NARROW = "narrow=1"
_EDGE, _LINE = 24, 22
_VALUE, _SMALL = 40, 12


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the whole foundation: what it is, how much, and a word on what it counts."""

    name: str
    label: str
    value: str
    note: str

    @property
    def title(self) -> str:
        """Return the figure as one line of text."""
        return f"{self.label}: {self.value}"


@dataclass(frozen=True, slots=True)
class Picture:
    """An image that other pages may show: below /charts, and the page of ours it leads to."""

    name: str
    title: str
    page: str
    width: int

    @property
    def has_narrow(self) -> bool:
        """Say whether there is another one for phones: its labels would be too small there."""
        return self.width > WIDTH


_Told = tuple[str, Callable[[Figures], str], str]
# By name: what the figure is called, how it is written, and what it counts.
_SUMS: Mapping[str, _Told] = {
    "figure-received": (N_("Received"), lambda sums: _baht(str(sums.received)), ""),
    "figure-disbursed": (
        N_("Paid out"),
        lambda sums: _baht(str(sums.disbursed)),
        N_("confirmed by the bank, cash by its receipt"),
    ),
    "figure-left": (N_("Left"), lambda sums: _baht(str(sums.left)), N_("not approved yet")),
    "figure-people": (
        N_("Help for people"),
        lambda sums: _times(sums.paid_for_youths),
        N_("paid in full"),
    ),
    "figure-projects": (
        N_("Help for projects"),
        lambda sums: _times(sums.paid_for_projects),
        N_("paid in full"),
    ),
}
DAYS = "figure-days"
FIGURES = (*_SUMS, DAYS)
# The page of ours on which a chart stands with the table behind it.
_PAGES = {
    "paid-by-month": "/payments",
    "days-by-subcommittee": "/service-times",
    "paid-by-fund": "/funds",
    "paid-by-subcommittee": "/subcommittees",
    "paid-by-category": "/categories",
}


def _baht(amount: str) -> str:
    return str(gettext("%(amount)s baht", amount=amount))


def _times(count: int) -> str:
    return str(ngettext("%(count)s time", "%(count)s times", count, count=f"{count:,}"))


def figure(session: Session, name: str) -> Figure:
    """Return a figure by its name, which is one of `FIGURES`."""
    return _days(median_days(session)) if name == DAYS else _summed(name, figures(session))


def _summed(name: str, sums: Figures) -> Figure:
    label, written, note = _SUMS[name]
    return Figure(name, gettext(label), written(sums), gettext(note) if note else "")


def _days(days: float | None) -> Figure:
    label = gettext("From sending to the money")
    if days is None:
        return Figure(DAYS, label, "-", gettext("nothing is paid yet"))
    value = gettext("%(days)g days", days=days)
    return Figure(DAYS, label, value, gettext("half of the requests took no longer"))


def pictures(session: Session) -> Sequence[Picture]:
    """Return every image of the whole foundation: single figures, and charts."""
    sums = figures(session)
    told = [*(_summed(name, sums) for name in _SUMS), _days(median_days(session))]
    numbers = [Picture(one.name, one.title, "/", WIDTH) for one in told]
    charts = [
        Picture(name, draw(session).title, _PAGES[name], IMAGE_WIDTH)
        for name, draw in CHARTS.items()
    ]
    return [*numbers, *charts]


def figure_image(session: Session, name: str, source: str) -> str:
    """Return a figure as an image that says by itself what it shows and where that comes from."""
    told, owner = figure(session, name), foundation_name(session)
    canvas = Canvas("figure-image", WIDTH, 0, ident=name, title=told.title, description=source)
    canvas.letters(letters())
    canvas.background("#ffffff")
    room = WIDTH - 2 * _EDGE
    # A long amount is written smaller rather than out of the picture.
    size = min(_VALUE, int(room * SIZE / text_width(told.value)))
    top = _EDGE + SIZE
    canvas.text(_EDGE, top, told.label, font_weight=BOLD)
    # Thai marks reach high: the value stands well below its label.
    top += _VALUE + 20
    canvas.text(_EDGE, top, told.value, font_size=str(size), font_weight=BOLD)
    top += _LINE + 6
    for line in text_lines(told.note, room) if told.note else []:
        canvas.text(_EDGE, top, line, fill=MUTED)
        top += _LINE
    name_lines = text_lines(in_language(owner), room * SIZE / _SMALL) if owner else []
    for line in (*name_lines, *text_lines(source, room * SIZE / _SMALL)):
        canvas.text(_EDGE, top, line, fill=MUTED, font_size=str(_SMALL))
        top += _SMALL + 6
    canvas.grow(top + _EDGE - _SMALL)
    return canvas.finished()


def embedding(base: str, picture: Picture) -> str:
    """Return the line of HTML with which another page shows an image: image and link, no script.

    `base` is the public address with the language. The line is shown as text, so that the page
    escapes it once more.
    """
    image = f"{base}/charts/{picture.name}.svg"
    shown = Markup('<img src="{}" alt="{}" width="{}">').format(image, picture.title, picture.width)
    if picture.has_narrow:
        shown = Markup(
            '<picture><source media="(max-width: 640px)" srcset="{}">{}</picture>'
        ).format(f"{image}?{NARROW}", shown)
    return str(Markup('<a href="{}">{}</a>').format(base + picture.page, shown))
