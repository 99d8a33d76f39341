"""Everything on the one page of a fund request, and what one person may do there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from portal.banks import PAYABLE
from portal.errors import PortalError
from portal.funds import lookups
from portal.funds import rules
from portal.funds.acts import REQUEST_RETURNED
from portal.funds.attached import AttachedPapers
from portal.funds.attached import attached_papers
from portal.funds.books import available
from portal.funds.check_rules import Check
from portal.funds.check_rules import may_override
from portal.funds.checking import panel
from portal.funds.documents import DocumentKind
from portal.funds.documents import kinds_to_issue
from portal.funds.issued import IssuedDocument
from portal.funds.issued import issued_documents
from portal.funds.line_rules import Line
from portal.funds.models import FundRequest
from portal.funds.models import PayeeAccount
from portal.funds.queries import RequestRow
from portal.funds.queries import earlier_requests
from portal.funds.queries import request_row
from portal.funds.rule_models import Category
from portal.funds.rules import Action
from portal.funds.rules import ActionNotAllowedError
from portal.funds.rules import Duty
from portal.funds.rules import InterestNotDeclaredError
from portal.funds.rules import Offer
from portal.funds.rules import RequestNotFoundError
from portal.funds.rules import Signatures
from portal.funds.rules import Standing
from portal.funds.rules import State
from portal.funds.sheet_rules import About
from portal.funds.sheet_rules import SheetKind
from portal.funds.sheet_rules import sheets_to_ask
from portal.funds.sheets_issued import SheetRow
from portal.funds.sheets_issued import sheets_of_request
from portal.funds.timeline import Stage
from portal.funds.timeline import Told
from portal.funds.timeline import stages
from portal.funds.timeline import timeline
from portal.funds.urgency import Verdict
from portal.funds.urgency import check_may_ratify
from portal.labels import Name
from portal.money import Money
from portal.people.models import Person
from portal.people.queries import holders
from portal.roles import Actor
from portal.roles import Role
from portal.thai import bangkok_day
from portal.youths.models import Youth
from portal.youths.queries import has_consent
from portal.youths.queries import place_name
from portal.youths.queries import record_id
from portal.youths.rules import age


@dataclass(frozen=True, slots=True)
class Refused:
    """Actions that this person may not take, for one reason, and who can."""

    actions: Sequence[Action]
    refusal: PortalError
    who: Sequence[str]


@dataclass(frozen=True, slots=True)
class Ratifying:
    """How an urgent approval stands with the driving committee, and why this person may not act."""

    due_on: date
    verdict: Verdict | None
    refusal: PortalError | None
    who: Sequence[str]


@dataclass(frozen=True, slots=True)
class RequestPage:
    """Everything on the one page of a request. Private throughout.

    `record_id` is the person's record, where it is this person's to open.
    """

    row: RequestRow
    youth_id: int | None
    record_id: int | None
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
    lines: Sequence[Line]
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
    rest: Money
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
    checks: Sequence[Check]
    may_override: bool
    must_declare: bool
    is_related: bool
    ratification: Ratifying | None
    urgent_reason: str
    documents: Sequence[IssuedDocument]
    documents_to_make: Sequence[DocumentKind]
    sheets: Sequence[SheetRow]
    sheets_to_ask: Sequence[SheetKind]
    attached: AttachedPapers

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

    @property
    def is_open(self) -> bool:
        """Say whether it is decided or paid just now, so that its checks matter."""
        is_paid = self.row.state is State.APPROVED and self.confirmed == self.awarded
        return self.row.state in {State.SUBMITTED, State.APPROVED} and not is_paid

    def offer(self, action: str) -> Offer | None:
        """Return the offer of one action, if the state has it."""
        return next((offer for offer in self.offers if offer.action == action), None)


def request_page(session: Session, request_id: int, by: Actor, *, on: date) -> RequestPage:
    """Return the one page of a request on a day, or raise `RequestNotFoundError`."""
    row = request_row(session, request_id, by)
    if row is None:
        raise RequestNotFoundError
    fund_request = session.get_one(FundRequest, request_id)
    youth = session.get_one(Youth, fund_request.youth_id) if fund_request.youth_id else None
    # Whoever was erased has no birth date any more.
    known = youth if youth is not None and youth.erased_at is None else None
    payee = fund_request.payees[-1]
    bank = PAYABLE[payee.bank_code]
    started_on = bangkok_day(fund_request.created_at)
    standing = lookups.standing(session, fund_request, day=None)
    signatures = standing.signatures
    told = timeline(session, request_id)
    offers = rules.offers(fund_request.state, by, standing)
    return RequestPage(
        row=row,
        youth_id=fund_request.youth_id,
        record_id=record_id(session, youth.id, by) if youth else None,
        finder=fund_request.finder,
        organisation=fund_request.organisation,
        requester=_requester(session, fund_request),
        title=youth.title if youth else "",
        first_name=youth.first_name if youth else "",
        last_name=youth.last_name if youth else "",
        birth_on=known.birth_on if known else None,
        age=age(known.birth_on, fund_request.requested_on) if known else None,
        national_id=youth.national_id if youth else None,
        schooling=youth.schooling if youth else "",
        place=place_name(session, fund_request.area_code),
        area_code=fund_request.area_code,
        subcommittee_code=fund_request.subcommittee_code,
        category_code=fund_request.category_code,
        fund_code=fund_request.fund_code,
        lines=lookups.lines(session, fund_request),
        reason=fund_request.reason,
        payee_kind=payee.kind,
        payee_holder=payee.holder,
        payee_bank=Name(bank.name_th, bank.name_en),
        payee_bank_code=payee.bank_code,
        payee_account=payee.account_number,
        consent_given=has_consent(session, youth.id, on=started_on) if youth else None,
        awarded=fund_request.awarded,
        sent=Money(fund_request.sent_satang),
        confirmed=Money(fund_request.confirmed_satang),
        rest=fund_request.payable if fund_request.state is State.APPROVED else Money(0),
        available=available(session, fund_request),
        ceiling=session.get_one(Category, fund_request.category_code).ceiling,
        signatures_needed=signatures.needed,
        signatures_given=len(signatures.given_by),
        holders=_holders(session, fund_request, on=on),
        timeline=told,
        stages=stages(fund_request, told),
        earlier=earlier_requests(session, fund_request, by),
        offers=offers,
        refused=_refused(session, fund_request, signatures, offers, on=on),
        checks=panel(session, fund_request) if fund_request.reference else (),
        may_override=may_override(by, standing, requester_id=fund_request.requester_id),
        must_declare=any(isinstance(offer.refusal, InterestNotDeclaredError) for offer in offers),
        is_related=standing.related.get(by.person_id, False),
        ratification=_ratifying(session, fund_request, standing, by),
        urgent_reason=fund_request.urgent_reason,
        documents=issued_documents(session, request_id),
        documents_to_make=kinds_to_issue(
            fund_request.state, by, subcommittee=fund_request.subcommittee_code
        ),
        sheets=sheets_of_request(session, request_id),
        sheets_to_ask=_sheets_to_ask(fund_request, payee, by),
        attached=attached_papers(session, request_id, by),
    )


def _sheets_to_ask(
    fund_request: FundRequest, payee: PayeeAccount, by: Actor
) -> Sequence[SheetKind]:
    """Return the papers to offer; a draft has none, and nothing is issued once erased."""
    if fund_request.reference is None or not payee.holder:
        return ()
    return sheets_to_ask(About.REQUEST, by, asked_by=fund_request.requester_id)


def amendable_page(session: Session, request_id: int, by: Actor, *, on: date) -> RequestPage:
    """Return the page of a request that this person may change, or raise why not."""
    return _page_to(Action.SUBMIT, request_page(session, request_id, by, on=on))


def revisable_page(session: Session, request_id: int, by: Actor, *, on: date) -> RequestPage:
    """Return the page of an approved request that this person may revise, or raise why not."""
    return _page_to(Action.REVISE, request_page(session, request_id, by, on=on))


def _page_to(action: Action, page: RequestPage) -> RequestPage:
    offer = page.offer(action)
    if offer is None:
        raise ActionNotAllowedError(page.row.state, action)
    if offer.refusal is not None:
        raise offer.refusal
    return page


def _ratifying(
    session: Session, fund_request: FundRequest, standing: Standing, by: Actor
) -> Ratifying | None:
    row = lookups.ratification(session, fund_request)
    if row is None or fund_request.state not in lookups.PAID:
        return None
    refusal = None
    try:
        check_may_ratify(by, standing, is_due=row.verdict is None, approved_by=row.approved_by_id)
    except PortalError as error:
        refusal = error
    return Ratifying(row.due_on, row.verdict, refusal, holders(session, Role.DRIVING_CHAIR))


def _refused(
    session: Session,
    fund_request: FundRequest,
    signatures: Signatures,
    offers: Sequence[Offer],
    *,
    on: date,
) -> Sequence[Refused]:
    """Return the refused actions, those of one reason together."""
    found: dict[str, tuple[PortalError, list[Action]]] = {}
    for offer in offers:
        if offer.refusal is not None:
            found.setdefault(str(offer.refusal), (offer.refusal, []))[1].append(offer.action)
    return [
        Refused(actions, refusal, _who_can(session, fund_request, signatures, actions[0], on=on))
        for refusal, actions in found.values()
    ]


def _who_can(
    session: Session,
    fund_request: FundRequest,
    signatures: Signatures,
    action: Action,
    *,
    on: date,
) -> Sequence[str]:
    step = rules.STEPS[fund_request.state, action]
    if action is Action.REVISE:
        return holders(session, Role.OFFICER)
    if step.duty is Duty.ASK:
        requester = _requester(session, fund_request)
        return list(dict.fromkeys((requester, *holders(session, Role.OFFICER))))
    role = signatures.due if action is Action.APPROVE else Role.CHAIR
    return holders(session, role, fund_request.subcommittee_code, on=on)


def _requester(session: Session, fund_request: FundRequest) -> str:
    return session.get_one(Person, fund_request.requester_id).name


def _holders(session: Session, fund_request: FundRequest, *, on: date) -> Sequence[str]:
    match fund_request.waits_for:
        case None:
            return ()
        case Role.FINDER:
            return (_requester(session, fund_request),)
        case role:
            return tuple(holders(session, role, fund_request.subcommittee_code, on=on))
