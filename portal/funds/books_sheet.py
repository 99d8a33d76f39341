"""The books as tables to export: trial balance, fund statements, and a ledger line by line."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence

from sqlalchemy import Engine

from portal.db import one_moment
from portal.errors import N_
from portal.exporting import Column
from portal.exporting import Table
from portal.funds.books_page import BookNames
from portal.funds.books_page import Year
from portal.funds.ledger_page import Selection
from portal.funds.ledger_page import whole_ledger
from portal.funds.statements import AccountYear
from portal.funds.statements import FundStatement
from portal.money import Money

_FUND = (Column("fund", N_("Fund")), Column("fund_name", N_("Name of the fund")))
TRIAL_BALANCE = (
    *_FUND,
    Column("subcommittee", N_("Subcommittee")),
    Column("place", N_("Account"), labels="place"),
    Column("opening_baht", N_("Opening (baht)")),
    Column("debit_baht", N_("Debit (baht)")),
    Column("credit_baht", N_("Credit (baht)")),
    Column("closing_baht", N_("Closing (baht)")),
)
FUND_STATEMENTS = (
    *_FUND,
    Column("carried_over_baht", N_("Carried over from the year before (baht)")),
    Column("received_baht", N_("Received (baht)")),
    Column("paid_baht", N_("Paid out (baht)")),
    Column("came_back_baht", N_("Came back of it (baht)")),
    Column("fees_baht", N_("Fees the bank kept (baht)")),
    Column("left_baht", N_("Left, carried over to the next year (baht)")),
    Column("allocated_baht", N_("Allocated (baht)")),
    Column("approved_baht", N_("Approved (baht)")),
    Column("set_free_baht", N_("Approved and set free again (baht)")),
    Column("left_unallocated_baht", N_("Left: not allocated (baht)")),
    Column("left_available_baht", N_("Left: for subcommittees to decide on (baht)")),
    Column("left_approved_baht", N_("Left: approved, not yet paid (baht)")),
)
LEDGER = (
    Column("entry", N_("Journal entry")),
    Column("booked_at", N_("Booked at")),
    Column("kind", N_("What happened"), labels="entry_kind"),
    Column("reference", N_("Reference")),
    Column("debit_baht", N_("Debit (baht)")),
    Column("credit_baht", N_("Credit (baht)")),
    Column("balance_baht", N_("Balance (baht)")),
    Column("log_entry", N_("Entry in the log")),
)


def trial_balance_sheet(lines: Sequence[AccountYear], names: BookNames, year: Year) -> Table:
    """Return the trial balance of a year."""
    rows = [
        (
            line.account.fund,
            names.funds[line.account.fund],
            line.account.subcommittee,
            line.account.place,
            line.opening,
            line.debit,
            line.credit,
            line.closing,
        )
        for line in lines
    ]
    return Table(f"trial-balance-{year.number}", TRIAL_BALANCE, rows)


def fund_sheet(statements: Sequence[FundStatement], names: BookNames, year: Year) -> Table:
    """Return the statements of all funds of a year."""
    rows = [
        (
            told.fund,
            names.funds[told.fund],
            told.carried_over,
            told.received,
            told.paid,
            told.returned,
            told.fees,
            told.left,
            told.allocated,
            told.approved,
            told.released,
            told.unallocated,
            told.available,
            told.set_aside,
        )
        for told in statements
    ]
    return Table(f"fund-statements-{year.number}", FUND_STATEMENTS, rows)


def ledger_sheet(engine: Engine, selection: Selection, year: Year) -> Table:
    """Return a ledger of a year; its lines are read while they are sent."""
    return Table(f"ledger-{selection.fund}-{year.number}", LEDGER, _rows(engine, selection, year))


def _rows(engine: Engine, selection: Selection, year: Year) -> Iterator[Sequence[object]]:
    with one_moment(engine) as connection:
        for line in whole_ledger(connection, selection, year):
            yield (
                line.number,
                line.at,
                line.kind,
                line.reference,
                line.debit or Money(0),
                line.credit or Money(0),
                line.balance,
                line.eid,
            )
