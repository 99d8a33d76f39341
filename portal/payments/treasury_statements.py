"""The treasurers' pages of bank statements: files come in, and what is sure is confirmed."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint
from flask import render_template
from flask import request
from flask import url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal.clock import now
from portal.db import db
from portal.downloads import ENDING
from portal.downloads import download
from portal.errors import N_
from portal.errors import InputError
from portal.errors import RuleError
from portal.funds.choices import choices
from portal.funds.sheet_rules import About
from portal.funds.sheet_rules import sheets_to_ask
from portal.funds.sheets_issued import sheets_about
from portal.journal import Event
from portal.journal import note
from portal.payments import match_rules
from portal.payments import matching_page
from portal.payments import reconciling
from portal.payments import told_months
from portal.payments.confirming import Pairing
from portal.payments.confirming import confirm_pairings
from portal.payments.matching_forms import FeeForm
from portal.payments.matching_forms import StatementForm
from portal.payments.matching_forms import TicksForm
from portal.payments.matching_page import MatchingPage
from portal.payments.matching_page import Proposal
from portal.payments.statement_files import FILE_BYTES_MAX
from portal.payments.statement_lines import import_statement
from portal.people.once import acting
from portal.people.once import lead
from portal.people.once import once
from portal.people.planned import mark
from portal.security import current_actor
from portal.security import take_up_to
from portal.thai import bangkok_day
from portal.words import in_language
from portal.words import say

bp = Blueprint("statements", __name__, url_prefix="/statements")

SHOWN_MAX = 200
# The file, and what a form needs around it.
BODY_BYTES_MAX = FILE_BYTES_MAX + 1024 * 1024


@bp.url_value_preprocessor
def _take_statements(endpoint: str | None, _values: dict[str, object] | None) -> None:
    """Raise the limit of what may be sent before anybody reads the form."""
    if request.method == "POST" and endpoint == "treasury.statements.import_file":
        take_up_to(BODY_BYTES_MAX)


@bp.get("")
def list_statements() -> ResponseReturnValue:
    """Show the accounts, up to where their statements tell, and the form for a file."""
    return _list_statements(StatementForm(formdata=None))


def _list_statements(form: StatementForm) -> str:
    rows = matching_page.accounts(db.session())
    offered = {row.code: f"{in_language(row.name)} ({row.number})" for row in rows}
    return render_template(
        "treasury/statements/list_statements.html", rows=rows, form=form.offer(offered)
    )


@bp.post("")
@once
def import_file() -> ResponseReturnValue:
    """Import the lines of a bank's file."""
    form = StatementForm()
    codes = {row.code: row.code for row in matching_page.accounts(db.session())}
    if not form.offer(codes).validate_on_submit():
        return _list_statements(form), HTTPStatus.UNPROCESSABLE_ENTITY
    account, file = form.account.data, form.statement.data
    # One byte more than is taken tells that it is too large.
    content = file.stream.read(FILE_BYTES_MAX + 1)
    try:
        with acting() as session:
            imported = import_statement(
                session,
                account,
                content,
                name=file.filename or "",
                by=current_actor(),
                at=now(),
            )
            return lead(
                _url(account),
                N_("The statement is read: %(new)s new lines."),
                N_("%(known)s lines were known already and stay as they were."),
                new=f"{imported.new:,}",
                known=f"{imported.known:,}",
            )
    except (InputError, RuleError) as error:
        note(Event.UPLOAD_REFUSED, cause=type(error).__name__)
        form.statement.errors = [say(error)]
        return _list_statements(form), HTTPStatus.UNPROCESSABLE_ENTITY


@bp.get("/<account>")
def show_account(account: str) -> ResponseReturnValue:
    """Show the open lines of an account, by what they may be."""
    return _show_account(account, TicksForm(formdata=None))


def _show_account(account: str, form: TicksForm) -> str:
    session, by = db.session(), current_actor()
    row = matching_page.account_row(session, account)
    page = matching_page.matching_page(session, account, by, at=now())
    funds = {code: in_language(name) for code, name in choices(session).funds}
    return render_template(
        "treasury/statements/show_account.html",
        row=row,
        page=page,
        form=form,
        fee_form=FeeForm(formdata=None).offer(funds),
        mark=mark,
        all_mark=_all_mark(page),
        months=reconciling.months(session, account),
        shown_max=SHOWN_MAX,
    )


@bp.post("/<account>/confirm")
@once
def confirm_lines(account: str) -> ResponseReturnValue:
    """Confirm the ticked suggestions, or all that this person may confirm: all, or none."""
    form, by, at = TicksForm(), current_actor(), now()
    try:
        with acting() as session:
            picked = _picked(session, account, form)
            pairings = [Pairing(one.suggestion.lines, one.names) for one in picked]
            confirm_pairings(session, pairings, by=by, at=at)
            return lead(
                _url(account),
                N_("%(count)s payments are confirmed."),
                N_("The money counts as paid out, in public too."),
                count=f"{sum(len(one.names) for one in picked):,}",
            )
    except RuleError as error:
        form.form_errors.append(say(error))
        return _show_account(account, form), HTTPStatus.CONFLICT


def _picked(session: Session, account: str, form: TicksForm) -> list[Proposal]:
    """Return the suggestions that are meant; exactly as the page showed them, or refuse."""
    page = matching_page.matching_page(session, account, current_actor(), at=now())
    if form.all.data:
        if form.all.data != _all_mark(page):
            raise match_rules.StaleSuggestionsError
        return [*page.mine]
    ticked = set(request.form.getlist("pick"))
    if not ticked:
        raise match_rules.NothingTickedError
    picked = [one for one in page.mine if mark(one.suggestion) in ticked]
    if len(picked) != len(ticked):
        raise match_rules.StaleSuggestionsError
    return picked


def _all_mark(page: MatchingPage) -> str:
    return mark([one.suggestion for one in page.mine]) if page.mine else ""


@bp.get("/<account>/<month>")
def show_sheet(account: str, month: str) -> ResponseReturnValue:
    """Show the reconciliation of a month."""
    first = reconciling.read_month(month)
    row = matching_page.account_row(db.session(), account)
    sheet = reconciling.month_sheet(db.session(), account, first)
    to_ask = sheets_to_ask(About.MONTH, current_actor())
    return render_template(
        "treasury/statements/show_sheet.html",
        row=row,
        month=month,
        first=first,
        sheet=sheet,
        issued=sheets_about(db.session(), f"{About.MONTH}:{account}-{month}"),
        to_ask=to_ask if told_months.is_over(first, bangkok_day(now())) else (),
    )


@bp.get(f"/<account>/<month>.{ENDING}")
def export_sheet(account: str, month: str, ending: str) -> ResponseReturnValue:
    """Send the reconciliation of a month."""
    first = reconciling.read_month(month)
    matching_page.account_row(db.session(), account)
    sheet = reconciling.month_sheet(db.session(), account, first)
    return download(reconciling.sheet_table(sheet, f"statement-{account}-{month}"), ending)


def _url(account: str) -> str:
    return url_for(".show_account", account=account)
