"""A search as conditions on the published tables."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy import false
from sqlalchemy import or_
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.orm import Session

from portal.places import place_name
from portal.publishing.models import PublishedName
from portal.publishing.search_models import PublishedCount
from portal.publishing.search_models import PublishedGroup
from portal.publishing.search_models import PublishedOrder
from portal.publishing.searching import Facet
from portal.publishing.searching import Search
from portal.publishing.searching import Words
from portal.publishing.searching import meaning
from portal.publishing.searching import sent_key

_COLUMNS = {
    Facet.YEAR: "fiscal_year",
    Facet.FUND: "fund",
    Facet.SUBCOMMITTEE: "subcommittee",
    Facet.CATEGORY: "category",
    Facet.KIND: "kind",
    Facet.AMOUNT: "band",
    Facet.STATUS: "status",
}
# What the words of a search may name.
_NAMED = {
    **{facet.value: column for facet, column in _COLUMNS.items()},
    "purpose": "purpose",
    "place": "place",
}
Counted = type[PublishedGroup] | type[PublishedCount]


def column_of(table: Counted, facet: Facet) -> InstrumentedAttribute[Any]:
    """Return the column of a table in which the codes of a facet stand."""
    column: InstrumentedAttribute[Any] = getattr(table, _COLUMNS[facet])
    return column


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What groups must have, by facet and by words; and what single requests must have.

    `words` are the codes that each word names, by what has them. Without a condition on single
    requests the groups alone tell every count, and mostly the counts do.
    """

    facets: Mapping[Facet, str | int]
    words: Sequence[Mapping[str, Sequence[str | int]]]
    requests: Sequence[ColumnElement[bool]]

    @property
    def narrows(self) -> bool:
        """Say whether anything is asked for."""
        return bool(self.facets or self.words or self.requests)

    @property
    def counted(self) -> Counted:
        """Return the smallest table that tells how many are found."""
        is_counted = all(named.keys() <= set(Facet) for named in self.words)
        return PublishedCount if is_counted and not self.requests else PublishedGroup

    def on(self, table: Counted, *, but: Facet | None = None) -> list[ColumnElement[bool]]:
        """Return the conditions on a table, without that of one facet."""
        by_facet = [
            column_of(table, facet) == value
            for facet, value in self.facets.items()
            if facet is not but
        ]
        return [*(_is_named(table, named) for named in self.words), *by_facet]


def narrowed(search: Search, words: Words) -> Narrowed:
    """Return the conditions of a search; `words` names the codes, in lower case."""
    named: list[Mapping[str, Sequence[str | int]]] = []
    on_requests: list[ColumnElement[bool]] = []
    for term in search.terms:
        found = meaning(term, words)
        if found.number is None:
            named.append({kind: _values(kind, codes) for kind, codes in found.codes.items()})
        else:
            on_requests.append(_has_number(found.number, found.year))
    facets = {facet: _value(facet, code) for facet, code in search.narrowed.items()}
    return Narrowed(facets, named, on_requests)


def _value(facet: Facet, code: str) -> str | int:
    """Return a code as its column holds it; what is no year is none of theirs."""
    if facet is not Facet.YEAR:
        return code
    return int(code) if code.isdecimal() and len(code) <= len("2570") else -1


def _values(kind: str, codes: Iterable[str]) -> Sequence[str | int]:
    return [_value(Facet(kind), code) if kind in set(Facet) else code for code in codes]


def _is_named(table: Counted, named: Mapping[str, Sequence[str | int]]) -> ColumnElement[bool]:
    """Say that a word names a row; one that names nothing finds nothing."""
    columns = {kind: getattr(table, _NAMED[kind]) for kind in named}
    return or_(false(), *(columns[kind].in_(values) for kind, values in named.items()))


def _has_number(number: int, year: int | None) -> ColumnElement[bool]:
    has_number = PublishedOrder.number == number
    if year is None:
        return has_number
    return has_number & (PublishedOrder.sent_key == sent_key(year, number))


def search_words(session: Session) -> dict[tuple[str, str], str]:
    """Return every name that codes of requests ever had, in both languages and lower case."""
    words: dict[tuple[str, str], str] = {}
    for kind, code, thai, english in session.execute(
        select(
            PublishedName.kind, PublishedName.code, PublishedName.name_th, PublishedName.name_en
        ).where(PublishedName.kind.in_(_NAMED))
    ):
        _add(words, kind, code, f"{thai} {english}")
    for year in session.scalars(select(PublishedCount.fiscal_year).distinct()):
        words["year", str(year)] = str(year)
    for place in session.scalars(select(PublishedGroup.place).distinct()):
        said = place_name(place)
        if said is not None:
            _add(words, "place", place, f"{said.th} {said.en}")
    return words


def _add(words: dict[tuple[str, str], str], kind: str, code: str, text: str) -> None:
    words[kind, code] = f"{words.get((kind, code), code)} {text}".casefold()
