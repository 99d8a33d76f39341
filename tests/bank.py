"""A bank: it takes orders, books them as banks do, and answers with statements in four formats.

It shares no code with the portal: what it writes is typed here a second time, on purpose. The same
seed gives the same bank.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from datetime import date
from datetime import timedelta
from io import BytesIO
from io import StringIO
from random import Random
from xml.sax.saxutils import escape

import openpyxl

DAY = timedelta(days=1)
THAI_YEARS = 543
MT940_WIDTH = 65
# Accounts of other banks have more digits, and are told without hyphens.
USUAL_DIGITS = 10


@dataclass(frozen=True, slots=True)
class Order:
    """What we tell the bank to pay; `batch` is the file it came in, if the bank books it whole."""

    reference: str
    account: str
    satang: int
    batch: str = ""


@dataclass(frozen=True, slots=True)
class Booked:
    """A line as the bank knows it: what it was, and for which orders."""

    day: date
    value_day: date
    satang: int
    text: str
    what: str
    orders: tuple[str, ...] = ()
    customer_reference: str = ""
    bank_reference: str = ""
    balance: int = 0


@dataclass(frozen=True, slots=True)
class Period:
    """The lines of some days, between two balances."""

    account: str
    first: date
    last: date
    opening: int
    closing: int
    lines: tuple[Booked, ...]


class Bank:
    """One account at a bank, with the habits that a seed gives it."""

    def __init__(self, seed: int, account: str = "9876543210", opening: int = 500_000_000) -> None:
        self.random = Random(seed)  # noqa: S311 - the same bank again is the point
        self.account = account
        self.opening = opening
        self._booked: list[Booked] = []

    @property
    def booked(self) -> list[Booked]:
        """Every line so far, by day, each with its number and the balance after it."""
        lines = []
        balance = self.opening
        for number, line in enumerate(sorted(self._booked, key=lambda line: line.day), 1):
            balance += line.satang
            lines.append(replace(line, bank_reference=f"TX{number:010}", balance=balance))
        return lines

    def period(self, first: date, last: date) -> Period:
        earlier = [line for line in self.booked if line.day < first]
        lines = tuple(line for line in self.booked if first <= line.day <= last)
        opening = earlier[-1].balance if earlier else self.opening
        closing = lines[-1].balance if lines else opening
        return Period(self.account, first, last, opening, closing, lines)

    # What happens to orders

    def take(self, orders: Sequence[Order], on: date) -> None:
        """Book orders: most as they are, some in two lines, some come back, some cost a fee."""
        batches: dict[str, list[Order]] = {}
        for order in orders:
            if order.batch:
                batches.setdefault(order.batch, []).append(order)
            else:
                self._take_one(order, on)
        for batch, members in batches.items():
            self._take_batch(batch, members, on)

    def _take_one(self, order: Order, on: date) -> None:
        day = on + DAY * self.random.randrange(3)
        self.random.choice((self.pay, self.pay, self.pay, self.split))(order, day)
        later = day + DAY * self.random.randrange(1, 6)
        match self.random.randrange(10):
            case 0:
                self.give_back(order, later, order.satang)
            case 1:
                self.give_back(order, later, order.satang - 1500)
            case 2:
                self.give_back(order, later, order.satang)
                self.charge(later, order.reference)
            case 3:
                self.charge(day, order.reference)
            case 4:
                self.charge(day)

    def pay(self, order: Order, day: date) -> None:
        text, customer_reference = self._told(order)
        value_day = day + DAY * self.random.randrange(2)
        self._book(
            day, value_day, -order.satang, text, "payment", order.reference, told=customer_reference
        )

    def split(self, order: Order, day: date) -> None:
        """Book an order in two lines of one day, as over a limit for one transfer."""
        text, customer_reference = self._told(order)
        part = self.random.randrange(100, order.satang - 100)
        for satang in (part, order.satang - part):
            self._book(day, day, -satang, text, "split", order.reference, told=customer_reference)

    def _told(self, order: Order) -> tuple[str, str]:
        """Say what an order was in one of the ways of banks, and in the field for our reference."""
        account = order.account
        shown, hidden = account, f"{'x' * (len(account) - 5)}{account[-5:]}"
        if len(account) == USUAL_DIGITS:
            shown = f"{account[:3]}-{account[3]}-{account[4:9]}-{account[9]}"
            hidden = f"xxx-x-x{account[5:9]}-{account[9]}"
        return self.random.choice(
            (
                (f"โอนเงิน {order.reference} พร้อมเพย์", order.reference),
                (f"Transfer to other bank {order.reference.replace('-', '')}", ""),
                (f"โอนเงินต่างธนาคาร เลขที่บัญชี {shown}", ""),
                (f"โอนไป KTB {hidden} นาง ก น้ำใจ", ""),
                (f"จ่ายเงินช่วยเหลือ '{order.reference}', \"{shown}\"; {'ข้อความยาว ' * 8}", ""),
            )
        )

    def _take_batch(self, batch: str, members: Sequence[Order], on: date) -> None:
        satang = sum(order.satang for order in members)
        text = self.random.choice((f"BULK PAYMENT {batch}", "โอนเงินหลายรายการ"))
        self._book(on, on, -satang, text, "batch", *(order.reference for order in members))

    def give_back(self, order: Order, day: date, satang: int) -> None:
        text = self.random.choice(("คืนเงิน {0} บัญชีปิด", "RETURN {0} ACCOUNT CLOSED"))
        self._book(day, day, satang, text.format(order.reference), "return", order.reference)

    def charge(self, day: date, reference: str = "", satang: int = 1000) -> None:
        orders = (reference,) if reference else ()
        self._book(day, day, -satang, f"ค่าธรรมเนียมโอนเงิน {reference}".strip(), "fee", *orders)

    def receive(self, day: date, satang: int) -> None:
        self._book(day, day, satang, "รับโอนเงินบริจาค", "donation")

    def _book(
        self,
        day: date,
        value_day: date,
        satang: int,
        text: str,
        what: str,
        *orders: str,
        told: str = "",
    ) -> None:
        self._booked.append(Booked(day, value_day, satang, text, what, orders, told))


# The four formats


def decimal(satang: int, mark: str = ".", group: str = "") -> str:
    baht, rest = divmod(abs(satang), 100)
    grouped = f"{baht:,}".replace(",", group)
    return f"{'-' if satang < 0 else ''}{grouped}{mark}{rest:02}"


HEADERS = (
    *("วันที่", "วันที่มีผล", "รายการ", "ถอนเงิน", "ฝากเงิน", "ยอดคงเหลือ"),
    *("เลขที่อ้างอิง", "เลขอ้างอิงลูกค้า"),
)
ENGLISH_HEADERS = (
    *("Date", "Value Date", "Description", "Debit", "Credit", "Balance"),
    *("Reference No.", "Customer Reference"),
)


def thai_day(day: date) -> str:
    return f"{day.day:02}/{day.month:02}/{day.year + THAI_YEARS}"


def short_thai_day(day: date) -> str:
    return f"{day.day}/{day.month}/{(day.year + THAI_YEARS) % 100:02}"


def christian_day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def short_christian_day(day: date) -> str:
    return f"{day:%d-%m-%y}"


def csv_text(
    period: Period, write_day: Callable[[date], str] = thai_day, separator: str = ","
) -> str:
    """As an internet bank gives it: a head, a balance brought forward, lines, and sums."""
    comma = separator == ";"
    mark, group = (",", ".") if comma else (".", ",")
    file = StringIO(newline="")
    rows = csv.writer(file, delimiter=separator)
    rows.writerow(["รายการเดินบัญชี"])
    rows.writerow(["เลขที่บัญชี", period.account])
    rows.writerow(HEADERS)
    opening = decimal(period.opening, mark, group)
    rows.writerow(["", "", "ยอดยกมา", "", "", opening, "", ""])
    for line in period.lines:
        amount = decimal(abs(line.satang), mark, group)
        rows.writerow(
            [
                write_day(line.day),
                write_day(line.value_day),
                line.text,
                amount if line.satang < 0 else "",
                amount if line.satang > 0 else "",
                decimal(line.balance, mark, group),
                line.bank_reference,
                line.customer_reference,
            ]
        )
    out = decimal(-sum(line.satang for line in period.lines if line.satang < 0), mark, group)
    into = decimal(sum(line.satang for line in period.lines if line.satang > 0), mark, group)
    rows.writerow(["", "", "รวม", out, into, "", "", ""])
    return file.getvalue()


def xlsx(period: Period, *, newest_first: bool = False) -> bytes:
    """As a bank's portal exports it: English headers, days and numbers as such."""
    workbook = openpyxl.Workbook()
    sheet = workbook.worksheets[0]
    sheet.append(["Account No.", None, period.account])
    sheet.append([])
    sheet.append(list(ENGLISH_HEADERS))
    for line in reversed(period.lines) if newest_first else period.lines:
        amount = abs(line.satang) / 100
        sheet.append(
            [
                line.day,
                line.value_day,
                line.text,
                amount if line.satang < 0 else 0,
                amount if line.satang > 0 else 0,
                line.balance / 100,
                line.bank_reference,
                line.customer_reference,
            ]
        )
    file = BytesIO()
    workbook.save(file)
    return file.getvalue()


