"""The office's pages about the books: trial balance, fund statements, ledgers, year by year."""

from __future__ import annotations

from flask import Blueprint
from flask import render_template
from flask import request
from flask.typing import ResponseReturnValue

from portal.clock import now
from portal.db import db
from portal.downloads import ENDING
from portal.downloads import download
from portal.funds import books_sheet
from portal.funds.books_page import BookNames
from portal.funds.books_page import Year
from portal.funds.books_page import accounts_in
from portal.funds.books_page import book_names
from portal.funds.books_page import year_of_books
from portal.funds.ledger import Place
from portal.funds.ledger_page import FUND_ITSELF
from portal.funds.ledger_page import Selection
from portal.funds.ledger_page import ledger_page
from portal.funds.ledger_page import selection
from portal.funds.statements import TrialBalance
from portal.funds.statements import fund_statements
from portal.security import ROW_NUMBER_MAX
from portal.security import current_actor
from portal.thai import bangkok_day

bp = Blueprint("books", __name__, url_prefix="/books")


def _year() -> Year:
    number = request.args.get("year", None, type=int)
    return year_of_books(db.session(), number, today=bangkok_day(now()), by=current_actor())


@bp.get("")
def show_trial_balance() -> ResponseReturnValue:
    """Show what every account held, was given, gave, and holds, in a fiscal year."""
    session, year = db.session(), _year()
    return render_template(
        "office/books/show_trial_balance.html",
        trial=TrialBalance(accounts_in(session, year)),
        names=book_names(session),
        year=year,
        fund_itself=FUND_ITSELF,
    )


@bp.get(f"/trial-balance.{ENDING}")
def export_trial_balance(ending: str) -> ResponseReturnValue:
    """Send the trial balance of a fiscal year."""
    session, year = db.session(), _year()
    lines = accounts_in(session, year)
    return download(books_sheet.trial_balance_sheet(lines, book_names(session), year), ending)


@bp.get("/funds")
def show_fund_statements() -> ResponseReturnValue:
    """Show what became of the money of every fund in a fiscal year."""
    session, year = db.session(), _year()
    return render_template(
        "office/books/show_fund_statements.html",
        statements=fund_statements(accounts_in(session, year)),
        names=book_names(session),
        year=year,
    )


@bp.get(f"/funds.{ENDING}")
def export_fund_statements(ending: str) -> ResponseReturnValue:
    """Send the statements of all funds of a fiscal year."""
    session, year = db.session(), _year()
    statements = fund_statements(accounts_in(session, year))
    return download(books_sheet.fund_sheet(statements, book_names(session), year), ending)


@bp.get("/ledger/<fund>")
def show_ledger(fund: str) -> ResponseReturnValue:
    """Show each entry that moved the money of a fund, or of one account, with what was left."""
    session = db.session()
    names = book_names(session)
    of, year = _selection(names, fund), _year()
    return render_template(
        "office/books/show_ledger.html",
        ledger=ledger_page(session, of, year, after=_after()),
        of=of,
        places=Place,
        names=names,
        year=year,
        fund_itself=FUND_ITSELF,
    )


@bp.get(f"/ledger/<fund>/lines.{ENDING}")
def export_ledger(fund: str, ending: str) -> ResponseReturnValue:
    """Send the whole ledger of a year as it is narrowed."""
    of, year = _selection(book_names(db.session()), fund), _year()
    return download(books_sheet.ledger_sheet(db.engine, of, year), ending)


def _selection(names: BookNames, fund: str) -> Selection:
    address = request.args
    return selection(names, fund, address.get("subcommittee", ""), address.get("place", ""))


def _after() -> int:
    """Return the journal entry after which the page begins."""
    return min(max(request.args.get("after", 0, type=int), 0), ROW_NUMBER_MAX)
