from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TypedDict

import geothai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.funds.columns import lines
from portal.funds.rows import row_content
from portal.funds.workbook import FORM
from portal.funds.workbook import REASONS_COLUMN
from portal.funds.workbook import CategoryRule
from portal.funds.workbook import Column
from portal.funds.workbook import Imports
from portal.funds.workbook import MissingColumnsError
from portal.funds.workbook import Names
from portal.funds.workbook import NoTableError
from portal.funds.workbook import PayeeKind
from portal.funds.workbook import Refusal
from portal.funds.workbook import RepeatedColumnError
from portal.funds.workbook import RowAnswer
from portal.funds.workbook import Warned
from portal.funds.workbook import correction_sheet
from portal.funds.workbook import judge
from portal.funds.workbook import references
from portal.money import Money
from portal.sheets import read_tables
from portal.sheets import write_workbook
from portal.thai import tidy

SHARED = Path(__file__).parents[2].parent / "shared"
WORKBOOK = SHARED / "data" / "field_requests_rayong.xlsx"
needs_shared = pytest.mark.skipif(
    not WORKBOOK.exists(), reason="the real field workbook lies in ../shared/data, which is absent"
)


class Expected(TypedDict):
    row: int
    refused: list[str]
    warned: list[str]
    satang: int
    day: str
    category: str
    subcommittee: str
    kind: str
    national_id: str | None
    hostile: bool


def places_of(province: str) -> dict[tuple[str, str], str]:
    return {
        (tidy(subdistrict.name_th), tidy(district.name_th)): subdistrict.code
        for district in geothai.districts(province)
        for subdistrict in geothai.subdistricts(district.code)
    }


def names_of_demo(province: str) -> Names:
    demo = json.loads((SHARED / "demo_thai.json").read_text(encoding="utf-8"))
    return Names(
        places=places_of(province),
        subcommittees={
            tidy(committee[name]): committee["code"]
            for committee in demo["subcommittees"]
            for name in ("th", "short")
        },
        categories={
            tidy(category["th"]): CategoryRule(
                category["code"], Money.baht(category["max_baht"]), frozenset(category["sc"])
            )
            for category in demo["request_categories"]
        },
        funds={tidy(fund["th"]): fund["code"] for fund in demo["fund_sources"]},
    )


@pytest.fixture(scope="module")
def rayong() -> list[RowAnswer]:
    return judge(read_tables(WORKBOOK.read_bytes(), name=WORKBOOK.name), names_of_demo("21"))


@pytest.fixture(scope="module")
def expected() -> list[Expected]:
    answers = json.loads(WORKBOOK.with_suffix(".expected.json").read_text(encoding="utf-8"))
    rows: list[Expected] = answers["rows"]
    return rows


# The real workbook


@needs_shared
def test_every_row_of_the_field_workbook_gets_the_expected_answer(
    rayong: list[RowAnswer], expected: list[Expected]
) -> None:
    assert [(answer.row, list(answer.refused), list(answer.warned)) for answer in rayong] == [
        (row["row"], row["refused"], row["warned"]) for row in expected
    ]
    assert len(rayong) == 320


@needs_shared
def test_every_accepted_row_is_read_as_expected(
    rayong: list[RowAnswer], expected: list[Expected]
) -> None:
    by_row = {row["row"]: row for row in expected}
    for answer in rayong:
        if answer.request is None:
            assert answer.refused
            continue
        row, request = by_row[answer.row], answer.request
        assert answer.satang == request.amount.satang == row["satang"]
        assert request.requested_on == date.fromisoformat(row["day"])
        assert (request.category, request.subcommittee) == (row["category"], row["subcommittee"])
        assert (request.project_name is not None) == (row["kind"] == "project")
        number = request.applicant.national_id if request.applicant else None
        assert number == row.get("national_id")


@needs_shared
def test_the_totals_are_those_of_the_summary(rayong: list[RowAnswer]) -> None:
    summary = json.loads(WORKBOOK.with_suffix(".expected.json").read_text("utf-8"))["summary"]
    accepted = [answer for answer in rayong if answer.request]
    assert summary == {
        "rows": len(rayong),
        "accepted": len(accepted),
        "refused": len(rayong) - len(accepted),
        "accepted_with_warning": sum(bool(answer.warned) for answer in accepted),
        "accepted_satang": sum(answer.satang or 0 for answer in accepted),
    }


@needs_shared
def test_hostile_text_is_kept_as_it_was_typed(
    rayong: list[RowAnswer], expected: list[Expected]
) -> None:
    hostile = {row["row"] for row in expected if row.get("hostile")}
    reasons = {a.request.reason for a in rayong if a.request and a.row in hostile}
    assert {"@cmd", "🙏🏽 ขอบคุณครับ", "ก" * 3000} <= reasons


