from __future__ import annotations

from datetime import date

import pytest

from portal.errors import InputError
from portal.money import Money
from portal.payments.camt_file import read_camt
from portal.payments.mt940_file import read_mt940
from portal.payments.statement import Nature
from portal.payments.statement import Statement
from portal.payments.statement_columns import ColumnMapping
from portal.payments.statement_columns import NoStatementTableError
from portal.payments.statement_columns import StatementColumnMissingError
from portal.payments.statement_columns import recognised
from portal.payments.statement_files import FILE_BYTES_MAX
from portal.payments.statement_files import read_statement
from portal.payments.statement_flaws import BrokenStatementError
from portal.payments.statement_flaws import ClosingDoesNotFitError
from portal.payments.statement_flaws import ForeignCurrencyError
from portal.payments.statement_flaws import NoStatementInFileError
from portal.payments.statement_flaws import PagesDoNotFollowError
from portal.payments.statement_flaws import TooLargeStatementError
from portal.payments.statement_flaws import WrongAccountError
from portal.payments.statement_rows import UnreadableRowsError
from portal.sheets import BrokenWorkbookError
from portal.sheets import write_workbook
from tests.bank import Bank
from tests.bank import camt
from tests.bank import csv_text
from tests.bank import mt940
from tests.bank import xlsx

ACCOUNT = "1234567890"
MT940 = """:20:S1
:25:1234567890
:28C:1/1
:60F:C261123THB100,00
:61:2611241125D30,50NTRFRYG-2570-P000123//FT1
:86:transfer
:62F:C261124THB69,50
-
"""
CAMT = camt(Bank(1, ACCOUNT).period(date(2026, 11, 1), date(2026, 11, 2))).decode()
ENTRY = (
    '<Ntry><Amt Ccy="THB">30.5</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts>'
    "<BookgDt><DtTm>2026-11-24T10:00:00+07:00</DtTm></BookgDt></Ntry>"
)


def read(content: str | bytes, name: str = "a.csv") -> Statement:
    content = content.encode() if isinstance(content, str) else content
    return read_statement(content, name=name, account="123-4-56789-0")


def with_entry(entry: str) -> bytes:
    """A statement of camt.053 that holds one entry, whatever it adds up to."""
    return CAMT.replace("</Stmt>", f"{entry}</Stmt>").encode()


# MT940


def test_an_entry_of_mt940_becomes_a_line() -> None:
    statement = read(MT940)
    (line,) = statement.lines
    assert (line.booked_on, line.value_on) == (date(2026, 11, 25), date(2026, 11, 24))
    assert line.amount == Money(-3050)
    assert (line.bank_reference, line.end_to_end_id) == ("FT1", "RYG-2570-P000123")
    assert (statement.opening, statement.closing) == (Money(10000), Money(6950))


def test_structured_details_are_read_field_by_field() -> None:
    details = ":86:166?00TRANSFER?20EREF+RYG-2570-P000007?21SVWZ+ทุน?311112223334?32NAI KO"
    (line,) = read(MT940.replace(":86:transfer", details)).lines
    assert line.end_to_end_id == "RYG-2570-P000007"
    assert line.counter_account == "1112223334"
    assert line.description == "TRANSFER ทุน NAI KO"


@pytest.mark.parametrize(
    ("code", "nature"), [("NRTI", Nature.RETURN), ("NCHG", Nature.FEE), ("NMSC", Nature.PLAIN)]
)
def test_the_code_of_mt940_tells_returns_and_fees(code: str, nature: Nature) -> None:
    assert read(MT940.replace("NTRF", code)).lines[0].nature is nature


def test_an_entry_of_mt940_needs_no_reference_and_no_second_date() -> None:
    (line,) = read(MT940.replace("26112411", "261124").replace("25D30", "D30")).lines
    assert line.booked_on == date(2026, 11, 24)
    bare = MT940.replace("NTRFRYG-2570-P000123//FT1\n:86:transfer", "NTRF\nmore words")
    (line,) = read(bare).lines
    assert (line.bank_reference, line.end_to_end_id) == ("", "")
    assert line.description == "more words"


