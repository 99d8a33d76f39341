"""Comparing three tellings of one story: database, published files, public tables."""

from __future__ import annotations

from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.check import LogError
from portal.audit.check import bodies
from portal.audit.folder import Folder
from portal.audit.models import LogEntry
from portal.audit.models import LogPending
from portal.audit.models import LogSeq
from portal.audit.note import Checkpoint
from portal.errors import N_
from portal.funds.ledger import Place
from portal.funds.models import Balance
from portal.money import Money
from portal.publishing.fold import Case
from portal.publishing.fold import Shelf
from portal.publishing.models import PublishedAct
from portal.publishing.models import PublishedFigure
from portal.publishing.models import PublishedRequest

CHUNK = 1000


def check_tables(session: Session, folder: Folder, checkpoint: Checkpoint, shelf: Shelf) -> None:
    """Refuse a database or public table that tells anything else than the published files."""
    _check_database(session, folder, checkpoint)
    _check_acts(session, checkpoint)
    _check_figures(session, shelf)
    _check_requests(session, shelf)
    if not session.scalar(select(func.count()).select_from(LogPending)):
        _check_books(session, checkpoint, shelf)


def _check_database(session: Session, folder: Folder, checkpoint: Checkpoint) -> None:
    published = bodies(folder, checkpoint.size)
    rows = session.execute(
        select(LogSeq.idx, LogEntry.body)
        .join(LogEntry, LogEntry.seqno == LogSeq.seqno)
        .order_by(LogSeq.idx)
        .execution_options(yield_per=CHUNK)
    )
    held = 0
    for row, (index, body) in zip(rows, published, strict=False):
        if row.idx != index or row.body != body:
            raise LogError(
                N_("Entry {index} in the database is not the published one."), index=index
            )
        held += 1
    if held < checkpoint.size:
        raise LogError(
            N_("The database holds {held} of {size} published entries: it is older than the log."),
            held=held,
            size=checkpoint.size,
        )
    lost = session.scalar(
        select(func.count())
        .select_from(LogEntry)
        .where(
            LogEntry.seqno.not_in(select(LogSeq.seqno)),
            LogEntry.seqno.not_in(select(LogPending.seqno)),
        )
    )
    if lost:
        raise LogError(N_("{count} recorded entries wait in no queue."), count=lost)


def _check_acts(session: Session, checkpoint: Checkpoint) -> None:
    held = session.scalar(select(func.count()).select_from(PublishedAct)) or 0
    if held != checkpoint.size:
        raise LogError(
            N_("The public tables hold {held} of {size} entries."),
            held=held,
            size=checkpoint.size,
        )


def _check_figures(session: Session, shelf: Shelf) -> None:
    held = {
        (row.month, row.fund, row.subcommittee, row.category, row.measure): (row.satang, row.count)
        for row in session.scalars(select(PublishedFigure))
    }
    told = {
        (cell.month, cell.fund, cell.subcommittee, cell.category, cell.measure.value): (
            shelf.satang[cell],
            shelf.counts[cell],
        )
        for cell in shelf.counts
    }
    for key in sorted(held.keys() | told.keys()):
        if held.get(key) != told.get(key):
            raise LogError(
                N_("The public figure {key} is not what the log gives."), key="/".join(key)
            )


def _check_books(session: Session, checkpoint: Checkpoint, shelf: Shelf) -> None:
    """Compare the books with the log, while nothing waits to be published."""
    held = session.scalar(select(func.count()).select_from(LogSeq)) or 0
    if held != checkpoint.size:
        return
    told = {account: satang for account, satang in shelf.left.items() if satang}
    booked = {
        (row.fund_code, row.subcommittee_code): row.satang
        for row in session.scalars(
            select(Balance).where(Balance.place == Place.AVAILABLE, Balance.satang != 0)
        )
    }
    for account in sorted(told.keys() | booked.keys()):
        if told.get(account) != booked.get(account):
            raise LogError(
                N_("{account} holds {booked} baht in the books, {told} by the log."),
                account="/".join(account),
                booked=Money(booked.get(account, 0)),
                told=Money(told.get(account, 0)),
            )


def _check_requests(session: Session, shelf: Shelf) -> None:
    rows = session.scalars(select(PublishedRequest).execution_options(yield_per=CHUNK))
    seen = 0
    for row in rows:
        case = shelf.cases.get(row.reference)
        if case is None or not _is_told_by(row, case):
            raise LogError(
                N_("The public request {reference} is not what the log gives."),
                reference=row.reference,
            )
        seen += 1
    if seen != len(shelf.cases):
        raise LogError(
            N_("The public tables hold {held} of {size} requests."),
            held=seen,
            size=len(shelf.cases),
        )


def _is_told_by(row: PublishedRequest, case: Case) -> bool:
    return (
        row.status == case.status.value
        and row.satang == case.satang
        and row.approved_satang == case.approved_satang
        and row.disbursed_satang == case.disbursed_satang
        and row.fund == case.fund
        and row.subcommittee == case.subcommittee
        and row.category == case.category
        and row.last_index == case.last_index
    )
