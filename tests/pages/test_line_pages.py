from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.db import db
from portal.funds import lookups
from portal.funds.line_rules import LINES_MAX
from portal.funds.line_rules import Line
from portal.funds.models import FundRequest
from portal.money import Money
from tests.conftest import Maker
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.pages.test_office import TYPED
from tests.pages.test_papers import made_sheet
from tests.pages.test_papers import text
from tests.world import ITEM
from tests.world import LINED
from tests.world import LINES
from tests.world import UNIT
from tests.world import World

Made = tuple[int, int]
UNIFORM = Line("เครื่องแบบ", 2, "ชุด", Money.baht(900))
TRAVEL = Line("ค่าเดินทาง", 1, "", Money.baht(600))


def row(
    number: int, item: str = "", quantity: str = "", unit: str = "", amount: str = ""
) -> Fields:
    """Return one row as a browser sends it: every field, filled in or not."""
    told = {"item": item, "quantity": quantity, "unit": unit, "amount": amount}
    return {f"lines-{number}-{name}": value for name, value in told.items()}


Fields = dict[str, str]
TWO = row(0, "เครื่องแบบ", "๒", "ชุด", "900 บาท") | row(1) | row(2, "ค่าเดินทาง", "", "", "600")


def found(fund_request: FundRequest) -> Made:
    return fund_request.id, fund_request.version


def draft(world: World) -> Made:
    return found(world.draft(answer=LINED))


def finders(world: World) -> Made:
    return found(world.draft(by=world.finder, answer=LINED))


def whole(world: World) -> Made:
    return found(world.draft(by=world.finder))


def approved(world: World) -> Made:
    return found(world.approved(answer=LINED))


def asked(request_id: int = 1) -> tuple[Money, tuple[Line, ...]]:
    with Session(db.engine) as session:
        fund_request = session.get_one(FundRequest, request_id)
        return fund_request.amount, lookups.lines(session, fund_request)


def file(client: Visitor, fields: Fields, kind: str = "youth") -> TestResponse:
    return client.post(f"/en/office/requests/new?kind={kind}", data=TYPED | fields)


@pytest.mark.parametrize("amount", ["", "1,500"])
def test_lines_are_typed_at_the_desk_and_the_amount_is_their_sum(
    client: Visitor, amount: str
) -> None:
    client.sign_in("malee")
    assert 'name="lines-0-item"' in client.get("/office/requests/new").text
    answer = file(client, TWO | {"amount": amount})
    assert answer.status_code == 303, answer.text
    assert asked() == (Money.baht(1500), (UNIFORM, TRAVEL))
    page = client.get(answer.location).text
    assert all(words in page for words in ("Line by line", "ค่าเดินทาง", "900", "1,500"))


def test_a_project_is_asked_for_line_by_line(client: Visitor) -> None:
    client.sign_in("malee")
    fields = {"project_name": "ลงพื้นที่ค้นหา", "category": "SC1/SURVEY", "amount": ""}
    assert file(client, TWO | fields, "project").status_code == 303
    assert asked() == (Money.baht(1500), (UNIFORM, TRAVEL))


def test_on_the_phone_nothing_changes(client: Visitor, made: Maker) -> None:
    request_id, _ = made(whole)
    client.sign_in("finder1")
    new = "/office/requests/new"
    for address in (new, f"{new}?kind=project", f"/office/requests/{request_id}/amend"):
        assert "lines-" not in client.get(address).text
    # What is no field of the form is not read.
    answer = file(client, TWO)
    assert answer.status_code == 303, answer.text
    assert asked(request_id + 1) == (Money.baht(1500), ())


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"amount": "1,499"}, "add up to 1,500 baht, but the amount is 1,499 baht"),
        (row(1, "x", "1", "", ""), "Write the amount in baht"),
        (row(1, "x", "1", "", "หก"), "Write the amount in baht"),
        (row(1, "", "1", "", "10"), "Write what it is."),
        (row(1, "x", "1.5", "", "10"), "Write a whole number"),
        (row(1, "x" * 201, "1", "", "10"), "At most 200 characters."),
        (row(1, "x", "1", "y" * 41, "10"), "At most 40 characters."),
        (row(1, "x", "0", "", "10"), "Line 2: the quantity is a whole number from 1"),
        (row(1, "x", "1", "", "0"), "Line 2: the amount must be more than zero."),
        (row(1, "x", "1", "", "9,000"), "The ceiling of this category is"),
        ({"amount": "ห้าพัน"}, "Write the amount in baht"),
    ],
)
def test_what_is_wrong_with_a_line_is_said_beside_it(
    client: Visitor, fields: Fields, said: str
) -> None:
    client.sign_in("malee")
    answer = file(client, TWO | {"amount": ""} | fields)
    assert answer.status_code == 422
    assert answer.text.count(said) == 2  # on top, and at its field
    assert "ค่าเดินทาง" in answer.text
    # An amount that was left to the lines is left to them again.
    (field,) = re.findall(r'<input[^>]* id="amount"[^>]*>', answer.text)
    assert f'value="{fields.get("amount", "")}"' in field
    with Session(db.engine) as session:
        assert session.scalar(select(func.count()).select_from(FundRequest)) == 0


