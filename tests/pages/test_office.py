from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.db import db
from portal.funds.columns import EVERY_REQUEST
from portal.funds.columns import PERSON_AND_CONSENT
from portal.funds.columns import PROJECT
from portal.funds.models import FundRequest
from portal.funds.rules import Reason
from portal.funds.rules import State
from portal.funds.service import Grounds
from portal.funds.service import return_request
from portal.money import Money
from tests.conftest import Maker
from tests.conftest import Visitor
from tests.world import ANSWER
from tests.world import NOON
from tests.world import SECRETS
from tests.world import World

WORKBOOK = Path(__file__).parents[2] / "provinces" / "rayong_requests.xlsx"
TYPED = {
    "name": "นายต้นกล้า ตัวอย่าง",
    "birth_on": "9/6/2552",
    "national_id": "1-9999-00000-02-1",
    "place": "210101",
    "category": "SC5/LIVING",
    "fund": "GEN",
    "amount": "๑,๕๐๐ บาท",
    "payee_kind": "self",
    "account_holder": "นายต้นกล้า ตัวอย่าง",
    "bank": "006",
    "account_number": "999-0-00000-1",
    "reason": "=1+1",
    "has_consent": "y",
}


def submitted(world: World) -> tuple[int, int]:
    fund_request = world.submitted()
    return fund_request.id, fund_request.version


def to_decide(world: World) -> tuple[int, int]:
    fund_request = world.to_decide()
    return fund_request.id, fund_request.version


def draft(world: World) -> tuple[int, int]:
    fund_request = world.draft(by=world.finder)
    return fund_request.id, fund_request.version


def decision(action: str, version: int) -> dict[str, str]:
    """What a browser sends: every field of the form, filled in or not."""
    return {"action": action, "seen_version": str(version), "reason": "", "note": ""}


def state(request_id: int) -> State:
    with Session(db.engine) as session:
        return session.get_one(FundRequest, request_id).state


@pytest.mark.parametrize(
    "username", ["finder1", "malee", "chair5", "driving", "board", "anong", "wipa", "admin"]
)
def test_everybody_has_a_home_and_a_list(client: Visitor, made: Maker, username: str) -> None:
    made(submitted)
    client.sign_in(username)
    for language in ("", "/en"):
        for path in ("/office/", "/office/requests", "/office/decisions"):
            assert client.get(language + path).status_code == 200


def test_a_chair_decides_on_one_page(client: Visitor, made: Maker) -> None:
    request_id, version = made(to_decide)
    client.sign_in("chair5")
    page = client.get(f"/en/office/requests/{request_id}")
    assert SECRETS[0] in page.text
    answer = client.post(
        f"/office/requests/{request_id}/decide",
        data=decision("approve", version),
    )
    assert (answer.status_code, state(request_id)) == (303, State.APPROVED)
    assert client.get(answer.location).status_code == 200


@pytest.mark.parametrize(
    ("action", "result"), [("return", State.RETURNED), ("reject", State.REJECTED)]
)
def test_returning_and_rejecting_need_a_reason(
    client: Visitor, made: Maker, action: str, result: State
) -> None:
    request_id, version = made(to_decide)
    client.sign_in("chair5")
    url = f"/en/office/requests/{request_id}/decide"
    answer = client.post(url, data=decision(action, version))
    assert (answer.status_code, state(request_id)) == (422, State.SUBMITTED)
    assert "Say why" in answer.text
    client.post(url, data=decision(action, version) | {"reason": "papers"})
    assert state(request_id) is result


def test_an_old_page_decides_nothing(client: Visitor, made: Maker) -> None:
    request_id, version = made(submitted)
    client.sign_in("chair5")
    answer = client.post(
        f"/en/office/requests/{request_id}/decide",
        data=decision("approve", version - 1),
    )
    assert (answer.status_code, state(request_id)) == (409, State.SUBMITTED)
    assert "changed meanwhile" in answer.text


