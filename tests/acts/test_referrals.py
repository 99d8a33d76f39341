from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.audit.models import LogEntry
from portal.audit.models import PrivateField
from portal.cases import follow_ups
from portal.cases import following
from portal.cases import queries
from portal.cases import rules
from portal.cases import service
from portal.cases.case_page import case_page
from portal.cases.follow_ups import Outcome
from portal.cases.models import CaseNote
from portal.cases.models import Referral
from portal.cases.referral_page import new_referral_page
from portal.cases.referral_page import referral_page
from portal.cases.rules import Action
from portal.cases.rules import State
from portal.cases.rules import View
from portal.errors import PortalError
from portal.roles import Actor
from portal.roles import Role
from portal.youths.models import Youth
from tests import cases
from tests.cases import ASKED
from tests.cases import LATER
from tests.cases import TODAY
from tests.world import NOON
from tests.world import SECRETS
from tests.world import World

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def test_a_person_is_referred_helped_and_followed_up(session: Session, world: World) -> None:
    """The whole story, as a demo may tell it."""
    malee, tawan, youth_id = world.malee, cases.finder2(world), cases.youth(world)
    # Malee of the provincial office asks the learning centre for help, which has no room.
    answer = service.ReferralAnswer("DOLE", "ขอให้ช่วยพากลับเข้าเรียน")
    first = service.send_referral(session, youth_id, answer, by=malee, at=NOON)
    seen, grounds = first.version, service.Grounds(rules.Reason.NO_CAPACITY, "ครูประจำตำบลลาคลอด")
    service.decline_referral(
        session, first.id, grounds, seen_version=seen, by=tawan, at=NOON + 1 * HOUR
    )
    # So she asks the village health volunteers, who take it over.
    again, by = service.ReferralAnswer("VHV", first.asked, first.id), world.finder
    second = service.send_referral(session, youth_id, again, by=malee, at=NOON + 2 * HOUR)
    seen = second.version
    service.accept_referral(session, second.id, seen_version=seen, by=by, at=NOON + 3 * HOUR)
    service.add_partner_note(session, second.id, "นัดพบแล้ว", by=by, at=NOON + 4 * HOUR)
    seen, note = second.version, "สมัครเรียนแล้ว"
    service.finish_referral(
        session, second.id, note=note, seen_version=seen, by=by, at=NOON + 5 * HOUR
    )
    # The first support plans the usual follow-ups; after a month she asks after the person.
    month, *_ = following.plan_after_support(
        session, [youth_id], supported_on=TODAY, at=NOON + 6 * HOUR
    )
    finding = following.Finding(Outcome.IN_TRAINING, follow_ups.Pathway.DOLE, month.due_on, "")
    following.finish_follow_up(
        session, month.id, finding, seen_version=month.version, by=malee, at=NOON + 31 * DAY
    )
    page = case_page(session, youth_id, malee, today=TODAY + 31 * DAY)
    assert page.outcome is Outcome.IN_TRAINING
    assert [line.act for line in page.lines] == [
        "follow_up.done",
        *["follow_up.planned"] * 3,
        "referral.done",
        "case_note.added",
        "referral.accepted",
        "referral.sent",
        "referral.declined",
        "referral.sent",
    ]
    assert [one.due_on - TODAY for one in page.to_do] == [90 * DAY, 180 * DAY]


def entry(session: Session, eid: str) -> dict[str, Any]:
    body = session.scalars(select(LogEntry.body).where(LogEntry.eid == eid)).one()
    told: dict[str, Any] = json.loads(body)
    return told


