"""How a bank reads the files it is given: every field where it must be, every sum added anew.

It shares no code with the portal: layouts and names are typed here a second time, on purpose.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from datetime import datetime
from decimal import Decimal
from functools import cache
from functools import partial
from importlib.resources import files
from io import BytesIO
from xml.etree.ElementTree import Element

import openpyxl
from defusedxml.ElementTree import fromstring
from xmlschema import XMLSchema

from tests.bank import Order

# A record of Krungthai's: 498 characters and the end of a line, in the code page of Thai Windows.
RECORD = 498
# How many digits an account has; a field of fixed length holds zeros before them, or one 0 less.
LONG_ACCOUNTS = {"030": 12, "033": 12, "034": 12}
DIGITS = 10


@dataclass(frozen=True, slots=True)
class Told:
    """What a file orders: from which account, on which day, whom; and what it calls itself."""

    account: str
    day: date
    orders: tuple[Order, ...]
    name: str = ""


class RefusedError(ValueError):
    """The bank takes no such file."""


def _check(is_right: object, why: str) -> None:
    if not is_right:
        raise RefusedError(why)


def _account(bank: str, digits: str) -> str:
    return digits.lstrip("0").zfill(LONG_ACCOUNTS.get(bank, DIGITS))


def _piece(record: str, first: int, last: int) -> str:
    """Return the characters from one place to another, counted from 1 as a handbook does."""
    return record[first - 1 : last]


def read_ktb(content: bytes) -> Told:
    """Read Krungthai's text file, record by record."""
    _check(content.endswith(b"\r\n"), "the last record has no end")
    records = content.decode("cp874").removesuffix("\r\n").split("\r\n")
    _check(all(len(record) == RECORD for record in records), "a record has another length")
    head, *details = records
    _check(_piece(head, 1, 3) == "101", "no header")
    _check(_piece(head, 10, 12) == "006", "another bank's")
    _check(_piece(head, 47, 47) == "C", "no credits")
    _check(int(_piece(head, 13, 19)) == len(details), "another number of payments")
    orders = tuple(_ktb_order(detail, number) for number, detail in enumerate(details, 1))
    _check(int(_piece(head, 20, 38)) == sum(order.satang for order in orders), "another sum")
    payers = {(_piece(detail, 28, 30), _piece(detail, 35, 45)) for detail in details}
    _check(len(payers) == 1, "several payers")
    ((bank, payer),) = payers
    days = {_piece(detail, 46, 53) for detail in details} | {_piece(head, 39, 46)}
    _check(len(days) == 1, "several days")
    day = days.pop()
    return Told(_account(bank, payer), date(int(day[4:]), int(day[2:4]), int(day[:2])), orders)


def _ktb_order(detail: str, number: int) -> Order:
    _check(_piece(detail, 1, 3) == "102", "no detail")
    _check(int(_piece(detail, 393, 398)) == number, "the numbers do not run")
    _check(_piece(detail, 93, 192).strip(), "nobody is paid")
    bank, digits = _piece(detail, 10, 12), _piece(detail, 17, 27)
    return Order(
        reference=_piece(detail, 353, 370).rstrip(),
        account=_account(bank, digits),
        satang=int(_piece(detail, 58, 74)),
    )


@cache
def _schema(version: str) -> XMLSchema:
    """Return the schema that ISO published, as the package sepaxml carries it."""
    return XMLSchema((files("sepaxml") / "schemas" / f"{version}.xsd").read_text("utf-8"))


def read_pain(content: bytes, version: str) -> Told:
    """Read ISO 20022's order, once it is what its schema says."""
    _schema(version).validate(content.decode())
    names = {"": f"urn:iso:std:iso:20022:tech:xsd:{version}"}
    root: Element = fromstring(content)

    def text(element: Element, path: str) -> str:
        found = element.find(path, names)
        _check(found is not None and found.text, f"no {path}")
        return (found.text if found is not None else None) or ""

    (payment,) = root.findall("CstmrCdtTrfInitn/PmtInf", names)
    head = root.find("CstmrCdtTrfInitn/GrpHdr", names)
    orders = tuple(
        Order(
            reference=text(transfer, "PmtId/EndToEndId"),
            account=text(transfer, "CdtrAcct/Id/Othr/Id"),
            satang=_satang(Decimal(text(transfer, "Amt/InstdAmt"))),
        )
        for transfer in payment.findall("CdtTrfTxInf", names)
    )
    for place in (head, payment):
        _check(place is not None, "no header")
        assert place is not None
        _check(int(text(place, "NbOfTxs")) == len(orders), "another number of payments")
        wanted = sum(order.satang for order in orders)
        _check(_satang(Decimal(text(place, "CtrlSum"))) == wanted, "another sum")
    _check(text(payment, "PmtMtd") == "TRF", "no transfers")
    day = text(payment, "ReqdExctnDt" if version.endswith("03") else "ReqdExctnDt/Dt")
    account = text(payment, "DbtrAcct/Id/Othr/Id")
    return Told(account, date.fromisoformat(day), orders, text(payment, "PmtInfId"))


def _satang(baht: Decimal) -> int:
    satang = baht * 100
    _check(satang == int(satang), "parts of a satang")
    return int(satang)


def read_table(content: bytes) -> Told:
    """Read the workbook: a row for each payment, a sum, and a sheet that tells who pays."""
    book = openpyxl.load_workbook(BytesIO(content))
    facts = {str(row[0]): row[1] for row in book["สรุป"].iter_rows(values_only=True)}
    _, *rows, last = book["รายการโอน"].iter_rows(values_only=True)
    orders = tuple(
        Order(reference=str(row[1]), account=str(row[6]), satang=_cell_satang(row[7]))
        for row in rows
    )
    wanted = sum(order.satang for order in orders)
    _check(facts["จำนวนรายการ"] == len(orders), "another number of payments")
    _check(_cell_satang(facts["จำนวนเงินรวม (บาท)"]) == wanted, "another sum")
    _check(_cell_satang(last[7]) == wanted, "another sum")
    day = facts["วันที่มีผล"]
    assert isinstance(day, datetime)
    return Told(str(facts["เลขที่บัญชีที่จ่าย"]), day.date(), orders, str(facts["เลขที่ชุดจ่าย"]))


def _cell_satang(baht: object) -> int:
    assert isinstance(baht, int | float)
    return _satang(Decimal(str(baht)))


READERS: Mapping[str, Callable[[bytes], Told]] = {
    "ktb": read_ktb,
    "pain.001.001.09": partial(read_pain, version="pain.001.001.09"),
    "pain.001.001.03": partial(read_pain, version="pain.001.001.03"),
    "table": read_table,
}