def test_a_reversal_of_money_in_is_money_out() -> None:
    text = MT940.replace("25D30", "25RC30")
    assert read(text).lines[0].amount == Money(-3050)
    back = text.replace("RC30", "RD30").replace("THB69", "THB130")
    assert read(back).lines[0].amount == Money(3050)


def test_pages_of_mt940_are_one_statement_and_must_follow() -> None:
    second = MT940.replace("THB100,00", "THB69,50").replace("THB69,50\n-", "THB39,00\n-")
    assert read(MT940 + second).closing == Money(3900)
    with pytest.raises(PagesDoNotFollowError):
        read(MT940 + MT940)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (":62F:C261124THB69,50\n", ""),
        (":60F:C261123THB100,00\n", ""),
        (":25:1234567890\n", ""),
        ("D30,50", "D30,505"),
        ("D30,50", "X30,50"),
        ("D30,50", "D30,5,0"),
        ("261124112", "269924112"),
        ("THB100,00", "THB"),
        (":86:transfer\n", ":86:a\n" * 21),
        (":61:", ":61:261124D1,00\n:61:"),
    ],
)
def test_damaged_mt940_is_refused_with_its_line(old: str, new: str) -> None:
    with pytest.raises(BrokenStatementError, match=r"a.sta is damaged .* line 9"):
        read_mt940(MT940 + MT940.replace(old, new), name="a.sta")


def test_what_mt940_cannot_read_is_not_written_into_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(0)
    with pytest.raises(BrokenStatementError):
        read(MT940.replace("D30,50", "X30,50"))
    assert caplog.records == []


@pytest.mark.parametrize("content", [b"{1:F01BANK}{4:\r\n-}", b"{1:x"])
def test_mt940_without_a_statement_is_refused(content: bytes) -> None:
    with pytest.raises(NoStatementInFileError):
        read(content)


def test_mt940_in_no_known_encoding_is_refused() -> None:
    with pytest.raises(BrokenStatementError):
        read(MT940.encode() + b"\xff\x00")


def test_mt940_of_too_many_entries_is_refused_at_once() -> None:
    with pytest.raises(TooLargeStatementError):
        read(MT940 + ":61:x\n" * 20_001)


def test_a_text_that_is_the_name_of_a_file_is_no_file(tmp_path: object) -> None:
    with pytest.raises(BrokenStatementError):
        read(f":20:{tmp_path}")


# camt.053


def test_an_entry_of_camt_becomes_a_line() -> None:
    entry = (
        '<Ntry><Amt Ccy="THB">30.50000</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
        "<BookgDt><Dt>2026-11-25</Dt></BookgDt><ValDt><Dt>2026-11-24</Dt></ValDt>"
        "<NtryDtls><TxDtls><Refs><AcctSvcrRef>FT1</AcctSvcrRef>"
        "<EndToEndId>RYG-2570-P000123</EndToEndId></Refs><RltdPties><CdtrAcct><Id><Othr>"
        "<Id>111-2-22333-4</Id></Othr></Id></CdtrAcct></RltdPties>"
        "<RmtInf><Ustrd>ทุน</Ustrd><Ustrd>งวด 1</Ustrd></RmtInf><AddtlTxInf>ทุน</AddtlTxInf>"
        "</TxDtls></NtryDtls><AddtlNtryInf>โอน</AddtlNtryInf></Ntry>"
    )
    (line,) = read_camt(with_entry(entry), name="a.xml").lines
    assert (line.booked_on, line.value_on) == (date(2026, 11, 25), date(2026, 11, 24))
    assert line.amount == Money(-3050)
    assert line.description == "โอน ทุน งวด 1"
    assert (line.bank_reference, line.end_to_end_id) == ("FT1", "RYG-2570-P000123")
    assert line.counter_account == "1112223334"


def test_money_in_tells_who_sent_it() -> None:
    entry = ENTRY.replace("DBIT", "CRDT").replace(
        "</Ntry>",
        "<NtryDtls><TxDtls><RltdPties><DbtrAcct><Id><Othr><Id>5556667778</Id></Othr></Id>"
        "</DbtrAcct></RltdPties></TxDtls></NtryDtls></Ntry>",
    )
    (line,) = read_camt(with_entry(entry), name="a.xml").lines
    assert (line.amount, line.counter_account) == (Money(3050), "5556667778")
    assert line.booked_on == line.value_on == date(2026, 11, 24)


