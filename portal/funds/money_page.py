"""What the page of incoming money shows: funds with what they hold, donations, allocations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import N_
from portal.errors import NotFoundError
from portal.funds.ledger import Place
from portal.funds.models import Allocation
from portal.funds.models import Balance
from portal.funds.models import Donation
from portal.funds.models import Foundation
from portal.funds.money_in import need_keeper
from portal.funds.rule_models import Fund
from portal.funds.rulebook import RuleKind
from portal.funds.rulebook import SubcommitteeFacts
from portal.funds.rules_page import rules_page
from portal.labels import Name
from portal.money import Money
from portal.money import total
from portal.roles import Actor
from portal.thai import fiscal_year

SHOWN = 20


@dataclass(frozen=True, slots=True)
class FundLine:
    """A fund: what came in, what is not given to any subcommittee yet."""

    code: str
    name: Name
    received: Money
    unallocated: Money
    ends: bool


@dataclass(frozen=True, slots=True)
class DonationLine:
    """A donation; the donor is private."""

    reference: str
    fund: Name
    amount: Money
    received_on: date
    donor: str
    eid: str


@dataclass(frozen=True, slots=True)
class AllocationLine:
    """An allocation."""

    fund: Name
    subcommittee: Name
    amount: Money
    fiscal_year: int
    eid: str


@dataclass(frozen=True, slots=True)
class MoneyPage:
    """Everything about money that comes in, for the officers."""

    funds: Sequence[FundLine]
    subcommittees: Mapping[str, Name]
    # What each subcommittee may still decide on, by fund and subcommittee.
    available: Mapping[tuple[str, str], Money]
    donations: Sequence[DonationLine]
    allocations: Sequence[AllocationLine]
    fiscal_year: int

    @property
    def received(self) -> Money:
        """Return what came into all funds."""
        return total(fund.received for fund in self.funds)

    @property
    def unallocated(self) -> Money:
        """Return what no subcommittee was given yet."""
        return total(fund.unallocated for fund in self.funds)

    def fund(self, code: str) -> FundLine:
        """Return one fund."""
        return next(fund for fund in self.funds if fund.code == code)

    def left(self, fund: str, subcommittee: str) -> Money:
        """Return what a subcommittee may still decide on, of a fund."""
        return self.available.get((fund, subcommittee), Money(0))


def money_page(session: Session, *, day: date, by: Actor) -> MoneyPage:
    """Return what officers see of incoming money; refuse everybody else."""
    need_keeper(by)
    rules = rules_page(session, day=day)
    funds = rules.names(RuleKind.FUND)
    lines = rules.lines[RuleKind.SUBCOMMITTEE]
    short = {
        line.holds.code: Name(line.holds.facts.short_th, line.holds.facts.name_en)
        for line in lines
        if isinstance(line.holds.facts, SubcommitteeFacts)
    }
    received: Counter[str] = Counter()
    for code, satang in session.execute(
        select(Donation.fund_code, func.sum(Donation.amount_satang)).group_by(Donation.fund_code)
    ):
        received[code] = int(satang)
    available = {
        (row.fund_code, row.subcommittee_code): Money(row.satang)
        for row in session.scalars(select(Balance).where(Balance.place == Place.AVAILABLE))
    }
    first_month = session.scalars(select(Foundation.first_month)).one()
    return MoneyPage(
        funds=[
            FundLine(
                line.holds.code,
                funds[line.holds.code],
                Money(received[line.holds.code]),
                available.get((line.holds.code, ""), Money(0)),
                line.ends,
            )
            for line in rules.lines[RuleKind.FUND]
        ],
        subcommittees={line.holds.code: short[line.holds.code] for line in lines if not line.ends},
        available=available,
        donations=_donations(session, funds),
        allocations=_allocations(session, funds, short),
        fiscal_year=fiscal_year(day, first_month=first_month),
    )


class DonationNotFoundError(NotFoundError):
    """No donation has this number."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such donation."))


def donation_line(session: Session, reference: str, *, by: Actor) -> DonationLine:
    """Return one donation for the officers; refuse everybody else."""
    found = session.execute(
        select(Donation, Fund)
        .join(Fund, Fund.code == Donation.fund_code)
        .where(Donation.reference == reference)
    ).one_or_none()
    if found is None:
        raise DonationNotFoundError
    need_keeper(by)
    row, fund = found
    return _donation(row, Name(fund.name_th, fund.name_en))


def _donation(row: Donation, fund: Name) -> DonationLine:
    return DonationLine(
        row.reference, fund, Money(row.amount_satang), row.received_on, row.donor, row.log_eid
    )


def _donations(session: Session, funds: Mapping[str, Name]) -> Sequence[DonationLine]:
    found = session.scalars(select(Donation).order_by(Donation.id.desc()).limit(SHOWN))
    return [_donation(row, funds[row.fund_code]) for row in found]


def _allocations(
    session: Session, funds: Mapping[str, Name], subcommittees: Mapping[str, Name]
) -> Sequence[AllocationLine]:
    found = session.scalars(select(Allocation).order_by(Allocation.id.desc()).limit(SHOWN))
    return [
        AllocationLine(
            funds[row.fund_code],
            subcommittees[row.subcommittee_code],
            Money(row.amount_satang),
            row.fiscal_year,
            row.log_eid,
        )
        for row in found
    ]
