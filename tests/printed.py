"""One paper of each kind, full to the brim: what tests, benchmark and eye look at."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from datetime import date
from datetime import datetime

from portal.audit.link import PaperLink
from portal.money import Money
from portal.payments.paper_parts import Account
from portal.payments.paper_parts import AskedLine
from portal.payments.paper_parts import CodedLine
from portal.payments.paper_parts import Line
from portal.payments.paper_parts import OpenLine
from portal.payments.paper_parts import RemittanceLine
from portal.payments.paper_parts import Signed
from portal.payments.paper_parts import SpentLine
from portal.payments.printed import AdvanceClearing
from portal.payments.printed import AdvanceContract
from portal.payments.printed import Memo
from portal.payments.printed import Paper
from portal.payments.printed import ReceiptForm
from portal.payments.printed import ReconciliationSheet
from portal.payments.printed import RemittanceList
from portal.payments.printed import Sheet
from portal.payments.printed import ThankYouLetter
from portal.payments.printed import Voucher
from portal.payments.printed import Withdrawal
from portal.payments.rules import Channel
from portal.roles import Actor
from portal.roles import Role

AT = datetime(2026, 11, 25, 6, 30, tzinfo=UTC)
STAMP = PaperLink("0199c82c-c000-7d5e-9811-8e237aa6340b", "A" * 43)
ANONG = Actor(5, frozenset({Role.TREASURER}), name="นางอนงค์ รักษาทรัพย์", username="anong")
FOUNDATION = "มูลนิธิส่งเสริมการศึกษาจังหวัดระยอง (ข้อมูลสาธิต)"
FUND = "กองทุนเพื่อลดความเหลื่อมล้ำเพื่อสร้างพื้นที่แห่งฝัน (กสศ.)"
COMMITTEE = "คณะอนุกรรมการพัฒนาทักษะอาชีพ"
MOTHER = "นางฟื้น ป้ำเป็ด"
CHILD = "เด็กหญิงญาณิน ฐิติกุล"
ACCOUNT = Account("ธนาคารกรุงไทย", MOTHER, "4321")
OURS = Account("ธนาคารกรุงไทย", FOUNDATION, "0987")


def signed(name: str, role: Role, minute: int) -> Signed:
    """Say who did a part of it; each has an entry of its own."""
    eid = f"0199c82c-c000-7d5e-9811-8e237aa634{minute:02}"
    return Signed(name, role, AT.replace(minute=minute), eid)


PREPARED = signed("นางอนงค์ รักษาทรัพย์", Role.TREASURER, 1)
CHECKED = signed("นางสาวมาลี ใฝ่รู้", Role.OFFICER, 2)
APPROVED = signed("นายสมชาย ศรีน้ำเพชร", Role.CHAIR, 3)
PAID = signed("นายประสิทธิ์ มั่นคงทรัพย์", Role.TREASURER, 4)

VOUCHER = Voucher(
    foundation=FOUNDATION,
    paid_on=date(2026, 11, 25),
    request_reference="RYG-2570-000123",
    decided_on=date(2026, 11, 20),
    fund=FUND,
    subcommittee=COMMITTEE,
    payee="นายวิทยา ช่างเชื่อม",
    payee_kind="shop",
    beneficiary="โครงการฝึกอาชีพช่างเชื่อมโลหะระยะสั้น",
    lines=(
        CodedLine("5201", "ค่าวิทยากรฝึกปฏิบัติงานเชื่อมโลหะ จำนวน 5 วัน วันละ 600 บาท", Money.baht(3000)),
        CodedLine("5302", "ค่าชุดฝึกปฏิบัติงานและอุปกรณ์การเรียนวิชาชีพ", Money(235_050)),
    ),
    tax_withheld=Money.baht(90),
    channel=Channel.TRANSFER,
    account=Account("ธนาคารออมสิน", "นายวิทยา ช่างเชื่อม", "7788"),
    bank_reference="KTB20261125-0001",
    enclosures=("ใบสำคัญรับเงิน", "สำเนาบัตรประจำตัวประชาชน", "มติคณะอนุกรรมการ"),
    prepared=PREPARED,
    checked=CHECKED,
    approved=APPROVED,
    paid=PAID,
)
RECEIPT = ReceiptForm(
    foundation=FOUNDATION,
    request_reference="RYG-2570-000124",
    written_at="องค์การบริหารส่วนตำบลน้ำเป็น",
    received_on=None,
    payee=MOTHER,
    national_id="1999900000013",
    address="บ้านเลขที่ 99/9 หมู่ที่ 9 ตำบลน้ำเป็น อำเภอเขาชะเมา จังหวัดระยอง 21110",
    beneficiary=CHILD,
    relation="มารดา",
    lines=(
        Line("ค่าเดินทางไปเรียน เดือนพฤศจิกายน พ.ศ. 2569 ถึงมกราคม พ.ศ. 2570", Money.baht(1500)),
        Line("ค่าชุดนักเรียนและอุปกรณ์การเรียน", Money(235_050)),
    ),
    channel=Channel.TRANSFER,
    account=ACCOUNT,
    payer="นางอนงค์ รักษาทรัพย์",
)
MEMO = Memo(
    foundation=FOUNDATION,
    office=COMMITTEE,
    on=date(2026, 11, 25),
    subject="ขออนุมัติเบิกจ่ายเงินช่วยเหลือเด็กและเยาวชนนอกระบบการศึกษา เดือนพฤศจิกายน พ.ศ. 2569",
    to="ประธานกรรมการมูลนิธิส่งเสริมการศึกษาจังหวัดระยอง",
    enclosures=("รายการโอนเงิน เลขที่ BAT-2570-0007", "มติคณะอนุกรรมการ จำนวน 12 ฉบับ"),
    origin=(
        (
            "ตามที่คณะอนุกรรมการได้รับจัดสรรเงินจากกองทุนเพื่อลดความเหลื่อมล้ำ ปีงบประมาณ พ.ศ. 2570 "
            "เพื่อช่วยเหลือเด็กและเยาวชนที่หลุดจากระบบการศึกษาให้กลับมาเรียนรู้ นั้น"
        ),
    ),
    facts=(
        (
            "อาสาสมัครในพื้นที่ค้นหาและเยี่ยมบ้านแล้ว พบเด็กและเยาวชนที่จำเป็นต้องได้รับความช่วยเหลือ 12 คน "
            "ใน 4 ตำบล คณะอนุกรรมการพิจารณาแล้วมีมติอนุมัติทุกราย เอกสารประกอบครบถ้วนและงบประมาณเพียงพอ"
        ),
        "ผู้รับเงินทุกรายผ่านการตรวจชื่อบัญชีแล้ว ไม่พบรายการซ้ำกับคำขอในภาคเรียนเดียวกัน",
    ),
    asked=("ขออนุมัติโอนเงินให้แก่ผู้รับเงินตามรายการโอนเงินที่แนบ ภายในวันที่ 30 พฤศจิกายน พ.ศ. 2569",),
    amount=Money(4_615_050),
    sender="นางสาวมาลี ใฝ่รู้",
    sender_position="เลขานุการคณะอนุกรรมการพัฒนาทักษะอาชีพ",
)
PLACES = ("น้ำเป็น", "ชำฆ้อ", "ห้วยทับมอญ", "เขาน้อย", "ทุ่งควายกิน", "ป่ายุบใน")
REMITTANCE = RemittanceList(
    foundation=FOUNDATION,
    pay_on=date(2026, 11, 26),
    channel=Channel.TRANSFER,
    account=OURS,
    fund=FUND,
    bank_file="BAT-2570-0007.txt",
    bank_file_digest="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    lines=tuple(
        RemittanceLine(
            payment_reference=f"PAY-2570-{number:06}",
            request_reference=f"RYG-2570-{100 + number:06}",
            payee=f"นางสาวผู้รับเงินที่ {number} ณ {PLACES[number % len(PLACES)]}",
            bank="ธนาคารเพื่อการเกษตรและสหกรณ์การเกษตร" if number % 3 else "ธนาคารกรุงไทย",
            account_number=f"{9_990_000_000 + number}",
            amount=Money(150_000 + number * 2525),
        )
        for number in range(1, 54)
    ),
    prepared=PREPARED,
    released=PAID,
)
ADVANCE = AdvanceContract(
    foundation=FOUNDATION,
    request_reference="RYG-2570-000130",
    payment_reference="PAY-2570-000130",
    on=date(2026, 11, 25),
    borrower="นางสาวมาลี ใฝ่รู้",
    organisation=COMMITTEE,
    purpose="เป็นค่าใช้จ่ายในการลงพื้นที่เยี่ยมบ้านเด็กนอกระบบการศึกษา อำเภอเขาชะเมา",
    ends_on=date(2026, 12, 4),
    due_on=date(2026, 12, 19),
    clearing_days=15,
    lines=(
        Line("ค่าพาหนะ 4 วัน วันละ 800 บาท", Money.baht(3200)),
        Line("ค่าอาหารและน้ำดื่ม", Money.baht(1800)),
        Line("ค่าวัสดุสำหรับกิจกรรมกับครอบครัว", Money.baht(2500)),
    ),
    fund=FUND,
    channel=Channel.TRANSFER,
    account=Account("ธนาคารกรุงไทย", "นางสาวมาลี ใฝ่รู้", "1122"),
    approved=APPROVED,
    paid=None,
)
CLEARING = AdvanceClearing(
    foundation=FOUNDATION,
    request_reference="RYG-2570-000130",
    payment_reference="PAY-2570-000130",
    contract_reference="ADV-2570-0004",
    contract_on=date(2026, 11, 25),
    borrower="นางสาวมาลี ใฝ่รู้",
    organisation=COMMITTEE,
    purpose="ลงพื้นที่เยี่ยมบ้านเด็กนอกระบบการศึกษา อำเภอเขาชะเมา",
    advance=Money.baht(7500),
    due_on=date(2026, 12, 19),
    cleared_on=date(2026, 12, 15),
    lines=(
        SpentLine(date(2026, 12, 1), "บก.111 ที่ 1/2570", "ค่ารถจักรยานยนต์รับจ้าง", Money.baht(320)),
        SpentLine(date(2026, 12, 2), "ใบเสร็จ เล่มที่ 4 เลขที่ 17", "ค่าเช่ารถตู้พร้อมน้ำมัน", Money.baht(2800)),
        SpentLine(date(2026, 12, 3), "ใบเสร็จ เล่มที่ 2 เลขที่ 88", "ค่าอาหารและน้ำดื่ม", Money(174_050)),
        SpentLine(date(2026, 12, 4), "ใบเสร็จ เล่มที่ 9 เลขที่ 3", "ค่าวัสดุสำหรับกิจกรรม", Money(221_025)),
    ),
    returned=Money(42_925),
    returned_on=date(2026, 12, 15),
    checked=CHECKED,
)
WITHDRAWAL = Withdrawal(
    foundation=FOUNDATION,
    office="สำนักงานศึกษาธิการจังหวัดระยอง",
    requested_on=date(2026, 11, 19),
    requester="นางสาวมาลี ใฝ่รู้",
    finder="นางบุญช่วย น้ำใจงาม",
    organisation="อาสาสมัครสาธารณสุขประจำหมู่บ้าน ตำบลน้ำเป็น",
    is_project=False,
    fund=FUND,
    subcommittee=COMMITTEE,
    beneficiary="ทะเบียนผู้รับประโยชน์ เลขที่ 000042",
    category="ค่าเดินทางไปเรียน",
    purpose="กลับเข้าสู่การเรียนรู้",
    lines=(
        AskedLine("ค่าเดินทางไปเรียน", 3, "เดือน", Money.baht(1500)),
        AskedLine("ชุดนักเรียนและอุปกรณ์การเรียน", 1, "", Money(235_050)),
    ),
    enclosures=("หนังสือให้ความยินยอม", "ภาพถ่าย จำนวน 3 ฉบับ"),
    payee=MOTHER,
    payee_kind="guardian",
    account=ACCOUNT,
    sent=CHECKED,
)
RECONCILIATION = ReconciliationSheet(
    foundation=FOUNDATION,
    account=OURS,
    month_on=date(2026, 11, 1),
    opening=Money.baht(812_400),
    received=Money.baht(150_000),
    paid=Money(4_615_050),
    bank_closing=Money(92_154_925),
    matched_count=37,
    not_at_bank=(
        OpenLine(
            date(2026, 11, 30), "PAY-2570-000181", "โอนเงินค่าเดินทาง รอธนาคาร", Money.baht(-1500)
        ),
        OpenLine(
            date(2026, 11, 30), "PAY-2570-000182", "โอนเงินค่าอุปกรณ์ รอธนาคาร", Money.baht(-2350)
        ),
    ),
    not_in_books=(
        OpenLine(date(2026, 11, 28), "KTB-FEE-11", "ค่าธรรมเนียมการโอน", Money(-2025)),
        OpenLine(date(2026, 11, 29), "KTB-INT-11", "ดอกเบี้ยเงินฝาก", Money(97_000)),
        OpenLine(date(2026, 11, 30), "KTB-0099", "เงินโอนเข้า ยังไม่ทราบผู้โอน", Money.baht(500)),
    ),
    prepared=PREPARED,
    checked=None,
)
THANKS = ThankYouLetter(
    foundation=FOUNDATION,
    address="ศาลากลางจังหวัดระยอง ถนนสุขุมวิท ตำบลเนินพระ อำเภอเมืองระยอง จังหวัดระยอง 21000",
    on=date(2026, 11, 25),
    donor="ห้างหุ้นส่วนจำกัด น้ำใจชาวเขาชะเมา",
    amount=Money(5_000_000),
    received_on=date(2026, 11, 19),
    receipt_reference="RCP-2570-0017",
    fund="กองทุนเมืองคนดี เพื่อโอกาสทางการศึกษา",
    meant_for="ช่วยเหลือเด็กและเยาวชนที่หลุดจากระบบการศึกษาในจังหวัดระยอง",
    done_with_it=(
        (
            "ในเดือนที่ผ่านมา แหล่งเงินนี้ช่วยให้เด็กและเยาวชนได้กลับมาเรียนรู้แล้ว 18 คน "
            "เป็นค่าเดินทาง ค่าอุปกรณ์การเรียน และค่าฝึกอาชีพระยะสั้น"
        ),
    ),
    follow_at="https://fund.rayong.example/funds/khon-di",
    signer="นายเกื้อกูล ปัญญาดี",
    signer_position="ประธานกรรมการมูลนิธิ",
)

SHEETS: dict[str, Sheet] = {
    "PV-2570-000045": VOUCHER,
    "RV-2570-000046": RECEIPT,
    "มสร 0001/2570": MEMO,
    "BAT-2570-0007": REMITTANCE,
    "ADV-2570-0004": ADVANCE,
    "CLR-2570-0002": CLEARING,
    "RYG-2570-000123": WITHDRAWAL,
    "REC-2570-0011": RECONCILIATION,
    "มสร 0012/2570": THANKS,
}
# Papers on which little is known yet, and those that end otherwise.
OTHERS: tuple[Sheet, ...] = (
    replace(
        VOUCHER,
        channel=Channel.CASH,
        account=None,
        bank_reference="",
        enclosures=(),
        prepared=None,
        checked=None,
        approved=None,
        paid=None,
    ),
    replace(
        RECEIPT,
        received_on=date(2026, 11, 26),
        national_id="",
        beneficiary="",
        relation="",
        channel=Channel.CASH,
        account=None,
    ),
    replace(MEMO, enclosures=(), amount=None),
    replace(
        REMITTANCE,
        lines=REMITTANCE.lines[:3],
        bank_file="",
        bank_file_digest="",
        prepared=None,
        released=None,
    ),
    replace(
        ADVANCE,
        ends_on=None,
        due_on=None,
        clearing_days=30,
        account=None,
        approved=None,
        paid=PAID,
    ),
    replace(
        CLEARING,
        returned=Money(0),
        returned_on=None,
        contract_reference="",
        cleared_on=date(2026, 12, 20),
    ),
    replace(CLEARING, advance=Money.baht(7000), returned=Money(0), returned_on=None),
    replace(WITHDRAWAL, finder="", organisation="", is_project=True, enclosures=()),
    replace(WITHDRAWAL, organisation=""),
    replace(RECONCILIATION, not_at_bank=(), not_in_books=(), checked=CHECKED),
    replace(RECONCILIATION, bank_closing=Money.baht(921_000)),
    replace(THANKS, done_with_it=()),
)


def paper(sheet: Sheet, reference: str = "PV-2570-000045", *, number: int = 1) -> Paper:
    """Return a paper about to be made."""
    return Paper(reference, number, sheet, STAMP, ANONG, Role.TREASURER, AT)
