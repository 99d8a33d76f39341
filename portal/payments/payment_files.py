"""Which files can be made of a batch: each with what it holds and what writes it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from portal.payments import ktb
from portal.payments import pain001
from portal.payments import payment_table
from portal.payments.bankfile import Batch
from portal.payments.bankfile import Format


class FileKind(StrEnum):
    """The files that treasurers can make."""

    KTB = "ktb"
    PAIN_001_09 = "pain.001.001.09"
    PAIN_001_03 = "pain.001.001.03"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class PaymentFile:
    """One kind of file: what it holds, what writes it, and how it is sent."""

    format: Format
    write: Callable[[Batch], bytes]
    ending: str
    media_type: str


FILES: Mapping[FileKind, PaymentFile] = {
    FileKind.KTB: PaymentFile(ktb.FORMAT, ktb.write, "txt", "text/plain; charset=windows-874"),
    FileKind.PAIN_001_09: PaymentFile(pain001.FORMAT, pain001.write, "xml", "application/xml"),
    FileKind.PAIN_001_03: PaymentFile(
        pain001.FORMAT,
        lambda batch: pain001.write(batch, pain001.Version.V03),
        "xml",
        "application/xml",
    ),
    FileKind.TABLE: PaymentFile(
        payment_table.FORMAT,
        payment_table.write,
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
}
