"""Logins in the roles of the migrations, on the server that a test's database is on."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from contextlib import contextmanager

from sqlalchemy import URL
from sqlalchemy import Engine
from sqlalchemy import create_engine
from sqlalchemy import text

WEB, PUBLISHER, READER = "portal_web", "portal_publisher", "portal_reader"


@contextmanager
def login(url: URL, role: str) -> Iterator[Engine]:
    """Make a login in this role, and give its engine on this database."""
    name, word = f"{role}_{secrets.token_hex(4)}", secrets.token_hex(16)
    superuser = create_engine(url, isolation_level="AUTOCOMMIT")
    engine = create_engine(url.set(username=name, password=word))
    with ExitStack() as last, superuser.connect() as connection:
        last.callback(superuser.dispose)
        connection.execute(text(f"CREATE ROLE {name} LOGIN PASSWORD '{word}' IN ROLE {role}"))
        try:
            yield engine
        finally:
            engine.dispose()
            connection.execute(text(f"DROP ROLE {name}"))
