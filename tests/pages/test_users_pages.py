from __future__ import annotations

import re

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.clock import now
from portal.db import db
from portal.people.models import Organisation
from portal.people.models import Person
from portal.people.passwords import set_one_time_password
from tests.conftest import PASSWORD
from tests.conftest import Maker
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.planned import confirmed
from tests.planned import shown
from tests.world import World

SHOWN = re.compile(r"\b[a-z2-9]{4}(-[a-z2-9]{4}){3}\b")
OWN = "only known to me alone"


def person(username: str) -> Person:
    with Session(db.engine) as session:
        return session.scalars(select(Person).where(Person.username == username)).one()


def test_a_person_is_added_and_given_a_role(client: Visitor) -> None:
    client.sign_in("admin")
    data = {"name": "สมใจ ใหม่", "username": "somjai", "organisation": "VHV"}
    assert "Village health" in shown(client, "/en/office/users/new", data)
    answer = confirmed(client, "/en/office/users/new", data)
    somjai = person("somjai")
    assert answer.location == f"/en/office/users/{somjai.id}"
    taken = client.post("/en/office/users/new", data=data)
    assert (taken.status_code, "is taken" in taken.text) == (422, True)
    base = f"/en/office/users/{somjai.id}"
    role = {"role": "chair", "subcommittee": "SC5", "reason": "elected", "seen_version": 2}
    assert client.get(f"{base}/roles/new").status_code == 200
    for wrong in ({"reason": "bribe"}, {"role": "king"}, {"reason": ""}):
        assert client.post(f"{base}/roles/new", data={**role, **wrong}).status_code == 422
    no_place = client.post(f"{base}/roles/new", data={**role, "subcommittee": ""})
    assert (no_place.status_code, "one subcommittee" in no_place.text) == (422, True)
    assert confirmed(client, f"{base}/roles/new", role).status_code == 303
    assert person("somjai").password_hash is None


def test_a_one_time_password_is_made_and_shown_once(portal: Portal, client: Visitor) -> None:
    client.sign_in("admin")
    base = f"/en/office/users/{person('anong').id}"
    assert client.get(f"{base}/password").status_code == 200
    for odd, status in (({}, 303), ({"seen_version": 99}, 409)):
        assert client.post(f"{base}/password", data=odd).status_code == status
        assert not SHOWN.search(client.get(base).text)
    seen = {"seen_version": person("anong").version}
    assert client.post(f"{base}/password", data=seen).status_code == 303
    told = SHOWN.search(client.get(base).text)
    assert told
    again = client.get(base).text
    assert (told[0] in again, "One-time password" in again) == (False, True)
    other = portal.app.test_client()
    other.post("/sign-in", data={"username": "anong", "password": told[0]})
    assert other.get("/office/").location == "/password"


def test_a_one_time_password_lets_nobody_further(client: Visitor, made: Maker) -> None:
    one_time = made(lambda world: set_one_time_password(
        world.session, world.person(world.anong), by=world.admin, at=now()
    ))  # fmt: skip
    assert client.get("/password").status_code == 302
    assert client.post("/password").status_code == 303
    client.post("/sign-in", data={"username": "anong", "password": one_time})
    for path in ("/office/", "/office/rules", "/treasury/"):
        assert (client.get(path).status_code, client.get(path).location) == (303, "/password")
        assert client.post(path).status_code in {303, 405}
    assert "one-time password" in client.get("/en/password").text
    for old, new, again, sentence in (
        (one_time, OWN, "another one again", "are not the same"),
        (PASSWORD, OWN, OWN, "This is not your password."),
        (one_time, one_time, one_time, "must be another one"),
        (one_time, "short", "short", "at least 12"),
        (one_time, "qwertyuiop123", "qwertyuiop123", "Many people use this"),
        (one_time, "anong@2569 ระยอง", "anong@2569 ระยอง", "little more than a name"),
    ):
        answer = client.post("/en/password", data={"old": old, "new": new, "again": again})
        assert (answer.status_code, sentence in answer.text) == (422, True)
    answer = client.post("/password", data={"old": one_time, "new": OWN, "again": OWN})
    assert (answer.status_code, answer.location) == (303, "/treasury/")
    assert client.get("/treasury/").status_code == 200
    assert "one-time" not in client.get("/en/password").text


