"""Public pages read from a replica that follows; where it does not, nobody notices but the log."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import ExitStack
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import URL
from sqlalchemy import Engine
from sqlalchemy import create_engine
from sqlalchemy import event
from sqlalchemy import text
from werkzeug.test import TestResponse

from portal.app import create_app
from portal.db import db
from portal.db import page_engine
from portal.db import transaction
from portal.install import Install
from portal.replica import AWAY
from portal.replica import FIT
from portal.replica import LOOK_SECONDS
from portal.replica import OLD
from portal.replica import Replica
from tests.conftest import Visitor
from tests.conftest import _found
from tests.conftest import on_server
from tests.conftest import owners
from tests.conftest import settings_of
from tests.pages.test_time_limit import slow
from tests.postgres import CARELESS
from tests.postgres import own_server
from tests.world import World

SECONDS = 30
# As docs/operators.md has it.
STANDBY = f"{CARELESS} -c hot_standby_feedback=on"


@dataclass
class Clock:
    """A clock that goes on when it is told."""

    at: float = 100.0

    def __call__(self) -> float:
        return self.at

    def on(self, seconds: float) -> None:
        self.at += seconds


@dataclass
class Pair:
    """A portal whose public pages read from a standby of its database."""

    app: Flask
    standby: URL
    stop: Callable[[], None]
    clock: Clock
    said: list[str]

    @property
    def replica(self) -> Replica:
        replica: Replica = self.app.extensions["replica"]
        return replica

    def get(self, address: str) -> TestResponse:
        """Ask for a page a moment after the last one, so that it looks at the replica."""
        self.clock.on(LOOK_SECONDS)
        return Context().run(self.app.test_client().get, address)

    def act(self) -> str:
        """File a request on the primary and publish it; return its reference."""

        def within() -> str:
            with self.app.app_context():
                with transaction() as session:
                    reference = World(session).submitted().reference
                install: Install = self.app.extensions["install"]
                install.publish(db.engine)
                return str(reference)

        return Context().run(within)

    def follow(self, verb: str) -> None:
        """Let the standby go on with what the primary did, or not."""
        ask(self.standby, f"SELECT pg_wal_replay_{verb}()")

    def catch_up(self) -> None:
        """Wait until the standby has all that the primary wrote."""
        wanted = Context().run(self._written)
        for _ in count():
            if ask(self.standby, f"SELECT pg_last_wal_replay_lsn() >= '{wanted}'"):
                return
            time.sleep(0.02)

    def _written(self) -> str:
        """Let the server write down all that it has done, and return how far that is.

        It leaves commits for later, and then tables would be locked on the standby until they come.
        """
        with self.app.app_context():
            on_server(db.engine.url.render_as_string(hide_password=False), "CHECKPOINT")
            return str(ask(db.engine.url, "SELECT pg_current_wal_lsn()"))


def ask(url: URL, question: str) -> Any:  # what the server answers
    engine = create_engine(url)
    with engine.connect() as connection:
        answer = connection.scalar(text(question))
    engine.dispose()
    return answer


@pytest.fixture(scope="module")
def pair_of_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """A primary and a standby that streams from it, with one founded province for all tests."""
    folder = tmp_path_factory.mktemp("pair") / "instance"
    with own_server() as primary, ExitStack() as last:
        url = primary.render_as_string(hide_password=False)
        Context().run(_found, folder, url)
        stack = last.enter_context(ExitStack())
        standby = stack.enter_context(own_server(STANDBY, follows=primary))
        settings = replace(
            settings_of(folder, url),
            read_url=standby.render_as_string(hide_password=False),
            read_seconds=SECONDS,
        )
        app = create_app(settings)
        app.config["WTF_CSRF_ENABLED"] = False
        app.test_client_class = Visitor
        yield Pair(app, standby, stack.close, Clock(), [])
        with app.app_context():
            db.engine.dispose()
        app.extensions["replica"].engine.dispose()
        app.extensions["install"].vault.close()


@pytest.fixture
def pair(pair_of_servers: Pair) -> Pair:
    pair = pair_of_servers
    pair.said.clear()
    pair.app.extensions["replica"] = Replica(
        pair.replica.engine, pair.replica.primary, SECONDS, pair.said.append, pair.clock
    )
    pair.catch_up()
    return pair


def test_a_public_page_reads_from_the_standby_and_no_other_page_does(pair: Pair) -> None:
    before = pair.act()
    pair.catch_up()
    assert pair.get(f"/requests/{before}").status_code == 200
    pair.follow("pause")
    try:
        reference = pair.act()
        # The standby does not know of it yet.
        assert pair.get(f"/requests/{reference}").status_code == 404
        for ending in ("csv", "xlsx"):
            assert reference.encode() not in pair.get(f"/requests.{ending}").data
        signed_in = pair.app.test_client()
        assert isinstance(signed_in, FlaskClient)
        signed_in = Context().run(signed_in.sign_in, "malee")  # type: ignore[attr-defined]  # a Visitor
        assert reference in Context().run(signed_in.get, "/office/requests").text
    finally:
        pair.follow("resume")
    pair.catch_up()
    assert pair.get(f"/requests/{reference}").status_code == 200
    assert pair.said == []


def test_one_too_far_behind_is_left_until_it_has_caught_up(pair: Pair) -> None:
    pair.get("/")
    pair.follow("pause")
    try:
        reference = pair.act()
        assert pair.get(f"/requests/{reference}").status_code == 404
        pair.clock.on(SECONDS)
        for _ in range(3):
            assert pair.get(f"/requests/{reference}").status_code == 200
        assert pair.said == [OLD]
    finally:
        pair.follow("resume")
    pair.catch_up()
    assert pair.get(f"/requests/{reference}").status_code == 200
    assert pair.said == [OLD, FIT]
    assert reads_from(pair) == pair.replica.engine


def reads_from(pair: Pair, address: str = "/") -> Engine:
    pair.clock.on(LOOK_SECONDS)

    def within() -> Engine:
        with pair.app.test_request_context(address):
            pair.app.preprocess_request()
            return page_engine()

    return Context().run(within)


def test_whether_it_can_work_is_asked_of_the_primary(pair: Pair) -> None:
    assert reads_from(pair) == pair.replica.engine
    assert reads_from(pair, "/healthz/ready") == pair.replica.primary


def test_on_the_standby_a_page_has_its_time_too(pair: Pair) -> None:
    limit = pair.app.config["PUBLIC_QUERY_MS"]
    pair.app.config["PUBLIC_QUERY_MS"] = 100

    def within() -> None:
        with pair.app.app_context(), slow(owners()):
            pair.catch_up()
            assert pair.get("/").status_code == 503

    Context().run(within)
    pair.app.config["PUBLIC_QUERY_MS"] = limit
    assert pair.said == []


def test_with_the_primary_gone_public_pages_go_on(pair: Pair) -> None:
    away = create_engine("postgresql+psycopg://tests@/postgres?host=/nowhere")
    pair.app.extensions["replica"] = replace(pair.replica, primary=away)
    pair.clock.on(10 * SECONDS)
    assert reads_from(pair) == pair.replica.engine
    assert pair.said == []


def test_a_page_whose_replica_fails_in_its_middle_is_made_again(pair: Pair) -> None:
    with cutting(pair, "published_figure"):
        assert pair.get("/").status_code == 200
    assert pair.said == [AWAY]
    assert pair.get("/").status_code == 200
    assert pair.said == [AWAY, FIT]


def test_what_is_made_again_may_be_refused(pair: Pair) -> None:
    with cutting(pair, "published_request"):
        assert pair.get("/requests/RYG-2570-999999").status_code == 404
    assert pair.said == [AWAY]


@contextmanager
def cutting(pair: Pair, table: str) -> Iterator[None]:
    """Cut the connections to the standby when a page is about to ask for a table there."""

    def cut(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if table in statement:
            ask(
                pair.standby,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE"
                " backend_type = 'client backend' AND pid <> pg_backend_pid()",
            )

    event.listen(pair.replica.engine, "before_cursor_execute", cut)
    try:
        yield
    finally:
        event.remove(pair.replica.engine, "before_cursor_execute", cut)


def test_one_that_is_away_is_left_and_told_once(pair: Pair) -> None:
    """It comes last: afterwards there is no standby."""
    assert pair.get("/").status_code == 200
    pair.stop()
    # Nobody has looked since; the page itself finds out.
    assert Context().run(pair.app.test_client().get, "/").status_code == 200
    for _ in range(3):
        assert pair.get("/").status_code == 200
    assert pair.said == [AWAY]


@pytest.fixture
def judged(tmp_path: Path) -> Iterator[tuple[Replica, Callable[[int, int], None]]]:
    """A replica, and a way to say what it and its primary show."""
    engines = [create_engine(f"sqlite:///{tmp_path / name}") for name in ("replica", "primary")]
    for engine in engines:
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE published_position (fold_version, size)"))

    def show(*sizes: int) -> None:
        for engine, size in zip(engines, sizes, strict=True):
            with engine.begin() as connection:
                connection.execute(text("DELETE FROM published_position"))
                connection.execute(
                    text("INSERT INTO published_position VALUES (1, :size)"), {"size": size}
                )

    replica, primary = engines
    yield Replica(replica, primary, SECONDS, logging.getLogger("replica").warning, Clock()), show
    for engine in engines:
        engine.dispose()


Judged = tuple[Replica, Callable[[int, int], None]]


def after(replica: Replica, seconds: float) -> bool:
    assert isinstance(replica.clock, Clock)
    replica.clock.on(seconds)
    return replica.is_fit()


def test_it_is_as_old_as_the_first_thing_it_does_not_show(judged: Judged) -> None:
    replica, show = judged
    assert replica.is_fit()  # neither shows anything
    for size in range(100):
        # It follows, always a little behind: never too old.
        show(size, size + 1)
        assert after(replica, SECONDS / 2)
    for _ in range(3):
        show(100, 101)
        assert after(replica, SECONDS / 3)
    show(100, 110)
    assert not after(replica, SECONDS / 3 + 1)
    # However long that lasts.
    assert not after(replica, SECONDS / 3)
    assert not after(replica, SECONDS / 3)
    # What came later is not what makes it old.
    show(101, 111)
    assert after(replica, 1)
    assert not after(replica, 2 * SECONDS)
    show(111, 111)
    assert after(replica, 1)


def test_between_two_looks_nothing_is_asked(judged: Judged) -> None:
    replica, show = judged
    show(1, 1)
    assert replica.is_fit()
    replica.engine.dispose()
    with replica.engine.begin() as connection:
        connection.execute(text("DROP TABLE published_position"))
    assert after(replica, LOOK_SECONDS / 2)
    assert not after(replica, LOOK_SECONDS / 2)


def test_without_a_replica_all_read_from_the_same(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, f"sqlite:///{tmp_path / 'portal.sqlite'}")
    assert create_app(settings).extensions["replica"] is None
    app = create_app(replace(settings, read_url=f"sqlite:///{tmp_path / 'copy.sqlite'}"))
    assert app.extensions["replica"].seconds_max == settings.read_seconds == SECONDS
