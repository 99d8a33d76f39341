"""The text behind a Thai PDF: what searching, copying and reading aloud find under the picture.

A shaper draws ำ as two glyphs, a ring and an า. WeasyPrint 70 notes for each glyph the first text
that it saw there, so one ำ makes every later า a ำ, or loses its own ring and tone. Here each glyph
gets back what its font says it is; a ring with its า is marked as the one letter that was written,
and marks that the font moves far aside, as over ฝ and ฟ, with the word that they belong to. Not a
stroke of the picture moves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any
from typing import TypeAlias

from fontTools.ttLib import TTFont

GlyphTexts: TypeAlias = Mapping[int, str]

RING = "\u0e4d"
AA = "\u0e32"
AM = "\u0e33"
# What stands over or under a letter.
MARKS = frozenset(map(chr, (0x0E31, *range(0x0E34, 0x0E3B), *range(0x0E47, 0x0E4F))))
# Readers take a wider gap for a space between words.
PLACE_OFF_MAX = 50
# Sarabun draws these without their foot where a vowel stands below; their names do not say which.
_FOOTLESS = {
    "yoYingthai": "ญ",
    "doChadathai": "ฎ",
    "toPatakthai": "ฏ",
    "thoThanthai": "ฐ",
    "loChulathai": "ฬ",
}
_NAMED_BY_CODE = re.compile(r"uni((?:0E[0-9A-F]{2})+)")


@cache
def glyph_texts(path: Path) -> GlyphTexts:
    """Return what each Thai glyph of a font stands for, by the glyph's number."""
    with TTFont(path, lazy=True) as font:
        known = {name: chr(code) for code, name in sorted(font.getBestCmap().items(), reverse=True)}
        texts = {number: _text(name, known) for number, name in enumerate(font.getGlyphOrder())}
    return {number: text for number, text in texts.items() if _is_thai(text)}


def _text(name: str, known: Mapping[str, str]) -> str:
    """Return what a glyph stands for, by its name: `uni0E49.narrow` is a narrow uni0E49."""
    base = name.partition(".")[0]
    if base in known:
        return known[base]
    if match := _NAMED_BY_CODE.fullmatch(base):
        text = bytes.fromhex(match[1]).decode("utf-16-be")
        # A ring with a tone is one glyph; in writing the tone comes first.
        return text[::-1] if text[0] == RING else text
    return _FOOTLESS.get(base, "")


def _is_thai(text: str) -> bool:
    return bool(text) and all("\u0e00" <= letter <= "\u0e7f" for letter in text)


def mend(document: Any, pdf: Any, fonts: Mapping[str, GlyphTexts]) -> None:  # both are WeasyPrint's
    """Set the text of every glyph of these fonts right, before the PDF is written.

    `fonts` are known by their PostScript names, such as `Sarabun-Bold`.
    """
    used = {font.hash: _Letters(_texts_of(font.name, fonts)) for font in document.fonts.values()}
    for thing in pdf.objects:
        if isinstance(thing, dict) and "ToUnicode" in thing:
            texts = _texts_of(thing["BaseFont"], fonts)
            table = pdf.objects[int(thing["ToUnicode"].split()[0])]
            table.stream = [_mended(line, texts) for line in table.stream]
        elif b"BT" in getattr(thing, "stream", ()):
            thing.stream = list(_spoken(thing.stream, used))


def _texts_of(name: bytes, fonts: Mapping[str, GlyphTexts]) -> GlyphTexts:
    """Return the texts of a font as a PDF names it, `/ABCDEF+Sarabun`; none if it is not ours."""
    return fonts.get(name.decode().partition("+")[2], {})


@dataclass(frozen=True)
class _Letters:
    """What the glyphs of one font say, and how to see at a glance where readers may go wrong."""

    texts: GlyphTexts

    @cached_property
    def _thai(self) -> re.Pattern[bytes]:
        return _any_of(self.texts)

    @cached_property
    def _rings(self) -> re.Pattern[bytes]:
        return _any_of(glyph for glyph, text in self.texts.items() if RING in text)

    def may_mislead(self, operator: bytes) -> bool:
        """Say whether there may be a ring, a rise or Thai far aside; too often is no harm."""
        is_aside = _FAR.search(operator) and self._thai.search(operator)
        return bool(is_aside or operator.endswith(_RISES) or self._rings.search(operator))


def _any_of(glyphs: Iterable[int]) -> re.Pattern[bytes]:
    return re.compile(b"|".join(b"%04x" % glyph for glyph in glyphs) or b"(?!)")


# A shift that may be wider than PLACE_OFF_MAX.
_FAR = re.compile(rb"[>\[ ]-?([0-9]{3,}|[5-9][0-9])")
_TABLE_LINE = re.compile(rb"<([0-9a-f]{4})> <[0-9a-f]*>")


def _mended(line: bytes, texts: GlyphTexts) -> bytes:
    """Return a line of a font's table of texts with the text that the font itself gives."""
    match = _TABLE_LINE.fullmatch(line)
    text = texts.get(int(match[1], 16)) if match else None
    return line if match is None or text is None else b"<%b> <%b>" % (match[1], _utf16(text))


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-be").hex().encode()


