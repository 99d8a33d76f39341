from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.archive import Archive
from portal.audit.entry import base64url
from portal.audit.entry import canonical
from portal.audit.entry import commitment
from portal.audit.models import LogEntry
from portal.audit.models import PrivateField
from portal.funds.decision_sheet import decision_sheet
from portal.funds.documents import DocumentKind
from portal.funds.documents import DocumentTooEarlyError
from portal.funds.issued import DocumentUnknownError
from portal.funds.issued import issued_document
from portal.funds.issued import issued_documents
from portal.funds.issuing import begin_document
from portal.funds.issuing import issue_document
from portal.funds.models import Document
from portal.funds.models import FundRequest
from portal.funds.models import RequestAct
from portal.funds.rules import Reason
from portal.funds.rules import RequestNotFoundError
from portal.funds.rules import RoleNeededError
from portal.funds.rules import StaleRequestError
from portal.funds.rules import State
from portal.funds.service import Grounds
from portal.funds.service import reject_request
from portal.funds.service import return_request
from portal.funds.service import submit_request
from portal.funds.service import withdraw_request
from portal.money import Money
from portal.youths.models import Project
from portal.youths.models import Youth
from tests.world import NOON
from tests.world import SECRETS
from tests.world import World

PAPER = b"%PDF-1.7 the bytes of a paper"


def entry(session: Session, eid: str) -> dict[str, Any]:
    body = session.scalars(select(LogEntry.body).where(LogEntry.eid == eid)).one()
    told: dict[str, Any] = json.loads(body)
    return told


def rejected(world: World) -> FundRequest:
    fund_request = world.to_decide()
    return reject_request(
        world.session,
        fund_request.id,
        Grounds(Reason.PAPERS, "ขาดหนังสือรับรอง"),
        seen_version=fund_request.version,
        by=world.somchai,
        at=NOON,
    )


def test_a_paper_is_an_entry_that_tells_nothing_of_whom_it_is_about(
    session: Session, world: World
) -> None:
    fund_request = world.approved()
    document = world.issued(fund_request)
    told = entry(session, document.log_eid)
    assert told["t"] == "document.issued"
    assert told["pub"] == {"document": "decision", "number": 1, "reference": "RYG-2570-000001"}
    assert (told["act"]["r"], told["ref"]) == ("officer", [fund_request.log_eid])
    assert [secret for secret in SECRETS if secret in json.dumps(told, ensure_ascii=False)] == []
    # The youth's key opens it, and is destroyed with the rest.
    subject = select(PrivateField.subject).where(
        PrivateField.eid == document.log_eid, PrivateField.field == "doc"
    )
    assert session.scalars(subject).one() == f"youth:{fund_request.youth_id}"


def test_who_holds_the_paper_opens_its_commitment_and_one_changed_byte_does_not(
    session: Session, world: World
) -> None:
    paper = world.begun(world.approved())
    document = issue_document(session, paper, PAPER)
    assert document.log_eid == paper.stamp.eid
    sealed = entry(session, paper.stamp.eid)["prv"]["doc"]

    def opened(content: bytes, salt: str = paper.stamp.salt) -> str:
        digest = hashlib.sha256(content).hexdigest()
        return commitment(base64url(canonical([salt, "document.issued.doc", digest])))

    assert opened(PAPER) == sealed
    assert opened(PAPER + b" ") != sealed
    assert opened(PAPER.replace(b"7", b"6")) != sealed
    assert opened(PAPER, world.begun(world.approved()).stamp.salt) != sealed


def test_the_bytes_lie_in_the_archive_under_the_digest_of_the_row(
    session: Session, world: World
) -> None:
    document = issue_document(session, world.begun(world.approved()), PAPER)
    archive = session.info["archive"]
    assert isinstance(archive, Archive)
    assert archive.read(document.digest) == PAPER
    assert document.digest == hashlib.sha256(PAPER).hexdigest()


