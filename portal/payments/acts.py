"""What the log says about payments."""

from __future__ import annotations

from collections.abc import Mapping

from portal.audit.entry import EntryType
from portal.audit.entry import Field
from portal.audit.entry import Kind
from portal.payments.rules import PaymentAction

_REQUEST = {
    "reference": Field(Kind.REFERENCE, "the request's number"),
    "party": Field(Kind.CODE, "who acted: a code that holds within this request only"),
    "satang": Field(Kind.SATANG, "the amount in satang"),
}
_PAYMENT = _REQUEST | {"payment": Field(Kind.REFERENCE, "the payment's number")}

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
# Of these `satang` is what came back, not what was paid.
PAYMENT_RETURNED = EntryType(
    "payment.returned",
    public=_PAYMENT | {"fee_satang": Field(Kind.SATANG, "what the bank kept of it")},
    private=("note",),
)
PAYMENT_REFUNDED = EntryType("payment.refunded", public=_PAYMENT, private=("note",))
PAYMENT_RECEIPTED = EntryType(
    "payment.receipted",
    public=_PAYMENT | {"receipt": Field(Kind.CODE, "what shows that the money arrived")},
    private=("doc",),
)
REST_RELEASED = EntryType("fund_request.rest_released", public=_REQUEST, private=("note",))
REQUEST_CLOSED = EntryType("fund_request.closed", public=_REQUEST)
ALL = (
    PAYMENT_PREPARED,
    PAYMENT_RELEASED,
    PAYMENT_SENT,
    PAYMENT_CONFIRMED,
    PAYMENT_VOIDED,
    PAYMENT_RETURNED,
    PAYMENT_REFUNDED,
    PAYMENT_RECEIPTED,
    REST_RELEASED,
    REQUEST_CLOSED,
)

TYPES: Mapping[PaymentAction, EntryType] = {
    PaymentAction.PREPARE: PAYMENT_PREPARED,
    PaymentAction.RELEASE: PAYMENT_RELEASED,
    PaymentAction.SEND: PAYMENT_SENT,
    PaymentAction.CONFIRM: PAYMENT_CONFIRMED,
    PaymentAction.VOID: PAYMENT_VOIDED,
    PaymentAction.BOUNCE: PAYMENT_RETURNED,
    PaymentAction.REFUND: PAYMENT_REFUNDED,
    PaymentAction.RECEIPT: PAYMENT_RECEIPTED,
    PaymentAction.RELEASE_REST: REST_RELEASED,
}
