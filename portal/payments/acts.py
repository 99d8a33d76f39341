"""What the log says about payments."""

from __future__ import annotations

from collections.abc import Mapping

from portal.audit.entry import EntryType
from portal.audit.entry import Field
from portal.audit.entry import Kind
from portal.payments.rules import PaymentAction

_PAYMENT = {
    "reference": Field(Kind.REFERENCE, "the request's number"),
    "party": Field(Kind.CODE, "who acted: a code that holds within this request only"),
    "payment": Field(Kind.REFERENCE, "the payment's number"),
    "satang": Field(Kind.SATANG, "the amount in satang"),
}

PAYMENT_PREPARED = EntryType(
    "payment.prepared",
    public=_PAYMENT
    | {
        "instalment": Field(Kind.COUNT, "which payment of the request this is"),
        "channel": Field(Kind.CODE, "how the money travels"),
    },
    private=("payee",),
)
PAYMENT_RELEASED = EntryType("payment.released", public=_PAYMENT)
PAYMENT_SENT = EntryType("payment.sent", public=_PAYMENT)
PAYMENT_CONFIRMED = EntryType("payment.confirmed", public=_PAYMENT, private=("bank_reference",))
PAYMENT_VOIDED = EntryType("payment.voided", public=_PAYMENT, private=("note",))
ALL = (
    PAYMENT_PREPARED,
    PAYMENT_RELEASED,
    PAYMENT_SENT,
    PAYMENT_CONFIRMED,
    PAYMENT_VOIDED,
)

TYPES: Mapping[PaymentAction, EntryType] = {
    PaymentAction.PREPARE: PAYMENT_PREPARED,
    PaymentAction.RELEASE: PAYMENT_RELEASED,
    PaymentAction.SEND: PAYMENT_SENT,
    PaymentAction.CONFIRM: PAYMENT_CONFIRMED,
    PaymentAction.VOID: PAYMENT_VOIDED,
}
