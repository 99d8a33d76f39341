"""Charts as SVG text, for a page and a paper alike.

The layout is ours, the strokes are those of `drawing.py`, and the same values always give the same
bytes. `docs/adr/0003-charts.md` says why no library draws.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from enum import StrEnum
from itertools import accumulate

from markupsafe import Markup

from portal.drawing import BOLD
from portal.drawing import MUTED
from portal.drawing import Canvas
from portal.drawing import text_lines
from portal.drawing import text_width
from portal.money import Money
from portal.money import total

PHONE = 340
DESK = 900
# Below this width twelve pairs of columns have no room for their labels; bars then lie in rows.
_NARROW = 680

_ZERO = Money(0)


class Unit(IntEnum):
    """What the labels of columns count, in baht; the words come from the caller."""

    BAHT = 1
    THOUSANDS = 1_000
    MILLIONS = 1_000_000


_LARGEST_FIRST = sorted(Unit, reverse=True)


class Tone(StrEnum):
    """What an amount means; each tone has its own colour and its own outline or fill."""

    ARRIVED = "arrived"
    WAITING = "waiting"
    LEFT = "left"
    LOST = "lost"


_PAINT = {
    Tone.ARRIVED: {"fill": "#25783b", "stroke": "#25783b"},
    Tone.WAITING: {"fill": "#f6dfae", "stroke": "#9a6200"},
    Tone.LEFT: {"fill": "#ffffff", "stroke": "#0a5c63"},
    Tone.LOST: {"fill": "#a9b1b8", "stroke": "#3d454d"},
}
_SIDES = (Tone.WAITING, Tone.ARRIVED)
_LABEL = {
    Tone.ARRIVED: {"font_size": "13", "font_weight": BOLD},
    Tone.WAITING: {"font_size": "13"},
}


@dataclass(frozen=True, slots=True)
class MonthBars:
    """One month; an amount is `None` while the month has not come."""

    month: str
    committed: Money | None
    disbursed: Money | None


@dataclass(frozen=True, slots=True)
class NameBar:
    """One name and its amount; a zero-width space in the name is a place to break it."""

    name: str
    amount: Money


@dataclass(frozen=True, slots=True)
class SizeBar:
    """One name, how long its bar is, and what is written at its end."""

    name: str
    size: int
    label: str


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a whole."""

    amount: Money
    tone: Tone


@dataclass(frozen=True, slots=True)
class ChartText:
    """What a reader who cannot see the chart is told; `ident` is unique on its page."""

    ident: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class MonthWords:
    """The words inside the month chart, in the reader's language."""

    committed: str
    disbursed: str
    baht: str
    in_units: Mapping[Unit, str]


@dataclass(frozen=True, slots=True)
class _Scale:
    """Turns a size into a length; it starts at zero, always."""

    longest: int
    room: float

    @classmethod
    def of(cls, amounts: Iterable[Money], room: float) -> _Scale:
        return cls(max((amount.satang for amount in amounts), default=0), room)

    def length(self, size: int) -> float:
        return size * self.room / self.longest if self.longest else 0.0


def bars_by_month(
    months: Sequence[MonthBars], *, text: ChartText, words: MonthWords, width: int = DESK
) -> Markup:
    """Draw committed and disbursed money by month: columns on a desk, rows on a phone."""
    _refuse_negative(_amounts(months))
    draw = _month_rows if width < _NARROW else _month_columns
    return draw(months, text, words, width)


def bars_by_name(bars: Sequence[NameBar], *, text: ChartText, width: int = DESK) -> Markup:
    """Draw one bar for each name, in the order given, its amount in full at its end."""
    _refuse_negative([bar.amount for bar in bars])
    sized = [SizeBar(bar.name, bar.amount.satang, str(bar.amount)) for bar in bars]
    return bars_by_size(sized, text=text, width=width)


