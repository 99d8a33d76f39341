"""The rules of a fund request: the table of steps, who is kept apart, how many signatures."""

from __future__ import annotations

import hmac
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from enum import StrEnum

from portal.errors import N_
from portal.errors import ForbiddenError
from portal.errors import NotFoundError
from portal.errors import PortalError
from portal.errors import RuleError
from portal.errors import StaleError
from portal.money import Money
from portal.roles import Actor
from portal.roles import Role


class State(StrEnum):
    """Where a fund request is."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


class Action(StrEnum):
    """What somebody does with a fund request."""

    SUBMIT = "submit"
    RETURN = "return"
    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    REVISE = "revise"
    DECLARE = "declare"
    OVERRIDE = "override"
    RATIFY = "ratify"


class Duty(StrEnum):
    """A person's part in one request. Nobody has two: who asks, decides and pays are three."""

    ASK = "ask"
    DECIDE = "decide"
    PAY = "pay"


class Kind(StrEnum):
    """Whom a request is for."""

    YOUTH = "youth"
    PROJECT = "project"


class Reason(StrEnum):
    """Why a request was returned or rejected: a public code beside the private words."""

    INCOMPLETE = "incomplete"
    AMOUNT = "amount"
    PAPERS = "papers"
    NOT_ELIGIBLE = "not_eligible"
    NO_BUDGET = "no_budget"
    DUPLICATE = "duplicate"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Step:
    """One arrow of the table: who may take it, on which duty, and where it leads."""

    by: frozenset[Role]
    duty: Duty
    to: State


ASKERS = frozenset({Role.FINDER, Role.OFFICER})
# In the order in which they sign.
SIGNING = (Role.CHAIR, Role.DRIVING_CHAIR, Role.BOARD)
SIGNERS = frozenset(SIGNING)
_CHAIR = frozenset({Role.CHAIR})
_OFFICER = frozenset({Role.OFFICER})

STEPS: Mapping[tuple[State, Action], Step] = {
    (State.DRAFT, Action.SUBMIT): Step(ASKERS, Duty.ASK, State.SUBMITTED),
    (State.RETURNED, Action.SUBMIT): Step(ASKERS, Duty.ASK, State.SUBMITTED),
    (State.SUBMITTED, Action.RETURN): Step(_CHAIR, Duty.DECIDE, State.RETURNED),
    (State.SUBMITTED, Action.APPROVE): Step(SIGNERS, Duty.DECIDE, State.APPROVED),
    (State.SUBMITTED, Action.REJECT): Step(_CHAIR, Duty.DECIDE, State.REJECTED),
    (State.DRAFT, Action.WITHDRAW): Step(ASKERS, Duty.ASK, State.WITHDRAWN),
    (State.SUBMITTED, Action.WITHDRAW): Step(ASKERS, Duty.ASK, State.WITHDRAWN),
    (State.RETURNED, Action.WITHDRAW): Step(ASKERS, Duty.ASK, State.WITHDRAWN),
    (State.APPROVED, Action.REVISE): Step(_OFFICER, Duty.ASK, State.SUBMITTED),
}


class ActionNotAllowedError(RuleError):
    """The table of steps has no such arrow."""

    def __init__(self, state: StrEnum, action: StrEnum) -> None:
        super().__init__(
            N_("“{action}” is not possible: it is {state} now."), action=action, state=state
        )
        self.state = state
        self.action = action


class RoleNeededError(ForbiddenError):
    """The step is taken by another role, or by the chair of another subcommittee."""

    def __init__(self, roles: Collection[Role], *, subcommittee: str = "") -> None:
        super().__init__(N_("Only {roles} can do this."), roles=tuple(sorted(roles)))
        self.roles = roles
        self.subcommittee = subcommittee


class SamePersonError(RuleError):
    """One person would have two duties in one request."""

    def __init__(self, earlier: Duty, action: StrEnum) -> None:
        super().__init__(
            N_("“{action}” needs another person: your part in this request was “{earlier}”."),
            action=action,
            earlier=earlier,
        )
        self.earlier = earlier


class AlreadySignedError(RuleError):
    """The same person would sign twice."""

    def __init__(self) -> None:
        super().__init__(N_("You have signed this request; the next signature is another's."))


