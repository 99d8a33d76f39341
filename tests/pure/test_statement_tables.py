from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.errors import InputError
from portal.money import Money
from portal.payments.statement_cells import DecimalMark
from portal.payments.statement_cells import Years
from portal.payments.statement_cells import read_signed
from portal.payments.statement_cells import read_statement_day
from portal.payments.statement_cells import text_of
from portal.payments.statement_columns import ColumnMapping
from portal.payments.statement_columns import NoDirectionError
from portal.payments.statement_columns import NoStatementTableError
from portal.payments.statement_columns import StatementColumnMissingError
from portal.payments.statement_columns import StatementColumnTwiceError
from portal.payments.statement_columns import UnreadableMappingError
from portal.payments.statement_columns import as_kept
from portal.payments.statement_columns import from_kept
from portal.payments.statement_columns import header_place
from portal.payments.statement_columns import recognised
from portal.payments.statement_headers import StatementColumn
from portal.payments.statement_rows import RowAmountError
from portal.payments.statement_rows import RowBalanceError
from portal.payments.statement_rows import RowDayError
from portal.payments.statement_rows import RowDirectionError
from portal.payments.statement_rows import RowError
from portal.payments.statement_rows import RowTwoAmountsError
from portal.payments.statement_rows import RowWithoutAmountError
from portal.payments.statement_rows import TableReading
from portal.payments.statement_rows import UnreadableRowsError
from portal.payments.statement_rows import check_readable
from portal.payments.statement_rows import read_rows

Row = list[object]
DAY = date(2026, 11, 24)
HEADER: Row = ["วันที่", "รายการ", "ถอนเงิน", "ฝากเงิน", "ยอดคงเหลือ"]

# Cells


@pytest.mark.parametrize(
    "written",
    [
        *("24/11/2569", "24/11/2026", "24-11-69", "24/11/26", "24.11.2569", "๒๔/๑๑/๒๕๖๙"),
        *("24 พ.ย. 2569", "24 พ.ย. 69", "24 พฤศจิกายน พ.ศ. 2569", "24-Nov-2026", "24 Nov 26"),
        *("24 November 2026", "2026-11-24", "2026-11-24 13:05:11", "2569-11-24", "20261124"),
        *("25691124", "24/11/2569 13:05", "24/11/26 1:05 PM", "24-11-26 13.05 น.", "24/11/69 0:00"),
        *(DAY, datetime(2026, 11, 24, 9, 30), date(2569, 11, 24), 20261124, 20261124.0),  # noqa: DTZ001
    ],
)
def test_a_day_is_read_as_banks_write_it(written: object) -> None:
    assert read_statement_day(written) == DAY


@pytest.mark.parametrize(
    "written",
    [
        "",
        None,
        "รวม",
        "31/11/2569",
        "24/13/2569",
        "24/11",
        "24/11/50",
        "24 Foo 2026",
        45000,
        "1/1/1",
    ],
)
def test_what_is_no_day_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_statement_day(written)


def test_a_mapping_says_what_two_digits_of_a_year_mean() -> None:
    assert read_statement_day("1/2/50", Years.BUDDHIST) == date(2007, 2, 1)
    assert read_statement_day("1/2/50", Years.CHRISTIAN) == date(2050, 2, 1)
    assert read_statement_day("1/2/69", Years.CHRISTIAN) == date(2069, 2, 1)


@given(st.dates(date(2015, 1, 1), date(2042, 12, 31)))
def test_two_digits_mean_one_year_in_either_era(day: date) -> None:
    christian, buddhist = day.year % 100, (day.year + 543) % 100
    assert read_statement_day(f"{day.day}/{day.month}/{christian:02}") == day
    assert read_statement_day(f"{day.day}-{day.month}-{buddhist:02}") == day


@pytest.mark.parametrize(
    ("written", "satang"),
    [
        *(("1,234.50", 123450), ("-500", -50000), ("500.00-", -50000), ("(500.00)", -50000)),
        *(("500.00 DR", -50000), ("500.00CR", 50000), ("+500", 50000), ("\u2212500.5", -50050)),
        *(("๕๐๐.๒๕", 50025), (500, 50000), (-0.1, -10), (1234.56, 123456), ("0.00", 0)),
    ],
)
def test_an_amount_is_read_with_its_sign(written: object, satang: int) -> None:
    assert read_signed(written) == Money(satang)


