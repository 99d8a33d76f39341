"""The bugs to plant under load: what a failing machine must bring to light."""

from __future__ import annotations

from faults.planting import Plant

SUPPRESS = "from contextlib import contextmanager\n"
BOTH = "from contextlib import contextmanager\nfrom contextlib import suppress\n"

# What an act stands in, with its key.
ACTING = """\
    with transaction() as session:
        keys.take_key(session, g.sent, part, at=now())
        yield session
        keys.keep_led(session, g.sent, part, g.led)
"""

KILL = (
    Plant(
        "the entry is committed before its act",
        (
            (
                "portal/funds/docket.py",
                """\
    eid = record(session, draft)
""",
                """\
    eid = record(session, draft)
    session.connection().connection.commit()
""",
            ),
        ),
    ),
    Plant(
        "a form is answered before its act is committed",
        (
            (
                "portal/people/once.py",
                ACTING,
                """\
    import threading, time
    from portal.db import writing
    closing = writing(db.engine, current_app.extensions["session_info"]())
    session = closing.__enter__()
    keys.take_key(session, g.sent, part, at=now())
    yield session
    keys.keep_led(session, g.sent, part, g.led)
    later = lambda: (time.sleep(0.2), closing.__exit__(None, None, None))
    threading.Thread(target=later).start()
""",
            ),
        ),
        # On SQLite the publishing that follows waits for the commit.
        engines=("postgresql",),
    ),
    Plant(
        "the key is kept before its act is committed",
        (
            (
                "portal/people/once.py",
                ACTING,
                """\
    with transaction() as session:
        keys.take_key(session, g.sent, part, at=now())
        keys.keep_led(session, g.sent, part, Led(request.path))
    with transaction() as session:
        yield session
""",
            ),
        ),
    ),
)
POWER = (
    Plant(
        "SQLite syncs at checkpoints alone",
        (("portal/db.py", '"synchronous = FULL"', '"synchronous = NORMAL"'),),
        engines=("sqlite",),
    ),
    Plant(
        "PostgreSQL answers before it syncs",
        (
            (
                "portal/db.py",
                """\
        event.listen(engine, "connect", _guard)
""",
                """\
        event.listen(engine, "connect", _guard)
    else:
        event.listen(engine, "connect", _hurry)


def _hurry(connection: Any, _record: object) -> None:
    connection.execute("SET synchronous_commit = off")
    connection.commit()
""",
            ),
        ),
        engines=("postgresql",),
    ),
    Plant(
        "published files are renamed before they are synced",
        (("portal/audit/folder.py", "            os.fsync(file.fileno())\n", ""),),
    ),
    Plant(
        "the bank's files are renamed before they are synced",
        (("portal/archive.py", "            os.fsync(file.fileno())\n", ""),),
    ),
    Plant(
        "the signer syncs no folder",
        (
            (
                "portal/audit/signer.py",
                '"PRAGMA synchronous = EXTRA"',
                '"PRAGMA synchronous = FULL"',
            ),
        ),
    ),
    Plant(
        "the signer does not sync what it signed",
        (("portal/audit/signer.py", '"PRAGMA synchronous = EXTRA"', '"PRAGMA synchronous = OFF"'),),
    ),
)
RESTART = (
    Plant(
        "an error at commit is swallowed",
        (
            ("portal/db.py", SUPPRESS, BOTH),
            (
                "portal/db.py",
                "from sqlalchemy.ext.compiler",
                "from sqlalchemy.exc import OperationalError\nfrom sqlalchemy.ext.compiler",
            ),
            (
                "portal/db.py",
                """\
    with Session(engine, info=dict(info)) as session, session.begin():
        session.connection(execution_options={"writes": True})
        yield session
""",
                """\
    with suppress(OperationalError), Session(engine, info=dict(info)) as session:
        session.connection(execution_options={"writes": True})
        yield session
        session.commit()
""",
            ),
        ),
        engines=("postgresql",),
    ),
    Plant(
        "nobody waits for a database that is busy",
        (("portal/db.py", '"busy_timeout = 30000"', '"busy_timeout = 0"'),),
        engines=("sqlite",),
    ),
)
FULL = (
    Plant(
        "the error of a full disk is swallowed",
        (
            ("portal/archive.py", "import os\n", "import os\nfrom contextlib import suppress\n"),
            ("portal/archive.py", "with os.fdopen(", "with suppress(OSError), os.fdopen("),
            ("portal/audit/folder.py", SUPPRESS, BOTH),
            ("portal/audit/folder.py", "with temporary.", "with suppress(OSError), temporary."),
        ),
    ),
)
CLOCK = (
    Plant(
        "entries are ordered by the clock",
        (
            (
                "portal/audit/service.py",
                """\
    waiting = select(LogPending).order_by(LogPending.pno).limit(BATCH).subquery().c
    place = first - 1 + func.row_number().over(order_by=waiting.pno)
    ordered = select(place, waiting.seqno).order_by(waiting.pno)
""",
                """\
    told = select(LogPending.pno, LogPending.seqno, LogEntry.eid)
    joined = told.join(LogEntry, LogEntry.seqno == LogPending.seqno)
    waiting = joined.order_by(LogPending.pno).limit(BATCH).subquery().c
    place = first - 1 + func.row_number().over(order_by=waiting.eid)
    ordered = select(place, waiting.seqno).order_by(waiting.eid)
""",
            ),
        ),
    ),
)