class _Part(StrEnum):
    GLYPH = "glyph"
    SHIFT = "shift"
    RISE = "rise"


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of what is shown: a glyph with its text, a shift along the line, or a rise."""

    part: _Part
    written: bytes
    text: str = ""
    # How far a shift or rise moves, in thousandths of the letter's size.
    size: float = 0


_FONT = re.compile(rb"/([^ ]+) [0-9.]+ Tf")
_PIECE = re.compile(rb"<(?P<glyphs>[0-9a-f]*)>|(?P<shift>[0-9.e-]+)")
_SHOWS = b"] TJ"
_RISES = b" Ts"
_SAYS = frozenset({_SHOWS[-2:], _RISES[-2:]})


def _spoken(stream: Sequence[Any], fonts: Mapping[str, _Letters]) -> Iterator[Any]:
    """Return the operators of a page; what they show is marked where readers would go wrong."""
    nothing = letters = _Letters({})
    drawn = 0
    # Outside of texts are lines, a dotted one with a thousand operators: they are not looked at.
    for text in _texts(stream):
        yield from stream[drawn : text.start]
        run: list[bytes] = []
        for operator in stream[text]:
            # Its last letters tell which one it is.
            name = operator[-2:] if isinstance(operator, bytes) else b""
            if name in _SAYS:
                run.append(operator)
                continue
            if run:
                yield from _marked(run, letters)
                run = []
            if name == b"Tf" and (match := _FONT.fullmatch(operator)):
                letters = fonts.get(match[1].decode(), nothing)
            yield operator
        drawn = text.stop
    yield from stream[drawn:]


def _texts(stream: Sequence[Any]) -> Iterator[slice]:
    """Return where text begins and ends; nothing is shown elsewhere."""
    stop = 0
    for _ in range(stream.count(b"BT")):
        start = stream.index(b"BT", stop)
        stop = stream.index(b"ET", start) + 1
        yield slice(start, stop)


def _marked(run: Sequence[bytes], letters: _Letters) -> Iterable[bytes]:
    """Return operators that show one piece of text, with marks around what readers would miss."""
    # To look at every glyph takes long, and nine pieces of ten have nothing to mark.
    return _looked_at(run, letters.texts) if any(map(letters.may_mislead, run)) else run


def _looked_at(run: Sequence[bytes], texts: GlyphTexts) -> Iterator[bytes]:
    pieces = [piece for operator in run for piece in _pieces(operator, texts)]
    groups = [(group, _said(group)) for group in _groups(_syllables(pieces))]
    if not any(said for _, said in groups):
        yield from run
        return
    plain: list[_Piece] = []
    for group, said in groups:
        shown = [piece for syllable in group for piece in syllable.pieces]
        if not said:
            plain += shown
            continue
        yield from _shown(plain)
        plain = []
        yield b"/Span <</ActualText <feff%b>>> BDC" % _utf16(said)
        yield from _shown(shown)
        yield b"EMC"
    yield from _shown(plain)


def _pieces(operator: bytes, texts: GlyphTexts) -> Iterator[_Piece]:
    if operator.endswith(_RISES):
        rise = float(operator.removesuffix(_RISES))
        yield _Piece(_Part.RISE, operator, size=abs(rise) * 1000)
        return
    for match in _PIECE.finditer(operator.removesuffix(_SHOWS)):
        if match["shift"]:
            # The spaces keep two shifts in a row apart.
            shift = match["shift"]
            yield _Piece(_Part.SHIFT, b" %b " % shift, size=abs(float(shift)))
            continue
        for place in range(0, len(match["glyphs"]), 4):
            glyph = match["glyphs"][place : place + 4]
            yield _Piece(_Part.GLYPH, b"<%b>" % glyph, texts.get(int(glyph, 16), ""))


@dataclass(frozen=True, slots=True)
class _Syllable:
    """A letter on the line with the marks over and under it; a ring also takes the า of its ำ."""

    pieces: Sequence[_Piece]

    @property
    def text(self) -> str:
        """Return what was written, or nothing where that is not known."""
        texts = [piece.text for piece in self.pieces if piece.part is _Part.GLYPH]
        text = "".join(texts) if all(texts) else ""
        return text.replace(RING, "").removesuffix(AA) + AM if self.has_am else text

    @property
    def has_am(self) -> bool:
        """Say whether it ends with a ring and an า."""
        glyphs = [piece for piece in self.pieces if piece.part is _Part.GLYPH]
        return bool(glyphs) and glyphs[-1].text == AA and any(RING in one.text for one in glyphs)

    @property
    def is_displaced(self) -> bool:
        """Say whether a mark stands so far from its place that readers see a gap there."""
        return any(piece.size > PLACE_OFF_MAX for piece in self.pieces)


def _syllables(pieces: Iterable[_Piece]) -> Iterator[_Syllable]:
    syllable: list[_Piece] = []
    for piece in pieces:
        is_of_am = piece.text == AA and any(RING in earlier.text for earlier in syllable)
        if piece.part is _Part.GLYPH and not (_is_mark(piece.text) or is_of_am):
            yield _Syllable(syllable)
            syllable = []
        syllable.append(piece)
    yield _Syllable(syllable)


def _is_mark(text: str) -> bool:
    return bool(text) and set(text) <= MARKS


def _groups(syllables: Iterable[_Syllable]) -> Iterator[Sequence[_Syllable]]:
    """Put a displaced syllable with the next one, so that what is marked ends where it seems to."""
    group: list[_Syllable] = []
    for syllable in syllables:
        if group and not (group[-1].is_displaced and syllable.text):
            yield group
            group = []
        group.append(syllable)
    yield group


def _said(group: Sequence[_Syllable]) -> str:
    """Return what a group says, if readers would miss it."""
    if any(one.has_am or one.is_displaced for one in group) and all(one.text for one in group):
        return "".join(one.text for one in group)
    return ""


def _shown(pieces: Iterable[_Piece]) -> Iterator[bytes]:
    for is_rise, neighbours in groupby(pieces, key=lambda piece: piece.part is _Part.RISE):
        written = [piece.written for piece in neighbours]
        yield from written if is_rise else (b"[%b] TJ" % b"".join(written),)
