"""What is wrong in a province file as a whole, where each value alone looks right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field

from portal.errors import N_
from portal.money import total
from portal.province_file import Person
from portal.province_file import Province
from portal.province_file import Threshold
from portal.roles import ALONE
from portal.roles import Role
from portal.roles import excluded
from portal.thai import fiscal_year

SIGNING = (Role.CHAIR, Role.DRIVING_CHAIR, Role.BOARD)
TREASURERS_MIN = 2


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing to correct: the table, the line's code and the field, and what is wrong there."""

    at: str
    sentence: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.at}: {self.sentence.format(**self.facts)}"


def mistakes_across(province: Province) -> Iterator[Mistake]:
    """Find what one value alone does not show."""
    yield from _used_twice(province)
    yield from _not_known(province)
    yield from _category_mistakes(province)
    yield from _money_mistakes(province)
    yield from _threshold_mistakes(province)
    yield from _people_mistakes(province)


def _used_twice(province: Province) -> Iterator[Mistake]:
    for table, key, names in _names(province):
        for name, count in Counter(names).items():
            if name and count > 1:
                facts = {"count": count}
                yield Mistake(f"{table} {name}, {key}", N_("is used {count} times"), facts)


def _names(province: Province) -> Iterator[tuple[str, str, Iterable[str]]]:
    """Give the names that must differ: the table, the key, and what stands there."""
    yield "calendar, closed", "on", (str(day.on) for day in province.calendar.closed)
    yield "accounts", "code", (account.code for account in province.accounts)
    yield "accounts", "number", (account.number for account in province.accounts)
    yield "purposes", "code", (purpose.code for purpose in province.purposes)
    yield "subcommittees", "code", (one.code for one in province.subcommittees)
    yield "categories", "code", (category.code for category in province.categories)
    yield "funds", "code", (fund.code for fund in province.funds)
    yield "thresholds", "above_baht", map(_threshold_name, province.thresholds)
    yield "organisations", "code", (one.code for one in province.organisations)
    yield "people", "username", (person.username for person in province.people)
    yield "donations", "reference", (donation.reference for donation in province.donations)
    yield (
        "allocations",
        "subcommittee",
        (f"{a.fund} {a.subcommittee}" for a in province.allocations),
    )


def _not_known(province: Province) -> Iterator[Mistake]:
    known = {
        "purposes": [purpose.code for purpose in province.purposes],
        "subcommittees": [subcommittee.code for subcommittee in province.subcommittees],
        "funds": [fund.code for fund in province.funds],
        "organisations": [organisation.code for organisation in province.organisations],
    }
    for at, table, codes in _references(province):
        for code in sorted(code for code in codes if code not in known[table]):
            facts = {"code": code, "table": table, "codes": ", ".join(known[table])}
            yield Mistake(at, N_("{code!r} is not in {table}; there are {codes}"), facts)


def _references(province: Province) -> Iterator[tuple[str, str, Iterable[str]]]:
    """Give each mention of another table: where it stands, that table, and the codes."""
    for category in province.categories:
        at = f"categories {category.code}"
        yield f"{at}, purpose", "purposes", [category.purpose]
        yield f"{at}, subcommittees", "subcommittees", category.subcommittees
    for donation in province.donations:
        yield f"donations {donation.reference}, fund", "funds", [donation.fund]
    for allocation in province.allocations:
        at = f"allocations {allocation.fund} {allocation.subcommittee}"
        yield f"{at}, fund", "funds", [allocation.fund]
        yield f"{at}, subcommittee", "subcommittees", [allocation.subcommittee]
    for threshold in province.thresholds:
        at = f"thresholds {_threshold_name(threshold)}"
        yield f"{at}, fund", "funds", filter(None, [threshold.fund])
        yield f"{at}, subcommittee", "subcommittees", filter(None, [threshold.subcommittee])
    for person in province.people:
        yield f"people {person.username}, organisation", "organisations", [person.organisation]
        yield f"people {person.username}, chairs", "subcommittees", person.chairs


