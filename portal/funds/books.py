"""Keeping the books: journal entries with their postings, and the balances beside them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlalchemy import func
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.db import add_all
from portal.errors import N_
from portal.errors import RuleError
from portal.funds.ledger import Account
from portal.funds.ledger import EntryKind
from portal.funds.ledger import InsufficientFundsError
from portal.funds.ledger import Place
from portal.funds.ledger import Posting
from portal.funds.ledger import check_balanced
from portal.funds.ledger import in_lock_order
from portal.funds.models import Balance
from portal.funds.models import FundRequest
from portal.funds.models import JournalEntry
from portal.funds.models import PostingRow
from portal.funds.rule_models import Fund
from portal.money import Money
from portal.roles import Actor


def post(
    session: Session,
    postings: Sequence[Posting],
    *,
    kind: EntryKind,
    log_eid: str,
    by: Actor,
    at: datetime,
    fund_request_id: int | None = None,
) -> None:
    """Write a journal entry and move the balances with it; raise `InsufficientFundsError`."""
    check_balanced(postings)
    entry = JournalEntry(
        kind=kind,
        at=at,
        by_person_id=by.person_id or None,
        fund_request_id=fund_request_id,
        log_eid=log_eid,
    )
    session.add(entry)
    session.flush()
    rows = [
        {
            "journal_entry_id": entry.id,
            "balance_id": _move(session, posting),
            "satang": posting.amount.satang,
        }
        for posting in in_lock_order(postings)
    ]
    session.execute(insert(PostingRow), rows)


def post_all(
    session: Session,
    booked: Sequence[tuple[str, int, Sequence[Posting]]],
    *,
    kind: EntryKind,
    by: Actor,
    at: datetime,
) -> None:
    """Write many journal entries of one kind at once; each is (log entry, request, postings).

    Every balance moves once, by what all of them come to; raise `InsufficientFundsError`.
    """
    sums: dict[Account, Money] = {}
    for _eid, _request_id, postings in booked:
        check_balanced(postings)
        for posting in postings:
            sums[posting.account] = sums.get(posting.account, Money(0)) + posting.amount
    moved = in_lock_order([Posting(account, amount) for account, amount in sums.items()])
    balances = {posting.account: _move(session, posting) for posting in moved}
    rows = [
        {
            "kind": kind,
            "at": at,
            "by_person_id": by.person_id or None,
            "fund_request_id": request_id,
            "log_eid": eid,
        }
        for eid, request_id, _postings in booked
    ]
    # Numbers are given in order: ours come after the last one, and others' among them do no harm.
    last = session.scalar(select(func.max(JournalEntry.id))) or 0
    add_all(session, JournalEntry, rows)
    added = select(JournalEntry.log_eid, JournalEntry.id).where(JournalEntry.id > last)
    numbers = dict(session.execute(added).all())
    lines = [
        {
            "journal_entry_id": numbers[eid],
            "balance_id": balances[posting.account],
            "satang": posting.amount.satang,
        }
        for eid, _request_id, postings in booked
        for posting in postings
    ]
    add_all(session, PostingRow, lines)


_ADD = text(
    "INSERT INTO balance (fund_code, subcommittee_code, place, satang)"
    " VALUES (:fund, :subcommittee, :place, :satang)"
    " ON CONFLICT (fund_code, subcommittee_code, place)"
    " DO UPDATE SET satang = balance.satang + excluded.satang RETURNING id"
)


def _move(session: Session, posting: Posting) -> int:
    """Add to an account, or take out of it when it holds enough; return the balance's id."""
    account, satang = posting.account, posting.amount.satang
    if satang >= 0 or account.place is Place.SOURCE:
        values = {
            "fund": account.fund,
            "subcommittee": account.subcommittee,
            "place": account.place.value,
            "satang": satang,
        }
        return int(session.execute(_ADD, values).scalar_one())
    taken = session.execute(
        update(Balance)
        .where(*_is(account), Balance.satang + satang >= 0)
        .values(satang=Balance.satang + satang)
        .returning(Balance.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if taken is None:
        raise InsufficientFundsError(account, held=held(session, account), wanted=-posting.amount)
    return int(taken)


def _is(account: Account) -> tuple[ColumnElement[bool], ...]:
    return (
        Balance.fund_code == account.fund,
        Balance.subcommittee_code == account.subcommittee,
        Balance.place == account.place,
    )


def held(session: Session, account: Account) -> Money:
    """Return what an account holds now."""
    return Money(session.scalar(select(Balance.satang).where(*_is(account))) or 0)


def available(session: Session, fund_request: FundRequest) -> Money:
    """Return what the request's subcommittee may still decide on, of the request's fund."""
    fund, subcommittee = fund_request.fund_code, fund_request.subcommittee_code
    return held(session, Account(fund, subcommittee, Place.AVAILABLE))


def funds_left(session: Session, subcommittee: str) -> dict[str, Money]:
    """Return what the subcommittee may still decide on, of every fund that has not ended."""
    is_left = (Balance.subcommittee_code == subcommittee) & (Balance.place == Place.AVAILABLE)
    rows = session.execute(
        select(Fund.code, func.coalesce(Balance.satang, 0))
        .outerjoin(Balance, is_left & (Balance.fund_code == Fund.code))
        .where(~Fund.is_retired)
        .order_by(Fund.code)
    )
    return {code: Money(satang) for code, satang in rows}


class BooksError(RuleError):
    """The books do not agree with themselves; the sentence names the place."""


def check_books(session: Session) -> int:
    """Check every journal entry and every balance; return the number of entries.

    Raises `BooksError` naming the first journal entry or account that is wrong.
    """
    _check_entries(session)
    _check_balances(session)
    return session.scalar(select(func.count()).select_from(JournalEntry)) or 0


def _check_entries(session: Session) -> None:
    summed = (
        select(JournalEntry.id, func.coalesce(func.sum(PostingRow.satang), 0))
        .outerjoin(PostingRow, PostingRow.journal_entry_id == JournalEntry.id)
        .group_by(JournalEntry.id)
        .having(
            (func.coalesce(func.sum(PostingRow.satang), 0) != 0) | (func.count(PostingRow.id) < 2)  # noqa: PLR2004 - from and to
        )
        .order_by(JournalEntry.id)
    )
    for entry_id, satang in session.execute(summed):
        raise BooksError(
            N_("Journal entry {entry} does not balance: its postings add up to {sum} baht."),
            entry=entry_id,
            sum=Money(int(satang)),
        )


def _check_balances(session: Session) -> None:
    summed = (
        select(Balance, func.coalesce(func.sum(PostingRow.satang), 0))
        .outerjoin(PostingRow, PostingRow.balance_id == Balance.id)
        .group_by(Balance.id)
        .order_by(Balance.id)
    )
    for balance, satang in session.execute(summed):
        account = Account(balance.fund_code, balance.subcommittee_code, balance.place)
        if int(satang) != balance.satang:
            raise BooksError(
                N_("The balance of {account} says {balance} baht; its postings add up to {sum}."),
                account=account,
                balance=Money(balance.satang),
                sum=Money(int(satang)),
            )
        if balance.satang < 0 and balance.place is not Place.SOURCE:
            raise BooksError(
                N_("{account} is below zero: {balance} baht."),
                account=account,
                balance=Money(balance.satang),
            )
