"""Forgetting somebody everywhere: key store, private fields, requests, and the log's tombstone."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.check import LogError
from portal.audit.erasing import close_erasure
from portal.audit.erasing import open_erasures
from portal.audit.erasing import order_erasure
from portal.audit.erasing import tell_erasure
from portal.audit.models import Erasure
from portal.audit.models import PrivateField
from portal.cases.forgetting import forget_case
from portal.concerns import forgetting
from portal.db import db
from portal.db import transaction
from portal.errors import N_
from portal.funds.forgetting import YOUTH
from portal.funds.forgetting import forget
from portal.funds.forgetting import named
from portal.funds.forgetting import papers_of
from portal.funds.forgetting import remembered
from portal.funds.forgetting import subjects_of
from portal.install import Install
from portal.payments.forgetting import bank_files_of
from portal.payments.forgetting import files_of
from portal.payments.forgetting import forget_lines
from portal.payments.forgetting import lists_of
from portal.publishing.queries import erased_counts


def erase(install: Install, subject: str, *, ticket: str, at: datetime) -> None:
    """Erase what is known of somebody, on the order of this number; it cannot be undone.

    Each step commits on its own and can be repeated: `finish_erasures` takes up one that was cut
    off. Raise an error, and do nothing, when there is nobody or the data is still needed.
    """
    with transaction() as session:
        subject = forgetting.named(session, named(session, subject))
        _subjects_of(session, subject)
        order_erasure(session, ticket, subject, at=at)
    finish_erasures(install, at=at)


def finish_erasures(install: Install, *, at: datetime) -> int:
    """Carry out every order that is open; return how many."""
    tickets = [erasure.ticket for erasure in open_erasures(db.session())]
    db.session.close()
    for ticket in tickets:
        _finish(install, ticket, at=at)
    return len(tickets)


def _finish(install: Install, ticket: str, *, at: datetime) -> None:
    erasure = db.session.get_one(Erasure, ticket)
    subject = str(erasure.subject)
    subjects = _subjects_of(db.session(), subject)
    papers = [*papers_of(db.session(), subject), *lists_of(db.session(), subject)]
    files = files_of(db.session(), subject)
    bank_files = bank_files_of(db.session(), subject)
    db.session.close()
    install.vault.destroy(subjects, ticket=ticket, at=at)
    for digest in papers:
        install.archive.forget(digest)
    for digest in files:
        install.attachments.forget(digest)
    for digest in bank_files:
        install.bank_files.forget(digest)
    with transaction() as session:
        erasure = session.get_one(Erasure, ticket)
        tell_erasure(session, erasure, subjects, at=at)
        if not forgetting.is_concern(subject):
            forget_case(session, subject)
            forget_lines(session, subject)
            forget(session, subject, at=at)
        forgetting.forget(session, subject, at=at)
        close_erasure(session, erasure, at=at)
    _empty_journal()


def _subjects_of(session: Session, subject: str) -> list[str]:
    """Return everything under which the key store knows this somebody, or raise why not."""
    known = [] if forgetting.is_concern(subject) else subjects_of(session, subject)
    return [*known, *forgetting.subjects_of(session, subject)]


def _empty_journal() -> None:
    """Let SQLite's journal go: it still holds the pages as they were."""
    if db.engine.dialect.name == "sqlite":
        with closing(db.engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")


class ForgottenErasureError(LogError):
    """The log tells of an erasure that the key store or the database does not know."""

    def __init__(self, tickets: Iterable[str]) -> None:
        super().__init__(
            N_(
                "What was erased under {tickets} is here again: a backup was restored. Look up in "
                "the written order whom it was about, and repeat it: erase SUBJECT --ticket TICKET."
            ),
            tickets=", ".join(sorted(tickets)),
        )


def check_erasures(install: Install, session: Session) -> int:
    """Check that everything the log calls erased is still gone; return how many orders there are.

    Raise `ForgottenErasureError` where an older key store or an older database came back.
    """
    counts = erased_counts(session)
    destroyed = install.vault.destroyed()
    kept = set(destroyed.values())
    back = {ticket for ticket, count in counts.items() if count and ticket not in kept}
    held = select(PrivateField.subject).where(PrivateField.subject.in_(destroyed)).distinct()
    back |= {destroyed[subject] for subject in session.scalars(held)}
    back |= {destroyed[subject] for subject in forgetting.remembered(session, destroyed)}
    back |= {destroyed[f"{YOUTH}:{number}"] for number in remembered(session, destroyed)}
    if back:
        raise ForgottenErasureError(back)
    return len(counts)
