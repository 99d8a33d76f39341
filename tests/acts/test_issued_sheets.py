"""The papers of the worker: who issues which, under which number, once for what they tell."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.archive import Archive
from portal.audit.models import LogEntry
from portal.audit.models import PrivateField
from portal.funds.models import FundRequest
from portal.funds.rules import RoleNeededError
from portal.funds.sheet_issuing import Matter
from portal.funds.sheet_issuing import SheetPaper
from portal.funds.sheet_issuing import begin_sheet
from portal.funds.sheet_issuing import issue_sheet
from portal.funds.sheet_models import IssuedSheet
from portal.funds.sheet_rules import TERMS
from portal.funds.sheet_rules import About
from portal.funds.sheet_rules import SheetChangedError
from portal.funds.sheet_rules import SheetKind
from portal.funds.sheet_rules import SheetUnknownError
from portal.funds.sheet_rules import sheets_to_ask
from portal.funds.sheets_issued import sheet_row
from portal.funds.sheets_issued import sheets_about
from portal.funds.sheets_issued import sheets_of_request
from portal.jobs.models import Job
from portal.payments import service
from portal.payments.asking import ask_sheet
from portal.payments.models import Payment
from portal.payments.sheet_table import TELL
from portal.roles import Actor
from portal.roles import Role
from tests.world import NOON
from tests.world import SECRETS
from tests.world import World

PAPER = b"%PDF-1.7 the bytes of a paper"


def told(world: World, kind: SheetKind, about: object, by: Actor) -> Matter:
    return TELL[kind](world.session, str(about), by, NOON.date())


def begun(
    world: World, kind: SheetKind, about: object, by: Actor | None = None, *, ahead: int = 0
) -> SheetPaper:
    by = by or world.malee
    matter = told(world, kind, about, by)
    return begin_sheet(world.session, kind, matter, ahead=ahead, by=by, at=NOON)


def issued(world: World, paper: SheetPaper) -> IssuedSheet:
    about = paper.matter.about.partition(":")[2]
    matter = told(world, paper.kind, about, paper.by)
    return issue_sheet(world.session, paper, matter, PAPER + paper.stamp.eid.encode())


def sent(world: World, payment: Payment) -> Payment:
    return service.send_payment(
        world.session, payment.id, seen_version=payment.version, by=world.prasit, at=NOON
    )


def numbers(session: Session, kind: SheetKind) -> list[str]:
    rows = select(IssuedSheet).where(IssuedSheet.kind == kind).order_by(IssuedSheet.id)
    return [f"{sheet.reference}/{sheet.number}" for sheet in session.scalars(rows)]


def test_a_paper_is_an_entry_that_tells_nothing_of_whom_it_is_about(
    session: Session, world: World
) -> None:
    payment = world.confirmed()
    paper = begun(world, SheetKind.VOUCHER, payment.id, world.anong)
    sheet = issued(world, paper)
    body = session.scalars(select(LogEntry.body).where(LogEntry.eid == sheet.log_eid)).one()
    entry = json.loads(body)
    assert entry["t"] == "sheet.issued"
    assert entry["pub"] == {
        "reference": "RYG-2570-V000001",
        "number": 1,
        "document": "voucher",
        "about": payment.reference,
    }
    assert (entry["act"]["r"], entry["ref"]) == ("treasurer", [payment.log_eid])
    assert [secret for secret in SECRETS if secret.encode() in body] == []
    # The key of whom it is about opens it, and is destroyed with the rest.
    youth_id = session.get_one(FundRequest, payment.fund_request_id).youth_id
    subject = select(PrivateField.subject).where(
        PrivateField.eid == sheet.log_eid, PrivateField.field == "doc"
    )
    assert session.scalars(subject).one() == f"youth:{youth_id}"
    archive: Archive = session.info["archive"]
    assert archive.read(sheet.digest) == PAPER + paper.stamp.eid.encode()
    row = sheet_row(session, sheet.id)
    assert row.file_name == "RYG-2570-V000001-voucher-1.pdf"
    assert row.issued_by == world.person(world.anong).name
    assert sheets_about(session, f"payment:{payment.id}") == [row]
    assert sheets_of_request(session, payment.fund_request_id) == [row]
    with pytest.raises(SheetUnknownError):
        sheet_row(session, sheet.id + 1)


def test_what_tells_nothing_new_is_the_paper_that_was_there(session: Session, world: World) -> None:
    payment = world.released()
    first = world.sheet(SheetKind.VOUCHER, payment.id)
    again = begun(world, SheetKind.VOUCHER, payment.id, world.anong)
    assert (again.reference, again.number) == (first.reference, 2)
    assert issued(world, again) is first
    assert numbers(session, SheetKind.VOUCHER) == ["RYG-2570-V000001/1"]


def test_what_changed_is_another_edition_under_the_same_number(
    session: Session, world: World
) -> None:
    payment = world.prepared()
    world.released(payment=payment)
    world.sheet(SheetKind.VOUCHER, payment.id)
    world.sheet(SheetKind.VOUCHER, world.released().id)
    world.receipted(world.confirm(sent(world, payment)))
    world.sheet(SheetKind.VOUCHER, payment.id)
    world.sheet(SheetKind.VOUCHER, world.released().id)
    assert numbers(session, SheetKind.VOUCHER) == [
        "RYG-2570-V000001/1",
        "RYG-2570-V000002/1",
        "RYG-2570-V000001/2",
        "RYG-2570-V000003/1",
    ]


def test_each_kind_counts_for_itself_and_some_bear_the_number_of_their_thing(
    session: Session, world: World
) -> None:
    payment = world.confirmed()
    request = session.get_one(FundRequest, payment.fund_request_id)
    made = [
        world.sheet(kind, about).reference
        for kind, about in (
            (SheetKind.WITHDRAWAL, request.id),
            (SheetKind.MEMO, request.id),
            (SheetKind.VOUCHER, payment.id),
            (SheetKind.RECEIPT, payment.id),
        )
    ]
    assert made == [
        request.reference,
        "RYG-2570-M000001",
        "RYG-2570-V000001",
        "RYG-2570-R000001",
    ]
    letters = [terms.letter for terms in TERMS.values() if terms.letter]
    assert len(set(letters)) == len(letters)
    # Of what has a number of its own, no other kind may take it.
    assert not set(letters) & {"B", "D", "P"}


def test_no_number_is_given_twice_and_none_is_lost(session: Session, world: World) -> None:
    payments = [world.released() for _ in range(3)]
    papers = [
        begun(world, SheetKind.VOUCHER, payment.id, ahead=number)
        for number, payment in enumerate(payments)
    ]
    # The first one cannot be made: those after it have a number that would leave a gap.
    with pytest.raises(SheetChangedError):
        issued(world, papers[1])
    # Two were told at once, each as the next one.
    twin = begun(world, SheetKind.VOUCHER, payments[2].id)
    issued(world, papers[0])
    with pytest.raises(SheetChangedError):
        issued(world, twin)
    issued(world, papers[1])
    issued(world, papers[2])
    assert numbers(session, SheetKind.VOUCHER) == [
        f"RYG-2570-V00000{number}/1" for number in (1, 2, 3)
    ]


def test_what_changed_while_it_was_made_is_not_issued(session: Session, world: World) -> None:
    payment = world.released()
    paper = begun(world, SheetKind.VOUCHER, payment.id)
    sent(world, payment)
    with pytest.raises(SheetChangedError):
        issued(world, paper)
    assert numbers(session, SheetKind.VOUCHER) == []


def test_an_act_that_is_undone_takes_no_number(session: Session, world: World) -> None:
    payment = world.released()
    with session.begin_nested() as undone:
        world.sheet(SheetKind.VOUCHER, payment.id)
        undone.rollback()
    session.expire_all()
    assert world.sheet(SheetKind.VOUCHER, payment.id).reference == "RYG-2570-V000001"


@pytest.mark.parametrize("kind", [SheetKind.VOUCHER, SheetKind.RECEIPT])
def test_only_who_issues_a_paper_asks_for_it(
    session: Session, world: World, kind: SheetKind
) -> None:
    payment = world.released()
    for by in (world.somchai, world.driving, world.wipa):
        with pytest.raises(RoleNeededError):
            ask_sheet(session, kind, str(payment.id), by=by, at=NOON)
    ask_sheet(session, kind, str(payment.id), by=world.malee, at=NOON)
    job = session.scalars(select(Job)).one()
    assert json.loads(job.asked) == {"paper": kind, "about": str(payment.id)}
    everything = " ".join(str(value) for value in vars(job).values())
    assert [secret for secret in SECRETS if secret in everything] == []


def test_a_finder_asks_for_the_papers_of_what_they_asked_for(
    session: Session, world: World
) -> None:
    mine = world.submitted(by=world.finder)
    assert world.sheet(SheetKind.WITHDRAWAL, mine.id, world.finder).role is Role.FINDER
    to_ask = sheets_to_ask(About.REQUEST, world.finder, asked_by=world.finder.person_id)
    assert to_ask == [SheetKind.WITHDRAWAL]
    assert sheets_to_ask(About.REQUEST, world.finder, asked_by=world.malee.person_id) == []
    with pytest.raises(RoleNeededError):
        ask_sheet(session, SheetKind.MEMO, str(mine.id), by=world.finder, at=NOON)


@pytest.mark.parametrize("about", About)
@pytest.mark.parametrize("role", Role)
def test_who_may_ask_for_what(about: About, role: Role) -> None:
    by = Actor(7, frozenset({role}), name="", username="")
    offered = {
        (Role.OFFICER, About.REQUEST): ["withdrawal", "memo"],
        (Role.OFFICER, About.PAYMENT): ["voucher", "receipt", "advance", "clearing"],
        (Role.OFFICER, About.DONATION): ["thanks"],
        (Role.TREASURER, About.REQUEST): ["withdrawal"],
        (Role.TREASURER, About.PAYMENT): ["voucher", "receipt", "advance", "clearing"],
        (Role.TREASURER, About.BATCH): ["remittance"],
        (Role.TREASURER, About.MONTH): ["reconciliation"],
    }
    assert sheets_to_ask(about, by) == offered.get((role, about), [])
