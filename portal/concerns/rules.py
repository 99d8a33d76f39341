"""The rules of findings and of concerns: their codes, their tables of steps, who is kept apart."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from portal.concerns.codes import SENSITIVE_TOPICS
from portal.concerns.codes import ConcernAction
from portal.concerns.codes import ConcernState
from portal.concerns.codes import ConcernTopic
from portal.concerns.codes import Desk
from portal.concerns.codes import FindingAction
from portal.concerns.codes import FindingState
from portal.concerns.codes import Party
from portal.errors import N_
from portal.errors import ForbiddenError
from portal.errors import NotFoundError
from portal.errors import PortalError
from portal.errors import RuleError
from portal.errors import StaleError
from portal.funds.rules import ActionNotAllowedError
from portal.funds.rules import RoleNeededError
from portal.roles import Actor
from portal.roles import Role

AUDITORS = frozenset({Role.AUDITOR})
ANSWERERS = frozenset({Role.OFFICER, Role.CHAIR, Role.TREASURER, Role.ADMINISTRATOR})
# After so long without a word from who raised it, an answered concern is closed.
SILENCE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class FindingStep:
    """One arrow: which roles may take it, and where it leads."""

    by: frozenset[Role]
    to: FindingState


FINDING_STEPS: Mapping[tuple[FindingState | None, FindingAction], FindingStep] = {
    (None, FindingAction.RAISE): FindingStep(AUDITORS, FindingState.OPEN),
    (FindingState.OPEN, FindingAction.ANSWER): FindingStep(ANSWERERS, FindingState.ANSWERED),
    (FindingState.ANSWERED, FindingAction.CLOSE): FindingStep(AUDITORS, FindingState.CLOSED),
    (FindingState.ANSWERED, FindingAction.REOPEN): FindingStep(AUDITORS, FindingState.OPEN),
    (FindingState.CLOSED, FindingAction.REOPEN): FindingStep(AUDITORS, FindingState.OPEN),
}


HANDLERS: Mapping[Desk, Role] = {
    Desk.OFFICERS: Role.OFFICER,
    Desk.AUDITORS: Role.AUDITOR,
    Desk.BOARD: Role.BOARD,
}
# Where a concern goes when the person who would look into it is concerned. Nothing ever comes back
# to the officers: it may be about one of them.
NEXT_DESK: Mapping[Desk, Desk] = {
    Desk.OFFICERS: Desk.AUDITORS,
    Desk.AUDITORS: Desk.BOARD,
    Desk.BOARD: Desk.AUDITORS,
}
READERS = frozenset(HANDLERS.values())
DESK_ACTIONS = (ConcernAction.TAKE_UP, ConcernAction.ANSWER, ConcernAction.PASS)


@dataclass(frozen=True, slots=True)
class ConcernStep:
    """One arrow: who may take it, and where it leads."""

    by: frozenset[Party]
    to: ConcernState


_DESK, _REPORTER = frozenset({Party.DESK}), frozenset({Party.REPORTER})

CONCERN_STEPS: Mapping[tuple[ConcernState, ConcernAction], ConcernStep] = {
    (ConcernState.RECEIVED, ConcernAction.TAKE_UP): ConcernStep(_DESK, ConcernState.LOOKING),
    (ConcernState.RECEIVED, ConcernAction.PASS): ConcernStep(_DESK, ConcernState.RECEIVED),
    (ConcernState.LOOKING, ConcernAction.PASS): ConcernStep(_DESK, ConcernState.RECEIVED),
    (ConcernState.LOOKING, ConcernAction.ANSWER): ConcernStep(_DESK, ConcernState.ANSWERED),
    (ConcernState.RECEIVED, ConcernAction.ADD): ConcernStep(_REPORTER, ConcernState.RECEIVED),
    (ConcernState.LOOKING, ConcernAction.ADD): ConcernStep(_REPORTER, ConcernState.LOOKING),
    (ConcernState.ANSWERED, ConcernAction.ADD): ConcernStep(_REPORTER, ConcernState.LOOKING),
    (ConcernState.ANSWERED, ConcernAction.CLOSE): ConcernStep(
        frozenset({Party.REPORTER, Party.SYSTEM}), ConcernState.CLOSED
    ),
}


class AuditorsDoNotAnswerError(ForbiddenError):
    """Who checks does not answer for what was done."""

    def __init__(self) -> None:
        super().__init__(N_("You are an auditor; somebody who is none answers a finding."))


class OwnFindingError(RuleError):
    """Who raised a finding would answer it."""

    def __init__(self) -> None:
        super().__init__(N_("You raised this finding; another person answers it."))


class OwnAnswerError(RuleError):
    """Who answered a finding would close it."""

    def __init__(self) -> None:
        super().__init__(N_("You answered this finding; another person closes it."))


class ErasedError(RuleError):
    """The words were erased: nothing can be added to what nobody can read."""

    def __init__(self) -> None:
        super().__init__(N_("Its words were erased for good, so it stays closed."))


class FindingNotFoundError(NotFoundError):
    """There is no such finding, or it is not this person's to see."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such finding."))


