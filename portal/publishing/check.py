"""Comparing three tellings of one story: database, published files, public tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row as SqlRow
from sqlalchemy import func
from sqlalchemy import inspect
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.check import LogError
from portal.audit.check import entries
from portal.audit.check import verify_files
from portal.audit.folder import Folder
from portal.audit.models import LogEntry
from portal.audit.models import LogPending
from portal.audit.models import LogSeq
from portal.audit.note import Checkpoint
from portal.audit.note import VerifierKey
from portal.db import Base
from portal.errors import N_
from portal.funds.ledger import Place
from portal.funds.models import Balance
from portal.funds.models import FundRequest
from portal.money import Money
from portal.payments.models import Payment
from portal.publishing.fold import step
from portal.publishing.models import PublishedAct
from portal.publishing.models import PublishedConcern
from portal.publishing.models import PublishedFigure
from portal.publishing.models import PublishedFinding
from portal.publishing.models import PublishedFlow
from portal.publishing.models import PublishedLimit
from portal.publishing.models import PublishedName
from portal.publishing.models import PublishedPosition
from portal.publishing.models import PublishedReport
from portal.publishing.models import PublishedRequest
from portal.publishing.search_models import PublishedCount
from portal.publishing.search_models import PublishedGroup
from portal.publishing.search_models import PublishedOrder
from portal.publishing.search_models import PublishedWait
from portal.publishing.search_tables import COUNTED
from portal.publishing.search_tables import count_rows
from portal.publishing.search_tables import group_rows
from portal.publishing.search_tables import order_row
from portal.publishing.search_tables import wait_rows
from portal.publishing.shelf import Measure
from portal.publishing.shelf import Shelf
from portal.publishing.tables import Row
from portal.publishing.tables import act_row
from portal.publishing.tables import case_row
from portal.publishing.tables import figure_rows
from portal.publishing.tables import flow_rows
from portal.publishing.tables import heads_told
from portal.publishing.tables import limit_row
from portal.publishing.tables import name_rows
from portal.publishing.tables import request_row
from portal.publishing.waits import waits_of

CHUNK = 1000


def check_tables(
    session: Session, folder: Folder, checkpoint: Checkpoint, *, vkey: VerifierKey
) -> None:
    """Verify the published files; refuse a database or public table that tells anything else."""
    # Else a row would be blamed for a file that somebody changed.
    verify_files(folder, checkpoint)
    shelf = _folded(session, folder, checkpoint)
    _check_queue(session)
    _check_position(session, folder, checkpoint, vkey)
    limits = [limit_row(index, limit) for index, limit in shelf.limits.items()]
    names = name_rows(shelf.names)
    _check_rows(session, PublishedName, names, ("kind", "code", "valid_from"))
    _check_rows(session, PublishedLimit, limits, ("idx",))
    _check_rows(session, PublishedFigure, figure_rows(shelf), _FIGURE)
    _check_rows(session, PublishedFlow, flow_rows(shelf), ("idx",))
    _check_rows(session, PublishedRequest, map(request_row, shelf.cases.values()), ("reference",))
    groups = group_rows(shelf.cases.values())
    _check_rows(session, PublishedGroup, groups, ("id",))
    _check_rows(session, PublishedCount, count_rows(groups), COUNTED)
    _check_rows(session, PublishedOrder, map(order_row, shelf.cases.values()), ("reference",))
    waits = Counter(wait for case in shelf.cases.values() for wait in waits_of(case))
    _check_rows(session, PublishedWait, wait_rows(waits), _WAIT)
    _check_rows(session, PublishedFinding, map(case_row, shelf.findings.values()), ("number",))
    _check_rows(session, PublishedConcern, map(case_row, shelf.concerns.values()), ("number",))
    _check_rows(session, PublishedReport, map(case_row, shelf.reports.values()), ("reference",))
    _check_books(session, checkpoint, shelf)


_WAIT = ("subcommittee", "step", "minutes")
_FIGURE = ("month", "fund", "subcommittee", "category", "measure")
_RECORDED = (
    select(LogSeq.idx, LogEntry.eid, LogEntry.body)
    .join(LogEntry, LogEntry.seqno == LogSeq.seqno)
    .order_by(LogSeq.idx)
    .execution_options(yield_per=CHUNK)
)
_SHOWN = select(PublishedAct).order_by(PublishedAct.idx).execution_options(yield_per=CHUNK)


def _folded(session: Session, folder: Folder, checkpoint: Checkpoint) -> Shelf:
    """Fold the log, while each entry is compared with its two rows: the recorded and the public."""
    shelf = Shelf()
    with session.execute(_RECORDED) as recorded, session.execute(_SHOWN) as rows:
        shown = iter(rows.scalars())
        for index, body, entry in entries(folder, checkpoint):
            step(shelf, index, entry)
            row, act = recorded.fetchone(), next(shown, None)
            if row is None:
                raise _OlderThanLogError(index, checkpoint.size)
            if (row.idx, row.eid, row.body) != (index, entry.eid, body):
                raise LogError(
                    N_(
                        "Entry {index} in the database is not the published one, which counts. "
                        "Stop the pages, and restore the database."
                    ),
                    index=index,
                )
            if act is None:
                raise _ActsMissingError(index, checkpoint.size)
            if _columns(act) != act_row(index, entry):
                raise LogError(
                    N_("The public entry {index} is not what the log tells."), index=index
                )
        too_many = len(list(shown))
    if too_many:
        raise _ActsMissingError(checkpoint.size + too_many, checkpoint.size)
    return shelf


class _OlderThanLogError(LogError):
    """The database was brought back from before its last entries."""

    def __init__(self, held: int, size: int) -> None:
        super().__init__(
            N_(
                "The database holds {held} of {size} published entries: it is older than the log. "
                "Stop the pages, and restore a newer copy of the database."
            ),
            held=held,
            size=size,
        )


class _ActsMissingError(LogError):
    """The public tables tell of fewer entries than the log, or of more."""

    def __init__(self, held: int, size: int) -> None:
        super().__init__(
            N_("The public tables hold {held} of {size} entries."), held=held, size=size
        )


def _check_queue(session: Session) -> None:
    """Refuse an entry that has no place and waits for none."""
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


def _check_position(
    session: Session, folder: Folder, checkpoint: Checkpoint, vkey: VerifierKey
) -> None:
    found = session.get_one(PublishedPosition, 1)
    held = (found.size, found.root, found.note, found.vkey, found.witnessed)
    note, _, witnessed = heads_told(folder)
    if held != (checkpoint.size, checkpoint.root.hex(), note, str(vkey), witnessed):
        raise LogError(N_("The public tables name another checkpoint than the published one."))


def _check_rows(
    session: Session, table: type[Base], told: Iterable[Row], keys: Sequence[str]
) -> None:
    """Compare every column of every row of a public table with what the fold tells."""
    expected = {tuple(row[key] for key in keys): row for row in told}
    for held in session.scalars(select(table)):
        columns = _columns(held)
        key = tuple(columns[key] for key in keys)
        if expected.pop(key, None) != columns:
            raise _OtherRowError(table, key)
    if expected:
        raise _OtherRowError(table, min(expected, key=str))


class _OtherRowError(LogError):
    """A row of a public table is not what the log gives, or is missing."""

    def __init__(self, table: type[Base], key: tuple[object, ...]) -> None:
        super().__init__(
            N_("{table}: {key} is not what the log gives."),
            table=table.__tablename__,
            key="/".join(map(str, key)),
        )


def _columns(row: Base) -> Row:
    return {column.key: getattr(row, column.key) for column in inspect(type(row)).column_attrs}


# The places that approved money may be in, and those it is in once the bank has paid.
_PAID = (Place.DISBURSED, Place.RECEIVED)
_APPROVED = (Place.COMMITTED, Place.IN_TRANSIT, *_PAID, Place.RETURNED)


def _check_books(session: Session, checkpoint: Checkpoint, shelf: Shelf) -> None:
    """Compare the books with the log, unless something waits to be published."""
    recorded = session.scalar(select(func.count()).select_from(LogEntry)) or 0
    if recorded != checkpoint.size:
        return
    _check_places(session, (Place.AVAILABLE,), shelf.left)
    approved = shelf.sums(Measure.APPROVED)
    fees, disbursed = shelf.sums(Measure.FEES), shelf.sums(Measure.DISBURSED)
    approved.subtract(shelf.sums(Measure.RELEASED))
    approved.subtract(fees)
    disbursed.subtract(shelf.sums(Measure.RETURNED))
    _check_places(session, _APPROVED, approved)
    _check_places(session, _PAID, disbursed)
    fees.update(shelf.sums(Measure.BANK_FEES))
    _check_places(session, (Place.FEES,), fees)
    _check_payments(session, shelf)


def _check_payments(session: Session, shelf: Shelf) -> None:
    """Compare the rows that people pay by with the log: a changed row would move money."""
    cases = shelf.cases.values()
    requests = {
        case.reference: (
            case.approved_satang,
            sum(payment.stayed for payment in case.payments.values()),
            case.disbursed_satang,
        )
        for case in cases
    }
    payments = {
        number: (paying.state, paying.channel, paying.satang, paying.returned, paying.fee)
        for case in cases
        for number, paying in case.payments.items()
    }
    sums = (FundRequest.awarded_satang, FundRequest.paying_satang, FundRequest.confirmed_satang)
    numbered = FundRequest.reference.is_not(None)
    _check_same(session.execute(select(FundRequest.reference, *sums).where(numbered)), requests)
    moved = (Payment.amount_satang, Payment.returned_satang, Payment.fee_satang)
    held = select(Payment.reference, Payment.state, Payment.channel, *moved)
    _check_same(session.execute(held), payments)


def _check_same(
    rows: Iterable[SqlRow[*tuple[Any, ...]]], told: Mapping[str, tuple[object, ...]]
) -> None:
    held = {reference: tuple(columns) for reference, *columns in rows}
    for reference in sorted(told.keys() | held.keys()):
        if held.get(reference) != told.get(reference):
            raise LogError(
                N_(
                    "{reference} is not what the log tells: it was changed in the database. Pay "
                    "nothing, find out who did it, and restore the database."
                ),
                reference=reference,
            )


def _check_places(
    session: Session, places: Sequence[Place], told: Mapping[tuple[str, str], int]
) -> None:
    booked: Counter[tuple[str, str]] = Counter()
    for row in session.scalars(select(Balance).where(Balance.place.in_(places))):
        booked[row.fund_code, row.subcommittee_code] += row.satang
    for account in sorted(told.keys() | booked.keys()):
        if told.get(account, 0) != booked[account]:
            raise LogError(
                N_("{account} holds {booked} baht in the books, {told} by the log."),
                account="/".join((*account, *places)),
                booked=Money(booked[account]),
                told=Money(told.get(account, 0)),
            )
