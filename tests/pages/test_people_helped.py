from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import db
from portal.youths.models import Consent
from portal.youths.models import Guardian
from portal.youths.models import RecordRead
from portal.youths.models import Youth
from portal.youths.models import YouthPair
from portal.youths.rules import Purpose
from portal.youths.rules import Verdict
from tests.conftest import Maker
from tests.conftest import Visitor
from tests.world import ANSWER
from tests.world import SECRETS
from tests.world import YOUTH
from tests.world import World

LIST = "/en/office/people-helped"
ONE = f"{LIST}/1"
TYPED = {
    "title": "นางสาว",
    "first_name": SECRETS[0],
    "last_name": SECRETS[1],
    "birth_on": "13/3/2552",
    "national_id": "1-9999-00000-01-2",
    "place": "210101",
    "activity": "nothing",
    "pathway": "DOLE",
    "schooling": "",
    "disadvantages": ["POOR", "HEALTH"],
}
CONSENT = {
    "purposes": ["keep", "share"],
    "person_signed": "y",
    "guardian": "แม่ ตัวอย่าง",
    "relation": "mother",
    "power_paper": "",
    "paper": "หนังสือยินยอม 12/2570",
}


def filed(world: World) -> int:
    """A request of the finder, for somebody whose consent is ticked."""
    return world.submitted(by=world.finder).id


def alike(world: World) -> None:
    """Two who may be one: the same name in another spelling, born a digit apart."""
    for name, born in (("ศิริพร", date(2009, 3, 13)), ("สิริพร", date(2009, 3, 18))):
        youth = replace(YOUTH, first_name=name, birth_on=born, national_id=None)
        world.submitted(answer=replace(ANSWER, youth=youth))


def version() -> int:
    with Session(db.engine) as session:
        return session.get_one(Youth, 1).version


def reads() -> list[tuple[str, int]]:
    with Session(db.engine) as session:
        found = select(RecordRead.page, RecordRead.youth_id).order_by(RecordRead.id)
        return [(page.value, youth_id) for page, youth_id in session.execute(found)]


def test_an_officer_finds_and_reads_a_record(client: Visitor, made: Maker) -> None:
    made(filed)
    client.sign_in("malee")
    menu = client.get("/en/office/").text
    assert ">People</a>" in menu
    page = client.get(f"{LIST}?text={SECRETS[0]}").text
    assert SECRETS[0] in page
    assert "Nobody fits" in client.get(f"{LIST}?text=nobody").text
    shown = client.get(ONE).text
    for told in (SECRETS[2], "17 years old (15-24)", "Keep these facts", "All requests for this"):
        assert told in shown
    assert client.get("/office/people-helped/1").status_code == 200
    assert reads() == [("record", 1)]


def test_a_finder_reads_their_own_and_nobody_else_does(client: Visitor, made: Maker) -> None:
    request_id = made(filed)
    client.sign_in("finder1")
    assert ">People</a>" not in client.get("/en/office/").text
    assert ONE.removeprefix("/en") in client.get(f"/office/requests/{request_id}").text
    shown = client.get(ONE)
    assert shown.status_code == 200
    assert "Correct the record" not in shown.text
    assert SECRETS[0] in client.get(LIST).text
    for path in ("/reads", "/correct", "/guardians/new", "/consents/new"):
        assert client.get(ONE + path).status_code == (404 if path == "/reads" else 403)
    for username in ("finder2", "chair5", "anong", "board", "admin"):
        client.sign_in(username)
        assert client.get(ONE).status_code == 404
        assert client.post(f"{ONE}/confirm", data={"seen_version": "2"}).status_code == 404
        assert client.get(f"{LIST}/pairs").status_code == 404
        assert SECRETS[0] not in client.get(LIST).text
        assert client.get("/en/office/reads").status_code == 403
    assert version() == 2


def test_a_request_page_is_a_read_and_leads_to_the_record(client: Visitor, made: Maker) -> None:
    request_id = made(filed)
    client.sign_in("chair5")
    for _ in range(2):
        page = client.get(f"/office/requests/{request_id}").text
        assert "people-helped/1" not in page
    assert reads() == [("request", 1)]
    client.sign_in("wipa")
    assert "people-helped/1" in client.get(f"/office/requests/{request_id}").text
    assert reads() == [("request", 1), ("request", 1)]
    project = made(lambda world: world.submitted_project().id)
    assert client.get(f"/office/requests/{project}").status_code == 200
    assert len(reads()) == 2


