"""The rules of referrals: the table of steps, who is on which end, who sees how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from enum import StrEnum

from portal.errors import N_
from portal.errors import ForbiddenError
from portal.errors import NotFoundError
from portal.errors import PortalError
from portal.errors import RuleError
from portal.errors import StaleError
from portal.roles import Actor
from portal.roles import Role

# Whoever works with people: sends, answers, follows up. The auditor reads what they do.
WORKERS = frozenset({Role.FINDER, Role.OFFICER})
READERS = WORKERS | {Role.AUDITOR}
# A partner answers within a day, as the model province does.
ANSWER_WITHIN = timedelta(hours=24)


class State(StrEnum):
    """Where a referral is."""

    SENT = "sent"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    DONE = "done"
    CANCELLED = "cancelled"


OPEN = frozenset({State.SENT, State.ACCEPTED})


class Action(StrEnum):
    """What somebody does with a referral."""

    ACCEPT = "accept"
    DECLINE = "decline"
    FINISH = "finish"
    CANCEL = "cancel"


class Reason(StrEnum):
    """Why a referral was declined: a public code beside the private words."""

    NOT_OUR_TASK = "not_our_task"
    OTHER_AREA = "other_area"
    NO_CAPACITY = "no_capacity"
    HELPED_ALREADY = "helped_already"
    NOT_REACHED = "not_reached"
    OTHER = "other"


class Side(StrEnum):
    """The two ends of a referral."""

    SENDER = "sender"
    RECEIVER = "receiver"


class View(StrEnum):
    """How much of a referral somebody sees; who sees nothing does not find it."""

    WHOLE = "whole"
    TASK = "task"
    TRACE = "trace"


@dataclass(frozen=True, slots=True)
class Step:
    """One arrow of the table: who may take it, on which end, and where it leads."""

    by: frozenset[Role]
    side: Side
    to: State


STEPS: Mapping[tuple[State, Action], Step] = {
    (State.SENT, Action.ACCEPT): Step(WORKERS, Side.RECEIVER, State.ACCEPTED),
    (State.SENT, Action.DECLINE): Step(WORKERS, Side.RECEIVER, State.DECLINED),
    (State.ACCEPTED, Action.FINISH): Step(WORKERS, Side.RECEIVER, State.DONE),
    (State.SENT, Action.CANCEL): Step(WORKERS, Side.SENDER, State.CANCELLED),
}


class WorkerNeededError(ForbiddenError):
    """Only those who work with people do this."""

    def __init__(self) -> None:
        super().__init__(N_("Only a finder or an officer can do this."))


class OfficerNeededError(ForbiddenError):
    """Only an officer plans, and writes notes on anybody's page."""

    def __init__(self) -> None:
        super().__init__(N_("Only an officer can do this."))


class ReaderNeededError(ForbiddenError):
    """These lists are for those who work with people, and for the auditor."""

    def __init__(self) -> None:
        super().__init__(N_("These lists are for finders, officers and auditors."))


class YouthNotFoundError(NotFoundError):
    """There is no such person, or not for this one to see."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such person here."))


class ReferralNotFoundError(NotFoundError):
    """There is no such referral, or it is between others."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such referral here."))


class StaleCaseError(StaleError):
    """What the page showed changed after it was opened."""

    def __init__(self, *, seen: int, current: int) -> None:
        super().__init__(
            N_("This was changed meanwhile. Look at it again, then decide."),
            seen=seen,
            current=current,
        )


class StepNotPossibleError(RuleError):
    """The table of steps has no such arrow."""

    def __init__(self) -> None:
        super().__init__(N_("This is not possible as the referral stands now."))


class NotTheReceiverError(ForbiddenError):
    """Another organisation was asked."""

    def __init__(self) -> None:
        super().__init__(N_("The organisation that was asked decides on this."))


class NotTheSenderError(ForbiddenError):
    """Only who sent a referral takes it back."""

    def __init__(self) -> None:
        super().__init__(N_("Only the person who sent the referral can take it back."))


class SentYourselfError(ForbiddenError):
    """Who sends does not answer."""

    def __init__(self) -> None:
        super().__init__(N_("You sent this referral; another person of the organisation answers."))


class NoOrganisationError(RuleError):
    """Whoever sends belongs to an organisation, so that the answer finds its way back."""

    def __init__(self) -> None:
        super().__init__(
            N_("You belong to no organisation, so nobody could answer you. Ask the administrator.")
        )


class OwnOrganisationError(RuleError):
    """A referral goes to another organisation."""

    def __init__(self) -> None:
        super().__init__(N_("This is your own organisation; a referral goes to another one."))


class NobodyThereError(RuleError):
    """Nobody of that organisation could answer: the referral would be lost."""

    def __init__(self) -> None:
        super().__init__(
            N_("Nobody of this organisation signs in here, so the referral would be lost.")
        )


class ShareConsentMissingError(RuleError):
    """Nobody is told about somebody who did not agree to it."""

    def __init__(self) -> None:
        super().__init__(
            N_("The person or the guardian has not agreed that this is shared with a partner.")
        )


class OpenAlreadyError(RuleError):
    """The same organisation is asked for the same person already."""

    def __init__(self) -> None:
        super().__init__(N_("A referral of this person to this organisation is open already."))


class NotSentAgainError(RuleError):
    """Only a declined referral is sent again, to another organisation, once."""

    def __init__(self) -> None:
        super().__init__(
            N_("Only a declined referral is sent again, once, and to another organisation.")
        )


@dataclass(frozen=True, slots=True)
class Ends:
    """Between whom a referral goes; `own` is the organisation of the person who looks at it."""

    sent_by_id: int
    receiver: str
    own: str | None


def next_state(state: State, action: Action, by: Actor, *, ends: Ends) -> State:
    """Return the state the action leads to, or raise the rule that forbids it."""
    step = STEPS.get((state, action))
    if step is None:
        raise StepNotPossibleError
    if not step.by & by.roles:
        raise WorkerNeededError
    is_mine = by.person_id == ends.sent_by_id
    if step.side is Side.SENDER and not is_mine:
        raise NotTheSenderError
    if step.side is Side.RECEIVER and ends.own != ends.receiver:
        raise NotTheReceiverError
    if step.side is Side.RECEIVER and is_mine:
        raise SentYourselfError
    return step.to


@dataclass(frozen=True, slots=True)
class Offer:
    """An action on a referral as it stands: allowed, or refused with the reason."""

    action: Action
    refusal: PortalError | None

    @property
    def is_allowed(self) -> bool:
        """Say whether the person may take it now."""
        return self.refusal is None


def offers(state: State, by: Actor, *, ends: Ends) -> list[Offer]:
    """Return every action the state has, each with the reason why this person may not take it."""
    found = []
    for action in Action:
        if (state, action) not in STEPS:
            continue
        try:
            next_state(state, action, by, ends=ends)
        except PortalError as refusal:
            found.append(Offer(action, refusal))
        else:
            found.append(Offer(action, None))
    return found


def view(state: State, by: Actor, *, ends: Ends, may_see: bool) -> View | None:
    """Return how much of a referral this person sees; `may_see` says it of the person referred.

    Who receives one knows what they need to help, and afterwards that it was done.
    """
    if may_see or by.person_id == ends.sent_by_id:
        return View.WHOLE
    if ends.own != ends.receiver or not WORKERS & by.roles:
        return None
    return View.TASK if state in OPEN else View.TRACE


def is_late(sent_at: datetime, answered_at: datetime | None, at: datetime) -> bool:
    """Say whether the answer took, or takes, longer than it may."""
    return (answered_at or at) - sent_at > ANSWER_WITHIN