def bars_by_size(bars: Sequence[SizeBar], *, text: ChartText, width: int = DESK) -> Markup:
    """Draw one bar for each name, in the order given, with its own label at its end."""
    draw = _names_above if width < _NARROW else _names_beside
    return draw(bars, text, width)


def share_bar(parts: Sequence[Part], *, text: ChartText) -> Markup:
    """Draw how a whole divides, as one bar that stretches to any width; its labels stand beside."""
    _refuse_negative([part.amount for part in parts])
    canvas = _canvas(text, "chart-share", 1000, 24)
    canvas.stretch()
    scale = _Scale(total(part.amount for part in parts).satang, 998)
    left = 1.0
    for part in parts:
        length = scale.length(part.amount.satang)
        canvas.bar(left, 1, length, 22, **_PAINT[part.tone], vector_effect="non-scaling-stroke")
        left += length
    return canvas.finished()


def _month_columns(
    months: Sequence[MonthBars], text: ChartText, words: MonthWords, width: int
) -> Markup:
    """Draw paired columns with rounded labels; the table behind the chart has the exact amounts."""
    top, floor, column = 72, 300, 26
    longest = max(_amounts(months), default=_ZERO)
    unit = _unit_for(longest)
    scale = _Scale(longest.satang, floor - top)
    canvas = _canvas(text, "chart-wide", width, 332)
    _key(canvas, months, words, 18, is_on_one_line=True)
    canvas.text(width, 18, words.in_units[unit], text_anchor="end", fill=MUTED)
    slot = width / max(len(months), 1)
    for index, month in enumerate(months):
        middle = slot * (index + 0.5)
        canvas.text(middle, floor + 22, month.month, text_anchor="middle")
        for tone, amount in _pair(month):
            left = middle + 1 - (column + 2) * (tone is Tone.WAITING)
            height = scale.length(amount.satang)
            canvas.bar(left, floor - height, column, height, **_PAINT[tone])
            style = {"text_anchor": "middle"} | _LABEL[tone]
            label = _rounded(amount, unit)
            canvas.text(left + column / 2, floor - height - 6, label, **style)
    canvas.line(0, floor, width, floor)
    return canvas.finished()


def _month_rows(
    months: Sequence[MonthBars], text: ChartText, words: MonthWords, width: int
) -> Markup:
    """Draw paired rows with the amounts in full."""
    top, row = 64, 40
    left = max(46, *(text_width(month.month) for month in months), 0.0)
    amounts = _amounts(months)
    scale = _Scale.of(amounts, width - left - _label_room(map(str, amounts)))
    canvas = _canvas(text, "chart-narrow", width, top + row * len(months))
    _key(canvas, months, words, 16, is_on_one_line=False)
    for index, month in enumerate(months):
        y = top + row * index
        canvas.text(0, y + 20, month.month)
        for tone, amount in _pair(month):
            bar_at = y + (1 if tone is Tone.WAITING else 17)
            length = scale.length(amount.satang)
            canvas.bar(left, bar_at, length, 13, **_PAINT[tone])
            canvas.text(left + length + 6, bar_at + 11, str(amount), **_LABEL[tone])
    canvas.line(left, top - 2, left, top + row * len(months) - 6)
    return canvas.finished()


def _names_beside(bars: Sequence[SizeBar], text: ChartText, width: int) -> Markup:
    longest = max((bar.size for bar in bars), default=0)
    room = _label_room(bar.label for bar in bars)
    names = [text_lines(bar.name, width * 0.46) for bar in bars]
    left = max((text_width(line) for name in names for line in name), default=0.0) + 14
    scale = _Scale(longest, width - left - room)
    *tops, height = accumulate((20 * len(name) + 20 for name in names), initial=0)
    canvas = _canvas(text, "chart-wide", width, height)
    for bar, name, top in zip(bars, names, tops, strict=True):
        length = scale.length(bar.size)
        middle = top + 10 * len(name) + 10
        for number, line in enumerate(name):
            canvas.text(left - 12, top + 25 + 20 * number, line, text_anchor="end")
        canvas.bar(left, middle - 10, length, 20, **_PAINT[Tone.ARRIVED])
        canvas.text(left + length + 8, middle + 5, bar.label, font_weight=BOLD)
    canvas.line(left, 4, left, height - 4)
    return canvas.finished()


