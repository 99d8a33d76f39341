"""The second factor at the gate: required, set up, asked for, lost."""

from __future__ import annotations

from datetime import date
from datetime import timedelta
from http import HTTPStatus

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal import one_time
from portal.clock import now
from portal.db import db
from portal.funds.acting import ActingAnswer
from portal.funds.acting import appoint_acting_chair
from portal.people.models import Person
from portal.people.passwords import set_password
from portal.people.try_rules import DEVICE
from portal.security import POLICY
from portal.security import WITH_PASSKEYS
from portal.thai import bangkok_day
from tests.authenticator import PRESENT
from tests.conftest import PASSWORD
from tests.conftest import Maker
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.factors import CODE
from tests.factors import HERE
from tests.factors import PLAN
from tests.factors import SECRET
from tests.factors import TOKEN
from tests.factors import app_of
from tests.factors import carried
from tests.factors import found
from tests.factors import later
from tests.factors import named
from tests.factors import require_factors
from tests.factors import set_up_passkey
from tests.factors import type_password
from tests.world import NOON
from tests.world import World

SECOND = "/sign-in/second"
GUARDED = ("chair5", "driving", "board", "anong", "admin")
FREE = ("malee", "finder1", "wipa")


def is_in(client: FlaskClient) -> bool:
    return client.get("/office/").status_code == HTTPStatus.OK


def test_who_decides_pays_or_gives_roles_comes_no_further_without_one(
    portal: Portal, client: Visitor
) -> None:
    require_factors(portal)
    for username in GUARDED:
        client.sign_in(username)
        for path in ("/office/", "/office/rules", "/office/users"):
            answer = client.get(path)
            assert (answer.status_code, answer.location) == (303, "/factor"), username
        assert "Your roles need a second factor." in client.get("/en/factor").text
    client.sign_in("anong")
    assert client.get("/treasury/").location == "/factor"
    assert client.post("/treasury/payments/1/release").location == "/factor"
    for username in FREE:
        client.sign_in(username)
        assert is_in(client), username
        assert "Your roles need" not in client.get("/en/factor").text


def test_who_acts_for_a_chair_needs_one_while_the_term_runs(
    portal: Portal, client: Visitor, made: Maker
) -> None:
    require_factors(portal)
    today = bangkok_day(now())

    def appoint(number: str, from_on: date) -> None:
        days = from_on, from_on + timedelta(days=3)
        answer = ActingAnswer("malee", "SC5", number, *days)
        made(lambda world: appoint_acting_chair(world.session, answer, by=world.somchai, at=NOON))

    appoint("1/2570", today + timedelta(days=30))
    client.sign_in("malee")
    assert is_in(client)
    appoint("2/2570", today)
    assert client.get("/office/").location == "/factor"


def test_where_it_is_optional_nobody_is_kept_out(client: Visitor) -> None:
    for username in GUARDED:
        assert is_in(client.sign_in(username))


def test_an_app_is_set_up_and_then_asked_for(portal: Portal, client: Visitor) -> None:
    require_factors(portal)
    client.sign_in("anong")
    page = client.get("/en/factor/app").text
    assert "<svg" in page
    secret, token = found(SECRET, page).replace(" ", ""), found(TOKEN, page)
    refused = client.post("/en/factor/app", data={"token": token, "code": "000000"})
    assert (refused.status_code, found(TOKEN, refused.text)) == (422, token)
    assert "not the code of now" in refused.text
    assert client.post("/en/factor/app", data={"token": token}).status_code == 422
    step = one_time.step_at(now())
    code = one_time.code_at(secret, step)
    answer = client.post("/factor/app", data={"token": token, "code": f"{code[:3]} {code[3:]}"})
    assert answer.location == "/factor/codes"
    assert is_in(client)
    assert client.get("/factor/app").status_code == HTTPStatus.CONFLICT
    client.post("/sign-out")
    assert type_password(client, "anong", "/treasury/batches") == SECOND
    assert not is_in(client)
    again = client.post(f"/en{SECOND}", data={"code": code})
    assert (again.status_code, "it was used before" in again.text) == (403, True)
    assert code not in again.text
    answer = client.post(SECOND, data={"code": one_time.code_at(secret, step + 1)})
    assert (answer.status_code, answer.location) == (303, "/treasury/batches")
    assert is_in(client)


