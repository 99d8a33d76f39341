"""Making a paper: a template in `templates/pdf/`, the stamp that leads to its log entry, a PDF."""

from __future__ import annotations

from datetime import date
from datetime import datetime

from flask import render_template
from flask_babel import force_locale

from portal.qr import qr_svg
from portal.thai import baht_words
from portal.thai import bangkok_day
from portal.thai import bangkok_time
from portal.thai import long_day


def make_paper(template: str, *, address: str, identifier: str, **told: object) -> bytes:
    """Return a paper as PDF, in Thai whoever asks; `address` is where it can be checked."""
    # Not on top: WeasyPrint takes half a second and tens of megabytes, which a process pays with
    # its first paper instead of with its start. This line is the only way to it.
    from portal.pdf import render_pdf  # noqa: PLC0415

    with force_locale("th"):
        html = render_template(
            template,
            address=address,
            qr=qr_svg(address, title="คิวอาร์โค้ดสำหรับตรวจสอบเอกสารนี้"),
            on=_on,
            time=_time,
            baht_words=baht_words,
            **told,
        )
    return render_pdf(html, identifier=identifier)


def _on(day: date) -> str:
    """Write a day as on a letter: `22 พฤศจิกายน พ.ศ. 2569`."""
    return long_day(bangkok_day(day) if isinstance(day, datetime) else day, "th")


def _time(moment: datetime) -> str:
    """Write a time as on a letter: `13.05 น.`."""
    return f"{bangkok_time(moment).replace(':', '.')} น."
