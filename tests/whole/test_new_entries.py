"""A request or a payment changes only with an entry of its own that was just recorded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from collections.abc import Sequence
from uuid import uuid4

import pytest
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.audit.models import LogEntry
from portal.db import db
from portal.db import writing
from portal.funds.models import FundRequest
from portal.funds.service import withdraw_request
from portal.payments.models import Payment
from tests.conftest import Portal
from tests.conftest import owners
from tests.world import NOON
from tests.world import World

TABLES: tuple[tuple[type[FundRequest | Payment], str], ...] = (
    (FundRequest, "reference"),
    (Payment, "payment"),
)
DRAFT = 4
REFUSED = {
    FundRequest: "fund_request takes only a new entry of its own",
    Payment: "payment takes only a new entry of its own",
}


@pytest.fixture
def session(portal: Portal) -> Iterator[Session]:
    """Two requests with their payments, a draft that was withdrawn and one that was not.

    All of it is published, and what a test does with it is undone.
    """
    with writing(db.engine, portal.install.session_info()) as working:
        world = World(working)
        world.prepared()
        world.prepared()
        seen = world.draft().version
        world.draft()
        withdraw_request(working, DRAFT - 1, seen_version=seen, by=world.malee, at=NOON)
    portal.install.publish(db.engine)
    with Session(owners(), info=portal.install.session_info()) as session:
        yield session


def number(session: Session, table: type[FundRequest | Payment]) -> str | None:
    """Return the number that entries call the first row by."""
    return session.scalar(select(table.reference).where(table.id == 1))


def newest(session: Session, table: type[FundRequest | Payment]) -> str | None:
    """Return the entry that the first row names."""
    return session.scalar(select(table.log_eid).where(table.id == 1))


def recorded(session: Session, public: object) -> str:
    """Put an entry that tells this into the log."""
    eid, body = str(uuid4()), json.dumps({"pub": public}).encode()
    session.execute(insert(LogEntry), {"eid": eid, "body": body})
    return eid


def refusal(
    session: Session, table: type[FundRequest | Payment], eid: str | None, row: int = 1
) -> str:
    """Change a row together with this entry; return what the database says to it."""
    changed = update(table).where(table.id == row)
    changed = changed.values(version=table.version + 1, log_eid=eid)
    try:
        with session.begin_nested():
            session.execute(changed.execution_options(synchronize_session=False))
    except DBAPIError as error:
        return str(error.orig).partition("\n")[0]
    return ""


def eids(session: Session) -> Sequence[str]:
    return session.scalars(select(LogEntry.eid).order_by(LogEntry.seqno.desc())).all()


def test_a_new_entry_of_its_own_is_taken(session: Session) -> None:
    for table, field in TABLES:
        for _ in range(2):
            eid = recorded(session, {field: number(session, table)})
            assert refusal(session, table, eid) == ""
            assert newest(session, table) == eid


def test_an_entry_that_has_its_place_in_the_log_is_not_taken(session: Session) -> None:
    # Newer than the last one of the row, and of its own: as if it had been recorded for nothing.
    unused = {table: recorded(session, {field: number(session, table)}) for table, field in TABLES}
    for eid in unused.values():
        seqno = session.scalars(select(LogEntry.seqno).where(LogEntry.eid == eid)).one()
        session.execute(
            text("INSERT INTO log_seq (idx, seqno) SELECT max(idx) + 1, :seqno FROM log_seq"),
            {"seqno": seqno},
        )
    for table, _ in TABLES:
        for eid in (unused[table], *eids(session)):
            if eid != newest(session, table):
                assert refusal(session, table, eid) == REFUSED[table]


def test_an_entry_that_is_older_than_the_last_is_not_taken(session: Session) -> None:
    for table, field in TABLES:
        told = {field: number(session, table)}
        older, newer = recorded(session, told), recorded(session, told)
        assert refusal(session, table, newer) == ""
        assert refusal(session, table, older) == REFUSED[table]


def test_the_new_entry_of_another_is_not_taken(session: Session) -> None:
    world = World(session)
    other = world.released()
    for table, field in TABLES:
        assert refusal(session, table, other.log_eid) == REFUSED[table]
        tales: list[object] = [{}, {field: None}, {field: other.reference}, [], None]
        for told in tales:
            assert refusal(session, table, recorded(session, told)) == REFUSED[table]
    # A payment's number does not stand for its request, nor the other way round.
    first = number(session, Payment)
    assert refusal(session, Payment, recorded(session, {"reference": first})) == REFUSED[Payment]


def test_no_entry_is_not_taken_for_one(session: Session) -> None:
    for table, _ in TABLES:
        for eid in (None, str(uuid4())):
            assert refusal(session, table, eid) == REFUSED[table]


def test_what_is_no_entry_at_all_is_not_taken(session: Session) -> None:
    for table, _ in TABLES:
        eid = str(uuid4())
        session.execute(insert(LogEntry), {"eid": eid, "body": b"no entry"})
        assert "json" in refusal(session, table, eid).lower()


def test_a_draft_without_a_number_takes_only_a_new_entry_too(session: Session) -> None:
    withdrawn = session.get_one(FundRequest, DRAFT - 1).log_eid
    assert refusal(session, FundRequest, withdrawn, DRAFT) == REFUSED[FundRequest]
    assert refusal(session, FundRequest, recorded(session, {"reference": None}), DRAFT) == ""


@pytest.mark.parametrize("portal", ["postgresql"], indirect=True)
def test_a_replica_takes_no_other_entry_either(session: Session) -> None:
    session.execute(text("SET session_replication_role = replica"))
    for table, _ in TABLES:
        assert refusal(session, table, eids(session)[-1]) == REFUSED[table]