@pytest.mark.parametrize(
    "written", ["", "abc", "1.234,50", "1.005", 0.001, "--5", "(-5)", "1e5", None, "500.-", True]
)
def test_what_is_no_amount_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        read_signed(written)


def test_a_comma_may_stand_before_the_satang() -> None:
    assert read_signed("-1.234,50", DecimalMark.COMMA) == Money(-123450)
    assert read_signed(1234.5, DecimalMark.COMMA) == Money(123450)


def test_a_cell_is_text_without_what_nobody_sees() -> None:
    assert [text_of(cell) for cell in (None, " ก\u200b  ข ", 5.0, 1.5, "A B", "AB", "A\n")] == [
        *("", "ก ข", "5", "1.5", "A B", "AB", "A")
    ]


# Columns


def named(*header: object) -> ColumnMapping:
    return recognised([list(header)])


@pytest.mark.parametrize(
    "header",
    [
        HEADER,
        ["Date", "Description", "Withdrawal", "Deposit", "Balance"],
        [
            "วันที่ทำรายการ/Transaction Date",
            "รายการ\nDescription",
            "เดบิต (Debit)",
            "เครดิต (Credit)",
            "คงเหลือ",
        ],
        ["TRAN DATE", "Particulars :", "Withdrawals (THB)", "Deposits (THB)", "ยอดเงินคงเหลือ (บาท)"],
        [None, 5, "วันที่*", "คำอธิบาย", "ถอน", "ฝาก", "Outstanding Balance"],
    ],
)
def test_the_headers_of_usual_banks_are_recognised(header: Row) -> None:
    rows: list[Row] = [["ธนาคาร"], [], header, ["x" * 200]]
    found = recognised(rows)
    assert list(found.headers) == [
        StatementColumn.DAY,
        StatementColumn.DESCRIPTION,
        StatementColumn.WITHDRAWAL,
        StatementColumn.DEPOSIT,
        StatementColumn.BALANCE,
    ]
    assert header_place(rows, found) == 2


def test_one_column_of_amounts_is_no_pair_of_columns() -> None:
    found = named("วันที่", "ถอนเงิน / ฝากเงิน", "ยอดคงเหลือ")
    assert found.headers[StatementColumn.AMOUNT] == "ถอนเงิน / ฝากเงิน"


@pytest.mark.parametrize(
    "header",
    [
        ["วันที่", "รายการ"],
        ["วันที่", "ถอนเงิน"],
        ["ถอนเงิน", "ฝากเงิน"],
        ["วันที่", "ถอนเงิน", "ฝากเงิน", "จำนวนเงิน"],
        [],
    ],
)
def test_a_table_without_day_or_amounts_is_no_statement(header: Row) -> None:
    with pytest.raises(NoStatementTableError):
        recognised([header])


def test_no_row_at_all_is_no_statement() -> None:
    with pytest.raises(NoStatementTableError):
        recognised([])
    with pytest.raises(NoStatementTableError):
        header_place([], named(*HEADER))


def test_two_columns_for_one_field_are_not_guessed() -> None:
    with pytest.raises(StatementColumnTwiceError, match="ถอนเงิน"):
        named("วันที่", "ถอนเงิน", "Debit", "ฝากเงิน")
    with pytest.raises(StatementColumnTwiceError, match="วันที่"):
        read_rows([[*HEADER, "วันที่"]], named(*HEADER))


def test_a_header_that_the_bank_changed_is_named() -> None:
    with pytest.raises(StatementColumnMissingError, match="ฝากเงิน"):
        header_place([[], ["วันที่", "รายการ", "ถอนเงิน", "เงินเข้า", "ยอดคงเหลือ"]], named(*HEADER))


def test_amounts_of_unknown_direction_are_refused() -> None:
    with pytest.raises(NoDirectionError, match="จำนวนเงิน"):
        recognised([["วันที่", "จำนวนเงิน"], ["1/1/2569", "5"]])
    for rows in (
        [["วันที่", "จำนวนเงิน"], ["1/1/2569", "5"], ["1/1/2569", "-5"]],
        [["วันที่", "จำนวนเงิน", "ยอดคงเหลือ"], ["1/1/2569", "5", "5"]],
        [["วันที่", "จำนวนเงิน", "D/C"], ["1/1/2569", "5", "C"]],
    ):
        assert recognised(rows).headers[StatementColumn.AMOUNT] == "จำนวนเงิน"


