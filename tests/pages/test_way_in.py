from __future__ import annotations

import re
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import db
from portal.funds.models import FundRequest
from portal.funds.rules import State
from portal.security import HEADERS
from portal.security import WITH_SCRIPT
from tests.conftest import Maker
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.pages.test_office import TYPED
from tests.world import ANSWER
from tests.world import SECRETS
from tests.world import World

KEY = "0f8fad5b-d9cb-469f-a165-70867728950e"
FORM = {name: value for name, value in TYPED.items() if name != "has_consent"} | {"form_key": KEY}
PROJECT = FORM | {
    "form_key": KEY.replace("0", "1"),
    "project_name": "ลงพื้นที่ค้นหา",
    "category": "SC1/SURVEY",
}
NEW = "/en/office/requests/new"
ROW = re.compile(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", re.DOTALL)


def rows(page: str, heading: str) -> dict[str, str]:
    """Return the facts of the summary under a heading."""
    summary = page.partition(heading)[2].partition("</dl>")[0]
    return {name: " ".join(value.split()) for name, value in ROW.findall(summary)}


def filed() -> list[FundRequest]:
    with Session(db.engine) as session:
        return list(session.scalars(select(FundRequest).order_by(FundRequest.id)))


def test_a_form_is_checked_then_sent_and_the_number_told(client: Visitor) -> None:
    client.sign_in("finder1")
    kept = client.post(NEW, data=FORM)
    assert (kept.status_code, kept.location) == (303, "/en/office/requests/1/check")
    check = client.get(kept.location).text
    for typed in (FORM["name"], "9990000001", "Living or meal support", "1,500", "Agreed: send"):
        assert typed in check
    sent = client.post(
        "/en/office/requests/1/submit", data={"seen_version": "1", "has_consent": "y"}
    )
    assert (sent.status_code, sent.location) == (303, "/en/office/requests/1/sent")
    told = client.get(sent.location).text
    for word in ("RYG-2570-000001", "screenshot", "Within 2 working days"):
        assert word in told
    again = client.get("/en/office/requests/1/check")
    assert again.location == sent.location


def test_the_public_sees_exactly_what_the_check_promised(client: Visitor, portal: Portal) -> None:
    client.sign_in("finder1")
    for form, kind in ((FORM, "youth"), (PROJECT, "project")):
        check = client.get(client.post(f"{NEW}?kind={kind}", data=form).location).text
        promised = rows(check, "The public will see exactly this")
        sent = client.post(
            f"{NEW}?kind={kind}", data=form | {"has_consent": "y", "is_to_be_sent": "y"}
        )
        reference = client.get(sent.location).text.partition('h1 class="reference">')[2][:15]
        portal.install.publish(db.engine)
        shown = client.get(f"/en/requests/{reference}").text
        assert promised.pop("Reference") == "It is given when you send."
        assert "1,500 baht" in promised.pop("Amount")
        assert "1,500 baht" in shown
        assert rows(shown, "What it is for") == promised
        assert ("Place" in promised) == (kind == "project")


def test_a_form_that_comes_twice_leads_to_one_request(client: Visitor) -> None:
    client.sign_in("finder1")
    ready = FORM | {"has_consent": "y", "is_to_be_sent": "y"}
    answers = [client.post(NEW, data=ready).location for _ in range(2)]
    assert answers == ["/en/office/requests/1/sent"] * 2
    assert [request.state for request in filed()] == [State.SUBMITTED]


def test_a_form_without_consent_is_not_sent_and_nothing_typed_is_lost(client: Visitor) -> None:
    client.sign_in("finder1")
    answer = client.post(NEW, data=FORM | {"is_to_be_sent": "y"})
    assert answer.status_code == 422
    assert "consent" in answer.text
    assert FORM["name"] in answer.text
    assert filed() == []


@pytest.mark.parametrize("key", ["", "no key", KEY.upper(), KEY + "0"])
def test_what_is_no_key_is_none(client: Visitor, key: str) -> None:
    client.sign_in("finder1")
    for _ in range(2):
        assert client.post(NEW, data=FORM | {"form_key": key}).status_code == 303
    assert [request.form_key for request in filed()] == [None, None]


def test_each_form_has_a_key_of_its_own(client: Visitor) -> None:
    client.sign_in("finder1")
    keys = {
        re.findall(r'name="form_key"[^>]*value="([^"]*)"', client.get(NEW).text)[0]
        for _ in range(2)
    }
    assert len(keys) == 2


def test_the_form_tells_ceilings_and_papers_and_has_a_script_of_our_own(client: Visitor) -> None:
    client.sign_in("finder1")
    page = client.get(NEW)
    assert page.headers["Content-Security-Policy"] == WITH_SCRIPT
    for word in ("At most 6,000 baht per month", "Certificate of enrolment, Home visit record"):
        assert word in page.text
    other = client.get("/en/office/requests")
    assert other.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]