def test_nobody_gets_past_the_second_step(client: Visitor, made: Maker) -> None:
    app = app_of(made, "anong")
    for answer in (client.get(SECOND), client.post(SECOND, data={"code": app.code()})):
        assert answer.location == "/sign-in"
    assert type_password(client, "anong") == SECOND
    page = client.get(f"/en{SECOND}")
    assert (page.status_code, page.headers["Content-Security-Policy"]) == (200, POLICY)
    assert "<script" not in page.text
    assert client.post(SECOND, data={"code": ""}).status_code == 422
    for path in ("/factor", "/password", "/again"):
        assert client.get(path).location.startswith("/sign-in"), path
    with Session(db.engine) as session, session.begin():
        anong = update(Person).where(Person.username == "anong")
        session.execute(anong.values(is_active=False))
    assert client.post(SECOND, data={"code": app.code()}).location == "/sign-in"


def test_a_new_password_sends_who_is_halfway_back(client: Visitor, made: Maker) -> None:
    app = app_of(made, "anong")
    assert type_password(client, "anong") == SECOND
    made(lambda world: set_password(world.session, "anong", "a good one of hers", at=now()))
    for answer in (client.get(SECOND), client.post(SECOND, data={"code": app.code()})):
        assert answer.location == "/sign-in"
    assert not is_in(client)


def test_halfway_lasts_ten_minutes(client: Visitor, made: Maker) -> None:
    app = app_of(made, "anong")
    type_password(client, "anong")
    with carried(client) as kept:
        kept["halfway"] = [*kept["halfway"][:3], kept["halfway"][3] - 601]
    assert client.post(SECOND, data={"code": app.code()}).location == "/sign-in"


def test_five_wrong_codes_let_even_the_right_one_wait(client: Visitor, made: Maker) -> None:
    app = app_of(made, "anong")
    type_password(client, "anong")
    for _ in range(5):
        assert client.post(SECOND, data={"code": "000000"}).status_code == HTTPStatus.FORBIDDEN
    answer = client.post(f"/en{SECOND}", data={"code": app.code()})
    assert "Too many wrong codes. Try again in 5 minutes." in answer.text
    assert not is_in(client)


def test_ten_codes_on_paper_open_ten_times(client: Visitor, made: Maker) -> None:
    app = app_of(made, "anong")
    type_password(client, "anong")
    client.post(SECOND, data={"code": app.code()})
    assert "Make ten codes" in client.get("/en/factor/codes").text
    codes = CODE.findall(client.post("/en/factor/codes").text)
    assert len(codes) == 10
    page = client.get("/en/factor/codes").text
    assert ("You have 10 unused codes." in page, codes[0] in page) == (True, False)
    client.post("/sign-out")
    for code, status in ((codes[3], 303), (codes[3], 403), (codes[4].lower(), 303)):
        type_password(client, "anong")
        assert client.post(SECOND, data={"code": code}).status_code == status
    assert unused(client) == 8


def unused(client: Visitor) -> int:
    """Return how many codes the page says are left."""
    page = client.get("/en/factor/codes").text
    return next(left for left in range(11) if f"You have {left} unused codes." in page)


def test_a_passkey_is_made_named_used_and_removed(portal: Portal, client: Visitor) -> None:
    named(portal)
    client.sign_in("anong")
    page = client.get("/en/factor/passkeys/new")
    assert page.headers["Content-Security-Policy"] == WITH_PASSKEYS
    for data in ({"name": "x", "credential": ""}, {"name": "x", "credential": "{}"}):
        refused = client.post("/en/factor/passkeys/new", data=data)
        assert (refused.status_code, "was not accepted" in refused.text) == (422, True)
    assert client.post("/en/factor/passkeys/new", data={"name": ""}).status_code == 422
    device = set_up_passkey(client)
    assert "กุญแจ" in client.get("/en/factor").text
    rename = "/factor/passkeys/1/rename"
    assert client.post(rename, data={"name": ""}).status_code == 422
    assert client.post(rename, data={"name": "มือถือ"}).location == "/factor"
    assert "มือถือ" in client.get("/en/factor/passkeys/1").text
    client.post("/sign-out")
    assert type_password(client, "anong") == SECOND
    page = client.get(SECOND)
    assert page.headers["Content-Security-Policy"] == WITH_PASSKEYS
    answer = client.post(SECOND, data={"credential": device.use(found(PLAN, page.text))})
    assert answer.location == "/treasury/"
    assert "มือถือ" in client.get("/factor").text
    assert client.post("/factor/passkeys/1/remove").location == "/factor"
    assert client.post("/factor/passkeys/1/remove").status_code == HTTPStatus.NOT_FOUND
    client.post("/sign-out")
    assert is_in(client.sign_in("anong"))