@needs_shared
def test_the_same_workbook_again_has_the_same_fingerprints_all_different(
    rayong: list[RowAnswer],
) -> None:
    tables = read_tables(WORKBOOK.read_bytes(), name=WORKBOOK.name)
    again = judge({sheet: [*rows] for sheet, rows in tables.items()}, names_of_demo("21"))
    assert [answer.fingerprint for answer in again] == [answer.fingerprint for answer in rayong]
    assert len({answer.fingerprint for answer in rayong}) == len(rayong)


@needs_shared
def test_the_correction_sheet_of_the_field_workbook_can_be_imported_again(
    rayong: list[RowAnswer],
) -> None:
    names = names_of_demo("21")
    reasons = {refusal: f"reason {refusal}" for refusal in Refusal}
    file = write_workbook({"แก้ไข": correction_sheet(rayong, reasons)})
    again = judge(read_tables(file, name="แก้ไข.xlsx"), names)
    refused = [answer for answer in rayong if answer.refused]
    assert [answer.row for answer in again] == [answer.row for answer in refused]
    for first, second in zip(refused, again, strict=True):
        if first.refused != (Refusal.DUPLICATE_IN_FILE,):
            assert second.refused == first.refused
        if Refusal.DUPLICATE_IN_FILE not in first.refused:
            assert second.fingerprint == first.fingerprint


# Another province, another form

SURAT_THANI = Names(
    places=places_of("84"),
    subcommittees={
        "คณะอนุกรรมการพื้นที่แห่งฝัน": "DREAM",
        "พื้นที่แห่งฝัน": "DREAM",
        "ข้อมูลสารสนเทศ": "DATA",
    },
    categories={
        "ค่าเดินทางไปเรียน": CategoryRule("TRAVEL", Money.baht(3000), frozenset({"DREAM"})),
        "เงินช่วยเหลือฉุกเฉิน": CategoryRule("HELP", Money.baht(2000), frozenset({"DREAM", "DATA"})),
        "ค่าลงพื้นที่": CategoryRule("SURVEY", Money.baht(10000), frozenset({"DATA"})),
    },
    funds={"กองทุนเมืองคนดี (10 บาท)": "TEN", "รายได้ทั่วไป": "GEN"},
)
PERSON: dict[Column, object] = {
    Column.NUMBER: 1,
    Column.REQUESTED_ON: "2 พ.ย. 2569",
    Column.FINDER: "ใบบัว ทดสอบระบบ",
    Column.ORGANISATION: "อสม.",
    Column.KIND: "รายบุคคล",
    Column.TITLE: "นาย",
    Column.FIRST_NAME: "ต้นกล้า",
    Column.LAST_NAME: "สมมติธรรม",
    Column.NATIONAL_ID: "1-9999-04700-01-0",
    Column.BIRTH_ON: "9 มิ.ย. 49",
    Column.TAMBON: "ต.มะขามเตี้ย",
    Column.AMPHOE: "อ.เมืองสุราษฎร์ธานี",
    Column.SCHOOLING: "นอกระบบการศึกษา",
    Column.SUBCOMMITTEE: "พื้นที่แห่งฝัน",
    Column.CATEGORY: "ค่าเดินทางไปเรียน",
    Column.AMOUNT: "1,500.-",
    Column.FUND: "รายได้ทั่วไป",
    Column.PAYEE: "ผู้ปกครอง",
    Column.ACCOUNT_HOLDER: "นางฟ้าใส สมมติธรรม",
    Column.BANK: "ธ.ก.ส.",
    Column.ACCOUNT_NUMBER: "999-51429385-7",
    Column.REASON: "ครอบครัวรายได้น้อย",
    Column.CONSENT: "✓",
}
PROJECT: dict[Column, object] = {
    **PERSON,
    **dict.fromkeys([Column.TITLE, Column.FIRST_NAME, Column.LAST_NAME, Column.SCHOOLING]),
    **dict.fromkeys([Column.NATIONAL_ID, Column.BIRTH_ON, Column.CONSENT]),
    Column.KIND: "โครงการ",
    Column.PROJECT_NAME: "โครงการลงพื้นที่",
    Column.SUBCOMMITTEE: "ข้อมูลสารสนเทศ",
    Column.CATEGORY: "ค่าลงพื้นที่",
    Column.PAYEE: "สถานศึกษา",
}
Row = dict[Column, object]
Tables = dict[str, list[list[object]]]


def table(*rows: Row, columns: Sequence[Column] | None = None) -> Tables:
    header = columns or list(Column)
    return {"คำขอ": [[*header], *([row.get(column) for column in header] for row in rows)]}


