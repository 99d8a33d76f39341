"""Why a file for a bank cannot hold a payment: one class for one cause, found before release."""

from __future__ import annotations

from portal.banks import Bank
from portal.errors import N_
from portal.errors import InputError
from portal.money import Money


class NotTransferError(InputError):
    """Cash and PromptPay are paid by hand."""

    def __init__(self) -> None:
        super().__init__(N_("It is not paid by a transfer, so no bank's file can hold it."))


class NameMissingError(InputError):
    """Nobody is named."""

    def __init__(self) -> None:
        super().__init__(N_("The name on the account is missing."))


class NameTooLongError(InputError):
    """The name would be cut."""

    def __init__(self, *, length: int, length_max: int) -> None:
        super().__init__(
            N_("The name has {length} characters; the file holds {length_max}."),
            length=length,
            length_max=length_max,
        )


class NameCharactersError(InputError):
    """The bank's letters do not have these, or nobody can see them."""

    def __init__(self, characters: tuple[str, ...]) -> None:
        super().__init__(
            N_("The name has characters that the file cannot hold: {characters}"),
            characters=tuple(map(_seen, characters)),
        )


def _seen(character: str) -> str:
    number = f"U+{ord(character):04X}"
    return f"{character} {number}" if character.isprintable() else number


class NameBlanksError(InputError):
    """A field is filled up with blanks, so those of a name would be lost in it."""

    def __init__(self) -> None:
        super().__init__(N_("The name begins or ends with a blank. Write it again without."))


class BankUnknownError(InputError):
    """No bank has the code, or the bank was closed."""

    def __init__(self, code: str) -> None:
        super().__init__(N_("There is no open bank with the code {code}."), code=code)


class AccountDigitsError(InputError):
    """The bank has no such account."""

    def __init__(self, bank: Bank) -> None:
        super().__init__(
            N_("An account number of {bank} is {digits} digits and nothing else."),
            bank=bank.short,
            digits=bank.account_digits or "10-15",
        )


class AccountTooLongError(InputError):
    """The bank has such accounts; the file has no room for them."""

    def __init__(self, *, digits_max: int) -> None:
        super().__init__(
            N_(
                "The file holds account numbers of {digits_max} digits. "
                "Pay this one at the bank or by PromptPay."
            ),
            digits_max=digits_max,
        )


class BranchDigitsError(InputError):
    """It is no branch."""

    def __init__(self) -> None:
        super().__init__(N_("The code of a branch is 4 digits."))


class NoAmountError(InputError):
    """Nothing would be paid."""

    def __init__(self) -> None:
        super().__init__(N_("The amount must be more than 0 baht."))


class AmountTooLargeError(InputError):
    """The amount has more digits than its field."""

    def __init__(self, *, most: Money) -> None:
        super().__init__(N_("The file holds at most {most} baht here."), most=most)


class ReferenceUnfitError(InputError):
    """The bank would give the number back changed."""

    def __init__(self, *, length_max: int) -> None:
        super().__init__(
            N_("The number must be 1 to {length_max} letters A-Z, digits, dashes or dots."),
            length_max=length_max,
        )


class ReferenceTwiceError(InputError):
    """A line of the bank's statement could mean either payment."""

    def __init__(self, reference: str) -> None:
        super().__init__(
            N_("The number {reference} stands in the file twice."), reference=reference
        )


class NoOrdersError(InputError):
    """Nobody would be paid."""

    def __init__(self) -> None:
        super().__init__(N_("There is no payment to write."))


class TooManyOrdersError(InputError):
    """The running number has fewer digits."""

    def __init__(self, *, count_max: int) -> None:
        super().__init__(
            N_("The file holds at most {count_max} payments. Make two."), count_max=count_max
        )


class PayerBankError(InputError):
    """The file is for the payer's own bank."""

    def __init__(self, bank: Bank) -> None:
        super().__init__(
            N_("This file is for an account of {bank}; the paying account is elsewhere."),
            bank=bank.short,
        )


class ProxyUnfitError(InputError):
    """Nobody can be found at PromptPay by this."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
