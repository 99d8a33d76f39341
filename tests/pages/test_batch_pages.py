from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import db
from portal.payments.accounts import close_account
from portal.payments.accounts import open_account
from portal.payments.batch_rules import BatchState
from portal.payments.models import PayingAccount
from portal.payments.models import Payment
from portal.payments.models import PaymentBatch
from portal.payments.payment_files import FileKind
from tests.conftest import PASSWORD
from tests.conftest import Maker
from tests.conftest import Visitor
from tests.world import ACCOUNT
from tests.world import NOON
from tests.world import SECRETS
from tests.world import World

CHOSEN = {"account": ACCOUNT.code, "value_on": "23/11/2569", "file_kind": "ktb"}


@pytest.fixture
def prepared(made: Maker) -> list[int]:
    """Two prepared transfers, and an account to pay them from."""

    def act(world: World) -> list[int]:
        open_account(world.session, ACCOUNT, by=world.admin, at=NOON)
        return [world.prepared().id for _ in range(2)]

    return made(act)


def newest() -> PaymentBatch:
    with Session(db.engine, expire_on_commit=False) as session:
        return session.scalars(select(PaymentBatch).order_by(PaymentBatch.id.desc()).limit(1)).one()


def made_of(client: Visitor, ids: list[int], **more: str) -> PaymentBatch:
    answer = client.post("/en/treasury/batches/new", data=CHOSEN | more | {"pick": ids})
    assert answer.status_code == 303, answer.text
    return newest()


def step(client: Visitor, what: str, **more: str) -> int:
    batch = newest()
    data = {"seen_version": str(batch.version), **more}
    return client.post(f"/en/treasury/batches/{batch.id}/{what}", data=data).status_code


def test_a_batch_is_made_released_sent_and_its_file_given_out(
    client: Visitor, prepared: list[int]
) -> None:
    client.sign_in("anong")
    shown = client.get("/en/treasury/batches/new")
    assert (SECRETS[0] in shown.text, "Krungthai text file" in shown.text) == (True, True)
    batch = made_of(client, prepared)
    page = client.get(f"/en/treasury/batches/{batch.id}")
    assert "Another treasurer releases this batch" in page.text
    assert step(client, "release", password=PASSWORD) == 409
    client.sign_in("prasit")
    assert step(client, "release") == 422
    assert step(client, "release", password=PASSWORD) == 303
    page = client.get(f"/en/treasury/batches/{batch.id}")
    assert page.text.count("SHA-256") == 2
    file = client.get(f"/en/treasury/batches/{batch.id}/files/ktb")
    assert (file.status_code, len(file.data) % 500, file.data[:1]) == (200, 0, b"1")
    assert f"{batch.reference}.txt" in file.headers["Content-Disposition"]
    assert client.get(f"/treasury/batches/{batch.id}/files/pain.001.001.09").status_code == 404
    assert step(client, "send") == 303
    assert newest().state is BatchState.SENT
    assert step(client, "dissolve") == 409
    rows = client.get("/en/treasury/batches").text
    assert (batch.reference in rows, "Sent to the bank" in rows) == (True, True)


def test_everything_that_waits_goes_in_one_batch(client: Visitor, prepared: list[int]) -> None:
    client.sign_in("anong")
    assert made_of(client, [], is_every="y").count == len(prepared)


def test_a_batch_is_taken_apart_on_its_page(client: Visitor, prepared: list[int]) -> None:
    client.sign_in("anong")
    made_of(client, prepared, file_kind=FileKind.TABLE)
    assert step(client, "dissolve") == 303
    with Session(db.engine) as session:
        assert session.scalars(select(Payment.batch_id)).all() == [None, None]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"pick": []}, "A batch holds between 1 and 10,000 payments."),
        ({"value_on": "soon"}, "Write the date like 22/11/2569."),
        ({"account": "NONE"}, "Choose one of the list."),
    ],
)
def test_what_makes_no_batch(
    client: Visitor, prepared: list[int], changes: dict[str, object], said: str
) -> None:
    client.sign_in("anong")
    answer = client.post("/en/treasury/batches/new", data={**CHOSEN, "pick": prepared, **changes})
    assert (answer.status_code, said in answer.text) == (422, True)


def test_no_batch_is_made_of_payments_that_are_not_there(
    client: Visitor, prepared: list[int]
) -> None:
    client.sign_in("anong")
    picked = [*prepared, "x", "999"]
    answer = client.post("/en/treasury/batches/new", data={**CHOSEN, "pick": picked})
    assert (answer.status_code, "There is no such payment." in answer.text) == (404, True)
    with Session(db.engine) as session:
        assert session.scalars(select(Payment.batch_id)).all() == [None, None]


def test_without_an_account_no_batch_is_offered(client: Visitor, made: Maker) -> None:
    def act(world: World) -> None:
        world.prepared()
        for account in world.session.scalars(select(PayingAccount.code)).all():
            close_account(world.session, account, by=world.admin, at=NOON)

    made(act)
    client.sign_in("anong")
    assert "no account to pay from" in client.get("/en/treasury/batches/new").text
    assert "No batch was made yet." in client.get("/en/treasury/batches").text
