"""Lists of fund requests: what a person may see, and what waits for them."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlalchemy import Select
from sqlalchemy import and_
from sqlalchemy import exists
from sqlalchemy import false
from sqlalchemy import func
from sqlalchemy import or_
from sqlalchemy import select
from sqlalchemy import true
from sqlalchemy.orm import Session

from portal.funds import lookups
from portal.funds.models import FundRequest
from portal.funds.models import Interest
from portal.funds.models import RequestDuty
from portal.funds.rule_models import Category
from portal.funds.rule_models import Fund
from portal.funds.rule_models import Subcommittee
from portal.funds.rules import ASKERS
from portal.funds.rules import SIGNERS
from portal.funds.rules import Duty
from portal.funds.rules import Kind
from portal.funds.rules import State
from portal.labels import Name
from portal.money import Money
from portal.roles import Actor
from portal.roles import Role
from portal.youths.models import Project
from portal.youths.models import Youth
from portal.youths.queries import same_ids

PAGE_LENGTH = 50
HOME_LENGTH = 5
OWN_LENGTH = 20
EARLIER_SHOWN = 5


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request in a list. `whom` is private: the youth's or the project's name."""

    id: int
    reference: str | None
    version: int
    kind: Kind
    state: State
    whom: str
    youth_id: int | None
    category: Name
    subcommittee: Name
    fund: Name
    amount: Money
    requested_on: date
    waits_for: Role | None
    waits_since: datetime | None
    step_since: datetime | None
    is_urgent: bool

    @property
    def shown_state(self) -> str:
        """Return the state as people say it."""
        return lookups.shown_state(self.state, self.waits_for)


