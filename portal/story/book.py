"""The book of the story: who does what on which day. It is read from a file; all is invented."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from datetime import date
from datetime import timedelta
from pathlib import Path
from typing import Any
from typing import TypeVar

from stdnum.th import pin

from portal.youths.rules import ADULT_FROM
from portal.youths.service import YouthAnswer

_STEP = re.compile(r"(?P<verb>[a-z]+)(?::(?P<detail>\w+))?(?:\+(?P<days>[0-9]+))?")
# What treasurers do from one to the next, where nothing comes between, and the receipt then; that
# the bank has paid they read in its statement on the next morning. What is gathered leaves in the
# batch of its day.
_IN_ONE_WORD = {
    "pay": ("prepare", "release+0", "transfer+0", "receipt+7"),
    "batch": ("gather", "receipt+8"),
}
_DAYS_IN_YEAR = 365.25
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Step:
    """What is done next, with its code or amount, and so many working days after the last step."""

    verb: str
    detail: str
    days: int


def read_steps(written: str) -> tuple[Step, ...]:
    """Read steps as the book writes them: `return:papers+2 amend+3 approve+1 pay+2`."""
    words = []
    for word in written.split():
        verb, plus, days = word.partition("+")
        first, *rest = _IN_ONE_WORD.get(verb, (verb,))
        words += [f"{first}{plus}{days}", *rest]
    return tuple(_read_step(word) for word in words)


def _read_step(word: str) -> Step:
    match = _STEP.fullmatch(word)
    if match is None:
        message = f"not a step: {word!r}"
        raise ValueError(message)
    return Step(match["verb"], match["detail"] or "", int(match["days"] or 1))


@dataclass(frozen=True, slots=True)
class Helped:
    """Somebody who is helped, `age` years old when the story begins.

    Of whom an activity is told, an officer completes the record; who `shares` agrees that partners
    are told. Somebody `same_as` another is written down a second time.
    """

    key: str
    number: int
    title: str
    first: str
    last: str
    age: int
    place: str
    kin: str = ""
    activity: str = ""
    pathway: str = ""
    situations: tuple[str, ...] = ()
    shares: bool = False
    has_id: bool = True
    same_as: str = ""

    def answer(self, begins_on: date) -> YouthAnswer:
        """Return the person as a form tells of them."""
        days = round(self.age * _DAYS_IN_YEAR) + self.number * 17 % 360
        digits = f"19999{900_000 + self.number:07}"
        return YouthAnswer(
            title=self.title,
            first_name=self.first,
            last_name=self.last,
            birth_on=begins_on - timedelta(days=days),
            national_id=digits + pin.calc_check_digit(digits) if self.has_id else None,
            schooling="",
        )

    @property
    def is_adult(self) -> bool:
        """Say whether they had come of age when the story begins."""
        return self.age >= ADULT_FROM


@dataclass(frozen=True, slots=True)
class Case:
    """A request: for somebody by key, for the n-th person of the workbook (`W:n`), or a project."""

    day: int
    whom: str
    what: str
    baht: int
    by: str
    then: str
    place: str = ""
    why: str = ""
    is_draft: bool = False
    has_consent: bool = True
    is_urgent: bool = False
    account_of: str = ""
    paper: str = ""

    @property
    def steps(self) -> tuple[Step, ...]:
        """Return what becomes of it."""
        sent = () if self.is_draft else (Step("send", "", 0),)
        return (*sent, *read_steps(self.then))


@dataclass(frozen=True, slots=True)
class ReferralRow:
    """Somebody is referred to a partner, who answers."""

    day: int
    whom: str
    to: str
    asked: str
    by: str
    then: str


@dataclass(frozen=True, slots=True)
class NoteRow:
    """An officer writes a note about somebody."""

    day: int
    whom: str
    words: str


@dataclass(frozen=True, slots=True)
class ConcernRow:
    """Somebody without an account tells the foundation something, and gets an answer."""

    day: int
    topic: str
    words: str
    then: str


@dataclass(frozen=True, slots=True)
class FindingRow:
    """The auditor finds something in the newest published entry of a type."""

    day: int
    entry: str
    severity: str
    topic: str
    words: str
    then: str


@dataclass(frozen=True, slots=True)
class OpeningRow:
    """The auditor asks for a sealed value of the newest published entry of a type."""

    day: int
    entry: str
    field: str
    purpose: str
    case: str
    then: str


@dataclass(frozen=True, slots=True)
class ReportRow:
    """An officer prepares the report of the newest period of a length that is over by then."""

    day: int
    length: str
    words: str
    then: str


@dataclass(frozen=True, slots=True)
class TermRow:
    """Somebody acts for a chair from a day on, for so many days, by an order."""

    day: int
    subcommittee: str
    who: str
    days: int
    order: str
    by: str
    ends_after: int = 0


@dataclass(frozen=True, slots=True)
class Joins:
    """Somebody joins the people who sign in; who `leaves_on` a day signs in no more."""

    day: int
    username: str
    name: str
    organisation: str
    role: str
    leaves_on: int = 0


@dataclass(frozen=True, slots=True)
class Words:
    """What people write: why they ask, by category, and why they decline, by code."""

    reasons: Mapping[str, tuple[str, ...]]
    grounds: Mapping[str, str]
    answers: Mapping[str, str]
    families: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Book:
    """The whole story; `donated_on` are the days on which the province's donations come in."""

    workbook_on: int
    donated_on: tuple[int, ...]
    limits_on: int
    helped: Mapping[str, Helped]
    cases: tuple[Case, ...]
    referrals: tuple[ReferralRow, ...]
    notes: tuple[NoteRow, ...]
    concerns: tuple[ConcernRow, ...]
    findings: tuple[FindingRow, ...]
    openings: tuple[OpeningRow, ...]
    reports: tuple[ReportRow, ...]
    terms: tuple[TermRow, ...]
    joining: tuple[Joins, ...]
    words: Words


def read_book(path: Path) -> Book:
    """Read the book from its file."""
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    return Book(
        workbook_on=told["workbook_on"],
        donated_on=tuple(told["donated_on"]),
        limits_on=told["limits_on"],
        helped=_helped(told["helped"]),
        cases=_rows(Case, told["cases"]),
        referrals=_rows(ReferralRow, told["referrals"]),
        notes=_rows(NoteRow, told["notes"]),
        concerns=_rows(ConcernRow, told["concerns"]),
        findings=_rows(FindingRow, told["findings"]),
        openings=_rows(OpeningRow, told["openings"]),
        reports=_rows(ReportRow, told["reports"]),
        terms=_rows(TermRow, told["terms"]),
        joining=_rows(Joins, told["joining"]),
        words=Words(**told["words"]),
    )


# Any, here and below: what TOML gives. A key that no row has is refused by its constructor.
def _helped(told: list[dict[str, Any]]) -> Mapping[str, Helped]:
    found: dict[str, Helped] = {}
    for number, row in enumerate(told, start=1):
        one = Helped(number=number, **row)
        same = found.get(one.same_as, one)
        found[one.key] = replace(one, number=same.number)
    return found


def _rows(kind: type[Row], told: list[dict[str, Any]]) -> tuple[Row, ...]:
    return tuple(kind(**row) for row in told)
