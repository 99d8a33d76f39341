"""What can be wrong with a bank's statement, each with one sentence."""

from __future__ import annotations

from datetime import date

from portal.errors import N_
from portal.errors import InputError
from portal.money import Money


class BrokenStatementError(InputError):
    """A file that begins as a statement and cannot be read to its end; `where` is its line."""

    def __init__(self, name: str, where: int) -> None:
        super().__init__(
            N_("{name} is damaged or cut off at line {where}: fetch it from the bank again."),
            name=name,
            where=where,
        )


class NoStatementInFileError(InputError):
    """A file in a format that banks use, with no statement of an account in it."""

    def __init__(self, name: str) -> None:
        super().__init__(N_("{name} holds no bank statement."), name=name)


class TooLargeStatementError(InputError):
    """A file far larger than any month of a foundation."""

    def __init__(self, name: str) -> None:
        super().__init__(
            N_("{name} is too large for a statement: fetch it for a shorter time."), name=name
        )


class ForeignCurrencyError(InputError):
    """Money that is not baht."""

    def __init__(self, currency: str) -> None:
        super().__init__(
            N_("The statement counts in {currency}; only baht can be booked."), currency=currency
        )


class WrongAccountError(InputError):
    """The file is about another account than the one it was sent in for."""

    def __init__(self, *, found: str, wanted: str) -> None:
        super().__init__(
            N_("This statement is of account {found}, not of account {wanted}."),
            found=found,
            wanted=wanted,
        )


class LineDoesNotFitError(InputError):
    """The balance before a line, and the line, do not make the balance after it."""

    def __init__(
        self, number: int, day: date, amount: Money, *, before: Money, after: Money
    ) -> None:
        super().__init__(
            N_(
                "Line {number} ({day}, {amount} baht) does not fit: {before} baht were there before"
                " it, and the statement says {after} baht after it."
            ),
            number=number,
            day=day,
            amount=amount,
            before=before,
            after=after,
        )


class ClosingDoesNotFitError(InputError):
    """The opening balance and all lines do not make the closing balance."""

    def __init__(self, *, opening: Money, moved: Money, closing: Money) -> None:
        super().__init__(
            N_(
                "The lines do not add up: {opening} baht at the start and {moved} baht moved do not"
                " make the {closing} baht at the end. The file may be cut off."
            ),
            opening=opening,
            moved=moved,
            closing=closing,
        )


class PagesDoNotFollowError(InputError):
    """Two statements in one file do not follow upon one another."""

    def __init__(self, *, closing: Money, opening: Money) -> None:
        super().__init__(
            N_("A page is missing: one ends with {closing} baht, the next begins with {opening}."),
            closing=closing,
            opening=opening,
        )
