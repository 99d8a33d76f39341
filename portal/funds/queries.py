"""Reads for the pages about fund requests: frozen values, never rows."""

from __future__ import annotations

import json
from collections import defaultdict
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
from sqlalchemy.orm import defer

from portal.banks import BANKS
from portal.errors import N_
from portal.errors import NotFoundError
from portal.errors import PortalError
from portal.funds import lookups
from portal.funds import rules
from portal.funds.acts import REQUEST_APPROVED
from portal.funds.acts import REQUEST_RETURNED
from portal.funds.acts import REQUEST_SUBMITTED
from portal.funds.ledger import Place
from portal.funds.models import Balance
from portal.funds.models import Category
from portal.funds.models import Fund
from portal.funds.models import FundRequest
from portal.funds.models import ImportRun
from portal.funds.models import RequestAct
from portal.funds.models import RequestDuty
from portal.funds.models import Subcommittee
from portal.funds.rules import ASKERS
from portal.funds.rules import Action
from portal.funds.rules import ActionNotAllowedError
from portal.funds.rules import Duty
from portal.funds.rules import Kind
from portal.funds.rules import Offer
from portal.funds.rules import Signatures
from portal.funds.rules import State
from portal.labels import Name
from portal.money import Money
from portal.people.models import Person
from portal.people.queries import holders
from portal.roles import Actor
from portal.roles import Role
from portal.thai import BUDDHIST_ERA
from portal.youths.models import Area
from portal.youths.models import Project
from portal.youths.models import Youth
from portal.youths.queries import age
from portal.youths.queries import has_consent

PAGE_LENGTH = 50
EARLIER_SHOWN = 5
RUNS_SHOWN = 10
# What a list shows for an approved request that nobody waits for any more: its money arrived.
PAID = "paid"


class RequestUnknownError(NotFoundError):
    """There is no such request, or it is not this person's to see."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such request."))


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request in a list. `whom` is private: the youth's or the project's name."""

    id: int
    reference: str | None
    version: int
    kind: Kind
    state: State
    whom: str
    category: Name
    subcommittee: Name
    fund: Name
    amount: Money
    requested_on: date
    waits_for: Role | None
    waits_since: datetime | None

    @property
    def shown_state(self) -> str:
        """Return the state as people say it: an approved request that was paid is paid."""
        is_paid = self.state is State.APPROVED and self.waits_for is None
        return PAID if is_paid else self.state.value


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


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; empty means all."""

    state: str = ""
    subcommittee: str = ""
    text: str = ""

    @property
    def is_set(self) -> bool:
        """Say whether anything is narrowed."""
        return bool(self.state or self.subcommittee or self.text)


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
        category=Name(category.name_th, category.name_en),
        subcommittee=Name(subcommittee.short_th, subcommittee.name_en),
        fund=Name(fund.name_th, fund.name_en),
        amount=fund_request.amount,
        requested_on=fund_request.requested_on,
        waits_for=fund_request.waits_for,
        waits_since=fund_request.waits_since,
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
    if by.chairs:
        seen.append(and_(was_sent, FundRequest.subcommittee_code.in_(by.chairs)))
    if Role.TREASURER in by.roles:
        seen.append(and_(was_sent, FundRequest.state.in_(lookups.PAID)))
    return or_(*seen)


def requests(session: Session, by: Actor, filters: Filters, *, page: int = 1) -> RequestList:
    """Return the requests this person may see, newest first."""
    return _listed(session, [visible(by), *_narrowed(filters)], page=page, newest_first=True)


def _narrowed(filters: Filters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.state == PAID:
        conditions += [FundRequest.state == State.APPROVED, FundRequest.waits_for.is_(None)]
    elif filters.state == State.APPROVED:
        conditions += [FundRequest.state == State.APPROVED, FundRequest.waits_for.is_not(None)]
    elif filters.state in set(State):
        conditions.append(FundRequest.state == State(filters.state))
    if filters.subcommittee:
        conditions.append(FundRequest.subcommittee_code == filters.subcommittee)
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
    newest_first: bool = False,
) -> RequestList:
    count, satang = session.execute(
        select(func.count(), func.coalesce(func.sum(FundRequest.amount_satang), 0))
        .select_from(FundRequest)
        .outerjoin(Youth, Youth.id == FundRequest.youth_id)
        .outerjoin(Project, Project.id == FundRequest.project_id)
        .where(*conditions)
    ).one()
    order = FundRequest.id.desc() if newest_first else FundRequest.waits_since
    found = session.execute(
        _rows()
        .where(*conditions)
        .order_by(order, FundRequest.id)
        .limit(PAGE_LENGTH)
        .offset((page - 1) * PAGE_LENGTH)
    )
    rows = [_row(*columns) for columns in found]
    return RequestList(rows, count, Money(int(satang)), page)


def to_decide(session: Session, by: Actor, *, page: int = 1) -> RequestList:
    """Return the requests whose next signature is this person's, longest waiting first."""
    return _listed(session, [_waits_to_be_signed(by)], page=page)


