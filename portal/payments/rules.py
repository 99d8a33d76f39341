"""The rules of a payment: its steps, and the treasurers that are kept apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from portal.errors import N_
from portal.errors import NotFoundError
from portal.errors import RuleError
from portal.errors import StaleError
from portal.funds.rules import ActionNotAllowedError
from portal.funds.rules import Duty
from portal.funds.rules import RoleNeededError
from portal.funds.rules import State
from portal.funds.rules import keep_apart
from portal.money import Money
from portal.roles import Actor
from portal.roles import Role


class PaymentState(StrEnum):
    """Where a payment is. Money that left and came back is another payment's business."""

    PREPARED = "prepared"
    RELEASED = "released"
    SENT = "sent"
    CONFIRMED = "confirmed"
    VOIDED = "voided"
    RETURNED = "returned"


class PaymentAction(StrEnum):
    """What a treasurer does with a payment."""

    PREPARE = "prepare"
    RELEASE = "release"
    SEND = "send"
    CONFIRM = "confirm"
    VOID = "void"
    BOUNCE = "bounce"
    REFUND = "refund"
    RECEIPT = "receipt"
    CLEAR = "clear"
    RELEASE_REST = "release_rest"


class Channel(StrEnum):
    """How the money travels."""

    TRANSFER = "transfer"
    PROMPTPAY = "promptpay"
    CASH = "cash"


class ReceiptKind(StrEnum):
    """What shows that the money arrived."""

    SIGNED_RECEIPT = "signed_receipt"
    SCHOOL_RECEIPT = "school_receipt"
    SHOP_RECEIPT = "shop_receipt"
    SLIP = "slip"


@dataclass(frozen=True, slots=True)
class PaymentStep:
    """One arrow: where it leads, and which earlier action must be somebody else's."""

    to: PaymentState
    apart: PaymentAction | None = None


STEPS: Mapping[tuple[PaymentState | None, PaymentAction], PaymentStep] = {
    (None, PaymentAction.PREPARE): PaymentStep(PaymentState.PREPARED),
    (PaymentState.PREPARED, PaymentAction.RELEASE): PaymentStep(
        PaymentState.RELEASED, apart=PaymentAction.PREPARE
    ),
    (PaymentState.RELEASED, PaymentAction.SEND): PaymentStep(PaymentState.SENT),
    (PaymentState.SENT, PaymentAction.CONFIRM): PaymentStep(
        PaymentState.CONFIRMED, apart=PaymentAction.RELEASE
    ),
    (PaymentState.PREPARED, PaymentAction.VOID): PaymentStep(PaymentState.VOIDED),
    (PaymentState.RELEASED, PaymentAction.VOID): PaymentStep(PaymentState.VOIDED),
    # Where only a part comes back the payment stays confirmed.
    (PaymentState.SENT, PaymentAction.BOUNCE): PaymentStep(
        PaymentState.RETURNED, apart=PaymentAction.RELEASE
    ),
    (PaymentState.CONFIRMED, PaymentAction.BOUNCE): PaymentStep(
        PaymentState.RETURNED, apart=PaymentAction.RELEASE
    ),
    (PaymentState.CONFIRMED, PaymentAction.REFUND): PaymentStep(
        PaymentState.RETURNED, apart=PaymentAction.RELEASE
    ),
    (PaymentState.CONFIRMED, PaymentAction.CLEAR): PaymentStep(
        PaymentState.CONFIRMED, apart=PaymentAction.RELEASE
    ),
}


class SameTreasurerError(RuleError):
    """One treasurer would take two steps that belong to two."""

    def __init__(self, earlier: PaymentAction, action: PaymentAction) -> None:
        super().__init__(
            N_("“{action}” needs another treasurer: “{earlier}” of this payment was yours."),
            action=action,
            earlier=earlier,
        )
        self.earlier = earlier
        self.action = action


class NothingToPayError(RuleError):
    """Nothing approved is left to pay: it is in payments, or was never approved."""

    def __init__(self) -> None:
        super().__init__(N_("There is nothing left to pay on this request."))


class PayeeErasedError(RuleError):
    """Whoever the request was for was erased, and with them where the money was to go."""

    def __init__(self) -> None:
        super().__init__(
            N_(
                "Whoever this was for was erased: nothing can be paid any more. Set what came back "
                "free."
            )
        )


class EarlierPaymentOpenError(RuleError):
    """Of an earlier payment of the request nobody knows yet whether it arrives."""

    def __init__(self) -> None:
        super().__init__(
            N_(
                "Another payment of this request is being made; confirm it, or cancel it, before "
                "the rest is paid."
            )
        )


class BankReferenceMissingError(RuleError):
    """A payment is confirmed by what the bank says, not by hope."""

    def __init__(self) -> None:
        super().__init__(N_("Enter the bank's reference for this payment."))


class BankReferenceUsedError(RuleError):
    """The same line of the bank would confirm two payments."""

    def __init__(self, reference: str) -> None:
        super().__init__(
            N_("The bank's reference already confirms payment {reference}."), reference=reference
        )


class TooMuchBackError(RuleError):
    """More would come back than was paid and has not come back yet."""

    def __init__(self, *, stayed: Money) -> None:
        super().__init__(
            N_("Between 0.01 and {stayed} baht can come back of this payment."), stayed=stayed
        )
        self.stayed = stayed


class FeeTooHighError(RuleError):
    """The bank would keep more than came back."""

    def __init__(self, *, back: Money) -> None:
        super().__init__(N_("The fee is part of what came back: at most {back} baht."), back=back)


