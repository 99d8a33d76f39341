"""How Alembic finds the tables and the database.

Each migration is one transaction: killed midway it was never begun, and `upgrade` goes on from the
last whole one. On PostgreSQL a migration that cannot have its locks soon lets the pages go first and
tries again: whoever waits for a lock makes everybody wait who comes after.
"""

import time

import sqlalchemy as sa
from alembic import context
from flask import current_app
from psycopg.errors import DeadlockDetected
from psycopg.errors import LockNotAvailable

from portal.db import owners_engine

db = current_app.extensions["migrate"].db

OPTIONS = {
    "target_metadata": db.metadata,
    "compare_type": True,
    "transaction_per_migration": True,
}
# So long a page may wait behind a migration that waits itself; then the pages have the same again.
LOCK_SECONDS = 1
# Any number: two upgrades at once are one after the other.
UPGRADE_LOCK = 0x6D696772617465


def render_item(kind, item, autogen_context):
    """Write our column types as SQLAlchemy's own: a migration imports nothing from the portal."""
    if kind == "type" and type(item).__name__ == "Moment":
        return "sa.DateTime(timezone=True)"
    return False


def include_object(item, name, kind, is_reflected, other):
    """Leave out what only one engine has: PostgreSQL computes the leaf hash in a column."""
    return not (kind == "column" and is_reflected and other is None and name == "leaf")


def compare_type(context, inspected, declared, inspected_type, declared_type):
    """Compare what is stored: SQLite has no column for a zone."""
    return False if type(declared_type).__name__ == "Moment" else None


OPTIONS |= {
    "render_item": render_item,
    "include_object": include_object,
    "compare_type": compare_type,
}


def migrate(connection):
    """Run what is to be run, each migration in a transaction of its own."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(f"SET lock_timeout = '{LOCK_SECONDS}s'"))
        connection.execute(sa.text(f"SELECT pg_advisory_lock({UPGRADE_LOCK})"))
        connection.commit()
    context.configure(connection=connection, **OPTIONS)
    with context.begin_transaction():
        context.run_migrations()


def is_passing(error):
    """Say whether somebody else's lock stood in the way, which is over when they are done."""
    return isinstance(error.orig, (LockNotAvailable, DeadlockDetected))


def patiently(engine):
    """Migrate; where a lock is not to be had, let others go first and go on from there."""
    is_told = False
    while not migrated(engine):
        if not is_told:
            print("Somebody holds a table that is to be changed; the upgrade waits and goes on.")
        is_told = True
        time.sleep(LOCK_SECONDS)


def migrated(engine):
    """Migrate; say whether that came to its end, or has to be tried again."""
    try:
        with engine.connect().execution_options(writes=True) as connection:
            migrate(connection)
    except sa.exc.OperationalError as error:
        if not is_passing(error):
            raise
        return False
    return True


if context.is_offline_mode():
    context.configure(
        url=current_app.config["SQLALCHEMY_DATABASE_URI"], literal_binds=True, **OPTIONS
    )
    with context.begin_transaction():
        context.run_migrations()
else:
    patiently(owners_engine(db.engine.url))