def test_commas_and_negative_withdrawals_are_seen_in_the_cells() -> None:
    rows: list[Row] = [HEADER, ["1/1/2569", "", "-1.000,50", "", "5,00"], ["2/1/2569"]]
    found = recognised(rows)
    assert found.decimal_mark is DecimalMark.COMMA
    assert found.withdrawals_below_zero
    plain = recognised([HEADER, ["1/1/2569", "", "1,000.50", "0.00", "x"]])
    assert plain == ColumnMapping(plain.headers)
    unused: list[Row] = [HEADER, ["1/1/2569", "", "0.00", "5.00", "5.00"]]
    assert not recognised(unused).withdrawals_below_zero


def test_a_mapping_is_kept_as_json_and_comes_back() -> None:
    mapping = replace(
        named(*HEADER),
        years=Years.CHRISTIAN,
        decimal_mark=DecimalMark.COMMA,
        withdrawals_below_zero=True,
    )
    assert from_kept(json.loads(json.dumps(as_kept(mapping)))) == mapping


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("headers", None),
        ("headers", {"day": "วันที่", "colour": "สี"}),
        ("headers", {"day": "วันที่", "amount": 5}),
        ("headers", {"day": "วันที่", "amount": " "}),
        ("years", "lunar"),
        ("years", None),
        ("decimal_mark", ";"),
        ("withdrawals_below_zero", "no"),
    ],
)
def test_what_is_no_mapping_is_refused(key: str, value: object) -> None:
    with pytest.raises(UnreadableMappingError):
        from_kept(as_kept(named(*HEADER)) | {key: value})


def test_a_kept_mapping_must_be_enough_for_a_statement() -> None:
    with pytest.raises(UnreadableMappingError):
        from_kept([])
    with pytest.raises(NoStatementTableError):
        from_kept(as_kept(named(*HEADER)) | {"headers": {"day": "วันที่"}})


# Rows


def reading(*rows: Row, header: Row = HEADER, above: tuple[Row, ...] = ()) -> TableReading:
    table = [*above, header, *rows]
    return read_rows(table, recognised(table))


def moved(read: TableReading) -> list[int]:
    return [line.amount.satang for line in read.statement.lines]


def refused(read: TableReading) -> list[tuple[type[RowError], int]]:
    return [(type(error), error.row) for error in read.refused]


def test_rows_become_lines_between_two_balances() -> None:
    read = reading(
        ["", "ยอดยกมา", "", "", "1,000.00"],
        ["24/11/2569", "โอนเงิน", "300.25", "", "699.75"],
        ["24/11/2569", "ฝาก", "0.00", "100", "799.75"],
        ["", "รวม", "300.25", "100.00", ""],
        ["หมายเหตุ: พิมพ์จากระบบ"],
    )
    assert moved(read) == [-30025, 10000]
    assert read.statement.opening == Money(100000)
    assert read.statement.closing == Money(79975)
    assert read.left_out == (2, 5, 6)
    assert check_readable(read) is read.statement


def test_without_a_balance_brought_forward_the_first_line_tells_it() -> None:
    assert reading(["24/11/2569", "", "300", "", "700"]).statement.opening == Money(100000)
    none = reading(["24/11/2569", "", "300", "", ""])
    assert (none.statement.opening, none.statement.closing) == (None, None)
    empty = reading(["24/11/2569", "Balance Brought Forward", "", "", "0.00"])
    assert (empty.statement.opening, empty.statement.closing) == (Money(0), Money(0))
    odd = reading(["", "ยอดยกมา", "", "", "ดูหน้าก่อน"], ["", "ยอดยกไป", "", "", "5"])
    assert odd.statement.opening is None


@pytest.mark.parametrize(
    ("row", "refusal"),
    [
        (["x/11/2569", "โอนเงิน", "300", ""], RowDayError),
        (["", "โอนเงิน", "300", ""], RowDayError),
        (["24/11/2569", "โอนเงิน", "", ""], RowWithoutAmountError),
        (["24/11/2569", "โอนเงิน", "0.00", "0.00"], RowWithoutAmountError),
        (["24/11/2569", "โอนเงิน", "สามร้อย", ""], RowAmountError),
        (["24/11/2569", "โอนเงิน", "300", "x"], RowAmountError),
        (["24/11/2569", "โอนเงิน", "300", "5"], RowTwoAmountsError),
        (["24/11/2569", "โอนเงิน", "300", "", "?"], RowBalanceError),
    ],
)
def test_a_row_that_cannot_be_read_is_named(row: Row, refusal: type[RowError]) -> None:
    read = reading(["1/11/2569", "", "1", ""], row)
    assert refused(read) == [(refusal, 3)]
    with pytest.raises(UnreadableRowsError, match=r"^Row 3: ") as caught:
        check_readable(read)
    assert caught.value.refused == read.refused


