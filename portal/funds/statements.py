"""What accountants read of a year: the trial balance, and what became of the money of a fund."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass

from portal.funds.ledger import Account
from portal.funds.ledger import EntryKind
from portal.funds.ledger import Place
from portal.money import Money
from portal.money import total

# Where money is that came in and has not left the house for good.
ON_HAND = (Place.AVAILABLE, Place.COMMITTED, Place.IN_TRANSIT, Place.RETURNED)
PAID_OUT = (Place.DISBURSED, Place.RECEIVED)


@dataclass(frozen=True, slots=True)
class Moved:
    """What entries of one kind put into an account and took out of it."""

    debit: Money
    credit: Money


@dataclass(frozen=True, slots=True)
class AccountYear:
    """An account in a year: what it held before, and what entries of each kind moved."""

    account: Account
    opening: Money
    moved: Mapping[EntryKind, Moved]

    @property
    def debit(self) -> Money:
        """Return everything that was put in."""
        return total(moved.debit for moved in self.moved.values())

    @property
    def credit(self) -> Money:
        """Return everything that was taken out."""
        return total(moved.credit for moved in self.moved.values())

    @property
    def closing(self) -> Money:
        """Return what it held at the end of the year, or holds now."""
        return self.opening + self.debit - self.credit


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """Every account in a year; debits and credits are the same, openings and closings nothing."""

    lines: Sequence[AccountYear]

    @property
    def opening(self) -> Money:
        """Return what the openings add up to."""
        return total(line.opening for line in self.lines)

    @property
    def debit(self) -> Money:
        """Return what the debits add up to."""
        return total(line.debit for line in self.lines)

    @property
    def credit(self) -> Money:
        """Return what the credits add up to."""
        return total(line.credit for line in self.lines)

    @property
    def closing(self) -> Money:
        """Return what the closings add up to."""
        return total(line.closing for line in self.lines)

    @property
    def is_balanced(self) -> bool:
        """Say whether it comes out as it must."""
        return self.debit == self.credit and not self.opening and not self.closing


@dataclass(frozen=True, slots=True)
class FundStatement:
    """What became of the money of one fund in a year.

    `returned` came back of what was paid, with what the bank kept of it; `fees` also holds what
    the bank kept of money that never arrived, and took for itself.
    """

    fund: str
    carried_over: Money
    received: Money
    paid: Money
    returned: Money
    fees: Money
    allocated: Money
    approved: Money
    released: Money
    # Of what is left, by where it is.
    unallocated: Money
    available: Money
    set_aside: Money

    @property
    def left(self) -> Money:
        """Return what is carried over to the next year."""
        return self.carried_over + self.received - self.paid + self.returned - self.fees


def fund_statements(lines: Sequence[AccountYear]) -> Sequence[FundStatement]:
    """Return the statement of every fund, by code."""
    codes = sorted({line.account.fund for line in lines})
    return [
        _statement(code, [line for line in lines if line.account.fund == code]) for code in codes
    ]


def _statement(fund: str, lines: Sequence[AccountYear]) -> FundStatement:
    available = _at(lines, (Place.AVAILABLE,))
    return FundStatement(
        fund=fund,
        carried_over=total(line.opening for line in _at(lines, ON_HAND)),
        received=_debit(lines, EntryKind.DONATION, Place.AVAILABLE),
        paid=_debit(lines, EntryKind.CONFIRMATION, Place.DISBURSED),
        returned=total(
            line.moved[kind].credit
            for line in _at(lines, PAID_OUT)
            for kind in (EntryKind.RETURN, EntryKind.REFUND)
            if kind in line.moved
        ),
        fees=total(_debit(lines, kind, Place.FEES) for kind in (EntryKind.RETURN, EntryKind.FEE)),
        allocated=_debit(lines, EntryKind.ALLOCATION, Place.AVAILABLE),
        approved=_debit(lines, EntryKind.COMMITMENT, Place.COMMITTED),
        released=_debit(lines, EntryKind.RELEASE, Place.AVAILABLE),
        unallocated=total(line.closing for line in available if not line.account.subcommittee),
        available=total(line.closing for line in available if line.account.subcommittee),
        set_aside=total(line.closing for line in _at(lines, ON_HAND[1:])),
    )


def _at(lines: Sequence[AccountYear], places: Collection[Place]) -> Sequence[AccountYear]:
    return [line for line in lines if line.account.place in places]


def _debit(lines: Sequence[AccountYear], kind: EntryKind, place: Place) -> Money:
    found = _at(lines, (place,))
    return total(line.moved[kind].debit for line in found if kind in line.moved)
