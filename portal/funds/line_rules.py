"""The lines of a fund request: what is asked for, how many of it, and for how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portal.errors import N_
from portal.errors import RuleError
from portal.money import Money
from portal.money import total

LINES_MAX = 20
ITEM_LENGTH_MAX = 200
UNIT_LENGTH_MAX = 40
QUANTITY_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """One line: an item, how many of it (the unit may be empty), and the amount for all of them."""

    item: str
    quantity: int
    unit: str
    amount: Money


class TooManyLinesError(RuleError):
    """More lines than a decision can be based on."""

    def __init__(self) -> None:
        super().__init__(N_("A request has at most {most} lines."), most=LINES_MAX)


class LineNotNamedError(RuleError):
    """A line does not say what is asked for."""

    def __init__(self, number: int) -> None:
        super().__init__(N_("Line {number} does not say what it is."), number=number)


class LineTooLongError(RuleError):
    """The words of a line are longer than a table shows."""

    def __init__(self, number: int) -> None:
        super().__init__(
            N_("Line {number} is too long: at most {item} characters, its unit {unit}."),
            number=number,
            item=ITEM_LENGTH_MAX,
            unit=UNIT_LENGTH_MAX,
        )


class LineQuantityError(RuleError):
    """A line for none of it, or for more than anybody gives."""

    def __init__(self, number: int) -> None:
        super().__init__(
            N_("Line {number}: the quantity is a whole number from 1 to {most}."),
            number=number,
            most=f"{QUANTITY_MAX:,}",
        )


class LineAmountError(RuleError):
    """A line of no money."""

    def __init__(self, number: int) -> None:
        super().__init__(N_("Line {number}: the amount must be more than zero."), number=number)


class LinesDoNotAddUpError(RuleError):
    """The lines ask for more or less than the request."""

    def __init__(self, *, lines: Money, amount: Money) -> None:
        super().__init__(
            N_("The lines add up to {lines} baht, but the amount is {amount} baht."),
            lines=lines,
            amount=amount,
        )


def check_lines(lines: Sequence[Line], amount: Money) -> None:
    """Refuse lines that say nothing, and lines that do not add up to the amount asked for.

    A request without lines is asked for as a whole.
    """
    if not lines:
        return
    if len(lines) > LINES_MAX:
        raise TooManyLinesError
    for number, line in enumerate(lines, 1):
        _check_line(number, line)
    asked = sum_of(lines)
    if asked != amount:
        raise LinesDoNotAddUpError(lines=asked, amount=amount)


def _check_line(number: int, line: Line) -> None:
    if not line.item.strip():
        raise LineNotNamedError(number)
    if len(line.item) > ITEM_LENGTH_MAX or len(line.unit) > UNIT_LENGTH_MAX:
        raise LineTooLongError(number)
    if not 1 <= line.quantity <= QUANTITY_MAX:
        raise LineQuantityError(number)
    if line.amount <= Money(0):
        raise LineAmountError(number)


def sum_of(lines: Sequence[Line]) -> Money:
    """Return what all lines ask for together."""
    return total(line.amount for line in lines)
