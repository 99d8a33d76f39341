"""The first page of the office."""

from __future__ import annotations

from flask import Blueprint
from flask import render_template
from flask.typing import ResponseReturnValue

from portal.clock import now
from portal.db import db
from portal.funds import lookups
from portal.funds import queries
from portal.funds.queries import Filters
from portal.funds.rules import ASKERS
from portal.funds.rules import SIGNERS
from portal.home.queries import waiting
from portal.roles import Role
from portal.security import current_actor

bp = Blueprint("home", __name__)


@bp.get("/")
def show_home() -> ResponseReturnValue:
    """Show what waits for the signed-in person."""
    session, by, at = db.session(), current_actor(), now()
    decides, pays = bool(SIGNERS & by.roles), by.holds(Role.TREASURER)
    asks, imports = bool(ASKERS & by.roles), by.holds(Role.OFFICER)
    shows_own = asks and not imports
    is_reader = not decides and not pays and not shows_own
    own = Filters(requester_id=by.person_id)
    return render_template(
        "office/home/show_home.html",
        asks=asks,
        decides=decides,
        pays=pays,
        imports=imports,
        audits=by.holds(Role.AUDITOR),
        runs_house=by.holds(Role.ADMINISTRATOR),
        clock=lookups.clock(session, at=at),
        waiting=waiting(session, by, at=at),
        to_decide=queries.to_decide(session, by, length=queries.HOME_LENGTH),
        in_payment=queries.in_payment(session, by, length=queries.HOME_LENGTH),
        to_correct=queries.to_correct(session, by, length=queries.HOME_LENGTH),
        unreceipted=queries.lacking_receipts(session, by, length=queries.HOME_LENGTH),
        own=shows_own and queries.requests(session, by, own, length=queries.OWN_LENGTH),
        latest=is_reader and queries.requests(session, by, Filters(), length=queries.HOME_LENGTH),
    )