def test_the_log_tells_codes_and_seals_everything_else(session: Session, world: World) -> None:
    referral = cases.sent(world)
    cases.declined(world, referral)
    rows = [
        (referral.log_eid, "referral.declined", {"reason": "no_capacity"}, "finder"),
        (cases.done(world).log_eid, "referral.done", {}, "finder"),
        (cases.sent(world).log_eid, "referral.sent", {}, "officer"),
        (cases.planned(world).log_eid, "follow_up.planned", {}, "officer"),
        (cases.noted(world).log_eid, "case_note.added", {}, "officer"),
        (
            cases.followed_up(world, cases.planned(world, day=TODAY + DAY)).log_eid,
            "follow_up.done",
            {"outcome": "in_training"},
            "officer",
        ),
    ]
    for eid, type_name, public, role in rows:
        told = entry(session, eid)
        assert (told["t"], told["pub"], told["ref"], told["act"]["r"]) == (
            type_name,
            public,
            [],
            role,
        )
        sealed = session.execute(
            select(PrivateField.field, PrivateField.subject).where(PrivateField.eid == eid)
        )
        subjects = {row.subject for row in sealed if row.field != "act"}
        assert subjects == {f"youth:{referral.youth_id}"}


def test_a_referral_needs_a_worker_a_known_person_and_consent(
    session: Session, world: World
) -> None:
    youth_id = cases.youth(world)
    refused: tuple[tuple[Actor, type[PortalError]], ...] = (
        (world.wipa, rules.WorkerNeededError),
        (world.somchai, rules.YouthNotFoundError),
        # Not somebody whom this finder registered.
        (world.finder, rules.YouthNotFoundError),
    )
    for by, error in refused:
        with pytest.raises(error):
            service.send_referral(session, youth_id, ASKED, by=by, at=NOON)
    with pytest.raises(rules.YouthNotFoundError):
        service.send_referral(session, 999, ASKED, by=world.malee, at=NOON)
    world.session.execute(
        text("UPDATE consent SET withdrawn_at = recorded_at, withdrawn_by_id = recorded_by_id")
    )
    with pytest.raises(rules.ShareConsentMissingError):
        service.send_referral(session, youth_id, ASKED, by=world.malee, at=NOON)
    assert session.scalars(select(Referral)).all() == []


def test_a_referral_goes_to_another_organisation_where_somebody_answers(
    session: Session, world: World
) -> None:
    youth_id = cases.youth(world)
    homeless = cases.worker(world, "homeless", None, Role.OFFICER)
    with pytest.raises(rules.NoOrganisationError):
        service.send_referral(session, youth_id, ASKED, by=homeless, at=NOON)
    for receiver, error in {
        "PEO": rules.OwnOrganisationError,
        "MSDHS": rules.NobodyThereError,
        "NONE": rules.NobodyThereError,
    }.items():
        answer = replace(ASKED, receiver=receiver)
        with pytest.raises(error):
            service.send_referral(session, youth_id, answer, by=world.malee, at=NOON)
    world.person(cases.finder2(world)).is_active = False
    with pytest.raises(rules.NobodyThereError):
        cases.sent(world, youth_id)


def test_the_same_is_asked_once_at_a_time(world: World) -> None:
    referral = cases.sent(world)
    for _ in (State.SENT, State.ACCEPTED):
        with pytest.raises(rules.OpenAlreadyError):
            cases.sent(world, referral.youth_id)
        if referral.state is State.SENT:
            cases.accepted(world, referral)
    cases.done(world, referral)
    assert cases.sent(world, referral.youth_id).state is State.SENT


def test_who_sends_does_not_answer_and_others_do_not_find_it(
    session: Session, world: World
) -> None:
    referral = cases.sent(world)
    finder, malee = cases.finder2(world), world.malee
    colleague = cases.worker(world, "colleague", "PEO", Role.FINDER)
    bystander = cases.worker(world, "bystander", "DOLE", Role.TREASURER)
    officer = cases.worker(world, "officer", "VHV", Role.OFFICER)
    seen: dict[str, Any] = {"seen_version": referral.version, "at": LATER}
    for by in (colleague, bystander, world.finder, world.somchai, world.krit):
        with pytest.raises(rules.ReferralNotFoundError):
            service.accept_referral(session, referral.id, by=by, **seen)
    for by in (malee, officer):
        with pytest.raises(rules.NotTheReceiverError):
            service.accept_referral(session, referral.id, by=by, **seen)
    with pytest.raises(rules.WorkerNeededError):
        service.accept_referral(session, referral.id, by=world.wipa, **seen)
    with pytest.raises(rules.NotTheSenderError):
        service.cancel_referral(session, referral.id, by=finder, **seen)
    # Not even when she works for the other organisation now.
    cases.moved(world, malee, "DOLE")
    grounds = service.Grounds(rules.Reason.OTHER, "")
    with pytest.raises(rules.SentYourselfError):
        service.decline_referral(session, referral.id, grounds, by=malee, **seen)
    assert referral.state is State.SENT


