"""The journal as other people's programs read it: every entry, streamed, and what came of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from sqlalchemy import Connection
from sqlalchemy import func
from sqlalchemy import select

from portal.funds.beancount import Booked
from portal.funds.beancount import Books
from portal.funds.beancount import written
from portal.funds.ledger import Account
from portal.funds.ledger import EntryKind
from portal.funds.ledger import Posting
from portal.funds.models import Balance
from portal.funds.models import Donation
from portal.funds.models import Foundation
from portal.funds.models import FundRequest
from portal.funds.models import JournalEntry
from portal.funds.models import PostingRow
from portal.money import Money
from portal.thai import bangkok_day


def beancount_lines(connection: Connection) -> Iterator[str]:
    """Give the whole ledger as beancount reads it; the connection sees one moment throughout."""
    return written(_books(connection), _entries(connection))


def _books(connection: Connection) -> Books:
    title = connection.scalar(select(Foundation.name_en)) or ""
    first = connection.scalar(select(func.min(JournalEntry.at)))
    found = connection.execute(
        select(Balance.fund_code, Balance.subcommittee_code, Balance.place, Balance.satang)
    )
    balances = sorted(
        (Account(fund, subcommittee, place), Money(satang))
        for fund, subcommittee, place, satang in found
    )
    return Books(title, bangkok_day(first) if first else None, balances)


def _entries(connection: Connection) -> Iterator[Booked]:
    found = connection.execute(
        select(
            JournalEntry.id,
            JournalEntry.at,
            JournalEntry.kind,
            JournalEntry.log_eid,
            func.coalesce(FundRequest.reference, Donation.reference, "").label("reference"),
            Balance.fund_code,
            Balance.subcommittee_code,
            Balance.place,
            PostingRow.satang,
        )
        .join(PostingRow, PostingRow.journal_entry_id == JournalEntry.id)
        .join(Balance, Balance.id == PostingRow.balance_id)
        .outerjoin(FundRequest, FundRequest.id == JournalEntry.fund_request_id)
        .outerjoin(Donation, Donation.log_eid == JournalEntry.log_eid)
        .order_by(JournalEntry.id, PostingRow.id)
    )
    for number, rows in groupby(found, lambda row: row.id):
        lines = list(rows)
        entry = lines[0]
        yield Booked(
            number=number,
            day=bangkok_day(entry.at),
            kind=EntryKind(entry.kind),
            eid=entry.log_eid,
            reference=entry.reference,
            postings=[
                Posting(
                    Account(line.fund_code, line.subcommittee_code, line.place), Money(line.satang)
                )
                for line in lines
            ],
        )
