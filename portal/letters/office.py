"""The outbox: what was written to whom, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint
from flask import current_app
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask.typing import ResponseReturnValue

from portal.clock import now
from portal.db import db
from portal.db import transaction
from portal.errors import N_
from portal.letters import queries
from portal.letters import service
from portal.letters import texts
from portal.letters.queries import LetterRow
from portal.letters.texts import Written
from portal.roles import Role
from portal.security import current_actor
from portal.words import tell

bp = Blueprint("letters", __name__)


@dataclass(frozen=True, slots=True)
class Shown:
    """A letter and its words: as it was sent, or as it would be sent now."""

    row: LetterRow
    written: Written


@bp.get("/outbox")
def list_letters() -> ResponseReturnValue:
    """Show a person's letters; an administrator sees everybody's, and in a demo all do."""
    session, by = db.session(), current_actor()
    settings = current_app.extensions["install"].settings
    found = queries.letters(
        session,
        by,
        sees_all=settings.is_demo or by.holds(Role.ADMINISTRATOR),
        mails=bool(settings.smtp_url),
        at=now(),
        only_failed="failed" in request.args,
        page=max(1, request.args.get("page", 1, type=int)),
    )
    digests = queries.entry_digests(session, [about for row in found.rows for about in row.abouts])
    return render_template(
        "office/letters/list_letters.html",
        found=found,
        letters=[Shown(row, _words(row, digests, settings.base_url)) for row in found.rows],
        only_failed="failed" in request.args,
        retries=by.holds(Role.ADMINISTRATOR),
        is_sent=bool(settings.smtp_url),
        address=queries.address_of(session, by),
    )


def _words(row: LetterRow, digests: Mapping[str, str], base_url: str) -> Written:
    if row.subject is not None and row.body is not None:
        return Written(row.subject, row.body)
    own = {about.entry: digests[about.entry] for about in row.abouts if about.entry in digests}
    return texts.write(row.kind, row.abouts, own, base_url=base_url)


@bp.post("/outbox/<int:letter_id>/retry")
def retry_letter(letter_id: int) -> ResponseReturnValue:
    """Have a letter that failed sent again."""
    with transaction() as session:
        service.retry_letter(session, letter_id, by=current_actor(), at=now())
    tell(N_("The message is sent again."), N_("It goes out with the next round of the mail."))
    return redirect(url_for(".list_letters"), HTTPStatus.SEE_OTHER)
