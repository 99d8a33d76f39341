from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from datetime import date
from pathlib import Path

import pytest

from portal.errors import InputError
from portal.money import Money
from portal.money import total
from portal.province import Area
from portal.province import Category
from portal.province import ClosedDay
from portal.province import Mistake
from portal.province import Organisation
from portal.province import OrganisationKind
from portal.province import Paper
from portal.province import Person
from portal.province import Province
from portal.province import ProvinceFileError
from portal.province import Serves
from portal.province import Targets
from portal.province import Threshold
from portal.province import areas
from portal.province import load_province
from portal.roles import Role

ROOT = Path(__file__).parents[2]
GOOD = (ROOT / "provinces" / "rayong.toml").read_text(encoding="utf-8")
BOTH = pytest.mark.parametrize("name", ["rayong", "suratthani"])

Load = Callable[[str], Province]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def load_text(text: str) -> Province:
        path = tmp_path / "demo.toml"
        path.write_text(text, encoding="utf-8")
        return load_province(path)

    return load_text


def province_of(name: str) -> Province:
    return load_province(ROOT / "provinces" / f"{name}.toml")


def planted(old: str, new: str) -> str:
    assert GOOD.count(old) == 1, f"the fault needs one place: {old}"
    return GOOD.replace(old, new)


def without(table: str) -> str:
    return re.sub(rf"(?ms)^\[+{table}\]+.*?(?=^\[|\Z)", "", GOOD)


def told(error: ProvinceFileError) -> list[str]:
    return [str(mistake) for mistake in error.mistakes]


# The demo provinces.


@BOTH
def test_both_provinces_are_complete(name: str) -> None:
    province = province_of(name)
    assert len(province.subcommittees) == 6
    assert len(province.categories) == 13
    assert len(province.purposes) == 8
    assert {fund.code for fund in province.funds} == {
        "EEF-ABE",
        "PAO",
        "CSR",
        "TENBAHT",
        "LAO",
        "GEN",
    }
    assert [one.code for one in province.categories if one.is_urgent] == ["EMERGENCY"]


@BOTH
def test_both_provinces_received_what_the_demo_says(name: str) -> None:
    province = province_of(name)
    received = {
        fund.code: total(one.amount for one in province.donations if one.fund == fund.code)
        for fund in province.funds
    }
    assert received == {
        "EEF-ABE": Money.baht(2_400_000),
        "PAO": Money.baht(1_500_000),
        "CSR": Money.baht(900_000),
        "TENBAHT": Money.baht(186_450),
        "LAO": Money.baht(320_000),
        "GEN": Money.baht(240_000),
    }
    first, last = date(2026, 10, 1), date(2026, 10, 31)
    assert all(first < one.received_on <= last for one in province.donations)


@BOTH
def test_both_provinces_leave_something_unallocated_in_each_fund(name: str) -> None:
    province = province_of(name)
    for fund in province.funds:
        received = total(one.amount for one in province.donations if one.fund == fund.code)
        allocated = total(one.amount for one in province.allocations if one.fund == fund.code)
        assert allocated < received
        assert sum(one.fund == fund.code for one in province.allocations) == 6


def test_the_allocations_cover_the_accepted_rows_of_the_workbook() -> None:
    # Summed from field_requests_rayong.xlsx and its expected answers: satang by SC1 to SC6.
    needed = {
        "EEF-ABE": (300000, 3150225, 5000000, 2670050, 4460175, 550050),
        "PAO": (60000, 3490125, 3200000, 2070025, 3700300, 1110075),
        "CSR": (120000, 3680200, 5200000, 2960050, 3520300, 0),
        "TENBAHT": (150000, 6450150, 2000000, 5000000, 3800275, 580050),
        "LAO": (300000, 3200075, 3600000, 4820025, 4390200, 810050),
        "GEN": (210000, 2700125, 1200000, 485000, 3810300, 560050),
    }
    assert sum(sum(row) for row in needed.values()) == 89_307_875
    allocated = {(a.fund, a.subcommittee): a.amount for a in province_of("rayong").allocations}
    for fund, row in needed.items():
        for number, satang in enumerate(row, start=1):
            assert allocated[fund, f"SC{number}"] >= Money(satang)


