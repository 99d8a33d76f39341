"""What the log says of funds, subcommittees, categories and purposes, day by day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from portal.audit.entry import Entry
from portal.errors import N_
from portal.errors import PortalError
from portal.funds.rulebook import before
from portal.publishing.shelf import Name
from portal.publishing.shelf import Names

_NOT_OF_THE_NAME = frozenset({"code", "name_th", "name_en", "valid_from", "digest"})


class NamingError(PortalError):
    """An entry that names what the log does not know, or says something else of it."""


def create(names: Names, kind: str, entry: Entry, *, today: str) -> None:
    """Take in something new; it holds from this day on."""
    key = (kind, entry.text("code"))
    if key in names:
        raise NamingError(N_("{code} stands in the log already"), code=key[1])
    names[key] = {today: _name(entry)}


def change(names: Names, kind: str, entry: Entry, *, today: str) -> None:
    """Let something say something else from a day on; what it said before must be told rightly."""
    code, valid_from = entry.text("code"), entry.text("valid_from")
    newest = _newest(names, kind, code, valid_from, today=today)
    told = _told(newest)
    if any(entry.public[before(name)] != value for name, value in told.items()):
        raise NamingError(N_("{code} said something else before"), code=code)
    names[kind, code] = {**names[kind, code], valid_from: _name(entry)}


def retire(names: Names, kind: str, entry: Entry, *, today: str) -> None:
    """Let something end on a day."""
    code, valid_from = entry.text("code"), entry.text("valid_from")
    newest = _newest(names, kind, code, valid_from, today=today)
    names[kind, code] = {**names[kind, code], valid_from: replace(newest, is_retired=True)}


def holding(names: Names, kind: str, code: str, *, today: str) -> Name:
    """Return what is said of something on a day, or refuse what is unknown or over by then."""
    said = names.get((kind, code), {})
    begun = max((day for day in said if day <= today), default=None)
    if begun is None:
        raise NamingError(N_("the log knows no {kind} {code}"), kind=kind, code=code)
    if said[begun].is_retired:
        raise NamingError(N_("{kind} {code} has ended"), kind=kind, code=code)
    return said[begun]


def _newest(names: Names, kind: str, code: str, valid_from: str, *, today: str) -> Name:
    """Return what is said last of something that may change on this day."""
    said = names.get((kind, code))
    if said is None:
        raise NamingError(N_("the log knows no {kind} {code}"), kind=kind, code=code)
    newest = max(said)
    if said[newest].is_retired:
        raise NamingError(N_("{kind} {code} has ended"), kind=kind, code=code)
    if valid_from < max(newest, today):
        raise NamingError(N_("{code} cannot change from {day} on"), code=code, day=valid_from)
    return said[newest]


def _name(entry: Entry) -> Name:
    befores = {before(name) for name in entry.public}
    more = {
        name: value
        for name, value in entry.public.items()
        if name not in _NOT_OF_THE_NAME | befores
    }
    return Name(entry.text("name_th"), entry.text("name_en"), more)


def _told(name: Name) -> Mapping[str, object]:
    return {"name_th": name.name_th, "name_en": name.name_en, **name.more}