def answers(*rows: Row) -> list[RowAnswer]:
    return judge(table(*rows), SURAT_THANI)


def refusals(row: Row) -> list[Refusal]:
    return list(answers(row)[0].refused)


def test_a_workbook_of_another_province_in_another_form_is_understood() -> None:
    header = [
        "เบอร์โทรศัพท์",
        "ความยินยอม *",
        "เลขบัตรประชาชน\n(13 หลัก)",
        "จำนวนเงิน",
        "หมวด",
        "ลำดับที่",
        "วันที่",
        "ชื่อ",
        "สกุล",
        "วัน เดือน ปีเกิด",
        "อำเภอ",
        "ตำบล",
        "อนุกรรมการ",
        "แหล่งทุน",
        "ชื่อธนาคาร",
        "เลขบัญชี",
        "ประเภท",
        "โครงการ",
        "เหตุผล",
        None,
    ]
    young = [
        "๐๘๑",
        "ยินยอม",
        1999904700010,
        "๑,๕๐๐ บาท",
        "ค่าเดินทางไปเรียน",
        "๗",
        date(2026, 11, 2),
        "ต้นกล้า",
        "สมมติธรรม",
        "๙ มิถุนายน พ.ศ. ๒๕๔๙",
        "อำเภอเกาะสมุย",
        "ตําบลอ่างทอง",
        "คณะอนุกรรมการพื้นที่เเห่งฝัน",
        "กองทุนเมืองคนดี (10\u00a0บาท)",
        "ธนาคารออมสิน",
        999514293857,
        "รายบุคคล",
        None,
        "=1+1",
        "หมายเหตุท้ายแถว",
    ]
    project = [None, None, None, 2000.5, "ค่าลงพื้นที่", 8, "2/11/69", None, None, None]
    project += ["ไชยา", "ตลาดไชยา", "ข้อมูลสารสนเทศ", "รายได้ทั่วไป", "กรุงไทย", "9990895276"]
    project += ["โครงการ", "<b>ค้นหา</b>"]
    file = write_workbook(
        {
            "คำชี้แจง": [["กรอกหนึ่งแถวต่อหนึ่งคำขอ"], ["ช่อง ชื่อ และ นามสกุล ต้องตรงกับบัตร"]],
            "รายชื่อธนาคาร": [["ธนาคาร", "เลขที่บัญชี"], ["กรุงไทย", "10 หลัก"]],
            "แบบ 1": [["สุราษฎร์ธานี"], [], ["ปี 2570"], [], header, young, [], project, [None, "รวม"]],
        }
    )
    first, second = judge(read_tables(file, name="สุราษฎร์.xlsx"), SURAT_THANI)
    assert (first.row, first.refused, first.warned, first.satang) == (7, (), (), 150000)
    assert first.request
    assert first.request.applicant
    assert first.request.applicant.national_id == "1999904700010"
    assert first.request.applicant.birth_on == date(2006, 6, 9)
    assert (first.request.place, first.request.fund) == ("840401", "TEN")
    assert (first.request.bank, first.request.account_number) == ("030", "999514293857")
    assert first.request.reason == first.cells["เหตุผล"] == "=1+1"
    assert first.cells["เบอร์โทรศัพท์"] == "๐๘๑"
    assert first.cells["[20]"] == "หมายเหตุท้ายแถว"
    assert (second.row, second.refused, second.satang) == (8, (), 200050)
    assert second.request
    assert second.request.applicant is None
    assert second.request.project_name == "<b>ค้นหา</b>"
    assert second.request.requested_on == date(2026, 11, 2)


def test_the_same_requests_as_csv_get_the_same_answers() -> None:
    lines = ",".join(Column) + "\n" + ",".join(f'"{PERSON.get(column, "")}"' for column in Column)
    (answer,) = judge(read_tables(lines.encode("cp874", "ignore"), name="a.csv"), SURAT_THANI)
    assert answer.refused == (Refusal.NO_CONSENT,)  # the Thai of Windows has no check mark
    (answer,) = judge(read_tables(lines.encode(), name="a.csv"), SURAT_THANI)
    assert answer.request == answers(PERSON)[0].request
    assert answer.fingerprint == answers(PERSON)[0].fingerprint


def test_a_row_without_mistakes_is_accepted_whole() -> None:
    (answer,) = answers(PERSON)
    assert answer.refused == ()
    assert answer.warned == ()
    assert answer.request
    assert answer.request.applicant
    assert answer.request.applicant.first_name == "ต้นกล้า"
    assert answer.request.finder == "ใบบัว ทดสอบระบบ"
    assert answer.request.payee_kind is PayeeKind.GUARDIAN
    assert answer.request.project_name is None
    assert answer.request.has_consent
    assert answer.cells == {column.value: PERSON.get(column) for column in Column}


