"""More of everything in the world of the doors, for what must cost the same with more rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC
from datetime import date
from datetime import datetime
from datetime import timedelta

from portal.concerns.codes import ConcernTopic
from portal.db import db
from portal.db import writing
from portal.funds.acting import ActingAnswer
from portal.funds.acting import appoint_acting_chair
from portal.funds.intake import Imported
from portal.funds.intake import keep_run
from portal.funds.models import FundRequest
from portal.funds.money_in import AllocationAnswer
from portal.funds.money_in import allocate
from portal.funds.setup import close_day
from portal.money import Money
from portal.payments.statement_lines import import_statement
from portal.people.openings import OpeningAnswer
from portal.people.openings import ask_opening
from portal.people.rules import Purpose
from portal.people.service import add_organisation
from portal.people.service import add_person
from portal.people.service import grant_role
from portal.roles import Role
from portal.sheets import write_workbook
from portal.youths.consenting import GuardianAnswer
from portal.youths.consenting import add_guardian
from portal.youths.models import Youth
from portal.youths.rules import Relation
from tests import cases
from tests.acts.test_statement_lines import rows as statement_rows
from tests.conftest import Portal
from tests.doors import CLOSED
from tests.doors import TODAY
from tests.doors import TUESDAY
from tests.doors import pair
from tests.reporting import gift
from tests.reporting import prepared
from tests.world import ACCOUNT
from tests.world import ANSWER
from tests.world import NOON
from tests.world import YOUTH
from tests.world import World

TIMES = 3
PERIODS = ("2027-01", "2027-02", "FY2570-Q2")
IN_APRIL = datetime(2027, 4, 5, 3, 0, tzinfo=UTC)


def grow(portal: Portal, places: Mapping[str, object]) -> dict[str, object]:
    """Let the cast do as much again, three times; return where the longer lists are found."""
    with writing(db.engine, portal.install.session_info()) as session:
        world = World(session)
        paid_out = [world.prepared(_approved(world, number)) for number in range(TIMES)]
        batch_id = world.batched(*paid_out).id
        for number in range(1, TIMES + 1):
            _once_more(world, number)
            _more_of(world, places, number)
        gift(world, IN_APRIL)
    portal.install.publish(db.engine)
    with writing(db.engine, portal.install.session_info()) as session:
        for period in PERIODS:
            prepared(World(session), portal.install, period=period, word=period, at=IN_APRIL)
    portal.install.publish(db.engine)
    return {**places, "batch": batch_id}


def _asked(world: World, number: int) -> FundRequest:
    """Ask for somebody else than before."""
    youth = replace(
        YOUTH,
        first_name=f"อื่น{number}",
        last_name=f"สมมติ{number}",
        birth_on=date(2008, 1, 1) + timedelta(days=40 * number),
        national_id=None,
    )
    account = replace(ANSWER.payee, account_number=f"99900001{number:02}")
    answer = replace(ANSWER, youth=youth, payee=account)
    return world.submitted(by=world.finder, answer=answer)


def _approved(world: World, number: int) -> FundRequest:
    return world.approve(_asked(world, number), world.somchai)


def _once_more(world: World, number: int) -> None:
    """Do what the cast did once with somebody else."""
    _paid(world, 10 * number)
    _told_and_ruled(world, number)
    _seen_and_found(world, number)


def _paid(world: World, first: int) -> None:
    world.draft(by=world.finder)
    world.declare(_asked(world, first), world.somchai)
    world.issued(_approved(world, first + 1))
    world.prepared(_approved(world, first + 2))
    world.released(_approved(world, first + 3))
    sent = world.sent(_approved(world, first + 4))
    paid = world.confirmed(f"KTB-MORE-{first}", fund_request=_approved(world, first + 5))
    world.receipted(paid, by=world.finder)
    world.confirmed(f"KTB-BARE-{first}", fund_request=_approved(world, first + 6))
    told = (f"โอน {sent.reference}", "1500", ""), ("ค่าธรรมเนียม", f"{30 + first}", "")
    content = statement_rows(*told, opening=1_000_000 + first)
    import_statement(
        world.session, ACCOUNT.code, content, name="more.csv", by=world.phailin, at=NOON
    )


def _told_and_ruled(world: World, number: int) -> None:
    session = world.session
    gift(world, NOON)
    money = AllocationAnswer("GEN", "SC5", Money.baht(number), 2570)
    allocate(session, money, by=world.malee, at=NOON)
    close_day(
        session,
        CLOSED + timedelta(days=number),
        name_th="วันหยุด",
        name_en="Closed",
        by=world.admin,
        at=NOON,
    )
    begin = TODAY + timedelta(days=100 * number)
    term = ActingAnswer("chair6", "SC5", f"{12 + number}/2570", begin, begin + timedelta(days=9))
    appoint_acting_chair(session, term, by=world.somchai, at=NOON)
    code = f"MORE{number}"
    add_organisation(
        session, code, name_th="ใหม่", name_en="New", kind="STATE", by=world.admin, at=NOON
    )


def _seen_and_found(world: World, number: int) -> None:
    session = world.session
    person = add_person(
        session,
        f"more{number}",
        name=f"คนที่ {number}",
        organisation_code=None,
        by=world.admin,
        at=NOON,
    )
    grant_role(session, person, Role.AUDITOR, by=world.admin, at=NOON)
    world.raised()
    world.received(ConcernTopic.MONEY)
    world.received(ConcernTopic.CHILD)
    pair(world, f"ศิริพร{number}", f"สิริพร{number}")
    keep_run(
        session,
        (),
        Imported(0, 0),
        file_name="more.xlsx",
        corrections=write_workbook({"คำขอ": [["ลำดับ"]]}),
        by=world.malee,
        at=NOON,
    )


def _more_of(world: World, places: Mapping[str, object], number: int) -> None:
    """Add to what has a page of its own."""
    session = world.session
    youth = session.get_one(Youth, places["youth"])
    guardian = GuardianAnswer(f"ญาติคนที่ {number}", Relation.OTHER, "")
    add_guardian(session, youth.id, guardian, seen_version=youth.version, by=world.malee, at=NOON)
    cases.noted(world, youth.id)
    cases.planned(world, youth.id, day=TUESDAY + timedelta(days=7 * number))
    for name in ("submitted", "draft"):
        paper = f"%PDF {name} {number}".encode()
        world.attached(session.get_one(FundRequest, places[name]), content=paper)
    opening = OpeningAnswer(str(places["eid"]), ("reason",), Purpose.AUDIT, f"ตส {number}/2571")
    ask_opening(session, opening, by=world.wipa, at=NOON)
