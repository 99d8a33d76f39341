from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.archive import Archive
from portal.audit.models import LogEntry
from portal.audit.models import PrivateField
from portal.funds import attaching
from portal.funds import lookups
from portal.funds.attached import attached_paper
from portal.funds.attached import attached_papers
from portal.funds.attaching import check_may_attach
from portal.funds.attaching import remove_paper
from portal.funds.attachments import PaperKind
from portal.funds.attachments import PapersClosedError
from portal.funds.attachments import PaperThereError
from portal.funds.attachments import PaperUnknownError
from portal.funds.attachments import Removal
from portal.funds.attachments import TooManyPapersError
from portal.funds.lookups import SamePaper
from portal.funds.models import Attachment
from portal.funds.models import FundRequest
from portal.funds.models import RequestAct
from portal.funds.rules import Duty
from portal.funds.rules import Reason
from portal.funds.rules import RequestNotFoundError
from portal.funds.rules import RoleNeededError
from portal.funds.rules import SamePersonError
from portal.funds.rules import StaleRequestError
from portal.funds.service import Grounds
from portal.funds.service import approve_request
from portal.funds.service import return_request
from portal.funds.service import submit_request
from portal.funds.service import withdraw_request
from portal.roles import Actor
from tests.world import FILE_NAME
from tests.world import NOON
from tests.world import SECRETS
from tests.world import World

PAPER = b"%PDF-1.7 one paper"
OTHER = b"%PDF-1.7 another paper"


def entry(session: Session, eid: str | None) -> dict[str, Any]:
    body = session.scalars(select(LogEntry.body).where(LogEntry.eid == eid)).one()
    told: dict[str, Any] = json.loads(body)
    return told


def returned(world: World, fund_request: FundRequest | None = None) -> FundRequest:
    fund_request = world.declare(fund_request or world.submitted(), world.somchai)
    return return_request(
        world.session,
        fund_request.id,
        Grounds(Reason.PAPERS, "ขาดสำเนาสมุดบัญชี"),
        seen_version=fund_request.version,
        by=world.somchai,
        at=NOON,
    )


def withdrawn(world: World) -> FundRequest:
    fund_request = world.draft()
    return withdraw_request(
        world.session,
        fund_request.id,
        seen_version=fund_request.version,
        by=world.malee,
        at=NOON,
    )


def removed(world: World, paper: Attachment, by: Actor | None = None) -> Attachment:
    return remove_paper(
        world.session,
        paper.fund_request_id,
        paper.id,
        Removal.UNCLEAR,
        by=by or world.malee,
        at=NOON,
    )


def test_a_paper_is_an_entry_that_names_nobody_and_no_document(
    session: Session, world: World
) -> None:
    fund_request = world.submitted()
    sent = fund_request.log_eid
    paper = world.attached(fund_request, PaperKind.ACCOUNT_PAGE)
    told = entry(session, paper.log_eid)
    assert told["t"] == "paper.attached"
    assert told["pub"]["reference"] == "RYG-2570-000001"
    assert told["pub"]["paper"] == "account_page"
    assert told["pub"].keys() == {"reference", "party", "paper"}
    assert (told["act"]["r"], told["ref"]) == ("officer", [sent])
    assert paper.digest not in json.dumps(told)
    for secret in (*SECRETS, FILE_NAME):
        assert secret not in json.dumps(told, ensure_ascii=False)
    # The youth's key opens it, and is destroyed with the rest.
    subject = select(PrivateField.subject).where(
        PrivateField.eid == paper.log_eid, PrivateField.field == "doc"
    )
    assert session.scalars(subject).one() == f"youth:{fund_request.youth_id}"


def test_a_paper_of_a_draft_is_told_without_a_number(session: Session, world: World) -> None:
    fund_request = world.draft(by=world.finder)
    paper = world.attached(fund_request, by=world.finder)
    told = entry(session, paper.log_eid)
    assert (told["pub"]["reference"], told["act"]["r"]) == (None, "finder")
    # The one who attached it is the one who then sends it.
    sent = submit_request(
        session, fund_request.id, seen_version=fund_request.version, by=world.finder, at=NOON
    )
    assert entry(session, sent.log_eid)["pub"]["party"] == told["pub"]["party"]
    assert entry(session, sent.log_eid)["ref"] == [paper.log_eid]


def test_the_bytes_lie_in_their_own_archive_under_no_name(session: Session, world: World) -> None:
    paper = world.attached(content=PAPER)
    archive = session.info["attachments"]
    assert isinstance(archive, Archive)
    assert archive.read(paper.digest) == PAPER
    [kept] = [path for path in archive.path.rglob("*") if path.is_file()]
    assert (kept.name, archive.path.name) == (paper.digest, "attachments")