def test_the_worker_may_open_the_form_alone(client: Visitor) -> None:
    client.sign_in("finder1")
    for language in ("", "/en"):
        with client.get(f"{language}/office/requests/new/worker.js") as answer:
            headers = answer.headers
        assert headers["Service-Worker-Allowed"] == f"{language}/office/requests/new"
        assert "javascript" in headers["Content-Type"]
        assert headers["Content-Security-Policy"] == WITH_SCRIPT


def test_signing_out_takes_along_what_the_phone_keeps(client: Visitor) -> None:
    client.sign_in("finder1")
    assert client.post("/sign-out").headers["Clear-Site-Data"] == '"storage"'


def test_an_earlier_request_of_the_kind_is_told_before_sending(
    client: Visitor, made: Maker
) -> None:
    def asked(world: World) -> int:
        world.submitted(by=world.finder)
        world.submitted(by=world.finder, answer=replace(ANSWER, category="FEE"))
        return world.draft(by=world.finder).id

    request_id = made(asked)
    client.sign_in("finder1")
    page = client.get(f"/en/office/requests/{request_id}/check").text
    assert "there is a request of this kind already" in page
    assert ("RYG-2570-000001" in page, "RYG-2570-000002" in page) == (True, False)


def test_an_officer_changes_fund_and_payee_and_a_finder_is_not_asked(
    client: Visitor, made: Maker
) -> None:
    request_id = made(lambda world: world.draft(by=world.finder).id)
    client.sign_in("finder1")
    assert 'name="fund"' not in client.get(f"/office/requests/{request_id}/amend").text
    client.sign_in("malee")
    page = client.get(f"/office/requests/{request_id}/amend").text
    assert 'name="fund"' in page
    changed = client.post(
        f"/en/office/requests/{request_id}/amend",
        data=TYPED | {"seen_version": "1", "fund": "PAO", "payee_kind": "guardian"},
    )
    assert changed.location == f"/en/office/requests/{request_id}/check"
    with Session(db.engine) as session:
        request = session.get_one(FundRequest, request_id)
        assert (request.fund_code, request.payees[-1].kind) == ("PAO", "guardian")


@pytest.mark.parametrize(
    ("holder", "kind"),
    [
        ("นาย ต้นกล้า  ตัวอย่าง", "self"),
        ("โรงเรียนบ้านตัวอย่าง", "school"),
        ("ร้านตัวอย่าง", "shop"),
        ("นางใจงาม ตัวอย่าง", "other"),
    ],
)
def test_the_name_of_the_account_says_who_is_meant(client: Visitor, holder: str, kind: str) -> None:
    client.sign_in("finder1")
    client.post(NEW, data=FORM | {"account_holder": holder})
    with Session(db.engine) as session:
        assert session.scalars(select(FundRequest)).one().payees[-1].kind == kind


def test_somebody_elses_way_in_is_not_found(client: Visitor, made: Maker) -> None:
    request_id = made(lambda world: world.draft(by=world.malee).id)
    client.sign_in("finder1")
    for page in ("check", "sent", "amend"):
        assert client.get(f"/office/requests/{request_id}/{page}").status_code == 404
    sent = client.post(f"/office/requests/{request_id}/submit", data={"seen_version": "1"})
    assert sent.status_code == 404


def test_a_draft_has_no_number_to_show(client: Visitor, made: Maker) -> None:
    request_id = made(lambda world: world.draft(by=world.finder).id)
    client.sign_in("finder1")
    assert client.get(f"/office/requests/{request_id}/sent").status_code == 404


def test_who_may_not_ask_has_no_way_in(client: Visitor, made: Maker) -> None:
    request_id = made(lambda world: world.submitted(by=world.finder).id)
    client.sign_in("chair5")
    assert client.get(NEW).status_code == 403
    assert client.post(NEW, data=FORM).status_code == 403
    sent = client.post(f"/office/requests/{request_id}/submit", data={"seen_version": "2"})
    assert sent.status_code == 409


def test_a_finder_finds_their_own_requests_at_home(client: Visitor, made: Maker) -> None:
    made(lambda world: world.submitted(by=world.finder).id)
    made(lambda world: world.submitted(by=world.malee).id)
    client.sign_in("finder1")
    home = client.get("/en/office/").text
    assert "My requests" in home
    assert ("RYG-2570-000001" in home, "RYG-2570-000002" in home) == (True, False)
    assert SECRETS[0] in home
