from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.clock import now
from portal.db import db
from portal.db import writing
from portal.letters.models import Letter
from portal.letters.rules import About
from portal.letters.rules import Kind
from portal.letters.texts import LISTED_MAX
from portal.letters.texts import write
from tests.conftest import Maker
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.world import NOON
from tests.world import SECRETS
from tests.world import World


def approved(world: World) -> str:
    return str(world.approved().reference)


def change(**values: object) -> None:
    with writing(db.engine, {}) as session:
        session.execute(update(Letter).where(Letter.kind == Kind.TO_DECIDE).values(**values))


def test_a_person_reads_their_own_messages(client: Visitor, made: Maker) -> None:
    reference = made(approved)
    client.sign_in("chair5")
    page = client.get("/office/outbox").text
    assert f"{reference} รอท่านพิจารณา" in page
    assert f"/ {reference} waits for your decision" not in page
    assert (
        f'scope="row">{reference} waits for your decision' in client.get("/en/office/outbox").text
    )
    assert "is approved" not in page
    assert "SHA-256" in page
    assert not [secret for secret in SECRETS if secret in page]
    client.post("/sign-out")
    client.sign_in("wipa")
    assert reference not in client.get("/office/outbox").text


def test_an_administrator_sees_all_and_sends_what_failed_again(
    client: Visitor, made: Maker
) -> None:
    reference = made(approved)
    change(attempts=8, failed_at=NOON, last_error="address")
    client.sign_in("admin")
    page = client.get("/en/office/outbox").text
    assert page.count(f"{reference} is approved and waits for payment") >= 3
    assert "1 message could not be mailed" in page
    failed = client.get("/en/office/outbox?failed=1").text
    assert "the mail server does not accept the address" in failed
    assert "is approved" not in failed
    with Session(db.engine) as session:
        letter_id = session.scalars(select(Letter.id).where(Letter.failed_at == NOON)).one()
    assert f"/office/outbox/{letter_id}/retry" in failed
    assert client.post(f"/office/outbox/{letter_id}/retry").status_code == 303
    assert client.post(f"/office/outbox/{letter_id}/retry").status_code == 409
    assert "could not be mailed" not in client.get("/en/office/outbox").text
    assert client.post("/office/outbox/999/retry").status_code == 404


def test_nobody_else_sends_a_message_again(client: Visitor, made: Maker) -> None:
    made(approved)
    change(attempts=8, failed_at=NOON)
    with Session(db.engine) as session:
        letter_id = session.scalars(select(Letter.id).where(Letter.failed_at == NOON)).one()
    for username, status in (("chair5", 403), ("malee", 404)):
        client.sign_in(username)
        assert "/retry" not in client.get("/office/outbox?failed=1").text
        assert client.post(f"/office/outbox/{letter_id}/retry").status_code == status
        client.post("/sign-out")


def test_what_was_mailed_is_shown_as_it_was_mailed(client: Visitor, made: Maker) -> None:
    made(approved)
    change(subject="As it was", body="Word for word", sent_at=NOON, attempts=1)
    client.sign_in("chair5")
    page = client.get("/en/office/outbox").text
    assert "As it was" in page
    assert "Word for word" in page
    assert "Mailed" in page


def test_the_list_is_paged(client: Visitor, made: Maker) -> None:
    made(lambda world: len(world.approvals(11)))
    client.sign_in("admin")
    assert "page=2" in client.get("/office/outbox").text
    assert "page=1" in client.get("/office/outbox?page=2").text
    assert client.get("/office/outbox?page=99").status_code == 200


def test_lists_and_pages_say_by_when(client: Visitor, made: Maker) -> None:
    """World acts lie in the past, so what waits is late, in words."""
    request_id = made(lambda world: world.submitted().id)
    approved_id = made(lambda world: world.approved().id)
    client.sign_in("chair5")
    for path in ("/en/office/", "/en/office/decisions", f"/en/office/requests/{request_id}"):
        page = client.get(path).text
        assert is_told(page), path
    client.post("/sign-out")
    client.sign_in("anong")
    for path in ("/en/office/", "/en/treasury/", f"/en/office/requests/{approved_id}"):
        assert is_told(client.get(path).text), path


def is_told(page: str) -> bool:
    return "working day" in page or "due today" in page or "by <time" in page


def test_nothing_is_due_from_a_requester(client: Visitor, made: Maker) -> None:
    request_id = made(lambda world: world.draft().id)
    client.sign_in("malee")
    assert not is_told(client.get(f"/en/office/requests/{request_id}").text)


def test_a_demonstration_shows_everybody_everything(
    portal: Portal, client: Visitor, made: Maker
) -> None:
    reference = made(approved)
    install = portal.install
    install.settings = replace(install.settings, is_demo=True)
    client.sign_in("wipa")
    page = client.get("/en/office/outbox").text
    assert f"{reference} is approved" in page
    assert "what would have been sent" in page


def test_a_long_digest_is_cut_and_evidence_never_is(portal: Portal) -> None:
    abouts = [
        About(number, f"RYG-2570-{number:06}", f"eid-{number}", kind=Kind.TO_PAY)
        for number in range(LISTED_MAX + 5)
    ]
    with portal.app.test_request_context("/en/office/outbox"):
        short = write(Kind.DIGEST, abouts, {}, base_url="https://fund.example").body
        digests = {about.entry: "0" * 64 for about in abouts}
        whole = write(Kind.TO_PAY, abouts, digests, base_url="https://fund.example").body
    assert short.count("https://") == LISTED_MAX
    assert "และอีก 5 รายการ / And 5 more." in short
    assert whole.count("https://") == whole.count("SHA-256 0") == LISTED_MAX + 5


def test_letters_wait_kept_or_mailed_by_whether_mail_is_sent(
    portal: Portal, client: Visitor, made: Maker
) -> None:
    made(approved)
    change(due_at=now() - timedelta(minutes=1))
    client.sign_in("chair5")
    assert "Only here" in client.get("/en/office/outbox").text
    portal.install.settings = replace(portal.install.settings, smtp_url="smtp://127.0.0.1")
    assert "Waits to be mailed" in client.get("/en/office/outbox").text