CODES = {"return": "NRTI", "fee": "NCHG"}


def mt940(period: Period) -> str:
    """A message for each day on which something moved, one after another."""
    days = sorted({line.day for line in period.lines}) or [period.first]
    balance = period.opening
    messages = []
    for number, day in enumerate(days, 1):
        lines = [line for line in period.lines if line.day == day]
        closing = balance + sum(line.satang for line in lines)
        messages += [
            "{1:F01KRTHTHBKAXXX0000000000}{2:I940XXXXXXXXXXXXN}{4:",
            f":20:STMT{number:06}",
            f":25:{period.account}",
            f":28C:{number:05}/00001",
            f":60F:{_mt_balance(balance, day)}",
            *(text for line in lines for text in _mt_line(line)),
            f":62F:{_mt_balance(closing, day)}",
            f":64:{_mt_balance(closing, day)}",
            "-}",
        ]
        balance = closing
    return "\r\n".join(messages) + "\r\n"


def _mt_balance(satang: int, day: date) -> str:
    return f"{'D' if satang < 0 else 'C'}{day:%y%m%d}THB{decimal(abs(satang), ',')}"


def _mt_line(line: Booked) -> list[str]:
    code = CODES.get(line.what, "NTRF")
    mark = "D" if line.satang < 0 else "C"
    told = line.customer_reference or "NONREF"
    amount = decimal(abs(line.satang), ",")
    first = f":61:{line.value_day:%y%m%d}{line.day:%m%d}{mark}{amount}{code}{told}"
    pieces = [
        line.text[start : start + MT940_WIDTH] for start in range(0, len(line.text), MT940_WIDTH)
    ]
    return [f"{first}//{line.bank_reference}", f":86:{pieces[0]}", *pieces[1:]]


