"""Acts that bring money in: a donation into its fund, an allocation to a subcommittee."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import Json
from portal.audit.entry import Secret
from portal.audit.entry import loggable
from portal.audit.service import record
from portal.errors import N_
from portal.errors import RuleError
from portal.funds import acts
from portal.funds import ledger
from portal.funds import rules_in_force
from portal.funds.books import held
from portal.funds.books import post
from portal.funds.docket import next_reference
from portal.funds.ledger import Account
from portal.funds.ledger import EntryKind
from portal.funds.ledger import InsufficientFundsError
from portal.funds.ledger import Place
from portal.funds.models import Allocation
from portal.funds.models import Donation
from portal.funds.rule_checks import EndsError
from portal.funds.rule_checks import UnknownCodeError
from portal.funds.rulebook import RuleKind
from portal.funds.rules import NotPositiveError
from portal.funds.rules import RoleNeededError
from portal.money import Money
from portal.roles import Actor
from portal.roles import Role
from portal.thai import bangkok_day

KEEPERS = frozenset({Role.OFFICER, Role.SYSTEM})


class ReferenceTakenError(RuleError):
    """A donation has one number, and a number one donation."""

    def __init__(self, reference: str) -> None:
        super().__init__(N_("There is a donation {reference} already."), reference=reference)


class ReceivedLaterError(RuleError):
    """Money is booked when it is there."""

    def __init__(self) -> None:
        super().__init__(N_("The day lies in the future; book the money when it is there."))


@dataclass(frozen=True, slots=True)
class DonationAnswer:
    """A donation as it came in; without a reference it is given the next one.

    The donor's name is private.
    """

    reference: str
    fund: str
    amount: Money
    received_on: date
    donor: str


@dataclass(frozen=True, slots=True)
class AllocationAnswer:
    """Money of a fund for a subcommittee to decide on in a fiscal year."""

    fund: str
    subcommittee: str
    amount: Money
    fiscal_year: int


def need_keeper(by: Actor) -> None:
    """Refuse everybody but the officers: money is no task of the administrator."""
    if not KEEPERS & by.roles:
        raise RoleNeededError({Role.OFFICER})


def plan_donation(session: Session, answer: DonationAnswer, *, by: Actor, at: datetime) -> None:
    """Refuse a donation that cannot be booked."""
    _check(session, (RuleKind.FUND, answer.fund), amount=answer.amount, by=by)
    # A province file may be older than the day it speaks of.
    if Role.OFFICER in by.roles and answer.received_on > bangkok_day(at):
        raise ReceivedLaterError
    taken = select(Donation.id).where(Donation.reference == answer.reference)
    if session.scalar(taken) is not None:
        raise ReferenceTakenError(answer.reference)


def receive_donation(
    session: Session, answer: DonationAnswer, *, by: Actor, at: datetime
) -> Donation:
    """Book a donation into its fund."""
    rules_in_force.keep_rules(session)
    plan_donation(session, answer, by=by, at=at)
    reference = answer.reference or next_reference(session, "donation", letter="D", at=at)[1]
    public: dict[str, Json] = {
        "reference": reference,
        "fund": answer.fund,
        "satang": answer.amount.satang,
        "received_on": answer.received_on.isoformat(),
    }
    donor = Secret(f"donation:{reference}", loggable(answer.donor))
    eid = record(session, acts.donation_received(public, donor=donor, by=by, at=at))
    donation = Donation(
        reference=reference,
        fund_code=answer.fund,
        amount_satang=answer.amount.satang,
        received_on=answer.received_on,
        donor=answer.donor,
        log_eid=eid,
    )
    session.add(donation)
    postings = ledger.donation(answer.fund, answer.amount)
    post(session, postings, kind=EntryKind.DONATION, log_eid=eid, by=by, at=at)
    return donation


def plan_allocation(session: Session, answer: AllocationAnswer, *, by: Actor) -> None:
    """Refuse an allocation of money that is not there, or to whom it cannot be given."""
    taking = ((RuleKind.FUND, answer.fund), (RuleKind.SUBCOMMITTEE, answer.subcommittee))
    _check(session, *taking, amount=answer.amount, by=by)
    source = Account(answer.fund, "", Place.AVAILABLE)
    if (there := held(session, source)) < answer.amount:
        raise InsufficientFundsError(source, held=there, wanted=answer.amount)


def allocate(session: Session, answer: AllocationAnswer, *, by: Actor, at: datetime) -> Allocation:
    """Give a subcommittee money of a fund to decide on."""
    rules_in_force.keep_rules(session)
    plan_allocation(session, answer, by=by)
    public: dict[str, Json] = {
        "fund": answer.fund,
        "subcommittee": answer.subcommittee,
        "satang": answer.amount.satang,
        "fiscal_year": answer.fiscal_year,
    }
    eid = record(session, acts.allocation_made(public, by=by, at=at))
    allocation = Allocation(
        fund_code=answer.fund,
        subcommittee_code=answer.subcommittee,
        fiscal_year=answer.fiscal_year,
        amount_satang=answer.amount.satang,
        log_eid=eid,
    )
    session.add(allocation)
    postings = ledger.allocation(answer.fund, answer.subcommittee, answer.amount)
    post(session, postings, kind=EntryKind.ALLOCATION, log_eid=eid, by=by, at=at)
    return allocation


def _check(session: Session, *taking: tuple[RuleKind, str], amount: Money, by: Actor) -> None:
    """Refuse others than the officers, no money at all, and money for what is unknown or ends."""
    need_keeper(by)
    if amount <= Money(0):
        raise NotPositiveError
    newest = rules_in_force.rules_on(session, None, taking)
    for key in taking:
        if key not in newest:
            raise UnknownCodeError(key[1])
        if newest[key].is_retired:
            raise EndsError(key[1], newest[key].valid_from)