def test_a_step_is_taken_once_and_on_the_newest_page(session: Session, world: World) -> None:
    referral = cases.sent(world)
    first, finder = referral.version, cases.finder2(world)
    cases.accepted(world, referral)
    with pytest.raises(rules.StaleCaseError):
        service.accept_referral(session, referral.id, seen_version=first, by=finder, at=LATER)
    with pytest.raises(rules.StepNotPossibleError):
        cases.accepted(world, referral)
    with pytest.raises(rules.StepNotPossibleError):
        service.cancel_referral(
            session, referral.id, seen_version=referral.version, by=world.malee, at=LATER
        )
    cases.done(world, referral)
    with pytest.raises(rules.StepNotPossibleError):
        cases.done(world, referral)


def test_the_sender_takes_it_back(session: Session, world: World) -> None:
    referral = cases.sent(world)
    service.cancel_referral(
        session, referral.id, seen_version=referral.version, by=world.malee, at=LATER
    )
    assert referral.state is State.CANCELLED
    assert entry(session, referral.log_eid)["t"] == "referral.cancelled"
    trace = referral_page(session, referral.id, cases.finder2(world), at=LATER)
    assert (trace.view, trace.subject, trace.asked, trace.lines) == (View.TRACE, None, "", ())


def test_a_declined_one_is_sent_again_once_to_another(session: Session, world: World) -> None:
    referral = cases.sent(world)
    again = replace(ASKED, receiver="VHV", earlier_id=referral.id)
    with pytest.raises(rules.NotSentAgainError):
        cases.sent(world, referral.youth_id, again)
    cases.declined(world, referral)
    with pytest.raises(rules.NotSentAgainError):
        cases.sent(world, referral.youth_id, replace(again, receiver="DOLE"))
    with pytest.raises(rules.ReferralNotFoundError):
        cases.sent(world, referral.youth_id, replace(again, earlier_id=99))
    second = cases.sent(world, referral.youth_id, again)
    assert second.earlier_id == referral.id
    cases.worker(world, "third", "MSDHS", Role.FINDER)
    with pytest.raises(rules.NotSentAgainError):
        cases.sent(world, referral.youth_id, replace(again, receiver="MSDHS"))
    other = cases.youth(world, answer=cases.SOMEBODY_ELSE)
    with pytest.raises(rules.NotSentAgainError):
        cases.sent(world, other, replace(again, receiver="MSDHS"))
    with pytest.raises(rules.ReferralNotFoundError):
        new_referral_page(session, other, world.malee, earlier_id=referral.id, at=NOON)


def test_the_receiver_sees_what_is_needed_and_only_while_it_is_open(
    session: Session, world: World
) -> None:
    referral, finder = cases.sent(world), cases.finder2(world)
    for step in (cases.accepted, cases.done):
        page = referral_page(session, referral.id, finder, at=LATER)
        assert page.view is View.TASK
        assert page.subject is not None
        assert (page.subject.name, page.subject.age) == (f"นางสาว{SECRETS[0]} {SECRETS[1]}", 17)
        assert page.asked == SECRETS[4]
        assert (page.youth_id, page.earlier_id, page.may_send_again) == (None, None, False)
        step(world, referral)
    page = referral_page(session, referral.id, finder, at=LATER)
    assert page.view is View.TRACE
    told = repr(page)
    assert [secret for secret in SECRETS if secret in told] == []
    row = queries.referral_lists(session, finder, at=LATER).ended.rows[0]
    assert (row.state, row.whom) == (State.DONE, None)
    # Who sent it reads what came of it, also when they are only a finder.
    sender = replace(world.malee, roles=frozenset({Role.FINDER}))
    page = referral_page(session, referral.id, sender, at=LATER)
    assert page.view is View.WHOLE
    assert page.lines[0].words == referral.result
    assert queries.referral_lists(session, sender, at=LATER).ended.count == 1


