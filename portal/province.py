"""The file that one foundation is set up from: what may stand in it, and reading it.

The dataclasses are the schema. Each field is a key of the file, its type says what may be written
there, and a field with a default may be left out.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import MISSING
from dataclasses import Field
from dataclasses import dataclass
from dataclasses import field
from dataclasses import fields
from dataclasses import is_dataclass
from datetime import date
from enum import EnumType
from enum import StrEnum
from itertools import chain
from pathlib import Path
from types import UnionType
from typing import Annotated
from typing import Any
from typing import get_args
from typing import get_origin
from typing import get_type_hints

import geothai

from portal.errors import N_
from portal.errors import InputError
from portal.money import Money
from portal.money import total
from portal.roles import Role
from portal.thai import fiscal_year
from portal.thai import tidy

SIGNING = (Role.CHAIR, Role.DRIVING_CHAIR, Role.BOARD)
TREASURERS_MIN = 2


@dataclass(frozen=True, slots=True)
class Shape:
    """What a written value must fit, and the sentence when it does not."""

    fits: Callable[[Any], object]  # Any: the kind of the field decides what is written
    sentence: str


def _between(least: int, most: int) -> Callable[[int], bool]:
    return range(least, most + 1).__contains__


Schema = Annotated[int, Shape(_between(1, 1), N_("must be 1, the only schema there is"))]
Text = Annotated[
    str,
    Shape(
        lambda text: text and tidy(text) == text,
        N_("{found!r} is blank, or has spaces or letters that do not show"),
    ),
]
Code = Annotated[
    str,
    Shape(
        re.compile(r"[A-Z0-9-]{1,12}").fullmatch,
        N_("{found!r} is not a code: capital letters A-Z, digits and hyphens, at most 12"),
    ),
]
Username = Annotated[
    str,
    Shape(
        re.compile(r"[a-z][a-z0-9._-]{1,31}").fullmatch,
        N_("{found!r} is not a username: small letters a-z and digits, from 2 to 32"),
    ),
]
Origin = Annotated[
    str,
    Shape(
        re.compile(r"[a-z0-9.-]+(/[a-z0-9-]+){1,2}").fullmatch,
        N_("{found!r} is not a name for a log, such as audit.example.org/fund"),
    ),
]
ProvinceCode = Annotated[str, Shape(geothai.province, N_("there is no province {found!r}"))]
Month = Annotated[int, Shape(_between(1, 12), N_("must be a month from 1 to 12, not {found}"))]
Year = Annotated[
    int, Shape(_between(2500, 2700), N_("must be a Buddhist year such as 2570, not {found}"))
]
Days = Annotated[int, Shape(_between(1, 60), N_("must be 1 to 60 working days, not {found}"))]
Baht = Annotated[
    Money, Shape(_between(1, 9_999_999_999), N_("must be 1 to 9999999999 baht, not {found}"))
]
BahtFromZero = Annotated[
    Money, Shape(_between(0, 9_999_999_999), N_("must be 0 to 9999999999 baht, not {found}"))
]


class Serves(StrEnum):
    """The kinds of fund request a category is for."""

    YOUTH = "youth"
    PROJECT = "project"
    ANY = "any"


class OrganisationKind(StrEnum):
    """The sectors that partners come from."""

    STATE = "STATE"
    LOCAL = "LOCAL"
    EDU = "EDU"
    PRIVATE = "PRIVATE"
    CIVIL = "CIVIL"
    VOLUNTEER = "VOLUNTEER"


@dataclass(frozen=True, slots=True)
class Foundation:
    """Who the foundation is, and the fiscal year it is set up for."""

    code: Code
    province: ProvinceCode
    name_th: Text
    name_en: Text
    secretariat_th: Text
    secretariat_en: Text
    log_origin: Origin
    first_month: Month
    fiscal_year: Year


@dataclass(frozen=True, slots=True)
class ClosedDay:
    """A day without work beyond the national holidays."""

    on: date
    th: Text
    en: Text


@dataclass(frozen=True, slots=True)
class Calendar:
    """The foundation's own days."""

    closed: tuple[ClosedDay, ...] = ()


