"""The office's pages about the rules: all of them, one with its history, and changing one."""

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
from portal.funds import ruling
from portal.funds.rule_checks import RuleNotFoundError
from portal.funds.rulebook import RuleKind
from portal.funds.rulebook import fact_changes
from portal.funds.rules_forms import EndForm
from portal.funds.rules_forms import Offered
from portal.funds.rules_forms import RuleForm
from portal.funds.rules_forms import change_form
from portal.funds.rules_forms import end_form
from portal.funds.rules_forms import new_form
from portal.funds.rules_forms import rule_names
from portal.funds.rules_page import RulePage
from portal.funds.rules_page import rule_page
from portal.funds.rules_page import rules_page
from portal.funds.ruling import Change
from portal.funds.ruling import Ending
from portal.funds.ruling import NewRule
from portal.people.planned import mark
from portal.people.planned import settle
from portal.roles import Role
from portal.security import current_actor
from portal.thai import bangkok_day
from portal.words import in_language
from portal.words import tell

bp = Blueprint("rules", __name__, url_prefix="/rules")


@bp.get("")
def show_rules() -> ResponseReturnValue:
    """Show everybody every rule that holds, and what is set for later."""
    page = rules_page(db.session(), day=bangkok_day(now()))
    return render_template(
        "office/rules/show_rules.html",
        page=page,
        names=rule_names(page),
        administers=current_actor().holds(Role.ADMINISTRATOR),
    )


@bp.get("/<kind>/<code>")
def show_rule(kind: str, code: str) -> ResponseReturnValue:
    """Show one rule and how it came about."""
    page = _page(kind, code)
    return render_template(
        "office/rules/show_rule.html",
        page=page,
        names=rule_names(rules_page(db.session(), day=bangkok_day(now()))),
        administers=current_actor().holds(Role.ADMINISTRATOR),
    )


def _page(kind: str, code: str) -> RulePage:
    return rule_page(db.session(), _kind(kind), code, day=bangkok_day(now()))


def _kind(kind: str) -> RuleKind:
    if kind not in set(RuleKind):
        raise RuleNotFoundError
    return RuleKind(kind)


def _offered() -> Offered:
    """Return what a category may name: what does not end."""
    page = rules_page(db.session(), day=bangkok_day(now()))

    def going_on(kind: RuleKind) -> dict[str, str]:
        ended = {line.holds.code for line in page.lines[kind] if line.ends}
        names = page.names(kind).items()
        return {code: in_language(name) for code, name in names if code not in ended}

    return Offered(going_on(RuleKind.SUBCOMMITTEE), going_on(RuleKind.PURPOSE))


@bp.get("/<kind>/new")
def new_rule(kind: str) -> ResponseReturnValue:
    """Show the form of a new rule."""
    which = _kind(kind)
    ruling.need_administrator(current_actor())
    return _show_form(new_form(which).offer(_offered()))


def _show_form(
    form: RuleForm, planned: NewRule | Change | None = None, page: RulePage | None = None
) -> str:
    before = page.newest.facts if page else None
    return render_template(
        f"office/rules/{'show_change' if page else 'new_rule'}.html",
        form=form,
        page=page,
        planned=planned,
        changes=fact_changes(before, planned.facts) if planned else (),
        mark=mark(planned),
        names=rule_names(rules_page(db.session(), day=bangkok_day(now()))),
    )


@bp.post("/<kind>/new")
def add_rule(kind: str) -> ResponseReturnValue:
    """Show what would be added, then add it."""
    by, form = current_actor(), new_form(_kind(kind)).offer(_offered())
    ruling.need_administrator(by)
    plan = partial(ruling.plan_new_rule, by=by)
    act = partial(ruling.add_rule, by=by, at=now())
    if refused := settle(form, partial(_show_form, form), plan=plan, act=act):
        return refused
    tell(N_("The rule is added."), N_("It holds from today on, and stands in the log."))
    return redirect(url_for(".show_rules"), HTTPStatus.SEE_OTHER)


@bp.get("/<kind>/<code>/change")
def show_change(kind: str, code: str) -> ResponseReturnValue:
    """Show the form of a change, filled in with what is known to come last."""
    page = _page(kind, code)
    ruling.need_administrator(current_actor())
    return _show_form(change_form(page.newest, day=page.day).offer(_offered()), page=page)


@bp.post("/<kind>/<code>/change")
def change_rule(kind: str, code: str) -> ResponseReturnValue:
    """Show what is before and after, then let it hold from its day on."""
    by, at, page = current_actor(), now(), _page(kind, code)
    form = change_form(page.newest, day=page.day).offer(_offered())
    ruling.need_administrator(by)
    plan = partial(ruling.plan_change, by=by, at=at)
    act = partial(ruling.change_rule, by=by, at=at)
    if refused := settle(form, partial(_show_form, form, page=page), plan=plan, act=act):
        return refused
    tell(N_("The change is set."), N_("It holds from its day on, and stands in the log."))
    return redirect(url_for(".show_rule", kind=kind, code=code), HTTPStatus.SEE_OTHER)


@bp.get("/<kind>/<code>/end")
def show_end(kind: str, code: str) -> ResponseReturnValue:
    """Ask from which day a rule is not used any more."""
    page = _page(kind, code)
    ruling.need_administrator(current_actor())
    return _show_end(end_form(page.newest, day=page.day), page=page)


def _show_end(form: EndForm, planned: Ending | None = None, *, page: RulePage) -> str:
    return render_template(
        "office/rules/show_end.html", form=form, page=page, planned=planned, mark=mark(planned)
    )


@bp.post("/<kind>/<code>/end")
def retire_rule(kind: str, code: str) -> ResponseReturnValue:
    """Show what ends, then end it on its day."""
    by, at, page = current_actor(), now(), _page(kind, code)
    form = end_form(page.newest, day=page.day)
    ruling.need_administrator(by)
    plan = partial(ruling.plan_ending, by=by, at=at)
    act = partial(ruling.retire_rule, by=by, at=at)
    if refused := settle(form, partial(_show_end, form, page=page), plan=plan, act=act):
        return refused
    tell(N_("The end is set."), N_("From its day on no new request can name it."))
    return redirect(url_for(".show_rule", kind=kind, code=code), HTTPStatus.SEE_OTHER)
