"""The office's pages about doubtful pairs: two records that may be one person."""

from __future__ import annotations

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
from portal.security import current_actor
from portal.words import SeenVersion
from portal.words import tell
from portal.youths import pairing
from portal.youths import record_lists
from portal.youths.forms import PairForm
from portal.youths.opened import keep_read
from portal.youths.pair_page import pair_page
from portal.youths.rules import ReadPage
from portal.youths.rules import Verdict

bp = Blueprint("pairs", __name__)

SETTLED = {
    Verdict.SAME: N_("The two records are one person now."),
    Verdict.TWO: N_("The two records are two people."),
}
FOLLOWS = {
    Verdict.SAME: N_("The older one is kept; the requests of both are found there."),
    Verdict.TWO: N_("They are not asked for again."),
}


@bp.get("/people-helped/pairs")
def list_pairs() -> ResponseReturnValue:
    """Show the records that may be about one person, and how others were settled."""
    session, by = db.session(), current_actor()
    return render_template(
        "office/pairs/list_pairs.html",
        waiting=record_lists.open_pairs(session, by),
        settled=record_lists.settled_pairs(session, by),
    )


@bp.get("/people-helped/pairs/<int:pair_id>")
def show_pair(pair_id: int) -> ResponseReturnValue:
    """Show two records beside each other, and keep that both were read."""
    page = pair_page(db.session(), pair_id, current_actor(), at=now())
    for one in page.records:
        keep_read(one.id, ReadPage.PAIR)
    return render_template(
        "office/pairs/show_pair.html", page=page, form=PairForm(seen_version=page.version)
    )


@bp.post("/people-helped/pairs/<int:pair_id>/settle")
def settle_pair(pair_id: int) -> ResponseReturnValue:
    """Say that they are one person, or two."""
    form = PairForm()
    if not form.validate_on_submit():
        return redirect(url_for(".show_pair", pair_id=pair_id), HTTPStatus.SEE_OTHER)
    verdict = form.answer()
    with transaction() as session:
        pairing.settle_pair(
            session,
            pair_id,
            verdict,
            seen_version=form.seen_version.data or 0,
            by=current_actor(),
            at=now(),
        )
    tell(SETTLED[verdict], FOLLOWS[verdict])
    return redirect(url_for(".list_pairs"), HTTPStatus.SEE_OTHER)


@bp.post("/people-helped/pairs/<int:pair_id>/undo")
def undo_merge(pair_id: int) -> ResponseReturnValue:
    """Take two records apart that were wrongly joined."""
    form = SeenVersion()
    if form.validate_on_submit():
        with transaction() as session:
            pairing.undo_merge(
                session,
                pair_id,
                seen_version=form.seen_version.data or 0,
                by=current_actor(),
                at=now(),
            )
        tell(N_("The joining is undone."), N_("The two records are known as two people now."))
    return redirect(url_for(".list_pairs"), HTTPStatus.SEE_OTHER)
