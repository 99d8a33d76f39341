"""A report on paper: the same page in Thai and in English, ready for the press."""

from __future__ import annotations

from datetime import date
from datetime import datetime

from flask import render_template
from flask_babel import force_locale
from flask_babel import gettext

from portal.audit.entry import Json
from portal.audit.entry import canonical
from portal.manuscript import Manuscript
from portal.publishing.waits import Step
from portal.qr import qr_svg
from portal.reports.report_drawings import drawings
from portal.reports.report_told import ReportTold
from portal.thai import bangkok_day
from portal.thai import bangkok_time
from portal.thai import long_day
from portal.thai import short_month
from portal.words import in_language

LANGUAGES = ("th", "en")


def manuscripts(
    told: ReportTold, written: dict[str, Json], *, pack_digest: str, is_demo: bool
) -> list[Manuscript]:
    """Write a report in both languages; `written` is the same for programs.

    Whoever looks at the page later and where they are does not show: no clock is asked.
    """
    # The figures of every cell are in the data pack: here they would be most of the file.
    data = canonical({name: value for name, value in written.items() if name != "figures"})
    return [
        Manuscript(
            html=_html(told, str(written["address"]), language, pack_digest, is_demo=is_demo),
            identifier=f"{told.reference} {language} {told.checkpoint.root.hex()}",
            data=data.decode(),
            at=told.newest_at,
        )
        for language in LANGUAGES
    ]


def _html(told: ReportTold, address: str, language: str, pack_digest: str, *, is_demo: bool) -> str:
    def on(day: date) -> str:
        return long_day(bangkok_day(day) if isinstance(day, datetime) else day, language)

    def month(day: date) -> str:
        return short_month(day, language)

    with force_locale(language):
        return render_template(
            "pdf/report.html",
            told=told,
            address=address,
            qr=qr_svg(address, title=gettext("QR code: the page of this report")),
            drawings=drawings(told),
            language=language,
            named=in_language,
            on=on,
            month=month,
            time=bangkok_time,
            steps=Step,
            pack_digest=pack_digest,
            is_demo=is_demo,
        )