# Refusals


@pytest.mark.parametrize(
    ("column", "typed", "refusal"),
    [
        (Column.REQUESTED_ON, "31/2/2569", Refusal.BAD_DATE),
        (Column.REQUESTED_ON, "2569-13-01", Refusal.BAD_DATE),
        (Column.REQUESTED_ON, "สัปดาห์หน้า", Refusal.BAD_DATE),
        (Column.BIRTH_ON, "1/1/2580", Refusal.BAD_DATE),
        (Column.BIRTH_ON, "3 พ.ย. 2569", Refusal.BAD_DATE),
        (Column.BIRTH_ON, "ไม่ทราบ", Refusal.BAD_DATE),
        (Column.AMOUNT, 0, Refusal.BAD_AMOUNT),
        (Column.AMOUNT, -500, Refusal.BAD_AMOUNT),
        (Column.AMOUNT, "-500", Refusal.BAD_AMOUNT),
        (Column.AMOUNT, "500.125", Refusal.BAD_AMOUNT),
        (Column.AMOUNT, "ตามจริง", Refusal.BAD_AMOUNT),
        (Column.AMOUNT, 3000.01, Refusal.OVER_CATEGORY_LIMIT),
        (Column.NATIONAL_ID, "1-9999-0123", Refusal.BAD_ID),
        (Column.NATIONAL_ID, 199990470001, Refusal.BAD_ID),
        (Column.NATIONAL_ID, "1999904700010.5", Refusal.BAD_ID),
        (Column.NATIONAL_ID, "G1234567890123", Refusal.BAD_ID),
        (Column.NATIONAL_ID, "A123456789012", Refusal.BAD_ID),
        (Column.BANK, "ธนาคารดวงจันทร์", Refusal.BAD_ACCOUNT),
        (Column.BANK, "ธนชาต", Refusal.BAD_ACCOUNT),
        (Column.BANK, "กรุงไทย", Refusal.BAD_ACCOUNT),
        (Column.ACCOUNT_NUMBER, "99912", Refusal.BAD_ACCOUNT),
        (Column.ACCOUNT_NUMBER, "999-51429385-7 (ออมทรัพย์)", Refusal.BAD_ACCOUNT),
        (Column.TAMBON, "ไม่มีตำบลนี้", Refusal.UNKNOWN_PLACE),
        (Column.AMPHOE, "ไชยา", Refusal.UNKNOWN_PLACE),
        (Column.SUBCOMMITTEE, "คณะอื่น", Refusal.UNKNOWN_SUBCOMMITTEE),
        (Column.SUBCOMMITTEE, "ข้อมูลสารสนเทศ", Refusal.CATEGORY_NOT_OF_SUBCOMMITTEE),
        (Column.CATEGORY, "ค่าขนม", Refusal.UNKNOWN_CATEGORY),
        (Column.FUND, "กองทุนลับ", Refusal.UNKNOWN_FUND),
        (Column.CONSENT, None, Refusal.NO_CONSENT),
        (Column.CONSENT, "ไม่ยินยอม", Refusal.NO_CONSENT),
        (Column.CONSENT, "ไม่มี", Refusal.NO_CONSENT),
        (Column.CONSENT, "-", Refusal.NO_CONSENT),
        (Column.CONSENT, "รอผู้ปกครองลงนาม", Refusal.NO_CONSENT),
    ],
)
def test_a_bad_cell_is_refused_with_its_reason(
    column: Column, typed: object, refusal: Refusal
) -> None:
    (answer,) = answers({**PERSON, column: typed})
    assert answer.refused == (refusal,)
    assert answer.warned == ()
    assert answer.request is None
    assert answer.cells[column] == typed
    assert answer.satang == (None if refusal is Refusal.BAD_AMOUNT else answer.satang)


NEEDED = [
    Column.REQUESTED_ON,
    Column.TAMBON,
    Column.AMPHOE,
    Column.SUBCOMMITTEE,
    Column.CATEGORY,
    Column.AMOUNT,
    Column.FUND,
    Column.BANK,
    Column.ACCOUNT_NUMBER,
]
OF_A_PERSON = [Column.FIRST_NAME, Column.LAST_NAME, Column.BIRTH_ON]


@pytest.mark.parametrize("empty", [None, "", " \u00a0", "\u200b", "-"])
@pytest.mark.parametrize("column", [*NEEDED, *OF_A_PERSON])
def test_an_empty_field_is_missing_and_nothing_else(column: Column, empty: object) -> None:
    assert refusals({**PERSON, column: empty}) == [Refusal.MISSING_FIELD]