def test_a_header_on_another_page_is_left_out() -> None:
    row: Row = ["24/11/2569", "", "1", "", ""]
    assert reading(row, HEADER, row).left_out == (3,)


def test_a_direction_stands_beside_the_amount() -> None:
    header: Row = ["Date", "Amount", "Dr/Cr"]
    read = reading(
        ["24/11/2026", "300", "DR."],
        ["24/11/2026", "-200", "D"],
        ["24/11/2026", "100", "เครดิต"],
        ["24/11/2026", "-100", "C"],
        ["24/11/2026", "100", "?"],
        header=header,
    )
    assert moved(read) == [-30000, -20000, 10000]
    assert refused(read) == [(RowDirectionError, 5), (RowDirectionError, 6)]


def test_where_withdrawals_are_below_zero_one_above_is_money_put_back() -> None:
    rows: list[Row] = [HEADER, ["24/11/2569", "", "-300", ""], ["24/11/2569", "", "", "50"]]
    mapping = recognised(rows)
    assert moved(read_rows(rows, mapping)) == [-30000, 5000]
    assert moved(read_rows([HEADER, ["24/11/2569", "", "300", ""]], mapping)) == [30000]


def test_a_list_with_the_newest_first_is_turned_round() -> None:
    rows: list[Row] = [
        ["25/11/2569", "", "1", "", "9"],
        ["24/11/2569", "", "", "5", "10"],
        ["", "ยอดยกมา", "", "", "5"],
    ]
    read = reading(*rows)
    assert moved(read) == [500, -100]
    assert read.statement.opening == Money(500)
    one_day = reading(["24/11/2569", "", "1", "", "9"], ["24/11/2569", "", "", "5", "10"])
    assert moved(one_day) == [500, -100]
    unknown = reading(["24/11/2569", "", "1", ""], ["24/11/2569", "", "", "5"])
    assert moved(unknown) == [-100, 500]


@pytest.mark.parametrize(
    ("above", "account"),
    [
        (["เลขที่บัญชี", "123-4-56789-0"], "1234567890"),
        (["เลขที่บัญชี: 123-4-56789-0 ออมทรัพย์"], "1234567890"),
        (["Account Number", None, 123456789], "0123456789"),
        (["A/C No. xxx-x-x6789-0"], "xxxxx67890"),
        (["บัญชีเลขที่ ๑๒๓-๔-๕๖๗๘๙-๑"], "1234567891"),
        (["เลขที่บัญชี", "-"], ""),
        (["สาขา 0123"], ""),
    ],
)
def test_the_account_is_read_above_the_header(above: Row, account: str) -> None:
    assert reading(above=([], above)).statement.account == account


def test_texts_and_references_stand_in_columns_of_their_own() -> None:
    read = reading(
        ["24/11/69", "25/11/69", "โอน", "ออกใบ", "จด", "-5", "FT1", "RYG2570P000001", "1112223334"],
        header=[
            *("วันที่", "Value Date", "รายการ", "รายละเอียด", "หมายเหตุ", "จำนวนเงิน"),
            *("เลขที่อ้างอิง", "Ref. 1", "บัญชีปลายทาง"),
        ],
    )
    (line,) = read.statement.lines
    assert line.description == "โอน ออกใบ จด"
    assert (line.booked_on, line.value_on) == (DAY, date(2026, 11, 25))
    assert (line.bank_reference, line.end_to_end_id) == ("FT1", "RYG-2570-P000001")
    assert line.counter_account == "1112223334"


CELLS = st.sampled_from(
    [
        "",
        None,
        "24/11/2569",
        "31/2/2569",
        "รวม",
        "ยอดยกมา",
        "โอนเงิน",
        "5.00",
        "-5",
        "x",
        5,
        0.5,
        DAY,
    ]
)


@given(st.lists(st.lists(CELLS, max_size=6), max_size=12))
def test_no_row_is_lost(rows: list[Row]) -> None:
    """Each is a line, refused or left out; what was left out moved no money."""
    try:
        read = reading(*rows)
    except InputError:
        return
    others = {error.row for error in read.refused} | set(read.left_out)
    assert len(others) == len(read.refused) + len(read.left_out)
    assert len(read.statement.lines) + len(others) == len(rows)
