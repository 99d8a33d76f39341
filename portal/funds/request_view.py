"""Showing the one page of a request, with the forms that this person may fill in there."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field

from flask import render_template

from portal.clock import now
from portal.db import db
from portal.funds import lookups
from portal.funds.deciding_forms import InterestForm
from portal.funds.deciding_forms import OverrideForm
from portal.funds.deciding_forms import RatifyForm
from portal.funds.forms import AttachForm
from portal.funds.forms import DecisionForm
from portal.funds.request_page import request_page
from portal.funds.rules import SIGNERS
from portal.roles import Role
from portal.security import current_actor
from portal.thai import bangkok_day
from portal.words import SeenVersion
from portal.youths.opened import keep_read
from portal.youths.rules import ReadPage


@dataclass(frozen=True, slots=True)
class RequestForms:
    """The forms of the page; one that was sent and refused is shown as it was filled in."""

    decision: DecisionForm = field(default_factory=lambda: DecisionForm(formdata=None))
    interest: InterestForm = field(default_factory=lambda: InterestForm(formdata=None))
    override: OverrideForm = field(default_factory=lambda: OverrideForm(formdata=None))
    ratify: RatifyForm = field(default_factory=lambda: RatifyForm(formdata=None))

    @property
    def sent(self) -> SeenVersion:
        """Return the form that was sent, if one was: the one with errors."""
        every = (self.decision, self.interest, self.override, self.ratify)
        return next((form for form in every if form.errors), self.decision)


def show_request_page(request_id: int, forms: RequestForms | None = None) -> str:
    """Show the one page of a request."""
    by = current_actor()
    forms = forms or RequestForms()
    page = request_page(db.session(), request_id, by, on=bangkok_day(now()))
    keep_read(page.youth_id, ReadPage.REQUEST)
    for form in (forms.decision, forms.interest, forms.override, forms.ratify):
        form.seen_version.data = form.seen_version.data or page.row.version
    return render_template(
        "office/funds/show_request.html",
        page=page,
        due=lookups.clock(db.session(), at=now()).due(page.row),
        forms=forms,
        papers_form=AttachForm(formdata=None),
        form=forms.decision.offer(page.offers),
        decides=bool(SIGNERS & by.roles),
        pays=by.holds(Role.TREASURER),
    )
