"""The month's sheet: what left the bank, what the books say left, and all that lies between.

What left the bank is money out less money that came back. The books say: confirmed payments, and
fees, less returns. The difference is told to the satang, by what makes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from portal.money import Money
from portal.money import total
from portal.payments.statement import Line
from portal.payments.statement import Nature


class Meaning(StrEnum):
    """What people confirmed that lines are; other money is of no payment of the portal."""

    PAYMENT = "payment"
    FEE = "fee"
    RETURN = "return"
    OTHER = "other"


class Unmatched(StrEnum):
    """Lines that nobody has confirmed yet, by what they look like."""

    OUT = "out"
    FEE = "fee"
    RETURN = "return"
    IN = "in"


class Cause(StrEnum):
    """What makes a difference between the bank and the books."""

    UNMATCHED_OUT = "unmatched_out"
    UNMATCHED_FEE = "unmatched_fee"
    UNMATCHED_RETURN = "unmatched_return"
    NOT_IN_STATEMENT = "not_in_statement"
    NOT_IN_BOOKS = "not_in_books"
    AMOUNT_DIFFERS = "amount_differs"
    OTHER = "other"
    FEES_DIFFER = "fees_differ"
    RETURNS_DIFFER = "returns_differ"


@dataclass(frozen=True, slots=True)
class Match:
    """Lines, by their fingerprints, that somebody confirmed to be one thing."""

    meaning: Meaning
    lines: tuple[str, ...]
    payments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Books:
    """What the books of the account say of the month; every amount is above zero."""

    confirmed: Mapping[str, Money]
    fees: Money
    returns: Money


@dataclass(frozen=True, slots=True)
class Tally:
    """How many lines, and how much they move together; money out is below zero."""

    count: int
    amount: Money


@dataclass(frozen=True, slots=True)
class Explanation:
    """A part of the difference: its cause, the lines and payments, and how much of it they are."""

    cause: Cause
    amount: Money
    lines: tuple[str, ...] = ()
    payments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """The figures of a month; `missing` is what the statement's own lines do not add up to."""

    opening: Money
    closing: Money
    money_in: Money
    outflow: Money
    confirmed: Money
    fees: Money
    returns: Money
    unmatched: Mapping[Unmatched, Tally]
    explanations: tuple[Explanation, ...]
    missing: Money

    @property
    def difference(self) -> Money:
        """Return by how much more left the bank than the books say."""
        return self.outflow - (self.confirmed + self.fees - self.returns)

    @property
    def is_reconciled(self) -> bool:
        """Say whether every line has its match, and all that differs is other people's money."""
        causes = {explanation.cause for explanation in self.explanations}
        return not self.missing and not self.unmatched and causes <= {Cause.OTHER}


def reconcile(
    lines: Mapping[str, Line],
    matches: Sequence[Match],
    books: Books,
    *,
    opening: Money,
    closing: Money,
) -> Sheet:
    """Return the sheet of a month: its lines by fingerprint, and the matches that name any."""
    places = _places(lines, matches)
    moved = total(line.amount for line in lines.values())
    money_in = total(
        line.amount for key, line in lines.items() if not line.is_out and places[key] in _COMING_IN
    )
    return Sheet(
        opening=opening,
        closing=closing,
        money_in=money_in,
        outflow=money_in - moved,
        confirmed=total(books.confirmed.values()),
        fees=books.fees,
        returns=books.returns,
        unmatched=_unmatched(lines, places),
        explanations=tuple(_explanations(lines, places, matches, books)),
        missing=closing - opening - moved,
    )


Places = Mapping[str, Meaning | Unmatched]

# Money in of these kinds is no return of ours: it makes the outflow no smaller.
_COMING_IN = frozenset({Meaning.OTHER, Unmatched.IN})


def _places(lines: Mapping[str, Line], matches: Sequence[Match]) -> Places:
    """Return where each line counts: what was confirmed, or what it looks like."""
    confirmed = {key: match.meaning for match in reversed(matches) for key in match.lines}
    return {key: confirmed.get(key) or _looks_like(line) for key, line in lines.items()}


def _looks_like(line: Line) -> Unmatched:
    if line.nature is Nature.FEE:
        return Unmatched.FEE
    if line.is_out:
        return Unmatched.OUT
    return Unmatched.RETURN if line.nature is Nature.RETURN else Unmatched.IN


def _unmatched(lines: Mapping[str, Line], places: Places) -> dict[Unmatched, Tally]:
    kept = {kind: _lines_at(kind, places) for kind in Unmatched}
    return {
        kind: Tally(len(keys), total(lines[key].amount for key in keys))
        for kind, keys in kept.items()
        if keys
    }


def _lines_at(place: Meaning | Unmatched, places: Places) -> tuple[str, ...]:
    # Two enumerations of texts: a confirmed fee and one that looks like a fee are equal otherwise.
    return tuple(key for key, found in places.items() if found is place)


def _explanations(
    lines: Mapping[str, Line], places: Places, matches: Sequence[Match], books: Books
) -> Iterator[Explanation]:
    """Go through what makes the difference; together it is the difference, always."""
    yield from _of_payments(lines, places, matches, books)
    for cause, place, booked in (
        (Cause.FEES_DIFFER, Meaning.FEE, books.fees),
        (Cause.RETURNS_DIFFER, Meaning.RETURN, -books.returns),
        (Cause.UNMATCHED_OUT, Unmatched.OUT, Money(0)),
        (Cause.UNMATCHED_FEE, Unmatched.FEE, Money(0)),
        (Cause.UNMATCHED_RETURN, Unmatched.RETURN, Money(0)),
    ):
        keys = _lines_at(place, places)
        if difference := -total(lines[key].amount for key in keys) - booked:
            yield Explanation(cause, difference, keys)
    others = tuple(key for key in _lines_at(Meaning.OTHER, places) if lines[key].is_out)
    if others:
        yield Explanation(Cause.OTHER, -total(lines[key].amount for key in others), others)


def _of_payments(
    lines: Mapping[str, Line], places: Places, matches: Sequence[Match], books: Books
) -> Iterator[Explanation]:
    """Compare each match of payments with the books; a line and a payment count once."""
    open_lines = dict.fromkeys(_lines_at(Meaning.PAYMENT, places))
    open_payments = dict(books.confirmed)
    for match in matches:
        if match.meaning is not Meaning.PAYMENT:
            continue
        keys = tuple(key for key in match.lines if key in open_lines)
        names = tuple(name for name in match.payments if name in open_payments)
        paid = -total(lines[key].amount for key in keys)
        difference = paid - total(open_payments.pop(name) for name in names)
        for key in keys:
            del open_lines[key]
        if difference:
            yield Explanation(_cause(keys, names), difference, keys, names)
    if open_payments:
        amount = -total(open_payments.values())
        yield Explanation(Cause.NOT_IN_STATEMENT, amount, payments=tuple(open_payments))


def _cause(keys: Sequence[str], names: Sequence[str]) -> Cause:
    if not names:
        return Cause.NOT_IN_BOOKS
    return Cause.AMOUNT_DIFFERS if keys else Cause.NOT_IN_STATEMENT
