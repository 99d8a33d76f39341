"""What waits for somebody beside requests: each matter comes, and goes when it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from datetime import datetime
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.models import LogEntry
from portal.concerns.findings import close_finding
from portal.concerns.service import answer_concern
from portal.concerns.service import take_up_concern
from portal.funds import answering
from portal.funds import ratifying
from portal.funds.check_rules import CheckCode
from portal.funds.models import FundRequest
from portal.funds.ruling_tables import LimitTable
from portal.funds.ruling_tables import set_limits
from portal.funds.urgency import Verdict
from portal.home.matters import SOON
from portal.home.matters import Item
from portal.home.matters import Matter
from portal.home.queries import waiting
from portal.jobs.service import retry_job
from portal.labels import Name
from portal.letters.service import retry_letter
from portal.payments.accounts import open_account
from portal.payments.confirming import set_aside
from portal.people.openings import grant_opening
from portal.people.passwords import set_password
from portal.people.queries import SYSTEM
from portal.people.service import grant_role
from portal.roles import Actor
from portal.roles import Role
from tests import cases
from tests.acts import test_concerns as concerns
from tests.acts import test_findings as findings
from tests.acts import test_letters as letters
from tests.acts import test_openings as openings
from tests.acts.test_deciding import OTHER_YOUTH
from tests.acts.test_deciding import URGENT
from tests.acts.test_jobs import buried
from tests.acts.test_ruling import DAY
from tests.acts.test_ruling import LIMITS
from tests.acts.test_ruling import TODAY
from tests.acts.test_ruling import ceiling
from tests.acts.test_ruling import last_limit
from tests.acts.test_statement_lines import imported
from tests.world import ACCOUNT
from tests.world import ANSWER
from tests.world import NOON
from tests.world import World

LATE = NOON + timedelta(days=40)


def told(session: Session, by: Actor, matter: Matter, *, at: datetime = NOON) -> Sequence[Item]:
    """Return what waits for somebody of one matter."""
    found = {one.matter: one for one in waiting(session, by, at=at)}
    return found[matter].items if matter in found else ()


def names(
    session: Session, by: Actor, matter: Matter, *, at: datetime = NOON
) -> Sequence[str | Name]:
    return [item.name for item in told(session, by, matter, at=at)]


def test_a_finding_waits_for_who_answers_and_then_for_an_auditor(
    session: Session, world: World
) -> None:
    finding = findings.answered(world)
    another = findings.raised(world)
    for by in (world.malee, world.somchai):
        assert names(session, by, Matter.FINDINGS_TO_ANSWER) == [another.number]
    for by in (world.other_chair, world.wipa, world.anong):
        assert names(session, by, Matter.FINDINGS_TO_ANSWER) == []
    (item,) = told(session, world.wipa, Matter.FINDINGS_TO_CLOSE)
    assert (item.name, item.since) == (finding.number, finding.since)
    assert item.where == {"finding_id": finding.id}
    close_finding(
        session,
        finding.id,
        findings.DONE,
        seen_version=finding.version,
        by=world.wipa,
        at=findings.LATER,
    )
    assert told(session, world.wipa, Matter.FINDINGS_TO_CLOSE) == ()


def test_a_finding_about_no_request_is_the_officers_to_answer(
    session: Session, world: World
) -> None:
    open_account(session, ACCOUNT, by=world.admin, at=NOON)
    eid = session.scalars(select(LogEntry.eid).order_by(LogEntry.seqno.desc()).limit(1)).one()
    finding = findings.raised(world, eid=eid)
    assert names(session, world.malee, Matter.FINDINGS_TO_ANSWER) == [finding.number]
    assert names(session, world.somchai, Matter.FINDINGS_TO_ANSWER) == []


def test_a_concern_waits_at_its_desk_until_it_is_answered(session: Session, world: World) -> None:
    money = concerns.received(world)
    staff = concerns.received(world, concerns.STAFF)
    assert names(session, world.malee, Matter.CONCERNS) == [money.number]
    assert names(session, world.wipa, Matter.CONCERNS) == [staff.number]
    take_up_concern(session, money.id, concerns.NOTHING, seen_version=1, by=world.malee, at=NOON)
    (item,) = told(session, world.malee, Matter.CONCERNS)
    assert (item.about, item.where) == ("looking", {"concern_id": money.id})
    answer_concern(
        session, money.id, concerns.FOUND, seen_version=money.version, by=world.malee, at=NOON
    )
    assert told(session, world.malee, Matter.CONCERNS) == ()


def test_an_opening_waits_for_who_decides_and_is_told_to_who_asked(
    session: Session, world: World
) -> None:
    opening = openings.asked(world)
    for by in (world.malee, world.admin):
        assert names(session, by, Matter.OPENINGS_TO_DECIDE) == [opening.case_number]
    (item,) = told(session, world.wipa, Matter.OPENINGS_ASKED)
    assert (item.about, item.since) == ("asked", NOON)
    later = NOON + timedelta(hours=1)
    grant_opening(session, opening.id, by=world.malee, at=later)
    assert told(session, world.admin, Matter.OPENINGS_TO_DECIDE) == ()
    (item,) = told(session, world.wipa, Matter.OPENINGS_ASKED)
    assert (item.about, item.since) == ("granted", later)
    assert told(session, world.wipa, Matter.OPENINGS_ASKED, at=later + SOON) == ()


def test_an_urgent_approval_waits_for_the_driving_chair_and_late_for_the_auditor(
    session: Session, world: World
) -> None:
    fund_request = world.approve(world.submitted(answer=URGENT), world.somchai)
    (item,) = told(session, world.driving, Matter.RATIFICATIONS)
    assert (item.name, item.about) == (fund_request.reference, "approved")
    assert told(session, world.wipa, Matter.RATIFICATIONS_LATE) == ()
    (late,) = told(session, world.wipa, Matter.RATIFICATIONS_LATE, at=LATE)
    assert late == replace(item, is_late=True)
    world.declare(fund_request, world.driving)
    ratifying.ratify_request(
        session,
        fund_request.id,
        Verdict.RATIFY,
        note="",
        seen_version=fund_request.version,
        by=world.driving,
        at=LATE,
    )
    assert told(session, world.driving, Matter.RATIFICATIONS) == ()
    assert told(session, world.wipa, Matter.RATIFICATIONS_LATE, at=LATE) == ()


def test_a_referral_waits_for_the_organisation_that_was_asked(
    session: Session, world: World
) -> None:
    referral = cases.sent(world)
    asked = cases.finder2(world)
    (item,) = told(session, asked, Matter.REFERRALS)
    assert (item.where, item.is_late) == ({"referral_id": referral.id}, False)
    assert told(session, asked, Matter.REFERRALS, at=NOON + 2 * DAY)[0].is_late
    assert told(session, world.finder, Matter.REFERRALS) == ()
    cases.accepted(world, referral)
    assert told(session, asked, Matter.REFERRALS) == ()


def test_a_follow_up_waits_for_the_finder_who_knows_the_person(
    session: Session, world: World
) -> None:
    youth_id = world.submitted(by=world.finder).youth_id
    assert youth_id is not None
    follow_up = cases.planned(world, cases.agreed(world, youth_id))
    assert told(session, world.finder, Matter.FOLLOW_UPS, at=NOON - DAY) == ()
    (item,) = told(session, world.finder, Matter.FOLLOW_UPS)
    assert (item.where, item.is_late) == ({"follow_up_id": follow_up.id}, False)
    assert told(session, world.finder, Matter.FOLLOW_UPS, at=NOON + DAY)[0].is_late
    for by in (cases.finder2(world), world.malee):
        assert told(session, by, Matter.FOLLOW_UPS) == ()
    cases.followed_up(world, follow_up)
    assert told(session, world.finder, Matter.FOLLOW_UPS) == ()


def overridden(world: World) -> FundRequest:
    """A request whose stop another person answered for."""
    world.submitted()
    payee = replace(ANSWER.payee, holder="คนอื่น")
    fund_request = world.to_decide(answer=replace(ANSWER, youth=OTHER_YOUTH, payee=payee))
    return answering.override_check(
        world.session,
        fund_request.id,
        CheckCode.SHARED_ACCOUNT,
        note="ป้าดูแลเด็กทั้งสองคน",
        seen_version=fund_request.version,
        by=world.driving,
        at=NOON,
    )


def test_a_check_that_was_answered_for_is_shown_until_the_money_goes(
    session: Session, world: World
) -> None:
    fund_request = overridden(world)
    (item,) = told(session, world.wipa, Matter.OVERRIDES)
    assert (item.name, item.since) == (fund_request.reference, NOON)
    assert told(session, world.malee, Matter.OVERRIDES) == ()
    world.approve(fund_request, world.somchai)
    assert names(session, world.wipa, Matter.OVERRIDES) == [fund_request.reference]
    world.confirm(world.sent(fund_request))
    assert told(session, world.wipa, Matter.OVERRIDES) == ()


def test_a_month_is_told_of_when_it_is_over_and_a_line_is_unexplained(
    session: Session, world: World
) -> None:
    open_account(session, ACCOUNT, by=world.admin, at=NOON)
    lines = imported(world, ("โอน", "1500", ""), ("ดอกเบี้ย", "", "12"))
    assert told(session, world.wipa, Matter.MONTHS) == ()
    (item,) = told(session, world.wipa, Matter.MONTHS, at=LATE)
    assert item == Item(ACCOUNT.code, date(2026, 11, 1), date(2026, 11, 23))
    for line in lines:
        set_aside(session, [line], note="-", by=world.phailin, at=NOON)
    assert told(session, world.wipa, Matter.MONTHS, at=LATE) == ()


def test_a_job_and_a_letter_that_failed_wait_for_the_administrator(
    session: Session, world: World
) -> None:
    job_id = buried(session, world)
    letter = letters.failed_letter(world)
    (job,) = told(session, world.admin, Matter.JOBS)
    assert (job.name, job.since) == (str(job_id), NOON)
    (mail,) = told(session, world.admin, Matter.LETTERS)
    assert (mail.name, mail.about, mail.since) == (world.somchai.name, "address", NOON)
    assert told(session, world.wipa, Matter.JOBS) == told(session, world.wipa, Matter.LETTERS) == ()
    retry_job(session, job_id, by=world.admin, at=NOON)
    retry_letter(session, letter.id, by=world.admin, at=NOON)
    assert waiting(session, world.admin, at=NOON) == []


def test_what_begins_within_a_month_is_told_of(session: Session, world: World) -> None:
    ceiling(world, 900, valid_from=TODAY + DAY)
    ceiling(world, 800, valid_from=TODAY + SOON + DAY)
    limits = LimitTable(LIMITS, TODAY + 2 * DAY, last_limit(session))
    set_limits(session, limits, by=world.admin, at=NOON)
    assert told(session, world.admin, Matter.RULES) == [
        Item("LIVING", "category", TODAY + DAY, {"kind": "category", "code": "LIVING"}),
        Item("", "limits", TODAY + 2 * DAY),
    ]
    assert told(session, world.wipa, Matter.RULES) == ()
    at = NOON + 2 * DAY
    assert names(session, world.admin, Matter.RULES, at=at) == ["LIVING"]


def test_who_may_sign_in_and_can_do_nothing_is_told_of(session: Session, world: World) -> None:
    assert told(session, world.admin, Matter.PEOPLE) == ()
    krit = world.krit
    (item,) = told(session, world.admin, Matter.PEOPLE)
    assert item == Item(krit.name, "no_role", None, {"person_id": krit.person_id})
    person = world.person(krit)
    grant_role(session, person, Role.FINDER, by=SYSTEM, at=NOON)
    (item,) = told(session, world.admin, Matter.PEOPLE)
    assert item.about == "no_password"
    set_password(session, krit.username, "a new and long one", at=NOON)
    assert told(session, world.admin, Matter.PEOPLE) == ()


def test_five_are_shown_and_all_are_counted(session: Session, world: World) -> None:
    for number in range(6):
        concerns.received(world, replace(concerns.TOLD, sheet=f"sheet-{number}"))
    (found,) = waiting(session, world.malee, at=NOON)
    assert (len(found.items), found.count) == (5, 6)
