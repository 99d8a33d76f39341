"""Drawing in SVG: bars, lines and words on a canvas, and the room that words take.

The standard library's ElementTree writes the elements and escapes every text. Only presentation
attributes are used, so that a drawing passes the strictest content policy.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from xml.etree import ElementTree as ET

from markupsafe import Markup

MUTED = "#566366"
BOLD = "600"
_INK = "#1f2a2c"
_LINE = "#8a9698"
SIZE = 14
# How far Sarabun reaches above its line, of its size; with what it reaches below, 1.3 in all.
_ASCENT = 1.068
_SVG = "http://www.w3.org/2000/svg"
# A long Thai name may be broken before these joining words, and wherever the caller allows it.
_BREAK_BEFORE = ("เพื่อ", "และ", "สำหรับ", "ด้าน")
_BREAK = "\u200b"


class Canvas:
    """One drawing; its title and description are read to those who cannot see it."""

    def __init__(
        self, kind: str, width: int, height: int, *, ident: str, title: str, description: str
    ) -> None:
        names = f"{ident}-{kind}-title", f"{ident}-{kind}-desc"
        self._svg = ET.Element(
            "svg",
            {
                "xmlns": _SVG,
                "class": f"chart {kind}",
                "role": "img",
                "aria-labelledby": " ".join(names),
                "viewBox": f"0 0 {width} {height}",
                "width": str(width),
                "height": str(height),
                "font-family": "Sarabun, sans-serif",
                "font-size": str(SIZE),
                "fill": _INK,
            },
        )
        ET.SubElement(self._svg, "title", {"id": names[0]}).text = title
        ET.SubElement(self._svg, "desc", {"id": names[1]}).text = description

    def grow(self, height: float) -> None:
        """Let the drawing be this high."""
        _, _, width, _ = self._svg.attrib["viewBox"].split()
        self._svg.attrib |= {
            "viewBox": f"0 0 {width} {_written(height)}",
            "height": _written(height),
        }

    def stretch(self) -> None:
        """Let the drawing fill whatever width it is given."""
        self._svg.set("preserveAspectRatio", "none")

    def bar(self, left: float, top: float, width: float, height: float, **paint: str) -> None:
        """Draw one bar; nothing is drawn for nothing."""
        if width and height:
            self._add("rect", None, x=left, y=top, width=width, height=height, **paint)

    def letters(self, style: str) -> None:
        """Bring the letters along; only for a drawing that is an image of its own."""
        ET.SubElement(self._svg, "style").text = style

    def background(self, fill: str) -> None:
        """Paint the ground, however high the drawing grows."""
        self._add("rect", None, x=0, y=0, width="100%", height="100%", fill=fill)

    def line(self, x1: float, y1: float, x2: float, y2: float) -> None:
        """Draw where the bars begin."""
        self._add("line", None, x1=x1, y1=y1, x2=x2, y2=y2, stroke=_LINE)

    def text(self, x: float, y: float, words: str, **style: str) -> None:
        """Write on the line y, from x on if the style does not anchor it otherwise."""
        self._add("text", words, x=x, y=y, **style)

    def put(self, drawn: str, x: float, y: float) -> float:
        """Put another drawing here and return how high it is; only this one is read out."""
        # Without its namespace the elements are named as ours are.
        other = ET.fromstring(drawn.replace(f' xmlns="{_SVG}"', ""))  # noqa: S314 - our own
        for name in ("role", "aria-labelledby", "class"):
            del other.attrib[name]
        for told in [each for each in other if each.tag in {"title", "desc"}]:
            other.remove(told)
        other.attrib |= {"x": _written(x), "y": _written(y)}
        self._svg.append(other)
        return float(other.attrib["height"])

    def finished(self) -> Markup:
        """Return the SVG."""
        svg = ET.tostring(self._svg, encoding="unicode")
        return Markup(svg)  # noqa: S704 - ElementTree escaped it

    def _add(self, tag: str, words: str | None, **attributes: str | float) -> None:
        written = {name.replace("_", "-"): _written(value) for name, value in attributes.items()}
        ET.SubElement(self._svg, tag, written).text = words


def words_apart(drawn: str, width_mm: float) -> Markup:
    """Return a drawing for paper, its words as text of the page that stands over it.

    WeasyPrint sets the words of an SVG letter by letter: of two Thai marks over one letter, the
    upper would lie on the lower.
    """
    svg = ET.fromstring(drawn.replace(f' xmlns="{_SVG}"', ""))  # noqa: S314 - our own
    width, height = float(svg.attrib["width"]), float(svg.attrib["height"])
    unit = width_mm / width
    box = ET.Element("div", {"class": "drawn", "style": f"height:{height * unit:.2f}mm"})
    texts = svg.findall("text")
    for text in texts:
        svg.remove(text)
    svg.set("xmlns", _SVG)
    box.append(svg)
    for text in texts:
        ET.SubElement(box, "span", {"style": _over(text.attrib, width, unit)}).text = text.text
    return Markup(ET.tostring(box, encoding="unicode"))  # noqa: S704 - ElementTree escaped it


def _over(text: Mapping[str, str], width: float, unit: float) -> str:
    """Say where a text of a drawing stands in the box that holds it, its anchor at its x."""
    size, x = float(text.get("font-size", SIZE)), float(text["x"])
    sides = {
        "start": f"left:{x * unit:.2f}mm",
        "middle": f"left:{(x - width) * unit:.2f}mm;width:{2 * width * unit:.2f}mm",
        "end": f"right:{(width - x) * unit:.2f}mm",
    }
    anchor = text.get("text-anchor", "start")
    return (
        f"{sides[anchor]};top:{(float(text['y']) - _ASCENT * size) * unit:.2f}mm;"
        f"text-align:{anchor.replace('middle', 'center')};font-size:{size * unit:.2f}mm;"
        f"font-weight:{text.get('font-weight', '400')};color:{text.get('fill', _INK)}"
    )


def text_width(text: str) -> float:
    """Return a width that Sarabun does not exceed; Thai vowels and tones above take none."""
    shown = sum(unicodedata.category(letter) != "Mn" for letter in text)
    return shown * 0.6 * SIZE


def text_lines(text: str, room: float) -> list[str]:
    """Break a text into lines that fit, only where a word starts."""
    lines = [""]
    for piece in _pieces(text):
        longer = lines[-1] + piece
        if lines[-1] and text_width(longer.rstrip()) > room:
            lines.append(piece)
        else:
            lines[-1] = longer
    return [line.strip() for line in lines]


def _pieces(text: str) -> list[str]:
    """Cut a text at every place where it may be broken."""
    marked = text.replace(" ", " " + _BREAK)
    for word in _BREAK_BEFORE:
        marked = marked.replace(word, _BREAK + word)
    return [piece for piece in marked.split(_BREAK) if piece]


def _written(value: str | float) -> str:
    """Write a number to a tenth of a pixel, so that every machine writes the same."""
    return value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")
