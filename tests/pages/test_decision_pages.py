from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from portal.clock import now
from portal.db import db
from portal.funds.acting import ActingAnswer
from portal.funds.acting import appoint_acting_chair
from portal.funds.models import FundRequest
from portal.funds.models import Ratification
from portal.funds.rules import State
from portal.people.models import ActingChair
from portal.thai import bangkok_day
from tests.conftest import Maker
from tests.conftest import Visitor
from tests.world import ANSWER
from tests.world import YOUTH
from tests.world import World

OTHER_YOUTH = replace(YOUTH, first_name="อีกคน", national_id="1101700230708")
URGENT = replace(ANSWER, is_urgent=True, urgent_reason="บ้านไฟไหม้เมื่อคืน")
Made = tuple[int, int]


def found(fund_request: FundRequest) -> Made:
    return fund_request.id, fund_request.version


def submitted(world: World) -> Made:
    return found(world.submitted())


def approved(world: World) -> Made:
    return found(world.approved())


def urgently(world: World) -> Made:
    return found(
        world.declare(world.approve(world.submitted(answer=URGENT), world.somchai), world.driving)
    )


def shared(world: World) -> Made:
    world.submitted()
    payee = replace(ANSWER.payee, holder="คนอื่น")
    return found(world.to_decide(answer=replace(ANSWER, youth=OTHER_YOUTH, payee=payee)))


def state(request_id: int) -> State:
    db.session.close()
    return db.session.get_one(FundRequest, request_id).state


def test_the_decision_opens_after_the_declaration(client: Visitor, made: Maker) -> None:
    request_id, version = made(submitted)
    client.sign_in("chair5")
    url = f"/en/office/requests/{request_id}"
    page = client.get(url).text
    assert "Before you decide" in page
    assert "Record the decision" not in page
    declared = client.post(
        f"{url}/interest", data={"interest": "unrelated", "seen_version": version}
    )
    assert declared.status_code == 303
    page = client.get(url).text
    assert "Before you decide" not in page
    assert "Record the decision" in page


def test_a_related_chair_is_told_who_decides(client: Visitor, made: Maker) -> None:
    request_id, version = made(submitted)
    client.sign_in("chair5")
    url = f"/en/office/requests/{request_id}"
    told = {"interest": "related", "seen_version": version}
    missing = client.post(f"{url}/interest", data=told)
    assert missing.status_code == 422
    assert "Write how you are related" in missing.text
    assert client.post(f"{url}/interest", data=told | {"how": "หลานสาว"}).status_code == 303
    page = client.get(url).text
    assert "You declared that you are related" in page
    assert "หลานสาว" in page
    assert "No request waits for your decision" in client.get("/en/office/decisions").text


def test_nothing_chosen_is_said(client: Visitor, made: Maker) -> None:
    request_id, version = made(submitted)
    client.sign_in("chair5")
    answer = client.post(
        f"/en/office/requests/{request_id}/interest", data={"seen_version": version}
    )
    assert answer.status_code == 422
    assert "Choose one" in answer.text


def test_a_check_is_answered_for_on_the_page(client: Visitor, made: Maker) -> None:
    request_id, version = made(shared)
    client.sign_in("driving")
    url = f"/en/office/requests/{request_id}"
    assert "I answer for it" in client.get(url).text
    told = {"code": "shared_account", "seen_version": version}
    assert client.post(f"{url}/override", data=told).status_code == 422
    assert client.post(f"{url}/override", data=told | {"code": "x"}).status_code == 422
    assert client.post(f"{url}/override", data=told | {"note": "ป้าดูแล"}).status_code == 303
    assert "Answered for by" in client.get(url).text


def test_a_stop_is_explained_to_the_chair(client: Visitor, made: Maker) -> None:
    request_id, version = made(shared)
    client.sign_in("chair5")
    url = f"/en/office/requests/{request_id}"
    assert "may answer for it with a reason" in client.get(url).text
    data = {"action": "approve", "seen_version": version, "reason": ""}
    answer = client.post(f"{url}/decide", data=data)
    assert answer.status_code == 409
    assert "The account of somebody else" in answer.text


