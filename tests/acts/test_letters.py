"""Who is written to by which act and by the clock, and who is not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from datetime import date
from datetime import datetime
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.db import db
from portal.funds import intake
from portal.funds import lookups
from portal.funds import service
from portal.funds import workbook
from portal.funds.models import FundRequest
from portal.funds.reminding import remind
from portal.funds.rules import Reason
from portal.funds.service import Grounds
from portal.funds.setup import close_day
from portal.letters.models import Letter
from portal.letters.queries import letters
from portal.letters.rules import About
from portal.letters.rules import Kind
from portal.letters.rules import LetterNotFoundError
from portal.letters.rules import NewLetter
from portal.letters.rules import NotFailedError
from portal.letters.rules import NotThePostmasterError
from portal.letters.service import make_letters
from portal.letters.service import retry_letter
from portal.money import Money
from portal.payments.returning import Back
from portal.payments.returning import refund_payment
from portal.people.models import Person
from portal.people.queries import SYSTEM
from portal.people.queries import holder_ids
from portal.roles import Role
from portal.sheets import read_tables
from tests.conftest import PROVINCE
from tests.conftest import Maker
from tests.world import NOON
from tests.world import SECRETS
from tests.world import World

WORKBOOK = PROVINCE.with_name("rayong_requests.xlsx")
# Sent on Friday the 20th, a request is due to be decided on Wednesday the 25th.
DUE = datetime(2026, 11, 25, 0, 0, tzinfo=UTC)
MORNING = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)


def told(session: Session) -> list[tuple[str, str]]:
    """Return who was written to, and of what, in order; then empty the table for the next."""
    found = session.execute(
        select(Letter.kind, Person.username)
        .join(Person, Person.id == Letter.to_person_id)
        .order_by(Letter.id)
    ).all()
    session.execute(text("DELETE FROM letter"))
    session.expire_all()
    return [(row.kind.value, row.username) for row in found]


def test_each_act_tells_those_whom_it_concerns(session: Session, world: World) -> None:
    fund_request = world.submitted(by=world.finder, amount=Money.baht(5500))
    assert told(session) == [("to_decide", "chair5")]
    world.approve(fund_request, world.somchai)
    assert told(session) == [("to_decide", "driving")]
    world.approve(fund_request, world.driving)
    assert sorted(told(session)) == [
        ("approved", "finder1"),
        ("to_pay", "anong"),
        ("to_pay", "phailin"),
        ("to_pay", "prasit"),
    ]


def decline(world: World, fund_request: FundRequest, action: str) -> None:
    world.declare(fund_request, world.somchai)
    act = {"return": service.return_request, "reject": service.reject_request}[action]
    act(
        world.session,
        fund_request.id,
        Grounds(Reason.PAPERS, SECRETS[4]),
        seen_version=fund_request.version,
        by=world.somchai,
        at=NOON,
    )


def test_a_return_and_a_refusal_are_told_to_the_requester(session: Session, world: World) -> None:
    fund_request = world.submitted(by=world.finder)
    decline(world, fund_request, "return")
    assert told(session)[1:] == [("to_correct", "finder1")]
    service.submit_request(
        session, fund_request.id, seen_version=fund_request.version, by=world.finder, at=NOON
    )
    assert told(session) == [("to_decide", "chair5")]
    decline(world, fund_request, "reject")
    assert told(session) == [("rejected", "finder1")]


def test_drafts_withdrawals_and_the_steps_of_a_payment_tell_nobody(
    session: Session, world: World
) -> None:
    world.draft(by=world.finder)
    fund_request = world.submitted(by=world.finder)
    told(session)
    service.withdraw_request(
        session, fund_request.id, seen_version=fund_request.version, by=world.finder, at=NOON
    )
    assert told(session) == []
    world.confirmed()
    assert {kind for kind, _ in told(session)} == {"to_decide", "approved", "to_pay"}
    world.confirmed("KTB0002")
    assert len(told(session)) == 5


def test_money_that_comes_back_is_told_to_the_treasurers_alone(
    session: Session, world: World
) -> None:
    payment = world.confirmed()
    world.receipted(payment)
    told(session)
    back = Back(Money(100), SECRETS[4])
    seen = payment.version
    refund_payment(session, payment.id, back, seen_version=seen, by=world.phailin, at=NOON)
    assert sorted(told(session)) == [("to_pay", "anong"), ("to_pay", "prasit")]


def test_nobody_is_told_of_what_they_did_or_may_not_do(session: Session, world: World) -> None:
    everybody = world.everything()
    # Filed by somebody who is chair as well: only the other chair is told to decide.
    fund_request = world.submitted(by=everybody)
    assert told(session) == [("to_decide", "chair5")]
    # And who signed last is not told to pay; nor is the requester, who may not.
    world.approve(fund_request, world.somchai)
    assert sorted(told(session)) == [
        ("approved", "everything"),
        ("to_pay", "anong"),
        ("to_pay", "phailin"),
        ("to_pay", "prasit"),
    ]


def test_who_signs_last_is_not_told_to_pay(session: Session, world: World) -> None:
    everybody = world.everything()
    fund_request = world.submitted(by=world.finder)
    told(session)
    world.approve(fund_request, everybody)
    assert {username for _, username in told(session)} == {"finder1", "anong", "phailin", "prasit"}


def test_whoever_left_is_not_written_to(session: Session, world: World) -> None:
    session.execute(update(Person).where(Person.username == "prasit").values(is_active=False))
    world.approved()
    assert ("to_pay", "prasit") not in told(session)


def test_a_letter_names_the_request_and_the_entry_and_nothing_else(
    session: Session, world: World
) -> None:
    fund_request = world.submitted()
    letter = session.scalars(select(Letter)).one()
    assert letter.abouts == [
        About(fund_request.id, str(fund_request.reference), str(fund_request.log_eid))
    ]
    assert (letter.reference, letter.made_at) == (fund_request.reference, NOON)
    assert (letter.subject, letter.body, letter.sent_at) == (None, None, None)


def test_a_letter_goes_with_its_act_or_not_at_all(made: Maker) -> None:
    class CutOffError(Exception):
        pass

    def cut_off(world: World) -> None:
        world.submitted()
        raise CutOffError

    with pytest.raises(CutOffError):
        made(cut_off)
    assert made(lambda world: told(world.session)) == []


def test_an_import_is_one_letter_to_each_chair(session: Session, world: World) -> None:
    tables = read_tables(WORKBOOK.read_bytes(), name=WORKBOOK.name)
    answers = workbook.judge(tables, intake.names(session), intake.imports(session))
    imported = intake.import_requests(session, answers, by=world.malee, at=NOON)
    found = session.scalars(select(Letter)).all()
    assert {letter.kind for letter in found} == {Kind.TO_DECIDE}
    assert len({letter.to_person_id for letter in found}) == len(found) == 6
    assert sum(len(letter.abouts) for letter in found) == imported.new == 267
    for letter in found:
        rows = [session.get_one(FundRequest, about.request_id) for about in letter.abouts]
        chairs = {tuple(holder_ids(session, Role.CHAIR, row.subcommittee_code)) for row in rows}
        assert chairs == {(letter.to_person_id,)}
        assert [about.entry for about in letter.abouts] == [row.log_eid for row in rows]
    told(session)
    # The same workbook again tells nobody anything.
    intake.import_requests(session, answers, by=world.malee, at=NOON)
    assert told(session) == []


def test_the_letters_of_an_act_cost_a_question_and_an_insert(
    session: Session, world: World
) -> None:
    fund_request = world.submitted(by=world.finder)
    said: list[str] = []
    event.listen(
        session.connection(),
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_: said.append(statement),
    )
    world.approve(fund_request, world.somchai)
    assert len([one for one in said if "letter" in one]) == 1
    assert len([one for one in said if "role_grant" in one and "person.name" in one]) == 1


def test_a_step_begins_with_its_state_and_not_with_its_holder(
    session: Session, world: World
) -> None:
    later = NOON + timedelta(days=3)
    fund_request = world.submitted(amount=Money.baht(5500))
    for by, step_since in ((world.somchai, NOON), (world.driving, later)):
        world.declare(fund_request, by)
        service.approve_request(
            session, fund_request.id, note="", seen_version=fund_request.version, by=by, at=later
        )
        assert (fund_request.waits_since, fund_request.step_since) == (later, step_since)


def test_the_clock_of_a_province_knows_its_targets_and_closed_days(
    session: Session, world: World
) -> None:
    fund_request = world.submitted()
    due = lookups.clock(session, at=NOON).due(fund_request)
    assert due is not None
    assert due.on == date(2026, 11, 25)
    close_day(session, date(2026, 11, 25), name_th="ปิด", name_en="Closed", by=SYSTEM, at=NOON)
    session.flush()
    due = lookups.clock(session, at=NOON).due(fund_request)
    assert due is not None
    assert due.on == date(2026, 11, 26)


def reminded(session: Session, at: datetime) -> list[tuple[str, str]]:
    remind(session, at=at)
    return sorted(told(session))


def test_the_clock_writes_each_morning_and_reminds_and_escalates(
    session: Session, world: World
) -> None:
    world.submitted()
    told(session)
    digest = ("digest", "chair5")
    late = ("late", "chair5")
    mornings = {
        "2026-11-21": [],
        "2026-11-22": [],
        "2026-11-23": [digest],
        "2026-11-25": [digest, ("due", "chair5")],
        "2026-11-27": [digest, late],
        "2026-11-28": [],
        "2026-12-02": [digest, ("escalated", "driving"), late],
    }
    for day, expected in mornings.items():
        at = datetime.fromisoformat(f"{day}T00:00:00Z")
        assert reminded(session, at - timedelta(minutes=1)) == []
        assert reminded(session, at) == expected


def test_no_reminder_is_made_twice(session: Session, world: World) -> None:
    world.submitted()
    for _ in range(3):
        for at in (DUE, DUE + timedelta(hours=9), DUE + timedelta(days=1)):
            remind(session, at=at)
    found = sorted(kind for kind, _ in told(session) if kind != "to_decide")
    assert found == ["digest", "digest", "due"]


def test_a_morning_that_was_missed_loses_nothing(session: Session, world: World) -> None:
    world.submitted()
    told(session)
    assert reminded(session, DUE + timedelta(days=14)) == [
        ("digest", "chair5"),
        ("escalated", "driving"),
        ("late", "chair5"),
    ]


def test_many_requests_are_one_reminder_and_one_digest(session: Session, world: World) -> None:
    sent = [world.submitted() for _ in range(3)]
    remind(session, at=DUE)
    for kind, waits in ((Kind.DUE, None), (Kind.DIGEST, Kind.TO_DECIDE)):
        letter = session.scalars(select(Letter).where(Letter.kind == kind)).one()
        assert letter.reference is None
        assert letter.abouts == [
            About(each.id, str(each.reference), due="2026-11-25", kind=waits) for each in sent
        ]


def test_a_digest_tells_everything_that_waits_for_somebody(session: Session, world: World) -> None:
    everybody = world.everything()
    # Theirs to correct, to decide and to pay; what others hold, and what is over, is not in it.
    returned = world.submitted(by=everybody)
    decline(world, returned, "return")
    decided, approved = world.submitted(), world.approved()
    decline(world, world.submitted(), "reject")
    world.confirmed()
    told(session)
    remind(session, at=MORNING)
    letter = session.scalars(select(Letter).where(Letter.to_person_id == everybody.person_id)).one()
    assert [(about.request_id, about.kind, about.due) for about in letter.abouts] == [
        (returned.id, Kind.TO_CORRECT, None),
        (decided.id, Kind.TO_DECIDE, "2026-11-25"),
        (approved.id, Kind.TO_PAY, "2026-11-24"),
    ]


def test_who_asked_is_not_reminded_to_decide(session: Session, world: World) -> None:
    everybody = world.everything()
    world.submitted(by=everybody)
    told(session)
    assert ("digest", "everything") not in reminded(session, MORNING)


def test_nobody_is_written_to_when_nothing_waits(session: Session, world: World) -> None:
    world.receipted(world.confirmed())
    told(session)
    assert reminded(session, MORNING) == []


def test_who_asked_is_reminded_of_receipts_and_then_the_officers_are(
    session: Session, world: World
) -> None:
    asked = world.approve(world.submitted(by=world.finder), world.somchai)
    payment = world.confirmed(fund_request=asked)
    told(session)
    digest, late = ("digest", "finder1"), ("receipt_late", "finder1")
    # Ten working days from Friday the 20th, with no holiday between.
    mornings = {
        "2026-11-23": [digest],
        "2026-12-04": [digest, ("receipt_due", "finder1")],
        "2026-12-09": [digest, late],
        "2026-12-15": [digest, ("receipt_escalated", "malee"), late],
    }
    for day, expected in mornings.items():
        assert reminded(session, datetime.fromisoformat(f"{day}T00:00:00Z")) == sorted(expected)
    world.receipted(payment, by=world.finder)
    told(session)
    assert reminded(session, datetime(2026, 12, 16, tzinfo=UTC)) == []


def test_a_letter_about_receipts_names_the_requests_and_the_day(
    session: Session, world: World
) -> None:
    paid = [world.confirmed(), world.confirmed("KTB0002")]
    remind(session, at=datetime(2026, 12, 4, tzinfo=UTC))
    due = session.scalars(select(Letter).where(Letter.kind == Kind.RECEIPT_DUE)).one()
    assert [(about.request_id, about.due) for about in due.abouts] == [
        (payment.fund_request_id, "2026-12-04") for payment in paid
    ]
    digest = session.scalars(select(Letter).where(Letter.kind == Kind.DIGEST)).one()
    assert {about.kind for about in digest.abouts} == {Kind.RECEIPT_DUE}


def failed_letter(world: World) -> Letter:
    world.submitted()
    letter = world.session.scalars(select(Letter)).one()
    letter.attempts, letter.failed_at, letter.last_error = 8, NOON, "address"
    world.session.flush()
    return letter


def test_only_an_administrator_sends_a_failed_letter_again(session: Session, world: World) -> None:
    letter = failed_letter(world)
    later = NOON + timedelta(days=9)
    with pytest.raises(NotThePostmasterError):
        retry_letter(session, letter.id, by=world.somchai, at=later)
    for by in (world.malee, world.finder, world.wipa):
        with pytest.raises(LetterNotFoundError):
            retry_letter(session, letter.id, by=by, at=later)
    admin = world.admin
    retry_letter(session, letter.id, by=admin, at=later)
    assert (letter.failed_at, letter.attempts, letter.due_at) == (None, 0, later)
    with pytest.raises(NotFailedError):
        retry_letter(session, letter.id, by=admin, at=later)
    with pytest.raises(LetterNotFoundError):
        retry_letter(session, 999, by=admin, at=later)


def test_who_sees_which_letters(session: Session, world: World) -> None:
    failed = failed_letter(world)
    world.approved()
    own = letters(session, world.somchai, sees_all=False, mails=True, at=NOON)
    assert (own.count, own.failed, {row.is_mine for row in own.rows}) == (2, 1, {True})
    none = letters(session, world.wipa, sees_all=False, mails=True, at=NOON)
    assert (none.count, none.rows, none.pages) == (0, (), 1)
    every = letters(session, world.wipa, sees_all=True, mails=True, at=NOON)
    assert (every.count, every.failed, every.first, every.last) == (6, 1, 1, 6)
    assert {row.is_mine for row in every.rows} == {False}
    only = letters(session, world.wipa, sees_all=True, mails=True, only_failed=True, at=NOON)
    assert [(row.id, row.last_error) for row in only.rows] == [(failed.id, "address")]
    assert letters(session, world.wipa, sees_all=True, mails=True, at=NOON, page=9**20).rows == ()


@pytest.mark.parametrize(
    "change",
    [
        "sent_at = made_at",
        "subject = 'x'",
        "attempts = 9",
        "sent_with_id = id",
        "kind = 'advertising'",
        "subject = 'x', body = 'y', sent_at = made_at, failed_at = made_at",
    ],
)
def test_the_database_keeps_letters_in_order(made: Maker, change: str) -> None:
    made(lambda world: world.submitted().id)
    with Session(db.engine) as session, pytest.raises(DBAPIError, match=r"(?i)check"):
        session.execute(text(f"UPDATE letter SET {change}"))  # noqa: S608 - our own words


def test_the_database_knows_the_same_letter_again(made: Maker) -> None:
    def twice(world: World) -> Sequence[Letter]:
        same = NewLetter(world.malee.person_id, Kind.DUE, "2026-11-25", [About(1, "RYG-2570-1")])
        make_letters(world.session, [same], at=NOON)
        make_letters(world.session, [same, same], at=NOON)
        make_letters(world.session, [], at=NOON)
        return world.session.scalars(select(Letter)).all()

    assert len(made(twice)) == 1
    with Session(db.engine) as session, pytest.raises(DBAPIError, match=r"(?i)unique"):
        session.execute(
            text(
                "INSERT INTO letter (to_person_id, kind, about, key, made_at, due_at, attempts)"
                " SELECT to_person_id, kind, about, key, made_at, due_at, 0 FROM letter"
            )
        )