@BOTH
def test_a_second_signature_is_always_by_another_person(name: str) -> None:
    signing = {Role.CHAIR, Role.DRIVING_CHAIR, Role.BOARD}
    for person in province_of(name).people:
        assert len(person.roles & signing) <= 1
        assert len(person.chairs) <= 1


@BOTH
def test_both_provinces_have_everybody_the_demo_needs(name: str) -> None:
    people = province_of(name).people
    counts = {role: sum(role in person.roles for person in people) for role in Role}
    assert counts == {
        Role.FINDER: 2,
        Role.OFFICER: 1,
        Role.CHAIR: 6,
        Role.DRIVING_CHAIR: 1,
        Role.BOARD: 1,
        Role.TREASURER: 3,
        Role.AUDITOR: 1,
        Role.ADMINISTRATOR: 1,
        Role.SYSTEM: 0,
    }


def test_a_file_is_read_into_real_types() -> None:
    province = province_of("rayong")
    assert (province.schema, province.foundation.fiscal_year) == (1, 2570)
    assert province.targets == Targets(check=1, decide=2, pay=2, receipt=10)
    day = ClosedDay(date(2026, 12, 30), "ปิดตรวจนับสิ้นปี", "Year-end count")
    assert province.calendar.closed[0] == day
    assert province.categories[0] == Category(
        "TRAVEL",
        "ค่าเดินทางไปเรียน",
        "Travel to learning place",
        "ต่อเดือน",
        "per month",
        Money.baht(3000),
        (Money.baht(300), Money.baht(500), Money.baht(800)),
        frozenset({"SC4", "SC5"}),
        "STAY",
        Serves.YOUTH,
        (
            Paper("หนังสือรับรองการเรียน", "Certificate of enrolment"),
            Paper("ประมาณการค่าเดินทาง", "Estimate of travel costs"),
        ),
    )
    assert province.thresholds[1] == Threshold(
        Money.baht(5000), (Role.CHAIR, Role.DRIVING_CHAIR), None, None
    )
    assert province.funds[0].is_restricted
    chair = Person(
        "chair1",
        "ภูผา จำลองกุล",
        "PEO",
        frozenset({Role.CHAIR}),
        frozenset({"SC1"}),
        "chair1@rayong.example",
    )
    assert chair in province.people
    # Not everybody has an address.
    assert province.people[0].email == ""
    assert (
        Organisation(
            "DOLE",
            "สกร.",
            "ศูนย์ส่งเสริมการเรียนรู้ระดับอำเภอ",
            "District Learning Encouragement Centre (formerly NFE)",
            OrganisationKind.STATE,
            ("กศน.",),
        )
        in province.organisations
    )


def test_a_province_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        province_of("rayong").schema = 2  # type: ignore[misc]  # the refusal is the point


def test_a_threshold_may_hold_for_one_subcommittee_and_one_fund(load: Load) -> None:
    text = planted(
        "above_baht = 50_000\n",
        'above_baht = 50_000\n subcommittee = "SC3"\n fund = "PAO"\n',
    )
    assert load(text).thresholds[2].subcommittee == "SC3"
    assert load(text).thresholds[2].fund == "PAO"


def test_a_foundation_may_begin_without_money_and_closed_days(load: Load) -> None:
    text = GOOD[: GOOD.index("[[donations]]")] + GOOD[GOOD.index("[[thresholds]]") :]
    closed = GOOD[GOOD.index("closed = [") : GOOD.index("\n[targets]")]
    province = load(text.replace(closed, ""))
    assert (province.donations, province.allocations, province.calendar.closed) == ((), (), ())


