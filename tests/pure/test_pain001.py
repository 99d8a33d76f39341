from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import settings
from xmlschema import XMLSchema

from portal.payments import pain001
from portal.payments.bankfile import Batch
from portal.payments.bankfile import Order
from portal.payments.bankfile import batch_flaws
from portal.payments.bankfile import flaws
from portal.payments.pain001 import Version
from tests.bank_orders import BATCH
from tests.bank_orders import FOUNDATION
from tests.bank_orders import MALEE
from tests.bank_orders import batch_of
from tests.bank_orders import batches
from tests.bank_orders import holds_order
from tests.bank_orders import many
from tests.bank_orders import odd_orders

VERSIONS = ("pain.001.001.03", "pain.001.001.09")
TRANSFER = "CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf"


@cache
def schema(version: str) -> XMLSchema:
    """Return the schema that ISO published, as the package sepaxml carries it."""
    return XMLSchema((files("sepaxml") / "schemas" / f"{version}.xsd").read_text("utf-8"))


def read(file: bytes, version: str) -> ET.Element:
    """Validate a file and return its root, without the namespace."""
    schema(version).validate(file.decode())
    text = file.decode().replace(f' xmlns="urn:iso:std:iso:20022:tech:xsd:{version}"', "", 1)
    return ET.fromstring(text.partition("\n")[2])  # noqa: S314 - our own file


def facts(element: ET.Element, prefix: str = "") -> Mapping[str, str]:
    """Return the text of every element by its path; a path stands once here."""
    found: dict[str, str] = {}
    for child in element:
        path = f"{prefix}{child.tag}"
        found |= facts(child, f"{path}/") if len(child) else {path: child.text or ""}
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_has_its_schema(version: str) -> None:
    assert version in {*Version}
    assert len(VERSIONS) == len(Version)
    assert schema(version).target_namespace.endswith(version)


