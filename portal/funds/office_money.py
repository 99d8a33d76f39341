"""The office's pages about money that comes in: donations, and allocations of it."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

from flask import Blueprint
from flask import redirect
from flask import render_template
from flask import url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal.clock import now
from portal.db import db
from portal.errors import N_
from portal.funds import money_in
from portal.funds.money_forms import AllocationForm
from portal.funds.money_forms import DonationForm
from portal.funds.money_in import AllocationAnswer
from portal.funds.money_in import DonationAnswer
from portal.funds.money_page import MoneyPage
from portal.funds.money_page import donation_line
from portal.funds.money_page import money_page
from portal.funds.sheet_rules import About
from portal.funds.sheet_rules import sheets_to_ask
from portal.funds.sheets_issued import sheets_about
from portal.people.once import acting
from portal.people.once import lead
from portal.people.once import once
from portal.people.planned import mark
from portal.people.planned import settle
from portal.security import current_actor
from portal.thai import bangkok_day
from portal.words import in_language

bp = Blueprint("money", __name__, url_prefix="/money-in")


@bp.get("")
def show_money_in() -> ResponseReturnValue:
    """Show what each fund holds, the newest donations and allocations."""
    return render_template("office/money/show_money_in.html", page=_page())


def _page() -> MoneyPage:
    return money_page(db.session(), day=bangkok_day(now()), by=current_actor())


@bp.get("/donations/new")
def new_donation() -> ResponseReturnValue:
    """Show the form of a donation."""
    return _show_donation(_donation_form())


def _donation_form() -> DonationForm:
    return DonationForm().offer(
        {fund.code: in_language(fund.name) for fund in _page().funds if not fund.ends}
    )


def _show_donation(form: DonationForm, planned: DonationAnswer | None = None) -> str:
    return render_template(
        "office/money/new_donation.html",
        form=form,
        planned=planned,
        mark=mark(planned),
        page=_page(),
    )


@bp.post("/donations/new")
@once
def receive_donation() -> ResponseReturnValue:
    """Show what would be booked, then book it."""
    by, at, form = current_actor(), now(), _donation_form()

    def act(session: Session, answer: DonationAnswer) -> None:
        money_in.receive_donation(session, answer, by=by, at=at)
        what, why = N_("The donation is booked."), N_("It can be allocated to a subcommittee now.")
        lead(_url(), what, why)

    plan, show = partial(money_in.plan_donation, by=by, at=at), partial(_show_donation, form)
    return settle(form, show, plan=plan, act=act, within=acting) or _back()


@bp.get("/donations/<reference>")
def show_donation(reference: str) -> ResponseReturnValue:
    """Show one donation, with who gave it."""
    donation = donation_line(db.session(), reference, by=current_actor())
    return render_template(
        "office/money/show_donation.html",
        donation=donation,
        sheets=sheets_about(db.session(), f"{About.DONATION}:{reference}"),
        to_ask=sheets_to_ask(About.DONATION, current_actor()) if donation.donor else (),
    )


@bp.get("/allocations/new")
def new_allocation() -> ResponseReturnValue:
    """Show the form of an allocation."""
    return _show_allocation(_allocation_form())


def _allocation_form() -> AllocationForm:
    page = _page()
    return AllocationForm(fiscal_year=page.fiscal_year).offer(
        {fund.code: in_language(fund.name) for fund in page.funds if not fund.ends},
        {code: in_language(name) for code, name in page.subcommittees.items()},
    )


def _show_allocation(form: AllocationForm, planned: AllocationAnswer | None = None) -> str:
    return render_template(
        "office/money/new_allocation.html",
        form=form,
        planned=planned,
        mark=mark(planned),
        page=_page(),
    )


@bp.post("/allocations/new")
@once
def allocate() -> ResponseReturnValue:
    """Show what would be allocated, then allocate it."""
    by, at, form = current_actor(), now(), _allocation_form()

    def act(session: Session, answer: AllocationAnswer) -> None:
        money_in.allocate(session, answer, by=by, at=at)
        what, why = N_("The money is allocated."), N_("The subcommittee can decide on it now.")
        lead(_url(), what, why)

    plan, show = partial(money_in.plan_allocation, by=by), partial(_show_allocation, form)
    return settle(form, show, plan=plan, act=act, within=acting) or _back()


def _back() -> ResponseReturnValue:
    return redirect(_url(), HTTPStatus.SEE_OTHER)


def _url() -> str:
    return url_for(".show_money_in")
