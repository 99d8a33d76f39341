"""The office's pages about people beside money: referrals, follow-ups, a person's case."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from portal.cases import following
from portal.cases import queries
from portal.cases import service
from portal.cases.case_page import case_page
from portal.cases.case_page import follow_up_page
from portal.cases.forms import FindingForm
from portal.cases.forms import FinishForm
from portal.cases.forms import NoteForm
from portal.cases.forms import PlanForm
from portal.cases.forms import ReferralForm
from portal.cases.forms import Reply
from portal.cases.forms import ReplyForm
from portal.cases.notices import tell_followed_up
from portal.cases.notices import tell_noted
from portal.cases.notices import tell_planned
from portal.cases.notices import tell_referral
from portal.cases.referral_page import NewReferral
from portal.cases.referral_page import new_referral_page
from portal.cases.referral_page import referral_page
from portal.cases.rules import State
from portal.clock import now
from portal.db import db
from portal.db import transaction
from portal.errors import RuleError
from portal.security import current_actor
from portal.thai import bangkok_day
from portal.thai import typed_day
from portal.words import SeenVersion
from portal.words import say
from portal.youths.opened import keep_read
from portal.youths.rules import ReadPage

bp = Blueprint("cases", __name__)

# The page about the same person that tells of money.
PERSON_PAGE = "/office/people-helped/{youth_id}"


@bp.get("/referrals")
def list_referrals() -> ResponseReturnValue:
    """Show what waits for one's own organisation, what it sent, and what has ended."""
    lists = queries.referral_lists(db.session(), current_actor(), at=now())
    return render_template("office/cases/list_referrals.html", lists=lists)


@bp.get("/referrals/new")
def new_referral() -> ResponseReturnValue:
    """Show the form of a new referral; a declined one is asked again with the same words."""
    page = _new_page()
    keep_read(page.youth_id, ReadPage.CASE)
    form = ReferralForm(data={"asked": page.asked})
    return _show_form(page, form.offer(page.partners, str(get_locale())))


@bp.post("/referrals/new")
def send_referral() -> ResponseReturnValue:
    """Send a referral."""
    page = _new_page()
    form = ReferralForm().offer(page.partners, str(get_locale()))
    if not form.validate_on_submit():
        return _show_form(page, form), HTTPStatus.UNPROCESSABLE_ENTITY
    answer = form.answer(earlier_id=page.earlier_id)
    try:
        with transaction() as session:
            sent = service.send_referral(
                session, page.youth_id, answer, by=current_actor(), at=now()
            ).id
    except RuleError as error:
        form.form_errors.append(say(error))
        return _show_form(page, form), HTTPStatus.UNPROCESSABLE_ENTITY
    tell_referral(State.SENT)
    return _to_referral(sent)


def _new_page() -> NewReferral:
    return new_referral_page(
        db.session(),
        request.args.get("youth", 0, type=int),
        current_actor(),
        earlier_id=request.args.get("earlier", type=int),
        at=now(),
    )


def _show_form(page: NewReferral, form: ReferralForm) -> str:
    return render_template("office/cases/new_referral.html", page=page, form=form)


def _to_referral(referral_id: int) -> ResponseReturnValue:
    return redirect(url_for(".show_referral", referral_id=referral_id), HTTPStatus.SEE_OTHER)


@bp.get("/referrals/<int:referral_id>")
def show_referral(referral_id: int) -> ResponseReturnValue:
    """Show the one page of a referral."""
    return _show_referral(referral_id)


def _show_referral(
    referral_id: int,
    *,
    reply: ReplyForm | None = None,
    finish: FinishForm | None = None,
    note: NoteForm | None = None,
) -> str:
    page = referral_page(db.session(), referral_id, current_actor(), at=now())
    keep_read(page.subject_id, ReadPage.CASE)
    return render_template(
        "office/cases/show_referral.html",
        page=page,
        reply=reply or ReplyForm(formdata=None, seen_version=page.version),
        finish=finish or FinishForm(formdata=None, seen_version=page.version),
        note=note or NoteForm(formdata=None),
    )


@bp.post("/referrals/<int:referral_id>/reply")
def reply_to_referral(referral_id: int) -> ResponseReturnValue:
    """Accept or decline."""
    form = ReplyForm()
    if not form.validate_on_submit():
        return _show_referral(referral_id, reply=form), HTTPStatus.UNPROCESSABLE_ENTITY
    state = _reply(referral_id, form.answer())
    tell_referral(state)
    return _to_referral(referral_id)


def _reply(referral_id: int, reply: Reply) -> State:
    seen_version, by, at = reply.seen_version, current_actor(), now()
    with transaction() as session:
        if reply.grounds is None:
            return service.accept_referral(
                session, referral_id, seen_version=seen_version, by=by, at=at
            ).state
        return service.decline_referral(
            session, referral_id, reply.grounds, seen_version=seen_version, by=by, at=at
        ).state