@pytest.mark.parametrize("column", [*NEEDED, Column.PROJECT_NAME])
def test_an_empty_field_of_a_project_is_missing_and_nothing_else(column: Column) -> None:
    assert refusals({**PROJECT, column: None}) == [Refusal.MISSING_FIELD]


@pytest.mark.parametrize(
    "column",
    sorted(set(Column) - {*NEEDED, *OF_A_PERSON, Column.CONSENT, Column.NATIONAL_ID}),
)
def test_every_other_field_may_be_empty(column: Column) -> None:
    assert refusals({**PERSON, column: None}) == []


def test_every_reason_against_a_row_is_listed_in_one_order() -> None:
    row = {
        **PERSON,
        Column.LAST_NAME: None,
        Column.BIRTH_ON: "1/1/2580",
        Column.AMOUNT: "ตามจริง",
        Column.NATIONAL_ID: "1",
        Column.BANK: "ธนชาต",
        Column.TAMBON: "ไม่มีตำบลนี้",
        Column.SUBCOMMITTEE: "คณะอื่น",
        Column.CATEGORY: "ค่าขนม",
        Column.FUND: "กองทุนลับ",
        Column.CONSENT: None,
    }
    refused = refusals(row)
    assert refused == [refusal for refusal in Refusal if refusal in refused]
    assert set(Refusal) - set(refused) == {
        Refusal.CATEGORY_NOT_OF_SUBCOMMITTEE,
        Refusal.OVER_CATEGORY_LIMIT,
        Refusal.DUPLICATE_IN_FILE,
        Refusal.UNKNOWN_REFERENCE,
        Refusal.NOT_AS_KEPT,
    }


def test_the_ceiling_itself_is_not_over_it() -> None:
    assert refusals({**PERSON, Column.AMOUNT: "3,000.00 บาท"}) == []


def test_a_birth_on_the_day_of_the_request_is_no_mistake() -> None:
    assert refusals({**PERSON, Column.BIRTH_ON: "2026-11-02"}) == []


@pytest.mark.parametrize("yes", ["มี", "ยินยอม", "✓", "✔\ufe0f", " ใช่ ", "/", True])
def test_consent_is_given_in_several_writings(yes: object) -> None:
    (answer,) = answers({**PERSON, Column.CONSENT: yes})
    assert answer.request
    assert answer.request.has_consent


@pytest.mark.parametrize(
    "number",
    ["1 9999 04700 01 0", "๑๙๙๙๙๐๔๗๐๐๐๑๐", 1999904700010, 1999904700010.0, "1\u201199990470001-0"],
)
def test_a_national_id_is_read_in_any_dress(number: object) -> None:
    (answer,) = answers({**PERSON, Column.NATIONAL_ID: number})
    assert answer.warned == ()
    assert answer.request
    assert answer.request.applicant
    assert answer.request.applicant.national_id == "1999904700010"


# Duplicates and warnings

OTHER = {**PERSON, Column.FIRST_NAME: "ภูผา", Column.NATIONAL_ID: "1999904700028"}


def test_the_same_number_category_and_month_twice_is_a_duplicate() -> None:
    again = {**PERSON, Column.REQUESTED_ON: "30/11/2569", Column.NATIONAL_ID: 1999904700010}
    assert [a.refused for a in answers(PERSON, again)] == [(), (Refusal.DUPLICATE_IN_FILE,)]


@pytest.mark.parametrize(
    "change",
    [
        {Column.REQUESTED_ON: "1 ธ.ค. 2569"},
        {Column.REQUESTED_ON: "2 พ.ย. 2568"},
        {Column.CATEGORY: "เงินช่วยเหลือฉุกเฉิน"},
        {Column.NATIONAL_ID: "1999904700028"},
    ],
)
def test_another_month_category_or_number_is_no_duplicate(change: Row) -> None:
    assert [a.refused for a in answers(PERSON, {**PERSON, **change})] == [(), ()]


def test_a_refused_row_makes_no_later_row_a_duplicate() -> None:
    first = {**PERSON, Column.AMOUNT: "ตามจริง"}
    assert [a.refused for a in answers(first, PERSON)] == [(Refusal.BAD_AMOUNT,), ()]
    assert answers(PERSON, first)[1].refused == (Refusal.BAD_AMOUNT, Refusal.DUPLICATE_IN_FILE)


