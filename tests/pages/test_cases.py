from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests import cases
from tests.conftest import Maker
from tests.conftest import Visitor
from tests.world import SECRETS
from tests.world import World

TOMORROW = cases.TODAY + timedelta(days=1)


def referral_id(world: World) -> int:
    return cases.sent(world).id


def signed_in(client: Visitor, username: str) -> Visitor:
    client.post("/sign-out")
    return client.sign_in(username)


def version(page: str) -> str:
    found = re.search(r'name="seen_version"[^>]*value="(\d+)"', page)
    assert found is not None
    return found[1]


def test_a_referral_is_sent_from_the_form(made: Maker, client: Visitor) -> None:
    youth_id = made(cases.youth)
    client.sign_in("malee")
    form = f"/office/referrals/new?youth={youth_id}"
    page = client.get(form).text
    assert [code for code in ("DOLE", "VHV", "MSDHS") if f'value="{code}"' in page] == [
        "DOLE",
        "VHV",
    ]
    for wrong in ({"receiver": ""}, {"asked": " "}, {"receiver": "MSDHS"}):
        typed = {"receiver": "DOLE", "asked": "พาไปสมัครเรียน"} | wrong
        assert client.post(form, data=typed).status_code == 422
    sent = client.post(form, data={"receiver": "DOLE", "asked": "พาไปสมัครเรียน"})
    assert (sent.status_code, sent.location) == (303, "/office/referrals/1")
    again = client.post(form, data={"receiver": "DOLE", "asked": "อีกครั้ง"})
    assert again.status_code == 422
    page = client.get("/office/referrals/1").text
    assert 'action="/office/referrals/1/cancel"' in page
    assert 'action="/office/referrals/1/reply"' not in page


def test_a_referral_is_accepted_and_done(made: Maker, client: Visitor) -> None:
    made(referral_id)
    client.sign_in("finder2")
    assert SECRETS[0] in client.get("/office/referrals").text
    page = client.get("/office/referrals/1").text
    assert SECRETS[4] in page
    assert SECRETS[2] not in page
    seen = {"seen_version": version(page), "reason": "", "note": ""}
    for wrong in ({"action": ""}, {"action": "decline"}, {"action": "cancel"}):
        assert client.post("/office/referrals/1/reply", data=seen | wrong).status_code == 422
    for status in (303, 409):
        answer = client.post("/office/referrals/1/reply", data=seen | {"action": "accept"})
        assert answer.status_code == status
    for words, status in (("", 422), ("นัดแล้ว", 303)):
        answer = client.post("/office/referrals/1/notes", data={"words": words})
        assert answer.status_code == status
    page = client.get("/office/referrals/1").text
    assert "นัดแล้ว" in page
    for note, status in (("", 422), ("สมัครเรียนแล้ว", 303)):
        done = {"seen_version": version(page), "note": note}
        assert client.post("/office/referrals/1/finish", data=done).status_code == status
    told = client.get("/office/referrals/1").text + client.get("/office/referrals").text
    private = (SECRETS[0], SECRETS[1], SECRETS[4], "สมัครเรียนแล้ว", "นัดแล้ว")
    assert [words for words in private if words in told] == []
    page = signed_in(client, "wipa").get("/office/cases/1").text
    for words in (SECRETS[4], "สมัครเรียนแล้ว", "นัดแล้ว"):
        assert words in page
    assert 'action="/office/cases/1' not in page


def test_a_declined_referral_is_sent_to_another(made: Maker, client: Visitor) -> None:
    referral = made(referral_id)
    signed_in(client, "finder2")
    page = client.get(f"/office/referrals/{referral}").text
    reply = {"action": "decline", "reason": "no_capacity", "seen_version": version(page)}
    answer = client.post(f"/office/referrals/{referral}/reply", data=reply | {"note": "ไม่ว่าง"})
    assert answer.status_code == 303
    signed_in(client, "malee")
    page = client.get(f"/office/referrals/{referral}").text
    assert "ไม่ว่าง" in page
    link = re.search(r'href="(/office/referrals/new[^"]*)"', page)
    assert link is not None
    form = link[1].replace("&amp;", "&")
    page = client.get(form).text
    assert SECRETS[4] in page
    assert "DOLE" not in page
    sent = client.post(form, data={"receiver": "VHV", "asked": "ช่วยต่อ"})
    assert sent.location == "/office/referrals/2"
    assert 'href="/office/referrals/1"' in client.get("/office/referrals/2").text
    assert 'href="/office/referrals/2"' in client.get("/office/referrals/1").text
    page = client.get("/office/referrals/2").text
    cancelled = client.post("/office/referrals/2/cancel", data={"seen_version": version(page)})
    assert cancelled.status_code == 303
    client.post("/office/referrals/2/cancel", data={})


