"""What the log says about payments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from portal.audit.entry import Draft
from portal.audit.entry import EntryType
from portal.audit.entry import Field
from portal.audit.entry import Json
from portal.audit.entry import Kind
from portal.audit.entry import Secret
from portal.payments.batch_rules import BatchAction
from portal.payments.rules import PaymentAction
from portal.people.acts import actor_secret
from portal.roles import Actor
from portal.roles import Role

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
        "advance": Field(Kind.CODE, "what the money is lent for, if it is lent", may_be_null=True),
    },
    private=("payee",),
)
_IN_BATCH = {"batch": Field(Kind.REFERENCE, "the batch it is in, if any", may_be_null=True)}
PAYMENT_RELEASED = EntryType("payment.released", public=_PAYMENT | _IN_BATCH)
PAYMENT_SENT = EntryType("payment.sent", public=_PAYMENT | _IN_BATCH)
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
# Of this `satang` is what the voucher is for; of the next, what the borrower held and spent.
VOUCHER_FILED = EntryType(
    "advance.voucher_filed",
    public=_PAYMENT | {"receipt": Field(Kind.CODE, "what shows that the money was spent")},
    private=("voucher",),
)
ADVANCE_CLEARED = EntryType(
    "advance.cleared",
    public=_PAYMENT | {"count": Field(Kind.COUNT, "with how many vouchers")},
    private=("vouchers",),
)
REST_RELEASED = EntryType("fund_request.rest_released", public=_REQUEST, private=("note",))
REQUEST_CLOSED = EntryType("fund_request.closed", public=_REQUEST)
_BATCH = {
    "batch": Field(Kind.REFERENCE, "the batch's number"),
    "account": Field(Kind.CODE, "the account of the foundation that pays"),
    "count": Field(Kind.COUNT, "how many payments"),
    "satang": Field(Kind.SATANG, "the amount in satang"),
}
ACCOUNT_OPENED = EntryType(
    "account.opened",
    public={
        "code": Field(Kind.CODE, "the code of the account"),
        "bank": Field(Kind.CODE, "the bank, by its code at the Bank of Thailand"),
        "name_th": Field(Kind.TITLE, "the name in Thai"),
        "name_en": Field(Kind.TITLE, "the name in English"),
    },
    private=("number",),
)
ACCOUNT_CLOSED = EntryType(
    "account.closed", public={"code": Field(Kind.CODE, "the code of the account")}
)
_ACCOUNT = {"account": Field(Kind.CODE, "the account of the foundation")}
STATEMENT_IMPORTED = EntryType(
    "statement.imported",
    public=_ACCOUNT
    | {
        "count": Field(Kind.COUNT, "how many lines it brought that were not known"),
        "first_on": Field(Kind.DAY, "the day of the first of them"),
        "last_on": Field(Kind.DAY, "the day of the last of them"),
    },
    private=("file",),
)
# Lines that are of no payment: the bank's own fees.
FEE_CHARGED = EntryType(
    "fee.charged",
    public=_ACCOUNT
    | {
        "fund": Field(Kind.CODE, "the fund that bears it"),
        "satang": Field(Kind.SATANG, "the amount in satang"),
    },
    private=("lines",),
)
LINES_MATCHED = EntryType(
    "lines.matched",
    public=_ACCOUNT
    | {
        "meaning": Field(Kind.CODE, "what the lines are"),
        "count": Field(Kind.COUNT, "how many lines"),
        "satang": Field(Kind.SATANG, "what they come to, above zero"),
    },
    private=("lines", "note"),
)
BATCH_MADE = EntryType("batch.made", public=_BATCH)
# The files hold names and accounts: their digests are committed, not shown.
BATCH_RELEASED = EntryType("batch.released", public=_BATCH, private=("files",))
BATCH_SENT = EntryType("batch.sent", public=_BATCH)
BATCH_DISSOLVED = EntryType("batch.dissolved", public=_BATCH)
ALL = (
    STATEMENT_IMPORTED,
    FEE_CHARGED,
    LINES_MATCHED,
    ACCOUNT_OPENED,
    ACCOUNT_CLOSED,
    BATCH_MADE,
    BATCH_RELEASED,
    BATCH_SENT,
    BATCH_DISSOLVED,
    PAYMENT_PREPARED,
    PAYMENT_RELEASED,
    PAYMENT_SENT,
    PAYMENT_CONFIRMED,
    PAYMENT_VOIDED,
    PAYMENT_RETURNED,
    PAYMENT_REFUNDED,
    PAYMENT_RECEIPTED,
    VOUCHER_FILED,
    ADVANCE_CLEARED,
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
    PaymentAction.CLEAR: ADVANCE_CLEARED,
    PaymentAction.RELEASE_REST: REST_RELEASED,
}

OF_BATCH: Mapping[BatchAction, EntryType] = {
    BatchAction.MAKE: BATCH_MADE,
    BatchAction.RELEASE: BATCH_RELEASED,
    BatchAction.SEND: BATCH_SENT,
    BatchAction.DISSOLVE: BATCH_DISSOLVED,
}


def of_batch(
    action: BatchAction, batch: Mapping[str, Json], *, files: Secret | None, by: Actor, at: datetime
) -> Draft:
    """A batch was made, released with its files, sent, or dissolved; `batch` are public fields."""
    private = {} if files is None else {"files": files}
    return Draft(OF_BATCH[action], at, Role.TREASURER, actor_secret(by), batch, private)
