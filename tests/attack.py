"""What a stranger works out from sums that are published: by linear algebra, then by bounds."""

from __future__ import annotations

from collections.abc import Hashable
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field
from fractions import Fraction

Unknown = Hashable
Equation = dict[Unknown, Fraction]
_TOTAL = object()  # the side of an equation that is known


@dataclass
class Knowledge:
    """Everything that is published about whole numbers that are nought or more."""

    sums: list[tuple[frozenset[Unknown], int]] = field(default_factory=list)
    # The first is never more than the second.
    grown: list[tuple[Unknown, Unknown]] = field(default_factory=list)

    def add(self, parts: Iterable[Unknown], total: int) -> None:
        """Learn that these come to a total."""
        self.sums.append((frozenset(parts), total))

    def worked_out(self) -> dict[Unknown, int]:
        """Return every number that can only be one."""
        return self._by_algebra() | self._by_bounds()

    def _by_algebra(self) -> dict[Unknown, int]:
        """Reduce all equations; one that is left with a single unknown gives it away."""
        reduced: dict[Unknown, Equation] = {}
        for parts, total in self.sums:
            equation: Equation = dict.fromkeys(parts, Fraction(1))
            equation[_TOTAL] = Fraction(total)
            for pivot, known in reduced.items():
                equation = _less(equation, known, equation.get(pivot, Fraction(0)))
            pivot = next((each for each in equation if each is not _TOTAL), _TOTAL)
            if pivot is _TOTAL:
                continue
            equation = {name: value / equation[pivot] for name, value in equation.items()}
            reduced = {
                name: _less(known, equation, known.get(pivot, Fraction(0)))
                for name, known in reduced.items()
            }
            reduced[pivot] = equation
        return {
            pivot: int(equation.get(_TOTAL, Fraction(0)))
            for pivot, equation in reduced.items()
            if set(equation) <= {pivot, _TOTAL}
        }

    def _by_bounds(self) -> dict[Unknown, int]:
        """Tighten what each can be by what the others can be, until nothing moves."""
        names = {name for parts, _ in self.sums for name in parts}
        high = dict.fromkeys(names, max((total for _, total in self.sums), default=0))
        low = dict.fromkeys(names, 0)
        is_moving = True
        while is_moving:
            before = (dict(low), dict(high))
            for parts, total in self.sums:
                for name in parts:
                    others = parts - {name}
                    high[name] = min(high[name], total - sum(low[each] for each in others))
                    low[name] = max(low[name], total - sum(high[each] for each in others))
            for first, later in self.grown:
                low[later] = max(low[later], low[first])
                high[first] = min(high[first], high[later])
            is_moving = (low, high) != before
        return {name: low[name] for name in names if low[name] == high[name]}


def _less(equation: Equation, other: Equation, times: Fraction) -> Equation:
    left = {
        name: equation.get(name, Fraction(0)) - times * other.get(name, Fraction(0))
        for name in [*equation, *(each for each in other if each not in equation)]
    }
    return {name: value for name, value in left.items() if value}
