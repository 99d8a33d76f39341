"""Papers as PDF: the one file that knows WeasyPrint.

A paper is HTML from `templates/pdf/`; what it looks like stands in `paper.css` there. It is made as
PDF/A-3a: tagged, with its typeface inside and its metadata in the clear. A long one is made in
parts, as a page that is laid out takes 4 MB; its folios, `หน้า 1 จาก 667`, are drawn at the end.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import Any

import fontpkg
from weasyprint import CSS
from weasyprint import DEFAULT_OPTIONS
from weasyprint import HTML
from weasyprint import Attachment
from weasyprint.css import ColorProfile
from weasyprint.pdf import generate_pdf
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

from portal.binding import Book
from portal.long_paper import ROW_ATTRIBUTE
from portal.long_paper import LongPaper
from portal.manuscript import Manuscript
from portal.text_layer import glyph_texts
from portal.text_layer import mend

STYLE = Path(__file__).resolve().parent.parent / "templates" / "pdf" / "paper.css"
# What turns the rule for folios in there off, as long as nobody knows how many pages there will be.
NO_FOLIO = "@page { @bottom-right { content: none } }"
# A paper with more rows is made in parts, each with so many: some 45 pages of a remittance list.
ROWS_MAX = 750
WEIGHTS = {400: "Sarabun", 700: "Sarabun-Bold"}
SRGB = "sRGB"
OPTIONS = {
    "pdf_variant": "pdf/a-3a",
    "output_intent": SRGB,
    # Links must be found without decompressing anything: object streams would hide them.
    "uncompressed_pdf": True,
}

DATA_NAME = "paper.json"

_alone = Lock()


def render_pdf(manuscript: Manuscript, *, rows_max: int = ROWS_MAX) -> bytes:
    """Return a paper as PDF; the same manuscript always gives the same bytes."""
    paper = LongPaper.of(manuscript.html)
    # Pango is not made for several threads, and a page keeps one core busy anyway.
    with _alone, _no_garbage_sought():
        if len(paper.rows) > rows_max:
            return _bound(manuscript, paper, rows_max)
        content: bytes = lay_out(manuscript.html).write_pdf(
            finisher=_finish,
            pdf_identifier=manuscript.identifier.encode(),
            attachments=[_attachment(manuscript)],
            **OPTIONS,
        )
    return content


@contextmanager
def _no_garbage_sought() -> Iterator[None]:
    """Keep Python from looking for garbage; what is left of a paper it finds at once after it.

    A paper is half a million things that know each other, all needed until its end: to look through
    them again and again takes a quarter of a long paper's time.
    """
    was_sought = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_sought:
            gc.enable()


def lay_out(html: str, *, has_folios: bool = True) -> Any:  # WeasyPrint has no types
    """Return the pages of a paper before they are written."""
    style, without_folios, fonts = _look()
    # Whatever stands in a paper, making it fetches nothing, from the net or from the disk.
    paper = HTML(string=html, url_fetcher=URLFetcher(allowed_protocols=[]))
    return paper.render(
        stylesheets=[style] if has_folios else [style, without_folios],
        font_config=fonts,
        color_profiles={SRGB: _srgb()},
        **OPTIONS,
    )


def _bound(manuscript: Manuscript, paper: LongPaper, rows_max: int) -> bytes:
    """Make a paper part by part; no page of one is in memory when the next one is laid out."""
    book = Book()
    bookmarks: list[Any] = []
    for document in _parts(paper, rows_max):
        bookmarks += _taken_bookmarks(document)
        book.bind(_drawn(document, attachments=[_attachment(manuscript)]))
        del document
    folios = lay_out('<html lang="th">' + '<p style="break-before: page"></p>' * len(bookmarks))
    for page, marks in zip(folios.pages, bookmarks, strict=True):
        page.bookmarks = marks
    return book.finished(_drawn(folios, pdf_variant=None), identifier=manuscript.identifier)


def _parts(paper: LongPaper, rows_max: int) -> Iterator[Any]:
    start = stop = 0
    while start < len(paper.rows):
        stop = min(stop + rows_max, len(paper.rows))
        document = lay_out(paper.part(start, stop), has_folios=False)
        cut = paper.cut([_rows(page) for page in document.pages], start, stop)
        if cut:
            yield document.copy(document.pages[cut.pages])
            start = cut.row
        # Boxes know each other: they go when somebody looks for what nobody else knows.
        del document
        gc.collect()


def _taken_bookmarks(document: Any) -> list[Any]:
    """Take the bookmarks of each page away: they become the outlines of the whole paper."""
    taken = [page.bookmarks for page in document.pages]
    for page in document.pages:
        page.bookmarks = []
    return taken


def _rows(page: Any) -> list[int]:
    """Return the numbers of the rows of long tables on a page."""
    boxes = page._page_box.descendants()  # noqa: SLF001 - nothing else tells what is on a page
    elements = [box.element for box in boxes if box.element_tag == "tr"]
    return [int(element.get(ROW_ATTRIBUTE)) for element in elements if element.get(ROW_ATTRIBUTE)]


def _drawn(document: Any, **options: Any) -> Any:  # WeasyPrint's own
    """Return a PDF before it is written."""
    pdf = generate_pdf(
        document, None, 1, **DEFAULT_OPTIONS | {"pdf_version": "1.7"} | OPTIONS | options
    )
    _finish(document, pdf)
    return pdf


@cache
def _look() -> tuple[Any, Any, Any]:
    """Return how papers look, what takes their folios away, and their typeface.

    To read them takes a third of a paper's time.
    """
    fonts = FontConfiguration()
    ours = URLFetcher(allowed_protocols=["file"])
    paper = CSS(string=_style(), font_config=fonts, url_fetcher=ours)
    return paper, CSS(string=NO_FOLIO), fonts


def _attachment(manuscript: Manuscript) -> Any:
    return Attachment(
        string=manuscript.data,
        name=DATA_NAME,
        description="ข้อมูลในเอกสารนี้สำหรับโปรแกรม",
        created=manuscript.at,
        modified=manuscript.at,
        relationship="Data",
    )


def _srgb() -> Any:
    """Return what the colours mean; WeasyPrint's own way to it leaves the file open."""
    with (files("weasyprint.pdf") / "sRGB2014.icc").open("rb") as file:
        return ColorProfile(file, "sRGB2014.icc", "relative-colorimetric", (["r"], ["g"], ["b"]))


def _style() -> str:
    faces = [
        f'@font-face {{font-family: Sarabun; font-weight: {weight}; src: url("{font.as_uri()}")}}'
        for weight, font in ((weight, _font(weight)) for weight in WEIGHTS)
    ]
    return "\n".join([*faces, STYLE.read_text("utf-8")])


def _font(weight: int) -> Path:
    return Path(fontpkg.path("Sarabun", weight=weight))


def _finish(document: Any, pdf: Any) -> None:
    mend(document, pdf, {name: glyph_texts(_font(weight)) for weight, name in WEIGHTS.items()})
    if "AF" in pdf.catalog:
        # WeasyPrint tells of each attachment twice.
        pdf.catalog["AF"][:] = dict.fromkeys(pdf.catalog["AF"])
    for thing in pdf.objects:
        if hasattr(thing, "compress"):
            thing.compress = thing.extra.get("Type") != "/Metadata"