ACCOUNT = """
[[accounts]]
code = "KTB-1"
name_th = "บัญชีหลัก"
name_en = "Main account"
bank = "006"
number = "9990000101"
"""


def test_a_foundation_may_begin_with_its_accounts(load: Load) -> None:
    assert load(without("accounts")).accounts == ()
    (account,) = load(without("accounts") + ACCOUNT).accounts
    assert (account.code, account.bank, account.company_id) == ("KTB-1", "006", "")


@pytest.mark.parametrize(
    ("written", "mistakes"),
    [
        (
            ACCOUNT.replace("006", "999").replace("9990000101", "9"),
            [
                "accounts KTB-1, bank: there is no bank '999'; write its code, such as 006",
                "accounts KTB-1, number: '9' is not an account number: digits only, from 10 to 15",
            ],
        ),
        (
            ACCOUNT + ACCOUNT,
            [
                "accounts KTB-1, code: is used 2 times",
                "accounts 9990000101, number: is used 2 times",
            ],
        ),
    ],
)
def test_a_mistake_in_an_account_is_named(load: Load, written: str, mistakes: list[str]) -> None:
    with pytest.raises(ProvinceFileError) as refusal:
        load(without("accounts") + written)
    assert told(refusal.value) == mistakes


def test_a_foundation_may_keep_the_calendar_year(load: Load) -> None:
    text = planted("first_month = 10", "first_month = 1")
    province = load(text.replace("fiscal_year = 2570", "fiscal_year = 2569"))
    assert province.foundation.fiscal_year == 2569


def test_a_fund_may_be_allocated_to_the_last_baht(load: Load) -> None:
    place = 'fund = "GEN"\nsubcommittee = "SC1"\nbaht = '
    allocations = load(planted(f"{place}20_000", f"{place}35_000")).allocations
    assert total(one.amount for one in allocations if one.fund == "GEN") == Money.baht(240_000)


def test_a_byte_order_mark_from_windows_is_no_mistake(load: Load) -> None:
    assert load("\ufeff" + GOOD.replace("\n", "\r\n")) == load(GOOD)


# Refusals: a good file with one fault planted gives one sentence, which names the place.