def test_an_urgent_approval_is_ratified(client: Visitor, made: Maker) -> None:
    request_id, version = made(urgently)
    url = f"/en/office/requests/{request_id}"
    client.sign_in("malee")
    assert "Only chair of the driving committee" in client.get(url).text
    client.sign_in("driving")
    assert "Record the verdict" in client.get(url).text
    assert client.post(f"{url}/ratify", data={"seen_version": version}).status_code == 422
    told = {"verdict": "ratify", "seen_version": version}
    assert client.post(f"{url}/ratify", data=told).status_code == 303
    assert "Ratified" in client.get(url).text
    assert db.session.get_one(Ratification, 1).verdict == "ratify"


def test_what_was_approved_is_changed_by_an_officer(client: Visitor, made: Maker) -> None:
    request_id, version = made(approved)
    client.sign_in("malee")
    url = f"/en/office/requests/{request_id}/revise"
    page = client.get(url).text
    assert "Change it, void the signatures" in page
    told = {
        "seen_version": version,
        "amount": "1,200",
        "payee_kind": "guardian",
        "account_holder": "แม่",
        "bank": "006",
        "account_number": "9990000001",
        "note": "ยอดจริงต่ำกว่า",
    }
    for wrong in ({"note": ""}, {"account_number": "1"}, {"amount": "99999"}):
        assert client.post(url, data=told | wrong).status_code == 422
    assert state(request_id) is State.APPROVED
    assert client.post(url, data=told).status_code == 303
    assert state(request_id) is State.SUBMITTED
    assert client.get(url).status_code == 409


@pytest.mark.parametrize(("username", "status"), [("chair5", 403), ("wipa", 403), ("finder1", 404)])
def test_nobody_else_changes_it(client: Visitor, made: Maker, username: str, status: int) -> None:
    request_id, _ = made(approved)
    client.sign_in(username)
    assert client.get(f"/office/requests/{request_id}/revise").status_code == status


def typed(**more: str) -> dict[str, str]:
    today = bangkok_day(now())
    day = f"{today.day}/{today.month}/{today.year + 543}"
    return {
        "subcommittee": "SC5",
        "person": "finder1",
        "order": "12/2570",
        "from_on": day,
        "to_on": day,
        **more,
    }


def test_a_chair_appoints_somebody_and_ends_it(client: Visitor) -> None:
    client.sign_in("chair5")
    assert "Appoint somebody" in client.get("/en/office/acting").text
    for wrong in ({"order": ""}, {"person": "nobody"}, {"to_on": "1/1/2500"}):
        assert client.post("/en/office/acting", data=typed(**wrong)).status_code == 422
    assert client.post("/en/office/acting", data=typed()).status_code == 303
    page = client.get("/en/office/acting").text
    assert "End it now" in page
    row = db.session.query(ActingChair).one()
    client.sign_in("finder1")
    assert "Decide" in client.get("/en/office/").text
    assert client.post(f"/office/acting/{row.id}/end").status_code == 403
    client.sign_in("chair5")
    assert client.post(f"/office/acting/{row.id}/end").status_code == 303
    assert client.post(f"/office/acting/{row.id}/end").status_code == 404
    client.sign_in("finder1")
    assert 'href="/en/office/decisions"' not in client.get("/en/office/").text


def test_others_see_who_acts_and_appoint_nobody(client: Visitor, made: Maker) -> None:
    def appointed(world: World) -> Made:
        today = bangkok_day(now())
        answer = ActingAnswer("malee", "SC5", "1/2570", today, today + timedelta(days=3))
        row = appoint_acting_chair(world.session, answer, by=world.driving, at=now())
        return row.id, 0

    made(appointed)
    client.sign_in("wipa")
    page = client.get("/en/office/acting").text
    assert "1/2570" in page
    assert "Appoint somebody" not in page
    assert client.post("/en/office/acting", data=typed()).status_code == 403
