"""How long requests took, and where money for projects went: counts by subcommittee and amphoe."""

from __future__ import annotations

from collections import Counter
from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.labels import Name
from portal.money import Money
from portal.places import amphoe_name
from portal.publishing.figures import parts
from portal.publishing.models import PublishedRequest
from portal.publishing.part_page import AsOf
from portal.publishing.part_page import as_of
from portal.publishing.search_models import PublishedGroup
from portal.publishing.search_models import PublishedWait
from portal.publishing.waits import Step
from portal.publishing.waits import median_of_counts


@dataclass(frozen=True, slots=True)
class Took:
    """How many requests have a step behind them, and the median of days that it took."""

    count: int
    days: float | None


@dataclass(frozen=True, slots=True)
class Times:
    """How long the requests of a subcommittee took for each step, and what waits now."""

    code: str
    name: Name
    short: Name
    took: Mapping[Step, Took]
    waiting: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class TimePage:
    """How long each subcommittee took, and all of them together."""

    subcommittees: Sequence[Times]
    whole: Mapping[Step, Took]
    waiting: int
    as_of: AsOf


def time_page(session: Session) -> TimePage:
    """Return how long requests took from step to step."""
    counts: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    wait = PublishedWait
    for subcommittee, step, minutes, count in session.execute(
        select(wait.subcommittee, wait.step, wait.minutes, func.sum(wait.count)).group_by(
            wait.subcommittee, wait.step, wait.minutes
        )
    ):
        counts[subcommittee, step][minutes] += int(count)
        counts["", step][minutes] += int(count)
    waiting = {
        subcommittee: (count, datetime.fromisoformat(oldest))
        for subcommittee, count, oldest in session.execute(
            select(PublishedRequest.subcommittee, func.count(), func.min(PublishedRequest.sent_at))
            .where(PublishedRequest.status == "submitted")
            .group_by(PublishedRequest.subcommittee)
        )
    }
    return TimePage(
        subcommittees=[
            Times(
                part.code,
                part.name,
                part.short,
                {step: _took(counts[part.code, step]) for step in Step},
                *waiting.get(part.code, (0, None)),
            )
            for part in parts(session, "subcommittee")
        ],
        whole={step: _took(counts["", step]) for step in Step},
        waiting=sum(count for count, _ in waiting.values()),
        as_of=as_of(session),
    )


def _took(counts: Counter[int]) -> Took:
    return Took(counts.total(), median_of_counts(sorted(counts.items())))


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """An amphoe: how many requests for projects there, and their money.

    Nothing is hidden: each of these projects has a public page that names its place.
    """

    code: str
    name: Name
    count: int
    requested: Money
    paid: Money


@dataclass(frozen=True, slots=True)
class PlacePage:
    """Requests for projects by amphoe, and those for people in the whole province."""

    amphoes: Sequence[PlaceLine]
    projects: int
    projects_requested: Money
    projects_paid: Money
    people: int
    people_requested: Money
    people_paid: Money
    as_of: AsOf


def place_page(session: Session) -> PlacePage:
    """Return where the money went: the log tells no place of a person."""
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    group = PublishedGroup
    for kind, place, count, satang, paid in session.execute(
        select(
            group.kind,
            group.place,
            func.sum(group.count),
            func.sum(group.satang),
            func.sum(group.paid_satang),
        ).group_by(group.kind, group.place)
    ):
        told = Counter(count=int(count), satang=int(satang), paid=int(paid))
        sums[kind].update(told)
        if place:
            sums[place[:4]].update(told)
    people, projects = sums.pop("youth", Counter()), sums.pop("project", Counter())
    return PlacePage(
        amphoes=[_place_line(code, told) for code, told in sorted(sums.items())],
        projects=projects["count"],
        projects_requested=Money(projects["satang"]),
        projects_paid=Money(projects["paid"]),
        people=people["count"],
        people_requested=Money(people["satang"]),
        people_paid=Money(people["paid"]),
        as_of=as_of(session),
    )


def _place_line(code: str, told: Counter[str]) -> PlaceLine:
    requested, paid = Money(told["satang"]), Money(told["paid"])
    return PlaceLine(code, amphoe_name(code), told["count"], requested, paid)