def test_a_passkey_alone_signs_in(portal: Portal, client: Visitor) -> None:
    named(portal)
    client.sign_in("malee")
    device = set_up_passkey(client)
    client.post("/sign-out")
    question = found(PLAN, client.get("/sign-in").text)
    answer = client.post(
        "/sign-in/passkey", data={"credential": device.use(question), "next": "/office/requests"}
    )
    assert (answer.status_code, answer.location) == (303, "/office/requests")
    assert is_in(client)


def test_who_is_quick_signs_in_again_and_who_kept_an_answer_does_not(
    portal: Portal, client: Visitor
) -> None:
    """All of it within one second, or a few."""
    named(portal)
    client.sign_in("malee")
    device = set_up_passkey(client)
    before: dict[str, object] = {}
    answer: dict[str, str] = {}
    for _ in range(3):
        client.post("/sign-out")
        answer = {"credential": device.use(found(PLAN, client.get("/sign-in").text))}
        with carried(client) as kept:
            before = dict(kept)
        assert client.post("/sign-in/passkey", data=answer).status_code == HTTPStatus.SEE_OTHER
    client.post("/sign-out")
    with carried(client) as kept:
        kept.update(before)
    assert client.post("/sign-in/passkey", data=answer).status_code == HTTPStatus.FORBIDDEN
    assert not is_in(client)


def test_a_passkey_that_is_none_signs_nobody_in(portal: Portal, client: Visitor) -> None:
    named(portal)
    client.sign_in("malee")
    device = set_up_passkey(client)
    client.post("/sign-out")
    question = found(PLAN, client.get("/sign-in").text)
    answered = device.use(question)
    device.flags = PRESENT
    for credential, status in (
        ("", 422),
        (device.use(question), 403),
        # The question is gone with the first answer.
        (answered, 403),
    ):
        answer = client.post("/en/sign-in/passkey", data={"credential": credential})
        assert answer.status_code == status
        assert ("was not accepted" in answer.text) == (status == HTTPStatus.FORBIDDEN)
    assert not is_in(client)
    question = found(PLAN, client.get("/sign-in").text)
    with carried(client) as kept:
        words, _asked_at = kept["question"]
        kept["question"] = [words, (now() - timedelta(minutes=11)).isoformat()]
    device.flags = 5
    answer = client.post("/sign-in/passkey", data={"credential": device.use(question)})
    assert answer.status_code == HTTPStatus.FORBIDDEN


def test_two_open_pages_ask_the_same_until_it_is_old(portal: Portal, client: Visitor) -> None:
    named(portal)
    first, second = (found(PLAN, client.get("/sign-in").text) for _ in range(2))
    assert first == second
    with carried(client) as kept:
        words, _asked_at = kept["question"]
        kept["question"] = [words, (now() - timedelta(minutes=11)).isoformat()]
    assert found(PLAN, client.get("/sign-in").text) != first


def test_at_an_address_of_numbers_no_passkey_is_offered(client: Visitor) -> None:
    assert HERE.takes_passkeys
    assert "passkey.js" not in client.get("/en/sign-in").text
    client.sign_in("malee")
    assert "only where the portal has a name" in client.get("/en/factor").text