def test_a_batch_of_camt_is_one_line_with_the_batch_as_its_id() -> None:
    details = "<TxDtls><Refs><EndToEndId>RYG-2570-P000001</EndToEndId></Refs></TxDtls>" * 2
    for batch in ("PmtInfId", "MsgId"):
        told = f"<Btch><{batch}>RYG-2570-B000009</{batch}></Btch>"
        entry = ENTRY.replace("</Ntry>", f"<NtryDtls>{told}{details}</NtryDtls></Ntry>")
        (line,) = read_camt(with_entry(entry), name="a.xml").lines
        assert line.end_to_end_id == "RYG-2570-B000009"


@pytest.mark.parametrize(
    ("told", "nature"),
    [
        (
            "<BkTxCd><Domn><Fmly><Cd>ICDT</Cd><SubFmlyCd>CHRG</SubFmlyCd></Fmly></Domn></BkTxCd>",
            "fee",
        ),
        ("<BkTxCd><Domn><Fmly><SubFmlyCd>RRTN</SubFmlyCd></Fmly></Domn></BkTxCd>", "return"),
        ("<NtryDtls><TxDtls><RtrInf><Rsn/></RtrInf></TxDtls></NtryDtls>", "return"),
        ("<BkTxCd><Domn><Fmly><Cd>ICDT</Cd></Fmly></Domn></BkTxCd>", "plain"),
    ],
)
def test_the_code_of_camt_tells_returns_and_fees(told: str, nature: str) -> None:
    (line,) = read_camt(with_entry(ENTRY.replace("</Ntry>", f"{told}</Ntry>")), name="a.xml").lines
    assert line.nature is Nature(nature)


def test_what_is_not_booked_is_not_there() -> None:
    for state in ("<Sts>PDNG</Sts>", "<Sts><Cd>INFO</Cd></Sts>", ""):
        entry = ENTRY.replace("<Sts>BOOK</Sts>", state)
        assert read(with_entry(entry)).lines == ()


def test_balances_of_other_kinds_are_left_alone() -> None:
    assert read(CAMT.replace("OPBD", "PRCD")).opening == Money(500_000_000)
    assert read(CAMT.replace("OPBD", "ITBD")).opening is None


def test_two_statements_of_camt_must_follow() -> None:
    start, end = CAMT.index("<Stmt>"), CAMT.index("</BkToCstmrStmt>")
    twice = CAMT[:end] + CAMT[start:end] + CAMT[end:]
    assert read(twice).closing == Money(500_000_000)
    with pytest.raises(ClosingDoesNotFitError):
        read(with_entry(ENTRY))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("</Document>", ""),
        ("</Stmt>", ""),
        ("UTF-8", "utf-99"),
        ("<?xml", '<!DOCTYPE a [<!ENTITY b "c">]><?xml'),
        ('"UTF-8"?>', '"UTF-8"?><!DOCTYPE a [<!ENTITY b "ccc"><!ENTITY d "&b;&b;">]>'),
        ('"UTF-8"?>', '"UTF-8"?><!DOCTYPE a SYSTEM "file:///etc/passwd">'),
        ('<Amt Ccy="THB">5000000.00</Amt>', ""),
        ("5000000.00", "5000000.001"),
        ("5000000.00", "5e6"),
        ("CRDT", "XXXX"),
    ],
)
def test_damaged_or_hostile_camt_is_refused(old: str, new: str) -> None:
    assert old in CAMT
    with pytest.raises(BrokenStatementError, match="damaged or cut off at line"):
        read(CAMT.replace(old, new), "a.xml")


@pytest.mark.parametrize(("old", "new"), [("2026-11-24T10", "24/11/2026 "), ("<BookgDt>", "<X>")])
def test_an_entry_without_a_day_is_refused(old: str, new: str) -> None:
    entry = ENTRY.replace(old, new).replace("</BookgDt>", "</X>" if "X" in new else "</BookgDt>")
    with pytest.raises(BrokenStatementError):
        read(with_entry(entry))


def test_other_xml_is_no_statement() -> None:
    for other in ("<html/>", "<Document/>", CAMT.replace("camt.053", "camt.052")):
        with pytest.raises(NoStatementInFileError):
            read(other)
    with pytest.raises(NoStatementInFileError):
        read(CAMT[: CAMT.index("<Stmt>")] + "</BkToCstmrStmt></Document>")