@dataclass(frozen=True, slots=True)
class Targets:
    """How many working days each step may take."""

    check: Days
    decide: Days
    pay: Days


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a fund request is for, in words the public may read."""

    code: Code
    th: Text
    en: Text


@dataclass(frozen=True, slots=True)
class Subcommittee:
    """A subcommittee; a workbook may call it by its full or its short name."""

    code: Code
    name_th: Text
    short_th: Text
    name_en: Text


@dataclass(frozen=True, slots=True)
class Paper:
    """A document to bring."""

    th: Text
    en: Text


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of help, its limits and who decides on it."""

    code: Code
    name_th: Text
    name_en: Text
    unit_th: Text
    unit_en: Text
    ceiling: Baht = field(metadata={"key": "ceiling_baht"})
    usual: tuple[Baht, ...] = field(metadata={"key": "usual_baht"})
    subcommittees: frozenset[str]
    purpose: str
    serves: Serves = field(metadata={"key": "for"})
    papers: tuple[Paper, ...] = ()
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class Fund:
    """A source of money; a restricted one may be spent only as its giver said."""

    code: Code
    name_th: Text
    name_en: Text
    is_restricted: bool = field(metadata={"key": "restricted"})


@dataclass(frozen=True, slots=True)
class Donation:
    """Money a fund received; the donor's name is private."""

    reference: Code
    fund: str
    amount: Baht = field(metadata={"key": "baht"})
    received_on: date
    donor_th: Text


@dataclass(frozen=True, slots=True)
class Allocation:
    """The part of a fund that one subcommittee may spend in the fiscal year."""

    fund: str
    subcommittee: str
    amount: Baht = field(metadata={"key": "baht"})


@dataclass(frozen=True, slots=True)
class Threshold:
    """The signatures an amount above this needs; no subcommittee or no fund means any."""

    above: BahtFromZero = field(metadata={"key": "above_baht"})
    signatures: tuple[Role, ...]
    subcommittee: str | None = None
    fund: str | None = None


@dataclass(frozen=True, slots=True)
class Organisation:
    """A partner that people come from; `also_th` are other names still in use for it."""

    code: Code
    short_th: Text
    name_th: Text
    name_en: Text
    kind: OrganisationKind
    also_th: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """Who may sign in, with the roles held and the subcommittees chaired."""

    username: Username
    name: Text
    organisation: str
    roles: frozenset[Role]
    chairs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Province:
    """Everything one foundation is set up from."""

    schema: Schema
    foundation: Foundation
    calendar: Calendar
    targets: Targets
    purposes: tuple[Purpose, ...]
    subcommittees: tuple[Subcommittee, ...]
    categories: tuple[Category, ...]
    funds: tuple[Fund, ...]
    thresholds: tuple[Threshold, ...]
    organisations: tuple[Organisation, ...]
    people: tuple[Person, ...]
    donations: tuple[Donation, ...] = ()
    allocations: tuple[Allocation, ...] = ()


@dataclass(frozen=True, slots=True)
class Area:
    """A district, whose parent is the province, or a subdistrict, whose parent is the district."""

    code: str
    th: str
    en: str
    parent: str


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing to correct: the table, the line's code and the field, and what is wrong there."""

    at: str
    sentence: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.at}: {self.sentence.format(**self.facts)}"


