"""The rules of how money travels: by the way that leads to where the payee wants it."""

from __future__ import annotations

from portal.banks import PROMPTPAY
from portal.errors import N_
from portal.errors import RuleError
from portal.payments.rules import Channel


class ChannelUnfitError(RuleError):
    """The money cannot travel this way to where the payee wants it."""

    def __init__(self, channel: Channel) -> None:
        super().__init__(
            N_(
                "The payee cannot be paid by “{channel}”: a bank account is paid by a transfer, "
                "a PromptPay number by PromptPay, and either in cash."
            ),
            channel=channel,
        )


def check_channel(channel: Channel, bank_code: str) -> None:
    """Refuse a way that does not lead to where the payee wants the money."""
    if channel not in {Channel.CASH, usual_channel(bank_code)}:
        raise ChannelUnfitError(channel)


def usual_channel(bank_code: str) -> Channel:
    """Return how money travels to an account of this bank, unless it is handed over."""
    return Channel.PROMPTPAY if bank_code == PROMPTPAY.code else Channel.TRANSFER