def test_issuing_changes_nothing_of_the_request_but_is_told_in_it(
    session: Session, world: World
) -> None:
    fund_request = world.approved()
    before = (fund_request.version, fund_request.state, fund_request.waits_for)
    newest = fund_request.log_eid
    document = world.issued(fund_request, by=world.anong)
    session.refresh(fund_request)
    assert (fund_request.version, fund_request.state, fund_request.waits_for) == before
    assert fund_request.log_eid == newest
    act = session.scalars(select(RequestAct).where(RequestAct.log_eid == document.log_eid)).one()
    assert (act.act, act.role, act.by_person_id) == (
        "document.issued",
        "treasurer",
        world.anong.person_id,
    )
    # Who issued a paper took no part: the treasurer may still pay, whoever files may ask.
    assert world.prepared(fund_request, by=world.anong).state == "prepared"


def test_a_second_click_gives_the_same_paper(session: Session, world: World) -> None:
    fund_request = world.approved()
    first = world.issued(fund_request)
    again = world.issued(fund_request, by=world.somchai)
    assert again.id == first.id
    # A payment changes the request, and nothing that its decision sheet tells.
    world.prepared(fund_request)
    assert world.issued(fund_request).id == first.id
    entries = [json.loads(body)["t"] for body in session.scalars(select(LogEntry.body))]
    assert entries.count("document.issued") == 1


def test_when_something_changed_there_is_a_new_paper_beside_the_old(
    session: Session, world: World
) -> None:
    fund_request = world.approved()
    first = world.issued(fund_request)
    youth = session.get_one(Youth, fund_request.youth_id)
    youth.last_name = "นามสกุลที่แก้แล้ว"
    session.flush()
    second = world.issued(fund_request)
    assert (first.number, second.number) == (1, 2)
    assert first.digest != second.digest
    assert [one.id for one in issued_documents(session, fund_request.id)] == [second.id, first.id]
    # What was right before is right again.
    youth.last_name = SECRETS[1]
    session.flush()
    assert world.issued(fund_request).id == first.id


def test_two_clicks_at_once_give_one_paper(session: Session, world: World) -> None:
    fund_request = world.approved()
    papers = [world.begun(fund_request), world.begun(fund_request, by=world.somchai)]
    first, second = (
        issue_document(session, paper, PAPER + bytes([number]))
        for number, paper in enumerate(papers)
    )
    assert first.id == second.id


def test_a_paper_with_a_number_that_is_taken_is_not_issued(session: Session, world: World) -> None:
    fund_request = world.approved()
    late = world.begun(fund_request)
    session.get_one(Youth, fund_request.youth_id).last_name = "นามสกุลที่แก้แล้ว"
    session.flush()
    world.issued(fund_request)
    with pytest.raises(StaleRequestError):
        issue_document(session, late, PAPER)


def test_a_paper_begun_before_the_request_changed_is_not_issued(
    session: Session, world: World
) -> None:
    fund_request = world.approved()
    paper = world.begun(fund_request)
    world.prepared(fund_request)
    with pytest.raises(StaleRequestError):
        issue_document(session, paper, PAPER)
    assert session.scalars(select(Document)).all() == []


@pytest.mark.parametrize("who", ["malee", "somchai", "anong"])
def test_officer_chair_and_treasurer_issue_it(world: World, who: str) -> None:
    by = getattr(world, who)
    assert world.issued(by=by).issued_by_id == by.person_id


@pytest.mark.parametrize("who", ["wipa", "driving", "board"])
def test_who_only_reads_or_signs_later_does_not(world: World, who: str) -> None:
    fund_request = world.approved()
    with pytest.raises(RoleNeededError):
        world.issued(fund_request, by=getattr(world, who))


@pytest.mark.parametrize("who", ["other_chair", "finder", "krit"])
def test_somebody_elses_request_is_not_found(world: World, who: str) -> None:
    fund_request = world.approved()
    with pytest.raises(RequestNotFoundError):
        world.issued(fund_request, by=getattr(world, who))


def test_a_request_that_is_not_there_is_not_found(session: Session, world: World) -> None:
    with pytest.raises(RequestNotFoundError):
        begin_document(session, 999, DocumentKind.DECISION, decision_sheet, by=world.malee, at=NOON)