def test_xml_too_deep_or_too_long_is_refused_early() -> None:
    for more in ("<a>" * 100, "<a/>" * 2_400_001):
        with pytest.raises(TooLargeStatementError):
            read(CAMT.replace("<Stmt>", f"<Stmt>{more}"))


# Any file


def test_only_baht_is_booked() -> None:
    for content in (MT940.replace("THB", "USD"), CAMT.replace('"THB"', '"USD"')):
        with pytest.raises(ForeignCurrencyError, match="USD"):
            read(content)


def test_the_account_of_the_file_must_be_the_one_it_is_read_for() -> None:
    bank = Bank(1, "1112223334")
    period = bank.period(date(2026, 11, 1), date(2026, 11, 2))
    for content, name in (
        (csv_text(period).encode(), "a.csv"),
        (xlsx(period), "a.xlsx"),
        (mt940(period).encode(), "a.sta"),
        (camt(period), "a.xml"),
    ):
        with pytest.raises(WrongAccountError, match="1112223334"):
            read(content, name)
    unnamed = b"Date,Amount,Balance\n24/11/2026,-5,5\n"
    assert read(unnamed).account == ACCOUNT


def test_a_file_of_any_kind_is_limited() -> None:
    with pytest.raises(TooLargeStatementError):
        read(b" " * (FILE_BYTES_MAX + 1))


def test_a_kept_mapping_is_used_instead_of_the_words() -> None:
    content = "D,X,Y\n24/11/2026,5,\n"
    with pytest.raises(NoStatementTableError):
        read(content)
    named = recognised([["วันที่", "ถอนเงิน", "ฝากเงิน"]])
    mapping = ColumnMapping(dict(zip(named.headers, ("D", "X", "Y"), strict=True)))
    statement = read_statement(content.encode(), name="a.csv", account=ACCOUNT, mapping=mapping)
    assert statement.lines[0].amount == Money(-500)
    with pytest.raises(StatementColumnMissingError):
        read_statement(b"D,X\n", name="a.csv", account=ACCOUNT, mapping=mapping)


def test_each_sheet_of_a_workbook_that_is_a_statement_is_a_page() -> None:
    header: list[object] = ["Date", "Amount", "Balance"]
    book = write_workbook(
        {
            "about": [["คำอธิบาย"]],
            "1": [header, [date(2026, 11, 1), -5, 95]],
            "2": [header, [date(2026, 11, 2), -5, 90]],
        }
    )
    assert read(book, "a.xlsx").opening == Money(10000)
    assert read(book, "a.xlsx").closing == Money(9000)
    with pytest.raises(NoStatementTableError):
        read(write_workbook({"about": [["คำอธิบาย"]]}), "a.xlsx")


def test_a_row_that_cannot_be_read_refuses_the_file() -> None:
    with pytest.raises(UnreadableRowsError, match="Row 2"):
        read("Date,Debit,Credit\n24/11/2026,x,\n")


def test_a_cut_off_workbook_is_refused() -> None:
    whole = xlsx(Bank(1, ACCOUNT).period(date(2026, 11, 1), date(2026, 11, 2)))
    with pytest.raises(BrokenWorkbookError):
        read(whole[:-100], "a.xlsx")


def test_a_file_that_ends_anywhere_is_read_whole_or_refused() -> None:
    """Of MT940 and camt.053 nothing less than the whole is a statement."""
    bank = Bank(5, ACCOUNT)
    bank.receive(date(2026, 11, 1), 100)
    bank.charge(date(2026, 11, 2))
    period = bank.period(date(2026, 11, 1), date(2026, 11, 2))
    whole = {"a.sta": mt940(period).encode(), "a.xml": camt(period)}
    for name, content in whole.items():
        statement = read(content, name)
        accepted = 0
        for end in range(1, len(content) - 40, 7):
            try:
                cut = read(content[:end], name)
            except InputError:
                continue
            accepted += 1
            # A page of MT940 is a statement of its own: the lines of whole days, nothing else.
            assert cut.lines == statement.lines[: len(cut.lines)]
            assert name == "a.sta"
        assert accepted < len(content) / 14