def test_a_g_code_is_a_number_like_any_other() -> None:
    rows = [{**PERSON, Column.NATIONAL_ID: code} for code in ("G260190819302", "g-26019081930๒")]
    first, second = answers(*rows)
    assert (first.refused, first.warned) == ((), ())
    assert second.refused == (Refusal.DUPLICATE_IN_FILE,)


def test_two_equal_projects_are_two_requests() -> None:
    first, second = answers(PROJECT, PROJECT)
    assert (first.refused, second.refused, second.warned) == ((), (), ())
    assert first.fingerprint != second.fingerprint


def test_a_wrong_check_digit_is_warned_about() -> None:
    (answer,) = answers({**PERSON, Column.NATIONAL_ID: "1999904700011"})
    assert (answer.refused, answer.warned) == ((), (Warned.ID_CHECK_DIGIT,))


@pytest.mark.parametrize("nothing", [None, "", "-", "ไม่มี"])
def test_a_person_without_a_number_is_warned_about(nothing: object) -> None:
    (answer,) = answers({**PERSON, Column.NATIONAL_ID: nothing})
    assert answer.warned == (Warned.NO_ID,)
    assert answer.request
    assert answer.request.applicant
    assert answer.request.applicant.national_id is None


def test_a_name_and_birth_seen_before_is_a_possible_duplicate_without_a_number() -> None:
    unnumbered = {
        **PERSON,
        Column.NATIONAL_ID: None,
        Column.FIRST_NAME: " ต้นกล้า\u200b",
        Column.BIRTH_ON: "2006-06-09",
    }
    assert answers(PERSON, unnumbered)[1].warned == (Warned.NO_ID, Warned.POSSIBLE_DUPLICATE)
    assert answers(unnumbered, unnumbered)[1].warned == (Warned.NO_ID, Warned.POSSIBLE_DUPLICATE)
    assert answers(OTHER, unnumbered)[1].warned == (Warned.NO_ID,)
    assert answers(unnumbered, OTHER)[1].warned == ()
    refused = {**PERSON, Column.AMOUNT: 0}
    assert answers(refused, unnumbered)[1].warned == (Warned.NO_ID,)


# Kinds and payees


@pytest.mark.parametrize("kind", [None, "", "อื่น ๆ"])
def test_where_the_kind_is_not_told_the_filled_cells_tell_it(kind: object) -> None:
    person, project = answers({**PERSON, Column.KIND: kind}, {**PROJECT, Column.KIND: kind})
    assert person.request
    assert person.request.project_name is None
    assert project.request
    assert project.request.project_name == "โครงการลงพื้นที่"


def test_a_project_needs_no_consent_and_its_person_cells_are_not_read() -> None:
    (answer,) = answers({**PROJECT, Column.NATIONAL_ID: "1", Column.BIRTH_ON: "ไม่ทราบ"})
    assert answer.request
    assert answer.request.applicant is None
    assert not answer.request.has_consent


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ตนเอง", PayeeKind.SELF),
        ("ผู้ปกครอง (ยาย)", PayeeKind.GUARDIAN),
        ("แม่", PayeeKind.GUARDIAN),
        ("สถานศึกษา", PayeeKind.SCHOOL),
        ("ศูนย์พัฒนาเด็กเล็ก", PayeeKind.SCHOOL),
        ("ร้านค้า", PayeeKind.SHOP),
        ("แม่ค้า", PayeeKind.OTHER),
        ("", PayeeKind.OTHER),
    ],
)
def test_a_payee_is_known_by_the_word_for_it(text: str, kind: PayeeKind) -> None:
    (answer,) = answers({**PERSON, Column.PAYEE: text})
    assert answer.request
    assert (answer.request.payee_kind, answer.request.payee_text) == (kind, text)


@given(st.text(st.characters(codec="utf-8"), max_size=50))
def test_free_text_is_kept_exactly(text: str) -> None:
    (answer,) = answers({**PERSON, Column.REASON: text})
    assert answer.request
    assert answer.request.reason == text


# Finding the table


@pytest.mark.parametrize(
    "row",
    [
        {},
        {Column.NUMBER: 2},
        {Column.NUMBER: 2, Column.KIND: "รายบุคคล"},
        {Column.NUMBER: "รวม"},
        {Column.NUMBER: "รวมทั้งสิ้น 1 ราย", Column.AMOUNT: 1500},
        {Column.NUMBER: "รวมอำเภอไชยา", Column.FIRST_NAME: "1 ราย", Column.AMOUNT: 1500},
        {Column.FUND: "รวมเป็นเงิน:", Column.AMOUNT: 1500, Column.FIRST_NAME: 1, Column.PAYEE: 1},
        {Column.AMOUNT: 1500},
        {Column.FINDER: "ลงชื่อ ........", Column.AMOUNT: "ผู้จัดทำ"},
        {column: column.value for column in Column},
    ],
)
def test_a_row_without_a_request_is_skipped(row: Row) -> None:
    assert [answer.row for answer in answers(PERSON, row, {**OTHER, Column.NUMBER: 3})] == [1, 3]


