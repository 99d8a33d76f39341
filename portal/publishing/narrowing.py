"""A search as conditions on the published tables."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement
from sqlalchemy import false
from sqlalchemy import or_
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.orm import Session

from portal.places import place_name
from portal.publishing.models import PublishedName
from portal.publishing.search_models import PublishedGroup
from portal.publishing.search_models import PublishedOrder
from portal.publishing.searching import Facet
from portal.publishing.searching import Meaning
from portal.publishing.searching import Search
from portal.publishing.searching import Words
from portal.publishing.searching import meaning
from portal.publishing.searching import sent_key

COLUMNS: Mapping[Facet, InstrumentedAttribute[str] | InstrumentedAttribute[int]] = {
    Facet.YEAR: PublishedGroup.fiscal_year,
    Facet.FUND: PublishedGroup.fund,
    Facet.SUBCOMMITTEE: PublishedGroup.subcommittee,
    Facet.CATEGORY: PublishedGroup.category,
    Facet.KIND: PublishedGroup.kind,
    Facet.AMOUNT: PublishedGroup.band,
    Facet.STATUS: PublishedGroup.status,
}
# What the words of a search may name besides.
_NAMED: Mapping[str, InstrumentedAttribute[str] | InstrumentedAttribute[int]] = {
    **{facet.value: column for facet, column in COLUMNS.items()},
    "purpose": PublishedGroup.purpose,
    "place": PublishedGroup.place,
}


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What groups must have, by facet and by words; and what single requests must have.

    Without a condition on single requests the groups alone tell every count.
    """

    facets: Mapping[Facet, ColumnElement[bool]]
    words: Sequence[ColumnElement[bool]]
    requests: Sequence[ColumnElement[bool]]

    def groups(self, *, but: Facet | None = None) -> list[ColumnElement[bool]]:
        """Return the conditions on groups, without that of one facet."""
        return [*self.words, *(one for facet, one in self.facets.items() if facet is not but)]


def narrowed(search: Search, words: Words) -> Narrowed:
    """Return the conditions of a search; `words` names the codes, in lower case."""
    on_groups: list[ColumnElement[bool]] = []
    on_requests: list[ColumnElement[bool]] = []
    for term in search.terms:
        found = meaning(term, words)
        if found.number is None:
            on_groups.append(_is_named(found))
        else:
            on_requests.append(_has_number(found.number, found.year))
    facets = {
        facet: COLUMNS[facet] == _value(facet, code) for facet, code in search.narrowed.items()
    }
    return Narrowed(facets, on_groups, on_requests)


def _value(facet: Facet, code: str) -> str | int:
    """Return a code as its column holds it; what is no year is none of theirs."""
    if facet is not Facet.YEAR:
        return code
    return int(code) if code.isdecimal() and len(code) <= len("2570") else -1


def _is_named(found: Meaning) -> ColumnElement[bool]:
    return or_(
        false(),
        *(
            _NAMED[kind].in_([_value(Facet(kind), code) for code in codes])
            if kind in COLUMNS
            else _NAMED[kind].in_(codes)
            for kind, codes in found.codes.items()
        ),
    )


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
    for year in session.scalars(select(PublishedGroup.fiscal_year).distinct()):
        words["year", str(year)] = str(year)
    for place in session.scalars(select(PublishedGroup.place).distinct()):
        said = place_name(place)
        if said is not None:
            _add(words, "place", place, f"{said.th} {said.en}")
    return words


def _add(words: dict[tuple[str, str], str], kind: str, code: str, text: str) -> None:
    words[kind, code] = f"{words.get((kind, code), code)} {text}".casefold()
