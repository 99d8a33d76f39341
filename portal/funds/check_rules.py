"""The checks before deciding and before paying: each passes, wants a look, or stops."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from portal.audit.entry import Json
from portal.errors import N_
from portal.errors import PortalError
from portal.errors import RuleError
from portal.funds.rules import Action
from portal.funds.rules import Duty
from portal.funds.rules import SamePersonError
from portal.funds.rules import Standing
from portal.funds.rules import check_role
from portal.money import Money
from portal.roles import Actor
from portal.roles import Role


class Level(StrEnum):
    """What a check says."""

    PASS = "pass"  # noqa: S105 - no password
    LOOK = "look"
    STOP = "stop"


class CheckCode(StrEnum):
    """What is looked at."""

    MONEY = "money"
    CONSENT = "consent"
    CEILING = "ceiling"
    USUAL = "usual"
    SAME_HELP = "same_help"
    SAME_PAPER = "same_paper"
    SHARED_ACCOUNT = "shared_account"
    ACCOUNT_HOLDER = "account_holder"


# A person may answer for these with a reason; for the others the thing itself is put right.
OVERRIDABLE = frozenset({CheckCode.CEILING, CheckCode.SHARED_ACCOUNT, CheckCode.SAME_PAPER})
# Who answers for a stop; never who signs, prepares or releases.
OVERRIDERS = frozenset({Role.OFFICER, Role.DRIVING_CHAIR, Role.BOARD})


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the panel; `told` are the references or the amount it is about."""

    code: CheckCode
    level: Level
    told: tuple[str, ...] = ()
    overridden_by: str | None = None

    @property
    def stops(self) -> bool:
        """Say whether nobody may go on now."""
        return self.level is Level.STOP and self.overridden_by is None

    @property
    def may_be_overridden(self) -> bool:
        """Say whether another person can answer for it."""
        return self.stops and self.code in OVERRIDABLE

    def frozen(self) -> Json:
        """Return the line as it is kept with a decision."""
        return {
            "code": self.code.value,
            "level": self.level.value,
            "told": list(self.told),
            "overridden_by": self.overridden_by,
        }


class ChecksStopError(RuleError):
    """A check stops this; another person may answer for some of them."""

    def __init__(self, codes: Sequence[CheckCode]) -> None:
        super().__init__(
            N_(
                "A check stops this: {checks}. Put it right, or let an officer or the chair of the "
                "driving committee answer for it with a reason."
            ),
            checks=tuple(codes),
        )
        self.codes = codes


class OwnOverrideError(RuleError):
    """Who answers for a stop does not act on it."""

    def __init__(self) -> None:
        super().__init__(
            N_("You answered for a check of this request; another person takes this step.")
        )


class NothingToOverrideError(RuleError):
    """The check does not stop the request, or nobody can answer for it."""

    def __init__(self) -> None:
        super().__init__(N_("This check does not stop the request, or cannot be overridden."))


def check_stops(checks: Iterable[Check], by: Actor, overriders: Collection[int]) -> None:
    """Refuse to go on past a stop, and past one that this very person answered for.

    Missing money is left to the books, which refuse it to the satang and under a lock.
    """
    stopping = tuple(c.code for c in checks if c.stops and c.code is not CheckCode.MONEY)
    if stopping:
        raise ChecksStopError(stopping)
    if by.person_id in overriders:
        raise OwnOverrideError


def check_may_override(by: Actor, standing: Standing, *, requester_id: int) -> None:
    """Refuse who answers for nothing here, who asked, and who signed."""
    check_role(by, OVERRIDERS, standing)
    if by.person_id == requester_id:
        raise SamePersonError(Duty.ASK, Action.OVERRIDE)
    if by.person_id in standing.signatures.given_by:
        raise SamePersonError(Duty.DECIDE, Action.OVERRIDE)


def may_override(by: Actor, standing: Standing, *, requester_id: int) -> bool:
    """Say whether this person may answer for a check of the request."""
    try:
        check_may_override(by, standing, requester_id=requester_id)
    except PortalError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Facts:
    """What the checks go by; the lists hold references of other requests.

    `earlier` gave the same person the same help, `accounts` pay other people into the same account
    under another name and `siblings` under the same one, `papers` are of other people and carry the
    same paper, `own_papers` of the same person. `consent` is None for a project.
    """

    amount: Money
    available: Money | None
    ceiling: Money
    usual: Money | None
    consent: bool | None
    is_holder_the_person: bool
    earlier: Sequence[str] = ()
    accounts: Sequence[str] = ()
    siblings: Sequence[str] = ()
    papers: Sequence[str] = ()
    own_papers: Sequence[str] = ()


def judge(facts: Facts) -> list[Check]:
    """Return the panel: one line for each thing that is looked at, stops first."""
    lines = [
        _line(CheckCode.MONEY, _short(facts), Level.STOP),
        _line(CheckCode.CONSENT, () if facts.consent is not False else ("",), Level.STOP),
        _line(CheckCode.CEILING, _above(facts.amount, facts.ceiling), Level.STOP),
        _worst(CheckCode.SHARED_ACCOUNT, stop=facts.accounts, look=facts.siblings),
        _worst(CheckCode.SAME_PAPER, stop=facts.papers, look=facts.own_papers),
        _line(CheckCode.SAME_HELP, facts.earlier, Level.LOOK),
        _line(CheckCode.USUAL, _above(facts.amount, facts.usual), Level.LOOK),
        _line(CheckCode.ACCOUNT_HOLDER, () if facts.is_holder_the_person else ("",), Level.LOOK),
    ]
    order = [Level.STOP, Level.LOOK, Level.PASS]
    return sorted(lines, key=lambda line: order.index(line.level))


def _line(code: CheckCode, found: Sequence[str], level: Level) -> Check:
    return Check(code, level if found else Level.PASS, tuple(filter(None, found)))


def _worst(code: CheckCode, *, stop: Sequence[str], look: Sequence[str]) -> Check:
    return _line(code, stop, Level.STOP) if stop else _line(code, look, Level.LOOK)


def _short(facts: Facts) -> Sequence[str]:
    is_short = facts.available is not None and facts.available < facts.amount
    return (str(facts.available),) if is_short else ()


def _above(amount: Money, limit: Money | None) -> Sequence[str]:
    return (str(limit),) if limit is not None and amount > limit else ()
