# ruff: noqa: S608 - every word of these statements is our own
"""After every kind of damage by hand, the checks fail and say where."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from beancount import loader
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.audit.check import LogError
from portal.audit.check import signed_head
from portal.audit.entry import Secret
from portal.audit.entry import leaf_hash
from portal.audit.folder import PublisherError
from portal.audit.merkle import Frontier
from portal.audit.models import LogEntry
from portal.audit.models import LogSeq
from portal.audit.note import Checkpoint
from portal.audit.note import sign
from portal.audit.service import record
from portal.audit.tiles import bundle
from portal.audit.tiles import unbundle
from portal.db import db
from portal.db import writing
from portal.errors import PortalError
from portal.funds.books import BooksError
from portal.funds.books import check_books
from portal.funds.journal import beancount_lines
from portal.people.acts import role_granted
from portal.people.queries import SYSTEM
from portal.publishing.log_page import log_page
from portal.publishing.service import check_continues
from portal.roles import Role
from tests.conftest import Portal
from tests.conftest import owners
from tests.world import NOON
from tests.world import World

PERSON = Secret("person:1", {"id": 1})
# More than a tile holds, so that every kind of file is there.
SIZE = 270


# What is published does not depend on the engine.
files_only = pytest.mark.parametrize("portal", ["sqlite"], indirect=True)


@pytest.fixture
def told(portal: Portal) -> Portal:
    """A portal after one request from the field to the bank, and a log of more than one tile."""
    with writing(db.engine, portal.install.session_info()) as session:
        world = World(session)
        world.raised(world.confirmed().log_eid)
        world.received()
        for _ in range(SIZE - (session.scalar(select(func.count(LogEntry.seqno))) or 0)):
            draft = role_granted(Role.AUDITOR, None, person=PERSON, by=SYSTEM, at=NOON)
            record(session, draft)
    portal.install.publish(db.engine)
    return portal


def files(portal: Portal) -> dict[str, Path]:
    top = portal.install.folder.path
    return {
        path.relative_to(top).as_posix(): path
        for path in sorted(top.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


@contextmanager
def holding(path: Path, content: bytes | None) -> Iterator[None]:
    """Let a published file hold something else for a while, or be away."""
    whole = path.read_bytes()
    assert content != whole
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    try:
        yield
    finally:
        path.write_bytes(whole)


@contextmanager
def damaged(table: str, *statements: str, **values: object) -> Iterator[Session]:
    """Do this to the table as its owner could, with its triggers off; undone afterwards."""
    session = Session(owners())
    if db.engine.dialect.name == "postgresql":
        session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
    else:
        of_table = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"
        for trigger in session.scalars(text(of_table), {"table": table}).all():
            session.execute(text(f"DROP TRIGGER {trigger}"))
    for statement in statements:
        session.execute(text(statement), values)
    try:
        yield session
    finally:
        session.rollback()
        session.close()


def flipped(whole: bytes, at: int) -> bytes:
    return whole[:at] + bytes([whole[at] ^ 0x01]) + whole[at + 1 :]


def test_what_was_only_told_is_intact(told: Portal) -> None:
    assert told.install.check_log(db.session()).size == SIZE
    assert check_books(db.session()) > 0
    assert list(files(told)) == [
        "checkpoint",
        "policy",
        "tile/0/000",
        "tile/0/001.p/14",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/14",
    ]


def test_what_is_recorded_and_not_yet_published_is_no_damage(told: Portal) -> None:
    with writing(db.engine, told.install.session_info()) as session:
        World(session).submitted()
    assert told.install.check_log(db.session()).size == SIZE


@files_only
def test_one_changed_byte_in_any_published_file_is_found(told: Portal) -> None:
    for name, path in files(told).items():
        whole = path.read_bytes()
        # What was read is not what is in the tree: which of both is wrong, nobody can say.
        place = name.replace("tile/0/", "tile/entries/")
        for at in sorted({0, 1, 2, len(whole) // 2, len(whole) - 2, len(whole) - 1}):
            with holding(path, flipped(whole, at)):
                if name == "checkpoint":
                    with pytest.raises(LogError):
                        told.install.check_log(db.session())
                else:
                    with pytest.raises(LogError, match=re.escape(place)):
                        told.install.check_log(db.session())
    assert told.install.check_log(db.session()).size == SIZE


@files_only
def test_a_changed_entry_is_named(told: Portal) -> None:
    path = files(told)["tile/entries/001.p/14"]
    bodies = list(unbundle(path.read_bytes()))
    bodies[3] = bodies[3].replace(b'"auditor"', b'"officer"')
    with (
        holding(path, bundle(bodies)),
        pytest.raises(LogError, match=r"Entry 259 in tile/entries/001\.p/14"),
    ):
        told.install.check_log(db.session())


@files_only
def test_a_missing_file_is_named(told: Portal) -> None:
    for name, path in files(told).items():
        with (
            holding(path, None),
            pytest.raises(PublisherError, match=re.escape(f"file {name} is missing")),
        ):
            told.install.check_log(db.session())


@files_only
def test_a_tile_cut_short_is_named(told: Portal) -> None:
    for name in ("tile/0/000", "tile/0/001.p/14", "tile/1/000.p/1"):
        path = files(told)[name]
        for cut in (1, 32):
            with (
                holding(path, path.read_bytes()[:-cut]),
                pytest.raises(PortalError, match=re.escape(name)),
            ):
                told.install.check_log(db.session())


@files_only
def test_a_bundle_with_an_entry_too_many_or_too_few_is_named(told: Portal) -> None:
    for name in ("tile/entries/000", "tile/entries/001.p/14"):
        path = files(told)[name]
        bodies = list(unbundle(path.read_bytes()))
        for other in (bodies[:-1], [*bodies, bodies[-1]]):
            with (
                holding(path, bundle(other)),
                pytest.raises(LogError, match=f"{name} holds {len(other)} entries instead of"),
            ):
                told.install.check_log(db.session())


@files_only
def test_history_rewritten_in_every_file_is_found(told: Portal) -> None:
    paths = files(told)
    path, tile = paths["tile/entries/001.p/14"], paths["tile/0/001.p/14"]
    bodies = list(unbundle(path.read_bytes()))
    bodies[3] = bodies[3].replace(b'"auditor"', b'"officer"')
    leaves = [leaf_hash(body) for body in bodies]
    with holding(path, bundle(bodies)), holding(tile, b"".join(leaves)):
        with pytest.raises(LogError, match="do not give the root that was signed"):
            told.install.check_log(db.session())
        # Signed anew, but by another key.
        before = [leaf_hash(body) for body in unbundle(paths["tile/entries/000"].read_bytes())]
        root = Frontier().extend([*before, *leaves]).root()
        origin = told.install.signer.vkey.name
        text = Checkpoint(origin, SIZE, root).text()
        forged = str(sign(text, origin, Ed25519PrivateKey.generate())).encode()
        with holding(paths["checkpoint"], forged), pytest.raises(LogError, match="not signed by"):
            told.install.check_log(db.session())


def test_an_older_checkpoint_is_not_what_the_tables_tell(told: Portal) -> None:
    with writing(db.engine, told.install.session_info()) as session:
        World(session).submitted()
    checkpoint = files(told)["checkpoint"]
    older = checkpoint.read_bytes()
    told.install.publish(db.engine)
    with holding(checkpoint, older), pytest.raises(LogError, match="hold 271 of 270 entries"):
        told.install.check_log(db.session())


def test_a_changed_body_in_the_database_is_named(told: Portal) -> None:
    for at in (0, 100, SIZE - 1):
        with Session(db.engine) as session:
            seqno, body = session.execute(
                select(LogEntry.seqno, LogEntry.body).join(LogSeq).where(LogSeq.idx == at)
            ).one()
        for other in (flipped(body, 0), flipped(body, len(body) - 1), body + b" "):
            change = "UPDATE log_entry SET body = :body WHERE seqno = :seqno"
            with (
                damaged("log_entry", change, body=other, seqno=seqno) as session,
                pytest.raises(LogError, match=f"Entry {at} in the database is not the published"),
            ):
                told.install.check_log(session)


ORDER: dict[str, tuple[str, str]] = {
    "the newest": (
        "DELETE FROM log_seq WHERE idx = 269",
        "database holds 269 of 270 published entries",
    ),
    "one in between": ("DELETE FROM log_seq WHERE idx = 100", "Entry 100 in the database"),
    "the first": ("DELETE FROM log_seq WHERE idx = 0", "Entry 0 in the database"),
    "another order": (
        "UPDATE log_seq SET idx = 1000 - idx WHERE idx IN (100, 200)",
        "Entry 100 in the database",
    ),
    "all": ("DELETE FROM log_seq", "database holds 0 of 270 published entries"),
}


def test_a_changed_order_in_the_database_is_found(told: Portal) -> None:
    for statement, sentence in ORDER.values():
        with (
            damaged("log_seq", statement) as session,
            pytest.raises(LogError, match=sentence),
        ):
            told.install.check_log(session)


def test_an_entry_that_waits_nowhere_is_found(told: Portal) -> None:
    with writing(db.engine, told.install.session_info()) as session:
        World(session).submitted()
    with (
        damaged("log_pending", "DELETE FROM log_pending") as session,
        pytest.raises(LogError, match="1 recorded entries wait in no queue"),
    ):
        told.install.check_log(session)


REQUEST = "published_request: RYG-2570-000001 is not what the log gives"
PUBLIC: dict[str, tuple[str, str]] = {
    "a figure": (
        "UPDATE published_figure SET satang = satang + 1 WHERE measure = 'disbursed'",
        "published_figure: 2026-11/GEN/SC5/LIVING/disbursed is not what the log gives",
    ),
    "a count": (
        "UPDATE published_figure SET count = count + 1 WHERE measure = 'approved'",
        "published_figure: 2026-11/GEN/SC5/LIVING/approved is not",
    ),
    "a month": (
        "UPDATE published_figure SET month = '2026-12' WHERE measure = 'requested'",
        "published_figure: 2026-12/GEN/SC5/LIVING/requested is not",
    ),
    "a figure less": (
        "DELETE FROM published_figure WHERE measure = 'requested'",
        "published_figure: 2026-11/GEN/SC5/LIVING/requested is not",
    ),
    "a figure more": (
        "INSERT INTO published_figure VALUES ('2026-10', 'GEN', 'SC5', 'X', 'approved', 1, 1)",
        "published_figure: 2026-10/GEN/SC5/X/approved is not",
    ),
    "a state": ("UPDATE published_request SET status = 'approved'", REQUEST),
    "an amount": ("UPDATE published_request SET satang = satang + 1", REQUEST),
    "an award": ("UPDATE published_request SET approved_satang = approved_satang - 1", REQUEST),
    "what was paid": ("UPDATE published_request SET disbursed_satang = 0", REQUEST),
    "a fund": ("UPDATE published_request SET fund = 'TENBAHT'", REQUEST),
    "a subcommittee": ("UPDATE published_request SET subcommittee = 'SC1'", REQUEST),
    "a category": ("UPDATE published_request SET category = 'TOOLKIT'", REQUEST),
    "its newest entry": ("UPDATE published_request SET last_index = 1", REQUEST),
    "a number": (
        "UPDATE published_request SET reference = 'RYG-2570-000009'",
        "published_request: RYG-2570-000009 is not what the log gives",
    ),
    "a request less": ("DELETE FROM published_request", REQUEST),
    "an act less": ("DELETE FROM published_act WHERE idx = 100", "The public entry 100 is not"),
    "the last act less": (
        "DELETE FROM published_act WHERE idx = 269",
        "hold 269 of 270 entries",
    ),
    "an act": ("UPDATE published_act SET satang = 1 WHERE idx = 99", "The public entry 99 is not"),
    "a role": ("UPDATE published_act SET role = 'x' WHERE idx = 9", "The public entry 9 is not"),
    "a name": (
        "UPDATE published_name SET name_th = 'x' WHERE code = 'GEN'",
        "fund/GEN/2026-11-02 is not",
    ),
    "a limit": ("UPDATE published_limit SET above_satang = 1", "published_limit: "),
    "a limit less": ("DELETE FROM published_limit", "published_limit: "),
    "a date": ("UPDATE published_request SET paid_at = '2026-01-01T00:00:00Z'", REQUEST),
    "a place": ("UPDATE published_request SET place = '210101'", REQUEST),
    "the parties": ("UPDATE published_request SET parties = '{}'", REQUEST),
    "the payments": ("UPDATE published_request SET payments = '{}'", REQUEST),
    "where money went": (
        "UPDATE published_flow SET satang = satang - 1 WHERE leg = 'payment'",
        r"published_flow: \d+ is not what the log gives",
    ),
    "whose money": (
        "UPDATE published_flow SET reference = 'ELSE' WHERE leg = 'donation'",
        r"published_flow: \d+ is not",
    ),
    "a group": ("UPDATE published_group SET count = count + 1", r"published_group: \d+ is not"),
    "a group less": ("DELETE FROM published_group", r"published_group: \d+ is not"),
    "a count of alike ones": (
        "UPDATE published_count SET satang = satang + 1",
        r"published_count: 2570/GEN/.* is not what the log gives",
    ),
    "an order": (
        "UPDATE published_order SET amount_key = amount_key + 1",
        r"published_order: RYG-2570-\d+ is not what the log gives",
    ),
    "a wait": ("UPDATE published_wait SET minutes = minutes + 1", "published_wait: SC5/decide/"),
    "a flow less": ("DELETE FROM published_flow WHERE leg = 'allocation'", "published_flow: "),
    "a finding": (
        "UPDATE published_finding SET state = 'closed'",
        "published_finding: RYG-2570-F000001 is not what the log gives",
    ),
    "a finding less": ("DELETE FROM published_finding", "published_finding: RYG-2570-F000001 is"),
    "a concern": (
        "UPDATE published_concern SET outcome = 'not_founded'",
        "published_concern: RYG-2570-C000001 is not what the log gives",
    ),
    "a concern less": ("DELETE FROM published_concern", "published_concern: RYG-2570-C000001 is"),
    "the position": ("UPDATE published_position SET root = ''", "another checkpoint"),
    "the key": ("UPDATE published_position SET vkey = ''", "another checkpoint"),
    "no acts": ("DELETE FROM published_act", "hold 0 of 270 entries"),
}


def test_what_waits_to_be_published_is_no_damage(told: Portal) -> None:
    with writing(db.engine, told.install.session_info()) as session:
        World(session).submitted()
    assert told.install.check_log(db.session()).size == SIZE
    db.session.close()


def test_an_account_below_zero_is_named(told: Portal) -> None:
    without_check = (
        "PRAGMA ignore_check_constraints = ON"
        if db.engine.dialect.name == "sqlite"
        else "ALTER TABLE balance DROP CONSTRAINT ck_balance_never_below_zero"
    )
    more = (
        "UPDATE posting SET satang = satang * 1000 WHERE journal_entry_id ="
        " (SELECT min(id) FROM journal_entry WHERE kind = 'allocation')"
    )
    agreeing = (
        "UPDATE balance SET satang ="
        " (SELECT sum(satang) FROM posting WHERE balance_id = balance.id)"
    )
    with (
        damaged("posting", without_check, more, agreeing) as session,
        pytest.raises(BooksError, match="available is below zero"),
    ):
        check_books(session)
    assert told.install.check_log(db.session()).size == SIZE
    db.session.close()


def test_a_fold_that_is_ahead_is_no_damage(told: Portal) -> None:
    older = signed_head(told.install.folder, told.install.signer.vkey)
    with writing(db.engine, told.install.session_info()) as session:
        World(session).submitted()
    told.install.publish(db.engine)
    with Session(db.engine) as session:
        check_continues(session, told.install.folder, older)


@pytest.mark.usefixtures("told")
def test_a_note_that_nobody_signed_is_not_shown_as_signed() -> None:
    statement = "UPDATE published_position SET note = replace(note, '270', '271')"
    with damaged("published_position", statement) as session:
        page = log_page(session)
        assert page is not None
        assert not page.is_signed


def test_a_changed_public_table_is_named(told: Portal) -> None:
    for statement, sentence in PUBLIC.values():
        table = re.findall(r"published_\w+", statement)[0]
        with damaged(table, statement) as session, pytest.raises(LogError, match=sentence):
            told.install.check_log(session)


def newest_posting(session: Session) -> tuple[int, int]:
    row = session.execute(
        text("SELECT id, journal_entry_id FROM posting ORDER BY id DESC LIMIT 1")
    ).one()
    return row.id, row.journal_entry_id


NEWEST = "(SELECT max(id) FROM posting)"
BOOKS: dict[str, tuple[str, str, Callable[[int], str]]] = {
    "a posting": (
        "posting",
        f"UPDATE posting SET satang = satang + 100 WHERE id = {NEWEST}",
        lambda entry: rf"Journal entry {entry} does not balance: .* add up to 1 baht",
    ),
    "a posting less": (
        "posting",
        f"DELETE FROM posting WHERE id = {NEWEST}",
        lambda entry: f"Journal entry {entry} does not balance",
    ),
    "no postings": (
        "posting",
        "DELETE FROM posting WHERE journal_entry_id = :entry",
        lambda entry: f"Journal entry {entry} does not balance",
    ),
    "a movement twice as large": (
        "posting",
        "UPDATE posting SET satang = satang * 2 WHERE journal_entry_id = :entry",
        lambda _: "The balance of GEN/SC5 (in_transit|disbursed) says",
    ),
    "a movement elsewhere": (
        "posting",
        f"UPDATE posting SET balance_id = (SELECT min(id) FROM balance) WHERE id = {NEWEST}",
        lambda _: "The balance of .* says .* baht; its postings add up to",
    ),
    "a balance": (
        "balance",
        "UPDATE balance SET satang = satang + 1 WHERE place = 'available'",
        lambda _: "The balance of .* available says",
    ),
    "a balance emptied": (
        "balance",
        "UPDATE balance SET satang = 0 WHERE subcommittee_code = 'SC5' AND place = 'disbursed'",
        lambda _: "The balance of GEN/SC5 disbursed says 0 baht; its postings add up to 1,500",
    ),
    "a balance out of nothing": (
        "balance",
        "INSERT INTO balance VALUES (1000, 'GEN', 'SC1', 'fees', 5)",
        lambda _: "The balance of GEN/SC1 fees says",
    ),
}


def test_changed_books_are_found(told: Portal) -> None:
    assert told.install.has_log
    with Session(db.engine) as session:
        _, entry = newest_posting(session)
    for table, statement, sentence in BOOKS.values():
        values = {"entry": entry} if ":entry" in statement else {}
        with damaged(table, statement, **values) as session:
            with pytest.raises(BooksError, match=sentence(entry)):
                check_books(session)
            ledger = "".join(beancount_lines(session.connection()))
            assert loader.load_string(ledger)[1], "beancount must see it too"
    assert check_books(db.session())


def test_books_that_the_log_does_not_tell_are_found(told: Portal) -> None:
    more = "UPDATE posting SET satang = satang * 2 WHERE journal_entry_id = 1"
    agreeing = (
        "UPDATE balance SET satang ="
        " (SELECT sum(satang) FROM posting WHERE balance_id = balance.id)"
    )
    with damaged("posting", more, agreeing) as session:
        check_books(session)
        with pytest.raises(LogError, match=r"[A-Z-]+//available holds .* in the books"):
            told.install.check_log(session)


ROWS: dict[str, tuple[str, str]] = {
    "an amount": ("payment", "UPDATE payment SET amount_satang = amount_satang + 1"),
    "a channel": ("payment", "UPDATE payment SET channel = 'cash'"),
    "a payment back": ("payment", "UPDATE payment SET state = 'sent'"),
    "what was confirmed": ("fund_request", "UPDATE fund_request SET confirmed_satang = 1"),
}


def test_a_payment_or_award_that_was_changed_in_the_database_is_named(told: Portal) -> None:
    for table, statement in ROWS.values():
        numbered = f"{statement} WHERE reference IS NOT NULL AND state IN ('confirmed', 'approved')"
        with (
            damaged(table, numbered) as session,
            pytest.raises(LogError, match=r"RYG-2570-P?0+1 is not what the log tells"),
        ):
            told.install.check_log(session)
