"""Papers as PDF: the one file that knows WeasyPrint.

A paper is HTML from `templates/pdf/`; what it looks like stands in `paper.css` there. It is made as
PDF/A-3a: tagged, with its typeface inside and its metadata in the clear.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import Any

import fontpkg
from weasyprint import CSS
from weasyprint import HTML
from weasyprint import Attachment
from weasyprint.css import ColorProfile
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

from portal.manuscript import Manuscript
from portal.text_layer import glyph_texts
from portal.text_layer import mend

STYLE = Path(__file__).resolve().parent.parent / "templates" / "pdf" / "paper.css"
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


def render_pdf(manuscript: Manuscript) -> bytes:
    """Return a paper as PDF; the same manuscript always gives the same bytes."""
    # Pango is not made for several threads, and a page keeps one core busy anyway.
    with _alone:
        content: bytes = lay_out(manuscript.html).write_pdf(
            finisher=_finish,
            pdf_identifier=manuscript.identifier.encode(),
            attachments=[_attachment(manuscript)],
            **OPTIONS,
        )
    return content


def lay_out(html: str) -> Any:  # WeasyPrint has no types
    """Return the pages of a paper before they are written."""
    style, fonts = _look()
    # Whatever stands in a paper, making it fetches nothing, from the net or from the disk.
    paper = HTML(string=html, url_fetcher=URLFetcher(allowed_protocols=[]))
    return paper.render(
        stylesheets=[style], font_config=fonts, color_profiles={SRGB: _srgb()}, **OPTIONS
    )


@cache
def _look() -> tuple[Any, Any]:
    """Return how papers look, and their typeface; to read them takes a third of a paper's time."""
    fonts = FontConfiguration()
    ours = URLFetcher(allowed_protocols=["file"])
    return CSS(string=_style(), font_config=fonts, url_fetcher=ours), fonts


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
    # WeasyPrint tells of each attachment twice.
    pdf.catalog["AF"][:] = dict.fromkeys(pdf.catalog["AF"])
    for thing in pdf.objects:
        if hasattr(thing, "compress"):
            thing.compress = thing.extra.get("Type") != "/Metadata"
