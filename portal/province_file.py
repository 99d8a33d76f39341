"""What may stand in a province file: the dataclasses are its schema.

Each field is a key of the file, its type says what may be written there, and a field with a
default may be left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from enum import StrEnum
from typing import Annotated
from typing import Any

import geothai

from portal.banks import BANKS
from portal.errors import N_
from portal.money import Money
from portal.roles import Role
from portal.thai import tidy


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
EMAIL = re.compile(r"(?=.{3,254}\Z)[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+([.][A-Za-z0-9-]+)+\Z")
Email = Annotated[
    str,
    Shape(
        EMAIL.fullmatch,
        N_("{found!r} is not an e-mail address, such as name@example.org"),
    ),
]
Origin = Annotated[
    str,
    Shape(
        re.compile(r"[a-z0-9.-]+(/[a-z0-9-]+){1,2}").fullmatch,
        N_("{found!r} is not a name for a log, such as audit.example.org/fund"),
    ),
]
GivingPrefix = Annotated[
    str,
    Shape(
        re.compile(r"360G-[A-Za-z0-9]{2,30}").fullmatch,
        N_("{found!r} is not a prefix of 360Giving, such as 360G-example"),
    ),
]
OrganisationId = Annotated[
    str,
    Shape(
        re.compile(r"[A-Z0-9]{2,4}-[A-Za-z0-9]+(-[A-Za-z0-9._/-]+)?").fullmatch,
        N_("{found!r} is not an id of an organisation: the code of a list, a hyphen, a number"),
    ),
]
ProvinceCode = Annotated[str, Shape(geothai.province, N_("there is no province {found!r}"))]
Month = Annotated[int, Shape(_between(1, 12), N_("must be a month from 1 to 12, not {found}"))]
Year = Annotated[
    int, Shape(_between(2500, 2700), N_("must be a Buddhist year such as 2570, not {found}"))
]
Days = Annotated[int, Shape(_between(1, 60), N_("must be 1 to 60 working days, not {found}"))]
DaysToRatify = Annotated[int, Shape(_between(1, 90), N_("must be 1 to 90 days, not {found}"))]
Baht = Annotated[
    Money, Shape(_between(1, 9_999_999_999), N_("must be 1 to 9999999999 baht, not {found}"))
]
BahtFromZero = Annotated[
    Money, Shape(_between(0, 9_999_999_999), N_("must be 0 to 9999999999 baht, not {found}"))
]


BankCode = Annotated[
    str, Shape(BANKS.get, N_("there is no bank {found!r}; write its code, such as 006"))
]
AccountDigits = Annotated[
    str,
    Shape(
        re.compile(r"[0-9]{10,15}").fullmatch,
        N_("{found!r} is not an account number: digits only, from 10 to 15"),
    ),
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
class Publisher:
    """What 360Giving calls the foundation, once it is registered there."""

    prefix: GivingPrefix
    organisation_id: OrganisationId


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
    # Paper comes back slowly from a village; two weeks, where a file says nothing else.
    receipt: Days = 10


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
class Account:
    """An account of the foundation; `company_id` is what the bank calls the foundation."""

    code: Code
    name_th: Text
    name_en: Text
    bank: BankCode
    number: AccountDigits
    company_id: str = ""


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
class Urgent:
    """The urgent lane: the most it takes, and within how many days an approval is ratified."""

    ceiling: Baht = field(metadata={"key": "ceiling_baht"})
    ratify_within_days: DaysToRatify


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
    """Who may sign in, with the roles held and the subcommittees chaired.

    Without an address nobody is written to by mail; letters then only lie in the portal.
    """

    username: Username
    name: Text
    organisation: str
    roles: frozenset[Role]
    chairs: frozenset[str] = frozenset()
    email: Email = ""


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
    urgent: Urgent | None = None
    accounts: tuple[Account, ...] = ()
    publisher: Publisher | None = None
