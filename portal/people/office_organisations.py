"""The office's pages about partner organisations."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

from flask import Blueprint
from flask import redirect
from flask import render_template
from flask import url_for
from flask.typing import ResponseReturnValue

from portal.clock import now
from portal.db import db
from portal.errors import N_
from portal.labels import Name
from portal.people import queries
from portal.people import staffing
from portal.people import user_page
from portal.people.planned import mark
from portal.people.planned import settle
from portal.people.rules import check_administers
from portal.people.service import OrganisationNotFoundError
from portal.people.staffing import NewOrganisation
from portal.people.staffing import Renaming
from portal.people.user_forms import OrganisationForm
from portal.people.user_forms import RenamingForm
from portal.roles import Role
from portal.security import current_actor
from portal.words import tell

bp = Blueprint("organisations", __name__, url_prefix="/organisations")


@bp.get("")
def list_organisations() -> ResponseReturnValue:
    """Show the partners and how many people come from each."""
    by = current_actor()
    return render_template(
        "office/organisations/list_organisations.html",
        rows=user_page.organisation_rows(db.session(), by),
        administers=by.holds(Role.ADMINISTRATOR),
    )


@bp.get("/new")
def new_organisation() -> ResponseReturnValue:
    """Show the form to add a partner."""
    check_administers(current_actor())
    return _show_form(OrganisationForm().offer())


def _show_form(form: OrganisationForm, planned: NewOrganisation | None = None) -> str:
    return render_template(
        "office/organisations/new_organisation.html", form=form, planned=planned, mark=mark(planned)
    )


@bp.post("/new")
def add_organisation() -> ResponseReturnValue:
    """Show what would be added, then add it."""
    check_administers(current_actor())
    by, form = current_actor(), OrganisationForm().offer()

    plan = partial(staffing.plan_organisation, by=by)
    act = partial(staffing.add_organisation, by=by, at=now())
    if refused := settle(form, partial(_show_form, form), plan=plan, act=act):
        return refused
    tell(N_("The organisation is added."), N_("People can be added from it now."))
    return redirect(url_for(".list_organisations"), HTTPStatus.SEE_OTHER)


@bp.get("/<code>/rename")
def show_rename(code: str) -> ResponseReturnValue:
    """Show the form of new names."""
    name = _name(code)
    check_administers(current_actor())
    form = RenamingForm(name_th=name.th, name_en=name.en, seen_th=name.th, seen_en=name.en)
    return _show_rename(code, form)


def _name(code: str) -> Name:
    names = queries.organisations(db.session())
    if code not in names:
        raise OrganisationNotFoundError
    return names[code]


def _show_rename(code: str, form: RenamingForm, planned: Renaming | None = None) -> str:
    return render_template(
        "office/organisations/show_rename.html",
        code=code,
        name=_name(code),
        form=form,
        planned=planned,
        mark=mark(planned),
    )


@bp.post("/<code>/rename")
def rename_organisation(code: str) -> ResponseReturnValue:
    """Show the names before and after, then give the new ones."""
    _name(code)
    by, form = current_actor(), RenamingForm()
    check_administers(by)

    plan = partial(staffing.plan_renaming, code=code, by=by)
    act = partial(staffing.rename_organisation, code=code, by=by, at=now())
    if refused := settle(form, partial(_show_rename, code, form), plan=plan, act=act):
        return refused
    tell(N_("The organisation has its new name."), N_("Its name before stands in the log."))
    return redirect(url_for(".list_organisations"), HTTPStatus.SEE_OTHER)
