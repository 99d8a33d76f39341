from __future__ import annotations

import re

from sqlalchemy.orm import Session

from portal.audit.models import LogEntry
from portal.db import db
from portal.payments.accounts import open_account
from portal.payments.models import PayingAccount
from tests.conftest import Maker
from tests.conftest import Visitor
from tests.world import ACCOUNT
from tests.world import NOON

URL = "/en/office/accounts"
TYPED = {
    "code": "SECOND",
    "name_th": "บัญชีรอง",
    "name_en": "Second account",
    "bank": "006",
    "number": "987-0-12345-8",
    "company_id": "",
}


def kept(code: str) -> PayingAccount | None:
    with Session(db.engine, expire_on_commit=False) as session:
        return session.get(PayingAccount, code)


def confirmed(page: str) -> dict[str, str]:
    found = re.search(r'name="confirmed"[^>]*value="([0-9a-f]{16})"', page)
    assert found is not None
    return {"confirmed": found[1]}


def test_an_account_is_shown_then_opened_then_closed(client: Visitor) -> None:
    client.sign_in("admin")
    # The foundation was set up with this one.
    assert "9990000101" in client.get(URL).text
    assert client.get(f"{URL}/new").status_code == 200
    shown = client.post(f"{URL}/new", data=TYPED)
    assert (shown.status_code, kept("SECOND")) == (422, None)
    assert "payments may leave from account 9870123458" in shown.text
    answer = client.post(f"{URL}/new", data=TYPED | confirmed(shown.text))
    account = kept("SECOND")
    assert (answer.status_code, account and account.account_number) == (303, "9870123458")
    assert "9870123458" in client.get(URL).text
    assert "Second account" in client.get(f"{URL}/SECOND/close").text
    assert client.post(f"{URL}/SECOND/close").status_code == 303
    assert "Closed" in client.get(URL).text
    assert client.get(f"{URL}/SECOND/close").status_code == 404
    assert client.post(f"{URL}/SECOND/close").status_code == 404
    with Session(db.engine) as session:
        told = [entry.body for entry in session.query(LogEntry)]
    assert not any("9870123458" in str(body) for body in told)


def test_what_cannot_be_opened_says_why(client: Visitor, made: Maker) -> None:
    made(lambda world: open_account(world.session, ACCOUNT, by=world.admin, at=NOON))
    client.sign_in("admin")
    for wrong, sentence in (
        ({"code": "MAIN"}, "There is an account MAIN already."),
        ({"number": ACCOUNT.account_number}, "that of account MAIN already"),
        ({"number": "123"}, "no account with so many digits"),
        ({"code": "small"}, "Capital letters A-Z"),
        ({"bank": "999"}, "Choose one of the list."),
    ):
        answer = client.post(f"{URL}/new", data=TYPED | wrong)
        assert (answer.status_code, sentence in answer.text) == (422, True)
    assert kept("SECOND") is None