def test_the_page_says_who_can(session: Session, world: World) -> None:
    referral = cases.sent(world)
    cases.worker(world, "ครูอีกคน", "DOLE", Role.OFFICER)
    page = referral_page(session, referral.id, world.malee, at=NOON + 25 * DAY / 24)
    assert page.holders == ["ครูอีกคน", "ตะวัน ทดลองใจ"]
    assert page.may(Action.CANCEL)
    assert not page.may(Action.ACCEPT)
    (refused,) = page.refused
    assert (refused.actions, refused.who) == ([Action.ACCEPT, Action.DECLINE], page.holders)
    assert (page.is_late, page.days) == (True, 1)
    (refused,) = referral_page(session, referral.id, cases.finder2(world), at=NOON).refused
    assert (refused.actions, refused.who) == ([Action.CANCEL], [world.malee.name])


def test_the_lists_count_what_is_open_and_since_when(session: Session, world: World) -> None:
    referral = cases.sent(world)
    late = NOON + 3 * DAY
    for by, where in (
        (cases.finder2(world), "waiting"),
        (world.malee, "sent"),
        (world.wipa, "between"),
    ):
        lists = queries.referral_lists(session, by, at=late)
        found = {
            name: getattr(lists, name).count
            for name in ("waiting", "sent", "between", "ended")
            if getattr(lists, name) is not None
        }
        assert found == dict.fromkeys(found, 0) | {where: 1}
        listed = getattr(lists, where)
        (row,) = listed.rows
        assert (row.id, row.days, row.is_late, listed.oldest) == (referral.id, 3, True, NOON)
        assert row.whom is not None
    with pytest.raises(rules.ReaderNeededError):
        queries.referral_lists(session, world.somchai, at=late)


def test_a_partner_writes_notes_while_it_is_in_hand(session: Session, world: World) -> None:
    referral, finder = cases.sent(world), cases.finder2(world)
    with pytest.raises(rules.StepNotPossibleError):
        service.add_partner_note(session, referral.id, "x", by=finder, at=LATER)
    cases.accepted(world, referral)
    service.add_partner_note(session, referral.id, "ของฉัน", by=finder, at=LATER)
    cases.noted(world, referral.youth_id)
    for by in (world.malee, world.wipa):
        with pytest.raises((rules.NotTheReceiverError, rules.WorkerNeededError)):
            service.add_partner_note(session, referral.id, "x", by=by, at=LATER)
    page = referral_page(session, referral.id, finder, at=LATER)
    assert [note.words for note in page.notes] == ["ของฉัน"]
    cases.done(world, referral)
    with pytest.raises(rules.StepNotPossibleError):
        service.add_partner_note(session, referral.id, "x", by=finder, at=LATER)
    assert len(session.scalars(select(CaseNote)).all()) == 2


def test_whoever_is_erased_is_not_found_any_more(session: Session, world: World) -> None:
    referral = cases.sent(world)
    follow_up = cases.planned(world)
    session.get_one(Youth, referral.youth_id).erased_at = NOON
    with pytest.raises(rules.ReferralNotFoundError):
        referral_page(session, referral.id, world.malee, at=LATER)
    with pytest.raises(rules.YouthNotFoundError):
        case_page(session, referral.youth_id, world.malee, today=TODAY)
    with pytest.raises(follow_ups.FollowUpNotFoundError):
        cases.followed_up(world, follow_up)
    assert queries.referral_lists(session, world.malee, at=LATER).sent.count == 0
    assert queries.follow_up_lists(session, world.malee, today=TODAY).due.count == 0
