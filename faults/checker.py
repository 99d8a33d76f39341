"""The one checker: does what the portal promised still hold, whatever was done to it?

It reads database and files by itself, with the code of the product as it is, never with a planted
one, and returns a sentence for each promise that was broken.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import closing
from itertools import chain

from cryptography.exceptions import InvalidTag
from sqlalchemy import Engine
from sqlalchemy import create_engine
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from faults.clients import Acknowledged
from faults.served import Site
from portal.archive import Archive
from portal.audit.check import bodies
from portal.audit.entry import parse
from portal.audit.models import LogEntry
from portal.audit.models import PrivateField
from portal.audit.note import Note
from portal.audit.note import read_checkpoint
from portal.audit.vault import Box
from portal.db import prepare
from portal.errors import PortalError
from portal.funds.books import check_books
from portal.funds.models import Document
from portal.funds.models import FundRequest
from portal.funds.models import RequestAct
from portal.funds.sheet_models import IssuedSheet
from portal.install import Install
from portal.payments.models import BankFile
from portal.payments.models import Payment
from portal.payments.models import PaymentBatch
from portal.publishing.models import PublishedAct
from portal.verifier.split import begins_with
from portal.verifier.tree import SignedTree

# What a payment may have become when it was acknowledged as this.
LATER = {
    "prepared": {"prepared", "released", "sent", "confirmed", "voided"},
    "released": {"released", "sent", "confirmed", "voided"},
    "sent": {"sent", "confirmed"},
    "confirmed": {"confirmed"},
    "voided": {"voided"},
}
ALIVE = {"prepared", "released", "sent", "confirmed"}
# What the log calls a payment's last act, and where it stands then.
LAST_ACT = {f"payment.{state}": state for state in LATER}

Check = Callable[["Case"], Iterator[str]]


class Case:
    """One install to be judged, with what its people and outsiders know of it."""

    def __init__(self, site: Site, told: Acknowledged) -> None:
        self.site, self.told = site, told
        self.install = Install(site.settings)
        self.engine: Engine = create_engine(site.settings.database_url)
        prepare(self.engine)

    def session(self) -> Session:
        """Return a session that only reads."""
        return Session(self.engine)


def check(site: Site, told: Acknowledged) -> list[str]:
    """Return what is wrong; nothing when every promise holds."""
    case = Case(site, told)
    try:
        return [*chain.from_iterable(_tried(case, each) for each in CHECKS)]
    finally:
        case.engine.dispose()
        if "vault" in vars(case.install):
            case.install.vault.close()


def fork_found(site: Site, told: Acknowledged) -> list[str]:
    """Return which checkpoint that an outsider kept the published log does not continue."""
    case = Case(site, told)
    try:
        return _tried(case, _the_log_never_forked)
    finally:
        case.engine.dispose()


def _tried(case: Case, each: Check) -> list[str]:
    """Return what one check finds; a check that cannot be finished has found something."""
    name = each.__name__.removeprefix("_").replace("_", " ")
    try:
        return [f"{name}: {trouble}" for trouble in each(case)]
    except (PortalError, SQLAlchemyError, ValueError, OSError, InvalidTag) as error:
        return [f"{name}: {type(error).__name__}: {error}"]


def _books_balance(case: Case) -> Iterator[str]:
    with case.session() as session:
        check_books(session)
    yield from ()


def _log_verifies(case: Case) -> Iterator[str]:
    with case.session() as session:
        size = case.install.check_log(session).size
        recorded = session.scalar(select(func.count()).select_from(LogEntry)) or 0
    if size != recorded:
        yield f"{recorded} entries are recorded, {size} published"


def _acknowledged_acts_are_there(case: Case) -> Iterator[str]:
    with case.session() as session:
        rows = session.execute(select(Payment.id, Payment.state)).tuples().all()
        batches = dict(session.execute(select(PaymentBatch.id, PaymentBatch.state)).tuples().all())
    found = {number: str(state) for number, state in rows}
    for number, state in case.told.states.items():
        if found.get(number) not in LATER[state]:
            yield f"payment {number} was {state}, and is {found.get(number)}"
    for number in case.told.batches:
        if batches[number] not in {"released", "sent"}:
            yield f"batch {number} was released, and is {batches[number]}"


def _nothing_is_paid_twice(case: Case) -> Iterator[str]:
    living: dict[int, int] = {}
    with case.session() as session:
        for payment in session.scalars(select(Payment).order_by(Payment.id)):
            if payment.state in ALIVE:
                rest = payment.amount_satang - payment.returned_satang
                living[payment.fund_request_id] = living.get(payment.fund_request_id, 0) + rest
        for request in session.scalars(select(FundRequest)):
            paid = living.get(request.id, 0)
            if paid > (request.awarded_satang or 0):
                yield f"{request.reference} was awarded {request.awarded_satang}, paid {paid}"
            if paid != request.paying_satang:
                yield f"{request.reference} says {request.paying_satang} are paid, not {paid}"


def _every_act_is_in_the_log(case: Case) -> Iterator[str]:
    """Compare what the published log tells of each payment with where the database has it."""
    size = read_checkpoint(case.install.folder.read("checkpoint"), case.install.signer.vkey).size
    logged: dict[str, str] = {}
    eids = set()
    for _, body in bodies(case.install.folder, size):
        entry = parse(body)
        eids.add(entry.eid)
        if entry.type in LAST_ACT:
            logged[str(entry.public["payment"])] = LAST_ACT[entry.type]
    with case.session() as session:
        rows = session.execute(select(Payment.reference, Payment.state)).tuples().all()
        acts = session.scalars(select(RequestAct.log_eid)).all()
    held = {reference: str(state) for reference, state in rows}
    for reference in sorted(held.keys() | logged.keys()):
        if held.get(reference) != logged.get(reference):
            yield f"{reference} is {held.get(reference)}, by the log {logged.get(reference)}"
    yield from (f"act {eid} is not published" for eid in acts if eid not in eids)


def _the_log_never_forked(case: Case) -> Iterator[str]:
    """Ask for consistency with every checkpoint that an outsider kept."""
    key = case.install.signer.vkey
    newest = read_checkpoint(case.install.folder.read("checkpoint"), key)
    tree = SignedTree(newest, case.install.folder)
    for raw in {*case.told.heads}:
        old = read_checkpoint(raw, key)
        if old.size > newest.size or not begins_with(tree, old):
            yield f"{newest.size} entries do not continue the {old.size} that were seen"
    head = case.install.signer.head()
    served = case.install.folder.read("checkpoint")
    if head is None or Note.parse(head.note.encode()).text != Note.parse(served).text:
        yield "the signer and the published checkpoint differ"


def _named_files_are_there(case: Case) -> Iterator[str]:
    named: list[tuple[Archive, type[BankFile | IssuedSheet | Document]]] = [
        (case.install.bank_files, BankFile),
        (case.install.archive, IssuedSheet),
        (case.install.archive, Document),
    ]
    with case.session() as session:
        for archive, table in named:
            for digest in session.scalars(select(table.digest)):
                archive.read(digest)
    yield from ()


def _sealed_fields_open(case: Case) -> Iterator[str]:
    with case.session() as session:
        for row in session.scalars(select(PrivateField)):
            box = Box(row.key_id, row.nonce, row.ciphertext)
            case.install.vault.decrypt(box, eid=row.eid, field=row.field)
    yield from ()


def _the_database_is_whole(case: Case) -> Iterator[str]:
    if case.site.engine != "sqlite":
        return
    with case.engine.connect() as connection, closing(connection.connection.cursor()) as cursor:
        cursor.execute("SELECT * FROM pragma_integrity_check")
        yield from (row[0] for row in cursor.fetchall() if row[0] != "ok")


CHECKS: tuple[Check, ...] = (
    _the_database_is_whole,
    _books_balance,
    _log_verifies,
    _acknowledged_acts_are_there,
    _nothing_is_paid_twice,
    _every_act_is_in_the_log,
    _the_log_never_forked,
    _named_files_are_there,
    _sealed_fields_open,
)


def is_published(site: Site) -> bool:
    """Say whether every recorded entry is ordered, signed and folded."""
    with site.engine_here() as engine, Session(engine) as session:
        recorded = session.scalar(select(func.count()).select_from(LogEntry))
        return recorded == session.scalar(select(func.count()).select_from(PublishedAct))