def test_a_request_is_never_taken_for_a_sum() -> None:
    row = {**PROJECT, Column.PROJECT_NAME: "รวมพลังคนไชยา", Column.FINDER: "รวม"}
    assert answers(row)[0].request
    assert answers({**row, Column.NUMBER: None, Column.FINDER: None})[0].request


def test_a_numbered_row_with_almost_nothing_in_it_is_refused_not_lost() -> None:
    assert answers({Column.NUMBER: 5, Column.AMOUNT: 500})[0].refused == (
        Refusal.MISSING_FIELD,
        Refusal.NO_CONSENT,
    )


@pytest.mark.parametrize(
    ("typed", "row"), [(7, 7), (7.0, 7), ("๗.", 7), (None, 1), ("ก", 1), (7.5, 1), (0, 0)]
)
def test_a_row_is_known_by_its_number_or_by_its_place(typed: object, row: int) -> None:
    assert answers({**PERSON, Column.NUMBER: typed})[0].row == row


def test_the_requests_of_several_sheets_are_one_file() -> None:
    tables = {"ต.ค.": table(PERSON)["คำขอ"], "พ.ย.": table(PERSON, OTHER)["คำขอ"]}
    assert [answer.refused for answer in judge(tables, SURAT_THANI)] == [
        (),
        (Refusal.DUPLICATE_IN_FILE,),
        (),
    ]


def test_a_workbook_without_a_table_is_refused() -> None:
    few: Tables = {"ก": [["ชื่อ", "นามสกุล"], ["ต้นกล้า", "สมมติธรรม"]], "ว่าง": []}
    for tables in (few, {}):
        with pytest.raises(NoTableError):
            judge(tables, SURAT_THANI)


def test_very_long_text_is_no_column_name() -> None:
    rows = [{**PERSON, Column.NUMBER: n, Column.REASON: "(" * 32_767} for n in range(50)]
    assert len(answers(*rows)) == 50


def test_missing_columns_are_named() -> None:
    columns = [c for c in Column if c not in {Column.FUND, Column.CONSENT, Column.FINDER}]
    tables = {"อื่น": table(columns=columns[3:])["คำขอ"], **table(PERSON, columns=columns), "ว่าง": []}
    with pytest.raises(MissingColumnsError) as caught:
        judge(tables, SURAT_THANI)
    assert str(caught.value) == "The sheet คำขอ lacks the columns: แหล่งเงิน, ความยินยอม."


def test_a_workbook_of_projects_needs_no_columns_for_persons() -> None:
    (answer,) = judge(table(PROJECT, columns=[*NEEDED, Column.PROJECT_NAME]), SURAT_THANI)
    assert answer.request
    with pytest.raises(MissingColumnsError):
        judge(table(PERSON, columns=NEEDED), SURAT_THANI)


def test_a_workbook_of_persons_needs_no_column_for_projects() -> None:
    columns = [*OF_A_PERSON, *NEEDED, Column.CONSENT]
    (answer,) = judge(table(PERSON, columns=columns), SURAT_THANI)
    assert answer.request
    assert answer.warned == (Warned.NO_ID,)
    (answer,) = judge(table({**PROJECT, Column.KIND: None}, columns=columns), SURAT_THANI)
    assert Refusal.MISSING_FIELD in answer.refused


def test_a_column_under_two_names_is_not_guessed_at() -> None:
    rows = table(PERSON)["คำขอ"]
    with pytest.raises(RepeatedColumnError, match="จำนวนเงิน"):
        judge({"ก": [[*row, row[16]] for row in rows]}, SURAT_THANI)


def test_the_forms_own_column_name_wins_over_another_name_for_it() -> None:
    header, row = table(PERSON)["คำขอ"]
    (answer,) = judge({"ก": [["วันที่", *header], ["เมื่อวาน", *row]]}, SURAT_THANI)
    assert answer.request
    assert answer.cells["วันที่"] == "เมื่อวาน"


# Fingerprints and corrections


@pytest.mark.parametrize(
    "change",
    [
        {Column.NUMBER: 99},
        {Column.REQUESTED_ON: date(2026, 11, 2)},
        {Column.AMOUNT: 1500},
        {Column.NATIONAL_ID: 1999904700010},
        {Column.ACCOUNT_NUMBER: 999514293857},
        {Column.BANK: "ธนาคารเพื่อการเกษตรและสหกรณ์การเกษตร"},
        {Column.TAMBON: "  มะขามเตี้ย "},
    ],
)
def test_the_same_content_written_otherwise_has_the_same_fingerprint(change: Row) -> None:
    assert answers({**PERSON, **change})[0].fingerprint == answers(PERSON)[0].fingerprint