class ConcernNotFoundError(NotFoundError):
    """There is no such concern, or it is not this person's to see."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such concern."))


class UnknownCodeError(NotFoundError):
    """No concern is followed with this code."""

    def __init__(self) -> None:
        super().__init__(N_("No concern has this code. Look at it again, letter by letter."))


class StaleCaseError(StaleError):
    """A finding or a concern changed after the page was opened."""

    def __init__(self) -> None:
        super().__init__(N_("Somebody acted on it meanwhile. Look at it again, then decide."))


def next_finding_state(
    state: FindingState | None,
    action: FindingAction,
    by: Actor,
    *,
    raised_by: int | None = None,
    answered_by: int | None = None,
) -> FindingState:
    """Return the state the action leads to, or raise the rule that forbids it."""
    step = FINDING_STEPS.get((state, action))
    if step is None:
        raise ActionNotAllowedError(state or FindingState.OPEN, action)
    if not step.by & by.roles:
        raise RoleNeededError(step.by)
    if action is FindingAction.ANSWER and by.person_id == raised_by:
        raise OwnFindingError
    if action is FindingAction.ANSWER and by.holds(Role.AUDITOR):
        raise AuditorsDoNotAnswerError
    if action is FindingAction.CLOSE and by.person_id == answered_by:
        raise OwnAnswerError
    return step.to


def party(by: Actor | None, desk: Desk) -> Party:
    """Return as what somebody acts on a concern at a desk; nobody by name is who raised it."""
    if by is None:
        return Party.REPORTER
    if by.holds(Role.SYSTEM):
        return Party.SYSTEM
    if by.holds(HANDLERS[desk]):
        return Party.DESK
    raise RoleNeededError({HANDLERS[desk]})


def next_concern_state(
    state: ConcernState, action: ConcernAction, by: Actor | None, *, desk: Desk
) -> ConcernState:
    """Return the state the action leads to, or raise the rule that forbids it."""
    step = CONCERN_STEPS.get((state, action))
    if step is None or party(by, desk) not in step.by:
        raise ActionNotAllowedError(state, action)
    return step.to


def first_desk(topic: ConcernTopic, *, is_about_house: bool) -> Desk:
    """Return the desk a new concern goes to: what may be about an officer never lies with one."""
    is_sensitive = is_about_house or topic in SENSITIVE_TOPICS
    return Desk.AUDITORS if is_sensitive else Desk.OFFICERS


def desks_seen(by: Actor) -> frozenset[Desk]:
    """Return the desks whose concerns this person may open; an auditor reads the officers' too."""
    seen = {desk for desk, role in HANDLERS.items() if by.holds(role)}
    return frozenset(seen | {Desk.OFFICERS} if by.holds(Role.AUDITOR) else seen)


def check_reads_findings(by: Actor) -> None:
    """Refuse a person who neither raises nor answers findings."""
    if not (AUDITORS | ANSWERERS) & by.roles:
        raise RoleNeededError(AUDITORS | ANSWERERS)


def check_reads_concerns(by: Actor) -> None:
    """Refuse a person of no desk."""
    if not READERS & by.roles:
        raise RoleNeededError(READERS)


Step = TypeVar("Step", FindingAction, ConcernAction)


@dataclass(frozen=True, slots=True)
class Offer:
    """An action that can be taken now: by this person, or refused with the reason."""

    action: FindingAction | ConcernAction
    refusal: PortalError | None


def offers(actions: Iterable[Step], take: Callable[[Step], object]) -> list[Offer]:
    """Return every action that is possible now, each with the reason why it is not theirs."""
    found = []
    for action in actions:
        try:
            take(action)
        except ActionNotAllowedError:
            continue
        except PortalError as refusal:
            found.append(Offer(action, refusal))
        else:
            found.append(Offer(action, None))
    return found


# Digits and capital letters without I, L, O and U: 16 of them carry 80 bits.
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# As people write it: letters for the digits they look like, Thai digits, other dashes.
_TYPED = str.maketrans("ILO", "110", " -\u2013") | {
    0xE50 + digit: str(digit) for digit in range(10)
}
CODE_BYTES = 10
_CODE_LENGTH = 16


def write_code(chance: bytes) -> str:
    """Write 80 unpredictable bits as a code that can be read aloud: four groups of four."""
    number = int.from_bytes(chance[:CODE_BYTES], "big")
    letters = "".join(_LETTERS[number >> 5 * place & 31] for place in range(_CODE_LENGTH))
    return "-".join(letters[start : start + 4] for start in range(0, _CODE_LENGTH, 4))


def read_code(typed: str) -> str:
    """Return a code as `write_code` writes it, however it was typed; refuse what is none."""
    letters = typed.upper().translate(_TYPED)
    if len(letters) != _CODE_LENGTH or not set(letters) <= set(_LETTERS):
        raise UnknownCodeError
    return "-".join(letters[start : start + 4] for start in range(0, _CODE_LENGTH, 4))