def test_attaching_moves_nothing_but_whoever_looked_must_look_again(
    session: Session, world: World
) -> None:
    fund_request = world.submitted()
    before = (fund_request.state, fund_request.waits_for, fund_request.waits_since)
    seen_version = fund_request.version
    world.attached(fund_request)
    assert (fund_request.state, fund_request.waits_for, fund_request.waits_since) == before
    with pytest.raises(StaleRequestError):
        approve_request(
            session,
            fund_request.id,
            note="",
            seen_version=seen_version,
            by=world.somchai,
            at=NOON,
        )
    told = session.scalars(select(RequestAct).order_by(RequestAct.id)).all()
    assert [act.act for act in told] == ["fund_request.submitted", "paper.attached"]
    assert told[1].log_eid == fund_request.log_eid


def test_what_the_chair_saw_is_kept_with_the_decision(session: Session, world: World) -> None:
    fund_request = world.submitted()
    paper = world.attached(fund_request)
    world.approve(fund_request, world.somchai)
    act = session.scalars(select(RequestAct).order_by(RequestAct.id.desc())).first()
    assert act is not None
    assert json.loads(act.evidence)["papers"] == [paper.digest]


def test_a_requester_attaches_until_it_is_sent_and_an_officer_until_it_is_decided(
    session: Session, world: World
) -> None:
    fund_request = world.draft(by=world.finder)
    world.attached(fund_request, by=world.finder)
    world.attached(fund_request, content=PAPER, by=world.malee)
    submit_request(
        session, fund_request.id, seen_version=fund_request.version, by=world.finder, at=NOON
    )
    world.attached(fund_request, content=OTHER, by=world.malee)
    with pytest.raises(RoleNeededError):
        world.attached(fund_request, content=b"%PDF-1 more", by=world.finder)
    returned(world, fund_request)
    world.attached(fund_request, content=b"%PDF-1 more", by=world.finder)
    assert len(lookups.paper_digests(session, fund_request.id)) == 4


def test_nobody_attaches_to_what_is_decided_or_withdrawn(session: Session, world: World) -> None:
    for fund_request in (world.approved(), withdrawn(world)):
        with pytest.raises(PapersClosedError, match="stay as they are"):
            world.attached(fund_request)
        with pytest.raises(PapersClosedError):
            check_may_attach(session, fund_request.id, by=world.malee)


def test_who_decides_reads_or_asks_for_others_does_not_attach(
    session: Session, world: World
) -> None:
    fund_request = world.submitted()
    for by in (world.somchai, world.driving, world.board, world.wipa):
        with pytest.raises(RoleNeededError):
            world.attached(fund_request, by=by)
    for by in (world.other_chair, world.finder, world.anong, world.krit):
        with pytest.raises(RequestNotFoundError):
            world.attached(fund_request, by=by)
        with pytest.raises(RequestNotFoundError):
            check_may_attach(session, fund_request.id, by=by)
    with pytest.raises(RequestNotFoundError):
        check_may_attach(session, 999, by=world.malee)
    check_may_attach(session, fund_request.id, by=world.malee)


def test_a_requester_who_lost_the_role_does_not_attach(session: Session, world: World) -> None:
    fund_request = world.draft(by=world.finder)
    by = Actor(world.finder.person_id, frozenset())
    with pytest.raises(RoleNeededError):
        world.attached(fund_request, by=by)
    assert lookups.paper_digests(session, fund_request.id) == []


def test_whoever_holds_every_role_attaches_or_decides_and_never_both(
    session: Session, world: World
) -> None:
    both = world.everything()
    fund_request = world.submitted()
    world.attached(fund_request, by=both)
    assert lookups.duties(session, fund_request.id)[both.person_id] is Duty.ASK
    with pytest.raises(SamePersonError):
        world.approve(fund_request, both)
    other = world.declare(world.submitted(), both)
    return_request(
        session,
        other.id,
        Grounds(Reason.PAPERS, ""),
        seen_version=other.version,
        by=both,
        at=NOON,
    )
    with pytest.raises(SamePersonError):
        world.attached(other, by=both)
    assert isinstance(attached_papers(session, other.id, both).refusal, SamePersonError)


def test_a_paper_is_once_on_a_request(session: Session, world: World) -> None:
    fund_request = world.submitted()
    world.attached(fund_request, content=PAPER)
    with pytest.raises(PaperThereError):
        world.attached(fund_request, PaperKind.PHOTO, content=PAPER)
    world.attached(fund_request, content=OTHER)
    world.attached(world.submitted(), content=PAPER)
    assert len(session.scalars(select(Attachment)).all()) == 3


def test_a_request_holds_only_so_many_papers(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attaching, "PAPERS_MAX", 2)
    fund_request = world.draft()
    world.attached(fund_request, content=PAPER)
    removed(world, world.attached(fund_request, content=OTHER))
    with pytest.raises(TooManyPapersError):
        world.attached(fund_request, content=b"%PDF-1 more")


