"""The rules of confirming what the bank's lines are."""

from __future__ import annotations

from collections.abc import Collection

from portal.errors import N_
from portal.errors import NotFoundError
from portal.errors import RuleError
from portal.errors import StaleError
from portal.money import Money


class LineNotOpenError(NotFoundError):
    """There is no such line, or somebody confirmed what it is meanwhile."""

    def __init__(self) -> None:
        super().__init__(N_("A line is not there any more, or somebody has confirmed it."))


class StaleSuggestionsError(StaleError):
    """What the lines may be is not what the page showed."""

    def __init__(self) -> None:
        super().__init__(
            N_("Lines or payments changed meanwhile; nothing was confirmed. Look at it again.")
        )


class NothingTickedError(RuleError):
    """Nothing is to be confirmed."""

    def __init__(self) -> None:
        super().__init__(N_("Tick at least one suggestion."))


class NoSuchPaymentError(RuleError):
    """What was typed names no payment and no batch that lies with the bank."""

    def __init__(self, name: str) -> None:
        super().__init__(
            N_("No payment, and no batch that lies with the bank, is called {name}."), name=name
        )


class PaymentNotSentError(RuleError):
    """A payment is not at the bank, or is confirmed already."""

    def __init__(self, references: Collection[str]) -> None:
        super().__init__(
            N_("Only payments that lie with the bank can be confirmed; not {references}."),
            references=", ".join(sorted(references)),
        )


class SumsDifferError(RuleError):
    """What left the account is not what was to be paid."""

    def __init__(self, *, left: Money, wanted: Money) -> None:
        super().__init__(
            N_("The lines come to {left} baht, the payments to {wanted}."), left=left, wanted=wanted
        )


class MonthNotFoundError(NotFoundError):
    """What stands in the address is no month."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such month."))


class OtherAccountsError(RuleError):
    """Lines of two accounts would be one thing."""

    def __init__(self) -> None:
        super().__init__(N_("These lines are of different accounts."))


class NotBackError(RuleError):
    """Money that left is confirmed as money that came back."""

    def __init__(self) -> None:
        super().__init__(N_("Money that came back is a line that brought money in."))


class NotTakenError(RuleError):
    """A fee is a line that took money out."""

    def __init__(self) -> None:
        super().__init__(N_("A fee is a line that took money out."))


class WhyMissingError(RuleError):
    """Money of no payment is explained."""

    def __init__(self) -> None:
        super().__init__(N_("Write what this money is; treasurers and auditors read it."))


def check_sums(left: Money, wanted: Money) -> None:
    """Refuse lines that do not come to what was to be paid, to the satang."""
    if left != wanted:
        raise SumsDifferError(left=left, wanted=wanted)