@dataclass(frozen=True, slots=True)
class RequestList:
    """A page of a list: the rows shown, and how many and how much there are in all."""

    rows: Sequence[RequestRow]
    count: int
    amount: Money
    page: int

    @property
    def pages(self) -> int:
        """Return how many pages the list has."""
        return max(1, -(-self.count // PAGE_LENGTH))

    @property
    def first(self) -> int:
        """Return the number of the first row shown."""
        return (self.page - 1) * PAGE_LENGTH + 1

    @property
    def last(self) -> int:
        """Return the number of the last row shown."""
        return (self.page - 1) * PAGE_LENGTH + len(self.rows)


# What is urgent comes first wherever something waits.
LONGEST_WAITING = (FundRequest.is_urgent.desc(), FundRequest.waits_since, FundRequest.id)
# All its money arrived, and receipts are missing: otherwise it would be closed.
_PAID = (FundRequest.state == State.APPROVED, FundRequest.waits_for.is_(None))
NOTHING = RequestList((), 0, Money(0), page=1)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; empty means all."""

    state: str = ""
    subcommittee: str = ""
    text: str = ""
    youth: int = 0
    requester_id: int | None = None

    @property
    def is_set(self) -> bool:
        """Say whether anything is narrowed."""
        return bool(self.state or self.subcommittee or self.text or self.youth)


def _rows() -> Select[FundRequest, Youth | None, Project | None, Category, Subcommittee, Fund]:
    return (
        select(FundRequest, Youth, Project, Category, Subcommittee, Fund)
        .outerjoin(Youth, Youth.id == FundRequest.youth_id)
        .outerjoin(Project, Project.id == FundRequest.project_id)
        .join(Category, Category.code == FundRequest.category_code)
        .join(Subcommittee, Subcommittee.code == FundRequest.subcommittee_code)
        .join(Fund, Fund.code == FundRequest.fund_code)
    )


def _row(
    fund_request: FundRequest,
    youth: Youth | None,
    project: Project | None,
    category: Category,
    subcommittee: Subcommittee,
    fund: Fund,
) -> RequestRow:
    return RequestRow(
        id=fund_request.id,
        reference=fund_request.reference,
        version=fund_request.version,
        kind=fund_request.kind,
        state=fund_request.state,
        whom=youth.name if youth else project.name if project else "",
        youth_id=fund_request.youth_id,
        category=Name(category.name_th, category.name_en),
        subcommittee=Name(subcommittee.short_th, subcommittee.name_en),
        fund=Name(fund.name_th, fund.name_en),
        amount=fund_request.amount,
        requested_on=fund_request.requested_on,
        waits_for=fund_request.waits_for,
        waits_since=fund_request.waits_since,
        is_urgent=fund_request.is_urgent,
        step_since=fund_request.step_since,
    )


def visible(by: Actor) -> ColumnElement[bool]:
    """Return the condition for the requests this person may see; `lookups.may_see` in SQL."""
    if Role.OFFICER in by.roles:
        return true()
    own = FundRequest.requester_id == by.person_id
    was_sent = FundRequest.reference.is_not(None)
    if lookups.SEE_ALL & by.roles:
        return or_(own, was_sent)
    seen = [own]
    if by.seats:
        seen.append(and_(was_sent, FundRequest.subcommittee_code.in_(by.seats)))
    if Role.TREASURER in by.roles:
        seen.append(and_(was_sent, FundRequest.state.in_(lookups.PAID)))
    return or_(*seen)


def requests(
    session: Session, by: Actor, filters: Filters, *, page: int = 1, length: int = PAGE_LENGTH
) -> RequestList:
    """Return the requests this person may see, newest first."""
    conditions = listed(session, by, filters)
    return _listed(session, conditions, page=page, length=length, newest_first=True)


def youths_among(*conditions: ColumnElement[bool]) -> Select[int | None]:
    """Return the search for the people whom the requests of a list are for."""
    return (
        select(FundRequest.youth_id)
        .outerjoin(Youth, Youth.id == FundRequest.youth_id)
        .outerjoin(Project, Project.id == FundRequest.project_id)
        .where(FundRequest.youth_id.is_not(None), *conditions)
    )


def listed(session: Session, by: Actor, filters: Filters) -> list[ColumnElement[bool]]:
    """Return the conditions of a list as this person sees it, narrowed as they wish."""
    conditions = [visible(by), *_narrowed(filters)]
    if filters.youth:
        conditions.append(FundRequest.youth_id.in_(same_ids(session, filters.youth)))
    return conditions


def _narrowed(filters: Filters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.state == lookups.SHOWN_PAID:
        conditions += _PAID
    elif filters.state == State.APPROVED:
        conditions += [FundRequest.state == State.APPROVED, FundRequest.waits_for.is_not(None)]
    elif filters.state in set(State):
        conditions.append(FundRequest.state == State(filters.state))
    if filters.subcommittee:
        conditions.append(FundRequest.subcommittee_code == filters.subcommittee)
    if filters.requester_id is not None:
        conditions.append(FundRequest.requester_id == filters.requester_id)
    conditions += [_tells(word) for word in filters.text.split()]
    return conditions


def _tells(word: str) -> ColumnElement[bool]:
    return or_(
        FundRequest.reference.contains(word, autoescape=True),
        Youth.first_name.contains(word, autoescape=True),
        Youth.last_name.contains(word, autoescape=True),
        Project.name.contains(word, autoescape=True),
    )


def _listed(
    session: Session,
    conditions: Collection[ColumnElement[bool]],
    *,
    page: int = 1,
    length: int = PAGE_LENGTH,
    newest_first: bool = False,
) -> RequestList:
    count, satang = session.execute(
        select(func.count(), func.coalesce(func.sum(FundRequest.amount_satang), 0))
        .select_from(FundRequest)
        .outerjoin(Youth, Youth.id == FundRequest.youth_id)
        .outerjoin(Project, Project.id == FundRequest.project_id)
        .where(*conditions)
    ).one()
    start = (page - 1) * length
    if start >= count:
        # An address may name any page, and some lie beyond what a database counts.
        return RequestList((), count, Money(int(satang)), page)
    order = (FundRequest.id.desc(),) if newest_first else LONGEST_WAITING
    found = session.execute(_rows().where(*conditions).order_by(*order).limit(length).offset(start))
    rows = [_row(*columns) for columns in found]
    return RequestList(rows, count, Money(int(satang)), page)


def to_decide(
    session: Session, by: Actor, *, page: int = 1, length: int = PAGE_LENGTH
) -> RequestList:
    """Return the requests whose next signature is this person's, longest waiting first."""
    if not SIGNERS & by.roles:
        return NOTHING
    return _listed(session, [waits_to_be_signed(by)], page=page, length=length)


def waits_to_be_signed(by: Actor) -> ColumnElement[bool]:
    """Return the condition for the requests whose next signature is this person's."""
    mine = [
        FundRequest.waits_for == role
        for role in (Role.DRIVING_CHAIR, Role.BOARD)
        if role in by.roles
    ]
    if by.seats:
        mine.append(
            and_(FundRequest.waits_for == Role.CHAIR, FundRequest.subcommittee_code.in_(by.seats))
        )
    asked = exists().where(
        RequestDuty.fund_request_id == FundRequest.id,
        RequestDuty.person_id == by.person_id,
        RequestDuty.duty != Duty.DECIDE,
    )
    is_related = exists().where(
        Interest.fund_request_id == FundRequest.id,
        Interest.person_id == by.person_id,
        Interest.is_related,
    )
    waits = FundRequest.state == State.SUBMITTED
    return and_(waits, or_(false(), *mine), ~asked, ~is_related)


def to_correct(session: Session, by: Actor, *, length: int) -> RequestList:
    """Return the drafts and returned requests that wait for this person."""
    if not ASKERS & by.roles:
        return NOTHING
    mine = true() if Role.OFFICER in by.roles else FundRequest.requester_id == by.person_id
    waiting = FundRequest.state.in_((State.DRAFT, State.RETURNED))
    return _listed(session, [mine, waiting], length=length)


def lacking_receipts(session: Session, by: Actor, *, length: int) -> RequestList:
    """Return the paid requests whose receipts wait for this person, longest waiting first."""
    if not ASKERS & by.roles:
        return NOTHING
    mine = true() if Role.OFFICER in by.roles else FundRequest.requester_id == by.person_id
    return _listed(session, [mine, *_PAID], length=length)


def in_payment(
    session: Session,
    by: Actor,
    *,
    narrowed: ColumnElement[bool] | None = None,
    length: int = PAGE_LENGTH,
) -> RequestList:
    """Return the approved requests that wait for a treasurer, longest waiting first."""
    if Role.TREASURER not in by.roles:
        return NOTHING
    conditions = [waits_to_be_paid()]
    if narrowed is not None:
        conditions.append(narrowed)
    return _listed(session, conditions, length=length)


def waits_to_be_paid() -> ColumnElement[bool]:
    """Return the condition for the approved requests that wait for a treasurer."""
    return and_(FundRequest.state == State.APPROVED, FundRequest.waits_for == Role.TREASURER)


def request_row(session: Session, request_id: int, by: Actor) -> RequestRow | None:
    """Return one request as a list shows it, or None when it is not this person's to see."""
    condition = and_(FundRequest.id == request_id, visible(by))
    columns = session.execute(_rows().where(condition)).one_or_none()
    return columns and _row(*columns)


def earlier_requests(
    session: Session, fund_request: FundRequest, by: Actor
) -> Sequence[RequestRow]:
    """Return the other requests for the same person that may be seen here, newest first."""
    if fund_request.youth_id is None:
        return ()
    found = session.execute(
        _rows()
        .where(
            FundRequest.youth_id.in_(same_ids(session, fund_request.youth_id)),
            FundRequest.id != fund_request.id,
            visible(by),
        )
        .order_by(FundRequest.id.desc())
        .limit(EARLIER_SHOWN)
    )
    return [_row(*columns) for columns in found]
