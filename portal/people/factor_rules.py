"""The second factor: when codes must wait, what recovery codes look like, what may not be taken."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta

from portal.errors import N_
from portal.errors import ForbiddenError
from portal.errors import NotFoundError
from portal.errors import RuleError

APP_CODE = re.compile(r"[0-9]{6}\Z")
# Without letters and digits that are taken for one another on paper.
ALPHABET = "ACDEFGHJKMNPQRTVWXY23456789"
RECOVERY_CODES = 10
RECOVERY_LETTERS = 12
RECOVERY_CODE = re.compile(rf"([0-9]{{2}})([{ALPHABET}]{{{RECOVERY_LETTERS}}})\Z")
WRONG_IN_A_ROW = 5
FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=1)
PASSKEYS_MAX = 10


class CodesWaitError(RuleError):
    """Too many wrong codes came one after the other."""

    def __init__(self, until: datetime, *, at: datetime) -> None:
        minutes = -(-int((until - at).total_seconds()) // 60)
        super().__init__(
            N_("Too many wrong codes. Try again in {minutes} minutes."), minutes=max(1, minutes)
        )


class WrongCodeError(ForbiddenError):
    """No code of this person, or one that was taken before; which is not said."""

    def __init__(self) -> None:
        super().__init__(N_("The code is not right, or it was used before."))


class AppThereError(RuleError):
    """There is an app already; it is removed before another is set up."""

    def __init__(self) -> None:
        super().__init__(N_("An authenticator app is set up already. Remove it first."))


class WrongFirstCodeError(RuleError):
    """The app does not show what the portal expects, so that it would be of no use later."""

    def __init__(self) -> None:
        super().__init__(
            N_("This is not the code of now. Look at the app again, and at the clock of the phone.")
        )


class PasskeyThereError(RuleError):
    """The passkey is known already."""

    def __init__(self) -> None:
        super().__init__(N_("This passkey is known already."))


class TooManyPasskeysError(RuleError):
    """Nobody needs as many."""

    def __init__(self) -> None:
        super().__init__(
            N_("You have {count} passkeys. Remove one before you add another."), count=PASSKEYS_MAX
        )


class LastFactorError(RuleError):
    """Somebody whose roles need a second factor would be left without one."""

    def __init__(self) -> None:
        super().__init__(
            N_("Your roles need a second factor. Add another one before you remove this one.")
        )


class NoFactorError(RuleError):
    """There is nothing to reset, and nothing to have recovery codes for."""

    def __init__(self) -> None:
        super().__init__(N_("There is no second factor."))


class FactorNotFoundError(NotFoundError):
    """There is no such factor, or it is somebody else's."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such second factor."))


@dataclass(frozen=True, slots=True)
class RecoveryCode:
    """One code of a list: its number there, and its letters."""

    number: int
    letters: str

    def __str__(self) -> str:
        groups = [self.letters[start : start + 4] for start in range(0, RECOVERY_LETTERS, 4)]
        return "-".join([f"{self.number:02}", *groups])


def recovery_codes(pick: Callable[[str], str]) -> list[RecoveryCode]:
    """Return a list of new codes; `pick` chooses a letter, and must do so at random."""
    return [
        RecoveryCode(number, "".join(pick(ALPHABET) for _ in range(RECOVERY_LETTERS)))
        for number in range(1, RECOVERY_CODES + 1)
    ]


def read_recovery_code(typed: str) -> RecoveryCode:
    """Read a code with or without its hyphens; what is none has the number 0."""
    found = RECOVERY_CODE.match(re.sub(r"[\s-]", "", typed).upper())
    return RecoveryCode(int(found[1]), found[2]) if found else RecoveryCode(0, "")


def wait_after(wrong: int) -> timedelta:
    """Return how long codes wait after so many wrong ones in a row: twice as long each time."""
    if wrong < WRONG_IN_A_ROW:
        return timedelta()
    # Nobody's count grows so far that the number would not fit.
    doubled = FIRST_WAIT * (1 << min(wrong - WRONG_IN_A_ROW, 10))
    return min(doubled, LONGEST_WAIT)


def check_may_remove(*, left: int, must_keep_one: bool) -> None:
    """Refuse to leave somebody without a factor whose roles need one."""
    if must_keep_one and not left:
        raise LastFactorError
