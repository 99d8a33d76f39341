"""What a page says after an act on a person's case: what is done, and what comes next."""

from __future__ import annotations

from collections.abc import Mapping

from portal.cases.rules import State
from portal.errors import N_
from portal.words import tell

_DONE: Mapping[State, tuple[str, str]] = {
    State.SENT: (
        N_("The referral is sent."),
        N_("The organisation answers within 24 hours; you see the answer here."),
    ),
    State.ACCEPTED: (
        N_("You accepted the referral."),
        N_("It is in your hands until you say here what came of it."),
    ),
    State.DECLINED: (
        N_("You declined the referral."),
        N_("The sender sees your reason and can ask another organisation."),
    ),
    State.DONE: (N_("The referral is done."), N_("The sender sees what came of it.")),
    State.CANCELLED: (
        N_("You took the referral back."),
        N_("The organisation that was asked sees nothing of the person any more."),
    ),
}


def tell_referral(state: State) -> None:
    """Say on the next page what an act on a referral did, by the state it led to."""
    tell(*_DONE[state])


def tell_planned() -> None:
    """Say on the next page that follow-ups are planned."""
    tell(N_("The follow-ups are planned."), N_("They stand in the list until they are done."))


def tell_followed_up() -> None:
    """Say on the next page that a follow-up is done."""
    tell(N_("The follow-up is kept."), N_("It is the newest word on how the person is."))


def tell_noted() -> None:
    """Say on the next page that a note is kept."""
    tell(N_("The note is kept."), N_("Officers and auditors read it; nobody can change it."))
