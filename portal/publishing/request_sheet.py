"""The published requests as a table to export."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from sqlalchemy import Select
from sqlalchemy import select

from portal.db import streamed
from portal.errors import N_
from portal.exporting import Column
from portal.exporting import Table
from portal.money import Money
from portal.publishing.models import PublishedRequest
from portal.publishing.queries import Names

COLUMNS = (
    Column("reference", N_("Reference")),
    Column("status", N_("Where it stands"), labels="state"),
    Column("kind", N_("For whom"), labels="kind"),
    Column("category", N_("Kind of help")),
    Column("purpose", N_("Purpose")),
    Column("subcommittee", N_("Subcommittee")),
    Column("fund", N_("Fund")),
    Column("fiscal_year", N_("Fiscal year")),
    Column("amount_baht", N_("Amount (baht)")),
    Column("approved_baht", N_("Approved (baht)")),
    Column("paid_baht", N_("Paid out (baht)")),
    Column("submitted_at", N_("Sent at")),
    Column("decided_at", N_("Decided at")),
    Column("paid_at", N_("Paid at")),
)


def request_sheet(engine: Engine, known: Names, *, status: str) -> Table:
    """Return the published requests of a status, or all, the newest act first."""
    of_status = [PublishedRequest.status == status] if status else []
    found = (
        select(*PublishedRequest.__table__.columns)
        .where(*of_status)
        .order_by(PublishedRequest.last_index.desc())
    )
    return Table("requests", COLUMNS, _rows(engine, found, known))


def _rows(
    engine: Engine, statement: Select[*tuple[Any, ...]], known: Names
) -> Iterator[Sequence[object]]:
    for facts in streamed(engine, statement):
        yield (
            facts.reference,
            facts.status,
            facts.kind,
            known["category", facts.category],
            known["purpose", facts.purpose],
            known["subcommittee", facts.subcommittee],
            known["fund", facts.fund],
            facts.fiscal_year,
            Money(facts.satang),
            Money(facts.approved_satang),
            Money(facts.disbursed_satang),
            datetime.fromisoformat(facts.submitted_at),
            _moment(facts.decided_at),
            _moment(facts.paid_at),
        )


def _moment(written: str) -> datetime | None:
    return datetime.fromisoformat(written) if written else None
