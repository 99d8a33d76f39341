"""The office's pages about people: their records, guardians and consents, and who read them."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from portal.clock import now
from portal.db import db
from portal.db import transaction
from portal.errors import N_
from portal.errors import RuleError
from portal.roles import Role
from portal.security import current_actor
from portal.thai import bangkok_day
from portal.words import SeenVersion
from portal.words import say
from portal.words import tell
from portal.youths import consenting
from portal.youths import record_lists
from portal.youths import service
from portal.youths.forms import ConsentForm
from portal.youths.forms import GuardianForm
from portal.youths.forms import RecordForm
from portal.youths.forms import typed
from portal.youths.opened import keep_read
from portal.youths.queries import places
from portal.youths.record_page import RecordPage
from portal.youths.record_page import changeable_page
from portal.youths.record_page import record_page
from portal.youths.refusals import ConsentNotThereError
from portal.youths.rules import Purpose
from portal.youths.rules import ReadPage

bp = Blueprint("youths", __name__)


@bp.get("/people-helped")
def list_people() -> ResponseReturnValue:
    """Show the people whose records this person may read. A list of names is no read of one."""
    session, by = db.session(), current_actor()
    text = request.args.get("text", "").strip()
    found = record_lists.people(session, by, text, on=bangkok_day(now()), page=_page())
    return render_template(
        "office/youths/list_people.html",
        found=found,
        text=text,
        pairs=record_lists.count_open_pairs(session, by),
        audits=by.holds(Role.AUDITOR),
    )


def _page() -> int:
    """Return which page of a list is asked for."""
    return max(1, request.args.get("page", 1, type=int))


@bp.get("/people-helped/<int:youth_id>")
def show_person(youth_id: int) -> ResponseReturnValue:
    """Show one record, and keep that it was read."""
    page = _opened(youth_id)
    keep_read(page.id, ReadPage.RECORD)
    return render_template("office/youths/show_person.html", page=page)


def _opened(youth_id: int) -> RecordPage:
    return record_page(db.session(), youth_id, current_actor(), at=now())


def _changeable(youth_id: int) -> RecordPage:
    return changeable_page(db.session(), youth_id, current_actor(), at=now())


def _back(youth_id: int) -> ResponseReturnValue:
    return redirect(url_for(".show_person", youth_id=youth_id), HTTPStatus.SEE_OTHER)


@bp.get("/people-helped/<int:youth_id>/correct")
def show_correction(youth_id: int) -> ResponseReturnValue:
    """Show the form of a record, filled in."""
    page = _changeable(youth_id)
    form = RecordForm(data=typed(page)).offer(places(db.session()), str(get_locale()))
    keep_read(page.id, ReadPage.CORRECTION)
    return _show_correction(page, form)


def _show_correction(page: RecordPage, form: RecordForm) -> str:
    return render_template("office/youths/show_correction.html", page=page, form=form)


@bp.post("/people-helped/<int:youth_id>/correct")
def correct_person(youth_id: int) -> ResponseReturnValue:
    """Correct a record."""
    page = _changeable(youth_id)
    form = RecordForm().offer(places(db.session()), str(get_locale()))
    if not form.validate_on_submit():
        return _show_correction(page, form), HTTPStatus.UNPROCESSABLE_ENTITY
    with transaction() as session:
        service.correct_record(
            session,
            youth_id,
            form.answer(),
            seen_version=form.seen_version.data or 0,
            by=current_actor(),
            at=now(),
        )
    tell(N_("The record is corrected."), N_("It counts as confirmed by you today."))
    return _back(youth_id)


@bp.post("/people-helped/<int:youth_id>/confirm")
def confirm_person(youth_id: int) -> ResponseReturnValue:
    """Confirm that a record is right as it stands."""
    form = SeenVersion()
    if form.validate_on_submit():
        with transaction() as session:
            service.confirm_record(
                session,
                youth_id,
                seen_version=form.seen_version.data or 0,
                by=current_actor(),
                at=now(),
            )
        tell(N_("The record is confirmed."), N_("The day and your name stand on it."))
    return _back(youth_id)


@bp.get("/people-helped/<int:youth_id>/guardians/new")
def new_guardian(youth_id: int) -> ResponseReturnValue:
    """Show the form for somebody who looks after a person."""
    page = _changeable(youth_id)
    keep_read(page.id, ReadPage.GUARDIAN)
    return _show_guardian(page, GuardianForm(seen_version=page.version))


def _show_guardian(page: RecordPage, form: GuardianForm) -> str:
    return render_template("office/youths/new_guardian.html", page=page, form=form)


@bp.post("/people-helped/<int:youth_id>/guardians/new")
def add_guardian(youth_id: int) -> ResponseReturnValue:
    """Note a guardian."""
    form = GuardianForm()
    if not form.validate_on_submit():
        return _show_guardian(_changeable(youth_id), form), HTTPStatus.UNPROCESSABLE_ENTITY
    with transaction() as session:
        consenting.add_guardian(
            session,
            youth_id,
            form.answer(),
            seen_version=form.seen_version.data or 0,
            by=current_actor(),
            at=now(),
        )
    tell(N_("The guardian is noted."), N_("A consent needs a signed paper beside it."))
    return _back(youth_id)


@bp.post("/people-helped/<int:youth_id>/guardians/<int:guardian_id>/end")
def end_guardian(youth_id: int, guardian_id: int) -> ResponseReturnValue:
    """Note that somebody is no guardian any more."""
    form = SeenVersion()
    if form.validate_on_submit():
        with transaction() as session:
            consenting.end_guardian(
                session,
                youth_id,
                guardian_id,
                seen_version=form.seen_version.data or 0,
                by=current_actor(),
                at=now(),
            )
        tell(N_("The guardian ceased."), N_("Consents they gave stand until they are withdrawn."))
    return _back(youth_id)


@bp.get("/people-helped/<int:youth_id>/consents/new")
def new_consent(youth_id: int) -> ResponseReturnValue:
    """Show the form for a consent, with the guardian that is known."""
    page = _changeable(youth_id)
    known = page.guardian
    form = ConsentForm(
        seen_version=page.version,
        guardian=known.name if known else "",
        relation=known.relation.value if known else "",
        power_paper=known.paper if known else "",
    )
    keep_read(page.id, ReadPage.CONSENT)
    return _show_consent(page, form)


def _show_consent(page: RecordPage, form: ConsentForm) -> str:
    return render_template("office/youths/new_consent.html", page=page, form=form)


@bp.post("/people-helped/<int:youth_id>/consents/new")
def record_consent(youth_id: int) -> ResponseReturnValue:
    """Record a consent."""
    page, form = _changeable(youth_id), ConsentForm()
    if not form.validate_on_submit():
        return _show_consent(page, form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        with transaction() as session:
            consenting.record_consent(
                session,
                youth_id,
                form.answer(),
                seen_version=form.seen_version.data or 0,
                by=current_actor(),
                at=now(),
            )
    except RuleError as error:
        form.form_errors.append(say(error))
        return _show_consent(page, form), HTTPStatus.UNPROCESSABLE_ENTITY
    tell(N_("The consent is recorded."), N_("It can be withdrawn at any time."))
    return _back(youth_id)


WITHDRAW = "/people-helped/<int:youth_id>/consents/<any(keep, pay, share):purpose>/withdraw"


@bp.get(WITHDRAW)
def show_withdrawal(youth_id: int, purpose: str) -> ResponseReturnValue:
    """Show what the withdrawing of a consent means."""
    page = _changeable(youth_id)
    standing = page.standing(purpose)
    if not standing:
        raise ConsentNotThereError
    keep_read(page.id, ReadPage.CONSENT)
    return render_template(
        "office/youths/show_withdrawal.html",
        page=page,
        purpose=purpose,
        standing=standing,
        form=SeenVersion(seen_version=page.version),
    )


@bp.post(WITHDRAW)
def withdraw_consent(youth_id: int, purpose: str) -> ResponseReturnValue:
    """Withdraw the consent to one purpose."""
    form = SeenVersion()
    if form.validate_on_submit():
        with transaction() as session:
            consenting.withdraw_consent(
                session,
                youth_id,
                Purpose(purpose),
                seen_version=form.seen_version.data or 0,
                by=current_actor(),
                at=now(),
            )
        tell(N_("The consent is withdrawn."), N_("It stays in the history and counts no more."))
    return _back(youth_id)


@bp.get("/people-helped/<int:youth_id>/reads")
def list_reads_of(youth_id: int) -> ResponseReturnValue:
    """Show who read about one person."""
    found = record_lists.reads_of(db.session(), youth_id, current_actor(), page=_page())
    return render_template("office/youths/list_reads_of.html", found=found, youth_id=youth_id)


@bp.get("/reads")
def list_reads() -> ResponseReturnValue:
    """Show what was read last, of everybody or by one reader."""
    session, reader = db.session(), request.args.get("reader", "")
    return render_template(
        "office/youths/list_reads.html",
        found=record_lists.reads_by(session, reader, current_actor(), page=_page()),
        reader=reader,
        readers=record_lists.readers(session),
    )
