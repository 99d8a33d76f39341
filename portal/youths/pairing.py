"""Two records that may be one person: finding them, settling them, undoing a wrong joining."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_
from sqlalchemy import exists
from sqlalchemy import or_
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import EntryType
from portal.roles import Actor
from portal.youths import acts
from portal.youths.docket import enter
from portal.youths.docket import locked
from portal.youths.models import Youth
from portal.youths.models import YouthPair
from portal.youths.queries import kept_id
from portal.youths.queries import same_ids
from portal.youths.refusals import PairNotFoundError
from portal.youths.refusals import PairNotMergedError
from portal.youths.refusals import PairSettledError
from portal.youths.refusals import StaleRecordError
from portal.youths.refusals import ToldApartError
from portal.youths.rules import READERS
from portal.youths.rules import Likeness
from portal.youths.rules import Verdict
from portal.youths.rules import check_may_change
from portal.youths.spelling import name_key
from portal.youths.spelling import near_days


def find_pairs(session: Session, youth: Youth, *, same_number: Youth | None, at: datetime) -> None:
    """Keep every other record that may be about the same person, to be settled by an officer.

    That is one with the same id number under another name, or with a name that sounds the same and
    a near birth date. A pair that was settled before is not asked again.
    """
    if same_number is not None:
        _keep_pair(session, youth, same_number, Likeness.ID_NUMBER, at=at)
    key = name_key(youth.first_name, youth.last_name)
    near = session.scalars(
        select(Youth).where(
            Youth.birth_on.in_(near_days(youth.birth_on)),
            Youth.erased_at.is_(None),
            Youth.id != youth.id,
        )
    )
    for other in near.all():
        if name_key(other.first_name, other.last_name) == key:
            _keep_pair(session, youth, other, Likeness.SPELLING, at=at)


def _keep_pair(
    session: Session, one: Youth, other: Youth, likeness: Likeness, *, at: datetime
) -> None:
    older, younger = sorted((one.id, other.id))
    is_kept = exists().where(YouthPair.older_id == older, YouthPair.younger_id == younger)
    if not session.scalar(select(is_kept)):
        pair = YouthPair(older_id=older, younger_id=younger, likeness=likeness, found_at=at)
        session.add(pair)
        session.flush()


def settle_pair(
    session: Session, pair_id: int, verdict: Verdict, *, seen_version: int, by: Actor, at: datetime
) -> YouthPair:
    """Say whether two records are one person: then the younger is kept under the older from now on.

    Nothing is deleted or copied. Two people are remembered as two and never asked for again; an
    officer who learns better may still say that they are one.
    """
    pair = _load_pair(session, pair_id, seen_version=seen_version, by=by)
    older, younger = _kept(session, pair)
    if pair.verdict is verdict or older is younger:
        raise PairSettledError
    act = acts.TOLD_APART
    if verdict is Verdict.SAME:
        _check_not_told_apart(session, pair)
        younger.same_as_id, pair.joined_id = older.id, younger.id
        act = acts.MERGED
    pair.verdict, pair.settled_by_id, pair.settled_at = verdict, by.person_id, at
    _enter(session, pair, act, by=by, at=at)
    return pair


def undo_merge(
    session: Session, pair_id: int, *, seen_version: int, by: Actor, at: datetime
) -> YouthPair:
    """Take apart two records that were wrongly joined; from now on they are known as two people.

    What was filed meanwhile stays where it was filed: under the older record.
    """
    pair = _load_pair(session, pair_id, seen_version=seen_version, by=by)
    joined = pair.joined_id and locked(session, pair.joined_id)
    if not joined:
        raise PairNotMergedError
    joined.same_as_id = pair.joined_id = None
    pair.verdict, pair.settled_by_id, pair.settled_at = Verdict.TWO, by.person_id, at
    _enter(session, pair, acts.UNMERGED, by=by, at=at)
    return pair


def _load_pair(session: Session, pair_id: int, *, seen_version: int, by: Actor) -> YouthPair:
    if not READERS & by.roles:
        raise PairNotFoundError
    pair = session.get(YouthPair, pair_id, with_for_update=True, populate_existing=True)
    if pair is None or any(youth.erased_at for youth in _both(session, pair)):
        raise PairNotFoundError
    check_may_change(by)
    if pair.version != seen_version:
        raise StaleRecordError
    return pair


def _both(session: Session, pair: YouthPair) -> tuple[Youth, Youth]:
    return session.get_one(Youth, pair.older_id), session.get_one(Youth, pair.younger_id)


def _kept(session: Session, pair: YouthPair) -> tuple[Youth, Youth]:
    """Return the records that the two are kept under, the older first; one twice if joined."""
    older, younger = sorted(kept_id(session, one) for one in (pair.older_id, pair.younger_id))
    for number in (older, younger):
        locked(session, number)
    return session.get_one(Youth, older), session.get_one(Youth, younger)


def _check_not_told_apart(session: Session, pair: YouthPair) -> None:
    """Refuse to join two who were told apart, by way of others that they were joined with."""
    one, other = same_ids(session, pair.older_id), same_ids(session, pair.younger_id)
    told_apart = exists().where(
        YouthPair.id != pair.id,
        YouthPair.verdict == Verdict.TWO,
        or_(
            and_(YouthPair.older_id.in_(one), YouthPair.younger_id.in_(other)),
            and_(YouthPair.older_id.in_(other), YouthPair.younger_id.in_(one)),
        ),
    )
    if session.scalar(select(told_apart)):
        raise ToldApartError


def _enter(
    session: Session, pair: YouthPair, entry_type: EntryType, *, by: Actor, at: datetime
) -> None:
    older, younger = _both(session, pair)
    told = {"older": older.id, "younger": younger.id}
    enter(session, younger, entry_type, told, by=by, at=at, also=[older])
