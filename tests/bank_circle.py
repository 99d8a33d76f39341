"""A treasury and its bank: files go there, statements come back, and people confirm them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from datetime import date
from datetime import datetime
from datetime import timedelta
from typing import cast

from sqlalchemy.orm import Session

from portal.archive import Archive
from portal.funds.drafting import PayeeAnswer
from portal.funds.models import FundRequest
from portal.money import Money
from portal.payments import batching
from portal.payments import confirming
from portal.payments import service as payments
from portal.payments.batch_page import bank_file
from portal.payments.batching import Terms
from portal.payments.confirming import Pairing
from portal.payments.match_values import MatchKind
from portal.payments.matching_page import Proposal
from portal.payments.matching_page import matching_page
from portal.payments.payment_files import FileKind
from portal.payments.returning import Back
from portal.payments.rules import Channel
from portal.payments.statement_lines import Imported
from portal.payments.statement_lines import import_statement
from tests.bank import Bank
from tests.bank import Booked
from tests.bank import Order
from tests.bank_reading import READERS
from tests.bank_reading import Payee
from tests.pure.test_bank_and_books import FORMATS
from tests.world import ACCOUNT
from tests.world import ANSWER
from tests.world import YOUTH
from tests.world import World

DAY = timedelta(days=1)
BANKS = {
    "004": "9990318{:03}",
    "006": "0990317{:03}",
    "030": "020999031{:03}",
    "034": "011999031{:03}",
}
PAYER = "มูลนิธิส่งเสริมการศึกษาจังหวัดระยอง (ข้อมูลสาธิต)"
PAID = ("payment", "split", "batch")


@dataclass
class Circle:
    """A treasury and its bank.

    `kept` is what the bank's advice says that it kept, by payment; `twice` was paid two times.
    """

    session: Session
    world: World
    bank: Bank
    kind: FileKind
    format: str
    kept: dict[str, int] = field(default_factory=dict)
    twice: str = ""

    def asked(self, number: int) -> FundRequest:
        """An approved request of somebody of their own, with an account and an amount of theirs."""
        bank, account = [*BANKS.items()][number % len(BANKS)]
        payee = PayeeAnswer("guardian", f"แม่คนที่ {number}", bank, account.format(number))
        youth = replace(YOUTH, first_name=f"คนที่ {number}", national_id=None)
        amount = Money(120_000 + 1_337 * number)
        return self.world.approved(answer=replace(ANSWER, youth=youth, payee=payee, amount=amount))

    def ordered(self, requests: Sequence[FundRequest], *, at: datetime) -> list[Order]:
        """Payments from prepared to sent, in a batch; return what the bank read in its file."""
        session, world, on = self.session, self.world, at.date() + DAY
        picked = [
            payments.prepare_payment(
                session,
                each.id,
                channel=Channel.TRANSFER,
                seen_version=each.version,
                by=world.anong,
                at=at,
            )
            for each in requests
        ]
        terms = Terms(ACCOUNT.code, on, self.kind)
        ids = [payment.id for payment in picked]
        batch = batching.make_batch(session, ids, terms=terms, by=world.anong, at=at)
        for act in (batching.release_batch, batching.send_batch):
            act(session, batch.id, seen_version=batch.version, by=world.prasit, at=at)
        file, reference = bank_file(session, batch.id, self.kind)
        archive = cast("Archive", session.info["bank_files"])  # put there by the app; untyped
        told = READERS[self.kind](archive.read(file.digest))
        assert (told.account, told.day) == (ACCOUNT.account_number, on)
        assert told.name in {reference, ""}
        wanted = {payment.reference: payment.amount.satang for payment in picked}
        assert {order.reference: order.satang for order in told.orders} == wanted
        assert told.payer == PAYER
        by_reference = {order.reference: order for order in told.orders}
        payees = {order.reference: who for order, who in zip(told.orders, told.payees, strict=True)}
        for payment, each in zip(picked, requests, strict=True):
            payee = each.payees[-1]
            assert by_reference[payment.reference].account == payee.account_number
            # In Thai, whatever the file: banks compare the name with the account's.
            assert payees[payment.reference] == Payee(payee.bank_code, payee.holder)
            assert payee.holder.startswith("แม่คนที่ ")
        return [by_reference[payment.reference] for payment in picked]

    def truth(self) -> dict[str, Booked]:
        return {line.bank_reference: line for line in self.bank.booked}

    def imported(self, first: date, last: date, *, at: datetime) -> Imported:
        name, write = FORMATS[self.format]
        content = write(self.bank.period(first, last))
        return import_statement(
            self.session, ACCOUNT.code, content, name=name, by=self.world.anong, at=at
        )

    def confirmed(self, *, at: datetime) -> None:
        """Another treasurer confirms what is sure, and looks at the rest with the bank's advice."""
        page = matching_page(self.session, ACCOUNT.code, self.world.phailin, at=at)
        assert not page.others
        pairings = [Pairing(self._keys(one, *PAID), one.names) for one in page.mine]
        pairings += [
            Pairing(self._keys(one, *PAID), one.names)
            for one in page.to_look_at
            if self._is_first(one)
        ]
        confirming.confirm_pairings(self.session, pairings, by=self.world.phailin, at=at)
        page = matching_page(self.session, ACCOUNT.code, self.world.phailin, at=at)
        for number, one in enumerate(page.returns):
            self._take_back(one, at=at + timedelta(minutes=number))
        for one in page.fees:
            keys = self._keys(one, "fee")
            confirming.confirm_fee(self.session, keys, "GEN", by=self.world.phailin, at=at)
        for line in page.unmatched:
            if self.truth()[line.line.bank_reference].what == "donation":
                note, by = "เงินบริจาค", self.world.phailin
                confirming.set_aside(self.session, [line.key], note=note, by=by, at=at)

    def _keys(self, one: Proposal, *kinds: str) -> tuple[str, ...]:
        """The lines of a proposal, which are what the bank knows them to be."""
        for line in one.lines:
            truth = self.truth()[line.line.bank_reference]
            assert truth.what in kinds
            assert sorted(truth.orders) == sorted(one.names), str(one.why)
        return one.suggestion.lines

    def _is_first(self, one: Proposal) -> bool:
        """Where two lines may be one payment a person takes the first; the other one stays."""
        told = one.lines[0].line.bank_reference
        is_unsure = one.kind is MatchKind.AMBIGUOUS and one.names == (self.twice,)
        return is_unsure and told != self.second().bank_reference

    def second(self) -> Booked:
        """The line by which the bank paid once more."""
        return [line for line in self.bank.booked if self.twice in line.orders][-1]

    def _take_back(self, one: Proposal, *, at: datetime) -> None:
        keys, (payment,) = self._keys(one, "return"), one.payments
        came = sum(line.line.amount.satang for line in one.lines)
        fee = self.kept.get(payment.reference, 0)
        confirming.confirm_return(
            self.session,
            keys,
            payment.id,
            Back(Money(came + fee), "ธนาคารคืนเงิน", Money(fee)),
            seen_version=payment.version,
            by=self.world.phailin,
            at=at,
        )
