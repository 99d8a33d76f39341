"""Importing bank statements: the lines that nobody had seen are added, the others left alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import Json
from portal.audit.entry import Secret
from portal.db import add_all
from portal.money import Money
from portal.payments import acts
from portal.payments.bank_docket import check_treasurer
from portal.payments.bank_docket import record_of_bank
from portal.payments.batch_rules import AccountNotFoundError
from portal.payments.models import BankLine
from portal.payments.models import BankStatement
from portal.payments.models import PayingAccount
from portal.payments.statement import Line
from portal.payments.statement import fingerprints
from portal.payments.statement_columns import from_kept
from portal.payments.statement_files import read_statement
from portal.roles import Actor

AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file brought: lines nobody had seen, and lines that were there already."""

    new: int
    known: int


def import_statement(
    session: Session, account_code: str, content: bytes, *, name: str, by: Actor, at: datetime
) -> Imported:
    """Add the lines of a bank's file that are not known yet; the same file again adds nothing.

    Raise the `InputError` of the reader when the file cannot be read or does not add up.
    """
    check_treasurer(by)
    account = _account(session, account_code)
    kept = account.statement_columns
    mapping = from_kept(json.loads(kept)) if kept else None
    statement = read_statement(content, name=name, account=account.account_number, mapping=mapping)
    keys = fingerprints(statement.lines, account=account.account_number)
    known = _known(session, keys)
    new = [(key, line) for key, line in zip(keys, statement.lines, strict=True) if key not in known]
    if new:
        days = [line.booked_on for _, line in new]
        public: dict[str, Json] = {
            "account": account_code,
            "count": len(new),
            "first_on": min(days).isoformat(),
            "last_on": max(days).isoformat(),
        }
        digest = hashlib.sha256(content).hexdigest()
        secret = Secret(f"account:{account_code}", digest)
        row = BankStatement(
            account_code=account_code,
            digest=digest,
            first_on=min(days),
            last_on=max(days),
            opening_satang=_satang(statement.opening),
            closing_satang=_satang(statement.closing),
            count=len(new),
            imported_by_id=by.person_id,
            imported_at=at,
            log_eid=record_of_bank(
                session, acts.STATEMENT_IMPORTED, public, {"file": secret}, by=by, at=at
            ),
        )
        session.add(row)
        session.flush()
        add_all(session, BankLine, [_line_row(row, key, line) for key, line in new])
    return Imported(len(new), len(known))


def _account(session: Session, code: str) -> PayingAccount:
    """Lock an account: two imports into it wait for each other."""
    account = session.get(PayingAccount, code, with_for_update=True)
    if account is None:
        raise AccountNotFoundError
    return account


def _known(session: Session, keys: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for first in range(0, len(keys), AT_ONCE):
        some = keys[first : first + AT_ONCE]
        found.update(
            session.scalars(select(BankLine.fingerprint).where(BankLine.fingerprint.in_(some)))
        )
    return found


def _satang(amount: Money | None) -> int | None:
    # Nothing is an amount, too.
    return None if amount is None else amount.satang


def _line_row(statement: BankStatement, key: str, line: Line) -> dict[str, object]:
    return {
        "statement_id": statement.id,
        "account_code": statement.account_code,
        "fingerprint": key,
        "booked_on": line.booked_on,
        "value_on": line.value_on,
        "amount_satang": line.amount.satang,
        "description": line.description,
        "bank_reference": line.bank_reference,
        "end_to_end_id": line.end_to_end_id,
        "counter_account": line.counter_account,
        "nature": line.nature,
        "balance_satang": _satang(line.balance),
    }
