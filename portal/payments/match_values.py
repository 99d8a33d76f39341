"""What matching takes and gives: payments that were sent, and suggestions with their reasons."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from enum import StrEnum

from portal.errors import N_
from portal.money import Money
from portal.money import total
from portal.payments.statement import Line

_NOTHING = Money(0)


@dataclass(frozen=True, slots=True)
class Sent:
    """A payment that was sent to the bank; a confirmed one can only come back, or be paid twice."""

    reference: str
    amount: Money
    sent_on: date
    account: str = ""
    batch: str = ""
    batch_total: Money | None = None
    is_confirmed: bool = False
    returned: Money = _NOTHING


class MatchKind(StrEnum):
    """How lines and payments were found to belong together; the last three are not to confirm."""

    END_TO_END = "end_to_end"
    BATCH = "batch"
    ACCOUNT = "account"
    AMOUNT = "amount"
    SPLIT = "split"
    RETURN = "return"
    FEE = "fee"
    DUPLICATE = "duplicate"
    DIFFERS = "differs"
    AMBIGUOUS = "ambiguous"


_TO_LOOK_AT = frozenset({MatchKind.DUPLICATE, MatchKind.DIFFERS, MatchKind.AMBIGUOUS})


@dataclass(frozen=True, slots=True)
class Why:
    """The reason of a suggestion: a sentence, and the facts in it; said like a refusal."""

    sentence: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.sentence.format(**self.facts)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Lines, by their fingerprints, that belong to payments, by their references.

    Where the kind is ambiguous the payments are what a person may choose from, a batch among them
    by its own reference.
    """

    lines: tuple[str, ...]
    payments: tuple[str, ...]
    kind: MatchKind
    why: Why

    @property
    def can_be_confirmed(self) -> bool:
        """Say whether a person may confirm it as it is, rather than choose or ask the bank."""
        return self.kind not in _TO_LOOK_AT


@dataclass(frozen=True, slots=True)
class Target:
    """What a line may have paid: a payment, or all payments of a batch at once."""

    reference: str
    amount: Money
    sent_on: date
    payments: tuple[Sent, ...]

    @property
    def references(self) -> tuple[str, ...]:
        """Return the references of the payments."""
        return tuple(payment.reference for payment in self.payments)

    @property
    def is_batch(self) -> bool:
        """Say whether one line may be many payments."""
        return self.payments[0].reference != self.reference

    @property
    def is_whole(self) -> bool:
        """Say whether the payments that we know of are all of it."""
        return total(payment.amount for payment in self.payments) == self.amount


@dataclass(slots=True)
class Work:
    """What is still open while suggestions are made."""

    lines: dict[str, Line]
    payments: dict[str, Sent]
    sent: Mapping[str, Sent]
    suggestions: list[Suggestion] = field(default_factory=list)

    def suggest(
        self, kind: MatchKind, lines: Iterable[str], payments: Iterable[str], why: Why
    ) -> None:
        """Note a suggestion; its lines, and payments that it is sure of, are open no longer."""
        suggestion = Suggestion(tuple(lines), tuple(payments), kind, why)
        self.suggestions.append(suggestion)
        for line in suggestion.lines:
            del self.lines[line]
        if kind is not MatchKind.AMBIGUOUS and kind is not MatchKind.FEE:
            for reference in suggestion.payments:
                self.payments.pop(reference, None)

    def debits(self) -> dict[str, Line]:
        """Return the open lines by which money left."""
        return {key: line for key, line in self.lines.items() if line.is_out}

    def credits(self) -> dict[str, Line]:
        """Return the open lines by which money came in."""
        return {key: line for key, line in self.lines.items() if not line.is_out}


def payment_target(payment: Sent) -> Target:
    """Return a payment alone."""
    return Target(payment.reference, payment.amount, payment.sent_on, (payment,))


def batch_targets(payments: Iterable[Sent]) -> list[Target]:
    """Return the batches of these payments; not every payment of one need be among them."""
    batches: dict[str, list[Sent]] = {}
    for payment in payments:
        if payment.batch:
            batches.setdefault(payment.batch, []).append(payment)
    return [
        Target(batch, members[0].batch_total, min(one.sent_on for one in members), tuple(members))
        for batch, members in batches.items()
        if members[0].batch_total is not None
    ]


def named_why(target: Target, count: int) -> Why:
    """Say that the bank names what was paid."""
    if count > 1:
        return Why(
            N_("{count} lines name {reference}, and together they are its amount."),
            {"count": count, "reference": target.reference},
        )
    return Why(
        N_("The line names {reference}, and the amount is the same."),
        {"reference": target.reference},
    )


def differs_why(reference: str, *, found: Money, amount: Money) -> Why:
    """Say that the bank names what was paid, with another amount."""
    return Why(
        N_("The line names {reference}, but tells {found} baht instead of {amount} baht."),
        {"reference": reference, "found": found, "amount": amount},
    )


def twice_why(reference: str) -> Why:
    """Say that something was paid once more."""
    return Why(
        N_("Another line has paid {reference} already: the bank may have paid twice."),
        {"reference": reference},
    )


def unsure_why(count: int, references: Sequence[str]) -> Why:
    """Say that there is more than one answer: other payments fit, or other lines."""
    if count == 1:
        return Why(
            N_("{reference} fits, but other lines may be it as well: a person must say."),
            {"reference": references[0]},
        )
    return Why(N_("{count} payments fit; which one it is, a person must say."), {"count": count})


def returned_why(payment: Sent, back: Money) -> Why:
    """Say how much of a payment came back."""
    if back == payment.amount:
        return Why(N_("The whole of {reference} came back."), {"reference": payment.reference})
    return Why(
        N_("{back} of the {amount} baht of {reference} came back; {kept} baht did not."),
        {
            "back": back,
            "amount": payment.amount,
            "reference": payment.reference,
            "kept": payment.amount - back,
        },
    )