def test_the_last_one_stays_where_it_is_needed(
    portal: Portal, client: Visitor, made: Maker
) -> None:
    require_factors(portal)
    app = app_of(made, "anong")
    type_password(client, "anong")
    client.post(SECOND, data={"code": app.code()})
    assert client.get("/en/factor/app/remove").status_code == HTTPStatus.OK
    assert "Add another one before" in client.get("/en/factor").text
    answer = client.post("/en/factor/app/remove")
    assert (answer.status_code, "Add another one before" in answer.text) == (409, True)
    named(portal)
    set_up_passkey(client)
    assert client.post("/factor/app/remove").location == "/factor"
    assert client.post("/factor/app/remove").status_code == HTTPStatus.NOT_FOUND


def test_with_a_new_factor_other_browsers_are_signed_out(portal: Portal, client: Visitor) -> None:
    named(portal)
    other = portal.app.test_client()
    type_password(other, "malee")
    assert is_in(other)
    client.sign_in("malee")
    set_up_passkey(client)
    assert (is_in(client), is_in(other)) == (True, False)


def test_an_administrator_resets_it(portal: Portal, client: Visitor, made: Maker) -> None:
    app_of(made, "anong")
    person_id = made(lambda world: world.anong.person_id)
    client.sign_in("admin")
    assert "Reset the second factor" in client.get(f"/en/office/users/{person_id}").text
    path = f"/en/office/users/{person_id}/factor"
    version = made(lambda world: world.person(world.anong).version)
    assert "are void" in client.get(path).text
    assert client.post(path, data={"seen_version": "0"}).status_code == HTTPStatus.CONFLICT
    assert client.post(path).status_code == HTTPStatus.SEE_OTHER
    assert client.post(path, data={"seen_version": version}).status_code == HTTPStatus.SEE_OTHER
    page = client.get(f"/en/office/users/{person_id}").text
    assert ("is reset" in page, "Reset the second factor" in page) == (True, False)
    require_factors(portal)
    client.post("/sign-out")
    client.sign_in("anong")
    assert client.get("/office/").location == "/factor"


def test_who_has_a_one_time_password_chooses_another_first(client: Visitor) -> None:
    with Session(db.engine) as session, session.begin():
        malee = update(Person).where(Person.username == "malee")
        session.execute(malee.values(must_change_password=True))
    client.sign_in("malee")
    assert client.get("/factor").location == "/password"


def released(client: Visitor, payment_id: int, **shown: str) -> int:
    path = f"/en/treasury/payments/{payment_id}/release"
    return client.post(path, data={"seen_version": "1", **shown}).status_code


def test_money_goes_by_the_second_factor_where_there_is_one(
    portal: Portal, client: Visitor, made: Maker
) -> None:
    named(portal)

    def prepared(world: World) -> tuple[int, int]:
        return world.prepared().id, world.prepared().id

    first, second = made(prepared)
    app = app_of(made, "prasit")
    type_password(client, "prasit")
    client.post(SECOND, data={"code": app.code()})
    shown = client.get(f"/en/treasury/payments/{first}").text
    assert ('name="code"' in shown, 'type="password"' in shown) == (True, False)
    # Signed in a moment ago, and asked nevertheless; the password is no answer.
    for given in ({}, {"password": PASSWORD}, {"code": "000000"}):
        assert released(client, first, **given) == HTTPStatus.UNPROCESSABLE_ENTITY
    assert released(client, first, code=app.code()) == HTTPStatus.SEE_OTHER
    device = set_up_passkey(client)
    page = client.get(f"/en/treasury/payments/{second}")
    assert page.headers["Content-Security-Policy"] == WITH_PASSKEYS
    answered = device.use(found(PLAN, page.text))
    assert released(client, second, credential="{}") == HTTPStatus.UNPROCESSABLE_ENTITY
    assert released(client, second, credential=answered) == HTTPStatus.UNPROCESSABLE_ENTITY
    answered = device.use(found(PLAN, client.get(page.request.path).text))
    assert released(client, second, credential=answered) == HTTPStatus.SEE_OTHER