SHAPE_FAULTS = [
    ("schema = 1 ", "schema = 2 ", "schema: must be 1, the only schema there is"),
    ("schema = 1 ", "", "schema: is missing"),
    ("schema = 1 ", 'schema = "1" ', "schema: must be a whole number"),
    ("schema = 1 ", "schema = true ", "schema: must be a whole number"),
    (
        'code = "RYG"',
        'code = "Ryg"',
        (
            "foundation, code: 'Ryg' is not a code: "
            "capital letters A-Z, digits and hyphens, at most 12"
        ),
    ),
    (
        'code = "TRAVEL"',
        'code = "TRAVEL-BY-BUS"',
        (
            "categories TRAVEL-BY-BUS, code: 'TRAVEL-BY-BUS' is not a code: "
            "capital letters A-Z, digits and hyphens, at most 12"
        ),
    ),
    (
        'code = "TRAVEL"\n',
        "",
        "categories 1, code: is missing",
    ),
    ('province = "21"', 'province = "99"', "foundation, province: there is no province '99'"),
    (
        'province = "21"',
        "province = 21",
        "foundation, province: must be text in double quotes",
    ),
    (
        'name_en = "Rayong Education Promotion Foundation (demo)"\n',
        "",
        "foundation, name_en: is missing",
    ),
    (
        'secretariat_en = "Rayong',
        'secretariat = "Rayong',
        (
            "foundation, secretariat: is not a key here; "
            "there are code, province, name_th, name_en, secretariat_th, secretariat_en, "
            "log_origin, first_month, fiscal_year\n"
            "foundation, secretariat_en: is missing"
        ),
    ),
    (
        'name_en = "Information and Data"',
        'name_en = ""',
        "subcommittees SC1, name_en: '' is blank, or has spaces or letters that do not show",
    ),
    (
        'name_en = "Information and Data"',
        'name_en = "Information  and Data"',
        (
            "subcommittees SC1, name_en: 'Information  and Data' is blank, "
            "or has spaces or letters that do not show"
        ),
    ),
    (
        "audit.rayong.example/ryg",
        "audit rayong",
        (
            "foundation, log_origin: 'audit rayong' is not a name for a log, "
            "such as audit.example.org/fund"
        ),
    ),
    (
        "first_month = 10",
        "first_month = 13",
        "foundation, first_month: must be a month from 1 to 12, not 13",
    ),
    (
        "fiscal_year = 2570",
        "fiscal_year = 2027",
        "foundation, fiscal_year: must be a Buddhist year such as 2570, not 2027",
    ),
    (
        "{ on = 2027-04-12,",
        '{ on = "2027-04-12",',
        "calendar, closed 2027-04-12, on: must be a day written like 2026-10-05, without quotes",
    ),
    (
        "{ on = 2027-04-12,",
        "{ on = 2027-04-12T08:00:00,",
        (
            "calendar, closed 2027-04-12 08:00:00, on: must be a day written like 2026-10-05, "
            "without quotes"
        ),
    ),
    (
        "{ on = 2027-04-12,",
        "{ on = 2026-12-30,",
        "calendar, closed 2026-12-30, on: is used 2 times",
    ),
    ("decide = 2 ", "decide = 0 ", "targets, decide: must be 1 to 60 working days, not 0"),
    (
        "pay = 2 ",
        "pays = 2 ",
        (
            "targets, pays: is not a key here; there are check, decide, pay, receipt\n"
            "targets, pay: is missing"
        ),
    ),
    (
        "ceiling_baht = 30_000",
        'ceiling_baht = "30,000"',
        "categories ECD, ceiling_baht: must be whole baht, without quotes, commas or satang",
    ),
    (
        "ceiling_baht = 30_000",
        "ceiling_baht = 30_000.50",
        "categories ECD, ceiling_baht: must be whole baht, without quotes, commas or satang",
    ),
    (
        "ceiling_baht = 30_000",
        "ceiling_baht = 0",
        "categories ECD, ceiling_baht: must be 1 to 9999999999 baht, not 0",
    ),
    (
        "ceiling_baht = 30_000",
        "ceiling = 30_000",
        (
            "categories ECD, ceiling: is not a key here; "
            "there are code, name_th, name_en, unit_th, unit_en, ceiling_baht, usual_baht, "
            "subcommittees, purpose, for, papers, is_urgent\n"
            "categories ECD, ceiling_baht: is missing"
        ),
    ),
    (
        "usual_baht = [5_000, 12_000, 20_000]",
        "usual_baht = 5_000",
        "categories ECD, usual_baht: must be a list",
    ),
    (
        "usual_baht = [5_000, 12_000, 20_000]",
        "usual_baht = []",
        "categories ECD, usual_baht: must name at least one",
    ),
    (
        'subcommittees = ["SC3"]',
        "subcommittees = []",
        "categories ECD, subcommittees: must name at least one",
    ),
    (
        'subcommittees = ["SC3"]',
        "subcommittees = [3]",
        "categories ECD, subcommittees: must be text in double quotes",
    ),
    (
        'purpose = "EARLY"\nfor = "project"',
        'purpose = "EARLY"\nfor = "centre"',
        "categories ECD, for: 'centre' is not one of youth, project, any",
    ),
    (
        'papers = [{ th = "ใบนัดหรือใบส่งตัว", en =',
        'papers = [{ th = "ใบนัดหรือใบส่งตัว", en_ =',
        (
            "categories ASSESS, papers 1, en_: is not a key here; there are th, en\n"
            "categories ASSESS, papers 1, en: is missing"
        ),
    ),
    (
        'papers = [{ th = "ใบนัดหรือใบส่งตัว", en = "Appointment or referral slip" }]',
        'papers = ["ใบนัดหรือใบส่งตัว"]',
        "categories ASSESS, papers 1: must be a table of keys and values",
    ),
    ("is_urgent = true\n", "is_urgent = 1\n", "categories EMERGENCY, is_urgent: must be true or"),
    (
        "received_on = 2026-10-07",
        'received_on = "7 ต.ค. 69"',
        "donations D2570-004, received_on: must be a day written like 2026-10-05, without quotes",
    ),
    (
        "baht = 92_310",
        'baht = "92,310"',
        "donations D2570-006, baht: must be whole baht, without quotes, commas or satang",
    ),
    (
        'fund = "GEN"\nsubcommittee = "SC1"\nbaht = 20_000',
        'fund = "GEN"\nsubcommittee = "SC1"\nbaht = -20_000',
        "allocations GEN SC1, baht: must be 1 to 9999999999 baht, not -20000",
    ),
    (
        'signatures = ["chair"]',
        "signatures = []",
        "thresholds 0, signatures: must name at least one",
    ),
    (
        'kind = "PRIVATE"',
        'kind = "private"',
        "organisations FTI, kind: 'private' is not one of STATE, LOCAL, EDU, PRIVATE, CIVIL",
    ),
    (
        'username = "malee"',
        'username = "Malee"',
        (
            "people Malee, username: 'Malee' is not a username: small letters a-z and digits, "
            "from 2 to 32"
        ),
    ),
    (
        'roles = ["officer"]',
        'roles = ["oficer"]',
        "people malee, roles: 'oficer' is not one of finder, officer, chair,",
    ),
    ('roles = ["officer"]', "roles = []", "people malee, roles: must name at least one"),
    ('roles = ["officer"]', 'roles = "officer"', "people malee, roles: must be a list"),
]

