"""Batches for a bank: one that every file can hold, and others of all kinds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC
from datetime import date
from datetime import datetime

from hypothesis import strategies as st

from portal.banks import BANKS
from portal.money import Money
from portal.payments.bankfile import Batch
from portal.payments.bankfile import Debtor
from portal.payments.bankfile import Order
from portal.payments.rules import Channel

# What cp874 and XML can hold alike; typed anew, so that no code of the portal is asked.
THAI = "".join(map(chr, (*range(0x0E01, 0x0E3B), *range(0x0E3F, 0x0E5C))))
ENGLISH = "".join(map(chr, range(0x20, 0x7F)))
SIGNS = "€…‘’“”•–—"  # noqa: RUF001 - what is tried
LETTERS = THAI + ENGLISH + SIGNS
# A typed table of the banks that are open: how many digits an account of theirs has.
DIGITS = dict.fromkeys(
    ("002", "004", "006", "011", "014", "022", "024", "025", "066", "073"), range(10, 11)
)
DIGITS |= dict.fromkeys(("030", "033", "034"), range(12, 13)) | {"067": range(14, 15)}
DIGITS |= dict.fromkeys(("020", "035", "069", "070", "071", "098"), range(10, 16))

MALEE = Order("RYG-2570-P000001", "นางสาวมาลี ใจดี", "006", "9990318270", Money(150_050))
SCHOOL = Order(
    "RYG-2570-P000002", "โรงเรียนบ้านค่าย & Co.", "034", "012345678901", Money(1), branch="0123"
)
FOUNDATION = Debtor("มูลนิธิส่งเสริมการศึกษาจังหวัดระยอง", "RYGFOUND01", "006", "1234567890", "0214")
BATCH = Batch(
    "RYG-2570-B000007",
    FOUNDATION,
    (MALEE, SCHOOL),
    date(2026, 12, 1),
    datetime(2026, 11, 30, 20, 15, tzinfo=UTC),
)


def batch_of(*orders: Order) -> Batch:
    return replace(BATCH, orders=orders)


def many(count: int) -> Batch:
    return batch_of(*(replace(MALEE, reference=f"P{number:06}") for number in range(count)))


NUMERALS = st.sampled_from("0123456789")
BRANCHES = st.none() | st.integers(0, 9999).map("{:04}".format)
SIMPLE = "".join(filter(str.isalnum, ENGLISH))
REFERENCES = st.builds(str.__add__, st.sampled_from(SIMPLE), st.text(f"{SIMPLE}.-", max_size=17))


def names(length_max: int) -> st.SearchStrategy[str]:
    """Draw names; some, of few letters again and again, are as long as they may be."""
    short = st.text(LETTERS, min_size=1, max_size=30)
    long = st.text(LETTERS, min_size=1, max_size=4).map(
        lambda text: (text * length_max)[:length_max]
    )
    return (short | long).map(str.strip).filter(bool)


@st.composite
def accounts(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a bank that is open and an account of it; one of over 10 digits begins with a 0."""
    bank = draw(st.sampled_from(sorted(DIGITS)))
    length = draw(st.sampled_from(DIGITS[bank]))
    digits_max = length if length == 10 else length - 1
    return bank, str(draw(st.integers(0, 10**digits_max - 1))).zfill(length)


@st.composite
def orders(draw: st.DrawFn, *, name_length_max: int) -> Order:
    bank, digits = draw(accounts().filter(lambda account: len(account[1]) <= 12))
    return Order(
        reference=draw(REFERENCES),
        payee=draw(names(name_length_max)),
        bank_code=bank,
        account=digits,
        amount=Money(draw(st.integers(1, 10**13))),
        branch=draw(BRANCHES),
    )


@st.composite
def batches(draw: st.DrawFn, *, name_length_max: int) -> Batch:
    """Draw a batch that the file can hold."""
    some = orders(name_length_max=name_length_max)
    drawn = draw(st.lists(some, min_size=1, max_size=3, unique_by=lambda order: order.reference))
    debtor = Debtor(
        name=draw(names(name_length_max)),
        company_id=draw(st.text(SIMPLE, min_size=1, max_size=16)),
        bank_code="006",
        account=f"{draw(st.integers(0, 10**10 - 1)):010}",
        branch=draw(BRANCHES),
    )
    value_on = draw(st.dates(date(2024, 1, 1), date(2099, 12, 31)))
    return replace(BATCH, debtor=debtor, orders=tuple(drawn), value_on=value_on)


@st.composite
def odd_orders(draw: st.DrawFn, *, name_length_max: int) -> Order:
    """Draw an order that is right but for some of its parts, which may be anything."""
    order = draw(orders(name_length_max=name_length_max))
    odd = {
        "reference": st.text(max_size=40) | st.text(ENGLISH, min_size=15, max_size=40),
        "payee": st.text(max_size=20)
        | st.integers(name_length_max - 2, name_length_max + 2).map("ก".__mul__),
        "bank_code": st.sampled_from([*BANKS, "", "6", "999"]),
        "account": st.text(NUMERALS, max_size=16) | st.text(max_size=11),
        "amount": st.integers(-5, 10**20).map(Money),
        "channel": st.sampled_from(Channel),
        "branch": st.text(max_size=5) | st.text(NUMERALS, min_size=3, max_size=5),
    }
    changed = draw(st.sets(st.sampled_from(sorted(odd)), max_size=2))
    return replace(order, **{name: draw(odd[name]) for name in sorted(changed)})


def holds_order(order: Order, *, name: str, reference: int, account: int, satang: int) -> bool:
    """Say whether a file can hold an order, in other words than the portal's own.

    `name` is a pattern; `reference`, `account` and `satang` count characters and digits.
    """
    lengths: Sequence[int] = DIGITS.get(order.bank_code, ())
    is_number = order.account.isascii() and order.account.isdigit()
    return all(
        (
            _matches(f"[A-Za-z0-9][A-Za-z0-9.-]{{0,{reference - 1}}}", order.reference),
            _matches(name, order.payee),
            order.payee == order.payee.strip(),
            is_number and len(order.account) in lengths,
            is_number and int(order.account) < 10**account and len(order.account) <= account + 1,
            0 < order.amount.satang < 10**satang,
            order.channel == "transfer",
            order.branch is None or _matches("[0-9]{4}", order.branch),
        )
    )


def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, text) is not None