@bp.post("/referrals/<int:referral_id>/finish")
def finish_referral(referral_id: int) -> ResponseReturnValue:
    """Keep what came of a referral."""
    form = FinishForm()
    if not form.validate_on_submit():
        return _show_referral(referral_id, finish=form), HTTPStatus.UNPROCESSABLE_ENTITY
    with transaction() as session:
        service.finish_referral(
            session,
            referral_id,
            note=(form.note.data or "").strip(),
            seen_version=form.seen_version.data or 0,
            by=current_actor(),
            at=now(),
        )
    tell_referral(State.DONE)
    return _to_referral(referral_id)


@bp.post("/referrals/<int:referral_id>/cancel")
def cancel_referral(referral_id: int) -> ResponseReturnValue:
    """Take a referral back."""
    form = SeenVersion()
    if form.validate_on_submit():
        with transaction() as session:
            service.cancel_referral(
                session,
                referral_id,
                seen_version=form.seen_version.data or 0,
                by=current_actor(),
                at=now(),
            )
        tell_referral(State.CANCELLED)
    return _to_referral(referral_id)


@bp.post("/referrals/<int:referral_id>/notes")
def add_partner_note(referral_id: int) -> ResponseReturnValue:
    """Keep a note of somebody who has the referral in hand."""
    form = NoteForm()
    if not form.validate_on_submit():
        return _show_referral(referral_id, note=form), HTTPStatus.UNPROCESSABLE_ENTITY
    with transaction() as session:
        service.add_partner_note(session, referral_id, form.text, by=current_actor(), at=now())
    tell_noted()
    return _to_referral(referral_id)


@bp.get("/follow-ups")
def list_follow_ups() -> ResponseReturnValue:
    """Show what is overdue and what is due soon."""
    lists = queries.follow_up_lists(db.session(), current_actor(), today=bangkok_day(now()))
    return render_template("office/cases/list_follow_ups.html", lists=lists)


@bp.get("/follow-ups/<int:follow_up_id>")
def show_follow_up(follow_up_id: int) -> ResponseReturnValue:
    """Show the form that tells how somebody was found."""
    return _show_follow_up(follow_up_id)


def _show_follow_up(follow_up_id: int, form: FindingForm | None = None) -> str:
    today = bangkok_day(now())
    page = follow_up_page(db.session(), follow_up_id, current_actor(), today=today)
    keep_read(page.youth_id, ReadPage.CASE)
    if form is None:
        form = FindingForm(seen_version=page.version, done_on=typed_day(today))
    return render_template("office/cases/show_follow_up.html", page=page, form=form)


@bp.post("/follow-ups/<int:follow_up_id>")
def finish_follow_up(follow_up_id: int) -> ResponseReturnValue:
    """Keep how somebody was found."""
    form = FindingForm()
    if not form.validate_on_submit():
        return _show_follow_up(follow_up_id, form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        with transaction() as session:
            youth_id = following.finish_follow_up(
                session,
                follow_up_id,
                form.answer(),
                seen_version=form.seen_version.data or 0,
                by=current_actor(),
                at=now(),
            ).youth_id
    except RuleError as error:
        form.form_errors.append(say(error))
        return _show_follow_up(follow_up_id, form), HTTPStatus.UNPROCESSABLE_ENTITY
    tell_followed_up()
    return _to_case(youth_id)


def _to_case(youth_id: int) -> ResponseReturnValue:
    return redirect(url_for(".show_case", youth_id=youth_id), HTTPStatus.SEE_OTHER)


@bp.get("/cases/<int:youth_id>")
def show_case(youth_id: int) -> ResponseReturnValue:
    """Show everything that happened with somebody beside money."""
    return _show_case(youth_id)


def _show_case(youth_id: int, *, plan: PlanForm | None = None, note: NoteForm | None = None) -> str:
    today = bangkok_day(now())
    page = case_page(db.session(), youth_id, current_actor(), today=today)
    keep_read(youth_id, ReadPage.CASE)
    return render_template(
        "office/cases/show_case.html",
        page=page,
        plan=plan or PlanForm(formdata=None, day=typed_day(today)),
        note=note or NoteForm(formdata=None),
        person_url=request.script_root + PERSON_PAGE.format(youth_id=youth_id),
    )


@bp.post("/cases/<int:youth_id>/follow-ups")
def plan_follow_ups(youth_id: int) -> ResponseReturnValue:
    """Plan follow-ups."""
    form = PlanForm()
    if not form.validate_on_submit():
        return _show_case(youth_id, plan=form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        with transaction() as session:
            following.plan_follow_ups(
                session, youth_id, form.answer(), by=current_actor(), at=now()
            )
    except RuleError as error:
        form.form_errors.append(say(error))
        return _show_case(youth_id, plan=form), HTTPStatus.UNPROCESSABLE_ENTITY
    tell_planned()
    return _to_case(youth_id)


@bp.post("/cases/<int:youth_id>/notes")
def add_note(youth_id: int) -> ResponseReturnValue:
    """Keep a note about somebody."""
    form = NoteForm()
    if not form.validate_on_submit():
        return _show_case(youth_id, note=form), HTTPStatus.UNPROCESSABLE_ENTITY
    with transaction() as session:
        service.add_note(session, youth_id, form.text, by=current_actor(), at=now())
    tell_noted()
    return _to_case(youth_id)