def _category_mistakes(province: Province) -> Iterator[Mistake]:
    for category in province.categories:
        if category.ceiling and category.usual and max(category.usual) > category.ceiling:
            facts = {"usual": max(category.usual), "ceiling": category.ceiling}
            sentence = N_("{usual} baht is over the ceiling of {ceiling}")
            yield Mistake(f"categories {category.code}, usual_baht", sentence, facts)


def _money_mistakes(province: Province) -> Iterator[Mistake]:
    year, first_month = province.foundation.fiscal_year, province.foundation.first_month
    # A year that could not be read says nothing about the days.
    for donation in province.donations if year and first_month else ():
        if fiscal_year(donation.received_on, first_month=first_month) != year:
            facts = {"day": donation.received_on, "year": year}
            sentence = N_("{day} is not in the fiscal year {year}")
            yield Mistake(f"donations {donation.reference}, received_on", sentence, facts)
    for fund in province.funds:
        received = [one.amount for one in province.donations if one.fund == fund.code]
        allocated = total(one.amount for one in province.allocations if one.fund == fund.code)
        # A donation that could not be read is zero: the sum is then not known.
        if all(received) and allocated > total(received):
            facts = {"allocated": allocated, "received": total(received)}
            sentence = N_("{allocated} baht are allocated, but its donations are {received}")
            yield Mistake(f"allocations {fund.code}, baht", sentence, facts)


def _threshold_name(threshold: Threshold) -> str:
    scope = (threshold.subcommittee, threshold.fund)
    return " ".join(filter(None, (str(threshold.above.satang // 100), *scope)))


def _threshold_mistakes(province: Province) -> Iterator[Mistake]:
    if "0" not in map(_threshold_name, province.thresholds):
        sentence = N_("none is 0 without subcommittee and fund, so small amounts need no signature")
        yield Mistake("thresholds, above_baht", sentence)
    held = {role for person in province.people for role in person.roles}
    for threshold in province.thresholds:
        at = f"thresholds {_threshold_name(threshold)}, signatures"
        if len(set(threshold.signatures)) < len(threshold.signatures):
            yield Mistake(at, N_("each role signs once"))
        for role in threshold.signatures:
            if role not in SIGNING:
                yield Mistake(at, N_("{role} does not sign approvals"), {"role": role})
            elif role not in held:
                yield Mistake(at, N_("nobody in people is {role}"), {"role": role})


def _excluded_mistakes(person: Person) -> Iterator[Mistake]:
    for role in sorted(ALONE & person.roles):
        if other := excluded(person.roles, role):
            sentence = N_("nobody is {role} and {other} at the same time")
            facts = {"role": role, "other": other}
            yield Mistake(f"people {person.username}, roles", sentence, facts)


def _people_mistakes(province: Province) -> Iterator[Mistake]:
    for person in province.people:
        if Role.SYSTEM in person.roles:
            yield Mistake(f"people {person.username}, roles", N_("system is not a person"))
        if (Role.CHAIR in person.roles) != bool(person.chairs):
            sentence = N_("the role chair and the subcommittees in chairs go together")
            yield Mistake(f"people {person.username}, chairs", sentence)
        yield from _excluded_mistakes(person)
    chaired = {code for person in province.people for code in person.chairs}
    for subcommittee in province.subcommittees:
        if subcommittee.code and subcommittee.code not in chaired:
            sentence = N_("nobody in people has it in chairs")
            yield Mistake(f"subcommittees {subcommittee.code}, code", sentence)
    treasurers = sum(Role.TREASURER in person.roles for person in province.people)
    if treasurers < TREASURERS_MIN:
        sentence = N_("two treasurers are needed, one to prepare and one to release; found {count}")
        yield Mistake("people, roles", sentence, {"count": treasurers})