@pytest.mark.parametrize(
    ("username", "path"),
    [
        ("admin", "/office/users/{anong}/roles/new"),
        ("admin", "/office/users/{anong}/password"),
        ("admin", "/office/users/{anong}/email"),
        ("admin", "/office/users/{anong}/factor"),
        ("admin", "/office/users/{anong}/hand-over"),
        ("admin", "/office/accounts/new"),
        ("admin", "/office/accounts/MAIN/close"),
        ("malee", "/office/requests/1/revise"),
        ("malee", "/password"),
        ("malee", "/factor"),
        ("malee", "/factor/app"),
    ],
)
def test_before_what_matters_the_portal_asks_again(
    client: Visitor, made: Maker, username: str, path: str
) -> None:
    person_id = made(lambda world: world.anong.person_id)
    address = path.format(anong=person_id)
    client.sign_in(username)
    later(client, 4)
    assert "/again" not in str(client.get(address).location)
    later(client, 2)
    answer = client.get(f"/en{address}")
    assert answer.status_code == HTTPStatus.SEE_OTHER
    page = client.get(answer.location).text
    assert 'type="password"' in page
    wanted = answer.location.partition("next=")[2]
    for password, status in (("wrong", 422), ("", 422), (PASSWORD, 303)):
        answer = client.post("/en/again", data={"password": password, "next": wanted})
        assert answer.status_code == status
    assert answer.location == f"/en{address}"
    assert "/again" not in str(client.get(address).location)


@pytest.mark.parametrize(
    ("username", "path"),
    [
        ("admin", "/office/users/1/roles/new"),
        ("admin", "/office/users/1/roles/1/end"),
        ("admin", "/office/users/1/deactivate"),
        ("admin", "/office/users/1/reactivate"),
        ("admin", "/office/users/1/password"),
        ("admin", "/office/users/1/email"),
        ("admin", "/office/users/1/factor"),
        ("admin", "/office/accounts/new"),
        ("admin", "/office/accounts/MAIN/close"),
        ("malee", "/office/openings/1/decide"),
        ("malee", "/office/requests/1/revise"),
        ("chair5", "/office/acting"),
        ("malee", "/password"),
        ("malee", "/factor/codes"),
    ],
)
def test_a_form_that_was_left_open_leads_to_the_question_and_back(
    client: Visitor, username: str, path: str
) -> None:
    client.sign_in(username)
    later(client, 6)
    # Before the proxy it is HTTPS, of which the portal itself sees nothing.
    for scheme in ("http", "https"):
        came_from = {"Referer": f"{scheme}://localhost/en/office/users?page=2"}
        answer = client.post(f"/en{path}", headers=came_from)
        assert answer.location == "/en/again?next=/en/office/users?page%3D2"
    for elsewhere in ({}, {"Referer": "http://evil.example/"}):
        answer = client.post(f"/en{path}", headers=elsewhere)
        assert answer.location == "/en/again?next="


def test_who_has_a_factor_shows_that_again_and_not_the_password(
    client: Visitor, made: Maker
) -> None:
    app = app_of(made, "admin")
    type_password(client, "admin")
    client.post(SECOND, data={"code": app.code()})
    later(client, 6)
    assert "/again" in client.get("/office/accounts/new").location
    page = client.get("/en/again").text
    assert ('name="code"' in page, 'type="password"' in page) == (True, False)
    assert client.post("/again", data={"password": PASSWORD}).status_code == 422
    answer = client.post("/again", data={"code": app.code(), "next": "//evil.example"})
    assert answer.location == "/office/"
    assert client.get("/office/accounts/new").status_code == HTTPStatus.OK


@pytest.mark.parametrize(("path", "field"), [("/en/again", "password"), ("/en/password", "old")])
def test_guessing_at_an_open_session_has_to_wait(client: Visitor, path: str, field: str) -> None:
    client.sign_in("malee")
    typed = {field: "wrong", "new": "only known to me alone", "again": "only known to me alone"}
    for _ in range(DEVICE.free):
        answer = client.post(path, data=typed)
        assert (answer.status_code, "This is not your password." in answer.text) == (422, True)
    answer = client.post(path, data=typed | {field: PASSWORD})
    assert (answer.status_code, "Try again in 5 min." in answer.text) == (422, True)


def test_who_is_not_signed_in_is_asked_to(client: Visitor) -> None:
    for answer in (client.get("/again"), client.post("/again"), client.get("/factor")):
        assert answer.location == "/sign-in"