def test_the_requests_of_one_person_are_listed(client: Visitor, made: Maker) -> None:
    made(filed)
    made(alike)
    client.sign_in("malee")
    shown = client.get("/en/office/requests?youth=1").text
    assert "RYG-2570-000001" in shown
    assert "RYG-2570-000002" not in shown
    assert "Only the requests for one person" in shown
    for nonsense in ("x", "0", "-1", str(10**30)):
        everything = client.get(f"/en/office/requests?youth={nonsense}")
        assert "RYG-2570-000002" in everything.text


def test_an_auditor_reads_all_and_changes_nothing(client: Visitor, made: Maker) -> None:
    made(filed)
    made(alike)
    client.sign_in("wipa")
    for path in (LIST, ONE, f"{LIST}/pairs", f"{LIST}/pairs/1", f"{ONE}/reads", "/en/office/reads"):
        page = client.get(path)
        assert page.status_code == 200
        assert (
            'method="post"'
            not in page.text.replace('action="/en/sign-out"', "").partition("<main")[2]
        )
    for path in ("/correct", "/guardians/new", "/consents/new", "/consents/keep/withdraw"):
        assert client.get(ONE + path).status_code == 403
    old = {"seen_version": str(version())}
    assert client.post(f"{ONE}/confirm", data=old).status_code == 403
    assert client.post(f"{ONE}/correct", data=TYPED | old).status_code == 403
    assert client.post(f"{LIST}/pairs/1/settle", data=old | {"verdict": "same"}).status_code == 403


def test_a_record_is_corrected(client: Visitor, made: Maker) -> None:
    made(filed)
    client.sign_in("malee")
    assert SECRETS[0] in client.get(f"{ONE}/correct").text
    seen = {"seen_version": str(version())}
    for name, wrong in (
        ("first_name", "\u200b"),
        ("birth_on", "31/2/2552"),
        ("birth_on", "1/1/2680"),
        ("national_id", "123"),
        ("place", "999999"),
        ("activity", "sleeping"),
        ("pathway", "NONE"),
        ("disadvantages", "RICH"),
        ("seen_version", ""),
    ):
        answer = client.post(f"{ONE}/correct", data=TYPED | seen | {name: wrong})
        assert answer.status_code == 422, name
    answer = client.post(f"{ONE}/correct", data=TYPED | seen)
    assert answer.status_code == 303
    shown = client.get(answer.location).text
    for told in ("NEET", "Chronic illness", "Sensitive", "The last digit does not fit"):
        assert told in shown
    assert client.post(f"{ONE}/correct", data=TYPED | seen).status_code == 409
    assert reads()[0] == ("correction", 1)


def test_a_record_is_confirmed(client: Visitor, made: Maker) -> None:
    made(filed)
    client.sign_in("malee")
    before = version()
    assert client.post(f"{ONE}/confirm", data={}).status_code == 303
    assert version() == before
    assert client.post(f"{ONE}/confirm", data={"seen_version": before}).status_code == 303
    assert version() == before + 1
    assert client.post(f"{ONE}/confirm", data={"seen_version": before}).status_code == 409


def test_a_guardian_comes_and_goes(client: Visitor, made: Maker) -> None:
    made(filed)
    client.sign_in("malee")
    assert client.get(f"{ONE}/guardians/new").status_code == 200
    typed = {"name": "ยาย ตัวอย่าง", "relation": "grandparent", "paper": "คำสั่งศาล 1/2570"}
    answer = client.post(f"{ONE}/guardians/new", data=typed | {"relation": "neighbour"})
    assert answer.status_code == 422
    answer = client.post(f"{ONE}/guardians/new", data=typed | {"seen_version": version()})
    assert "ยาย ตัวอย่าง" in client.get(answer.location).text
    # The form of a consent knows them.
    assert "คำสั่งศาล 1/2570" in client.get(f"{ONE}/consents/new").text
    assert client.post(f"{ONE}/guardians/1/end", data={}).status_code == 303
    client.post(f"{ONE}/guardians/1/end", data={"seen_version": version()})
    with Session(db.engine) as session:
        assert session.get_one(Guardian, 1).ended_at is not None
    assert "ceased" in client.get(ONE).text


