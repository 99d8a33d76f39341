"""What each paper tells, and whom it is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy.orm import Session

from portal.errors import NotFoundError
from portal.funds.attachments import PaperKind
from portal.funds.drafting import PayeeAnswer
from portal.funds.models import Donation
from portal.funds.models import FundRequest
from portal.funds.models import PayeeAccount
from portal.funds.money_in import DonationAnswer
from portal.funds.money_in import receive_donation
from portal.funds.rules import RequestNotFoundError
from portal.funds.sheet_issuing import Matter
from portal.funds.sheet_rules import TERMS
from portal.funds.sheet_rules import About
from portal.funds.sheet_rules import SheetKind
from portal.funds.sheet_rules import SheetTooEarlyError
from portal.funds.sheet_rules import SheetUnknownError
from portal.money import Money
from portal.payments import batching
from portal.payments import service
from portal.payments.accounts import open_account
from portal.payments.advance_rules import Advance
from portal.payments.advance_rules import AdvanceKind
from portal.payments.advance_rules import NotAnAdvanceError
from portal.payments.batch_rules import BatchNotFoundError
from portal.payments.match_rules import MonthNotFoundError
from portal.payments.models import Payment
from portal.payments.paper_parts import Account
from portal.payments.paper_parts import AskedLine
from portal.payments.paper_parts import SpentLine
from portal.payments.payment_files import FileKind
from portal.payments.printed import AdvanceClearing
from portal.payments.printed import AdvanceContract
from portal.payments.printed import Memo
from portal.payments.printed import ReceiptForm
from portal.payments.printed import ReconciliationSheet
from portal.payments.printed import RemittanceList
from portal.payments.printed import ThankYouLetter
from portal.payments.printed import Voucher
from portal.payments.printed import Withdrawal
from portal.payments.rules import Channel
from portal.payments.rules import PaymentNotFoundError
from portal.payments.sheet_table import SEE
from portal.payments.sheet_table import TELL
from portal.payments.told_months import MonthNotOverError
from portal.roles import Actor
from portal.youths.consenting import GuardianAnswer
from portal.youths.consenting import add_guardian
from portal.youths.models import Youth
from portal.youths.rules import Relation
from tests.acts.test_advances import ITEM as BOUGHT
from tests.acts.test_advances import cleared
from tests.acts.test_advances import gave_back
from tests.acts.test_advances import voucher
from tests.acts.test_reconciling import WITH_BALANCE
from tests.acts.test_reconciling import read_in
from tests.acts.test_statement_lines import imported
from tests.world import ACCOUNT
from tests.world import ANSWER
from tests.world import LINED
from tests.world import LINES
from tests.world import NOON
from tests.world import SECRETS
from tests.world import UNIT
from tests.world import World

HOLDER = f"แม่ของ{SECRETS[0]}"
FIRST = "ทะเบียนผู้รับประโยชน์ เลขที่ 000001"
DECEMBER = date(2026, 12, 3)


def matter(
    world: World,
    kind: SheetKind,
    about: object,
    *,
    by: Actor | None = None,
    on: date = DECEMBER,
) -> Matter:
    return TELL[kind](world.session, str(about), by or world.malee, on)


def withdrawal(world: World, fund_request: FundRequest) -> Withdrawal:
    sheet = matter(world, SheetKind.WITHDRAWAL, fund_request.id).sheet
    assert isinstance(sheet, Withdrawal)
    return sheet


def receipt(world: World, payment: Payment) -> ReceiptForm:
    sheet = matter(world, SheetKind.RECEIPT, payment.id).sheet
    assert isinstance(sheet, ReceiptForm)
    return sheet


def of_voucher(world: World, payment: Payment) -> Voucher:
    sheet = matter(world, SheetKind.VOUCHER, payment.id).sheet
    assert isinstance(sheet, Voucher)
    return sheet


# Papers of a request.


def test_the_request_form_tells_what_was_asked_line_by_line(world: World) -> None:
    fund_request = world.submitted(answer=LINED)
    kinds = (PaperKind.CONSENT, PaperKind.PHOTO, PaperKind.PHOTO)
    for number, kind in enumerate(kinds):
        world.attached(fund_request, kind, content=f"%PDF paper {number}".encode())
    sheet = withdrawal(world, fund_request)
    assert sheet.lines == tuple(
        AskedLine(line.item, line.quantity, line.unit, line.amount) for line in LINES
    )
    assert sheet.amount == ANSWER.amount
    assert (sheet.requester, sheet.finder) == (world.person(world.malee).name, ANSWER.finder)
    assert (sheet.is_project, sheet.beneficiary) == (False, FIRST)
    assert sheet.enclosures == ("หนังสือให้ความยินยอม", "ภาพถ่าย จำนวน 2 ฉบับ")
    # Of the account only the end is told, and of the young person only the number.
    assert sheet.account == Account("ธนาคารกรุงไทย", HOLDER, SECRETS[3][-4:])
    assert (sheet.sent.name, sheet.sent.at) == (sheet.requester, NOON)


def test_a_project_is_told_by_its_name_and_its_purpose_where_it_has_no_lines(world: World) -> None:
    fund_request = world.submitted_project()
    sheet = withdrawal(world, fund_request)
    assert (sheet.is_project, sheet.beneficiary) == (True, f"โครงการของ{SECRETS[0]}")
    assert sheet.lines == (AskedLine(sheet.purpose, 1, "", fund_request.amount),)


def test_somebody_of_no_organisation_is_from_the_field(world: World) -> None:
    sheet = withdrawal(world, world.submitted(by=world.everything()))
    assert sheet.office == "ผู้ประสานงานในพื้นที่"
    assert withdrawal(world, world.submitted()).office != sheet.office


def test_the_memo_asks_the_chair_for_a_decision(world: World) -> None:
    fund_request = world.submitted()
    made = matter(world, SheetKind.MEMO, fund_request.id, on=date(2026, 11, 23))
    sheet = made.sheet
    assert isinstance(sheet, Memo)
    assert (sheet.on, sheet.amount) == (date(2026, 11, 23), ANSWER.amount)
    assert sheet.to.startswith("ประธานคณะอนุกรรมการ")
    assert f"ใบขอเบิกเงิน เลขที่ {fund_request.reference}" in (*sheet.enclosures, *sheet.asked)
    assert FIRST in sheet.facts[0]
    assert "20 พฤศจิกายน พ.ศ. 2569" in sheet.facts[1]
    assert "19 พฤศจิกายน พ.ศ. 2569" in sheet.origin[0]
    assert (made.about, made.reference) == (
        f"request:{fund_request.id}",
        fund_request.reference,
    )


@pytest.mark.parametrize("kind", [SheetKind.WITHDRAWAL, SheetKind.MEMO])
def test_a_draft_has_no_papers_and_others_see_no_request(world: World, kind: SheetKind) -> None:
    with pytest.raises(SheetTooEarlyError):
        matter(world, kind, world.draft().id)
    sent = world.submitted().id
    for by in (world.other_chair, world.finder, world.admin):
        with pytest.raises(RequestNotFoundError):
            matter(world, kind, sent, by=by)
    for about in ("99999", "", "x", "๑", "1" * 10, "-1"):
        with pytest.raises(NotFoundError):
            matter(world, kind, about)
    with pytest.raises(SheetUnknownError):
        matter(world, kind, "1x")


# Papers of a payment.


def test_a_voucher_says_who_did_what_and_what_it_was_for(world: World) -> None:
    payment = world.confirmed(fund_request=world.approved(answer=LINED))
    world.receipted(payment)
    sheet = of_voucher(world, payment)
    names = [signed and signed.name for signed in (sheet.prepared, sheet.checked, sheet.paid)]
    assert names == [world.person(by).name for by in (world.anong, world.prasit, world.prasit)]
    assert sheet.approved is not None
    assert sheet.approved.name == world.person(world.somchai).name
    first, second = sheet.lines
    assert (first.account_code, first.text) == ("GEN SC5", f"{LINES[0].item} จำนวน 2 {UNIT}")
    assert (second.text, sheet.net) == (LINES[1].item, ANSWER.amount)
    assert (sheet.bank_reference, sheet.channel) == ("KTB0001", Channel.TRANSFER)
    assert "ใบสำคัญรับเงิน" in sheet.enclosures
    assert (sheet.paid_on, sheet.decided_on) == (NOON.date(), NOON.date())


def test_a_voucher_of_what_is_released_leaves_the_payer_to_sign(world: World) -> None:
    sheet = of_voucher(world, world.released())
    assert (sheet.paid, sheet.bank_reference) == (None, "")
    assert sheet.prepared is not None


def test_a_part_is_told_as_an_instalment(world: World) -> None:
    fund_request = world.approved(answer=LINED)
    payment = world.confirmed(fund_request=fund_request)
    gave_back(world, payment, Money.baht(400))
    again = world.confirmed("KTB0002", fund_request=fund_request)
    (line,) = of_voucher(world, again).lines
    assert line.amount == Money.baht(400)
    assert line.text.endswith(f"งวดที่ {again.instalment}")


def test_cash_goes_to_no_account_and_a_number_of_promptpay_to_no_bank(world: World) -> None:
    in_cash = world.released(payment=world.prepared(channel=Channel.CASH))
    assert of_voucher(world, in_cash).account is None
    payee = PayeeAnswer("guardian", HOLDER, "PPY", "0812345678")
    by_phone = world.released(world.approved(answer=replace(ANSWER, payee=payee)))
    assert of_voucher(world, by_phone).account == Account("พร้อมเพย์", HOLDER, "5678")


def test_a_family_signs_for_whom_the_money_is_and_as_what(session: Session, world: World) -> None:
    payment = world.released()
    sheet = receipt(world, payment)
    assert (sheet.payee, sheet.beneficiary) == (HOLDER, f"นางสาว{SECRETS[0]} {SECRETS[1]}")
    # What the record does not know is what the request says.
    assert (sheet.relation, sheet.national_id, sheet.address) == ("ผู้ปกครอง", "", "")
    assert sheet.payer == world.person(world.prasit).name
    youth = session.get_one(Youth, 1)
    mother = GuardianAnswer(f" {HOLDER}", Relation.MOTHER, "")
    add_guardian(session, 1, mother, seen_version=youth.version, by=world.malee, at=NOON)
    assert receipt(world, payment).relation == "มารดา"


def test_who_is_paid_themselves_signs_with_their_number(world: World) -> None:
    payee = PayeeAnswer("self", f"{SECRETS[0]} {SECRETS[1]}", "006", SECRETS[3])
    sheet = receipt(world, world.released(world.approved(answer=replace(ANSWER, payee=payee))))
    assert (sheet.national_id, sheet.beneficiary, sheet.relation) == (SECRETS[2], "", "")


def test_for_a_project_its_payee_signs(world: World) -> None:
    fund_request = world.submitted_project()
    chair = world._actor("chair1")  # noqa: SLF001 - the chair of the project's subcommittee
    sheet = receipt(world, world.released(world.approve(fund_request, chair)))
    assert (sheet.beneficiary, sheet.relation) == (f"โครงการของ{SECRETS[0]}", "ผู้ปกครอง")


@pytest.mark.parametrize("kind", [SheetKind.VOUCHER, SheetKind.RECEIPT])
def test_what_may_still_be_cancelled_has_no_papers(world: World, kind: SheetKind) -> None:
    payment = world.prepared()
    with pytest.raises(SheetTooEarlyError):
        matter(world, kind, payment.id)
    service.void_payment(
        world.session,
        payment.id,
        note="-",
        seen_version=payment.version,
        by=world.anong,
        at=NOON,
    )
    with pytest.raises(SheetTooEarlyError):
        matter(world, kind, payment.id)
    with pytest.raises(PaymentNotFoundError):
        matter(world, kind, 99999)
    with pytest.raises(RequestNotFoundError):
        matter(world, kind, payment.id, by=world.other_chair)


def test_what_came_back_has_a_voucher_and_nobody_signs_for_it(world: World) -> None:
    payment = world.confirmed()
    gave_back(world, payment, ANSWER.amount)
    assert of_voucher(world, payment).net == ANSWER.amount
    with pytest.raises(SheetTooEarlyError):
        receipt(world, payment)


def test_nothing_is_told_of_somebody_who_was_erased(session: Session, world: World) -> None:
    payment = world.confirmed()
    session.flush()
    payee = session.get_one(PayeeAccount, payment.payee_account_id)
    with session.no_autoflush:
        payee.holder = ""
        for kind in (SheetKind.VOUCHER, SheetKind.RECEIPT):
            with pytest.raises(SheetTooEarlyError):
                matter(world, kind, payment.id)
        for kind in (SheetKind.WITHDRAWAL, SheetKind.MEMO):
            with pytest.raises(SheetTooEarlyError):
                matter(world, kind, payment.fund_request_id)
    session.expire(payee)


# Advances.


def contract(world: World, payment: Payment) -> AdvanceContract:
    sheet = matter(world, SheetKind.ADVANCE, payment.id).sheet
    assert isinstance(sheet, AdvanceContract)
    return sheet


def test_a_journey_is_cleared_15_days_after_it_ends(world: World) -> None:
    journey = Advance(AdvanceKind.TRAVEL, date(2026, 11, 28))
    sheet = contract(world, world.released(payment=world.prepared(advance=journey)))
    assert (sheet.ends_on, sheet.due_on, sheet.clearing_days) == (
        date(2026, 11, 28),
        date(2026, 12, 13),
        15,
    )
    assert (sheet.borrower, sheet.on) == (world.person(world.malee).name, NOON.date())
    assert (sheet.amount, sheet.paid) == (ANSWER.amount, None)
    assert sheet.approved is not None


def test_other_work_is_cleared_30_days_after_the_money_comes(world: World) -> None:
    sheet = contract(world, world.lent(Advance(AdvanceKind.WORK)))
    assert (sheet.ends_on, sheet.due_on, sheet.clearing_days) == (None, None, 30)
    assert sheet.paid is not None


def test_what_is_given_has_no_contract_and_what_is_only_prepared_none_yet(world: World) -> None:
    with pytest.raises(NotAnAdvanceError):
        contract(world, world.confirmed())
    with pytest.raises(SheetTooEarlyError):
        contract(world, world.prepared(advance=Advance(AdvanceKind.WORK)))


def test_a_clearing_tells_the_vouchers_that_count_and_what_came_back(world: World) -> None:
    payment = world.lent(Advance(AdvanceKind.WORK))
    with pytest.raises(SheetTooEarlyError):
        matter(world, SheetKind.CLEARING, payment.id)
    counts = voucher(world, payment, Money.baht(1100))
    voucher(world, payment, Money.baht(5))
    gave_back(world, payment, Money.baht(400))
    cleared(world, payment, counts)
    sheet = matter(world, SheetKind.CLEARING, payment.id).sheet
    assert isinstance(sheet, AdvanceClearing)
    bought = SpentLine(date(2026, 11, 21), "ใบเสร็จรับเงินของร้านค้า", BOUGHT, Money.baht(1100))
    assert sheet.lines == (bought,)
    assert (sheet.advance, sheet.returned, sheet.returned_on) == (
        ANSWER.amount,
        Money.baht(400),
        NOON.date(),
    )
    assert (sheet.still_owed, sheet.claimed, sheet.is_late) == (Money(0), Money(0), False)
    assert (sheet.due_on, sheet.contract_reference) == (date(2026, 12, 20), "")
    assert sheet.checked is not None
    assert sheet.checked.name == world.person(world.phailin).name
    # It names the contract, once there is one.
    made = world.sheet(SheetKind.ADVANCE, payment.id)
    sheet = matter(world, SheetKind.CLEARING, payment.id).sheet
    assert isinstance(sheet, AdvanceClearing)
    assert sheet.contract_reference == made.reference == "RYG-2570-A000001"


def test_an_advance_that_was_spent_to_the_last_satang_has_nothing_back(world: World) -> None:
    payment = world.lent(Advance(AdvanceKind.WORK))
    cleared(world, payment, voucher(world, payment, ANSWER.amount))
    sheet = matter(world, SheetKind.CLEARING, payment.id).sheet
    assert isinstance(sheet, AdvanceClearing)
    assert (sheet.returned, sheet.returned_on) == (Money(0), None)


# A batch, a month, a donation.


def test_the_list_of_a_batch_has_whole_accounts_and_the_files_digest(world: World) -> None:
    payments = [world.prepared(), world.prepared()]
    batch = world.batched(*payments)
    sheet = matter(world, SheetKind.REMITTANCE, batch.id, by=world.anong).sheet
    assert isinstance(sheet, RemittanceList)
    assert [line.payment_reference for line in sheet.lines] == [one.reference for one in payments]
    assert {line.account_number for line in sheet.lines} == {SECRETS[3]}
    assert (sheet.amount, len(sheet.bank_file_digest)) == (Money.baht(3000), 64)
    assert sheet.account == Account("ธนาคารกรุงไทย", sheet.foundation, "3456")
    assert sheet.released is not None
    for by in (world.malee, world.somchai, world.admin):
        with pytest.raises(BatchNotFoundError):
            matter(world, SheetKind.REMITTANCE, batch.id, by=by)
    with pytest.raises(BatchNotFoundError):
        matter(world, SheetKind.REMITTANCE, 99999, by=world.anong)


def test_the_list_of_an_open_batch_awaits_its_release_and_a_dissolved_one_has_none(
    world: World,
) -> None:
    open_account(world.session, ACCOUNT, by=world.admin, at=NOON)
    terms = batching.Terms(ACCOUNT.code, NOON.date(), FileKind.KTB)
    picked = [world.prepared().id]
    batch = batching.make_batch(world.session, picked, terms=terms, by=world.anong, at=NOON)
    sheet = matter(world, SheetKind.REMITTANCE, batch.id, by=world.anong).sheet
    assert isinstance(sheet, RemittanceList)
    assert (sheet.bank_file, sheet.bank_file_digest, sheet.released) == ("", "", None)
    batching.dissolve_batch(
        world.session, batch.id, seen_version=batch.version, by=world.anong, at=NOON
    )
    with pytest.raises(SheetTooEarlyError):
        matter(world, SheetKind.REMITTANCE, batch.id, by=world.anong)


def month(world: World, about: str, *, on: date = DECEMBER) -> ReconciliationSheet:
    sheet = matter(world, SheetKind.RECONCILIATION, about, by=world.anong, on=on).sheet
    assert isinstance(sheet, ReconciliationSheet)
    return sheet


def test_a_month_is_led_from_books_and_bank_to_one_sum(world: World) -> None:
    open_account(world.session, ACCOUNT, by=world.admin, at=NOON)
    payment = world.prepared()
    batch = world.batched(payment)
    batching.send_batch(
        world.session, batch.id, seen_version=batch.version, by=world.prasit, at=NOON
    )
    imported(world, ("ค่าของ", "70", ""), ("ค่าธรรมเนียม", "10", ""), ("เงินเข้า", "", "5"))
    world.confirm(payment)
    sheet = month(world, "MAIN-2026-11")
    assert (sheet.month_on, sheet.paid) == (date(2026, 11, 1), ANSWER.amount)
    assert [line.reference for line in sheet.not_at_bank] == [payment.reference]
    assert [line.amount for line in sheet.not_in_books] == [
        Money.baht(amount) for amount in (-70, -10)
    ]
    assert (sheet.matched_count, sheet.difference) == (0, Money(0))
    # What came back is in the books and not at the bank.
    gave_back(world, payment, Money.baht(300))
    texts = {line.text for line in month(world, "MAIN-2026-11").not_in_books}
    assert "เงินคืนต่างจากบัญชี" in texts


def test_a_month_that_goes_on_or_of_which_nothing_is_known_is_not_reconciled(
    world: World,
) -> None:
    open_account(world.session, ACCOUNT, by=world.admin, at=NOON)
    read_in(world, WITH_BALANCE)
    assert month(world, "MAIN-2026-10", on=date(2026, 11, 1)).difference == Money(0)
    for about, on in (("MAIN-2026-11", date(2026, 11, 30)), ("MAIN-2026-09", DECEMBER)):
        with pytest.raises(MonthNotOverError):
            month(world, about, on=on)
    for about in ("MAIN-2026-1", "NONE-2026-10", "MAIN", "MAIN2026-10", "MAIN_2026-10", ""):
        with pytest.raises(MonthNotFoundError):
            month(world, about)
    with pytest.raises(MonthNotFoundError):
        matter(world, SheetKind.RECONCILIATION, "MAIN-2026-10", by=world.malee)


def donation(world: World, donor: str = "ผู้ให้ที่ไม่มีใครควรรู้") -> Donation:
    answer = DonationAnswer("", "GEN", Money.baht(5000), date(2026, 11, 19), donor)
    return receive_donation(world.session, answer, by=world.malee, at=NOON)


def thanks(world: World, about: str, *, by: Actor | None = None) -> ThankYouLetter:
    sheet = matter(world, SheetKind.THANKS, about, by=by).sheet
    assert isinstance(sheet, ThankYouLetter)
    return sheet


def test_a_donor_is_thanked_and_told_where_to_follow_the_money(world: World) -> None:
    given = donation(world)
    sheet = thanks(world, given.reference)
    assert (sheet.donor, sheet.amount) == (given.donor, Money.baht(5000))
    assert sheet.follow_at.endswith(f"/donations/{given.reference}")
    assert (sheet.on, sheet.done_with_it) == (DECEMBER, ())
    assert sheet.signer == world.person(world.board).name
    for by in (world.anong, world.somchai, world.wipa, world.admin):
        with pytest.raises(NotFoundError):
            thanks(world, given.reference, by=by)
    with pytest.raises(NotFoundError):
        thanks(world, "NONE")
    with pytest.raises(SheetTooEarlyError):
        thanks(world, donation(world, donor="").reference)


def test_how_many_were_helped_is_told_when_they_are_many_enough(world: World) -> None:
    given = donation(world)
    youth = ANSWER.youth
    assert youth is not None
    for number in range(5):
        assert thanks(world, given.reference).done_with_it == ()
        one = replace(youth, first_name=f"คน{number}", national_id=None)
        world.confirmed(
            f"K{number}", fund_request=world.approved(answer=replace(ANSWER, youth=one))
        )
    (told,) = thanks(world, given.reference).done_with_it
    assert told.endswith("5 คน")


def test_every_paper_has_its_terms_and_somebody_who_tells_it() -> None:
    assert set(TELL) == set(TERMS) == set(SheetKind)
    assert set(SEE) == set(About)