def test_a_paper_is_taken_off_and_stays_on_record(session: Session, world: World) -> None:
    fund_request = world.draft(by=world.finder)
    paper = world.attached(fund_request, content=PAPER, by=world.finder)
    removed(world, paper, by=world.finder)
    told = entry(session, paper.removal_log_eid)
    assert told["t"] == "paper.removed"
    assert told["pub"]["paper"] == "consent"
    assert (told["pub"]["removal"], told["ref"]) == ("unclear", [paper.log_eid])
    assert lookups.paper_digests(session, fund_request.id) == []
    # The same paper may come again.
    again = world.attached(fund_request, content=PAPER, by=world.finder)
    shown = attached_papers(session, fund_request.id, world.finder)
    assert [(row.id, row.is_open) for row in shown.papers] == [(paper.id, False), (again.id, True)]
    assert (shown.papers[0].removed_by, shown.papers[0].removal) == (
        world.finder.name,
        Removal.UNCLEAR,
    )
    assert shown.count == 1
    with pytest.raises(PaperUnknownError):
        attached_paper(session, fund_request.id, paper.id, world.finder)


def test_a_paper_is_taken_off_once_from_its_own_request_before_it_is_sent(
    session: Session, world: World
) -> None:
    fund_request = returned(world)
    paper = world.attached(fund_request)
    other = world.draft()
    with pytest.raises(PaperUnknownError):
        remove_paper(session, other.id, paper.id, Removal.UNCLEAR, by=world.malee, at=NOON)
    with pytest.raises(RequestNotFoundError):
        removed(world, paper, by=world.finder)
    with pytest.raises(RoleNeededError):
        removed(world, paper, by=world.wipa)
    removed(world, paper)
    with pytest.raises(PaperUnknownError):
        removed(world, paper)
    sent = world.attached()
    with pytest.raises(PapersClosedError):
        removed(world, sent)


def test_the_same_paper_on_two_requests_is_noticed(session: Session, world: World) -> None:
    first, second, third = world.submitted(), world.submitted(), world.draft()
    world.attached(first, PaperKind.CONSENT, content=PAPER)
    world.attached(first, PaperKind.PHOTO, content=OTHER)
    world.attached(second, PaperKind.ID_CARD, content=PAPER)
    third_paper = world.attached(third, PaperKind.OTHER, content=OTHER)
    assert lookups.same_papers(session, first.id) == [
        SamePaper(second.id, second.reference, PaperKind.CONSENT),
        SamePaper(third.id, None, PaperKind.PHOTO),
    ]
    assert lookups.same_papers(session, second.id) == [
        SamePaper(first.id, first.reference, PaperKind.ID_CARD)
    ]
    removed(world, third_paper)
    assert lookups.same_papers(session, third.id) == []
    assert len(lookups.same_papers(session, first.id)) == 1
    # Those who compare see it; a finder does not learn of others' requests.
    for by, seen in ((world.malee, 1), (world.somchai, 1), (world.driving, 1), (world.wipa, 0)):
        assert len(attached_papers(session, first.id, by).same) == seen


def test_who_may_see_the_request_opens_its_papers_and_nobody_else(
    session: Session, world: World
) -> None:
    fund_request = world.submitted()
    paper = world.attached(fund_request, PaperKind.PHOTO)
    for by in (world.malee, world.somchai, world.driving, world.board, world.wipa):
        found, row = attached_paper(session, fund_request.id, paper.id, by)
        assert (found.digest, row.reference) == (paper.digest, "RYG-2570-000001")
        assert found.given_name(row.reference) == f"RYG-2570-000001-photo-{paper.id}.pdf"
    for by in (world.other_chair, world.anong, world.finder, world.krit):
        with pytest.raises(RequestNotFoundError):
            attached_paper(session, fund_request.id, paper.id, by)
        with pytest.raises(RequestNotFoundError):
            attached_papers(session, fund_request.id, by)
    # A treasurer once there is something to pay.
    world.approve(fund_request, world.somchai)
    assert attached_paper(session, fund_request.id, paper.id, world.anong)[0].digest == paper.digest
    with pytest.raises(PaperUnknownError):
        attached_paper(session, world.submitted().id, paper.id, world.malee)


def test_the_page_says_what_is_needed_and_what_may_be_done(session: Session, world: World) -> None:
    fund_request = world.submitted()
    seen = attached_papers(session, fund_request.id, world.malee)
    assert [paper.en for paper in seen.expected] == [
        "Certificate of enrolment",
        "Home visit record",
    ]
    assert (seen.may_attach, seen.may_remove) == (True, False)
    world.attached(fund_request, content=PAPER)
    world.attached(fund_request, content=PAPER * 70_000)
    seen = attached_papers(session, fund_request.id, world.somchai)
    assert (seen.may_attach, seen.may_remove, seen.opens_same) == (False, False, False)
    assert [paper.size for paper in seen.papers] == ["1\u00a0KB", "1.2\u00a0MB"]
    seen = attached_papers(session, world.draft().id, world.malee)
    assert (seen.may_attach, seen.may_remove, seen.opens_same) == (True, True, True)
