"""Who may see which finding and which concern, as conditions of a query."""

from __future__ import annotations

from sqlalchemy import ColumnElement
from sqlalchemy import and_
from sqlalchemy import false
from sqlalchemy import or_
from sqlalchemy import select

from portal.concerns.acts import CONCERN_PASSED
from portal.concerns.models import Concern
from portal.concerns.models import ConcernAct
from portal.concerns.models import Finding
from portal.concerns.rules import ANSWERERS
from portal.concerns.rules import AUDITORS
from portal.concerns.rules import desks_seen
from portal.funds.models import FundRequest
from portal.funds.queries import visible
from portal.roles import Actor


def findings_seen(by: Actor) -> ColumnElement[bool]:
    """Return the condition for the findings this person may open.

    What was written about a request is for those who may see the request.
    """
    if not (AUDITORS | ANSWERERS) & by.roles:
        return false()
    requests = select(FundRequest.id).where(visible(by))
    return or_(Finding.fund_request_id.is_(None), Finding.fund_request_id.in_(requests))


def concerns_seen(by: Actor) -> ColumnElement[bool]:
    """Return the condition for the concerns this person may open.

    Who said to be concerned in one, and passed it on, never sees it again.
    """
    passed = select(ConcernAct.concern_id).where(
        ConcernAct.act == CONCERN_PASSED.name, ConcernAct.by_person_id == by.person_id
    )
    return and_(Concern.desk.in_(desks_seen(by)), Concern.id.not_in(passed))
