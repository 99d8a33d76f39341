"""Double entry: the places of money, and the postings that move it; each entry adds up to zero."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from portal.errors import N_
from portal.errors import RuleError
from portal.money import Money
from portal.money import total


class Place(StrEnum):
    """Where money of a fund is. Only `source`, the world outside, may go below zero."""

    SOURCE = "source"
    AVAILABLE = "available"
    COMMITTED = "committed"
    IN_TRANSIT = "in_transit"
    DISBURSED = "disbursed"
    RECEIVED = "received"
    RETURNED = "returned"
    FEES = "fees"


@dataclass(frozen=True, slots=True, order=True)
class Account:
    """One place of one fund; with a subcommittee, that subcommittee's share of it."""

    fund: str
    subcommittee: str
    place: Place

    def __str__(self) -> str:
        """Write `EEF-ABE/SC5 available`."""
        return f"{self.fund}{'/' if self.subcommittee else ''}{self.subcommittee} {self.place}"


@dataclass(frozen=True, slots=True)
class Posting:
    """What one journal entry adds to one account; negative is taken out."""

    account: Account
    amount: Money


class EntryKind(StrEnum):
    """What a journal entry tells."""

    DONATION = "donation"
    ALLOCATION = "allocation"
    COMMITMENT = "commitment"
    SENDING = "sending"
    CONFIRMATION = "confirmation"
    RELEASE = "release"
    RECEIPT = "receipt"
    RETURN = "return"
    REFUND = "refund"
    REOPENING = "reopening"
    FEE = "fee"


class InsufficientFundsError(RuleError):
    """The account holds less than the entry would take out of it."""

    def __init__(self, account: Account, *, held: Money, wanted: Money) -> None:
        super().__init__(
            N_("{fund} holds {held} baht for this; {wanted} are needed."),
            fund=f"{account.fund} {account.subcommittee}".strip(),
            held=held,
            wanted=wanted,
        )
        self.account = account
        self.held = held
        self.wanted = wanted


def donation(fund: str, amount: Money) -> tuple[Posting, ...]:
    """Money comes in from outside and waits in the fund."""
    return _move(amount, Account(fund, "", Place.SOURCE), Account(fund, "", Place.AVAILABLE))


def allocation(fund: str, subcommittee: str, amount: Money) -> tuple[Posting, ...]:
    """Money of the fund becomes a subcommittee's to decide on."""
    here = Account(fund, "", Place.AVAILABLE)
    return _move(amount, here, Account(fund, subcommittee, Place.AVAILABLE))


# The way of approved money, place by place.
ONWARD: Mapping[EntryKind, tuple[Place, Place]] = {
    EntryKind.COMMITMENT: (Place.AVAILABLE, Place.COMMITTED),
    EntryKind.SENDING: (Place.COMMITTED, Place.IN_TRANSIT),
    EntryKind.CONFIRMATION: (Place.IN_TRANSIT, Place.DISBURSED),
    EntryKind.RECEIPT: (Place.DISBURSED, Place.RECEIVED),
    # What came back is set aside again, to be paid once more.
    EntryKind.REOPENING: (Place.RETURNED, Place.COMMITTED),
}


def onward(kind: EntryKind, fund: str, subcommittee: str, amount: Money) -> tuple[Posting, ...]:
    """Approved money goes one place further: set aside, sent, paid, received."""
    here, there = ONWARD[kind]
    return _move(amount, Account(fund, subcommittee, here), Account(fund, subcommittee, there))


def release(fund: str, subcommittee: str, rest: Money, *, returned: Money) -> tuple[Posting, ...]:
    """What will not be paid may be decided on again: set aside still, or `returned` by the bank."""
    taken = {Place.COMMITTED: rest - returned, Place.RETURNED: returned}
    return _gather(fund, subcommittee, taken, {Place.AVAILABLE: rest})


def fee(fund: str, amount: Money) -> tuple[Posting, ...]:
    """What the bank takes for itself goes out of what the fund has not allocated."""
    return _move(amount, Account(fund, "", Place.AVAILABLE), Account(fund, "", Place.FEES))


def coming_back(
    fund: str, subcommittee: str, amount: Money, *, fee: Money, out_of: Place
) -> tuple[Posting, ...]:
    """Money that had left comes back, less what the bank kept."""
    given = {Place.RETURNED: amount - fee, Place.FEES: fee}
    return _gather(fund, subcommittee, {out_of: amount}, given)


def _gather(
    fund: str, subcommittee: str, taken: Mapping[Place, Money], given: Mapping[Place, Money]
) -> tuple[Posting, ...]:
    moved = {place: -amount for place, amount in taken.items()} | dict(given)
    return tuple(
        Posting(Account(fund, subcommittee, place), amount)
        for place, amount in moved.items()
        if amount
    )


def _move(amount: Money, here: Account, there: Account) -> tuple[Posting, ...]:
    if amount <= Money(0):
        message = f"money moves forward: {amount}"
        raise ValueError(message)
    return Posting(here, -amount), Posting(there, amount)


def check_balanced(postings: Iterable[Posting]) -> None:
    """Refuse postings that do not add up to zero: that is a mistake of ours."""
    left = total(posting.amount for posting in postings)
    if left:
        message = f"the postings of a journal entry add up to {left}"
        raise ValueError(message)


def in_lock_order(postings: Sequence[Posting]) -> list[Posting]:
    """Sort postings so that everybody locks accounts in one order and nobody waits in a ring."""
    return sorted(postings, key=lambda posting: posting.account)
