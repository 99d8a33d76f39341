"""The rules of an advance: money lent for work to be done, then cleared to the satang.

What was spent is shown by vouchers; what was not spent comes back. The days follow the rules on
borrowing of public offices: 15 after the return from a journey, 30 after the money for other work.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from datetime import timedelta
from enum import StrEnum

from portal.errors import N_
from portal.errors import RuleError
from portal.money import Money


class AdvanceKind(StrEnum):
    """What money is lent for; it decides from which day on the days to clear it are counted."""

    TRAVEL = "travel"
    WORK = "work"


DAYS: Mapping[AdvanceKind, int] = {AdvanceKind.TRAVEL: 15, AdvanceKind.WORK: 30}


@dataclass(frozen=True, slots=True)
class Advance:
    """Money is lent rather than given: for what, and when a journey ends."""

    kind: AdvanceKind
    ends_on: date | None = None

    def __post_init__(self) -> None:
        """A journey has an end, and nothing else has."""
        if (self.kind is AdvanceKind.TRAVEL) != (self.ends_on is not None):
            message = "the last day belongs to a journey, and to nothing else"
            raise ValueError(message)

    def due_on(self, received_on: date) -> date:
        """Return the last day on which it can be cleared in time."""
        return (self.ends_on or received_on) + timedelta(days=DAYS[self.kind])


@dataclass(frozen=True, slots=True)
class OpenAdvance:
    """An advance that somebody holds and has not cleared."""

    reference: str
    due_on: date


class AdvanceOverdueError(RuleError):
    """Who has not cleared an advance in time borrows nothing more."""

    def __init__(self, overdue: OpenAdvance) -> None:
        super().__init__(
            N_(
                "Who asked still holds the advance {reference}, which was to be cleared by "
                "{due_on}. Until it is cleared they can be lent nothing more."
            ),
            reference=overdue.reference,
            due_on=overdue.due_on,
        )
        self.overdue = overdue


class NotAnAdvanceError(RuleError):
    """Only what was lent is cleared."""

    def __init__(self) -> None:
        super().__init__(N_("This payment is not an advance: a receipt is all it needs."))


class AdvanceClearedError(RuleError):
    """It is over: no voucher is added, and nothing cleared twice."""

    def __init__(self) -> None:
        super().__init__(N_("This advance is cleared already."))


class VoucherNeededError(RuleError):
    """Of an advance each receipt says what was bought, when and for how much."""

    def __init__(self) -> None:
        super().__init__(
            N_("This payment is an advance: file what was spent of it, voucher by voucher.")
        )


class VoucherUnknownError(RuleError):
    """What was picked is no voucher of this advance."""

    def __init__(self) -> None:
        super().__init__(N_("A voucher that was ticked is not one of this advance."))


class NotClearedError(RuleError):
    """Vouchers and what came back are not what was lent."""

    def __init__(self, *, held: Money, spent: Money) -> None:
        super().__init__(
            N_(
                "The borrower holds {held} baht of the advance, and the ticked vouchers come to "
                "{spent}. Both must be the same: note what was given back, or tick other vouchers."
            ),
            held=held,
            spent=spent,
        )
        self.held = held
        self.spent = spent


def check_may_borrow(held: Iterable[OpenAdvance], today: date) -> None:
    """Refuse to lend to somebody who is late with what they were lent before."""
    for advance in held:
        if advance.due_on < today:
            raise AdvanceOverdueError(advance)


def check_vouchers(*, held: Money, spent: Money) -> None:
    """Refuse vouchers that do not come to what the borrower still holds."""
    if held != spent:
        raise NotClearedError(held=held, spent=spent)
