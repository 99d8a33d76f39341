"""A person's record: registering, correcting, guardians, consent, reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC
from datetime import date
from datetime import datetime
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.audit.entry import parse
from portal.audit.models import LogEntry
from portal.audit.models import PrivateField
from portal.funds.rules import ConsentMissingError
from portal.funds.service import submit_request
from portal.roles import Actor
from portal.youths import consenting
from portal.youths.consenting import ConsentAnswer
from portal.youths.consenting import GuardianAnswer
from portal.youths.forgetting import forget_youth
from portal.youths.models import Consent
from portal.youths.models import Guardian
from portal.youths.models import RecordRead
from portal.youths.models import Youth
from portal.youths.models import YouthAct
from portal.youths.queries import has_consent
from portal.youths.queries import has_consent_for
from portal.youths.reads import note_read
from portal.youths.record_lists import people
from portal.youths.record_lists import reads_by
from portal.youths.record_lists import reads_of
from portal.youths.record_page import RecordPage
from portal.youths.record_page import record_page
from portal.youths.refusals import AuditorNeededError
from portal.youths.refusals import ConsentNotThereError
from portal.youths.refusals import ErasedRecordError
from portal.youths.refusals import GuardianNotThereError
from portal.youths.refusals import OfficerNeededError
from portal.youths.refusals import PersonNotFoundError
from portal.youths.refusals import PowerPaperNeededError
from portal.youths.refusals import StaleRecordError
from portal.youths.refusals import WrongSignersError
from portal.youths.rules import Activity
from portal.youths.rules import Capacity
from portal.youths.rules import Gap
from portal.youths.rules import Purpose
from portal.youths.rules import ReadPage
from portal.youths.rules import Relation
from portal.youths.rules import Signers
from portal.youths.service import RecordAnswer
from portal.youths.service import confirm_record
from portal.youths.service import correct_record
from tests.world import ANSWER
from tests.world import NOON
from tests.world import YOUTH
from tests.world import World

LATER = NOON + timedelta(hours=1)
TODAY = date(2026, 11, 20)
RECORD = RecordAnswer(
    person=YOUTH,
    area_code=ANSWER.area_code,
    activity=Activity.NOTHING,
    pathway="DOLE",
    disadvantages=("HEALTH", "POOR"),
)
MOTHER = GuardianAnswer("แม่ลับ ตัวอย่าง", Relation.MOTHER, "")
BOTH_SIGNED = ConsentAnswer(
    purposes=frozenset(Purpose),
    signers=Signers(person_signed=True, guardian=MOTHER.name, relation=Relation.MOTHER),
    paper="หนังสือยินยอม 12/2570",
)


def registered(world: World, *, by: Actor | None = None, born: date = YOUTH.birth_on) -> Youth:
    """A person that a request without consent was filed for."""
    youth = replace(YOUTH, birth_on=born)
    draft = world.draft(by=by, answer=replace(ANSWER, youth=youth, has_consent=False))
    return world.session.get_one(Youth, draft.youth_id)


def correct(world: World, youth: Youth, answer: RecordAnswer = RECORD) -> Youth:
    return correct_record(
        world.session, youth.id, answer, seen_version=youth.version, by=world.malee, at=LATER
    )


def guardian(world: World, youth: Youth, answer: GuardianAnswer = MOTHER) -> Guardian:
    return consenting.add_guardian(
        world.session, youth.id, answer, seen_version=youth.version, by=world.malee, at=LATER
    )


def agree(
    world: World, youth: Youth, answer: ConsentAnswer = BOTH_SIGNED, *, at: datetime = LATER
) -> None:
    consenting.record_consent(
        world.session, youth.id, answer, seen_version=youth.version, by=world.malee, at=at
    )


def withdraw(world: World, youth: Youth, purpose: Purpose) -> None:
    consenting.withdraw_consent(
        world.session, youth.id, purpose, seen_version=youth.version, by=world.malee, at=LATER
    )


def consents(session: Session, purpose: Purpose | None = None) -> Sequence[Consent]:
    found = select(Consent).order_by(Consent.id)
    return session.scalars(found.where(Consent.purpose == purpose) if purpose else found).all()


def page(world: World, youth: Youth, *, by: Actor | None = None) -> RecordPage:
    return record_page(world.session, youth.id, by or world.malee, at=LATER)


def test_who_is_registered_has_a_record(session: Session, world: World) -> None:
    youth = registered(world, by=world.finder)
    assert (youth.version, youth.activity, youth.registered_by_id) == (
        1,
        Activity.UNKNOWN,
        world.finder.person_id,
    )
    shown = page(world, youth)
    assert (shown.name, shown.years, shown.band) == (youth.name, 17, "15-24")
    assert shown.registered_by == shown.confirmed_by == world.person(world.finder).name
    assert [act.act for act in shown.acts] == ["youth.registered"]
    assert shown.gaps == [
        *(Gap.ACTIVITY, Gap.PATHWAY, Gap.DISADVANTAGES, Gap.GUARDIAN, Gap.CONSENT),
    ]
    assert session.scalar(select(func.count()).select_from(YouthAct)) == 1


def test_a_record_is_corrected_and_counts_as_confirmed(session: Session, world: World) -> None:
    youth = correct(world, registered(world, by=world.finder))
    shown = page(world, youth)
    assert (shown.version, shown.activity, shown.is_neet) == (2, Activity.NOTHING, True)
    assert [situation.code for situation in shown.disadvantages] == ["POOR", "HEALTH"]
    assert shown.pathway is not None
    assert (shown.confirmed_at, shown.confirmed_by) == (LATER, world.person(world.malee).name)
    # The number is still known by its hash.
    assert registered(world).id == youth.id
    body = session.scalars(select(LogEntry.body).order_by(LogEntry.seqno.desc())).first()
    assert body is not None
    entry = parse(body)
    assert (entry.type, entry.public, entry.refs) == ("youth.corrected", {}, ())
    assert entry.private.keys() == {"person"}
    held = session.scalars(select(PrivateField.subject).where(PrivateField.eid == entry.eid))
    assert f"youth:{youth.id}" in set(held)


def test_an_id_number_may_change_be_wrong_or_go(world: World) -> None:
    youth = registered(world)
    for number, fits in (("1999900000012", False), ("G123456789012", True), (None, True)):
        person = replace(YOUTH, national_id=number)
        correct(world, youth, replace(RECORD, person=person))
        assert page(world, youth).id_fits is fits
        assert (youth.national_id_hash is None) is (number is None)


def test_a_record_is_confirmed(world: World) -> None:
    youth = registered(world, by=world.finder)
    confirm_record(world.session, youth.id, seen_version=1, by=world.malee, at=LATER)
    shown = page(world, youth)
    assert (shown.version, shown.confirmed_at) == (2, LATER)
    assert [act.act for act in shown.acts] == ["youth.confirmed", "youth.registered"]
    old = record_page(world.session, youth.id, world.malee, at=LATER + timedelta(days=366))
    assert Gap.CONFIRMATION in old.gaps


def test_what_a_request_tells_again_is_an_act_only_if_it_is_new(
    session: Session, world: World
) -> None:
    draft = world.draft(by=world.finder)
    youth = session.get_one(Youth, draft.youth_id)
    seen = youth.version
    changed = replace(ANSWER, youth=replace(YOUTH, schooling="กลับเข้าเรียน"))
    for answer, moves in ((ANSWER, 0), (changed, 1), (changed, 1)):
        world.amend(draft, answer)
        assert youth.version == seen + moves
    assert page(world, youth).acts[0].act == "youth.corrected"


def test_an_old_page_changes_nothing(session: Session, world: World) -> None:
    youth = registered(world)
    kept = guardian(world, youth)
    agree(world, youth)
    old: dict[str, Any] = {"seen_version": youth.version - 1, "by": world.malee, "at": LATER}
    acts = (
        lambda: correct_record(session, youth.id, RECORD, **old),
        lambda: confirm_record(session, youth.id, **old),
        lambda: consenting.add_guardian(session, youth.id, MOTHER, **old),
        lambda: consenting.end_guardian(session, youth.id, kept.id, **old),
        lambda: consenting.record_consent(session, youth.id, BOTH_SIGNED, **old),
        lambda: consenting.withdraw_consent(session, youth.id, Purpose.PAY, **old),
    )
    for act in acts:
        with pytest.raises(StaleRecordError):
            act()


def test_only_an_officer_changes_a_record(world: World) -> None:
    youth = registered(world, by=world.finder)
    for by in (world.finder, world.wipa):
        assert page(world, youth, by=by).may_change is False
        with pytest.raises(OfficerNeededError):
            confirm_record(world.session, youth.id, seen_version=1, by=by, at=LATER)


def test_somebody_elses_record_is_not_found(session: Session, world: World) -> None:
    youth = registered(world)
    strangers = (world.finder, world.somchai, world.anong, world.board, world.krit)
    for by in strangers:
        with pytest.raises(PersonNotFoundError):
            page(world, youth, by=by)
        with pytest.raises(PersonNotFoundError):
            confirm_record(session, youth.id, seen_version=1, by=by, at=LATER)
    with pytest.raises(PersonNotFoundError):
        record_page(session, 999, world.malee, at=LATER)
    with pytest.raises(PersonNotFoundError):
        confirm_record(session, 999, seen_version=1, by=world.malee, at=LATER)


def test_a_finder_finds_only_whom_they_registered(session: Session, world: World) -> None:
    mine = registered(world, by=world.finder)
    other = replace(YOUTH, first_name="อื่น", birth_on=date(1960, 1, 2), national_id=None)
    world.draft(answer=replace(ANSWER, youth=other))

    def found(by: Actor, words: str = "") -> list[int]:
        return [row.id for row in people(session, by, words, on=TODAY, page=1).rows]

    assert found(world.malee) == found(world.wipa) == [mine.id + 1, mine.id]
    assert found(world.finder) == [mine.id]
    assert found(world.finder, "อื่น") == []
    assert found(world.malee, "1-9999-00000-01-3") == [mine.id]
    assert found(world.malee, f"{YOUTH.first_name[:4]} {YOUTH.last_name}") == [mine.id]
    assert found(world.malee, "%") == []
    band = people(session, world.malee, "อื่น", on=TODAY, page=1).rows[0].band
    assert band == "60+"
    for by in (world.somchai, world.anong, world.krit):
        with pytest.raises(PersonNotFoundError):
            found(by)
    beyond = people(session, world.malee, "", on=TODAY, page=10**30)
    assert ([*beyond.rows], beyond.count, beyond.pages) == ([], 2, 1)


def test_a_guardian_is_noted_and_ceases(session: Session, world: World) -> None:
    youth = registered(world)
    kept = guardian(world, youth)
    shown = page(world, youth).guardian
    assert shown is not None
    assert (shown.name, shown.relation) == (MOTHER.name, Relation.MOTHER)
    end: dict[str, Any] = {"by": world.malee, "at": LATER}
    consenting.end_guardian(session, youth.id, kept.id, seen_version=youth.version, **end)
    assert (page(world, youth).guardian, kept.ended_at) == (None, LATER)
    for number in (kept.id, 999):
        with pytest.raises(GuardianNotThereError):
            consenting.end_guardian(session, youth.id, number, seen_version=youth.version, **end)


def test_a_consent_is_recorded_for_each_purpose(session: Session, world: World) -> None:
    youth = registered(world)
    assert not has_consent(session, youth.id, on=TODAY)
    agree(world, youth)
    assert has_consent(session, youth.id, on=TODAY)
    assert page(world, youth).agreed == set(Purpose)
    rows = consents(session)
    assert {row.purpose for row in rows} == set(Purpose)
    assert {(row.capacity, row.signer, row.relation, row.paper) for row in rows} == {
        (Capacity.BOTH.value, MOTHER.name, "mother", BOTH_SIGNED.paper)
    }
    assert page(world, youth).acts[0].act == "consent.recorded"


def test_the_wrong_people_do_not_agree(session: Session, world: World) -> None:
    youth = registered(world)
    alone = replace(BOTH_SIGNED, signers=Signers(person_signed=True))
    with pytest.raises(WrongSignersError):
        agree(world, youth, alone)
    grandmother = Signers(person_signed=True, guardian="ยาย", relation=Relation.GRANDPARENT)
    with pytest.raises(PowerPaperNeededError):
        agree(world, youth, replace(BOTH_SIGNED, signers=grandmother))
    assert consents(session) == []
    agree(
        world,
        youth,
        replace(BOTH_SIGNED, signers=replace(grandmother, power_paper="คำสั่งศาล 1/2570")),
    )
    assert len(consents(session)) == 3


def test_a_withdrawn_consent_stays_and_counts_no_more(session: Session, world: World) -> None:
    youth = registered(world)
    agree(world, youth)
    withdraw(world, youth, Purpose.SHARE)
    assert has_consent(session, youth.id, on=TODAY)
    assert not has_consent_for(session, youth.id, Purpose.SHARE, on=TODAY)
    # However often it was given.
    agree(world, youth, replace(BOTH_SIGNED, purposes={Purpose.PAY}))
    withdraw(world, youth, Purpose.PAY)
    assert [row.withdrawn_at for row in consents(session, Purpose.PAY)] == [LATER, LATER]
    assert not has_consent(session, youth.id, on=TODAY)
    assert has_consent_for(session, youth.id, Purpose.KEEP, on=TODAY)
    shown = {row.purpose: row for row in page(world, youth).consents}
    assert shown[Purpose.PAY].withdrawn_by == world.person(world.malee).name
    with pytest.raises(ConsentNotThereError):
        withdraw(world, youth, Purpose.PAY)


def test_without_consent_no_request_is_sent(session: Session, world: World) -> None:
    youth = registered(world)
    with pytest.raises(ConsentMissingError):
        submit_request(session, 1, seen_version=1, by=world.malee, at=LATER)
    agree(world, youth, replace(BOTH_SIGNED, purposes={Purpose.KEEP}))
    with pytest.raises(ConsentMissingError):
        submit_request(session, 1, seen_version=1, by=world.malee, at=LATER)
    agree(world, youth, replace(BOTH_SIGNED, purposes={Purpose.PAY}))
    submit_request(session, 1, seen_version=1, by=world.malee, at=LATER)


@pytest.mark.parametrize(
    ("born", "capacity"),
    [
        (date(2016, 3, 13), Capacity.GUARDIAN),
        (date(2009, 3, 13), Capacity.BOTH),
        (date(2000, 3, 13), Capacity.SELF),
    ],
)
def test_the_tick_in_a_request_is_the_consent_that_the_age_needs(
    session: Session, world: World, born: date, capacity: Capacity
) -> None:
    world.submitted(answer=replace(ANSWER, youth=replace(YOUTH, birth_on=born)))
    rows = consents(session)
    assert {row.purpose for row in rows} == {Purpose.KEEP, Purpose.PAY}
    assert {(row.capacity, row.paper, row.signer) for row in rows} == {(capacity.value, "", "")}
    # It is there already.
    world.submitted(answer=replace(ANSWER, youth=replace(YOUTH, birth_on=born)))
    assert len(consents(session)) == 2


def test_who_turns_11_needs_the_new_right_people_for_new_requests_only(
    session: Session, world: World
) -> None:
    # Eleven on the day after the request.
    child = replace(ANSWER, youth=replace(YOUTH, birth_on=date(2015, 11, 21)))
    first = world.draft(answer=child)
    assert first.youth_id is not None
    tomorrow = NOON + timedelta(days=1)
    assert has_consent(session, first.youth_id, on=TODAY)
    assert not has_consent(session, first.youth_id, on=date(2026, 11, 21))
    submit_request(session, first.id, seen_version=first.version, by=world.malee, at=tomorrow)
    second = world.draft(answer=replace(child, has_consent=False), at=tomorrow)
    assert second.youth_id == first.youth_id
    with pytest.raises(ConsentMissingError):
        submit_request(session, second.id, seen_version=1, by=world.malee, at=tomorrow)
    # The tick of a new request brings the new right people; the older request keeps what it had.
    third = world.draft(answer=child, at=tomorrow)
    submit_request(session, third.id, seen_version=third.version, by=world.malee, at=tomorrow)
    capacities = [row.capacity for row in consents(session, Purpose.PAY)]
    assert capacities == ["guardian", "guardian_and_youth"]
    assert has_consent(session, first.youth_id, on=TODAY)


def test_the_day_of_a_request_is_a_day_in_bangkok(session: Session, world: World) -> None:
    # It is the 21st there, and the child is eleven.
    evening = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
    child = replace(ANSWER, youth=replace(YOUTH, birth_on=date(2015, 11, 21)))
    world.draft(answer=child, at=evening)
    assert {row.capacity for row in consents(session)} == {"guardian_and_youth"}


def test_nothing_is_done_with_a_record_that_was_erased(session: Session, world: World) -> None:
    youth = correct(world, registered(world))
    guardian(world, youth)
    agree(world, youth)
    world.read()
    session.execute(
        text("INSERT INTO erasure (ticket, subject, opened_at) VALUES ('T', 'youth:1', :at)"),
        {"at": NOON.replace(tzinfo=None)},
    )
    forget_youth(session, youth.id, at=LATER)
    session.expire_all()
    session.execute(text("UPDATE erasure SET done_at = opened_at, subject = NULL"))
    assert not has_consent(session, youth.id, on=TODAY)
    assert session.scalars(select(Guardian)).all() == []
    assert {(row.paper, row.signer, row.relation) for row in consents(session)} == {("", "", "")}
    assert (youth.disadvantages, youth.pathway, youth.activity) == ("", None, Activity.UNKNOWN)
    # Numbers alone: who read it, and that something was done.
    assert len(reads_of(session, youth.id, world.wipa, page=1).rows) == 1
    with pytest.raises(ErasedRecordError):
        page(world, youth)
    with pytest.raises(ErasedRecordError):
        confirm_record(session, 1, seen_version=youth.version, by=world.malee, at=LATER)
    assert [*people(session, world.malee, "", on=TODAY, page=1).rows] == []


def test_a_read_is_kept_once_in_ten_minutes(session: Session, world: World) -> None:
    youth = registered(world)
    for minutes in (0, 5, 9, 10, 19, 30):
        at = NOON + timedelta(minutes=minutes)
        note_read(session, youth.id, page=ReadPage.RECORD, by=world.wipa, at=at)
    note_read(session, youth.id, page=ReadPage.REQUEST, by=world.wipa, at=NOON)
    note_read(session, youth.id, page=ReadPage.RECORD, by=world.malee, at=NOON)
    kept = session.execute(select(RecordRead.person_id, RecordRead.page, RecordRead.at)).all()
    wipas = [row.at - NOON for row in kept if row.page is ReadPage.RECORD]
    assert wipas == [timedelta(minutes=m) for m in (0, 10, 30, 0)]
    assert len(kept) == 5


def test_who_looks_at_reads(session: Session, world: World) -> None:
    youth = registered(world)
    world.read(world.wipa)
    world.read(world.malee, at=LATER)
    for by in (world.malee, world.wipa):
        rows = reads_of(session, youth.id, by, page=1).rows
        assert [row.username for row in rows] == ["malee", "wipa"]
    assert [row.username for row in reads_by(session, "", world.wipa, page=1).rows] == [
        "malee",
        "wipa",
    ]
    assert [row.username for row in reads_by(session, "wipa", world.wipa, page=1).rows] == ["wipa"]
    for by in (world.finder, world.somchai, world.anong):
        with pytest.raises(PersonNotFoundError):
            reads_of(session, youth.id, by, page=1)
    with pytest.raises(PersonNotFoundError):
        reads_of(session, 999, world.malee, page=1)
    for by in (world.malee, world.finder, world.somchai):
        with pytest.raises(AuditorNeededError):
            reads_by(session, "", by, page=1)


def test_the_database_keeps_consents_as_they_were_given(session: Session, world: World) -> None:
    agree(world, registered(world))
    withdrawn = {"withdrawn_at": LATER, "withdrawn_by_id": world.malee.person_id}

    def refused(**values: object) -> bool:
        try:
            with session.begin_nested():
                session.execute(update(Consent).where(Consent.id == 1).values(values))
        except DBAPIError as error:
            return "append-only" in str(error) or "withdrawn_by_somebody" in str(error)
        return False

    others: tuple[dict[str, object], ...] = (
        {"capacity": "self"},
        {"paper": ""},
        {"purpose": "pay"},
        {"signer": "อื่น"},
        {**withdrawn, "paper": "อื่น"},
        {"withdrawn_at": LATER},
    )
    assert [values for values in others if not refused(**values)] == []
    assert not refused(**withdrawn)
    assert refused(withdrawn_at=None, withdrawn_by_id=None)
    assert refused(withdrawn_at=NOON)
