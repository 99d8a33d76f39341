"""The office's pages about people who sign in: who there is, adding them, their sessions."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

from flask import Blueprint
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask.typing import ResponseReturnValue

from portal.clock import now
from portal.db import db
from portal.db import transaction
from portal.errors import N_
from portal.errors import PortalError
from portal.errors import RuleError
from portal.labels import ROLES
from portal.people import queries
from portal.people import service
from portal.people import staffing
from portal.people import user_page
from portal.people.planned import mark
from portal.people.planned import settle
from portal.people.rules import check_administers
from portal.people.staffing import NewEmail
from portal.people.staffing import NewPerson
from portal.people.user_forms import EmailForm
from portal.people.user_forms import OneTimePasswordForm
from portal.people.user_forms import UserForm
from portal.people.user_page import PeopleFilters
from portal.roles import Role
from portal.security import current_actor
from portal.words import SeenVersion
from portal.words import in_language
from portal.words import say
from portal.words import tell

bp = Blueprint("users", __name__, url_prefix="/users")


@bp.get("")
def list_users() -> ResponseReturnValue:
    """Show who signs in, and with which roles."""
    filters = PeopleFilters(
        text=request.args.get("text", "").strip(),
        role=request.args.get("role", ""),
        state=request.args.get("state", ""),
    )
    by = current_actor()
    page = max(1, request.args.get("page", 1, type=int))
    return render_template(
        "office/users/list_users.html",
        found=user_page.people(db.session(), by, filters, page=page),
        filters=filters,
        roles=[role for role in ROLES if role != Role.SYSTEM],
        administers=by.holds(Role.ADMINISTRATOR),
    )


@bp.get("/new")
def new_user() -> ResponseReturnValue:
    """Show the form to add somebody."""
    check_administers(current_actor())
    return _show_form(_user_form())


def _user_form() -> UserForm:
    names = queries.organisations(db.session())
    return UserForm().offer({code: in_language(name) for code, name in names.items()})


def _show_form(form: UserForm, planned: NewPerson | None = None) -> str:
    return render_template(
        "office/users/new_user.html",
        form=form,
        planned=planned,
        mark=mark(planned),
        organisations=queries.organisations(db.session()),
    )


@bp.post("/new")
def add_user() -> ResponseReturnValue:
    """Show what would be added, then add it."""
    check_administers(current_actor())
    by, form = current_actor(), _user_form()

    plan = partial(staffing.plan_person, by=by)
    act = partial(staffing.add_person, by=by, at=now())
    if refused := settle(form, partial(_show_form, form), plan=plan, act=act):
        return refused
    person_id = queries.actor(db.session(), form.answer().username).person_id
    tell(N_("The person is added."), N_("Give them a role and a one-time password now."))
    return redirect(url_for(".show_user", person_id=person_id), HTTPStatus.SEE_OTHER)


@bp.get("/<int:person_id>")
def show_user(person_id: int) -> ResponseReturnValue:
    """Show one person: what they hold now, what they held, and what can be done."""
    by = current_actor()
    person = user_page.person_page(db.session(), person_id, by)
    return render_template(
        "office/users/show_user.html",
        person=person,
        form=SeenVersion(seen_version=person.version),
        is_self=person.id == by.person_id,
        administers=by.holds(Role.ADMINISTRATOR),
    )


@bp.post("/<int:person_id>/sign-out")
def end_sessions(person_id: int) -> ResponseReturnValue:
    """Sign the person out wherever they are signed in."""
    by, form = current_actor(), SeenVersion()
    if form.validate_on_submit():
        with transaction() as session:
            person = service.load_person(session, person_id, seen_version=form.seen, by=by)
            staffing.end_sessions(session, person, by=by, at=now())
        tell(N_("Their sessions are ended."), N_("They can sign in again with their password."))
    return redirect(url_for(".show_user", person_id=person_id), HTTPStatus.SEE_OTHER)


@bp.get("/<int:person_id>/password")
def show_password(person_id: int) -> ResponseReturnValue:
    """Show the form of a one-time password."""
    by = current_actor()
    person = user_page.person_page(db.session(), person_id, by)
    check_administers(by, person_id=person_id)
    return _show_password(person_id, OneTimePasswordForm(seen_version=person.version))


def _show_password(person_id: int, form: OneTimePasswordForm) -> str:
    person = user_page.person_page(db.session(), person_id, current_actor())
    return render_template("office/users/show_password.html", person=person, form=form)


@bp.post("/<int:person_id>/password")
def set_password(person_id: int) -> ResponseReturnValue:
    """Set a one-time password; all sessions of the person end."""
    by, form = current_actor(), OneTimePasswordForm()
    if not form.validate_on_submit():
        return _show_password(person_id, form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        with transaction() as session:
            person = service.load_person(session, person_id, seen_version=form.seen, by=by)
            service.set_one_time_password(
                session, person, form.password.data or "", by=by, at=now()
            )
    except RuleError as error:
        return _refused(person_id, form, error), HTTPStatus.UNPROCESSABLE_ENTITY
    tell(
        N_("The one-time password is set."),
        N_("At the first sign-in with it they must choose another one."),
    )
    return redirect(url_for(".show_user", person_id=person_id), HTTPStatus.SEE_OTHER)


def _refused(person_id: int, form: OneTimePasswordForm, error: PortalError) -> str:
    form.password.errors = [say(error)]
    return _show_password(person_id, form)


@bp.get("/<int:person_id>/email")
def show_email(person_id: int) -> ResponseReturnValue:
    """Show the form of another e-mail address."""
    by = current_actor()
    person = user_page.person_page(db.session(), person_id, by)
    check_administers(by)
    form = EmailForm(email=person.email, seen_version=person.version)
    return _show_email(person_id, form)


def _show_email(person_id: int, form: EmailForm, planned: NewEmail | None = None) -> str:
    return render_template(
        "office/users/show_email.html",
        person=user_page.person_page(db.session(), person_id, current_actor()),
        form=form,
        planned=planned,
        mark=mark(planned),
    )


@bp.post("/<int:person_id>/email")
def change_email(person_id: int) -> ResponseReturnValue:
    """Show the address before and after, then change it."""
    by, form = current_actor(), EmailForm()
    user_page.person_page(db.session(), person_id, by)
    check_administers(by)
    plan = partial(staffing.plan_email, person_id=person_id, by=by)
    act = partial(staffing.change_email, person_id=person_id, by=by, at=now())
    if refused := settle(form, partial(_show_email, person_id, form), plan=plan, act=act):
        return refused
    tell(N_("The e-mail address is changed."), N_("The log tells that it was, not to which one."))
    return redirect(url_for(".show_user", person_id=person_id), HTTPStatus.SEE_OTHER)