@pytest.mark.parametrize(
    ("version", "day"), [("pain.001.001.03", "ReqdExctnDt"), ("pain.001.001.09", "ReqdExctnDt/Dt")]
)
def test_head_and_payer_are_told_whole(version: str, day: str) -> None:
    root = read(pain001.write(BATCH, Version(version)), version)
    told = facts(root.find("CstmrCdtTrfInitn/GrpHdr") or root)
    assert told == {
        "MsgId": "RYG-2570-B000007",
        "CreDtTm": "2026-12-01T03:15:00+07:00",
        "NbOfTxs": "2",
        "CtrlSum": "1500.51",
        "InitgPty/Nm": "มูลนิธิส่งเสริมการศึกษาจังหวัดระยอง",
        "InitgPty/Id/OrgId/Othr/Id": "RYGFOUND01",
    }
    payment = root.find("CstmrCdtTrfInitn/PmtInf")
    assert payment is not None
    of_payer = {
        path: text for path, text in facts(payment).items() if not path.startswith("CdtTrfTxInf")
    }
    assert of_payer == {
        "PmtInfId": "RYG-2570-B000007",
        "PmtMtd": "TRF",
        "NbOfTxs": "2",
        "CtrlSum": "1500.51",
        day: "2026-12-01",
        "Dbtr/Nm": "มูลนิธิส่งเสริมการศึกษาจังหวัดระยอง",
        "Dbtr/Id/OrgId/Othr/Id": "RYGFOUND01",
        "DbtrAcct/Id/Othr/Id": "1234567890",
        "DbtrAcct/Ccy": "THB",
        "DbtrAgt/FinInstnId/ClrSysMmbId/ClrSysId/Cd": "THCBC",
        "DbtrAgt/FinInstnId/ClrSysMmbId/MmbId": "0060214",
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_every_payment_is_told_whole(version: str) -> None:
    root = read(pain001.write(BATCH, Version(version)), version)
    first, second = root.findall(TRANSFER)
    assert facts(first) == {
        "PmtId/EndToEndId": "RYG-2570-P000001",
        "Amt/InstdAmt": "1500.50",
        "CdtrAgt/FinInstnId/ClrSysMmbId/ClrSysId/Cd": "THCBC",
        "CdtrAgt/FinInstnId/ClrSysMmbId/MmbId": "0060000",
        "Cdtr/Nm": "นางสาวมาลี ใจดี",
        "CdtrAcct/Id/Othr/Id": "9990318270",
    }
    assert facts(second) == {
        "PmtId/EndToEndId": "RYG-2570-P000002",
        "Amt/InstdAmt": "0.01",
        "CdtrAgt/FinInstnId/ClrSysMmbId/ClrSysId/Cd": "THCBC",
        "CdtrAgt/FinInstnId/ClrSysMmbId/MmbId": "0340123",
        "Cdtr/Nm": "โรงเรียนบ้านค่าย & Co.",
        "CdtrAcct/Id/Othr/Id": "012345678901",
    }
    amounts = [amount.get("Ccy") for amount in root.iter("InstdAmt")]
    assert amounts == ["THB", "THB"]


def test_nine_is_written_unless_three_is_asked_for() -> None:
    assert pain001.write(BATCH) == pain001.write(BATCH, Version.V09)
    assert pain001.write(BATCH) != pain001.write(BATCH, Version.V03)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_longest_of_everything_is_valid(version: str) -> None:
    most = pain001.FORMAT
    order = replace(
        MALEE,
        reference="P" * most.reference_length_max,
        payee="ก" * most.name_length_max,
        bank_code="069",
        account="9" * 15,
        amount=most.amount_max,
    )
    debtor = replace(
        FOUNDATION, name="&" * most.name_length_max, company_id="X" * most.company_id_length_max
    )
    batch = replace(batch_of(order), debtor=debtor, reference="B" * most.reference_length_max)
    assert batch_flaws(batch, most) == ()
    root = read(pain001.write(batch, Version(version)), version)
    assert [name.text for name in root.iter("Nm")] == ["&" * 140, "&" * 140, "ก" * 140]
    assert [sums.text for sums in root.iter("CtrlSum")] == ["9999999999999999.99"] * 2


@pytest.mark.parametrize("version", VERSIONS)
@given(batch=batches(name_length_max=140))
@settings(max_examples=40)
def test_whatever_the_file_can_hold_is_valid_and_read_back_unchanged(
    version: str, batch: Batch
) -> None:
    assert batch_flaws(batch, pain001.FORMAT) == ()
    root = read(pain001.write(batch, Version(version)), version)
    written = [facts(transfer) for transfer in root.findall(TRANSFER)]
    for order, told in zip(batch.orders, written, strict=True):
        assert told["PmtId/EndToEndId"] == order.reference
        assert told["Cdtr/Nm"] == order.payee
        assert told["CdtrAcct/Id/Othr/Id"] == order.account
        assert Decimal(told["Amt/InstdAmt"]) * 100 == order.amount.satang
    head = facts(root.find("CstmrCdtTrfInitn/GrpHdr") or root)
    assert Decimal(head["CtrlSum"]) == sum(Decimal(told["Amt/InstdAmt"]) for told in written)
    assert int(head["NbOfTxs"]) == len(written)
    assert datetime.fromisoformat(head["CreDtTm"]) == batch.made_at


@given(odd_orders(name_length_max=140))
def test_what_is_refused_could_not_be_held_and_all_else_is_valid(order: Order) -> None:
    # A name may have the letters of any script here; what cannot be seen is asked apart.
    has_unseen = any(not letter.isprintable() for letter in order.payee)
    name = "(?!)" if has_unseen else "(?s:.{1,140})"
    can_be_held = holds_order(order, name=name, reference=35, account=34, satang=18)
    assert (flaws([order], pain001.FORMAT) == ()) == can_be_held
    if can_be_held:
        root = read(pain001.write(batch_of(order)), "pain.001.001.09")
        assert [name.text for name in root.findall(f"{TRANSFER}/Cdtr/Nm")] == [order.payee]


def test_the_same_batch_gives_the_same_bytes() -> None:
    assert pain001.write(BATCH) == pain001.write(replace(BATCH))


def test_ten_thousand_payments_are_written_at_once() -> None:
    batch = many(10_000)
    begun = time.process_time()
    assert batch_flaws(batch, pain001.FORMAT) == ()
    file = pain001.write(batch)
    assert time.process_time() - begun < 10  # it takes a fifth of a second, on an idle machine
    assert len(re.findall(b"<CdtTrfTxInf>", file)) == 10_000
