"""QR codes as SVG: the one file that knows segno."""

from __future__ import annotations

from io import BytesIO

import segno
from markupsafe import Markup


def qr_svg(text: str, *, title: str) -> Markup:
    """Return a QR code to stand in a page or paper; a reader for the blind says its title."""
    drawn = BytesIO()
    # Level M still reads with a seventh of it smudged, as paper from a field visit is.
    segno.make_qr(text, error="m").save(
        drawn, kind="svg", xmldecl=False, omitsize=True, border=4, title=title
    )
    return Markup(drawn.getvalue().decode())  # noqa: S704 - segno escapes the title
