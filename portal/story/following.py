"""What the story's people do together for somebody: referring to a partner, and following up."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping

from sqlalchemy import select

from portal.cases.follow_ups import LEARNING
from portal.cases.follow_ups import Outcome
from portal.cases.follow_ups import Pathway
from portal.cases.following import Finding
from portal.cases.following import finish_follow_up
from portal.cases.models import FollowUp
from portal.cases.models import Referral
from portal.cases.rules import Reason
from portal.cases.service import Grounds
from portal.cases.service import ReferralAnswer
from portal.cases.service import accept_referral
from portal.cases.service import add_partner_note
from portal.cases.service import cancel_referral
from portal.cases.service import decline_referral
from portal.cases.service import finish_referral
from portal.cases.service import send_referral
from portal.people.models import Person
from portal.roles import Actor
from portal.roles import Role
from portal.story.book import ReferralRow
from portal.story.book import read_steps
from portal.story.days import YEAR
from portal.story.teller import Life
from portal.story.teller import Teller
from portal.thai import bangkok_day

# An officer asks after people every fortnight, and does not reach everybody.
_ROUND_DAYS = 14
_REACHED_BUT_ONE_OF = 6
_FOUND: tuple[tuple[Outcome, str], ...] = (
    (Outcome.IN_SCHOOL, "ไปเรียนสม่ำเสมอ ครูประจำชั้นยืนยัน"),
    (Outcome.IN_TRAINING, "ฝึกอาชีพครบชั่วโมงตามแผน"),
    (Outcome.IN_SCHOOL, "เรียนต่อเนื่อง ผลการเรียนดีขึ้น"),
    (Outcome.IN_WORK, "ได้งานประจำใกล้บ้าน รายได้พอเลี้ยงตัว"),
    (Outcome.LOOKING, "กำลังหางาน อยากเรียนต่อสายอาชีพ"),
    (Outcome.IN_SCHOOL, "ขาดเรียนบ้าง ช่วยงานที่บ้าน นัดเยี่ยมอีกครั้ง"),
    (Outcome.LOST_CONTACT, "โทรศัพท์ไม่รับสามครั้ง ฝาก อสม. ติดตาม"),
    (Outcome.MOVED_AWAY, "ย้ายตามผู้ปกครองไปจังหวัดอื่น แจ้งพื้นที่ปลายทางแล้ว"),
)
_PATHWAYS = tuple(Pathway)


def followed_up(teller: Teller) -> Life:
    """Let an officer ask after those whose day has come, round after round."""
    for day in range(_ROUND_DAYS, YEAR, _ROUND_DAYS):
        yield teller.days.on(day)
        today = bangkok_day(teller.at)
        due = select(FollowUp).where(FollowUp.done_at.is_(None), FollowUp.due_on <= today)
        for follow_up in teller.session.scalars(due.order_by(FollowUp.id)).all():
            if follow_up.id % _REACHED_BUT_ONE_OF:
                _find(teller, follow_up)


def _find(teller: Teller, follow_up: FollowUp) -> None:
    outcome, note = _FOUND[(follow_up.youth_id + follow_up.id) % len(_FOUND)]
    pathway = _PATHWAYS[follow_up.youth_id % len(_PATHWAYS)] if outcome in LEARNING else None
    finish_follow_up(
        teller.session,
        follow_up.id,
        Finding(outcome, pathway, bangkok_day(teller.at), note),
        seen_version=follow_up.version,
        by=teller.holders(Role.OFFICER)[0],
        at=teller.tick(),
    )


def referral_lives(teller: Teller) -> Iterator[Life]:
    """Return the lives of the referrals."""
    return (_referred(teller, row, number) for number, row in enumerate(teller.book.referrals))


def _referred(teller: Teller, row: ReferralRow, number: int) -> Life:
    yield teller.days.on(row.day, number)
    referral_id = _send(teller, row, ReferralAnswer(row.to, row.asked))
    for step in read_steps(row.then):
        yield teller.days.after(teller.at, step.days, number)
        if step.verb == "again":
            referral_id = _send(teller, row, ReferralAnswer(step.detail, row.asked, referral_id))
        else:
            referral = teller.session.get_one(Referral, referral_id)
            _ANSWERS[step.verb](teller, referral, step.detail)


def _send(teller: Teller, row: ReferralRow, answer: ReferralAnswer) -> int:
    by, youth_id = teller.actor(row.by), teller.youths[row.whom]
    return send_referral(teller.session, youth_id, answer, by=by, at=teller.tick()).id


def _partner(teller: Teller, referral: Referral) -> Actor:
    """Return who answers for the organisation that was asked."""
    theirs = select(Person.id).where(Person.organisation_code == referral.receiver_code)
    mine = set(teller.session.scalars(theirs))
    workers = (*teller.holders(Role.FINDER), *teller.holders(Role.OFFICER))
    return next(actor for actor in workers if actor.person_id in mine)


def _accept(teller: Teller, referral: Referral, _detail: str) -> None:
    by, version = _partner(teller, referral), referral.version
    accept_referral(teller.session, referral.id, seen_version=version, by=by, at=teller.tick())


def _decline(teller: Teller, referral: Referral, reason: str) -> None:
    grounds = Grounds(Reason(reason), teller.book.words.answers[reason])
    by, version = _partner(teller, referral), referral.version
    decline_referral(
        teller.session, referral.id, grounds, seen_version=version, by=by, at=teller.tick()
    )


def _finish(teller: Teller, referral: Referral, _detail: str) -> None:
    by, words = _partner(teller, referral), teller.book.words.answers
    add_partner_note(teller.session, referral.id, words["partner_note"], by=by, at=teller.tick())
    finish_referral(
        teller.session,
        referral.id,
        note=words["referral_done"],
        seen_version=referral.version,
        by=by,
        at=teller.tick(),
    )


def _cancel(teller: Teller, referral: Referral, _detail: str) -> None:
    by, version = teller.actor_of(referral.sent_by_id), referral.version
    cancel_referral(teller.session, referral.id, seen_version=version, by=by, at=teller.tick())


_ANSWERS: Mapping[str, Callable[[Teller, Referral, str], None]] = {
    "accept": _accept,
    "decline": _decline,
    "finish": _finish,
    "cancel": _cancel,
}