HOUSE_FAULTS = [
    (
        'subcommittees = ["SC3"]',
        'subcommittees = ["SC3", "SC9"]',
        (
            "categories ECD, subcommittees: 'SC9' is not in subcommittees; "
            "there are SC1, SC2, SC3, SC4, SC5, SC6"
        ),
    ),
    (
        'purpose = "EARLY"',
        'purpose = "BABIES"',
        "categories ECD, purpose: 'BABIES' is not in purposes; there are RETURN, STAY, WORK,",
    ),
    (
        "usual_baht = [5_000, 12_000, 20_000]",
        "usual_baht = [5_000, 31_000, 20_000]",
        "categories ECD, usual_baht: 31,000 baht is over the ceiling of 30,000",
    ),
    ('code = "LIVING"', 'code = "TRAVEL"', "categories TRAVEL, code: is used 2 times"),
    ('username = "anong"', 'username = "malee"', "people malee, username: is used 2 times"),
    ('"D2570-004"', '"D2570-003"', "donations D2570-003, reference: is used 2 times"),
    (
        'fund = "GEN"\nsubcommittee = "SC2"',
        'fund = "GEN"\nsubcommittee = "SC1"',
        "allocations GEN SC1, subcommittee: is used 2 times",
    ),
    ("above_baht = 50_000", "above_baht = 5_000", "thresholds 5000, above_baht: is used 2 times"),
    (
        'reference = "D2570-004"\nfund = "CSR"',
        'reference = "D2570-004"\nfund = "CRS"',
        (
            "donations D2570-004, fund: 'CRS' is not in funds; there are EEF-ABE, PAO, CSR,\n"
            "allocations CSR, baht: 840,000 baht are allocated, but its donations are 500,000"
        ),
    ),
    (
        'fund = "GEN"\nsubcommittee = "SC1"',
        'fund = "GENERAL"\nsubcommittee = "SC1"',
        "allocations GENERAL SC1, fund: 'GENERAL' is not in funds; there are EEF-ABE,",
    ),
    (
        'fund = "GEN"\nsubcommittee = "SC1"',
        'fund = "GEN"\nsubcommittee = "SC7"',
        "allocations GEN SC7, subcommittee: 'SC7' is not in subcommittees; there are SC1,",
    ),
    (
        'fund = "GEN"\nsubcommittee = "SC1"\nbaht = 20_000',
        'fund = "GEN"\nsubcommittee = "SC1"\nbaht = 35_001',
        "allocations GEN, baht: 240,001 baht are allocated, but its donations are 240,000",
    ),
    (
        "received_on = 2026-10-30",
        "received_on = 2026-09-30",
        "donations D2570-014, received_on: 2026-09-30 is not in the fiscal year 2570",
    ),
    (
        "received_on = 2026-10-30",
        "received_on = 2027-10-01",
        "donations D2570-014, received_on: 2027-10-01 is not in the fiscal year 2570",
    ),
    (
        "above_baht = 0\n",
        "above_baht = 1\n",
        (
            "thresholds, above_baht: none is 0 without subcommittee and fund, "
            "so small amounts need no signature"
        ),
    ),
    (
        "above_baht = 0\n",
        'above_baht = 0\nfund = "GEN"\n',
        (
            "thresholds, above_baht: none is 0 without subcommittee and fund, "
            "so small amounts need no signature"
        ),
    ),
    (
        "above_baht = 5_000\n",
        'above_baht = 5_000\nsubcommittee = "SC8"\n',
        "thresholds 5000 SC8, subcommittee: 'SC8' is not in subcommittees; there are SC1,",
    ),
    (
        "above_baht = 5_000\n",
        'above_baht = 5_000\nfund = "PAOO"\n',
        "thresholds 5000 PAOO, fund: 'PAOO' is not in funds; there are EEF-ABE,",
    ),
    (
        'signatures = ["chair", "driving_chair"]',
        'signatures = ["chair", "treasurer"]',
        "thresholds 5000, signatures: treasurer does not sign approvals",
    ),
    (
        'signatures = ["chair", "driving_chair"]',
        'signatures = ["chair", "chair"]',
        "thresholds 5000, signatures: each role signs once",
    ),
    (
        'roles = ["board"]',
        'roles = ["auditor"]',
        "thresholds 50000, signatures: nobody in people is board",
    ),
    (
        'organisation = "THPH"',
        'organisation = "HOSPITAL"',
        "people chair6, organisation: 'HOSPITAL' is not in organisations; there are FOUNDATION,",
    ),
    (
        'chairs = ["SC6"]',
        'chairs = ["SC6", "SC7"]',
        "people chair6, chairs: 'SC7' is not in subcommittees; there are SC1,",
    ),
    (
        'chairs = ["SC6"]',
        'chairs = ["SC5"]',
        "subcommittees SC6, code: nobody in people has it in chairs",
    ),
    (
        'chairs = ["SC6"]',
        "chairs = []",
        (
            "people chair6, chairs: the role chair and the subcommittees in chairs go together\n"
            "subcommittees SC6, code: nobody in people has it in chairs"
        ),
    ),
    (
        'roles = ["officer"]',
        'roles = ["officer"]\nchairs = ["SC1"]',
        "people malee, chairs: the role chair and the subcommittees in chairs go together",
    ),
    ('roles = ["officer"]', 'roles = ["system"]', "people malee, roles: system is not a person"),
    (
        "malee@rayong.example",
        "malee @rayong.example",
        "people malee, email: 'malee @rayong.example' is not an e-mail address",
    ),
    (
        'roles = ["officer"]',
        'roles = ["officer", "auditor"]',
        "people malee, roles: nobody is auditor and officer at the same time",
    ),
    (
        'roles = ["officer"]',
        'roles = ["finder", "administrator"]',
        "people malee, roles: nobody is administrator and finder at the same time",
    ),
]


