"""Charts as SVG text, for a page and a paper alike; the only file that knows how they are drawn.

The standard library's ElementTree writes the elements and escapes every text; the layout is ours.
Nothing here needs a style sheet or a script, so a chart passes the strictest content policy, and
the same values always give the same bytes. `docs/adr/0003-charts.md` says why no library draws.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from enum import StrEnum
from xml.etree import ElementTree as ET

from markupsafe import Markup

from portal.money import Money
from portal.money import total

PHONE = 340
DESK = 900
# Below this width twelve pairs of columns have no room for their labels; bars then lie in rows.
_NARROW = 680

_INK = "#1f2a2c"
_MUTED = "#566366"
_LINE = "#8a9698"
_ZERO = Money(0)
# A long Thai name may be broken before these joining words, and wherever the caller allows it.
_BREAK_BEFORE = ("เพื่อ", "และ", "สำหรับ", "ด้าน")
_BREAK = "\u200b"


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


_PAINT = {
    Tone.ARRIVED: {"fill": "#25783b", "stroke": "#25783b"},
    Tone.WAITING: {"fill": "#f6dfae", "stroke": "#9a6200"},
    Tone.LEFT: {"fill": "#ffffff", "stroke": "#0a5c63"},
}
_BOLD = "600"
_SIDES = (Tone.WAITING, Tone.ARRIVED)
_LABEL = {
    Tone.ARRIVED: {"font_size": "13", "font_weight": _BOLD},
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
    """Turns an amount into a length; it starts at zero, always."""

    longest: Money
    room: float

    def length(self, amount: Money) -> float:
        return amount.satang * self.room / self.longest.satang if self.longest else 0.0


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
    draw = _names_above if width < _NARROW else _names_beside
    return draw(bars, text, width)


def share_bar(parts: Sequence[Part], *, text: ChartText) -> Markup:
    """Draw how a whole divides, as one bar that stretches to any width; its labels stand beside."""
    _refuse_negative([part.amount for part in parts])
    canvas = _canvas(text, 1000, 24, "chart-share", preserveAspectRatio="none")
    scale = _Scale(total(part.amount for part in parts), 998)
    left = 1.0
    for part in parts:
        length = scale.length(part.amount)
        if length:
            _bar(canvas, part.tone, left, 1, length, 22, vector_effect="non-scaling-stroke")
        left += length
    return _finished(canvas)


def _month_columns(
    months: Sequence[MonthBars], text: ChartText, words: MonthWords, width: int
) -> Markup:
    """Draw paired columns with rounded labels; the table behind the chart has the exact amounts."""
    top, floor, column = 72, 300, 26
    longest = max(_amounts(months), default=_ZERO)
    unit = _unit_for(longest)
    scale = _Scale(longest, floor - top)
    canvas = _canvas(text, width, 332, "chart-wide")
    _key(canvas, months, words, 18, is_on_one_line=True)
    _text(canvas, width, 18, words.in_units[unit], text_anchor="end", fill=_MUTED)
    slot = width / max(len(months), 1)
    for index, month in enumerate(months):
        middle = slot * (index + 0.5)
        _text(canvas, middle, floor + 22, month.month, text_anchor="middle")
        for tone, amount in _pair(month):
            left = middle + 1 - (column + 2) * (tone is Tone.WAITING)
            height = scale.length(amount)
            _bar(canvas, tone, left, floor - height, column, height)
            style = {"text_anchor": "middle"} | _LABEL[tone]
            label = _rounded(amount, unit)
            _text(canvas, left + column / 2, floor - height - 6, label, **style)
    _line(canvas, 0, floor, width, floor)
    return _finished(canvas)


def _month_rows(
    months: Sequence[MonthBars], text: ChartText, words: MonthWords, width: int
) -> Markup:
    """Draw paired rows with the amounts in full."""
    top, row, left = 64, 40, 46
    amounts = _amounts(months)
    scale = _Scale(max(amounts, default=_ZERO), width - left - _amount_room(amounts))
    canvas = _canvas(text, width, top + row * len(months), "chart-narrow")
    _key(canvas, months, words, 16, is_on_one_line=False)
    for index, month in enumerate(months):
        y = top + row * index
        _text(canvas, 0, y + 20, month.month)
        for tone, amount in _pair(month):
            bar_at = y + (1 if tone is Tone.WAITING else 17)
            length = scale.length(amount)
            _bar(canvas, tone, left, bar_at, length, 13)
            _text(canvas, left + length + 6, bar_at + 11, str(amount), **_LABEL[tone])
    _line(canvas, left, top - 2, left, top + row * len(months) - 6)
    return _finished(canvas)


def _names_beside(bars: Sequence[NameBar], text: ChartText, width: int) -> Markup:
    amounts = [bar.amount for bar in bars]
    names = [_name_lines(bar.name, width * 0.46) for bar in bars]
    left = max((_text_width(line, 14) for name in names for line in name), default=0.0) + 14
    scale = _Scale(max(amounts, default=_ZERO), width - left - _amount_room(amounts))
    tops, height = _stack([20 * len(name) + 20 for name in names])
    canvas = _canvas(text, width, height, "chart-wide")
    for bar, name, top in zip(bars, names, tops, strict=True):
        length = scale.length(bar.amount)
        middle = top + 10 * len(name) + 10
        for number, line in enumerate(name):
            _text(canvas, left - 12, top + 25 + 20 * number, line, text_anchor="end")
        _bar(canvas, Tone.ARRIVED, left, middle - 10, length, 20)
        _text(canvas, left + length + 8, middle + 5, str(bar.amount), font_weight=_BOLD)
    _line(canvas, left, 4, left, height - 4)
    return _finished(canvas)


def _names_above(bars: Sequence[NameBar], text: ChartText, width: int) -> Markup:
    amounts = [bar.amount for bar in bars]
    names = [_name_lines(bar.name, width) for bar in bars]
    scale = _Scale(max(amounts, default=_ZERO), width - _amount_room(amounts))
    tops, height = _stack([20 * len(name) + 38 for name in names])
    canvas = _canvas(text, width, height, "chart-narrow")
    for bar, name, top in zip(bars, names, tops, strict=True):
        length = scale.length(bar.amount)
        below = top + 20 * len(name)
        for number, line in enumerate(name):
            _text(canvas, 0, top + 16 + 20 * number, line)
        _bar(canvas, Tone.ARRIVED, 1, below + 4, length, 18)
        _text(canvas, length + 9, below + 18, str(bar.amount), font_weight=_BOLD)
        _line(canvas, 1, below + 1, 1, below + 25)
    return _finished(canvas)


def _key(
    canvas: ET.Element,
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
        _bar(canvas, tone, left + 1, baseline - 12, 13, 13)
        _text(canvas, left + 22, baseline, label, font_weight=_BOLD)
        if is_on_one_line:
            left += 22 + _text_width(label, 14) + 24
        else:
            baseline += 24


def _name_lines(name: str, room: float) -> list[str]:
    """Break a name into lines that fit, only where a word starts."""
    pieces = _pieces(name)
    lines = [""]
    for piece in pieces:
        longer = lines[-1] + piece
        if lines[-1] and _text_width(longer.rstrip(), 14) > room:
            lines.append(piece)
        else:
            lines[-1] = longer
    return [line.strip() for line in lines]


def _pieces(name: str) -> list[str]:
    """Cut a name at every place where it may be broken."""
    marked = name.replace(" ", " " + _BREAK)
    for word in _BREAK_BEFORE:
        marked = marked.replace(word, _BREAK + word)
    return [piece for piece in marked.split(_BREAK) if piece]


def _text_width(text: str, size: float) -> float:
    """Return a width that Sarabun does not exceed; Thai vowels and tones above take none."""
    shown = sum(unicodedata.category(letter) != "Mn" for letter in text)
    return shown * 0.6 * size


def _amount_room(amounts: Iterable[Money]) -> float:
    """Return the room that the longest amount takes behind its bar."""
    return max((_text_width(str(amount), 14) for amount in amounts), default=0.0) + 12


def _pair(month: MonthBars) -> list[tuple[Tone, Money]]:
    """Return the bars of a month: none of them while it has not come."""
    sides = zip(_SIDES, (month.committed, month.disbursed), strict=True)
    return [(tone, amount) for tone, amount in sides if amount is not None]


def _amounts(months: Iterable[MonthBars]) -> list[Money]:
    return [amount for month in months for _, amount in _pair(month)]


def _stack(heights: Sequence[int]) -> tuple[list[int], int]:
    """Return where each block starts and where the last one ends."""
    return [sum(heights[:index]) for index in range(len(heights))], sum(heights)


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


def _canvas(
    text: ChartText, width: int, height: int, kind: str, **attributes: str | float
) -> ET.Element:
    names = f"{text.ident}-{kind}-title", f"{text.ident}-{kind}-desc"
    canvas = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": f"chart {kind}",
            "role": "img",
            "aria-labelledby": " ".join(names),
            "viewBox": f"0 0 {width} {height}",
            "width": str(width),
            "height": str(height),
            "font-family": "Sarabun, sans-serif",
            "font-size": "14",
            "fill": _INK,
        },
    )
    canvas.attrib.update({name: _written(value) for name, value in attributes.items()})
    ET.SubElement(canvas, "title", {"id": names[0]}).text = text.title
    ET.SubElement(canvas, "desc", {"id": names[1]}).text = text.description
    return canvas


def _bar(
    canvas: ET.Element,
    tone: Tone,
    left: float,
    top: float,
    width: float,
    height: float,
    **attributes: str,
) -> None:
    """Draw one bar; nothing is drawn for nothing."""
    if width and height:
        place = {"x": left, "y": top, "width": width, "height": height}
        _add(canvas, "rect", None, **place, **_PAINT[tone], **attributes)


def _line(canvas: ET.Element, x1: float, y1: float, x2: float, y2: float) -> None:
    _add(canvas, "line", None, x1=x1, y1=y1, x2=x2, y2=y2, stroke=_LINE)


def _text(canvas: ET.Element, x: float, y: float, words: str, **attributes: str | float) -> None:
    _add(canvas, "text", words, x=x, y=y, **attributes)


def _add(canvas: ET.Element, tag: str, words: str | None, **attributes: str | float) -> None:
    written = {name.replace("_", "-"): _written(value) for name, value in attributes.items()}
    ET.SubElement(canvas, tag, written).text = words


def _written(value: str | float) -> str:
    """Write a number to a tenth of a pixel, so that every machine writes the same."""
    return value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")


def _finished(canvas: ET.Element) -> Markup:
    return Markup(ET.tostring(canvas, encoding="unicode"))  # noqa: S704 - ElementTree escaped it
