"""What a page says after an act on a fund request: what is done, and what comes next."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import ngettext

from portal.errors import N_
from portal.funds.rules import Action
from portal.funds.rules import State
from portal.words import tell

# What a page says after an act that led to this state.
DONE: Mapping[tuple[Action, State], tuple[str, str]] = {
    (Action.WITHDRAW, State.WITHDRAWN): (
        N_("The request is withdrawn."),
        N_("Nobody decides on it any more."),
    ),
    (Action.RETURN, State.RETURNED): (
        N_("You returned the request for correction."),
        N_("It waits for the requester, who sees your reason."),
    ),
    (Action.APPROVE, State.SUBMITTED): (
        N_("You signed the request."),
        N_("It waits for the next signature."),
    ),
    (Action.APPROVE, State.APPROVED): (
        N_("You approved the request."),
        N_("The money is set aside, and a treasurer can pay it."),
    ),
    (Action.REJECT, State.REJECTED): (
        N_("You did not approve the request."),
        N_("It ends here; the requester sees your reason."),
    ),
}


def tell_kept() -> None:
    """Say on the next page that a draft is kept."""
    tell(N_("What you wrote is kept."), N_("Nothing is sent yet. Look it over, then send it."))


def tell_attached(count: int, reference: str | None) -> None:
    """Say on the next page that papers were attached."""
    what = ngettext("%(num)s paper is attached.", "%(num)s papers are attached.", count)
    tell(what, N_("What a photo told of place and camera was taken away."), reference)


def tell_removed(reference: str | None) -> None:
    """Say on the next page that a paper was taken off."""
    why = N_("That it was here, and why it went, stays on record.")
    tell(N_("The paper is taken off."), why, reference)
