"""Somebody types hostile words into every text field of every form that any of the cast finds.

Nothing here names a form or a field: they are found by walking every page. What the other fields
of a form need is in the table of the doors, `tests/doors.py`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from io import BytesIO
from typing import Any
from urllib.parse import urljoin
from urllib.parse import urlsplit

from werkzeug.exceptions import HTTPException

from tests.conftest import Visitor
from tests.doors import BEHIND_SIGN_IN
from tests.doors import CAST
from tests.doors import DOORS
from tests.doors import Door
from tests.doors import House
from tests.hostile import png
from tests.hostile_words import packed
from tests.page_forms import Control
from tests.page_forms import PageForm
from tests.page_forms import filled
from tests.page_forms import page_forms
from tests.planned import MARK as CONFIRMED

HOST = "http://localhost"
LINK = re.compile(r'href="(/[^"#]*)')
_ROW = re.compile(r"-\d+-")
UNPROCESSABLE = 422
# So many places of the same form are tried until its words are kept.
PLACES_MAX = 4
# A field that is asked for only beside others: what those are told.
BESIDE: Mapping[str, Mapping[str, object]] = {
    "lines-0-item": {
        "amount": "",
        "lines-0-item": "-",
        "lines-0-quantity": "1",
        "lines-0-amount": "900",
    },
    "unit_th": {"ceiling": "1,000", "unit_th": "-", "unit_en": "-"},
}
# A trap for machines: with anything in it, all the rest of the form is thrown away.
ALONE = frozenset({"website"})
FILE_NAME_MAX = 200
TAKEN = frozenset({200, 303})


@dataclass(frozen=True, slots=True)
class Place:
    """A form, by who finds it where: there it is found again whatever has changed meanwhile."""

    name: str
    path: str
    method: str
    endpoint: str
    texts: frozenset[str]

    @property
    def form(self) -> tuple[str, frozenset[str]]:
        """Return what the form is, whoever finds it wherever."""
        return self.endpoint, self.texts


@dataclass(frozen=True, slots=True)
class Sent:
    """What was answered to somebody who asked for an address or sent a form there."""

    name: str
    path: str
    status: int
    kind: str
    headers: tuple[tuple[str, str], ...]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()

    @property
    def is_page(self) -> bool:
        return self.kind == "text/html"


@dataclass(slots=True)
class Typist:
    """The cast with their browsers, and what became of what they typed."""

    doors: House
    visitors: dict[str, Visitor] = field(default_factory=dict)
    kept: set[tuple[str, str]] = field(default_factory=set)
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    said: dict[int, set[str]] = field(default_factory=dict)
    met: set[str] = field(default_factory=set)
    known: dict[tuple[str, str], str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.visitors = {name: self.doors.visitor(name) for name in CAST}

    def asked(self, name: str, path: str, **more: Any) -> Sent:
        """Let one of the cast ask."""
        with self.visitors[name].open(path, **more) as answer:
            headers = tuple((key, value) for key, value in answer.headers.items())
            content = answer.get_data()
            return Sent(name, path, answer.status_code, answer.mimetype or "", headers, content)

    def endpoint(self, path: str, method: str) -> str | None:
        """Return the view that an address leads to."""
        asked = urlsplit(path).path, method.upper()
        if asked not in self.known:
            addresses = self.doors.portal.app.url_map.bind("localhost")
            try:
                self.known[asked] = str(addresses.match(asked[0], method=asked[1])[0])
            except HTTPException:
                self.known[asked] = None
        return self.known[asked]

    def walk(
        self, names: Iterable[str] = CAST, language: str = "", *, like_it: int = 2
    ) -> Iterator[Sent]:
        """Open the pages of the doors as each of the cast, and some of each kind they lead to."""
        for name in names:
            yield from self._walk(name, language, like_it)

    def _walk(self, name: str, language: str, like_it: int) -> Iterator[Sent]:
        waiting = [self.doors.address(line) for line in DOORS if _is_for(line, name)]
        seen, like = set(waiting), Counter[tuple[str, bool]]()
        while waiting:
            sent = self.asked(name, language + waiting.pop(0))
            yield sent
            for link in dict.fromkeys(_links(sent, language)):
                is_anothers = link.startswith(BEHIND_SIGN_IN) == (name == "nobody")
                kind = self.endpoint(link, "GET") or "static", "?" in link
                if link in seen or is_anothers or "static" in kind[0]:
                    continue
                like[kind] += 1
                if like[kind] <= (min(like_it, 1) if "?" in link else like_it):
                    seen.add(link)
                    waiting.append(link)

    def places(self, sent: Sent) -> Iterator[tuple[Place, PageForm]]:
        """Return the forms of a page into which somebody types."""
        for form in page_forms(sent.text) if sent.is_page else ():
            endpoint = self.endpoint(_address(sent.path, form), form.method)
            texts = frozenset(general(control.name) for control in form.texts)
            self.met.add(str(endpoint))
            if endpoint and texts:
                yield Place(sent.name, sent.path, form.method, endpoint, texts), form

    def press(self, sent: Sent, endpoints: Collection[str]) -> None:
        """Send the forms of a page that lead to these views, as they stand."""
        for form in page_forms(sent.text) if sent.is_page else ():
            if self.endpoint(_address(sent.path, form), form.method) in endpoints:
                self.asked(sent.name, _address(sent.path, form), method="POST")

    def ask(self, place: Place, form: PageForm, text: str) -> Sent:
        """Send a form as it stands with the same plain text in each of its fields."""
        texts = {control.name: text for control in form.texts if control.kind != "file"}
        return self.send(place, form, filled(form, {}) | texts)

    def type(self, places: Iterable[Place]) -> Iterator[Sent]:
        """Type words into one form, wherever it is found, until each field kept its own."""
        for place, body in self._bodies(list(places)[:PLACES_MAX]):
            left = {name for name in place.texts if (place.endpoint, name) not in self.kept}
            alone = left & ALONE
            for some in filter(None, (alone, left - alone)):
                yield from self._type(place, body, some)

    def _type(self, place: Place, body: Mapping[str, Any], left: set[str]) -> Iterator[Sent]:
        """Leave out what is marked as wrong; where nothing is, all but one, and each alone."""
        while left:
            sent = self._once(place, body, left)
            if sent is None:
                return
            yield sent
            if sent.status in TAKEN:
                return
            wrong = {name for _, form in self.places(sent) for name in form.wrong} & left
            if not wrong:
                yield from self._some(place, body, left)
            left = left - wrong if wrong else set()

    def _some(self, place: Place, body: Mapping[str, Any], left: set[str]) -> Iterator[Sent]:
        names = sorted(left) if len(left) > 1 else []
        for some in (*(left - {name} for name in names), *({name} for name in names)):
            todo = {name for name in some if (place.endpoint, name) not in self.kept}
            if todo and (sent := self._once(place, body, todo)):
                yield sent

    def _once(self, place: Place, body: Mapping[str, Any], left: set[str]) -> Sent | None:
        """Type into these fields of a form, if it is still there."""
        found = self.again(place)
        if found is None:
            return None
        words = {
            control.name: self.word(place, control)
            for control in found.texts
            if control.name in left
        }
        sent = self.send(place, found, filled(found, body) | words)
        if sent.status in TAKEN:
            self.kept |= {(place.endpoint, name) for name in words}
        return sent

    def word(self, place: Place, control: Control) -> str | tuple[bytes, str]:
        """Return what is typed into a field, known by its number; a file is called so."""
        key = place.endpoint, control.name
        number = self.numbers.setdefault(key, len(self.numbers))
        is_file = control.kind == "file"
        text = packed(number, FILE_NAME_MAX if is_file else control.length_max)
        self.said.setdefault(number, set()).add(text)
        return (png(), f"{text}.png") if is_file else text

    def again(self, place: Place) -> PageForm | None:
        """Open the page of a form again and return the form, if it is still there."""
        sent = self.asked(place.name, place.path)
        return next((form for found, form in self.places(sent) if found == place), None)

    def send(self, place: Place, form: PageForm, data: Mapping[str, Any]) -> Sent:
        """Send a form, past the page that shows first what would be done."""
        path = _address(place.path, form)
        if form.method == "get":
            return self.asked(place.name, path, query_string=data)
        sent = self.asked(place.name, path, method="POST", data=_unread(data))
        shown = CONFIRMED.search(sent.text) if sent.status == UNPROCESSABLE else None
        more = {"confirmed": shown[1]} if shown else {}
        return (
            self.asked(place.name, path, method="POST", data=_unread(data) | more) if more else sent
        )

    def _bodies(self, places: list[Place]) -> Iterator[tuple[Place, dict[str, Any]]]:
        """Return what else is sent with a form: what the doors send, and what some fields need."""
        for place in places:
            found = [{}] if place.method == "get" else self._of_doors(place.endpoint)
            for body in found:
                for name, more in BESIDE.items():
                    if name in place.texts:
                        yield place, body | dict(more)
                yield place, body

    def _of_doors(self, endpoint: str) -> list[dict[str, Any]]:
        return [
            self.doors.body(line)
            for line in DOORS
            if line.method == "POST" and self.endpoint(self.doors.address(line), "POST") == endpoint
        ]


def _address(path: str, form: PageForm) -> str:
    return urljoin(HOST + path, form.action or path).removeprefix(HOST)


def _is_for(line: Door, name: str) -> bool:
    """Say whether a page is looked at: what is public is the same for all."""
    is_private = line.path.startswith((*BEHIND_SIGN_IN, "/password", "/again", "/factor"))
    return line.method == "GET" and line.answers[name] == "ok" and is_private != (name == "nobody")


def _links(sent: Sent, language: str) -> Iterator[str]:
    """Return where a page leads to within the portal, in its own language."""
    if sent.is_page:
        found = (link.replace("&amp;", "&") for link in LINK.findall(sent.text))
        yield from (link.removeprefix(language) for link in found if link.startswith(language))


def general(name: str) -> str:
    """Return what a field is called, whichever row of a list it stands in."""
    return _ROW.sub("-0-", name)


def _unread(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is sent with its files at their beginning."""
    return {
        name: (BytesIO(value[0]), value[1]) if isinstance(value, tuple) else value
        for name, value in data.items()
    }