class InterestNotDeclaredError(RuleError):
    """A decision opens only after its maker has said whether they are related."""

    def __init__(self) -> None:
        super().__init__(
            N_("Say first whether you are related to the person, the payee or the project.")
        )


class RelatedError(RuleError):
    """Somebody who is related does not decide."""

    def __init__(self) -> None:
        super().__init__(
            N_("You declared that you are related, so somebody else decides: the acting chair.")
        )


class HowRelatedMissingError(RuleError):
    """Who is related says how."""

    def __init__(self) -> None:
        super().__init__(
            N_("Write how you are related; only those who may open this page read it.")
        )


class PaymentUnderWayError(RuleError):
    """A payment of the request was prepared: it is cancelled before anything is revised."""

    def __init__(self) -> None:
        super().__init__(
            N_("A payment of this request is being made; a treasurer must cancel it first.")
        )


class RequestNotFoundError(NotFoundError):
    """There is no such request, or it is not this person's to see."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such request."))


class StaleRequestError(StaleError):
    """The request changed after the page was opened."""

    def __init__(self, *, seen: int, current: int) -> None:
        super().__init__(
            N_("This request was changed meanwhile. Look at it again, then decide."),
            seen=seen,
            current=current,
        )


@dataclass(frozen=True, slots=True)
class Signatures:
    """The roles whose signatures an approval needs, in order, and the people who signed so far."""

    needed: tuple[Role, ...] = (Role.CHAIR,)
    given_by: tuple[int, ...] = ()

    @property
    def due(self) -> Role:
        """Return the role whose signature is next."""
        return self.needed[len(self.given_by)]

    @property
    def after_next(self) -> Role:
        """Return the role that signs after the next one."""
        return self.needed[len(self.given_by) + 1]

    @property
    def is_last(self) -> bool:
        """Say whether the next signature is the last one."""
        return len(self.given_by) + 1 == len(self.needed)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a request stands for those who act on it: what the rules go by besides its state.

    `related` holds what people declared of themselves, `day` is the Bangkok day of the act, None
    where every term of an acting chair counts; `is_paying` says whether a payment is being made.
    """

    subcommittee: str
    duties: Mapping[int, Duty] = field(default_factory=dict)
    signatures: Signatures = Signatures()
    related: Mapping[int, bool] = field(default_factory=dict)
    day: date | None = None
    is_paying: bool = False


def next_state(state: State, action: Action, by: Actor, standing: Standing) -> State:
    """Return the state the action leads to, or raise the rule that forbids it.

    An approval that is not the last signature leaves the request where it is.
    """
    step = STEPS.get((state, action))
    if step is None:
        raise ActionNotAllowedError(state, action)
    signatures = standing.signatures
    roles = frozenset({signatures.due}) if action is Action.APPROVE else step.by
    check_role(by, roles, standing)
    keep_apart(standing.duties, step.duty, action, by)
    if step.duty is Duty.DECIDE:
        check_unrelated(by, standing.related)
    if action is Action.REVISE and standing.is_paying:
        raise PaymentUnderWayError
    if action is not Action.APPROVE:
        return step.to
    if by.person_id in signatures.given_by:
        raise AlreadySignedError
    return step.to if signatures.is_last else state


def check_role(by: Actor, roles: Collection[Role], standing: Standing) -> None:
    """Refuse who holds none of these roles here and on this day."""
    subcommittee = standing.subcommittee
    if not any(by.holds(role, subcommittee, on=standing.day) for role in roles):
        raise RoleNeededError(roles, subcommittee=subcommittee)


def check_unrelated(by: Actor, related: Mapping[int, bool]) -> None:
    """Refuse who did not say whether they are related, and who is."""
    is_related = related.get(by.person_id)
    if is_related is None:
        raise InterestNotDeclaredError
    if is_related:
        raise RelatedError


def check_may_declare(
    state: State, by: Actor, standing: Standing, *, is_related: bool, how: str
) -> None:
    """Refuse a declaration of somebody who will not decide, and one that takes back a relation."""
    # Also of what was paid: the driving committee ratifies an urgent case when it meets.
    if state not in {State.SUBMITTED, State.APPROVED, State.CLOSED}:
        raise ActionNotAllowedError(state, Action.DECLARE)
    check_role(by, SIGNERS, standing)
    keep_apart(standing.duties, Duty.DECIDE, Action.DECLARE, by)
    if standing.related.get(by.person_id) and not is_related:
        raise RelatedError
    if is_related and not how.strip():
        raise HowRelatedMissingError