def test_an_address_is_set_changed_and_taken_away(client: Visitor) -> None:
    client.sign_in("admin")
    data = {"name": "สมใจ ใหม่", "username": "somjai", "organisation": ""}
    url = "/en/office/users/new"
    odd = client.post(url, data={**data, "email": "somjai@"})
    assert (odd.status_code, "Write an address like" in odd.text) == (422, True)
    confirmed(client, url, {**data, "email": " somjai@a.example "})
    somjai = person("somjai")
    assert somjai.email == "somjai@a.example"
    base = f"/en/office/users/{somjai.id}"
    assert "somjai@a.example" in client.get(base).text
    assert 'value="somjai@a.example"' in client.get(f"{base}/email").text
    change = {"email": "other@a.example", "seen_version": somjai.version}
    page = shown(client, f"{base}/email", change)
    assert page.count("somjai@a.example") == 1
    assert confirmed(client, f"{base}/email", change).status_code == 303
    change["seen_version"] = person("somjai").version
    same = client.post(f"{base}/email", data=change)
    assert (same.status_code, "Nothing would change." in same.text) == (422, True)
    assert confirmed(client, f"{base}/email", {**change, "email": ""}).status_code == 303
    assert person("somjai").email is None
    assert client.post(f"{base}/email", data=change).status_code == 409


def test_everybody_sees_their_own_address_and_nobody_elses(client: Visitor) -> None:
    own, other = person("malee").email, person("admin").email
    assert own
    assert other
    client.sign_in("malee")
    page = client.get("/en/office/outbox").text
    assert (own in page, other in page) == (True, False)
    client.post("/sign-out")
    client.sign_in("finder1")
    assert "You have no e-mail address here" in client.get("/en/office/outbox").text
    client.post("/sign-out")
    client.sign_in("wipa")
    for path in (f"/office/users/{person('malee').id}", "/office/users"):
        assert own not in client.get(path).text


def test_ending_the_sessions_signs_out(portal: Portal, client: Visitor) -> None:
    portal.app.test_client_class = Visitor
    malee = portal.app.test_client()
    malee.post("/sign-in", data={"username": "malee", "password": PASSWORD})
    assert malee.get("/office/").status_code == 200
    client.sign_in("admin")
    base = f"/office/users/{person('malee').id}"
    assert client.post(f"{base}/sign-out", data={"seen_version": 99}).status_code == 409
    client.post(f"{base}/sign-out", data={"seen_version": person("malee").version})
    assert malee.get("/office/").status_code == 302
    assert client.post(f"{base}/sign-out").status_code == 303


def test_somebody_hands_over_is_deactivated_and_comes_back(client: Visitor, made: Maker) -> None:
    reference = made(lambda world: str(world.submitted().reference))
    client.sign_in("admin")
    chair = person("chair5")
    base = f"/en/office/users/{chair.id}"
    page = client.get(f"{base}/hand-over").text
    assert reference in page
    assert "nobody else holds it" in page
    # Whom it is for is none of the administrator's business.
    assert "ปลายฟ้าลับ" not in page
    old = client.post(f"{base}/deactivate", data={"seen_version": chair.version - 1})
    assert old.status_code == 409
    client.post(f"{base}/deactivate")
    assert person("chair5").is_active
    client.post(f"{base}/deactivate", data={"seen_version": chair.version})
    assert not person("chair5").is_active
    assert "Deactivated" in client.get(base).text
    assert "Deactivated" in client.get("/en/office/users?state=inactive").text
    client.post(f"{base}/reactivate")
    client.post(f"{base}/reactivate", data={"seen_version": person("chair5").version})
    assert person("chair5").is_active


def test_a_role_ends_with_a_reason(client: Visitor, made: Maker) -> None:
    made(lambda world: world.submitted())
    client.sign_in("admin")
    chair = person("chair5")
    grant = made(lambda world: world.person(world.somchai).grants[0].id)
    url = f"/en/office/users/{chair.id}/roles/{grant}/end"
    assert "waits until you give it to another" in client.get(url).text
    data = {"seen_version": chair.version, "reason": "term_over"}
    assert client.post(url, data={**data, "reason": ""}).status_code == 422
    assert client.post(url, data={**data, "seen_version": 99}).status_code == 409
    assert client.post(url, data=data).status_code == 303
    page = client.get(f"/en/office/users/{chair.id}").text
    assert "The term is over" in page
    assert "This person holds no role." in page
    assert client.get(url).status_code == 404


