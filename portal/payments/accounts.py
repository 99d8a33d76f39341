"""The accounts from which the foundation pays: opened and closed by the administrator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.entry import Draft
from portal.audit.entry import Secret
from portal.audit.service import record
from portal.banks import BANKS
from portal.banks import account_fits
from portal.errors import N_
from portal.errors import RuleError
from portal.funds.rules import RoleNeededError
from portal.payments import acts
from portal.payments.batch_rules import AccountNotFoundError
from portal.payments.models import PayingAccount
from portal.people.acts import actor_secret
from portal.roles import Actor
from portal.roles import Role


class AccountThereError(RuleError):
    """An account of this code was opened before."""

    def __init__(self, code: str) -> None:
        super().__init__(N_("There is an account {code} already."), code=code)


class NumberThereError(RuleError):
    """An account of this number was opened before."""

    def __init__(self, code: str) -> None:
        super().__init__(N_("This account number is that of account {code} already."), code=code)


class NoSuchAccountError(RuleError):
    """No bank has an account of this number."""

    def __init__(self) -> None:
        super().__init__(N_("This bank has no account with so many digits."))


@dataclass(frozen=True, slots=True)
class AccountAnswer:
    """An account as the foundation knows it; `company_id` is what the bank's files call it."""

    code: str
    name_th: str
    name_en: str
    bank_code: str
    account_number: str
    company_id: str


def plan_account(session: Session, answer: AccountAnswer, *, by: Actor) -> None:
    """Refuse an account that cannot be opened."""
    _role(by)
    bank = BANKS.get(answer.bank_code)
    if bank is None or not (bank.is_open and account_fits(bank, answer.account_number)):
        raise NoSuchAccountError
    if session.get(PayingAccount, answer.code) is not None:
        raise AccountThereError(answer.code)
    same = select(PayingAccount.code).where(PayingAccount.account_number == answer.account_number)
    if code := session.scalar(same):
        raise NumberThereError(code)


def open_account(
    session: Session, answer: AccountAnswer, *, by: Actor, at: datetime
) -> PayingAccount:
    """Make an account known, from which payments may leave."""
    plan_account(session, answer, by=by)
    number = Secret(f"account:{answer.code}", answer.account_number)
    public = {
        "code": answer.code,
        "bank": answer.bank_code,
        "name_th": answer.name_th,
        "name_en": answer.name_en,
    }
    draft = Draft(acts.ACCOUNT_OPENED, at, _role(by), actor_secret(by), public, {"number": number})
    account = PayingAccount(
        code=answer.code,
        name_th=answer.name_th,
        name_en=answer.name_en,
        bank_code=answer.bank_code,
        account_number=answer.account_number,
        company_id=answer.company_id,
        log_eid=record(session, draft),
    )
    session.add(account)
    session.flush()
    return account


def close_account(session: Session, code: str, *, by: Actor, at: datetime) -> PayingAccount:
    """Let nothing leave from an account any more."""
    role = _role(by)
    account = session.get(PayingAccount, code, with_for_update=True)
    if account is None or account.is_closed:
        raise AccountNotFoundError
    draft = Draft(acts.ACCOUNT_CLOSED, at, role, actor_secret(by), {"code": code})
    account.is_closed, account.log_eid = True, record(session, draft)
    session.flush()
    return account


def _role(by: Actor) -> Role:
    for role in (Role.SYSTEM, Role.ADMINISTRATOR):
        if role in by.roles:
            return role
    raise RoleNeededError({Role.ADMINISTRATOR})
