"""Letters on their way: joined, tried again, given up, and never sent twice by two workers."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.audit.models import LogEntry
from portal.db import db
from portal.db import writing
from portal.funds.reminding import remind
from portal.letters.models import Letter
from portal.letters.postman import PostOffice
from portal.letters.postman import send_letters
from portal.letters.rules import ATTEMPTS_MAX
from portal.letters.rules import LEASE
from portal.letters.service import claim_letter
from portal.mail import MailServer
from portal.mail import Trouble
from portal.people.models import Person
from tests.conftest import Maker
from tests.conftest import Portal
from tests.mailbox import Mailbox
from tests.mailbox import free_port
from tests.mailbox import mailbox
from tests.mailbox import text_of
from tests.world import NOON
from tests.world import SECRETS
from tests.world import World

SOON = NOON + timedelta(minutes=10)


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as running:
        yield running


def office(url: str) -> PostOffice:
    return PostOffice(MailServer.parse(url), "portal@fund.example", "https://fund.example")


def letters() -> list[Letter]:
    with Session(db.engine) as session:
        return [*session.scalars(select(Letter).order_by(Letter.id))]


def submitted(world: World) -> tuple[int, str | None, str | None]:
    fund_request = world.submitted()
    return fund_request.id, fund_request.reference, fund_request.log_eid


def test_a_letter_is_mailed_in_thai_and_english_with_its_evidence(
    made: Maker, box: Mailbox
) -> None:
    request_id, reference, eid = made(submitted)
    assert send_letters(db.engine, office(box.url), at=NOON).sent == 0
    assert send_letters(db.engine, office(box.url), at=SOON).sent == 1
    (message,) = box.taken
    assert message["To"] == "chair5@rayong.example"
    assert message["Subject"] == (f"{reference} รอท่านพิจารณา / {reference} waits for your decision")
    body = text_of(message)
    assert body.index("การลงนามลำดับถัดไปเป็นของท่าน") < body.index("The next signature is yours")
    assert f"https://fund.example/office/requests/{request_id}\n" in body
    assert not [secret for secret in SECRETS if secret in body]
    assert "1,500" not in body
    # Anybody may hold the mail against the published log.
    assert f"entry {eid}\nSHA-256 {digest_of(str(eid))}\n" in body
    (letter,) = letters()
    assert (letter.sent_at, letter.attempts, letter.body) == (SOON, 1, body)
    assert send_letters(db.engine, office(box.url), at=SOON + timedelta(days=1)).sent == 0


def digest_of(eid: str) -> str:
    with Session(db.engine) as session:
        body = session.scalars(select(LogEntry.body).where(LogEntry.eid == eid)).one()
    return hashlib.sha256(body).hexdigest()


def test_letters_of_a_kind_to_one_person_travel_together(made: Maker, box: Mailbox) -> None:
    made(lambda world: len(world.approvals(3)))
    done = send_letters(db.engine, office(box.url), at=SOON)
    # To decide, approved, and to pay twice: whoever has no address reads it in the portal.
    assert (done.sent, len(box.taken), done.troubles) == (4, 4, ())
    to_pay = [one for one in box.taken if "wait for payment" in str(one["Subject"])]
    assert {one["To"] for one in to_pay} == {"anong@rayong.example", "prasit@rayong.example"}
    for message in to_pay:
        assert str(message["Subject"]).startswith("คำขอ 3 รายการ")
        assert text_of(message).count("\nSHA-256 ") == 3
    joined = [letter for letter in letters() if letter.sent_with_id]
    assert len(joined) == 8
    unsent = [letter for letter in letters() if not letter.sent_with_id and not letter.sent_at]
    with Session(db.engine) as session:
        assert {session.get_one(Person, letter.to_person_id).username for letter in unsent} == {
            "phailin"
        }


def test_reminders_and_digests_are_mailed_at_once(made: Maker, box: Mailbox) -> None:
    morning = NOON + timedelta(days=4, hours=19)
    made(lambda world: [submitted(world) for _ in range(2)])
    made(lambda world: remind(world.session, at=morning))
    assert send_letters(db.engine, office(box.url), at=morning).sent == 2
    digest, due = box.taken
    assert "2 requests are due" in str(due["Subject"])
    assert "This morning 2 requests wait for you" in str(digest["Subject"])
    assert "รอพิจารณา 2 รายการ / To decide: 2" in text_of(digest)
    assert "(ภายใน 25 พ.ย. 2569 / last day 25 Nov 2026)" in text_of(digest)
    assert "SHA-256" not in text_of(digest)


def test_what_is_not_taken_is_tried_again_with_the_same_words_and_id(
    made: Maker, box: Mailbox
) -> None:
    made(submitted)
    box.answer = "451 come back later"
    done = send_letters(db.engine, office(box.url), at=SOON)
    assert (done.sent, [error.trouble for error in done.troubles]) == (0, [Trouble.REFUSED])
    (letter,) = letters()
    assert (letter.attempts, letter.last_error) == (1, "refused")
    assert letter.due_at == SOON + timedelta(minutes=1)
    # Meanwhile another comes; the first keeps its words.
    made(submitted)
    box.answer = "250 OK"
    assert send_letters(db.engine, office(box.url), at=SOON).sent == 1
    assert send_letters(db.engine, office(box.url), at=letter.due_at).sent == 1
    other, again = box.taken
    assert text_of(again) == letter.body
    assert again["Message-ID"] != other["Message-ID"]
    sent = letters()[0]
    assert (sent.attempts, sent.last_error) == (2, None)


def test_after_eight_attempts_it_has_failed(made: Maker, box: Mailbox) -> None:
    made(submitted)
    box.refused = {"chair5@rayong.example"}
    at = SOON
    for attempts in range(1, ATTEMPTS_MAX + 1):
        assert len(send_letters(db.engine, office(box.url), at=at).troubles) == 1
        (letter,) = letters()
        assert letter.attempts == attempts
        at = letter.due_at
    (letter,) = letters()
    assert (letter.attempts, letter.last_error) == (ATTEMPTS_MAX, "address")
    assert letter.failed_at == at
    box.refused = set()
    assert send_letters(db.engine, office(box.url), at=at + timedelta(days=1)).sent == 0


def test_a_server_that_does_not_answer_is_not_asked_for_every_letter(made: Maker) -> None:
    made(lambda world: world.approved().id)
    nobody = office(f"smtp://127.0.0.1:{free_port()}")
    assert len(send_letters(db.engine, nobody, at=SOON).troubles) == 1
    assert sum(letter.attempts for letter in letters()) == 1


def test_a_sender_that_died_leaves_the_letter_for_a_while_and_its_double_is_known(
    made: Maker, box: Mailbox
) -> None:
    made(submitted)
    first = office(box.url)
    # It was handed to the server, and the commit never came.
    assert send_letters(db.engine, first, at=SOON).sent == 1
    with writing(db.engine, {}) as session:
        session.execute(update(Letter).values(sent_at=None))
    assert send_letters(db.engine, first, at=SOON).sent == 0
    assert send_letters(db.engine, first, at=SOON + LEASE).sent == 1
    once, twice = box.taken
    assert once["Message-ID"] == twice["Message-ID"]
    assert (once["Subject"], text_of(once)) == (twice["Subject"], text_of(twice))


def test_a_sender_that_died_at_the_last_attempt_leaves_a_failed_letter(
    made: Maker, box: Mailbox
) -> None:
    made(submitted)
    with writing(db.engine, {}) as session:
        session.execute(update(Letter).values(attempts=ATTEMPTS_MAX, due_at=SOON))
    assert send_letters(db.engine, office(box.url), at=SOON).sent == 0
    (letter,) = letters()
    assert letter.failed_at == SOON


def test_what_is_old_is_not_mailed(made: Maker, box: Mailbox) -> None:
    made(submitted)
    assert send_letters(db.engine, office(box.url), at=SOON + timedelta(days=3)).sent == 0
    assert box.taken == []


def test_two_workers_send_nothing_twice(portal: Portal, made: Maker, box: Mailbox) -> None:
    at = NOON + timedelta(days=2, hours=20)
    made(lambda world: [world.approvals(2), remind(world.session, at=at)])
    start = Barrier(2)

    def work() -> int:
        with portal.app.app_context():
            start.wait()
            return send_letters(db.engine, office(box.url), at=at).sent

    with ThreadPoolExecutor(2) as threads:
        rounds = [threads.submit(Context().run, work) for _ in range(2)]
        sent = sum(each.result() for each in rounds)
    ids = [message["Message-ID"] for message in box.taken]
    assert len(ids) == len(set(ids)) == sent
    # Each act is told to each of those it concerns, once.
    told = Counter(
        (message["To"], line)
        for message in box.taken
        for line in text_of(message).splitlines()
        if line.startswith("entry ")
    )
    assert set(told.values()) == {1}
    assert len(told) == 8


@pytest.mark.parametrize("portal", ["postgresql"], indirect=True)
def test_a_letter_that_another_worker_holds_is_passed_over(made: Maker) -> None:
    made(submitted)
    with Session(db.engine) as one, Session(db.engine) as other:
        assert claim_letter(one, at=SOON) is not None
        assert claim_letter(other, at=SOON) is None