def test_without_consent_the_form_is_not_offered(made: Maker, client: Visitor) -> None:
    youth_id = made(cases.youth_without_consent)
    client.sign_in("malee")
    form = f"/office/referrals/new?youth={youth_id}"
    assert 'name="asked"' not in client.get(form).text
    assert client.post(form, data={"receiver": "DOLE", "asked": "ขอช่วย"}).status_code == 422


def test_follow_ups_are_planned_and_done(made: Maker, client: Visitor) -> None:
    youth_id = made(cases.youth)
    client.sign_in("malee")
    case = f"/office/cases/{youth_id}"
    assert f'href="/office/people-helped/{youth_id}"' in client.get(case).text
    assert f'href="/en/office/people-helped/{youth_id}"' in client.get(f"/en{case}").text
    plans: tuple[tuple[dict[str, str], int], ...] = (
        ({"kind": "usual", "day": "one day"}, 422),
        ({"kind": "single", "day": "1/1/2560"}, 422),
        ({"kind": "single", "day": "31/12/2599"}, 303),
        ({"kind": "single", "day": "31/12/2599"}, 422),
        ({"kind": "usual", "day": "1/1/2599"}, 303),
    )
    for plan, status in plans:
        assert client.post(f"{case}/follow-ups", data=plan).status_code == status
    assert client.post(f"{case}/notes", data={"words": ""}).status_code == 422
    assert client.post(f"{case}/notes", data={"words": "แม่มารับเอง"}).status_code == 303
    page = client.get(case).text
    assert "แม่มารับเอง" in page
    assert page.count('href="/office/follow-ups/') == 4
    form = client.get("/office/follow-ups/1").text
    told = {
        "seen_version": version(form),
        "outcome": "in_work",
        "pathway": "",
        "done_on": "20/11/2569",
        "note": "",
    }
    for wrong in ({"outcome": ""}, {"pathway": "VOC"}, {"done_on": "31/12/2599"}):
        assert client.post("/office/follow-ups/1", data=told | wrong).status_code == 422
    done = client.post("/office/follow-ups/1", data=told)
    assert (done.status_code, done.location) == (303, case)
    assert "ทำงาน" in client.get(case).text
    assert 'name="outcome"' not in client.get("/office/follow-ups/1").text
    assert client.post("/office/follow-ups/1", data=told).status_code == 409


def test_the_lists_say_what_waits_and_since_when(made: Maker, client: Visitor) -> None:
    made(lambda world: cases.planned(world, cases.sent(world).youth_id).id)
    made(lambda world: cases.followed_up(world, cases.planned(world, day=TOMORROW)).id)
    client.sign_in("malee")
    assert SECRETS[0] in client.get("/office/referrals").text
    assert SECRETS[0] in client.get("/office/follow-ups").text
    signed_in(client, "wipa")
    page = client.get("/office/referrals").text
    assert SECRETS[0] in page
    page = client.get("/office/follow-ups").text
    assert SECRETS[0] in page
    assert 'href="/office/follow-ups/' not in page
    signed_in(client, "finder1")
    for path in ("/office/referrals", "/office/follow-ups"):
        assert SECRETS[0] not in client.get(path).text


@pytest.mark.parametrize("username", ["finder1", "chair5", "anong", "admin"])
def test_what_is_between_others_is_not_found(made: Maker, client: Visitor, username: str) -> None:
    follow_up = made(lambda world: cases.planned(world).id)
    referral = made(referral_id)
    client.sign_in(username)
    for path in (f"/office/referrals/{referral}", "/office/referrals/99", "/office/cases/1"):
        assert client.get(path).status_code == 404
    # Some may not even look at the lists.
    is_worker = username == "finder1"
    for path in ("/office/referrals", "/office/follow-ups"):
        assert client.get(path).status_code == (200 if is_worker else 403)
    assert client.get(f"/office/follow-ups/{follow_up}").status_code == 404
    assert client.get("/office/referrals/new?youth=1").status_code == 404
    assert ('href="/office/referrals"' in client.get("/office/").text) is is_worker


def test_the_auditor_reads_and_does_nothing(made: Maker, client: Visitor) -> None:
    referral = made(referral_id)
    client.sign_in("wipa")
    page = client.get(f"/office/referrals/{referral}").text
    assert SECRETS[4] in page
    assert f'action="/office/referrals/{referral}' not in page
    seen = {"seen_version": "1", "action": "accept", "note": "", "reason": ""}
    assert client.post(f"/office/referrals/{referral}/reply", data=seen).status_code == 403
    assert client.post(f"/office/referrals/{referral}/cancel", data=seen).status_code == 403
    assert client.post("/office/cases/1/notes", data={"words": "x"}).status_code == 403
    plan = {"kind": "single", "day": "31/12/2599"}
    assert client.post("/office/cases/1/follow-ups", data=plan).status_code == 403