def test_no_amount_and_no_line_is_nothing_asked_for(client: Visitor) -> None:
    client.sign_in("malee")
    answer = file(client, row(0) | row(1) | {"amount": ""})
    assert (answer.status_code, answer.text.count("Write the amount")) == (422, 2)


def test_lines_are_amended_with_rows_to_spare(client: Visitor, made: Maker) -> None:
    request_id, version = made(draft)
    client.sign_in("malee")
    url = f"/en/office/requests/{request_id}/amend"
    page = client.get(url).text
    assert ITEM in page
    assert UNIT in page
    assert ("lines-7-item" in page, "lines-8-item" in page) == (True, False)
    told = {"seen_version": str(version), "amount": ""}
    answer = client.post(url, data=TYPED | told | row(0, "ค่าอาหาร", "3", "วัน", "450"))
    assert answer.status_code == 303, answer.text
    assert asked(request_id) == (Money.baht(450), (Line("ค่าอาหาร", 3, "วัน", Money.baht(450)),))


def test_there_are_never_more_rows_than_lines_may_be(client: Visitor, made: Maker) -> None:
    many = tuple(Line(f"รายการ {number}", 1, "", Money.baht(10)) for number in range(18))
    answer = replace(LINED, lines=many, amount=Money.baht(180))
    request_id, _ = made(lambda world: found(world.draft(answer=answer)))
    client.sign_in("malee")
    page = client.get(f"/office/requests/{request_id}/amend").text
    assert f"lines-{LINES_MAX - 1}-item" in page
    assert f"lines-{LINES_MAX}-item" not in page


def test_who_files_on_a_phone_changes_the_lines_that_a_request_has(
    client: Visitor, made: Maker
) -> None:
    request_id, version = made(finders)
    client.sign_in("finder1")
    url = f"/en/office/requests/{request_id}/amend"
    assert ITEM in client.get(url).text
    told = TYPED | {"seen_version": str(version)}
    assert client.post(url, data=told | row(0)).status_code == 303
    assert asked(request_id) == (Money.baht(1500), ())


def test_lines_are_changed_after_an_approval(client: Visitor, made: Maker) -> None:
    request_id, version = made(approved)
    client.sign_in("malee")
    url = f"/en/office/requests/{request_id}/revise"
    assert ITEM in client.get(url).text
    told = {
        "seen_version": str(version),
        "amount": "",
        "payee_kind": "guardian",
        "account_holder": "แม่",
        "bank": "006",
        "account_number": "9990000001",
        "note": "ยอดจริงต่ำกว่า",
    }
    wrong = client.post(url, data=told | TWO | {"amount": "1"})
    assert wrong.status_code == 422
    assert "add up to 1,500 baht" in wrong.text
    assert client.post(url, data=told | row(0, "ค่าอาหาร", "3", "วัน", "450")).status_code == 303
    assert asked(request_id) == (Money.baht(450), (Line("ค่าอาหาร", 3, "วัน", Money.baht(450)),))


@pytest.mark.parametrize("username", ["malee", "chair5", "wipa", "anong"])
def test_whoever_may_open_a_request_reads_its_lines(
    client: Visitor, made: Maker, username: str
) -> None:
    request_id, _ = made(approved)
    client.sign_in(username)
    page = client.get(f"/en/office/requests/{request_id}").text
    for line in LINES:
        assert line.item in page
        assert str(line.amount) in page


def test_the_decision_sheet_lists_the_lines(
    client: Visitor, made: Maker, portal: Portal, tmp_path: Path
) -> None:
    request_id, _ = made(approved)
    client.sign_in("malee")
    told = " ".join(text(made_sheet(client, portal, request_id)[1], tmp_path).split())
    assert f"{ITEM} 2 {UNIT} 900" in told
    assert f"{LINES[1].item} 1 600" in told
    assert "1,500" in told
