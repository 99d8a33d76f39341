"""What treasurers type about batches: shape and size only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import BooleanField
from wtforms.validators import InputRequired

from portal.labels import FILE_KINDS
from portal.payments.batch_page import Account
from portal.payments.batching import Terms
from portal.payments.payment_files import FileKind
from portal.people.once import OnceForm
from portal.thai import read_day
from portal.words import DayField
from portal.words import OneOf
from portal.words import in_language


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """What a batch is made of: all transfers, or those that were ticked."""

    terms: Terms
    is_every: bool


class BatchForm(OnceForm):
    """A new batch; the ticks are read beside it."""

    account = OneOf(_("Paid from"), validators=[InputRequired(_("Choose the account."))])
    value_on = DayField(_("Paid on"), validators=[InputRequired(_("Write the day."))])
    file_kind = OneOf(_("File for the bank"), validators=[InputRequired(_("Choose the file."))])
    is_every = BooleanField(_("All transfers, also those not shown"))

    def offer(self, accounts: Sequence[Account]) -> BatchForm:
        """Offer the accounts that are open; returns itself."""
        self.account.choices = {
            account.code: f"{in_language(account.name)} ({account.number})" for account in accounts
        }
        self.file_kind.choices = {kind: gettext(FILE_KINDS[kind]) for kind in FileKind}
        return self

    def answer(self) -> BatchAnswer:
        """Return what was chosen."""
        kind, day = FileKind(self.file_kind.data), read_day(self.value_on.data)
        return BatchAnswer(Terms(self.account.data, day, kind), bool(self.is_every.data))
