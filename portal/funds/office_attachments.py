"""The office's pages about the papers people attach to a request: sending, looking, taking off."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint
from flask import current_app
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from portal.archive import Archive
from portal.clock import now
from portal.db import db
from portal.db import transaction
from portal.downloads import given_out
from portal.errors import InputError
from portal.errors import PortalError
from portal.errors import RuleError
from portal.funds import attaching
from portal.funds.attached import attached_paper
from portal.funds.attached import attached_papers
from portal.funds.attachments import PaperKind
from portal.funds.attachments import tidy_name
from portal.funds.forms import AttachForm
from portal.funds.forms import RemoveForm
from portal.funds.notices import tell_attached
from portal.funds.notices import tell_removed
from portal.funds.queries import request_row
from portal.journal import Event
from portal.journal import note
from portal.security import current_actor
from portal.security import take_up_to
from portal.uploads import BYTES_MAX
from portal.uploads import clean
from portal.words import say
from portal.youths.opened import keep_read
from portal.youths.rules import ReadPage

bp = Blueprint("attachments", __name__)

# Several photos at once, each of which may have its 10 MB, and what a form needs around them.
BODY_BYTES_MAX = 5 * BYTES_MAX + 1024 * 1024


@bp.url_value_preprocessor
def _take_papers(endpoint: str | None, _values: dict[str, object] | None) -> None:
    """Raise the limit of what may be sent before anybody reads the form."""
    if request.method == "POST" and endpoint == "office.attachments.attach_papers":
        take_up_to(BODY_BYTES_MAX)


@bp.get("/requests/<int:request_id>/attachments")
def show_papers(request_id: int) -> ResponseReturnValue:
    """Show the papers of a request alone, with the form to attach more."""
    return _show_papers(request_id, AttachForm())


def _show_papers(request_id: int, form: AttachForm, *, taken: int = 0) -> str:
    by = current_actor()
    attached = attached_papers(db.session(), request_id, by)
    keep_read(attached.row.youth_id, ReadPage.PAPER)
    return render_template(
        "office/attachments/show_papers.html",
        row=attached.row,
        attached=attached,
        papers_form=form,
        taken=taken,
    )


@bp.post("/requests/<int:request_id>/attachments")
def attach_papers(request_id: int) -> ResponseReturnValue:
    """Attach every file that can be taken, and say of the others why not."""
    attaching.check_may_attach(db.session(), request_id, by=current_actor())
    form = AttachForm()
    if not form.validate_on_submit():
        return _show_papers(request_id, form), HTTPStatus.UNPROCESSABLE_ENTITY
    answer = form.answer()
    # Phones call many a photo by one name, so that the name is no key.
    outcomes = [(file, _attach_one(request_id, answer.kind, file)) for file in answer.files]
    refused = [
        f"{tidy_name(file.filename or '')}: {say(refusal)}" for file, refusal in outcomes if refusal
    ]
    taken = len(outcomes) - len(refused)
    if refused:
        form.files.errors = refused
        page = _show_papers(request_id, form, taken=taken)
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    tell_attached(taken, _reference(request_id))
    return _back(request_id)


def _attach_one(request_id: int, kind: PaperKind, file: FileStorage) -> PortalError | None:
    """Attach one file, an act of its own; return why it was refused."""
    try:
        # One byte more than is taken tells that it is too large.
        upload = clean(file.stream.read(BYTES_MAX + 1))
        with transaction() as session:
            attaching.attach_paper(
                session,
                request_id,
                upload,
                kind,
                file_name=file.filename or "",
                by=current_actor(),
                at=now(),
            )
    except (InputError, RuleError) as refusal:
        note(Event.UPLOAD_REFUSED, cause=type(refusal).__name__)
        return refusal
    return None


def _reference(request_id: int) -> str | None:
    row = request_row(db.session(), request_id, current_actor())
    return row.reference if row else None


def _back(request_id: int) -> ResponseReturnValue:
    url = url_for("office.funds.show_request", request_id=request_id, _anchor="supporting-papers")
    return redirect(url, HTTPStatus.SEE_OTHER)


@bp.post("/requests/<int:request_id>/attachments/<int:attachment_id>/remove")
def remove_paper(request_id: int, attachment_id: int) -> ResponseReturnValue:
    """Take a paper off."""
    form = RemoveForm()
    if form.validate_on_submit():
        with transaction() as session:
            attaching.remove_paper(
                session,
                request_id,
                attachment_id,
                form.answer(),
                by=current_actor(),
                at=now(),
            )
        tell_removed(_reference(request_id))
    return _back(request_id)


@bp.get("/requests/<int:request_id>/attachments/<int:attachment_id>")
def send_paper(request_id: int, attachment_id: int) -> ResponseReturnValue:
    """Give out a paper to those who may see its request: a picture to look at, a PDF to keep."""
    paper, row = attached_paper(db.session(), request_id, attachment_id, current_actor())
    keep_read(row.youth_id, ReadPage.PAPER)
    archive: Archive = current_app.extensions["install"].attachments
    name = paper.given_name(row.reference)
    return given_out(archive.read(paper.digest), paper.media_type, name)
