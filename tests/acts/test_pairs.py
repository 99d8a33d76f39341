"""Two records that may be one person: found, settled, undone, and forgotten together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.db import db
from portal.erasure import erase
from portal.funds.queries import Filters
from portal.funds.queries import requests
from portal.funds.request_page import request_page
from portal.funds.service import withdraw_request
from portal.roles import Actor
from portal.youths.models import Youth
from portal.youths.models import YouthPair
from portal.youths.pair_page import pair_page
from portal.youths.pairing import settle_pair
from portal.youths.pairing import undo_merge
from portal.youths.queries import has_consent
from portal.youths.queries import kept_id
from portal.youths.queries import record_id
from portal.youths.queries import same_ids
from portal.youths.record_lists import count_open_pairs
from portal.youths.record_lists import open_pairs
from portal.youths.record_lists import people
from portal.youths.record_lists import settled_pairs
from portal.youths.record_page import changeable_page
from portal.youths.record_page import record_page
from portal.youths.refusals import ErasedRecordError
from portal.youths.refusals import MergedRecordError
from portal.youths.refusals import OfficerNeededError
from portal.youths.refusals import PairNotFoundError
from portal.youths.refusals import PairNotMergedError
from portal.youths.refusals import PairSettledError
from portal.youths.refusals import PersonNotFoundError
from portal.youths.refusals import StaleRecordError
from portal.youths.refusals import ToldApartError
from portal.youths.rules import Activity
from portal.youths.rules import Likeness
from portal.youths.rules import Verdict
from portal.youths.service import RecordAnswer
from portal.youths.service import YouthAnswer
from portal.youths.service import confirm_record
from portal.youths.service import correct_record
from portal.youths.service import register_youth
from tests.conftest import Maker
from tests.conftest import Portal
from tests.world import ANSWER
from tests.world import NOON
from tests.world import YOUTH
from tests.world import World

SECOND_PAIR = (
    "INSERT INTO youth_pair (id, version, older_id, younger_id, likeness, found_at)"
    " SELECT 9, 1, 1, 2, likeness, found_at FROM youth_pair"
)
LATER = NOON + timedelta(hours=1)
TODAY = date(2026, 11, 20)
FIRST = replace(YOUTH, first_name="ศิริพร", last_name="สมมติสุข", national_id=None)
# The same sound, and the day one digit off.
SECOND = replace(FIRST, first_name="สิริพร", birth_on=date(2009, 3, 18))
THIRD = replace(FIRST, first_name="ษิริพล", birth_on=date(2009, 3, 11))


def register(world: World, answer: YouthAnswer, *, by: Actor | None = None) -> Youth:
    return register_youth(
        world.session, answer, area_code=ANSWER.area_code, by=by or world.malee, at=NOON
    )


def pairs(session: Session) -> Sequence[YouthPair]:
    return session.scalars(select(YouthPair).order_by(YouthPair.id)).all()


def the_pair(world: World) -> YouthPair:
    """The pair of two who were registered by two people."""
    register(world, FIRST, by=world.finder)
    register(world, SECOND)
    (pair,) = pairs(world.session)
    return pair


def settle(world: World, pair: YouthPair, verdict: Verdict, *, by: Actor | None = None) -> None:
    settle_pair(
        world.session, pair.id, verdict, seen_version=pair.version, by=by or world.malee, at=LATER
    )


def undo(world: World, pair: YouthPair) -> None:
    undo_merge(world.session, pair.id, seen_version=pair.version, by=world.malee, at=LATER)


def waiting(world: World) -> list[int]:
    return [row.id for row in open_pairs(world.session, world.malee)]


def test_names_that_sound_alike_and_near_births_are_a_pair(session: Session, world: World) -> None:
    pair = the_pair(world)
    assert (pair.older_id, pair.younger_id, pair.likeness) == (1, 2, Likeness.SPELLING)
    assert waiting(world) == [pair.id]
    assert count_open_pairs(session, world.malee) == 1
    assert count_open_pairs(session, world.finder) == 0
    assert record_page(session, 1, world.malee, at=LATER).open_pairs == 1


@pytest.mark.parametrize(
    "other",
    [
        replace(FIRST, first_name="วิชัย"),
        replace(FIRST, last_name="ทดสอบชัย"),
        replace(FIRST, birth_on=date(2011, 5, 27)),
    ],
)
def test_others_are_no_pair(session: Session, world: World, other: YouthAnswer) -> None:
    register(world, FIRST)
    register(world, other)
    assert pairs(session) == []


def test_one_id_number_under_two_names_is_a_pair(session: Session, world: World) -> None:
    register(world, YOUTH)
    stranger = replace(YOUTH, first_name="คนอื่น", birth_on=date(1980, 7, 1))
    assert register(world, stranger).id == 2
    (pair,) = pairs(session)
    assert pair.likeness is Likeness.ID_NUMBER
    # Another spelling of the name is the same person.
    spelt = replace(YOUTH, first_name="ปลายฟาลับ", birth_on=date(1980, 7, 1))
    assert register(world, spelt).id == 1


def test_a_correction_looks_for_pairs_too(session: Session, world: World) -> None:
    first = register(world, YOUTH)
    second = register(world, replace(FIRST, birth_on=date(1980, 7, 1)))
    number = YOUTH.national_id
    told = RecordAnswer(replace(FIRST, national_id=number), "210101", Activity.UNKNOWN, None, ())
    correct_record(session, second.id, told, seen_version=1, by=world.malee, at=LATER)
    (pair,) = pairs(session)
    assert (pair.older_id, pair.likeness) == (first.id, Likeness.ID_NUMBER)
    assert (second.national_id, second.national_id_hash) == (number, None)
    # Once they are one, the number is theirs.
    settle(world, pair, Verdict.SAME)
    correct_record(session, 1, told, seen_version=first.version, by=world.malee, at=LATER)
    assert len(pairs(session)) == 1


def test_one_person_is_kept_under_the_older_record(session: Session, world: World) -> None:
    pair = the_pair(world)
    old = world.draft(answer=replace(ANSWER, youth=FIRST))
    assert old.youth_id == 3
    for one in pairs(session):
        settle(world, one, Verdict.SAME)
        if kept_id(session, 3) == 1:
            break
    assert pair.joined_id == 2
    settle_all(world)
    assert {kept_id(session, number) for number in (1, 2, 3)} == {1}
    assert [*same_ids(session, 2)] == [1, 2, 3]
    assert waiting(world) == []
    shown = people(session, world.malee, "", on=TODAY, page=1)
    assert [row.id for row in shown.rows] == [1]
    # The requests of all are found under the kept one, and its consents count.
    for number in (1, 2, 3):
        found = requests(session, world.malee, Filters(youth=number))
        assert [row.id for row in found.rows] == [old.id]
        assert has_consent(session, number, on=TODAY)
    page = request_page(session, old.id, world.malee, on=TODAY)
    assert (page.youth_id, page.record_id) == (3, 1)


def settle_all(world: World) -> None:
    while waiting(world):
        settle(world, world.session.get_one(YouthPair, waiting(world)[0]), Verdict.SAME)


def test_a_joined_record_is_not_changed_any_more(session: Session, world: World) -> None:
    pair = the_pair(world)
    settle(world, pair, Verdict.SAME)
    younger = session.get_one(Youth, 2)
    with pytest.raises(MergedRecordError):
        confirm_record(session, 2, seen_version=younger.version, by=world.malee, at=LATER)
    with pytest.raises(MergedRecordError):
        changeable_page(session, 2, world.malee, at=LATER)
    shown = record_page(session, 2, world.malee, at=LATER)
    assert (shown.is_merged, shown.kept_id, shown.may_change) == (True, 1, False)
    assert [act.act for act in shown.acts] == ["youth.merged", "youth.registered"]
    assert changeable_page(session, 1, world.malee, at=LATER).also == [2]


def test_a_known_number_leads_to_the_kept_record(session: Session, world: World) -> None:
    register(world, FIRST)
    register(world, replace(SECOND, national_id=YOUTH.national_id))
    settle_all(world)
    assert register(world, replace(SECOND, national_id=YOUTH.national_id)).id == 1
    assert session.get_one(Youth, 2).same_as_id == 1


def test_a_finder_keeps_their_own_record_of_somebody_joined(session: Session, world: World) -> None:
    register(world, FIRST)
    register(world, SECOND, by=world.finder)
    settle_all(world)
    assert record_id(session, 2, world.finder) == 2
    assert record_id(session, 1, world.finder) is None
    assert record_id(session, 2, world.malee) == 1
    assert [row.id for row in people(session, world.finder, "", on=TODAY, page=1).rows] == [2]


def test_two_people_are_never_asked_for_again(session: Session, world: World) -> None:
    pair = the_pair(world)
    settle(world, pair, Verdict.TWO)
    assert (waiting(world), pair.joined_id) == ([], None)
    assert [row.verdict for row in settled_pairs(session, world.malee)] == [Verdict.TWO]
    told = RecordAnswer(SECOND, "210101", Activity.UNKNOWN, None, ())
    seen = session.get_one(Youth, 2).version
    correct_record(session, 2, told, seen_version=seen, by=world.malee, at=LATER)
    assert (len(pairs(session)), waiting(world)) == (1, [])
    with pytest.raises(PairSettledError):
        settle(world, pair, Verdict.TWO)
    # But who learns better may say so.
    settle(world, pair, Verdict.SAME)
    assert kept_id(session, 2) == 1


def test_a_wrong_joining_is_undone(session: Session, world: World) -> None:
    pair = the_pair(world)
    settle(world, pair, Verdict.SAME)
    with pytest.raises(PairSettledError):
        settle(world, pair, Verdict.TWO)
    undo(world, pair)
    assert (kept_id(session, 2), pair.verdict, pair.joined_id) == (2, Verdict.TWO, None)
    assert record_page(session, 2, world.malee, at=LATER).acts[0].act == "youth.unmerged"
    with pytest.raises(PairNotMergedError):
        undo(world, pair)


def test_what_was_told_apart_is_not_joined_by_a_detour(session: Session, world: World) -> None:
    for answer in (FIRST, SECOND, THIRD):
        register(world, answer)
    by_ids = {(pair.older_id, pair.younger_id): pair for pair in pairs(session)}
    assert by_ids.keys() == {(1, 2), (1, 3), (2, 3)}
    settle(world, by_ids[1, 2], Verdict.TWO)
    settle(world, by_ids[1, 3], Verdict.SAME)
    with pytest.raises(ToldApartError):
        settle(world, by_ids[2, 3], Verdict.SAME)
    settle(world, by_ids[2, 3], Verdict.TWO)
    # The other way round: all are one, and then the middle is taken out.
    undo(world, by_ids[1, 3])
    settle(world, by_ids[2, 3], Verdict.SAME)
    assert [*same_ids(session, 3)] == [2, 3]


def test_who_is_one_by_way_of_others_is_not_asked_for(session: Session, world: World) -> None:
    for answer in (FIRST, SECOND, THIRD):
        register(world, answer)
    first, _second, last = pairs(session)
    settle(world, first, Verdict.SAME)
    settle(world, last, Verdict.SAME)
    assert (kept_id(session, 3), waiting(world)) == (1, [])
    with pytest.raises(PairSettledError):
        settle(world, _second, Verdict.TWO)
    assert pair_page(session, _second.id, world.malee, at=LATER).is_joined


def test_only_an_officer_settles(session: Session, world: World) -> None:
    pair = the_pair(world)
    with pytest.raises(OfficerNeededError):
        settle(world, pair, Verdict.SAME, by=world.wipa)
    assert not pair_page(session, pair.id, world.wipa, at=LATER).may_join
    assert pair_page(session, pair.id, world.malee, at=LATER).may_join
    for by in (world.finder, world.somchai, world.anong):
        with pytest.raises(PairNotFoundError):
            settle(world, pair, Verdict.SAME, by=by)
        with pytest.raises(PairNotFoundError):
            pair_page(session, pair.id, by, at=LATER)
        with pytest.raises(PersonNotFoundError):
            open_pairs(session, by)
    assert pair.verdict is None


def test_an_old_page_settles_nothing(session: Session, world: World) -> None:
    pair = the_pair(world)
    with pytest.raises(StaleRecordError):
        settle_pair(session, pair.id, Verdict.SAME, seen_version=0, by=world.malee, at=LATER)
    with pytest.raises(PairNotFoundError):
        settle_pair(session, 99, Verdict.SAME, seen_version=1, by=world.malee, at=LATER)


@pytest.mark.parametrize(
    "statement",
    [
        SECOND_PAIR,
        "UPDATE youth SET same_as_id = 2 WHERE id = 1",
        "UPDATE youth SET same_as_id = id WHERE id = 1",
        "UPDATE youth_pair SET older_id = 2, younger_id = 1",
        "UPDATE youth_pair SET verdict = 'same'",
        "UPDATE youth_pair SET joined_id = 2",
        "UPDATE youth_pair SET verdict = 'perhaps', settled_at = found_at, settled_by_id = 1",
        "DELETE FROM youth_pair",
        "DELETE FROM youth",
    ],
)
def test_the_database_refuses_it_again(session: Session, world: World, statement: str) -> None:
    the_pair(world)
    with pytest.raises(DBAPIError), session.begin_nested():
        session.execute(text(statement))


def test_whoever_is_erased_goes_with_every_record_of_theirs(portal: Portal, made: Maker) -> None:
    def told(world: World) -> None:
        the_pair(world)
        draft = world.draft(answer=replace(ANSWER, youth=FIRST))
        withdraw_request(world.session, draft.id, seen_version=1, by=world.malee, at=NOON)
        settle_all(world)

    made(told)
    erase(portal.install, "youth:3", ticket="PDPA-1", at=LATER)

    def gone(world: World) -> bool:
        rows = world.session.scalars(select(Youth)).all()
        with pytest.raises(PairNotFoundError):
            settle(world, pairs(world.session)[0], Verdict.TWO)
        with pytest.raises(ErasedRecordError):
            pair_page(world.session, 1, world.malee, at=LATER)
        assert record_id(world.session, 3, world.malee) is None
        assert [*settled_pairs(world.session, world.malee)] == []
        return all(row.erased_at and row.first_name == "" for row in rows) and len(rows) == 3

    assert made(gone)
    db.session.close()
