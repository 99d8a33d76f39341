"""The public page of one request: how it stands, and everything that happened to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import N_
from portal.errors import NotFoundError
from portal.labels import Name
from portal.money import Money
from portal.places import place_name
from portal.publishing.log_page import Outsiders
from portal.publishing.log_page import WithTimeline
from portal.publishing.log_page import act_line
from portal.publishing.log_page import outsiders
from portal.publishing.models import PublishedAct
from portal.publishing.models import PublishedPosition
from portal.publishing.models import PublishedRequest
from portal.publishing.queries import RequestLine
from portal.publishing.queries import names
from portal.publishing.queries import request_line


class RequestNotPublishedError(NotFoundError):
    """The published log tells of no such request."""

    def __init__(self, reference: str) -> None:
        super().__init__(
            N_("The published log tells of no request {reference}."), reference=reference
        )


# Acts about a request that leave it where it stands.
_MOVES_NOTHING = frozenset(
    {
        "interest.declared",
        "check.overridden",
        "fund_request.ratified",
        "fund_request.not_ratified",
        "payment.receipted",
        "advance.voucher_filed",
        "advance.cleared",
    }
)


@dataclass(frozen=True, slots=True)
class PublicRequest(WithTimeline):
    """The public page of one request.

    `people` numbers those who acted, in the order of their first act: the codes that the log has
    for them hold within this request only. Who issued a paper took no part and has no number.
    """

    line: RequestLine
    purpose: Name
    fiscal_year: int
    place: Name | None
    approved: Money
    disbursed: Money
    people: Mapping[object, int]
    # Those who cosigned a checkpoint that covers every act shown here, if enough did.
    outsiders: Outsiders | None
    is_urgent: bool
    # How an urgent approval stands with the driving committee, and by when it is due.
    ratification: str
    ratify_by: date | None

    @property
    def channels(self) -> Mapping[object, str]:
        """Return how the money of each payment travels, and of what is no payment nothing."""
        made = (act.public for act in self.timeline if "channel" in act.public)
        return {None: "", **{public["payment"]: str(public["channel"]) for public in made}}

    @property
    def closed_at(self) -> datetime | None:
        """Return when it was closed, if it is."""
        is_closed = self.line.status == "closed"
        closings = [act.at for act in self.timeline if act.type == "fund_request.closed"]
        return closings[-1] if is_closed else None

    @property
    def moved_at(self) -> datetime:
        """Return when the request came to where it stands; a paper about it moves nothing."""
        return max(
            act.at
            for act in self.timeline
            if "party" in act.public and act.type not in _MOVES_NOTHING
        )


def public_request(session: Session, reference: str) -> PublicRequest:
    """Return a request as the log tells it, or raise `RequestNotPublishedError`."""
    row = published_request(session, reference)
    known = names(session)
    acts = session.scalars(
        select(PublishedAct).where(PublishedAct.reference == reference).order_by(PublishedAct.idx)
    )
    timeline = [act_line(act) for act in acts]
    parties = dict.fromkeys(act.public["party"] for act in timeline if "party" in act.public)
    return PublicRequest(
        line=request_line(row, known),
        purpose=known["purpose", row.purpose],
        fiscal_year=row.fiscal_year,
        place=place_name(row.place) if row.place else None,
        approved=Money(row.approved_satang),
        disbursed=Money(row.disbursed_satang),
        timeline=timeline,
        people={party: number for number, party in enumerate(parties, 1)},
        outsiders=_outsiders(session, timeline[-1].index),
        is_urgent=row.is_urgent,
        ratification=row.ratification,
        ratify_by=date.fromisoformat(row.ratify_by) if row.ratify_by else None,
    )


def published_request(session: Session, reference: str) -> PublishedRequest:
    """Return what the tables hold of a request, or raise `RequestNotPublishedError`."""
    row = session.get(PublishedRequest, reference)
    if row is None:
        raise RequestNotPublishedError(reference)
    return row


def _outsiders(session: Session, index: int) -> Outsiders | None:
    found = outsiders(session.get_one(PublishedPosition, 1))
    return found if found is not None and index < found.size else None
