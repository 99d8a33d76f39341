"""The treasurers' pages of batches: made of prepared transfers, released, sent, their files."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from http import HTTPStatus

from flask import Blueprint
from flask import Response
from flask import current_app
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask.typing import ResponseReturnValue

from portal.archive import Archive
from portal.clock import now
from portal.db import db
from portal.errors import N_
from portal.errors import RuleError
from portal.payments import batch_page
from portal.payments import batching
from portal.payments.batch_forms import BatchForm
from portal.payments.batch_rules import BatchNotFoundError
from portal.payments.models import PaymentBatch
from portal.payments.payment_files import FILES
from portal.payments.payment_files import FileKind
from portal.people.again import AgainForm
from portal.people.once import StepForm
from portal.people.once import acting
from portal.people.once import lead
from portal.people.once import once
from portal.security import current_actor
from portal.security import limiter
from portal.security import row_number
from portal.thai import bangkok_day
from portal.thai import typed_day
from portal.words import say
from portal.youths.opened import keep_reads
from portal.youths.rules import ReadPage

bp = Blueprint("batches", __name__)


@bp.get("/batches")
def list_batches() -> ResponseReturnValue:
    """Show the batches, newest first."""
    rows = batch_page.batches(db.session())
    return render_template("treasury/batches/list_batches.html", rows=rows)


@bp.get("/batches/new")
def new_batch() -> ResponseReturnValue:
    """Show the transfers of which a batch can be made."""
    return _show_new(BatchForm(data={"value_on": typed_day(bangkok_day(now()))}, formdata=None))


def _show_new(form: BatchForm, *, ticked: Sequence[int] = ()) -> str:
    free = batch_page.free_transfers(db.session(), current_actor())
    return render_template(
        "treasury/batches/new_batch.html",
        free=free,
        form=form.offer(free.accounts),
        ticked=ticked,
        are_all_ticked="all" in request.args,
    )


@bp.post("/batches/new")
@once
def make_batch() -> ResponseReturnValue:
    """Put the ticked transfers in a batch."""
    form = BatchForm().offer(batch_page.accounts(db.session()))
    ticked = _ticked()
    if not form.validate_on_submit():
        return _show_new(form, ticked=ticked), HTTPStatus.UNPROCESSABLE_ENTITY
    answer = form.answer()
    try:
        with acting() as session:
            picked = batch_page.every_free_id(session) if answer.is_every else ticked
            batch = batching.make_batch(
                session, picked, terms=answer.terms, by=current_actor(), at=now()
            )
            return lead(
                _url(batch.id),
                N_("The batch is made."),
                N_("Another treasurer releases it."),
                reference=batch.reference,
            )
    except RuleError as error:
        form.form_errors.append(say(error))
        return _show_new(form, ticked=ticked), HTTPStatus.UNPROCESSABLE_ENTITY


def _ticked() -> list[int]:
    picked = []
    for written in request.form.getlist("pick"):
        try:
            picked.append(row_number(written))
        except ValueError:
            continue
    return picked


@bp.get("/batches/<int:batch_id>")
def show_batch(batch_id: int) -> ResponseReturnValue:
    """Show one batch and its next step."""
    return _show_batch(batch_id)


def _show_batch(batch_id: int, form: AgainForm | None = None) -> str:
    page = batch_page.batch_page(db.session(), batch_id, current_actor(), at=now())
    return render_template(
        "treasury/batches/show_batch.html",
        page=page,
        row=page.row,
        form=form or AgainForm(data={"seen_version": page.row.version}, formdata=None),
    )


@bp.post("/batches/<int:batch_id>/release")
@limiter.limit("10 per minute")
@once
def release_batch(batch_id: int) -> ResponseReturnValue:
    """Let a batch go, once the password was given again."""
    form = AgainForm()
    if not form.is_theirs():
        return _show_batch(batch_id, form), HTTPStatus.UNPROCESSABLE_ENTITY
    return _take(
        batch_id,
        batching.release_batch,
        form,
        N_("You released the batch."),
        N_("Its file is ready for the bank; note the batch as sent when the bank has it."),
    )


@bp.post("/batches/<int:batch_id>/send")
@once
def send_batch(batch_id: int) -> ResponseReturnValue:
    """Note that the bank has the file."""
    return _take(
        batch_id,
        batching.send_batch,
        StepForm(),
        N_("The batch is noted as sent to the bank."),
        N_("Its payments are confirmed by the lines of the bank's statement."),
    )


@bp.post("/batches/<int:batch_id>/dissolve")
@once
def dissolve_batch(batch_id: int) -> ResponseReturnValue:
    """Take a batch apart."""
    return _take(
        batch_id,
        batching.dissolve_batch,
        StepForm(),
        N_("The batch is dissolved."),
        N_("Its payments stay as they are, in no batch."),
    )


def _take(
    batch_id: int, act: Callable[..., PaymentBatch], form: StepForm, what: str, why: str
) -> ResponseReturnValue:
    if form.validate_on_submit():
        with acting() as session:
            batch = act(session, batch_id, seen_version=form.seen, by=current_actor(), at=now())
            return lead(_url(batch_id), what, why, reference=batch.reference)
    return redirect(_url(batch_id), HTTPStatus.SEE_OTHER)


def _url(batch_id: int) -> str:
    return url_for(".show_batch", batch_id=batch_id)


@bp.get("/batches/<int:batch_id>/files/<kind>")
def send_file(batch_id: int, kind: str) -> ResponseReturnValue:
    """Give out a file of a batch, byte for byte as it was made."""
    if kind not in set(FileKind):
        raise BatchNotFoundError
    told = FILES[FileKind(kind)]
    file, reference = batch_page.bank_file(db.session(), batch_id, FileKind(kind))
    keep_reads(batch_page.paid_in(batch_id), ReadPage.LIST)
    archive: Archive = current_app.extensions["install"].bank_files
    name = f"{reference}.{told.ending}"
    return Response(
        archive.read(file.digest),
        content_type=told.media_type,
        headers={"Content-Disposition": f"attachment; filename={name}"},
    )
