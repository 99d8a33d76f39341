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
HEAD = (
    "file:2 record:1 batch:6 bank:3 count:7 total:19 day:8 side:1 empty1:8 company:16 empty2:20 "
    "empty3:407"
)
DETAIL = (
    "file:2 record:1 batch:6 to_bank:3 to_branch:4 to:11 from_bank:3 from_branch:4 from:11 day:8 "
    "service:2 empty1:2 satang:17 empty2:8 empty3:10 name:100 from_name:100 empty4:40 empty5:18 "
    "empty6:2 reference:18 empty7:2 empty8:20 number:6 status:2 empty9:98"
)
EMPTY = frozenset(f"empty{number}" for number in range(1, 10))
PAYER = ("from_name", "from_bank", "from")
# How many digits an account has; a field of fixed length holds zeros before them, or one 0 less.
LONG_ACCOUNTS = {"030": 12, "033": 12, "034": 12}
DIGITS = 10

# Where ISO 20022 tells a bank by its number in the clearing house.
MEMBER = "FinInstnId/ClrSysMmbId/MmbId"


@dataclass(frozen=True, slots=True)
class Payee:
    """Who is paid: how they are called, and at which bank they are."""

    bank: str
    name: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a file orders: who pays, from which account, when, whom; and what it calls itself."""

    payer: str
    account: str
    day: date
    orders: tuple[Order, ...]
    payees: tuple[Payee, ...]
    name: str = ""


class RefusedError(ValueError):
    """The bank takes no such file."""


def _check(is_right: object, why: str) -> None:
    if not is_right:
        raise RefusedError(why)


def _account(bank: str, digits: str) -> str:
    return digits.lstrip("0").zfill(LONG_ACCOUNTS.get(bank, DIGITS))


def _fields(record: str, layout: str) -> dict[str, str]:
    """Cut a record where its layout says, which is each field's name and how long it is."""
    fields, start = {}, 0
    for each in layout.split():
        name, length = each.split(":")
        fields[name] = record[start : start + int(length)]
        start += int(length)
    _check(start == len(record), "the fields are not as long as the record")
    _check(
        not "".join(text for name, text in fields.items() if name in EMPTY).strip("0 "), "filled"
    )
    return fields


def read_ktb(content: bytes) -> Told:
    """Read Krungthai's text file, record by record and field by field."""
    _check(content.endswith(b"\r\n"), "the last record has no end")
    records = content.decode("cp874").removesuffix("\r\n").split("\r\n")
    _check(all(len(record) == RECORD for record in records), "a record has another length")
    head, *details = _fields(records[0], HEAD), *(_fields(each, DETAIL) for each in records[1:])
    _check((head["file"], head["record"], head["side"]) == ("10", "1", "C"), "no header")
    _check(head["bank"] == "006", "another bank's")
    _check(head["company"].strip(), "nobody's")
    _check(int(head["count"]) == len(details), "another number of payments")
    orders = tuple(_ktb_order(detail, number) for number, detail in enumerate(details, 1))
    _check(int(head["total"]) == sum(order.satang for order in orders), "another sum")
    ((payer, bank, account),) = {tuple(detail[each] for each in PAYER) for detail in details}
    (day,) = {each["day"] for each in (head, *details)}
    return Told(
        payer=payer.rstrip(),
        account=_account(bank, account),
        day=date(int(day[4:]), int(day[2:4]), int(day[:2])),
        orders=orders,
        payees=tuple(Payee(detail["to_bank"], detail["name"].rstrip()) for detail in details),
    )


def _ktb_order(detail: Mapping[str, str], number: int) -> Order:
    told = (detail["file"], detail["record"], detail["batch"], detail["status"])
    _check(told == ("10", "2", "000001", "09"), "no detail")
    _check(int(detail["number"]) == number, "the numbers do not run")
    return Order(
        reference=detail["reference"].rstrip(),
        account=_account(detail["to_bank"], detail["to"]),
        satang=int(detail["satang"]),
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
    return Told(
        payer=text(payment, "Dbtr/Nm"),
        account=text(payment, "DbtrAcct/Id/Othr/Id"),
        day=date.fromisoformat(day),
        orders=orders,
        payees=tuple(
            Payee(text(each, f"CdtrAgt/{MEMBER}")[:3], text(each, "Cdtr/Nm"))
            for each in payment.findall("CdtTrfTxInf", names)
        ),
        name=text(payment, "PmtInfId"),
    )


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
    return Told(
        payer=str(facts["ผู้จ่าย"]),
        account=str(facts["เลขที่บัญชีที่จ่าย"]),
        day=day.date(),
        orders=orders,
        payees=tuple(Payee(str(row[3]), str(row[2])) for row in rows),
        name=str(facts["เลขที่ชุดจ่าย"]),
    )


def _cell_satang(baht: object) -> int:
    assert isinstance(baht, int | float)
    return _satang(Decimal(str(baht)))


READERS: Mapping[str, Callable[[bytes], Told]] = {
    "ktb": read_ktb,
    "pain.001.001.09": partial(read_pain, version="pain.001.001.09"),
    "pain.001.001.03": partial(read_pain, version="pain.001.001.03"),
    "table": read_table,
}