def _waits_to_be_signed(by: Actor) -> ColumnElement[bool]:
    mine = [
        FundRequest.waits_for == role
        for role in (Role.DRIVING_CHAIR, Role.BOARD)
        if role in by.roles
    ]
    if by.chairs:
        mine.append(
            and_(FundRequest.waits_for == Role.CHAIR, FundRequest.subcommittee_code.in_(by.chairs))
        )
    asked = exists().where(
        RequestDuty.fund_request_id == FundRequest.id,
        RequestDuty.person_id == by.person_id,
        RequestDuty.duty != Duty.DECIDE,
    )
    return and_(FundRequest.state == State.SUBMITTED, or_(false(), *mine), ~asked)


def to_correct(session: Session, by: Actor, *, page: int = 1) -> RequestList:
    """Return the drafts and returned requests that wait for this person."""
    if not ASKERS & by.roles:
        return RequestList((), 0, Money(0), page)
    mine = true() if Role.OFFICER in by.roles else FundRequest.requester_id == by.person_id
    waiting = FundRequest.state.in_((State.DRAFT, State.RETURNED))
    return _listed(session, [mine, waiting], page=page)


def in_payment(
    session: Session, by: Actor, *, narrowed: ColumnElement[bool] | None = None
) -> RequestList:
    """Return the approved requests that wait for a treasurer, longest waiting first."""
    if Role.TREASURER not in by.roles:
        return RequestList((), 0, Money(0), 1)
    waiting = [FundRequest.state == State.APPROVED, FundRequest.waits_for == Role.TREASURER]
    return _listed(session, waiting if narrowed is None else [*waiting, narrowed])


def request_row(session: Session, request_id: int, by: Actor) -> RequestRow | None:
    """Return one request as a list shows it, or None when it is not this person's to see."""
    condition = and_(FundRequest.id == request_id, visible(by))
    columns = session.execute(_rows().where(condition)).one_or_none()
    return columns and _row(*columns)


@dataclass(frozen=True, slots=True)
class Told:
    """One act in a request's timeline."""

    act: str
    role: Role
    name: str
    at: datetime
    reason: str | None
    note: str
    log_eid: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of a request's way: done, now, later or stopped, and when it was done."""

    name: str
    state: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Refused:
    """Actions that this person may not take, for one reason, and who can."""

    actions: Sequence[Action]
    refusal: PortalError
    who: Sequence[str]


