"""How Alembic finds the tables and the database."""

import sqlalchemy as sa
from alembic import context
from flask import current_app

from portal.db import owners_engine

db = current_app.extensions["migrate"].db

OPTIONS = {
    "target_metadata": db.metadata,
    "compare_type": True,
    "transaction_per_migration": True,
}


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

if context.is_offline_mode():
    context.configure(
        url=current_app.config["SQLALCHEMY_DATABASE_URI"], literal_binds=True, **OPTIONS
    )
    with context.begin_transaction():
        context.run_migrations()
else:
    engine = owners_engine(db.engine.url)
    with engine.connect().execution_options(writes=True) as connection:
        context.configure(connection=connection, **OPTIONS)
        with context.begin_transaction():
            context.run_migrations()