# Who writes one of these finds the code missing in the other tables that mention it.
SPREADING_FAULTS = [
    ('code = "STAY"\nth', 'code = "WORK"\nth', "purposes WORK, code: is used 2 times"),
    (
        'code = "SC2"\nname',
        'code = "SC1"\nname',
        "subcommittees SC1, code: is used 2 times",
    ),
    ('code = "LAO"\nname', 'code = "GEN"\nname', "funds GEN, code: is used 2 times"),
    ('code = "VHV"', 'code = "SDV"', "organisations SDV, code: is used 2 times"),
    (
        "above_baht = 5_000",
        "above_baht = -1",
        "thresholds -1, above_baht: must be 0 to 9999999999 baht, not -1",
    ),
]


@pytest.mark.parametrize(("old", "new", "sentences"), [*SHAPE_FAULTS, *HOUSE_FAULTS])
def test_a_fault_is_refused_by_the_one_sentence_that_names_its_place(
    load: Load, old: str, new: str, sentences: str
) -> None:
    with pytest.raises(ProvinceFileError) as refusal:
        load(planted(old, new))
    expected = sentences.split("\n")
    assert len(told(refusal.value)) == len(expected)
    for sentence, start in zip(told(refusal.value), expected, strict=True):
        assert sentence.startswith(start)


