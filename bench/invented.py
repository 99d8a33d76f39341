"""Invented requests of six fiscal years, spread as a province's are, in the order of their acts.

How a request looks in each state is taken from one that went through the services; the others are
copies of it with a kind of help, an amount, a place and times of their own.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from random import Random
from typing import Any

from portal.audit.entry import utc_text
from portal.province import Category
from portal.province import Province
from portal.province import areas
from portal.publishing.models import PublishedAct
from portal.publishing.shelf import Case

BEGINS = datetime(2021, 10, 1, 2, 0, tzinfo=UTC)
ENDS = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
FIRST_MONTH = 10
# Of requests that nobody waits for any longer, and of the newest twentieth.
ENDED = {"closed": 84, "paid": 3, "rejected": 9, "withdrawn": 4}
GOING = {"submitted": 30, "returned": 8, "approved": 20, "paid": 22, "closed": 12, "rejected": 8}
# How many other requests are sent between two acts of one.
LAG_MAX = 400
PROJECTS = 0.2
NEWEST = 0.95
# What happens while a request waits for a decision.
_DECIDING = frozenset({"interest.declared", "fund_request.signed"})


@dataclass(frozen=True, slots=True)
class Model:
    """A request that went through the services: as the fold knows it, and its acts."""

    case: Case
    acts: Sequence[PublishedAct]


@dataclass(frozen=True, slots=True)
class Told:
    """One invented request, and at which entries of the log its acts stand."""

    model: Model
    case: Case
    indexes: Sequence[int]

    @property
    def payment(self) -> str:
        """Return the number of its payment."""
        return payment_of(self.case.reference)

    def moment(self, act: PublishedAct) -> str:
        """Return when one of its acts happened."""
        if act.type == "fund_request.submitted" or act.type in _DECIDING:
            return self.case.submitted_at
        is_payment = act.type.startswith(("payment.", "fund_request.closed"))
        return (
            (self.case.paid_at if is_payment else "") or self.case.decided_at or self.case.sent_at
        )


def invented(
    province: Province, models: Mapping[str, Model], count: int, *, first: int
) -> Iterator[Told]:
    """Give so many requests, each when its last act is told; `first` is their first entry."""
    draw = _Drawing(province, Random(count))  # noqa: S311 - a bench that can be repeated
    drawn: dict[int, tuple[Model, dict[str, Any], list[int]]] = {}
    waiting: list[tuple[int, int, int]] = []
    index = first
    for number in range(count):
        model, facts = draw.request(models, number / count)
        drawn[number] = model, facts, []
        due = number
        for place in range(len(model.acts)):
            heapq.heappush(waiting, (due, number, place))
            due += draw.random.randrange(LAG_MAX)
        while waiting and (waiting[0][0] <= number or number == count - 1):
            _, done, _ = heapq.heappop(waiting)
            model, facts, indexes = drawn[done]
            indexes.append(index)
            index += 1
            if len(indexes) == len(model.acts):
                del drawn[done]
                case = replace(model.case, **facts, last_index=indexes[-1])
                yield Told(model, case, indexes)


class _Drawing:
    """Draws what a request is about, and when things happened to it."""

    def __init__(self, province: Province, random: Random) -> None:
        self.random = random
        self._code = province.foundation.code
        self._funds = [fund.code for fund in province.funds]
        # Some kinds of help, funds and subcommittees are asked for more often than others.
        self._kinds = [one for one in province.categories for _ in range(1 + len(one.usual))]
        self._kinds += [one for one in province.categories[:5] for _ in range(9)]
        self._places = [
            area.code for area in areas(province.foundation.province) if _is_low(area.code)
        ]
        self._numbers: dict[int, int] = {}

    def request(self, models: Mapping[str, Model], age: float) -> tuple[Model, dict[str, Any]]:
        """Return how a request goes that was sent at this part of all the time, and its facts."""
        random = self.random
        at = BEGINS + (ENDS - BEGINS) * age
        at = at.replace(minute=random.randrange(60), second=random.randrange(60), microsecond=0)
        category = random.choice(self._kinds)
        weights = GOING if age > NEWEST else ENDED
        (status,) = random.choices([*weights], [*weights.values()])
        model = models[status]
        year = at.year + 543 + (at.month >= FIRST_MONTH)
        self._numbers[year] = self._numbers.get(year, 0) + 1
        is_project = category.serves == "project" or (
            category.serves == "any" and random.random() < PROJECTS
        )
        reference = f"{self._code}-{year}-{self._numbers[year]:06}"
        facts = {
            "reference": reference,
            "kind": "project" if is_project else "youth",
            "fund": self._funds[min(int(random.expovariate(0.7)), len(self._funds) - 1)],
            "subcommittee": random.choice(sorted(category.subcommittees)),
            "category": category.code,
            "purpose": category.purpose,
            "fiscal_year": year,
            "place": random.choice(self._places) if is_project else None,
        }
        return model, facts | self._money(model.case, category, reference) | self._times(
            model.case, at
        )

    def _money(self, case: Case, category: Category, reference: str) -> dict[str, Any]:
        usual = self.random.choice(category.usual).satang
        most = min(category.ceiling.satang, 2 * usual)
        satang = self.random.choice((usual, self.random.randrange(usual // 2, most + 1, 5_000)))
        return {
            "satang": satang,
            "approved_satang": satang if case.approved_satang else 0,
            "disbursed_satang": satang if case.disbursed_satang else 0,
            "payments": {
                payment_of(reference): replace(payment, satang=satang)
                for payment in case.payments.values()
            },
        }

    def _times(self, case: Case, at: datetime) -> dict[str, Any]:
        decided = at + timedelta(minutes=int(self.random.lognormvariate(7.2, 0.8)))
        paid = decided + timedelta(minutes=int(self.random.lognormvariate(7.6, 0.6)))
        return {
            "submitted_at": utc_text(at),
            "sent_at": utc_text(at),
            "decided_at": utc_text(decided) if case.decided_at else "",
            "paid_at": utc_text(paid) if case.paid_at else "",
        }


def payment_of(reference: str) -> str:
    """Return the number of the one payment of a request."""
    return reference.replace("-0", "-P0", 1)


def _is_low(code: str) -> bool:
    """Say whether an area is a tambon: its code is the longest."""
    return len(code) == len("210101")
