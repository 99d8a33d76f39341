"""Making papers: a template in `templates/pdf/`, the stamp that leads to its log entry, a PDF.

`make_paper` makes one here and now, `make_papers` many on every core.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator
from collections.abc import Iterable
from dataclasses import asdict
from dataclasses import dataclass
from datetime import UTC
from datetime import date
from datetime import datetime
from typing import TYPE_CHECKING
from typing import Protocol
from typing import TypeAlias

from flask import render_template
from flask_babel import force_locale
from markupsafe import Markup
from markupsafe import escape

from portal.id_numbers import grouped_id
from portal.manuscript import Manuscript
from portal.money import Money
from portal.press import MadePaper
from portal.press import cores
from portal.press import press
from portal.qr import qr_svg
from portal.thai import LONG_MONTHS
from portal.thai import baht_words
from portal.thai import bangkok_day
from portal.thai import bangkok_time
from portal.thai import long_day
from portal.thai import long_month

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Sheet: TypeAlias = "DataclassInstance"


class Stamp(Protocol):
    """What a paper carries so that it can be checked: its entry in the log, and an address."""

    @property
    def eid(self) -> str:
        """Return the entry's id."""

    def address(self, base_url: str) -> str:
        """Return where the paper is checked."""


class Paper(Protocol):
    """What every paper has, whatever it tells: its number, edition, stamp, and its sheet."""

    @property
    def reference(self) -> str:
        """Return the running number."""

    @property
    def number(self) -> int:
        """Return which edition it is."""

    @property
    def sheet(self) -> Sheet:
        """Return what it tells."""

    @property
    def stamp(self) -> Stamp:
        """Return what it is checked by."""

    @property
    def at(self) -> datetime:
        """Return when it is made."""


@dataclass(frozen=True, slots=True)
class Order:
    """A paper to be made, and its template: `voucher` is `templates/pdf/voucher.html`."""

    template: str
    paper: Paper


def make_paper(order: Order, *, base_url: str) -> bytes:
    """Return a paper as PDF, in Thai whoever asks; `base_url` is where it can be checked."""
    # Not on top: WeasyPrint takes half a second and 25 MB, which a process pays with its first
    # paper instead of with its start. This line and the press are the only ways to it.
    from portal.pdf import render_pdf  # noqa: PLC0415

    return render_pdf(manuscript(order, base_url=base_url))


def make_papers(orders: Iterable[Order], *, base_url: str) -> Generator[MadePaper, None, None]:
    """Make many papers on every core, in their order, with the bytes that `make_paper` gives."""
    written = (manuscript(order, base_url=base_url) for order in orders)
    return press(written, processes=cores())


def manuscript(order: Order, *, base_url: str) -> Manuscript:
    """Write a paper's page, in Thai whoever asks, and its data."""
    paper = order.paper
    address = paper.stamp.address(base_url)
    with force_locale("th"):
        html = render_template(
            f"pdf/{order.template}.html",
            paper=paper,
            address=address,
            qr=qr_svg(address, title="คิวอาร์โค้ดสำหรับตรวจสอบเอกสารนี้"),
            on=_on,
            time=_time,
            month=_month,
            baht_words=baht_words,
            columns=_columns,
            grouped_id=grouped_id,
            prose=_prose,
        )
    return Manuscript(html, paper.stamp.eid, _told(order), paper.at)


def _told(order: Order) -> str:
    """Write what the page tells as canonical JSON (RFC 8785): keys in order, no spaces."""
    told = {
        "paper": order.template,
        "reference": order.paper.reference,
        "number": order.paper.number,
        "at": order.paper.at,
        "sheet": asdict(order.paper.sheet),
    }
    return json.dumps(
        told, default=_plain, sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )


def _plain(value: date) -> str:
    """Write a day, or a moment in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat()


def _on(day: date) -> str:
    """Write a day as on a letter: `22 พฤศจิกายน พ.ศ. 2569`."""
    return long_day(bangkok_day(day) if isinstance(day, datetime) else day, "th")


def _month(day: date) -> str:
    """Write a month as on a letter: `พฤศจิกายน พ.ศ. 2569`."""
    return long_month(day, "th")


def _time(moment: datetime) -> str:
    """Write a time as on a letter: `13.05 น.`."""
    return f"{bangkok_time(moment).replace(':', '.')} น."


def _columns(amount: Money) -> tuple[str, str]:
    """Write an amount for the columns of baht and satang: `1,500` and `00`."""
    baht, satang = divmod(abs(amount.satang), 100)
    sign = "-" if amount.satang < 0 else ""
    return f"{sign}{baht:,}", f"{satang:02}"


# Days, years and counted things are read as one, and stay on one line.
_NTH = "(?:วัน|เลข|เล่ม|หมู่|ครั้ง)?ที่"
_WHOLE = re.compile(
    rf"(?:(?:{_NTH} )?[0-9]+ (?:{'|'.join(LONG_MONTHS)}) )?พ[.]ศ[.] [0-9]{{4}}"
    rf"|{_NTH} [0-9][0-9/]*"
    r"|[0-9][0-9,.]* (?:บาท|สตางค์|คน|ราย|วัน|เดือน|ครั้ง|ฉบับ|ตำบล|อำเภอ)"
)


def _prose(text: str) -> Markup:
    """Write a text in which a day, a year or a number with its unit does not break."""
    escaped = str(escape(text))
    return Markup(_WHOLE.sub(r'<span class="whole">\g<0></span>', escaped))  # noqa: S704 - escaped
