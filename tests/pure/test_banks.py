from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.banks import BANKS
from portal.banks import Bank
from portal.banks import account_fits
from portal.banks import find_bank

SHARED_TABLE = Path(__file__).parents[2].parent / "shared" / "th_bank_codes.csv"


def test_there_are_22_banks_with_different_codes_and_short_names() -> None:
    assert len(BANKS) == len({bank.short for bank in BANKS.values()}) == 22
    assert all(code == bank.code for code, bank in BANKS.items())


@pytest.mark.skipif(not SHARED_TABLE.exists(), reason="../shared/th_bank_codes.csv is absent")
def test_the_banks_are_those_of_the_shared_table() -> None:
    with SHARED_TABLE.open(encoding="utf-8") as lines:
        shared = [
            Bank(
                code=line["code"],
                short=line["abbr"],
                name_th=line["name_th"],
                name_en=line["name_en"],
                account_digits=int(line["account_digits"]) if line["account_digits"] else None,
                is_open=line["status"] != "closed",
            )
            for line in csv.DictReader(lines)
        ]
    assert list(BANKS.values()) == shared


@pytest.mark.parametrize("bank", BANKS.values(), ids=lambda bank: bank.short)
def test_a_bank_is_found_by_each_of_its_names(bank: Bank) -> None:
    bare = bank.name_th.removeprefix("ธนาคาร")
    for name in (
        bank.name_th,
        bare,
        f"ธ.{bare}",
        f" ธนาคาร {bare} ",
        f"{bank.name_th} จำกัด (มหาชน)",
    ):
        assert find_bank(name) is bank
    for name in (bank.code, bank.short, bank.short.lower(), bank.name_en):
        assert find_bank(name) is bank


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("กสิกร", "004"),
        ("K-Bank", "004"),
        ("ทหารไทย", "011"),
        ("ทีทีบี", "011"),
        ("TMB", "011"),
        ("ไทยพาณิชย์", "014"),
        ("ซีไอเอ็มบี", "022"),
        ("UOB", "024"),
        ("กรุงศรี", "025"),
        ("ธ.ออมสิน", "030"),
        ("ออ\u200bมสิน\u00a0", "030"),
        ("ธอส.", "033"),
        ("ธ.อ.ส.", "033"),
        ("ธ.ก.ส.", "034"),
        ("ธ.ก.ส", "034"),
        ("ธกส", "034"),
        ("ธนาคาร ธ.ก.ส.", "034"),
        ("ธนาคารเพื่อการเกษตรฯ", "034"),
        ("ธนาคารอิสลาม", "066"),
        ("เกียรตินาคิน", "069"),
        ("แลนด์แอนด์เฮ้าส์", "073"),
        ("ธพว.", "098"),
        ("ธนชาต", "065"),
    ],
)
def test_a_bank_is_found_by_what_people_call_it(name: str, code: str) -> None:
    assert find_bank(name) is BANKS[code]


@pytest.mark.parametrize("name", ["", "ธนาคาร", "ธ.", "ธนาคารดวงจันทร์", "ไทย", "999"])
def test_an_unknown_bank_is_not_found(name: str) -> None:
    assert find_bank(name) is None


def test_only_the_two_merged_banks_are_closed() -> None:
    assert [bank.short for bank in BANKS.values() if not bank.is_open] == ["TBANK", "SCIB"]


@given(st.sampled_from(list(BANKS.values())), st.text(st.sampled_from("0123456789"), max_size=20))
def test_an_account_fits_by_its_number_of_digits(bank: Bank, digits: str) -> None:
    lengths = [bank.account_digits] if bank.account_digits else range(10, 16)
    assert account_fits(bank, digits) == (len(digits) in lengths)


@pytest.mark.parametrize("digits", ["999-031827-", "999031827X", "๙๙๙๐๓๑๘๒๗๐", "9990318270\n"])
def test_only_digits_are_an_account(digits: str) -> None:
    assert not account_fits(BANKS["006"], digits)
