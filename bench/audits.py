"""What is kept of an approval, in the process that approves: our log, nothing, or a peer's audit.

`off` is the same approval whose act is not recorded: in the place of its entry stands the id of an
empty one that was there before, and the guards that want an entry of its own are gone. The peers
are `off` with their audit of the same tables: postgresql-audit by triggers on each table that an
approval writes; SQLAlchemy-Continuum by the session, which shows it what is written as an object,
the request and the journal entry, and nothing of the other five tables.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import Any

from sqlalchemy import Connection
from sqlalchemy import text

from judges.bringing import python_environment
from portal.audit.entry import Draft
from portal.db import Base
from portal.funds import docket
from portal.funds.models import FundRequest
from portal.funds.models import JournalEntry

PEERS = ("postgresql-audit==0.18.0", "SQLAlchemy-Continuum==2.0.0", "SQLAlchemy-Utils==0.43.0")
# What an approval writes besides the log.
WRITTEN = (
    "fund_request",
    "request_act",
    "request_duty",
    "journal_entry",
    "posting",
    "balance",
    "letter",
)
GUARDS = ("fund_request_needs_entry", "fund_request_entry_is_new")


class Audit(StrEnum):
    """An arm: what is kept."""

    OFF = "off"
    OURS = "ours"
    TRIGGERS = "postgresql-audit"
    CONTINUUM = "SQLAlchemy-Continuum"


@dataclass(frozen=True, slots=True)
class Keeper:
    """How an arm is begun: once in its database, as the owner, and in each client's process."""

    prepare: Callable[[Connection], None]
    begin: Callable[[Iterator[str]], None]
    # Where at least one row more is found for each approval.
    kept_in: str


def packages() -> str:
    """Bring the peers into an environment of their own, where they find our SQLAlchemy; name it."""
    programs = python_environment("peers", sys.executable, *PEERS, option="--no-deps")
    (place,) = programs.parent.glob("lib/python*/site-packages")
    return str(place)


def _drop_guards(owner: Connection) -> None:
    for guard in GUARDS:
        of_table = " ON fund_request" if owner.dialect.name == "postgresql" else ""
        owner.execute(text(f"DROP TRIGGER {guard}{of_table}"))


def _record_nothing(spare: Iterator[str]) -> None:
    def record(_session: object, _draft: Draft) -> str:
        return next(spare)

    # The portal has no switch for it.
    setattr(docket, "record", record)  # noqa: B010 - it is no name of ours to set


def _audit_tables(owner: Connection) -> None:
    _drop_guards(owner)
    manager = _triggers()
    Base.metadata.create_all(
        owner, [manager.transaction_cls.__table__, manager.activity_cls.__table__]
    )
    for table in WRITTEN:
        owner.execute(text("SELECT audit_table(:name)"), {"name": table})


def _begin_triggers(spare: Iterator[str]) -> None:
    _record_nothing(spare)
    _triggers().values = {"actor_id": "4"}


def _triggers() -> Any:  # it has no types
    manager = import_module("postgresql_audit").versioning_manager
    if not hasattr(manager, "base"):
        FundRequest.__versioned__ = {}
        manager.init(Base)
        manager.configure_versioned_classes()
    return manager


def _version_tables(owner: Connection) -> None:
    _drop_guards(owner)
    known = set(Base.metadata.tables)
    _continuum()
    Base.metadata.create_all(
        owner, [table for name, table in Base.metadata.tables.items() if name not in known]
    )


def _begin_continuum(spare: Iterator[str]) -> None:
    _record_nothing(spare)
    _continuum()


def _continuum() -> None:
    """Have the models versioned; they were mapped before it came, so that it is told by hand."""
    continuum = import_module("sqlalchemy_continuum")
    continuum.make_versioned(user_cls=None)
    manager = continuum.versioning_manager
    for model in (FundRequest, JournalEntry):
        model.__versioned__ = {}
        manager.builder.instrument_versioned_classes(model.__mapper__, model)
    manager.builder.configure_versioned_classes()


def _nothing(_: object) -> None:
    """Leave our own as it is."""


KEEPERS = {
    Audit.OFF: Keeper(_drop_guards, _record_nothing, "request_act"),
    Audit.OURS: Keeper(_nothing, _nothing, "log_entry"),
    Audit.TRIGGERS: Keeper(_audit_tables, _begin_triggers, "activity"),
    Audit.CONTINUUM: Keeper(_version_tables, _begin_continuum, "fund_request_version"),
}