@dataclass(frozen=True, slots=True)
class RequestPage:
    """Everything on the one page of a request. Private throughout."""

    row: RequestRow
    finder: str
    organisation: str
    requester: str
    title: str
    first_name: str
    last_name: str
    birth_on: date | None
    age: int | None
    national_id: str | None
    schooling: str
    place: Name
    area_code: str
    subcommittee_code: str
    category_code: str
    fund_code: str
    reason: str
    payee_kind: str
    payee_holder: str
    payee_bank: Name
    payee_bank_code: str
    payee_account: str
    consent_given: bool | None
    awarded: Money
    sent: Money
    confirmed: Money
    available: Money
    ceiling: Money
    signatures_needed: Sequence[Role]
    signatures_given: int
    holders: Sequence[str]
    timeline: Sequence[Told]
    stages: Sequence[Stage]
    earlier: Sequence[RequestRow]
    offers: Sequence[Offer]
    refused: Sequence[Refused]

    @property
    def is_covered(self) -> bool:
        """Say whether the subcommittee has enough of the fund left for this request."""
        return self.available >= self.row.amount

    @property
    def left_after(self) -> Money:
        """Return what the subcommittee would have left of the fund after an approval."""
        return self.available - self.row.amount

    @property
    def last_return(self) -> Told | None:
        """Return the newest return for correction, with its reason."""
        returns = [told for told in self.timeline if told.act == REQUEST_RETURNED.name]
        return returns[-1] if returns else None

    @property
    def signature_after(self) -> Role | None:
        """Return whose signature comes after the next one, if the next is not the last."""
        place = self.signatures_given + 1
        return self.signatures_needed[place] if place < len(self.signatures_needed) else None

    def offer(self, action: str) -> Offer | None:
        """Return the offer of one action, if the state has it."""
        return next((offer for offer in self.offers if offer.action == action), None)


def request_page(session: Session, request_id: int, by: Actor) -> RequestPage:
    """Return the one page of a request, or raise `RequestUnknownError`."""
    condition = and_(FundRequest.id == request_id, visible(by))
    columns = session.execute(_rows().where(condition)).one_or_none()
    if columns is None:
        raise RequestUnknownError
    fund_request, youth, _project, category, _subcommittee, _fund = columns
    payee = fund_request.payees[-1]
    bank = BANKS[payee.bank_code]
    signatures = lookups.signatures(session, fund_request)
    timeline = _timeline(session, fund_request.id)
    requester = session.get_one(Person, fund_request.requester_id).name
    offers = _offers(session, fund_request, signatures, by)
    return RequestPage(
        row=_row(*columns),
        finder=fund_request.finder,
        organisation=fund_request.organisation,
        requester=requester,
        title=youth.title if youth else "",
        first_name=youth.first_name if youth else "",
        last_name=youth.last_name if youth else "",
        birth_on=youth.birth_on if youth else None,
        age=age(youth.birth_on, fund_request.requested_on) if youth else None,
        national_id=youth.national_id if youth else None,
        schooling=youth.schooling if youth else "",
        place=_place(session, fund_request.area_code),
        area_code=fund_request.area_code,
        subcommittee_code=fund_request.subcommittee_code,
        category_code=fund_request.category_code,
        fund_code=fund_request.fund_code,
        reason=fund_request.reason,
        payee_kind=payee.kind,
        payee_holder=payee.holder,
        payee_bank=Name(bank.name_th, bank.name_en),
        payee_bank_code=payee.bank_code,
        payee_account=payee.account_number,
        consent_given=has_consent(session, youth.id) if youth else None,
        awarded=fund_request.awarded,
        sent=Money(fund_request.sent_satang),
        confirmed=Money(fund_request.confirmed_satang),
        available=_available(session, fund_request),
        ceiling=category.ceiling,
        signatures_needed=signatures.needed,
        signatures_given=len(signatures.given_by),
        holders=_holders(session, fund_request),
        timeline=timeline,
        stages=_stages(fund_request, timeline),
        earlier=_earlier(session, fund_request, by),
        offers=offers,
        refused=_refused(session, fund_request, signatures, offers),
    )


def amendable_page(session: Session, request_id: int, by: Actor) -> RequestPage:
    """Return the page of a request that this person may change, or raise why not."""
    page = request_page(session, request_id, by)
    offer = page.offer(Action.SUBMIT)
    if offer is None:
        raise ActionNotAllowedError(page.row.state, Action.SUBMIT)
    if offer.refusal is not None:
        raise offer.refusal
    return page


def _offers(
    session: Session, fund_request: FundRequest, signatures: Signatures, by: Actor
) -> Sequence[Offer]:
    return rules.offers(
        fund_request.state,
        by,
        subcommittee=fund_request.subcommittee_code,
        duties=lookups.duties(session, fund_request.id),
        signatures=signatures,
    )