@pytest.mark.parametrize(("old", "new", "sentence"), SPREADING_FAULTS)
def test_a_fault_in_a_code_is_told_where_it_stands_too(
    load: Load, old: str, new: str, sentence: str
) -> None:
    with pytest.raises(ProvinceFileError) as refusal:
        load(planted(old, new))
    assert sentence in told(refusal.value)


@pytest.mark.parametrize(
    "table",
    ["foundation", "calendar", "targets", "purposes", "categories", "funds", "people"],
)
def test_a_table_that_is_missing_is_named(load: Load, table: str) -> None:
    with pytest.raises(ProvinceFileError) as refusal:
        load(without(table))
    assert f"{table}: is missing" in told(refusal.value)


@pytest.mark.parametrize("table", ["foundation", "thresholds", "people"])
def test_a_table_written_as_something_else_is_named(load: Load, table: str) -> None:
    with pytest.raises(ProvinceFileError) as refusal:
        load(f"{table} = [5]\n{without(table)}")
    place = table if table == "foundation" else f"{table} 1"
    assert f"{place}: must be a table of keys and values" in told(refusal.value)


def test_an_unknown_table_is_named(load: Load) -> None:
    with pytest.raises(ProvinceFileError, match="category: is not a key here; there are schema,"):
        load(f'{GOOD}\n[[category]]\ncode = "X"\n')


def test_lines_without_a_code_are_counted_and_not_called_the_same(load: Load) -> None:
    text = planted('code = "TRAVEL"\n', "").replace('code = "LIVING"\n', "")
    with pytest.raises(ProvinceFileError) as refusal:
        load(text)
    assert told(refusal.value) == [
        "categories 1, code: is missing",
        "categories 2, code: is missing",
    ]


def test_a_subcommittee_without_a_code_is_not_asked_for_its_chair(load: Load) -> None:
    with pytest.raises(ProvinceFileError) as refusal:
        load(planted('code = "SC6"\n', ""))
    assert "subcommittees 6, code: is missing" in told(refusal.value)
    assert "nobody in people" not in str(refusal.value)


def test_one_treasurer_is_not_enough(load: Load) -> None:
    start = GOOD.index('username = "prasit"')
    text = GOOD[:start] + GOOD[start:].replace('["treasurer"]', '["officer"]')
    with pytest.raises(ProvinceFileError) as refusal:
        load(text)
    assert told(refusal.value) == [
        "people, roles: two treasurers are needed, one to prepare and one to release; found 1"
    ]


