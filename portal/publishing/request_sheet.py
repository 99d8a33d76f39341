"""The published requests as a table to export."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy import Engine
from sqlalchemy import Select
from sqlalchemy import select

from portal.db import streamed
from portal.errors import N_
from portal.exporting import Column
from portal.exporting import Table
from portal.money import Money
from portal.publishing.models import PublishedRequest
from portal.publishing.narrowing import Narrowed
from portal.publishing.queries import Names
from portal.publishing.search_models import PublishedGroup
from portal.publishing.search_models import PublishedOrder
from portal.publishing.searching import Search

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


def request_sheet(engine: Engine, known: Names, search: Search, conditions: Narrowed) -> Table:
    """Return all that a search finds, in its order."""
    statement = asked_for(search, conditions, *PublishedRequest.__table__.columns)
    return Table("requests", COLUMNS, _rows(engine, statement, known))


def asked_for(
    search: Search, conditions: Narrowed, *told: ColumnElement[Any]
) -> Select[*tuple[Any, ...]]:
    """Select what is told of each request that a search finds, in its order."""
    found: Select[*tuple[Any, ...]] = select(*told).select_from(PublishedRequest)
    of_group = conditions.on(PublishedGroup)
    if conditions.narrows or search.order.key != "act":
        found = found.join(PublishedOrder, PublishedOrder.reference == PublishedRequest.reference)
    if of_group:
        found = found.join(PublishedGroup, PublishedGroup.id == PublishedOrder.group_id)
    key = _KEYS[search.order.key]
    asked = found.where(*of_group, *conditions.requests)
    return asked.order_by(key.asc() if search.order.goes_up else key.desc())


# The newest act has an index of its own in the table of requests.
_KEYS = {
    "act": PublishedRequest.last_index,
    "sent": PublishedOrder.sent_key,
    "amount": PublishedOrder.amount_key,
}


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