def _refused(
    session: Session, fund_request: FundRequest, signatures: Signatures, offers: Sequence[Offer]
) -> Sequence[Refused]:
    """Return the refused actions, those of one reason together."""
    found: dict[str, tuple[PortalError, list[Action]]] = {}
    for offer in offers:
        if offer.refusal is not None:
            found.setdefault(str(offer.refusal), (offer.refusal, []))[1].append(offer.action)
    return [
        Refused(actions, refusal, _who_can(session, fund_request, signatures, actions[0]))
        for refusal, actions in found.values()
    ]


def _who_can(
    session: Session, fund_request: FundRequest, signatures: Signatures, action: Action
) -> Sequence[str]:
    step = rules.STEPS[fund_request.state, action]
    if step.duty is Duty.ASK:
        requester = session.get_one(Person, fund_request.requester_id).name
        return list(dict.fromkeys((requester, *holders(session, Role.OFFICER))))
    role = signatures.due if action is Action.APPROVE else Role.CHAIR
    return holders(session, role, fund_request.subcommittee_code)


# The stretches of a request's way, each with the act that ends it.
_STAGES = (
    ("send", REQUEST_SUBMITTED.name),
    ("decide", REQUEST_APPROVED.name),
    ("pay", "payment.sent"),
    ("confirm", "payment.confirmed"),
)


def _stages(fund_request: FundRequest, timeline: Sequence[Told]) -> Sequence[Stage]:
    done = _stages_done(fund_request)
    ended_at = {told.act: told.at for told in timeline}
    is_over = fund_request.waits_for is None
    return [
        Stage(name, "done", ended_at.get(act))
        if place < done
        else Stage(name, ("stopped" if is_over else "now") if place == done else "later", None)
        for place, (name, act) in enumerate(_STAGES)
    ]


def _stages_done(fund_request: FundRequest) -> int:
    """Return how many stretches lie behind the request."""
    match fund_request.state:
        case State.DRAFT | State.RETURNED:
            return 0
        case State.APPROVED | State.CLOSED:
            arrived = fund_request.confirmed_satang == fund_request.awarded_satang
            return 2 + (fund_request.unsent == Money(0)) + arrived
        case _:
            return int(fund_request.reference is not None)


def _earlier(session: Session, fund_request: FundRequest, by: Actor) -> Sequence[RequestRow]:
    """Return the other requests for the same person, newest first, that may be seen here."""
    if fund_request.youth_id is None:
        return ()
    found = session.execute(
        _rows()
        .where(
            FundRequest.youth_id == fund_request.youth_id,
            FundRequest.id != fund_request.id,
            visible(by),
        )
        .order_by(FundRequest.id.desc())
        .limit(EARLIER_SHOWN)
    )
    return [_row(*columns) for columns in found]


def _place(session: Session, area_code: str) -> Name:
    area = session.get_one(Area, area_code)
    parent = session.get_one(Area, area.parent_code)
    return Name(f"ต.{area.name_th} อ.{parent.name_th}", f"{area.name_en}, {parent.name_en}")


def _available(session: Session, fund_request: FundRequest) -> Money:
    satang = session.scalar(
        select(Balance.satang).where(
            Balance.fund_code == fund_request.fund_code,
            Balance.subcommittee_code == fund_request.subcommittee_code,
            Balance.place == Place.AVAILABLE,
        )
    )
    return Money(satang or 0)


def _holders(session: Session, fund_request: FundRequest) -> Sequence[str]:
    match fund_request.waits_for:
        case None:
            return ()
        case Role.FINDER:
            return (session.get_one(Person, fund_request.requester_id).name,)
        case role:
            return tuple(holders(session, role, fund_request.subcommittee_code))


def _timeline(session: Session, request_id: int) -> Sequence[Told]:
    rows = session.execute(
        select(RequestAct, Person.name)
        .join(Person, Person.id == RequestAct.by_person_id)
        .where(RequestAct.fund_request_id == request_id)
        .order_by(RequestAct.id)
    )
    return [
        Told(act.act, act.role, name, act.at, act.reason, act.note, act.log_eid)
        for act, name in rows
    ]


@dataclass(frozen=True, slots=True)
class CategoryChoice:
    """A category of one subcommittee, as a form offers it."""

    category: str
    subcommittee: str
    name: Name
    subcommittee_name: Name
    ceiling: Money
    serves: str