def test_all_mistakes_are_told_together_and_each_is_a_template_with_facts(
    load: Load,
) -> None:
    text = planted("decide = 2 ", "decide = 0 ").replace('chairs = ["SC6"]', 'chairs = ["SC5"]')
    text = text.replace('purpose = "EARLY"', 'purpose = "BABIES"')
    with pytest.raises(ProvinceFileError) as refusal:
        load(text)
    assert [mistake.at for mistake in refusal.value.mistakes] == [
        "targets, decide",
        "categories ECD, purpose",
        "subcommittees SC6, code",
    ]
    assert refusal.value.mistakes[0] == Mistake(
        "targets, decide", "must be 1 to 60 working days, not {found}", {"found": 0}
    )
    assert str(refusal.value).startswith("Nothing was taken from demo.toml. To correct (3):\n")
    assert isinstance(refusal.value, InputError)


def test_what_is_not_toml_is_told_with_its_line(load: Load) -> None:
    with pytest.raises(ProvinceFileError, match=r"file: is not TOML: .*line 1"):
        load("schema 1")


def test_another_encoding_than_utf_8_is_told(tmp_path: Path) -> None:
    path = tmp_path / "thai.toml"
    path.write_bytes('# มูลนิธิ\nname_th = "ระยอง"'.encode("cp874"))
    with pytest.raises(ProvinceFileError, match="file: must be saved as UTF-8"):
        load_province(path)


# Areas.


def test_areas_are_districts_each_followed_by_its_subdistricts() -> None:
    found = areas("21")
    assert found[:2] == (
        Area("2101", "เมืองระยอง", "Mueang Rayong", "21"),
        Area("210101", "ท่าประดู่", "Tha Pradu", "2101"),
    )
    assert [sum(len(area.code) == size for area in found) for size in (4, 6)] == [8, 58]
    assert [sum(len(area.code) == size for area in areas("84")) for size in (4, 6)] == [19, 131]


def test_the_parent_of_every_area_stands_before_it() -> None:
    seen = {"84"}
    for area in areas("84"):
        assert area.parent in seen
        seen.add(area.code)


# The promise that a second province needs no change of code.


def test_nothing_of_a_province_is_in_the_code() -> None:
    named = re.compile(
        r"(?i:rayong|surat\s?thani)|ระยอง|สุราษฎร์|\b(?:RYG|SRT)\b"
        r"|(?i:province\w*)[^\w\n]{1,6}(?:21|84)\b|\b(?:21|84)\b[^\w\n]{1,6}(?i:province)"
    )
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in sorted((ROOT / "portal").rglob("*.py"))
        for match in named.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []


REGISTERED = """[publisher]
prefix = "360G-rayong"
organisation_id = "XX-TEST-0994000000000"

[calendar]"""


def test_a_foundation_may_be_registered_with_360giving(load: Load) -> None:
    assert load(GOOD).publisher is None
    publisher = load(planted("[calendar]", REGISTERED)).publisher
    assert publisher is not None
    assert publisher.prefix == "360G-rayong"
    assert publisher.organisation_id == "XX-TEST-0994000000000"


@pytest.mark.parametrize("prefix", ["360G-", "360g-x", "x", "360G-a b", "360G-ระยอง"])
def test_a_wrong_prefix_is_told(load: Load, prefix: str) -> None:
    with pytest.raises(ProvinceFileError, match="is not a prefix of 360Giving"):
        load(planted("[calendar]", REGISTERED.replace("360G-rayong", prefix)))


@pytest.mark.parametrize("number", ["0994000000000", "xx-1", "XX-", "XX TEST"])
def test_a_wrong_id_is_told(load: Load, number: str) -> None:
    with pytest.raises(ProvinceFileError, match="is not an id of an organisation"):
        load(planted("[calendar]", REGISTERED.replace("XX-TEST-0994000000000", number)))