def keep_apart(duties: Mapping[int, Duty], duty: Duty, action: StrEnum, by: Actor) -> None:
    """Refuse a second duty in one request to the same person."""
    earlier = duties.get(by.person_id, duty)
    if earlier is not duty:
        raise SamePersonError(earlier, action)


@dataclass(frozen=True, slots=True)
class Threshold:
    """Above this amount these signatures are needed; None means any subcommittee, any fund."""

    above: Money
    signatures: tuple[Role, ...]
    subcommittee: str | None = None
    fund: str | None = None

    def covers(self, *, subcommittee: str, fund: str, amount: Money) -> bool:
        """Say whether the threshold speaks about this request."""
        return (
            self.subcommittee in {None, subcommittee}
            and self.fund in {None, fund}
            and amount > self.above
        )


class NoThresholdError(RuleError):
    """The rules name no signature for this amount: nobody can approve it."""

    def __init__(self, amount: Money) -> None:
        super().__init__(
            N_("The rules do not say who signs for {amount} baht; the administrator sets this."),
            amount=amount,
        )


def signatures_needed(
    thresholds: Iterable[Threshold], *, subcommittee: str, fund: str, amount: Money
) -> tuple[Role, ...]:
    """Return the roles that sign, in order: the highest threshold passed, then the most exact."""
    covering = [
        threshold
        for threshold in thresholds
        if threshold.covers(subcommittee=subcommittee, fund=fund, amount=amount)
    ]
    if not covering:
        raise NoThresholdError(amount)
    chosen = max(covering, key=lambda t: (t.above, t.subcommittee is not None, t.fund is not None))
    return chosen.signatures


@dataclass(frozen=True, slots=True)
class Offer:
    """An action on a request as it stands: allowed, or refused with the reason."""

    action: Action
    refusal: PortalError | None

    @property
    def is_allowed(self) -> bool:
        """Say whether the person may take it now."""
        return self.refusal is None


def offers(state: State, by: Actor, standing: Standing) -> list[Offer]:
    """Return every action the state has, each with the reason why this person may not take it."""
    found = []
    for action in Action:
        if (state, action) not in STEPS:
            continue
        try:
            next_state(state, action, by, standing)
        except PortalError as refusal:
            found.append(Offer(action, refusal))
        else:
            found.append(Offer(action, None))
    return found


class OverCeilingError(RuleError):
    """The amount is above the ceiling of its category."""

    def __init__(self, *, ceiling: Money, amount: Money) -> None:
        super().__init__(
            N_("The ceiling of this category is {ceiling} baht; {amount} were asked for."),
            ceiling=ceiling,
            amount=amount,
        )


class NotPositiveError(RuleError):
    """An amount of nothing, or less."""

    def __init__(self) -> None:
        super().__init__(N_("The amount must be more than zero."))


class CategoryNotHereError(RuleError):
    """The subcommittee does not look after this category."""

    def __init__(self) -> None:
        super().__init__(N_("This subcommittee does not look after that category."))


class ConsentMissingError(RuleError):
    """A youth's request goes nowhere without consent."""

    def __init__(self) -> None:
        super().__init__(N_("The consent of the person or the guardian is missing."))


def check_amount(amount: Money, *, ceiling: Money) -> None:
    """Refuse nothing, less than nothing, and more than the ceiling."""
    if amount <= Money(0):
        raise NotPositiveError
    if amount > ceiling:
        raise OverCeilingError(ceiling=ceiling, amount=amount)


def choose_fund(left: Mapping[str, Money]) -> str:
    """Return the fund to begin with, of which most is left.

    Where nothing is left the request is written all the same; the chair sees what is short.
    """
    return max(left, key=lambda code: left[code])


def party(salt: bytes, person_id: int) -> str:
    """Return the public code of a person within one request, 16 hex digits.

    The same person has the same code in one request, so that anybody can see that different
    people acted; another request has another salt, so that no code follows anybody around.
    """
    return hmac.digest(salt, str(person_id).encode(), "sha256").hex()[:16]