def test_a_consent_is_recorded_and_withdrawn(client: Visitor, made: Maker) -> None:
    made(filed)
    client.sign_in("malee")
    page = client.get(f"{ONE}/consents/new").text
    assert "checked" not in page.partition("<main")[2]
    seen = {"seen_version": str(version())}
    answer = client.post(f"{ONE}/consents/new", data=CONSENT | seen | {"paper": ""})
    assert answer.status_code == 422
    alone = CONSENT | seen | {"guardian": "", "relation": ""}
    answer = client.post(f"{ONE}/consents/new", data=alone)
    assert (answer.status_code, "another signature is needed" in answer.text) == (422, True)
    answer = client.post(f"{ONE}/consents/new", data=CONSENT | seen | {"relation": "relative"})
    assert (answer.status_code, "Only father and mother" in answer.text) == (422, True)
    answer = client.post(f"{ONE}/consents/new", data=CONSENT | seen)
    assert "หนังสือยินยอม 12/2570" in client.get(answer.location).text
    path = f"{ONE}/consents/keep/withdraw"
    assert "counts no more" in client.get(path).text
    assert client.post(path, data={}).status_code == 303
    answer = client.post(path, data={"seen_version": version()})
    assert "Consent withdrawn" in client.get(answer.location).text
    assert client.get(path).status_code == 404
    assert client.get(path.replace("keep", "other")).status_code == 404
    # The tick in the request was to keep and to pay, the paper to keep and to share.
    with Session(db.engine) as session:
        withdrawn = session.scalars(
            select(Consent.purpose).where(Consent.withdrawn_at.is_not(None))
        )
        assert [*withdrawn] == [Purpose.KEEP, Purpose.KEEP]
    assert client.post(path, data={"seen_version": version()}).status_code == 404


def test_a_pair_is_settled(client: Visitor, made: Maker) -> None:
    made(alike)
    client.sign_in("malee")
    assert "1 pair of records" in client.get(LIST).text
    assert "Another record may be" in client.get(ONE).text
    assert "สิริพร" in client.get(f"{LIST}/pairs").text
    pair = f"{LIST}/pairs/1"
    assert "The same person" in client.get(pair).text
    assert reads()[-2:] == [("pair", 1), ("pair", 2)]
    assert client.post(f"{pair}/settle", data={"verdict": "perhaps"}).location.endswith("/pairs/1")
    client.post(f"{pair}/settle", data={"verdict": "same", "seen_version": 1})
    with Session(db.engine) as session:
        assert session.get_one(Youth, 2).same_as_id == 1
    merged = client.get(f"{LIST}/2").text
    assert "Open the record that is kept" in merged
    assert "Correct the record" not in merged
    assert client.get(f"{LIST}/2/correct").status_code == 409
    assert "Record 2" in client.get(ONE).text
    both = client.get("/en/office/requests?youth=1").text
    assert ("RYG-2570-000001" in both, "RYG-2570-000002" in both) == (True, True)


def test_a_wrong_joining_is_undone(client: Visitor, made: Maker) -> None:
    made(alike)
    client.sign_in("malee")
    pair = f"{LIST}/pairs/1"
    client.post(f"{pair}/settle", data={"verdict": "same", "seen_version": 1})
    assert "Undo the joining" in client.get(pair).text
    assert client.post(f"{pair}/undo", data={}).status_code == 303
    assert client.post(f"{pair}/undo", data={"seen_version": 2}).status_code == 303
    with Session(db.engine) as session:
        assert session.get_one(YouthPair, 1).verdict is Verdict.TWO
    settled = client.get(pair).text
    assert ("Two people, says" in settled, "The same person" in settled) == (True, True)
    assert "No pair waits" in client.get(f"{LIST}/pairs").text
    assert client.get(f"{LIST}/pairs/99").status_code == 404


def test_who_read_what(client: Visitor, made: Maker) -> None:
    made(filed)
    client.sign_in("malee")
    empty = client.get(f"{ONE}/reads").text
    assert "Nobody has read this record" in empty
    client.get(ONE)
    assert "Reads, newest first" in client.get(f"{ONE}/reads").text
    assert client.get("/en/office/reads").status_code == 403
    client.sign_in("wipa")
    assert "Record 1" in client.get("/en/office/reads?reader=malee").text
    assert "Nothing was read" in client.get("/en/office/reads?reader=wipa").text
    assert "Who read what" in client.get(LIST).text
    for nobody in (f"{LIST}/99", f"{LIST}/99/reads"):
        assert client.get(nobody).status_code == 404


@pytest.mark.parametrize("portal", ["sqlite"], indirect=True)
def test_there_is_nobody_at_first(client: Visitor) -> None:
    client.sign_in("malee")
    assert "There is nobody yet" in client.get(LIST).text
