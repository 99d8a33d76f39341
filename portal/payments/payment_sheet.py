"""The treasury's lists as tables to export: requests to prepare, and payments."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine
from sqlalchemy import Select
from sqlalchemy import select

from portal.banks import PAYABLE
from portal.db import streamed
from portal.errors import N_
from portal.exporting import Column
from portal.exporting import Table
from portal.funds.clock_rules import Clock
from portal.funds.clock_rules import Step
from portal.funds.models import FundRequest
from portal.funds.models import PayeeAccount
from portal.funds.queries import waits_to_be_paid
from portal.funds.queries import youths_among
from portal.funds.request_sheet import waiting_sheet
from portal.labels import Name
from portal.money import Money
from portal.payments.models import Payment
from portal.payments.queries import is_unpaid
from portal.payments.receipts_page import lacks_receipt
from portal.payments.rules import PaymentState
from portal.people.models import Person
from portal.roles import Actor

COLUMNS = (
    Column("reference", N_("Payment")),
    Column("request", N_("Request")),
    Column("state", N_("State"), labels="payment_state", channel="channel"),
    Column("channel", N_("How the money travels"), labels="channel"),
    Column("amount_baht", N_("Amount (baht)")),
    Column("came_back_baht", N_("Came back (baht)")),
    Column("fee_baht", N_("Kept by the bank (baht)")),
    Column("payee", N_("Payee")),
    Column("bank", N_("Bank")),
    Column("account_number", N_("Account number")),
    Column("prepared_by", N_("Prepared by")),
    Column("prepared_at", N_("Prepared at")),
    Column("released_at", N_("Released at")),
    Column("sent_at", N_("Sent at")),
    Column("confirmed_at", N_("Confirmed at")),
    Column("bank_reference", N_("The bank's reference")),
)


MISSING = (
    Column("payment", N_("Payment")),
    Column("request", N_("Request")),
    Column("amount_baht", N_("Amount (baht)")),
    Column("confirmed_at", N_("Confirmed at")),
    Column("due_on", N_("Due")),
    Column("asked_by", N_("Asked by")),
)


def paying_for() -> Select[int | None]:
    """Return the search for the people in the list of requests to prepare a payment for."""
    return youths_among(waits_to_be_paid(), is_unpaid())


def paid_for(state: PaymentState | None) -> Select[int | None]:
    """Return the search for the people whom the payments in a state are for."""
    of_state = [Payment.state == state] if state else []
    made = select(Payment.fund_request_id).where(*of_state)
    return youths_among(FundRequest.id.in_(made))


def missing_sheet(engine: Engine, by: Actor, clock: Clock) -> Table:
    """Return the payments whose receipt is missing, those that arrived first on top."""
    found = (
        select(
            Payment.reference,
            FundRequest.reference.label("request"),
            (Payment.amount_satang - Payment.returned_satang).label("stayed"),
            Payment.confirmed_at,
            Person.name.label("asked_by"),
        )
        .join(FundRequest, FundRequest.id == Payment.fund_request_id)
        .join(Person, Person.id == FundRequest.requester_id)
        .where(lacks_receipt(by))
        .order_by(Payment.confirmed_at, Payment.id)
    )
    return Table("receipts-missing", MISSING, _missing_rows(engine, found, clock))


def _missing_rows(
    engine: Engine, statement: Select[*tuple[Any, ...]], clock: Clock
) -> Iterator[Sequence[object]]:
    for facts in streamed(engine, statement):
        due = clock.due_of(Step.RECEIPT, facts.confirmed_at)
        yield (
            facts.reference,
            facts.request,
            Money(facts.stayed),
            facts.confirmed_at,
            due and due.on,
            facts.asked_by,
        )


def to_prepare(engine: Engine) -> Table:
    """Return the approved requests that a payment can be prepared for, longest waiting first."""
    return waiting_sheet(engine, "to-prepare", waits_to_be_paid(), is_unpaid())


def payment_sheet(engine: Engine, state: PaymentState | None) -> Table:
    """Return the payments in a state, or all, oldest first."""
    of_state = [Payment.state == state] if state else []
    found = (
        select(
            Payment.reference,
            FundRequest.reference.label("request"),
            Payment.state,
            Payment.channel,
            Payment.amount_satang,
            Payment.returned_satang,
            Payment.fee_satang,
            PayeeAccount.holder,
            PayeeAccount.bank_code,
            PayeeAccount.account_number,
            Person.name.label("prepared_by"),
            Payment.prepared_at,
            Payment.released_at,
            Payment.sent_at,
            Payment.confirmed_at,
            Payment.bank_reference,
        )
        .join(FundRequest, FundRequest.id == Payment.fund_request_id)
        .join(PayeeAccount, PayeeAccount.id == Payment.payee_account_id)
        .join(Person, Person.id == Payment.prepared_by_id)
        .where(*of_state)
        .order_by(Payment.id)
    )
    return Table("payments", COLUMNS, _rows(engine, found))


def _rows(engine: Engine, statement: Select[*tuple[Any, ...]]) -> Iterator[Sequence[object]]:
    for facts in streamed(engine, statement):
        bank = PAYABLE[facts.bank_code]
        yield (
            facts.reference,
            facts.request,
            facts.state,
            facts.channel,
            Money(facts.amount_satang),
            Money(facts.returned_satang),
            Money(facts.fee_satang),
            facts.holder,
            Name(bank.name_th, bank.name_en),
            facts.account_number,
            facts.prepared_by,
            facts.prepared_at,
            facts.released_at,
            facts.sent_at,
            facts.confirmed_at,
            facts.bank_reference,
        )
