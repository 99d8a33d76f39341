"""The office's pages about limits, targets, the urgent lane and closed days: setting them anew."""

from __future__ import annotations

from datetime import date
from functools import partial
from http import HTTPStatus

from flask import Blueprint
from flask import redirect
from flask import render_template
from flask import url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from portal.clock import now
from portal.db import db
from portal.db import transaction
from portal.errors import N_
from portal.funds import ruling_tables
from portal.funds.choices import choices
from portal.funds.rule_checks import RuleNotFoundError
from portal.funds.rules_forms import rule_names
from portal.funds.rules_page import newest_lane
from portal.funds.rules_page import newest_limits
from portal.funds.rules_page import newest_targets
from portal.funds.rules_page import rules_page
from portal.funds.ruling import need_administrator
from portal.funds.ruling_tables import DayToClose
from portal.funds.ruling_tables import LaneRule
from portal.funds.ruling_tables import LimitTable
from portal.funds.ruling_tables import TargetTable
from portal.funds.tables_forms import ClosedDayForm
from portal.funds.tables_forms import LaneForm
from portal.funds.tables_forms import LimitsForm
from portal.funds.tables_forms import TargetsForm
from portal.people.planned import mark
from portal.people.planned import settle
from portal.security import current_actor
from portal.thai import bangkok_day
from portal.words import in_language
from portal.words import tell

bp = Blueprint("tables", __name__, url_prefix="/rules")


@bp.get("/limits")
def show_limits() -> ResponseReturnValue:
    """Show the form of a new table of limits."""
    need_administrator(current_actor())
    return _show_limits(_limits_form())


def _limits_form() -> LimitsForm:
    seen_version, newest = newest_limits(db.session())
    form = LimitsForm.of(newest, seen_version=seen_version, day=bangkok_day(now()))
    offered = choices(db.session())
    subcommittees, funds = (
        {code: in_language(name) for code, name in found}
        for found in (offered.subcommittees, offered.funds)
    )
    return form.offer(subcommittees, funds)


def _show_limits(form: LimitsForm, planned: LimitTable | None = None) -> str:
    return render_template(
        "office/tables/show_limits.html",
        form=form,
        planned=planned,
        mark=mark(planned),
        before=newest_limits(db.session())[1],
        names=rule_names(rules_page(db.session(), day=bangkok_day(now()))),
    )


@bp.post("/limits")
def set_limits() -> ResponseReturnValue:
    """Show the limits before and after, then let the new ones hold from their day on."""
    by, at, form = current_actor(), now(), _limits_form()
    need_administrator(by)
    plan = partial(ruling_tables.plan_limits, by=by, at=at)
    act = partial(ruling_tables.set_limits, by=by, at=at)
    if refused := settle(form, partial(_show_limits, form), plan=plan, act=act):
        return refused
    tell(N_("The limits are set."), N_("Requests sent from that day on are signed by them."))
    return redirect(url_for("office.rules.show_rules"), HTTPStatus.SEE_OTHER)


@bp.get("/targets")
def show_targets() -> ResponseReturnValue:
    """Show the form of new time targets."""
    need_administrator(current_actor())
    return _show_targets(_targets_form())


def _targets_form() -> TargetsForm:
    seen_version, newest = newest_targets(db.session())
    return TargetsForm.of(newest, seen_version=seen_version, day=bangkok_day(now()))


def _show_targets(form: TargetsForm, planned: TargetTable | None = None) -> str:
    return render_template(
        "office/tables/show_targets.html",
        form=form,
        planned=planned,
        mark=mark(planned),
        before=newest_targets(db.session())[1],
    )


@bp.post("/targets")
def set_targets() -> ResponseReturnValue:
    """Show the targets before and after, then let the new ones hold from their day on."""
    by, at, form = current_actor(), now(), _targets_form()
    need_administrator(by)
    plan = partial(ruling_tables.plan_targets, by=by, at=at)
    act = partial(ruling_tables.set_targets, by=by, at=at)
    if refused := settle(form, partial(_show_targets, form), plan=plan, act=act):
        return refused
    tell(N_("The time targets are set."), N_("They hold from their day on."))
    return redirect(url_for("office.rules.show_rules"), HTTPStatus.SEE_OTHER)


@bp.get("/urgent")
def show_lane() -> ResponseReturnValue:
    """Show the form of what the urgent lane takes."""
    need_administrator(current_actor())
    return _show_lane(_lane_form())


def _lane_form() -> LaneForm:
    newest = newest_lane(db.session())
    seen_version, lane = (newest.id, newest.lane) if newest else (0, None)
    return LaneForm.of(lane, seen_version=seen_version, day=bangkok_day(now()))


def _show_lane(form: LaneForm, planned: LaneRule | None = None) -> str:
    newest = newest_lane(db.session())
    return render_template(
        "office/tables/show_lane.html",
        form=form,
        planned=planned,
        mark=mark(planned),
        before=newest and newest.lane,
        emergencies=rules_page(db.session(), day=bangkok_day(now())).emergencies,
    )


@bp.post("/urgent")
def set_lane() -> ResponseReturnValue:
    """Show the urgent lane before and after, then let the new rule hold from its day on."""
    by, at, form = current_actor(), now(), _lane_form()
    need_administrator(by)
    plan = partial(ruling_tables.plan_lane, by=by, at=at)
    act = partial(ruling_tables.set_lane, by=by, at=at)
    if refused := settle(form, partial(_show_lane, form), plan=plan, act=act):
        return refused
    tell(N_("The rule of the urgent lane is set."), N_("It holds from its day on."))
    return redirect(url_for("office.rules.show_rules"), HTTPStatus.SEE_OTHER)


@bp.get("/closed-days/new")
def new_closed_day() -> ResponseReturnValue:
    """Show the form of a closed day."""
    need_administrator(current_actor())
    return _show_closed_day(ClosedDayForm())


def _show_closed_day(form: ClosedDayForm, planned: DayToClose | None = None) -> str:
    return render_template(
        "office/tables/new_closed_day.html", form=form, planned=planned, mark=mark(planned)
    )


@bp.post("/closed-days/new")
def close_day() -> ResponseReturnValue:
    """Show what would be closed, then close it."""
    by, at, form = current_actor(), now(), ClosedDayForm()
    need_administrator(by)
    plan = partial(ruling_tables.plan_closed_day, by=by, at=at)
    act = partial(ruling_tables.close_day, by=by, at=at)
    if refused := settle(form, partial(_show_closed_day, form), plan=plan, act=act):
        return refused
    tell(N_("The day is closed."), N_("No step has to be taken on it."))
    return redirect(url_for("office.rules.show_rules"), HTTPStatus.SEE_OTHER)


@bp.get("/closed-days/<written>/open")
def show_open_day(written: str) -> ResponseReturnValue:
    """Show which closed day would be taken back."""
    by, day = current_actor(), _day(written)
    closed = ruling_tables.plan_open_day(db.session(), day, by=by, at=now())
    return render_template("office/tables/show_open_day.html", closed=closed, form=FlaskForm())


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise RuleNotFoundError from error


@bp.post("/closed-days/<written>/open")
def open_day(written: str) -> ResponseReturnValue:
    """Take a closed day back before it comes."""
    day = _day(written)
    with transaction() as session:
        ruling_tables.open_day(session, day, by=current_actor(), at=now())
    tell(N_("The closed day is taken back."), N_("It is a working day again."))
    return redirect(url_for("office.rules.show_rules"), HTTPStatus.SEE_OTHER)
