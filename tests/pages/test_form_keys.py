"""What is sent again: the same is answered as before, something else is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import db
from portal.funds.models import Donation
from portal.payments.accounts import open_account
from portal.payments.batching import Terms
from portal.payments.batching import make_batch
from portal.payments.models import Payment
from portal.payments.models import Receipt
from portal.payments.payment_files import FileKind
from portal.payments.rules import PaymentState
from portal.people.keys import new_form_key
from portal.people.keys import read_form_key
from portal.people.models import Once
from portal.people.once import KEY
from tests.conftest import PASSWORD
from tests.conftest import Maker
from tests.conftest import Visitor
from tests.hostile import png
from tests.page_forms import filled
from tests.page_forms import page_forms
from tests.pages.test_decision_pages import shared
from tests.planned import confirmed
from tests.statements import statements
from tests.world import ACCOUNT
from tests.world import NOON
from tests.world import World

SENT_BEFORE = "This form was sent before with something else in it"
DONATION = "/en/office/money-in/donations/new"
GIFT = {"fund": "GEN", "amount": "500", "received_on": "20/11/2569", "donor": "นาย ก ตัวอย่าง"}


def newest() -> Payment:
    with Session(db.engine, expire_on_commit=False) as session:
        return session.scalars(select(Payment).order_by(Payment.id.desc()).limit(1)).one()


def count(table: type[Payment | Donation | Receipt | Once]) -> int:
    with Session(db.engine) as session:
        return len(session.scalars(select(table)).all())


def of_keys(heard: list[str]) -> list[str]:
    """Return the verbs of the statements about the table of keys."""
    return [statement.split()[0] for statement in heard if re.search(r"\bonce\b", statement)]


def test_a_double_click_gets_the_answer_of_the_first(client: Visitor, made: Maker) -> None:
    made(lambda world: world.released())
    client.sign_in("prasit")
    page = f"/en/treasury/payments/{newest().id}"
    [form] = [form for form in page_forms(client.get(page).text) if form.action.endswith("/send")]
    with statements() as asked:
        first = client.post(form.action, data=filled(form, {}))
    assert (first.status_code, of_keys(asked)) == (303, ["INSERT", "UPDATE"])
    told = client.get(first.location).text
    with statements() as asked:
        again = client.post(form.action, data=filled(form, {}))
    assert (again.status_code, again.location, of_keys(asked)) == (303, page, ["INSERT", "SELECT"])
    notice = "The payment is noted as sent."
    assert (notice in told, notice in client.get(page).text) == (True, True)
    assert (newest().state, newest().version) == (PaymentState.SENT, 3)


def test_a_key_with_something_else_is_refused(
    client: Visitor, made: Maker, caplog: pytest.LogCaptureFixture
) -> None:
    made(lambda world: world.released())
    client.sign_in("prasit")
    url, form = f"/en/treasury/payments/{newest().id}/void", {KEY: new_form_key()}
    data = form | {"seen_version": str(newest().version), "note": "Not needed"}
    assert client.post(url, data=data).status_code == 303
    for other in ({"note": "Needed"}, {"note": ""}, {"more": "1"}):
        answer = client.post(url, data=data | other)
        assert (answer.status_code, SENT_BEFORE in answer.text) == (422, True)
    assert client.post(f"{url}?a=1", data=data).status_code == 422
    assert client.post(url.replace("void", "send"), data=data).status_code == 422
    assert (newest().state, count(Once)) == (PaymentState.VOIDED, 1)
    assert caplog.messages.count("key_reused") == 5


def test_a_password_is_no_part_of_what_is_sent(client: Visitor, made: Maker) -> None:
    made(lambda world: world.prepared())
    client.sign_in("prasit")
    url = f"/treasury/payments/{newest().id}/release"
    data = {KEY: new_form_key(), "seen_version": str(newest().version)}
    assert client.post(url, data=data | {"password": "wrong"}).status_code == 422
    for password in (PASSWORD, PASSWORD, "wrong"):
        assert client.post(url, data=data | {"password": password}).status_code == 303
    assert (newest().state, newest().version) == (PaymentState.RELEASED, 2)


def test_the_key_of_somebody_else_is_as_unknown(client: Visitor, made: Maker) -> None:
    made(lambda world: world.prepared())
    first = newest().id
    made(lambda world: world.prepared())
    key = {KEY: new_form_key(), "seen_version": "1", "password": PASSWORD}
    client.sign_in("prasit")
    assert client.post(f"/treasury/payments/{first}/release", data=key).status_code == 303
    client.sign_in("phailin")
    second = f"/treasury/payments/{newest().id}/release"
    assert client.post(second, data=key).status_code == 303
    assert (newest().state, count(Once)) == (PaymentState.RELEASED, 2)


def test_a_refused_try_keeps_no_key(client: Visitor, made: Maker) -> None:
    made(lambda world: world.confirmed())
    client.sign_in("phailin")
    url, key = f"/en/treasury/payments/{newest().id}/refund", {KEY: new_form_key()}
    typed = {"refund-amount": "999999", "refund-note": "-"}
    seen = {"refund-seen_version": str(newest().version)}
    page = client.post(url, data=key | typed | seen)
    assert (page.status_code, count(Once)) == (422, 0)
    assert f'value="{key[KEY]}"' in page.text
    typed["refund-amount"] = "100"
    stale = client.post(url, data=key | typed | {"refund-seen_version": "1"})
    assert (stale.status_code, count(Once)) == (409, 0)
    for _ in range(2):
        assert client.post(url, data=key | typed | seen).status_code == 303
    assert count(Once) == 1


def test_a_donation_is_booked_once(client: Visitor) -> None:
    client.sign_in("malee")
    before, data = count(Donation), GIFT | {KEY: new_form_key()}
    answers = [confirmed(client, DONATION, data).status_code]
    mark = re.search(r'name="confirmed" value="(\w+)"', client.post(DONATION, data=GIFT).text)
    assert mark is not None
    again = client.post(DONATION, data=data | {"confirmed": mark[1]})
    assert [*answers, again.status_code] == [303, 303]
    assert count(Donation) == before + 1
    # Of the same donor on the same day, but from another page: that is another one.
    assert confirmed(client, DONATION, GIFT).status_code == 303
    assert count(Donation) == before + 2


def test_a_file_is_a_part_of_what_is_sent(client: Visitor, made: Maker) -> None:
    made(lambda world: world.confirmed())
    client.sign_in("phailin")
    url, key = f"/en/office/payments/{newest().id}/receipts", new_form_key()

    def answer(content: bytes) -> int:
        file = (BytesIO(content), "a.png")
        return client.post(url, data={KEY: key, "kind": "slip", "file": file}).status_code

    assert [answer(png()), answer(png()), answer(png() + b"more")] == [303, 303, 422]
    assert count(Receipt) == 1


def pick(world: World) -> str:
    fund_request = world.approved()
    return f"{fund_request.id}-{fund_request.version}"


def test_each_of_several_is_prepared_once(client: Visitor, made: Maker) -> None:
    picks = [made(pick) for _ in range(2)]
    client.sign_in("anong")
    url, key = "/en/treasury/prepare", {KEY: new_form_key()}
    data = key | {"pick": [*picks, "999-1"]}
    pages = [client.post(url, data=data) for _ in range(2)]
    outcomes = [re.findall(r"(?:Prepared|Not prepared): [^<]+", page.text) for page in pages]
    assert (len(outcomes[0]), outcomes[0]) == (3, outcomes[1])
    assert pages[1].text.count(f"/en/treasury/payments/{newest().id}") >= 1
    # The page has a new key, for what is ticked next.
    assert key[KEY] not in pages[1].text
    assert count(Payment) == 2
    other = client.post(url, data=key | {"pick": [made(pick), picks[0]]})
    assert (other.status_code, SENT_BEFORE in other.text) == (422, True)
    assert count(Payment) == 2


def test_each_of_several_is_approved_once(client: Visitor, made: Maker) -> None:
    def waiting(world: World) -> str:
        fund_request = world.submitted()
        return f"{fund_request.id}-{fund_request.version}"

    picks = [made(waiting) for _ in range(2)]
    client.sign_in("chair5")
    data = {KEY: new_form_key(), "pick": [*picks, "999-1"], "is_unrelated": "y"}
    pages = [client.post("/en/office/decisions", data=data) for _ in range(2)]
    notices = [re.findall(r'class="notice [^"]*"', page.text) for page in pages]
    assert ([page.status_code for page in pages], notices[0]) == ([200, 200], notices[1])
    with statements() as asked:
        other = client.post("/en/office/decisions", data=data | {"pick": [made(waiting)]})
    assert (other.status_code, of_keys(asked)) == (422, ["SELECT", "SELECT"])


def batched(world: World) -> str:
    open_account(world.session, ACCOUNT, by=world.admin, at=NOON)
    terms, picked = Terms(ACCOUNT.code, NOON.date(), FileKind.KTB), [world.prepared().id]
    batch = make_batch(world.session, picked, terms=terms, by=world.anong, at=NOON)
    return f"/treasury/batches/{batch.id}"


def stopped(world: World) -> str:
    return f"/office/requests/{shared(world)[0]}"


@pytest.mark.parametrize(
    ("name", "page_of", "step"),
    [("prasit", batched, "release"), ("driving", stopped, "override")],
)
def test_what_the_walk_of_all_pages_does_not_meet_has_a_key(
    client: Visitor, made: Maker, name: str, page_of: Callable[[World], str], step: str
) -> None:
    page = client.sign_in(name).get(made(page_of))
    [form] = [form for form in page_forms(page.text) if form.action.endswith(step)]
    [key] = [control.value for control in form.controls if control.name == KEY]
    assert read_form_key(key)


@pytest.mark.parametrize("language", ["", "/en"])
def test_the_answer_says_the_same_in_its_language(
    client: Visitor, made: Maker, language: str
) -> None:
    made(lambda world: world.released())
    client.sign_in("prasit")
    url, version = f"{language}/treasury/payments/{newest().id}", str(newest().version)
    data = {KEY: new_form_key(), "seen_version": version}
    said = []
    for _ in range(2):
        assert client.post(f"{url}/send", data=data).location == url
        page = client.get(url).text
        said.append(re.findall(r'class="notice tone-green".*?</div>', page, re.DOTALL))
    assert (len(said[0]), said[0]) == (1, said[1])