def test_who_may_not_decide_is_told_who_can(client: Visitor, made: Maker) -> None:
    request_id, version = made(submitted)
    client.sign_in("wipa")
    page = client.get(f"/en/office/requests/{request_id}")
    assert "subcommittee chair" in page.text
    answer = client.post(
        f"/en/office/requests/{request_id}/decide",
        data=decision("approve", version),
    )
    assert (answer.status_code, state(request_id)) == (403, State.SUBMITTED)


@pytest.mark.parametrize("username", ["chair2", "finder1", "anong", "admin"])
def test_somebody_elses_request_is_not_found(client: Visitor, made: Maker, username: str) -> None:
    request_id, version = made(submitted)
    client.sign_in(username)
    assert client.get(f"/office/requests/{request_id}").status_code == 404
    answer = client.post(
        f"/office/requests/{request_id}/decide",
        data=decision("approve", version),
    )
    assert answer.status_code == 404
    assert SECRETS[0] not in client.get("/office/requests").text


def test_ten_decisions_are_ten_acts_and_each_may_fail_alone(client: Visitor, made: Maker) -> None:
    requests = [made(submitted) for _ in range(10)]
    stale = [requests[3], requests[7]]
    picks = [f"{i}-{version - ((i, version) in stale)}" for i, version in requests]
    client.sign_in("chair5")
    ticked = {"pick": [*picks, "nonsense", "999-1"]}
    unconfirmed = client.post("/en/office/decisions", data=ticked)
    assert unconfirmed.status_code == 422
    assert "Confirm it" in unconfirmed.text
    answer = client.post("/en/office/decisions", data=ticked | {"is_unrelated": "y"})
    assert answer.status_code == 200
    for request_id, version in requests:
        is_stale = (request_id, version) in stale
        assert state(request_id) is (State.SUBMITTED if is_stale else State.APPROVED)
    assert answer.text.count("changed meanwhile") >= 2


def test_nothing_ticked_is_said(client: Visitor) -> None:
    client.sign_in("chair5")
    for data in ({}, {"is_unrelated": "y"}):
        assert client.post("/office/decisions", data=data).status_code == 422


def test_a_form_without_the_version_it_saw_moves_nothing(client: Visitor, made: Maker) -> None:
    request_id, _ = made(draft)
    client.sign_in("finder1")
    assert client.post(f"/office/requests/{request_id}/submit", data={}).status_code == 303
    assert state(request_id) is State.DRAFT


def test_only_a_draft_or_returned_request_has_a_form(client: Visitor, made: Maker) -> None:
    request_id, _ = made(submitted)
    client.sign_in("malee")
    assert client.get(f"/office/requests/{request_id}/amend").status_code == 409

    def returned(world: World) -> tuple[int, int]:
        fund_request = world.to_decide()
        grounds = Grounds(Reason.PAPERS, "ขอสำเนา")
        return_request(
            world.session,
            fund_request.id,
            grounds,
            seen_version=fund_request.version,
            by=world.somchai,
            at=NOON,
        )
        return fund_request.id, fund_request.version

    request_id, version = made(returned)
    assert "ขอสำเนา" in client.get(f"/office/requests/{request_id}").text
    over = client.post(
        f"/office/requests/{request_id}/amend",
        data=TYPED | {"seen_version": version, "amount": "6001"},
    )
    assert over.status_code == 422
    client.sign_in("chair5")
    assert client.get(f"/office/requests/{request_id}/amend").status_code == 403


def test_projects_and_paid_requests_have_their_pages(client: Visitor, made: Maker) -> None:
    request_id, _ = made(lambda world: (world.submitted_project().id, 0))
    made(lambda world: (world.confirmed().id, 0))
    client.sign_in("malee")
    assert client.get(f"/office/requests/{request_id}").status_code == 200
    for narrowed, number in (("paid", 1), ("approved", 0)):
        page = client.get(f"/office/requests?state={narrowed}").text
        assert page.count("RYG-2570-000002") >= number
    assert upload_nothing(client).status_code == 422


