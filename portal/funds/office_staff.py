"""The office's pages about who holds which role: giving, ending, and handing over before it."""

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
from portal.db import transaction
from portal.errors import N_
from portal.funds import staff
from portal.funds.choices import choices
from portal.funds.staff import RoleAnswer
from portal.funds.staff_forms import RoleForm
from portal.people import staffing
from portal.people.again import asks_again
from portal.people.planned import mark
from portal.people.planned import settle
from portal.people.rules import check_administers
from portal.people.service import load_person
from portal.people.user_forms import ReasonForm
from portal.people.user_page import person_page
from portal.security import current_actor
from portal.words import SeenVersion
from portal.words import in_language
from portal.words import tell

bp = Blueprint("staff", __name__, url_prefix="/users/<int:person_id>")


@bp.get("/roles/new")
@asks_again
def new_role(person_id: int) -> ResponseReturnValue:
    """Show the form to give somebody a role."""
    by = current_actor()
    person = person_page(db.session(), person_id, by)
    check_administers(by, person_id=person_id)
    return _show_form(person_id, _role_form(person.version))


def _role_form(seen_version: int | None = None) -> RoleForm:
    names = choices(db.session()).subcommittees
    form = RoleForm(seen_version=seen_version)
    return form.offer({code: in_language(name) for code, name in names})


def _show_form(person_id: int, form: RoleForm, planned: RoleAnswer | None = None) -> str:
    return render_template(
        "office/staff/new_role.html",
        person=person_page(db.session(), person_id, current_actor()),
        form=form,
        planned=planned,
        mark=mark(planned),
        subcommittees=dict(choices(db.session()).subcommittees),
    )


@bp.post("/roles/new")
@asks_again
def give_role(person_id: int) -> ResponseReturnValue:
    """Show what would be given, then give it."""
    by, form = current_actor(), _role_form()
    person_page(db.session(), person_id, by)
    check_administers(by, person_id=person_id)
    plan = partial(staff.plan_role, person_id=person_id, by=by)
    act = partial(staff.give_role, person_id=person_id, by=by, at=now())
    if refused := settle(form, partial(_show_form, person_id, form), plan=plan, act=act):
        return refused
    tell(N_("The role is given."), N_("It holds at once, and the log tells of it without a name."))
    return redirect(url_for("office.users.show_user", person_id=person_id), HTTPStatus.SEE_OTHER)


@bp.get("/roles/<int:grant_id>/end")
@asks_again
def show_role_end(person_id: int, grant_id: int) -> ResponseReturnValue:
    """Show what ends with a role, and ask why."""
    by = current_actor()
    person = person_page(db.session(), person_id, by)
    person.role(grant_id)  # the role is looked for before anybody is refused
    check_administers(by, person_id=person_id)
    return _show_role_end(person_id, grant_id, ReasonForm(seen_version=person.version))


def _show_role_end(person_id: int, grant_id: int, form: ReasonForm) -> str:
    held = staff.hand_over(db.session(), person_id, by=current_actor())
    return render_template(
        "office/staff/show_role_end.html",
        held=held,
        role=held.person.role(grant_id),
        form=form,
        subcommittees=dict(choices(db.session()).subcommittees),
    )


@bp.post("/roles/<int:grant_id>/end")
@asks_again
def end_role(person_id: int, grant_id: int) -> ResponseReturnValue:
    """End the role."""
    by, form = current_actor(), ReasonForm()
    if not form.validate_on_submit():
        return _show_role_end(person_id, grant_id, form), HTTPStatus.UNPROCESSABLE_ENTITY
    with transaction() as session:
        person = load_person(session, person_id, seen_version=form.seen, by=by)
        staffing.end_role(session, person, grant_id, reason=form.why, by=by, at=now())
    tell(N_("The role is ended."), N_("What was done with it stays known."))
    return redirect(url_for("office.users.show_user", person_id=person_id), HTTPStatus.SEE_OTHER)


@bp.get("/hand-over")
@asks_again
def show_hand_over(person_id: int) -> ResponseReturnValue:
    """Show what somebody holds now, before they are deactivated."""
    by = current_actor()
    held = staff.hand_over(db.session(), person_id, by=by)
    check_administers(by, person_id=person_id)
    return render_template(
        "office/staff/show_hand_over.html",
        held=held,
        form=SeenVersion(seen_version=held.person.version),
        subcommittees=dict(choices(db.session()).subcommittees),
    )


@bp.post("/deactivate")
@asks_again
def deactivate_person(person_id: int) -> ResponseReturnValue:
    """Let somebody sign in no more."""
    by, form = current_actor(), SeenVersion()
    if form.validate_on_submit():
        with transaction() as session:
            person = load_person(session, person_id, seen_version=form.seen, by=by)
            staffing.deactivate_person(session, person, by=by, at=now())
        tell(N_("The person is deactivated."), N_("They are signed out; what they did stays."))
    return redirect(url_for("office.users.show_user", person_id=person_id), HTTPStatus.SEE_OTHER)


@bp.post("/reactivate")
@asks_again
def reactivate_person(person_id: int) -> ResponseReturnValue:
    """Let somebody sign in again."""
    by, form = current_actor(), SeenVersion()
    if form.validate_on_submit():
        with transaction() as session:
            person = load_person(session, person_id, seen_version=form.seen, by=by)
            staffing.reactivate_person(session, person, by=by, at=now())
        tell(N_("The person may sign in again."), N_("The roles they had hold again."))
    return redirect(url_for("office.users.show_user", person_id=person_id), HTTPStatus.SEE_OTHER)