@pytest.mark.parametrize("column", [column for column in FORM if column is not Column.NUMBER])
def test_another_content_has_another_fingerprint(column: Column) -> None:
    changed = answers({**PERSON, column: "อย่างอื่น"})[0].fingerprint
    assert changed != answers(PERSON)[0].fingerprint


def test_fingerprints_do_not_depend_on_the_order_of_rows_or_columns() -> None:
    straight = judge(table(PERSON, OTHER, PROJECT), SURAT_THANI)
    columns = list(Column)[::-1]
    turned = judge(table(PROJECT, OTHER, PERSON, columns=columns), SURAT_THANI)
    assert [a.fingerprint for a in straight] == [a.fingerprint for a in turned][::-1]


def test_a_correction_sheet_shows_refused_rows_as_typed_and_works_again() -> None:
    wrong = {**OTHER, Column.NUMBER: 2, Column.AMOUNT: "ตามจริง", Column.CONSENT: None}
    tables = table(PERSON, wrong)
    tables["คำขอ"] = [[*row, "โทร" if at == 0 else "๐๘๑"] for at, row in enumerate(tables["คำขอ"])]
    reasons = {refusal: refusal.value for refusal in Refusal}
    sheet = correction_sheet(judge(tables, SURAT_THANI), reasons)
    assert sheet == [
        [*Column, "โทร", REASONS_COLUMN],
        [*(wrong.get(column) for column in Column), "๐๘๑", "bad_amount; no_consent"],
    ]
    (again,) = judge({"แก้ไข": sheet}, SURAT_THANI)
    assert (again.row, again.refused) == (2, (Refusal.BAD_AMOUNT, Refusal.NO_CONSENT))
    assert correction_sheet([again], reasons) == sheet
    sheet[1][16:17] = [500]
    sheet[1][23:24] = ["มี"]
    (corrected,) = judge({"แก้ไข": sheet}, SURAT_THANI)
    assert corrected.request


def test_a_correction_sheet_of_accepted_rows_is_only_a_header() -> None:
    assert correction_sheet(answers(PERSON), {}) == [[*Column, REASONS_COLUMN]]
    assert correction_sheet([], {}) == [[REASONS_COLUMN]]


EXPORTED = {**PERSON, Column.REFERENCE: "RYG-2570-000007"}
KEPT = Imports(
    contents={"RYG-2570-000007": row_content(next(iter(lines(table(PERSON)))).cells)},
)


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({}, ()),
        ({Column.NUMBER: 99, Column.AMOUNT: "1,500.00", Column.TAMBON: "ต.มะขามเตี้ย"}, ()),
        ({Column.AMOUNT: "1501"}, (Refusal.NOT_AS_KEPT,)),
        ({Column.REASON: "อย่างอื่น"}, (Refusal.NOT_AS_KEPT,)),
        ({Column.CONSENT: None, Column.FUND: None}, (Refusal.NOT_AS_KEPT,)),
        ({Column.REFERENCE: "RYG-2570-000008"}, (Refusal.UNKNOWN_REFERENCE,)),
        ({Column.REFERENCE: "#7"}, (Refusal.UNKNOWN_REFERENCE,)),
    ],
)
def test_a_row_that_names_a_request_is_that_request_or_is_refused(
    change: Row, refused: tuple[Refusal, ...]
) -> None:
    (answer,) = judge(table({**EXPORTED, **change}), SURAT_THANI, KEPT)
    assert (answer.refused, answer.warned, answer.request) == (refused, (), None)


def test_a_row_that_names_a_request_stands_in_nobodys_way() -> None:
    found = judge(table(EXPORTED, EXPORTED, PERSON, PERSON), SURAT_THANI, KEPT)
    assert [answer.refused for answer in found] == [(), (), (), (Refusal.DUPLICATE_IN_FILE,)]
    assert [bool(answer.request) for answer in found] == [False, False, True, False]


def test_the_requests_that_rows_name_are_found_whatever_the_column_is_called() -> None:
    tables = table(EXPORTED, PERSON, {**PERSON, Column.REFERENCE: " #12 "})
    assert references(tables) == {"RYG-2570-000007", "#12"}
    tables["คำขอ"][0] = [column.name.lower() for column in Column]
    assert references(tables) == {"RYG-2570-000007", "#12"}
    assert judge(tables, SURAT_THANI, KEPT)[0].refused == ()