def test_nobody_decides_about_themselves(client: Visitor) -> None:
    client.sign_in("admin")
    base = f"/en/office/users/{person('admin').id}"
    page = client.get(base).text
    assert "another administrator does it" in page
    assert "/hand-over" not in page
    for path in ("/hand-over", "/password", "/roles/new", "/roles/16/end"):
        assert client.get(base + path).status_code == 403
    data = {"seen_version": person("admin").version}
    for path in ("/deactivate", "/password"):
        assert client.post(base + path, data=data).status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/users/new",
        "/users/3/password",
        "/users/3/email",
        "/users/3/roles/new",
        "/users/3/hand-over",
        "/organisations/new",
        "/organisations/VHV/rename",
    ],
)
def test_people_are_the_administrators_to_change(client: Visitor, path: str) -> None:
    # Whoever else signs in, only the auditor may know of.
    knows_of = "/users/3" not in path
    for username in ("malee", "wipa", "anong", "chair5", "finder1"):
        client.sign_in(username)
        expected = 403 if knows_of or username == "wipa" else 404
        assert client.get(f"/office{path}").status_code == expected
        client.post("/sign-out")


def test_an_auditor_reads_who_holds_what_and_has_no_buttons(client: Visitor) -> None:
    client.sign_in("wipa")
    for path in ("/office/users", "/office/users/3", "/office/organisations"):
        page = client.get(f"/en{path}")
        assert page.status_code == 200
        for word in ("/new", "/hand-over", "/rename", "/end", "/sign-out"):
            assert f'{word}"' not in page.text.replace('action="/en/sign-out"', "")
    client.post("/sign-out")
    client.sign_in("malee")
    assert client.get("/office/users").status_code == 403


def test_the_list_is_searched_and_paged(client: Visitor, made: Maker) -> None:
    def many(world: World) -> None:
        for number in range(40):
            world.session.add(Person(username=f"p{number}", name=f"คนที่ {number}"))

    made(many)
    client.sign_in("admin")
    page = client.get("/en/office/users").text
    assert "1 to 50 of 56" in page
    assert client.get("/en/office/users/new").status_code == 200
    assert "51 to 56 of 56" in client.get("/en/office/users?page=2").text
    assert "No password yet" in page
    found = client.get("/en/office/users?text=p39").text
    assert ("คนที่ 39" in found, "คนที่ 38" in found) == (True, False)
    assert "Nobody fits this search." in client.get("/en/office/users?text=nobody").text
    assert client.get("/en/office/users/999").status_code == 404


def test_an_organisation_is_added_and_renamed(client: Visitor) -> None:
    client.sign_in("admin")
    data = {"code": "UNI", "name_th": "มหาวิทยาลัย", "name_en": "A university", "kind": "EDU"}
    url = "/en/office/organisations/new"
    assert client.get(url).status_code == 200
    assert client.post(url, data={**data, "kind": "MOON"}).status_code == 422
    assert confirmed(client, url, data).status_code == 303
    taken = client.post(url, data=data)
    assert (taken.status_code, "is taken" in taken.text) == (422, True)
    url = "/en/office/organisations/UNI/rename"
    assert "A university" in client.get(url).text
    names = {
        "name_th": "มหาวิทยาลัยใหม่",
        "name_en": "A new university",
        "seen_th": "มหาวิทยาลัย",
        "seen_en": "A university",
    }
    assert client.post(url, data={**names, "seen_en": "Older"}).status_code == 409
    assert client.post(url, data={**names, "name_en": ""}).status_code == 422
    assert confirmed(client, url, names).status_code == 303
    assert "A new university" in client.get("/en/office/organisations").text
    with Session(db.engine) as session:
        assert session.get_one(Organisation, "UNI").name_en == "A new university"
    assert client.get("/office/organisations/NONE/rename").status_code == 404