@dataclass(frozen=True, slots=True)
class Choices:
    """What the forms offer: by code, with names in both languages."""

    categories: Sequence[CategoryChoice]
    funds: Sequence[tuple[str, Name]]
    subcommittees: Sequence[tuple[str, Name]]
    places: Sequence[tuple[Name, Sequence[tuple[str, Name]]]]


def choices(session: Session) -> Choices:
    """Return every choice of the request forms; places are grouped by amphoe."""
    subcommittees = {
        row.code: Name(row.short_th, row.name_en)
        for row in session.scalars(select(Subcommittee).order_by(Subcommittee.code))
    }
    categories = [
        CategoryChoice(
            category=row.code,
            subcommittee=link.subcommittee_code,
            name=Name(row.name_th, row.name_en),
            subcommittee_name=subcommittees[link.subcommittee_code],
            ceiling=row.ceiling,
            serves=row.serves,
        )
        for row in session.scalars(select(Category).order_by(Category.name_th))
        for link in row.subcommittees
    ]
    funds = [
        (row.code, Name(row.name_th, row.name_en))
        for row in session.scalars(select(Fund).order_by(Fund.code))
    ]
    return Choices(categories, funds, list(subcommittees.items()), _places(session))


def _places(session: Session) -> Sequence[tuple[Name, Sequence[tuple[str, Name]]]]:
    areas = session.scalars(select(Area).order_by(Area.code)).all()
    below: dict[str, list[tuple[str, Name]]] = defaultdict(list)
    for area in areas:
        if area.parent_code is not None:
            below[area.parent_code].append((area.code, Name(area.name_th, area.name_en)))
    return [
        (Name(area.name_th, area.name_en), below[area.code])
        for area in areas
        if area.parent_code is None
    ]


def typed(page: RequestPage) -> dict[str, object]:
    """Return what a request holds in the fields of its form."""
    return {
        "seen_version": page.row.version,
        "title": page.title,
        "first_name": page.first_name,
        "last_name": page.last_name,
        "birth_on": page.birth_on and _as_typed(page.birth_on),
        "national_id": page.national_id,
        "project_name": page.row.whom,
        "place": page.area_code,
        "category": f"{page.subcommittee_code}/{page.category_code}",
        "fund": page.fund_code,
        "amount": str(page.row.amount),
        "payee_kind": page.payee_kind,
        "account_holder": page.payee_holder,
        "bank": page.payee_bank_code,
        "account_number": page.payee_account,
        "reason": page.reason,
        "has_consent": page.consent_given,
    }


def _as_typed(day: date) -> str:
    return f"{day.day}/{day.month}/{day.year + BUDDHIST_ERA}"


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not taken, and the codes of the reasons."""

    row: int
    refused: Sequence[str]


@dataclass(frozen=True, slots=True)
class ImportPage:
    """What one upload did."""

    id: int
    file_name: str
    at: datetime
    new: int
    known: int
    warned: int
    refused: Sequence[RefusedRow]


def import_run(session: Session, run_id: int, by: Actor) -> ImportPage:
    """Return what one's own upload did, or raise `RequestUnknownError`."""
    return _import_page(_own_run(session, run_id, by))


def _import_page(run: ImportRun) -> ImportPage:
    refused = [RefusedRow(row["row"], row["refused"]) for row in json.loads(run.refused)]
    return ImportPage(run.id, run.file_name, run.at, run.new, run.known, run.warned, refused)


def import_runs(session: Session, by: Actor) -> Sequence[ImportPage]:
    """Return one's own newest uploads."""
    found = session.scalars(
        select(ImportRun)
        .where(ImportRun.by_person_id == by.person_id)
        .options(defer(ImportRun.corrections))
        .order_by(ImportRun.id.desc())
        .limit(RUNS_SHOWN)
    )
    return [_import_page(run) for run in found]


def corrections(session: Session, run_id: int, by: Actor) -> bytes:
    """Return the refused rows of one's own upload as a workbook."""
    return _own_run(session, run_id, by).corrections


def _own_run(session: Session, run_id: int, by: Actor) -> ImportRun:
    run = session.get(ImportRun, run_id)
    if run is None or run.by_person_id != by.person_id:
        raise RequestUnknownError
    return run