def camt(period: Period, version: str = "08") -> bytes:
    """One statement of camt.053, in the version of 2009 or of 2019."""
    balances = _camt_balance("OPBD", period.opening, period.first) + _camt_balance(
        "CLBD", period.closing, period.last
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}">'
        "<BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-12-01T00:00:00</CreDtTm></GrpHdr>"
        "<Stmt><Id>S1</Id><CreDtTm>2026-12-01T00:00:00</CreDtTm>"
        f"<Acct><Id><Othr><Id>{period.account}</Id></Othr></Id><Ccy>THB</Ccy></Acct>{balances}"
        f"{''.join(_camt_entry(line, version) for line in period.lines)}"
        "</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def _camt_amount(satang: int) -> str:
    mark = "DBIT" if satang < 0 else "CRDT"
    return f'<Amt Ccy="THB">{decimal(abs(satang))}</Amt><CdtDbtInd>{mark}</CdtDbtInd>'


def _camt_balance(code: str, satang: int, day: date) -> str:
    kind = f"<Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
    return f"<Bal>{kind}{_camt_amount(satang)}<Dt><Dt>{day}</Dt></Dt></Bal>"


def _camt_entry(line: Booked, version: str) -> str:
    state = "BOOK" if version == "02" else "<Cd>BOOK</Cd>"
    family = {"return": "RRTN", "fee": "CHRG"}.get(line.what, "DMCT")
    told = escape(line.customer_reference or "NOTPROVIDED")
    return (
        f"<Ntry>{_camt_amount(line.satang)}<Sts>{state}</Sts>"
        f"<BookgDt><Dt>{line.day}</Dt></BookgDt><ValDt><Dt>{line.value_day}</Dt></ValDt>"
        f"<AcctSvcrRef>{line.bank_reference}</AcctSvcrRef>"
        f"<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>{family}</SubFmlyCd></Fmly>"
        "</Domn></BkTxCd>"
        f"<NtryDtls><TxDtls><Refs><EndToEndId>{told}</EndToEndId></Refs>"
        f"<RmtInf><Ustrd>{escape(line.text)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )
