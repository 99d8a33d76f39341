"""Everything on the one page of a referral, as one person sees it, and what they may do there."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.cases import lookups
from portal.cases import rules
from portal.cases import timeline
from portal.cases.lookups import Seen
from portal.cases.lookups import Subject
from portal.cases.models import Referral
from portal.cases.rules import STEPS
from portal.cases.rules import WORKERS
from portal.cases.rules import Action
from portal.cases.rules import Offer
from portal.cases.rules import Side
from portal.cases.rules import State
from portal.cases.rules import View
from portal.cases.timeline import Told
from portal.errors import PortalError
from portal.labels import Name
from portal.people.models import Person
from portal.people.queries import organisations
from portal.roles import Actor
from portal.thai import bangkok_day
from portal.youths.queries import may_see


@dataclass(frozen=True, slots=True)
class Refused:
    """Actions that this person may not take, for one reason, and who can."""

    actions: Sequence[Action]
    refusal: PortalError
    who: Sequence[str]


@dataclass(frozen=True, slots=True)
class ReferralPage:
    """The page of a referral. Where only its trace is seen, it tells of nobody."""

    id: int
    version: int
    view: View
    state: State
    sender: Name
    receiver: Name
    sent_at: datetime
    since: datetime
    days: int
    is_late: bool
    subject: Subject | None
    subject_id: int | None
    asked: str
    youth_id: int | None
    earlier_id: int | None
    later_id: int | None
    holders: Sequence[str]
    offers: Sequence[Offer]
    refused: Sequence[Refused]
    lines: Sequence[Told]
    notes: Sequence[Told]
    may_send_again: bool

    def may(self, action: str) -> bool:
        """Say whether this person may take an action now."""
        return any(offer.action == action and offer.is_allowed for offer in self.offers)


def referral_page(session: Session, referral_id: int, by: Actor, *, at: datetime) -> ReferralPage:
    """Return the one page of a referral, or raise `ReferralNotFoundError`."""
    seen = lookups.seen(session, referral_id, by)
    referral, partners = seen.referral, organisations(session)
    is_whole, is_trace = seen.view is View.WHOLE, seen.view is View.TRACE
    offers = rules.offers(referral.state, by, ends=seen.ends)
    later_id = session.scalar(select(Referral.id).where(Referral.earlier_id == referral_id))
    today = bangkok_day(at)
    since = referral.ended_at or referral.answered_at or referral.sent_at
    return ReferralPage(
        id=referral.id,
        version=referral.version,
        view=seen.view,
        state=referral.state,
        sender=partners[referral.sender_code],
        receiver=partners[referral.receiver_code],
        sent_at=referral.sent_at,
        since=since,
        days=(today - bangkok_day(referral.sent_at)).days,
        is_late=referral.state is not State.CANCELLED
        and rules.is_late(referral.sent_at, referral.answered_at, at),
        subject=None if is_trace else lookups.subject(session, seen.youth, today=today),
        subject_id=None if is_trace else referral.youth_id,
        asked="" if is_trace else referral.asked,
        youth_id=referral.youth_id if may_see(seen.youth, by) else None,
        earlier_id=referral.earlier_id if is_whole else None,
        later_id=later_id if is_whole else None,
        holders=_holders(session, seen, Side.RECEIVER) if referral.state in rules.OPEN else (),
        offers=offers,
        refused=_refused(session, seen, offers),
        lines=() if is_trace else timeline.of_referral(session, referral),
        notes=() if is_trace else timeline.of_notes(session, referral_id, by),
        may_send_again=referral.state is State.DECLINED
        and later_id is None
        and bool(WORKERS & by.roles)
        and may_see(seen.youth, by),
    )


def _holders(session: Session, seen: Seen, side: Side) -> Sequence[str]:
    """Return the names of those who act on one end of a referral."""
    if side is Side.SENDER:
        return [session.get_one(Person, seen.referral.sent_by_id).name]
    receiver, sent_by_id = seen.referral.receiver_code, seen.referral.sent_by_id
    return lookups.answerers(session, receiver, sent_by_id=sent_by_id)


def _refused(session: Session, seen: Seen, offers: Sequence[Offer]) -> Sequence[Refused]:
    """Return the refused actions, those of one reason together."""
    found: dict[str, tuple[PortalError, list[Action]]] = {}
    for offer in offers:
        if offer.refusal is not None:
            found.setdefault(str(offer.refusal), (offer.refusal, []))[1].append(offer.action)
    return [
        Refused(
            actions,
            refusal,
            _holders(session, seen, STEPS[seen.referral.state, actions[0]].side),
        )
        for refusal, actions in found.values()
    ]


@dataclass(frozen=True, slots=True)
class NewReferral:
    """Whom a new referral is about, whom it may go to, and which declined one it follows."""

    youth_id: int
    subject: Subject
    partners: Mapping[str, Name]
    may_share: bool
    earlier_id: int | None
    asked: str


def new_referral_page(
    session: Session, youth_id: int, by: Actor, *, earlier_id: int | None, at: datetime
) -> NewReferral:
    """Return what a new referral begins with; what was asked before is asked again."""
    youth = lookups.known_youth(session, youth_id, by)
    if not WORKERS & by.roles:
        raise rules.WorkerNeededError
    earlier = lookups.seen(session, earlier_id, by).referral if earlier_id else None
    if earlier is not None and earlier.youth_id != youth_id:
        raise rules.ReferralNotFoundError
    partners = lookups.partners(session, besides=lookups.own_organisation(session, by))
    if earlier is not None:
        partners.pop(earlier.receiver_code, None)
    return NewReferral(
        youth_id=youth_id,
        subject=lookups.subject(session, youth, today=bangkok_day(at)),
        partners=partners,
        may_share=lookups.may_share(session, youth_id, on=bangkok_day(at)),
        earlier_id=earlier_id,
        asked=earlier.asked if earlier else "",
    )
