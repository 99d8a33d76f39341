from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context

import pytest
from sqlalchemy import Engine
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.db import db
from portal.db import transaction
from portal.time_limit import TookTooLongError
from portal.time_limit import limit
from tests.conftest import Portal
from tests.conftest import Visitor
from tests.conftest import owners

# What each engine is busy with for longer than any test waits.
ENDLESS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
    " SELECT count(*) FROM n",
    "postgresql": "SELECT count(*) FROM generate_series(1, 1000000000000)",
}
PATIENCE_SECONDS = 20


@contextmanager
def slow(engine: Engine) -> Iterator[None]:
    """Put a view that never ends in the place of the public figures."""
    endless = ENDLESS[engine.dialect.name]
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE published_figure RENAME TO kept_figure"))
        columns = "month, fund, subcommittee, category, measure, satang, count"
        connection.execute(
            text(
                f"CREATE VIEW published_figure AS SELECT {columns} FROM kept_figure"  # noqa: S608 - our own words
                f" WHERE ({endless}) > 0"
            )
        )
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.execute(text("DROP VIEW published_figure"))
            connection.execute(text("ALTER TABLE kept_figure RENAME TO published_figure"))


def test_a_public_page_that_takes_too_long_is_stopped_and_says_so(
    portal: Portal, client: Visitor
) -> None:
    portal.app.config["PUBLIC_QUERY_MS"] = 100
    owner = owners()
    with slow(owner):
        db.session.remove()
        began = time.monotonic()
        thai, english = client.get("/"), client.get("/en/")
        api = client.get("/api/v1/funds")
        assert time.monotonic() - began < PATIENCE_SECONDS
    owner.dispose()
    assert [thai.status_code, english.status_code, api.status_code] == [503, 503, 503]
    assert "ถูกหยุดไว้" in thai.text
    assert "was stopped" in english.text
    assert api.mimetype == "application/problem+json"
    assert api.json is not None
    assert (api.json["status"], "หยุด" in api.json["detail"]) == (503, True)
    for kept in (thai, english, api):
        assert "public" not in kept.headers.get("Cache-Control", "")
    # The same pages, as soon as they take as long as they should.
    assert client.get("/").status_code == 200
    assert client.get("/api/v1/funds").status_code == 200


@pytest.mark.usefixtures("portal")
def test_each_question_has_the_whole_time() -> None:
    with Session(db.engine) as session:
        limit(session, milliseconds=200)
        until = time.monotonic() + 0.5
        while time.monotonic() < until:
            session.execute(text("SELECT count(*) FROM published_act")).all()


@pytest.mark.usefixtures("portal")
def test_who_is_not_limited_takes_their_time() -> None:
    endless = text(ENDLESS[db.engine.dialect.name])
    with Session(db.engine) as session:
        limit(session, milliseconds=50)
        with pytest.raises(TookTooLongError):
            session.execute(endless).all()
    # The next one on the same connection, who asks for something long.
    long = {
        "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2000000)"
        " SELECT count(*) FROM n",
        "postgresql": "SELECT 2000000 FROM pg_sleep(0.2)",
    }
    with Session(db.engine) as session:
        assert session.scalar(text(long[db.engine.dialect.name])) == 2_000_000


@pytest.mark.usefixtures("portal")
def test_another_error_stays_what_it_is() -> None:
    with Session(db.engine) as session:
        limit(session, milliseconds=1_000)
        with pytest.raises(Exception, match="no_such_table"):
            session.execute(text("SELECT * FROM no_such_table"))


@pytest.mark.parametrize("address", ["/office/", "/treasury/", "/sign-in"])
def test_who_signed_in_is_limited_too_in_what_they_read_and_do(
    portal: Portal, address: str
) -> None:
    portal.app.config |= {"OFFICE_QUERY_MS": 100, "PUBLIC_QUERY_MS": 60_000}
    endless = text(ENDLESS[db.engine.dialect.name])

    def ask() -> None:
        with portal.app.test_request_context(address):
            portal.app.preprocess_request()
            db.session.rollback()
            with pytest.raises(TookTooLongError):
                db.session.execute(endless)
            with pytest.raises(TookTooLongError), transaction() as session:
                session.execute(endless)

    Context().run(ask)