def upload_nothing(client: Visitor) -> TestResponse:
    return client.post("/office/import", data={})


def test_a_finder_files_a_request_and_sends_it(client: Visitor) -> None:
    client.sign_in("finder1")
    assert client.get("/office/requests/new").status_code == 200
    answer = client.post("/office/requests/new?kind=youth", data=TYPED)
    assert answer.status_code == 303, answer.text
    request_id = int(answer.location.split("/")[-2])
    with Session(db.engine) as session:
        found = session.get_one(FundRequest, request_id)
        assert (found.amount, found.reason) == (Money.baht(1500), "=1+1")
        version = found.version
    sent = client.post(f"/office/requests/{request_id}/submit", data={"seen_version": version})
    assert (sent.status_code, state(request_id)) == (303, State.SUBMITTED)
    assert "RYG-2570-000001" in client.get(f"/office/requests/{request_id}").text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", ""),
        ("name", "\u200b"),
        ("name", "นายต้นกล้า"),
        ("account_holder", "\u200b"),
        ("birth_on", "31/2/2552"),
        ("birth_on", "1/1/2680"),
        ("national_id", "123"),
        ("national_id", "1-9999-00000-02-1 (แม่)"),
        ("place", "999999"),
        ("category", "SC1/LIVING"),
        ("amount", "ห้าพัน"),
        ("amount", "6001"),
        ("amount", "0"),
        ("account_number", "12"),
        ("account_number", "999-O-00000-01"),
        ("bank", "065"),
    ],
)
def test_a_mistake_is_told_and_nothing_typed_is_lost(
    client: Visitor, name: str, value: str
) -> None:
    client.sign_in("finder1")
    answer = client.post("/en/office/requests/new?kind=youth", data=TYPED | {name: value})
    assert answer.status_code == 422
    assert TYPED["reason"] in answer.text
    with Session(db.engine) as session:
        assert session.scalar(select(func.count()).select_from(FundRequest)) == 0


def test_a_project_has_its_own_form(client: Visitor) -> None:
    client.sign_in("malee")
    assert "project_name" in client.get("/office/requests/new?kind=project").text
    typed = TYPED | {
        "project_name": "ลงพื้นที่ค้นหา",
        "category": "SC1/SURVEY",
        "payee_kind": "school",
    }
    answer = client.post("/office/requests/new?kind=project", data=typed)
    assert answer.status_code == 303, answer.text


def test_a_draft_is_amended_and_withdrawn(client: Visitor, made: Maker) -> None:
    request_id, version = made(draft)
    client.sign_in("finder1")
    page = client.get(f"/office/requests/{request_id}/amend")
    assert SECRETS[0] in page.text
    wrong = client.post(f"/office/requests/{request_id}/amend", data=TYPED | {"amount": "x"})
    assert wrong.status_code == 422
    answer = client.post(
        f"/office/requests/{request_id}/amend", data=TYPED | {"seen_version": version}
    )
    assert answer.status_code == 303, answer.text
    with Session(db.engine) as session:
        version = session.get_one(FundRequest, request_id).version
    client.post(f"/office/requests/{request_id}/withdraw", data={"seen_version": version})
    assert state(request_id) is State.WITHDRAWN


def test_lists_are_narrowed(client: Visitor, made: Maker) -> None:
    made(submitted)
    client.sign_in("malee")
    for query, is_found in (
        ("state=submitted", True),
        ("state=draft", False),
        ("state=nonsense", True),
        ("subcommittee=SC5", True),
        ("subcommittee=SC1", False),
        ("text=000001", True),
        (f"text={SECRETS[0]}", True),
        ("text=%25", False),
        ("page=2", False),
        ("page=-1", True),
        (f"page={10**30}", False),
    ):
        page = client.get(f"/office/requests?{query}")
        assert page.status_code == 200
        assert ("RYG-2570-000001" in page.text) == is_found, query


