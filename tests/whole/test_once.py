"""Every form that moves money or decides about it does it once, however often it is sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from http import HTTPStatus
from inspect import unwrap
from threading import Barrier
from urllib.parse import urljoin
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func
from sqlalchemy import make_url
from sqlalchemy import select
from werkzeug.exceptions import HTTPException

from portal.db import Base
from portal.db import db
from portal.people.keys import FormKeyMissingError
from portal.people.keys import new_form_key
from portal.people.keys import read_form_key
from portal.people.once import KEY
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.conftest import on_server
from tests.doors import BEHIND_SIGN_IN
from tests.doors import CAST
from tests.doors import DOORS
from tests.doors import Built
from tests.doors import Door
from tests.doors import House
from tests.doors import build
from tests.doors import house
from tests.page_forms import PageForm
from tests.page_forms import page_forms
from tests.planned import MARK

# The rooms whose forms move money or decide about it, and what there does neither.
MONEY = (
    "portal.payments.",
    "portal.funds.office_money",
    "portal.funds.office_deciding",
    "portal.funds.office",
)
NO_MONEY = {"office.sheets.ask_paper"}
# Pages with forms that the table of the doors does not open.
BESIDE = (
    "/treasury/payments/{released}",
    "/treasury/payments/{lent}",
    "/treasury/statements/MAIN/lines?pick={line_in}",
    "/office/requests/{borrowed}/receipts",
    "/office/requests/{declared}",
    "/office/requests/{urgent}",
)
# Nobody of the cast finds these forms; `tests/pages/test_form_keys.py` looks at them.
NOT_MET = {"office.deciding.override_check", "treasury.batches.release_batch"}


@pytest.fixture(scope="module")
def doors(shared_portal: Portal) -> Iterator[House]:
    with house(shared_portal) as doors:
        yield doors


def view_of(portal: Portal, path: str, method: str) -> str | None:
    """Return the view that an address leads to, by name."""
    try:
        found = portal.app.url_map.bind("localhost").match(urlsplit(path).path, method=method)
    except HTTPException:
        return None
    return str(found[0])


def moves_money(portal: Portal, view: str | None) -> bool:
    if view is None or view in NO_MONEY:
        return False
    module = unwrap(portal.app.view_functions[view]).__module__
    return any(module.startswith(room) if room[-1] == "." else module == room for room in MONEY)


def money_doors(built: Built) -> list[Door]:
    """Return the doors where somebody may send a form that moves money."""
    return [
        line
        for line in DOORS
        if line.method == "POST"
        and "ok" in line.answers.values()
        and moves_money(built.portal, view_of(built.portal, built.address(line), "POST"))
    ]


def pages(doors: House) -> Iterator[tuple[str, Visitor, str]]:
    """Give every page that each of the cast may open: who they are, their browser, its address."""
    for name in CAST.keys() - {"nobody"}:
        paths = [
            doors.address(line)
            for line in DOORS
            if line.method == "GET" and line.answers[name] == "ok"
            if line.path.startswith(BEHIND_SIGN_IN)
        ]
        visitor = doors.visitor(name)
        for path in dict.fromkeys([*paths, *(path.format_map(doors.places) for path in BESIDE)]):
            yield name, visitor, path


def test_every_form_that_moves_money_has_a_key(doors: House) -> None:
    met, faults = set(), []
    for name, visitor, path in pages(doors):
        with visitor.get(path) as page:
            text = page.get_data(as_text=True) if page.mimetype == "text/html" else ""
        for form in page_forms(text):
            view = view_of(doors.portal, urljoin(path, form.action), form.method.upper())
            if form.method != "post" or not moves_money(doors.portal, view):
                continue
            met.add(view)
            if not has_key(form):
                faults.append(f"{view}, as {name} finds it on {path}, has no key")
    assert not faults, "\n".join(faults)
    rules = doors.portal.app.url_map.iter_rules()
    posts = {rule.endpoint for rule in rules if "POST" in (rule.methods or ())}
    assert {view for view in posts if moves_money(doors.portal, view)} - met == NOT_MET


def has_key(form: PageForm) -> bool:
    """Say whether a form has one key, and it is one."""
    try:
        [key] = [control.value for control in form.controls if control.name == KEY]
        return bool(read_form_key(key))
    except (ValueError, FormKeyMissingError):
        return False


def test_no_view_that_moves_money_takes_a_form_without_a_key(doors: House) -> None:
    taken = []
    before = doors.edition()
    for line in money_doors(doors):
        for key in ("", "short", "x" * 23):
            body = doors.body(line) | {KEY: key}
            path = doors.address(line)
            answer = doors.visitor(who(line)).post(f"/en{path}", data=body)
            if (answer.status_code, "out of date" in answer.text) != (422, True):
                taken.append(f"{path}: {answer.status_code}")
    assert (taken, doors.edition()) == ([], before)


def who(line: Door) -> str:
    return next(name for name, answer in line.answers.items() if answer == "ok")


@contextmanager
def undoable(portal: Portal, server: str) -> Iterator[tuple[Built, Callable[[], None]]]:
    """Build the world on any engine, and give what brings it back to where it was."""
    if db.engine.dialect.name == "sqlite":
        with house(portal) as doors:
            yield doors, doors.undo
        return
    built = build(portal)
    name = make_url(portal.install.settings.database_url).database
    copy = "STRATEGY file_copy"

    def undo() -> None:
        db.session.remove()
        db.engine.dispose()
        on_server(server, f"DROP DATABASE {name} WITH (FORCE)")
        on_server(server, f"CREATE DATABASE {name} TEMPLATE {name}_built {copy}")

    db.session.remove()
    db.engine.dispose()
    on_server(server, f"CREATE DATABASE {name}_built TEMPLATE {name} {copy}")
    try:
        yield built, undo
    finally:
        on_server(server, f"DROP DATABASE {name}_built WITH (FORCE)")


def rows() -> Counter[str]:
    """Count the rows of every table."""
    tables = Base.metadata.tables.values()
    with db.engine.connect() as connection:
        return Counter(
            {
                table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in tables
            }
        )


Answer = tuple[int, str]
# What is shown first what it would do.
SHOWN_FIRST = {
    "POST /office/money-in/donations/new",
    "POST /office/money-in/allocations/new",
    "POST /office/accounts/new",
}


@dataclass(frozen=True, slots=True)
class Sender:
    """Somebody with a form in front of them, which they may send as often as they like."""

    built: Built
    line: Door
    key: str = field(default_factory=new_form_key)

    def send(self, mark: str = "") -> tuple[Answer, str]:
        """Send it; return how it was answered, and with which page."""
        return self._sent(self.built.visitor(who(self.line)), mark)

    def _sent(self, visitor: Visitor, mark: str) -> tuple[Answer, str]:
        body = self.built.body(self.line) | {KEY: self.key, "confirmed": mark}
        with visitor.post(self.built.address(self.line), data=body) as answer:
            page = answer.get_data(as_text=True)
            return (answer.status_code, answer.location or ""), page

    def shown(self) -> str:
        """Look first at what it would do, where it shows that; return the mark of it."""
        if self.line.route not in SHOWN_FIRST:
            return ""
        found = MARK.search(self.send()[1])
        assert found is not None, self.line.route
        return found[1]

    def alone(self, mark: str) -> list[Answer]:
        return [self.send(mark)[0]]

    def twice(self, mark: str) -> list[Answer]:
        return [self.send(mark)[0] for _ in range(2)]

    def at_once(self, mark: str) -> list[Answer]:
        visitors = [self.built.visitor(who(self.line)) for _ in range(2)]
        start = Barrier(len(visitors))

        def send(visitor: Visitor) -> Answer:
            start.wait()
            return self._sent(visitor, mark)[0]

        with ThreadPoolExecutor(len(visitors)) as threads:
            return list(threads.map(send, visitors))


Way = Callable[[Sender, str], list[Answer]]


def counted(way: Way, sender: Sender) -> tuple[list[Answer], Counter[str]]:
    """Send a form in some way; return the answers, and how many rows came to which table."""
    mark, before = sender.shown(), rows()
    return way(sender, mark), rows() - before


def test_a_form_sent_twice_acts_once(portal: Portal, postgres: str) -> None:
    faults = []
    with undoable(portal, postgres) as (built, undo):
        lines = money_doors(built)
        assert len(lines) > 30
        for line in lines:
            answers, once = counted(Sender.alone, Sender(built, line))
            undo()
            assert answers[0][0] in {HTTPStatus.OK, HTTPStatus.SEE_OTHER}, line.route
            assert (once["once"], once["log_entry"] > 0) == (1, True), (line.route, once)
            for way in (Sender.twice, Sender.at_once):
                found, added = counted(way, Sender(built, line))
                undo()
                if found != answers * 2 or added != once:
                    faults.append((line.route, way.__name__, found, added - once, once - added))
    assert faults == []
