"""The data pack of a report: one ZIP file, the same bytes wherever it is made."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping
from io import BytesIO
from io import StringIO
from zipfile import ZIP_STORED
from zipfile import ZipFile
from zipfile import ZipInfo

from portal.audit.entry import Json
from portal.audit.entry import canonical
from portal.publishing.open_writing import SUMS
from portal.publishing.open_writing import written
from portal.publishing.report_codes import DOCUMENT
from portal.reports.report_tables import Sheet
from portal.reports.report_tables import sheets
from portal.reports.report_told import ReportTold

README = "README.txt"
_UNIX, _FOR_ALL = 3, 0o644 << 16
_READ_ME = """{name_th}
{period_th}
{reference}

ชุดข้อมูลของรายงานนี้ทำจากรายการ {size:,} รายการแรกของบันทึกสาธารณะ ไม่ได้ใช้ข้อมูลอื่น
  report.json    ทุกตัวเลขของรายงาน จำนวนเงินเป็นสตางค์ (log, total, figures เหมือน /api/v1/figures)
  *.csv          ตารางของรายงาน จำนวนเงินเป็นบาท อักษร UTF-8
  SHA256SUMS     ค่าตรวจของทุกแฟ้ม ตรวจด้วยคำสั่ง sha256sum -c SHA256SUMS
ช่องว่างใน counts.csv คือจำนวนน้อยที่ปกปิดไว้ เพื่อไม่ให้ตามหาตัวบุคคลได้

{name_en}
{period_en}
{reference}

This pack is made from the first {size:,} entries of the public log, and from nothing else.
  report.json    every figure of the report, amounts in satang (log, total and figures are as in
                 /api/v1/figures)
  *.csv          the tables of the report, amounts in baht, UTF-8
  SHA256SUMS     the digests of all files; check with: sha256sum -c SHA256SUMS
An empty cell in counts.csv is a small number that is hidden, so that nobody can be found by it.

log   {origin}
size  {size}
root  {root}
page  {address}
"""


def pack(told: ReportTold, document: dict[str, Json]) -> bytes:
    """Return the data pack of a report and of its document."""
    files = {
        DOCUMENT: canonical(document),
        **{f"{sheet.name}.csv": _csv(sheet) for sheet in sheets(told, document["figures"])},
        README: _read_me(told, document["address"]).encode(),
    }
    lines = [f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)]
    return _zip({**files, SUMS: "".join(lines).encode()})


def _csv(sheet: Sheet) -> bytes:
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(sheet.columns)
    for row in sheet.rows:
        writer.writerow(map(written, row))
    return text.getvalue().encode()


def _read_me(told: ReportTold, address: Json) -> str:
    name, period = told.foundation, told.period.name
    return _READ_ME.format(
        name_th=name.th,
        name_en=name.en,
        period_th=period.th,
        period_en=period.en,
        reference=told.reference,
        origin=told.checkpoint.origin,
        size=told.checkpoint.size,
        root=told.checkpoint.root.hex(),
        address=address,
    )


def _zip(files: Mapping[str, bytes]) -> bytes:
    """Pack files as they are: what is squeezed depends on who squeezes, and time on the clock."""
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_STORED) as file:
        for name in sorted(files):
            info = ZipInfo(name)
            info.create_system, info.external_attr = _UNIX, _FOR_ALL
            file.writestr(info, files[name])
    return packed.getvalue()