def _names_above(bars: Sequence[SizeBar], text: ChartText, width: int) -> Markup:
    longest = max((bar.size for bar in bars), default=0)
    room = _label_room(bar.label for bar in bars)
    names = [text_lines(bar.name, width) for bar in bars]
    scale = _Scale(longest, width - room)
    *tops, height = accumulate((20 * len(name) + 38 for name in names), initial=0)
    canvas = _canvas(text, "chart-narrow", width, height)
    for bar, name, top in zip(bars, names, tops, strict=True):
        length = scale.length(bar.size)
        below = top + 20 * len(name)
        for number, line in enumerate(name):
            canvas.text(0, top + 16 + 20 * number, line)
        canvas.bar(1, below + 4, length, 18, **_PAINT[Tone.ARRIVED])
        canvas.text(length + 9, below + 18, bar.label, font_weight=BOLD)
        canvas.line(1, below + 1, 1, below + 25)
    return canvas.finished()


def _key(
    canvas: Canvas,
    months: Sequence[MonthBars],
    words: MonthWords,
    baseline: float,
    *,
    is_on_one_line: bool,
) -> None:
    """Name both colours with their totals, beside each other or on two lines."""
    left = 0.0
    for tone, word in zip(_SIDES, (words.committed, words.disbursed), strict=True):
        amount = total(amount for month in months for side, amount in _pair(month) if side is tone)
        label = f"{word} {amount} {words.baht}"
        canvas.bar(left + 1, baseline - 12, 13, 13, **_PAINT[tone])
        canvas.text(left + 22, baseline, label, font_weight=BOLD)
        if is_on_one_line:
            left += 22 + text_width(label) + 24
        else:
            baseline += 24


def _label_room(labels: Iterable[str]) -> float:
    """Return the room that the longest label takes behind its bar."""
    return max(map(text_width, labels), default=0.0) + 12


def _pair(month: MonthBars) -> list[tuple[Tone, Money]]:
    """Return the bars of a month: none of them while it has not come."""
    sides = zip(_SIDES, (month.committed, month.disbursed), strict=True)
    return [(tone, amount) for tone, amount in sides if amount is not None]


def _amounts(months: Iterable[MonthBars]) -> list[Money]:
    return [amount for month in months for _, amount in _pair(month)]


def _unit_for(longest: Money) -> Unit:
    return next((unit for unit in _LARGEST_FIRST if longest >= Money.baht(unit)), Unit.BAHT)


def _rounded(amount: Money, unit: Unit) -> str:
    """Write the amount in the unit, with three digits that mean something, rounded half up."""
    size = Money.baht(unit)
    decimals = _decimals(amount, unit)
    steps = (amount.satang * 10**decimals * 2 + size.satang) // (size.satang * 2)
    if amount and not steps:
        return "<0.01" if decimals else "<1"
    whole, rest = divmod(steps, 10**decimals)
    return f"{whole:,}.{rest:0{decimals}}".rstrip("0").rstrip(".") if rest else f"{whole:,}"


def _decimals(amount: Money, unit: Unit) -> int:
    if unit is Unit.BAHT or amount >= Money.baht(unit * 100):
        return 0
    return 1 if amount >= Money.baht(unit * 10) else 2


def _refuse_negative(amounts: Iterable[Money]) -> None:
    if any(amount < _ZERO for amount in amounts):
        message = "a bar starts at zero: negative amounts cannot be drawn"
        raise ValueError(message)


def _canvas(text: ChartText, kind: str, width: int, height: int) -> Canvas:
    return Canvas(
        kind, width, height, ident=text.ident, title=text.title, description=text.description
    )
