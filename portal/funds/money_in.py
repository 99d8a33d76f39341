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
from portal.funds import lookups
from portal.funds.books import post
from portal.funds.docket import next_reference
from portal.funds.ledger import EntryKind
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


def receive_donation(
    session: Session, answer: DonationAnswer, *, by: Actor, at: datetime
) -> Donation:
    """Book a donation into its fund."""
    _check(session, (RuleKind.FUND, answer.fund), amount=answer.amount, by=by)
    # A province file may be older than the day it speaks of.
    if Role.OFFICER in by.roles and answer.received_on > bangkok_day(at):
        raise ReceivedLaterError
    reference = answer.reference or next_reference(session, "donation", letter="D", at=at)[1]
    if session.scalar(select(Donation.id).where(Donation.reference == reference)) is not None:
        raise ReferenceTakenError(reference)
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


def allocate(session: Session, answer: AllocationAnswer, *, by: Actor, at: datetime) -> Allocation:
    """Give a subcommittee money of a fund to decide on."""
    taking = ((RuleKind.FUND, answer.fund), (RuleKind.SUBCOMMITTEE, answer.subcommittee))
    _check(session, *taking, amount=answer.amount, by=by)
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
    if not KEEPERS & by.roles:
        raise RoleNeededError({Role.OFFICER})
    if amount <= Money(0):
        raise NotPositiveError
    lookups.keep_rules(session)
    newest = lookups.rules_on(session, None, taking)
    for key in taking:
        if key not in newest:
            raise UnknownCodeError(key[1])
        if newest[key].is_retired:
            raise EndsError(key[1], newest[key].valid_from)
