"""The rules of a person's record: age, who may open and change it, who agrees, what is missing."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from datetime import timedelta
from enum import StrEnum

from portal.roles import Actor
from portal.roles import Role
from portal.youths.refusals import OfficerNeededError
from portal.youths.refusals import PowerPaperNeededError
from portal.youths.refusals import WrongSignersError

GUARDIAN_ALONE_TO = 10
ADULT_FROM = 20
NEET_AGES = range(15, 25)
CONFIRMED_FOR = timedelta(days=365)
# Reads every record; who else registered one reads that one.
READERS = frozenset({Role.OFFICER, Role.AUDITOR})


class AgeBand(StrEnum):
    """The ages that the province counts by."""

    INFANT = "0-2"
    TODDLER = "3-5"
    CHILD = "6-14"
    YOUTH = "15-24"
    ADULT = "25-59"
    ELDER = "60+"


_BANDS = (
    (3, AgeBand.INFANT),
    (6, AgeBand.TODDLER),
    (15, AgeBand.CHILD),
    (25, AgeBand.YOUTH),
    (60, AgeBand.ADULT),
)


class Activity(StrEnum):
    """What a person does these days, as far as learning and work go."""

    EDUCATION = "education"
    EMPLOYMENT = "employment"
    TRAINING = "training"
    NOTHING = "nothing"
    UNKNOWN = "unknown"


class Relation(StrEnum):
    """How a guardian belongs to the person."""

    FATHER = "father"
    MOTHER = "mother"
    GRANDPARENT = "grandparent"
    RELATIVE = "relative"
    APPOINTED = "appointed"
    INSTITUTION = "institution"
    OTHER = "other"


# The law knows only these as holders of parental power; anybody else shows a paper.
PARENTS = frozenset({Relation.FATHER, Relation.MOTHER})


class Purpose(StrEnum):
    """What a consent is for: each is asked for, given and withdrawn on its own."""

    KEEP = "keep"
    PAY = "pay"
    SHARE = "share"


# Without these a request is not sent.
NEEDED = frozenset({Purpose.KEEP, Purpose.PAY})


class Capacity(StrEnum):
    """Who agrees: the guardian to 10 years, both to 20, then the person (PDPA s. 20)."""

    GUARDIAN = "guardian"
    BOTH = "guardian_and_youth"
    SELF = "self"


# By the capacity that an age needs: those in which a consent was given that is enough for it.
SUFFICES: Mapping[Capacity, frozenset[Capacity]] = {
    Capacity.GUARDIAN: frozenset({Capacity.GUARDIAN, Capacity.BOTH}),
    Capacity.BOTH: frozenset({Capacity.BOTH}),
    Capacity.SELF: frozenset({Capacity.SELF}),
}


class Likeness(StrEnum):
    """Why two records may be about one person."""

    SPELLING = "spelling"
    ID_NUMBER = "id_number"


class Verdict(StrEnum):
    """What an officer found out about a doubtful pair."""

    SAME = "same"
    TWO = "two"


class ReadPage(StrEnum):
    """The pages that show a person to whoever opens them."""

    RECORD = "record"
    CORRECTION = "correction"
    GUARDIAN = "guardian"
    CONSENT = "consent"
    PAIR = "pair"
    REQUEST = "request"
    AMENDMENT = "amendment"
    PAPER = "paper"
    PAYMENT = "payment"
    CASE = "case"
    LIST = "list"


class Gap(StrEnum):
    """What is not known of a person yet."""

    NATIONAL_ID = "national_id"
    ACTIVITY = "activity"
    PATHWAY = "pathway"
    DISADVANTAGES = "disadvantages"
    GUARDIAN = "guardian"
    CONSENT = "consent"
    CONFIRMATION = "confirmation"


def age(birth_on: date, day: date) -> int:
    """Return the age in whole years on a day."""
    had_birthday = (day.month, day.day) >= (birth_on.month, birth_on.day)
    return day.year - birth_on.year - (not had_birthday)


def age_band(years: int) -> AgeBand:
    """Return the band an age is counted in."""
    return next((band for below, band in _BANDS if years < below), AgeBand.ELDER)


def is_neet(years: int, activity: Activity) -> bool:
    """Say whether somebody is 15 to 24 and known to be in no education, employment or training."""
    return years in NEET_AGES and activity is Activity.NOTHING


def capacity(birth_on: date, day: date) -> Capacity:
    """Return who has to agree for a person on a day."""
    years = age(birth_on, day)
    if years <= GUARDIAN_ALONE_TO:
        return Capacity.GUARDIAN
    return Capacity.BOTH if years < ADULT_FROM else Capacity.SELF


@dataclass(frozen=True, slots=True)
class Signers:
    """Who signed a consent: a guardian with relation and paper, the young person, or both."""

    person_signed: bool
    guardian: str = ""
    relation: Relation | None = None
    power_paper: str = ""


def check_signers(signers: Signers, birth_on: date, day: date) -> Capacity:
    """Return the capacity that the age needs, or raise why these signatures are not enough."""
    needed = capacity(birth_on, day)
    guardian_signed = bool(signers.guardian and signers.relation)
    has_signed = {
        Capacity.GUARDIAN: guardian_signed,
        Capacity.BOTH: guardian_signed and signers.person_signed,
        Capacity.SELF: signers.person_signed,
    }
    if not has_signed[needed]:
        raise WrongSignersError(age(birth_on, day))
    if guardian_signed and signers.relation not in PARENTS and not signers.power_paper:
        raise PowerPaperNeededError
    return needed


def may_read(registered_by: int | None, by: Actor) -> bool:
    """Say whether a record is this person's to see: all for desk and auditor, a finder's own."""
    return bool(READERS & by.roles) or (by.holds(Role.FINDER) and registered_by == by.person_id)


def check_may_change(by: Actor) -> None:
    """Refuse everybody but officers."""
    if not by.holds(Role.OFFICER):
        raise OfficerNeededError


def gaps(known: Mapping[Gap, bool]) -> Collection[Gap]:
    """Return what is missing, in the order of the list."""
    return [gap for gap in Gap if not known.get(gap, True)]
