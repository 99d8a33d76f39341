"""The office's pages about people who sign in: who there is, adding them, their sessions."""

from __future__ import annotations

from collections.abc import Callable
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
from portal.journal import Event
from portal.journal import note
from portal.labels import ROLES
from portal.people import enrolling
from portal.people import identities
from portal.people import passwords
from portal.people import queries
from portal.people import service
from portal.people import staffing
from portal.people import user_page
from portal.people.again import asks_again
from portal.people.password_rules import ONE_TIME_HOURS
from portal.people.planned import mark
from portal.people.planned import settle
from portal.people.rules import check_administers
from portal.people.session_rules import Ending
from portal.people.staffing import NewEmail
from portal.people.staffing import NewPerson
from portal.people.user_forms import EmailForm
from portal.people.user_forms import UserForm
from portal.people.user_page import PeopleFilters
from portal.people.vouching import provider_name
from portal.roles import Role
from portal.security import current_actor
from portal.words import SeenVersion
from portal.words import in_language
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
        provider=provider_name(),
    )


@bp.post("/<int:person_id>/sign-out")
def end_sessions(person_id: int) -> ResponseReturnValue:
    """Sign the person out wherever they are signed in."""
    if _is_done(person_id, staffing.end_sessions):
        note(Event.SESSION_ENDED, whose=person_id, cause=Ending.BY_ADMINISTRATOR.value)
        tell(N_("Their sessions are ended."), N_("They can sign in again with their password."))
    return redirect(url_for(".show_user", person_id=person_id), HTTPStatus.SEE_OTHER)


def _is_done(person_id: int, act: Callable[..., None]) -> bool:
    """Do what the form asks for to the person whom its page showed; say whether it was a form."""
    by, form = current_actor(), SeenVersion()
    if not form.validate_on_submit():
        return False
    with transaction() as session:
        person = service.load_person(session, person_id, seen_version=form.seen, by=by)
        act(session, person, by=by, at=now())
    return True


@bp.get("/<int:person_id>/password")
@asks_again
def show_password(person_id: int) -> ResponseReturnValue:
    """Ask once more before a one-time password is made."""
    return _asked_before("office/users/show_password.html", person_id)


def _asked_before(template: str, person_id: int) -> str:
    by = current_actor()
    person = user_page.person_page(db.session(), person_id, by)
    check_administers(by, person_id=person_id)
    form = SeenVersion(seen_version=person.version)
    return render_template(template, person=person, form=form)


@bp.post("/<int:person_id>/password")
@asks_again
def set_password(person_id: int) -> ResponseReturnValue:
    """Make a one-time password and show it on the next page, this once; all sessions end."""
    by, form = current_actor(), SeenVersion()
    if form.validate_on_submit():
        with transaction() as session:
            person = service.load_person(session, person_id, seen_version=form.seen, by=by)
            password = passwords.set_one_time_password(session, person, by=by, at=now())
        note(Event.PASSWORD_CHANGED, whose=person_id)
        tell(
            N_("One-time password: %(password)s (shown this once)"),
            N_(
                "Hand it over in person or by telephone. It opens for %(hours)s hours, and only to "
                "choosing another one."
            ),
            password=password,
            hours=ONE_TIME_HOURS,
        )
    return redirect(url_for(".show_user", person_id=person_id), HTTPStatus.SEE_OTHER)


@bp.get("/<int:person_id>/factor")
@asks_again
def show_factor_reset(person_id: int) -> ResponseReturnValue:
    """Show what it means to reset somebody's second factor."""
    return _asked_before("office/users/show_factor_reset.html", person_id)


@bp.post("/<int:person_id>/factor")
@asks_again
def reset_factor(person_id: int) -> ResponseReturnValue:
    """Forget the second factors of somebody who lost them."""
    if _is_done(person_id, enrolling.reset_factor):
        note(Event.FACTOR_RESET, whose=person_id)
        tell(
            N_("The second factor is reset."),
            N_("They sign in with their password and set up a new one."),
        )
    return redirect(url_for(".show_user", person_id=person_id), HTTPStatus.SEE_OTHER)


@bp.get("/<int:person_id>/identity")
@asks_again
def show_identity_end(person_id: int) -> ResponseReturnValue:
    """Show what it means to take another way in from somebody."""
    return _asked_before("office/users/show_identity_end.html", person_id)


@bp.post("/<int:person_id>/identity")
@asks_again
def end_identity(person_id: int) -> ResponseReturnValue:
    """Let somebody sign in by their password alone; their sessions end."""
    if _is_done(person_id, identities.end_identity):
        note(Event.IDENTITY_UNBOUND, whose=person_id)
        tell(
            N_("The other way in is taken away."),
            N_("They sign in with their password, and may add it again themselves."),
        )
    return redirect(url_for(".show_user", person_id=person_id), HTTPStatus.SEE_OTHER)


@bp.get("/<int:person_id>/email")
@asks_again
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
@asks_again
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