class BackInPartError(RuleError):
    """What the bank has not confirmed comes back whole."""

    def __init__(self, *, amount: Money) -> None:
        super().__init__(
            N_(
                "The bank has not confirmed this payment: it comes back whole, {amount} baht. "
                "Confirm it first if only a part came back."
            ),
            amount=amount,
        )


class NothingLeftError(RuleError):
    """All that was approved is in payments: there is nothing to set free."""

    def __init__(self) -> None:
        super().__init__(N_("Nothing is left of what was approved; there is nothing to set free."))


class NotConfirmedError(RuleError):
    """A receipt is for money that arrived."""

    def __init__(self) -> None:
        super().__init__(N_("A receipt is filed once the payment is confirmed."))


class CashReceiptMissingError(RuleError):
    """Cash leaves no trace but the signature of who took it."""

    def __init__(self) -> None:
        super().__init__(
            N_("Cash is confirmed once the receipt that the payee signed for it is filed.")
        )


class CashReceiptUnsignedError(RuleError):
    """Of cash that was handed over the payee's own signature comes first."""

    def __init__(self) -> None:
        super().__init__(N_("For cash, file the receipt that the payee signed first."))


class ReceiptThereError(RuleError):
    """The payment has this very paper already."""

    def __init__(self) -> None:
        super().__init__(N_("This paper is filed as a receipt of this payment already."))


class ReceiptUnknownError(NotFoundError):
    """There is no such receipt, or it was erased."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such receipt."))


class PaymentNotFoundError(NotFoundError):
    """There is no such payment."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such payment."))


class StalePaymentError(StaleError):
    """The payment changed after the page was opened."""

    def __init__(self) -> None:
        super().__init__(N_("This payment was changed meanwhile. Look at it again."))


def next_state(
    state: PaymentState | None,
    action: PaymentAction,
    by: Actor,
    *,
    done_by: Mapping[PaymentAction, int | None],
) -> PaymentState:
    """Return the state the action leads to, or raise the rule that forbids it."""
    step = STEPS.get((state, action))
    if step is None:
        raise ActionNotAllowedError(state or PaymentState.PREPARED, action)
    if not by.holds(Role.TREASURER):
        raise RoleNeededError({Role.TREASURER})
    if step.apart is not None and done_by.get(step.apart) == by.person_id:
        raise SameTreasurerError(step.apart, action)
    return step.to


def check_back(
    state: PaymentState, amount: Money, *, stayed: Money, back: Money, fee: Money
) -> None:
    """Refuse what cannot come back of a payment: nothing, too much, or a part before it is paid."""
    if not Money(0) < back <= stayed:
        raise TooMuchBackError(stayed=stayed)
    if not Money(0) <= fee <= back:
        raise FeeTooHighError(back=back)
    if state is PaymentState.SENT and back != amount:
        raise BackInPartError(amount=amount)


def check_rest(state: State, rest: Money, by: Actor, *, duties: Mapping[int, Duty]) -> None:
    """Raise the rule that keeps this person from setting free what is left of a request."""
    if state is not State.APPROVED:
        raise ActionNotAllowedError(state, PaymentAction.RELEASE_REST)
    if not by.holds(Role.TREASURER):
        raise RoleNeededError({Role.TREASURER})
    keep_apart(duties, Duty.PAY, PaymentAction.RELEASE_REST, by)
    if not rest:
        raise NothingLeftError


def filing_as(
    state: PaymentState,
    channel: Channel,
    by: Actor,
    *,
    requester_id: int,
    duties: Mapping[int, Duty],
) -> tuple[Role, Duty]:
    """Return as what this person files a receipt, or raise why not: those who decided do not."""
    role, duty = _filing_as(by, requester_id=requester_id, duties=duties)
    is_handed_over = state is PaymentState.SENT and channel is Channel.CASH
    if state is not PaymentState.CONFIRMED and not is_handed_over:
        raise NotConfirmedError
    return role, duty


def check_receipt(state: PaymentState, kind: ReceiptKind) -> None:
    """Refuse anything but the payee's signature for cash that nobody has confirmed."""
    if state is not PaymentState.CONFIRMED and kind is not ReceiptKind.SIGNED_RECEIPT:
        raise CashReceiptUnsignedError


def check_cash(channel: Channel, *, has_receipt: bool) -> None:
    """Refuse to confirm cash for which nobody has signed."""
    if channel is Channel.CASH and not has_receipt:
        raise CashReceiptMissingError


def _filing_as(by: Actor, *, requester_id: int, duties: Mapping[int, Duty]) -> tuple[Role, Duty]:
    if by.holds(Role.TREASURER) and duties.get(by.person_id, Duty.PAY) is Duty.PAY:
        return Role.TREASURER, Duty.PAY
    keep_apart(duties, Duty.ASK, PaymentAction.RECEIPT, by)
    if by.holds(Role.OFFICER):
        return Role.OFFICER, Duty.ASK
    if by.holds(Role.FINDER) and by.person_id == requester_id:
        return Role.FINDER, Duty.ASK
    raise RoleNeededError({Role.FINDER, Role.OFFICER, Role.TREASURER})


def check_payable(payable: Money, *, under_way: Money) -> Money:
    """Return what may be paid now: what is approved and in no payment; refuse nothing.

    One payment of a request at a time is under way: whatever is done to many payments at once
    meets each request once.
    """
    if payable <= Money(0):
        raise NothingToPayError
    if under_way:
        raise EarlierPaymentOpenError
    return payable
