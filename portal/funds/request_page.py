"""Everything on the one page of a fund request, and what one person may do there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from portal.banks import BANKS
from portal.errors import PortalError
from portal.funds import lookups
from portal.funds import rules
from portal.funds.acts import REQUEST_RETURNED
from portal.funds.books import available
from portal.funds.documents import DocumentKind
from portal.funds.documents import kinds_to_issue
from portal.funds.issued import IssuedDocument
from portal.funds.issued import issued_documents
from portal.funds.models import FundRequest
from portal.funds.queries import RequestRow
from portal.funds.queries import earlier_requests
from portal.funds.queries import request_row
from portal.funds.rule_models import Category
from portal.funds.rules import Action
from portal.funds.rules import ActionNotAllowedError
from portal.funds.rules import Duty
from portal.funds.rules import Offer
from portal.funds.rules import RequestNotFoundError
from portal.funds.rules import Signatures
from portal.funds.timeline import Stage
from portal.funds.timeline import Told
from portal.funds.timeline import stages
from portal.funds.timeline import timeline
from portal.labels import Name
from portal.money import Money
from portal.people.models import Person
from portal.people.queries import holders
from portal.roles import Actor
from portal.roles import Role
from portal.youths.models import Area
from portal.youths.models import Youth
from portal.youths.queries import age
from portal.youths.queries import has_consent


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
    documents: Sequence[IssuedDocument]
    documents_to_make: Sequence[DocumentKind]

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
    """Return the one page of a request, or raise `RequestNotFoundError`."""
    row = request_row(session, request_id, by)
    if row is None:
        raise RequestNotFoundError
    fund_request = session.get_one(FundRequest, request_id)
    youth = session.get_one(Youth, fund_request.youth_id) if fund_request.youth_id else None
    # Whoever was erased has no birth date any more.
    known = youth if youth is not None and youth.erased_at is None else None
    payee = fund_request.payees[-1]
    bank = BANKS[payee.bank_code]
    signatures = lookups.signatures(session, fund_request)
    told = timeline(session, request_id)
    offers = _offers(session, fund_request, signatures, by)
    return RequestPage(
        row=row,
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
        available=available(session, fund_request),
        ceiling=session.get_one(Category, fund_request.category_code).ceiling,
        signatures_needed=signatures.needed,
        signatures_given=len(signatures.given_by),
        holders=_holders(session, fund_request),
        timeline=told,
        stages=stages(fund_request, told),
        earlier=earlier_requests(session, fund_request, by),
        offers=offers,
        refused=_refused(session, fund_request, signatures, offers),
        documents=issued_documents(session, request_id),
        documents_to_make=kinds_to_issue(
            fund_request.state, by, subcommittee=fund_request.subcommittee_code
        ),
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
        requester = _requester(session, fund_request)
        return list(dict.fromkeys((requester, *holders(session, Role.OFFICER))))
    role = signatures.due if action is Action.APPROVE else Role.CHAIR
    return holders(session, role, fund_request.subcommittee_code)


def _requester(session: Session, fund_request: FundRequest) -> str:
    return session.get_one(Person, fund_request.requester_id).name


def _place(session: Session, area_code: str) -> Name:
    area = session.get_one(Area, area_code)
    if area.parent_code is None:
        # All that is left of the place where somebody was erased.
        return Name(f"อ.{area.name_th}", area.name_en)
    parent = session.get_one(Area, area.parent_code)
    return Name(f"ต.{area.name_th} อ.{parent.name_th}", f"{area.name_en}, {parent.name_en}")


def _holders(session: Session, fund_request: FundRequest) -> Sequence[str]:
    match fund_request.waits_for:
        case None:
            return ()
        case Role.FINDER:
            return (_requester(session, fund_request),)
        case role:
            return tuple(holders(session, role, fund_request.subcommittee_code))
