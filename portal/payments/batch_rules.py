"""The rules of a batch: payments that are released and sent to the bank in one file."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from enum import StrEnum

from portal.errors import N_
from portal.errors import NotFoundError
from portal.errors import RuleError
from portal.errors import StaleError
from portal.funds.rules import ActionNotAllowedError
from portal.funds.rules import RoleNeededError
from portal.money import Money
from portal.roles import Actor
from portal.roles import Role

# More than any province pays at once; the file of a bank holds many more.
PAYMENTS_MAX = 10_000


class BatchState(StrEnum):
    """Where a batch is."""

    OPEN = "open"
    RELEASED = "released"
    SENT = "sent"
    DISSOLVED = "dissolved"


class BatchAction(StrEnum):
    """What a treasurer does with a batch."""

    MAKE = "make"
    RELEASE = "release"
    SEND = "send"
    DISSOLVE = "dissolve"


STEPS: Mapping[tuple[BatchState | None, BatchAction], BatchState] = {
    (None, BatchAction.MAKE): BatchState.OPEN,
    (BatchState.OPEN, BatchAction.RELEASE): BatchState.RELEASED,
    (BatchState.OPEN, BatchAction.DISSOLVE): BatchState.DISSOLVED,
    # Its file never reached the bank; the payments stay released.
    (BatchState.RELEASED, BatchAction.DISSOLVE): BatchState.DISSOLVED,
    (BatchState.RELEASED, BatchAction.SEND): BatchState.SENT,
}


class BatchNotFoundError(NotFoundError):
    """There is no such batch."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such batch."))


class AccountNotFoundError(NotFoundError):
    """The foundation pays from no such account."""

    def __init__(self) -> None:
        super().__init__(N_("The foundation has no such account, or it is closed."))


class StaleBatchError(StaleError):
    """The batch changed after the page was opened."""

    def __init__(self) -> None:
        super().__init__(N_("This batch was changed meanwhile. Look at it again."))


class NothingPickedError(RuleError):
    """A batch of nothing, or of more than one batch holds."""

    def __init__(self) -> None:
        super().__init__(
            N_("A batch holds between 1 and {most} payments."), most=f"{PAYMENTS_MAX:,}"
        )


class NotForBatchError(RuleError):
    """A payment is not prepared any more, is no transfer, or is in a batch already."""

    def __init__(self, references: Collection[str]) -> None:
        super().__init__(
            N_("Only prepared transfers that are in no batch can be put in one; not {references}."),
            references=", ".join(sorted(references)),
        )


class InBatchError(RuleError):
    """A payment in a batch goes with it, or not at all."""

    def __init__(self, batch: str) -> None:
        super().__init__(
            N_(
                "This payment is in batch {batch}: it goes with the batch, or the batch is "
                "dissolved first."
            ),
            batch=batch,
        )


class OwnBatchError(RuleError):
    """Who made the batch would release it."""

    def __init__(self) -> None:
        super().__init__(N_("Another treasurer releases this batch: you made it."))


class OwnPaymentError(RuleError):
    """Who prepared payments of the batch would release it."""

    def __init__(self, references: Collection[str]) -> None:
        super().__init__(
            N_("Another treasurer releases this batch: you prepared payments in it: {references}."),
            references=", ".join(sorted(references)),
        )


class BatchFlawedError(RuleError):
    """The bank's file cannot hold something of the batch; its page lists everything."""

    def __init__(self, count: int, *, first: str) -> None:
        super().__init__(
            N_(
                "The bank's file cannot hold {count} things of this batch; the first is at {first}."
            ),
            count=count,
            first=first,
        )


class NotCoveredError(RuleError):
    """The account holds less than the batch would take out of it."""

    def __init__(self, account: str, *, held: Money, wanted: Money) -> None:
        super().__init__(
            N_("Account {account} holds {held} baht by its newest statement; {wanted} are needed."),
            account=account,
            held=held,
            wanted=wanted,
        )


def next_state(state: BatchState | None, action: BatchAction, by: Actor) -> BatchState:
    """Return the state the action leads to, or raise the rule that forbids it."""
    step = STEPS.get((state, action))
    if step is None:
        raise ActionNotAllowedError(state or BatchState.OPEN, action)
    if not by.holds(Role.TREASURER):
        raise RoleNeededError({Role.TREASURER})
    return step


def check_releaser(by: Actor, *, made_by: int, prepared_by: Mapping[str, int]) -> None:
    """Refuse who made the batch, or prepared a payment of it (by its reference)."""
    if made_by == by.person_id:
        raise OwnBatchError
    own = [reference for reference, person in prepared_by.items() if person == by.person_id]
    if own:
        raise OwnPaymentError(own[:3])


def check_covered(account: str, *, held: Money | None, wanted: Money) -> None:
    """Refuse more than the account holds, where a statement told what it holds."""
    if held is not None and wanted > held:
        raise NotCoveredError(account, held=held, wanted=wanted)