def test_a_role_that_was_lost_meanwhile_issues_nothing(session: Session, world: World) -> None:
    paper = world.begun(world.approved(), by=world.somchai)
    with pytest.raises(RoleNeededError):
        issue_document(session, replace(paper, by=world.wipa), PAPER)


def test_before_the_decision_there_is_no_sheet(session: Session, world: World) -> None:
    draft, sent, taken_back = world.draft(), world.submitted(), world.submitted()
    withdraw_request(
        session, taken_back.id, seen_version=taken_back.version, by=world.malee, at=NOON
    )
    for fund_request in (draft, sent, taken_back):
        with pytest.raises(DocumentTooEarlyError, match="cannot be made"):
            world.issued(fund_request)


def test_a_refusal_has_its_sheet_too(session: Session, world: World) -> None:
    fund_request = rejected(world)
    assert world.issued(fund_request).number == 1
    sheet = decision_sheet(session, fund_request)
    assert (sheet.is_approved, sheet.awarded) == (False, Money(0))
    assert (sheet.decided.reason, sheet.decided.note) == ("papers", "ขาดหนังสือรับรอง")


def test_the_sheet_tells_the_request_as_it_was_decided(session: Session, world: World) -> None:
    fund_request = world.submitted(amount=Money.baht(5500))
    for by in (world.somchai, world.driving):
        fund_request = world.approve(fund_request, by)
    sheet = decision_sheet(session, fund_request)
    assert fund_request.state is State.APPROVED
    assert (sheet.asked, sheet.awarded) == (Money.baht(5500), Money.baht(5500))
    assert sheet.whom == f"นางสาว{SECRETS[0]} {SECRETS[1]}"
    assert (sheet.place, sheet.bank) == ("ตำบลท่าประดู่ อำเภอเมืองระยอง", "ธนาคารกรุงไทย")
    assert sheet.account_end == SECRETS[3][-4:]
    assert [(one.name, one.role.value, one.act) for one in sheet.signatures] == [
        (world.somchai.name, "chair", "fund_request.signed"),
        (world.driving.name, "driving_chair", "fund_request.approved"),
    ]
    assert sheet.decided.eid == fund_request.log_eid
    # Neither the id number nor the whole account stands on it.
    told = repr(sheet)
    assert SECRETS[2] not in told
    assert SECRETS[3] not in told


def test_the_sheet_of_a_project_names_it(session: Session, world: World) -> None:
    fund_request = world.submitted_project()
    sheet = decision_sheet(session, fund_request)
    project = session.get_one(Project, fund_request.project_id)
    assert (sheet.kind.value, sheet.whom, sheet.signatures) == ("project", project.name, [])


def test_signatures_that_a_return_voided_do_not_stand_on_the_sheet(
    session: Session, world: World
) -> None:
    fund_request = world.approve(world.submitted(amount=Money.baht(5500)), world.somchai)
    return_request(
        session,
        fund_request.id,
        Grounds(Reason.AMOUNT, ""),
        seen_version=fund_request.version,
        by=world.somchai,
        at=NOON,
    )
    submit_request(
        session, fund_request.id, seen_version=fund_request.version, by=world.malee, at=NOON
    )
    for by in (world.somchai, world.driving):
        world.approve(fund_request, by)
    signatures = decision_sheet(session, fund_request).signatures
    assert [one.name for one in signatures] == [world.somchai.name, world.driving.name]


def test_a_paper_belongs_to_its_request(session: Session, world: World) -> None:
    document = world.issued()
    found = issued_document(session, document.fund_request_id, document.id)
    assert found.file_name == "RYG-2570-000001-decision-1.pdf"
    other = world.approved()
    for request_id, document_id in ((other.id, document.id), (document.fund_request_id, 999)):
        with pytest.raises(DocumentUnknownError):
            issued_document(session, request_id, document_id)


def test_an_act_that_is_undone_leaves_no_row_and_no_entry(session: Session, world: World) -> None:
    paper = world.begun(world.approved())
    with session.begin_nested() as undone:
        issue_document(session, paper, PAPER)
        undone.rollback()
    assert session.scalars(select(Document)).all() == []
    assert session.scalars(select(LogEntry).where(LogEntry.eid == paper.stamp.eid)).all() == []
