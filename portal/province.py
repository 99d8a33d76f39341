"""The file that one foundation is set up from, and the areas of its province.

`province_file.py` says what may stand in it, `province_checks.py` what must agree.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import MISSING
from dataclasses import Field
from dataclasses import dataclass
from dataclasses import fields
from dataclasses import is_dataclass
from datetime import date
from enum import EnumType
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
from portal.province_checks import Mistake
from portal.province_checks import mistakes_across
from portal.province_file import Allocation
from portal.province_file import Category
from portal.province_file import ClosedDay
from portal.province_file import Donation
from portal.province_file import Organisation
from portal.province_file import OrganisationKind
from portal.province_file import Paper
from portal.province_file import Person
from portal.province_file import Province
from portal.province_file import Serves
from portal.province_file import Targets
from portal.province_file import Threshold

__all__ = [
    "Area",
    "Category",
    "ClosedDay",
    "Mistake",
    "Organisation",
    "OrganisationKind",
    "Paper",
    "Person",
    "Province",
    "ProvinceFileError",
    "Serves",
    "Targets",
    "Threshold",
    "areas",
    "load_province",
]


@dataclass(frozen=True, slots=True)
class Area:
    """A district, whose parent is the province, or a subdistrict, whose parent is the district."""

    code: str
    th: str
    en: str
    parent: str


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
    # A place that was refused already is not refused again.
    refused = {mistake.at for mistake in reader.mistakes}
    further = (mistake for mistake in mistakes_across(province) if mistake.at not in refused)
    mistakes = (*reader.mistakes, *further)
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