class ProvinceFileError(InputError):
    """A province file has mistakes; all of them are told at once."""

    def __init__(self, file: str, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__(
            N_("Nothing was taken from {file}. To correct ({count}):\n{mistakes}"),
            file=file,
            count=len(mistakes),
            mistakes="\n".join(str(mistake) for mistake in mistakes),
        )
        self.mistakes = mistakes


def load_province(path: Path) -> Province:
    """Read and check a province file, or raise every mistake in it together."""
    reader = _Reader()
    try:
        # Windows puts a byte order mark before the text; it is no mistake of the writer.
        written = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        mistake = Mistake("file", N_("must be saved as UTF-8"))
        raise ProvinceFileError(path.name, (mistake,)) from error
    except tomllib.TOMLDecodeError as error:
        mistake = Mistake("file", N_("is not TOML: {reason}"), {"reason": error})
        raise ProvinceFileError(path.name, (mistake,)) from error
    province: Province = reader.read(Province, written, "")
    mistakes = (*reader.mistakes, *_further_mistakes(province, reader.mistakes))
    if mistakes:
        raise ProvinceFileError(path.name, mistakes)
    return province


def areas(province_code: str) -> tuple[Area, ...]:
    """Return the districts of a province, each followed by its subdistricts."""
    found: list[Area] = []
    for district in geothai.districts(province_code):
        found.append(Area(district.code, district.name_th, district.name_en, province_code))
        found.extend(
            Area(subdistrict.code, subdistrict.name_th, subdistrict.name_en, district.code)
            for subdistrict in geothai.subdistricts(district.code)
        )
    return tuple(found)


# How a value is written in TOML, what stands in for it when it is not, and the sentence then.
# Any: kinds and values, as in the reader.
_PLAIN: dict[Any, tuple[type[Any], Any, str]] = {
    str: (str, "", N_("must be text in double quotes")),
    int: (int, 0, N_("must be a whole number")),
    bool: (bool, False, N_("must be true or false")),
    date: (date, date.min, N_("must be a day written like 2026-10-05, without quotes")),
    Money: (int, Money(0), N_("must be whole baht, without quotes, commas or satang")),
}

# The keys that a line of a table is known by, where it is not its code.
_NAMED_BY: dict[type, tuple[str, ...]] = {
    ClosedDay: ("on",),
    Donation: ("reference",),
    Allocation: ("fund", "subcommittee"),
    Threshold: ("above_baht", "subcommittee", "fund"),
    Person: ("username",),
}


class _Reader:
    """Turns what TOML gave into the dataclasses, and keeps the mistakes met on the way.

    A value that cannot be read is replaced by a blank one, so that the reading goes on.
    """

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []

    # Any, here and below: a kind is one of typing's own objects, and a value is TOML's.
    def read(self, kind: Any, value: Any, at: str) -> Any:
        origin = get_origin(kind)
        if origin is UnionType:
            return self.read(get_args(kind)[0], value, at)
        if origin in {tuple, frozenset}:
            return origin(self._list(get_args(kind)[0], value, at))
        if is_dataclass(kind):
            return self._table(kind, value, at)
        if isinstance(kind, EnumType):
            return self._choice(kind, value, at)
        return self._plain(kind, value, at)

    def _list(self, kind: Any, value: Any, at: str) -> Iterator[Any]:
        if not isinstance(value, list):
            self._refuse(at, N_("must be a list"))
            return
        for number, item in enumerate(value, start=1):
            here = f"{at} {_line_name(kind, item) or number}" if is_dataclass(kind) else at
            yield self.read(kind, item, here)

    def _table(self, kind: Any, value: Any, at: str) -> Any:
        if not isinstance(value, dict):
            self._refuse(at, N_("must be a table of keys and values"))
            return _blank(kind)
        known = {one.metadata.get("key", one.name): one for one in fields(kind)}
        keys = ", ".join(known)
        for key in (key for key in value if key not in known):
            self._refuse(_inside(at, key), N_("is not a key here; there are {keys}"), keys=keys)
        hints = get_type_hints(kind, include_extras=True)
        read = {
            one.name: self._field(one, value.get(key), kind=hints[one.name], at=_inside(at, key))
            for key, one in known.items()
        }
        return kind(**read)

    def _field(self, one: Field[Any], value: Any, *, kind: Any, at: str) -> Any:
        is_optional = one.default is not MISSING
        if value is None and is_optional:
            return one.default
        if value is None:
            self._refuse(at, N_("is missing"))
            return _blank(kind)
        if value == [] and not is_optional:
            self._refuse(at, N_("must name at least one"))
        return self.read(kind, value, at)

    def _choice(self, kind: Any, value: Any, at: str) -> Any:
        choices = list(kind)
        if value in choices:
            return kind(value)
        sentence = N_("{found!r} is not one of {choices}")
        self._refuse(at, sentence, found=value, choices=", ".join(choices))
        return _blank(kind)

    def _plain(self, kind: Any, value: Any, at: str) -> Any:
        plain, shape = get_args(kind) if get_origin(kind) is Annotated else (kind, None)
        written_as, blank, sentence = _PLAIN[plain]
        # Exactly this type: to Python `true` is also a number, and a time also a day.
        if type(value) is not written_as:
            self._refuse(at, sentence)
            return blank
        if shape is not None and not shape.fits(value):
            self._refuse(at, shape.sentence, found=value)
            return blank
        return Money.baht(value) if plain is Money else value

    def _refuse(self, at: str, sentence: str, **facts: object) -> None:
        self.mistakes.append(Mistake(at, sentence, facts))


def _inside(at: str, key: str) -> str:
    return f"{at}, {key}" if at else key


def _line_name(kind: Any, value: Any) -> str:
    """Return what a person would call this line, or nothing."""
    keys = _NAMED_BY.get(kind, ("code",)) if isinstance(value, dict) else ()
    return " ".join(str(value[key]) for key in keys if key in value)


def _blank(kind: Any) -> Any:
    """Stand in for a value that could not be read."""
    origin = get_origin(kind)
    if origin in {tuple, frozenset}:
        return origin()
    if is_dataclass(kind):
        hints = get_type_hints(kind, include_extras=True)
        needed = (one.name for one in fields(kind) if one.default is MISSING)
        blank: Any = kind  # Any: to mypy a dataclass kind is no longer callable
        return blank(**{name: _blank(hints[name]) for name in needed})
    if isinstance(kind, EnumType):
        return next(iter(kind))
    return _PLAIN[get_args(kind)[0] if origin is Annotated else kind][1]


def _further_mistakes(province: Province, met: Iterable[Mistake]) -> Iterator[Mistake]:
    """Find what one value alone does not show; a place already refused is not refused again."""
    refused = {mistake.at for mistake in met}
    found = chain(
        _used_twice(province),
        _not_known(province),
        _category_mistakes(province),
        _money_mistakes(province),
        _threshold_mistakes(province),
        _people_mistakes(province),
    )
    return (mistake for mistake in found if mistake.at not in refused)


def _used_twice(province: Province) -> Iterator[Mistake]:
    for table, key, names in _names(province):
        for name, count in Counter(names).items():
            if name and count > 1:
                facts = {"count": count}
                yield Mistake(f"{table} {name}, {key}", N_("is used {count} times"), facts)


def _names(province: Province) -> Iterator[tuple[str, str, Iterable[str]]]:
    """Give the names that must differ: the table, the key, and what stands there."""
    yield "calendar, closed", "on", (str(day.on) for day in province.calendar.closed)
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


def _people_mistakes(province: Province) -> Iterator[Mistake]:
    for person in province.people:
        if Role.SYSTEM in person.roles:
            yield Mistake(f"people {person.username}, roles", N_("system is not a person"))
        if (Role.CHAIR in person.roles) != bool(person.chairs):
            sentence = N_("the role chair and the subcommittees in chairs go together")
            yield Mistake(f"people {person.username}, chairs", sentence)
    chaired = {code for person in province.people for code in person.chairs}
    for subcommittee in province.subcommittees:
        if subcommittee.code and subcommittee.code not in chaired:
            sentence = N_("nobody in people has it in chairs")
            yield Mistake(f"subcommittees {subcommittee.code}, code", sentence)
    treasurers = sum(Role.TREASURER in person.roles for person in province.people)
    if treasurers < TREASURERS_MIN:
        sentence = N_("two treasurers are needed, one to prepare and one to release; found {count}")
        yield Mistake("people, roles", sentence, {"count": treasurers})
