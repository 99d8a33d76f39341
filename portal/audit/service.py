"""Recording acts: an entry in the transaction of its act, and the order of entries."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from typing import cast

from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.audit.entry import SALT_BYTES
from portal.audit.entry import Draft
from portal.audit.entry import Opening
from portal.audit.entry import base64url
from portal.audit.entry import seal
from portal.audit.entry import uuid7
from portal.audit.link import PaperLink
from portal.audit.models import LogEntry
from portal.audit.models import LogPending
from portal.audit.models import LogSeq
from portal.audit.models import PrivateField
from portal.audit.vault import Vault
from portal.db import Base

BATCH = 5000
SEQUENCER_LOCK = 0x706F7274616C  # any number, the same in every process: "portal"
# Into the tables, not the mapped classes: that takes a third of the time, twice in each act.
_TABLES = Base.metadata.tables
_ADD_ENTRY = insert(_TABLES[LogEntry.__tablename__]).inline()
_ADD_PRIVATE_FIELD = insert(_TABLES[PrivateField.__tablename__])
_ADD_PLACES = insert(_TABLES[LogSeq.__tablename__])


def new_stamp() -> PaperLink:
    """Choose an entry's id and a salt, for a paper that must carry both before it is recorded."""
    return PaperLink(_new_eid(), base64url(secrets.token_bytes(SALT_BYTES)))


def _new_eid() -> str:
    return uuid7(time.time_ns() // 1_000_000, secrets.token_bytes)


def record(session: Session, draft: Draft, *, eid: str | None = None) -> str:
    """Add the entry of an act to the caller's transaction and return its id.

    The id is given only where a paper carries it already.
    """
    eid = eid or _new_eid()
    sealed = seal(draft, eid=eid, random=secrets.token_bytes)
    session.execute(_ADD_ENTRY, {"eid": eid, "body": sealed.body})
    if sealed.openings:
        _keep_openings(session, eid, sealed.openings)
    session.info["has_recorded"] = True
    return eid


def _keep_openings(session: Session, eid: str, openings: Sequence[Opening]) -> None:
    vault = _vault(session)
    vault.prepare(opening.subject for opening in openings)
    rows = [_private_row(vault, eid, opening) for opening in openings]
    session.execute(_ADD_PRIVATE_FIELD, rows)


def _vault(session: Session) -> Vault:
    return cast("Vault", session.info["vault"])  # put there by the app; info is untyped


def _private_row(vault: Vault, eid: str, opening: Opening) -> dict[str, object]:
    box = vault.encrypt(
        opening.subject, eid=eid, field=opening.field, disclosure=opening.disclosure
    )
    return {
        "eid": eid,
        "field": opening.field,
        "subject": opening.subject,
        "key_id": box.key_id,
        "nonce": box.nonce,
        "ciphertext": box.ciphertext,
    }


def sequence(session: Session) -> int:
    """Give the waiting entries the next indices, in the order of their commits; return how many.

    Call until it returns 0. There is one sequencer at a time: SQLite has one writer, PostgreSQL
    takes a lock for the transaction.
    """
    be_alone(session)
    first = session.execute(select(func.coalesce(func.max(LogSeq.idx) + 1, 0))).scalar_one()
    waiting = select(LogPending).order_by(LogPending.pno).limit(BATCH).subquery().c
    place = first - 1 + func.row_number().over(order_by=waiting.pno)
    ordered = select(place, waiting.seqno).order_by(waiting.pno)
    session.execute(_ADD_PLACES.from_select(["idx", "seqno"], ordered))
    # Exactly these: a commit that took a lower number may only now have become visible.
    placed = select(LogSeq.seqno).where(LogSeq.idx >= first)
    gone = delete(LogPending).where(LogPending.seqno.in_(placed))
    return session.connection().execute(gone).rowcount


def be_alone(session: Session) -> None:
    """Let nobody else order or fold entries until this transaction ends."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SEQUENCER_LOCK})