def test_an_officer_imports_a_workbook_and_gets_the_refused_rows_back(client: Visitor) -> None:
    client.sign_in("malee")
    assert client.get("/office/import").status_code == 200
    answer = upload(client, WORKBOOK.read_bytes())
    assert answer.status_code == 303, answer.text
    page = client.get(answer.location)
    assert "267" in page.text
    corrections = client.get(f"{answer.location}/corrections.xlsx")
    sheet = load_workbook(BytesIO(corrections.data)).worksheets[0]
    assert sheet.max_row == 1 + 53
    again = upload(client, corrections.data)
    assert client.get(again.location).status_code == 200
    with Session(db.engine) as session:
        assert session.scalar(select(func.count()).select_from(FundRequest)) == 267


def test_rows_taken_with_a_warning_stand_under_their_own_heading(client: Visitor) -> None:
    client.sign_in("malee")
    place = upload(client, WORKBOOK.read_bytes()).location
    page = client.get(f"/en{place}").text
    refused, heading, warned = page.partition("<h2>Taken, but look at these</h2>")
    assert heading
    assert [f"Row {row}<" in warned for row in (151, 169, 297)] == [True] * 3
    assert (warned.count("No id number"), warned.count("<tr>")) == (3, 1 + 3)
    assert "No id number" not in refused
    assert refused.count('<th scope="row"') == 53


def test_an_upload_without_rows_has_nothing_to_look_at(client: Visitor) -> None:
    client.sign_in("malee")
    empty = client.get("/office/import/form.xlsx").data
    page = client.get(f"/en{upload(client, empty).location}").text
    assert "There is no request in this file." in page
    assert "look at these" not in page


def test_the_import_page_names_the_columns_that_are_needed(client: Visitor) -> None:
    client.sign_in("malee")
    page = client.get("/office/import").text
    for columns in (EVERY_REQUEST, PERSON_AND_CONSENT, PROJECT):
        assert f'<dd lang="th">{" · ".join(columns)}</dd>' in page


def upload(client: Visitor, content: bytes, name: str = "requests.xlsx") -> TestResponse:
    return client.post("/office/import", data={"workbook": (BytesIO(content), name)})


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"", "empty.xlsx"), (b"not a workbook", "odd.xlsx"), (b"a,b\n1,2\n", "other.csv")],
)
def test_what_is_no_workbook_is_refused_with_a_sentence(
    client: Visitor, content: bytes, name: str
) -> None:
    client.sign_in("malee")
    assert upload(client, content, name).status_code == 422


def test_only_an_officer_imports(client: Visitor) -> None:
    client.sign_in("chair5")
    assert client.get("/office/import").status_code == 403
    assert upload(client, b"").status_code == 403
    assert client.get("/office/requests/new").status_code == 403


def test_an_upload_is_its_owners(client: Visitor) -> None:
    client.sign_in("malee")
    place = upload(client, WORKBOOK.read_bytes()).location
    client.sign_in("finder1")
    assert client.get(place).status_code == 404
    assert client.get(f"{place}/corrections.xlsx").status_code == 404


def test_an_amount_above_a_threshold_shows_both_signatures(client: Visitor, made: Maker) -> None:
    def tall(world: World) -> tuple[int, int]:
        fund_request = world.submitted(answer=ANSWER, amount=Money.baht(5500))
        return fund_request.id, fund_request.version

    request_id, _ = made(tall)
    client.sign_in("chair5")
    page = client.get(f"/en/office/requests/{request_id}").text
    assert "chair of the driving committee" in page


@pytest.mark.parametrize("pick", ["1-²", f"{10**30}-1", f"1-{'9' * 5000}"])
def test_a_tick_that_no_page_offered_is_left_out(client: Visitor, pick: str) -> None:
    client.sign_in("chair5")
    assert client.post("/office/decisions", data={"pick": pick}).status_code == 422
