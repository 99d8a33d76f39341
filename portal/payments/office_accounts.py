"""The administrator's pages of the foundation's accounts: listed, opened, closed."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

from flask import Blueprint
from flask import redirect
from flask import render_template
from flask import url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal.banks import BANKS
from portal.clock import now
from portal.db import db
from portal.errors import N_
from portal.funds.ruling import need_administrator
from portal.labels import Name
from portal.payments import accounts
from portal.payments import batch_page
from portal.payments.account_forms import AccountForm
from portal.payments.accounts import AccountAnswer
from portal.payments.batch_page import Account
from portal.payments.batch_rules import AccountNotFoundError
from portal.people.again import asks_again
from portal.people.once import OnceForm
from portal.people.once import acting
from portal.people.once import lead
from portal.people.once import once
from portal.people.planned import mark
from portal.people.planned import settle
from portal.security import current_actor

bp = Blueprint("accounts", __name__, url_prefix="/accounts")

BANK_NAMES = {code: Name(bank.name_th, bank.name_en) for code, bank in BANKS.items()}


@bp.get("")
def list_accounts() -> ResponseReturnValue:
    """Show the accounts from which the foundation pays."""
    need_administrator(current_actor())
    return render_template(
        "office/accounts/list_accounts.html",
        rows=batch_page.accounts(db.session()),
        banks=BANK_NAMES,
    )


@bp.get("/new")
@asks_again
def new_account() -> ResponseReturnValue:
    """Show the form of a new account."""
    need_administrator(current_actor())
    return _show_new(AccountForm(formdata=None).offer())


def _show_new(form: AccountForm, planned: AccountAnswer | None = None) -> str:
    return render_template(
        "office/accounts/new_account.html",
        form=form,
        planned=planned,
        mark=mark(planned),
        banks=BANK_NAMES,
    )


@bp.post("/new")
@asks_again
@once
def open_account() -> ResponseReturnValue:
    """Show what would be opened, then open it."""
    by, form = current_actor(), AccountForm().offer()
    need_administrator(by)
    plan = partial(accounts.plan_account, by=by)

    def act(session: Session, answer: AccountAnswer) -> None:
        accounts.open_account(session, answer, by=by, at=now())
        what, why = N_("The account is opened."), N_("Batches can be paid from it.")
        lead(_url(), what, why, reference=answer.code)

    show = partial(_show_new, form)
    return settle(form, show, plan=plan, act=act, within=acting) or _back()


@bp.get("/<code>/close")
@asks_again
def show_close(code: str) -> ResponseReturnValue:
    """Show which account would be closed."""
    need_administrator(current_actor())
    return render_template("office/accounts/show_close.html", row=_open(code), form=OnceForm())


def _open(code: str) -> Account:
    for row in batch_page.accounts(db.session()):
        if row.code == code and not row.is_closed:
            return row
    raise AccountNotFoundError


@bp.post("/<code>/close")
@asks_again
@once
def close_account(code: str) -> ResponseReturnValue:
    """Let nothing leave from an account any more."""
    with acting() as session:
        accounts.close_account(session, code, by=current_actor(), at=now())
        what, why = N_("The account is closed."), N_("Nothing leaves from it any more.")
        return lead(_url(), what, why, reference=code)


def _back() -> ResponseReturnValue:
    return redirect(_url(), HTTPStatus.SEE_OTHER)


def _url() -> str:
    return url_for(".list_accounts")
